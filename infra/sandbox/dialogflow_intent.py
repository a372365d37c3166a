"""What an intent of the Dialogflow stand-ins' bot is, in the words of ES; CX makes routes, pages and handlers of it.

Source: Dialogflow v2 discovery document: Intent.
"""

import re
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

    def found_in(self, text: str) -> str:
        """Its value in a text, "" where there is none."""
        found = re.search(self.pattern, text, re.IGNORECASE)
        return found[1].lower() if found else ""


class Intent(msgspec.Struct, frozen=True):
    """One intent. `phrases`: regular expressions.

    `texts`: variants, spoken in turn; before them go `texts_by_reason`, and the text of a parameter that was given.
    `more_messages`: in v2's form. `action` is the tag of a fulfilment in CX, `input_contexts` there are parameters that
    the session must have.
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

    @property
    def has_form(self) -> bool:
        """Whether it asks for what it needs to know."""
        return any(parameter.prompt for parameter in self.parameters)

    def is_meant(self, text: str) -> bool:
        """Whether a text is one of its phrases."""
        return any(re.search(phrase, text, re.IGNORECASE) for phrase in self.phrases)

    def said(self, parameters: JsonObject, count: int) -> str:
        """What it says when it is met for the `count`th time, from 0."""
        by_reason = self.texts_by_reason.get(str(parameters.get("reason", "")))
        if_given = next((text for name, text in self.texts_if_given.items() if parameters.get(name)), "")
        variant = self.texts[count % len(self.texts)] if self.texts else ""
        return (by_reason or if_given or variant).format_map(parameters)
