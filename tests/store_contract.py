"""What every store must keep, whatever it is made of: one document, one writer. Run by test_storage.py."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from functions.handoff import ids
from functions.handoff.errors import StoreConflict
from functions.handoff.interfaces import Create, Delete, Record, Replace, Store

NOW = datetime(2024, 5, 1, 12, 0, 0, 123456, tzinfo=UTC)
KEY = "conversations/business_messages:c1"


def record(**body: Any) -> Record:
    return Record(body=body)


def put(store: Store, path: str, content: Record) -> Any:
    return store.commit(Create(path, content))[path]


def body_at(store: Store, path: str) -> dict[str, Any] | None:
    document = store.get(path).get(path)
    return document.record.body if document else None


class StoreContract:
    """The rules. A subclass with a fixture `store`, empty for each test, makes them run."""

    def test_a_record_comes_back_whole(self, store: Store) -> None:
        body = {
            "a@b.c": {"": [1, [2, {"x.y": None}], []], "`": "back`tick", "__name__": {}},
            "text": "naïve 日本 👩‍👩‍👧 \"quoted\" 'single' \\ / \n\t\u2028",
            "numbers": [0, -1, 2**53 + 1, 2**80, 0.1, -2.5e-300, 1e22],
            "flags": [True, False, None],
        }
        written = Record(body=body, state="AGENT", chat_id="PJ0MRSHTDG", due_at=NOW, expire_at=NOW + timedelta(days=30))

        put(store, KEY, written)

        assert store.get(KEY)[KEY].record == written

    def test_half_a_surrogate_pair_and_a_nul_do_no_harm(self, store: Store) -> None:
        put(store, KEY, record(text="\ud83d broken \x00"))

        assert body_at(store, KEY) == {"text": "\ud83d broken \x00"}

    def test_an_empty_record_comes_back_empty(self, store: Store) -> None:
        put(store, KEY, Record(body={}))

        assert store.get(KEY)[KEY].record == Record(body={}, state="", chat_id="", due_at=None, expire_at=None)

    def test_a_time_comes_back_as_plain_utc_of_the_same_microsecond(self, store: Store) -> None:
        elsewhere = NOW.astimezone(timezone(timedelta(hours=5, minutes=30)))

        put(store, KEY, Record(body={}, due_at=elsewhere, expire_at=NOW))

        stored = store.get(KEY)[KEY].record
        assert [stored.due_at, stored.expire_at] == [NOW, NOW]
        assert [(type(at), at and at.tzinfo) for at in (stored.due_at, stored.expire_at)] == [(datetime, UTC)] * 2

    def test_a_time_without_a_zone_is_a_bug(self, store: Store) -> None:
        with pytest.raises(ValueError, match="time zone"):
            put(store, KEY, Record(body={}, due_at=NOW.replace(tzinfo=None)))

    @pytest.mark.parametrize("part", ["+15550100", "a/b", "a:b%c", "..", "__x__", "ü 👍", "a@b.c~=", "x" * 900, ""])
    def test_every_id_that_is_minted_names_a_document(self, store: Store, part: str) -> None:
        key = ids.document_id("rcs", part)
        paths = [f"conversations/{key}", f"conversations/{key}/mailbox/{ids.document_id(part, 'e1')}"]

        store.commit(*[Create(path, record(path=path)) for path in paths])

        found = {path: document.record.body for path, document in store.get(*paths).items()}
        assert found == {path: {"path": path} for path in paths}

    def test_a_caller_keeps_no_hold_on_what_is_stored(self, store: Store) -> None:
        body: dict[str, Any] = {"pending": ["e1"]}
        put(store, KEY, Record(body=body))

        body["pending"].append("e2")
        store.get(KEY)[KEY].record.body["pending"].append("e3")

        assert body_at(store, KEY) == {"pending": ["e1"]}

    def test_one_get_reads_what_is_there_and_leaves_out_what_is_not(self, store: Store) -> None:
        put(store, "chats/C1", record(of=1))
        put(store, "sessions/S1", record(of=2))

        found = store.get("chats/C1", "chats/none", "sessions/S1", f"{KEY}/mailbox/none", "chats/C1")

        assert {path: found[path].record.body["of"] for path in found} == {"chats/C1": 1, "sessions/S1": 2}
        assert sorted(document.path for document in found.values()) == ["chats/C1", "sessions/S1"]
        assert store.get() == {}

    def test_an_expired_document_is_still_returned(self, store: Store) -> None:
        long_ago = Record(body={"x": 1}, expire_at=NOW - timedelta(days=900))

        put(store, KEY, long_ago)

        assert store.get(KEY)[KEY].record == long_ago

    def test_create_is_refused_when_the_document_is_there(self, store: Store) -> None:
        put(store, KEY, record(by="first"))

        with pytest.raises(StoreConflict):
            put(store, KEY, record(by="second"))
        assert body_at(store, KEY) == {"by": "first"}

    def test_replace_leaves_nothing_of_what_was_there(self, store: Store) -> None:
        version = put(store, KEY, Record(body={"a@b.c": 1, "d": {"e": 1}}, state="AGENT", chat_id="C1", due_at=NOW))

        store.commit(Replace(KEY, record(d={"f": 2}), version))

        assert store.get(KEY)[KEY].record == record(d={"f": 2})

    def test_replace_is_refused_for_a_version_of_before(self, store: Store) -> None:
        old = put(store, KEY, record(n=1))
        store.commit(Replace(KEY, record(n=2), old))

        with pytest.raises(StoreConflict):
            store.commit(Replace(KEY, record(n=3), old))
        assert body_at(store, KEY) == {"n": 2}

    def test_replace_is_refused_for_an_absent_document(self, store: Store) -> None:
        version = put(store, "chats/C1", record())

        with pytest.raises(StoreConflict):
            store.commit(Replace("chats/C2", record(), version))
        assert store.get("chats/C2") == {}

    def test_the_version_a_commit_answers_is_good_for_the_next_one(self, store: Store) -> None:
        versions = store.commit(Create(KEY, record(n=1)), Create("chats/C1", record(n=1)))

        assert {path: document.version for path, document in store.get(KEY, "chats/C1").items()} == versions
        for n in (2, 2, 3):
            versions = store.commit(
                Replace(KEY, record(n=n), versions[KEY]), Replace("chats/C1", record(n=n), versions["chats/C1"])
            )
        assert [body_at(store, KEY), body_at(store, "chats/C1")] == [{"n": 3}, {"n": 3}]

    def test_a_delete_needs_its_version_or_none_at_all(self, store: Store) -> None:
        old = put(store, KEY, record(n=1))
        new = store.commit(Replace(KEY, record(n=2), old))[KEY]

        with pytest.raises(StoreConflict):
            store.commit(Delete(KEY, old))
        assert store.commit(Delete(KEY, new)) == {}
        assert store.get(KEY) == {}
        with pytest.raises(StoreConflict):
            store.commit(Delete(KEY, new))
        assert store.commit(Delete(KEY)) == {}

    def test_a_delete_without_version_removes_whatever_is_there(self, store: Store) -> None:
        put(store, KEY, record())
        put(store, f"{KEY}/mailbox/e1", record())

        versions = store.commit(Delete(f"{KEY}/mailbox/e1"), Delete("chats/none"), Create("chats/C1", record()))

        assert list(versions) == ["chats/C1"]
        assert list(store.get(KEY, f"{KEY}/mailbox/e1")) == [KEY]

    def test_a_document_made_again_refuses_the_versions_of_its_former_life(self, store: Store) -> None:
        old = put(store, KEY, record(n=1))
        store.commit(Delete(KEY))
        new = put(store, KEY, record(n=1))

        with pytest.raises(StoreConflict):
            store.commit(Replace(KEY, record(n=2), old))
        with pytest.raises(StoreConflict):
            store.commit(Delete(KEY, old))
        store.commit(Replace(KEY, record(n=3), new))
        assert body_at(store, KEY) == {"n": 3}
