"""What a fulfilment call of either Dialogflow says, and how a malformed one is refused. Pure."""

import msgspec

from functions.dialogflow.agents import agent_of
from functions.handoff.errors import WebhookRejected
from functions.handoff.events import HandoffSignal, JsonObject
from functions.handoff.json_fields import text_at

_MAX_ID_CHARACTERS = 200


class FulfilmentCall(msgspec.Struct, frozen=True, kw_only=True):
    """One call of the bot: in which session of which agent, for which turn, and whether it asks for a person.

    `response_id` is the same that the caller of detectIntent gets for this turn. `agent` is the agent's resource name
    as `agents.agent_of` gives it, "" where the session's path has none.
    """

    session_id: str
    response_id: str
    agent: str = ""
    signal: HandoffSignal | None = None
    language: str = ""
    is_cx: bool = False


def session_of(holder: JsonObject, field: str) -> tuple[str, str]:
    """The session's id and its agent; `field` is where the path should be in the call.

    Raises:
        WebhookRejected: 400, there is none.
    """
    path = text_at(holder, "session")
    session_id = path.rsplit("/", 1)[-1]  # console calls have other paths before it
    if not session_id:
        raise wrong(field, "the path of a session")
    return session_id, agent_of(path)


def turn_of(call: JsonObject, field: str) -> str:
    """The turn's id.

    Raises:
        WebhookRejected: 400, there is none, or it is too long.
    """
    if not 0 < len(text_at(call, field)) <= _MAX_ID_CHARACTERS:
        raise wrong(field, f"a string of 1 to {_MAX_ID_CHARACTERS} characters")
    return text_at(call, field)


def wrong(field: str, expected: str) -> WebhookRejected:
    """A refusal that names the field."""
    return WebhookRejected(400, "field", f"{field} must be {expected}")
