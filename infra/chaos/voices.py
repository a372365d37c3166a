"""Whether the bot kept quiet while a person was asked for or present. Pure."""

from collections.abc import Iterator

from infra.chaos.transcript import JOINED, LEFT, MESSAGE, NEVER, Shown, Transcript

ASKING = "One moment, I am asking for a person."
"""What the sandbox's bot says when it asks for a person."""

_ENDS = ("Nobody is available right now, so", "Sorry, nobody could take", "Sorry, I could not reach")
"""How the bridge begins to say that the bot is there again."""

_CALLED_BACK = "You are back with the bot"
"""How it says so to who has asked for the bot; believed where somebody has, whose wish may have waited to be worked."""


def spoken_out_of_turn(transcript: Transcript) -> Iterator[tuple[Shown, str]]:
    """The bot's lines that should not have been said, and why."""
    yield from _while_present(transcript)
    for line in transcript.shown:
        if line.text == ASKING:
            yield from _in_window(transcript, line.at, allowed=0)
    for asked in transcript.asked:
        was_with_bot = _was_with_bot(transcript, asked.told_from)
        if was_with_bot and not _somebody_came(transcript, asked.told_from, asked.accepted_by):
            yield from _in_window(transcript, asked.accepted_by, allowed=1)  # one may be on its way


def _is_bots(line: Shown) -> bool:
    return line.kind == MESSAGE and line.voice == "BOT" and not line.bridge


def _while_present(transcript: Transcript) -> Iterator[tuple[Shown, str]]:
    present: dict[str, float] = {}
    for line in transcript.shown:
        if line.kind == JOINED:
            present[line.name] = line.at
        elif line.kind == LEFT:
            present.pop(line.name, None)
        elif _is_bots(line) and any(joined_at < line.called_at for joined_at in present.values()):
            yield line, f"the bot spoke while {', '.join(present)} was there"


def _in_window(transcript: Transcript, since: float, *, allowed: int) -> Iterator[tuple[Shown, str]]:
    until = _end_of_wait(transcript, since)
    spoken = [line for line in transcript.shown if _is_bots(line) and since < line.called_at < until]
    for line in spoken[allowed:]:
        yield line, "the bot spoke although a person had been asked for"


def _end_of_wait(transcript: Transcript, since: float) -> float:
    """When the bot may speak again at the earliest."""
    closed = [thread.closed_at for thread in transcript.threads if thread.closed_at > since]
    called_back = [max(one.told_from, since) for one in transcript.called_back if one.accepted_by > since]
    has_wished = any(one.accepted_by <= since for one in transcript.called_back)
    ends = (*_ENDS, _CALLED_BACK) if has_wished else _ENDS
    told = [line.at for line in transcript.shown if line.at > since and line.bridge and line.text.startswith(ends)]
    return min([*closed, *called_back, *told], default=NEVER)


def _somebody_came(transcript: Transcript, since: float, until: float) -> bool:
    """Whether a person came before the request did: then it asked for nothing new. A request that never did counts."""
    return until == NEVER or any(line.kind == JOINED and since < line.at < until for line in transcript.shown)


def _was_with_bot(transcript: Transcript, at: float) -> bool:
    """Certain only when nobody was shown, no thread was open, and the end of the last one had been worked."""
    before = [line for line in transcript.shown if line.at < at]
    shown = sum(line.kind == JOINED for line in before) - sum(line.kind == LEFT for line in before)
    threads = [thread for thread in transcript.threads if thread.opened_at < at]
    ended_at = max((thread.closed_at for thread in threads), default=0.0)
    was_worked = not threads or any(line.kind == LEFT and line.at > ended_at for line in before)
    is_followed = any(thread.opened_at > at for thread in transcript.threads)
    return shown == 0 and ended_at < at and was_worked and is_followed
