"""The form of an RCS message, with its limits; null has no place in it. Pure.

Fields that are not known here pass: the API grows, and a message that it refuses is shown in words.

Source: RCS for Business REST reference v1 (phones.agentMessages), as of 2026-04.
"""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType, field

from functions.channels import google_limits, rcs_limits
from functions.channels.google_shapes import Description, Label, PhoneNumber, Shape, Text, Title, Url

_Postback = Annotated[str, Meta(max_length=rcs_limits.MAX_POSTBACK)]


class _Reply(Shape, frozen=True):
    text: Label
    postbackData: _Postback


class _Dial(Shape, frozen=True):
    phoneNumber: PhoneNumber


class _LatLong(Shape, frozen=True):
    latitude: Annotated[float, Meta(ge=-90, le=90)] = 0.0
    longitude: Annotated[float, Meta(ge=-180, le=180)] = 0.0


class _ViewLocation(Shape, frozen=True):
    any_of = ("latLong", "query")
    latLong: _LatLong | UnsetType = UNSET
    label: str = ""
    query: str = ""


class _ShareLocation(Shape, frozen=True):
    pass


class _OpenUrl(Shape, frozen=True):
    url: Url


class _CalendarEvent(Shape, frozen=True):
    startTime: str
    endTime: str
    title: Annotated[str, Meta(max_length=100)] = ""
    description: Annotated[str, Meta(max_length=500)] = ""


class _Action(Shape, frozen=True):
    one_of = ("dialAction", "viewLocationAction", "shareLocationAction", "openUrlAction", "createCalendarEventAction")
    text: Label
    postbackData: _Postback
    fallbackUrl: Url | UnsetType = UNSET
    dialAction: _Dial | UnsetType = UNSET
    viewLocationAction: _ViewLocation | UnsetType = UNSET
    shareLocationAction: _ShareLocation | UnsetType = UNSET
    openUrlAction: _OpenUrl | UnsetType = UNSET
    createCalendarEventAction: _CalendarEvent | UnsetType = UNSET


class _Suggestion(Shape, frozen=True):
    one_of = ("reply", "action")
    reply: _Reply | UnsetType = UNSET
    action: _Action | UnsetType = UNSET


_Suggestions = Annotated[list[_Suggestion], Meta(max_length=rcs_limits.MAX_CHIPS)]
_CardSuggestions = Annotated[list[_Suggestion], Meta(max_length=google_limits.MAX_CARD_CHIPS)]


class _ContentInfo(Shape, frozen=True):
    fileUrl: Url
    thumbnailUrl: Url | UnsetType = UNSET
    forceRefresh: bool = False


class _UploadedFile(Shape, frozen=True):
    fileName: Annotated[str, Meta(min_length=1)]
    thumbnailName: str = ""


class _Media(Shape, frozen=True):
    one_of = ("contentInfo", "uploadedRbmFile")
    height: Literal["SHORT", "MEDIUM", "TALL"] | UnsetType = UNSET  # not of a card with its picture beside the words
    contentInfo: _ContentInfo | UnsetType = UNSET
    uploadedRbmFile: _UploadedFile | UnsetType = UNSET


class _CardContent(Shape, frozen=True):
    any_of = ("title", "description", "media")
    title: Title = ""
    description: Description = ""
    media: _Media | UnsetType = UNSET
    suggestions: Annotated[list[_Suggestion], Meta(max_length=google_limits.MAX_CARD_CHIPS)] = field(
        default_factory=list
    )


class _StandaloneCard(Shape, frozen=True):
    cardContent: _CardContent
    cardOrientation: Literal["HORIZONTAL", "VERTICAL"] | UnsetType = UNSET
    thumbnailImageAlignment: Literal["LEFT", "RIGHT"] | UnsetType = UNSET


class _CarouselCard(Shape, frozen=True):
    cardWidth: Literal["SMALL", "MEDIUM"]
    cardContents: Annotated[
        list[_CardContent],
        Meta(min_length=google_limits.MIN_CAROUSEL_CARDS, max_length=google_limits.MAX_CAROUSEL_CARDS),
    ]


class _RichCard(Shape, frozen=True):
    one_of = ("standaloneCard", "carouselCard")
    standaloneCard: _StandaloneCard | UnsetType = UNSET
    carouselCard: _CarouselCard | UnsetType = UNSET


class ContentMessage(Shape, frozen=True):
    """What the API takes as a message."""

    one_of = ("text", "richCard", "contentInfo", "uploadedRbmFile")
    text: Text | UnsetType = UNSET
    richCard: _RichCard | UnsetType = UNSET
    contentInfo: _ContentInfo | UnsetType = UNSET
    uploadedRbmFile: _UploadedFile | UnsetType = UNSET
    suggestions: _Suggestions = field(default_factory=list)
