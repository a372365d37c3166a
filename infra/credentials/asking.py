"""Asks the operator: secrets without showing them, questions, and one value shown for a moment where that is wanted.

Where stdin is no terminal, what is entered comes from there, line by line.
"""

import os
import select
import sys
import termios
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from functions.handoff.errors import ConfigError
from infra.credentials.forms import MAX_BYTES, Malformed, decode

_LONGEST_LINE = 1000  # terminals cut a line off without a word: at 1024 bytes here, at 4096 there
_QUIET_S = 0.1  # a paste comes without gaps
_OTHER_SCREEN, _BACK = b"\033[?1049h\033[H", b"\033[?1049l"


class NothingEntered(Exception):
    """There is no more input."""


def is_terminal() -> bool:
    """Whether a person can be asked."""
    return sys.stdin.isatty()


def ask_hidden(prompt: str) -> str:
    """A line that is not shown while it is typed or pasted.

    Raises:
        NothingEntered: the input is over.
        Malformed: it is no text, longer than a terminal takes, or several lines at once.
        ConfigError: this terminal would show it.
    """
    sys.stdout.flush()  # what was said before the question
    line = _typed(prompt) if is_terminal() else sys.stdin.buffer.readline()
    if not line:
        raise NothingEntered
    if len(line) > _LONGEST_LINE:
        raise Malformed("it is longer than a terminal takes: give it as a file, FILE=…")
    return decode(line).removesuffix("\n")


def agrees(question: str) -> bool:
    """Whether the answer is yes; who can't be asked has not agreed.

    Raises:
        NothingEntered: the input is over.
    """
    if not is_terminal():
        return False
    try:
        return input(f"{question} [y/N] ").strip().lower() in {"y", "yes"}
    except EOFError:
        raise NothingEntered from None
    except UnicodeDecodeError:
        return False


def read_whole(source: str) -> str:
    """The text of a file, or of stdin for "-".

    Raises:
        Malformed: it can't be read, is no text or too long.
    """
    try:
        if source == "-":
            return decode(sys.stdin.buffer.read(MAX_BYTES + 1))
        with Path(source).open("rb") as file:
            return decode(file.read(MAX_BYTES + 1))
    except OSError as e:
        raise Malformed(f"{source} can't be read: {e.strerror}") from None


def show_for_a_moment(text: str) -> None:
    """Show it on the terminal's second screen, which leaves nothing behind, until Enter. Not where output goes astray.

    Raises:
        ConfigError: there is no terminal.
    """
    with _silent_terminal() as terminal:
        os.write(terminal, _OTHER_SCREEN + f"{text}\n\nEnter, and it is gone: ".encode())
        try:
            _line_from(terminal)
        finally:
            os.write(terminal, _BACK)


def _typed(prompt: str) -> bytes:
    """A line from the terminal, b"" at its end. What comes with it is taken, too, lest a shell gets it afterwards.

    Raises:
        Malformed: something came with it.
    """
    with _silent_terminal() as terminal:
        os.write(terminal, prompt.encode())
        line = _line_from(terminal)
        has_more = bool(line) and _drained(terminal)
        os.write(terminal, b"\n")
    if has_more:
        raise Malformed("several lines came at once: give it as a file, FILE=…")
    return line


@contextmanager
def _silent_terminal() -> Iterator[int]:
    """The terminal, showing nothing of what is typed. What was typed before, or is left over at the end, is dropped."""
    try:
        terminal = os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY)
    except OSError:
        raise ConfigError("there is no terminal to ask on: give it as a file or through a pipe") from None
    try:
        before = termios.tcgetattr(terminal)
        silent = [*before[:3], before[3] & ~termios.ECHO, *before[4:]]
        termios.tcsetattr(terminal, termios.TCSAFLUSH, silent)
        try:
            yield terminal
        finally:
            with suppress(termios.error):  # it was closed meanwhile
                termios.tcsetattr(terminal, termios.TCSAFLUSH, before)
    except termios.error:
        raise ConfigError("this terminal can't be kept from showing what is typed: give it as a file") from None
    finally:
        os.close(terminal)


def _line_from(terminal: int) -> bytes:
    line = b""
    while not line.endswith(b"\n"):
        part = os.read(terminal, 65536)
        if not part:  # end of input, in the middle of a line or at its beginning
            break
        line += part
    return line


def _drained(terminal: int) -> bool:
    """Whether there was more to take."""
    found = False
    while select.select([terminal], [], [], _QUIET_S)[0]:
        part = os.read(terminal, 65536)
        found = found or bool(part.strip())
        if not part:
            break
    return found
