"""Asking for reconciliations: of whom, at what cost, how fast, and what the operator reads of it."""

import io
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from google.cloud import firestore

from functions.handoff.interfaces import Create, Record, Store
from functions.runtime.config import read_settings
from functions.storage.firestore import FirestoreStore
from functions.storage.sqlite import SqliteStore
from infra.operate.__main__ import main
from infra.operate.calling import kept
from infra.operate.reconcile import PAUSE_S, open_conversations
from tests.scripted_server import Answer, ScriptedServer, scripted_server

KEY, OTHER, PHONE = "business_messages:c-1", "business_messages:c-2", "rcs:+4915112345678"
NOW = datetime.now(UTC)
TWELVE = {"agent_messages": 12, "delivered": 11, "waiting": 1, "missing": [], "recovered": 0, "thread_news": ""}
FINE = {"outcome": "handled", **TWELVE}
LOSS = {"outcome": "handled", "agent_messages": 3, "delivered": 1, "missing": ["T1_3", "T1_4"], "recovered": 2}

Operate = Callable[..., tuple[int, list[str]]]


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No settings file of whoever runs this."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def redeliver() -> Iterator[ScriptedServer]:
    """The function, as it would answer."""
    with scripted_server() as server:
        yield server


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long was waited, without waiting."""
    slept: list[float] = []
    monkeypatch.setattr(time, "sleep", slept.append)
    return slept


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "store.sqlite"


@pytest.fixture
def operate(redeliver: ScriptedServer, path: Path, pauses: list[float], capsys: pytest.CaptureFixture[str]) -> Operate:
    """Runs `reconcile`; answers exit code and lines."""

    def run(*arguments: str) -> tuple[int, list[str]]:
        code = main(["reconcile", *arguments, "--url", f"{redeliver.url}/"], {"STORE": f"sqlite:{path}"})
        return code, capsys.readouterr().out.splitlines()

    return run


def put(store: Store, key: str, state: str, *, chat_id: str = "chat", expires_in_h: float | None = None) -> None:
    expire_at = None if expires_in_h is None else NOW + timedelta(hours=expires_in_h)
    store.commit(Create(f"conversations/{key}", Record(body={}, state=state, chat_id=chat_id, expire_at=expire_at)))


def fill(store: Store) -> None:
    """Three that are worth a call, and one of every kind that is not."""
    put(store, OTHER, "WAITING")
    put(store, KEY, "AGENT", expires_in_h=1)
    put(store, PHONE, "AGENT")
    put(store, "business_messages:with-the-bot", "BOT")
    put(store, "business_messages:over", "AGENT", expires_in_h=-1)
    put(store, "business_messages:no-chat-yet", "WAITING", chat_id="")
    store.commit(Create(f"conversations/{KEY}/mailbox/e", Record(body={}, state="AGENT", chat_id="chat")))


# --- what is said of one ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "code", "words"),
    [
        (Answer(200, FINE), 0, "nothing missing; of 12 agents' messages: 11 delivered, 1 waiting"),
        (Answer(200, LOSS), 0, "2 missing, 2 recovered (T1_3, T1_4); of 3 agents' messages: 1 delivered"),
        (Answer(200, LOSS | {"outcome": "queued", "recovered": 1}), 0, "(T1_3, T1_4): the rest follows"),
        (Answer(200, LOSS | {"outcome": "retry", "recovered": 1}), 1, "(T1_3, T1_4): ask again for the rest"),
        (Answer(200, LOSS | {"outcome": "dead_letter", "recovered": 0}), 1, "given up on the way, see dead-letters"),
        (Answer(200, FINE | {"thread_news": "closed_at_desk"}), 0, "its thread was closed at LiveChat"),
        (Answer(200, FINE | {"thread_news": "newer_thread"}), 0, "LiveChat has a newer thread"),
        (Answer(200, {"outcome": "handled", "missing": [], "agent_messages": 1, "given_up": 1}), 0, "1 given up"),
        (Answer(200, {"outcome": "ignored", "reason": "no_chat", "missing": []}), 1, "it has no chat in LiveChat"),
        (Answer(200, {"outcome": "ignored", "reason": "no_such_conversation", "missing": []}), 1, "no such conv"),
        (Answer(200, {"outcome": "ignored", "reason": "not_found", "missing": []}), 1, "LiveChat refused (not_found)"),
        (Answer(200, {"outcome": "ignored"}), 1, "answered 200"),
        (Answer(400, {"error": "conversation must be a conversation key"}), 1, "must be a conversation key"),
        (Answer(403), 1, "roles/run.invoker"),
    ],
)
def test_what_was_found_is_said_in_words_and_by_the_exit_code(
    redeliver: ScriptedServer, operate: Operate, answer: Answer, code: int, words: str
) -> None:
    redeliver.on("/", answer)

    done, lines = operate(KEY, "--yes")

    assert code == done
    assert lines[0].startswith(f"{KEY}  ")
    assert words in lines[0]
    assert [{"conversation": KEY, "reconcile": True}] == [asked.body for asked in redeliver.asked]


def test_a_function_that_is_not_there_is_asked_once(operate: Operate, capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["reconcile", KEY, "--yes", "--url", "http://127.0.0.1:1/"], {})

    assert (1, True) == (code, "redeliver did not answer (ConnectionError)" in capsys.readouterr().out)


# --- of all ----------------------------------------------------------------------------------------------------------


def test_without_a_name_all_that_wait_or_have_a_person_are_asked_for(
    path: Path, redeliver: ScriptedServer, operate: Operate
) -> None:
    fill(SqliteStore(path))
    redeliver.on("/", Answer(200, LOSS), Answer(200, FINE))

    code, lines = operate("--yes")

    assert [KEY, OTHER, PHONE] == [asked.body["conversation"] for asked in redeliver.asked]
    assert (0, "3 conversations, 2 messages missing, 2 recovered") == (code, lines[-1])
    assert 4 == len(lines)
    assert "4915112345678" not in "\n".join(lines)


def test_between_calls_livechat_is_left_alone_for_a_moment(
    path: Path, redeliver: ScriptedServer, operate: Operate, pauses: list[float]
) -> None:
    fill(SqliteStore(path))
    redeliver.on("/", Answer(200, FINE))

    operate("--yes")

    assert [PAUSE_S] * 2 == pauses


def test_who_is_away_is_asked_again_when_it_said_and_no_more_than_three_times(
    path: Path, redeliver: ScriptedServer, operate: Operate, pauses: list[float]
) -> None:
    away = Answer(503, {"error": "try again later"}, {"Retry-After": "7"})
    fill(SqliteStore(path))
    redeliver.on("/", away, Answer(200, FINE), away, Answer(503), away, Answer(200, FINE))

    code, lines = operate("--yes")

    assert [7.0, PAUSE_S, 7.0, 5.0, PAUSE_S] == pauses
    assert ("not now" in lines[1], 6) == (True, len(redeliver.asked))
    assert (1, "3 conversations, 0 messages missing, 0 recovered, 1 not settled") == (code, lines[-1])


def test_where_there_is_nobody_nothing_is_asked(path: Path, redeliver: ScriptedServer, operate: Operate) -> None:
    put(SqliteStore(path), KEY, "BOT")

    code, lines = operate()

    assert (0, [], 1) == (code, redeliver.asked, len(lines))


def test_without_a_store_it_is_said_so(path: Path, redeliver: ScriptedServer, operate: Operate) -> None:
    assert (2, []) == (operate("--yes")[0], redeliver.asked)


# --- what it costs ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("typed", "code", "calls"), [("y\n", 0, 3), ("yes\n", 0, 3), ("\n", 2, 0), ("", 2, 0)])
def test_the_price_is_said_and_agreed_to_before_anything_is_called(
    path: Path,
    redeliver: ScriptedServer,
    operate: Operate,
    monkeypatch: pytest.MonkeyPatch,
    typed: str,
    code: int,
    calls: int,
) -> None:
    fill(SqliteStore(path))
    redeliver.on("/", Answer(200, FINE))
    monkeypatch.setattr("sys.stdin", io.StringIO(typed))

    done, lines = operate()

    assert "3 conversations: 3 billed calls to LiveChat, and one more for each with a loss." == lines[0]
    assert (code, calls) == (done, len(redeliver.asked))


def test_one_conversation_costs_a_call_too(
    redeliver: ScriptedServer, operate: Operate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("n\n"))

    code, lines = operate(KEY)

    assert "1 conversation: 1 billed call to LiveChat, and one more for each with a loss." == lines[0]
    assert (2, []) == (code, redeliver.asked)


# --- tokens, stores --------------------------------------------------------------------------------------------------


def test_an_identity_token_serves_for_half_an_hour() -> None:
    now = [0.0]
    asked: list[str] = []

    def get_token(url: str) -> str:
        asked.append(url)
        return f"token {len(asked)}"

    get = kept(get_token, lambda: now[0])
    tokens: list[Any] = []
    for at in (0.0, 1800.0, 1801.0):
        now[0] = at
        tokens.append(get("https://redeliver.example"))

    assert ["token 1", "token 1", "token 2"] == tokens


@pytest.mark.emulator
def test_firestore_gives_the_same_conversations(
    firestore_client: firestore.Client, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stores: list[Store] = [SqliteStore(path), FirestoreStore(firestore_client, timeout_s=30)]
    for store in stores:
        fill(store)

    sqlite = open_conversations(read_settings({"STORE": f"sqlite:{path}"}))
    in_firestore = open_conversations(read_settings({"GOOGLE_CLOUD_PROJECT": firestore_client.project}))

    assert [KEY, OTHER, PHONE] == sqlite == in_firestore
