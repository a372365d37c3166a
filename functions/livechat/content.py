"""What an agent's event shows: words, files, cards and buttons as the core knows them. Pure.

Whether the event is for the user is not decided here, see `mapping`. Wrong types count as absent.

Source: LiveChat Agent Chat API 3.6, data structures; rich messages; default properties.
"""

import re
from collections.abc import Callable
from typing import Any, NamedTuple

import msgspec

from functions.handoff.content import COMMONMARK, AgentButton, Card, Media, OutboundMessage, Suggestion
from functions.handoff.events import JsonObject
from functions.handoff.json_fields import clean_text, object_at, objects_at, text_at
from functions.handoff.postbacks import as_postback

_MAX_TEXT_CHARACTERS = 64_000  # LiveChat itself takes 16 KB
_MAX_LABEL_CHARACTERS = 200
_MAX_ALT_TEXT_CHARACTERS = 1000
_MAX_URL_CHARACTERS = 4000
_MAX_SIZE_BYTES = 2**53  # beyond it JSON's numbers are not exact
_MAX_SHOWN_BYTES = 200_000  # of cards and buttons, as they are kept; a store takes a megabyte for all of an event
_MAX_ELEMENTS, _MAX_BUTTONS = 10, 13  # LiveChat's own limits: of a rich message, and of an element

_WEB_URL = re.compile(r"(?i:https?)://[^\s<>\"]+")
_BARE_URL = re.compile(r"(?:[A-Za-z0-9-]+\.)+[A-Za-z0-9-]+(?::[0-9]+)?(?:[/?][^\s<>\"]*)?")
_PHONE = re.compile(r"[+0-9][0-9 ()./\-]{2,30}")
_MIME_TYPE = re.compile(r"[a-z0-9.+-]+/[a-z0-9.+-]+")


class Content(NamedTuple):
    """All of an event in words, and how it is to be shown where that is more than the words as they were typed."""

    text: str
    messages: tuple[OutboundMessage, ...] = ()


class Place(NamedTuple):
    """Where an event stands; its buttons are answered there."""

    thread_id: str
    event_id: str


def read_content(event: JsonObject, place: Place) -> Content | None:
    """What the event shows; None for a kind that can't be shown, and where there is nothing in it to show."""
    read = _READERS.get(text_at(event, "type"))
    found = read(event, place) if read else None
    if found is None or not found.text.strip():
        return None
    return found._replace(text=found.text[:_MAX_TEXT_CHARACTERS])


def formatting_of(event: JsonObject) -> str:
    """`COMMONMARK` where the agent's text is Markdown, else "": as typed."""
    is_markdown = text_at(object_at(object_at(event, "properties"), "chats"), "formatting") == COMMONMARK
    return COMMONMARK if is_markdown else ""


def message_words(event: JsonObject) -> str:
    """What was typed, or its translation for the user, which LiveChat keeps beside it."""
    translation = object_at(object_at(event, "properties"), "translation")
    translated = _text(translation, "target_message")
    return (translated if translated.strip() else _text(event, "text"))[:_MAX_TEXT_CHARACTERS]


def _text(holder: Any, name: str) -> str:
    return clean_text(text_at(holder, name))


# --- kinds -----------------------------------------------------------------------------------------------------------


def _read_message(event: JsonObject, _place: Place) -> Content | None:
    words = message_words(event)
    if formatting_of(event) != COMMONMARK:
        return Content(words)
    return Content(words, (OutboundMessage(text=words, formatting=COMMONMARK),))


def _read_file(event: JsonObject, _place: Place) -> Content | None:
    media = _media(event)
    if media is None:
        return None
    return Content(_lines(media.name, media.url), (OutboundMessage(media=media),))


def _read_rich_message(event: JsonObject, place: Place) -> Content | None:
    """Cards or single messages; in words alone where there is more in it than LiveChat sends, or than can be kept."""
    elements = objects_at(event, "elements")
    words = "\n\n".join(filter(None, map(_element_words, elements)))
    if len(elements) > _MAX_ELEMENTS or any(len(objects_at(one, "buttons")) > _MAX_BUTTONS for one in elements):
        return Content(words)
    show = _TEMPLATES.get(text_at(event, "template_id"), _as_cards)
    messages = show([_element(one, place) for one in elements])
    is_small = len(msgspec.json.encode(messages)) <= _MAX_SHOWN_BYTES
    return Content(words, messages if is_small else ())


def _read_form(event: JsonObject, _place: Place) -> Content | None:
    """What the form asks, so that the user can answer in words."""
    return Content(_lines(*map(_question, objects_at(event, "fields"))))


def _question(field: JsonObject) -> str:
    label = _text(field, "label").strip()
    answers = " / ".join(filter(None, (_text(option, "label").strip() for option in objects_at(field, "options"))))
    return f"{label} ({answers})" if label and answers else label or answers


_READERS: dict[str, Callable[[JsonObject, Place], Content | None]] = {
    "message": _read_message,
    "file": _read_file,
    "rich_message": _read_rich_message,
    "form": _read_form,
}

# --- rich messages ---------------------------------------------------------------------------------------------------


def _element(element: JsonObject, place: Place) -> Card:
    """An element, whatever its template. One that is nothing but buttons is given their labels for words."""
    buttons = (_suggestion(button, place) for button in objects_at(element, "buttons"))
    suggestions = tuple(button for button in buttons if button)
    card = Card(
        title=_text(element, "title").strip(),
        description=_text(element, "subtitle").strip(),
        media=_media(object_at(element, "image")),
        suggestions=suggestions,
    )
    if card.title or card.description or card.media:
        return card
    return msgspec.structs.replace(card, title=" / ".join(one.text for one in suggestions))


def _as_cards(elements: list[Card]) -> tuple[OutboundMessage, ...]:
    cards = tuple(card for card in elements if card != Card())
    return (OutboundMessage(cards=cards),) if cards else ()


def _as_messages(elements: list[Card]) -> tuple[OutboundMessage, ...]:
    """One message for each element: picture, words, and the chips under them."""
    return tuple(
        OutboundMessage(text=_lines(card.title, card.description), media=card.media, suggestions=card.suggestions)
        for card in elements
        if card != Card()
    )


_TEMPLATES: dict[str, Callable[[list[Card]], tuple[OutboundMessage, ...]]] = {
    "quick_replies": _as_messages,
    "sticker": _as_messages,
}
"""How each template is shown; "cards", "ecommerce" (only what cards have of it) and unknown ones as cards."""


def _element_words(element: JsonObject) -> str:
    buttons = [_button_words(button) for button in objects_at(element, "buttons")]
    words = _lines(_text(element, "title"), _text(element, "subtitle"), *buttons)
    return words or _web_url(_text(object_at(element, "image"), "url"))  # a sticker is nothing but its picture


def _button_words(button: JsonObject) -> str:
    label, target = _text(button, "text").strip(), _target(button)
    return f"{label}: {target}" if label and target and label != target else label or target


# --- buttons ---------------------------------------------------------------------------------------------------------


def _suggestion(button: JsonObject, place: Place) -> Suggestion | None:
    """The button as a chip: one that leads nowhere useful is an answer; None where there is nothing to write on it."""
    target = _target(button)
    label = (_text(button, "text").strip() or target)[:_MAX_LABEL_CHARACTERS]
    if not label:
        return None
    if not target:
        return Suggestion("reply", label, postback=_postback(button, place))
    if _text(button, "type") == "phone":
        return Suggestion("dial", label, phone=target)
    return Suggestion("open_url", label, url=target)


def _postback(button: JsonObject, place: Place) -> str:
    """ "" where LiveChat could not tell which button it was: the label is heard then."""
    button_id = _text(button, "postback_id")
    if not (button_id and place.thread_id and place.event_id):
        return ""
    return as_postback(AgentButton(*place, button_id, kind=_text(button, "type"), value=_text(button, "value")))


def _target(button: JsonObject) -> str:
    """Where a button leads, if that is of use outside LiveChat's own window."""
    kind, value = _text(button, "type"), _text(button, "value").strip()
    if kind in {"url", "webview"}:
        return _web_url(value)
    return value if kind == "phone" and _PHONE.fullmatch(value) else ""


# --- values ----------------------------------------------------------------------------------------------------------


def _media(holder: JsonObject) -> Media | None:
    """A file event, or the image of an element; None without an address that a phone can open."""
    url = _web_url(_text(holder, "url").strip())
    if not url:
        return None
    mime_type = _text(holder, "content_type").partition(";")[0].strip().lower()
    return Media(
        url=url,
        name=_text(holder, "name").strip()[:_MAX_LABEL_CHARACTERS],
        mime_type=mime_type if _MIME_TYPE.fullmatch(mime_type) else "",
        size_bytes=_size(holder.get("size")),
        alt_text=_text(holder, "alternative_text").strip()[:_MAX_ALT_TEXT_CHARACTERS],
    )


def _size(value: object) -> int:
    """Bytes; 0 = not known. LiveChat says it of images only."""
    if not isinstance(value, int) or isinstance(value, bool):
        return 0
    return value if 0 < value <= _MAX_SIZE_BYTES else 0


def _web_url(value: str) -> str:
    """The address with its scheme, as LiveChat leaves it out at times; "" when it is not one of the web."""
    if len(value) > _MAX_URL_CHARACTERS:
        return ""
    bare = value.removeprefix("//")
    if _BARE_URL.fullmatch(bare):
        return f"https://{bare}"
    return value if _WEB_URL.fullmatch(value) else ""


def _lines(*parts: str) -> str:
    return "\n".join(part.strip() for part in parts if part.strip())
