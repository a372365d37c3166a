"""Webhooks that go astray by hand, sender by sender: every other message overtaken, the next one lost."""

from collections.abc import Callable, Iterator

import pytest

from infra.sandbox.business_messages import BusinessMessagesStandIn
from tests import receiver as receivers
from tests.receiver import Receiver
from tests.sandbox_livechat_desk import JANE, SECRET, Desk
from tests.sandbox_livechat_desk import Receiver as DeskReceiver

pytest_plugins = ("tests.sandbox_livechat_desk",)

MESSAGES = ("message", "suggestionResponse")
HOUR_S = 3600.0


# --- the phone's -----------------------------------------------------------------------------------------------------


@pytest.fixture
def webhook() -> Iterator[Receiver]:
    opened = receivers.Receiver()
    yield opened
    opened.stop()


@pytest.fixture
def channel(webhook: Receiver) -> Iterator[BusinessMessagesStandIn]:
    standin = BusinessMessagesStandIn()
    standin.change_options(sending={"url": webhook.url, "hold_s": HOUR_S})
    standin.phone.open(conversation_id="c-1")
    yield standin
    standin.phone.sender.stop()


def settle(channel: BusinessMessagesStandIn) -> None:
    for _ in range(2):  # what is released by an attempt begins behind it
        channel.phone.sender.settle()


def texts(webhook: Receiver) -> list[str]:
    return [call.json["message"]["text"] for call in webhook.received if "message" in call.json]


def test_every_other_message_is_overtaken(channel: BusinessMessagesStandIn, webhook: Receiver) -> None:
    channel.change_options(sending={"swap": MESSAGES})

    for text in "abcd":
        channel.phone.say("c-1", text)
        settle(channel)

    assert list("badc") == texts(webhook)


def test_what_is_no_message_overtakes_none(channel: BusinessMessagesStandIn, webhook: Receiver) -> None:
    channel.change_options(sending={"swap": MESSAGES})

    channel.phone.say("c-1", "a")
    channel.phone.typing("c-1", on=True)
    settle(channel)

    assert [] == texts(webhook)
    assert 1 == len(webhook.received)


def test_a_message_that_nobody_overtakes_comes_late(channel: BusinessMessagesStandIn, webhook: Receiver) -> None:
    channel.change_options(sending={"swap": MESSAGES})
    channel.phone.say("c-1", "a")
    settle(channel)
    before = texts(webhook)

    channel.clock.advance(HOUR_S)
    settle(channel)

    assert ([], ["a"]) == (before, texts(webhook))


def test_the_next_message_s_first_try_is_lost_and_no_other(channel: BusinessMessagesStandIn, webhook: Receiver) -> None:
    channel.phone.sender.lose_next = MESSAGES
    channel.phone.typing("c-1", on=True)
    for text in "ab":
        channel.phone.say("c-1", text)
        settle(channel)
    before = texts(webhook)

    channel.clock.advance(1)
    settle(channel)

    assert (["b"], ["b", "a"]) == (before, texts(webhook))
    assert not channel.phone.sender.lose_next


def test_a_reset_forgets_what_was_to_be_lost(channel: BusinessMessagesStandIn, webhook: Receiver) -> None:
    channel.phone.sender.lose_next = MESSAGES
    channel.app.test_client().post("/_reset")
    channel.phone.open(conversation_id="c-1")

    channel.phone.say("c-1", "a")
    settle(channel)

    assert ["a"] == texts(webhook)


# --- LiveChat's ------------------------------------------------------------------------------------------------------


@pytest.fixture
def chat(desk: Desk, receiver: DeskReceiver) -> str:
    desk.stand_in.register(receiver.url, SECRET)
    _, chat_id, _ = desk.started()
    assert desk.stand_in.wait_idle()
    return chat_id


Say = Callable[..., None]


@pytest.fixture
def say(desk: Desk, chat: str) -> Say:
    def reply(text: str, deed: str = "reply") -> None:
        desk.stand_in.play(deed, agent=JANE.id, chat_id=chat, text=text)

    return reply


def words(receiver: DeskReceiver) -> list[str]:
    return [body["payload"]["event"]["text"] for body in receiver.got if body["action"] == "incoming_event"]


@pytest.mark.parametrize("copies", [1, 2])
def test_every_other_message_of_an_agent_is_overtaken(
    desk: Desk, receiver: DeskReceiver, say: Say, copies: int
) -> None:
    desk.stand_in.misbehave(swap=True, hold_s=HOUR_S, duplicate=copies - 1.0)

    for first, second in ("ab", "cd"):
        say(first)
        say(second)
        assert desk.stand_in.wait_idle()

    seen = words(receiver)
    assert sorted("abcd" * copies) == sorted(seen)
    assert list("badc") == list(dict.fromkeys(seen))


def test_a_note_overtakes_nothing_and_a_message_that_nobody_overtakes_comes_late(
    desk: Desk, receiver: DeskReceiver, say: Say
) -> None:
    desk.stand_in.misbehave(swap=True, hold_s=HOUR_S)
    say("a")
    say("for us only", "note")
    assert not desk.stand_in.wait_idle(0.2)
    before = words(receiver)

    desk.stand_in.clock.advance(HOUR_S)
    assert desk.stand_in.wait_idle()

    assert (["for us only"], ["for us only", "a"]) == (before, words(receiver))


def test_the_next_message_of_an_agent_never_comes_and_no_other_is_lost(
    desk: Desk, receiver: DeskReceiver, say: Say
) -> None:
    deliveries = desk.stand_in.licence.webhooks.deliveries
    deliveries.lose_next = True

    say("for us only", "note")
    for text in "abc":
        say(text)
    assert desk.stand_in.wait_idle()

    assert ["for us only", "b", "c"] == words(receiver)
    assert not deliveries.lose_next
    assert ["dropped"] == [one.outcome for one in deliveries.log if one.outcome != "delivered"]


# --- LiveChat's clock ------------------------------------------------------------------------------------------------


def test_a_repetition_comes_when_its_time_has_come(desks: Callable[..., Desk], receiver: DeskReceiver) -> None:
    desk = desks(retry_delays=(HOUR_S, HOUR_S))
    desk.stand_in.register(receiver.url, SECRET)
    receiver.answers.extend((503, 503))
    desk.started()
    counts = []
    for _ in range(3):
        desk.stand_in.wait_idle(0.3)
        counts.append(len(receiver.got))
        desk.stand_in.clock.advance(HOUR_S)

    (delivery,) = desk.stand_in.licence.webhooks.deliveries.log
    assert ([1, 2, 3], "delivered") == (counts, delivery.outcome)


def test_what_is_written_and_tokens_go_by_the_stand_in_s_clock(desk: Desk, chat: str, say: Say) -> None:
    say("before")
    desk.stand_in.clock.advance(desk.options.expires_in - HOUR_S)
    still_good = desk.mint().status_code

    desk.stand_in.clock.advance(HOUR_S)
    say("after")

    first, *_, last = desk.chat_state(chat)["threads"][-1]["events"]
    assert (200, 401) == (still_good, desk.mint().status_code)
    assert first["created_at"] < last["created_at"]
    assert last["created_at"][:13] == desk.stand_in.clock.now().isoformat()[:13]
