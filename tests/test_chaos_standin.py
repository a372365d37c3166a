"""What the chaos run needs of the stand-ins: faults by chance, counted, and times of what came and went."""

import random
import time
from collections.abc import Iterator

import pytest
import requests

from infra.sandbox.business_messages import BusinessMessagesStandIn
from infra.sandbox.standin import Fault
from tests.receiver import Receiver
from tests.sandbox_livechat_desk import JANE, SECRET, Desk
from tests.sandbox_livechat_desk import Receiver as Hook


@pytest.fixture
def channel() -> Iterator[tuple[BusinessMessagesStandIn, str]]:
    standin = BusinessMessagesStandIn()
    yield standin, standin.serve()
    standin.stop()


def test_a_fault_with_a_share_strikes_some_calls_and_counts_them(channel: tuple[BusinessMessagesStandIn, str]) -> None:
    standin, url = channel
    standin.dice = random.Random(1)
    standin.faults = [Fault(name="now and then", share=0.5, status=503), Fault(name="else", status=500)]

    statuses = [requests.post(f"{url}/v1/x", timeout=5).status_code for _ in range(40)]

    assert {500, 503} == set(statuses)
    assert {"now and then": statuses.count(503), "else": statuses.count(500)} == standin.struck


def test_a_call_tells_when_it_came_and_when_it_was_answered(channel: tuple[BusinessMessagesStandIn, str]) -> None:
    standin, url = channel
    standin.faults = [Fault(delay_s=0.05, status=503)]
    before = time.time()

    requests.post(f"{url}/v1/x", timeout=5)

    [call] = standin.calls
    assert before <= call.at < call.at + 0.05 <= call.ended_at <= time.time()


def test_a_webhook_s_try_tells_when_it_was_over() -> None:
    webhook, standin = Receiver(), BusinessMessagesStandIn()
    standin.change_options(sending={"url": webhook.url})
    standin.phone.open(conversation_id="c-1")

    standin.phone.say("c-1", "Hi")
    assert standin.phone.sender.settle()

    [delivery] = standin.state()["deliveries"]
    standin.phone.sender.stop()
    webhook.stop()
    [attempt] = delivery["attempts"]
    assert attempt["at"] <= attempt["ended_at"]


def test_livechat_keeps_who_was_in_a_chat_how_threads_ended_and_when_webhooks_were_tried() -> None:
    desk, hook = Desk(), Hook()
    desk.stand_in.register(hook.url, SECRET)
    _, chat_id, thread_id = desk.started()

    desk.stand_in.play("close", chat_id=chat_id, agent=JANE.id)
    assert desk.stand_in.wait_idle()

    chat = desk.stand_in.licence.chats[chat_id]
    [stay], [thread] = chat.stays, chat.threads
    deliveries = desk.stand_in.licence.webhooks.deliveries.log
    hook.stop()
    desk.stand_in.stop()
    assert (JANE.id, thread_id) == (stay.agent_id, stay.thread_id)
    assert stay.came_at < stay.left_at
    assert thread.created_at < thread.closed_at
    assert all(0 < one.began_at <= one.ended_at for one in deliveries)
