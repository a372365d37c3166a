"""Which webhooks the LiveChat stand-in sends, and how."""

from collections.abc import Callable

import pytest
import requests

from tests.sandbox_livechat_desk import JANE, SECRET, Desk, Json, Receiver, actions, message

pytest_plugins = ("tests.sandbox_livechat_desk",)


def test_registration_takes_three_webhooks_per_action(desk: Desk) -> None:
    body = {
        "action": "incoming_event",
        "secret_key": SECRET,
        "url": "https://shop.example/hook",
        "owner_client_id": desk.options.client_id,
        "type": "license",
    }
    made = [desk.call("configuration", "register_webhook", desk.pat(), body).json()["id"] for _ in range(3)]

    fourth = desk.refused(desk.pat(), "register_webhook", body, "configuration")
    owner = {"owner_client_id": desk.options.client_id}
    desk.call("configuration", "unregister_webhook", desk.pat(), {"id": made[0]} | owner)

    listed = desk.call("configuration", "list_webhooks", desk.pat(), owner).json()
    ownerless = desk.refused(desk.pat(), "list_webhooks", {}, "configuration")
    assert fourth["type"] == "limit_reached"
    assert made[1:] == [webhook["id"] for webhook in listed]
    assert "secret_key" not in listed[0]
    assert "owner_client_id" in ownerless["message"]


@pytest.mark.parametrize(
    ("action", "filters", "refused"),
    [
        ("incoming_event", {"author_type": "agent", "only_my_chats": True, "source_type": ["system"]}, ""),
        ("event_updated", {"author_type": "agent", "only_my_chats": True, "source_type": ["system"]}, ""),
        ("event_deleted", {"only_my_chats": True, "source_type": ["system"]}, ""),
        ("event_deleted", {"author_type": "agent"}, "author_type"),
        ("chat_deactivated", {"author_type": "agent"}, "author_type"),
        ("events_marked_as_seen", {"author_type": "customer"}, "author_type"),
        ("events_marked_as_seen", {"agent_ids": ["jane@shop.example"]}, "agent_ids"),
        ("routing_status_set", {"agent_ids": ["jane@shop.example"]}, ""),
        ("routing_status_set", {"only_my_chats": True}, "only_my_chats"),
        ("customer_session_fields_updated", {"only_my_chats": True}, "only_my_chats"),
    ],
)
def test_an_action_takes_the_filters_it_has(desk: Desk, action: str, filters: Json, refused: str) -> None:
    body = {
        "action": action,
        "secret_key": SECRET,
        "url": "https://shop.example/hook",
        "owner_client_id": desk.options.client_id,
        "type": "license",
        "filters": filters,
    }

    answer = desk.call("configuration", "register_webhook", desk.agent_token, body)

    assert (not refused) == answer.ok
    assert answer.ok or f"filters.{refused}: not allowed for {action}" == answer.json()["error"]["message"]


def test_an_event_webhook_has_the_documented_envelope(desk: Desk, receiver: Receiver) -> None:
    desk.stand_in.register(receiver.url, SECRET)
    _, chat_id, thread_id = desk.started()
    desk.play("reply", agent=JANE.id, chat_id=chat_id, text="hi")

    assert desk.stand_in.wait_idle()

    body = receiver.got[-1]
    assert {"webhook_id", "secret_key", "action", "organization_id", "payload", "additional_data"} == set(body)
    assert (SECRET, "incoming_event", desk.options.organization_id) == (
        body["secret_key"],
        body["action"],
        body["organization_id"],
    )
    source = body["additional_data"]["chat_properties"]["source"]
    assert desk.options.client_id == source["client_id"]
    assert (chat_id, thread_id) == (body["payload"]["chat_id"], body["payload"]["thread_id"])
    event = body["payload"]["event"]
    assert (f"{thread_id}_1", "message", JANE.id, "all", "hi") == (
        event["id"],
        event["type"],
        event["author_id"],
        event["visibility"],
        event["text"],
    )


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({}, ["mine", "theirs", None]),
        ({"source_type": ["other_clients", "system"]}, ["theirs", None]),
        ({"source_type": ["my_client"]}, ["mine"]),
        ({"author_type": "agent"}, ["theirs"]),
        ({"author_type": "customer"}, ["mine"]),
    ],
)
def test_our_own_events_echo_unless_filtered_out(
    desk: Desk, receiver: Receiver, filters: Json, expected: list[str | None]
) -> None:
    body = {
        "action": "incoming_event",
        "secret_key": SECRET,
        "url": receiver.url,
        "owner_client_id": desk.options.client_id,
        "type": "license",
        "filters": filters,
    }
    desk.call("configuration", "register_webhook", desk.pat(), body)
    token, chat_id, _ = desk.started()
    desk.as_customer(token, "send_event", chat_id=chat_id, event=message(custom_id="mine"))
    desk.play("event", agent=JANE.id, chat_id=chat_id, event=message(custom_id="theirs"))

    desk.play("close", agent=JANE.id, chat_id=chat_id)

    assert desk.stand_in.wait_idle()
    assert expected == [body["payload"]["event"].get("custom_id") for body in receiver.got]


def test_only_my_chats_leaves_out_chats_that_agents_started(desk: Desk, receiver: Receiver) -> None:
    desk.stand_in.register(receiver.url, SECRET)
    entity_id, _ = desk.customer()

    started = desk.play("start", agent=JANE.id, customer_id=entity_id)

    assert started.status_code == 200
    assert desk.stand_in.wait_idle()
    assert actions(receiver) == []


def test_disabled_webhooks_are_not_sent(desk: Desk, receiver: Receiver) -> None:
    desk.stand_in.register(receiver.url, SECRET)
    owner = {"owner_client_id": desk.options.client_id}
    desk.call("configuration", "disable_license_webhooks", desk.pat(), owner)
    desk.started()
    state = desk.call("configuration", "get_license_webhooks_state", desk.pat(), owner).json()

    desk.call("configuration", "enable_license_webhooks", desk.pat(), owner)
    desk.started()

    assert desk.stand_in.wait_idle()
    assert state == {"license_webhooks_enabled": False}
    assert actions(receiver) == ["incoming_chat"]


def test_a_webhook_not_answered_200_is_repeated_three_times_then_lost(desk: Desk, receiver: Receiver) -> None:
    desk.stand_in.register(receiver.url, SECRET)
    receiver.answers.extend([503, 204, 503, 200])
    token, _, _ = desk.started()
    assert desk.stand_in.wait_idle()
    receiver.answers.extend([503] * 4)

    desk.as_customer(token, "set_customer_session_fields", session_fields=[{"a": "1"}])

    assert desk.stand_in.wait_idle()
    log = [(one["action"], one["tries"], one["outcome"]) for one in desk.stand_in.state()["webhooks"]["deliveries"]]
    assert log == [("incoming_chat", 4, "delivered"), ("customer_session_fields_updated", 4, "lost")]


def test_webhooks_of_a_chat_arrive_in_order(desk: Desk, receiver: Receiver) -> None:
    desk.stand_in.register(receiver.url, SECRET)
    _, chat_id, _ = desk.started()
    texts = [str(number) for number in range(30)]

    for text in texts:
        desk.stand_in.play("reply", agent=JANE.id, chat_id=chat_id, text=text)

    assert desk.stand_in.wait_idle()
    assert texts == [body["payload"]["event"]["text"] for body in receiver.got[1:]]


@pytest.mark.parametrize(
    ("mischief", "expected"),
    [({"duplicate": 1.0}, ["1", "1", "2", "2"]), ({"drop": 1.0}, []), ({"delay_s": 0.01}, ["1", "2"])],
)
def test_webhooks_can_be_doubled_dropped_and_delayed(
    desk: Desk, receiver: Receiver, mischief: dict[str, float], expected: list[str]
) -> None:
    _, chat_id, _ = desk.started()
    desk.stand_in.register(receiver.url, SECRET)
    requests.post(f"{desk.url}/_delivery", json=mischief, timeout=5)

    for text in ("1", "2"):
        desk.play("reply", agent=JANE.id, chat_id=chat_id, text=text)

    assert desk.stand_in.wait_idle()
    assert expected == [body["payload"]["event"]["text"] for body in receiver.got]


def test_webhooks_can_overtake_each_other(desk: Desk, receiver: Receiver) -> None:
    _, chat_id, _ = desk.started()
    desk.stand_in.register(receiver.url, SECRET)
    desk.stand_in.misbehave(reorder=1.0, reorder_delay_s=0.1)
    desk.play("reply", agent=JANE.id, chat_id=chat_id, text="1")
    desk.stand_in.misbehave()

    desk.play("reply", agent=JANE.id, chat_id=chat_id, text="2")

    assert desk.stand_in.wait_idle()
    assert [body["payload"]["event"]["text"] for body in receiver.got] == ["2", "1"]


def test_a_deleted_event_keeps_nothing_but_its_shell(desk: Desk, receiver: Receiver) -> None:
    _, chat_id, thread_id = desk.started()
    desk.stand_in.register(receiver.url, SECRET)
    event_id = desk.play("reply", agent=JANE.id, chat_id=chat_id, text="oops").json()["event_id"]

    desk.play("delete", agent=JANE.id, chat_id=chat_id, event_id=event_id)

    assert desk.stand_in.wait_idle()
    assert {"chat_id": chat_id, "thread_id": thread_id, "event_id": event_id} == receiver.got[-1]["payload"]
    event = desk.chat_state(chat_id)["threads"][0]["events"][0]
    assert event["deleted"]
    assert "oops" not in str(event)
    assert "oops" == receiver.got[-2]["payload"]["event"]["text"]


def test_an_update_may_tell_of_a_deletion(desks: Callable[..., Desk], receiver: Receiver) -> None:
    desk = desks(deletion_webhooks=("event_deleted", "event_updated"))
    _, chat_id, _ = desk.started()
    event_id = desk.play("reply", agent=JANE.id, chat_id=chat_id, text="oops").json()["event_id"]
    desk.stand_in.register(receiver.url, SECRET)

    desk.play("delete", agent=JANE.id, chat_id=chat_id, event_id=event_id)

    assert desk.stand_in.wait_idle()
    assert actions(receiver) == ["event_deleted", "event_updated"]
    shell = receiver.got[-1]["payload"]["event"]
    assert {"id", "type", "created_at", "author_id", "visibility", "deleted"} == set(shell)


def test_a_changed_message_is_sent_whole_to_those_who_want_agents_updates(desk: Desk, receiver: Receiver) -> None:
    _, chat_id, thread_id = desk.started()
    event_id = desk.play("reply", agent=JANE.id, chat_id=chat_id, text="Hallo", formatting="commonmark").json()[
        "event_id"
    ]
    desk.stand_in.register(receiver.url, SECRET)
    before = desk.chat_state(chat_id)["threads"][0]["events"][0]

    desk.play("edit", agent=JANE.id, chat_id=chat_id, event_id=event_id, text="Hello")

    assert desk.stand_in.wait_idle()
    assert actions(receiver) == ["event_updated"]
    expected = {"chat_id": chat_id, "thread_id": thread_id, "event": {**before, "text": "Hello"}}
    assert expected == receiver.got[0]["payload"]


def test_what_agents_have_seen_is_told_and_what_we_marked_ourselves_is_not(desk: Desk, receiver: Receiver) -> None:
    token, chat_id, _ = desk.started()
    desk.stand_in.register(receiver.url, SECRET)

    desk.as_customer(token, "mark_events_as_seen", chat_id=chat_id, seen_up_to="2026-01-02T03:04:05.000000Z")
    desk.play("seen", agent=JANE.id, chat_id=chat_id)

    assert desk.stand_in.wait_idle()
    assert [("events_marked_as_seen", JANE.id)] == [
        (body["action"], body["payload"]["user_id"]) for body in receiver.got
    ]


def test_reset_forgets_everything(desk: Desk, receiver: Receiver) -> None:
    desk.stand_in.register(receiver.url, SECRET)
    desk.started()

    requests.post(f"{desk.url}/_reset", timeout=5)

    state = desk.stand_in.state()
    assert (state["chats"], state["customers"], state["webhooks"]["registered"]) == ([], [], [])
    assert desk.mint().json()["oauth_exception"] == "access_denied"


def test_a_bare_transfer_has_no_additional_data(desks: Callable[..., Desk], receiver: Receiver) -> None:
    desk = desks(bare_transfers=True)
    _, chat_id, _ = desk.started()
    desk.stand_in.register(receiver.url, SECRET)

    desk.play("transfer", agent=JANE.id, chat_id=chat_id, to_group=8)

    assert desk.stand_in.wait_idle()
    has_data = {body["action"]: "additional_data" in body for body in receiver.got}
    assert not has_data["chat_transferred"]
    assert has_data["user_removed_from_chat"]
