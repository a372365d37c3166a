"""What is switched off by default: surveys after the human part, and marks of reading for the agents."""

from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest

from functions.handoff.languages import BUILT_IN
from tests.hands import SIGN_IN, SURVEYS, BusinessMessagesHand
from tests.play import JANE, Scene, WatchedSandbox, called, said_by_bot, wait_for
from tests.product import SQLITE, Setup
from tests.scenario_fixtures import LIVECHAT_OPTIONS, Running, trouble
from tests.test_scenario_content import noted

pytest_plugins = ("tests.scenario_fixtures",)
pytestmark = [pytest.mark.scenario, pytest.mark.only_on(SQLITE)]
_COLLECTED_S = 6.0  # for so long receipts are collected, and a little more

EN = BUILT_IN["en"]


@pytest.fixture(scope="module")
def sandbox(setup: Setup, running: Running) -> WatchedSandbox:
    settings = {"SURVEY": "on", "RECEIPTS_TO_LIVECHAT": "all", "LIVECHAT_GROUPS": '{"default": 7}'}
    make = partial(WatchedSandbox, settings, bot=setup.bot, livechat_options=LIVECHAT_OPTIONS)
    return running.get(("marks", setup.bot), make)


@pytest.fixture
def scene(sandbox: WatchedSandbox, channel: str) -> Iterator[Scene]:
    opened = Scene(sandbox, channel)
    yield opened
    for chat in opened.chats():
        if chat.active_thread:
            sandbox.livechat.play("timeout", chat_id=chat.id)
    opened.settle()
    assert [] == [violation.rule for violation in opened.channel.violations]


def of_business_messages(scene: Scene) -> BusinessMessagesHand:
    assert isinstance(scene.hand, BusinessMessagesHand)
    return scene.hand


def surveys(scene: Scene) -> list[Any]:
    return [call for call in scene.sent_to_user() if call.path.endswith("/surveys") and call.status == 200]


# --- surveys ---------------------------------------------------------------------------------------------------------


@pytest.mark.product
@pytest.mark.needs(SURVEYS)
def test_after_the_agent_has_left_the_user_is_asked_and_the_answer_stands_in_the_closed_chat(scene: Scene) -> None:
    scene.hand_off()
    scene.agent_replies("Hello")

    scene.agent_closes()
    wait_for(lambda: surveys(scene), "the survey")
    of_business_messages(scene).rate("5", "very good")

    noted(scene, "very good")
    assert 1 == len(scene.chat.threads)
    assert not scene.chat.active_thread


@pytest.mark.needs(SURVEYS)
def test_a_second_survey_within_a_day_is_refused_and_that_is_normal(scene: Scene) -> None:
    for _ in range(2):
        scene.hand_off()
        scene.agent_replies("Hello")
        scene.agent_closes()
        scene.settle()

    assert 1 == len(surveys(scene))
    assert "dead_letter" not in scene.sandbox.log().partition(scene.id)[2]


# --- marks for the agents --------------------------------------------------------------------------------------------


def test_what_the_user_has_read_is_marked_in_livechat_with_one_call(scene: Scene) -> None:
    scene.hand_off()
    scene.agent_replies("one")
    scene.agent_replies("two")
    mark = len(scene.sandbox.livechat.calls)

    scene.user_reads()
    scene.time_passes(_COLLECTED_S)
    wait_for(lambda: called(scene.sandbox.livechat, "/mark_events_as_seen", mark), "the mark")
    scene.settle()

    (call,) = called(scene.sandbox.livechat, "/mark_events_as_seen", mark)
    newest = [event for event in scene.chat.threads[-1].events if event.get("author_id") == JANE][-1]
    assert newest["created_at"] == call.body["seen_up_to"]


def test_what_reached_the_phone_is_marked_on_the_event(scene: Scene) -> None:
    scene.hand_off()
    scene.agent_replies("one")
    event = [event for event in scene.chat.threads[-1].events if event.get("author_id") == JANE][-1]

    scene.hand.receive("one")
    scene.time_passes(_COLLECTED_S)

    def marked() -> bool:
        events = scene.chat.threads[-1].events
        return any(
            one.get("properties", {}).get("status", {}).get("delivered") for one in events if one["id"] == event["id"]
        )

    wait_for(marked, "the mark on the event")


def test_a_mark_that_livechat_refuses_troubles_nobody(scene: Scene) -> None:
    scene.hand_off()
    scene.agent_replies("one")
    refused = {"error": {"type": "validation", "message": "no"}}

    with trouble(scene.sandbox.livechat, "/mark_events_as_seen", status=400, body=refused):
        mark = len(scene.sandbox.livechat.calls)
        scene.user_reads()
        scene.time_passes(_COLLECTED_S)
        wait_for(lambda: called(scene.sandbox.livechat, "/mark_events_as_seen", mark), "the try")
        scene.agent_replies("two")
    scene.settle()

    assert said_by_bot(EN["undelivered"].format(excerpt="one")) not in scene.screen()


# --- signing in ------------------------------------------------------------------------------------------------------


@pytest.mark.product
@pytest.mark.needs(SIGN_IN)
def test_a_sign_in_reaches_the_bot_and_its_code_nobody_else(scene: Scene) -> None:
    scene.user_says("show me a sign-in")
    wait_for(lambda: scene.screen()[1:], "the request")

    of_business_messages(scene).sign_in(code="4711-secret-code")
    wait_for(lambda: any("AUTHENTICATION_RESPONSE" in turn for turn in scene.bot_heard()), "the event")
    scene.hand_off()

    assert "4711-secret-code" not in str(scene.inbox())
    assert "4711-secret-code" not in scene.sandbox.log()
