"""The resources one may send to Business Messages, with their limits; an unknown field is refused by name.

Source: Business Messages REST reference v1 (conversations.messages, conversations.events, Representative).
"""

import re
from collections.abc import Iterator
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from infra.sandbox.google_api import exactly_one_of, require
from infra.sandbox.google_content import Description, Dial, Label, LongText, Strict, Title, Url

JsonObject = dict[str, Any]
_OTHER_FILES = re.compile(r"\.(gif|webp|bmp|svg|tiff?|heic|avif|pdf|mp4|docx?|zip)$", re.IGNORECASE)
FRAMING_EVENTS = ("REPRESENTATIVE_JOINED", "REPRESENTATIVE_LEFT")


class Representative(Strict, frozen=True):
    representativeType: Literal["BOT", "HUMAN"]
    displayName: str = ""
    avatarImage: Url | None = None


class Reply(Strict, frozen=True):
    text: Label
    postbackData: str


class OpenUrl(Strict, frozen=True):
    url: Url


class Action(Strict, frozen=True):
    text: Label
    postbackData: str
    openUrlAction: OpenUrl | None = None
    dialAction: Dial | None = None


class LiveAgentRequest(Strict, frozen=True):
    """Has no fields: its label is Google's."""


class OAuth(Strict, frozen=True):
    clientId: str
    codeChallenge: str
    codeChallengeMethod: str = ""
    scopes: list[str] = msgspec.field(default_factory=list)


class AuthenticationRequest(Strict, frozen=True):
    oauth: OAuth


class Suggestion(Strict, frozen=True):
    reply: Reply | None = None
    action: Action | None = None
    liveAgentRequest: LiveAgentRequest | None = None
    authenticationRequest: AuthenticationRequest | None = None


class ContentInfo(Strict, frozen=True):
    fileUrl: Url
    thumbnailUrl: Url | None = None
    altText: str = ""
    forceRefresh: bool = False


class Image(Strict, frozen=True):
    contentInfo: ContentInfo


class Media(Strict, frozen=True):
    height: Literal["SHORT", "MEDIUM", "TALL"]
    contentInfo: ContentInfo


class CardContent(Strict, frozen=True):
    title: Title = ""
    description: Description = ""
    media: Media | None = None
    suggestions: Annotated[list[Suggestion], Meta(max_length=4)] = msgspec.field(default_factory=list)


class StandaloneCard(Strict, frozen=True):
    cardContent: CardContent


class CarouselCard(Strict, frozen=True):
    cardWidth: Literal["SMALL", "MEDIUM"]
    cardContents: Annotated[list[CardContent], Meta(min_length=2, max_length=10)]


class RichCard(Strict, frozen=True):
    standaloneCard: StandaloneCard | None = None
    carouselCard: CarouselCard | None = None


class Message(Strict, frozen=True):
    messageId: Annotated[str, Meta(min_length=1)]
    representative: Representative
    name: str = ""  # output only, ignored
    text: Annotated[str, Meta(min_length=1, max_length=3072)] | None = None
    image: Image | None = None
    richCard: RichCard | None = None
    suggestions: Annotated[list[Suggestion], Meta(max_length=13)] = msgspec.field(default_factory=list)
    fallback: LongText = ""
    containsRichText: bool = False


class Event(Strict, frozen=True):
    eventType: Literal["TYPING_STARTED", "TYPING_STOPPED", "REPRESENTATIVE_JOINED", "REPRESENTATIVE_LEFT"]
    representative: Representative | None = None
    name: str = ""  # output only, ignored


class Survey(Strict, frozen=True):
    name: str = ""  # output only, ignored


class Receipt(Strict, frozen=True):
    receiptType: Literal["READ", "DELIVERED"]


def check_message(message: Message) -> None:
    """Raises `ApiError` INVALID_ARGUMENT where a field that must stand alone does not."""
    exactly_one_of(message, "text", "image", "richCard")
    if message.richCard:
        exactly_one_of(message.richCard, "standaloneCard", "carouselCard")
    for suggestion in all_suggestions(message):
        kind = exactly_one_of(suggestion, "reply", "action", "liveAgentRequest", "authenticationRequest")
        if kind == "action":
            exactly_one_of(suggestion.action, "openUrlAction", "dialAction")


def objections(message: Message) -> Iterator[str]:
    """What the reference rules out, or gives no sense to, though Google is not known to refuse it."""
    if any(not (card.title or card.description or card.media) for card in cards(message)):
        yield "card without title, description and media"
    if any(_OTHER_FILES.search(re.split("[?#]", info.fileUrl)[0]) for info in _pictures(message)):
        yield "picture that is not jpg, jpeg or png"
    if message.text is not None and not message.text.strip():
        yield "text without words"


def _pictures(message: Message) -> list[ContentInfo]:
    on_cards = [card.media.contentInfo for card in cards(message) if card.media]
    return [*on_cards, message.image.contentInfo] if message.image else on_cards


def check_event(event: Event, event_id: str) -> None:
    """Raises `ApiError` INVALID_ARGUMENT when the id or, on a framing event, the representative is missing."""
    require(event_id, "Query parameter eventId is required.")
    if event.eventType in FRAMING_EVENTS:
        require(event.representative, f"representative is required for {event.eventType}.")


def cards(message: Message) -> list[CardContent]:
    """The cards of a rich card message, none for others."""
    rich = message.richCard
    if rich is None:
        return []
    if rich.standaloneCard:
        return [rich.standaloneCard.cardContent]
    return rich.carouselCard.cardContents if rich.carouselCard else []


def all_suggestions(message: Message) -> list[Suggestion]:
    """Every chip of a message, those on its cards first."""
    return [chip for card in cards(message) for chip in card.suggestions] + message.suggestions


def as_read(message: Message) -> str:
    """A message's words: its text, or the words of its cards, or the image's address."""
    if message.text is not None:
        return message.text
    if message.image:
        return message.image.contentInfo.fileUrl
    lines = [line for card in cards(message) for line in (card.title, card.description) if line]
    return "\n".join(lines)
