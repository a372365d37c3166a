"""The common end of the doors: what the store can't take is refused before it is tried."""

from types import SimpleNamespace
from typing import Any

import pytest

from functions.handoff.errors import WebhookRejected
from functions.handoff.events import UserMessage
from functions.handoff.mailbox import Inbound
from functions.runtime import reception
from tests.core_world import KEY, World


def received(world: World, text: str) -> Any:
    inbound = Inbound(key=KEY, event=UserMessage(id="u1", source_at=world.clock.now(), text=text), channel="phone")
    bundle: Any = SimpleNamespace(clock=world.clock, mailbox=world.mailbox)
    return reception.receive(bundle, inbound, budget_s=25)


def test_an_event_within_the_limit_is_accepted_and_accounted_for() -> None:
    answer = received(World(), "hello")

    assert (200, "handled", "u1", "BOT") == (
        answer.status,
        answer.outcome,
        answer.fields["event_id"],
        answer.fields["state_after"],
    )


def test_an_event_too_large_to_keep_is_refused_with_nothing_stored() -> None:
    world = World()

    with pytest.raises(WebhookRejected) as refused:
        received(world, "x" * 800_001)

    assert (400, "size") == (refused.value.status, refused.value.reason)
    assert {} == world.store.snapshot()
