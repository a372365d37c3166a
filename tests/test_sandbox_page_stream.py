"""The page's stream: everything at first, then what changed and nothing else, for each page what it chose."""

import json
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from functions.handoff.conversation import Conversation, to_record
from functions.handoff.ids import conversation_key
from functions.handoff.interfaces import Create, Replace
from functions.storage.sqlite import SqliteStore
from infra.sandbox import page_stream
from infra.sandbox.page import make_app
from infra.sandbox.page_state import PageState, Watch
from infra.sandbox.sandbox import Sandbox
from tests.sandbox_page import JANE, open_chat, request_to

JsonObject = dict[str, Any]
SECTIONS = {"setting", "faults", "stories", "story", "phones", "phone", "lines", "record", "desk", "chat", "entries"}
SECTIONS |= {"rows"}


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """The stand-ins alone."""
    sandbox = Sandbox()
    yield sandbox
    sandbox.stop()


@pytest.fixture
def state(sandbox: Sandbox) -> PageState:
    return PageState(sandbox)


@pytest.fixture
def client(sandbox: Sandbox, state: PageState) -> FlaskClient:
    return make_app(sandbox, state).test_client()


def changes(watch: Watch) -> JsonObject:
    return dict(watch.changes())


def numbers(change: JsonObject) -> list[int]:
    return [item["number"] for item in change["items"]]


def keep(sandbox: Sandbox, conversation: str, chat_id: str) -> None:
    """Let the functions' store say that the conversation has that chat."""
    key = conversation_key("business_messages", conversation)
    kept = Conversation(key=key, channel="business_messages", chat_id=chat_id)
    path, record = f"conversations/{key}", to_record(kept, retention=timedelta(days=30))
    store = SqliteStore(sandbox.settings["STORE"].partition(":")[2])
    known = store.get(path).get(path)
    store.commit(Replace(path, record, known.version) if known else Create(path, record))


# --- what is new to a page -------------------------------------------------------------------------------------------


def test_a_page_gets_everything_once_and_then_nothing_while_nothing_happens(sandbox: Sandbox, state: PageState) -> None:
    sandbox.messages.phone.open()
    watch = Watch(state, "", "")

    first, second = changes(watch), changes(watch)

    assert SECTIONS == set(first)
    assert {} == second


def test_only_new_and_changed_lines_are_sent_again(sandbox: Sandbox, state: PageState) -> None:
    conversation = sandbox.messages.phone.open()
    sandbox.messages.phone.say(conversation, "one")
    sent = sandbox.messages.phone.say(conversation, "two")
    watch = Watch(state, conversation, "")
    first = changes(watch)["lines"]

    sandbox.messages.phone.say(conversation, "three")
    grown = changes(watch)["lines"]
    receipt = f"/v1/conversations/{conversation}/messages/{sent['message']['messageId']}/receipt"
    sandbox.messages.app.test_client().patch(receipt, json={"receiptType": "READ"})
    marked = changes(watch)["lines"]

    assert [(True, [0, 1]), (False, [2]), (False, [1])] == [
        (one["reset"], numbers(one)) for one in (first, grown, marked)
    ]


def test_of_many_lines_the_last_two_hundred_are_sent(sandbox: Sandbox, state: PageState) -> None:
    conversation = sandbox.messages.phone.open()
    for number in range(250):
        sandbox.messages.phone.say(conversation, str(number))

    sent = numbers(changes(Watch(state, conversation, ""))["lines"])

    assert (200, 50, 249) == (len(sent), sent[0], sent[-1])


def test_two_pages_see_what_each_chose(sandbox: Sandbox, state: PageState) -> None:
    ada, michael = (sandbox.messages.phone.open(name=name) for name in ("Ada", "Michael"))
    watches = [Watch(state, ada, ""), Watch(state, michael, "")]
    for watch in watches:
        changes(watch)

    sandbox.messages.phone.say(ada, "Hello")

    assert [True, False] == ["lines" in changes(watch) for watch in watches]


def test_a_page_that_chose_nobody_stays_with_whom_it_was_shown(sandbox: Sandbox, state: PageState) -> None:
    first = sandbox.messages.phone.open()
    watch = Watch(state, "", "")
    changes(watch)

    second = sandbox.messages.phone.open()

    told = changes(watch)
    assert ([second, first], False) == ([one["id"] for one in told["phones"]["phones"]], "phone" in told)


def test_a_chat_s_entries_begin_anew_when_another_is_chosen(sandbox: Sandbox, state: PageState) -> None:
    chats = [open_chat(sandbox) for _ in range(2)]
    sandbox.livechat.play("reply", agent=JANE, chat_id=chats[1], text="Hello")

    told = [changes(Watch(state, "", chat_id)) for chat_id in chats]

    assert chats == [one["chat"]["chat"]["id"] for one in told]
    assert [(True, [0]), (True, [0, 1])] == [(one["entries"]["reset"], numbers(one["entries"])) for one in told]


def test_the_chat_of_the_conversation_is_followed(sandbox: Sandbox, state: PageState) -> None:
    conversation, chats = sandbox.messages.phone.open(), [open_chat(sandbox) for _ in range(2)]
    watch, told = Watch(state, conversation, ""), []
    changes(watch)
    for chat_id in chats:
        keep(sandbox, conversation, chat_id)
        told.append(changes(watch))

    assert chats == [one["chat"]["chat"]["id"] for one in told]
    assert [True, True] == [one["entries"]["reset"] for one in told]


def test_new_rows_of_the_trace_are_sent_once(state: PageState) -> None:
    watch = Watch(state, "", "")
    changes(watch)

    state.trace.take(request_to("business-messages", {"conversationId": "c-1"}))

    assert [{"rows"}, set()] == [set(changes(watch)) for _ in range(2)]


def test_phones_that_are_forgotten_are_no_longer_shown(sandbox: Sandbox, state: PageState) -> None:
    conversation = sandbox.messages.phone.open()
    watch = Watch(state, conversation, "")
    changes(watch)

    sandbox.messages.reset()

    assert [] == changes(watch)["phones"]["phones"]


# --- what is listened to ---------------------------------------------------------------------------------------------


def test_every_wire_is_listened_to_once_and_those_that_came_later_too(sandbox: Sandbox, state: PageState) -> None:
    sandbox.livechat.reset()

    for _ in range(2):
        changes(Watch(state, "", ""))

    wires = [sandbox.messages.wire, sandbox.livechat.wire, sandbox.dialogflow.wire, sandbox.tasks.wire]
    wires += [sandbox.messages.phone.sender.wire, sandbox.livechat.licence.webhooks.deliveries.wire]
    assert [1] * len(wires) == [len(wire.listeners) for wire in wires]


def test_the_log_is_read_by_whole_lines_each_once(sandbox: Sandbox, state: PageState) -> None:
    handled = json.dumps({"function": "livechat_webhook", "outcome": "handled", "reason": "one"})
    with sandbox.log_path.open("a") as log:
        log.write(f'{handled}\nTraceback…\nKeyError\n{{"function": "cut of')
    state.read_log()
    first = [row["kind"] for row in state.trace.rows_since(-1)[1]]

    with sandbox.log_path.open("a") as log:
        log.write('f", "reason": "two"}\n')
    state.read_log()

    assert ["one", "KeyError"] == first
    assert ["one", "KeyError", "two"] == [row["kind"] for row in state.trace.rows_since(-1)[1]]


def test_the_raw_exchange_is_shown_without_secrets(client: FlaskClient, sandbox: Sandbox, state: PageState) -> None:
    request = request_to("livechat", {"secret_key": "k", "text": f"<{sandbox.webhook_secret}>"})
    request.headers = {"X-Webhook-Token": "t"}
    state.trace.take(request)

    shown, gone = client.get("/api/exchange/1"), client.get("/api/exchange/2")

    assert ({"secret_key": "••••••", "text": "<••••••>"}, {"X-Webhook-Token": "••••••"}) == (
        shown.get_json()["request"]["body"],
        shown.get_json()["request"]["headers"],
    )
    assert 404 == gone.status_code


# --- events ----------------------------------------------------------------------------------------------------------


def events(client: FlaskClient, query: str = "") -> Iterator[str]:
    """The stream's pieces, as they come."""
    response = client.get(f"/api/events{query}")
    assert "text/event-stream" == response.mimetype
    return (piece if isinstance(piece, str) else piece.decode() for piece in response.response)


def read_until(stream: Iterator[str], is_it: Callable[[str], bool]) -> list[str]:
    read = []
    for piece in stream:
        read.append(piece)
        if is_it(piece):
            break
    return read


def test_the_stream_says_everything_and_then_what_happens(client: FlaskClient, sandbox: Sandbox) -> None:
    conversation = sandbox.messages.phone.open()
    stream = events(client, f"?conversation={conversation}")
    first = read_until(stream, lambda piece: piece.startswith("event: rows"))

    client.post("/api/phone/say", json={"conversation": conversation, "text": "line\nbreak \ud83d\ude00"})
    told = read_until(stream, lambda piece: piece.startswith("event: lines"))[-1]

    assert first[0].startswith("retry: ")
    assert SECTIONS == {piece.partition("\n")[0].removeprefix("event: ") for piece in first[1:]}
    assert all(piece.endswith("\n\n") and 1 == piece.count("\ndata: ") for piece in first[1:])
    assert "line\nbreak 😀" == json.loads(told.partition("data: ")[2])["items"][0]["text"]


def test_a_quiet_stream_gives_a_sign_of_life(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page_stream, "_LOOK_ANYWAY_S", 0.01)

    assert "event: alive\ndata: {}\n\n" == read_until(events(client), lambda piece: "alive" in piece)[-1]


def test_the_stream_ends_with_the_page(client: FlaskClient, state: PageState) -> None:
    stream = events(client)
    read_until(stream, lambda piece: piece.startswith("event: rows"))

    threading.Timer(0.05, state.pulse.end).start()

    assert [] == [piece for piece in stream if "alive" not in piece]
