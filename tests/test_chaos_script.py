"""Scripts: the same for a seed, always bot, person, bot, person, bot; numbers are found again in any text."""

import random

import pytest

from infra.chaos.desk import agents_for, owner_of
from infra.chaos.numbers import AGENT, USER, Number, find_numbers
from infra.chaos.script import pauses, write_script
from infra.sandbox.livechat.model import Chat, Thread


def test_a_seed_always_means_the_same_script() -> None:
    one, same, other = (write_script(random.Random(seed)) for seed in (1, 1, 2))

    assert one == same
    assert one != other


@pytest.mark.parametrize("seed", range(50))
def test_every_script_has_two_hand_offs_between_turns_with_the_bot(seed: int) -> None:
    script = write_script(random.Random(seed))

    assert 2 == len(script.handoffs)
    assert 3 == len(script.bot_turns)
    assert all(turns > 0 for turns in script.bot_turns)
    assert all(any(deed.kind == "reply" for deed in one.deeds) for one in script.handoffs)
    assert pauses(script) > 0


def test_scripts_hold_everything_that_can_happen() -> None:
    handoffs = [one for seed in range(200) for one in write_script(random.Random(seed)).handoffs]

    assert {"agent", "user", "timeout"} == {one.end for one in handoffs}
    assert {"reply", "note", "transfer", "requeue"} == {deed.kind for one in handoffs for deed in one.deeds}
    assert {True, False} == {one.by_words for one in handoffs}
    assert {True, False} == {one.hurried for one in handoffs}


def test_a_number_is_found_in_any_text_and_no_other_digits_are() -> None:
    number = Number(USER, 7, 12)

    assert "100070012" == str(number)
    assert [number, Number(AGENT, 9999, 1)] == find_numbers(f"Order {number} “and” 299990001.")
    assert [] == find_numbers("1795268450 400070012 10007001 1000700123 a-379219228-b 10:00:01.379219228Z")


def test_a_chat_belongs_to_whom_it_is_named_after_or_else_to_who_speaks_in_it() -> None:
    silent = Chat("C1", "customer", {}, {})
    form = {"fields": [{"label": "Conversation so far", "answer": "User: Where is order 100070001?"}]}
    spoken = Chat("C1", "customer", {}, {}, threads=[Thread("T1", "", True, [], [], {}, [form])])

    assert 7 == owner_of(silent, {"name": "Guest 100070000"})
    assert 7 == owner_of(spoken, {})
    assert None is owner_of(silent, {})


def test_there_is_room_for_two_thirds_of_the_users_at_a_time() -> None:
    agents = agents_for(480)

    assert 320 == sum(agent.max_chats for agent in agents)
    assert len(agents) == len({agent.id for agent in agents})
