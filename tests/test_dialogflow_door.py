"""The door of both Dialogflows: who may speak for which conversation, and what a call does to it."""

import json
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from functions.runtime import wiring
from functions.runtime.config import Brand
from tests.doors import BOT, CHANNEL
from tests.fuzz_world import TOKEN, World, temporary_world

AGENT = "projects/p/locations/eu/agents/a"
OTHER = "projects/p/locations/eu/agents/b"
ES_AGENT = "projects/p/agent"
METADATA = {"department": "billing"}
HANDOFF = {"fulfillmentResponse": {"messages": [{"liveAgentHandoff": {"metadata": METADATA}}]}}


@pytest.fixture(scope="module")
def deployed() -> Iterator[World]:
    with temporary_world() as one:
        yield one


@pytest.fixture
def bridge(deployed: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """The deployment with a CX agent, in a conversation with its bot."""
    before = wiring.bundle()
    monkeypatch.setenv("DIALOGFLOW_AGENT", AGENT)
    monkeypatch.setenv("HANDOFF_TAGS", "handoff")
    monkeypatch.setattr(wiring, "_bundle", None)
    deployed.begin("bot")
    yield deployed
    wiring._bundle = before


def cx_call(session: str, turn: str = "d-1", agent: str = AGENT, tag: str = "handoff") -> dict[str, Any]:
    return {
        "detectIntentResponseId": turn,
        "languageCode": "en",
        "fulfillmentInfo": {"tag": tag},
        "sessionInfo": {"session": f"{agent}/sessions/{session}", "parameters": METADATA},
    }


def send(bridge: World, body: Any, token: str = TOKEN) -> tuple[int, Any, dict[str, Any]]:
    """The status, the answer and the log line."""
    answered = bridge.send(BOT, json.dumps(body).encode(), {"X-Webhook-Token": token})
    return answered.status, json.loads(answered.text), json.loads(answered.log.splitlines()[-1])


def session_of(bridge: World) -> str:
    conversation = bridge.conversation()
    assert conversation
    return conversation.session_id


def waiting(bridge: World) -> int:
    """How many hand-offs wait to be worked."""
    conversation = bridge.conversation()
    assert conversation
    return sum(one.kind == "handoff_asked" for one in conversation.pending)


def told(answer: Any) -> str:
    [message] = answer["fulfillmentResponse"]["messages"]
    [text] = message["text"]["text"]
    return str(text)


def test_a_call_outside_any_turn_is_stored_and_answered_with_nothing(bridge: World) -> None:
    status, answer, line = send(bridge, cx_call(session_of(bridge)))

    assert (status, answer, line["outcome"]) == (200, {}, "queued")
    assert waiting(bridge) == 1


def test_a_call_that_comes_twice_is_one_hand_off(bridge: World) -> None:
    first, again = (send(bridge, cx_call(session_of(bridge))) for _ in range(2))

    assert (first[:2], again[:2]) == ((200, {}), (200, {}))
    assert (again[2]["outcome"], waiting(bridge)) == ("duplicate", 1)


@pytest.mark.parametrize("turns", [("d-1", "d-1"), ("d-1", "d-2")])
def test_a_call_during_our_own_turn_stores_nothing_and_says_it_in_the_turn_s_answer(
    bridge: World, turns: tuple[str, str]
) -> None:
    answers: list[Any] = []

    def hear(_body: Any) -> Any:
        answers.extend(send(bridge, cx_call(session_of(bridge), turn))[1] for turn in turns)
        return {"queryResult": {"responseMessages": answers[-1]["fulfillmentResponse"]["messages"]}}

    bridge.outside._hear = hear  # type: ignore[assignment, method-assign]
    message = {"messageId": "m-1", "text": "a human please"}
    bridge.send_proven(CHANNEL, {"conversationId": "c-1", "message": message})
    del bridge.outside._hear

    conversation = bridge.conversation()
    assert conversation
    assert answers == [HANDOFF, HANDOFF]
    assert (conversation.state, len(conversation.handoffs)) == ("WAITING", 1)
    assert conversation.signal is not None
    assert conversation.signal.metadata == METADATA


def test_a_call_when_a_person_is_asked_for_does_nothing(bridge: World) -> None:
    bridge.begin("waiting")

    status, answer, line = send(bridge, cx_call(session_of(bridge)))

    assert (status, answer) == (200, {})
    assert (line["outcome"], line["reason"]) == ("duplicate", "asked_already")


def test_a_session_nobody_opened_is_told_that_there_is_nobody(bridge: World) -> None:
    status, answer, line = send(bridge, cx_call("another"))

    assert (status, line["reason"]) == (200, "unknown_session")
    assert told(answer) == "I can't connect you with a person from here."


def test_where_there_is_one_bot_any_path_of_its_session_will_do(bridge: World) -> None:
    send(bridge, cx_call(session_of(bridge), agent=OTHER))

    assert waiting(bridge) == 1


def test_a_call_for_something_else_is_answered_with_nothing(bridge: World) -> None:
    status, answer, line = send(bridge, cx_call(session_of(bridge), tag="hours"))

    assert (status, answer, line["reason"]) == (200, {}, "no_handoff_signal")


@pytest.mark.parametrize("more", [{"queryResult": {}}, {"fulfillmentInfo": None}, {"detectIntentResponseId": 7}])
def test_a_malformed_call_is_refused_and_changes_nothing(bridge: World, more: dict[str, Any]) -> None:
    commits = bridge.commits()

    status, answer, _ = send(bridge, cx_call(session_of(bridge)) | more)

    assert status == 400
    assert next(iter(more)) in json.dumps(answer)
    assert bridge.commits() == commits


# --- several brands --------------------------------------------------------------------------------------------------


@pytest.fixture
def branded(bridge: World) -> World:
    """A second brand with a bot and a token of its own; the conversation is the deployment's own."""
    bundle = wiring.bundle()
    secrets = {"dialogflow-webhook-token": "livechat-webhook-secret"}  # one that exists
    brand = Brand(
        name="acme", settings=msgspec.structs.replace(bundle.settings, dialogflow_agent=OTHER), secrets=secrets
    )
    settings = msgspec.structs.replace(bundle.settings, brands={"acme": brand})
    wiring._bundle = bundle._replace(settings=settings)
    return bridge


THEIRS = "example-webhook-secret"


@pytest.mark.parametrize(("agent", "token"), [(AGENT, THEIRS), (OTHER, TOKEN)])
def test_a_token_of_another_brand_than_the_agent_s_is_no_proof(branded: World, agent: str, token: str) -> None:
    status, _, _ = send(branded, cx_call(session_of(branded), agent=agent), token)

    assert (status, waiting(branded)) == (401, 0)


@pytest.mark.parametrize(("agent", "token"), [(OTHER, THEIRS), (ES_AGENT, THEIRS), (ES_AGENT, TOKEN)])
def test_a_session_of_another_brand_s_bot_is_like_one_that_nobody_opened(
    branded: World, agent: str, token: str
) -> None:
    foreign = send(branded, cx_call(session_of(branded), agent=agent), token)
    unknown = send(branded, cx_call("another", agent=agent), token)

    assert foreign[:2] == unknown[:2]
    assert (foreign[2]["reason"], waiting(branded)) == ("foreign_session", 0)


@pytest.mark.parametrize("agent", [AGENT, f"{AGENT}/environments/live"])
def test_the_bot_that_has_the_conversation_may_ask_for_a_person(branded: World, agent: str) -> None:
    send(branded, cx_call(session_of(branded), agent=agent))

    assert waiting(branded) == 1


def test_of_brands_that_share_a_bot_each_speaks_for_its_own_conversations(branded: World) -> None:
    bundle = wiring.bundle()
    acme = bundle.settings.brands["acme"]
    shared = msgspec.structs.replace(acme, settings=bundle.settings)
    wiring._bundle = bundle._replace(settings=msgspec.structs.replace(bundle.settings, brands={"acme": shared}))

    theirs, own = (send(branded, cx_call(session_of(branded)), token) for token in (THEIRS, TOKEN))

    assert (theirs[2]["reason"], own[2]["outcome"], waiting(branded)) == ("foreign_session", "queued", 1)
