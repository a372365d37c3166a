"""The shared agent token: one for all instances, renewed by one of them."""

import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from functions.handoff.errors import (
    ProviderRefused,
    ProviderUnavailable,
)
from functions.handoff.interfaces import Record, Replace, Store
from functions.storage.sqlite import SqliteStore
from tests.livechat_app import LIFE_S, PATH, App, RealClock
from tests.memory_store import MemoryStore
from tests.scripted_server import Answer, Asked, ScriptedServer, scripted_server


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with scripted_server() as running:
        yield running


@pytest.fixture
def memory() -> MemoryStore:
    return MemoryStore()


@pytest.fixture
def app(server: ScriptedServer, memory: MemoryStore) -> App:
    return App(server, memory)


# --- getting one -----------------------------------------------------------------------------------------------------


def test_the_first_use_refreshes_and_shares_the_token(app: App) -> None:
    token = app.instance().get(5)

    assert token == "access-1"
    assert app.refreshes[0].body == {
        "grant_type": "refresh_token",
        "refresh_token": "refresh-1",
        "client_id": "client-1",
        "client_secret": "shh",
    }
    assert app.body()["access_token"] == "access-1"
    assert app.body()["claim"] is None


def test_another_instance_uses_the_shared_token(app: App) -> None:
    app.instance().get(5)

    assert app.instance().get(5) == "access-1"
    assert len(app.refreshes) == 1


def test_a_warm_process_makes_no_store_trip(app: App, memory: MemoryStore) -> None:
    tokens = app.instance()
    tokens.get(5)
    trips: list[tuple[str, ...]] = []
    memory.before_get = trips.append

    app.pass_time(LIFE_S * 0.79)

    assert tokens.get(5) == "access-1"
    assert trips == []


def test_the_token_is_renewed_at_four_fifths_of_its_life(app: App) -> None:
    tokens = app.instance()
    tokens.get(5)

    app.pass_time(LIFE_S * 0.8)

    assert tokens.get(5) == "access-2"
    assert app.body()["access_token"] == "access-2"


@pytest.mark.parametrize("kind", ["sqlite", "memory"])
def test_two_refreshers_at_once_make_one_refresh(server: ScriptedServer, tmp_path: Path, kind: str) -> None:
    store: Store = SqliteStore(tmp_path / "store.db", timeout_s=2.0) if kind == "sqlite" else MemoryStore()
    app = App(server, store)
    app.clock = RealClock()
    grant = app.grants()

    def slowly(asked: Asked) -> Answer:
        answer: Answer = grant(asked)
        time.sleep(0.1)
        return answer

    server.on("/v2/token", slowly)
    got: list[str] = []
    threads = [threading.Thread(target=lambda: got.append(app.instance().get(5))) for _ in range(4)]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert got == ["access-1"] * 4
    assert len(app.refreshes) == 1


def test_threads_of_one_process_make_one_refresh(app: App) -> None:
    tokens = app.instance()
    got: list[str] = []
    threads = [threading.Thread(target=lambda: got.append(tokens.get(5))) for _ in range(4)]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert got == ["access-1"] * 4
    assert len(app.refreshes) == 1


def test_while_another_renews_it_the_old_token_serves(app: App) -> None:
    tokens = app.instance()
    tokens.get(5)
    app.pass_time(LIFE_S * 0.85)
    app.someone_claims(15)

    assert tokens.get(5) == "access-1"
    assert len(app.refreshes) == 1


def test_without_a_usable_token_the_renewal_of_another_is_waited_for(app: App, memory: MemoryStore) -> None:
    app.someone_claims(15)
    reads: list[int] = []

    def finish_on_third(_paths: tuple[str, ...]) -> None:
        reads.append(1)
        if len(reads) == 3:
            memory.before_get = lambda _: None
            document = memory.get(PATH)[PATH]
            now = app.clock.now()
            body = {
                "access_token": "theirs",
                "obtained_at": now.isoformat(),
                "expires_at": (now + timedelta(hours=8)).isoformat(),
                "claim": None,
            }
            memory.commit(Replace(PATH, Record(body=body), document.version))

    memory.before_get = finish_on_third

    assert app.instance().get(5) == "theirs"
    assert app.refreshes == []


def test_waiting_for_another_ends_with_the_call_s_time(app: App) -> None:
    app.someone_claims(15)

    with pytest.raises(ProviderUnavailable) as caught:
        app.instance().get(3)

    assert caught.value.undelivered
    assert app.refreshes == []


# --- refusals --------------------------------------------------------------------------------------------------------


def test_a_refused_token_is_renewed_once(app: App) -> None:
    tokens = app.instance()
    refused = tokens.get(5)
    app.pass_time(3600)

    tokens.refused(refused)

    assert [tokens.get(5), tokens.get(5)] == ["access-2", "access-2"]


def test_a_refused_token_that_another_instance_replaced_is_not_renewed_again(app: App) -> None:
    first, second = app.instance(), app.instance()
    refused = first.get(5)
    second.get(5)
    app.pass_time(3600)
    first.refused(refused)
    first.get(5)

    second.refused(refused)

    assert second.get(5) == "access-2"
    assert len(app.refreshes) == 2


def test_if_a_brand_new_token_is_refused_more_of_them_are_not_made(app: App) -> None:
    tokens = app.instance()
    tokens.refused(tokens.get(5))

    with pytest.raises(ProviderUnavailable) as caught:
        tokens.get(5)
    app.pass_time(60)
    later = tokens.get(5)

    assert (caught.value.error_type, caught.value.undelivered) == ("authentication", True)
    assert later == "access-2"
    assert len(app.refreshes) == 2


@pytest.mark.parametrize("error_type", ["invalid_grant", "invalid_client", "unauthorized_client"])
@pytest.mark.parametrize("field", ["error", "oauth_exception"])
def test_a_refused_grant_is_final(app: App, field: str, error_type: str) -> None:
    app.server.on("/v2/token", Answer(401, {field: error_type, "exception_description": "secret words"}))

    with pytest.raises(ProviderRefused) as caught:
        app.instance().get(5)

    assert ("livechat", error_type) == (caught.value.provider, caught.value.error_type)
    assert "secret words" not in str(caught.value)
    assert app.body()["claim"] is None


@pytest.mark.parametrize(
    "answer",
    [
        Answer(500, {"oauth_exception": "server_error"}),
        Answer(401, {"oauth_exception": "temporarily_unavailable"}),
        Answer(503, None),
        Answer(200, {"access_token": "a"}),
        Answer(200, {"expires_in": 28800}),
        Answer(200, ["not", "an", "object"]),
    ],
)
def test_any_other_failure_passes_and_frees_the_claim(app: App, answer: Answer) -> None:
    app.server.on("/v2/token", answer, app.grants())
    tokens = app.instance()

    with pytest.raises(ProviderUnavailable) as caught:
        tokens.get(5)

    assert caught.value.undelivered
    assert tokens.get(5) == "access-2"
