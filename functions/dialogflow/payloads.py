"""Custom payloads of the bot: JSON that its author wrote for the channel, read as neutral messages. Pure.

Understood is the form of a Business Messages message (`text`, `image`, `richCard`, `suggestions`, `fallback`,
`containsRichText`), bare or under `businessMessages`; a bare `liveAgentRequest`; the form `{"rbm": {"type", "params"}}`
of Google's RCS sample; Kommunicate's `message`.

What is in Business Messages' form is kept in that form beside the neutral one (`OutboundMessage.native`).

Source: Business Messages REST reference v1 (conversations.messages), as of 2024-11; rcs-business-messaging/
rbm-api-examples, Dialogflow templates.
"""

from collections.abc import Callable
from typing import Any

from msgspec.structs import replace

from functions.dialogflow.bounds import MAX_CHIPS, bounded
from functions.dialogflow.pieces import joined, message_of_cards, picture, picture_in_words, present, reply
from functions.dialogflow.signals import find_payload_signal
from functions.handoff.content import COMMONMARK, Card, Media, OutboundMessage, Suggestion
from functions.handoff.events import BotAnswer, JsonObject
from functions.handoff.json_fields import is_true, list_at, object_at, objects_at, text_at

WITHOUT_WORDS = "…"
"""Text of what has only chips: they need a message to hang on."""

_NATIVE = "businessMessages"
_LIVE_AGENT: JsonObject = {"liveAgentRequest": {}}
_NATIVE_FIELDS = ("text", "image", "richCard", "fallback", "containsRichText")  # and suggestions


def read_payload(payload: JsonObject) -> BotAnswer:
    """What one custom payload holds: at most one message, and the wish for a person if it is one."""
    message = parse_payload(payload)
    has_content = not message.is_empty or bool(message.suggestions)
    return BotAnswer(messages=bounded([message] if has_content else []), handoff=find_payload_signal(payload))


def parse_payload(payload: JsonObject) -> OutboundMessage:
    """The message in a custom payload; nothing but chips, or nothing at all, where there is no more in it."""
    if isinstance(payload.get("rbm"), dict) and _NATIVE not in payload:
        return _read_rcs_sample(object_at(payload["rbm"], "params"))
    content = object_at(payload, _NATIVE) or payload
    offers_agent = any(isinstance(holder.get("liveAgentRequest"), dict) for holder in (payload, content))
    suggestions = [*list_at(content, "suggestions"), *([_LIVE_AGENT] if offers_agent else [])]
    message = _neutral(content, _chips(suggestions), _kommunicate_text(payload))
    if not message.is_empty:
        return replace(message, native=_native(content, suggestions))
    if not any(_has_no_neutral_form(one) for one in suggestions):
        return message
    return replace(message, text=WITHOUT_WORDS, native=_native({**content, "text": WITHOUT_WORDS}, suggestions))


def _neutral(content: JsonObject, chips: tuple[Suggestion, ...], other_text: str) -> OutboundMessage:
    """`fallback` is the author's words for devices without rich content; with nothing else they are the message."""
    text = (text_at(content, "text") or other_text).strip()
    fallback = text_at(content, "fallback").strip()
    media, media_text = _media(object_at(content, "image"))
    shown = message_of_cards([_card(one) for one in _card_contents(content)])
    if not (text or media or shown.cards):
        text, fallback = fallback or media_text, ""
    return replace(
        shown,
        text=text,
        media=media,
        fallback=fallback,
        suggestions=(*shown.suggestions, *chips)[:MAX_CHIPS],
        formatting=COMMONMARK if text and is_true(content.get("containsRichText")) else "",
    )


def _card(content: JsonObject) -> Card:
    media, media_text = _media(object_at(content, "media"))
    return Card(
        title=text_at(content, "title").strip(),
        description=joined(text_at(content, "description"), media_text),
        media=media,
        suggestions=_chips(list_at(content, "suggestions")),
    )


def _media(holder: JsonObject) -> tuple[Media | None, str]:
    """The picture, or words in its place."""
    info = object_at(holder, "contentInfo")
    url, alt_text = text_at(info, "fileUrl"), text_at(info, "altText")
    return picture(url, alt_text), picture_in_words(url, alt_text)


def _card_contents(content: JsonObject) -> list[JsonObject]:
    card = object_at(content, "richCard")
    single = object_at(object_at(card, "standaloneCard"), "cardContent")
    return [single] if single else objects_at(object_at(card, "carouselCard"), "cardContents")


def _kommunicate_text(payload: JsonObject) -> str:
    return text_at(payload, "message") if text_at(payload, "platform") == "kommunicate" else ""


def _read_rcs_sample(params: JsonObject) -> OutboundMessage:
    """`type` is not looked at: a picture or description makes a card, as it does there."""
    chips = _chips(list_at(params, "suggestions"))
    title, description = text_at(params, "messageText").strip(), text_at(params, "messageDescription").strip()
    image, file = picture(text_at(params, "imageUrl")), picture(text_at(params, "fileUrl"))
    if image or description:
        return replace(message_of_cards([Card(title, description, image, chips)]), media=file)
    return OutboundMessage(title, chips, media=file)


# --- chips -----------------------------------------------------------------------------------------------------------


def _chips(suggestions: list[Any]) -> tuple[Suggestion, ...]:
    return present(_chip(item) for item in suggestions)[:MAX_CHIPS]


def _chip(item: Any) -> Suggestion | None:
    """One suggestion: an object with one known key, or a bare label."""
    if isinstance(item, str):
        return reply(item)
    if not isinstance(item, dict):
        return None
    return next((read(item[key]) for key, read in _READ.items() if isinstance(item.get(key), dict)), None)


def _action_chip(action: JsonObject) -> Suggestion | None:
    text, postback = text_at(action, "text"), text_at(action, "postbackData")
    url = text_at(object_at(action, "openUrlAction"), "url")
    phone = text_at(object_at(action, "dialAction"), "phoneNumber")
    if url:
        return Suggestion("open_url", text, postback, url=url)
    return Suggestion("dial", text, postback, phone=phone) if phone else None


_READ: dict[str, Callable[[JsonObject], Suggestion | None]] = {
    "reply": lambda chip: reply(text_at(chip, "text"), text_at(chip, "postbackData")),
    "action": _action_chip,
    "liveAgentRequest": lambda _: Suggestion("live_agent"),
}


# --- the channel's own form ------------------------------------------------------------------------------------------


def _native(content: JsonObject, suggestions: list[Any]) -> dict[str, JsonObject]:
    """The message as its author wrote it, without what is not of the message; {} where it has no content there."""
    if not any(content.get(name) for name in ("text", "image", "richCard")):
        return {}
    form = {name: content[name] for name in _NATIVE_FIELDS if name in content}
    return {_NATIVE: {**form, **({"suggestions": suggestions} if suggestions else {})}}


def _has_no_neutral_form(suggestion: Any) -> bool:
    """Tell whether it is a request to sign in, which only the channel itself can carry."""
    return isinstance(suggestion, dict) and isinstance(suggestion.get("authenticationRequest"), dict)


def with_chips(first: OutboundMessage, second: OutboundMessage) -> OutboundMessage:
    """Two messages in one, of which one has nothing but chips; the other's native form gets them, too."""
    host, guest = (first, second) if second.is_empty else (second, first)
    native = host.native
    if native and guest.suggestions:
        own, more = list_at(native[_NATIVE], "suggestions"), [_WRITTEN[chip.kind](chip) for chip in guest.suggestions]
        both = own + more if host is first else more + own
        native = {_NATIVE: {**native[_NATIVE], "suggestions": both[:MAX_CHIPS]}}
    return replace(host, suggestions=(first.suggestions + second.suggestions)[:MAX_CHIPS], native=native)


def _written_action(chip: Suggestion, action: JsonObject) -> JsonObject:
    return {"action": {"text": chip.text, "postbackData": chip.postback or chip.text, **action}}


_WRITTEN: dict[str, Callable[[Suggestion], JsonObject]] = {
    "reply": lambda chip: {"reply": {"text": chip.text, "postbackData": chip.postback or chip.text}},
    "open_url": lambda chip: _written_action(chip, {"openUrlAction": {"url": chip.url}}),
    "dial": lambda chip: _written_action(chip, {"dialAction": {"phoneNumber": chip.phone}}),
    "live_agent": lambda _: _LIVE_AGENT,
}
