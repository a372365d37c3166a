"""The two stores as the chaos run handles them: taken away from outside, and looked into when all is over."""

import json
import os
import signal
import sqlite3
import uuid
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Protocol

from google.cloud import firestore

from functions.handoff.conversation import BOT, Conversation, from_record
from functions.handoff.interfaces import Record
from infra.firestore_emulator import running_emulator
from infra.sandbox.standin import JsonObject

SQLITE, EMULATOR = STORES = ("sqlite", "emulator")


class StoreUnderTest(Protocol):
    """One of the stores. `name`: as shown. `settings`: what the functions need for it."""

    name: str
    settings: dict[str, str]

    def away(self) -> AbstractContextManager[None]:
        """Out of reach for the time of the block."""
        ...

    def bodies(self, collection: str) -> list[JsonObject]:
        """What the documents of a collection hold."""
        ...


class SqliteUnderTest:
    """A file that somebody else locks for writing."""

    name = "SQLite"

    def __init__(self, folder: Path) -> None:
        self._path = folder / "store.sqlite"
        self.settings = {"STORE": f"sqlite:{self._path}"}

    @contextmanager
    def away(self) -> Iterator[None]:
        """Hold the write lock from outside."""
        with closing(sqlite3.connect(self._path, timeout=30, isolation_level=None)) as connection:
            connection.execute("BEGIN EXCLUSIVE")
            yield
            connection.execute("ROLLBACK")

    def bodies(self, collection: str) -> list[JsonObject]:
        """What the documents of a collection hold."""
        with closing(sqlite3.connect(self._path, timeout=30)) as connection:
            rows = connection.execute("SELECT body FROM documents WHERE collection = ?", (collection,)).fetchall()
        return [json.loads(body) for (body,) in rows]


class EmulatorUnderTest:
    """Google's emulator, stopped in its tracks."""

    name = "Firestore emulator"

    def __init__(self, port: int) -> None:
        project = f"chaos-{uuid.uuid4().hex[:12]}"
        host = f"127.0.0.1:{port}"
        self.settings = {"STORE": "firestore", "FIRESTORE_EMULATOR_HOST": host, "GOOGLE_CLOUD_PROJECT": project}
        self._pid = _pid_with(f"--port={port}")
        os.environ["FIRESTORE_EMULATOR_HOST"] = host
        try:
            self._client = firestore.Client(project=project)
        finally:
            del os.environ["FIRESTORE_EMULATOR_HOST"]

    @contextmanager
    def away(self) -> Iterator[None]:
        """Stop the process, and let it go on."""
        os.kill(self._pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(self._pid, signal.SIGCONT)

    def bodies(self, collection: str) -> list[JsonObject]:
        """What the documents of a collection hold."""
        return [json.loads(one.get("body")) for one in self._client.collection(collection).stream(timeout=60)]


@contextmanager
def opened(kind: str, folder: Path) -> Iterator[StoreUnderTest]:
    """The store of that kind (one of `STORES`), for the time of the block.

    Raises:
        RuntimeError: there is no emulator on this machine.
    """
    if kind == SQLITE:
        yield SqliteUnderTest(folder)
        return
    with running_emulator() as port:
        yield EmulatorUnderTest(port)


def _pid_with(argument: str) -> int:
    """The Java process with this argument; there is one: the port is its own."""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            arguments = (folder / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if arguments[0].endswith(b"java") and argument.encode() in arguments:
            return int(folder.name)
    raise RuntimeError(f"no emulator with {argument}")


# --- what it holds ---------------------------------------------------------------------------------------------------


def conversations(store: StoreUnderTest) -> list[Conversation]:
    """Every conversation."""
    return [from_record(Record(body=body)) for body in store.bodies("conversations")]


def unsettled(everything: Sequence[Conversation], now: datetime) -> dict[str, str]:
    """Conversations with something still to do, and what: waiting entries, a lease, an alarm, a chat to be checked."""
    return {c.key: ", ".join([c.state, *to_do]) for c in everything if (to_do := _to_do(c, now))}


def _to_do(c: Conversation, now: datetime) -> list[str]:
    kinds = ", ".join(p.kind for p in c.pending[:3])
    return [
        *([f"{len(c.pending)} pending ({kinds})"] if c.pending else []),
        *(["leased"] if c.lease else []),
        *(["overdue"] if c.due_at and c.due_at < now else []),
        *(["chat to be checked"] if "chat_check" in c.timers else []),
    ]


def with_a_person(everything: Sequence[Conversation]) -> dict[str, str]:
    """Conversations that are not with the bot: the thread they are in by the channel's id."""
    return {_user_of(c): c.thread_id for c in everything if c.state != BOT}


def _user_of(c: Conversation) -> str:
    return str(c.address.get("conversationId") or c.address.get("phone") or c.key)
