"""Agents are named as the group wants it that they were shown for, though the chat may be with another one by then."""

from typing import Any

from functions.handoff.events import ChatTransferred
from functions.handoff.policy import Policy
from functions.handoff.routing import GroupNames, Routing
from tests.core_world import BOB, World
from tests.lost_messages import mend, refusing, resend

SECRETIVE, OPEN = 0, 7
NAMES = {SECRETIVE: GroupNames("fixed", "Support"), OPEN: GroupNames("full")}
JOINED, LEFT = ("joined", "Support"), ("left", "Support")


def with_jane() -> World:
    """Jane is of a group whose agents are shown as one."""
    world = World(Policy(routing=Routing(names=NAMES))).handed_over()
    assert JOINED in world.shown
    return world


def transfer(world: World) -> None:
    """The chat goes to the group that shows its agents' names."""
    c = world.conversation
    where: dict[str, Any] = {"source_at": world.clock.now(), "chat_id": c.chat_id, "thread_id": c.thread_id}
    world.desk_says(ChatTransferred(id="t1", group_ids=(OPEN,), **where))


def pass_on(world: World) -> None:
    """Jane passes the user on to Bob of that group."""
    transfer(world)
    world.agent_leaves()
    world.agent_joins(BOB)


def names(world: World) -> list[str]:
    """Names that the user read, in the voice or the frame of agents."""
    return [one.name for one in world.channel.shown if one.kind != "message" or one.representative == "HUMAN"]


def test_who_comes_after_a_transfer_is_named_as_the_new_group_wants() -> None:
    world = with_jane()

    pass_on(world)

    assert [LEFT, ("joined", "Bob Roe")] == world.shown[-2:]


def test_late_words_of_who_passed_the_user_on_are_named_as_the_first_group_wants() -> None:
    world = with_jane()
    late = world.agent_writes("one last word", webhook=False)
    pass_on(world)

    world.desk_says(late)

    assert [JOINED, ("HUMAN", "one last word"), LEFT] == world.shown[-3:]
    assert {"Support", "Bob Roe"} == set(names(world))


def test_late_words_of_who_left_without_having_been_shown_are_named_as_the_first_group_wants() -> None:
    world = with_jane()
    late = world.agent_writes("let me help, too", BOB, webhook=False)
    world.agent_leaves(BOB)
    transfer(world)

    world.desk_says(late)

    assert {"Support"} == set(names(world))


def test_words_sent_again_for_who_has_gone_are_named_as_the_first_group_wants() -> None:
    world = refusing("channel.send_message", with_jane())
    event_id = world.agent_writes("lost words").id
    pass_on(mend(world))

    outcome = resend(world, event_id).outcome

    assert "handled" == outcome
    assert [JOINED, ("HUMAN", "lost words"), LEFT] == world.shown[-3:]
    assert {"Support", "Bob Roe"} == set(names(world))
