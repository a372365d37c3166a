"""A user's message to LiveChat: what is sent, and what each refusal means for it."""

from collections.abc import Iterator

import pytest

from functions.handoff.errors import (
    ChatInactive,
    ProviderRefused,
    ProviderUnavailable,
)
from tests.livechat_customers import BRIEFING, CUSTOM_ID, Desk, error
from tests.scripted_server import Answer, scripted_server


@pytest.fixture
def desk() -> Iterator[Desk]:
    with scripted_server() as server:
        yield Desk(server)


def send(desk: Desk, text: str = "hi") -> str:
    return desk.customer().send_message("C1", text, custom_id=CUSTOM_ID, timeout_s=8)


def test_a_message_carries_our_id(desk: Desk) -> None:
    desk.answers("send_event", Answer(200, {"event_id": "T1_2"}))

    event_id = send(desk, "Grüße 👋")

    assert event_id == "T1_2"
    assert desk.asked("send_event")[0].body == {
        "chat_id": "C1",
        "attach_to_last_thread": False,
        "event": {"type": "message", "custom_id": CUSTOM_ID, "text": "Grüße 👋", "recipients": "all"},
    }


@pytest.mark.parametrize(
    "answer",
    [
        error("chat_inactive"),
        error("validation", "Chat not active"),
        error("validation", "No active chat thread"),
        error("brand_new", "chat is inactive", 400),
    ],
)
def test_a_closed_chat_is_told_apart(desk: Desk, answer: Answer) -> None:
    desk.answers("send_event", answer)

    with pytest.raises(ChatInactive):
        send(desk)
    with pytest.raises(ChatInactive):
        desk.customer().send_note("C1", BRIEFING, custom_id=CUSTOM_ID, timeout_s=8)
    desk.answers("deactivate_chat", answer)
    desk.customer().close_chat("C1", timeout_s=5)

    assert len(desk.asked("send_event")) == 2


@pytest.mark.parametrize(
    ("answer", "undelivered"),
    [
        (error("too_many_requests", status=429), True),
        (error("too_many_requests", status=200), True),
        (error("pending_requests_limit_reached"), True),
        (error("misdirected_request"), True),
        (error("internal", status=500), False),
        (error("internal", "No active chat thread", 422), False),
        (error("request_timeout", status=408), False),
        (error("service_unavailable", status=503), False),
        (error("brand_new", status=500), False),
        (error("brand_new", status=429), True),
        (Answer(429), True),
        (Answer(502, "Bad Gateway"), False),
        (Answer(500, {"error": "text"}), False),
        (Answer(200), False),
    ],
)
def test_a_passing_fault_says_whether_it_may_have_had_an_effect(desk: Desk, answer: Answer, undelivered: bool) -> None:
    desk.answers("send_event", answer)

    with pytest.raises(ProviderUnavailable) as caught:
        send(desk)

    assert caught.value.undelivered == undelivered
    assert len(desk.asked("send_event")) == 1


@pytest.mark.parametrize(
    ("answer", "error_type"),
    [
        (error("validation", "text is too long", 500), "validation"),
        (error("authorization", status=403), "authorization"),
        (error("customer_banned", status=429), "customer_banned"),
        (error("brand_new", "Requester is not user of the chat", 403), "brand_new"),
        (error("not a\ntype", status=400), "http_400"),
        (Answer(404), "http_404"),
    ],
)
def test_any_other_fault_is_final_whatever_its_status(desk: Desk, answer: Answer, error_type: str) -> None:
    desk.answers("send_event", answer)

    with pytest.raises(ProviderRefused) as caught:
        send(desk)

    assert caught.value.error_type == error_type


def test_a_fault_s_message_is_not_repeated(desk: Desk) -> None:
    desk.answers("send_event", error("validation", "bad text: the user's words"))

    with pytest.raises(ProviderRefused) as caught:
        send(desk)

    assert "words" not in str(caught.value)


def test_retry_after_is_passed_on(desk: Desk) -> None:
    desk.answers("send_event", error("too_many_requests", status=429, headers={"Retry-After": "17"}))

    with pytest.raises(ProviderUnavailable) as caught:
        send(desk)

    assert caught.value.retry_after_s == 17
