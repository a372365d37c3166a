"""What the LiveChat stand-in lets a customer do."""

from collections.abc import Callable
from typing import Any

import pytest
import requests

from tests.sandbox_livechat_desk import JANE, Desk, Json, message

pytest_plugins = ("tests.sandbox_livechat_desk",)


def test_an_expired_customer_token_is_refused_as_authentication(desk: Desk) -> None:
    _, token = desk.customer()
    expired = requests.post(f"{desk.url}/_tokens/expire", json={"kind": "customer"}, timeout=5)

    error = desk.refused(token, "list_chats", {})

    assert expired.json()["expired"] == 1
    assert error["type"] == "authentication"


def test_an_agent_token_does_not_open_the_customer_api(desk: Desk) -> None:
    assert desk.refused(desk.agent_token, "list_chats", {})["type"] == "authentication"


def test_the_organization_id_is_checked(desk: Desk) -> None:
    _, token = desk.customer()

    wrong = desk.call("customer", "list_chats", token, {}, {"organization_id": "other"})
    missing = desk.call("customer", "list_chats", token, {}, {"organization_id": ""})

    assert wrong.json()["error"]["type"] == "license_not_found"
    assert "organization_id" in missing.json()["error"]["message"]


@pytest.mark.parametrize(
    ("action", "body", "field"),
    [
        ("send_event", {"event": {"type": "message", "text": "x"}}, "chat_id"),
        ("send_event", {"chat_id": 7, "event": {"type": "message", "text": "x"}}, "chat_id"),
        ("send_event", {"chat_id": "X", "event": {"type": "message"}}, "text"),
        ("send_event", {"chat_id": "X", "event": {"type": "shout"}}, "type"),
        ("send_event", {"chat_id": "X", "event": {"type": "system_message"}}, "system_message_type"),
        ("resume_chat", {"chat": {}}, "id"),
        ("start_chat", {"chat": {"access": {"group_ids": ["7"]}}}, "group_ids"),
        ("deactivate_chat", {"chat_id": "X"}, "id"),
        ("update_customer", {}, "name"),
        ("list_group_statuses", {}, "group_ids"),
        ("mark_events_as_seen", {"chat_id": "X", "seen_up_to": "yesterday"}, "seen_up_to"),
        ("close_chat", {}, "close_chat"),
        ("send_event", [], "object"),
        ("start_chat", {"chat": {"properties": {"routing": {"ignore_bots": True}}}}, "ignore_bots"),
    ],
)
def test_a_wrong_request_is_refused_as_validation_naming_the_field(
    desk: Desk, action: str, body: Any, field: str
) -> None:
    _, token = desk.customer()

    error = desk.refused(token, action, body)

    assert error["type"] == "validation"
    assert field in error["message"]


def test_bytes_that_are_not_json_are_refused_not_crashed_on(desk: Desk) -> None:
    _, token = desk.customer()
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    url = f"{desk.url}/v3.6/customer/action/send_event?organization_id={desk.options.organization_id}"

    answer = requests.post(url, data=b"\xff{", headers=headers, timeout=5)

    assert answer.json()["error"]["type"] == "validation"


def test_a_customer_has_one_chat(desk: Desk) -> None:
    token, _, _ = desk.started()

    error = desk.refused(token, "start_chat", {"continuous": True})

    assert error["type"] in {"chat_limit_reached", "limit_reached"}


def test_resuming_an_active_chat_is_refused_and_a_closed_one_gets_a_new_thread(desk: Desk) -> None:
    token, chat_id, first = desk.started()

    active = desk.refused(token, "resume_chat", {"chat": {"id": chat_id}})
    desk.as_customer(token, "deactivate_chat", id=chat_id)
    second = desk.as_customer(token, "resume_chat", chat={"id": chat_id, "thread": {"events": [message()]}})

    assert active["type"] == "chat_already_active"
    assert first != second["thread_id"]
    assert [f"{second['thread_id']}_1"] == second["event_ids"]


def test_a_send_to_an_inactive_chat_is_refused_in_two_ways(desk: Desk) -> None:
    token, chat_id, _ = desk.started()
    desk.as_customer(token, "deactivate_chat", id=chat_id)

    errors = [desk.refused(token, "send_event", {"chat_id": chat_id, "event": message()}) for _ in range(12)]

    assert {"chat_inactive", "validation"} == {error["type"] for error in errors}
    assert "Chat not active" in {error["message"] for error in errors}


def test_statuses_vary_but_repeat_with_the_seed(desks: Callable[..., Desk]) -> None:
    def statuses(seed: int) -> list[int]:
        desk = desks(seed=seed)
        return [desk.call("customer", "list_chats", "wrong", {}).status_code for _ in range(12)]

    assert statuses(1) == statuses(1)
    assert len(set(statuses(1))) > 1


def test_somebody_elses_chat_and_an_unknown_one_are_refused(desk: Desk) -> None:
    _, chat_id, _ = desk.started()
    _, other = desk.customer()

    foreign = desk.refused(other, "send_event", {"chat_id": chat_id, "event": message()})
    unknown = desk.refused(other, "send_event", {"chat_id": "NOSUCHCHAT", "event": message()})

    assert foreign["type"] == "authorization"
    assert unknown["type"] == "validation"


def test_text_is_limited_to_16_kib_of_utf8(desk: Desk) -> None:
    token, chat_id, _ = desk.started()

    desk.as_customer(token, "send_event", chat_id=chat_id, event=message("é" * 8192))
    error = desk.refused(token, "send_event", {"chat_id": chat_id, "event": message("é" * 8193)})

    assert "text" in error["message"]


def test_a_repeated_custom_id_doubles_the_event(desk: Desk) -> None:
    token, chat_id, _ = desk.started()

    ids = {
        desk.as_customer(token, "send_event", chat_id=chat_id, event=message(custom_id="same"))["event_id"]
        for _ in range(2)
    }

    assert len(ids) == 2


def test_a_customer_sees_neither_visibility_nor_agents_emails_nor_notes(desk: Desk) -> None:
    token, chat_id, _ = desk.started()
    form = {"type": "filled_form", "form_id": "f", "recipients": "agents", "fields": []}
    desk.as_customer(token, "send_event", chat_id=chat_id, event=form)
    desk.play("reply", agent=JANE.id, chat_id=chat_id, text="hi")
    desk.play("note", agent=JANE.id, chat_id=chat_id, text="secret")

    seen = desk.as_customer(token, "get_chat", chat_id=chat_id)
    for_agents = [event["visibility"] for event in desk.chat_state(chat_id)["threads"][0]["events"]]

    assert for_agents == ["agents", "all", "agents"]
    assert [event["text"] for event in seen["thread"]["events"]] == ["hi"]
    assert "visibility" not in str(seen)
    assert JANE.id not in str(seen)
    agents = [user["id"] for user in seen["users"] if user["type"] == "agent"]
    assert [len(agent_id) for agent_id in agents] == [32]
    assert agents[0] == seen["thread"]["events"][0]["author_id"]


@pytest.mark.parametrize("word", [{"visibility": "all"}, {"recipients": "agents"}])
def test_a_customers_message_can_not_be_for_agents_only(desk: Desk, word: Json) -> None:
    token, chat_id, _ = desk.started()

    assert desk.refused(token, "send_event", {"chat_id": chat_id, "event": message(**word)})["type"] == "validation"


def test_a_share_of_event_ids_are_uuids(desks: Callable[..., Desk]) -> None:
    token, chat_id, thread_id = (desk := desks(uuid_event_share=0.5)).started()

    ids = [desk.as_customer(token, "send_event", chat_id=chat_id, event=message())["event_id"] for _ in range(20)]

    numbered = [event_id for event_id in ids if event_id.startswith(thread_id)]
    assert 0 < len(numbered) < 20
    assert all(len(event_id) == 36 for event_id in set(ids) - set(numbered))


def test_a_file_event_needs_a_file_uploaded_here(desk: Desk) -> None:
    token, chat_id, _ = desk.started()
    url = f"{desk.url}/v3.6/customer/action/upload_file?organization_id={desk.options.organization_id}"
    headers = {"Authorization": f"Bearer {token}"}
    uploaded = requests.post(url, files={"file": ("a.txt", b"abc")}, headers=headers, timeout=5).json()["url"]

    executable = requests.post(url, files={"file": ("a.exe", b"abc")}, headers=headers, timeout=5)
    foreign = desk.refused(
        token, "send_event", {"chat_id": chat_id, "event": {"type": "file", "url": "https://x.example/a"}}
    )
    desk.as_customer(token, "send_event", chat_id=chat_id, event={"type": "file", "url": uploaded})

    event = desk.chat_state(chat_id)["threads"][0]["events"][-1]
    assert (event["name"], event["content_type"]) == ("a.txt", "text/plain")
    assert requests.get(uploaded, timeout=5).content == b"abc"
    assert "url" in foreign["message"]
    assert executable.json()["error"]["type"] == "validation"


def test_an_upload_over_10_mb_is_refused(desk: Desk) -> None:
    _, token = desk.customer()
    url = f"{desk.url}/v3.6/customer/action/upload_file?organization_id={desk.options.organization_id}"
    files = {"file": ("big.bin", bytes(10 * 1024 * 1024 + 1))}

    answer = requests.post(url, files=files, headers={"Authorization": f"Bearer {token}"}, timeout=5)

    assert answer.json()["error"]["type"] == "entity_too_large"


def test_session_fields_are_kept_and_limited_to_100_keys(desk: Desk) -> None:
    entity_id, token = desk.customer()
    desk.as_customer(token, "update_customer", name="Kim", session_fields=[{"a": "1"}])
    desk.as_customer(token, "set_customer_session_fields", session_fields=[{"b": "2"}])

    many = desk.refused(token, "set_customer_session_fields", {"session_fields": [{f"k{i}": "x"} for i in range(99)]})

    customer = desk.as_customer(token, "get_customer")
    assert (entity_id, "Kim", [{"a": "1"}, {"b": "2"}]) == (
        customer["id"],
        customer["name"],
        customer["session_fields"],
    )
    assert many["type"] == "limit_reached"


def test_only_a_continuous_chat_starts_with_nobody_online(desk: Desk) -> None:
    _, token = desk.customer()
    chat = {"access": {"group_ids": [8]}}

    statuses = desk.as_customer(token, "list_group_statuses", group_ids=[7, 8, 99])
    error = desk.refused(token, "start_chat", {"chat": chat})
    started = desk.as_customer(token, "start_chat", chat=chat, continuous=True)

    assert statuses["groups_status"] == {"7": "online", "8": "offline"}
    assert error["type"] == "groups_offline"
    assert [user for user in desk.chat_state(started["chat_id"])["users"] if user["type"] == "agent"] == []
