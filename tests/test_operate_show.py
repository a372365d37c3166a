"""One conversation as an operator sees it: who has it and why, what waits for what, and nothing private unasked."""

import io
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from functions.handoff.changes import conversation_path
from functions.handoff.conversation import Conversation, to_record
from functions.handoff.events import Agent
from functions.handoff.interfaces import Create, Record, Store
from functions.handoff.parts import Doubt, Lease, Line, Parked, PastHandoff, Presence, UserProfile
from functions.runtime.config import Settings, read_settings
from functions.storage.firestore import FirestoreStore
from functions.storage.sqlite import SqliteStore
from infra.operate.__main__ import main
from infra.operate.show import Known
from infra.operate.show_lines import lines_of_conversation
from tests.core_records import BOB, JANE, waiting
from tests.core_world import KEY
from tests.fakes import START
from tests.operate_world import StoreWorld

PHONE = "rcs:+4915112345678"
Show = Callable[..., tuple[int, list[str]]]


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No settings file of whoever runs this."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "store.sqlite"


@pytest.fixture
def world(path: Path) -> Iterator[StoreWorld]:
    """A store with the conversation KEY in it, as of now."""
    store = SqliteStore(path)
    yield now_in(store, read_settings({"STORE": f"sqlite:{path}"}))
    store.close()


def now_in(store: Store, settings: Settings) -> StoreWorld:
    world = StoreWorld(store, settings)
    world.clock.at = datetime.now(UTC)
    return world


@pytest.fixture
def operate(path: Path, capsys: pytest.CaptureFixture[str]) -> Show:
    """Runs a command on the store; answers exit code and lines."""

    def run(*arguments: str) -> tuple[int, list[str]]:
        code = main(arguments, {"STORE": f"sqlite:{path}"})
        out = capsys.readouterr()
        return code, [*out.out.splitlines(), *out.err.splitlines()]

    return run


def shown(c: Conversation, *, now: datetime = START, show_text: bool = False) -> list[str]:
    return list(lines_of_conversation(Known(c.key, c, (), {}), now, show_text=show_text))


def value(lines: list[str], name: str) -> str:
    return next(line[16:] for line in lines if line.startswith(f"  {name:<14}"))


# --- who has it, since when and why ----------------------------------------------------------------------------------


def test_with_a_person_it_says_since_when_they_are_there_and_why_one_was_asked_for() -> None:
    c = Conversation(
        key=KEY,
        channel="phone",
        state="AGENT",
        handoffs=(PastHandoff(START - timedelta(minutes=12), "keyword"),),
        agents=(Presence(JANE, 1, since=START - timedelta(minutes=10)), Presence(BOB, 2, late=True)),
    )

    lines = shown(c)

    assert ("AGENT: a person", "2026-01-02 02:54:05Z (10 min ago): keyword") == (
        value(lines, "owner"),
        value(lines, "since"),
    )


def test_while_nobody_has_come_it_says_since_when_a_person_is_asked_for() -> None:
    c = Conversation(key=KEY, channel="phone", state="WAITING", handoffs=(PastHandoff(START, "fallbacks"),))

    lines = shown(c, now=START + timedelta(seconds=30))

    assert "WAITING: nobody yet: a person is asked for" == value(lines, "owner")
    assert "2026-01-02 03:04:05Z (30 s ago): fallbacks" == value(lines, "since")


def test_back_with_the_bot_it_says_since_when_and_why() -> None:
    over = PastHandoff(START - timedelta(hours=3), "user", "agent_closed", ended_at=START - timedelta(hours=2))
    c = Conversation(key=KEY, channel="phone", handoffs=(over,))

    lines = shown(c)

    assert ("BOT: the bot", "2026-01-02 01:04:05Z (2 h ago): agent_closed") == (
        value(lines, "owner"),
        value(lines, "since"),
    )
    assert "    2026-01-02 00:04:05Z  user → agent_closed" in lines


def test_what_the_record_does_not_hold_is_not_made_up() -> None:
    assert "not recorded" == value(shown(Conversation(key=KEY, channel="phone")), "since")


# --- what waits, for what --------------------------------------------------------------------------------------------


def test_each_entry_that_waits_says_for_what() -> None:
    c = Conversation(
        key=KEY,
        channel="phone",
        state="AGENT",
        chat_id="PJ0",
        thread_id="T1",
        pending=(
            waiting("u1", "user_message", -60),
            waiting("u2", "user_message", -50, seq=2),
            waiting("n1", "user_notice", -40, seq=3),
        ),
        parked={"livechat": Parked(START + timedelta(seconds=30), 3)},
        doubt={"u1": Doubt("livechat", START - timedelta(seconds=9))},
        due_at=START,
    )

    lines = shown(c)

    assert "    user  user_message  u1  waits 1 min  livechat is left alone until 03:04:35Z" in lines
    assert "    user  user_message  u2  waits 50 s  behind another of its lane" in lines
    assert "    notice  user_notice  n1  waits 40 s  to be worked now" in lines
    assert "livechat until 2026-01-02 03:04:35Z (in 30 s), 3 failures in a row" == value(lines, "parked")
    assert "u1 may have reached livechat, sent by 2026-01-02 03:03:56Z (9 s ago)" == value(lines, "doubt")


def test_what_waits_for_another_entry_says_so() -> None:
    leaving = (Presence(JANE, 1, leaving=True),)
    c = Conversation(key=KEY, channel="phone", agents=leaving, pending=(waiting("u1", "user_message"),))
    closing = Conversation(
        key=KEY, channel="phone", state="AGENT", thread_id="T", closing="T", pending=(waiting("u1", "user_message"),)
    )

    assert any(line.endswith("for LEFT to be shown first") for line in shown(c))
    assert any(line.endswith("for the end of its chat to be worked first") for line in shown(closing))


@pytest.mark.parametrize(
    ("until_s", "words"), [(10, "in hand"), (-10, "was in the hand of a worker who is gone: next to be taken up")]
)
def test_what_is_in_hand_is_told_from_what_was_left(until_s: int, words: str) -> None:
    lease = Lease("9f0c", START + timedelta(seconds=until_s), "u1", takeovers=2)
    pending = (waiting("u1", "user_message"), waiting("n1", "user_notice", seq=2))
    lines = shown(Conversation(key=KEY, channel="phone", lease=lease, pending=pending))

    assert value(lines, "lease").startswith("9f0c until 2026-01-02 03:0")
    assert value(lines, "lease").endswith("with u1 in hand, taken over 2×")
    assert f"    user  user_message  u1  waits 0 s  {words}" in lines


@pytest.mark.parametrize(("late_s", "is_overdue"), [(60, False), (180, True)])
def test_an_alarm_that_nobody_heard_is_called_overdue(late_s: int, is_overdue: bool) -> None:
    c = Conversation(key=KEY, channel="phone", due_at=START)

    assert is_overdue == ("does redeliver run?" in value(shown(c, now=START + timedelta(seconds=late_s)), "due"))


# --- what is private -------------------------------------------------------------------------------------------------


def private() -> Conversation:
    return Conversation(
        key=PHONE,
        channel="rcs",
        state="AGENT",
        user=UserProfile("Michael Example"),
        agents=(Presence(Agent("jane@shop.example", "Jane Doe"), 1),),
        pending=(waiting("+4915112345678:m-1", "user_message"),),
        transcript=(Line("user", "my card is 4711", START, "Michael Example"),),
    )


def test_no_text_name_address_or_number_is_shown_unasked() -> None:
    lines = "\n".join(shown(private()))

    for word in ("4711", "Michael", "Jane", "shop.example", "4915112345678"):
        assert word not in lines


def test_names_and_texts_are_shown_where_they_are_asked_for() -> None:
    lines = "\n".join(shown(private(), show_text=True))

    assert "2026-01-02 03:04:05Z  Michael Example: my card is 4711" in lines
    assert "Jane Doe, shown since" in lines
    assert "4915112345678" not in lines


# --- from the store --------------------------------------------------------------------------------------------------


def test_a_stored_conversation_is_shown_with_its_dead_letters(world: StoreWorld, operate: Show) -> None:
    world.handed_over()
    world.faults.script["livechat.send_message"] = ["refused"]
    world.say("no way through")
    world.faults.choose = lambda name: "away" if name == "livechat.send_message" else "ok"
    world.say("and again")

    code, lines = operate("show", KEY)
    _, spoken = operate("show", KEY, "--show-text")

    assert (0, KEY, "AGENT: a person") == (code, lines[0], value(lines, "owner"))
    assert "livechat is left alone until" in "\n".join(lines)
    assert "validation" in lines[-1]
    assert ("1", "1") == (value(lines, "dead letters"), value(lines, "pending"))
    assert not any("and again" in line or "no way" in line for line in lines)
    assert ["        and again", "        no way through"] == [one for one in spoken if one.startswith("        ")]


def test_showing_changes_nothing(world: StoreWorld, path: Path, operate: Show) -> None:
    world.handed_over()
    world.real_store.close()  # type: ignore[attr-defined]
    before = path.read_bytes()

    operate("show", KEY)

    assert before == path.read_bytes()


@pytest.mark.parametrize(
    "given", [["business_messages:c-1"], ["c-1"], [" c-1\n"], ["--chat", "PJ0MRSHTDG"]], ids=lambda given: given[-1]
)
def test_it_is_found_by_key_by_the_channel_s_id_and_by_chat(path: Path, operate: Show, given: list[str]) -> None:
    key = "business_messages:c-1"
    record = to_record(Conversation(key=key, channel="business_messages"), retention=timedelta(days=30))
    link = Record(body={"conversation": key})
    SqliteStore(path).commit(Create(conversation_path(key), record), Create("chats/PJ0MRSHTDG", link))

    assert (0, key) == (operate("show", *given)[0], operate("show", *given)[1][0])


def test_an_id_that_no_key_could_be_is_looked_for_as_the_channel_s(path: Path, operate: Show) -> None:
    key = "business_messages:a%2Fb"
    record = to_record(Conversation(key=key, channel="business_messages"), retention=timedelta(days=30))
    SqliteStore(path).commit(Create(conversation_path(key), record))

    assert (0, key) == (operate("show", "a/b")[0], operate("show", "a/b")[1][0])


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["c-none"], 1, "There is no such conversation (any more)."),
        (["--chat", "NONE"], 2, "no conversation is known for the LiveChat chat NONE"),
        ([""], 2, "which conversation?"),
        ([], 2, "which conversation?"),
    ],
)
def test_what_is_not_there_is_said_not_to_be(
    world: StoreWorld, operate: Show, arguments: list[str], code: int, words: str
) -> None:
    world.say("hello")

    for command in ("show", "forget"):
        done, lines = operate(command, *arguments)
        if command == "show" or code == 2:
            assert (code, True) == (done, words in "\n".join(lines))


def test_another_conversation_s_unreadable_dead_letter_is_in_nobody_s_way(world: StoreWorld, operate: Show) -> None:
    world.say("hello")
    world.real_store.commit(Create("dead_letters/d", Record(body={"conversation": "phone:c-2", "of": "another kind"})))

    assert 0 == operate("show", KEY)[0]


def test_a_record_of_another_version_is_named(path: Path, operate: Show) -> None:
    SqliteStore(path).commit(Create(conversation_path(KEY), Record(body={"key": KEY, "pending": 1})))

    code, lines = operate("show", KEY)

    assert (2, True) == (code, "written by another version" in lines[-1])


@pytest.mark.emulator
def test_firestore_is_shown_alike(
    request: pytest.FixtureRequest, world: StoreWorld, operate: Show, capsys: pytest.CaptureFixture[str]
) -> None:
    client = request.getfixturevalue("firestore_client")
    settings = read_settings({"GOOGLE_CLOUD_PROJECT": client.project})
    other = now_in(FirestoreStore(client, timeout_s=30), settings)
    other.clock.at = world.clock.at
    for one in (world, other):
        one.handed_over()
        one.faults.script["livechat.send_message"] = ["refused"]
        one.say("no way through", "u-lost")

    _, alike = operate("show", KEY, "--show-text")
    code = main(["show", KEY, "--show-text"], {"GOOGLE_CLOUD_PROJECT": client.project})

    def without_distances(lines: list[str]) -> list[str]:
        return [line.partition(" (")[0] for line in lines]

    assert 0 == code
    assert without_distances(alike) == without_distances(capsys.readouterr().out.splitlines())


# --- forget, as it is asked for --------------------------------------------------------------------------------------


def test_forgetting_asks_first_and_says_what_is_gone_and_what_is_not_here(
    world: StoreWorld, operate: Show, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.handed_over()
    world.agent_closes()
    monkeypatch.setattr("sys.stdin", io.StringIO("n\n"))
    declined, _ = operate("forget", KEY)
    kept = world.kept()
    monkeypatch.setattr("sys.stdin", io.StringIO("y\n"))

    code, lines = operate("forget", KEY)

    assert (2, True, 0, []) == (declined, bool(kept), code, world.kept())
    assert lines[0].startswith(f"{KEY}: the conversation, ")
    assert "Erased: the conversation, " in lines[1]
    assert "LiveChat's chat chat-of-customer-1" in lines[-1]
    assert (0, f"Nothing is kept of {KEY} (any more).") == (operate("forget", KEY)[0], operate("forget", KEY)[1][0])


def test_whoever_can_t_be_asked_does_not_agree(
    world: StoreWorld, operate: Show, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.say("hello")
    monkeypatch.setattr("sys.stdin", io.StringIO(""))

    assert 2 == operate("forget", KEY)[0]
    assert world.kept()


def test_an_open_chat_is_refused_with_what_to_do_and_erased_when_forced(
    world: StoreWorld, path: Path, operate: Show
) -> None:
    world.handed_over()

    code, lines = operate("forget", KEY, "--yes")
    forced = main(["forget", KEY], {"STORE": f"sqlite:{path}", "YES": "1", "FORCE": "1"})

    assert (1, 0, []) == (code, forced, world.kept())
    assert "would go on there, leading nowhere: have it closed. Or force it: --force, FORCE=1." in lines[-1]


def test_a_store_that_is_not_there_is_not_made(path: Path, operate: Show) -> None:
    assert (2, False) == (operate("forget", KEY, "--yes")[0], path.exists())


def test_a_phone_number_is_not_printed(path: Path, operate: Show) -> None:
    c = Conversation(key=PHONE, channel="rcs", accepted_at=datetime.now(UTC))
    SqliteStore(path).commit(Create(conversation_path(PHONE), to_record(c, retention=timedelta(days=30))))

    code, lines = operate("forget", PHONE, "--yes")

    assert (0, False) == (code, "4915112345678" in "\n".join(lines))
