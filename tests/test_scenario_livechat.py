"""LiveChat at its worst: away, cut off in the middle, webhooks lost, nobody at the desks."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.hands import BUSINESS_MESSAGES
from tests.play import (
    ADA,
    ASKING,
    BRIEFING,
    JANE,
    SAM,
    WELCOME_BACK,
    Scene,
    called,
    joined,
    left,
    said_by,
    said_by_bot,
    wait_for,
)
from tests.play_log import Log
from tests.product import SQLITE
from tests.scenario_fixtures import another_process, trouble

pytest_plugins = ("tests.scenario_fixtures",)
pytestmark = pytest.mark.scenario

DELAYED = said_by_bot("Your message is taking longer than usual to get through. I keep trying.")
OFFLINE = said_by_bot("Nobody is available right now. Your messages are kept, and someone will answer you here later.")
INTERNAL = {"error": {"type": "internal", "message": "Internal server error"}}
AWAY = pytest.mark.parametrize("fault", [{"status": 503, "body": INTERNAL}, {"cut": True}], ids=["503", "cut"])


# --- away ------------------------------------------------------------------------------------------------------------


@AWAY
def test_what_is_written_while_livechat_is_away_is_kept_and_arrives_in_order(
    scene: Scene, fault: dict[str, Any]
) -> None:
    with trouble(scene.sandbox.livechat, "^/v3.6/", **fault):
        scene.user_says("talk to a person")
        scene.bot_answers(ASKING)
        for text in ("My lamp is broken", "It is the green one", "Are you there?"):
            scene.user_says(text)
        scene.user_sees(DELAYED)
        assert [] == scene.chats()
    scene.user_sees(joined(JANE))
    scene.settle()

    written = ["user: My lamp is broken", "user: It is the green one", "user: Are you there?"]
    assert [BRIEFING, *written] == scene.inbox()
    assert ["user: talk to a person", said_by_bot(ASKING), *written, DELAYED, joined(JANE)] == scene.screen()


@pytest.mark.parametrize("action", ["start_chat", "send_event"])
def test_a_call_that_took_effect_though_its_answer_was_lost_is_not_made_again(scene: Scene, action: str) -> None:
    with trouble(scene.sandbox.livechat, f"/action/{action}", times=1, cut=True, after=True):
        scene.hand_off()
        scene.user_says("My lamp is broken")
        scene.agents_see("user: My lamp is broken")
        scene.settle()

    assert [BRIEFING, "user: My lamp is broken"] == scene.inbox()
    assert 1 == len(scene.chat.threads)
    assert 1 == scene.screen().count(joined(JANE))


@pytest.mark.slow
@pytest.mark.only_on(BUSINESS_MESSAGES, SQLITE)
def test_a_call_of_which_nothing_is_known_is_made_again_when_livechat_must_be_done_with_it(scene: Scene) -> None:
    scene.hand_off()
    mark = len(scene.sandbox.livechat.calls)

    with trouble(scene.sandbox.livechat, "/action/send_event", times=1, cut=True):
        scene.user_says("My lamp is broken")
        wait_for(lambda: called(scene.sandbox.livechat, "/action/send_event", mark), "the call that is lost")
        scene.user_says("It is the green one")
        scene.agents_see("user: It is the green one", timeout_s=30.0)
    scene.settle()

    assert [BRIEFING, "user: My lamp is broken", "user: It is the green one"] == scene.inbox()
    lost, again, _ = called(scene.sandbox.livechat, "/action/send_event", mark)
    assert lost.body == again.body
    assert again.at - lost.at >= 15.0


def test_the_end_of_a_chat_is_not_held_up_by_a_thread_that_cannot_be_read(scene: Scene) -> None:
    scene.hand_off()

    with trouble(scene.sandbox.livechat, "/agent/action/get_chat", status=503, body=INTERNAL):
        scene.agent_closes()
        scene.bot_answers(WELCOME_BACK)
    scene.settle()

    assert [left(JANE), said_by_bot(WELCOME_BACK)] == scene.screen()[3:]


# --- nobody at the desks ---------------------------------------------------------------------------------------------


def test_a_user_is_told_that_nobody_is_there_and_is_answered_later(scene: Scene) -> None:
    scene.user_says("I need a person from billing")
    scene.user_sees(OFFLINE)
    scene.user_says("My bill is wrong")
    scene.agents_see("user: My bill is wrong")

    scene.sandbox.livechat.play("status", agent=ADA, status="accepting_chats")
    scene.user_sees(joined(ADA))
    scene.agent_replies("Good morning, I read it all.")
    scene.settle()

    said = ["user: I need a person from billing", said_by_bot(ASKING), OFFLINE, "user: My bill is wrong"]
    assert [*said, joined(ADA), said_by(ADA, "Good morning, I read it all.")] == scene.screen()
    assert [BRIEFING, "user: My bill is wrong", "Ada King: Good morning, I read it all."] == scene.inbox()


def test_a_user_is_told_that_all_are_busy(scenes: Callable[..., Scene]) -> None:
    other = scenes()
    other.hand_off("talk to a person from sales", to=SAM)
    other.settle()
    scene = scenes()

    scene.user_says("talk to a person from sales")
    scene.user_sees(
        said_by_bot("All of our team are busy right now. You are in the queue, and someone will answer you here.")
    )
    scene.settle()
    other.agent_closes()
    scene.user_sees(joined(SAM))
    scene.settle()

    assert 1 == scene.screen().count(joined(SAM))
    assert [joined(SAM), left(SAM)] == [line for line in other.screen() if "REPRESENTATIVE" in line]


def test_with_the_policy_decline_the_user_is_told_and_stays_with_the_bot(scene: Scene) -> None:
    with another_process(scene.sandbox, scene.hand.door, OFFLINE_POLICY="decline") as declining:
        scene.channel.change_options(sending={"url": declining.url})
        scene.user_says("I need a person from billing")
        scene.bot_answers("Nobody is available right now, so I'm still with you. Please try again later.")
        scene.user_says("What are your opening hours?")
        scene.bot_answers("We are open Monday to Friday, 9 to 17.")
        scene.settle()

    assert [] == scene.chats()
    assert said_by_bot("I am still here. Nobody is free right now, but maybe I can help?") in scene.screen()
    assert OFFLINE not in scene.screen()


def test_a_chat_that_livechat_ends_for_inactivity_brings_the_bot_back(scene: Scene, log: Log) -> None:
    scene.hand_off()

    scene.sandbox.livechat.play("timeout", chat_id=scene.chat.id)
    scene.bot_answers(WELCOME_BACK)
    scene.settle()

    assert [left(JANE), said_by_bot(WELCOME_BACK)] == scene.screen()[3:]
    assert "BOT" == log.of_events(scene.key)[-1]["state_after"]
