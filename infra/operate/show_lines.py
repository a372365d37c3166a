"""A conversation as lines to read: ids, times and numbers; no text, name or phone number unless it is asked for."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from functions.handoff.conversation import Conversation
from functions.runtime.log_values import safe, shown_conversation
from infra.operate.lines import kind_of, shown_duration, text_of
from infra.operate.show import Known, ownership_of, waiting_in

_OVERDUE = timedelta(minutes=2)  # the sweep comes every minute


def lines_of_conversation(known: Known, now: datetime, *, show_text: bool) -> Iterator[str]:
    """The whole of it; without a conversation, what is left of it."""
    yield shown_conversation(known.key)
    c = known.conversation
    if c is None:
        yield "  There is no such conversation (any more)."
    else:
        yield from _facts(c, now, show_text=show_text)
        yield from _pending(c, known, now, show_text=show_text)
        yield from _past(c)
        if show_text:
            yield from _transcript(c)
    yield from _letters(known, show_text=show_text)


def _facts(c: Conversation, now: datetime, *, show_text: bool) -> Iterator[str]:
    has = ownership_of(c)
    yield _line("owner", f"{c.state}: {has.owner}")
    yield _line("since", f"{_at(has.since, now)}{f': {has.why}' if has.why else ''}")
    if show_text and c.user.name:
        yield _line("user", c.user.name)
    yield _line("chat", _chat(c))
    for one in c.agents:
        who = one.agent.name if show_text and one.agent.name else _id(one.agent.id)
        left = ", leaving" if one.leaving else ", for late words only" if one.late else ""
        yield _line("agent", f"{who}, shown since {_at(one.since, now)}{left}")
    yield _line("due", _due(c, now))
    yield _line("lease", _lease(c, now))
    for provider, parked in sorted(c.parked.items()):
        yield _line("parked", f"{provider} until {_at(parked.retry_at, now)}, {parked.tries} failures in a row")
    for entry_id, doubt in sorted(c.doubt.items()):
        yield _line("doubt", f"{_id(entry_id)} may have reached {doubt.provider}, sent by {_at(doubt.since, now)}")
    for name, at in sorted(c.timers.items(), key=lambda timer: timer[1]):
        yield _line("timer", f"{name} {_at(at, now)}")


def _chat(c: Conversation) -> str:
    if not c.chat_id:
        return "none"
    thread = f"open thread {c.thread_id}" if c.thread_id else "no open thread"
    more = f", to be closed: {c.thread_to_close}" if c.thread_to_close else ""
    return f"{c.chat_id}, {thread}{more}{', found closed' if c.closing else ''}"


def _due(c: Conversation, now: datetime) -> str:
    if c.due_at is None:
        return "nothing to wait for"
    late = " (overdue: does redeliver run?)" if now - c.due_at > _OVERDUE else ""
    return f"{_at(c.due_at, now)}{late}"


def _lease(c: Conversation, now: datetime) -> str:
    if c.lease is None:
        return "free"
    said = f"{c.lease.owner} until {_at(c.lease.until, now)}, with {_id(c.lease.entry)} in hand"
    return f"{said}, taken over {c.lease.takeovers}×" if c.lease.takeovers else said


def _pending(c: Conversation, known: Known, now: datetime, *, show_text: bool) -> Iterator[str]:
    yield _line("pending", str(len(c.pending)))
    for one in waiting_in(c, now):
        p = one.pending
        age = shown_duration(now - p.accepted_at)
        yield f"    {p.lane}  {p.kind}  {_id(p.id)}  waits {age}  {one.reason}"
        if show_text and p.id in known.texts:
            yield f"        {text_of(known.texts[p.id])}"


def _past(c: Conversation) -> Iterator[str]:
    yield _line("hand-offs", str(len(c.handoffs)))
    for past in c.handoffs:
        yield f"    {_stamp(past.at)}  {past.reason} → {past.outcome or 'lasts'}"


def _transcript(c: Conversation) -> Iterator[str]:
    yield _line("transcript", f"{len(c.transcript)} lines, {c.lines_omitted} earlier ones omitted")
    for said in c.transcript:
        yield f"    {_stamp(said.at)}  {said.name or said.who}: {' '.join(said.text.split())}"


def _letters(known: Known, *, show_text: bool) -> Iterator[str]:
    yield _line("dead letters", str(len(known.letters)))
    for one in known.letters:
        again = ", sent again" if one.letter.resent_at else ""
        yield f"    {one.id}  {_stamp(one.letter.at)}  {kind_of(one.letter.entry)}  {one.letter.reason}{again}"
        if show_text:
            yield f"        {text_of(one.letter.entry)}"


def _line(name: str, value: str) -> str:
    return f"  {name:<14}{value}"


def _id(value: str) -> str:
    """An id as a log would show it: an agent's is an e-mail address, a message's may hold a phone number."""
    return str(safe({"id": value})["id"])


def _at(at: datetime | None, now: datetime) -> str:
    if at is None:
        return "not recorded"
    distance = shown_duration(abs(now - at))
    return f"{_stamp(at)} ({f'{distance} ago' if at <= now else f'in {distance}'})"


def _stamp(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%SZ}"
