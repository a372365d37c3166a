"""The channel in trouble: failing, forgetting what it took, refusing for good; and a function that dies."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from infra.sandbox.standin import Fault
from tests.hands import BUSINESS_MESSAGES
from tests.play import BRIEFING, JANE, Scene, called, joined, said_by, said_by_bot, wait_for
from tests.play_log import Log
from tests.product import SQLITE
from tests.scenario_fixtures import another_process, start_again, trouble

pytest_plugins = ("tests.scenario_fixtures",)
pytestmark = pytest.mark.scenario

LEASE_S = 31.0  # for so long a function that died may have had work in its hands, and a little more
HELLO = "Hello! What can I do for you?"
HOURS = "We are open Monday to Friday, 9 to 17."
REFUSED = {"error": {"code": 403, "message": "not yours", "status": "PERMISSION_DENIED"}}


@pytest.mark.parametrize("fault", [{"status": 500, "body": {}}, {"cut": True}], ids=["500", "cut"])
def test_a_failing_channel_gets_everything_once_and_in_order_when_it_is_back(
    scene: Scene, fault: dict[str, Any]
) -> None:
    scene.hand_off()
    words = ["I have your order here.", "It was sent yesterday.", "Anything else?"]

    with trouble(scene.channel, scene.hand.words_path, times=1, **fault):
        for text in words:
            scene.agent_does("reply", text=text)
        scene.user_sees(said_by(JANE, words[-1]))
    scene.settle()

    assert [said_by(JANE, text) for text in words] == scene.screen()[3:]
    first = [call for call in scene.sent_to_user() if words[0] in json.dumps(call.body)]
    assert 2 == len(first)
    assert first[0].body == first[1].body


def test_a_message_that_the_channel_has_already_counts_as_delivered(scene: Scene, log: Log) -> None:
    with trouble(scene.channel, scene.hand.words_path, times=1, after=True, status=503, body={}):
        scene.user_says("Hello")
        wait_for(lambda: 2 == len(scene.sent_to_user()), "the second try")
    scene.settle()

    assert [503, scene.hand.answer_to_repeats] == [call.status for call in scene.sent_to_user()]
    assert [] == log.lines(outcome="dead_letter")
    assert ["user: Hello", said_by_bot(HELLO)] == scene.screen()


def test_an_agent_is_told_of_a_message_that_the_channel_refuses(scene: Scene, log: Log) -> None:
    scene.hand_off()
    scene.settle()

    with trouble(scene.channel, scene.hand.words_path, times=1, status=403, body=REFUSED):
        scene.agent_does("reply", text="You will never read this.")
        told = "This message could not be delivered to the user (PERMISSION_DENIED): “You will never read this.”"
        scene.agents_see(f"(note) {told}")
    scene.agent_replies("But this you do.")
    scene.settle()

    assert [said_by(JANE, "But this you do.")] == scene.screen()[3:]
    assert 1 == len(log.lines("livechat_webhook", outcome="dead_letter", conversation=scene.key))


def test_a_framing_that_the_channel_refuses_does_not_hold_up_the_words(scene: Scene) -> None:
    with trouble(scene.channel, scene.hand.framing_path, times=1, status=500, body={}):
        scene.hand_off()
        scene.agent_replies("Good morning!")
    scene.settle()

    assert [joined(JANE), said_by(JANE, "Good morning!")] == scene.screen()[2:]


# --- a function that dies --------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.only_on(SQLITE)  # there the time it takes can be put forward
def test_work_in_the_hands_of_a_function_that_is_killed_is_done_once(scenes: Callable[..., Scene]) -> None:
    """Killed while LiveChat, the channel and the bot each work for one user; all three finish after its death."""
    writes, reads, asks = scenes(), scenes(), scenes()
    writes.hand_off()
    sandbox = writes.sandbox
    sandbox.livechat.faults = [Fault("/action/send_event", times=1, delay_s=2.0)]
    reads.channel.faults = [Fault(reads.hand.words_path, times=1, delay_s=2.0)]
    sandbox.dialogflow.faults = [Fault(asks.session, times=1, delay_s=2.0)]
    marks = len(sandbox.livechat.calls)

    writes.user_says("My lamp is broken")
    reads.user_says("Hello")
    asks.user_says("What are your opening hours?")
    wait_for(lambda: called(sandbox.livechat, "/action/send_event", marks), "the call to LiveChat")
    wait_for(reads.sent_to_user, "the call to the channel")
    wait_for(lambda: called(sandbox.dialogflow, asks.session), "the call to the bot")
    sandbox.functions[reads.hand.door].kill()
    start_again(sandbox.functions[reads.hand.door])
    reads.time_passes(LEASE_S)
    writes.user_says("It is the green one")
    asks.bot_answers(HOURS, timeout_s=40.0)
    writes.agents_see("user: It is the green one", timeout_s=15.0)
    wait_for(lambda: len(reads.sent_to_user()) > 1, "the second call to the channel", timeout_s=15.0)
    writes.settle()

    assert [BRIEFING, "user: My lamp is broken", "user: It is the green one"] == writes.inbox()
    assert ["user: Hello", said_by_bot(HELLO)] == reads.screen()
    assert ["user: What are your opening hours?", said_by_bot(HOURS)] == asks.screen()
    assert [200, reads.hand.answer_to_repeats] == [call.status for call in reads.sent_to_user()]


# --- set up wrongly --------------------------------------------------------------------------------------------------


@pytest.mark.only_on(BUSINESS_MESSAGES)
def test_a_function_without_a_setting_says_which_one_at_its_first_request(scene: Scene) -> None:
    sandbox = scene.sandbox
    name = scene.hand.door
    with another_process(sandbox, name, without="LIVECHAT_CLIENT_ID") as unset:
        scene.channel.change_options(sending={"url": unset.url})
        status, _, answer = scene.channel.phone.sender.send({"conversationId": scene.id})
        lines = (sandbox.folder / f"{name}-{unset.port}.log").read_text().splitlines()

    assert 500 == status
    assert "LIVECHAT_CLIENT_ID" in json.loads(answer)["error"]
    said = [json.loads(line) for line in lines if line.startswith("{") and '"health"' not in line]
    assert [("error", "config")] == [(line["outcome"], line["reason"]) for line in said]
    assert "LIVECHAT_CLIENT_ID" in said[0]["stack_trace"]
