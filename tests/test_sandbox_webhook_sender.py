from collections.abc import Iterator
from typing import Any

import pytest

from infra.sandbox.business_messages import BusinessMessagesStandIn
from infra.sandbox.webhook_sender import Sending, WebhookSender
from tests.receiver import Answer, Receiver


@pytest.fixture
def webhook() -> Iterator[Receiver]:
    receiver = Receiver()
    yield receiver
    receiver.stop()


@pytest.fixture
def channel(webhook: Receiver) -> Iterator[BusinessMessagesStandIn]:
    standin = BusinessMessagesStandIn()
    standin.change_options(sending={"url": webhook.url})
    standin.phone.open(conversation_id="c-1")
    yield standin
    standin.phone.sender.stop()


def test_what_is_refused_is_tried_again_with_growing_waits(channel: BusinessMessagesStandIn, webhook: Receiver) -> None:
    webhook.answers = [Answer(503), Answer(302), Answer(200)]
    channel.phone.say("c-1", "Hi")
    counts = []
    for seconds in (0, 1, 1, 1):
        channel.clock.advance(seconds)
        assert channel.phone.sender.settle()
        counts.append(len(webhook.received))

    [delivery] = channel.state()["deliveries"]
    assert counts == [1, 2, 2, 3]
    assert len({call.data for call in webhook.received}) == 1
    assert (delivery["state"], [attempt["status"] for attempt in delivery["attempts"]]) == (
        "delivered",
        [503, 302, 200],
    )


def test_delivery_is_given_up_after_seven_days(channel: BusinessMessagesStandIn, webhook: Receiver) -> None:
    webhook.answers = [Answer(503)]
    channel.phone.say("c-1", "Hi")
    states = []
    for day in (0, 6, 2):
        channel.clock.advance(day * 24 * 3600)
        assert channel.phone.sender.settle()
        states.append(channel.state()["deliveries"][0]["state"])

    assert states == ["pending", "pending", "gave_up"]


@pytest.mark.parametrize(
    ("change", "texts"),
    [
        ({"twice": 1.0}, ["a", "a"]),
        ({"drop": 1.0, "first_retry_s": 0.01}, ["a"]),
        ({"delay": 1.0, "delay_s": 0.02}, ["a"]),
    ],
    ids=["twice", "dropped", "late"],
)
def test_delivery_can_misbehave(
    channel: BusinessMessagesStandIn, webhook: Receiver, change: dict[str, Any], texts: list[str]
) -> None:
    channel.change_options(sending=change)
    channel.phone.say("c-1", "a")

    channel.phone.sender.settle()
    channel.clock.advance(1)
    channel.phone.sender.settle()

    assert [call.json["message"]["text"] for call in webhook.received] == texts


def test_a_delivery_can_be_overtaken(channel: BusinessMessagesStandIn, webhook: Receiver) -> None:
    channel.change_options(sending={"reorder": 1.0, "hold_s": 60})
    channel.phone.say("c-1", "first")
    channel.change_options(sending={"reorder": 0.0})

    channel.phone.say("c-1", "second")
    for _ in range(2):
        channel.phone.sender.settle()

    assert [call.json["message"]["text"] for call in webhook.received] == ["second", "first"]


def test_the_same_seed_misbehaves_alike() -> None:
    channel = BusinessMessagesStandIn()
    drawn = []
    for _ in range(2):
        sender = WebhookSender("test", lambda: Sending(drop=0.5, seed=7), lambda data: {}, channel.clock)
        drawn.append([sender.post("message", {}).dropped for _ in range(20)])
        sender.stop()

    assert drawn[0] == drawn[1]
    assert len(set(drawn[0])) == 2


def test_a_reset_forgets_what_is_on_its_way(channel: BusinessMessagesStandIn, webhook: Receiver) -> None:
    webhook.answers = [Answer(503, delay_s=0.1)]
    channel.phone.say("c-1", "Hi")
    channel.phone.sender.settle(timeout_s=0.05)

    channel.app.test_client().post("/_reset")
    channel.phone.sender.settle()
    channel.clock.advance(24 * 3600)
    channel.phone.sender.settle()

    assert len(webhook.received) == 1
    assert channel.state() == {"conversations": {}, "violations": [], "deliveries": []}
