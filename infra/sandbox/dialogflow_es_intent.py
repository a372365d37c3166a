"""What an intent of the Dialogflow ES stand-in's bot is.

Source: Dialogflow v2 discovery document: Intent.
"""

import uuid
from typing import Any

import msgspec

JsonObject = dict[str, Any]


class Parameter(msgspec.Struct, frozen=True):
    """What an intent picks from the text (`pattern`, first group) or an active context. Required with a `prompt`."""

    name: str
    pattern: str
    prompt: str = ""
    from_context: str = ""


class Intent(msgspec.Struct, frozen=True):
    """One intent. `phrases`: regular expressions.

    `texts`: variants, spoken in turn; before them go `texts_by_reason`, and the text of a parameter that was given.
    """

    name: str
    texts: tuple[str, ...] = ()
    phrases: tuple[str, ...] = ()
    events: tuple[str, ...] = ()
    action: str = ""
    texts_by_reason: dict[str, str] = {}
    texts_if_given: dict[str, str] = {}
    more_messages: tuple[JsonObject, ...] = ()
    parameters: tuple[Parameter, ...] = ()
    input_contexts: tuple[str, ...] = ()
    output_contexts: dict[str, int] = {}
    is_fallback: bool = False
    live_agent_handoff: bool = False
    calls_webhook: bool = False

    @property
    def id(self) -> str:
        """The last part of the intent's resource name."""
        return str(uuid.uuid5(uuid.NAMESPACE_URL, f"intent/{self.name}"))
