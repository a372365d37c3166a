"""What the desk sends as a customer, read back as agents see it, at LiveChat's stand-in."""

import time
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import pytest
import requests

from functions.handoff.content import AgentButton
from functions.handoff.errors import FileRefused, ProviderRefused
from functions.handoff.interfaces import Customer, File, Note
from functions.livechat.api import Deadline, DeskAddress
from functions.livechat.customer import LiveChatCustomer
from functions.runtime.http_client import HttpClient
from tests.fakes import FakeClock
from tests.livechat_customers import CUSTOM_ID
from tests.sandbox_livechat_desk import JANE, Desk, Json

pytest_plugins = ("tests.sandbox_livechat_desk",)

TEN_MB = 10 * 1024 * 1024
PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x07\x00\x00\x00\x05"
NOTE = Note("Note", (("Note", "The survey says: good."),))


class Open(NamedTuple):
    """A customer with an active chat."""

    customer: LiveChatCustomer
    desk: Desk
    token: str
    chat_id: str
    thread_id: str

    def last_event(self) -> Json:
        return dict(self.desk.chat_state(self.chat_id)["threads"][-1]["events"][-1])

    def say(self, text: str, button: AgentButton) -> str:
        return self.customer.send_message(self.chat_id, text, custom_id=CUSTOM_ID, timeout_s=5, button=button)

    def send(self, url: str) -> str:
        return self.customer.send_file(self.chat_id, url, custom_id=CUSTOM_ID, timeout_s=5)

    def upload(self, name: str, mime_type: str, content: bytes) -> str:
        return self.customer.upload_file(File(name, mime_type, content), timeout_s=10)


def _no_renewal(_customer_id: str, _deadline: Deadline) -> Customer:
    raise AssertionError("the token is good")


@pytest.fixture
def chat(desk: Desk) -> Open:
    token, chat_id, thread_id = desk.started()
    address = DeskAddress(
        organization_id=desk.options.organization_id, client_id=desk.options.client_id, api_url=desk.url
    )
    clock = FakeClock()
    identity = Customer("c", token, clock.now() + timedelta(hours=8))
    customer = LiveChatCustomer(identity, http=HttpClient(), address=address, clock=clock, renew=_no_renewal)
    return Open(customer, desk, token, chat_id, thread_id)


def question(chat: Open, **button: Any) -> str:
    """A button "Yes", asked by an agent; answers the event id."""
    buttons = [{"text": "Yes", "postback_id": "yes", "user_ids": [], **button}]
    event = {"type": "rich_message", "template_id": "cards", "elements": [{"title": "Sure?", "buttons": buttons}]}
    return str(chat.desk.play("event", agent=JANE.id, chat_id=chat.chat_id, event=event).json()["event_id"])


@pytest.mark.parametrize("button", [{}, {"type": "message", "value": "Yes!"}])
def test_a_tap_is_an_answer_to_that_button(chat: Open, button: dict[str, str]) -> None:
    event_id = question(chat, **button)
    tapped = AgentButton(chat.thread_id, event_id, "yes", button.get("type", ""), button.get("value", ""))

    chat.say("Yes", tapped)

    seen = chat.last_event()
    assert (seen["text"], seen["custom_id"]) == ("Yes", CUSTOM_ID)
    assert seen["postback"] == {"id": "yes", "thread_id": chat.thread_id, "event_id": event_id, **button}


def test_a_tap_on_what_was_deleted_meanwhile_is_words(chat: Open) -> None:
    event_id = question(chat)
    chat.desk.play("delete", agent=JANE.id, chat_id=chat.chat_id, event_id=event_id)

    sent = chat.say("Yes", AgentButton(chat.thread_id, event_id, "yes"))

    seen = chat.last_event()
    assert (seen["id"], seen["text"], seen["custom_id"]) == (sent, "Yes", CUSTOM_ID)
    assert "postback" not in seen


def test_a_picture_is_seen_with_its_name_type_and_size(chat: Open) -> None:
    url = chat.upload("Grüße.png", "image/png", PNG)

    event_id = chat.send(url)

    seen = chat.last_event()
    assert (seen["id"], seen["type"], seen["custom_id"], seen["visibility"]) == (event_id, "file", CUSTOM_ID, "all")
    assert (seen["name"], seen["content_type"], seen["width"], seen["height"]) == ("Grüße.png", "image/png", 7, 5)
    assert requests.get(seen["url"], timeout=5).content == PNG


def test_a_file_of_exactly_10_mb_arrives_whole_and_one_byte_more_is_refused(chat: Open) -> None:
    content = bytes(range(256)) * (TEN_MB // 256)

    chat.send(chat.upload("big.bin", "application/octet-stream", content))

    assert requests.get(chat.last_event()["url"], timeout=10).content == content
    with pytest.raises(FileRefused) as caught:
        chat.upload("big.bin", "application/octet-stream", content + b"x")
    assert caught.value.reason == "too_large"


@pytest.mark.parametrize(("name", "mime_type"), [("a.exe", ""), ("a", "application/x-msdownload")])
def test_an_executable_is_not_allowed(chat: Open, name: str, mime_type: str) -> None:
    with pytest.raises(FileRefused) as caught:
        chat.upload(name, mime_type, b"abc")

    assert caught.value.reason == "not_allowed"


def test_a_file_sent_a_day_too_late_is_refused_as_invalid(chat: Open) -> None:
    url = chat.upload("a.png", "image/png", PNG)
    chat.desk.stand_in.licence.uploads[url].kept_at = time.time() - 24 * 3600

    with pytest.raises(ProviderRefused) as caught:
        chat.send(url)

    assert caught.value.error_type == "validation"


def test_a_note_is_for_agents_and_opens_nothing(chat: Open) -> None:
    chat.desk.as_customer(chat.token, "deactivate_chat", id=chat.chat_id)

    chat.customer.send_note(chat.chat_id, NOTE, custom_id=CUSTOM_ID, timeout_s=5, to_closed=True)

    seen = chat.last_event()
    (thread,) = chat.desk.chat_state(chat.chat_id)["threads"]
    assert (seen["type"], seen["visibility"], thread["active"]) == ("filled_form", "agents", False)
    assert seen["fields"][0]["answer"] == "The survey says: good."


def test_what_the_phone_reports_is_seen_by_agents(chat: Open) -> None:
    sent = chat.desk.play("reply", agent=JANE.id, chat_id=chat.chat_id, text="hi").json()["event_id"]

    chat.customer.mark_delivered(chat.chat_id, chat.thread_id, sent, timeout_s=5)
    chat.customer.mark_seen(chat.chat_id, datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=UTC), timeout_s=5)

    user = next(one for one in chat.desk.chat_state(chat.chat_id)["users"] if one["type"] == "customer")
    assert chat.last_event()["properties"] == {"status": {"delivered": True}}
    assert user["events_seen_up_to"] == "2026-01-02T03:04:05.000006Z"
