"""What the tests of reconciliation begin with: messages whose webhooks were lost."""

import msgspec

from functions.handoff.reconcile import Reconciler, Reconciliation
from tests.core_world import KEY, World

READ = "livechat.read_thread"
JOINED, LEFT = ("joined", "Jane Doe"), ("left", "Jane Doe")


def reconcile(world: World, budget_s: float = 25) -> Reconciliation:
    return Reconciler(world.machine, world.mailbox, world.desk).reconcile(KEY, budget_s=budget_s)


def with_jane(*, uuids: bool = False) -> World:
    """Jane is there and has said one thing; what follows is what is shown."""
    world = World()
    world.desk.uuid_events = lambda: uuids
    world.handed_over().channel.shown.clear()
    return world


def lose(world: World, *texts: str, **how: str) -> list[str]:
    """Jane writes, and the webhooks of it are lost; answers the ids."""
    return [world.agent_writes(text, webhook=False, **how).id for text in texts]  # type: ignore[arg-type]


def counts(found: Reconciliation) -> dict[str, int]:
    """The numbers of a report that are not 0."""
    return {name: value for name, value in msgspec.to_builtins(found).items() if type(value) is int and value}
