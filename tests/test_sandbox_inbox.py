"""What an agent sees of each kind of event in the sandbox's inbox."""

from typing import Any

import pytest

from infra.sandbox.both_sides import Follower
from infra.sandbox.inbox import Entry, chat_entries
from tests.sandbox_livechat_desk import JANE, Desk, Json, message

pytest_plugins = ("tests.sandbox_livechat_desk",)


class Phoneless:
    """As much of a sandbox as `Follower` reads: a desk, and a phone on which nothing is said."""

    def __init__(self, desk: Desk) -> None:
        self.livechat = desk.stand_in
        self.channel, self.channels, self.settings = "none", {"none": self}, {"BOT_NAME": "Bot"}

    def transcript(self, _conversation: str) -> list[Json]:
        return []


def entries(desk: Desk, chat_id: str) -> list[Entry]:
    return chat_entries(desk.chat_state(chat_id))[1:]


def shown(desk: Desk, **event: Any) -> str:
    _, chat_id, _ = desk.started()
    answer = desk.play("event", agent=JANE.id, chat_id=chat_id, event=event)
    assert answer.ok, answer.text
    (entry,) = entries(desk, chat_id)
    return entry.text


def button(text: str, **more: str) -> Json:
    return {"text": text, "postback_id": text.lower(), "user_ids": [], **more}


@pytest.mark.parametrize(("name", "word"), [("shoe.png", "image"), ("a.pdf", "file")])
def test_a_file_is_its_name_and_its_link(desk: Desk, name: str, word: str) -> None:
    _, chat_id, _ = desk.started()
    described = {"alternative_text": "A blue shoe"} if word == "image" else {}

    desk.play("file", agent=JANE.id, chat_id=chat_id, name=name, **described)

    (entry,) = entries(desk, chat_id)
    first, *rest = entry.text.split("\n")
    assert first.startswith(f"[{word}] {name} {desk.url}/api/file/")
    assert list(described.values()) == rest
    assert ("agent", "Jane Doe") == (entry.role, entry.who)


def test_a_rich_message_is_its_elements_with_their_buttons(desk: Desk) -> None:
    image = {"url": "https://shop.example/a.png", "alternative_text": "A shoe"}
    leads = {"type": "url", "value": "https://shop.example"}
    buttons = [button("Yes", type="message", value="Yes"), button("Shop", **leads), button("No")]
    elements = [{"title": "Blue", "subtitle": "Size 42", "image": image, "buttons": buttons}, {"title": "Red"}]

    said = shown(desk, type="rich_message", template_id="cards", elements=elements)

    assert said.split("\n") == [
        "Blue – Size 42",
        "[image] A shoe https://shop.example/a.png",
        "[Yes] [Shop → https://shop.example] [No]",
        "Red",
    ]


def test_a_custom_event_is_its_content(desk: Desk) -> None:
    assert '[custom] {"a": 1}' == shown(desk, type="custom", content={"a": 1})


def test_a_form_is_what_it_asks(desk: Desk) -> None:
    fields = [
        {"type": "name", "id": "1", "label": "Name"},
        {"type": "select", "id": "2", "label": "Country", "options": [{"label": "USA"}, {"label": "UK"}]},
    ]

    assert "[form]\nName\nCountry (USA / UK)" == shown(desk, type="form", form_id="f", fields=fields)


def test_a_translation_stands_under_what_was_typed(desk: Desk) -> None:
    properties = {"translation": {"target_lang_code": "de", "target_message": "hallo"}}

    assert "hello\n[de] hallo" == shown(desk, **message(properties=properties))


def test_an_answer_to_a_button_says_to_which(desk: Desk) -> None:
    token, chat_id, thread_id = desk.started()
    rich = {"type": "rich_message", "template_id": "quick_replies", "elements": [{"buttons": [button("Yes")]}]}
    event_id = desk.play("event", agent=JANE.id, chat_id=chat_id, event=rich).json()["event_id"]
    postback = {"id": "yes", "thread_id": thread_id, "event_id": event_id}

    desk.as_customer(token, "send_event", chat_id=chat_id, event=message("Yes", postback=postback))

    assert "Yes\n[answer to button yes]" == entries(desk, chat_id)[-1].text


def test_what_was_changed_or_taken_back_says_so_and_is_shown_anew(desk: Desk) -> None:
    _, chat_id, _ = desk.started()
    follower = Follower(Phoneless(desk), "", "")  # type: ignore[arg-type]
    event_id = desk.play("reply", agent=JANE.id, chat_id=chat_id, text="hi").json()["event_id"]
    edit = {"agent": JANE.id, "chat_id": chat_id, "event_id": event_id}
    follower.read_new()

    said = []
    for text in ("hello", "hallo", "hello"):
        desk.play("edit", text=text, **edit)
        said += [line.said for line in follower.read_new()]
    desk.play("delete", **edit)
    said += [line.said for line in follower.read_new()]

    assert said == [f"Jane Doe: {text}" for text in ("hello (edited)", "hallo (edited)", "hello (edited)", "(deleted)")]
    assert follower.read_new() == []
