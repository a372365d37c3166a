"""Messages that a bot's author wrote in a channel's own form: what a person would read of them. Pure."""

from collections.abc import Iterator
from typing import Any

_WORDS = ("text", "title", "description", "altText", "fileUrl", "url", "phoneNumber")


def words_in(value: Any) -> str:
    """Every text for people in it, each once, in the order it was written."""
    return "\n".join(dict.fromkeys(_words(value)))


def _words(value: Any) -> Iterator[str]:
    if isinstance(value, list):
        for item in value:
            yield from _words(item)
    if isinstance(value, dict):
        for name, item in value.items():
            if name in _WORDS and isinstance(item, str) and item.strip():
                yield item.strip()
            yield from _words(item)
