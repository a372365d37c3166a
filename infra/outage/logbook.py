"""What the functions' log says about their work, summed up slice by slice while it is written."""

import json
from pathlib import Path

import msgspec

from infra.sandbox.standin import JsonObject


class Work(msgspec.Struct, frozen=True, kw_only=True):
    """The log lines of one slice of time, summed up. A line is written when its request ends.

    Attributes:
        woken: calls of `redeliver` for one conversation, by Cloud Tasks.
        swept: conversations that sweeps worked on.
        trips: round trips to the store.
        not_made: entries that failed because a circuit was open, as far as the lines name them.
        failed: entries that failed on a call, or for want of one; those a long line leaves out are taken for failed.
        dead_letters: entries given up.
    """

    woken: int = 0
    swept: int = 0
    trips: int = 0
    not_made: int = 0
    failed: int = 0
    dead_letters: int = 0


class Logbook:
    """Reads a log on from where it was read last."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._offset = 0

    def read_on(self) -> Work:
        """What was written since."""
        with self._path.open("rb") as log:
            log.seek(self._offset)
            written = log.read()
        whole = written[: written.rfind(b"\n") + 1]
        self._offset += len(whole)
        lines = [json.loads(line) for line in whole.splitlines() if line.startswith(b"{")]
        return summed([line for line in lines if "store_trips" in line])


def summed(lines: list[JsonObject]) -> Work:
    """Sum up log lines."""
    redelivers = [line for line in lines if line["function"] == "redeliver"]
    happenings = [one for line in lines for one in line.get("happenings", ())]
    failed = [one for one in happenings if one["happening"] == "failed"]
    omitted = sum(line.get("happenings_omitted", 0) for line in lines)
    return Work(
        woken=sum(line["reason"] != "sweep" for line in redelivers),
        swept=sum(line.get("due", 0) for line in redelivers),
        trips=sum(line["store_trips"] for line in lines),
        not_made=sum(one.get("error") == "circuit_open" for one in failed),
        failed=len(failed) + omitted,
        dead_letters=sum(one["happening"] == "dead_letter" for one in happenings),
    )
