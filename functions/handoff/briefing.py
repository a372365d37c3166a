"""What agents are told when they get a conversation: why, about what, and what was said. Never shown to the user."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from functions.handoff.conversation import Conversation
from functions.handoff.events import HandoffSignal, JsonObject
from functions.handoff.interfaces import Note
from functions.handoff.parts import Line, PastHandoff
from functions.handoff.policy import Policy
from functions.handoff.routing import TOPIC_NAMES, texts_in, topics
from functions.handoff.text import cut_at_word, split_text, utf8_length
from functions.handoff.texts import find_text

_NOTE_BYTES = 15_000
"""What any desk takes: 16 KB is the longest that is documented for a message, and of notes no limit is known."""
_FACTS_BYTES = 6_000  # of these for all but the transcript
_ROW_BYTES = 5  # what stands around a label and its value where the note becomes a message
_TRANSCRIPT_CHARACTERS = 8000
_PARAMETERS_CHARACTERS = 1000
_VALUE_CHARACTERS = 300
_NAME_CHARACTERS = 60
_MAX_DEPTH = 3

_CONTEXT_LABELS = {
    "entryPoint": "entry_point",
    "placeId": "place",
    "nearPlaceId": "near_place",
    "customContext": "custom_context",
    "widgetContext": "custom_context",
    "widgetUrl": "web_page",
    "agent": "brand_agent",
    "customAgentId": "brand_agent",
}
"""What channels say of the user, by their own names → our words for it."""

Words = Callable[..., str]
Row = tuple[str, str]


def brief(conversation: Conversation, signal: HandoffSignal, policy: Policy) -> Note:
    """The briefing for agents, in the deployment's language; empty fields are left out, long ones end in "…"."""

    def t(text_id: str, count: int = 0) -> str:
        return find_text(text_id, policy.language, policy.texts, count=count)

    title = t("briefing_title")
    facts = list(_fitting(_rows(conversation, signal, t), _FACTS_BYTES))
    label = t("transcript")
    left = _NOTE_BYTES - sum(map(utf8_length, (title, label))) - sum(_size(one, value) for one, value in facts)
    said = _transcript(conversation, t, left)
    return Note(title, (*facts, *([(label, said)] if said else [])))


def _fitting(rows: Iterable[Row], limit_bytes: int) -> Iterator[Row]:
    """The rows that say something, as far as they go."""
    left = limit_bytes
    for label, value in rows:
        kept = _cut_bytes(value, left - _size(label, ""))
        if kept.strip():
            left -= _size(label, kept)
            yield label, kept


def _size(label: str, value: str) -> int:
    return utf8_length(label) + utf8_length(value) + _ROW_BYTES


def _rows(c: Conversation, signal: HandoffSignal, t: Words) -> Iterator[Row]:
    yield t("reason"), _named(t, "reason", signal.reason)
    yield t("topic"), _one_line(", ".join(topics(signal)))
    yield t("intent"), _one_line(signal.intent)
    yield t("parameters"), _parameters(signal.metadata)
    yield t("language"), _one_line(c.user.locale)
    for name, value in c.user.context.items():
        yield t(_CONTEXT_LABELS[name]) if name in _CONTEXT_LABELS else _one_line(name), _one_line(value)
    yield t("earlier_handoffs"), "\n".join(_past(one, t) for one in c.handoffs if one.outcome)


def _named(t: Words, kind: str, name: str) -> str:
    """Our words for one of a kind; its own name where we have none."""
    text_id = f"{kind}_{name}"
    words = t(text_id)
    return name if words == text_id else words


def _past(past: PastHandoff, t: Words) -> str:
    reason, outcome = _named(t, "reason", past.reason), _named(t, "outcome", past.outcome)
    return f"{past.at:%Y-%m-%d %H:%M} UTC: {reason} → {outcome}"


# --- parameters ------------------------------------------------------------------------------------------------------


def _parameters(metadata: JsonObject) -> str:
    """A line for each that says something, "…" for those that are too many; what is the topic stands there."""
    kept: list[str] = []
    left = _PARAMETERS_CHARACTERS
    for name, value in metadata.items():
        is_topic = name in TOPIC_NAMES and texts_in(value)
        words = "" if is_topic else _one_line(_in_words(value))
        if not words:
            continue
        line = f"{_one_line(name, _NAME_CHARACTERS)}: {words}"
        left -= len(line) + 1
        if left < 0:
            return "\n".join([*kept, "…"])
        kept.append(line)
    return "\n".join(kept)


def _in_words(value: Any, depth: int = 0) -> str:
    """A value as a person would write it; what lies deeper than a few levels is left out."""
    if isinstance(value, list | dict) and depth >= _MAX_DEPTH:
        return "…" if value else ""
    if isinstance(value, dict):
        inner = ((name, _in_words(item, depth + 1)) for name, item in value.items())
        return ", ".join(f"{name} {words}" for name, words in inner if words)
    if isinstance(value, list):
        return ", ".join(words for item in value if (words := _in_words(item, depth + 1)))
    return " ".join(texts_in(value))


# --- what was said ---------------------------------------------------------------------------------------------------


def _transcript(c: Conversation, t: Words, limit_bytes: int) -> str:
    """The newest lines; how many are missing is said first."""
    lines = [_line(one, t) for one in c.transcript if one.text.strip()]
    omitted = c.lines_omitted
    said = _joined(lines, omitted, t)
    while len(lines) > 1 and (len(said) > _TRANSCRIPT_CHARACTERS or utf8_length(said) > limit_bytes):
        lines.pop(0)
        omitted += 1
        said = _joined(lines, omitted, t)
    return _cut_bytes(_cut(said, _TRANSCRIPT_CHARACTERS), limit_bytes) if lines else ""


def _joined(lines: list[str], omitted: int, t: Words) -> str:
    return "\n".join([t("lines_omitted", omitted), *lines] if omitted else lines)


def _line(one: Line, t: Words) -> str:
    """Who said what; further lines are set in, so that nobody's words can look like somebody else's."""
    name = _one_line(one.name, _NAME_CHARACTERS)
    said = "\n    ".join(filter(str.strip, one.text.strip().splitlines()))
    return f"{_named(t, 'who', one.who)}{f' ({name})' if name else ''}: {said}"


# --- length ----------------------------------------------------------------------------------------------------------


def _one_line(text: str, limit: int = _VALUE_CHARACTERS) -> str:
    return _cut(" ".join(text.split()), limit)


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else cut_at_word(text, limit - 1) + "…"


def _cut_bytes(text: str, limit: int) -> str:
    """The beginning of a text; "" where not even a few words fit."""
    if utf8_length(text) <= limit:
        return text
    room = limit - utf8_length("…")
    return split_text(text, room, utf8_length)[0] + "…" if room > 0 else ""
