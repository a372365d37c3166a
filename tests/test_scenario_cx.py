"""What only Dialogflow CX has, through the running functions: webhooks called again, pages, identity tokens."""

from collections.abc import Iterator
from typing import Any, get_args

import pytest

from infra.sandbox.google_identity import CERTS_PATH, SERVICE_AGENT, Flaw
from infra.sandbox.processes import free_port
from tests.hands import BUSINESS_MESSAGES
from tests.play import ASKING, BRIEFING, JANE, WELCOME_BACK, Scene, WatchedSandbox, joined, said_by_bot
from tests.play_log import Log
from tests.product import CX, ES, SQLITE, Setup
from tests.scenario_fixtures import LIVECHAT_OPTIONS, Running, trouble

pytest_plugins = ("tests.scenario_fixtures",)
pytestmark = [pytest.mark.scenario, pytest.mark.only_on(SQLITE)]

HELLO = "Hello! What can I do for you?"
IDENTITY = {"auth": "identity", "audience": ""}


@pytest.fixture(scope="module")
def sandbox(setup: Setup, running: Running) -> WatchedSandbox:
    """A deployment that believes Dialogflow's service agent."""
    port = free_port()

    def make() -> WatchedSandbox:
        believed = {
            "DIALOGFLOW_IDENTITY_AUDIENCES": f"http://127.0.0.1:{port}",
            "DIALOGFLOW_IDENTITY_EMAILS": SERVICE_AGENT,
            "LIVECHAT_GROUPS": '{"default": 7}',
            "DELAY_NOTICE_S": "1",
        }
        ports = {"dialogflow_webhook": port}
        return WatchedSandbox(believed, bot=setup.bot, ports=ports, livechat_options=LIVECHAT_OPTIONS)

    return running.get(("believing", setup.bot), make)


@pytest.fixture(autouse=True)
def _as_before(sandbox: WatchedSandbox) -> Iterator[None]:
    yield
    sandbox.google.flaw = ""
    sandbox.google.faults = []


# --- the webhook -----------------------------------------------------------------------------------------------------


@pytest.mark.product
@pytest.mark.only_on(CX)
@pytest.mark.parametrize("new_id_again", [False, True], ids=["same id", "new id"])
@pytest.mark.parametrize("hands_off", [False, True], ids=["webhook asks", "agent asks"])
def test_a_webhook_that_is_called_twice_hands_off_once(
    scene: Scene, log: Log, new_id_again: bool, hands_off: bool
) -> None:
    scene.sandbox.dialogflow.change_options(webhook={"twice": True, "new_id_again": new_id_again}, hands_off=hands_off)

    scene.hand_off()
    scene.agent_replies("Good morning!")
    scene.settle()
    scene.sandbox.dialogflow.change_options(webhook={"new_id_again": False}, hands_off=True)

    assert 2 == len(log.lines("dialogflow_webhook"))
    assert ["user: talk to a person", said_by_bot(ASKING), joined(JANE)] == scene.screen()[:3]
    assert [BRIEFING] == scene.inbox()[:1]
    assert 1 == len(scene.chat.threads)


@pytest.mark.only_on(CX)
@pytest.mark.parametrize("new_id_again", [False, True], ids=["same id", "new id"])
def test_a_call_outside_any_turn_that_comes_twice_hands_off_once(scene: Scene, new_id_again: bool) -> None:
    scene.user_says("Hello")
    scene.bot_answers(HELLO)
    scene.settle()
    scene.sandbox.dialogflow.change_options(webhook={"twice": True, "new_id_again": new_id_again})

    scene.bot_calls_webhook()
    scene.user_sees(joined(JANE))
    scene.settle()
    scene.sandbox.dialogflow.change_options(webhook={"new_id_again": False})

    assert 1 == len(scene.chat.threads)
    assert 1 == scene.screen().count(joined(JANE))


# --- after a person --------------------------------------------------------------------------------------------------


@pytest.mark.product
@pytest.mark.parametrize("ends_session", [False, True])
def test_what_the_bot_knew_before_the_person_it_knows_afterwards(scene: Scene, ends_session: bool) -> None:
    if scene.sandbox.bot == CX:
        scene.sandbox.dialogflow.change_options(ends_session=ends_session)
    scene.user_says("Where is my order 4711?")
    scene.bot_answers("Order 4711 is on its way.")

    scene.hand_off()
    scene.agent_replies("It was sent today.")
    scene.agent_closes()
    scene.bot_answers(WELCOME_BACK)
    scene.user_says("When does it come?")

    scene.bot_answers("Order 4711 arrives on Thursday.")


@pytest.mark.only_on(CX)
def test_the_return_is_an_event_with_reason_and_digest_on_the_page_that_was_left(scene: Scene) -> None:
    scene.sandbox.dialogflow.change_options(ends_session=False)
    scene.user_says("Where is my order 4711?")
    scene.bot_answers("Order 4711 is on its way.")

    scene.hand_off()
    scene.agent_replies("It was sent today.")
    scene.agent_closes()
    scene.bot_answers(WELCOME_BACK)
    scene.settle()
    scene.sandbox.dialogflow.change_options(ends_session=True)

    turn = scene.sandbox.dialogflow.turns[scene.session][-1]
    assert "AGENT_CHAT_ENDED" == turn["event"]
    assert "agent_closed" == turn["parameters"]["reason"]
    assert "It was sent today." in str(turn["parameters"]["digest"])
    assert "4711" == str(turn["parameters"]["number"])
    assert turn["contexts"][0]["currentPage"]


# --- who calls -------------------------------------------------------------------------------------------------------


def asked(scene: Scene) -> Any:
    return scene.bot_calls_webhook(session=scene.session_elsewhere)["http_status"]


@pytest.mark.product
@pytest.mark.only_on(BUSINESS_MESSAGES)
def test_google_s_identity_token_alone_is_proof_enough(scene: Scene) -> None:
    scene.sandbox.dialogflow.change_options(webhook=IDENTITY)
    scene.user_says("Hello")
    scene.bot_answers(HELLO)
    scene.settle()

    answered = scene.bot_calls_webhook()
    scene.user_sees(joined(JANE))

    assert 200 == answered["http_status"]


@pytest.mark.only_on(BUSINESS_MESSAGES, ES)
def test_a_new_key_of_google_s_is_found(scene: Scene) -> None:
    """The first one at once; for others that are not known Google is asked once a minute: so before all forged ones."""
    scene.sandbox.dialogflow.change_options(webhook=IDENTITY)
    assert 200 == asked(scene)

    scene.sandbox.google.rotate()

    assert 200 == asked(scene)


@pytest.mark.only_on(BUSINESS_MESSAGES, ES)
@pytest.mark.parametrize("flaw", [flaw for flaw in get_args(Flaw) if flaw])
def test_a_forged_identity_token_is_refused(scene: Scene, log: Log, flaw: Flaw) -> None:
    scene.sandbox.dialogflow.change_options(webhook=IDENTITY)
    scene.sandbox.google.flaw = flaw

    assert 401 == asked(scene)
    assert ["rejected"] == [line["outcome"] for line in log.lines("dialogflow_webhook")]


@pytest.mark.only_on(BUSINESS_MESSAGES, ES)
def test_a_token_for_somebody_else_s_function_is_refused(scene: Scene) -> None:
    scene.sandbox.dialogflow.change_options(webhook=IDENTITY | {"audience": "https://elsewhere.example/webhook"})

    assert 401 == asked(scene)


@pytest.mark.only_on(BUSINESS_MESSAGES, ES)
def test_the_shared_token_is_believed_while_google_s_certificates_can_not_be_had(scene: Scene) -> None:
    with trouble(scene.sandbox.google, CERTS_PATH, status=503, body={}):
        scene.sandbox.google.rotate()
        scene.sandbox.dialogflow.change_options(webhook={"auth": "header", "token": scene.sandbox.dialogflow_token})

        assert 200 == asked(scene)
