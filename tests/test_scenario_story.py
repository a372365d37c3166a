"""What people see, from the first word to the last: bot, person, bot."""

from collections.abc import Callable

import pytest

from tests import story
from tests.play import (
    ADA,
    ASKING,
    BRIEFING,
    JANE,
    SAM,
    WELCOME_BACK,
    Scene,
    called,
    everything_sent_to_user,
    joined,
    left,
    said_by,
    said_by_bot,
)
from tests.scenario_fixtures import livechat_is

pytest_plugins = ("tests.scenario_fixtures",)
pytestmark = [pytest.mark.scenario, pytest.mark.product]

CANARY = "canary-4711 this customer was rude last time"


def test_the_story(scene: Scene) -> None:
    story.play(scene)

    assert story.SCREEN == scene.screen()
    assert story.INBOX == scene.inbox()
    assert story.HEARD == scene.bot_heard()
    assert "@" not in everything_sent_to_user(scene)


def test_the_channel_s_own_request_for_a_person_is_confirmed_and_brings_one(scene: Scene) -> None:
    scene.user_says("Hello")
    scene.bot_answers("Hello! What can I do for you?")

    scene.user_asks_for_a_person()
    scene.user_sees(joined(JANE))
    scene.settle()

    confirmed = said_by_bot("I'm connecting you with a person. Please wait a moment.")
    assert ["user: [live_agent_request]", confirmed, joined(JANE)] == scene.screen()[2:]
    assert ["Hello"] == scene.bot_heard()


def test_what_agents_say_among_themselves_is_never_seen_by_the_user(scene: Scene) -> None:
    scene.hand_off()

    scene.agent_does("note", text=CANARY)
    scene.agent_does("join", ADA, visibility="agents")
    scene.agent_does("note", ADA, text=f"{CANARY}, says Ada")
    scene.agent_replies("Good morning, what is it about?")
    scene.agent_closes()
    scene.bot_answers(WELCOME_BACK)
    scene.settle()

    assert f"Jane Doe (private): {CANARY}" in scene.inbox()
    assert [joined(JANE), said_by(JANE, "Good morning, what is it about?"), left(JANE)] == scene.screen()[2:-1]
    for private in ("canary", "Ada", "@"):
        assert private not in everything_sent_to_user(scene)


def test_a_transfer_to_a_colleague_shows_one_leave_and_the_other_come(scene: Scene) -> None:
    scene.hand_off()
    scene.agent_replies("I pass you on to a colleague.")

    scene.agent_does("transfer", to_agent=SAM)
    scene.user_sees(joined(SAM))
    scene.agent_replies("Sam here, I know these lamps.")
    scene.agent_closes()
    scene.settle()

    expected = [
        joined(JANE),
        said_by(JANE, "I pass you on to a colleague."),
        left(JANE),
        joined(SAM),
        said_by(SAM, "Sam here, I know these lamps."),
        left(SAM),
        said_by_bot(WELCOME_BACK),
    ]
    assert expected == scene.screen()[2:]


def test_a_transfer_into_a_queue_is_told_to_the_user_until_somebody_takes_it(scene: Scene) -> None:
    scene.hand_off()

    scene.agent_does("transfer", to_group=9)
    queued = said_by_bot("All of our team are busy right now. You are in the queue, and someone will answer you here.")
    scene.user_sees(queued)
    scene.user_says("I can wait a little")
    scene.agents_see("user: I can wait a little")
    scene.sandbox.livechat.play("status", agent=ADA, status="accepting_chats")
    scene.user_sees(joined(ADA))
    scene.agent_replies("Thank you for waiting.")
    scene.settle()

    screen = scene.screen()[2:]
    assert sorted([left(JANE), queued]) == sorted(screen[1:3])
    assert [joined(JANE), "user: I can wait a little", joined(ADA), said_by(ADA, "Thank you for waiting.")] == [
        screen[0],
        *screen[3:],
    ]


def test_a_second_hand_off_opens_a_new_thread_in_the_same_chat(scene: Scene) -> None:
    scene.hand_off()
    chat_id = scene.chat.id
    scene.agent_closes()
    scene.bot_answers(WELCOME_BACK)
    mark = len(scene.sandbox.livechat.calls)

    scene.hand_off()
    scene.agent_replies("Good to see you again.")
    scene.settle()

    assert chat_id == scene.chat.id
    assert 2 == len(scene.chat.threads)
    assert [BRIEFING, BRIEFING, "Jane Doe: Good to see you again."] == scene.inbox()
    assert 1 == len(called(scene.sandbox.livechat, "/action/resume_chat", mark))
    assert [] == called(scene.sandbox.livechat, "/action/start_chat", mark)
    assert [joined(JANE), left(JANE), joined(JANE)] == [line for line in scene.screen() if "REPRESENTATIVE" in line]


def test_a_user_may_ask_for_the_bot_again_and_the_agent_is_told(scene: Scene) -> None:
    scene.hand_off()

    scene.user_says("/bot")
    scene.user_sees(left(JANE))
    scene.bot_answers("You are back with the bot.")
    scene.user_says("Hello")
    scene.bot_answers("Hello! What can I do for you?")
    scene.settle()

    assert scene.chat.active_thread is None
    assert "user: /bot" not in scene.inbox()
    assert "[AGENT_CHAT_ENDED: user_left]" in scene.bot_heard()


@pytest.mark.parametrize("agent_joins", ["with_chat", "after_chat"])
def test_many_users_at_once_each_have_their_own_person(scenes: Callable[..., Scene], agent_joins: str) -> None:
    users = [scenes(name=f"User {number}") for number in range(5)]
    livechat_is(users[0].sandbox, agent_joins=agent_joins)

    for user in users:
        user.user_says("talk to a person")
    for user in users:
        user.user_sees(joined(JANE))
    users[0].settle()
    for number, user in enumerate(users):
        user.agent_replies(f"Good morning, user number {number}.")
    users[0].settle()

    for number, user in enumerate(users):
        words = ["user: talk to a person", said_by_bot(ASKING), joined(JANE)]
        assert [*words, said_by(JANE, f"Good morning, user number {number}.")] == user.screen()
