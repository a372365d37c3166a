"""The resources one may send to RCS for Business, with their limits; an unknown field is refused by name.

So is a field that Google sets itself ("do not include it"). What is `required` here beyond what the reference of
phones.agentMessages says: an orientation and an alignment of cards, as Dialogflow's copy of these types demands.

Source: RCS for Business, phones.agentMessages, phones.agentEvents; the API's proto files (2021) for the actions.
"""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta

from infra.sandbox.google_api import exactly_one_of, require
from infra.sandbox.google_content import Description, Dial, Label, LongText, Strict, Title, Url

JsonObject = dict[str, Any]
Postback = Annotated[str, Meta(max_length=2048)]
MAX_BYTES = 250_000
LONGEST_LIFE = timedelta(days=15)
SHORTEST_ADVISED_LIFE = timedelta(seconds=10)
RICH = ("uploadedRbmFile", "richCard", "contentInfo")
_UUID = re.compile("[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)
_NUMBER = re.compile(r"\+[1-9][0-9]{6,14}")
LOOPBACK = ("127.0.0.1", "localhost", "::1")


class Reply(Strict, frozen=True):
    text: Label
    postbackData: Postback


class OpenUrl(Strict, frozen=True):
    url: Url
    application: Literal["BROWSER", "WEBVIEW"] = "BROWSER"
    webviewViewMode: Literal["FULL", "HALF", "TALL"] | None = None
    description: str = ""


class LatLng(Strict, frozen=True):
    latitude: Annotated[float, Meta(ge=-90, le=90)] = 0.0
    longitude: Annotated[float, Meta(ge=-180, le=180)] = 0.0


class ViewLocation(Strict, frozen=True):
    latLong: LatLng | None = None
    label: str = ""
    query: str = ""


class ShareLocation(Strict, frozen=True):
    """Has no fields."""


class CalendarEvent(Strict, frozen=True):
    startTime: datetime
    endTime: datetime
    title: Annotated[str, Meta(max_length=100)]
    description: Annotated[str, Meta(max_length=500)] = ""


class Action(Strict, frozen=True):
    text: Label
    postbackData: Postback
    fallbackUrl: Url | None = None
    dialAction: Dial | None = None
    viewLocationAction: ViewLocation | None = None
    shareLocationAction: ShareLocation | None = None
    openUrlAction: OpenUrl | None = None
    createCalendarEventAction: CalendarEvent | None = None


class Suggestion(Strict, frozen=True):
    reply: Reply | None = None
    action: Action | None = None


class ContentInfo(Strict, frozen=True):
    fileUrl: Url
    thumbnailUrl: Url | None = None
    forceRefresh: bool = False
    contentDescription: str = ""


class UploadedFile(Strict, frozen=True):
    fileName: Annotated[str, Meta(min_length=1)]
    thumbnailName: str = ""


class Media(Strict, frozen=True):
    height: Literal["SHORT", "MEDIUM", "TALL"]
    uploadedRbmFile: UploadedFile | None = None
    contentInfo: ContentInfo | None = None


class CardContent(Strict, frozen=True):
    title: Title = ""
    description: Description = ""
    media: Media | None = None
    suggestions: Annotated[list[Suggestion], Meta(max_length=4)] = msgspec.field(default_factory=list)


class StandaloneCard(Strict, frozen=True):
    cardOrientation: Literal["HORIZONTAL", "VERTICAL"]
    cardContent: CardContent
    thumbnailImageAlignment: Literal["LEFT", "RIGHT"] | None = None


class CarouselCard(Strict, frozen=True):
    cardWidth: Literal["SMALL", "MEDIUM"]
    cardContents: Annotated[list[CardContent], Meta(min_length=2, max_length=10)]


class RichCard(Strict, frozen=True):
    standaloneCard: StandaloneCard | None = None
    carouselCard: CarouselCard | None = None


class Content(Strict, frozen=True):
    text: Annotated[LongText, Meta(min_length=1)] | None = None
    uploadedRbmFile: UploadedFile | None = None
    richCard: RichCard | None = None
    contentInfo: ContentInfo | None = None
    suggestions: Annotated[list[Suggestion], Meta(max_length=11)] = msgspec.field(default_factory=list)


class Message(Strict, frozen=True):
    contentMessage: Content
    messageTrafficType: (
        Literal["AUTHENTICATION", "TRANSACTION", "PROMOTION", "SERVICEREQUEST", "ACKNOWLEDGEMENT"] | None
    ) = None
    ttl: Annotated[str, Meta(pattern=r"^[0-9]+(\.[0-9]{1,9})?s$")] | None = None
    expireTime: Annotated[datetime, Meta(tz=True)] | None = None


class Event(Strict, frozen=True):
    eventType: Literal["IS_TYPING", "READ"]
    messageId: str = ""


def check_id(given: str, name: str) -> None:
    """Raises `ApiError` INVALID_ARGUMENT unless it is a UUID."""
    require(_UUID.fullmatch(given), f"Query parameter {name} must be a UUID (RFC 4122).")


def check_number(number: str) -> None:
    """Raises `ApiError` INVALID_ARGUMENT unless it is in E.164 format."""
    require(_NUMBER.fullmatch(number), "The phone number must be in E.164 format.")


def check_message(message: Message, size_bytes: int) -> None:
    """Raises `ApiError` INVALID_ARGUMENT where one of several fields must be set, or the whole is too large."""
    require(size_bytes <= MAX_BYTES, f"The message has {size_bytes} bytes; at most {MAX_BYTES} are allowed.")
    require(message.ttl is None or message.expireTime is None, "Only one of ttl and expireTime may be set.")
    content = message.contentMessage
    exactly_one_of(content, "text", *RICH)
    if content.richCard:
        _check_rich_card(content.richCard)
    for chip in [*content.suggestions, *(chip for card in cards(content) for chip in card.suggestions)]:
        if exactly_one_of(chip, "reply", "action") == "action":
            exactly_one_of(chip.action, *_ACTIONS)
    for url in urls(content):
        parts = urlsplit(url)
        require(parts.scheme == "https" or parts.hostname in LOOPBACK, "Files must be reachable by https.")


_ACTIONS = (
    "dialAction",
    "viewLocationAction",
    "shareLocationAction",
    "openUrlAction",
    "createCalendarEventAction",
)


def _check_rich_card(rich: RichCard) -> None:
    exactly_one_of(rich, "standaloneCard", "carouselCard")
    alone = rich.standaloneCard
    if alone and alone.cardOrientation == "HORIZONTAL":
        require(alone.thumbnailImageAlignment, "thumbnailImageAlignment is required for HORIZONTAL.")
    for card in _cards(rich):
        if card.media:
            exactly_one_of(card.media, "uploadedRbmFile", "contentInfo")


def check_event(event: Event) -> None:
    """Raises `ApiError` INVALID_ARGUMENT when READ does not say what was read."""
    require(event.messageId or event.eventType != "READ", "messageId is required for READ.")


def end_of_life(message: Message, now: datetime) -> datetime | None:
    """When it ceases to be worth delivering; None = never.

    Raises:
        ApiError: INVALID_ARGUMENT when that is over already, or too far away.
    """
    if message.ttl is not None:
        ends_at = now + min(timedelta(seconds=float(message.ttl[:-1])), timedelta(days=1_000))
    elif message.expireTime is not None:
        ends_at = message.expireTime
    else:
        return None
    require(now < ends_at <= now + LONGEST_LIFE, "A message lives for more than no time and at most 15 days.")
    return ends_at


def objections(message: Message, now: datetime) -> Iterator[str]:
    """What the reference advises against, or gives no sense to, though Google is not known to refuse it."""
    content, ends_at = message.contentMessage, end_of_life(message, now)
    if ends_at and ends_at - now < SHORTEST_ADVISED_LIFE:
        yield "message that lives for less than 10 seconds"
    if any(not (card.title or card.description or card.media) for card in cards(content)):
        yield "card without title, description and media"
    if content.text is not None and not content.text.strip():
        yield "text without words"


def cards(content: Content) -> list[CardContent]:
    """The cards of a rich card message, none for others."""
    return _cards(content.richCard) if content.richCard else []


def _cards(rich: RichCard) -> list[CardContent]:
    if rich.standaloneCard:
        return [rich.standaloneCard.cardContent]
    return rich.carouselCard.cardContents if rich.carouselCard else []


def files(content: Content) -> list[ContentInfo]:
    """Every file that Google has to fetch."""
    on_cards = [card.media.contentInfo for card in cards(content) if card.media and card.media.contentInfo]
    return [*on_cards, content.contentInfo] if content.contentInfo else on_cards


def urls(content: Content) -> list[str]:
    """Their addresses, and those of their thumbnails."""
    return [url for one in files(content) for url in (one.fileUrl, one.thumbnailUrl) if url]
