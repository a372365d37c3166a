"""Agents' Markdown (CommonMark) as plain text that reads well. Pure.

Business Messages has rich text of its own, but which marks it takes is not published, and a wrong one has the message
refused: so the marks go and what they meant stays.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING
from urllib.parse import unquote

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

_MAX_CHARACTERS = 16_000
_MAX_NESTING = 20
_MARKUP = re.compile(r"[\\`*_\[<>&#~]|^[ \t]*(?:[-+=]|\d{1,9}[.)])", re.MULTILINE)
_LINE_BREAK_BEFORE_WORDS = re.compile(r"\n(?!\n|$)")


def as_plain(text: str) -> str:
    """The text without its marks; as it was typed where it has none, or where reading them would cost words.

    Emphasis, headings and code keep their words, links read "label (address)", lists "• " or their numbers, quotes
    "> ". HTML stays as typed. Also as typed: text over 16,000 characters or nested deeper than 20, which bounds the
    time for hostile input to about half a second.
    """
    if len(text) > _MAX_CHARACTERS or not _MARKUP.search(text):
        return text
    try:
        tokens = _parser().parse(text)
        if any(token.level >= _MAX_NESTING - 1 and token.nesting == 1 for token in tokens):
            return text  # the parser drops what is nested deeper
        plain = _render(tokens).strip("\n")
    except Exception:  # a parser of others, fed by strangers: the agent's words arrive whatever it does
        return text
    return plain if plain.strip() else text


@cache
def _parser() -> "MarkdownIt":
    """Loaded with the first Markdown: it costs a cold start forty milliseconds, and most deployments never need it."""
    from markdown_it import MarkdownIt  # noqa: PLC0415

    # "[Note]: text" is somebody's note far more often than the definition of a link, which would not be shown.
    return MarkdownIt("commonmark", {"maxNesting": _MAX_NESTING}).disable("reference")


# --- blocks ----------------------------------------------------------------------------------------------------------


@dataclass
class _Open:
    """A block that has begun: what is in it so far; `is_loose`: its parts stand apart."""

    token: "Token | None" = None
    parts: list[str] = field(default_factory=list)
    is_loose: bool = False
    number: int = 0

    @property
    def content(self) -> str:
        return ("\n\n" if self.is_loose else "\n").join(self.parts)


def _render(tokens: "Sequence[Token]") -> str:
    stack = [_Open(is_loose=True)]
    for token in tokens:
        if token.nesting > 0:
            stack.append(_Open(token, is_loose=token.type == "blockquote_open"))
        elif token.nesting < 0:
            closed = stack.pop()
            _note_looseness(closed, stack)
            render = _CONTAINERS.get(token.type, _plain_block)
            stack[-1].parts.append(render(closed, stack[-1]))
        else:
            stack[-1].parts.append(_LEAVES.get(token.type, _as_typed)(token))
    return stack[0].content


def _note_looseness(closed: _Open, stack: list[_Open]) -> None:
    """A list whose items' paragraphs are not hidden has blank lines between its items."""
    is_paragraph = closed.token is not None and closed.token.type == "paragraph_open" and not closed.token.hidden
    if is_paragraph and stack[-1].token and stack[-1].token.type == "list_item_open":
        stack[-1].is_loose = stack[-2].is_loose = True


def _plain_block(closed: _Open, _parent: _Open) -> str:
    return closed.content


def _quote(closed: _Open, _parent: _Open) -> str:
    return "\n".join(f"> {line}".rstrip() for line in closed.content.split("\n"))


def _item(closed: _Open, parent: _Open) -> str:
    """Numbers go up from the first, and follow what was typed where that skips some."""
    mark = "• "
    if closed.token and closed.token.info:
        typed = int(closed.token.info)
        parent.number = max(typed, parent.number + 1) if parent.parts else typed
        mark = f"{parent.number}{closed.token.markup} "
    return (mark + _LINE_BREAK_BEFORE_WORDS.sub("\n" + " " * len(mark), closed.content)).rstrip()


_CONTAINERS: dict[str, Callable[[_Open, _Open], str]] = {"blockquote_close": _quote, "list_item_close": _item}


def _as_typed(token: "Token") -> str:
    return token.content.rstrip("\n")


def _fence(token: "Token") -> str:
    """Behind the opening marks stands a language's name, or words that were meant to be on a new line."""
    return "\n".join(line for line in (token.info.strip(), token.content.rstrip("\n")) if line)


_LEAVES: dict[str, Callable[["Token"], str]] = {
    "inline": lambda token: _inline(token.children or ()),
    "fence": _fence,
    "hr": lambda _: "---",
}


# --- within a line ---------------------------------------------------------------------------------------------------


def _inline(tokens: "Sequence[Token]") -> str:
    said: list[str] = []
    links: list[tuple[int, Token]] = []
    for token in tokens:
        if token.type == "link_open":
            links.append((len(said), token))
        elif token.type == "link_close":
            start, opened = links.pop()
            label = "".join(said[start:])
            said[start:] = [_link(label, opened, "href")]
        else:
            said.append(_MARKS.get(token.type, _content)(token))
    return "".join(said)


def _content(token: "Token") -> str:
    return token.content


def _image(token: "Token") -> str:
    return _link(_inline(token.children or ()), token, "src")


_MARKS: dict[str, Callable[["Token"], str]] = {
    "softbreak": lambda _: "\n",
    "hardbreak": lambda _: "\n",
    "image": _image,
}


def _link(label: str, token: "Token", attribute: str) -> str:
    """The label with the address behind it; one of them where they say the same."""
    url, title = str(token.attrGet(attribute) or ""), str(token.attrGet("title") or "")
    words = " – ".join(one for one in dict.fromkeys((label.strip(), title.strip())) if one)
    if not words or not url:
        return words or url
    is_same = words in {url, url.removeprefix("mailto:")} or unquote(words) == unquote(url)
    return words if is_same else f"{words} ({url})"
