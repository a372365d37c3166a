from typing import Any

import pytest

from infra.sandbox.dialogflow_cx import DialogflowCxOptions, DialogflowCxStandIn
from infra.sandbox.dialogflow_cx_schema import (
    DetectIntentRequest,
    EventInput,
    FormInfo,
    FulfillmentResponse,
    IntentInput,
    PageInfo,
    ParameterInfo,
    QueryInput,
    QueryParameters,
    SessionInfo,
    TextInput,
    WebhookResponse,
)
from tests.dialogflow_cx_calls import (
    AGENT,
    DIALOGFLOW,
    FLOW,
    SESSION,
    V3,
    detect,
    kinds,
    page,
    say,
    tell,
    trigger,
    words,
)

FALLBACK = "Sorry, I did not get that."


@pytest.fixture
def bot() -> DialogflowCxStandIn:
    return DialogflowCxStandIn()


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("Hi!", "Default Welcome Intent"),
        ("Hi, I have a problem", "Problem"),
        ("When are you open?", "Opening hours"),
        ("Where is my order 4711?", "Order status"),
        ("I want to talk to a person from billing", "Talk to human"),
    ],
)
def test_the_agent_knows_its_topics(bot: DialogflowCxStandIn, text: str, intent: str) -> None:
    result = say(bot, text)

    assert ("INTENT", intent) == (result["match"]["matchType"], result["match"]["intent"]["displayName"])
    assert (text, text) == (result["text"], result["match"]["resolvedInput"])
    assert result["intent"] == result["match"]["intent"]


def test_what_is_not_understood_matches_nothing_and_is_answered_in_turn(bot: DialogflowCxStandIn) -> None:
    first, second = say(bot, "xyzzy"), say(bot, "xyzzy")

    assert ("NO_MATCH", "sys.no-match-default") == (first["match"]["matchType"], first["match"]["event"])
    assert "intent" not in first
    assert [FALLBACK, "Could you say that in other words?"] == words(first) + words(second)


def test_a_handoff_carries_metadata_and_ends_the_session(bot: DialogflowCxStandIn) -> None:
    say(bot, "order 4711")
    result = say(bot, "a human from Billing please")

    assert ["text", "liveAgentHandoff", "endInteraction"] == kinds(result)
    assert {"metadata": {"department": "billing"}} == result["responseMessages"][1]["liveAgentHandoff"]
    assert (f"{FLOW}/pages/END_SESSION", "End Session") == tuple(result["currentPage"].values())
    assert {"number": "4711", "department": "billing"} == result["parameters"]

    after = say(bot, "when?")

    assert ("NO_MATCH", "Start Page") == (after["match"]["matchType"], page(after))
    assert "parameters" not in after


def test_a_handoff_can_be_left_to_the_webhook_and_leave_the_session_as_it_is(bot: DialogflowCxStandIn) -> None:
    bot.change_options(hands_off=False, ends_session=False)

    result = say(bot, "a human please")

    assert (["text"], "Start Page") == (kinds(result), page(result))


def test_a_page_asks_for_what_its_form_needs(bot: DialogflowCxStandIn) -> None:
    first = say(bot, "Where is my order?")
    again = say(bot, "hmm")
    filled = say(bot, "it is 4711")

    assert ["What is the number of your order?"] == words(first) == words(again)
    assert "PARAMETER_PROMPT" == first["responseMessages"][0]["responseType"]
    assert ("Order status", "Order status", "Order status") == (page(first), page(again), page(filled))
    matches = [turn["match"]["matchType"] for turn in (first, again, filled)]
    assert ["INTENT", "NO_MATCH", "PARAMETER_FILLING"] == matches
    assert ({"number": "4711"}, ["Order 4711 is on its way."]) == (filled["parameters"], words(filled))
    assert {"number": "4711"} == filled["match"]["parameters"]


def test_a_form_can_be_left_by_a_cancel_or_another_topic(bot: DialogflowCxStandIn) -> None:
    say(bot, "Where is my order?")
    cancelled = say(bot, "never mind")
    say(bot, "Where is my order?")
    other = say(bot, "hours?")

    assert (["All right."], "Start Page") == (words(cancelled), page(cancelled))
    assert "Start Page" == page(other)
    assert "NO_MATCH" == say(bot, "4711")["match"]["matchType"]


def test_each_order_is_asked_for_anew(bot: DialogflowCxStandIn) -> None:
    say(bot, "order 4711")

    assert ["What is the number of your order?"] == words(say(bot, "Where is my order?"))


def test_what_was_collected_opens_follow_up_questions(bot: DialogflowCxStandIn) -> None:
    cold = say(bot, "when?")
    say(bot, "order 4711")
    other = say(bot, "when?", session=f"{AGENT}/sessions/other")

    warm = say(bot, "when?")

    assert ["NO_MATCH", "NO_MATCH"] == [turn["match"]["matchType"] for turn in (cold, other)]
    assert (["Order 4711 arrives on Thursday."], "Order status") == (words(warm), page(warm))


@pytest.mark.parametrize(
    ("ttl", "minutes", "lives"),
    [({}, 29, True), ({}, 31, False), ({"sessionTtl": "86400s"}, 23 * 60, True), ({"sessionTtl": "60s"}, 2, False)],
)
def test_a_session_lives_as_long_as_the_last_call_said(
    bot: DialogflowCxStandIn, ttl: dict[str, str], minutes: int, lives: bool
) -> None:
    say(bot, "order 4711", **ttl)

    bot.clock.advance(minutes * 60)

    after = say(bot, "xyzzy")
    assert ("Order status" if lives else "Start Page") == page(after)
    assert lives == ("parameters" in after)


def test_a_given_page_replaces_the_earlier_state(bot: DialogflowCxStandIn) -> None:
    kept = say(bot, "order 4711", parameters={"color": "red"})
    say(bot, "a human please")
    say(bot, "hello", parameters={"color": "blue"})

    given = {"currentPage": kept["currentPage"]["name"], "parameters": {"number": "99"}}
    result = say(bot, "when?", **given)

    assert (["Order 99 arrives on Thursday."], "Order status") == (words(result), page(result))
    assert {"number": "99"} == result["parameters"]
    assert [given] == bot.turns[SESSION][-1]["contexts"]


def test_given_parameters_are_the_session_s_and_null_takes_one_away(bot: DialogflowCxStandIn) -> None:
    say(bot, "hi", parameters={"a": "1", "b": "2"})

    result = say(bot, "hi", parameters={"b": None, "c": [3]})

    assert {"a": "1", "c": [3]} == result["parameters"]


def test_to_begin_at_a_page_that_ends_the_session_is_noted(bot: DialogflowCxStandIn) -> None:
    say(bot, "hi", currentPage=f"{FLOW}/pages/END_SESSION")

    [violation] = bot.state()["violations"]
    assert f"{FLOW}/pages/END_SESSION" == violation["detail"]


@pytest.mark.parametrize(
    ("reason", "knows", "said", "match"),
    [
        ("agent_closed", True, "Welcome back, I am the bot again. I hope my colleague could help.", "EVENT"),
        ("no_agent", True, "I am still here. Nobody is free right now, but maybe I can help?", "EVENT"),
        ("", True, "I am the bot again. What else can I do for you?", "EVENT"),
        ("agent_closed", False, FALLBACK, "NO_MATCH"),
    ],
)
def test_the_return_event_is_greeted_or_met_with_a_fallback(
    bot: DialogflowCxStandIn, reason: str, knows: bool, said: str, match: str
) -> None:
    bot.change_options(knows_return_event=knows)

    result = tell(bot, "AGENT_CHAT_ENDED", parameters={"reason": reason})

    assert ([said], match) == (words(result), result["match"]["matchType"])
    assert "AGENT_CHAT_ENDED" == result["triggerEvent"]
    [turn] = bot.state()["sessions"][SESSION]["turns"]
    assert ("AGENT_CHAT_ENDED", {"reason": reason}) == (turn["event"], turn["parameters"])


@pytest.mark.parametrize("parameters", [{"code": "4711"}, {"authentication_response": {"code": "4711"}}])
def test_what_users_answer_to_forms_is_heard_as_an_event(bot: DialogflowCxStandIn, parameters: dict[str, Any]) -> None:
    signed_in = tell(bot, "AUTHENTICATION_RESPONSE", parameters=parameters)
    refused = tell(bot, "AUTHENTICATION_RESPONSE", parameters={"authentication_response": {"error": "denied"}})
    bot.change_options(knows_user_events=False)
    unknown = tell(bot, "AUTHENTICATION_RESPONSE", parameters=parameters)

    assert (["You are signed in."], "AUTHENTICATION_RESPONSE") == (words(signed_in), signed_in["match"]["event"])
    assert (["I could not sign you in."], "NO_MATCH") == (words(refused), unknown["match"]["matchType"])


def test_an_event_leaves_a_form_that_asks(bot: DialogflowCxStandIn) -> None:
    say(bot, "Where is my order?")

    assert "Start Page" == page(tell(bot, "WELCOME"))


def test_an_intent_can_be_named(bot: DialogflowCxStandIn) -> None:
    hours = say(bot, "opening hours")["match"]["intent"]["name"]

    result = trigger(bot, hours)

    assert (hours, "DIRECT_INTENT") == (result["triggerIntent"], result["match"]["matchType"])
    assert ["We are open Monday to Friday, 9 to 17."] == words(result)
    assert hours == bot.turns[SESSION][-1]["triggerIntent"]


def test_an_intent_of_another_agent_is_not_found(bot: DialogflowCxStandIn) -> None:
    body = {"queryInput": {"intent": {"intent": "projects/x/intents/y"}, "languageCode": "en"}}

    assert 404 == detect(bot, body)[0]


QUERY = {"text": {"text": "hi"}, "languageCode": "en"}


@pytest.mark.parametrize(
    ("named", "body"),
    [
        ("queryInput", {}),
        ("languageCode", {"queryInput": {"text": {"text": "hi"}}}),
        ("languageCode", {"queryInput": {"text": {"text": "hi", "languageCode": "en"}, "languageCode": "en"}}),
        ("text, event, intent", {"queryInput": {"languageCode": "en"}}),
        ("text, event, intent", {"queryInput": QUERY | {"event": {"event": "E"}}}),
        ("name", {"queryInput": {"event": {"name": "E"}, "languageCode": "en"}}),
        ("parameters", {"queryInput": {"event": {"event": "E", "parameters": {}}, "languageCode": "en"}}),
        ("256", {"queryInput": QUERY | {"text": {"text": "a" * 257}}}),
        ("contexts", {"queryInput": QUERY, "queryParams": {"contexts": []}}),
        ("resetContexts", {"queryInput": QUERY, "queryParams": {"resetContexts": True}}),
        ("sessionTtl", {"queryInput": QUERY, "queryParams": {"sessionTtl": 60}}),
        ("sessionTtl", {"queryInput": QUERY, "queryParams": {"sessionTtl": "1d"}}),
        ("sessionTtl", {"queryInput": QUERY, "queryParams": {"sessionTtl": "0s"}}),
        ("sessionTtl", {"queryInput": QUERY, "queryParams": {"sessionTtl": "86401s"}}),
        ("currentPage", {"queryInput": QUERY, "queryParams": {"currentPage": 5}}),
        ("no page", {"queryInput": QUERY, "queryParams": {"currentPage": f"{FLOW}/pages/elsewhere"}}),
        ("no page", {"queryInput": QUERY, "queryParams": {"currentPage": "START_PAGE"}}),
        ("parameters", {"queryInput": QUERY, "queryParams": {"parameters": [1]}}),
        ("payload", {"queryInput": QUERY, "queryParams": {"payload": "c-9"}}),
        ("User-Agent", {"queryInput": QUERY, "queryParams": {"webhookHeaders": {"User-Agent": "x"}}}),
        ("disableWebhook", {"queryInput": QUERY, "queryParams": {"disableWebhook": "yes"}}),
    ],
)
def test_a_faulty_request_is_refused_by_name(bot: DialogflowCxStandIn, named: str, body: dict[str, Any]) -> None:
    status, answer = detect(bot, body)

    assert (400, "INVALID_ARGUMENT") == (status, answer["error"]["status"])
    assert named in answer["error"]["message"]
    assert ({}, {}) == (bot.sessions, bot.turns)


@pytest.mark.parametrize("session", [SESSION, f"{AGENT}/environments/live/sessions/" + "s" * 36])
def test_every_documented_form_of_session_is_taken(bot: DialogflowCxStandIn, session: str) -> None:
    assert ["Hello! What can I do for you?"] == words(say(bot, "hi", session))


@pytest.mark.parametrize(
    "session", [f"{AGENT}/sessions/" + "s" * 37, "projects/p/agent/sessions/s", "projects/p/agents/a/sessions/s"]
)
def test_a_session_that_is_no_cx_session_is_refused(bot: DialogflowCxStandIn, session: str) -> None:
    status, answer = detect(bot, {"queryInput": QUERY}, session)

    assert (400, True) == (status, "session" in answer["error"]["message"])


@pytest.mark.parametrize(
    ("agent", "expected"),
    [
        (AGENT, (200, None)),
        ("projects/p/locations/us/agents/a", (400, "FAILED_PRECONDITION")),
        ("projects/p/locations/eu/agents/b", (404, "NOT_FOUND")),
    ],
)
def test_an_agent_that_is_elsewhere_or_nowhere_is_refused(agent: str, expected: tuple[int, str | None]) -> None:
    bot = DialogflowCxStandIn(DialogflowCxOptions(agents=(AGENT,)))

    status, answer = detect(bot, {"queryInput": QUERY}, f"{agent}/sessions/s")

    assert expected == (status, answer.get("error", {}).get("status"))


def test_other_methods_are_not_played(bot: DialogflowCxStandIn) -> None:
    assert 404 == bot.app.test_client().post(f"/v3/{SESSION}:matchIntent", json={}).status_code


@pytest.mark.parametrize(
    ("schema", "struct"),
    [
        ("DetectIntentRequest", DetectIntentRequest),
        ("EventInput", EventInput),
        ("IntentInput", IntentInput),
        ("PageInfo", PageInfo),
        ("PageInfoFormInfo", FormInfo),
        ("PageInfoFormInfoParameterInfo", ParameterInfo),
        ("QueryInput", QueryInput),
        ("QueryParameters", QueryParameters),
        ("SessionInfo", SessionInfo),
        ("TextInput", TextInput),
        ("WebhookResponse", WebhookResponse),
        ("WebhookResponseFulfillmentResponse", FulfillmentResponse),
    ],
)
def test_what_is_accepted_is_named_as_in_googles_discovery_document(schema: str, struct: Any) -> None:
    documented = DIALOGFLOW.schemas[V3 + schema]["properties"]

    assert set() == set(struct.__struct_fields__) - set(documented)


def test_it_forgets_all_when_told_to(bot: DialogflowCxStandIn) -> None:
    say(bot, "order 4711")

    bot.app.test_client().post("/_reset")

    assert ({}, {}) == (bot.sessions, bot.state()["sessions"])
