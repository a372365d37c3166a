"""What a message of a Dialogflow ES bot may hold, kind by kind; an unknown field is refused by name.

Source: Dialogflow v2 discovery document: Intent.Message.
"""

from typing import Any, Literal

import msgspec

JsonObject = dict[str, Any]


class _Strict(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    pass


class Text(_Strict, frozen=True):
    text: list[str] = []


class Image(_Strict, frozen=True):
    imageUri: str = ""
    accessibilityText: str = ""


class QuickReplies(_Strict, frozen=True):
    title: str = ""
    quickReplies: list[str] = []


class CardButton(_Strict, frozen=True):
    text: str = ""
    postback: str = ""


class Card(_Strict, frozen=True):
    title: str = ""
    subtitle: str = ""
    imageUri: str = ""
    buttons: list[CardButton] = []


class SimpleResponse(_Strict, frozen=True):
    textToSpeech: str = ""
    ssml: str = ""
    displayText: str = ""


class SimpleResponses(_Strict, frozen=True):
    simpleResponses: list[SimpleResponse] = []


class OpenUriAction(_Strict, frozen=True):
    uri: str = ""


class LinkButton(_Strict, frozen=True):
    title: str = ""
    openUriAction: OpenUriAction | None = None


class BasicCard(_Strict, frozen=True):
    title: str = ""
    subtitle: str = ""
    formattedText: str = ""
    image: Image | None = None
    buttons: list[LinkButton] = []


class Suggestion(_Strict, frozen=True):
    title: str = ""


class Suggestions(_Strict, frozen=True):
    suggestions: list[Suggestion] = []


class LinkOutSuggestion(_Strict, frozen=True):
    destinationName: str = ""
    uri: str = ""


class SelectItemInfo(_Strict, frozen=True):
    key: str = ""
    synonyms: list[str] = []


class SelectItem(_Strict, frozen=True):
    info: SelectItemInfo | None = None
    title: str = ""
    description: str = ""
    image: Image | None = None


class ListSelect(_Strict, frozen=True):
    title: str = ""
    subtitle: str = ""
    items: list[SelectItem] = []


class CarouselSelect(_Strict, frozen=True):
    items: list[SelectItem] = []


class OpenUrlAction(_Strict, frozen=True):
    url: str = ""
    urlTypeHint: Literal["URL_TYPE_HINT_UNSPECIFIED", "AMP_ACTION", "AMP_CONTENT"] | None = None


class BrowseItem(_Strict, frozen=True):
    title: str = ""
    description: str = ""
    footer: str = ""
    image: Image | None = None
    openUriAction: OpenUrlAction | None = None


class BrowseCarouselCard(_Strict, frozen=True):
    items: list[BrowseItem] = []
    imageDisplayOptions: (
        Literal["IMAGE_DISPLAY_OPTIONS_UNSPECIFIED", "GRAY", "WHITE", "CROPPED", "BLURRED_BACKGROUND"] | None
    ) = None


class Column(_Strict, frozen=True):
    header: str = ""
    horizontalAlignment: Literal["HORIZONTAL_ALIGNMENT_UNSPECIFIED", "LEADING", "CENTER", "TRAILING"] | None = None


class Cell(_Strict, frozen=True):
    text: str = ""


class Row(_Strict, frozen=True):
    cells: list[Cell] = []
    dividerAfter: bool = False


class TableCard(_Strict, frozen=True):
    title: str = ""
    subtitle: str = ""
    image: Image | None = None
    columnProperties: list[Column] = []
    rows: list[Row] = []
    buttons: list[LinkButton] = []


class MediaObject(_Strict, frozen=True):
    name: str = ""
    description: str = ""
    contentUrl: str = ""
    largeImage: Image | None = None
    icon: Image | None = None


class MediaContent(_Strict, frozen=True):
    mediaType: Literal["RESPONSE_MEDIA_TYPE_UNSPECIFIED", "AUDIO"] | None = None
    mediaObjects: list[MediaObject] = []


class IntentMessage(_Strict, frozen=True):
    """One message, of exactly one kind."""

    platform: (
        Literal[
            "PLATFORM_UNSPECIFIED",
            "FACEBOOK",
            "SLACK",
            "TELEGRAM",
            "KIK",
            "SKYPE",
            "LINE",
            "VIBER",
            "ACTIONS_ON_GOOGLE",
            "GOOGLE_HANGOUTS",
        ]
        | None
    ) = None
    text: Text | None = None
    quickReplies: QuickReplies | None = None
    payload: JsonObject | None = None
    image: Image | None = None
    card: Card | None = None
    simpleResponses: SimpleResponses | None = None
    basicCard: BasicCard | None = None
    suggestions: Suggestions | None = None
    linkOutSuggestion: LinkOutSuggestion | None = None
    listSelect: ListSelect | None = None
    carouselSelect: CarouselSelect | None = None
    browseCarouselCard: BrowseCarouselCard | None = None
    tableCard: TableCard | None = None
    mediaContent: MediaContent | None = None


MESSAGE_KINDS = tuple(name for name in IntentMessage.__struct_fields__ if name != "platform")
