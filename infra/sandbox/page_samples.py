"""What an agent can send with one click: rich messages as LiveChat's own composers make them.

Source: Agent Chat API 3.6, rich messages (templates, elements, buttons).
"""

from typing import Any

JsonObject = dict[str, Any]
_SHOP = "https://shop.example"


def _button(text: str, kind: str = "message", value: str = "") -> JsonObject:
    return {"text": text, "type": kind, "value": value or text, "postback_id": text.lower(), "user_ids": []}


def _card(title: str, subtitle: str, buttons: list[JsonObject]) -> JsonObject:
    image = {"url": f"{_SHOP}/{title.lower().replace(' ', '-')}.png", "alternative_text": title}
    return {"title": title, "subtitle": subtitle, "image": image, "buttons": buttons}


def _rich(template_id: str, *elements: JsonObject) -> JsonObject:
    return {"type": "rich_message", "template_id": template_id, "elements": list(elements), "visibility": "all"}


_ASK = {"title": "Shall I send you a new one?", "buttons": [_button("Yes, please"), _button("No, thanks")]}
_PARCEL = _card(
    "Parcel 4711",
    "Left our warehouse this morning",
    [_button("Track it", "url", f"{_SHOP}/track"), _button("Call the shop", "phone", "+15555550100")],
)
_SHOES = [
    _card(f"{color} shoe", "Soft and light, in your size", [_button(f"Take {color.lower()}")])
    for color in ("Red", "Blue", "Green")
]
_FORM_FIELDS = [
    {"type": "question", "id": "1", "label": "Your order number", "required": True},
    {
        "type": "radio",
        "id": "2",
        "label": "What would you like?",
        "options": [{"id": "1", "label": "A new one"}, {"id": "2", "label": "Money back"}],
    },
]
_FORM = {"type": "form", "form_id": "sandbox-form", "fields": _FORM_FIELDS, "visibility": "all"}

MARKDOWN = (
    "I found it: your order is **on its way**.\n\n* left us *today*\n* see [where it is](https://shop.example/track)"
)
EVENTS: dict[str, JsonObject] = {
    "quick_replies": _rich("quick_replies", _ASK),
    "card": _rich("cards", _PARCEL),
    "carousel": _rich("cards", *_SHOES),
    "form": _FORM,
}
