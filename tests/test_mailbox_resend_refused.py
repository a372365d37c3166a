"""Dead letters that are not sent again, or not as they were: their moment is over, or nobody is there."""

from typing import Any

import pytest

from functions.handoff.changes import conversation_path
from functions.handoff.content import OutboundMessage
from functions.handoff.dead_letters import dead_letter_id, dead_letter_path
from functions.handoff.events import BotAnswer, HandoffSignal, Subscription
from functions.handoff.interfaces import Delete, Record, Replace
from tests.core_world import KEY, World
from tests.lost_messages import LOST, begin_anew, letter, lost_agent_message, lost_user_message, mend, refusing, resend


def lost_reply(world: World) -> None:
    answer = BotAnswer((OutboundMessage("bot: wait"),), handoff=HandoffSignal("bot"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(world.bot, "hear", lambda *_, **__: answer)
        refusing("channel.send_message", world).say("hello", "u1")
    mend(world).pass_time(60)


def test_a_bots_reply_is_shown_without_asking_for_a_person_once_more() -> None:
    world = World()
    lost_reply(world)
    world.ask_for_bot()
    world.pass_time(60)
    handoffs = len(world.conversation.handoffs)

    outcome = resend(world, "reply:u1").outcome

    assert ("handled", "BOT", handoffs) == (outcome, world.conversation.state, len(world.conversation.handoffs))
    assert "bot: wait" == world.channel.texts[-1]


def test_a_bots_reply_is_refused_while_a_person_is_asked_for() -> None:
    world = World()
    lost_reply(world)

    answer = resend(world, "reply:u1")

    assert ("ignored", "bot_silent", "WAITING") == (answer.outcome, answer.reason, world.conversation.state)


def test_nothing_is_said_again_to_who_has_unsubscribed_until_they_are_back() -> None:
    world, entry_id = lost_agent_message()
    world.accept(Subscription(id="s1", source_at=world.clock.now(), wanted=False))
    world.clock.sleep(1)

    refused = resend(world, entry_id)
    world.say("are you there?")
    taken = resend(world, entry_id)

    assert ("ignored", "unsubscribed", "handled") == (refused.outcome, refused.reason, taken.outcome)


def test_a_bots_reply_is_refused_for_who_has_unsubscribed() -> None:
    world = World()
    lost_reply(world)
    world.ask_for_bot()
    world.pass_time(60)
    world.accept(Subscription(id="s1", source_at=world.clock.now(), wanted=False))

    answer = resend(world, "reply:u1")

    assert ("ignored", "unsubscribed") == (answer.outcome, answer.reason)


def lost_closing(world: World) -> str:
    thread_id = world.conversation.thread_id
    refusing("livechat.close_chat", world).ask_for_bot()
    mend(world).pass_time(60)
    return f"close:{thread_id}"


def test_a_chat_that_could_not_be_closed_is_closed() -> None:
    world = World().handed_over()
    entry_id = lost_closing(world)
    chat_id = world.conversation.chat_id
    assert world.desk.newest(chat_id).active

    outcome = resend(world, entry_id).outcome

    assert ("handled", False) == (outcome, world.desk.newest(chat_id).active)


def test_a_later_thread_is_not_closed_in_place_of_the_one_that_was_meant() -> None:
    world = World().handed_over()
    entry_id = lost_closing(world)
    world.say("a person again please")

    answer = resend(world, entry_id)

    assert ("ignored", "not_wanted") == (answer.outcome, answer.reason)
    assert world.desk.newest(world.conversation.chat_id).active


def test_what_moved_the_conversation_when_it_was_given_up_is_refused() -> None:
    world = refusing("livechat.start_chat", World())
    world.say("a person please")
    opening = next(one["entry_id"] for one in world.dead_letters())

    answer = resend(mend(world), opening)

    assert ("ignored", "no_use") == (answer.outcome, answer.reason)
    assert ("BOT", []) == (world.conversation.state, world.pending)


@pytest.mark.parametrize("entry", [{}, {"kind": "of another version", "id": "u-lost"}, {"kind": "user_message"}])
def test_what_cant_be_read_is_refused(entry: dict[str, Any]) -> None:
    world = lost_user_message()
    path = dead_letter_path(dead_letter_id(KEY, "u-lost"))
    document = world.peek(path)
    assert document is not None
    world.store.commit(Replace(path, Record(body=document.record.body | {"entry": entry}), document.version))

    answer = resend(world, "u-lost")

    assert ("ignored", "unreadable", []) == (answer.outcome, answer.reason, world.pending)


def test_a_letter_that_is_not_there_is_said_to_be_none() -> None:
    answer = resend(World(), "u-lost")

    assert ("ignored", "no_such_letter") == (answer.outcome, answer.reason)


def test_a_letter_that_is_over_is_gone_though_the_store_still_has_it() -> None:
    world = lost_user_message()
    world.clock.sleep(31 * 24 * 3600)

    assert "no_such_letter" == resend(world, "u-lost").reason


def test_a_conversation_that_is_gone_cant_take_it() -> None:
    world = lost_user_message()
    world.store.commit(Delete(conversation_path(KEY)))

    answer = resend(world, "u-lost")

    assert ("ignored", "conversation_gone") == (answer.outcome, answer.reason)
    assert letter(world, "u-lost").body.get("resent_at") is None


def test_a_conversation_that_began_anew_takes_it_and_no_foreign_thread_is_read() -> None:
    world = lost_user_message()
    begin_anew(world).say("a person again please")
    world.agent_joins()

    outcome = resend(world, "u-lost").outcome

    assert ("handled", [LOST]) == (outcome, world.desk.user_texts())


def test_words_of_an_agent_known_only_to_an_earlier_life_of_the_conversation_are_framed() -> None:
    world, event_id = lost_agent_message()
    begin_anew(world).say("hello again")
    before = len(world.shown)

    resend(world, event_id)

    assert [("joined", "Jane Doe"), ("HUMAN", "lost words"), ("left", "Jane Doe")] == world.shown[before:]
    assert ("BOT", "") == (world.conversation.state, world.conversation.thread_id)
