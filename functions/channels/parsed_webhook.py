"""What a channel's webhook says, in the one form that all doors take. Pure."""

import msgspec

from functions.handoff.events import InboundEvent, JsonObject


class ParsedWebhook(msgspec.Struct, frozen=True, kw_only=True):
    """What one webhook says: an `event` for the core, or in `ignored` the name of what is not for it.

    `address` is what the client sends by; `locale` is BCP 47; "" where the webhook does not say.
    """

    conversation_key: str
    address: JsonObject
    user_name: str = ""
    locale: str = ""
    context: dict[str, str] = {}
    event: InboundEvent | None = None
    ignored: str = ""
