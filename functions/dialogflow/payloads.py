"""Custom payloads of the bot: JSON that its author wrote for the channel, read as neutral messages. Pure.

Understood is the form of a Business Messages message (`text`, `image`, `richCard`, `suggestions`, `fallback`,
`containsRichText`), bare or under `businessMessages`; a bare `liveAgentRequest`; the form of an RCS message under
`rcs`, which differs in `contentInfo` for `image`; the form `{"rbm": {"type", "params"}}` of Google's RCS sample;
Kommunicate's `message`. With `businessMessages` beside one of RCS's, each channel gets its own.

What is in a channel's form is kept in that form beside the neutral one (`OutboundMessage.native`).

Source: Business Messages REST reference v1 (conversations.messages), as of 2024-11; RCS for Business REST reference v1;
rcs-business-messaging/rbm-api-examples, Dialogflow templates.
"""

from collections.abc import Callable
from typing import Any

from msgspec.structs import replace

from functions.dialogflow.bounds import MAX_CHIPS, bounded
from functions.dialogflow.natives import BUSINESS_MESSAGES, LIVE_AGENT, RCS, business_message, with_chips
from functions.dialogflow.pieces import joined, message_of_cards, picture, picture_in_words, present, reply
from functions.dialogflow.signals import find_payload_signal
from functions.handoff.content import COMMONMARK, Card, Media, OutboundMessage, Suggestion
from functions.handoff.events import BotAnswer, JsonObject
from functions.handoff.json_fields import is_true, list_at, object_at, objects_at, text_at

_RCS_NAMES = (RCS, "rbm")
_PERSON = (Suggestion("live_agent"),)
WITHOUT_WORDS = "…"
"""Text of what has only chips: they need a message to hang on."""


def read_payload(payload: JsonObject) -> BotAnswer:
    """What one custom payload holds: at most one message, and the wish for a person if it is one."""
    message = parse_payload(payload)
    has_content = not message.is_empty or bool(message.suggestions)
    return BotAnswer(messages=bounded([message] if has_content else []), handoff=find_payload_signal(payload))


def parse_payload(payload: JsonObject) -> OutboundMessage:
    """The message in a custom payload; nothing but chips, or nothing at all, where there is no more in it."""
    written = next((payload[name] for name in _RCS_NAMES if isinstance(payload.get(name), dict)), None)
    if written is None:
        return _read_business_message(payload)
    is_only_form = BUSINESS_MESSAGES not in payload
    message = _read_rcs(written) if is_only_form else _read_business_message(payload)
    if not message.is_empty:
        message = replace(message, native={**message.native, RCS: written})
    offers_agent = is_only_form and isinstance(payload.get("liveAgentRequest"), dict)
    return with_chips(message, OutboundMessage(suggestions=_PERSON)) if offers_agent else message


def _read_business_message(payload: JsonObject) -> OutboundMessage:
    content = object_at(payload, BUSINESS_MESSAGES) or payload
    offers_agent = any(isinstance(holder.get("liveAgentRequest"), dict) for holder in (payload, content))
    suggestions = [*list_at(content, "suggestions"), *([LIVE_AGENT] if offers_agent else [])]
    message = _neutral(content, _chips(suggestions), _kommunicate_text(payload))
    if not message.is_empty:
        return replace(message, native=business_message(content, suggestions))
    if not any(_has_no_neutral_form(one) for one in suggestions):
        return message
    native = business_message({**content, "text": WITHOUT_WORDS}, suggestions)
    return replace(message, text=WITHOUT_WORDS, native=native)


def _neutral(content: JsonObject, chips: tuple[Suggestion, ...], other_text: str) -> OutboundMessage:
    """`fallback` is the author's words for devices without rich content; with nothing else they are the message."""
    text = (text_at(content, "text") or other_text).strip()
    fallback = text_at(content, "fallback").strip()
    media, media_text = _media(content if "contentInfo" in content else object_at(content, "image"))
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


def _read_rcs(written: JsonObject) -> OutboundMessage:
    """A message in the form of RCS, or of Google's sample for it."""
    if isinstance(written.get("params"), dict):
        return _read_rcs_sample(written["params"])
    content = object_at(written, "contentMessage") or written
    message = _neutral(content, _chips(list_at(content, "suggestions")), "")
    is_only_there = message.is_empty and isinstance(content.get("uploadedRbmFile"), dict)
    return replace(message, text=WITHOUT_WORDS) if is_only_there else message


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


def _has_no_neutral_form(suggestion: Any) -> bool:
    """Tell whether it is a request to sign in, which only the channel itself can carry."""
    return isinstance(suggestion, dict) and isinstance(suggestion.get("authenticationRequest"), dict)
