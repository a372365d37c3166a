"""LiveChat's inbox, as the page shows it: the agents, their chats and the queue, and one chat with all its entries."""

from typing import Any

import msgspec

from infra.sandbox.inbox import chat_entries, customer_name
from infra.sandbox.livechat.licence import Licence
from infra.sandbox.livechat.model import Agent, Chat
from infra.sandbox.livechat.server import LiveChatStandIn
from infra.sandbox.livechat.views import chat_view, thread_view

JsonObject = dict[str, Any]
_ENTRIES_SHOWN = 200
_CHATS_SHOWN = 60
_WORDS_SHOWN = 90
_WORDS = {"filled_form": "Briefing", "file": "File", "rich_message": "Cards", "form": "Form"}
_OF_EVENT = ("type", "name", "url", "content_type", "alternative_text", "elements", "template_id", "postback")


class Desk:
    """Reads the inbox."""

    def __init__(self, livechat: LiveChatStandIn) -> None:
        self._livechat = livechat

    def read(self) -> JsonObject:
        """The agents, the groups, and the chats: those that are open first, then the newest."""
        with self._livechat.lock:
            licence = self._livechat.licence
            newest_first = sorted(licence.chats.values(), key=_last_at, reverse=True)
            chats = sorted(newest_first, key=lambda chat: chat.active_thread is None)
            return {
                "agents": [_agent(licence, agent) for agent in licence.agents.values()],
                "groups": list(licence.options.groups),
                "chats": [_summary(licence, chat) for chat in chats[:_CHATS_SHOWN]],
                "more_chats": max(0, len(chats) - _CHATS_SHOWN),
            }

    def read_chat(self, chat_id: str) -> tuple[JsonObject | None, list[JsonObject]]:
        """A chat, and its newest entries, each with its `number`; None when there is no such chat."""
        with self._livechat.lock:
            chat = self._livechat.licence.chats.get(chat_id)
            if chat is None:
                return None, []
            return self._head(chat), _entries(self._livechat.licence, chat)

    def _head(self, chat: Chat) -> JsonObject:
        licence = self._livechat.licence
        seen = chat.members[chat.customer_id].seen_up_to
        customer = msgspec.to_builtins(licence.customers[chat.customer_id])
        told = {**customer["details"], "session_fields": customer["session_fields"]}
        return {**_summary(licence, chat), "customer_id": chat.customer_id, "details": told, "customer_saw_up_to": seen}


def _agent(licence: Licence, agent: Agent) -> JsonObject:
    profile = agent.profile
    return {
        "id": agent.id,
        "name": profile.name,
        "title": profile.job_title,
        "groups": list(profile.groups),
        "status": agent.status,
        "is_bot": agent.is_bot,
        "chats": licence.load(agent),
    }


def _summary(licence: Licence, chat: Chat) -> JsonObject:
    thread = chat.active_thread
    here = [licence.agents[member.id] for member in chat.present_agents("all")] if thread else []
    last = chat.newest.events[-1] if chat.threads and chat.newest.events else {}
    return {
        "id": chat.id,
        "customer": customer_name({"users": [{"type": "customer", **licence.customers[chat.customer_id].details}]}),
        "active": thread is not None,
        "position": licence.position(thread) if thread and thread.queued_at else None,
        "agents": [{"id": agent.id, "name": agent.profile.name} for agent in here],
        "groups": list(chat.group_ids),
        "at": _last_at(chat),
        "words": str(last.get("text") or _WORDS.get(last.get("type", ""), "")).strip()[:_WORDS_SHOWN],
        "by_customer": last.get("author_id") == chat.customer_id and last.get("visibility") == "all",
        "events": sum(len(one.events) for one in chat.threads),
    }


def _last_at(chat: Chat) -> str:
    if not chat.threads:
        return ""
    events = chat.newest.events
    return str(events[-1]["created_at"]) if events else chat.newest.created_at


def _entries(licence: Licence, chat: Chat) -> list[JsonObject]:
    """As `inbox` tells them, with what is in files and cards beside."""
    threads = [{**thread_view(licence, chat, one), "edits": one.edits} for one in chat.threads]
    seen = {**chat_view(licence, chat, chat.newest), "threads": threads} if threads else {"users": [], "threads": []}
    entries = chat_entries(seen)
    events = {event["id"]: event for thread in chat.threads for event in thread.events}
    first = max(0, len(entries) - _ENTRIES_SHOWN)
    shown = msgspec.to_builtins(entries[first:])
    return [{"number": first + n, **entry, **_beside(events, entry["key"])} for n, entry in enumerate(shown)]


def _beside(events: dict[str, JsonObject], key: str) -> JsonObject:
    """What an entry's event holds besides words; nothing for what is no event."""
    event_id = key.removesuffix("/deleted").partition("/edited/")[0]
    event = events.get(event_id)
    if event is None:
        return {}
    properties = event.get("properties", {})
    return {
        **{name: event[name] for name in _OF_EVENT if name in event},
        "event_id": event_id,
        "words": str(event.get("text") or ""),
        "author": event.get("author_id", ""),
        "questions": event.get("fields", []) if event["type"] == "form" else [],
        "markdown": properties.get("chats", {}).get("formatting") == "commonmark",
        "translation": properties.get("translation", {}).get("target_message", ""),
        "delivered": bool(properties.get("status", {}).get("delivered")),
        "deleted": bool(event.get("deleted")),
        "edited": "/edited/" in key,
    }
