"""One queue for a whole partner: a delivery that fails delays all others, whoever they are for."""

from collections.abc import Iterator

import pytest

from infra.sandbox.rcs import RcsOptions, RcsStandIn
from tests.receiver import Answer, Receiver

ANN, BOB = "+999000001", "+999000002"


@pytest.fixture
def webhook() -> Iterator[Receiver]:
    receiver = Receiver()
    yield receiver
    receiver.stop()


@pytest.fixture
def rcs(webhook: Receiver) -> Iterator[RcsStandIn]:
    standin = RcsStandIn(RcsOptions(agents={"demo_agent": "token", "acme_agent": "acme-token"}))
    standin.change_options(sending={"url": webhook.url, "one_queue": True})
    standin.phone.open(phone_number=ANN)
    standin.phone.open(phone_number=BOB, agent="acme_agent")
    yield standin
    standin.phone.stop()


def say_both(rcs: RcsStandIn) -> None:
    rcs.phone.say(ANN, "One")
    rcs.phone.say(f"acme_agent/{BOB}", "Two")
    assert rcs.phone.settle()


def states(rcs: RcsStandIn) -> list[tuple[str, int]]:
    return [(one["state"], len(one["attempts"])) for one in rcs.phone.sender.deliveries()]


@pytest.mark.parametrize(("one_queue", "second"), [(True, ("pending", 0)), (False, ("pending", 1))])
def test_a_failing_delivery_holds_up_the_others(
    rcs: RcsStandIn, webhook: Receiver, one_queue: bool, second: tuple[str, int]
) -> None:
    webhook.answers = [Answer(500)]
    rcs.change_options(sending={"one_queue": one_queue})

    say_both(rcs)

    assert states(rcs) == [("pending", 1), second]


def test_the_next_goes_when_the_first_arrived(rcs: RcsStandIn, webhook: Receiver) -> None:
    webhook.answers = [Answer(500), Answer(200)]
    say_both(rcs)

    rcs.clock.advance(1)
    assert rcs.phone.settle()

    assert states(rcs) == [("delivered", 2), ("delivered", 1)]


def test_the_next_goes_when_the_first_is_given_up(rcs: RcsStandIn, webhook: Receiver) -> None:
    webhook.answers = [Answer(500), Answer(500), Answer(200)]
    rcs.change_options(sending={"give_up_after_s": 1.5})
    say_both(rcs)

    rcs.clock.advance(10)
    assert rcs.phone.settle()

    assert states(rcs) == [("gave_up", 2), ("delivered", 1)]


@pytest.mark.parametrize("mischief", [{"twice": 1.0}, {"drop": 1.0, "first_retry_s": 0.0}, {"reorder": 1.0}])
def test_the_queue_goes_on_whatever_else_is_done_to_it(
    rcs: RcsStandIn, webhook: Receiver, mischief: dict[str, float]
) -> None:
    rcs.change_options(sending={"hold_s": 0.0, **mischief})

    for number in range(20):
        rcs.phone.say(ANN, str(number))
    rcs.clock.advance(1)

    assert rcs.phone.settle(20)
    assert {state for state, _ in states(rcs)} == {"delivered"}


def test_a_reset_begins_a_new_queue(rcs: RcsStandIn, webhook: Receiver) -> None:
    webhook.answers = [Answer(500), Answer(200)]
    say_both(rcs)

    rcs.app.test_client().post("/_reset")
    rcs.phone.open(phone_number=ANN)
    rcs.phone.say(ANN, "Three")
    assert rcs.phone.settle()

    assert states(rcs) == [("delivered", 1)]
