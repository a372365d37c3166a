"""What agents are told when they get a conversation: why, about what, and what was said. Never shown to the user."""

import json

from functions.handoff.conversation import Conversation, Line
from functions.handoff.events import HandoffSignal
from functions.handoff.interfaces import Note
from functions.handoff.policy import Policy
from functions.handoff.text import cut_at_word
from functions.handoff.texts import find_text

_TRANSCRIPT_CHARACTERS = 8000
_FIELD_CHARACTERS = 1000


def brief(conversation: Conversation, signal: HandoffSignal, policy: Policy) -> Note:
    """The briefing for agents, in the deployment's language; empty fields are left out."""
    c = conversation

    def t(text_id: str) -> str:
        return find_text(text_id, policy.language, policy.texts)

    rows = (
        (t("reason"), t(f"reason_{signal.reason}")),
        (t("topic"), str(signal.metadata.get("department") or signal.metadata.get("topic") or "")),
        (t("language"), c.user.locale),
        *((name, value) for name, value in c.user.context.items()),
        (t("parameters"), _as_text(signal.metadata)),
        (t("earlier_handoffs"), _earlier(c)),
    )
    fields = [(label, cut_at_word(value, _FIELD_CHARACTERS)) for label, value in rows if value]
    fields.append((t("transcript"), _transcript(c, policy)))
    return Note(t("briefing_title"), tuple((label, value) for label, value in fields if value))


def _as_text(metadata: dict[str, object]) -> str:
    return json.dumps(metadata, ensure_ascii=False, default=str) if metadata else ""


def _earlier(c: Conversation) -> str:
    return "; ".join(f"{past.at:%Y-%m-%d %H:%M}Z {past.reason} → {past.outcome}" for past in c.handoffs if past.outcome)


def _transcript(c: Conversation, policy: Policy) -> str:
    lines = [_line(one, policy) for one in c.transcript]
    omitted = c.lines_omitted
    while len(lines) > 1 and sum(len(line) + 1 for line in lines) > _TRANSCRIPT_CHARACTERS:
        lines.pop(0)
        omitted += 1
    marker = find_text("lines_omitted", policy.language, policy.texts, count=omitted)
    return "\n".join([marker, *lines] if omitted else lines)


def _line(one: Line, policy: Policy) -> str:
    who = find_text(f"who_{one.who}", policy.language, policy.texts)
    return f"{who}{f' ({one.name})' if one.name else ''}: {one.text}"
