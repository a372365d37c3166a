"""The dead letters of a store, newest first."""

from collections.abc import Iterator
from typing import NamedTuple

import msgspec

from functions.handoff.dead_letters import DeadLetter, from_record
from functions.handoff.errors import ConfigError
from functions.handoff.interfaces import Document
from functions.runtime.config import Settings
from infra.operate.documents import read_documents


class Listed(NamedTuple):
    """A dead letter and its id."""

    id: str
    letter: DeadLetter


def read_letters(settings: Settings) -> list[Listed]:
    """Every dead letter of the store that STORE names, newest first; nothing is changed, or made.

    Raises:
        ConfigError: the store is not there, or there are no credentials for it.
    """
    listed = _readable(read_documents(settings, "dead_letters"))
    return sorted(listed, key=lambda listed: listed.letter.at, reverse=True)


def letters_of(settings: Settings, key: str) -> list[Listed]:
    """Those of one conversation; as `read_letters`."""
    found = read_documents(settings, "dead_letters")
    listed = _readable(one for one in found if one.record.body.get("conversation") == key)
    return sorted(listed, key=lambda listed: listed.letter.at, reverse=True)


def _readable(documents: Iterator[Document]) -> Iterator[Listed]:
    for found in documents:
        letter_id = found.path.rpartition("/")[2]
        try:
            yield Listed(letter_id, from_record(found.record))
        except msgspec.ValidationError as e:
            raise ConfigError(f"dead letter {letter_id} was written by another version of the bundle: {e}") from e
