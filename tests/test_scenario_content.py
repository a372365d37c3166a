"""What a conversation carries beside words, through the running functions: sent on one side, read on the other."""

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from functions.handoff.languages import BUILT_IN
from tests.hands import ALT_TEXT, BUSINESS_MESSAGES, Bubble
from tests.play import JANE, Scene, called, said_by, said_by_bot, wait_for
from tests.product import SQLITE
from tests.scenario_fixtures import trouble

pytest_plugins = ("tests.scenario_fixtures",)
pytestmark = [pytest.mark.scenario, pytest.mark.product]

EN = BUILT_IN["en"]
SAMPLES = Path(__file__).parent / "fixtures" / "dialogflow_es"
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 64
TEN_MB = 10 * 1024 * 1024


def events(scene: Scene, kind: str = "") -> list[dict[str, Any]]:
    """What is in the user's chat, of one kind."""
    with scene.sandbox.livechat.lock:
        threads = [thread for chat in scene.chats() for thread in chat.threads]
        return [event for thread in threads for event in thread.events if kind in ("", event["type"])]


def of_user(scene: Scene, kind: str = "") -> list[dict[str, Any]]:
    return [event for event in events(scene, kind) if event.get("author_id") not in (None, JANE)]


def newest_with(scene: Scene, form: str) -> Bubble:
    """The newest message that has this, as soon as there is one."""
    return wait_for(lambda: [one for one in scene.bubbles() if getattr(one, form)], f"a message with {form}")[-1]


def agent_sends(scene: Scene, kind: str, **fields: Any) -> str:
    answer = scene.agent_does("event", event={"type": kind, "visibility": "all", **fields})
    return str(answer["event_id"])


def noted(scene: Scene, words: str) -> None:
    """Wait until the agents have a note with these words."""

    def look() -> bool:
        return any(words in field["answer"] for event in events(scene, "filled_form") for field in event["fields"])

    wait_for(look, f"a note with {words!r}")


# --- pictures of the user --------------------------------------------------------------------------------------------


def test_a_picture_reaches_the_agents_as_a_file_byte_for_byte(scene: Scene) -> None:
    scene.hand_off()

    scene.user_sends_picture(PNG)
    (file,) = wait_for(lambda: events(scene, "file"), "the picture in the chat")
    scene.settle()

    assert PNG == scene.sandbox.livechat.licence.uploads[file["url"]].content
    assert 1 == len(events(scene, "file"))
    assert [] == of_user(scene, "message")


@pytest.mark.slow
@pytest.mark.parametrize(("beyond", "arrives"), [(0, True), (1, False)], ids=["exactly 10 MB", "one byte more"])
@pytest.mark.only_on(SQLITE)
def test_the_largest_picture_is_passed_on_and_one_byte_more_is_spoken_of(
    scene: Scene, beyond: int, arrives: bool
) -> None:
    scene.hand_off()

    scene.user_sends_picture(PNG + b"\0" * (TEN_MB - len(PNG) + beyond))

    if arrives:
        (file,) = wait_for(lambda: events(scene, "file"), "the picture in the chat", 40.0)
        assert TEN_MB == len(scene.sandbox.livechat.licence.uploads[file["url"]].content)
    else:
        noted(scene, EN["file_missing"].format(reason=EN["file_too_large"]))
        scene.user_sees(said_by_bot(EN["sent_file_too_large"]))
        assert [] == events(scene, "file")


def test_a_page_that_calls_itself_a_picture_is_not_passed_on(scene: Scene) -> None:
    scene.hand_off()

    scene.user_sends_picture(b"<html><script>alert(1)</script></html>", "image/png")
    scene.user_says("did you get it?")
    scene.agents_see("user: did you get it?")

    noted(scene, EN["file_not_allowed"])
    scene.user_sees(said_by_bot(EN["sent_file_not_allowed"]))
    assert [] == events(scene, "file")


def test_a_link_elsewhere_stays_words_and_is_not_fetched(scene: Scene) -> None:
    scene.hand_off()

    scene.user_says("http://169.254.169.254/computeMetadata/v1/")
    scene.agents_see("user: http://169.254.169.254/computeMetadata/v1/")

    assert [] == events(scene, "file")


@pytest.mark.parametrize("fault", [{"status": 503}, {"cut": True}], ids=["503", "cut"])
def test_an_upload_that_fails_is_made_again_and_the_file_sent_once(scene: Scene, fault: dict[str, Any]) -> None:
    scene.hand_off()

    with trouble(scene.sandbox.livechat, "/action/upload_file", times=1, **fault):
        scene.user_sends_picture(PNG)
        wait_for(lambda: events(scene, "file"), "the picture in the chat")
    scene.settle()

    assert 1 == len(events(scene, "file"))


# --- chips and buttons -----------------------------------------------------------------------------------------------


def test_a_tap_on_an_agent_s_button_is_a_postback_in_livechat(scene: Scene) -> None:
    scene.hand_off()
    button = {"type": "message", "text": "The red one", "postback_id": "red", "user_ids": [], "value": "lamp=red"}
    question = agent_sends(
        scene, "rich_message", template_id="quick_replies", elements=[{"title": "Which lamp?", "buttons": [button]}]
    )
    scene.user_sees(said_by(JANE, "Which lamp?"))

    scene.user_taps("The red one")
    scene.agents_see("user: The red one")

    (answer,) = of_user(scene, "message")
    expected = {"id": "red", "event_id": question, "type": "message", "value": "lamp=red"}
    assert expected.items() <= answer["postback"].items()


def test_a_chip_of_the_bot_reaches_the_bot_as_its_postback(scene: Scene) -> None:
    reply = {"reply": {"text": "Order cheese", "postbackData": "when are you open?"}}
    bot_says(scene, "menu", {"payload": {"businessMessages": {"text": "Our menu", "suggestions": [reply]}}})

    scene.user_taps("Order cheese")

    wait_for(lambda: "when are you open?" in scene.bot_heard(), "the postback at the bot")


def test_a_chip_of_the_bot_reaches_an_agent_with_what_it_carries(scene: Scene) -> None:
    card = {"title": "Cheese", "suggestions": [{"reply": {"text": "Order", "postbackData": "pizza=cheese"}}]}
    content = {"richCard": {"standaloneCard": {"cardContent": card}}, "fallback": "Cheese"}
    bot_says(scene, "menu", {"payload": {"businessMessages": content}})
    newest_with(scene, "cards")
    scene.hand_off()

    scene.user_taps("Order")

    scene.agents_see("user: Order [pizza=cheese]")


def test_after_a_fallback_the_bot_offers_a_person(scene: Scene) -> None:
    scene.user_says("flurbl")

    assert wait_for(scene.bubbles, "an answer")[-1].offers_person


# --- what the bot shows ----------------------------------------------------------------------------------------------


def bot_says(scene: Scene, words: str, *messages: dict[str, Any]) -> None:
    """The user says these words, to which the bot answers so."""
    scene.sandbox.dialogflow.change_options(answers={words: list(messages)})
    before = len(scene.bubbles())
    scene.user_says(words)
    wait_for(lambda: len(scene.bubbles()) > before, "the bot's answer")


@pytest.mark.only_on(BUSINESS_MESSAGES)
@pytest.mark.parametrize("sample", ["carousel", "live_agent", "rich_card", "suggestion"])
def test_google_s_sample_payloads_reach_the_phone_as_they_are(scene: Scene, sample: str) -> None:
    content = json.loads((SAMPLES / f"payload__{sample}.json").read_text())
    bot_says(scene, f"sample {sample}", {"payload": {"businessMessages": content}})

    shown = scene.bubbles()[0].body
    ours = {"messageId", "representative", "name"}
    assert {k: v for k, v in content.items() if k not in ours} == {k: v for k, v in shown.items() if k not in ours}


@pytest.mark.parametrize(
    ("what", "form"),
    [
        ("a card", "cards"),
        ("a carousel", "cards"),
        ("an image", "file"),
        ("a list", "cards"),
        ("quick replies", "chips"),
        ("a table", "text"),
        ("a native carousel", "cards"),
    ],
)
def test_each_kind_the_bot_has_is_shown_in_the_channel_s_form(scene: Scene, what: str, form: str) -> None:
    scene.user_says(f"show me {what}")

    shown = newest_with(scene, form)
    assert "BOT" == shown.voice
    assert shown.has_words


def test_the_user_sees_that_a_slow_bot_is_writing_and_not_for_ever(scene: Scene) -> None:
    with trouble(scene.sandbox.dialogflow, ":detectIntent", times=1, delay_s=1.6):
        scene.user_says("hello")
        wait_for(scene.bubbles, "the answer")
    scene.settle()

    assert scene.hand.one_sign_of_writing == scene.hand.signs_of_writing()


def test_a_quick_bot_costs_no_call_for_typing(scene: Scene) -> None:
    scene.user_says("hello")
    wait_for(scene.bubbles, "the answer")
    scene.settle()

    assert 1 == len(scene.sent_to_user())


# --- what agents send ------------------------------------------------------------------------------------------------


def agent_sends_file(scene: Scene, name: str, content: bytes, **fields: Any) -> None:
    scene.agent_does("file", name=name, content=base64.b64encode(content).decode(), **fields)


def test_an_agent_s_picture_is_a_picture(scene: Scene) -> None:
    scene.hand_off()

    agent_sends_file(scene, "lamp.png", PNG)

    assert newest_with(scene, "file").file in scene.sandbox.livechat.licence.uploads


@pytest.mark.needs(ALT_TEXT)
def test_what_an_agent_says_that_a_picture_shows_is_its_alternative_text(scene: Scene) -> None:
    scene.hand_off()

    agent_sends_file(scene, "lamp.png", PNG, alternative_text="A red lamp")

    picture = newest_with(scene, "file")
    assert ("HUMAN", "A red lamp") == (picture.voice, picture.alt)


@pytest.mark.only_on(BUSINESS_MESSAGES)
@pytest.mark.parametrize(
    ("name", "size"), [("offer.pdf", 100), ("lamp.gif", 100), ("lamp.png", 5 * 1024 * 1024 + 1)], ids=str
)
def test_what_the_channel_can_t_show_is_a_name_and_a_link(scene: Scene, name: str, size: int) -> None:
    scene.hand_off()

    agent_sends_file(scene, name, b"\0" * size)

    link = wait_for(lambda: [one.text for one in scene.bubbles() if name in one.text], "the link")[0]
    assert link.startswith(name)
    assert link.split()[-1] in scene.sandbox.livechat.licence.uploads


def test_an_agent_s_cards_are_a_carousel_whose_chips_answer_them(scene: Scene) -> None:
    scene.hand_off()
    buy = {"type": "message", "text": "Buy", "postback_id": "buy-2", "user_ids": [], "value": "2"}
    shop = {"type": "url", "text": "Shop", "postback_id": "s", "user_ids": [], "value": "https://shop.example/lamps"}
    elements = [
        {"title": "Red lamp", "subtitle": "10 euros", "buttons": [shop]},
        {"title": "Green lamp", "subtitle": "12 euros", "buttons": [buy]},
    ]
    question = agent_sends(scene, "rich_message", template_id="cards", elements=elements)

    assert ("Red lamp", "Green lamp") == newest_with(scene, "cards").cards
    scene.user_taps("Buy")
    scene.agents_see("user: Buy")
    assert question == of_user(scene, "message")[-1]["postback"]["event_id"]


def test_an_agent_s_markdown_reads_well_on_the_phone(scene: Scene) -> None:
    scene.hand_off()

    text = "**Important:** see [our shop](https://shop.example)\n\n- red\n- green"
    scene.agent_does("reply", text=text, formatting="commonmark")

    shown = wait_for(lambda: [one.text for one in scene.bubbles() if "Important" in one.text], "the message")[0]
    assert "**" not in shown
    assert "](" not in shown
    assert "our shop" in shown
    assert "https://shop.example" in shown


def test_the_user_gets_the_translation(scene: Scene) -> None:
    scene.hand_off()

    scene.agent_does("reply", text="Good day", translation="Guten Tag")

    scene.user_sees(said_by(JANE, "Guten Tag"))
    assert said_by(JANE, "Good day") not in scene.screen()


def test_a_correction_is_shown_and_a_deletion_spoken_of(scene: Scene) -> None:
    scene.hand_off()
    event_id = agent_sends(scene, "message", text="It costs 10 euros.")
    scene.user_sees(said_by(JANE, "It costs 10 euros."))

    scene.agent_does("edit", event_id=event_id, text="It costs 12 euros.")
    scene.user_sees(said_by(JANE, EN["edited"].format(text="It costs 12 euros.")))
    scene.agent_does("delete", event_id=event_id)

    scene.user_sees(said_by_bot(EN["withdrawn"].format(name="Jane Doe")))
    noted(scene, EN["withdrawn_shown"])


def test_a_private_note_that_is_changed_or_deleted_stays_private(scene: Scene) -> None:
    scene.hand_off()
    note = scene.agent_does("note", text="difficult customer")["event_id"]
    before = scene.screen()

    scene.agent_does("edit", event_id=note, text="very difficult customer")
    scene.agent_does("delete", event_id=note)
    scene.agent_replies("Hello")

    assert [*before, said_by(JANE, "Hello")] == scene.screen()


def test_who_sends_what_can_t_be_shown_is_told(scene: Scene) -> None:
    scene.hand_off()

    agent_sends(scene, "custom", content={"a": 1})

    noted(scene, EN["unsupported"].format(kind="custom"))


# --- presence --------------------------------------------------------------------------------------------------------


def test_what_an_agent_has_seen_is_marked_read_on_the_phone(scene: Scene) -> None:
    scene.hand_off()
    written = scene.user_says("are you there?")
    scene.agents_see("user: are you there?")
    scene.settle()

    scene.agent_does("seen")

    wait_for(lambda: scene.hand.is_marked_read(written), "the read mark")


def test_receipts_of_the_user_cost_nothing_by_default(scene: Scene) -> None:
    scene.hand_off()
    scene.agent_replies("Hello")
    mark = len(scene.sandbox.livechat.calls)

    scene.user_reads(with_delivered=True)
    scene.settle()

    assert [] == called(scene.sandbox.livechat, "/customer/action/", mark)


# --- back to the bot -------------------------------------------------------------------------------------------------


def test_agents_see_that_the_user_went_back_to_the_bot(scenes: Callable[..., Scene]) -> None:
    scene = scenes()
    scene.hand_off()

    scene.user_says("/bot")

    noted(scene, EN["went_back"].format(text="/bot"))
