"""Everything the page shows, by section, and what of it is new to one who has seen some of it.

A section is a JSON object that is sent whole when it changed. A list is sent as the items that changed, by `number`.
"""

import json
import uuid
from collections.abc import Iterator
from typing import Any

from functions.handoff.conversation import Conversation, from_record
from functions.handoff.errors import StoreUnavailable
from functions.storage.sqlite import SqliteStore
from infra.sandbox.page_desk import Desk
from infra.sandbox.page_faults import read_faults
from infra.sandbox.page_log import LogTail
from infra.sandbox.page_masks import Masks
from infra.sandbox.page_phone import Phones
from infra.sandbox.page_pulse import Pulse
from infra.sandbox.page_stories import Menu
from infra.sandbox.page_trace import Trace
from infra.sandbox.sandbox import Sandbox
from infra.sandbox.story_actions import read_state
from infra.sandbox.wire import Exchange, Wire

JsonObject = dict[str, Any]
_OBJECTIONS_SHOWN = 20


class PageState:
    """One sandbox, watched. One for all requests and streams; may be used in several threads.

    `boot`: another one after each start, so that a page can tell. `pulse` beats when something may have changed.
    """

    def __init__(self, sandbox: Sandbox) -> None:
        self.boot = uuid.uuid4().hex
        self.pulse = Pulse()
        self.phones = Phones(sandbox.channels[sandbox.channel], sandbox.settings.get("BOT_NAME", "Bot"))
        self.desk = Desk(sandbox.livechat)
        functions = {sandbox.url_of(name): name for name in sandbox.functions}
        self.trace = Trace(lambda url: functions.get(url.rstrip("/"), ""), Masks(_secrets(sandbox)), self.pulse.beat)
        self._sandbox = sandbox
        self._menu = Menu(sandbox)
        for listeners in (sandbox.stories.listeners, sandbox.crashes.listeners):
            listeners.append(self.pulse.beat)
        self._log = LogTail(sandbox.log_path)
        kind, _, path = sandbox.settings["STORE"].partition(":")
        self._store = SqliteStore(path) if kind == "sqlite" else None
        self.listen()

    def listen(self) -> None:
        """Listen to every wire that there is now: LiveChat's webhooks get a new one when it is reset."""
        for wire in self._wires():
            if self._take not in wire.listeners:
                wire.listeners.append(self._take)

    def _wires(self) -> Iterator[Wire]:
        one = self._sandbox
        yield from (one.livechat.wire, one.dialogflow.wire, one.tasks.wire)
        for channel in one.channels.values():
            yield from (channel.wire, channel.phone.sender.wire)
        yield one.livechat.licence.webhooks.deliveries.wire

    def _take(self, exchange: Exchange) -> None:
        self.phones.take(exchange)
        self.trace.take(exchange)

    def read_log(self) -> None:
        """Put what the functions have written by now into the trace."""
        for line in self._log.read():
            self.trace.take_line(line)

    def record(self, conversation: str) -> JsonObject | None:
        """What the functions keep of a conversation; None where there is nothing."""
        path = f"conversations/{self.phones.key(conversation)}"
        try:
            document = self._store.get(path).get(path) if self._store else None
        except StoreUnavailable:
            return None
        return _shown_record(from_record(document.record)) if document else None

    def faults(self) -> JsonObject:
        """What can be broken, and what is, see `page_faults`."""
        return read_faults(self._sandbox)

    def stories(self) -> JsonObject:
        """What can be played, see `story_actions`."""
        return self._menu.read()

    def story(self) -> JsonObject:
        """What is played, or was last, see `story_actions`."""
        return read_state(self._sandbox)

    def objections(self) -> list[str]:
        """What the stand-ins object to in what they were sent, each rule once."""
        standins = (*self._sandbox.channels.values(), self._sandbox.dialogflow)
        told = [violation for standin in standins for violation in standin.violations]
        return list(dict.fromkeys(f"{one.rule} ({one.detail})" for one in told))[:_OBJECTIONS_SHOWN]

    def setting(self) -> JsonObject:
        """What does not change while the sandbox runs."""
        one = self._sandbox
        return {
            "boot": self.boot,
            "bot_name": one.settings.get("BOT_NAME", "Bot"),
            "channel": one.channel,
            "picture_origins": [one.channels[one.channel].base_url, one.livechat.base_url],
        }


class Watch:
    """What one page was told so far, of one conversation and one chat.

    Args:
        conversation: "" or unknown = the newest there is, and from then on that one.
        chat_id: "" = the one that the conversation has at the time.
    """

    def __init__(self, state: PageState, conversation: str, chat_id: str) -> None:
        self._state = state
        self._conversation = conversation
        self._chat_id = chat_id
        self._shown_chat = ""
        self._last_change = -1
        self._sections: dict[str, str] = {}
        self._lists: dict[str, dict[int, str]] = {}

    def changes(self) -> Iterator[tuple[str, JsonObject]]:
        """Sections that changed since the last time, as (name, content)."""
        state = self._state
        state.listen()
        state.read_log()
        if not state.phones.has(self._conversation):
            self._conversation = state.phones.newest()
        yield from self._whole("setting", state.setting())
        yield from self._whole("faults", state.faults())
        yield from self._whole("stories", state.stories())
        yield from self._whole("story", state.story())
        yield from self._whole("phones", {"phones": state.phones.read_all()})
        record = None
        if self._conversation:
            record = state.record(self._conversation)
            yield from self._whole("phone", state.phones.read(self._conversation))
            yield from self._items("lines", state.phones.read_lines(self._conversation))
        yield from self._whole("record", {"record": record, "objections": state.objections()})
        yield from self._whole("desk", state.desk.read())
        yield from self._chat(self._chat_id or (record or {}).get("chat_id", ""))
        yield from self._rows()

    def _chat(self, chat_id: str) -> Iterator[tuple[str, JsonObject]]:
        if chat_id != self._shown_chat:
            self._shown_chat = chat_id
            self._lists.pop("entries", None)
        head, entries = self._state.desk.read_chat(chat_id)
        yield from self._whole("chat", {"chat": head})
        yield from self._items("entries", entries)

    def _rows(self) -> Iterator[tuple[str, JsonObject]]:
        is_first = self._last_change < 0
        newest, rows = self._state.trace.rows_since(self._last_change)
        self._last_change = newest
        if rows or is_first:
            yield "rows", {"reset": is_first, "items": rows}

    def _whole(self, name: str, content: JsonObject) -> Iterator[tuple[str, JsonObject]]:
        told = json.dumps(content)
        if self._sections.get(name) != told:
            self._sections[name] = told
            yield name, content

    def _items(self, name: str, items: list[JsonObject]) -> Iterator[tuple[str, JsonObject]]:
        told, now = self._lists.get(name), {item["number"]: json.dumps(item) for item in items}
        self._lists[name] = now
        new = [item for item in items if told is None or told.get(item["number"]) != now[item["number"]]]
        if new or told is None:
            yield name, {"reset": told is None, "items": new}


def _secrets(sandbox: Sandbox) -> list[str]:
    options = sandbox.livechat.options
    ours = (sandbox.partner_key, *sandbox.rcs.options.agents.values(), sandbox.webhook_secret, sandbox.dialogflow_token)
    return [*ours, options.client_secret, options.refresh_token, options.pat]


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
