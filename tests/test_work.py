"""What working on an entry may use: time, the lease, and an agent's name fit for the user's eyes."""

from datetime import timedelta
from typing import Any

import pytest

from functions.handoff.errors import LeaseTooShort, OutOfTime
from functions.handoff.events import Agent
from functions.handoff.interfaces import Voice
from functions.handoff.parts import Lease, Presence
from functions.handoff.policy import Policy
from functions.handoff.work import Sides, Step, voice_of
from tests.core_records import JANE, a_conversation
from tests.core_world import World
from tests.fakes import START


def step(*, left_s: float = 25, lease_s: float = 30, policy: Policy | None = None, **fields: Any) -> Step:
    world = World()
    lease = Lease("me", START + timedelta(seconds=lease_s), "e")
    return Step(
        a_conversation(lease=lease, **fields),
        "e",
        sides=Sides({"phone": world.channel}, world.desk, world.bot, world.files),
        policy=policy or Policy(),
        clock=world.clock,
        deadline=START + timedelta(seconds=left_s),
    )


@pytest.mark.parametrize(
    ("agent", "policy", "name"),
    [
        (JANE, Policy(), "Jane Doe"),
        (JANE, Policy(agent_name_policy="first"), "Jane"),
        (JANE, Policy(agent_name_policy="fixed", human_name="Our team"), "Our team"),
        (Agent("jane@shop.example"), Policy(human_name="Our team"), "Our team"),
        (Agent("jane@shop.example", "jane@shop.example"), Policy(human_name="Our team"), "Our team"),
        (Agent("jane@shop.example", "Jane <jane@shop.example>"), Policy(agent_name_policy="first"), ""),
        (Agent("jane@shop.example", "  "), Policy(agent_name_policy="first"), ""),
    ],
)
def test_an_agents_name_is_shown_as_chosen_and_an_address_never(agent: Agent, policy: Policy, name: str) -> None:
    assert name == voice_of(Presence(agent, 1), policy).name


def test_people_and_bot_speak_with_their_own_voices() -> None:
    policy = Policy(
        bot_name="Botty", bot_avatar_url="https://shop.example/b.png", human_avatar_url="https://shop.example/h.png"
    )
    one = step(policy=policy)

    assert Voice("BOT", "Botty", "https://shop.example/b.png") == one.bot_voice()
    assert Voice("HUMAN", "Jane Doe", "https://shop.example/h.png") == one.human_voice(Presence(JANE, 1))


@pytest.mark.parametrize(("left_s", "timeout_s"), [(25, 5), (5, 5), (3, 3), (1, 1)])
def test_a_call_that_can_be_repeated_takes_what_time_is_left(left_s: float, timeout_s: float) -> None:
    assert timeout_s == step(left_s=left_s).timeout_s()


def test_with_less_than_a_second_nothing_is_begun() -> None:
    with pytest.raises(OutOfTime):
        step(left_s=0.9).timeout_s()


def test_a_call_that_cant_be_repeated_begins_only_with_its_whole_timeout_left() -> None:
    assert 8 == step(left_s=8).begin(8)
    with pytest.raises(OutOfTime):
        step(left_s=7.9).begin(8)


def test_a_call_that_cant_be_repeated_begins_only_with_16_seconds_of_lease_beyond_its_timeout() -> None:
    assert 8 == step(lease_s=24).begin(8)
    with pytest.raises(LeaseTooShort):
        step(lease_s=23.9).begin(8)


def test_when_it_began_is_noted_only_if_it_began() -> None:
    refused, begun = step(lease_s=1), step()

    with pytest.raises(LeaseTooShort):
        refused.begin(8)
    begun.begin(8)

    assert (None, START) == (refused.began_at, begun.began_at)


def test_a_conversation_without_a_customer_can_not_speak_to_the_desk() -> None:
    with pytest.raises(LookupError, match="phone:c-1"):
        step().as_customer()
