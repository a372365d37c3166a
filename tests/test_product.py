"""Which scenario runs where, by the marks on it."""

from typing import Any, cast

import pytest

from tests.hands import BUSINESS_MESSAGES, LACKS, RCS, SURVEYS
from tests.product import CX, ES, SQLITE, as_parameters, setups_of

MARK = pytest.mark


class Marked:
    """As much of a test as is looked at."""

    def __init__(self, *marks: pytest.MarkDecorator) -> None:
        self._marks = [one.mark for one in marks]

    def iter_markers(self, name: str) -> list[pytest.Mark]:
        return [one for one in self._marks if one.name == name]

    def get_closest_marker(self, name: str) -> pytest.Mark | None:
        return next(iter(self.iter_markers(name)), None)


def names(*marks: pytest.MarkDecorator, is_all: bool = False) -> list[str]:
    return [str(one) for one in setups_of(cast(Any, Marked(*marks)), is_all=is_all)]


USUAL = ["business_messages-es-sqlite", "rcs-cx-sqlite", "business_messages-es-firestore"]


@pytest.mark.parametrize(
    ("marks", "expected"),
    [
        ((), USUAL),
        ((MARK.only_on(SQLITE),), USUAL[:2]),
        ((MARK.only_on(RCS), MARK.only_on(SQLITE)), USUAL[1:2]),
        ((MARK.only_on(BUSINESS_MESSAGES, ES),), [USUAL[0], USUAL[2]]),
        ((MARK.only_on(RCS, ES),), ["rcs-es-sqlite"]),
        ((MARK.product, MARK.only_on(CX, SQLITE)), ["business_messages-cx-sqlite", "rcs-cx-sqlite"]),
    ],
)
def test_a_test_runs_where_its_marks_say(marks: tuple[pytest.MarkDecorator, ...], expected: list[str]) -> None:
    assert expected == names(*marks)


def test_a_test_about_channel_and_bot_runs_on_every_pair() -> None:
    pairs = {name.rpartition("-")[0] for name in names(MARK.product)}

    assert {"business_messages-es", "business_messages-cx", "rcs-es", "rcs-cx"} == pairs


def test_everything_can_be_had() -> None:
    assert 8 == len(names(is_all=True))


def test_what_a_channel_lacks_is_skipped_there_with_the_reason() -> None:
    parameters: list[Any] = list(as_parameters(cast(Any, Marked(MARK.needs(SURVEYS))), is_all=False))

    skipped = {one.id: [mark.kwargs["reason"] for mark in one.marks if mark.name == "skip"] for one in parameters}
    assert {USUAL[0]: [], USUAL[1]: [LACKS[RCS][SURVEYS]], USUAL[2]: []} == skipped
