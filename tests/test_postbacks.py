"""A button of an agent's message survives being a chip, and no other chip is taken for one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.handoff.content import AgentButton
from functions.handoff.postbacks import MAX_POSTBACK_CHARACTERS, as_postback, find_button
from tests.event_strategies import instances

BUTTON = AgentButton("T1", "T1_5", "yes", "message", "Yes")


@given(instances(AgentButton))
def test_a_button_is_read_back_as_it_was_written(button: AgentButton) -> None:
    assert button == find_button(as_postback(button))


@pytest.mark.parametrize(
    "postback", [None, "", "yes", "agent-button:", 'agent-button:{"thread_id":1}', "agent-button:[]"]
)
def test_any_other_chip_is_none(postback: str | None) -> None:
    assert find_button(postback) is None


@given(st.text())
def test_no_text_of_a_user_or_bot_makes_it_fail(text: str) -> None:
    find_button(text)
    find_button(f"agent-button:{text}")


@pytest.mark.parametrize(("beyond", "is_made"), [(0, True), (1, False)])
def test_what_a_chip_can_t_carry_is_not_made(beyond: int, is_made: bool) -> None:
    rest = MAX_POSTBACK_CHARACTERS - len(as_postback(AgentButton("T1", "T1_5", "x")))

    assert is_made == bool(as_postback(AgentButton("T1", "T1_5", "x" * (1 + rest + beyond))))
