"""What only RCS for Business has, through the running functions: subscriptions, phones out of reach, places, files."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from functions.handoff.languages import BUILT_IN
from infra.sandbox.rcs_phone import Phone
from tests.doors import FIXTURES, in_envelope, send, send_proven, signature
from tests.doors import RCS as DOOR
from tests.hands import RCS
from tests.hands_rcs import RcsHand
from tests.play import JANE, WELCOME_BACK, Scene, joined, left, said_by, said_by_bot, wait_for
from tests.play_log import Log
from tests.product import SQLITE
from tests.scenario_fixtures import start_again, trouble
from tests.test_scenario_content import PNG, agent_sends, bot_says, events, noted

pytest_plugins = ("tests.scenario_fixtures",)
pytestmark = [pytest.mark.scenario, pytest.mark.only_on(RCS, SQLITE)]

EN = BUILT_IN["en"]
HELLO = "Hello! What can I do for you?"
HOURS = "We are open Monday to Friday, 9 to 17."
LEASE_S = 31.0  # for so long a function that died may have had work in its hands, and a little more
HELD_S = 11.0  # for so long a word may wait for its switch, and a little more
ORDERS = pytest.mark.parametrize("order", ["event_first", "text_first"])


def hand_of(scene: Scene) -> RcsHand:
    assert isinstance(scene.hand, RcsHand)
    return scene.hand


def phone_of(scene: Scene) -> Phone:
    return scene.sandbox.rcs.phone


def undelivered(why: str, text: str) -> str:
    return EN["agent_undelivered"].format(reason=EN[f"why_{why}"], excerpt=text)


# --- who wants no messages -------------------------------------------------------------------------------------------


@ORDERS
def test_who_unsubscribes_hears_no_agent_who_is_told_and_hears_them_again_after_writing(
    scene: Scene, order: str
) -> None:
    scene.hand_off()
    scene.agent_replies("Good morning!")
    scene.settle()

    phone_of(scene).unsubscribe(scene.id, order=order)
    noted(scene, EN["unsubscribed"])
    scene.time_passes(HELD_S)
    scene.agent_does("reply", JANE, text="Are you still there?")
    noted(scene, undelivered("unsubscribed", "Are you still there?"))
    scene.user_says("I am here again")
    noted(scene, EN["subscribed"])
    scene.agent_replies("How nice!")
    scene.settle()

    assert ["user: STOP", "user: I am here again", said_by(JANE, "How nice!")] == scene.screen()[4:]
    assert ["user: I am here again"] == [line for line in scene.inbox() if line.startswith("user: ")]


@ORDERS
@pytest.mark.parametrize("wanted_again_by", ["subscribe", "say"])
def test_the_bot_keeps_quiet_for_who_unsubscribed_and_never_hears_the_word_for_it(
    scene: Scene, order: str, wanted_again_by: str
) -> None:
    scene.user_says("Hello")
    scene.bot_answers(HELLO)
    scene.settle()

    phone_of(scene).unsubscribe(scene.id, order=order)
    scene.time_passes(HELD_S)
    scene.settle()
    if wanted_again_by == "subscribe":
        phone_of(scene).subscribe(scene.id, order=order)
        scene.time_passes(HELD_S)
        scene.settle()
    scene.user_says("What are your opening hours?")
    scene.bot_answers(HOURS)
    scene.settle()

    assert ["Hello", "What are your opening hours?"] == scene.bot_heard()
    assert ["user: Hello", said_by_bot(HELLO), "user: STOP"] == scene.screen()[:3]
    assert said_by_bot(HOURS) == scene.screen()[-1]


def test_the_word_alone_is_a_word_like_any_other(scene: Scene) -> None:
    scene.user_says("stop")
    scene.time_passes(HELD_S)

    wait_for(lambda: scene.bot_heard() == ["stop"], "the word at the bot", timeout_s=30.0)


# --- phones out of reach ---------------------------------------------------------------------------------------------


def test_an_agent_is_told_that_a_phone_can_not_be_reached(scene: Scene, log: Log) -> None:
    scene.hand_off()
    scene.settle()

    phone_of(scene).change(scene.id, reachable=False)
    scene.agent_does("reply", text="Your parcel is on its way.")

    noted(scene, undelivered("unreachable", "Your parcel is on its way."))
    phone_of(scene).change(scene.id, reachable=True)
    scene.agent_replies("Are you there again?")
    scene.settle()
    assert 1 == len(log.lines("livechat_webhook", outcome="dead_letter", conversation=scene.key))


def test_an_agent_is_told_that_a_message_came_too_late_for_the_phone(scene: Scene) -> None:
    scene.hand_off()
    scene.settle()
    phone_of(scene).change(scene.id, online=False)
    scene.agent_does("reply", text="Your parcel is on its way.")
    sent = wait_for(lambda: [one for one in scene.sent_to_user() if "Your parcel" in str(one.body)], "the message")

    phone_of(scene).server_event(scene.id, sent[0].query["messageId"], "TTL_EXPIRATION_REVOKED")

    noted(scene, undelivered("expired", "Your parcel is on its way."))


def test_who_is_offline_for_a_while_gets_everything_in_order(scene: Scene) -> None:
    scene.hand_off()
    phone_of(scene).change(scene.id, online=False)
    words = ["One.", "Two.", "Three."]

    for text in words:
        scene.agent_does("reply", text=text)
    wait_for(lambda: "Three." in str([one.body for one in scene.sent_to_user()]), "the last one sent")
    phone_of(scene).change(scene.id, online=True)
    scene.user_sees(said_by(JANE, "Three."))

    assert [said_by(JANE, text) for text in words] == scene.screen()[-3:]


def test_what_a_phone_can_not_show_is_tried_once_and_then_said_in_words(scene: Scene) -> None:
    phone_of(scene).change(scene.id, words_only=True)
    card = {"title": "Cheese", "description": "With tomatoes"}
    content = {"richCard": {"standaloneCard": {"cardContent": card}}, "fallback": "Cheese pizza"}

    bot_says(scene, "menu", {"payload": {"businessMessages": content}})
    scene.settle()

    rich, plain = [call for call in scene.sent_to_user() if call.path.endswith("/agentMessages")]
    assert (400, 200) == (rich.status, plain.status)
    assert rich.query["messageId"] != plain.query["messageId"]
    assert ["user: menu", said_by_bot("Cheese pizza")] == scene.screen()


# --- ids -------------------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_only_true_repeats_are_swallowed_though_a_function_is_killed_and_answers_are_lost(
    scenes: Callable[..., Scene],
) -> None:
    one, other = scenes(), scenes()
    for scene in (one, other):
        scene.hand_off()
        scene.settle()
    standin, mark = one.sandbox.rcs, len(one.sandbox.rcs.swallowed)
    desk = one.sandbox.functions["livechat_webhook"]
    words = [f"This is my answer number {number}." for number in range(3)]

    with trouble(standin, "/agentMessages", times=2, after=True, cut=True):
        for text in words:
            for scene in (one, other):
                scene.agent_does("reply", JANE, text=text)
        wait_for(lambda: not standin.faults or standin.struck[""] >= 2, "two lost answers")
        desk.kill()
        start_again(desk)
        one.time_passes(LEASE_S)
        for scene in (one, other):
            scene.user_sees(said_by(JANE, words[-1]), timeout_s=60.0)
            scene.settle(60.0)

    for scene in (one, other):
        assert [said_by(JANE, text) for text in words] == [line for line in scene.screen() if "my answer" in line]
    assert standin.swallowed[mark:]
    assert all(swallowed.same for swallowed in standin.swallowed)


# --- places, files, chips --------------------------------------------------------------------------------------------


def test_a_place_reaches_agents_and_bot_as_words_with_a_link(scene: Scene) -> None:
    phone_of(scene).send_location(scene.id, 48.2082, 16.3738)
    wait_for(scene.bot_heard, "the place at the bot")
    scene.hand_off()

    phone_of(scene).send_location(scene.id, -33.8568, 151.2153)
    wait_for(lambda: "151.2153" in scene.inbox()[-1], "the place at the agents")

    assert "48.2082" in scene.bot_heard()[0]
    assert "https://www.google.com/maps/search/?api=1&query=-33.8568%2C151.2153" in scene.inbox()[-1]


@pytest.mark.parametrize(
    ("mime_type", "name", "content"),
    [("image/png", "lamp.png", PNG), ("application/pdf", "bill.pdf", b"%PDF-1.7\n" + b"\0" * 64)],
)
def test_a_file_reaches_the_agents_byte_for_byte(scene: Scene, mime_type: str, name: str, content: bytes) -> None:
    scene.hand_off()

    phone_of(scene).send_file(scene.id, content=content, mime_type=mime_type, file_name=name)
    (file,) = wait_for(lambda: events(scene, "file"), "the file in the chat")

    assert content == scene.sandbox.livechat.licence.uploads[file["url"]].content


def test_the_chip_under_joined_brings_the_bot_and_the_one_under_left_a_person(scene: Scene) -> None:
    scene.hand_off()

    scene.user_taps(EN["back_chip"])
    scene.user_sees(left(JANE))
    scene.settle()
    back = scene.bot_heard()[-1]
    scene.hand_off()
    scene.agent_closes()
    scene.user_asks_for_a_person()
    wait_for(lambda: 3 == scene.screen().count(joined(JANE)), "Jane for the third time")

    assert "[AGENT_CHAT_ENDED: user_left]" == back


def test_an_agent_s_buttons_are_chips_that_answer_them(scene: Scene) -> None:
    scene.hand_off()
    button = {"type": "message", "text": "The red one", "postback_id": "red", "user_ids": [], "value": "lamp=red"}
    elements = [{"title": "Which lamp?", "buttons": [button]}]
    question = agent_sends(scene, "rich_message", template_id="quick_replies", elements=elements)
    scene.user_sees(said_by(JANE, "Which lamp?"))

    scene.user_taps("The red one")
    scene.agents_see("user: The red one")

    assert {"id": "red", "event_id": question}.items() <= events(scene, "message")[-1]["postback"].items()


# --- what the door is told -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", sorted((FIXTURES / "rcs").glob("*.json")), ids=lambda path: path.stem)
def test_published_payloads_are_taken_rightly_signed_and_refused_otherwise(scene: Scene, path: Any) -> None:
    raw = path.read_bytes()
    phone_of(scene).open(phone_number="+12223334444")  # to have somewhere to answer to

    taken = send_proven(scene.sandbox, DOOR, raw)
    refused = send(scene.sandbox, DOOR, in_envelope(raw), signature("another-key", raw))

    assert (200, 401) == (taken.status_code, refused.status_code)
    assert taken.json()["outcome"] in {"handled", "queued", "duplicate", "ignored"}


def test_what_nobody_knows_and_launch_notices_are_taken_politely_and_hold_nothing_up(scene: Scene, log: Log) -> None:
    phone_of(scene).send_unknown(scene.id, content={"hologram": "a private word"})
    phone_of(scene).launch_notice()
    scene.user_says("Hello")
    scene.bot_answers(HELLO)
    scene.settle()

    attempts = [one["attempts"][-1]["status"] for one in phone_of(scene).sender.deliveries()[-3:]]
    assert [200, 200, 200] == attempts
    assert 2 == len(log.lines(DOOR, outcome="ignored"))


def test_only_a_signature_over_the_data_counts(scene: Scene) -> None:
    data = json.dumps(hand_of(scene).written_elsewhere("let me in")).encode()
    envelope = in_envelope(data)
    attributes = {"type": "message", "business_id": "demo_agent"}
    envelope["message"]["attributes"] = attributes
    token = scene.sandbox.rcs_token
    outside = [
        json.dumps(envelope),
        json.dumps(attributes),
        json.dumps(envelope["message"]),
        envelope["message"]["data"],
    ]

    refused = [send(scene.sandbox, DOOR, envelope, signature(token, text.encode())) for text in outside]
    refused += [
        send(scene.sandbox, DOOR, envelope, headers) for headers in ({}, {"X-Goog-Webhook-Type": "verification"})
    ]
    scene.settle()

    assert [401] * 6 == [answer.status_code for answer in refused]
    assert [] == scene.screen()


def test_an_agent_that_is_not_ours_is_ignored(scene: Scene, log: Log) -> None:
    data = hand_of(scene).written_elsewhere("Hello", agentId="somebody_elses")

    answer = send_proven(scene.sandbox, DOOR, data)

    assert (200, "ignored") == (answer.status_code, answer.json()["outcome"])
    assert ["unknown_agent"] == [line["reason"] for line in log.lines(DOOR)]


def test_no_log_line_holds_a_phone_number(scene: Scene, log: Log) -> None:
    scene.hand_off()
    scene.agent_replies("Good morning!")
    phone_of(scene).change(scene.id, reachable=False)
    scene.agent_does("reply", text="You will never read this.")
    noted(scene, undelivered("unreachable", "You will never read this."))
    phone_of(scene).change(scene.id, reachable=True)
    scene.agent_closes()
    scene.bot_answers(WELCOME_BACK)
    scene.settle()

    assert hand_of(scene).number.removeprefix("+") not in log.text()
