"""Whether texts arrived in the order the bridge promises: by the sender's time among what waits, else as accepted.

Only what is certain is a complaint: what was being accepted while the other was being worked may go either way. Pure.
"""

from collections.abc import Iterator, Sequence
from itertools import combinations

from infra.chaos.transcript import NEVER, Got, Read, Said

INVERTED, LATE = "inverted", "late"


def first_arrivals(arrived: Sequence[Got]) -> list[Got]:
    """Without repeats."""
    first: dict[str, Got] = {}
    for got in arrived:
        first.setdefault(got.number, got)
    return list(first.values())


def inversions(said: Sequence[Said], arrived: Sequence[Got]) -> Iterator[tuple[Said, Said, str]]:
    """Pairs (earlier, later) that arrived the wrong way round, and why that is certain.

    Args:
        said: in any order.
        arrived: in order of arrival, without repeats.
    """
    place = {got.number: index for index, got in enumerate(arrived)}
    called_at = {got.number: got.called_at for got in arrived}
    known = sorted((one for one in said if one.number in place), key=lambda one: one.said_at)
    for earlier, later in combinations(known, 2):
        if place[earlier.number] < place[later.number]:
            continue
        if earlier.accepted_by <= _accepted_from(later):
            yield earlier, later, "it was accepted before the other one was sent"
        elif _went_between(arrived, earlier.accepted_by, called_at[later.number]) > 1:
            yield earlier, later, "it waited while others of the same kind went"


def _accepted_from(one: Said) -> float:
    """The earliest moment it may have been accepted: an agent's text may be found by reading the thread."""
    return one.said_at if one.by else one.told_from


def _went_between(arrived: Sequence[Got], after: float, before: float) -> int:
    return sum(after < got.called_at < before for got in arrived)


def overtaken_in_thread(
    said: Sequence[Said], arrived: Sequence[Got], reads: Sequence[Read]
) -> Iterator[tuple[Said, Said, str]]:
    """Pairs of one agents' thread the wrong way round: `INVERTED` if the thread had been read in time, else `LATE`.

    Numbers show a gap before the later text; then the thread is read once, and what that shows goes first.
    """
    place = {got.number: index for index, got in enumerate(arrived)}
    called_at = {got.number: got.called_at for got in arrived}
    known = sorted((one for one in said if one.number in place), key=lambda one: one.said_at)
    for earlier, later in combinations(known, 2):
        if earlier.thread != later.thread or place[earlier.number] < place[later.number]:
            continue
        of_thread = [read for read in reads if read.thread == later.thread]
        showed_it = _was_read(of_thread, max(later.told_from, earlier.said_at), called_at[later.number])
        yield earlier, later, INVERTED if showed_it else LATE


def _was_read(reads: Sequence[Read], after: float, before: float) -> bool:
    if after == NEVER:
        return False
    tries = [read for read in reads if after < read.began_at < before]
    return bool(tries) and all(read.worked and read.ended_at < before for read in tries)
