"""Splitting long text without breaking what a person sees as one character."""

from collections.abc import Callable, Iterator

import regex

_BREAKS = (regex.compile(r"(?<=[.!?。！？…])\s+(?!\p{M})|\n+(?!\p{M})"), regex.compile(r"\s+(?!\p{M})"))
_GRAPHEME = regex.compile(r"\X")


def split_text(text: str, limit: int, measure: Callable[[str], int] = len) -> list[str]:
    """Cut `text` into parts of at most `limit` (in what `measure` counts), in order.

    Cuts after a sentence if that fills at least half a part, else between words, else between graphemes. Nothing but
    the white space at a cut is lost. A text within the limit is returned as it is.
    """
    parts: list[str] = []
    rest = text
    while measure(rest) > limit:
        end, start = _cut(rest, limit, measure)
        parts.append(rest[:end])
        rest = rest[start:]
    return [*parts, rest] if rest or not parts else parts


def _cut(text: str, limit: int, measure: Callable[[str], int]) -> tuple[int, int]:
    """Where the first part ends and where the rest starts."""
    fits = _longest_prefix(text, limit, measure)
    for pattern, least in zip(_BREAKS, (fits // 2, 1), strict=True):
        spans = [m.span() for m in pattern.finditer(text, 0, fits + 2) if least <= m.start() <= fits]
        if spans:
            return spans[-1]
    return fits, fits


def _longest_prefix(text: str, limit: int, measure: Callable[[str], int]) -> int:
    """End of the longest run of whole graphemes within the limit; at least one character, however long its grapheme."""
    end = size = 0
    for grapheme in _graphemes(text):
        size += measure(grapheme)
        if size > limit:
            break
        end += len(grapheme)
    return end or _longest_broken_prefix(text, limit, measure)


def _graphemes(text: str) -> Iterator[str]:
    return (m.group() for m in _GRAPHEME.finditer(text))


def _longest_broken_prefix(text: str, limit: int, measure: Callable[[str], int]) -> int:
    """For a single grapheme longer than a whole message: there is no better place than between code points."""
    end = 1
    while end < len(text) and measure(text[: end + 1]) <= limit:
        end += 1
    return end


def utf8_length(text: str) -> int:
    """Length in UTF-8 bytes."""
    return len(text.encode("utf-8", "surrogatepass"))


def cut_at_word(text: str, limit: int) -> str:
    """The beginning of `text`, at most `limit` characters, ending at a word where there is one."""
    if len(text) <= limit:
        return text
    end, _ = _cut(text, limit, len)
    return text[:end]
