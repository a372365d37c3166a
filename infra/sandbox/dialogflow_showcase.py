"""One answer of each kind: what the Dialogflow stand-ins' bot shows when it is asked to ("show me a card").

In v2's form; CX has fewer kinds, and says most of this by payloads.

Source: Dialogflow v2 discovery document: Intent.Message; Business Messages REST reference v1 (payloads).
"""

from typing import Any

from infra.sandbox.dialogflow_intent import Intent

JsonObject = dict[str, Any]
_SHOP = "https://shop.example"


def _image(name: str, shows: str) -> JsonObject:
    return {"imageUri": f"{_SHOP}/{name}.png", "accessibilityText": shows}


def _native_image(name: str, shows: str) -> JsonObject:
    return {"contentInfo": {"fileUrl": f"{_SHOP}/{name}.png", "altText": shows}}


def _native_content(color: str) -> JsonObject:
    return {
        "title": f"{color} shoe",
        "description": "Soft and light",
        "media": {"height": "TALL", **_native_image(color.lower(), f"A {color.lower()} shoe")},
        "suggestions": [{"reply": {"text": f"Take {color.lower()}", "postbackData": f"take {color.lower()}"}}],
    }


_BUTTON = {"title": "Shop", "openUriAction": {"uri": f"{_SHOP}/shoes"}}
_ITEMS: list[JsonObject] = [
    {"title": color, "description": "Soft and light", "info": {"key": key}, "image": _image(color.lower(), color)}
    for color, key in (("Red", "r"), ("Blue", "b"), ("Green", "g"))
]
_BROWSE_ITEMS: list[JsonObject] = [
    {"title": title, "description": about, "openUriAction": {"url": f"{_SHOP}/{title.lower()}"}}
    for title, about in (("Summer", "Light shoes"), ("Winter", "Warm shoes"))
]
_SIGN_IN = {"oauth": {"clientId": "shop", "codeChallenge": "c", "codeChallengeMethod": "S256", "scopes": ["orders"]}}
_CARD: JsonObject = {
    "title": "Red shoe",
    "subtitle": "Soft and light",
    "imageUri": f"{_SHOP}/red.png",
    "buttons": [{"text": "Shop", "postback": f"{_SHOP}/shoes"}, {"text": "Take it", "postback": "take red"}],
}
_BASIC_CARD: JsonObject = {
    "title": "Blue shoe",
    "subtitle": "New",
    "formattedText": "Soft and light.",
    "image": _image("blue", "A blue shoe"),
    "buttons": [_BUTTON],
}
_TABLE: JsonObject = {
    "title": "Opening hours",
    "columnProperties": [{"header": "Day"}, {"header": "Open"}],
    "rows": [{"cells": [{"text": "Monday"}, {"text": "9–17"}]}, {"cells": [{"text": "Sunday"}, {"text": "–"}]}],
    "buttons": [_BUTTON],
}

_SHOWN: dict[str, JsonObject] = {
    "card": {"card": _CARD},
    "basic card": {"basicCard": _BASIC_CARD},
    "image": {"image": _image("red", "A red shoe")},
    "quick replies": {"quickReplies": {"title": "Which color?", "quickReplies": ["Red", "Blue"]}},
    "list": {"listSelect": {"title": "Our shoes", "subtitle": "All of them", "items": _ITEMS}},
    "carousel": {"carouselSelect": {"items": _ITEMS}},
    "catalogue": {"browseCarouselCard": {"items": _BROWSE_ITEMS}},
    "table": {"tableCard": _TABLE},
    "song": {
        "mediaContent": {
            "mediaType": "AUDIO",
            "mediaObjects": [{"name": "Jingle", "contentUrl": f"{_SHOP}/jingle.mp3"}],
        }
    },
    "speech": {"simpleResponses": {"simpleResponses": [{"ssml": "<speak>Soft <b>and</b> light.</speak>"}]}},
    "link": {"linkOutSuggestion": {"destinationName": "Shop", "uri": f"{_SHOP}/shoes"}},
    "chips": {"suggestions": {"suggestions": [{"title": "Red"}, {"title": "Blue"}]}},
    "native text": {"payload": {"businessMessages": {"text": "Soft **and** light.", "containsRichText": True}}},
    "native image": {"payload": {"businessMessages": {"image": _native_image("red", "A red shoe")}}},
    "native card": {
        "payload": {
            "businessMessages": {
                "richCard": {"standaloneCard": {"cardContent": _native_content("Red")}},
                "suggestions": [{"liveAgentRequest": {}}],
                "fallback": "Our red shoe",
            }
        }
    },
    "native carousel": {
        "payload": {
            "richCard": {
                "carouselCard": {"cardWidth": "SMALL", "cardContents": [_native_content(c) for c in ("Red", "Blue")]}
            },
            "fallback": "Our shoes: red and blue",
        }
    },
    "sign-in": {
        "payload": {
            "businessMessages": {"text": "Please sign in.", "suggestions": [{"authenticationRequest": _SIGN_IN}]}
        }
    },
}
_SAID_BEFORE = {"link": "Our shop is open.", "chips": "Which color?"}

SHOWCASE = tuple(
    Intent(
        f"Show {what}",
        (_SAID_BEFORE[what],) if what in _SAID_BEFORE else (),
        phrases=(rf"^show me (an? |the |some )?{what}\W*$",),
        action="show." + what.replace(" ", "."),
        more_messages=(message,),
    )
    for what, message in _SHOWN.items()
)
