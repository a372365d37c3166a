"""The desk as one customer sees it: LiveChat's Customer Chat API, with a token renewed on the way.

Source: LiveChat Customer Chat API 3.6.
"""

from collections.abc import Callable
from datetime import timedelta

from functions.handoff.errors import ChatInactive, ProviderUnavailable
from functions.handoff.events import JsonObject
from functions.handoff.interfaces import ChatSummary, Clock, Customer, Note, OpenedChat
from functions.livechat.api import Deadline, DeskAddress, needed, post
from functions.livechat.errors import AUTHENTICATION, RESUME_CLASHES, START_CLASHES
from functions.livechat.mapping import text_in
from functions.livechat.notes import as_form, as_message, first_valid
from functions.runtime.http_client import HttpClient

_RENEW_BEFORE = timedelta(minutes=2)
_BEGIN_WITHIN_S = 1.0
_MAX_SESSION_FIELDS = 100
_STATUSES = frozenset({"online", "online_for_queue", "offline"})

Renew = Callable[[str, Deadline], Customer]
"""(customer id, deadline) → that customer with a new token."""


class LiveChatCustomer:
    """`interfaces.CustomerDesk` for one customer. `customer` is the identity as of the last call, failed or not."""

    def __init__(
        self, customer: Customer, *, http: HttpClient, address: DeskAddress, clock: Clock, renew: Renew
    ) -> None:
        self.customer = customer
        self._http = http
        self._address = address
        self._clock = clock
        self._renew = renew

    def group_status(self, group_id: int, *, timeout_s: float) -> str:
        """ "online", "online_for_queue", "offline", or "unknown" (LiveChat leaves unknown groups out)."""
        answer = self._call("list_group_statuses", {"group_ids": [group_id]}, Deadline(self._clock, timeout_s))
        status = text_in(needed(answer, "groups_status", dict), str(group_id))
        return status if status in _STATUSES else "unknown"

    def start_chat(self, group_id: int, briefing: Note | None, *, custom_id: str, timeout_s: float) -> OpenedChat:
        """Open the customer's chat, with the briefing in the best form that LiveChat takes, or without it.

        Raises:
            ChatAlreadyActive: the customer has a chat already.
        """
        deadline = Deadline(self._clock, timeout_s)

        def start(events: list[JsonObject]) -> JsonObject:
            return self._call("start_chat", _opening(group_id, events), deadline, START_CLASHES)

        answer = first_valid(_openings(briefing, custom_id), start)
        return OpenedChat(needed(answer, "chat_id", str), needed(answer, "thread_id", str), _event_ids(answer))

    def resume_chat(
        self, chat_id: str, group_id: int, briefing: Note | None, *, custom_id: str, timeout_s: float
    ) -> OpenedChat:
        """Open a new thread; the group is given each time, or LiveChat routes to the one of last time.

        Raises:
            ChatAlreadyActive: it has an active thread already.
        """
        deadline = Deadline(self._clock, timeout_s)

        def resume(events: list[JsonObject]) -> JsonObject:
            body = _opening(group_id, events)
            body["chat"]["id"] = chat_id
            return self._call("resume_chat", body, deadline, RESUME_CLASHES)

        answer = first_valid(_openings(briefing, custom_id), resume)
        return OpenedChat(chat_id, needed(answer, "thread_id", str), _event_ids(answer))

    def find_chat(self, *, timeout_s: float) -> ChatSummary | None:
        """The customer's chat: the active one if LiveChat lists several, else the first listed; None without any."""
        answer = self._call("list_chats", {"limit": 10}, Deadline(self._clock, timeout_s))
        listed = [chat for chat in needed(answer, "chats_summary", list) if isinstance(chat, dict)]
        if not listed:
            return None
        found = next((chat for chat in listed if chat.get("active") is True), listed[0])
        return ChatSummary(
            chat_id=needed(found, "id", str),
            thread_id=text_in(found, "last_thread_id"),
            active=found.get("active") is True,
        )

    def send_message(self, chat_id: str, text: str, *, custom_id: str, timeout_s: float) -> str:
        """Write as the user, in one event of at most `TEXT_LIMIT_BYTES`; answers the event id.

        Begun within a second or not at all, so that LiveChat is done with it when the core looks whether it is there.

        Raises:
            ChatInactive: the chat has no active thread.
        """
        event = {"type": "message", "custom_id": custom_id, "text": text, "recipients": "all"}
        return self._send_event(chat_id, event, Deadline(self._clock, timeout_s, _BEGIN_WITHIN_S))

    def send_note(self, chat_id: str, note: Note, *, custom_id: str, timeout_s: float) -> str:
        """Tell the agents, in the best form that LiveChat takes; answers the event id.

        Raises:
            ChatInactive: the chat has no active thread.
        """
        deadline = Deadline(self._clock, timeout_s)
        attempts = (as_form(note, custom_id), as_message(note, custom_id))
        return first_valid(attempts, lambda event: self._send_event(chat_id, event, deadline))

    def close_chat(self, chat_id: str, *, timeout_s: float) -> None:
        """End the active thread; fine when there is none. Begun within a second or not at all, as `send_message`."""
        try:
            self._call("deactivate_chat", {"id": chat_id}, Deadline(self._clock, timeout_s, _BEGIN_WITHIN_S))
        except ChatInactive:
            return

    def update_details(self, name: str, fields: dict[str, str], *, timeout_s: float) -> None:
        """Show the agents the customer's name and up to 100 session fields; what is empty is left out."""
        shown = [{key: value} for key, value in fields.items() if key and value][:_MAX_SESSION_FIELDS]
        body: JsonObject = {**({"name": name} if name else {}), **({"session_fields": shown} if shown else {})}
        if body:
            self._call("update_customer", body, Deadline(self._clock, timeout_s))

    def _send_event(self, chat_id: str, event: JsonObject, deadline: Deadline) -> str:
        body = {"chat_id": chat_id, "event": event, "attach_to_last_thread": False}
        return needed(self._call("send_event", body, deadline), "event_id", str)

    def _call(
        self, action: str, body: JsonObject, deadline: Deadline, clashes: frozenset[str] = frozenset()
    ) -> JsonObject:
        """Call a method, once more with a new token if LiveChat refuses the one we have."""
        if self.customer.expires_at - self._clock.now() < _RENEW_BEFORE:
            self.customer = self._renew(self.customer.id, deadline)
        try:
            return self._post(action, body, deadline, clashes)
        except ProviderUnavailable as e:
            if e.error_type != AUTHENTICATION:
                raise
        self.customer = self._renew(self.customer.id, deadline)
        return self._post(action, body, deadline, clashes)

    def _post(self, action: str, body: JsonObject, deadline: Deadline, clashes: frozenset[str]) -> JsonObject:
        return post(
            self._http,
            self._address.customer_action(action),
            body,
            token=self.customer.access_token,
            timeout_s=deadline.start_s(),
            params={"organization_id": self._address.organization_id},
            clashes=clashes,
        )


def _openings(briefing: Note | None, custom_id: str) -> list[list[JsonObject]]:
    """Initial events, best first; without a briefing in the end, because a refused one must not stop the hand-off."""
    if briefing is None:
        return [[]]
    return [[as_form(briefing, custom_id)], [as_message(briefing, custom_id)], []]


def _opening(group_id: int, events: list[JsonObject]) -> JsonObject:
    """The body of start_chat and resume_chat; bots of the licence must not take a chat that asks for a person."""
    thread: JsonObject = {"properties": {"routing": {"ignore_bots": True}}}
    if events:
        thread["events"] = events
    return {"active": True, "continuous": True, "chat": {"access": {"group_ids": [group_id]}, "thread": thread}}


def _event_ids(answer: JsonObject) -> tuple[str, ...]:
    listed = answer.get("event_ids")
    return tuple(one for one in listed if isinstance(one, str)) if isinstance(listed, list) else ()
