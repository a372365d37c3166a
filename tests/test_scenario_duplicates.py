"""Whatever is delivered twice, at once or out of order, is there once for everybody."""

import threading
from collections.abc import Callable

import pytest

from tests import story
from tests.play import (
    ASKING,
    BRIEFING,
    JANE,
    PROBLEM,
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
from tests.scenario_fixtures import trouble

pytest_plugins = ("tests.scenario_fixtures",)
pytestmark = pytest.mark.scenario


def _channel_twice(scene: Scene) -> None:
    scene.channel.change_options(sending={"twice": 1.0})


def _livechat_twice(scene: Scene) -> None:
    scene.sandbox.livechat.misbehave(duplicate=1.0)


def _bot_twice(scene: Scene) -> None:
    scene.sandbox.dialogflow.change_options(webhook={"twice": True})


def _all_twice(scene: Scene) -> None:
    for makes_twice in (_channel_twice, _livechat_twice, _bot_twice):
        makes_twice(scene)


@pytest.mark.parametrize("everything", [_channel_twice, _livechat_twice, _bot_twice, _all_twice])
def test_the_story_is_the_same_with_every_webhook_delivered_twice(
    scene: Scene, log: Log, everything: Callable[[Scene], None]
) -> None:
    everything(scene)

    story.play(scene)

    assert story.SCREEN == scene.screen()
    assert story.INBOX == scene.inbox()
    assert story.HEARD == scene.bot_heard()
    assert [] == log.lines(outcome="error")


def test_webhooks_that_come_again_much_later_change_nothing(scene: Scene, log: Log) -> None:
    story.play(scene)
    ours = [one["body"] for one in scene.hand.deliveries()]
    calls = [len(standin.calls) for standin in (scene.sandbox.livechat, scene.channel)]

    for body in ours:
        scene.redeliver(body)
    scene.settle()

    assert 4 == len(ours)
    assert 4 == len(log.lines(scene.hand.door, outcome="duplicate", conversation=scene.key))
    assert calls == [len(standin.calls) for standin in (scene.sandbox.livechat, scene.channel)]
    assert story.SCREEN == scene.screen()
    assert story.HEARD == scene.bot_heard()


def test_agents_webhooks_that_come_late_and_twice_lose_and_double_nothing(scene: Scene) -> None:
    scene.hand_off()
    scene.sandbox.livechat.misbehave(duplicate=0.5, reorder=0.5, reorder_delay_s=0.1)
    words = [f"This is my answer number {number}." for number in range(8)]

    for text in words:
        scene.agent_does("reply", text=text)
    for text in words:
        scene.user_sees(said_by(JANE, text))
    scene.settle()

    assert sorted(said_by(JANE, text) for text in words) == sorted(scene.screen()[3:])


def test_what_a_user_writes_while_a_message_is_on_its_way_follows_in_the_order_it_was_written(scene: Scene) -> None:
    scene.hand_off()
    scene.settle()
    mark = len(scene.sandbox.livechat.calls)
    words = [f"This is my line number {number}" for number in range(8)]

    with trouble(scene.sandbox.livechat, "/action/send_event", times=1, delay_s=0.7):
        scene.user_says("This one takes a while")
        wait_for(lambda: called(scene.sandbox.livechat, "/action/send_event", mark), "the slow call")
        scene.channel.change_options(sending={"reorder": 0.5, "hold_s": 0.2, "twice": 0.5})
        for text in words:
            scene.user_says(text)
        scene.settle()

    assert [BRIEFING, "user: This one takes a while", *(f"user: {text}" for text in words)] == scene.inbox()


def test_requests_for_a_person_made_at_once_open_one_chat(scene: Scene) -> None:
    scene.user_says("Hi, I have a problem")
    scene.bot_answers(PROBLEM)
    start = threading.Barrier(3)
    deeds = [
        scene.user_asks_for_a_person,
        scene.user_asks_for_a_person,
        lambda: scene.user_says("talk to a person, now please"),
    ]

    def do(deed: Callable[[], object]) -> None:
        start.wait()
        deed()

    threads = [threading.Thread(target=do, args=(deed,)) for deed in deeds]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    scene.user_sees(joined(JANE))
    scene.settle()

    assert 1 == len(scene.chat.threads)
    assert 1 == scene.screen().count(joined(JANE))
    heard = [*scene.bot_heard(), *scene.inbox()]
    assert 1 == sum("talk to a person, now please" in line for line in heard)


def test_one_webhook_delivered_many_times_at_once_is_worked_once(scene: Scene, log: Log) -> None:
    body = scene.user_says("talk to a person")
    for _ in range(7):
        scene.redeliver(body)
    scene.user_sees(joined(JANE))
    scene.settle()

    assert ["user: talk to a person", said_by_bot(ASKING), joined(JANE)] == scene.screen()
    assert ["talk to a person"] == scene.bot_heard()
    lines = log.lines(scene.hand.door, conversation=scene.key)
    assert 8 == len(lines)
    assert 1 == len([line for line in lines if line["calls"]])
    assert 1 == len(scene.chat.threads)


def test_user_and_agent_who_write_at_the_same_time_both_get_through(scene: Scene) -> None:
    scene.hand_off()
    asked = [f"My question number {number}" for number in range(5)]
    answered = [f"My answer number {number}." for number in range(5)]

    for question, answer in zip(asked, answered, strict=True):
        scene.user_says(question)
        scene.agent_does("reply", text=answer)
    scene.settle()

    assert sorted(f"user: {text}" for text in asked) == sorted(line for line in scene.inbox() if "My question" in line)
    assert [said_by(JANE, text) for text in answered] == [line for line in scene.screen() if "My answer" in line]


def test_the_end_of_a_chat_told_twice_brings_the_bot_back_once(scene: Scene) -> None:
    scene.hand_off()
    scene.sandbox.livechat.misbehave(duplicate=1.0)

    scene.agent_closes()
    scene.bot_answers(WELCOME_BACK)
    scene.settle()

    assert [left(JANE), said_by_bot(WELCOME_BACK)] == scene.screen()[3:]
    assert 1 == len(called(scene.sandbox.dialogflow, scene.session)) - 1
