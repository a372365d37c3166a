"""What an agent sees of a LiveChat chat, read from the stand-in's state: one entry per thing in the thread."""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import msgspec

JsonObject = dict[str, Any]
_CUSTOM_SHOWN = 200  # characters of a custom event's content


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One thing in a chat.

    `role`: "customer", "agent" or "system". `private`: for agents only. `fields`: label and answer, of forms. What was
    changed or deleted has another `key` than before.
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
        edits = thread.get("edits", {})
        entries += [_entry(event, users.get(event.get("author_id")), edits) for event in thread["events"]]
    return entries


def customer_name(chat: JsonObject) -> str:
    """How agents see the user."""
    names = (user.get("name") for user in chat["users"] if user["type"] == "customer")
    return next(filter(None, names), "Customer")


def agents_present(chat: JsonObject) -> list[JsonObject]:
    """The agents who are in the chat now."""
    return [user for user in chat["users"] if user["type"] == "agent" and user["present"]]


def _entry(event: JsonObject, author: JsonObject | None, edits: Mapping[str, int]) -> Entry:
    answered = event.get("fields", ()) if event["type"] == "filled_form" else ()
    key, text = event["id"], _text(event)
    if event.get("deleted"):
        key, text = f"{key}/deleted", "(deleted)"
    elif edits.get(key):
        key, text = f"{key}/edited/{edits[key]}", f"{text} (edited)"
    return Entry(
        key=key,
        at=event["created_at"],
        role=author["type"] if author else "system",
        who=str(author.get("name", "Customer")) if author else "",
        text=text,
        private=event["visibility"] != "all",
        fields=[(str(field["label"]), _answer(field)) for field in answered],
    )


def _answer(field: JsonObject) -> str:
    return str(field["answer"]) if field.get("answer") is not None else ", ".join(map(str, field.get("answers") or ()))


# --- what each kind of event says ------------------------------------------------------------------------------------


def _text(event: JsonObject) -> str:
    write = _TEXT_OF.get(event["type"], _message_lines)
    return "\n".join(filter(None, write(event)))


def _message_lines(event: JsonObject) -> Iterator[str]:
    """Words; under them which button they answer, and what LiveChat's translation makes of them."""
    yield str(event.get("text") or "")
    if event.get("postback"):
        yield f"[answer to button {event['postback']['id']}]"
    translation = event.get("properties", {}).get("translation", {})
    if translation.get("target_message"):
        yield f"[{translation.get('target_lang_code', 'translated')}] {translation['target_message']}"


def _file_lines(event: JsonObject) -> Iterator[str]:
    kind = event.get("content_type", "").partition("/")[0]
    yield f"[{'image' if kind == 'image' else 'file'}] {event.get('name', '')} {event['url']}"
    yield str(event.get("alternative_text") or "")


def _rich_lines(event: JsonObject) -> Iterator[str]:
    """Each element's words and picture, its buttons on one line."""
    for element in event.get("elements", ()):
        image = element.get("image") or {}
        yield " – ".join(filter(None, (element.get("title"), element.get("subtitle"))))
        yield f"[image] {image.get('alternative_text') or image.get('name') or ''} {image['url']}" if image else ""
        yield " ".join(map(_button, element.get("buttons", ())))


def _button(button: JsonObject) -> str:
    leads = button.get("type") in {"url", "webview", "phone"}
    return f"[{button['text']} → {button.get('value', '')}]" if leads else f"[{button['text']}]"


def _form_lines(event: JsonObject) -> Iterator[str]:
    yield "[form]"
    for field in event.get("fields", ()):
        options = " / ".join(str(option.get("label", "")) for option in field.get("options", ()))
        yield f"{field['label']} ({options})" if options else str(field["label"])


def _custom_lines(event: JsonObject) -> Iterator[str]:
    yield f"[custom] {json.dumps(event.get('content', {}))[:_CUSTOM_SHOWN]}"


_TEXT_OF: dict[str, Callable[[JsonObject], Iterator[str]]] = {
    "file": _file_lines,
    "rich_message": _rich_lines,
    "form": _form_lines,
    "custom": _custom_lines,
}
