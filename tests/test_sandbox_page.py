"""The sandbox's page: what it shows and does, and that nothing shown becomes markup."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from functions.handoff.conversation import Conversation, to_record
from functions.handoff.ids import conversation_key
from functions.handoff.interfaces import Create
from functions.storage.sqlite import SqliteStore
from infra.sandbox.page import PageServer, make_app
from infra.sandbox.processes import PortInUse, free_port
from infra.sandbox.sandbox import Sandbox

JsonObject = dict[str, Any]
JANE = "jane@shop.example"
SAM = "sam@shop.example"
MARKUP = "<img src=x onerror=\"document.title='owned'\"> & <b>bold</b>"
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """The stand-ins alone: what the page does reaches them without the functions."""
    sandbox = Sandbox()
    yield sandbox
    sandbox.stop()


@pytest.fixture
def client(sandbox: Sandbox) -> FlaskClient:
    return make_app(sandbox).test_client()


@pytest.fixture
def conversation(sandbox: Sandbox) -> str:
    return sandbox.messages.phone.open(name="Michael")


@pytest.fixture
def chat_id(sandbox: Sandbox) -> str:
    """A chat that Jane started with a customer."""
    token = sandbox.livechat.app.test_client().post(
        "/v2/customer/token",
        json={"grant_type": "agent_token", "client_id": sandbox.livechat.options.client_id, "response_type": "token"},
        headers={"Authorization": f"Bearer {agent_token(sandbox)}"},
    )
    customer_id = token.get_json()["entity_id"]
    return str(sandbox.livechat.play("start", agent=JANE, customer_id=customer_id)["chat_id"])


def agent_token(sandbox: Sandbox) -> str:
    options = sandbox.livechat.options
    form = {
        "grant_type": "refresh_token",
        "refresh_token": options.refresh_token,
        "client_id": options.client_id,
        "client_secret": options.client_secret,
    }
    return str(sandbox.livechat.app.test_client().post("/v2/token", data=form).get_json()["access_token"])


def state_of(client: FlaskClient, **query: str) -> JsonObject:
    state: JsonObject = client.get("/api/state", query_string=query).get_json()
    return state


def entries(client: FlaskClient, chat_id: str) -> list[tuple[str, str, bool]]:
    chat = state_of(client, chat=chat_id)["chat"]
    return [(entry["who"], entry["text"], entry["private"]) for entry in chat["entries"]]


# --- the phone -------------------------------------------------------------------------------------------------------


def test_what_the_user_writes_shows_on_the_phone(client: FlaskClient) -> None:
    opened = client.post("/api/phone/open", json={"name": "Ada"}).get_json()["conversation"]

    client.post("/api/phone/say", json={"conversation": opened, "text": MARKUP})

    state = state_of(client)
    assert (opened, "Ada") == (state["conversation"], state["phone"]["name"])
    assert [("user", MARKUP)] == [(line["from"], line["text"]) for line in state["phone"]["lines"]]


def test_the_chosen_conversation_is_shown_and_an_unknown_one_is_the_newest(
    client: FlaskClient, sandbox: Sandbox, conversation: str
) -> None:
    newest = sandbox.messages.phone.open(name="Ada")

    chosen = [state_of(client, conversation=wanted)["conversation"] for wanted in (conversation, newest, "no such")]

    assert [conversation, newest, newest] == chosen


def test_a_chip_on_the_screen_can_be_tapped_and_no_other(
    client: FlaskClient, sandbox: Sandbox, conversation: str
) -> None:
    message = {
        "messageId": "m-1",
        "text": "Which one?",
        "representative": {"representativeType": "BOT", "displayName": "Bot"},
        "suggestions": [{"reply": {"text": "This", "postbackData": "this"}}],
    }
    sandbox.messages.app.test_client().post(f"/v1/conversations/{conversation}/messages", json=message)
    shown = state_of(client)["phone"]["chips"]

    other = client.post("/api/phone/tap", json={"conversation": conversation, "label": "That"})
    this = client.post("/api/phone/tap", json={"conversation": conversation, "label": "This"})

    assert (["This"], 404, 200) == (shown, other.status_code, this.status_code)
    assert ("user", "tap", "This") == tuple(state_of(client)["phone"]["lines"][-1][k] for k in ("from", "kind", "text"))


def test_a_person_can_be_asked_for(client: FlaskClient, conversation: str) -> None:
    client.post("/api/phone/ask_for_person", json={"conversation": conversation})

    assert "live_agent_request" == state_of(client)["phone"]["lines"][-1]["kind"]


# --- the inbox -------------------------------------------------------------------------------------------------------


def test_an_agent_answers_and_keeps_a_note_private(client: FlaskClient, chat_id: str) -> None:
    client.post("/api/agent/reply", json={"agent": JANE, "chat_id": chat_id, "text": "Hello"})
    client.post("/api/agent/reply", json={"agent": JANE, "chat_id": chat_id, "text": "Hm", "private": True})

    assert [("Jane Doe", "Hello", False), ("Jane Doe", "Hm", True)] == entries(client, chat_id)[1:]


def test_a_transfer_and_a_closing_show_in_the_inbox(client: FlaskClient, chat_id: str) -> None:
    client.post("/api/agent/transfer", json={"agent": JANE, "chat_id": chat_id, "to_agent": SAM})
    had_by = [agent["id"] for agent in state_of(client)["chats"][0]["agents"]]

    client.post("/api/agent/close", json={"agent": SAM, "chat_id": chat_id})

    assert ([SAM], False) == (had_by, state_of(client)["chats"][0]["active"])


def test_what_livechat_would_not_allow_is_refused_with_its_reason(client: FlaskClient, chat_id: str) -> None:
    refused = client.post("/api/agent/reply", json={"agent": SAM, "chat_id": chat_id, "text": "Hello"})

    assert (409, {"error": "LiveChat: Requester is not user of the chat"}) == (refused.status_code, refused.get_json())


def test_an_agent_who_signs_out_is_shown_so(client: FlaskClient) -> None:
    client.post("/api/agent/status", json={"agent": JANE, "status": "offline"})

    assert "offline" == next(agent["status"] for agent in state_of(client)["agents"] if agent["id"] == JANE)


# --- what the functions keep -----------------------------------------------------------------------------------------


def test_what_the_functions_keep_of_the_conversation_is_shown(
    client: FlaskClient, sandbox: Sandbox, conversation: str, chat_id: str
) -> None:
    key = conversation_key("business_messages", conversation)
    kept = Conversation(key=key, channel="business_messages", state="WAITING", chat_id=chat_id, fallbacks=1)
    store = SqliteStore(sandbox.settings["STORE"].partition(":")[2])
    store.commit(Create(f"conversations/{key}", to_record(kept, retention=timedelta(days=30))))

    state = state_of(client, conversation=conversation)

    assert ("WAITING", chat_id, 1, []) == tuple(
        state["record"][k] for k in ("state", "chat_id", "fallbacks", "pending")
    )
    assert chat_id == state["chat"]["id"]


# --- the functions' log ----------------------------------------------------------------------------------------------


def test_the_log_shows_whole_lines_once_and_leaves_out_what_says_nothing(client: FlaskClient, sandbox: Sandbox) -> None:
    handled = {"function": "livechat_webhook", "outcome": "handled", "reason": "", "store_trips": 3}
    empty_sweep = {"function": "redeliver", "outcome": "handled", "reason": "sweep", "due": 0}
    health = {"function": "redeliver", "outcome": "handled", "reason": "health"}
    lines = [json.dumps(line) for line in (handled, empty_sweep, health)]
    with sandbox.log_path.open("a") as log:
        log.write("\n".join([*lines, "Traceback…", '{"function": "cut of']))
    first = state_of(client)["log"]

    with sandbox.log_path.open("a") as log:
        log.write('f"}\n')
    second = state_of(client)["log"]

    assert [(1, "livechat_webhook"), (2, None)] == [(line["number"], line.get("function")) for line in first]
    assert first == second[:2]
    assert [(3, "cut off")] == [(line["number"], line["function"]) for line in second[2:]]


def test_a_port_in_use_is_refused(sandbox: Sandbox) -> None:
    first, second, port = PageServer(sandbox), PageServer(sandbox), free_port()
    first.serve(port)

    with pytest.raises(PortInUse, match=str(port)):
        second.serve(port)

    first.stop()


# --- in a browser ----------------------------------------------------------------------------------------------------


@pytest.mark.scenario
@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")
def test_a_browser_shows_markup_as_text(
    sandbox: Sandbox, client: FlaskClient, conversation: str, chat_id: str, tmp_path: Path
) -> None:
    sandbox.messages.phone.say(conversation, MARKUP)
    client.post("/api/agent/reply", json={"agent": JANE, "chat_id": chat_id, "text": f"Agent: {MARKUP}"})
    with sandbox.log_path.open("a") as log:
        log.write(f"Log: {MARKUP}\n")

    page = shown_by_browser(sandbox, tmp_path)

    escaped = MARKUP.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    assert f">{escaped}<" in page
    assert f"Log: {escaped}" in page
    assert "<title>Handoff sandbox</title>" in page
    assert "<img" not in page


def shown_by_browser(sandbox: Sandbox, folder: Path) -> str:
    assert CHROMIUM is not None
    server = PageServer(sandbox)
    server.serve(free_port())
    command = [CHROMIUM, "--headless", "--disable-gpu", f"--user-data-dir={folder}", "--virtual-time-budget=3000"]
    command += ["--no-sandbox"] if os.geteuid() == 0 else []
    shown = subprocess.run([*command, "--dump-dom", server.url], capture_output=True, text=True, timeout=60, check=True)
    server.stop()
    return shown.stdout
