"""LiveChat's tokens run out in the middle of a conversation: nobody notices."""

import json
from collections.abc import Callable

import pytest

from infra.sandbox.sandbox import Sandbox
from tests.play import BRIEFING, JANE, WELCOME_BACK, Scene, called, joined, left, said_by_bot
from tests.scenario_fixtures import expire_agent_token, start_again, trouble

pytest_plugins = ("tests.scenario_fixtures",)
pytestmark = pytest.mark.scenario

_NEW_AGENT_TOKEN, _NEW_CUSTOMER_TOKEN = "/v2/token", "/v2/customer/token"


def _refresh_token(sandbox: Sandbox) -> str:
    values = json.loads(sandbox.secrets_path.read_text())
    return str(json.loads(values["livechat-oauth"])["refresh_token"])


def test_a_message_after_the_customer_s_token_ran_out_arrives_once_for_the_same_customer(scene: Scene) -> None:
    scene.hand_off()
    scene.settle()
    mark = len(scene.sandbox.livechat.calls)

    scene.sandbox.livechat.expire_tokens("customer", scene.chat.customer_id)
    scene.user_says("My lamp is broken")
    scene.user_says("It is the green one")
    scene.agents_see("user: It is the green one")
    scene.settle()

    assert sorted([BRIEFING, "user: My lamp is broken", "user: It is the green one"]) == sorted(scene.inbox())
    (renewal,) = called(scene.sandbox.livechat, _NEW_CUSTOMER_TOKEN, mark)
    assert scene.chat.customer_id == renewal.body["entity_id"]
    assert [] == called(scene.sandbox.livechat, _NEW_AGENT_TOKEN, mark)


def test_a_message_after_all_tokens_ran_out_arrives_once(scene: Scene) -> None:
    scene.hand_off()
    scene.settle()
    mark = len(scene.sandbox.livechat.calls)

    expire_agent_token(scene.sandbox)
    scene.sandbox.livechat.expire_tokens("customer")
    scene.user_says("My lamp is broken")
    scene.agents_see("user: My lamp is broken")
    scene.settle()

    assert [BRIEFING, "user: My lamp is broken"] == scene.inbox()
    assert 1 == len(called(scene.sandbox.livechat, _NEW_AGENT_TOKEN, mark))


def test_functions_that_need_a_new_agent_token_at_once_refresh_it_once(scenes: Callable[..., Scene]) -> None:
    writes, ends = scenes(), scenes()
    for one in (ends, writes):
        one.hand_off()
        one.settle()
    livechat, mark = writes.sandbox.livechat, len(writes.sandbox.livechat.calls)

    expire_agent_token(writes.sandbox)
    livechat.expire_tokens("customer")
    with trouble(livechat, _NEW_AGENT_TOKEN, times=1, delay_s=0.5):
        writes.user_says(
            "My lamp is broken"
        )  # a new customer token, for which the channel's function needs the agent's
        ends.agent_does("close")  # the thread is read, for which LiveChat's function needs it
        writes.agents_see("user: My lamp is broken")
        ends.bot_answers(WELCOME_BACK)
    writes.settle()

    assert 1 == len(called(livechat, _NEW_AGENT_TOKEN, mark))
    refused = {call.path for call in called(livechat, "", mark) if call.status >= 400}
    assert {_NEW_CUSTOMER_TOKEN, "/v3.6/agent/action/get_chat"} <= refused
    assert [BRIEFING, "user: My lamp is broken"] == writes.inbox()
    assert [left(JANE), said_by_bot(WELCOME_BACK)] == ends.screen()[3:]


def test_a_refresh_token_that_livechat_replaced_is_kept_and_used_the_next_time(scene: Scene) -> None:
    scene.hand_off()
    scene.settle()
    kept = [_refresh_token(scene.sandbox)]

    for text in ("My lamp is broken", "It is the green one"):
        expire_agent_token(scene.sandbox)
        scene.sandbox.livechat.expire_tokens("customer")
        scene.user_says(text)
        scene.agents_see(f"user: {text}")
        scene.settle()
        kept.append(_refresh_token(scene.sandbox))

    assert 3 == len(set(kept))
    assert [kept[-1]] == scene.sandbox.livechat.licence.tokens.refresh_tokens
    assert [BRIEFING, "user: My lamp is broken", "user: It is the green one"] == scene.inbox()


def test_a_refresh_that_fails_for_a_while_delays_and_loses_nothing(scene: Scene) -> None:
    _forget_tokens(scene.sandbox)
    scene.hand_off()
    scene.settle()

    expire_agent_token(scene.sandbox)
    scene.sandbox.livechat.expire_tokens("customer")
    with trouble(scene.sandbox.livechat, _NEW_AGENT_TOKEN, times=1, status=503, body={}):
        scene.user_says("My lamp is broken")
        scene.user_says("It is the green one")
        scene.agents_see("user: It is the green one")
    scene.settle()

    assert sorted([BRIEFING, "user: My lamp is broken", "user: It is the green one"]) == sorted(scene.inbox())


def test_a_process_that_knows_only_tokens_of_the_past_loses_nothing(scene: Scene) -> None:
    _forget_tokens(scene.sandbox)
    scene.user_says("Hello")
    scene.bot_answers("Hello! What can I do for you?")
    scene.settle()
    scene.bot_calls_webhook()  # the wake-up's function opens the chat, and keeps the agent token that it used
    scene.user_sees(joined(JANE))
    scene.settle()
    expire_agent_token(scene.sandbox)
    scene.sandbox.livechat.expire_tokens("customer")
    scene.user_says("My lamp is broken")  # the channel's function renews the token
    scene.agents_see("user: My lamp is broken")
    scene.settle()

    expire_agent_token(scene.sandbox)
    scene.sandbox.livechat.expire_tokens("customer")
    with trouble(scene.sandbox.livechat, _NEW_AGENT_TOKEN, times=1, status=503, body={}):
        scene.user_says("It is the green one")  # and now the wake-up's function has to send it
        scene.agents_see("user: It is the green one")
    scene.settle()

    assert [BRIEFING, "user: My lamp is broken", "user: It is the green one"] == scene.inbox()


def _forget_tokens(sandbox: Sandbox) -> None:
    """Every process begins without a token of its own."""
    for process in sandbox.functions.values():
        process.kill()
    for process in sandbox.functions.values():
        start_again(process)
