"""The LiveChat stand-in against something not written here: LiveChat's own Python SDK."""

from typing import Any

from livechat.agent.web.base import AgentWeb
from livechat.configuration.base import ConfigurationApi
from livechat.customer.web.base import CustomerWeb
from livechat.webhooks.parser import parse_webhook

from tests.sandbox_livechat_desk import JANE, SAM, SECRET, Desk, Receiver, message

pytest_plugins = ("tests.sandbox_livechat_desk",)


def sdk(client: Any, desk: Desk) -> Any:
    """Point an SDK client, which builds https URLs of its base_url, at the stand-in."""
    client.api_url = client.api_url.replace("https://", "http://")
    assert client.api_url.startswith(desk.url)
    return client


def sdk_customer(desk: Desk) -> Any:
    _, token = desk.customer()
    client = CustomerWeb.get_client(
        access_token=f"Bearer {token}",
        version="3.6",
        base_url=desk.url.removeprefix("http://"),
        organization_id=desk.options.organization_id,
        disable_logging=True,
    )
    return sdk(client, desk)


def test_livechats_sdk_drives_the_customer_api(desk: Desk) -> None:
    customer = sdk_customer(desk)
    started = customer.start_chat(continuous=True, chat={"thread": {"events": [message("first")]}}).json()
    chat_id = started["chat_id"]

    sent = customer.send_event(chat_id=chat_id, event=message("second")).json()
    customer.deactivate_chat(id=chat_id)
    resumed = customer.resume_chat(chat={"id": chat_id}, continuous=True).json()

    first = customer.get_chat(chat_id=chat_id, thread_id=started["thread_id"]).json()
    events = [event["id"] for event in first["thread"]["events"] if event["type"] == "message"]
    assert [*started["event_ids"], sent["event_id"]] == events
    summary = customer.list_chats().json()["chats_summary"][0]
    assert (chat_id, resumed["thread_id"], True) == (summary["id"], summary["last_thread_id"], summary["active"])
    statuses = customer.list_group_statuses(group_ids=[7]).json()
    assert statuses == {"groups_status": {"7": "online_for_queue"}}


def test_livechats_sdk_sends_files_and_answers_and_marks_what_it_got(desk: Desk) -> None:
    customer = sdk_customer(desk)
    started = customer.start_chat(continuous=True).json()
    where = {"chat_id": started["chat_id"], "thread_id": started["thread_id"]}
    button = {"text": "Yes", "postback_id": "yes", "user_ids": [], "type": "message", "value": "Yes!"}
    asked = {"type": "rich_message", "template_id": "quick_replies", "elements": [{"buttons": [button]}]}
    question = desk.play("event", agent=JANE.id, chat_id=where["chat_id"], event=asked).json()["event_id"]
    postback = {"id": "yes", "thread_id": where["thread_id"], "event_id": question, "type": "message", "value": "Yes!"}

    url = customer.upload_file(file={"file": ("a.png", b"abc", "image/png")}).json()["url"]
    sent = [
        customer.send_event(chat_id=where["chat_id"], event={"type": "file", "url": url}),
        customer.send_event(chat_id=where["chat_id"], event=message("Yes", postback=postback)),
    ]
    delivered = customer.update_event_properties(**where, event_id=question, properties={"status": {"delivered": True}})
    seen = customer.mark_events_as_seen(chat_id=where["chat_id"], seen_up_to="2026-01-02T03:04:05.678901Z")

    rich, file, answer = desk.chat_state(where["chat_id"])["threads"][0]["events"]
    assert (delivered.status_code, seen.status_code) == (200, 200)
    assert [one.json()["event_id"] for one in sent] == [file["id"], answer["id"]]
    assert (file["url"], file["name"], answer["postback"]) == (url, "a.png", postback)
    assert rich["properties"] == {"status": {"delivered": True}}


def test_livechats_sdk_drives_the_agent_api(desk: Desk) -> None:
    _, chat_id, _ = desk.started()
    agent = sdk(
        AgentWeb.get_client(
            access_token=desk.pat(), version="3.6", base_url=desk.url.removeprefix("http://"), disable_logging=True
        ),
        desk,
    )
    agent.add_user_to_chat(chat_id=chat_id, user_id=SAM.id, user_type="agent", visibility="agents")

    sent = agent.send_event(chat_id=chat_id, event=message("note", visibility="agents")).json()
    closed = agent.deactivate_chat(id=chat_id)

    thread = agent.get_chat(chat_id=chat_id).json()["thread"]
    assert closed.status_code == 200
    assert (sent["event_id"], "agents") == (thread["events"][0]["id"], thread["events"][0]["visibility"])
    assert not thread["active"]


def test_livechats_sdk_drives_the_configuration_api(desk: Desk) -> None:
    configuration = sdk(
        ConfigurationApi.get_client(
            token=desk.pat(), version="3.6", base_url=desk.url.removeprefix("http://"), disable_logging=True
        ),
        desk,
    )
    owner = desk.options.client_id

    made = configuration.register_webhook(
        action="incoming_event",
        secret_key=SECRET,
        url="https://shop.example/hook",
        owner_client_id=owner,
        type="license",
        filters={"author_type": "agent", "only_my_chats": True},
        additional_data=["chat_properties"],
    ).json()

    listed = configuration.list_webhooks(owner_client_id=owner).json()
    assert [made["id"]] == [webhook["id"] for webhook in listed]
    assert listed[0]["filters"] == {"author_type": "agent", "only_my_chats": True}


def test_livechats_own_parser_accepts_every_webhook_it_knows(desk: Desk, receiver: Receiver) -> None:
    desk.stand_in.register(receiver.url, SECRET)
    token, chat_id, _ = desk.started(chat={"thread": {"events": [message()]}})
    event_id = desk.play("reply", agent=JANE.id, chat_id=chat_id, text="hi").json()["event_id"]
    desk.play("edit", agent=JANE.id, chat_id=chat_id, event_id=event_id, text="hello")
    desk.play("status", agent=SAM.id, status="accepting_chats")
    desk.play("transfer", agent=JANE.id, chat_id=chat_id, to_agent=SAM.id)
    desk.play("seen", agent=SAM.id, chat_id=chat_id)
    desk.as_customer(token, "set_customer_session_fields", session_fields=[{"a": "1"}])
    desk.play("close", agent=SAM.id, chat_id=chat_id)
    assert desk.stand_in.wait_idle()

    parsed = {parse_webhook(body, "3.6").action for body in receiver.got}

    assert {
        "incoming_chat",
        "incoming_event",
        "event_updated",
        "user_added_to_chat",
        "user_removed_from_chat",
        "chat_transferred",
        "chat_deactivated",
        "events_marked_as_seen",
        "customer_session_fields_updated",
        "routing_status_set",
    } == parsed
