"""From a chat or a session to its conversation: one read, remembered within a bound."""

import pytest

from functions.handoff import links as links_module
from functions.handoff.errors import StoreUnavailable
from functions.handoff.interfaces import Create, Record
from functions.handoff.links import Links
from tests.core_records import KEY
from tests.memory_store import MemoryStore


class Counted:
    """A store holding some links, and how often it was read."""

    def __init__(self, *paths: str) -> None:
        self.reads: list[tuple[str, ...]] = []
        self.store = MemoryStore()
        for path in paths:
            self.store.commit(Create(path, Record(body={"conversation": f"{KEY}/{path}"})))
        self.store.before_get = self.reads.append
        self.links = Links(self.store)


def test_a_link_leads_to_its_conversation() -> None:
    assert f"{KEY}/chats/C1" == Counted("chats/C1").links.find_key("chats/C1")


def test_a_known_link_is_read_once() -> None:
    counted = Counted("chats/C1")

    found = [counted.links.find_key("chats/C1") for _ in range(3)]

    assert [f"{KEY}/chats/C1"] * 3 == found
    assert [("chats/C1",)] == counted.reads


def test_an_absent_link_is_asked_for_again() -> None:
    counted = Counted()
    assert counted.links.find_key("chats/C1") is None
    counted.store.commit(Create("chats/C1", Record(body={"conversation": KEY})))

    assert KEY == counted.links.find_key("chats/C1")


def test_the_links_used_longest_ago_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(links_module, "_REMEMBERED", 2)
    counted = Counted("chats/C1", "chats/C2", "chats/C3")

    for name in ["C1", "C2", "C1", "C3", "C1", "C2"]:
        counted.links.find_key(f"chats/{name}")

    assert [("chats/C1",), ("chats/C2",), ("chats/C3",), ("chats/C2",)] == counted.reads


def test_a_store_that_is_away_is_said_to_be_away() -> None:
    counted = Counted("chats/C1")

    def away(_paths: object) -> None:
        raise StoreUnavailable("memory")

    counted.store.before_get = away

    with pytest.raises(StoreUnavailable):
        counted.links.find_key("chats/C1")
