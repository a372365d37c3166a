"""Custom payloads of the bot: JSON that its author wrote for the channel, read as neutral messages. Pure.

Understood is the form of a Business Messages message (`text`, `fallback`, `suggestions`, `richCard`, `image`), bare or
under `businessMessages`, and a bare `liveAgentRequest`. Rich content becomes text and chips.

Source: Business Messages REST reference v1 (conversations.messages), as of 2024-11.
"""

from collections.abc import Callable
from typing import Any

from functions.dialogflow.signals import find_payload_signal
from functions.handoff.events import BotAnswer, JsonObject, OutboundMessage, Suggestion
from functions.handoff.json_fields import list_at, object_at, objects_at, text_at

_MAX_CHIPS = 50  # a channel shows a dozen; a body of a megabyte could ask for a hundred thousand


def read_payload(payload: JsonObject) -> BotAnswer:
    """What one custom payload holds: at most one message, and the wish for a person if it is one."""
    message = parse_payload(payload)
    has_content = bool(message.text or message.suggestions)
    return BotAnswer(messages=(message,) if has_content else (), handoff=find_payload_signal(payload))


def parse_payload(payload: JsonObject) -> OutboundMessage:
    """The message in a custom payload; text "" when it has only chips, or nothing that is understood."""
    content = object_at(payload, "businessMessages") or payload
    cards = _card_contents(content)
    chips = [chip for card in cards for chip in _chips(card)] + _chips(content)
    if any(isinstance(holder.get("liveAgentRequest"), dict) for holder in (payload, content)):
        chips.append(Suggestion("live_agent"))
    text = text_at(content, "text") or _rich_text(content, cards) or _kommunicate_text(payload)
    return OutboundMessage(text.strip(), tuple(chips[:_MAX_CHIPS]))


def joined(*texts: str) -> str:
    """The texts that are there, one per line."""
    return "\n".join(text.strip() for text in texts if text.strip())


def _rich_text(content: JsonObject, cards: list[JsonObject]) -> str:
    """The author's own words for devices without rich content, else what the content says."""
    spelled_out = [_info_text(object_at(content, "image"))]
    for card in cards:
        media = _info_text(object_at(card, "media"))
        spelled_out.append(joined(text_at(card, "title"), text_at(card, "description"), media))
    return text_at(content, "fallback") or "\n\n".join(text for text in spelled_out if text)


def _info_text(media: JsonObject) -> str:
    info = object_at(media, "contentInfo")
    return joined(text_at(info, "altText"), text_at(info, "fileUrl"))


def _card_contents(content: JsonObject) -> list[JsonObject]:
    card = object_at(content, "richCard")
    single = object_at(object_at(card, "standaloneCard"), "cardContent")
    return [single] if single else objects_at(object_at(card, "carouselCard"), "cardContents")


def _kommunicate_text(payload: JsonObject) -> str:
    return text_at(payload, "message") if text_at(payload, "platform") == "kommunicate" else ""


# --- chips -----------------------------------------------------------------------------------------------------------


def _chips(holder: JsonObject) -> list[Suggestion]:
    found = (_chip(item) for item in list_at(holder, "suggestions"))
    return [chip for chip in found if chip]


def _chip(item: Any) -> Suggestion | None:
    """One suggestion: an object with one known key, or a bare label."""
    if isinstance(item, str) and item.strip():
        return Suggestion("reply", item.strip())
    if not isinstance(item, dict):
        return None
    return next((read(item[key]) for key, read in _CHIPS.items() if isinstance(item.get(key), dict)), None)


def _action_chip(action: JsonObject) -> Suggestion | None:
    text, postback = text_at(action, "text"), text_at(action, "postbackData")
    url = text_at(object_at(action, "openUrlAction"), "url")
    phone = text_at(object_at(action, "dialAction"), "phoneNumber")
    if url:
        return Suggestion("open_url", text, postback, url=url)
    return Suggestion("dial", text, postback, phone=phone) if phone else None


_CHIPS: dict[str, Callable[[JsonObject], Suggestion | None]] = {
    "reply": lambda reply: Suggestion("reply", text_at(reply, "text"), text_at(reply, "postbackData")),
    "action": _action_chip,
    "liveAgentRequest": lambda _: Suggestion("live_agent"),
}
