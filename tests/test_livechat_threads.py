"""Threads read with the agents' eyes: what is for the user, what is not, and what may not be taken for empty."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from functions.handoff.content import AgentButton
from functions.handoff.errors import ProviderRefused, ProviderUnavailable
from functions.handoff.events import Agent, AgentMessage, WithheldEvent
from functions.handoff.postbacks import find_button
from tests.livechat_customers import CUSTOM_ID, CUSTOMER_ID, Desk, error
from tests.scripted_server import Answer, scripted_server


@pytest.fixture
def desk() -> Iterator[Desk]:
    with scripted_server() as server:
        yield Desk(server)


def event(number: int, **fields: Any) -> dict[str, Any]:
    common = {
        "id": f"T1_{number}",
        "type": "message",
        "author_id": "jane@shop.example",
        "visibility": "all",
        "created_at": f"2026-01-02T03:04:0{number}.000000Z",
        "text": f"text {number}",
    }
    return {**common, **fields}


def chat(*events: object, **thread: Any) -> Answer:
    users = [
        {"id": "jane@shop.example", "type": "agent", "name": "Jane Doe", "visibility": "all", "present": False},
        {"id": "robot@shop.example", "type": "agent", "name": "Robot", "is_bot": True},
        {"id": CUSTOMER_ID, "type": "customer", "name": "A user"},
    ]
    return Answer(200, {"id": "C1", "users": users, "thread": {"id": "T1", "active": True, "events": events, **thread}})


def at(number: int) -> datetime:
    return datetime(2026, 1, 2, 3, 4, number, tzinfo=UTC)


def test_a_thread_is_read_with_the_agent_token(desk: Desk) -> None:
    desk.answers("get_chat", chat())

    desk.desk.read_thread("C1", "T1", timeout_s=5)
    desk.desk.read_thread("C1", "", timeout_s=5)

    first, newest = desk.asked("get_chat")
    assert first.path == "/v3.6/agent/action/get_chat"
    assert (first.bearer, first.body) == ("agent-1", {"chat_id": "C1", "thread_id": "T1"})
    assert newest.body == {"chat_id": "C1"}


def test_a_thread_shows_what_is_for_the_user_and_accounts_for_the_rest(desk: Desk) -> None:
    desk.answers(
        "get_chat",
        chat(
            event(3, text="third"),
            event(1, custom_id=CUSTOM_ID, author_id=CUSTOMER_ID),
            event(2, visibility="agents"),
            event(4, author_id="robot@shop.example"),
            event(5, type="system_message", author_id=None),
            {"no": "id"},
            "no event",
        ),
    )

    view = desk.desk.read_thread("C1", "T1", timeout_s=5)

    place: dict[str, Any] = {"chat_id": "C1", "thread_id": "T1"}
    assert view.events == (
        WithheldEvent(id="T1_1", source_at=at(1), **place),
        WithheldEvent(id="T1_2", source_at=at(2), **place),
        AgentMessage(id="T1_3", source_at=at(3), agent=Agent("jane@shop.example", "Jane Doe"), text="third", **place),
        WithheldEvent(id="T1_4", source_at=at(4), **place),
        WithheldEvent(id="T1_5", source_at=at(5), **place),
    )
    assert view.own == {CUSTOM_ID: "T1_1"}
    assert (view.chat_id, view.thread_id, view.active) == ("C1", "T1", True)


def test_a_thread_in_which_nothing_was_said_has_no_list(desk: Desk) -> None:
    desk.answers("get_chat", Answer(200, {"id": "C1", "thread": {"id": "T1", "active": False}}))

    view = desk.desk.read_thread("C1", "", timeout_s=5)

    assert (view.events, view.active) == ((), False)


def test_a_thread_that_may_not_be_read_is_not_an_empty_one(desk: Desk) -> None:
    thread = {"id": "T1", "active": True, "restricted_access": "no access to this group"}
    desk.answers("get_chat", Answer(200, {"id": "C1", "thread": thread}))

    with pytest.raises(ProviderRefused) as caught:
        desk.desk.read_thread("C1", "T1", timeout_s=5)

    assert caught.value.error_type == "restricted_access"


@pytest.mark.parametrize(
    "answer",
    [
        Answer(200, None),
        Answer(200, {}),
        Answer(200, {"thread": {"id": "T1", "events": []}}),
        Answer(200, {"thread": {"id": "T1", "active": True, "events": {}}}),
        Answer(200, {"thread": {"id": "another", "active": True, "events": []}}),
    ],
)
def test_an_answer_without_the_thread_is_not_an_empty_one(desk: Desk, answer: Answer) -> None:
    desk.answers("get_chat", answer)

    with pytest.raises(ProviderUnavailable):
        desk.desk.read_thread("C1", "T1", timeout_s=5)


def test_a_refused_agent_token_is_replaced_once_for_reading(desk: Desk) -> None:
    desk.answers("get_chat", error("authentication", status=401), chat())

    desk.desk.read_thread("C1", "T1", timeout_s=5)

    assert desk.tokens.refusals == ["agent-1"]
    assert [asked.bearer for asked in desk.asked("get_chat")] == ["agent-1", "agent-2"]


def test_a_missing_right_is_not_taken_for_a_bad_token(desk: Desk) -> None:
    desk.answers("get_chat", error("authorization", status=403))

    with pytest.raises(ProviderRefused):
        desk.desk.read_thread("C1", "T1", timeout_s=5)

    assert desk.tokens.refusals == []


@pytest.mark.parametrize(
    ("fields", "unsupported"),
    [
        ({"type": "custom", "content": {"a": 1}}, "custom"),
        ({"type": "file"}, "file"),
        ({"type": None}, "unknown"),
        ({"type": "custom", "visibility": "agents"}, ""),
        ({"type": "custom", "author_id": CUSTOMER_ID}, ""),
        ({"type": "custom", "author_id": "robot@shop.example"}, ""),
        ({"type": "filled_form", "fields": []}, ""),
        ({"deleted": True}, ""),
    ],
)
def test_what_an_agent_meant_for_the_user_but_can_t_be_shown_says_so(
    desk: Desk, fields: dict[str, Any], unsupported: str
) -> None:
    desk.answers("get_chat", chat(event(1, **fields)))

    (read,) = desk.desk.read_thread("C1", "T1", timeout_s=5).events

    assert isinstance(read, WithheldEvent)
    assert unsupported == read.unsupported


def test_buttons_of_a_thread_that_is_read_are_answered_in_it(desk: Desk) -> None:
    button = {"type": "message", "text": "Yes", "postback_id": "y", "value": "v"}
    rich = {"type": "rich_message", "template_id": "quick_replies", "elements": [{"title": "t", "buttons": [button]}]}
    desk.answers("get_chat", chat(event(1, **rich)))

    (read,) = desk.desk.read_thread("C1", "", timeout_s=5).events

    assert isinstance(read, AgentMessage)
    (chip,) = read.messages[0].suggestions
    assert find_button(chip.postback) == AgentButton("T1", "T1_1", "y", "message", "v")
