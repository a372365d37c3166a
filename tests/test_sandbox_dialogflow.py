from typing import Any

import pytest

from infra.sandbox.dialogflow_es import DialogflowStandIn
from infra.sandbox.dialogflow_es_schema import (
    Context,
    DetectIntentRequest,
    EventInput,
    FollowupEvent,
    QueryInput,
    QueryParameters,
    TextInput,
    WebhookResponse,
)
from tests.dialogflow_calls import DIALOGFLOW, SESSION, V2, context_ids, detect, say, tell


@pytest.fixture
def bot() -> DialogflowStandIn:
    return DialogflowStandIn()


@pytest.mark.parametrize(
    ("text", "action"),
    [
        ("Hi!", "input.welcome"),
        ("Hi, I have a problem", "problem"),
        ("When are you open?", "hours"),
        ("Where is my order 4711?", "order.status"),
        ("I want to talk to a person from billing", "handoff"),
        ("Purple monkey dishwasher", "input.unknown"),
    ],
)
def test_the_agent_knows_its_topics(bot: DialogflowStandIn, text: str, action: str) -> None:
    result = say(bot, text)["queryResult"]

    assert (action, text) == (result["action"], result["queryText"])


def test_a_problem_is_answered_with_replies_to_tap_and_a_way_to_a_person(bot: DialogflowStandIn) -> None:
    result = say(bot, "Hi, I have a problem")["queryResult"]

    kinds = [next(iter(message)) for message in result["fulfillmentMessages"]]
    assert kinds == ["text", "quickReplies", "payload"]
    assert result["fulfillmentText"].startswith("Thanks for contacting us.")
    assert result["fulfillmentMessages"][2]["payload"] == {"suggestions": [{"liveAgentRequest": {}}]}


def test_a_handoff_carries_flag_action_and_department(bot: DialogflowStandIn) -> None:
    result = say(bot, "a human from Billing please")["queryResult"]

    assert result["intent"]["liveAgentHandoff"] is True
    assert (result["action"], result["parameters"]) == ("handoff", {"department": "billing"})


def test_fallbacks_vary_and_are_counted(bot: DialogflowStandIn) -> None:
    answers = [say(bot, "xyzzy")["queryResult"] for _ in range(2)]

    assert [answer["intent"]["isFallback"] for answer in answers] == [True, True]
    assert answers[0]["fulfillmentText"] != answers[1]["fulfillmentText"]
    assert answers[1]["outputContexts"][0]["parameters"]["no-match"] == 2.0


def test_a_missing_parameter_is_asked_for(bot: DialogflowStandIn) -> None:
    first = say(bot, "Where is my order?")["queryResult"]
    again = say(bot, "hmm")["queryResult"]
    filled = say(bot, "it is 4711")["queryResult"]

    assert "allRequiredParamsPresent" not in first
    assert first["fulfillmentText"] == again["fulfillmentText"]
    assert filled["allRequiredParamsPresent"]
    assert filled["parameters"] == {"number": "4711"}


def test_slot_filling_can_be_cancelled(bot: DialogflowStandIn) -> None:
    say(bot, "Where is my order?")

    cancelled = say(bot, "never mind")["queryResult"]

    assert cancelled["cancelsSlotFilling"]
    assert say(bot, "4711")["queryResult"]["intent"]["isFallback"]


def test_contexts_count_down_and_open_follow_up_questions(bot: DialogflowStandIn) -> None:
    asked_cold = say(bot, "when?")["queryResult"]["action"]

    lifespans = [context_ids(say(bot, "order 4711"))["order"]]
    warm = say(bot, "when?")
    lifespans.append(context_ids(warm)["order"])
    for _ in range(4):
        last = say(bot, "Hi")

    assert asked_cold == "input.unknown"
    assert (warm["queryResult"]["action"], warm["queryResult"]["parameters"]) == ("order.arrival", {"number": "4711"})
    assert lifespans == [5, 4]
    assert context_ids(last) == {}


def test_contexts_belong_to_one_session_and_die_after_20_minutes(bot: DialogflowStandIn) -> None:
    say(bot, "order 4711")
    other = say(bot, "when?", session="projects/p/agent/sessions/other")["queryResult"]["action"]

    bot.clock.advance(21 * 60)

    assert other == "input.unknown"
    assert say(bot, "when?")["queryResult"]["action"] == "input.unknown"


def test_contexts_given_by_the_caller_are_active_for_the_turn(bot: DialogflowStandIn) -> None:
    context = {"name": f"{SESSION}/contexts/Order", "lifespanCount": 3, "parameters": {"number": "99"}}

    result = say(bot, "when?", contexts=[context])["queryResult"]

    assert result["fulfillmentText"] == "Order 99 arrives on Thursday."
    assert bot.state()["violations"] == []


def test_setting_a_context_that_dialogflow_keeps_for_itself_is_noted(bot: DialogflowStandIn) -> None:
    say(bot, "hi", contexts=[{"name": f"{SESSION}/contexts/__system_counters__", "lifespanCount": 1}])

    [violation] = bot.state()["violations"]
    assert "reserved" in violation["rule"]


@pytest.mark.parametrize(
    ("knows", "action"), [(True, "agent.left"), (False, "input.unknown")], ids=["knows the event", "does not"]
)
def test_the_return_event_is_greeted_or_met_with_a_fallback(bot: DialogflowStandIn, knows: bool, action: str) -> None:
    bot.change_options(knows_return_event=knows)

    result = tell(bot, "AGENT_CHAT_ENDED", reason="agent_closed", digest="sent a new one")["queryResult"]

    assert result["action"] == action
    [turn] = bot.state()["sessions"][SESSION]["turns"]
    expected = ("AGENT_CHAT_ENDED", {"reason": "agent_closed", "digest": "sent a new one"})
    assert (turn["event"], turn["parameters"]) == expected


@pytest.mark.parametrize(
    ("name", "parameters", "expected"),
    [
        ("AUTHENTICATION_RESPONSE", {"code": "4711", "redirect_uri": "https://shop.example/"}, "You are signed in."),
        ("AUTHENTICATION_RESPONSE", {"error": "denied", "error_description": "No"}, "I could not sign you in."),
        ("SURVEY_RESPONSE", {"rating": "5", "surveyQuestionId": "q-1"}, "Thank you for your answer."),
    ],
)
def test_what_users_answer_to_forms_is_heard_as_an_event(
    bot: DialogflowStandIn, name: str, parameters: dict[str, str], expected: str
) -> None:
    assert tell(bot, name, **parameters)["queryResult"]["fulfillmentText"] == expected

    bot.change_options(knows_user_events=False)

    assert tell(bot, name, **parameters)["queryResult"]["action"] == "input.unknown"


def test_the_welcome_event_is_answered(bot: DialogflowStandIn) -> None:
    assert tell(bot, "WELCOME")["queryResult"]["action"] == "input.welcome"


@pytest.mark.parametrize(
    "session",
    [
        SESSION,
        "projects/p/locations/europe-west1/agent/sessions/s",
        "projects/p/agent/environments/live/users/-/sessions/s",
        "projects/p/locations/eu/agent/environments/live/users/u/sessions/" + "s" * 36,
    ],
)
def test_every_documented_form_of_session_is_taken(bot: DialogflowStandIn, session: str) -> None:
    assert say(bot, "hi", session)["queryResult"]["action"] == "input.welcome"


TEXT = {"text": "hi", "languageCode": "en"}


@pytest.mark.parametrize(
    ("named", "body"),
    [
        ("queryInput", {}),
        ("text, event", {"queryInput": {}}),
        ("text, event", {"queryInput": {"text": TEXT, "event": {"name": "E", "languageCode": "en"}}}),
        ("languageCode", {"queryInput": {"text": {"text": "hi"}}}),
        ("256", {"queryInput": {"text": TEXT | {"text": "a" * 257}}}),
        ("mood", {"queryInput": {"text": TEXT | {"mood": "good"}}}),
        ("sessionTtl", {"queryInput": {"text": TEXT}, "queryParams": {"sessionTtl": "60s"}}),
        ("lifespanCount", {"queryInput": {"text": TEXT}, "queryParams": {"contexts": [{"lifespanCount": "5"}]}}),
        ("does not belong", {"queryInput": {"text": TEXT}, "queryParams": {"contexts": [{"name": "order"}]}}),
        (
            "context id",
            {"queryInput": {"text": TEXT}, "queryParams": {"contexts": [{"name": f"{SESSION}/contexts/a b"}]}},
        ),
    ],
)
def test_a_faulty_request_is_refused_by_name(bot: DialogflowStandIn, named: str, body: dict[str, Any]) -> None:
    status, answer = detect(bot, body)

    assert (status, answer["error"]["status"]) == (400, "INVALID_ARGUMENT")
    assert named in answer["error"]["message"]
    assert bot.state()["sessions"] == {}


@pytest.mark.parametrize("session", ["projects/p/agent/sessions/" + "s" * 37, "projects/p/agents/a/sessions/s"])
def test_a_session_that_is_no_es_session_is_refused(bot: DialogflowStandIn, session: str) -> None:
    status, answer = detect(bot, {"queryInput": {"text": TEXT}}, session)

    assert (400, "session" in answer["error"]["message"]) == (status, True)


@pytest.mark.parametrize(
    ("schema", "struct"),
    [
        ("Context", Context),
        ("DetectIntentRequest", DetectIntentRequest),
        ("EventInput", EventInput),
        ("EventInput", FollowupEvent),
        ("QueryInput", QueryInput),
        ("QueryParameters", QueryParameters),
        ("TextInput", TextInput),
        ("WebhookResponse", WebhookResponse),
    ],
)
def test_what_is_accepted_is_named_as_in_googles_discovery_document(schema: str, struct: Any) -> None:
    documented = DIALOGFLOW.schemas[V2 + schema]["properties"]

    assert set(struct.__struct_fields__) - set(documented) == set()


def test_the_discovery_check_itself_finds_faults() -> None:
    faulty = {"queryInput": {"text": {"text": 5}}, "queryParams": {"resetContexts": "yes"}, "mood": "good"}

    problems = DIALOGFLOW.problems(f"{V2}DetectIntentRequest", faulty)

    assert sorted(problem.partition(":")[0] for problem in problems) == [
        "$",
        "$.queryInput.text.text",
        "$.queryParams.resetContexts",
    ]
