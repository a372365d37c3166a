"""Webhook registrations: which happening goes where, and in what envelope.

Source: Configuration API 3.6, webhooks: register, filters, additional data, envelope.
"""

import secrets
from typing import Any, Literal

import msgspec

from infra.sandbox.clock import Clock
from infra.sandbox.livechat.deliveries import Deliveries
from infra.sandbox.livechat.errors import ApiError
from infra.sandbox.livechat.model import AGENT_APP, Cause, Chat, JsonObject
from infra.sandbox.livechat.options import Options

CHAT_ACTIONS = (
    "incoming_chat",
    "incoming_event",
    "event_updated",
    "event_deleted",
    "user_added_to_chat",
    "user_removed_from_chat",
    "chat_transferred",
    "chat_deactivated",
    "events_marked_as_seen",
    "customer_session_fields_updated",
    "routing_status_set",
)
_OTHER_ACTIONS = (
    "chat_access_updated",
    "incoming_rich_message_postback",
    "chat_properties_updated",
    "chat_properties_deleted",
    "thread_properties_updated",
    "thread_properties_deleted",
    "event_properties_updated",
    "event_properties_deleted",
    "thread_tagged",
    "thread_untagged",
    "thread_summary_set",
)
ACTIONS = CHAT_ACTIONS + _OTHER_ACTIONS
"""Those that can be registered; of `_OTHER_ACTIONS` few ever happen here."""
_OF_CHATS = frozenset({"chat_presence", "only_my_chats", "source_type"})
FILTERS_OF: dict[str, frozenset[str]] = {
    **dict.fromkeys(ACTIONS, _OF_CHATS),
    "incoming_event": _OF_CHATS | {"author_type"},
    "event_updated": _OF_CHATS | {"author_type"},
    "routing_status_set": frozenset({"agent_ids", "source_type"}),
    "customer_session_fields_updated": frozenset({"chat_presence", "source_type"}),
}
"""The filters that can be registered for an action, as register_webhook's table has them."""
_MAX_PER_ACTION = 3
_MAX_URL_LENGTH = 500


class UserIds(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Presence of one of these, or of none of those."""

    values: list[str] = []
    exclude_values: list[str] = []


class Presence(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Filter by who is in the chat."""

    user_ids: UserIds | None = None
    my_bots: bool = False


class Filters(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """When a registered webhook is sent."""

    author_type: Literal["customer", "agent"] | None = None
    only_my_chats: bool = False
    source_type: list[Literal["my_client", "other_clients", "system"]] = []
    chat_presence: Presence | None = None
    agent_ids: list[str] = []


class Registration(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A registered webhook; without `id` the body of `register_webhook`."""

    action: str
    secret_key: str
    url: str
    owner_client_id: str
    type: Literal["license", "bot"]
    description: str = ""
    additional_data: list[Literal["chat_properties", "chat_presence_user_ids"]] = []
    filters: Filters = Filters()


class Webhooks:
    """The licence's registrations and what was sent for them."""

    def __init__(self, options: Options, clock: Clock) -> None:
        self._options = options
        self.enabled = True
        self.registered: dict[str, Registration] = {}
        self.deliveries = Deliveries(options, clock)

    def register(self, wanted: Registration) -> str:
        """Keep a registration; answers its id.

        Raises:
            ApiError: `validation` or, after three of one action, `limit_reached`.
        """
        if wanted.action not in ACTIONS:
            raise ApiError("validation", f"action: unknown webhook action {wanted.action}")
        if not wanted.url.startswith(("http://", "https://")) or len(wanted.url) > _MAX_URL_LENGTH:
            raise ApiError("validation", "url: must be an http(s) URL of at most 500 characters")
        if not wanted.secret_key:
            raise ApiError("validation", "secret_key: must not be empty")
        for name in set(msgspec.to_builtins(wanted.filters)) - FILTERS_OF[wanted.action]:
            raise ApiError("validation", f"filters.{name}: not allowed for {wanted.action}")
        same = [one for one in self.registered.values() if _same_slot(one, wanted)]
        if len(same) >= _MAX_PER_ACTION:
            raise ApiError("limit_reached", f"action: at most {_MAX_PER_ACTION} webhooks per action and client id")
        webhook_id = secrets.token_hex(16)
        self.registered[webhook_id] = wanted
        return webhook_id

    def emit(self, action: str, payload: JsonObject, cause: Cause, chat: Chat | None, author_type: str = "") -> None:
        """Send a happening to every registration that wants it.

        `author_type` is the event's ("customer", "agent", "" = nobody's), for the two actions that carry an event.
        """
        for webhook_id, registration in self.registered.items():
            if not self.enabled or registration.type != "license" or registration.action != action:
                continue
            if not _wanted(registration, cause, chat, author_type):
                continue
            envelope = self._envelope(webhook_id, registration, payload, chat)
            self.deliveries.add(webhook_id, action, chat.id if chat else "", registration.url, envelope)

    def _envelope(
        self, webhook_id: str, registration: Registration, payload: JsonObject, chat: Chat | None
    ) -> JsonObject:
        envelope: JsonObject = {
            "webhook_id": webhook_id,
            "secret_key": registration.secret_key,
            "action": registration.action,
            "organization_id": self._options.organization_id,
            "payload": payload,
            "additional_data": {name: _additional(name, chat) for name in registration.additional_data if chat},
        }
        if registration.action == "chat_transferred" and self._options.bare_transfers:
            del envelope["additional_data"]
        return envelope

    def state(self) -> JsonObject:
        """Registrations (without their secrets) and deliveries."""
        return {
            "enabled": self.enabled,
            "registered": [described(webhook_id, one) for webhook_id, one in self.registered.items()],
            **self.deliveries.state(),
        }


def described(webhook_id: str, registration: Registration) -> JsonObject:
    """A registration as `list_webhooks` shows it."""
    shown = msgspec.to_builtins(registration)
    return {"id": webhook_id, **{name: value for name, value in shown.items() if name != "secret_key"}}


def _same_slot(one: Registration, other: Registration) -> bool:
    return (one.action, one.owner_client_id) == (other.action, other.owner_client_id)


def _wanted(registration: Registration, cause: Cause, chat: Chat | None, author_type: str) -> bool:
    filters = registration.filters
    owner = registration.owner_client_id
    checks = (
        not filters.author_type or filters.author_type == author_type,
        not filters.only_my_chats or (chat is not None and _started_by(chat) == owner),
        not filters.source_type or _source_type(cause, owner) in filters.source_type,
        filters.chat_presence is None or chat is None or _present(filters.chat_presence, chat),
        not filters.agent_ids or cause.user_id in filters.agent_ids,
    )
    return all(checks)


def _source_type(cause: Cause, owner_client_id: str) -> str:
    if cause.client_id is None:
        return "system"
    return "my_client" if cause.client_id == owner_client_id else "other_clients"


def _present(presence: Presence, chat: Chat) -> bool:
    here = {member.id for member in chat.members.values() if member.present}
    if presence.user_ids is None:
        return True
    wanted, unwanted = set(presence.user_ids.values), set(presence.user_ids.exclude_values)
    return (not wanted or bool(wanted & here)) and not unwanted & here


def _started_by(chat: Chat) -> str:
    return str(chat.properties.get("source", {}).get("client_id", AGENT_APP))


def _additional(name: str, chat: Chat) -> Any:
    if name == "chat_properties":
        return chat.properties
    return [member.id for member in chat.members.values() if member.present]
