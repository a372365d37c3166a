"""The desk as one customer sees it: LiveChat's Customer Chat API, with a token renewed on the way.

Source: LiveChat Customer Chat API 3.6.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from functions.handoff.content import AgentButton
from functions.handoff.errors import ChatInactive, FileRefused, ProviderRefused, ProviderUnavailable
from functions.handoff.events import JsonObject
from functions.handoff.interfaces import ChatSummary, Clock, Customer, File, Note, OpenedChat
from functions.livechat.api import Deadline, DeskAddress, needed, post
from functions.livechat.customer_events import DELIVERED, messages, opening, openings, uploaded_file, written_time
from functions.livechat.errors import AUTHENTICATION, RESUME_CLASHES, START_CLASHES, VALIDATION, without_effect
from functions.livechat.mapping import text_in
from functions.livechat.notes import as_form, as_message, first_valid
from functions.runtime.http_client import FilePart, HttpClient

_RENEW_BEFORE = timedelta(minutes=2)
_BEGIN_WITHIN_S = 1.0
_MAX_SESSION_FIELDS = 100
_FILE_REFUSALS = {
    "entity_too_large": "too_large",
    "http_413": "too_large",  # said without a readable type, by whatever stands before LiveChat
    VALIDATION: "not_allowed",
}
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
            return self._call("start_chat", opening(group_id, events), deadline, START_CLASHES)

        answer = first_valid(openings(briefing, custom_id), start)
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
            body = opening(group_id, events)
            body["chat"]["id"] = chat_id
            return self._call("resume_chat", body, deadline, RESUME_CLASHES)

        answer = first_valid(openings(briefing, custom_id), resume)
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

    def send_message(
        self, chat_id: str, text: str, *, custom_id: str, timeout_s: float, button: AgentButton | None = None
    ) -> str:
        """Write as the user, in one event of at most `TEXT_LIMIT_BYTES`; answers the event id.

        As the answer to `button`, or without it if LiveChat calls that invalid: the words are what matters. Each try is
        begun within a second or not at all, so that LiveChat is done with it when the core looks whether it is there.

        Raises:
            ChatInactive: the chat has no active thread.
        """
        deadline = Deadline(self._clock, timeout_s)
        return first_valid(
            messages(text, custom_id, button),
            lambda event: self._send_event(chat_id, event, Deadline(self._clock, deadline.left_s(), _BEGIN_WITHIN_S)),
        )

    def upload_file(self, file: File, *, timeout_s: float) -> str:
        """Bring a file to LiveChat; answers its address there, which is over after a day unless it is sent.

        Nobody sees it before that: one that may or may not have arrived is simply brought again.

        Raises:
            FileRefused: "too_large", or "not_allowed" (executables, and whatever else LiveChat calls invalid).
        """
        part = FilePart(file.name, file.content, file.mime_type)
        try:
            with without_effect():
                return needed(self._call("upload_file", part, Deadline(self._clock, timeout_s)), "url", str)
        except ProviderRefused as e:
            if e.error_type not in _FILE_REFUSALS:
                raise
            raise FileRefused(_FILE_REFUSALS[e.error_type]) from e

    def send_file(self, chat_id: str, url: str, *, custom_id: str, timeout_s: float) -> str:
        """Send an uploaded file as the user; answers the event id. Begun within a second or not at all.

        Raises:
            ChatInactive: the chat has no active thread.
            ProviderRefused: "validation" is also what the address gets when its day is over.
        """
        deadline = Deadline(self._clock, timeout_s, _BEGIN_WITHIN_S)
        return self._send_event(chat_id, uploaded_file(url, custom_id), deadline)

    def send_note(self, chat_id: str, note: Note, *, custom_id: str, timeout_s: float, to_closed: bool = False) -> str:
        """Tell the agents, in the best form that LiveChat takes; answers the event id.

        `to_closed`: where no thread is active, into the last one, without opening it again.

        Raises:
            ChatInactive: the chat has no active thread.
        """
        deadline = Deadline(self._clock, timeout_s)
        return first_valid(
            (as_form(note, custom_id), as_message(note, custom_id)),
            lambda event: self._send_event(chat_id, event, deadline, to_closed=to_closed),
        )

    def mark_seen(self, chat_id: str, seen_up_to: datetime, *, timeout_s: float) -> None:
        """Show the agents that the user has read everything up to that moment."""
        body = {"chat_id": chat_id, "seen_up_to": written_time(seen_up_to)}
        self._call("mark_events_as_seen", body, Deadline(self._clock, timeout_s))

    def mark_delivered(self, chat_id: str, thread_id: str, event_id: str, *, timeout_s: float) -> None:
        """Show the agents that the user's phone has this event."""
        body = {"chat_id": chat_id, "thread_id": thread_id, "event_id": event_id, "properties": DELIVERED}
        self._call("update_event_properties", body, Deadline(self._clock, timeout_s))

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

    def _send_event(self, chat_id: str, event: JsonObject, deadline: Deadline, *, to_closed: bool = False) -> str:
        body = {"chat_id": chat_id, "event": event, "attach_to_last_thread": to_closed}
        return needed(self._call("send_event", body, deadline), "event_id", str)

    def _call(
        self, action: str, body: JsonObject | FilePart, deadline: Deadline, clashes: frozenset[str] = frozenset()
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

    def _post(
        self, action: str, body: JsonObject | FilePart, deadline: Deadline, clashes: frozenset[str]
    ) -> JsonObject:
        return post(
            self._http,
            self._address.customer_action(action),
            body,
            token=self.customer.access_token,
            timeout_s=deadline.start_s(),
            params={"organization_id": self._address.organization_id},
            clashes=clashes,
        )


def _event_ids(answer: JsonObject) -> tuple[str, ...]:
    listed = answer.get("event_ids")
    return tuple(one for one in listed if isinstance(one, str)) if isinstance(listed, list) else ()
