"""Messages that were given up, and sending them again: what the tests of dead letters begin with."""

from typing import Any

from functions.handoff.changes import conversation_path
from functions.handoff.dead_letters import dead_letter_id, dead_letter_path
from functions.handoff.interfaces import Delete
from functions.handoff.mailbox import Accepted
from tests.core_world import KEY, World

LOST = "my bill is wrong"
UNDELIVERED = f"Sorry, your message could not be delivered: “{LOST}”"


def refusing(call: str, world: World | None = None) -> World:
    """A conversation with Jane while this call is refused for good."""
    world = world or World().handed_over()
    world.faults.choose = lambda name: "refused" if name == call else "ok"
    return world


def mend(world: World) -> World:
    world.faults.choose = lambda _name: "ok"
    return world


def lost_user_message(ago_s: float = 20) -> World:
    """The desk refused a message of the user, who was told; now it would take it."""
    world = refusing("livechat.send_message")
    world.say(LOST, "u-lost")
    world.clock.sleep(ago_s)
    return mend(world)


def lost_agent_message() -> tuple[World, str]:
    """The channel refused a message of Jane's, who was told; now it would take it. Answers its id, too."""
    world = refusing("channel.send_message")
    event_id = world.agent_writes("lost words").id
    return mend(world), event_id


def resend(world: World, entry_id: str, budget_s: float = 25) -> Accepted:
    return world.mailbox.resend(dead_letter_id(KEY, entry_id), budget_s=budget_s)


def begin_anew(world: World) -> World:
    """The conversation has expired; a day later the user comes back."""
    world.store.commit(Delete(conversation_path(KEY)))
    world.clock.sleep(24 * 3600)
    return world


def letter(world: World, entry_id: str) -> Any:
    found = world.peek(dead_letter_path(dead_letter_id(KEY, entry_id)))
    assert found is not None
    return found.record
