"""The bodies that only the Agent API accepts, or accepts more of: forms, and whoever sends them.

Source: Agent Chat API 3.6, send_event, data structures.
"""

from typing import Any, Literal

import msgspec

from infra.sandbox.livechat.shapes import Audience, NotEmpty, Properties, SentEvent


class _Body(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    pass


class FormField(_Body, frozen=True, kw_only=True):
    """A question. `required` and `options` (what can be chosen): as in LiveChat's sample payloads."""

    type: Literal["checkbox", "email", "name", "question", "subject", "textarea", "group_chooser", "radio", "select"]
    id: str
    label: str
    required: bool | None = None
    options: list[dict[str, Any]] = []


class SentForm(_Body, frozen=True, kw_only=True, tag_field="type", tag="form"):
    """An empty form for the customer to fill in. `recipients`: no word of the Agent API's."""

    form_id: str
    fields: list[FormField]
    custom_id: str | None = None
    properties: Properties = {}
    visibility: Audience | None = None
    recipients: Audience | None = None


AgentEvent = SentEvent | SentForm


class SendAgentEvent(_Body, frozen=True, kw_only=True):
    """Body of `send_event`."""

    chat_id: NotEmpty
    event: AgentEvent
    attach_to_last_thread: bool = False
