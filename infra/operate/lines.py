"""Dead letters as lines to read: who is meant only as far as a log would say it, and no text unless it is asked for."""

from collections.abc import Iterator, Sequence
from datetime import UTC, timedelta
from typing import Any

from functions.runtime.logs import shown_conversation
from infra.operate.letters import Listed

_UNTRIED = {"mailbox_full", "unreadable"}


def lines_of(listed: Sequence[Listed], *, show_text: bool) -> Iterator[str]:
    """Two lines for each, three with its text, and one that counts them."""
    for one in listed:
        yield from _lines(one)
        if show_text:
            yield f"    {text_of(one.letter.entry)}"
    yield f"{len(listed)} dead letter{'' if len(listed) == 1 else 's'}"


def _lines(listed: Listed) -> Iterator[str]:
    letter = listed.letter
    at = letter.at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%SZ")
    yield f"{listed.id}  {at}  {kind_of(letter.entry)}  {letter.reason}"
    facts = [
        shown_conversation(letter.conversation),
        f"waited {shown_duration(letter.at - letter.accepted_at)}",
        _tries(letter.reason, letter.failed_before, letter.takeovers),
        f"sent again {letter.resends}×" if letter.resends else "",
        f"last {letter.resent_at.astimezone(UTC):%Y-%m-%d %H:%M:%SZ}" if letter.resent_at else "",
    ]
    yield "    " + ", ".join(fact for fact in facts if fact)


def _tries(reason: str, failed_before: int, takeovers: int) -> str:
    """What is known of the tries. Failures are counted by provider and conversation, not by entry."""
    if reason in _UNTRIED:
        return "never tried"
    if takeovers:
        return f"{takeovers} workers died on it"
    return f"its provider had failed {failed_before}× in a row" if failed_before else "failed at the first try"


def kind_of(entry: dict[str, Any]) -> str:
    """What kind of entry it was, as far as can be told."""
    return str(entry.get("kind", "unknown"))


_UNITS: tuple[tuple[str, float], ...] = (("d", 86400), ("h", 3600), ("min", 60))


def shown_duration(duration: timedelta) -> str:
    """In the largest unit that it fills ("24.1 h", "3 min", "12 s")."""
    seconds = max(duration.total_seconds(), 0.0)
    for unit, size in _UNITS:
        if seconds >= (2 * size if unit == "d" else size):
            return f"{seconds / size:.1f} {unit}".replace(".0 ", " ")
    return f"{seconds:.0f} s"


def text_of(entry: dict[str, Any]) -> str:
    """What was written, on one line; "(no text)" for what holds none."""
    written = [entry, *entry.get("messages", [])]  # a bot's reply is several
    texts = (" ".join(str(one.get("text", "")).split()) for one in written)
    return " / ".join(filter(None, texts)) or "(no text)"
