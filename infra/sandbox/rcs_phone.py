"""The user's phone with RCS: it writes, taps, sends files, (un)subscribes, reads, is off; what arrives it shows.

Whatever the user does leaves as the webhook Google documents for it. What can't be done, since nothing on the screen
asks for it, is refused.

Source: RCS for Business, "Receive messages", "Receive events", UserMessage, UserEvent, SuggestionResponse.
"""

import threading
from collections.abc import Callable
from typing import Any

from infra.sandbox.clock import Clock
from infra.sandbox.controls import as_bytes
from infra.sandbox.deeds import Deeds, noted
from infra.sandbox.google_api import ApiError, rfc3339
from infra.sandbox.phone_screen import chip_label, find_chip, kind_of, postback_of, unread
from infra.sandbox.rcs_conversation import Conversation
from infra.sandbox.rcs_files import UserFiles, somewhere
from infra.sandbox.rcs_handsets import Handsets
from infra.sandbox.rcs_outbox import Outbox, RcsOptions
from infra.sandbox.rcs_words import keyword

__all__ = ["Conversation", "Phone", "RcsOptions"]

JsonObject = dict[str, Any]


class Phone:
    """The phones of all users; each conversation is one user with one agent, named as `Handsets` says.

    Methods that send answer the (last) webhook's data; the delivery goes on beside them (`settle` waits for it).
    `deeds`: what the users did, but for single receipts.

    Raises:
        ApiError: NOT_FOUND for a conversation nobody opened, or a chip that is not there.
    """

    def __init__(self, options: Callable[[], RcsOptions], clock: Clock, lock: threading.RLock) -> None:
        self._options = options
        self._clock = clock
        self._lock = lock
        self._outbox = Outbox(options, clock)
        self.handsets = Handsets(
            lambda: options().first_agent, clock, lock, delivered=self._tell_delivered, expired=self._tell_expired
        )
        self.conversations, self.get = self.handsets.conversations, self.handsets.get
        self.sender = self._outbox.sender
        self.files = UserFiles(clock)
        self.deeds = Deeds(clock)

    def open(self, *, phone_number: str = "", agent: str = "") -> str:
        """Have a phone with that number (by default a new one) and open its conversation; answers the name of that."""
        moment = self.deeds.begin()
        talk = self.handsets.open(phone_number, agent)
        self.deeds.note(moment, "open", talk.id, {"phone_number": talk.number, "agent": talk.agent})
        return talk.id

    # --- messages ----------------------------------------------------------------------------------------------------

    @noted
    def say(self, conversation: str, text: str) -> JsonObject:
        """Write a message."""
        return self._message(conversation, "message", {"text": text}, {"text": text})

    @noted
    def send_file(
        self,
        conversation: str,
        url: str = "",
        *,
        content: bytes | str = b"",
        mime_type: str = "image/jpeg",
        file_name: str = "",
    ) -> JsonObject:
        """Send a file. `content` (a text: in base64) can be fetched; with neither, its address leads nowhere."""
        data = as_bytes(content)
        if data:
            url = self.files.upload(data, mime_type)
        url = url or f"https://rcs-user-content-us.storage.googleapis.com{somewhere()}"
        name = file_name or f"file.{mime_type.partition('/')[2]}"
        payload = {"mimeType": mime_type, "fileSizeBytes": len(data), "fileUri": url, "fileName": name}
        shown = {"image": url} if mime_type.startswith("image/") else {"file": url, "name": name}
        return self._message(conversation, "message", {"userFile": {"payload": payload}}, shown)

    send_image = send_file

    @noted
    def send_location(self, conversation: str, latitude: float, longitude: float) -> JsonObject:
        """Send where one is."""
        where = {"latitude": latitude, "longitude": longitude}
        shown = {"kind": "location", "text": f"{latitude},{longitude}"}
        return self._message(conversation, "message", {"location": where}, shown)

    @noted
    def send_unknown(self, conversation: str, content: JsonObject) -> JsonObject:
        """Send what no reference knows."""
        return self._message(conversation, "unknown", content, {"kind": "unknown"})

    @noted
    def tap(self, conversation: str, label: str, *, postback: str = "") -> JsonObject:
        """Tap the chip with that label under the newest message or on any card.

        `postback`: of several with that label the one that carries this.
        """
        return self._tap(conversation, label, postback)

    @noted
    def request_live_agent(self, conversation: str) -> JsonObject:
        """Ask for a person, by the chip that does; nothing else on such a phone would."""
        return self._tap(conversation, "", self._options().person_postback)

    def _tap(self, conversation: str, label: str, postback: str) -> JsonObject:
        """A reply leaves as a message, an action as an event."""
        with self._lock:
            talk = self.get(conversation)
            _, chip = find_chip(talk, label, postback) or ("", {})
        if not chip:
            raise ApiError("NOT_FOUND", f"No chip {label or postback!r} to tap under the newest message or on a card.")
        label, kind = chip_label(chip), kind_of(chip)
        answer = {"suggestionResponse": {"postbackData": postback_of(chip), "text": label, "type": kind.upper()}}
        shown = {"kind": "tap", "text": label}
        if kind == "reply":
            return self._message(conversation, "suggestionResponse", answer, shown)
        self._show(talk, shown)
        return self._event(talk, "suggestionResponse", answer)

    # --- events ------------------------------------------------------------------------------------------------------

    @noted
    def typing(self, conversation: str, *, on: bool = True) -> JsonObject:
        """Begin typing; that one ceases is not told."""
        return self._event(self.get(conversation), "typing", {"eventType": "IS_TYPING"}) if on else {}

    def receipt(self, conversation: str, message_ids: list[str], receipt_type: str = "READ") -> JsonObject:
        """Tell that messages were DELIVERED or READ, whether they are on the screen or not: a webhook each."""
        talk = self.get(conversation)
        sent = [self._event(talk, "receipt", {"eventType": receipt_type, "messageId": one}) for one in message_ids]
        return sent[-1] if sent else {}

    @noted
    def read(self, conversation: str, *, with_delivered: bool = False) -> JsonObject:
        """Read all that is on the screen: READ for each message that was not read yet; {} where there is none.

        `with_delivered`: DELIVERED for each of them, too, before that.
        """
        with self._lock:
            lines = unread(self.get(conversation))
            for line in lines:
                line["read"] = True
        ids = [line["id"] for line in lines]
        if with_delivered:
            self.receipt(conversation, ids, "DELIVERED")
        return self.receipt(conversation, ids)

    @noted
    def subscribe(
        self, conversation: str, *, order: str = "event_first", gap_s: float = 0.0, word: str = ""
    ) -> JsonObject:
        """Come back: an event and, before or after it, the country's word (or that one) as a text.

        With no gap between them they can still overtake each other on their way.
        """
        return self._switch(self.get(conversation), order, gap_s, word, wanted=True)

    @noted
    def unsubscribe(
        self, conversation: str, *, order: str = "event_first", gap_s: float = 0.0, word: str = ""
    ) -> JsonObject:
        """Want no more messages; an event and a word, as when one comes back."""
        return self._switch(self.get(conversation), order, gap_s, word, wanted=False)

    def _switch(self, talk: Conversation, order: str, gap_s: float, word: str, *, wanted: bool) -> JsonObject:
        word = word or keyword(talk.number, wanted=wanted)
        self._show(talk, {"kind": "subscription", "wanted": wanted, "text": word})
        told = self._outbox.switch(talk.agent, talk.number, word, order=order, gap_s=gap_s, wanted=wanted)
        with self._lock:
            talk.unsubscription = None if wanted else told
        return told.body

    # --- the phone itself --------------------------------------------------------------------------------------------

    @noted
    def change(
        self,
        conversation: str,
        *,
        online: bool | None = None,
        words_only: bool | None = None,
        reachable: bool | None = None,
    ) -> JsonObject:
        """Switch that user's phone off or on, or have another one. None = as before."""
        self.handsets.change(
            self.get(conversation).number, {"online": online, "words_only": words_only, "reachable": reachable}
        )
        return {}

    def settle(self, timeout_s: float = 5.0) -> bool:
        """Wait until nothing expires and no webhook is on its way; False when that took longer."""
        return self.handsets.settle(timeout_s) and self.sender.settle(timeout_s)

    def clear(self) -> None:
        """Forget all phones."""
        self.handsets.clear()
        self.sender.clear()

    def stop(self) -> None:
        """Send nothing more."""
        self.handsets.stop()
        self.sender.stop()

    # --- the platform ------------------------------------------------------------------------------------------------

    def server_event(
        self, conversation: str, message_id: str, event_type: str = "TTL_EXPIRATION_REVOKED"
    ) -> JsonObject:
        """Have Google tell what became of a message."""
        talk = self.get(conversation)
        data = self._outbox.server_event(talk.agent, talk.number, message_id, event_type)
        return self._post("serverEvent", data)

    def launch_notice(self, *, agent: str = "", state: str = "LAUNCHED") -> JsonObject:
        """Have Google tell that an agent's launch changed."""
        return self._post("launch", self._outbox.launch_notice(agent or self._options().first_agent, state))

    def handshake(self, *, client_token: str = "", agent: str = "") -> bool:
        """Save an agent's webhook URL, as the console does; True when the webhook answered with the bare secret."""
        options = self._options()
        return self._outbox.handshake(client_token or options.agents[agent or options.first_agent])

    def _tell_delivered(self, talk: Conversation, message_id: str) -> None:
        if self._options().auto_receipts:
            self.receipt(talk.id, [message_id], "DELIVERED")

    def _tell_expired(self, talk: Conversation, message_id: str) -> None:
        self.server_event(talk.id, message_id)

    # --- sending -----------------------------------------------------------------------------------------------------

    def _message(self, conversation: str, kind: str, content: JsonObject, shown: JsonObject) -> JsonObject:
        talk = self.get(conversation)
        data = self._outbox.message(talk.agent, talk.number, content)
        self._show(talk, {"kind": "message", "id": data[self._options().id_field], **shown})
        with self._lock:
            talk.unsubscription = None  # who writes again may count as subscribed
        return self._post(kind, data)

    def _event(self, talk: Conversation, kind: str, content: JsonObject) -> JsonObject:
        return self._post(kind, self._outbox.event(talk.agent, talk.number, content))

    def _post(self, kind: str, data: JsonObject) -> JsonObject:
        self.sender.post(kind, data)
        return data

    def _show(self, talk: Conversation, line: JsonObject) -> None:
        with self._lock:
            talk.put({"at": rfc3339(self._clock.now()), "from": "user", **line})
