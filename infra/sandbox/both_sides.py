"""Both sides of a conversation as lines: the user's phone on the left, LiveChat on the right."""

import textwrap
from collections.abc import Callable
from typing import TYPE_CHECKING, TextIO

import msgspec

from infra.sandbox.inbox import Entry, JsonObject, agents_present, chat_entries
from infra.sandbox.users import lines_of

if TYPE_CHECKING:
    from infra.sandbox.sandbox import Sandbox

PHONE = "PHONE"
LIVECHAT = "LIVECHAT"
CHIP_WORDS = {"liveAgentRequest": "Talk to a person", "authenticationRequest": "Sign in"}
_WORDLESS = {"live_agent_request": "[asks for a person]", "survey": "[survey]"}
_FRAMING = {"REPRESENTATIVE_JOINED": "joined", "REPRESENTATIVE_LEFT": "left"}
_COLOURS = {"user": "0", "BOT": "36", "HUMAN": "32", "private": "33", "quiet": "2"}
_MIN_COLUMN = 24


class Line(msgspec.Struct, frozen=True):
    """One line on one side; `key` tells it from all others there, `style` is a key of the colours."""

    side: str
    key: str
    at: str
    style: str
    said: str


class Follower:
    """Reads both sides of one conversation, each line once.

    Args:
        find_chat: answers its chat, "" while there is none; None: every chat there is.
    """

    def __init__(
        self, sandbox: "Sandbox", conversation: str, user: str, find_chat: Callable[[], str] | None = None
    ) -> None:
        self._sandbox = sandbox
        self._conversation = conversation
        self._user = user or "User"
        self._find_chat = find_chat
        self._seen: set[tuple[str, str]] = set()

    def read_new(self) -> list[Line]:
        """What came since the last time, in order of time, and on each side in the order shown there."""
        lines = [line for line in (*self._phone(), *self._livechat()) if (line.side, line.key) not in self._seen]
        self._seen.update((line.side, line.key) for line in lines)
        return sorted(lines, key=lambda line: line.at[:26])  # one side writes nanoseconds, the other microseconds

    def _phone(self) -> list[Line]:
        lines = lines_of(self._sandbox, self._conversation)
        return [_phone_line(self._user, number, line) for number, line in enumerate(lines)]

    def _livechat(self) -> list[Line]:
        return [_livechat_line(entry, chat, self._user) for chat in self._chats() for entry in chat_entries(chat)]

    def _chats(self) -> list[JsonObject]:
        livechat = self._sandbox.livechat
        if self._find_chat is None:
            return list(livechat.state()["chats"])
        chat_id = self._find_chat()
        return [livechat.chat_state(chat_id)] if chat_id else []


def _phone_line(user: str, number: int, line: JsonObject) -> Line:
    key, at = str(number), line["at"]
    if line["from"] == "user":
        return Line(PHONE, key, at, "user", f"{user}: {_words(line)}")
    voice = f"{line.get('representative', '')} {line.get('name', '')}".strip()
    if line["kind"] == "event":
        return Line(PHONE, key, at, line["representative"], f"-- {voice} {_FRAMING[line['event']]} --")
    chips = " ".join(f"[{CHIP_WORDS.get(label, label)}]" for label in line.get("suggestions", ()))
    text = f"{voice}: {_words(line)}".removeprefix(": ")
    return Line(PHONE, key, at, line.get("representative", "quiet"), f"{text}\n{chips}" if chips else text)


def _words(line: JsonObject) -> str:
    """What a line says; of what says nothing, what it is; a file's name."""
    if isinstance(line.get("file"), dict):
        return str(line["file"]["fileUrl"]).rpartition("/")[2]
    if "image" not in line:
        return str(line.get("text") or _WORDLESS.get(line["kind"]) or f"[{line['kind']}]")
    described = line["image"]["contentInfo"].get("altText", "") if isinstance(line["image"], dict) else ""
    return f"[picture] {described}".strip()


def _livechat_line(entry: Entry, chat: JsonObject, user: str) -> Line:
    said = entry.text
    if entry.role == "system":
        here = ", ".join(user["name"] for user in agents_present(chat)) or "nobody yet"
        said = f"-- {said}: {here} --" if entry.key.startswith("opened/") else f"-- {said} --"
        return Line(LIVECHAT, entry.key, entry.at, "quiet", said)
    if entry.fields:
        said = "\n".join([entry.fields[0][1], *(f"{label}: {answer}" for label, answer in entry.fields[1:])])
    if entry.private:
        who = f" {entry.who}" if entry.role == "agent" else ""
        return Line(LIVECHAT, entry.key, entry.at, "private", f"AGENTS ONLY{who}: {said}")
    is_agent = entry.role == "agent"  # a user has the same name on both sides, though a channel may tell none
    who, style = (entry.who, "HUMAN") if is_agent else (user, "user")
    return Line(LIVECHAT, entry.key, entry.at, style, f"{who}: {said}")


class Columns:
    """Prints lines as two columns.

    Args:
        width: of both columns together, in characters.
        colour: whether `out` understands colours.
    """

    def __init__(self, out: TextIO, width: int, *, colour: bool) -> None:
        self._out = out
        self._column = max(_MIN_COLUMN, (width - 3) // 2)
        self._colour = colour

    def print_head(self) -> None:
        """Name the columns."""
        self._print_row("quiet", f" {PHONE}", LIVECHAT)
        self._print_row("quiet", "─" * self._column, "─" * (self._column - 1))

    def print_line(self, line: Line) -> None:
        """Print one line on its side, wrapped."""
        for row in _wrapped(line.said, self._column - 2):
            left, right = (f" {row}", "") if line.side == PHONE else ("", row)
            self._print_row(line.style, left, right)

    def _print_row(self, style: str, left: str, right: str) -> None:
        row = f"{self._paint(style, f'{left:<{self._column}}')} │ {self._paint(style, right)}"
        print(row.rstrip(), file=self._out, flush=True)

    def _paint(self, style: str, text: str) -> str:
        return f"\x1b[{_COLOURS[style]}m{text}\x1b[0m" if self._colour and text.strip() else text


def _wrapped(said: str, width: int) -> list[str]:
    first, *others = said.splitlines() or [""]
    rows = textwrap.wrap(first, width, subsequent_indent="  ")
    for other in others:
        rows += textwrap.wrap(other, width, initial_indent="  ", subsequent_indent="    ")
    return rows
