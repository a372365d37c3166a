"""Whether what a message costs, and what a process holds, stays the same however long it goes on."""

import sqlite3
import statistics
from collections.abc import Sequence
from pathlib import Path

import msgspec

from infra.bench.figures import median_ratio, slope
from infra.bench.report import Row, ratio
from infra.bench.rig import CHANNEL_DOOR, DESK_DOOR, Chat, Rig

EARLY, FULL, LATE = 50, 100, 400
"""After FULL messages the recent transcript, which is bounded in characters, is as long as it gets."""

_WINDOW = 25
_CHATS = 4
_SAMPLE_EVERY = 100
_MAX_GROWTH = 0.05
_MAX_LONGER = 1.25
_TEXT = "it is broken, and this is a message as long as people write them on a phone ({:05})"


class Size(msgspec.Struct, frozen=True):
    """A process after so many messages: resident memory in KiB and open files (sockets among them)."""

    messages: int
    rss_kib: int
    files: int


class Length(msgspec.Struct, frozen=True):
    """Two conversations, one around message EARLY, one around LATE.

    `sizes`: bytes of the document after EARLY, FULL and LATE messages. `early`, `late`: seconds of messages that were
    sent in turn.
    """

    sizes: dict[int, int]
    early: list[float]
    late: list[float]


def long_conversation(rig: Rig) -> Length:
    """Write to and fro in one conversation for long, then in turn with a young one. The store must be SQLite."""
    old, young = rig.join(rig.open_conversation()), rig.join(rig.open_conversation())
    length = Length({}, [], [])
    for number in range(1, LATE - _WINDOW):
        _relay(rig, old, number)
        if number == FULL:
            length.sizes[FULL] = _document_bytes(rig, old.conversation)
    for number in range(1, EARLY - _WINDOW):
        _relay(rig, young, number)
    for number in range(-_WINDOW, _WINDOW + 1):
        length.early.append(_relay(rig, young, EARLY + number))
        length.late.append(_relay(rig, old, LATE + number))
        if number == 0:
            length.sizes[EARLY] = _document_bytes(rig, young.conversation)
            length.sizes[LATE] = _document_bytes(rig, old.conversation)
    return length


def can_measure() -> bool:
    """Whether this system shows the sizes of its processes."""
    return Path("/proc/self/status").is_file()


def many_messages(rig: Rig, messages: int) -> dict[str, list[Size]]:
    """Relay `messages` in a few conversations, both ways; answers the sizes of both doors' processes on the way."""
    chats = [rig.join(rig.open_conversation()) for _ in range(_CHATS)]
    sizes: dict[str, list[Size]] = {CHANNEL_DOOR: [], DESK_DOOR: []}
    for number in range(messages + 1):
        if number % _SAMPLE_EVERY == 0 or number == messages:
            for function, found in sizes.items():
                found.append(_size(rig.sandbox.functions[function].pid or 0, number))
        _relay(rig, chats[number // 2 % _CHATS], number)
    return sizes


def _relay(rig: Rig, chat: Chat, number: int) -> float:
    text = _TEXT.format(number)
    webhook = rig.say(chat.conversation, text) if number % 2 else rig.reply(chat.chat_id, text)
    return rig.deliver(webhook).seconds


def _document_bytes(rig: Rig, conversation: str) -> int:
    """Bytes of the conversation's document, read beside the functions from their file."""
    with sqlite3.connect(rig.sandbox.folder / "store.sqlite") as connection:
        query = "SELECT LENGTH(CAST(body AS BLOB)) FROM documents WHERE collection = 'conversations' AND path LIKE ?"
        ((size,),) = connection.execute(query, (f"%{conversation}",)).fetchall()
    connection.close()
    return int(size)


def _size(group: int, messages: int) -> Size:
    """The server and its worker, together. Source: Linux, proc(5)."""
    processes = [process for process in Path("/proc").glob("[0-9]*") if _group_of(process) == group]
    rss = sum(_rss_kib(process) for process in processes)
    files = sum(len(list((process / "fd").iterdir())) for process in processes)
    return Size(messages, rss, files)


def _group_of(process: Path) -> int:
    try:
        after_name = (process / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0  # it ended meanwhile
    return int(after_name[2])


def _rss_kib(process: Path) -> int:
    lines = (process / "status").read_text().splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith("VmRSS:"))


# --- rows ------------------------------------------------------------------------------------------------------------


def length_rows(section: str, length: Length) -> list[Row]:
    """Message LATE beside message EARLY."""
    sizes = length.sizes
    early, late = (statistics.median(seconds) * 1000 for seconds in (length.early, length.late))
    paired = median_ratio(length.late, length.early)
    return [
        ratio(
            section,
            f"time for message {LATE}, to for message {EARLY}",
            paired,
            _MAX_LONGER,
            f"{late:.1f} and {early:.1f} ms; the {2 * _WINDOW + 1} around each, in turn",
        ),
        ratio(
            section,
            f"document after message {LATE}, to after message {FULL}",
            sizes[LATE] / sizes[FULL],
            1 + _MAX_GROWTH,
            f"{sizes[LATE]} and {sizes[FULL]} bytes",
        ),
        ratio(
            section,
            f"document after message {LATE}, to after message {EARLY}",
            sizes[LATE] / sizes[EARLY],
            None,
            f"{sizes[LATE]} and {sizes[EARLY]} bytes: the recent transcript, which is bounded, was not full yet",
        ),
    ]


def size_rows(section: str, sizes: dict[str, list[Size]]) -> list[Row]:
    """Memory and open files after the first half of the messages, which warms up pools and the allocator."""
    return [row for function, found in sizes.items() for row in _size_rows(section, function, found)]


def _size_rows(section: str, function: str, sizes: Sequence[Size]) -> list[Row]:
    last = sizes[-1]
    steady = [size for size in sizes if size.messages * 2 >= last.messages]
    per_message = slope([(size.messages, size.rss_kib) for size in steady])
    growth = per_message * last.messages / steady[0].rss_kib
    opened = slope([(size.messages, size.files) for size in steady]) * last.messages
    shown = ", ".join(f"{size.rss_kib / 1024:.1f}" for size in (sizes[0], steady[0], last))
    files = ", ".join(str(size.files) for size in (sizes[0], steady[0], last))
    when = f"after 0, {steady[0].messages} and {last.messages} messages"
    return [
        Row(
            section=section,
            measure=f"memory of {function}",
            measured=f"{per_message * 1000:+.0f} KiB per 1,000 messages",
            budget=f"flat: < {_MAX_GROWTH:.0%} over the run",
            is_met=growth < _MAX_GROWTH,
            remark=f"{shown} MiB {when}",
        ),
        Row(
            section=section,
            measure=f"open files and sockets of {function}",
            measured=f"{opened:+.1f} over the run",
            budget="flat: < 1",
            is_met=opened < 1,
            remark=f"{files} {when}",
        ),
    ]
