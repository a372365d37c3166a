"""Everything the page shows, read fresh: phones, the inbox, what the functions keep of a conversation, their log."""

import json
import threading
from collections import deque
from pathlib import Path
from typing import Any

import msgspec

from functions.handoff.conversation import Conversation, from_record
from functions.handoff.errors import StoreUnavailable
from functions.handoff.ids import conversation_key
from functions.storage.sqlite import SqliteStore
from infra.sandbox.business_messages_schema import chip_label
from infra.sandbox.inbox import agents_present, chat_entries, customer_name
from infra.sandbox.sandbox import Sandbox

JsonObject = dict[str, Any]
_LINES_SHOWN = 200
_LOG_LINES_KEPT = 60
_LOG_FIELDS = ("severity", "function", "outcome", "reason", "state_before", "state_after", "calls", "store_trips")


class PageState:
    """Reads a sandbox for its page. One for all requests; `read` may run in several threads."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._log = _LogTail(sandbox.log_path)
        kind, _, path = sandbox.settings["STORE"].partition(":")
        self._store = SqliteStore(path) if kind == "sqlite" else None

    def read(self, conversation: str, chat_id: str) -> JsonObject:
        """Everything, of that conversation ("" or unknown: the newest) and chat ("": the conversation's)."""
        with self._sandbox.messages.lock:
            talks = dict(self._sandbox.messages.phone.conversations)
        chosen = conversation if conversation in talks else next(reversed(talks), "")
        livechat = self._sandbox.livechat.state()
        record = self._record(chosen)
        return {
            "conversations": [{"id": key, "name": _user_name(talk.context)} for key, talk in talks.items()],
            "conversation": chosen,
            "phone": self._phone(chosen) if chosen else None,
            "agents": livechat["agents"],
            "groups": list(self._sandbox.livechat.options.groups),
            "chats": [_chat_summary(chat) for chat in livechat["chats"]],
            "chat": _find_chat(livechat["chats"], chat_id or (record or {}).get("chat_id", "")),
            "record": record,
            "log": self._log.read(),
            "objections": [v.rule for v in (*self._sandbox.messages.violations, *self._sandbox.dialogflow.violations)],
        }

    def _phone(self, conversation: str) -> JsonObject:
        with self._sandbox.messages.lock:
            talk = self._sandbox.messages.phone.get(conversation)
            lines = list(enumerate(talk.transcript))[-_LINES_SHOWN:]
            return {
                "name": _user_name(talk.context),
                "lines": [{"number": number, **line} for number, line in lines],
                "chips": [chip_label(chip) for chip in talk.chips],
            }

    def _record(self, conversation: str) -> JsonObject | None:
        path = f"conversations/{conversation_key('business_messages', conversation)}"
        try:
            document = self._store.get(path).get(path) if self._store else None
        except StoreUnavailable:
            return None
        return _shown_record(from_record(document.record)) if document else None


def _shown_record(kept: Conversation) -> JsonObject:
    return {
        "state": kept.state,
        "chat_id": kept.chat_id,
        "thread_id": kept.thread_id,
        "agents": [presence.agent.name for presence in kept.agents],
        "handoffs": [past.outcome or "under way" for past in kept.handoffs],
        "fallbacks": kept.fallbacks,
        "pending": [entry.kind for entry in kept.pending],
        "parked": list(kept.parked),
        "timers": {name: at.isoformat(timespec="seconds") for name, at in kept.timers.items()},
        "due_at": kept.due_at.isoformat(timespec="seconds") if kept.due_at else "",
    }


def _user_name(context: JsonObject | None) -> str:
    return str((context or {}).get("userInfo", {}).get("displayName") or "User")


def _chat_summary(chat: JsonObject) -> JsonObject:
    thread = chat["threads"][-1] if chat["threads"] else {}
    return {
        "id": chat["id"],
        "customer": customer_name(chat),
        "active": bool(thread.get("active")),
        "position": thread.get("queue", {}).get("position"),
        "agents": [{"id": user["id"], "name": user["name"]} for user in agents_present(chat)],
        "groups": chat["access"]["group_ids"],
    }


def _find_chat(chats: list[JsonObject], chat_id: str) -> JsonObject | None:
    chat = next((chat for chat in chats if chat["id"] == chat_id), None)
    if chat is None:
        return None
    return {**_chat_summary(chat), "entries": msgspec.to_builtins(chat_entries(chat)[-_LINES_SHOWN:])}


class _LogTail:
    """The last lines of the functions' log, without health checks and empty sweeps; reads each line once."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._offset = 0
        self._number = 0
        self._lines: deque[JsonObject] = deque(maxlen=_LOG_LINES_KEPT)

    def read(self) -> list[JsonObject]:
        """The lines, oldest first, numbered."""
        with self._lock:
            with self._path.open("rb") as log:
                log.seek(self._offset)
                whole = log.read().rpartition(b"\n")[0]
            if whole:
                self._offset += len(whole) + 1
                self._take(whole.decode(errors="replace").split("\n"))
            return list(self._lines)

    def _take(self, lines: list[str]) -> None:
        for line in lines:
            shown = _log_line(line)
            if shown.get("reason") == "health" or shown.get("due") == 0:
                continue
            self._number += 1
            self._lines.append({"number": self._number, **shown})


def _log_line(line: str) -> JsonObject:
    try:
        fields = json.loads(line)
    except ValueError:
        fields = None
    if not isinstance(fields, dict):
        return {"raw": line}
    shown = {name: fields[name] for name in (*_LOG_FIELDS, "duration_ms", "due") if name in fields}
    return {**shown, "raw": json.dumps(fields, indent=1)}
