"""The form of a Business Messages message, with its limits; an unknown field or a null has no place in it. Pure.

Source: Business Messages REST reference v1 (conversations.messages), as of 2024-11. Not in it, and asked for all the
same: something to see on a card, and what `google_shapes` asks for.
"""

from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, UnsetType, field

from functions.channels import business_messages_limits, google_limits
from functions.channels.google_shapes import Description, Label, PhoneNumber, Shape, Text, Title, Url, has_shape


def is_message(body: Any) -> bool:
    """Tell whether the API would take this as a message, once it has an id and a representative."""
    return has_shape(body, _Message)


class _Strict(Shape, frozen=True, forbid_unknown_fields=True):
    pass


class _Reply(_Strict, frozen=True):
    text: Label
    postbackData: str


class _OpenUrl(_Strict, frozen=True):
    url: Url


class _Dial(_Strict, frozen=True):
    phoneNumber: PhoneNumber


class _Action(_Strict, frozen=True):
    one_of = ("openUrlAction", "dialAction")
    text: Label
    postbackData: str
    openUrlAction: _OpenUrl | UnsetType = UNSET
    dialAction: _Dial | UnsetType = UNSET


class _LiveAgentRequest(_Strict, frozen=True):
    pass


class _OAuth(_Strict, frozen=True):
    clientId: str
    codeChallenge: str
    codeChallengeMethod: str = ""
    scopes: list[str] = field(default_factory=list)


class _AuthenticationRequest(_Strict, frozen=True):
    oauth: _OAuth


class _Suggestion(_Strict, frozen=True):
    one_of = ("reply", "action", "liveAgentRequest", "authenticationRequest")
    reply: _Reply | UnsetType = UNSET
    action: _Action | UnsetType = UNSET
    liveAgentRequest: _LiveAgentRequest | UnsetType = UNSET
    authenticationRequest: _AuthenticationRequest | UnsetType = UNSET


_Suggestions = Annotated[list[_Suggestion], Meta(max_length=business_messages_limits.MAX_CHIPS)]
_CardSuggestions = Annotated[list[_Suggestion], Meta(max_length=google_limits.MAX_CARD_CHIPS)]


class _ContentInfo(_Strict, frozen=True):
    fileUrl: Url
    thumbnailUrl: Url | UnsetType = UNSET
    altText: str = ""
    forceRefresh: bool = False


class _Image(_Strict, frozen=True):
    contentInfo: _ContentInfo


class _Media(_Strict, frozen=True):
    height: Literal["SHORT", "MEDIUM", "TALL"]
    contentInfo: _ContentInfo


class _CardContent(_Strict, frozen=True):
    any_of = ("title", "description", "media")
    title: Title = ""
    description: Description = ""
    media: _Media | UnsetType = UNSET
    suggestions: Annotated[list[_Suggestion], Meta(max_length=google_limits.MAX_CARD_CHIPS)] = field(
        default_factory=list
    )


class _StandaloneCard(_Strict, frozen=True):
    cardContent: _CardContent


class _CarouselCard(_Strict, frozen=True):
    cardWidth: Literal["SMALL", "MEDIUM"]
    cardContents: Annotated[
        list[_CardContent],
        Meta(min_length=google_limits.MIN_CAROUSEL_CARDS, max_length=google_limits.MAX_CAROUSEL_CARDS),
    ]


class _RichCard(_Strict, frozen=True):
    one_of = ("standaloneCard", "carouselCard")
    standaloneCard: _StandaloneCard | UnsetType = UNSET
    carouselCard: _CarouselCard | UnsetType = UNSET


class _Message(_Strict, frozen=True):
    one_of = ("text", "image", "richCard")
    text: Text | UnsetType = UNSET
    image: _Image | UnsetType = UNSET
    richCard: _RichCard | UnsetType = UNSET
    suggestions: Annotated[list[_Suggestion], Meta(max_length=business_messages_limits.MAX_CHIPS)] = field(
        default_factory=list
    )
    fallback: Annotated[str, Meta(max_length=business_messages_limits.MAX_FALLBACK)] = ""
    containsRichText: bool = False
