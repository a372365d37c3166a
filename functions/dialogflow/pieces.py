"""What a bot's messages are made of, whoever wrote them: words, pictures, chips, cards. Pure."""

import html
import re
from collections.abc import Iterable

from functions.handoff.content import Card, Media, OutboundMessage, Suggestion

_WEB_ADDRESS = re.compile(r"https?://[^\s/]", re.IGNORECASE)
_PHONE_ADDRESS = re.compile(r"tel:", re.IGNORECASE)


def joined(*texts: str) -> str:
    """The texts that are there, one per line."""
    return "\n".join(text.strip() for text in texts if text.strip())


def spoken(text: str, ssml: str) -> str:
    """What is to be said aloud, as words: the text, else the markup's."""
    return text or html.unescape(re.sub(r"<[^<>]*>", "", ssml))


def picture(url: str, alt_text: str = "") -> Media | None:
    """A picture or file that can be loaded from the web, else None."""
    url = url.strip()
    return Media(url, alt_text=alt_text.strip()) if _WEB_ADDRESS.match(url) else None


def picture_in_words(url: str, alt_text: str = "") -> str:
    """A picture that can't be loaded from the web, as words; "" for one that can."""
    return "" if picture(url) else joined(alt_text, url)


def reply(label: str, postback: str = "") -> Suggestion | None:
    """A chip that says something; without a label there is nothing to tap."""
    return Suggestion("reply", label.strip(), postback) if label.strip() else None


def link(label: str, address: str, postback: str = "") -> Suggestion | None:
    """A chip that leads to an address; one that begins with `tel:` is called."""
    address = address.strip()
    if _PHONE_ADDRESS.match(address):
        return Suggestion("dial", label.strip(), postback, phone=address[4:].strip())
    return Suggestion("open_url", label.strip(), postback, url=address) if address else None


def is_link(address: str) -> bool:
    """Tell whether a text is an address that a phone can follow."""
    return is_web_link(address) or bool(_PHONE_ADDRESS.match(address.strip()))


def is_web_link(address: str) -> bool:
    """Tell whether a text is an address on the web."""
    return bool(_WEB_ADDRESS.match(address.strip()))


def present(chips: Iterable[Suggestion | None]) -> tuple[Suggestion, ...]:
    """The chips that are there."""
    return tuple(chip for chip in chips if chip)


def message_of_cards(cards: Iterable[Card], text: str = "", media: Media | None = None) -> OutboundMessage:
    """A message of those cards that show something; chips of the others go under it."""
    shown: list[Card] = []
    loose: list[Suggestion] = []
    for card in cards:
        if card.title or card.description or card.media:
            shown.append(card)
        else:
            loose.extend(card.suggestions)
    return OutboundMessage(text, tuple(loose), media=media, cards=tuple(shown))
