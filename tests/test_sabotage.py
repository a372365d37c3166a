"""Each rule of the delivery protocol, taken away, breaks the simulation: it can fail, and for the right reasons."""

from pathlib import Path

import pytest

from tests.sabotage import BREAKS, CORE, ROOT, Break, copy_with, first_failure

_SEEDS = 2500


@pytest.mark.parametrize("one", BREAKS, ids=lambda one: one.what)
def test_what_a_break_replaces_is_there_exactly_once(one: Break) -> None:
    assert 1 == (ROOT / CORE / one.file).read_text().count(one.old)


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("one", BREAKS, ids=lambda one: one.what)
def test_without_it_a_rule_breaks(one: Break, tmp_path: Path) -> None:
    folder = copy_with(one, tmp_path)

    assert first_failure(folder, _SEEDS).startswith("seed ")


@pytest.mark.slow
def test_the_copy_as_it_is_breaks_none(tmp_path: Path) -> None:
    nothing = Break("nothing", "ids.py", "import hashlib", "import hashlib")

    assert "" == first_failure(copy_with(nothing, tmp_path), 30)
