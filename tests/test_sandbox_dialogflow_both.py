"""The stand-ins of both Dialogflows play one bot: the same words, and the same wish for a person."""

from typing import Any

import pytest

from functions.dialogflow import cx_messages, es_messages
from functions.handoff.content import plain_text
from infra.sandbox.dialogflow_agent import INTENTS
from infra.sandbox.dialogflow_cx import DialogflowCxStandIn
from infra.sandbox.dialogflow_es import DialogflowStandIn
from infra.sandbox.dialogflow_showcase import SHOWCASE
from tests import dialogflow_calls as es
from tests import dialogflow_cx_calls as cx

TALKS: dict[str, tuple[str, ...]] = {
    "greeting": ("Hi!", "hello", "good morning"),
    "problem": ("I have a problem", "When are you open?"),
    "order in one": ("Where is my order 4711?", "when?", "thanks", "when?"),
    "order by question": ("Where is my order?", "hmm", "it is 4711", "how long?"),
    "order cancelled": ("my parcel", "never mind", "4711"),
    "order left": ("my parcel", "opening hours", "4711"),
    "two orders": ("order 4711", "order 4712", "my parcel", "4713", "when?"),
    "not understood": ("xyzzy", "xyzzy", "xyzzy", "xyzzy"),
    "person": ("a human from billing please", "Hi!", "talk to a person", "xyzzy"),
    "person after order": ("order 4711", "an agent please"),
}


def _of_es(bot: DialogflowStandIn, text: str) -> tuple[list[str], bool, str]:
    result = es.say(bot, text)["queryResult"]
    said = [message["text"]["text"][0] for message in result["fulfillmentMessages"] if "text" in message]
    return said, "liveAgentHandoff" in result["intent"], result["parameters"].get("department", "")


def _of_cx(bot: DialogflowCxStandIn, text: str) -> tuple[list[str], bool, str]:
    result = cx.say(bot, text)
    wishes = [message["liveAgentHandoff"] for message in result["responseMessages"] if "liveAgentHandoff" in message]
    return cx.words(result), bool(wishes), wishes[0]["metadata"].get("department", "") if wishes else ""


@pytest.mark.parametrize("texts", TALKS.values(), ids=TALKS.keys())
def test_the_same_talk_is_answered_in_the_same_words(texts: tuple[str, ...]) -> None:
    of_es, of_cx = DialogflowStandIn(), DialogflowCxStandIn()

    assert [_of_es(of_es, text) for text in texts] == [_of_cx(of_cx, text) for text in texts]


@pytest.mark.parametrize("intent", INTENTS, ids=lambda intent: intent.name)
def test_every_intent_is_met_in_a_talk_or_shown(intent: Any) -> None:
    said = [text for texts in TALKS.values() for text in texts]

    assert intent.name.startswith("Show ") or any(intent.is_meant(text) for text in said)


@pytest.mark.parametrize("what", [name for intent in SHOWCASE if (name := intent.name.removeprefix("Show ")) != "song"])
def test_what_is_shown_is_the_same_in_words(what: str) -> None:
    of_es = es.say(DialogflowStandIn(), f"show me the {what}")["queryResult"]
    of_cx = cx.say(DialogflowCxStandIn(), f"show me the {what}")

    read = (es_messages.parse_messages(of_es), cx_messages.parse_messages(of_cx))
    first, second = ("\n\n".join(map(plain_text, messages)) for messages in read)
    assert first == second
    assert first


@pytest.mark.parametrize("reason", ["agent_closed", "no_agent", "timeout"])
def test_the_return_is_greeted_in_the_same_words(reason: str) -> None:
    of_es = es.tell(DialogflowStandIn(), "AGENT_CHAT_ENDED", reason=reason)["queryResult"]["fulfillmentText"]
    of_cx = cx.tell(DialogflowCxStandIn(), "AGENT_CHAT_ENDED", parameters={"reason": reason})

    assert [of_es] == cx.words(of_cx)


def test_both_keep_the_same_record_of_a_turn() -> None:
    of_es, of_cx = DialogflowStandIn(), DialogflowCxStandIn()
    es.say(of_es, "a human please", payload={"a": 1})
    cx.say(of_cx, "a human please", payload={"a": 1})

    [first], [second] = of_es.turns[es.SESSION], of_cx.turns[cx.SESSION]

    assert set() == set(first) - set(second)
    same = ("text", "languageCode", "payload", "contexts", "intent", "webhookStatus")
    assert [first[name] for name in same] == [second[name] for name in same]
    assert of_es.state().keys() == of_cx.state().keys()
