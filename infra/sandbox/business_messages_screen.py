"""What only Business Messages puts on a user's screen: who is present, surveys, sign-ins.

What the user did with a survey is noted in its line: the `answers` by question.

Source: Business Messages, UserMessage reference.
"""

from datetime import datetime
from typing import Any

import msgspec

from infra.sandbox.phone_screen import Thread

JsonObject = dict[str, Any]
_SIGN_IN = "authenticationRequest"


class Conversation(Thread, kw_only=True):
    """One user's conversation.

    `used`: ids taken → the content they were taken for. `present`: people joined and not left, by display name.
    """

    context: JsonObject | None = None
    last_user_at: datetime
    used: dict[str, JsonObject] = msgspec.field(default_factory=dict)
    present: dict[str, int] = msgspec.field(default_factory=dict)
    dialogflow_response: JsonObject | None = None
    last_survey_at: datetime | None = None


def was_asked_to_sign_in(talk: Conversation) -> bool:
    """Whether a message ever asked for it; signing in may take longer than its chip is on the screen."""
    return any(_SIGN_IN in line.get("suggestions", ()) for line in talk.transcript)


def find_survey(talk: Conversation, survey_id: str, question: str) -> JsonObject | None:
    """The survey in which that question is still open; the newest such one where no id is given."""
    surveys = (line for line in reversed(talk.transcript) if line["kind"] == "survey")
    return next(
        (one for one in surveys if survey_id in ("", one["id"]) and question not in one.get("answers", ())), None
    )
