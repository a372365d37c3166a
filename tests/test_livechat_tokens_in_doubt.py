"""The shared agent token when things break in the middle: nothing is lost, nobody is locked out."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from functions.handoff.errors import (
    ConfigError,
    HandoffError,
    ProviderUnavailable,
    StoreConflict,
    StoreUnavailable,
)
from functions.handoff.interfaces import Create, Record, Replace, Write
from tests.livechat_app import LIFE_S, PATH, App
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


# --- crashes and lost acknowledgements -------------------------------------------------------------------------------


def test_a_claim_left_behind_runs_out(app: App) -> None:
    app.someone_claims(15)
    app.pass_time(15)

    assert app.instance().get(5) == "access-1"


def test_a_lost_acknowledgement_of_the_claim_costs_no_second_claimant(app: App, memory: MemoryStore) -> None:
    def applied_but_refused(_writes: tuple[Write, ...]) -> None:
        memory.after_commit = lambda _: None
        raise StoreConflict("the retry of a commit that was applied")

    memory.after_commit = applied_but_refused

    assert app.instance().get(5) == "access-1"
    assert len(app.refreshes) == 1


def test_a_token_that_cannot_be_shared_is_used_all_the_same(app: App, memory: MemoryStore) -> None:
    def away(_writes: tuple[Write, ...]) -> None:
        raise StoreUnavailable("away")

    tokens = app.instance()
    memory.after_commit = lambda _: setattr(memory, "before_commit", away)  # the claim goes in, nothing after it

    assert tokens.get(5) == "access-1"
    assert tokens.get(5) == "access-1"
    assert app.body()["access_token"] == ""


def test_a_claim_that_ran_out_during_the_renewal_does_not_undo_a_newer_token(app: App, memory: MemoryStore) -> None:
    grant = app.grants()

    def overtaken(asked: Asked) -> Answer:
        document = memory.get(PATH)[PATH]
        at = app.clock.now() + timedelta(seconds=20)
        body = {
            "access_token": "newer",
            "obtained_at": at.isoformat(),
            "expires_at": (at + timedelta(hours=8)).isoformat(),
            "claim": None,
        }
        memory.commit(Replace(PATH, Record(body=body), document.version))
        answer: Answer = grant(asked)
        return answer

    app.server.on("/v2/token", overtaken)

    app.instance().get(5)

    assert app.body()["access_token"] == "newer"


def test_a_changed_refresh_token_is_stored_before_the_access_token(app: App, memory: MemoryStore) -> None:
    app.server.on("/v2/token", app.grants("refresh-2"))
    seen: list[tuple[str, str]] = []

    def look(writes: tuple[Write, ...]) -> None:
        written = writes[0]
        assert isinstance(written, Create | Replace)
        seen.append((app.secret.refresh_token, written.record.body["access_token"]))

    memory.before_commit = look

    app.instance().get(5)

    assert seen == [("refresh-1", ""), ("refresh-2", "access-1")]
    assert json.loads(app.secret.read()) == {"client_secret": "shh", "refresh_token": "refresh-2", "note": "kept"}


def test_an_unchanged_refresh_token_makes_no_new_version(app: App) -> None:
    app.instance().get(5)

    assert len(app.secret.versions) == 1


def test_a_changed_refresh_token_that_could_not_be_stored_is_stored_first_next_time(app: App) -> None:
    app.server.on("/v2/token", app.grants("refresh-2"))
    app.secret.fails_with = HandoffError("secrets are away")
    tokens = app.instance()

    with pytest.raises(ProviderUnavailable) as caught:
        tokens.get(5)
    token = tokens.get(5)

    assert (caught.value.error_type, caught.value.undelivered) == ("secret_unavailable", True)
    assert token == "access-1"
    assert app.secret.refresh_token == "refresh-2"
    assert len(app.refreshes) == 1


def test_a_refresh_token_stored_by_somebody_else_meanwhile_is_not_overwritten(app: App) -> None:
    grant = app.grants("refresh-2")

    def authorised_anew(asked: Asked) -> Answer:
        app.secret.versions.append(json.dumps({"client_secret": "shh", "refresh_token": "from-operator"}))
        answer: Answer = grant(asked)
        return answer

    app.server.on("/v2/token", authorised_anew)

    app.instance().get(5)

    assert app.secret.refresh_token == "from-operator"


def test_a_refresh_token_replaced_while_it_was_used_is_read_again(app: App) -> None:
    def replaced(_asked: Asked) -> Answer:
        app.secret.versions.append(json.dumps({"client_secret": "shh", "refresh_token": "refresh-9"}))
        return Answer(401, {"oauth_exception": "invalid_grant"})

    app.server.on("/v2/token", replaced, app.grants())

    assert app.instance().get(5) == "access-2"
    assert [asked.body["refresh_token"] for asked in app.refreshes] == ["refresh-1", "refresh-9"]


# --- the surroundings ------------------------------------------------------------------------------------------------


def test_with_the_store_away_the_old_token_serves_while_it_is_good(app: App, memory: MemoryStore) -> None:
    def away(_paths: tuple[str, ...]) -> None:
        raise StoreUnavailable("away")

    tokens = app.instance()
    tokens.get(5)
    memory.before_get = away
    app.pass_time(LIFE_S * 0.9)

    good = tokens.get(5)
    app.pass_time(LIFE_S * 0.1)
    with pytest.raises(ProviderUnavailable) as caught:
        tokens.get(5)

    assert good == "access-1"
    assert (caught.value.error_type, caught.value.undelivered) == ("agent_token_store", True)


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '"text"', "{}", '{"client_secret": "shh"}', '{"client_secret": "", "refresh_token": "t"}']
)
def test_a_secret_that_cannot_be_read_is_named(app: App, text: str) -> None:
    app.secret.versions.append(text)

    with pytest.raises(ConfigError, match="livechat-oauth") as caught:
        app.instance().get(5)

    assert "shh" not in str(caught.value)


@pytest.mark.parametrize(
    "body", [{"access_token": 5}, {"expires_at": "soon"}, {"claim": "mine"}, {"access_token": "t"}]
)
def test_a_record_that_cannot_be_read_counts_as_empty(app: App, body: dict[str, Any]) -> None:
    app.store.commit(Create(PATH, Record(body=body)))

    assert app.instance().get(5) == "access-1"


def test_a_failed_early_renewal_leaves_the_old_token_in_use_and_is_noted(app: App) -> None:
    tokens = app.instance()
    tokens.get(5)
    app.server.on("/v2/token", Answer(503, None))
    app.pass_time(LIFE_S * 0.85)

    got = [tokens.get(5), tokens.get(5)]

    assert got == ["access-1", "access-1"]
    assert len(app.refreshes) == 2
    assert app.journal.happenings == [("agent_token_not_renewed", {"reason": "http_503"})]


def test_an_expired_token_is_never_given_out(app: App) -> None:
    tokens = app.instance()
    tokens.get(5)
    app.server.on("/v2/token", Answer(503, None))
    app.pass_time(LIFE_S)

    with pytest.raises(ProviderUnavailable):
        tokens.get(5)


def test_a_renewal_is_not_begun_with_too_little_time(app: App) -> None:
    with pytest.raises(ProviderUnavailable) as caught:
        app.instance().get(1.5)

    assert caught.value.undelivered
    assert app.refreshes == []
