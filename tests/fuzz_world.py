"""One deployment in process: the real doors, core and SQLite store, with the providers and the clock in our hands.

It can be put back to where a scene begins, so that every example is on its own.
"""

import contextlib
import io
import json
import os
import sqlite3
import tempfile
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

import flask
import pytest

import main
from functions.handoff.changes import conversation_path
from functions.handoff.conversation import Conversation, from_record
from functions.handoff.links import Links
from functions.runtime import wiring
from tests.doors import BOT, CHANNEL, DESK, RCS, WAKE_UP, in_envelope, signature
from tests.fakes import seeded
from tests.fuzz_outside import Outside
from tests.fuzz_pairs import BUSINESS_MESSAGES_ES, Pair

CHAT, THREAD, JANE = "CHAT000001", "THREAD0001", "jane@shop.example"
ORGANIZATION, CLIENT = "11111111-2222-4333-8444-555555555555", "0123456789abcdef0123456789abcd00"
PARTNER_KEY, WEBHOOK_SECRET, TOKEN = "partner-key", "example-webhook-secret", "dialogflow-token"
RCS_TOKEN = "example-client-token"
SCENES = BUSINESS_MESSAGES_ES.scenes

FILES = "http://127.0.0.1:9"
"""Where users' files would be: nobody answers there."""

_LOOPBACK = "http://127.0.0.1:9"
_SETTINGS = {
    "GOOGLE_CLOUD_PROJECT": "p",
    "LIVECHAT_ORGANIZATION_ID": ORGANIZATION,
    "LIVECHAT_CLIENT_ID": CLIENT,
    "REDELIVER_URL": f"{_LOOPBACK}/redeliver",
    "TASKS_QUEUE": "projects/p/locations/l/queues/q",
    **{f"{name}_API_URL": _LOOPBACK for name in ("LIVECHAT", "BUSINESS_MESSAGES", "RCS", "DIALOGFLOW", "TASKS")},
    "LIVECHAT_ACCOUNTS_URL": _LOOPBACK,
    "ATTACHMENT_HOSTS": FILES.removeprefix("http://"),
    "RECEIPTS_TO_LIVECHAT": "all",
}
_SECRETS = {
    "livechat-oauth": json.dumps({"client_secret": "s", "refresh_token": "refresh"}),
    "livechat-webhook-secret": WEBHOOK_SECRET,
    "business-messages-partner-key": PARTNER_KEY,
    "rcs-client-token": RCS_TOKEN,
    "dialogflow-webhook-token": TOKEN,
}


class Ticking:
    """A clock that moves a little at each look, and by what is slept."""

    def __init__(self) -> None:
        self.at = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)

    def now(self) -> datetime:
        self.at += timedelta(milliseconds=1)
        return self.at

    def sleep(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


class Answered(NamedTuple):
    """What came of one request: the answer, what was written to stdout, the processor's time."""

    status: int
    text: str
    log: str
    seconds: float


Row = tuple[Any, ...]


class World:
    """The deployment, and its database seen from outside."""

    def __init__(self, folder: Path, pair: Pair = BUSINESS_MESSAGES_ES) -> None:
        self.pair = pair
        self.clock = Ticking()
        self.outside = Outside()
        self.path = folder / "store.sqlite"
        self._database = sqlite3.connect(self.path, isolation_level=None)
        self._scenes: dict[str, tuple[list[Row], datetime, dict[str, str]]] = {}

    # --- scenes ---

    def play_scenes(self) -> None:
        """Play up to each scene once, to come back to it later."""
        self.send(WAKE_UP, b"{}")  # makes the tables
        joining = {"chat_id": CHAT, "thread_id": THREAD, "user_type": "agent"}
        joining["user"] = {"id": JANE, "type": "agent", "name": "Jane", "visibility": "all"}  # type: ignore[assignment]
        closing = {"chat_id": CHAT, "thread_id": THREAD, "user_id": JANE}
        users = self.pair.door
        self._keep("nobody")
        self._play("bot", "nobody", users, self.pair.says("m-0", "hi"))
        self._play("waiting", "bot", users, self.pair.asks)
        self._play("agent", "waiting", DESK, {"action": "user_added_to_chat", "payload": joining})
        self._play("returned", "agent", DESK, {"action": "chat_deactivated", "payload": closing})
        if self.pair.leaves:
            self._play("unsubscribed", "agent", users, self.pair.leaves)

    def _play(self, scene: str, after: str, door: str, body: Mapping[str, Any]) -> None:
        self.begin(after)
        answered = self.send_proven(door, body)
        assert (200, []) == (answered.status, self.outside.faults), (answered, self.outside.faults)
        self._keep(scene)

    def _keep(self, scene: str) -> None:
        self._scenes[scene] = (self.rows(), self.clock.at, dict(self.outside.sent_ids))

    def begin(self, scene: str) -> None:
        """Put everything back to where a scene begins."""
        rows, at, sent_ids = self._scenes[scene]
        self.clock.at = at
        self.outside.forget()
        self.outside.sent_ids = dict(sent_ids)
        self._database.execute("BEGIN IMMEDIATE")
        self._database.execute("DELETE FROM documents")
        self._database.executemany("INSERT INTO documents VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)
        self._database.execute("COMMIT")
        bundle = wiring.bundle()
        wiring._bundle = bundle._replace(links=Links(bundle.store))

    # --- what is stored ---

    def rows(self, above: int = -1) -> list[Row]:
        """Documents written by a later commit than this."""
        return self._database.execute("SELECT * FROM documents WHERE version > ?", (above,)).fetchall()

    def commits(self) -> int:
        """How many commits there were."""
        found = self._database.execute("SELECT number FROM commits").fetchone()
        return int(found[0])

    def conversations(self) -> list[Conversation]:
        """Every conversation as the core reads it."""
        paths = self._database.execute("SELECT path FROM documents WHERE collection = 'conversations'").fetchall()
        return [from_record(one.record) for (path,) in paths for one in wiring.bundle().store.get(path).values()]

    def conversation(self) -> Conversation | None:
        """The one that the scenes are about."""
        found = wiring.bundle().store.get(conversation_path(self.pair.key))
        return next((from_record(one.record) for one in found.values()), None)

    # --- requests ---

    def send(self, door: str, raw: bytes, headers: Mapping[str, str] | None = None, **environ: Any) -> Answered:
        """One request straight into the function; nothing is caught."""
        request = flask.Request(_environ(raw, headers or {}) | environ)
        out = io.StringIO()
        started = time.thread_time()
        with contextlib.redirect_stdout(out):
            response = getattr(main, door)(request)
        return Answered(
            response.status_code, response.get_data(as_text=True), out.getvalue(), time.thread_time() - started
        )

    def send_proven(self, door: str, body: Mapping[str, Any]) -> Answered:
        """One request with the proof that the door asks for."""
        if door == DESK:
            body = {"secret_key": WEBHOOK_SECRET, "organization_id": ORGANIZATION, **body}
        data = json.dumps(body).encode()
        return self.send(door, in_wrapping(door, data), proof(door, data))


def proof(door: str, data: bytes) -> dict[str, str]:
    """The headers that say who sends this."""
    tokens = {CHANNEL: PARTNER_KEY, RCS: RCS_TOKEN}
    if door in tokens:
        return signature(tokens[door], data)
    return {"X-Webhook-Token": TOKEN} if door == BOT else {}


def in_wrapping(door: str, data: bytes) -> bytes:
    """The body that data comes in."""
    return json.dumps(in_envelope(data)).encode() if door == RCS else data


def _environ(raw: bytes, headers: Mapping[str, str]) -> dict[str, Any]:
    given = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": "/",
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(raw),
        "CONTENT_LENGTH": str(len(raw)),
        "CONTENT_TYPE": "application/json",
    }
    names = {name: name.upper().replace("-", "_") for name in headers}
    plain = {"CONTENT_LENGTH", "CONTENT_TYPE"}
    return given | {name if name in plain else f"HTTP_{name}": headers[one] for one, name in names.items()}


@contextlib.contextmanager
def temporary_world(pair: Pair = BUSINESS_MESSAGES_ES) -> Iterator[World]:
    """The deployment with a database in memory, where the machine has a disk there: it is written to all the time."""
    in_memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with tempfile.TemporaryDirectory(dir=in_memory) as folder, _world(Path(folder), pair) as one:
        yield one


@contextlib.contextmanager
def _world(folder: Path, pair: Pair) -> Iterator[World]:
    """The deployment, for as long as the block lasts."""
    one = World(folder, pair)
    secrets = folder / "secrets.json"
    secrets.write_text(json.dumps(_SECRETS))
    secrets.chmod(0o600)
    with pytest.MonkeyPatch.context() as patch:
        where = {"DIALOGFLOW_AGENT": pair.bot, "STORE": f"sqlite:{one.path}", "SECRETS": f"file:{secrets}"}
        for name, value in {**_SETTINGS, **pair.settings, **where}.items():
            patch.setenv(name, value)
        patch.setattr(wiring, "_bundle", None)
        patch.setattr(wiring, "HttpClient", one.outside.told)
        patch.setattr(wiring, "SystemClock", lambda: one.clock)
        patch.setattr(wiring, "random", SimpleNamespace(Random=seeded))
        one.play_scenes()
        yield one
