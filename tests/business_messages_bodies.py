"""Bodies of outbound Business Messages as a test reads them: would they be taken, and what does the user see."""

from itertools import cycle, islice
from typing import Any

import msgspec
from hypothesis import strategies as st

from functions.handoff.content import COMMONMARK, Card, Media, OutboundMessage, Suggestion
from infra.sandbox.business_messages_schema import Message, check_message, objections

Body = dict[str, Any]
LIVE_AGENT = "liveAgentRequest"
_FRAME = {"messageId": "id-1", "representative": {"representativeType": "BOT"}}


def check_body(body: Body) -> None:
    """Fails unless the stand-in would take it, without an objection and with words for phones that show no more."""
    message = msgspec.convert(msgspec.json.decode(msgspec.json.encode(body | _FRAME)), Message)
    check_message(message)
    assert list(objections(message)) == []
    assert message.fallback.strip()


def cards_of(body: Body) -> list[Body]:
    rich = body.get("richCard", {})
    alone = rich.get("standaloneCard")
    cards: list[Body] = [alone["cardContent"]] if alone else rich.get("carouselCard", {}).get("cardContents", [])
    return cards


def chips_of(body: Body) -> list[Body]:
    on_cards = [chip for card in cards_of(body) for chip in card.get("suggestions", [])]
    return [*on_cards, *body.get("suggestions", [])]


def words_of(body: Body) -> str:
    """All that can be read of one body; its fallback, labels and postbacks are not."""
    infos = [card["media"]["contentInfo"] for card in cards_of(body) if "media" in card]
    infos += [body["image"]["contentInfo"]] if "image" in body else []
    read = [body.get("text", ""), *(text for info in infos for text in (info.get("altText", ""), info["fileUrl"]))]
    read += [text for card in cards_of(body) for text in (card.get("title", ""), card.get("description", ""))]
    return "\n".join(text for text in read if text)


def said(bodies: list[Body]) -> str:
    return "\n".join(words_of(body) for body in bodies)


def targets(bodies: list[Body]) -> set[str]:
    """What can be reached by tapping: postbacks, addresses, numbers, a person."""
    chips = [chip for body in bodies for chip in chips_of(body)]
    found = {LIVE_AGENT for chip in chips if LIVE_AGENT in chip}
    labelled = [chip.get("reply") or chip.get("action") for chip in chips]
    for chip in filter(None, labelled):
        found |= {chip["postbackData"], chip.get("openUrlAction", {}).get("url", "")}
        found.add(chip.get("dialAction", {}).get("phoneNumber", ""))
    return found - {""}


# --- messages --------------------------------------------------------------------------------------------------------

_wild = st.text(max_size=8) | st.builds(str.__mul__, st.text(max_size=3), st.sampled_from([13, 201, 1025]))
_urls = st.sampled_from(
    ["https://shop.example/a.png", "http://s.example/b.JPG?x=1#y", "https://[", "ftp://x", "", "x y"]
)
_kinds = st.sampled_from(["reply", "open_url", "dial", "live_agent", "hologram"])
_sizes = st.sampled_from([0, 1, 5_000_000, 5_000_001])


def _messages(texts: st.SearchStrategy[str], urls: st.SearchStrategy[str]) -> st.SearchStrategy[OutboundMessage]:
    chip = st.builds(Suggestion, _kinds, texts, texts, urls, texts)
    types = st.sampled_from(["", "image/png", "IMAGE/JPEG; q=1", "image/gif", "application/pdf"])
    media = st.none() | st.builds(Media, urls, texts, types, _sizes, texts)
    cards = st.builds(Card, texts, texts, media, st.lists(chip, max_size=6).map(tuple))
    formats = st.sampled_from(["", COMMONMARK])
    return st.builds(OutboundMessage, texts, _few(chip, 15), formats, media, _few(cards, 12), texts)


def _few(one: st.SearchStrategy[Any], most: int) -> st.SearchStrategy[tuple[Any, ...]]:
    """A few different ones, repeated up to `most` times."""
    several = st.lists(one, max_size=min(most, 6))
    return st.builds(lambda items, size: tuple(islice(cycle(items), size)), several, st.integers(0, most))


wild_messages = _messages(_wild, _urls | _wild)
"""Anything at all."""

_starts = st.integers(0, 10**6)
_words = st.builds(
    lambda start, count: " ".join(f"w{start + number}" for number in range(count)),
    _starts,
    st.sampled_from([0, 1, 2, 30, 300, 600]),
)
word_messages = _messages(
    _words, st.builds("https://shop.example/{}.{}".format, _starts, st.sampled_from(["png", "pdf"]))
)
"""Those whose words can be found again."""
