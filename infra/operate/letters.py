"""The dead letters of a store, newest first."""

from collections.abc import Iterator
from typing import NamedTuple

import msgspec

from functions.handoff.dead_letters import DeadLetter, from_record
from functions.handoff.errors import ConfigError
from functions.handoff.interfaces import Record
from functions.runtime.config import Settings
from functions.storage.records import text_to_body
from infra.operate.documents import Row, read_documents


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


def _readable(rows: Iterator[Row]) -> Iterator[Listed]:
    for row in rows:
        try:
            yield Listed(row.id, from_record(Record(body=text_to_body(row.body))))
        except msgspec.ValidationError as e:
            raise ConfigError(f"dead letter {row.id} was written by another version of the bundle: {e}") from e
