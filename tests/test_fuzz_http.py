"""A sample of the hostile requests over HTTP: functions as processes, stand-ins that refuse what is not right."""

import base64
import os
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings

from infra.sandbox.livechat.model import Chat
from infra.sandbox.sandbox import Sandbox
from tests.doors import proof, send
from tests.fuzz_bodies import Hostile, hostile
from tests.fuzz_pairs import BUSINESS_MESSAGES_ES, PHONE, RCS_AGENT, RCS_CX, Pair
from tests.fuzz_rules import check_answer
from tests.fuzz_values import CANARY
from tests.fuzz_world import CHAT, CLIENT, ORGANIZATION, PARTNER_KEY, RCS_TOKEN, THREAD, TOKEN, WEBHOOK_SECRET, Answered
from tests.hands import BUSINESS_MESSAGES, RCS
from tests.hands_rcs import RcsHand
from tests.play import Scene, WatchedSandbox, wait_for
from tests.play_log import Log
from tests.product import SQLITE

pytest_plugins = ("tests.scenario_fixtures",)
pytestmark = [pytest.mark.scenario, pytest.mark.only_on(SQLITE)]

SEED = int(os.environ.get("FUZZ_SEED", "1"))
_REQUESTS = 300
_WITH_LONGER_NAMES = 1_000_000  # bytes; the names that are put in must not take a body over the limit
_PAIRS = {BUSINESS_MESSAGES: BUSINESS_MESSAGES_ES, RCS: RCS_CX}
_NOT_FOR_A_CLIENT = {"Expect", "Upgrade", "Host"}  # the client or the server answers these itself


def test_no_request_over_http_does_harm(sandbox: WatchedSandbox, scenes: Callable[..., Scene], log: Log) -> None:
    scene = scenes(name="Michael")
    scene.hand_off()
    pair = _PAIRS[scene.hand.channel]
    names, chat = _names(scene, pair), scene.chat  # the name that the user is known by may change

    @seed(SEED)
    @settings(
        max_examples=_REQUESTS,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(hostile(pair).filter(lambda one: not one.twisted and len(one.raw) < _WITH_LONGER_NAMES))
    def send_one(request: Hostile) -> None:
        check_answer(request, _over_http(sandbox, names, request))

    send_one()

    scene.user_says("is anybody there")
    wait_for(lambda: _is_heard(scene, chat, "is anybody there"), "the next good message")
    assert [] == log.problems({CANARY})


def _over_http(sandbox: Sandbox, names: dict[str, str], request: Hostile) -> Answered:
    """The same request for the conversation and the deployment that the names are of."""
    data = _renamed(request.data, names)
    raw = _renamed(request.raw.replace(base64.b64encode(request.data), base64.b64encode(data)), names)
    headers = {name: value for name, value in request.headers.items() if name not in _NOT_FOR_A_CLIENT}
    if request.proven:
        headers |= proof(sandbox, request.door, data)
    encoded = {name: _printable(value).encode("latin-1") for name, value in headers.items()}
    answer = send(sandbox, request.door, raw, encoded)  # type: ignore[arg-type]
    return Answered(answer.status_code, answer.text, "", 0.0)


def _renamed(raw: bytes, names: dict[str, str]) -> bytes:
    for ours, theirs in names.items():
        raw = raw.replace(ours.encode(), theirs.encode())
    return raw


def _printable(value: str) -> str:
    """The server answers a header with control characters itself."""
    return "".join(character for character in value if character.isprintable())


def _names(scene: Scene, pair: Pair) -> dict[str, str]:
    sandbox = scene.sandbox
    users = {'"c-1"': f'"{scene.id}"'} if pair is BUSINESS_MESSAGES_ES else _names_on_rcs(scene)
    return {
        **users,
        pair.key: scene.key,
        CHAT: scene.chat.id,
        THREAD: scene.chat.threads[-1].id,
        pair.session: scene.session,
        ORGANIZATION: sandbox.livechat.options.organization_id,
        CLIENT: sandbox.livechat.options.client_id,
        WEBHOOK_SECRET: sandbox.webhook_secret,
        TOKEN: sandbox.dialogflow_token,
        f'"{PARTNER_KEY}"': f'"{sandbox.partner_key}"',
        f'"{RCS_TOKEN}"': f'"{sandbox.rcs_token}"',
    }


def _names_on_rcs(scene: Scene) -> dict[str, str]:
    hand = scene.hand
    assert isinstance(hand, RcsHand)
    return {f'"{PHONE}"': f'"{hand.number}"', f'"{RCS_AGENT}"': f'"{hand.agent}"'}


def _is_heard(scene: Scene, chat: Chat, text: str) -> bool:
    with scene.sandbox.livechat.lock:
        told = [event.get("text") for thread in chat.threads for event in thread.events]
    return text in told or text in scene.bot_heard()
