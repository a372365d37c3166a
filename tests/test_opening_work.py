"""Opening the chat: from a request for a person to an active thread, promising only what was looked up."""

import pytest

from functions.handoff.events import HandoffAsked, HandoffSignal
from functions.handoff.languages import BUILT_IN
from functions.handoff.mailbox import Inbound
from functions.handoff.parts import UserProfile
from functions.handoff.policy import Policy
from tests.core_world import KEY, World

EN = BUILT_IN["en"]


def asked(policy: Policy | None = None, *, status: str = "online") -> World:
    """The user asked for a person without the bot saying anything about it."""
    world = World(policy)
    world.say("hello")
    world.channel.shown.clear()
    world.desk.status = status
    world.ask_for_person()
    return world


def livechat_calls(world: World) -> list[str]:
    return [call.partition(".")[2] for call in world.faults.calls if call.startswith("livechat")]


# --- starting and resuming -------------------------------------------------------------------------------------------


def test_the_first_hand_off_makes_a_customer_looks_then_starts_the_chat() -> None:
    world = asked()

    assert ["new_customer", "group_status", "start_chat", "update_details"] == livechat_calls(world)
    c = world.conversation
    assert ("WAITING", "chat-of-customer-1", world.desk.newest(c.chat_id).id) == (c.state, c.chat_id, c.thread_id)


def test_the_customer_is_stored_before_it_is_used() -> None:
    world = World()
    world.say("hello")
    with world.dying_at("livechat.start_chat"):
        world.ask_for_person()

    customer = world.conversation.customer
    world.pass_time(120)

    assert customer is not None
    assert ([f"chat-of-{customer.id}"], 1) == (list(world.desk.threads), livechat_calls(world).count("new_customer"))


def test_the_next_hand_off_resumes_the_same_chat_in_a_new_thread() -> None:
    world = World().handed_over()
    world.agent_closes()

    world.say("a person again")

    chat_id = world.conversation.chat_id
    assert (2, [chat_id]) == (len(world.desk.threads[chat_id]), list(world.desk.threads))
    assert world.desk.newest(chat_id).id == world.conversation.thread_id
    assert "resume_chat" in livechat_calls(world)


def test_agents_get_a_briefing_the_user_does_not_see() -> None:
    world = asked()

    (briefing,) = world.desk.newest(world.conversation.chat_id).events

    assert "the user asked for a person" in briefing.text
    assert "User (Michael): hello" in briefing.text
    assert not briefing.visible


def test_the_chat_leads_back_to_the_conversation_from_the_same_commit_on() -> None:
    world = asked()

    assert {"conversation": KEY} == world.store.snapshot()["chats/chat-of-customer-1"].record.body


def test_the_agents_are_shown_who_they_talk_to() -> None:
    world = World()
    user = UserProfile("Michael", "en", {"entry point": "maps"})
    asked_for = HandoffAsked(id="h1", source_at=world.clock.now(), signal=HandoffSignal("user"))

    world.mailbox.accept(Inbound(key=KEY, event=asked_for, channel="phone", user=user), budget_s=25)

    assert [("Michael", {"entry point": "maps", "locale": "en"})] == world.desk.details


def test_details_that_are_refused_stop_nothing() -> None:
    world = World()
    world.faults.script["livechat.update_details"] = ["refused"]
    world.say("hello")

    world.ask_for_person()

    assert ("WAITING", [], []) == (world.conversation.state, world.pending, world.dead_letters())


def test_the_department_decides_the_group(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(Policy(groups={"default": 0, "billing": 7}))
    groups: list[int] = []
    real = world.desk.as_customer

    def as_customer(customer):  # type: ignore[no-untyped-def]
        desk = real(customer)
        start = desk.start_chat

        def start_in(group, *arguments, **named):  # type: ignore[no-untyped-def]
            groups.append(group)
            return start(group, *arguments, **named)

        monkeypatch.setattr(desk, "start_chat", start_in)
        return desk

    monkeypatch.setattr(world.desk, "as_customer", as_customer)
    world.say("a person please")  # the bot's signal says billing

    assert [7] == groups


def test_a_token_close_to_its_end_is_renewed_on_the_way_and_kept() -> None:
    world = World().handed_over()
    before = world.conversation.customer
    world.clock.sleep(8 * 3600)

    world.say("still there?")

    after = world.conversation.customer
    assert before
    assert after
    assert (before.id, 1) == (after.id, world.desk.renewals)
    assert after.access_token != before.access_token
    world.say("hello?")
    assert 1 == world.desk.renewals


# --- promise after looking -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "text_id"),
    [("online", "connecting"), ("online_for_queue", "queued"), ("offline", "offline"), ("unknown", "connecting")],
)
def test_the_user_is_told_what_was_looked_up(status: str, text_id: str) -> None:
    world = asked(status=status)

    assert [EN[text_id]] == world.channel.texts


@pytest.mark.parametrize(
    ("status", "told"), [("online", []), ("online_for_queue", [EN["queued"]]), ("offline", [EN["offline"]])]
)
def test_where_the_bot_spoke_only_queue_or_absence_is_added(status: str, told: list[str]) -> None:
    world = World()
    world.desk.status = status

    world.say("a person please")

    assert ["bot: a person please", *told] == world.channel.texts


def test_nothing_is_promised_before_the_chat_is_open() -> None:
    world = World()
    world.say("hello")
    world.channel.shown.clear()
    world.faults.choose = lambda name: "away" if name.startswith("livechat.start_chat") else "ok"

    world.ask_for_person()

    assert [] == world.channel.texts


def test_with_nobody_online_and_decline_the_user_stays_with_the_bot() -> None:
    world = asked(Policy(offline_policy="decline"), status="offline")

    assert ("BOT", {}) == (world.conversation.state, world.desk.threads)
    assert EN["no_agent"] == world.channel.texts[0]
    assert ["no_agent"] == [told["reason"] for _, told in world.bot.events]


def test_with_somebody_online_decline_is_not_asked() -> None:
    assert "WAITING" == asked(Policy(offline_policy="decline"), status="online_for_queue").conversation.state


# --- failing ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("call", ["new_customer", "group_status", "start_chat"])
def test_an_opening_that_is_refused_tells_the_user_and_leaves_them_with_the_bot(call: str) -> None:
    world = World()
    world.say("hello")
    world.channel.shown.clear()
    world.faults.script[f"livechat.{call}"] = ["refused"]

    world.ask_for_person()

    assert ("BOT", EN["error"]) == (world.conversation.state, world.channel.texts[0])
    assert ["open_chat"] == [d["entry"]["kind"] for d in world.dead_letters()]
    assert ["error"] == [told["reason"] for _, told in world.bot.events]


def test_while_the_desk_is_down_the_bot_is_quiet_and_the_words_wait_for_the_agents() -> None:
    world = World()
    world.say("hello")
    world.faults.choose = lambda name: "away" if name.startswith("livechat") else "ok"
    world.ask_for_person()
    world.say("anybody?")
    assert ("WAITING", ["hello"]) == (world.conversation.state, world.bot.heard)

    world.faults.choose = lambda _name: "ok"
    world.pass_time(30)

    assert (["anybody?"], []) == (world.desk.user_texts(), world.pending)


def test_an_opening_whose_turn_comes_after_the_return_does_nothing() -> None:
    world = World()
    world.say("hello")
    world.faults.script["livechat.new_customer"] = ["away"]
    world.ask_for_person()
    world.ask_for_bot()

    world.pass_time(60)

    assert ("BOT", {}, []) == (world.conversation.state, world.desk.threads, world.pending)
