"""What messages of Google's two channels are made of in the same way. Unknown fields are refused.

Source: Business Messages REST reference v1; RCS for Business, phones.agentMessages.
"""

from typing import Annotated

import msgspec
from msgspec import Meta

Label = Annotated[str, Meta(min_length=1, max_length=25)]
Url = Annotated[str, Meta(pattern="^https?://", max_length=2048)]
LongText = Annotated[str, Meta(max_length=3072)]
Title = Annotated[str, Meta(max_length=200)]
Description = Annotated[str, Meta(max_length=2000)]


class Strict(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Refuses a field that it does not have, by name."""


class Dial(Strict, frozen=True):
    """Calls somebody."""

    phoneNumber: Annotated[str, Meta(min_length=1)]
