"""Dialogflow CX: what the client asks and the stand-in answers, over HTTP."""

from collections.abc import Iterator

import pytest

from functions.dialogflow.cx import CxBot
from functions.dialogflow.signals import SignalRules
from functions.dialogflow.webhook import answer, parse_webhook
from functions.handoff.errors import ProviderRefused
from functions.handoff.events import BotAnswer, HandoffSignal, JsonObject
from functions.runtime.http_client import HttpClient
from infra.sandbox.dialogflow_cx import DialogflowCxOptions, DialogflowCxStandIn
from tests.receiver import Answer, Receiver

AGENT = "projects/p/locations/europe-west1/agents/a"
SESSION = "0d1f6f1e-0000-5000-8000-000000000001"
RULES = SignalRules(tags=("handoff",))


@pytest.fixture
def google() -> Iterator[DialogflowCxStandIn]:
    standin = DialogflowCxStandIn(DialogflowCxOptions(agents=(AGENT,)))
    yield standin
    standin.stop()


@pytest.fixture
def bot(google: DialogflowCxStandIn) -> CxBot:
    return make_bot(google, f"{AGENT}/environments/live")


def make_bot(google: DialogflowCxStandIn, agent: str) -> CxBot:
    return CxBot(HttpClient(), agent, google.serve(), lambda _url: {}, language="en", rules=RULES)


def hear(bot: CxBot, text: str, contexts: tuple[JsonObject, ...] | None = None) -> BotAnswer:
    return bot.hear(SESSION, text, language="de", payload={"conversation": "c"}, contexts=contexts, timeout_s=5)


def said(answer: BotAnswer) -> list[str]:
    return [message.text for message in answer.messages]


def test_a_turn_is_heard_and_answered(bot: CxBot, google: DialogflowCxStandIn) -> None:
    answer = hear(bot, "hello")

    assert said(answer) == ["Hello! What can I do for you?"]
    assert (answer.intent, answer.is_fallback, answer.handoff) == ("Default Welcome Intent", False, None)
    assert google.violations == []


def test_what_the_bot_does_not_understand_is_a_fallback(bot: CxBot) -> None:
    assert hear(bot, "xyzzy").is_fallback


def test_the_wish_for_a_person_has_its_department(bot: CxBot) -> None:
    answer = hear(bot, "a person from billing")

    assert answer.handoff == HandoffSignal("bot", {"department": "billing"}, "Talk to human")


@pytest.mark.parametrize("ends_session", [True, False])
def test_after_a_person_the_bot_knows_what_it_knew(bot: CxBot, google: DialogflowCxStandIn, ends_session: bool) -> None:
    google.change_options(ends_session=ends_session)
    hear(bot, "where is my order 4711?")
    kept = hear(bot, "a person").contexts
    google.forget_sessions()

    answer = hear(bot, "when does it come?", kept)

    assert said(answer) == ["Order 4711 arrives on Thursday."]
    assert google.violations == []


def test_after_a_person_the_bot_asks_on_where_it_was(bot: CxBot, google: DialogflowCxStandIn) -> None:
    kept = hear(bot, "where is my order?").contexts
    google.forget_sessions()
    hear(bot, "hello")

    answer = hear(bot, "4711", kept)

    assert said(answer) == ["Order 4711 is on its way."]


def test_a_page_that_is_gone_does_not_keep_the_bot_from_hearing(bot: CxBot, google: DialogflowCxStandIn) -> None:
    gone = {"currentPage": f"{AGENT}/flows/f/pages/gone", "parameters": {"number": "4711"}}

    answer = hear(bot, "when does it come?", (gone,))

    assert said(answer) == ["Order 4711 arrives on Thursday."]


def test_the_return_event_is_met_with_its_reason(bot: CxBot, google: DialogflowCxStandIn) -> None:
    told = {"reason": "no_agent", "digest": "…"}

    answer = bot.hear_event(SESSION, "AGENT_CHAT_ENDED", told, language="", payload={}, contexts=(), timeout_s=5)

    assert said(answer) == ["I am still here. Nobody is free right now, but maybe I can help?"]
    assert answer.contexts[0]["parameters"] == {}


def test_the_code_of_a_sign_in_comes_back_in_nothing_that_is_kept(bot: CxBot) -> None:
    event = bot.hear_event(
        SESSION, "AUTHENTICATION_RESPONSE", {"code": "s3cret"}, language="", payload={}, contexts=None, timeout_s=5
    )
    later = hear(bot, "a person")

    assert said(event) == ["You are signed in."]
    assert "s3cret" not in repr((event, later))


def test_an_agent_that_is_not_there_is_refused(google: DialogflowCxStandIn) -> None:
    with pytest.raises(ProviderRefused):
        hear(make_bot(google, AGENT.replace("agents/a", "agents/b")), "hello")


@pytest.fixture
def webhook(google: DialogflowCxStandIn) -> Iterator[Receiver]:
    receiver = Receiver()
    google.change_options(webhook={"url": receiver.url, "token": "t-1", "twice": True}, hands_off=False)
    yield receiver
    receiver.stop()


def test_a_tag_alone_reaches_the_turn_s_answer_though_the_webhook_is_called_twice(
    bot: CxBot, google: DialogflowCxStandIn, webhook: Receiver
) -> None:
    hear(bot, "a person from sales")
    calls = [parse_webhook(one.json, RULES) for one in webhook.received]
    webhook.answers = [Answer(200, answer(calls[0], is_awaited=True))]

    heard = hear(bot, "a person from sales")

    assert [(one.session_id, one.agent) for one in calls] == [(SESSION, AGENT)] * 2
    assert heard.handoff == HandoffSignal("bot", {"department": "sales"}, "Talk to human")
    assert google.violations == []
