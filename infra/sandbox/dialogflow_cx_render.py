"""The bot's messages of v2 as those of v3, which has fewer kinds: what has none there is a payload of the author's own.

A payload is of the form that Business Messages takes, as those are that the bot says in both.

Source: Dialogflow v2 and v3 discovery documents: Intent.Message, ResponseMessage; Business Messages REST reference v1.
"""

from collections.abc import Callable
from typing import Any

JsonObject = dict[str, Any]


def rendered(message: JsonObject) -> list[JsonObject]:
    """One message of v2's form in that of v3."""
    ((kind, content),) = message.items()
    return _RENDER[kind](content) if kind in _RENDER else [message]


def _payload(**message: Any) -> JsonObject:
    return {"payload": {"businessMessages": {name: value for name, value in message.items() if value}}}


def _reply(text: str) -> JsonObject:
    return {"reply": {"text": text, "postbackData": text}}


def _link(text: str, url: str) -> JsonObject:
    return {"action": {"text": text, "postbackData": url, "openUrlAction": {"url": url}}}


def _replies(content: JsonObject) -> list[JsonObject]:
    chips = [_reply(text) for text in content["quickReplies"]]
    if "title" in content:
        return [_payload(text=content["title"], suggestions=chips)]
    return [{"payload": {"suggestions": chips}}]


def _media(url: str, shows: str = "") -> JsonObject:
    described = {"altText": shows} if shows else {}
    return {"height": "MEDIUM", "contentInfo": {"fileUrl": url, **described}}


def _in_words(card: JsonObject) -> str:
    links = [chip["action"] for chip in card.get("suggestions", ()) if "action" in chip]
    return "\n".join(
        [card["title"], card["description"], *(f"{link['text']}: {link['openUrlAction']['url']}" for link in links)]
    )


def _one_card(content: JsonObject) -> list[JsonObject]:
    return [_payload(richCard={"standaloneCard": {"cardContent": content}}, fallback=_in_words(content))]


def _carousel(cards: list[JsonObject]) -> JsonObject:
    carousel = {"cardWidth": "MEDIUM", "cardContents": cards}
    return _payload(richCard={"carouselCard": carousel}, fallback="\n\n".join(map(_in_words, cards)))


def _card(content: JsonObject) -> list[JsonObject]:
    buttons = [(button["text"], button["postback"]) for button in content["buttons"]]
    return _one_card(
        {
            "title": content["title"],
            "description": content["subtitle"],
            "media": _media(content["imageUri"]),
            "suggestions": [
                _link(text, said) if said.startswith("https:") else {"reply": {"text": text, "postbackData": said}}
                for text, said in buttons
            ],
        }
    )


def _basic_card(content: JsonObject) -> list[JsonObject]:
    return _one_card(
        {
            "title": content["title"],
            "description": f"{content['subtitle']}\n{content['formattedText']}",
            "media": _media(content["image"]["imageUri"], content["image"]["accessibilityText"]),
            "suggestions": _link_buttons(content),
        }
    )


def _link_buttons(content: JsonObject) -> list[JsonObject]:
    return [_link(button["title"], button["openUriAction"]["uri"]) for button in content["buttons"]]


def _select(content: JsonObject) -> list[JsonObject]:
    head = [content[name] for name in ("title", "subtitle") if name in content]
    cards = [
        {
            "title": item["title"],
            "description": item["description"],
            "media": _media(item["image"]["imageUri"], item["image"]["accessibilityText"]),
            "suggestions": [{"reply": {"text": item["title"], "postbackData": item["info"]["key"]}}],
        }
        for item in content["items"]
    ]
    return [*([{"text": {"text": ["\n".join(head)]}}] if head else []), _carousel(cards)]


def _catalogue(content: JsonObject) -> list[JsonObject]:
    cards = [
        {
            "title": item["title"],
            "description": item["description"],
            "suggestions": [_link(item["title"], item["openUriAction"]["url"])],
        }
        for item in content["items"]
    ]
    return [_carousel(cards)]


def _table(content: JsonObject) -> list[JsonObject]:
    head = " | ".join(column["header"] for column in content["columnProperties"])
    rows = [" | ".join(cell["text"] for cell in row["cells"]) for row in content["rows"]]
    return [_payload(text="\n".join([content["title"], head, *rows]), suggestions=_link_buttons(content))]


def _image(content: JsonObject) -> list[JsonObject]:
    url, shows = content["imageUri"], content["accessibilityText"]
    return [_payload(image={"contentInfo": {"fileUrl": url, "altText": shows}}, fallback=f"{shows}\n{url}")]


_RENDER: dict[str, Callable[[JsonObject], list[JsonObject]]] = {
    "card": _card,
    "basicCard": _basic_card,
    "image": _image,
    "quickReplies": _replies,
    "listSelect": _select,
    "carouselSelect": _select,
    "browseCarouselCard": _catalogue,
    "tableCard": _table,
    "mediaContent": lambda content: [{"playAudio": {"audioUri": content["mediaObjects"][0]["contentUrl"]}}],
    "simpleResponses": lambda content: [{"outputAudioText": {"ssml": content["simpleResponses"][0]["ssml"]}}],
    "linkOutSuggestion": lambda content: [
        {"payload": {"suggestions": [_link(content["destinationName"], content["uri"])]}}
    ],
    "suggestions": lambda content: _replies({"quickReplies": [one["title"] for one in content["suggestions"]]}),
}
