"""The bridge's own words: to the user while they are true, to the agents where they can be, to the bot once."""

import pytest

from functions.handoff.content import OutboundMessage, Suggestion
from functions.handoff.entries import AgentNote
from functions.handoff.events import BotAnswer, HandoffSignal
from functions.handoff.languages import BUILT_IN
from functions.handoff.moves import tell_user
from functions.handoff.policy import Policy
from tests.core_world import World

EN = BUILT_IN["en"]


def told_back(world: World, monkeypatch: pytest.MonkeyPatch, answer: BotAnswer) -> None:
    monkeypatch.setattr(world.bot, "hear_event", lambda *_, **__: answer)


# --- to the user -----------------------------------------------------------------------------------------------------


def test_the_bridge_speaks_as_bot_in_the_users_language() -> None:
    world = World(Policy(texts={"en": {"connecting": "One moment, please."}}))
    world.say("hello")

    world.ask_for_person()

    assert ("BOT", "One moment, please.") == world.shown[-1]
    assert "bridge" == world.conversation.transcript[-1].who


def test_words_that_are_no_longer_true_are_not_said() -> None:
    world = World()
    world.say("hello")
    world.faults.choose = lambda name: "away" if name.startswith("channel") else "ok"
    world.ask_for_person()
    world.ask_for_bot()
    world.faults.choose = lambda _name: "ok"

    world.pass_time(30)

    assert EN["connecting"] not in world.channel.texts
    assert EN["back_with_bot"] in world.channel.texts
    assert [] == world.pending


def test_a_reminder_offers_the_bot_by_its_keyword() -> None:
    world = World(Policy(return_keyword="/bot"))
    sent = world.channel.sent
    world.say("a person please")
    world.pass_time(130)

    assert "You are still in the queue. Write /bot if you would rather talk to the bot." == sent[-1].text
    assert [("reply", "/bot")] == [(chip.kind, chip.postback) for chip in sent[-1].suggestions]


def test_a_notice_said_again_is_the_very_same_whatever_the_state_is_by_then() -> None:
    world = World(Policy(return_keyword="/bot"))
    world.say("hello")
    sent = world.channel.sent
    world.faults.script["channel.send_message"] = ["lost"]
    with world.changing() as changes:
        tell_user(changes, "undelivered", "u1", excerpt="hello")
    world.sweep()
    world.faults.choose = lambda name: "away" if name.startswith("livechat") else "ok"

    world.ask_for_person()
    world.pass_time(10)

    notices = [one for one in sent if "could not be delivered" in one.text]
    assert ("WAITING", 2) == (world.conversation.state, len(notices))
    assert notices[0] == notices[1]


def test_a_notice_the_channel_refuses_stops_nothing() -> None:
    world = World()
    world.say("hello")
    world.faults.script["channel.send_message"] = ["refused"]

    world.ask_for_person()

    assert ("WAITING", [], []) == (world.conversation.state, world.pending, world.dead_letters())


# --- to the agents ---------------------------------------------------------------------------------------------------


def note_to_agents(world: World) -> None:
    """Let the bridge have something to say to them."""
    note = AgentNote(id="note-1", source_at=world.clock.now(), text_id="agent_undelivered")
    world.accept(note, channel=False)


def test_a_note_reaches_agents_only_and_leaves_no_gap() -> None:
    world = World().handed_over()

    note_to_agents(world)
    world.agent_writes("I see")

    (note,) = [e for e in world.desk.newest(world.conversation.chat_id).events if "could not be delivered" in e.text]
    assert not note.visible
    assert "could not be delivered" not in str(world.channel.texts)
    assert "livechat.read_thread" not in world.faults.calls


@pytest.mark.parametrize("known", [True, False], ids=["known to be closed", "found closed"])
def test_a_note_for_a_chat_that_is_closed_is_dropped(known: bool) -> None:
    world = World().handed_over()
    world.agent_closes(webhook=known)

    note_to_agents(world)

    assert ([], []) == (world.pending, world.dead_letters())


@pytest.mark.parametrize("fate", ["done", "lost", "late"])
def test_a_note_in_doubt_is_shown_once(fate: str) -> None:
    world = World().handed_over()
    world.faults.script["livechat.send_note"] = [fate]

    note_to_agents(world)
    world.pass_time(10)
    for effect in world.faults.late:
        effect()
    world.pass_time(60)

    notes = [e for e in world.desk.newest(world.conversation.chat_id).events if "could not be delivered" in e.text]
    assert (1, []) == (len(notes), world.pending)


# --- closing the chat ------------------------------------------------------------------------------------------------


def test_a_close_done_twice_is_harmless() -> None:
    world = World().handed_over()
    world.faults.script["livechat.close_chat"] = ["done"]

    world.ask_for_bot()
    world.pass_time(60)

    assert ("BOT", "", []) == (world.conversation.state, world.conversation.thread_to_close, world.pending)
    assert not world.desk.newest(world.conversation.chat_id).active


def test_a_close_that_is_refused_is_kept_for_an_operator() -> None:
    world = World().handed_over()
    world.faults.script["livechat.close_chat"] = ["refused"]

    world.ask_for_bot()

    assert ["close_chat"] == [d["entry"]["kind"] for d in world.dead_letters()]


# --- to the bot ------------------------------------------------------------------------------------------------------


def test_the_bot_is_told_why_and_what_was_said_and_gets_its_contexts_back() -> None:
    world = World()
    world.say("hello")  # the bot's contexts of now are kept at the hand-off
    world.ask_for_person()
    world.agent_joins()
    world.agent_writes("How can I help?")
    world.say("my bill")

    world.agent_closes()
    world.say("bot again")

    ((name, parameters),) = world.bot.events
    assert ("AGENT_CHAT_ENDED", "agent_closed") == (name, parameters["reason"])
    assert "agent: How can I help?\nuser: my bill" == parameters["digest"]
    assert ({"name": "topic"},) == world.conversation.contexts


def test_the_bots_contexts_of_the_hand_off_come_back_with_the_first_turn_where_it_refused_the_event() -> None:
    world = World()
    world.say("hello")
    world.ask_for_person()
    world.faults.script["dialogflow.hear_event"] = ["refused"]

    world.ask_for_bot()
    world.say("bot again")

    assert [({"name": "topic"},)] == [tuple(given) for given in world.bot.contexts_given[1:] if given is not None]


@pytest.mark.parametrize("answer", ["fallback", "nothing", "refused"])
def test_a_bot_that_does_not_know_the_event_says_and_counts_nothing(
    answer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World().handed_over()
    if answer == "refused":
        world.faults.script["dialogflow.hear_event"] = ["refused"]
    else:
        words = (OutboundMessage("I didn't get that"),) if answer == "fallback" else ()
        told_back(world, monkeypatch, BotAnswer(words, is_fallback=answer == "fallback"))
    world.channel.shown.clear()

    world.ask_for_bot()

    assert [("left", "Jane Doe"), ("BOT", EN["back_with_bot"])] == world.shown
    assert ("BOT", 0, []) == (world.conversation.state, world.conversation.fallbacks, world.pending)


def test_a_hand_off_in_the_answer_to_the_return_is_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World().handed_over()
    told_back(world, monkeypatch, BotAnswer((OutboundMessage("welcome"),), handoff=HandoffSignal("bot")))

    world.agent_closes()

    assert ("BOT", "welcome") == (world.conversation.state, world.channel.texts[-1])


def test_the_bot_is_not_told_of_a_return_that_is_over() -> None:
    world = World().handed_over()
    world.faults.script["dialogflow.hear_event"] = ["away"]
    world.agent_closes()
    world.ask_for_person()

    world.pass_time(30)

    assert ([], "WAITING") == (world.bot.events, world.conversation.state)


def test_a_bot_that_is_away_never_holds_up_left() -> None:
    world = World().handed_over()
    world.faults.choose = lambda name: "away" if name.startswith("dialogflow") else "ok"

    world.agent_closes()

    assert ("left", "Jane Doe") == world.shown[-1]


def test_without_a_return_event_the_bot_hears_nothing() -> None:
    world = World(Policy(return_event=""))
    world.handed_over()

    world.agent_closes()

    assert [] == world.bot.events


@pytest.mark.parametrize("event", ["AGENT_CHAT_ENDED", ""])
def test_back_with_the_bot_a_person_is_offered_under_the_newest_words(event: str) -> None:
    world = World(Policy(return_event=event, return_keyword="/bot")).handed_over()

    world.ask_for_bot()

    assert Suggestion("live_agent", EN["person_chip"]) in world.channel.sent[-1].suggestions


def test_the_bot_s_answer_to_anything_else_offers_nobody() -> None:
    world = World()

    world.say("hello")

    assert () == world.channel.sent[-1].suggestions
