"""Dialogflow ES as the bot: what it is asked, what its answers say."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from functions.dialogflow.es import EsBot
from functions.dialogflow.signals import SignalRules
from functions.handoff.content import OutboundMessage
from functions.handoff.errors import ProviderUnavailable
from functions.handoff.events import BotAnswer, HandoffSignal, JsonObject
from functions.handoff.interfaces import Bot
from functions.runtime.http_client import HttpClient, Response
from tests.discovery import faults, method_paths
from tests.loopback import Asked, Loopback, serving

FIXTURES = Path(__file__).parent / "fixtures" / "dialogflow_es"
AGENT = "projects/p/agent"
SESSION = "0d1f6f1e-0000-5000-8000-000000000001"
SESSION_PATH = f"{AGENT}/sessions/{SESSION}"
REQUEST_SCHEMA, ANSWER_SCHEMA = (
    "GoogleCloudDialogflowV2DetectIntentRequest",
    "GoogleCloudDialogflowV2DetectIntentResponse",
)


def fixture(name: str) -> JsonObject:
    content: JsonObject = json.loads((FIXTURES / f"{name}.json").read_text())
    return content


@pytest.fixture(scope="module")
def server() -> Iterator[Loopback]:
    with serving() as loopback:
        yield loopback


@pytest.fixture
def dialogflow(server: Loopback) -> Loopback:
    server.asked.clear()
    server.will_answer(200, {"responseId": "r-1", "queryResult": {}})
    return server


def make_bot(base_url: str, agent: str = AGENT, http: HttpClient | None = None) -> EsBot:
    rules = SignalRules(actions=("handoff",), contexts=("Handoff-Wanted",))
    return EsBot(http or HttpClient(), agent, base_url, lambda url: {"X-For": url}, language="en", rules=rules)


@pytest.fixture
def bot(dialogflow: Loopback) -> Bot:
    return make_bot(dialogflow.url)


def hear(
    bot: Bot, text: str = "Hello", language: str = "", contexts: tuple[JsonObject, ...] | None = None
) -> BotAnswer:
    return bot.hear(SESSION, text, language=language, payload={"conversation": "c"}, contexts=contexts, timeout_s=2)


def only_call(dialogflow: Loopback) -> Asked:
    (asked,) = dialogflow.asked
    assert faults("dialogflow.v2", REQUEST_SCHEMA, asked.body) == []
    return asked


# --- what it is asked ------------------------------------------------------------------------------------------------


def test_a_turn_is_one_detect_intent_call(bot: Bot, dialogflow: Loopback) -> None:
    hear(bot, language="de-AT")

    asked = only_call(dialogflow)
    assert asked.path == f"/v2/{SESSION_PATH}:detectIntent"
    assert asked.headers["x-for"] == dialogflow.url
    assert asked.body == {
        "queryInput": {"text": {"text": "Hello", "languageCode": "de-AT"}},
        "queryParams": {"payload": {"conversation": "c"}},
    }


def test_without_a_locale_the_configured_language_is_used(bot: Bot, dialogflow: Loopback) -> None:
    hear(bot, language="")

    assert only_call(dialogflow).body["queryInput"]["text"]["languageCode"] == "en"


def test_an_event_is_told_with_its_parameters(bot: Bot, dialogflow: Loopback) -> None:
    bot.hear_event(SESSION, "CHAT_ENDED", {"reason": "no_agent"}, language="", payload={}, contexts=None, timeout_s=2)

    event = {"name": "CHAT_ENDED", "parameters": {"reason": "no_agent"}, "languageCode": "en"}
    assert only_call(dialogflow).body == {"queryInput": {"event": event}, "queryParams": {}}


def test_long_text_is_cut_at_a_word_to_what_the_bot_takes(bot: Bot, dialogflow: Loopback) -> None:
    hear(bot, "words " * 50_000)

    assert only_call(dialogflow).body["queryInput"]["text"]["text"] == ("words " * 42).strip()


def test_given_contexts_are_revived_in_this_session(bot: Bot, dialogflow: Loopback) -> None:
    elsewhere = "projects/p/locations/global/agent/sessions/old/contexts"
    given = (
        {"name": f"{elsewhere}/order", "lifespanCount": 3, "parameters": {"number": "17"}},
        {"name": f"{elsewhere}/last-turn"},
    )

    hear(bot, contexts=given)

    asked = only_call(dialogflow).body["queryParams"]
    assert asked["contexts"] == [
        {"name": f"{SESSION_PATH}/contexts/order", "lifespanCount": 3, "parameters": {"number": "17"}},
        {"name": f"{SESSION_PATH}/contexts/last-turn", "lifespanCount": 1, "parameters": {}},
    ]
    assert asked["resetContexts"] is True


def test_with_no_context_given_after_a_person_none_stays_active(bot: Bot, dialogflow: Loopback) -> None:
    hear(bot, contexts=())

    asked = only_call(dialogflow).body["queryParams"]
    assert (asked["resetContexts"], asked.get("contexts")) == (True, None)


def test_a_context_that_calls_for_a_person_or_signs_in_is_not_kept(bot: Bot, dialogflow: Loopback) -> None:
    names = [f"{SESSION_PATH}/contexts/{name}" for name in ("handoff-wanted", "order", "authentication_response")]
    contexts = [{"name": name, "lifespanCount": 5} for name in names]
    dialogflow.will_answer(200, {"queryResult": {"fulfillmentText": "ok", "outputContexts": contexts}})

    answer = hear(bot)

    assert answer.handoff is not None
    assert answer.contexts == (contexts[1],)


@pytest.mark.parametrize(
    ("agent", "session_path"),
    [
        ("projects/p/agent", f"projects/p/agent/sessions/{SESSION}"),
        ("projects/p/locations/global/agent", f"projects/p/locations/global/agent/sessions/{SESSION}"),
        ("projects/p/agent/environments/live", f"projects/p/agent/environments/live/users/-/sessions/{SESSION}"),
        (
            "projects/p/locations/europe-west1/agent/environments/live",
            f"projects/p/locations/europe-west1/agent/environments/live/users/-/sessions/{SESSION}",
        ),
    ],
)
def test_every_form_of_agent_leads_to_a_session_google_knows(
    dialogflow: Loopback, agent: str, session_path: str
) -> None:
    hear(make_bot(dialogflow.url, agent))

    assert only_call(dialogflow).path == f"/v2/{session_path}:detectIntent"
    assert any(re.fullmatch(pattern, session_path) for pattern in method_paths("dialogflow.v2", "detectIntent"))


class _RecordingHttp(HttpClient):
    """Answers without a network, so that calls to Google's real hosts can be seen."""

    def __init__(self) -> None:
        self.urls: list[str] = []

    def request(self, provider: str, method: str, url: str, **_given: Any) -> Response:
        self.urls.append(url)
        return Response(200, {"queryResult": {}}, {})


@pytest.mark.parametrize(
    ("agent", "base_url", "host"),
    [
        ("projects/p/agent", "https://dialogflow.googleapis.com/", "https://dialogflow.googleapis.com"),
        ("projects/p/locations/global/agent", "https://dialogflow.googleapis.com", "https://dialogflow.googleapis.com"),
        (
            "projects/p/locations/europe-west1/agent",
            "https://dialogflow.googleapis.com",
            "https://europe-west1-dialogflow.googleapis.com",
        ),
        ("projects/p/locations/europe-west1/agent", "https://proxy.shop.example/df", "https://proxy.shop.example/df"),
    ],
)
def test_an_agent_in_a_region_is_asked_at_its_regional_host(agent: str, base_url: str, host: str) -> None:
    http = _RecordingHttp()

    hear(make_bot(base_url, agent, http))

    assert http.urls == [f"{host}/v2/{agent}/sessions/{SESSION}:detectIntent"]


# --- what its answers say --------------------------------------------------------------------------------------------


def test_an_answer_with_a_handoff_is_read_whole(bot: Bot, dialogflow: Loopback) -> None:
    given = fixture("answer__handoff")
    dialogflow.will_answer(200, given)

    answer = hear(bot)

    assert faults("dialogflow.v2", ANSWER_SCHEMA, given) == []
    contexts = given["queryResult"]["outputContexts"]
    assert answer == BotAnswer(
        messages=(OutboundMessage("One moment"),),
        handoff=HandoffSignal("bot", {"department": "billing"}, "Talk to human"),
        intent="Talk to human",
        parameters={"department": "billing", "order": ""},
        contexts=(contexts[0], contexts[1]),
    )


def test_names_and_contexts_too_large_to_keep_are_cut_or_left_out(bot: Bot, dialogflow: Loopback) -> None:
    large, small = (
        {"name": f"{SESSION_PATH}/contexts/{name}", "lifespanCount": 5, "parameters": {"note": "x" * length}}
        for name, length in (("large", 64_000), ("small", 1))
    )
    result = {"action": "handoff", "intent": {"displayName": "i" * 201}, "outputContexts": [large, small]}
    dialogflow.will_answer(200, {"queryResult": result})

    answer = hear(bot)

    assert answer == BotAnswer(handoff=HandoffSignal("bot", {}, "i" * 200), intent="i" * 200, contexts=(small,))


def test_a_fallback_is_recognised(bot: Bot, dialogflow: Loopback) -> None:
    given = fixture("answer__fallback")
    dialogflow.will_answer(200, given)

    answer = hear(bot)

    assert faults("dialogflow.v2", ANSWER_SCHEMA, given) == []
    assert answer.is_fallback
    assert answer.messages == (OutboundMessage("Say that again?"),)


@pytest.mark.parametrize("result", [{"action": "input.unknown"}, {"intent": {"isFallback": True}}])
def test_either_mark_makes_a_fallback(bot: Bot, dialogflow: Loopback, result: JsonObject) -> None:
    dialogflow.will_answer(200, {"queryResult": result})

    assert hear(bot).is_fallback


def test_an_empty_answer_is_silence(bot: Bot) -> None:
    assert hear(bot) == BotAnswer()


def test_a_failing_dialogflow_is_reported_as_such(bot: Bot, dialogflow: Loopback) -> None:
    dialogflow.will_answer(503, {"error": {"code": 503, "status": "UNAVAILABLE"}})

    with pytest.raises(ProviderUnavailable) as raised:
        hear(bot)

    assert (raised.value.provider, raised.value.error_type) == ("dialogflow", "UNAVAILABLE")
