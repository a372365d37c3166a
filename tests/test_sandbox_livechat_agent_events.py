"""What agents can send, change and take back in the LiveChat stand-in, up to LiveChat's limits and not beyond."""

import base64
from typing import Any

import pytest
import requests

from tests.sandbox_livechat_desk import JANE, SAM, Desk, Json, message

pytest_plugins = ("tests.sandbox_livechat_desk",)

MEGABYTE = 1024 * 1024


@pytest.fixture
def chat_id(desk: Desk) -> str:
    return desk.started()[1]


def sent(desk: Desk, chat_id: str, event: Json) -> requests.Response:
    return desk.play("event", agent=JANE.id, chat_id=chat_id, event=event)


def events(desk: Desk, chat_id: str) -> list[Json]:
    return list(desk.chat_state(chat_id)["threads"][0]["events"])


def button(**more: Any) -> Json:
    return {"text": "Yes", "postback_id": "y", "user_ids": [], "type": "message", "value": "Yes"} | more


def rich(*elements: Json, template_id: str = "cards") -> Json:
    return {"type": "rich_message", "template_id": template_id, "elements": list(elements)}


def refusal(answer: requests.Response) -> str:
    assert 400 <= answer.status_code < 500
    error = answer.json()["error"]
    assert error["type"] == "validation"
    return str(error["message"])


# --- kinds -----------------------------------------------------------------------------------------------------------

_FORM = {
    "type": "form",
    "form_id": "f1",
    "fields": [{"type": "select", "id": "1", "label": "Country", "required": True, "options": [{"id": "0"}]}],
}


@pytest.mark.parametrize(
    "event",
    [
        message("**hi**", properties={"chats": {"formatting": "commonmark"}}),
        message("hi", properties={"translation": {"source_lang_code": "en", "target_message": "hallo"}}),
        rich({"title": "t", "subtitle": "s", "image": {"url": "https://shop.example/a.png"}, "buttons": [button()]}),
        rich({"title": "t", "buttons": [button()]}, template_id="quick_replies"),
        rich({"image": {"url": "https://shop.example/a.png"}}, template_id="sticker"),
        rich({"title": "t"}, template_id="ecommerce"),
        _FORM,
        {"type": "custom", "content": {"anything": 1}},
    ],
)
@pytest.mark.parametrize("visibility", ["all", "agents"])
def test_an_agent_s_event_is_kept_as_it_was_sent(desk: Desk, chat_id: str, event: Json, visibility: str) -> None:
    answer = sent(desk, chat_id, {**event, "visibility": visibility})

    assert answer.ok, answer.text
    (kept,) = events(desk, chat_id)
    assert (kept["author_id"], kept["id"]) == (JANE.id, answer.json()["event_id"])
    assert {**event, "visibility": visibility} == {name: kept[name] for name in (*event, "visibility")}


def test_a_form_is_for_agents_to_send(desk: Desk) -> None:
    token, chat_id, _ = desk.started()

    assert "form" in desk.refused(token, "send_event", {"chat_id": chat_id, "event": _FORM})["message"]


@pytest.mark.parametrize(
    ("name", "content_type"),
    [
        ("shoe.png", "image/png"),
        ("film.mp4", "video/mp4"),
        ("a.pdf", "application/pdf"),
        ("x", "application/octet-stream"),
    ],
)
def test_an_agent_s_file_can_be_fetched_with_the_type_of_its_name(
    desk: Desk, chat_id: str, name: str, content_type: str
) -> None:
    desk.play("file", agent=JANE.id, chat_id=chat_id, name=name, content=base64.b64encode(b"content").decode())

    (event,) = events(desk, chat_id)
    fetched = requests.get(event["url"], timeout=5)
    assert (b"content", 200) == (fetched.content, fetched.status_code)
    assert (name, content_type) == (event["name"], event["content_type"])
    assert content_type.startswith("image/") == ("size" in event)


def test_python_callers_need_not_say_where_files_are(desk: Desk, chat_id: str) -> None:
    desk.stand_in.play("file", agent=JANE.id, chat_id=chat_id, name="a.txt")

    assert events(desk, chat_id)[0]["url"].startswith(f"{desk.url}/api/file/lc/att/")


def test_only_pictures_have_an_alternative_text(desk: Desk, chat_id: str) -> None:
    play = {"agent": JANE.id, "chat_id": chat_id, "alternative_text": "A shoe"}

    assert desk.play("file", name="a.png", **play).ok
    assert "alternative_text" in refusal(desk.play("file", name="a.pdf", **play))
    assert "A shoe" == events(desk, chat_id)[0]["alternative_text"]


def test_a_reply_may_be_markdown_and_may_have_been_translated(desk: Desk, chat_id: str) -> None:
    words = {"text": "**hi**", "formatting": "commonmark", "translation": "**salut**", "language": "fr"}

    desk.play("reply", agent=JANE.id, chat_id=chat_id, **words)

    assert events(desk, chat_id)[0]["properties"] == {
        "chats": {"formatting": "commonmark"},
        "translation": {"target_lang_code": "fr", "target_message": "**salut**"},
    }


def test_customers_may_read_a_translation_not_write_one(desk: Desk) -> None:
    token, chat_id, _ = desk.started()
    event = message(properties={"translation": {"target_message": "hallo"}})
    desk.play("event", agent=JANE.id, chat_id=chat_id, event=event)

    refused = desk.refused(token, "send_event", {"chat_id": chat_id, "event": event})

    assert "properties.translation.target_message" in refused["message"]
    seen = desk.as_customer(token, "get_chat", chat_id=chat_id)["thread"]["events"]
    assert [event["properties"]] == [one["properties"] for one in seen]


@pytest.mark.parametrize(
    "properties", [{"lc2": {"welcome_message": True}}, {"rating": {"score": 1}}, {"made": {"up": 1}}]
)
def test_agents_write_only_properties_that_are_theirs(desk: Desk, chat_id: str, properties: Json) -> None:
    assert "properties." in refusal(sent(desk, chat_id, message(properties=properties)))


# --- limits ----------------------------------------------------------------------------------------------------------


def test_a_text_may_have_sixteen_kilobytes(desk: Desk, chat_id: str) -> None:
    longest = "é" * (8 * 1024)

    assert sent(desk, chat_id, message(longest)).ok
    assert "16384 bytes" in refusal(sent(desk, chat_id, message(longest + "a")))
    event_id = events(desk, chat_id)[0]["id"]
    edit = {"agent": JANE.id, "chat_id": chat_id, "event_id": event_id}
    assert desk.play("edit", text=longest, **edit).ok
    assert "16384 bytes" in refusal(desk.play("edit", text=longest + "a", **edit))


def test_a_rich_message_may_have_ten_elements_of_thirteen_buttons(desk: Desk, chat_id: str) -> None:
    element = {"title": "t", "buttons": [button()] * 13}

    assert sent(desk, chat_id, rich(*[element] * 10)).ok
    assert "10" in refusal(sent(desk, chat_id, rich(*[element] * 11)))
    assert "13" in refusal(sent(desk, chat_id, rich({"title": "t", "buttons": [button()] * 14})))


def test_an_agent_s_file_may_have_ten_megabytes(desk: Desk, chat_id: str) -> None:
    most = base64.b64encode(bytes(10 * MEGABYTE)).decode()
    more = base64.b64encode(bytes(10 * MEGABYTE + 1)).decode()

    assert desk.play("file", agent=JANE.id, chat_id=chat_id, name="a.bin", content=most).ok
    answer = desk.play("file", agent=JANE.id, chat_id=chat_id, name="a.bin", content=more)
    assert answer.json()["error"]["type"] == "entity_too_large"


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"type": "url", "value": "https://shop.example"},
        {"type": "url", "value": "https://shop.example", "target": "current"},
        {"type": "phone", "value": "+15550100"},
        {"type": "webview", "value": "https://shop.example", "webview_height": "tall"},
        {"type": "cancel", "value": "x"},
        {"type": None, "value": None},
    ],
)
def test_every_type_of_button_can_be_sent(desk: Desk, chat_id: str, more: Json) -> None:
    wanted = {name: value for name, value in button(**more).items() if value is not None}

    assert sent(desk, chat_id, rich({"title": "t", "buttons": [wanted]})).ok
    assert wanted == events(desk, chat_id)[0]["elements"][0]["buttons"][0]


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"type": None}, "type"),
        ({"value": None}, "type"),
        ({"type": "webview"}, "webview_height"),
        ({"type": "url", "webview_height": "tall"}, "webview_height"),
        ({"type": "phone", "target": "new"}, "target"),
        ({"type": "url", "target": "elsewhere"}, "target"),
        ({"type": "hologram"}, "hologram"),
        ({"postback_id": None}, "postback_id"),
        ({"user_ids": None}, "user_ids"),
        ({"text": None}, "text"),
    ],
)
def test_a_button_needs_what_its_type_needs_and_nothing_else(desk: Desk, chat_id: str, more: Json, field: str) -> None:
    wanted = {name: value for name, value in button(**more).items() if value is not None}

    assert field in refusal(sent(desk, chat_id, rich({"title": "t", "buttons": [wanted]})))
    assert events(desk, chat_id) == []


@pytest.mark.parametrize(
    "event",
    [
        {"type": "file", "url": "https://shop.example/a.png"},
        {"type": "rich_message", "template_id": "hologram", "elements": [{"title": "t"}]},
        {"type": "form", "form_id": "f1", "fields": [{"type": "hologram", "id": "1", "label": "x"}]},
        {"type": "form", "form_id": "f1", "fields": [{"type": "name", "id": "1"}]},
        {"type": "form", "fields": []},
        {"type": "system", "subtype": "x"},
        message(recipients="all"),
        {**_FORM, "recipients": "all"},
    ],
)
def test_what_livechat_does_not_take_is_refused(desk: Desk, chat_id: str, event: Json) -> None:
    refusal(sent(desk, chat_id, event))

    assert events(desk, chat_id) == []


# --- changing and taking back ----------------------------------------------------------------------------------------


def test_an_agent_changes_only_messages_of_their_own(desk: Desk) -> None:
    token, chat_id, _ = desk.started()
    theirs = desk.as_customer(token, "send_event", chat_id=chat_id, event=message())["event_id"]
    form = sent(desk, chat_id, _FORM).json()["event_id"]
    mine, gone = (desk.play("reply", agent=JANE.id, chat_id=chat_id, text="hi").json()["event_id"] for _ in range(2))
    desk.play("delete", agent=JANE.id, chat_id=chat_id, event_id=gone)

    for agent, event_id in ((JANE, theirs), (JANE, form), (JANE, gone), (SAM, mine)):
        assert "event_id" in refusal(desk.play("edit", agent=agent.id, chat_id=chat_id, event_id=event_id, text="new"))
    unknown = desk.play("edit", agent=JANE.id, chat_id=chat_id, event_id="nothing", text="new")

    assert unknown.json()["error"]["type"] == "not_found"
    assert desk.play("edit", agent=JANE.id, chat_id=chat_id, event_id=mine, text="new").ok
    assert ["hello", None, "new", None] == [event.get("text") for event in events(desk, chat_id)]


def test_a_change_keeps_the_translation_unless_there_is_another(desk: Desk, chat_id: str) -> None:
    reply = {"text": "hi", "translation": "hallo", "formatting": "commonmark"}
    event_id = desk.play("reply", agent=JANE.id, chat_id=chat_id, **reply).json()["event_id"]
    edit = {"agent": JANE.id, "chat_id": chat_id, "event_id": event_id}

    desk.play("edit", text="hi there", **edit)
    kept = events(desk, chat_id)[0]
    desk.play("edit", text="hi there", translation="hallo du", **edit)
    changed = events(desk, chat_id)[0]

    assert ("hi there", "hallo") == (kept["text"], kept["properties"]["translation"]["target_message"])
    assert "hallo du" == changed["properties"]["translation"]["target_message"]
    assert "commonmark" == changed["properties"]["chats"]["formatting"]


def test_an_event_of_an_earlier_thread_can_be_changed_and_taken_back(desk: Desk) -> None:
    token, chat_id, _ = desk.started()
    ids = [desk.play("reply", agent=JANE.id, chat_id=chat_id, text="hi").json()["event_id"] for _ in range(2)]
    desk.play("close", agent=JANE.id, chat_id=chat_id)
    desk.as_customer(token, "resume_chat", chat={"id": chat_id})

    assert desk.play("edit", agent=JANE.id, chat_id=chat_id, event_id=ids[0], text="new").ok
    assert desk.play("delete", agent=JANE.id, chat_id=chat_id, event_id=ids[1]).ok

    assert ["new", None] == [event.get("text") for event in events(desk, chat_id)[:2]]


def test_what_was_read_before_does_not_change_behind_the_reader_s_back(desk: Desk, chat_id: str) -> None:
    event_id = desk.play("reply", agent=JANE.id, chat_id=chat_id, text="hi").json()["event_id"]
    before = desk.stand_in.state()["chats"][0]["threads"][0]["events"]

    desk.play("edit", agent=JANE.id, chat_id=chat_id, event_id=event_id, text="new")
    desk.play("delete", agent=JANE.id, chat_id=chat_id, event_id=event_id)

    assert ["hi"] == [event["text"] for event in before]
