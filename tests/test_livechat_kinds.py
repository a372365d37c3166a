"""Whatever an agent sends, told by a webhook and read in the thread: both are understood alike, and nothing is lost."""

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from functions.handoff.content import COMMONMARK
from functions.handoff.events import AgentMessage, DeskEvent, MessageDeleted, MessageEdited, WithheldEvent
from functions.handoff.interfaces import ThreadView
from functions.handoff.postbacks import find_button
from functions.livechat.threads import read_thread_view
from functions.livechat.webhook import ParsedWebhook, parse_webhook
from tests.sandbox_livechat_desk import JANE, SECRET, Desk, Json, Receiver, message

pytest_plugins = ("tests.sandbox_livechat_desk",)

NOW = datetime(2026, 1, 2, tzinfo=UTC)
BUTTON = {"text": "Yes", "postback_id": "y", "user_ids": [], "type": "message", "value": "Yes"}
IMAGE = {"url": "https://shop.example/a.png"}


@pytest.fixture
def chat_id(desk: Desk, receiver: Receiver) -> str:
    started = desk.started()[1]
    desk.stand_in.register(receiver.url, SECRET)
    return started


def told(desk: Desk, receiver: Receiver) -> list[ParsedWebhook]:
    assert desk.stand_in.wait_idle()
    return [
        parse_webhook(
            body,
            accepted_secrets=[SECRET],
            client_id=desk.options.client_id,
            organization_id=desk.options.organization_id,
            received_at=NOW,
        )
        for body in receiver.got
    ]


def thread(desk: Desk, chat_id: str) -> ThreadView:
    answer = desk.call("agent", "get_chat", desk.agent_token, {"chat_id": chat_id}).json()
    return read_thread_view(answer, chat_id=chat_id, thread_id="", now=NOW)


def anonymous(event: DeskEvent | None) -> DeskEvent | None:
    """Without the agent's name, which webhooks of events do not say."""
    if not isinstance(event, AgentMessage):
        return event
    return msgspec.structs.replace(event, agent=msgspec.structs.replace(event.agent, name=""))


def rich(template_id: str, *elements: Json) -> Json:
    return {"type": "rich_message", "template_id": template_id, "elements": list(elements)}


@pytest.mark.parametrize(
    ("event", "words", "shown"),
    [
        (message("hello"), "hello", 0),
        (message("a" * 16 * 1024), "a" * 16 * 1024, 0),
        (message("**hi**", properties={"chats": {"formatting": COMMONMARK}}), "**hi**", 1),
        (message("hi", properties={"translation": {"target_message": "hallo"}}), "hallo", 0),
        (rich("cards", *[{"title": "t", "buttons": [BUTTON] * 13}] * 10), "\n\n".join(["t" + "\nYes" * 13] * 10), 1),
        (rich("quick_replies", {"title": "a", "buttons": [BUTTON]}, {"title": "b"}), "a\nYes\n\nb", 2),
        (rich("sticker", {"image": IMAGE}), IMAGE["url"], 1),
        ({"type": "form", "form_id": "f", "fields": [{"type": "name", "id": "1", "label": "Name"}]}, "Name", 0),
    ],
)
def test_what_is_for_the_user_reads_the_same_both_ways(
    desk: Desk, receiver: Receiver, chat_id: str, event: Json, words: str, shown: int
) -> None:
    event_id = desk.play("event", agent=JANE.id, chat_id=chat_id, event=event).json()["event_id"]

    (parsed,), (read,) = told(desk, receiver), thread(desk, chat_id).events

    assert isinstance(read, AgentMessage)
    assert anonymous(read) == parsed.event
    assert (event_id, words, shown) == (read.id, read.text, len(read.messages))
    assert ("Jane Doe", True) == (read.agent.name, parsed.ours)


@pytest.mark.parametrize(("name", "kind", "size"), [("a.png", "image/png", 3), ("a.pdf", "application/pdf", 0)])
def test_a_file_reads_the_same_both_ways(
    desk: Desk, receiver: Receiver, chat_id: str, name: str, kind: str, size: int
) -> None:
    desk.play("file", agent=JANE.id, chat_id=chat_id, name=name, content="YWJj")

    (parsed,), (read,) = told(desk, receiver), thread(desk, chat_id).events

    assert isinstance(read, AgentMessage)
    assert anonymous(read) == parsed.event
    media = read.messages[0].media
    assert media
    assert (name, kind, size) == (media.name, media.mime_type, media.size_bytes)
    assert read.text == f"{name}\n{media.url}"


@pytest.mark.parametrize(
    ("event", "unsupported"),
    [
        ({"type": "custom", "content": {"a": 1}}, "custom"),
        (rich("cards", {}), "rich_message"),
        (rich("cards", {"image": {"url": "javascript:alert(1)"}}), "rich_message"),
        ({"type": "form", "form_id": "f", "fields": []}, "form"),
        (message(" "), "message"),
    ],
)
@pytest.mark.parametrize("visibility", ["all", "agents"])
def test_what_can_t_be_shown_is_said_to_be_if_it_was_for_the_user(
    desk: Desk, receiver: Receiver, chat_id: str, event: Json, unsupported: str, visibility: str
) -> None:
    desk.play("event", agent=JANE.id, chat_id=chat_id, event={**event, "visibility": visibility})

    (parsed,), (read,) = told(desk, receiver), thread(desk, chat_id).events

    assert isinstance(read, WithheldEvent)
    assert read == parsed.event
    assert (unsupported if visibility == "all" else "") == read.unsupported


def test_a_button_is_answered_by_what_its_chip_carries(desk: Desk, receiver: Receiver) -> None:
    token, chat_id, _ = desk.started()
    desk.stand_in.register(receiver.url, SECRET)
    desk.play("event", agent=JANE.id, chat_id=chat_id, event=rich("quick_replies", {"title": "a", "buttons": [BUTTON]}))
    event = told(desk, receiver)[0].event
    assert isinstance(event, AgentMessage)
    (chip,) = event.messages[0].suggestions

    button = find_button(chip.postback)
    assert button
    postback: dict[str, Any] = {
        "id": button.button_id,
        "thread_id": button.thread_id,
        "event_id": button.event_id,
        "type": button.kind,
        "value": button.value,
    }
    desk.as_customer(token, "send_event", chat_id=chat_id, event=message(chip.text, postback=postback))

    assert ("Yes", postback) == (
        desk.chat_state(chat_id)["threads"][0]["events"][-1]["text"],
        desk.chat_state(chat_id)["threads"][0]["events"][-1]["postback"],
    )


def test_a_change_is_told_and_stands_in_the_thread(desk: Desk, receiver: Receiver, chat_id: str) -> None:
    event_id = desk.play("reply", agent=JANE.id, chat_id=chat_id, text="hi").json()["event_id"]

    desk.play("edit", agent=JANE.id, chat_id=chat_id, event_id=event_id, text="hello")

    changed, (read,) = told(desk, receiver)[-1].event, thread(desk, chat_id).events
    assert isinstance(changed, MessageEdited)
    assert isinstance(read, AgentMessage)
    assert ("hello", event_id, JANE.id) == (changed.text, changed.event_id, changed.agent.id)
    assert ("hello", event_id) == (read.text, read.id)


@pytest.mark.parametrize("tells", ["event_deleted", "event_updated"])
def test_a_deletion_is_told_and_leaves_a_place_in_the_thread(
    desk: Desk, receiver: Receiver, chat_id: str, tells: str
) -> None:
    desk.stand_in.licence.options = msgspec.structs.replace(desk.options, deletion_webhooks=(tells,))
    event_id = desk.play("reply", agent=JANE.id, chat_id=chat_id, text="hi").json()["event_id"]

    desk.play("delete", agent=JANE.id, chat_id=chat_id, event_id=event_id)

    deleted, (read,) = told(desk, receiver)[-1], thread(desk, chat_id).events
    assert isinstance(deleted.event, MessageDeleted)
    assert (tells, event_id) == (deleted.action, deleted.event.event_id)
    assert isinstance(read, WithheldEvent)
    assert (event_id, "") == (read.id, read.unsupported)


def test_reading_is_told(desk: Desk, receiver: Receiver, chat_id: str) -> None:
    desk.play("seen", agent=JANE.id, chat_id=chat_id)

    (parsed,) = told(desk, receiver)

    assert parsed.seen_up_to
    assert (None, "") == (parsed.event, parsed.ignored)
