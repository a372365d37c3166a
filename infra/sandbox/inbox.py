"""What an agent sees of a LiveChat chat, read from the stand-in's state: one entry per thing in the thread."""

from typing import Any

import msgspec

JsonObject = dict[str, Any]


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One thing in a chat.

    `role`: "customer", "agent" or "system". `private`: for agents only. `fields`: label and answer, of forms.
    """

    key: str
    at: str
    role: str
    who: str = ""
    text: str = ""
    private: bool = False
    fields: list[tuple[str, str]] = []


def chat_entries(chat: JsonObject) -> list[Entry]:
    """Everything in the chat, oldest first; each thread begins with an entry that says so."""
    users = {user["id"]: user for user in chat["users"]}
    entries: list[Entry] = []
    for thread in chat["threads"]:
        entries.append(Entry(key=f"opened/{thread['id']}", at=thread["created_at"], role="system", text="chat opened"))
        entries += [_entry(event, users.get(event.get("author_id"))) for event in thread["events"]]
    return entries


def customer_name(chat: JsonObject) -> str:
    """How agents see the user."""
    names = (user.get("name") for user in chat["users"] if user["type"] == "customer")
    return next(filter(None, names), "Customer")


def agents_present(chat: JsonObject) -> list[JsonObject]:
    """The agents who are in the chat now."""
    return [user for user in chat["users"] if user["type"] == "agent" and user["present"]]


def _entry(event: JsonObject, author: JsonObject | None) -> Entry:
    fields = [(str(field["label"]), _answer(field)) for field in event.get("fields", ())]
    return Entry(
        key=f"{event['id']}/deleted" if event.get("deleted") else event["id"],
        at=event["created_at"],
        role=author["type"] if author else "system",
        who=str(author.get("name", "Customer")) if author else "",
        text=_text(event),
        private=event["visibility"] != "all",
        fields=fields,
    )


def _answer(field: JsonObject) -> str:
    return str(field["answer"]) if field.get("answer") is not None else ", ".join(map(str, field.get("answers") or ()))


def _text(event: JsonObject) -> str:
    if event.get("deleted"):
        return "(deleted)"
    if event["type"] == "file":
        return f"[file] {event.get('name', '')} {event['url']}"
    if event["type"] == "rich_message":
        return " / ".join(str(element.get("title") or "") for element in event["elements"])
    return str(event.get("text") or "")
