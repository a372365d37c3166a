"""The form of a Business Messages message, with its limits; an unknown field or a null has no place in it. Pure.

Source: Business Messages REST reference v1 (conversations.messages), as of 2024-11. Not in it, and asked for all the
same: words in a text, something to see on a card, `postbackData`, and that addresses are http or https.
"""

from typing import Annotated, Any, ClassVar, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from functions.channels import business_messages_limits as limits

_Label = Annotated[str, Meta(min_length=1, max_length=limits.MAX_LABEL)]
_Url = Annotated[str, Meta(pattern=limits.URL, max_length=limits.MAX_URL)]


def is_message(body: Any) -> bool:
    """Tell whether the API would take this as a message, once it has an id and a representative."""
    try:
        msgspec.convert(body, _Message)
    except (msgspec.ValidationError, RecursionError):
        return False
    return True


class _Strict(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`one_of`: exactly one of these fields must be there; `any_of`: at least one."""

    one_of: ClassVar[tuple[str, ...]] = ()
    any_of: ClassVar[tuple[str, ...]] = ()

    def __post_init__(self) -> None:
        if self.one_of and sum(getattr(self, name) is not UNSET for name in self.one_of) != 1:
            raise ValueError(f"exactly one of {', '.join(self.one_of)}")
        if self.any_of and not any(getattr(self, name) for name in self.any_of):
            raise ValueError(f"at least one of {', '.join(self.any_of)}")


class _Reply(_Strict, frozen=True):
    text: _Label
    postbackData: str


class _OpenUrl(_Strict, frozen=True):
    url: _Url


class _Dial(_Strict, frozen=True):
    phoneNumber: Annotated[str, Meta(min_length=1)]


class _Action(_Strict, frozen=True):
    one_of = ("openUrlAction", "dialAction")
    text: _Label
    postbackData: str
    openUrlAction: _OpenUrl | UnsetType = UNSET
    dialAction: _Dial | UnsetType = UNSET


class _LiveAgentRequest(_Strict, frozen=True):
    pass


class _OAuth(_Strict, frozen=True):
    clientId: str
    codeChallenge: str
    codeChallengeMethod: str = ""
    scopes: list[str] = []


class _AuthenticationRequest(_Strict, frozen=True):
    oauth: _OAuth


class _Suggestion(_Strict, frozen=True):
    one_of = ("reply", "action", "liveAgentRequest", "authenticationRequest")
    reply: _Reply | UnsetType = UNSET
    action: _Action | UnsetType = UNSET
    liveAgentRequest: _LiveAgentRequest | UnsetType = UNSET
    authenticationRequest: _AuthenticationRequest | UnsetType = UNSET


class _ContentInfo(_Strict, frozen=True):
    fileUrl: _Url
    thumbnailUrl: _Url | UnsetType = UNSET
    altText: str = ""
    forceRefresh: bool = False


class _Image(_Strict, frozen=True):
    contentInfo: _ContentInfo


class _Media(_Strict, frozen=True):
    height: Literal["SHORT", "MEDIUM", "TALL"]
    contentInfo: _ContentInfo


class _CardContent(_Strict, frozen=True):
    any_of = ("title", "description", "media")
    title: Annotated[str, Meta(max_length=limits.MAX_CARD_TITLE)] = ""
    description: Annotated[str, Meta(max_length=limits.MAX_CARD_DESCRIPTION)] = ""
    media: _Media | UnsetType = UNSET
    suggestions: Annotated[list[_Suggestion], Meta(max_length=limits.MAX_CARD_CHIPS)] = []


class _StandaloneCard(_Strict, frozen=True):
    cardContent: _CardContent


class _CarouselCard(_Strict, frozen=True):
    cardWidth: Literal["SMALL", "MEDIUM"]
    cardContents: Annotated[
        list[_CardContent], Meta(min_length=limits.MIN_CAROUSEL_CARDS, max_length=limits.MAX_CAROUSEL_CARDS)
    ]


class _RichCard(_Strict, frozen=True):
    one_of = ("standaloneCard", "carouselCard")
    standaloneCard: _StandaloneCard | UnsetType = UNSET
    carouselCard: _CarouselCard | UnsetType = UNSET


class _Message(_Strict, frozen=True):
    one_of = ("text", "image", "richCard")
    text: Annotated[str, Meta(pattern=r"\S", max_length=limits.MAX_TEXT)] | UnsetType = UNSET
    image: _Image | UnsetType = UNSET
    richCard: _RichCard | UnsetType = UNSET
    suggestions: Annotated[list[_Suggestion], Meta(max_length=limits.MAX_CHIPS)] = []
    fallback: Annotated[str, Meta(max_length=limits.MAX_FALLBACK)] = ""
    containsRichText: bool = False
