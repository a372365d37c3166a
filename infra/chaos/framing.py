"""Whether people were shown rightly: joined before their first word, left after the last, one pair each. Pure.

Somebody whose coming was never told is shown under a general name: nobody knows theirs.
"""

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from infra.chaos.numbers import find_numbers
from infra.chaos.transcript import JOINED, LEFT, MESSAGE, NEVER, Said, Shown, Thread, Transcript

NAMELESS = "Agent"


_AT_ONCE_S = 60.0


class _Pair(msgspec.Struct):
    """From JOINED to LEFT of one person.

    Attributes:
        words: numbers of what they said.
        said_at: their last word was shown.
        others: numbers of what others said after that, before LEFT.
    """

    name: str
    joined_at: float
    words: list[str] = []
    said_at: float = NEVER
    others: list[str] = []
    left_at: float = NEVER


def framing_faults(transcript: Transcript) -> Iterator[tuple[str, str]]:
    """(number or "", what is wrong)."""
    pairs, faults = _pairs(transcript.shown)
    yield from faults
    yield from _labels(transcript)
    names = dict.fromkeys(pair.name for pair in pairs if pair.name != NAMELESS)
    of_one = [
        fault for name in names for fault in _too_many(transcript, name, [pair for pair in pairs if pair.name == name])
    ]
    yield from of_one or _too_many(transcript, "", pairs)


def _pairs(shown: Sequence[Shown]) -> tuple[list[_Pair], list[tuple[str, str]]]:
    pairs: list[_Pair] = []
    present: list[_Pair] = []
    faults: list[tuple[str, str]] = []
    for line in shown:
        here = next((pair for pair in present if pair.name == line.name), None)
        if line.kind == JOINED:
            if here and line.name != NAMELESS:
                faults.append(("", f"{line.name} joined twice"))
            present.append(_Pair(line.name, line.at))
            pairs.append(present[-1])
        elif line.kind == LEFT and here:
            here.left_at = line.at
            present.remove(here)
        elif line.kind == LEFT:
            faults.append(("", f"{line.name} left without having joined"))
        elif line.kind == MESSAGE and line.voice == "HUMAN":
            numbers = [str(number) for number in find_numbers(line.text)]
            for pair in present:
                pair.others += numbers
            if here:
                here.words, here.said_at, here.others = [*here.words, *numbers], line.at, []
            else:
                faults.append((next(iter(numbers), ""), f"{line.name} spoke without being shown"))
    return pairs, [*faults, *(("", f"{pair.name} never left") for pair in present)]


def _labels(transcript: Transcript) -> Iterator[tuple[str, str]]:
    """Everybody speaks under their own label and name."""
    by = {one.number: one.by for one in transcript.agents_said}
    for line in transcript.shown:
        numbers = [str(number) for number in find_numbers(line.text)]
        if line.kind != MESSAGE or line.bridge:
            continue
        for number in numbers:
            if number in by and (line.voice != "HUMAN" or line.name not in (by[number], NAMELESS)):
                yield number, f"{by[number]}'s words were shown as {line.voice} {line.name}"
            if number not in by and line.voice != "BOT":
                yield number, f"the bot's words were shown as {line.voice} {line.name}"


def _too_many(transcript: Transcript, name: str, pairs: Sequence[_Pair]) -> Iterator[tuple[str, str]]:
    """One pair for each time somebody was there, and one for each time that late words of theirs are framed.

    `name`: "" = all together.
    """
    stays = sum(name in ("", stay.name) for stay in transcript.stays)
    said = {one.number: one for one in transcript.agents_said}
    late = sum(_is_late(transcript, pair, said) for pair in pairs)
    if len(pairs) > stays + late:
        yield (
            "",
            f"{name or 'somebody'} was shown {len(pairs)} times, was there {stays} times, had late words {late} times",
        )


def _is_late(transcript: Transcript, pair: _Pair, said: Mapping[str, Said]) -> bool:
    """The words are of a thread that was over; or of somebody who had left it, and who is shown for them only."""
    words = [said[word] for word in pair.words if word in said]
    ends = {thread.id: _end(transcript, thread) for thread in transcript.threads}
    if words and all(ends.get(word.thread, 0.0) < pair.joined_at for word in words):
        return True
    has_gone = all(_gone_at(transcript, word) < pair.joined_at for word in words)
    others_at = [said[number].said_at for number in pair.others if number in said]
    stayed = pair.left_at > pair.said_at + _AT_ONCE_S or any(at > pair.said_at for at in others_at)
    return bool(words) and has_gone and not stayed


def _gone_at(transcript: Transcript, word: Said) -> float:
    """When its writer had left the thread for the last time."""
    stays = [stay.left_at for stay in transcript.stays if (stay.name, stay.thread) == (word.by, word.thread)]
    return max(stays, default=NEVER)


def _end(transcript: Transcript, thread: Thread) -> float:
    """A thread is over when it is closed, or when the user went back to the bot: asked for it, perhaps before."""
    back_at = (
        max(one.told_from, thread.opened_at) for one in transcript.called_back if one.accepted_by > thread.opened_at
    )
    return min([thread.closed_at, *back_at])
