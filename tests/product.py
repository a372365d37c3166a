"""On which channel, bot and store a scenario runs: the same tests over the product, chosen by marks on them.

Without a mark a test runs for both channels and both bots, each once, and on Firestore's emulator once. Marks:

- ``product``: on every channel with every bot, as it is about both.
- ``only_on("sqlite")``: there alone; a channel, a bot or a store, several of them all together.
- ``needs(SURVEYS, …)``: something that not every channel has (`hands.LACKS`); skipped there, with the reason.

``--product`` runs every test on everything.
"""

from collections.abc import Iterator
from itertools import product
from typing import NamedTuple

import pytest

from infra.sandbox.standins import BOTS, CHANNELS
from tests.hands import BUSINESS_MESSAGES, LACKS, RCS

ES, CX = "es", "cx"
SQLITE, FIRESTORE = STORES = ("sqlite", "firestore")


class Setup(NamedTuple):
    """One deployment as one user meets it."""

    channel: str
    bot: str
    store: str

    def __str__(self) -> str:
        return "-".join(self)


_EVERYTHING = [Setup(channel, bot, store) for store, bot, channel in product(STORES, BOTS, CHANNELS)]
_USUAL = {Setup(BUSINESS_MESSAGES, ES, SQLITE), Setup(RCS, CX, SQLITE), Setup(BUSINESS_MESSAGES, ES, FIRESTORE)}
_PRODUCT = {*_USUAL, *(one for one in _EVERYTHING if one.store == SQLITE), Setup(RCS, CX, FIRESTORE)}


def setups_of(test: pytest.Function, *, is_all: bool) -> list[Setup]:
    """Where a test runs, for the deployments' sake in an order that changes them seldom."""
    only = {name for mark in test.iter_markers("only_on") for name in mark.args}
    allowed = [one for one in _EVERYTHING if only <= set(one)]
    chosen = _PRODUCT if test.get_closest_marker("product") or not _USUAL.intersection(allowed) else _USUAL
    return allowed if is_all else [one for one in allowed if one in chosen]


def as_parameters(test: pytest.Function, *, is_all: bool) -> Iterator[object]:
    """The setups for pytest: each with the marks that select it, or the reason why it is skipped."""
    needed = [name for mark in test.iter_markers("needs") for name in mark.args]
    for one in setups_of(test, is_all=is_all):
        reasons = [LACKS[one.channel][name] for name in needed if name in LACKS[one.channel]]
        marks = [pytest.mark.skip(reason=reason) for reason in reasons[:1]]
        marks += [pytest.mark.emulator] if one.store == FIRESTORE else []
        yield pytest.param(one, marks=marks, id=str(one))
