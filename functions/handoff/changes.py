"""One commit in the making: a working copy of the conversation and the documents that must be written with it. Pure.

A step that meets a conflict is made again from fresh documents, so everything that changes a conversation is a function
of a `Changes` and nothing else.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

import msgspec

from functions.handoff import ids
from functions.handoff.conversation import BOT, SENDERS_RETRY_FOR, Conversation, to_record
from functions.handoff.dead_letters import as_resent, dead_letter_id, dead_letter_path, letter_of
from functions.handoff.dead_letters import to_record as to_letter_record
from functions.handoff.entries import Entry, encode, kind_of
from functions.handoff.events import AgentMessage, JsonObject
from functions.handoff.interfaces import CHANNEL, Create, Document, Record, Replace, Write
from functions.handoff.parts import Doubt, Line, Parked, Pending, Presence
from functions.handoff.policy import Policy
from functions.handoff.schedule import LANE_OF, USER_LANE, alarm, needs


def conversation_path(key: str) -> str:
    """Where a conversation is stored."""
    return f"conversations/{key}"


def entry_path(key: str, entry_id: str) -> str:
    """Where an entry of a conversation's mailbox is stored."""
    return f"conversations/{key}/mailbox/{ids.document_id(entry_id)}"


def chat_path(chat_id: str) -> str:
    """Where the conversation of a chat is found."""
    return f"chats/{ids.document_id(chat_id)}"


def session_path(session_id: str) -> str:
    """Where the conversation of a bot session is found."""
    return f"sessions/{ids.document_id(session_id)}"


def is_expired(document: Document, now: datetime) -> bool:
    """Tell whether a document is over, though the store may still hold it."""
    return document.record.expire_at is not None and document.record.expire_at <= now


class _Put(NamedTuple):
    record: Record
    replaces: bool  # whether a document that is there already is written over


class Changes:
    """A conversation being changed.

    Args:
        conversation: a working copy, free to be changed; `record` is its document once `writes` was asked for.
        documents: the documents read with it, as far as they were read: an entry found here is not made again.
    """

    def __init__(
        self, conversation: Conversation, documents: Mapping[str, Document], policy: Policy, now: datetime
    ) -> None:
        self.conversation = conversation
        self.policy = policy
        self.now = now
        self.entries: dict[str, Entry] = {}
        self.kept = False
        self.given_up: list[tuple[str, str]] = []  # (entry id, reason)
        self.record = Record(body={})
        self._documents = documents
        self._puts: dict[str, _Put] = {}

    # --- entries ---

    def add(self, event: Entry, *, lane: str = "", head: bool = False, own: bool = True) -> None:
        """Put an entry into the mailbox, unless one of its id ever was there."""
        c = self.conversation
        path = entry_path(c.key, event.id)
        found = self._documents.get(path)
        if path in self._puts or c.find_pending(event.id) or (found and not is_expired(found, self.now)):
            return
        self._append(event, lane or LANE_OF[kind_of(event)], head=head, own=own, replaces=False)

    def put_back(self, event: Entry, *, head: bool, own: bool) -> None:
        """Let an entry that was given up wait again under its own id, stored and accepted as of now."""
        self._append(event, LANE_OF[kind_of(event)], head=head, own=own, replaces=True)

    def _append(self, event: Entry, lane: str, *, head: bool, own: bool, replaces: bool) -> None:
        c, kind = self.conversation, kind_of(event)
        c.seq += 1
        author = event.agent.id if isinstance(event, AgentMessage) else ""
        entry = Pending(event.id, kind, lane, event.source_at, c.seq, self.now, head, own, author)
        c.pending = (*c.pending, entry)
        self.entries[event.id] = event
        record = Record(body=encode(event), state=kind, expire_at=self.now + SENDERS_RETRY_FOR)
        self._puts[entry_path(c.key, event.id)] = _Put(record, replaces)

    def keep(self) -> None:
        """Leave the entry in hand where it is: this step was not its last."""
        self.kept = True

    def finish(self, entry_id: str) -> None:
        """Take an entry out of the mailbox: it is resolved."""
        c = self.conversation
        c.pending = tuple(p for p in c.pending if p.id != entry_id)
        c.doubt.pop(entry_id, None)
        c.files.pop(entry_id, None)
        c.shown.pop(entry_id, None)

    def drop(self, entry_id: str, reason: str) -> None:
        """Take an entry out that can't be worked at all; what is stored of it is kept as a dead letter."""
        stored = self._documents.get(entry_path(self.conversation.key, entry_id))
        self.write_dead_letter(entry_id, stored.record.body if stored else {}, reason)
        self.finish(entry_id)

    def is_too_old(self, source_at: datetime) -> bool:
        """Tell whether an event is older than done entries are surely remembered: it must not become one again."""
        return source_at <= self.now - SENDERS_RETRY_FOR + timedelta(days=1)

    # --- failure ---

    def park(self, provider: str, retry_at: datetime, *, failed: bool = True) -> None:
        """No call to `provider` before `retry_at`. `failed` counts it as a failure in a row."""
        before = self.conversation.parked.get(provider)
        tries = (before.tries if before else 0) + failed
        self.conversation.parked[provider] = Parked(retry_at, tries)

    def doubt(self, entry_id: str, provider: str, since: datetime) -> None:
        """Note that a call for this entry may have taken effect; an older doubt about the same provider stays."""
        before = self.conversation.doubt.get(entry_id)
        thread_id = before.thread_id if before and before.provider == provider else self.conversation.last_thread_id
        self.conversation.doubt[entry_id] = Doubt(provider, since, thread_id)

    def write_dead_letter(self, entry_id: str, entry: JsonObject, reason: str) -> None:
        """Keep what could not be delivered for an operator to see and send again, as long as a conversation is kept."""
        c = self.conversation
        path = dead_letter_path(dead_letter_id(c.key, entry_id))
        letter = letter_of(c, entry_id, entry, reason=reason, now=self.now)
        retention = timedelta(days=self.policy.retention_days)
        record = to_letter_record(letter, earlier=self._documents.get(path), retention=retention)
        self._puts[path] = _Put(record, replaces=True)

    def mark_resent(self, letter: Document) -> None:
        """Note on a dead letter that its entry waits again, if nobody else was faster."""
        self._puts[letter.path] = _Put(as_resent(letter.record, self.now), replaces=True)

    def store_only(self, event: Entry) -> None:
        """Remember an event as seen without putting it into the mailbox."""
        record = Record(body=encode(event), state=kind_of(event), expire_at=self.now + SENDERS_RETRY_FOR)
        self._puts[entry_path(self.conversation.key, event.id)] = _Put(record, replaces=False)

    # --- small changes ---

    def set_timer(self, name: str, after_s: float) -> None:
        """Let `name` come due in so many seconds; 0 or less means never."""
        if after_s > 0:
            self.conversation.timers[name] = self.now + timedelta(seconds=after_s)

    def clear_timers(self, *names: str) -> None:
        """Let these not come due."""
        for name in names:
            self.conversation.timers.pop(name, None)

    def say(self, who: str, text: str, name: str = "", at: datetime | None = None, entry_id: str = "") -> None:
        """Add to the transcript."""
        self.conversation.say(Line(who, text, at or self.now, name, entry_id))

    def set_presence(self, presence: Presence, **fields: object) -> None:
        """Change how one agent is shown."""
        changed = msgspec.structs.replace(presence, **fields)
        self.conversation.agents = tuple(
            changed if p.agent.id == presence.agent.id else p for p in self.conversation.agents
        )

    # --- writing ---

    def link(self, path: str) -> None:
        """Let `path` (a chat, a session) lead to this conversation, longer than the conversation itself lasts."""
        life = self._link_life()
        record = Record(body={"conversation": self.conversation.key}, expire_at=self.now + life)
        self._puts[path] = _Put(record, replaces=True)

    def renew_links(self) -> None:
        """Write the links anew once half their life is gone."""
        c = self.conversation
        if c.links_until and c.links_until - self.now > self._link_life() / 2:
            return
        self.link(session_path(c.session_id))
        if c.chat_id:
            self.link(chat_path(c.chat_id))
        c.links_until = self.now + self._link_life()

    def _link_life(self) -> timedelta:
        return 2 * max(timedelta(days=self.policy.retention_days), SENDERS_RETRY_FOR)

    @property
    def paths(self) -> list[str]:
        """Everything this commit writes."""
        return [conversation_path(self.conversation.key), *self._puts]

    def writes(self) -> list[Write]:
        """The writes of this commit, conditional on the documents it was made from."""
        c = self.conversation
        self.renew_links()
        self._mind_delay()
        c.due_at = alarm(c, self.now)
        self.record = to_record(c, retention=timedelta(days=self.policy.retention_days))
        puts = {conversation_path(c.key): _Put(self.record, replaces=True), **self._puts}
        return [write for path, put in puts.items() if (write := self._write(path, put))]

    def _mind_delay(self) -> None:
        """While the user's words wait for a provider that is away, the user is to be told; once per delay."""
        c = self.conversation
        waiting = [p for p in c.pending if p.lane == USER_LANE and (p.kind != "open_chat" or c.state != BOT)]
        if not waiting:
            c.delay_told = False
            self.clear_timers("delay_notice")
        delayed = [p.accepted_at for p in waiting if needs(c, p) in c.parked and needs(c, p) != CHANNEL]
        if delayed and c.lease is None and not c.delay_told:
            due_at = min(delayed) + timedelta(seconds=self.policy.delay_notice_s)
            c.timers.setdefault("delay_notice", max(due_at, self.now))

    def _write(self, path: str, put: _Put) -> Write | None:
        found = self._documents.get(path)
        if found is None:
            return Create(path, put.record)
        if put.replaces or is_expired(found, self.now):
            return Replace(path, put.record, found.version)
        return None
