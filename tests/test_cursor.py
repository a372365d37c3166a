"""The cursor: which events of a thread are accounted for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.handoff.cursor import Cursor, event_number

_numbers = st.lists(st.integers(1, 40), max_size=30)


@given(_numbers)
def test_the_cursor_knows_exactly_what_it_was_told(numbers: list[int]) -> None:
    cursor = Cursor("T1").with_known(*numbers)

    assert set(numbers) == {n for n in range(1, 60) if cursor.knows(n)}


@given(_numbers, _numbers)
def test_it_does_not_matter_in_which_order_events_become_known(first: list[int], then: list[int]) -> None:
    at_once = Cursor("T1").with_known(*first, *then)

    assert at_once == Cursor("T1").with_known(*first).with_known(*then)
    assert at_once == Cursor("T1").with_known(*then).with_known(*first)


@given(_numbers)
def test_nothing_is_missing_up_to_high_and_the_next_one_is(numbers: list[int]) -> None:
    cursor = Cursor("T1").with_known(*numbers)

    assert not cursor.knows(cursor.high + 1)
    assert all(n > cursor.high + 1 for n in cursor.above)


@given(_numbers, st.integers(0, 50))
def test_a_read_accounts_for_everything_up_to_there_and_forgets_nothing(numbers: list[int], read: int) -> None:
    cursor = Cursor("T1").with_known(*numbers).read_up_to(read)

    assert all(cursor.knows(n) for n in [*numbers, *range(1, read + 1)])
    assert set(numbers) | set(range(1, read + 1)) == {n for n in range(1, 60) if cursor.knows(n)}


@given(st.lists(st.integers(1, 10**6), min_size=1, max_size=200))
def test_the_cursor_stays_small_and_keeps_the_newest(numbers: list[int]) -> None:
    cursor = Cursor("T1").with_known(*numbers)

    assert len(cursor.above) <= 50
    assert cursor.knows(max(numbers))


@pytest.mark.parametrize(
    ("event_id", "number"),
    [
        ("T1_7", 7),
        ("T1_0", 0),
        ("T2_7", None),
        ("T1_", None),
        ("T1_x", None),
        ("T1_-7", None),
        ("T1_٧", None),
        ("T1_7_8", None),
        ("T1_1234567890", None),
        ("0dbd6f5a-8f4e-4d68-9a0e-3d0d0f0f9a11", None),
    ],
)
def test_an_event_id_tells_its_number_only_while_it_reads_as_thread_and_number(
    event_id: str, number: int | None
) -> None:
    assert number == event_number(event_id, "T1")


def test_without_a_thread_there_is_no_number() -> None:
    assert event_number("_7", "") is None
