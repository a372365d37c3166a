"""Erasing a user: all of it, whatever dies or is written in between, and nobody muted by half of it."""

from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from functions.handoff.changes import chat_path, conversation_path
from functions.handoff.errors import StoreUnavailable
from functions.handoff.events import UserMessage
from functions.handoff.interfaces import Create, Delete, Record, Replace, Store
from functions.runtime.config import Settings, read_settings
from functions.storage.firestore import FirestoreStore
from functions.storage.sqlite import SqliteStore
from infra.operate import forget as module
from infra.operate.forget import Erased, forget
from tests.core_world import BOB, KEY, Died, World
from tests.operate_world import OTHER, OperatedStore, StoreWorld

LETTER = Record(body={"conversation": KEY, "chat_id": "chat-before"}, state="validation")


@pytest.fixture
def sqlite(tmp_path: Path) -> Iterator[tuple[Store, Settings]]:
    opened = SqliteStore(tmp_path / "store.sqlite", timeout_s=10.0)
    yield opened, read_settings({"STORE": f"sqlite:{tmp_path / 'store.sqlite'}"})
    opened.close()


@pytest.fixture
def firestore(request: pytest.FixtureRequest) -> tuple[Store, Settings]:
    client = request.getfixturevalue("firestore_client")
    return FirestoreStore(client, timeout_s=30.0), read_settings({"GOOGLE_CLOUD_PROJECT": client.project})


@pytest.fixture(params=["sqlite", pytest.param("firestore", marks=pytest.mark.emulator)])
def world(request: pytest.FixtureRequest) -> StoreWorld:
    """One user who was with a person and is with the bot again, and another user."""
    store, settings = request.getfixturevalue(request.param)
    return a_past(StoreWorld(store, settings))


def a_past(world: StoreWorld) -> StoreWorld:
    world.handed_over()
    world.say("thank you")
    world.agent_closes()
    world.say("hello bot")
    world.real_store.commit(
        Create("dead_letters/of-this-one", LETTER),
        Create("chats/chat-before", Record(body={"conversation": KEY})),
        Create(conversation_path(OTHER), Record(body={"key": OTHER})),
        Create(f"{conversation_path(OTHER)}/mailbox/e", Record(body={})),
        Create("dead_letters/of-another", Record(body={"conversation": OTHER})),
        Create("chats/of-another", Record(body={"conversation": OTHER})),
    )
    return world


def forgotten(world: StoreWorld, store: Store | None = None, **how: Any) -> Erased:
    given = {"force": False, "clock": world.clock, **how}
    return forget(world.settings, store or world.real_store, KEY, **given)


@pytest.fixture
def few_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Many commits for few documents, to die between."""
    monkeypatch.setattr(module, "_AT_ONCE", 2)


def is_served(world: World, text: str) -> bool:
    """Whether the user is answered by the bot, as any new user would be."""
    world.say(text)
    return [f"bot: {text}"] == world.channel.texts[-1:] and not world.pending


# --- what is erased --------------------------------------------------------------------------------------------------


def test_everything_of_this_user_is_erased_and_nothing_of_another(world: StoreWorld) -> None:
    chat_id, others = world.conversation.chat_id, world.kept(OTHER)

    erased = forgotten(world)

    assert ("", []) == (erased.refusal, world.kept())
    assert [erased.counts[kind] for kind in ("conversation", "links", "dead letters")] == [1, 3, 1]
    assert erased.counts["mailbox entries"] > 5
    assert sorted([chat_id, "chat-before"]) == erased.chat_ids
    assert (4, others) == (len(others), world.kept(OTHER))


def test_done_again_it_finds_nothing_to_do(world: StoreWorld) -> None:
    forgotten(world)
    store = OperatedStore(world.real_store)

    again = forgotten(world, store)

    assert (0, "", 0) == (sum(again.counts.values()), again.refusal, store.commits)


def test_the_next_message_begins_a_new_conversation(world: StoreWorld) -> None:
    forgotten(world)

    assert is_served(world, "hello again")
    assert ("", ()) == (world.conversation.chat_id, world.conversation.handoffs)


def test_what_the_desk_says_afterwards_of_the_old_chat_leads_nowhere(world: StoreWorld) -> None:
    chat_id = world.conversation.chat_id
    event = world.agent_writes("too late", webhook=False)
    forgotten(world)

    assert world.peek(chat_path(chat_id)) is None
    assert "ignored" == world.desk_says(event).outcome
    assert [] == world.kept()


# --- while the functions run -----------------------------------------------------------------------------------------


def number_of_commits(world: StoreWorld) -> int:
    store = OperatedStore(world.real_store)
    forgotten(world, store)
    return store.commits


def worlds(world: StoreWorld, folder: Path) -> Iterator[tuple[int, StoreWorld]]:
    """A world anew for each commit that forgetting this one takes, and the commit's number."""
    for number in range(1, number_of_commits(world) + 1):
        path = folder / f"{number}.sqlite"
        yield number, a_past(StoreWorld(SqliteStore(path), read_settings({"STORE": f"sqlite:{path}"})))


@pytest.fixture
def of_sqlite(sqlite: tuple[Store, Settings]) -> StoreWorld:
    return a_past(StoreWorld(*sqlite))


@pytest.mark.usefixtures("few_at_once")
@pytest.mark.parametrize("after", [False, True])
def test_whoever_dies_between_any_two_deletes_mutes_nobody_and_the_next_run_ends_it(
    of_sqlite: StoreWorld, tmp_path: Path, after: bool
) -> None:
    tried = 0
    for number, world in worlds(of_sqlite, tmp_path):
        with pytest.raises(Died):
            forgotten(world, OperatedStore(world.real_store).dying(number, after=after))
        tried += 1

        assert is_served(world, f"died at {number}")
        assert ("", []) == (forgotten(world).refusal, world.kept())
    assert tried > 5


@pytest.mark.usefixtures("few_at_once")
@pytest.mark.parametrize("drain", [True, False])
def test_a_message_that_comes_between_any_two_deletes_is_answered_once(
    of_sqlite: StoreWorld, tmp_path: Path, drain: bool
) -> None:
    for number, world in worlds(of_sqlite, tmp_path):
        message = UserMessage(id="middle", source_at=world.clock.now(), text="in the middle")
        accept = partial(world.accept, message, drain=drain)

        erased = forgotten(world, OperatedStore(world.real_store).interrupted(number, accept))
        world.sweep()

        assert 1 == world.channel.texts.count("bot: in the middle")
        assert bool(erased.refusal) == (not drain)
        assert ("", []) == (forgotten(world).refusal, world.kept())


def test_two_at_once_erase_it_once(world: StoreWorld) -> None:
    others: list[Erased] = []

    def other() -> None:
        others.append(forgotten(world))

    erased = forgotten(world, OperatedStore(world.real_store).interrupted(1, other))

    assert (["", ""], []) == ([erased.refusal, others[0].refusal], world.kept())
    assert 1 == erased.counts["conversation"] + others[0].counts["conversation"]


def test_a_commit_that_took_effect_without_saying_so_is_taken_for_what_it_is(world: StoreWorld) -> None:
    def lose(_number: int) -> None:
        raise StoreUnavailable("no answer")

    store = OperatedStore(world.real_store)
    store.after = lose

    assert ("", []) == (forgotten(world, store).refusal, world.kept())


def test_a_store_that_stays_away_is_said_so_and_the_rest_is_for_the_next_run(world: StoreWorld) -> None:
    def refuse(_number: int) -> None:
        raise StoreUnavailable("no answer")

    store = OperatedStore(world.real_store)
    store.before = refuse

    assert "Run it again" in forgotten(world, store).refusal
    assert ("", []) == (forgotten(world).refusal, world.kept())


# --- what must not be lost unasked -----------------------------------------------------------------------------------


def test_what_waits_is_not_erased_unless_it_is_forced(world: StoreWorld) -> None:
    world.faults.script["dialogflow.hear"] = ["away"]
    world.say("are you there?")
    before = world.kept()

    refused = forgotten(world)
    kept = world.kept()
    forced = forgotten(world, force=True)

    assert refused.refusal.startswith("1 entry waits")
    assert (before, "", []) == (kept, forced.refusal, world.kept())
    assert is_served(world, "hello again")


@pytest.mark.usefixtures("few_at_once")
def test_what_waits_goes_last_so_that_dying_before_that_loses_none_of_it(of_sqlite: StoreWorld, tmp_path: Path) -> None:
    for number, world in worlds(of_sqlite, tmp_path):
        world.faults.script["dialogflow.hear"] = ["away"]
        world.say("are you there?")
        with pytest.raises(Died):
            forgotten(world, OperatedStore(world.real_store).dying(number, after=False), force=True)

        world.pass_time(60)

        assert 1 == world.channel.texts.count("bot: are you there?")


@pytest.mark.parametrize("joined", [True, False])
def test_a_chat_with_people_is_not_left_behind_unless_it_is_forced(world: StoreWorld, joined: bool) -> None:
    world.ask_for_person()
    if joined:
        world.agent_joins(BOB)

    refused = forgotten(world)

    assert f"chat {world.conversation.chat_id} would go on" in refused.refusal
    assert ("", []) == (forgotten(world, force=True).refusal, world.kept())


def test_whoever_works_on_it_is_waited_for_and_finds_it_gone(world: StoreWorld) -> None:
    world.accept(UserMessage(id="last", source_at=world.clock.now(), text="last words"), drain=False)
    held, began = world.take("somebody"), world.clock.now()

    refused = forgotten(world)
    forced = forgotten(world, force=True)
    waited = world.clock.now() - began
    world.worker.work(held)

    assert refused.refusal.startswith("Somebody works on it until")
    assert ("", []) == (forced.refusal, world.kept())
    assert waited >= timedelta(seconds=29)


def test_what_another_version_wrote_is_erased_only_if_it_is_forced(world: StoreWorld) -> None:
    path = conversation_path(KEY)
    found = world.real_store.get(path)[path]
    body = {**found.record.body, "state": ["of", "another", "kind"]}
    world.real_store.commit(Replace(path, Record(body=body), found.version))

    assert "another version" in forgotten(world).refusal
    assert ("", []) == (forgotten(world, force=True).refusal, world.kept())


# --- what is left of a conversation that is over ---------------------------------------------------------------------


def expire(world: StoreWorld, *, gone: bool) -> None:
    path = conversation_path(KEY)
    found = world.real_store.get(path)[path]
    over = Record(body=found.record.body, expire_at=world.clock.now() - timedelta(days=1))
    world.real_store.commit(Delete(path) if gone else Replace(path, over, found.version))


@pytest.mark.parametrize("gone", [True, False])
def test_what_is_left_of_an_expired_conversation_is_erased_too(world: StoreWorld, gone: bool) -> None:
    expire(world, gone=gone)

    erased = forgotten(world)

    assert ("", [], not gone) == (erased.refusal, world.kept(), bool(erased.counts["conversation"]))
    assert 3 == erased.counts["links"]


@pytest.mark.usefixtures("few_at_once")
def test_a_conversation_that_begins_while_an_old_one_is_erased_loses_nothing(
    of_sqlite: StoreWorld, tmp_path: Path
) -> None:
    for number, world in worlds(of_sqlite, tmp_path):
        expire(world, gone=True)
        message = UserMessage(id="first", source_at=world.clock.now(), text="first words")
        accept = partial(world.accept, message, drain=False)

        erased = forgotten(world, OperatedStore(world.real_store).interrupted(number, accept))
        world.sweep()

        assert 1 == world.channel.texts.count("bot: first words")
        assert erased.refusal.startswith("1 entry waits")


@pytest.mark.usefixtures("few_at_once")
def test_dying_on_the_remains_of_a_conversation_mutes_nobody(of_sqlite: StoreWorld, tmp_path: Path) -> None:
    for number, world in worlds(of_sqlite, tmp_path):
        expire(world, gone=True)
        with pytest.raises(Died):
            forgotten(world, OperatedStore(world.real_store).dying(number, after=True))

        assert is_served(world, "hello again")
        assert ("", []) == (forgotten(world).refusal, world.kept())
