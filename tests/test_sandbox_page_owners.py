"""Whose an exchange is, and what it is called in the sandbox's trace."""

import json

import pytest

from functions.handoff.ids import session_id
from infra.sandbox.wire import Exchange
from tests.sandbox_page import call_of, ended, request_to
from tests.sandbox_page_trace import KEY, MESSAGES_URL, OTHER, Scene, log_line, message


@pytest.fixture
def scene() -> Scene:
    return Scene()


def test_a_chat_once_told_is_known(scene: Scene) -> None:
    webhook = {"action": "incoming_event", "payload": {"chat_id": "CHAT", "event": {"type": "message"}}}
    scene.take(request_to("livechat", webhook, kind="incoming_event"))
    unknown = scene.rows("kind", "conversation")

    scene.trace.take_line(log_line(function="livechat_webhook", conversation=KEY, chat_id="CHAT"))
    scene.take(request_to("livechat", {"payload": {"chat": {"id": "CHAT"}}}, kind="incoming_chat", at=200.0))

    assert [("incoming_event message", "")] == unknown
    assert [KEY, KEY, KEY] == [key for (key,) in scene.rows("conversation")]


def test_the_calls_of_a_request_are_whose_it_turns_out_to_be(scene: Scene) -> None:
    scene.take(
        request_to("livechat", {"payload": {"chat_id": "CHAT"}}, trace_id="t-1"), call_of("livechat", "/v2/token")
    )
    before = scene.rows("parent", "conversation")

    scene.trace.take_line(log_line("t-1", conversation=KEY, calls={"livechat": 1}))

    assert ([(None, ""), (1, "")], [(None, KEY), (1, KEY)]) == (before, scene.rows("parent", "conversation"))


def test_a_customer_s_token_is_known_by_whom_it_was_given_to(scene: Scene) -> None:
    request = message()
    scene.take(request)
    answer = json.dumps({"access_token": "customer-token"})
    minted = call_of("livechat", "/v2/customer/token", {"grant_type": "agent_token"})
    scene.take(minted, ended(minted, answer=answer), ended(request))

    scene.take(message("c-2", at=300.0))
    scene.take(call_of("livechat", "/v3.6/customer/action/list_chats", {}, at=300.1, token="customer-token"))

    assert KEY == scene.rows("conversation")[-1][0]


def test_a_bot_s_session_and_a_task_tell_their_conversation(scene: Scene) -> None:
    request = message(at=50.0)
    scene.take(request, ended(request))

    scene.take(
        call_of("dialogflow", f"/v2/projects/p/agent/sessions/{session_id(KEY)}:detectIntent", {"queryInput": {}}),
        call_of("cloud-tasks", "/v2/x/tasks", {"task": {"httpRequest": {"body": "eyJjb252ZXJzYXRpb24iOiAiayJ9"}}}),
        request_to("cloud-tasks", {"conversation": OTHER}, kind="task"),
    )

    assert [KEY, KEY, "k", OTHER] == [key for (key,) in scene.rows("conversation")]


@pytest.mark.parametrize(
    ("exchange", "kind", "is_quiet"),
    [
        (
            call_of("business-messages", MESSAGES_URL, {"representative": {"representativeType": "BOT"}}),
            "message BOT",
            False,
        ),
        (call_of("business-messages", MESSAGES_URL, {"richCard": {}, "image": {"a": 1}}), "image", False),
        (
            call_of("business-messages", "/v1/conversations/c/events", {"eventType": "TYPING_STARTED"}),
            "TYPING_STARTED",
            True,
        ),
        (
            call_of("livechat", "/v3.6/customer/action/send_event", {"event": {"type": "file"}}),
            "send_event file",
            False,
        ),
        (call_of("livechat", "/v2/token", {}), "renew the agent token", False),
        (
            request_to("business-messages", {"userStatus": {"isTyping": True}}, kind="userStatus"),
            "userStatus typing",
            True,
        ),
        (request_to("livechat", {}, kind="events_marked_as_seen"), "events_marked_as_seen", True),
        (request_to("unheard-of", None, kind=""), "POST", False),
    ],
)
def test_an_exchange_is_called_by_what_happens_in_it(
    scene: Scene, exchange: Exchange, kind: str, is_quiet: bool
) -> None:
    scene.take(exchange)

    assert [(kind, is_quiet)] == scene.rows("kind", "quiet")


@pytest.mark.parametrize(
    "body", [None, "text", [], 7, {"payload": 1}, {"conversationId": {}}, {"task": {"httpRequest": 1}}]
)
@pytest.mark.parametrize("wire", ["business-messages", "livechat", "dialogflow", "cloud-tasks"])
def test_no_body_is_too_strange_to_be_shown(scene: Scene, wire: str, body: object) -> None:
    scene.take(ended(request_to(wire, body), answer="{"), ended(call_of(wire, "/x", body), answer="[1]"))

    assert 2 == len(scene.rows("kind"))
    assert scene.trace.find_detail(2)


def test_of_two_handoffs_at_once_each_gets_its_own_calls(scene: Scene) -> None:
    requests = [message(who, at=100.0, trace_id=trace_id) for who, trace_id in (("c-1", "t-1"), ("c-2", "t-2"))]
    minted = [call_of("livechat", "/v2/customer/token", {}, at=100.1) for _ in requests]
    started = [
        call_of("livechat", "/v3.6/customer/action/start_chat", {}, at=100.2, token=token) for token in ("one", "two")
    ]
    scene.take(*requests, *minted, *reversed(started))
    for token, mint, start in zip(("two", "one"), minted, reversed(started), strict=True):
        scene.take(ended(mint, answer=json.dumps({"access_token": token})))
        scene.take(ended(start, answer=json.dumps({"chat_id": f"chat of {token}"})))
    scene.take(*map(ended, requests))
    before = [parent for (parent,) in scene.rows("parent")]

    scene.trace.take_line(log_line("t-1", conversation=KEY, chat_id="chat of one", calls={"livechat": 2}))
    scene.trace.take_line(log_line("t-2", conversation=OTHER, chat_id="chat of two", calls={"livechat": 2}))

    assert [None] * 6 == before
    assert [(None, KEY), (None, OTHER), (2, OTHER), (1, KEY), (2, OTHER), (1, KEY)] == scene.rows(
        "parent", "conversation"
    )


def test_what_is_surely_a_request_s_own_goes_before_what_may_be(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("infra.sandbox.page_trace.time.time", lambda: 100.5)
    scene.trace.take_line(log_line(conversation=KEY, chat_id="CHAT"))
    scene.take(ended(call_of("livechat", "/v2/token", at=100.1)))
    scene.take(ended(call_of("livechat", "/x/action/send_event", {"chat_id": "CHAT"}, at=100.2)))

    scene.trace.take_line(log_line(conversation=KEY, calls={"livechat": 1}, duration_ms=400))

    assert [None, None, 4, None] == [parent for (parent,) in scene.rows("parent")]


def test_a_guess_is_corrected_by_what_is_learned_later(scene: Scene) -> None:
    scene.take(message("c-2", at=100.0, trace_id="t-2"))
    start = call_of("livechat", "/v3.6/customer/action/start_chat", {}, at=100.1, token="one")
    scene.take(start)
    guessed = scene.rows("parent", "conversation")[-1]
    scene.take(message("c-1", at=100.05, trace_id="t-1"), ended(start, answer='{"chat_id": "CHAT"}'))

    scene.trace.take_line(log_line("t-1", conversation=KEY, chat_id="CHAT", calls={"livechat": 1}))

    assert ((1, OTHER), (3, KEY)) == (guessed, scene.rows("parent", "conversation")[1])
