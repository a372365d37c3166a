"""What the forms of messages of Google's messaging channels are made of, with their limits. Pure.

Source: Business Messages and RCS for Business, REST references v1. Not in them, and asked for all the same: words in a
text, `postbackData`, and that addresses are http or https.
"""

from typing import Annotated, Any, ClassVar

import msgspec
from msgspec import UNSET, Meta

from functions.channels import google_limits as limits

Label = Annotated[str, Meta(min_length=1, max_length=limits.MAX_LABEL)]
Url = Annotated[str, Meta(pattern=limits.URL, max_length=limits.MAX_URL)]
Text = Annotated[str, Meta(pattern=r"\S", max_length=limits.MAX_TEXT)]
Title = Annotated[str, Meta(max_length=limits.MAX_CARD_TITLE)]
Description = Annotated[str, Meta(max_length=limits.MAX_CARD_DESCRIPTION)]
PhoneNumber = Annotated[str, Meta(min_length=1)]


class Shape(msgspec.Struct, frozen=True, kw_only=True):
    """`one_of`: exactly one of these fields must be there; `any_of`: at least one."""

    one_of: ClassVar[tuple[str, ...]] = ()
    any_of: ClassVar[tuple[str, ...]] = ()

    def __post_init__(self) -> None:
        if self.one_of and sum(getattr(self, name) is not UNSET for name in self.one_of) != 1:
            raise ValueError(f"exactly one of {', '.join(self.one_of)}")
        if self.any_of and not any(getattr(self, name) for name in self.any_of):
            raise ValueError(f"at least one of {', '.join(self.any_of)}")


def has_shape(value: Any, shape: type[Shape]) -> bool:
    """Tell whether a JSON value has this form."""
    try:
        msgspec.convert(value, shape)
    except (msgspec.ValidationError, RecursionError):
        return False
    return True
