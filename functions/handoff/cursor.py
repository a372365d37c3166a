"""Which events of a thread are accounted for, so that one that never came is noticed. Pure."""

import msgspec

_ABOVE_KEPT = 50
_LONGEST_GAP = 1000  # more than that says that the numbers do not mean what they seem to


class Cursor(msgspec.Struct, frozen=True, omit_defaults=True):
    """Which events of a thread are accounted for: all numbers up to `high`, and the `above` ones beyond it.

    About those up to `asked` the desk has been asked: what the answer left out is not asked about again.
    """

    thread_id: str = ""
    high: int = 0
    above: tuple[int, ...] = ()
    asked: int = 0

    def knows(self, number: int) -> bool:
        """Tell whether the event with this number is accounted for."""
        return number <= self.high or number in self.above

    def with_known(self, *numbers: int) -> "Cursor":
        """The cursor with these numbers accounted for."""
        above = {n for n in (*self.above, *numbers) if n > self.high}
        high = self.high
        while high + 1 in above:
            high += 1
        kept = tuple(sorted(n for n in above if n > high))[-_ABOVE_KEPT:]
        return msgspec.structs.replace(self, high=high, above=kept)

    def read_up_to(self, number: int) -> "Cursor":
        """The cursor after a read that showed everything up to `number`."""
        return msgspec.structs.replace(self, high=max(self.high, number)).with_known()

    def has_gap_before(self, number: int) -> bool:
        """Tell whether events before this one are missing that the desk has not been asked about."""
        since = max(self.high, self.asked)
        return number <= since + _LONGEST_GAP and any(not self.knows(n) for n in range(since + 1, number))

    def asked_before(self, number: int) -> "Cursor":
        """The cursor once the desk is asked about everything before this number."""
        return msgspec.structs.replace(self, asked=max(self.asked, number - 1))


def event_number(event_id: str, thread_id: str) -> int | None:
    """The number of a desk event in its thread while its id reads `<thread>_<n>`, else None.

    A hint only: the desk does not promise the form, and sometimes sends UUIDs.
    """
    prefix, _, number = event_id.rpartition("_")
    if not thread_id or prefix != thread_id or not (number.isascii() and number.isdigit()) or len(number) > 9:
        return None
    return int(number)
