"""LiveChat's inbox on the sandbox's page: what agents see there and do."""

from collections.abc import Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient

from infra.sandbox.page import make_app
from infra.sandbox.sandbox import Sandbox
from tests.sandbox_page import JANE, PNG, SAM, act, open_chat, state_of


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
def chat_id(sandbox: Sandbox) -> str:
    return open_chat(sandbox)


def entries(client: FlaskClient, chat_id: str, *names: str) -> list[tuple[Any, ...]]:
    """What the chat holds behind the entry that says it was opened."""
    found = state_of(client, chat=chat_id)["entries"]["items"][1:]
    return [tuple(entry.get(name) for name in names) for entry in found]


def test_an_agent_answers_and_keeps_a_note_private(client: FlaskClient, chat_id: str) -> None:
    act(client, "agent/reply", agent=JANE, chat_id=chat_id, text="Hello *you*", markdown=True)
    act(client, "agent/reply", agent=JANE, chat_id=chat_id, text="Hm", private=True)

    assert [("Jane Doe", "Hello *you*", True, False), ("Jane Doe", "Hm", False, True)] == entries(
        client, chat_id, "who", "words", "markdown", "private"
    )


def test_a_message_is_changed_and_taken_back_in_its_place(client: FlaskClient, chat_id: str) -> None:
    sent = client.post("/api/agent/reply", json={"agent": JANE, "chat_id": chat_id, "text": "Helo"}).get_json()
    shown = []

    act(client, "agent/edit", agent=JANE, chat_id=chat_id, event_id=sent["event_id"], text="Hello")
    shown += entries(client, chat_id, "number", "event_id", "words", "edited", "deleted")
    act(client, "agent/delete", agent=JANE, chat_id=chat_id, event_id=sent["event_id"])
    shown += entries(client, chat_id, "number", "event_id", "words", "edited", "deleted")

    event_id = sent["event_id"]
    assert [(1, event_id, "Hello", True, False), (1, event_id, "", False, True)] == shown


@pytest.mark.parametrize("name", ["quick_replies", "card", "carousel", "form", "markdown"])
def test_every_sample_is_one_that_livechat_takes(client: FlaskClient, chat_id: str, name: str) -> None:
    assert 200 == act(client, "agent/sample", agent=JANE, chat_id=chat_id, name=name)
    assert 1 == len(entries(client, chat_id, "type"))


def test_a_file_shows_with_its_name_and_kind(client: FlaskClient, chat_id: str) -> None:
    query = {"agent": JANE, "chat_id": chat_id, "name": "label.png"}
    client.post("/api/agent/file", query_string=query, data=PNG, content_type="image/png")
    client.post("/api/agent/file", query_string=query | {"private": "true"}, data=PNG, content_type="image/png")

    assert [("file", "label.png", "image/png", False), ("file", "label.png", "image/png", True)] == entries(
        client, chat_id, "type", "name", "content_type", "private"
    )


def test_a_transfer_and_a_closing_show_in_the_inbox(client: FlaskClient, chat_id: str) -> None:
    act(client, "agent/transfer", agent=JANE, chat_id=chat_id, to_agent=SAM)
    had_by = [agent["id"] for agent in state_of(client)["desk"]["chats"][0]["agents"]]

    act(client, "agent/close", agent=SAM, chat_id=chat_id)

    assert ([SAM], False) == (had_by, state_of(client)["desk"]["chats"][0]["active"])


def test_a_chat_that_waits_shows_its_place_until_it_is_accepted(client: FlaskClient, chat_id: str) -> None:
    for agent in state_of(client)["desk"]["agents"]:
        act(client, "agent/status", agent=agent["id"], status="not_accepting_chats")
    act(client, "agent/transfer", agent=JANE, chat_id=chat_id, to_group=8)
    waiting = state_of(client)["desk"]["chats"][0]

    act(client, "agent/accept", agent=SAM, chat_id=chat_id)

    accepted = state_of(client)["desk"]["chats"][0]
    assert (1, []) == (waiting["position"], waiting["agents"])
    assert (None, [SAM]) == (accepted["position"], [agent["id"] for agent in accepted["agents"]])


def test_an_archived_chat_can_be_written_in_again(client: FlaskClient, chat_id: str) -> None:
    act(client, "agent/close", agent=JANE, chat_id=chat_id)
    customer_id = state_of(client, chat=chat_id)["chat"]["chat"]["customer_id"]

    act(client, "agent/reopen", agent=SAM, customer_id=customer_id)

    assert [SAM] == [agent["id"] for agent in state_of(client)["desk"]["chats"][0]["agents"]]


def test_what_livechat_would_not_allow_is_refused_with_its_reason(client: FlaskClient, chat_id: str) -> None:
    refused = client.post("/api/agent/reply", json={"agent": SAM, "chat_id": chat_id, "text": "Hello"})

    assert (409, {"error": "LiveChat: Requester is not user of the chat"}) == (refused.status_code, refused.get_json())


def test_an_agent_who_signs_out_is_shown_so(client: FlaskClient) -> None:
    act(client, "agent/status", agent=JANE, status="offline")

    assert "offline" == next(agent["status"] for agent in state_of(client)["desk"]["agents"] if agent["id"] == JANE)
