"""What an operator is shown of the dead letters: newest first, nobody's number, no text unless it is asked for."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from google.cloud import firestore

from functions.handoff.dead_letters import DeadLetter, as_resent, dead_letter_id, dead_letter_path, to_record
from functions.handoff.interfaces import Create, Document, Record, Store
from functions.storage.firestore import FirestoreStore
from functions.storage.sqlite import SqliteStore
from infra.operate.__main__ import main
from infra.operate.lines import shown_duration, text_of

NOW = datetime.now(UTC).replace(microsecond=0)
MONTH = timedelta(days=30)
KEY = "business_messages:c-1"
PHONE = "rcs:+4915112345678"

List = Callable[..., list[str]]


def a_letter(entry_id: str, hours_ago: float = 1, *, key: str = KEY, text: str = "secret", **fields: Any) -> DeadLetter:
    at = NOW - timedelta(hours=hours_ago)
    letter = DeadLetter(
        conversation=key,
        entry_id=entry_id,
        entry={"kind": "user_message", "id": entry_id, "source_at": at.isoformat(), "text": text},
        reason="validation",
        accepted_at=at - timedelta(hours=24, minutes=6),
        at=at,
    )
    return msgspec.structs.replace(letter, **fields)


def put(store: Store, *letters: DeadLetter | Record) -> None:
    for number, one in enumerate(letters):
        record = one if isinstance(one, Record) else to_record(one, earlier=None, retention=MONTH)
        body = record.body
        letter_id = dead_letter_id(body.get("conversation", ""), body.get("entry_id", str(number)))
        store.commit(Create(dead_letter_path(letter_id), record))


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No settings file of whoever runs this."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "store.sqlite"


@pytest.fixture
def store(path: Path) -> SqliteStore:
    return SqliteStore(path)


@pytest.fixture
def listed(path: Path, capsys: pytest.CaptureFixture[str]) -> List:
    """Runs `dead-letters` on the store; answers the lines it printed."""

    def run(*arguments: str) -> list[str]:
        assert 0 == main(["dead-letters", *arguments], {"STORE": f"sqlite:{path}"})
        return capsys.readouterr().out.splitlines()

    return run


def test_the_newest_comes_first_with_what_one_needs_to_judge_it(store: SqliteStore, listed: List) -> None:
    older, newer = a_letter("u1", 5), a_letter("u2", 1, failed_before=9)
    resent = as_resent(to_record(newer, earlier=None, retention=MONTH), NOW)
    put(store, older, to_record(newer, earlier=Document("dead_letters/u2", resent, 1), retention=MONTH))

    lines = listed()

    assert f"{dead_letter_id(KEY, 'u2')}  {newer.at:%Y-%m-%d %H:%M:%SZ}  user_message  validation" == lines[0]
    assert f"    {KEY}, waited 24.1 h, its provider had failed 9× in a row, sent again 1×" == lines[1]
    assert f"{dead_letter_id(KEY, 'u1')}  {older.at:%Y-%m-%d %H:%M:%SZ}  user_message  validation" == lines[2]
    assert "2 dead letters" == lines[-1]


def test_what_was_written_is_shown_only_where_it_is_asked_for(store: SqliteStore, listed: List) -> None:
    put(store, a_letter("u1", text="my   card is\n4711"))

    assert "4711" not in "\n".join(listed())
    assert "    my card is 4711" in listed("--show-text")


def test_a_phone_number_is_shown_as_a_digest_and_not_in_the_id_either(store: SqliteStore, listed: List) -> None:
    put(store, a_letter("u1", key=PHONE))

    lines = "\n".join(listed())

    assert "4915112345678" not in lines
    assert "rcs:#" in lines


def test_what_was_sent_again_is_out_of_sight_unless_all_are_asked_for(store: SqliteStore, listed: List) -> None:
    put(store, as_resent(to_record(a_letter("u1"), earlier=None, retention=MONTH), NOW))

    assert ["0 dead letters"] == listed()
    assert f"sent again 1×, last {NOW:%Y-%m-%d %H:%M:%SZ}" in listed("--all")[1]


def test_what_has_expired_is_not_listed_though_it_is_still_there(store: SqliteStore, listed: List) -> None:
    put(store, a_letter("u1", 31 * 24), a_letter("u2", 29 * 24))

    assert "1 dead letter" == listed()[-1]


def test_only_dead_letters_are_listed(store: SqliteStore, listed: List) -> None:
    store.commit(Create("conversations/dead_letters", Record(body={}, expire_at=NOW + MONTH)))

    assert ["0 dead letters"] == listed()


def test_the_oldest_of_many_are_counted_and_not_shown(store: SqliteStore, listed: List) -> None:
    put(store, *(a_letter(f"u{number}", number) for number in range(5)))

    lines = listed("--limit", "2")

    assert ("2 dead letters", "3 older ones not shown (--limit)") == (lines[-2], lines[-1])
    assert dead_letter_id(KEY, "u0") in lines[0]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"reason": "mailbox_full"}, "never tried"),
        ({"reason": "poison", "takeovers": 3}, "3 workers died on it"),
        ({"failed_before": 0}, "failed at the first try"),
    ],
)
def test_it_says_what_is_known_of_the_tries(
    store: SqliteStore, listed: List, fields: Mapping[str, Any], words: str
) -> None:
    put(store, a_letter("u1", **fields))

    assert words in listed()[1]


def test_what_nothing_is_left_of_is_listed_too(store: SqliteStore, listed: List) -> None:
    put(store, a_letter("u1", entry={}, reason="unreadable"))

    assert listed("--show-text")[0].endswith("  unknown  unreadable")


@pytest.mark.parametrize(
    ("entry", "text"),
    [
        ({"kind": "bot_reply", "messages": [{"text": "one"}, {"text": "two"}]}, "one / two"),
        ({"kind": "agent_message", "text": "hello"}, "hello"),
        ({"kind": "close_chat"}, "(no text)"),
        ({}, "(no text)"),
    ],
)
def test_the_text_of_every_kind_of_letter_is_found(entry: dict[str, Any], text: str) -> None:
    assert text == text_of(entry)


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(-1, "0 s"), (12.3, "12 s"), (60, "1 min"), (5400, "1.5 h"), (86700, "24.1 h"), (8 * 86400, "8 d")],
)
def test_durations_are_shown_in_the_largest_unit_that_they_fill(seconds: float, shown: str) -> None:
    assert shown == shown_duration(timedelta(seconds=seconds))


def test_looking_makes_no_store_where_there_is_none(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["dead-letters"], {"STORE": f"sqlite:{path}"})

    assert (2, False) == (code, path.exists())
    assert f"STORE names no SQLite file: {path}" in capsys.readouterr().err


def test_a_file_that_is_no_store_is_said_to_be_none(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path.write_text("something else altogether, and rather longer than a header of SQLite is")

    assert 2 == main(["dead-letters"], {"STORE": f"sqlite:{path}"})
    assert "can't be read as a store" in capsys.readouterr().err


@pytest.mark.emulator
def test_firestore_is_listed_alike(
    firestore_client: firestore.Client, store: SqliteStore, listed: List, capsys: pytest.CaptureFixture[str]
) -> None:
    letters = [a_letter("u1", 5), a_letter("u2", 1), a_letter("u3", 31 * 24)]
    put(store, *letters)
    put(FirestoreStore(firestore_client, timeout_s=30), *letters)  # an emulator just started is slow
    alike = listed("--show-text")

    code = main(["dead-letters", "--show-text"], {"GOOGLE_CLOUD_PROJECT": firestore_client.project})

    assert (0, alike) == (code, capsys.readouterr().out.splitlines())
    assert "2 dead letters" == alike[-1]
