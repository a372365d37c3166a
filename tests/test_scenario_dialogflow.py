"""The bot asks for a person: through its webhook, during a turn of ours or alone; and what if the bot is away."""

from typing import Any

import pytest

from infra.sandbox.standin import JsonObject
from tests.play import ASKING, BRIEFING, JANE, Scene, called, joined, said_by_bot
from tests.play_log import Log
from tests.product import ES
from tests.scenario_fixtures import trouble

pytest_plugins = ("tests.scenario_fixtures",)
pytestmark = [pytest.mark.scenario, pytest.mark.product]

HELLO = "Hello! What can I do for you?"
CONNECTING = said_by_bot("I'm connecting you with a person. Please wait a moment.")
NO_SESSION = "I can't connect you with a person from here."


def test_a_call_during_our_own_turn_stores_nothing_and_the_hand_off_happens_once(scene: Scene, log: Log) -> None:
    scene.hand_off()
    scene.settle()

    (nested,) = log.lines("dialogflow_webhook")
    assert ("handled", "nested", 2) == (nested["outcome"], nested["reason"], nested["store_trips"])
    assert ["user: talk to a person", said_by_bot(ASKING), joined(JANE)] == scene.screen()


@pytest.mark.parametrize("twice", [False, True])
def test_a_call_outside_any_turn_hands_off_by_a_wake_up(scene: Scene, log: Log, twice: bool) -> None:
    scene.user_says("Hello")
    scene.bot_answers(HELLO)
    scene.settle()
    scene.sandbox.dialogflow.change_options(webhook={"twice": twice})

    answered = scene.bot_calls_webhook(text="get me a person", parameters={"department": ""})
    scene.user_sees(joined(JANE))
    scene.settle()

    assert (200, {}) == (answered["http_status"], answered["answer"])
    assert ["user: Hello", said_by_bot(HELLO), CONNECTING, joined(JANE)] == scene.screen()
    assert [BRIEFING] == scene.inbox()
    assert 1 + twice == len(log.lines("dialogflow_webhook"))
    assert 1 <= len(scene.wake_ups())


def test_a_call_that_asks_again_while_somebody_is_there_does_nothing(scene: Scene, log: Log) -> None:
    scene.hand_off()
    scene.settle()
    seen = scene.screen()

    answered = scene.bot_calls_webhook(text="get me a person")
    scene.settle()

    assert 200 == answered["http_status"]
    assert 1 == len(log.lines("dialogflow_webhook", outcome="duplicate", reason="asked_already"))
    assert seen == scene.screen()
    assert 1 == len(scene.chat.threads)


def test_a_session_that_we_never_opened_gets_a_plain_text(scene: Scene, log: Log) -> None:
    answered = scene.bot_calls_webhook(session=scene.session_elsewhere)

    assert 200 == answered["http_status"]
    assert NO_SESSION == _words(answered["answer"])
    assert ["unknown_session"] == [line["reason"] for line in log.lines("dialogflow_webhook")]
    assert [] == scene.chats()


def _words(answer: JsonObject) -> str:
    """What the webhook lets the bot say, in either edition's form."""
    if "fulfillmentText" in answer:
        return str(answer["fulfillmentText"])
    ((text,),) = [message["text"]["text"] for message in answer["fulfillmentResponse"]["messages"]]
    return str(text)


@pytest.mark.only_on(ES)
def test_the_console_s_longer_session_names_are_the_same_sessions(scene: Scene) -> None:
    scene.user_says("Hello")
    scene.bot_answers(HELLO)
    scene.settle()
    scene.sandbox.dialogflow.change_options(webhook={"location": "global"})

    scene.bot_calls_webhook()
    scene.user_sees(joined(JANE))


@pytest.mark.parametrize("auth", ["bearer", "basic", "header"])
@pytest.mark.parametrize("identity_token", [False, True])
def test_the_token_is_taken_in_each_of_its_forms(scene: Scene, auth: str, identity_token: bool) -> None:
    webhook = {"auth": auth, "token": scene.sandbox.dialogflow_token, "identity_token": identity_token}
    scene.sandbox.dialogflow.change_options(webhook=webhook)

    assert 200 == _asked(scene)["http_status"]


@pytest.mark.parametrize("auth", ["bearer", "basic", "header", "none"])
def test_a_wrong_token_is_refused_in_each_form(scene: Scene, log: Log, auth: str) -> None:
    webhook = {"auth": auth, "token": "not-the-right-one", "identity_token": True}
    scene.sandbox.dialogflow.change_options(webhook=webhook)

    assert 401 == _asked(scene)["http_status"]
    assert ["rejected"] == [line["outcome"] for line in log.lines("dialogflow_webhook")]


def _asked(scene: Scene) -> JsonObject:
    answer = scene.bot_calls_webhook(session=scene.session_elsewhere)
    scene.sandbox.dialogflow.change_options(webhook={"identity_token": True})
    return answer


def test_a_hand_off_goes_through_even_when_the_bot_s_webhook_is_refused(scene: Scene) -> None:
    scene.sandbox.dialogflow.change_options(webhook={"token": "not-the-right-one"})

    scene.hand_off()
    scene.settle()

    assert ["user: talk to a person", said_by_bot(ASKING), joined(JANE)] == scene.screen()


# --- the bot is away, or lost ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", [{"status": 503, "body": {}}, {"cut": True}], ids=["503", "cut"])
def test_a_bot_that_cannot_be_reached_twice_is_replaced_by_a_person(scene: Scene, fault: dict[str, Any]) -> None:
    with trouble(scene.sandbox.dialogflow, ":detectIntent", times=2, **fault):
        scene.user_says("Where is my parcel?")
        scene.user_sees(joined(JANE))
    scene.settle()

    assert [BRIEFING, "user: Where is my parcel?"] == scene.inbox()
    assert {"user: Where is my parcel?", CONNECTING, joined(JANE)} <= set(scene.screen())
    assert 2 == len(called(scene.sandbox.dialogflow, scene.session))


def test_a_bot_that_fails_once_answers_at_the_second_try(scene: Scene) -> None:
    with trouble(scene.sandbox.dialogflow, ":detectIntent", times=1, status=503, body={}):
        scene.user_says("Hello")
        scene.bot_answers(HELLO)
    scene.settle()

    assert ["user: Hello", said_by_bot(HELLO)] == [line for line in scene.screen() if "taking longer" not in line]
    assert [] == scene.chats()


def test_a_bot_that_does_not_understand_twice_in_a_row_gets_a_person(scene: Scene) -> None:
    scene.user_says("qwertz uiop")
    scene.bot_answers("Sorry, I did not get that.")
    scene.settle()
    assert [] == scene.chats()

    scene.user_says("asdf ghjkl")
    scene.user_sees(joined(JANE))
    scene.settle()

    assert [
        "user: qwertz uiop",
        said_by_bot("Sorry, I did not get that."),
        "user: asdf ghjkl",
        said_by_bot("Could you say that in other words?"),
        joined(JANE),
    ] == scene.screen()


def test_an_understood_turn_in_between_begins_the_count_anew(scene: Scene) -> None:
    for words, answer in (
        ("qwertz uiop", "Sorry, I did not get that."),
        ("Hello", HELLO),
        ("asdf ghjkl", "Could you say that in other words?"),
    ):
        scene.user_says(words)
        scene.bot_answers(answer)
    scene.settle()

    assert [] == scene.chats()
