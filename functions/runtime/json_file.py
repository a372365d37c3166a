"""Reads JSON files that an operator wrote, and says what is wrong with them: names are repeated, values are not."""

import json
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Any

from functions.handoff.json_fields import clean_text

_NAME_CHARACTERS = 40  # of what is repeated
_FAULTS_TOLD = 10


def read_json_file(path: str) -> Any:
    """What the file at `path` holds.

    Raises:
        ValueError: it can't be read, is not JSON, or has a name twice in one object; in words that fit behind the
            variable that names the file.
    """
    try:
        return json.loads(Path(path).read_text("utf-8-sig"), object_pairs_hook=_unique)
    except UnicodeDecodeError:
        raise ValueError("names a file that is not UTF-8 text") from None
    except OSError:
        raise ValueError("names a file that can't be read") from None
    except _Repeated as e:
        raise ValueError(f"names a file in which {e} stands twice in one object") from None
    except (ValueError, RecursionError):
        raise ValueError("names a file that is not JSON") from None


class _Repeated(Exception):
    """A name that stands twice in one object: a reader would drop one of the two."""


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, one in pairs:
        if name in found:
            raise _Repeated(quoted(name))
        found[name] = one
    return found


class Faults(ValueError):
    """What is wrong with what a file holds: the first ones, and how many more."""


def refuse(faults: list[str]) -> None:
    """Let pass only if there are none.

    Raises:
        Faults: there are.
    """
    if faults:
        raise Faults(first_of(faults))


def first_of(faults: list[str]) -> str:
    """As many of them as an operator can take in at once, in words."""
    more = f"; and {len(faults) - _FAULTS_TOLD} more" if len(faults) > _FAULTS_TOLD else ""
    return f"{'; '.join(faults[:_FAULTS_TOLD])}{more}"


def check_names(given: Iterable[str], known: Collection[str], what: str) -> None:
    """Let pass only what is known.

    Raises:
        ValueError: one is not; says that it is no such `what`, and which one may be meant.
    """
    for name in given:
        if name not in known:
            raise ValueError(f"{quoted(name)} is no {what}{near(name, known)}")


def near(name: str, known: Collection[str]) -> str:
    """Which of `known` may be meant by `name`, in brackets; all of them, if none is like it."""
    import difflib  # noqa: PLC0415 - only where something is wrong: not at every cold start

    by_folded = {one.lower(): one for one in known}
    likely = difflib.get_close_matches(name.lower(), by_folded, 1)
    return f" (did you mean {by_folded[likely[0]]}?)" if likely else f" (there are: {', '.join(known)})"


def quoted(name: str) -> str:
    """A name from a file as it can be repeated: bounded, on one line."""
    return json.dumps(clean_text(name[:_NAME_CHARACTERS]), ensure_ascii=False)
