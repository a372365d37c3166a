"""The bodies that LiveChat's APIs (v3.6) accept: required fields and types, unknown fields refused.

Source: Customer Chat API and Agent Chat API 3.6, methods and data structures.
"""

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

MAX_TEXT_BYTES = 16 * 1024
Audience = Literal["all", "agents"]
SortOrder = Literal["asc", "desc"]
Properties = dict[str, dict[str, Any]]
NotEmpty = Annotated[str, Meta(min_length=1)]


class _Body(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    pass


# --- events ----------------------------------------------------------------------------------------------------------


class _SentEvent(_Body, frozen=True, kw_only=True, tag_field="type"):
    custom_id: str | None = None
    properties: Properties = {}
    recipients: Audience | None = None  # Customer API's word
    visibility: Audience | None = None  # Agent API's word


class Postback(_Body, frozen=True, kw_only=True):
    """`type` and `value`: both or neither."""

    id: NotEmpty
    thread_id: NotEmpty
    event_id: NotEmpty
    type: NotEmpty | None = None
    value: NotEmpty | None = None

    def __post_init__(self) -> None:
        if (self.type is None) != (self.value is None):
            raise ValueError("event.postback.type and event.postback.value: each requires the other")


class SentMessage(_SentEvent, frozen=True, kw_only=True, tag="message"):
    text: NotEmpty
    postback: Postback | None = None


class SentFile(_SentEvent, frozen=True, kw_only=True, tag="file"):
    url: NotEmpty
    alternative_text: str | None = None


class FilledField(_Body, frozen=True, kw_only=True):
    type: Literal["checkbox", "email", "name", "question", "subject", "textarea", "group_chooser", "radio", "select"]
    id: str
    label: str
    answer: Any = None
    answers: list[Any] | None = None


class SentFilledForm(_SentEvent, frozen=True, kw_only=True, tag="filled_form"):
    form_id: str
    fields: list[FilledField]
    form_type: str | None = None


class Button(_Body, frozen=True, kw_only=True):
    text: str
    postback_id: str
    user_ids: list[str]
    type: Literal["message", "url", "phone", "webview", "cancel"] | None = None
    value: str | None = None
    webview_height: Literal["compact", "tall", "full"] | None = None
    target: str | None = None
    role: str | None = None


class Element(_Body, frozen=True, kw_only=True):
    title: str | None = None
    subtitle: str | None = None
    image: dict[str, Any] | None = None
    buttons: Annotated[list[Button], Meta(max_length=13)] = []


class SentRichMessage(_SentEvent, frozen=True, kw_only=True, tag="rich_message"):
    template_id: Literal["cards", "quick_replies", "sticker", "ecommerce"]
    elements: Annotated[list[Element], Meta(min_length=1, max_length=10)]


class SentCustom(_SentEvent, frozen=True, kw_only=True, tag="custom"):
    content: dict[str, Any]


class SentSystemMessage(_SentEvent, frozen=True, kw_only=True, tag="system_message"):
    system_message_type: NotEmpty
    text: str | None = None
    text_vars: dict[str, str] | None = None


SentEvent = SentMessage | SentFile | SentFilledForm | SentRichMessage | SentCustom | SentSystemMessage


# --- chats -----------------------------------------------------------------------------------------------------------


class Access(_Body, frozen=True, kw_only=True):
    group_ids: Annotated[list[int], Meta(min_length=1)]


class NewThread(_Body, frozen=True, kw_only=True):
    events: list[SentEvent] = []
    properties: Properties = {}


class ChatUser(_Body, frozen=True, kw_only=True):
    id: str
    type: Literal["agent", "customer"]


class NewChat(_Body, frozen=True, kw_only=True):
    properties: Properties = {}
    access: Access | None = None
    thread: NewThread = NewThread()
    users: Annotated[list[ChatUser], Meta(max_length=5)] = []  # Agent API only


class ResumedChat(NewChat, frozen=True, kw_only=True):
    id: NotEmpty


class StartChat(_Body, frozen=True, kw_only=True):
    chat: NewChat = NewChat()
    active: bool = True
    continuous: bool = False


class ResumeChat(_Body, frozen=True, kw_only=True):
    chat: ResumedChat
    active: bool = True
    continuous: bool | None = None


class SendEvent(_Body, frozen=True, kw_only=True):
    chat_id: NotEmpty
    event: SentEvent
    attach_to_last_thread: bool = False


class GetChat(_Body, frozen=True, kw_only=True):
    chat_id: NotEmpty
    thread_id: NotEmpty | None = None


class ListThreads(_Body, frozen=True, kw_only=True):
    chat_id: NotEmpty
    sort_order: SortOrder | None = None
    limit: Annotated[int, Meta(ge=1, le=100)] | None = None
    min_events_count: Annotated[int, Meta(ge=1, le=100)] | None = None
    page_id: str | None = None


class MarkAsSeen(_Body, frozen=True, kw_only=True):
    chat_id: NotEmpty
    seen_up_to: Annotated[str, Meta(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$")]

    def __post_init__(self) -> None:
        try:
            datetime.fromisoformat(self.seen_up_to)
        except ValueError as e:
            raise ValueError("seen_up_to: no such time") from e


class UpdateEventProperties(_Body, frozen=True, kw_only=True):
    chat_id: NotEmpty
    thread_id: NotEmpty
    event_id: NotEmpty
    properties: Annotated[Properties, Meta(min_length=1)]
