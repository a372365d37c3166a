"""The sandbox's page when its phone speaks RCS: nobody but the agent is shown, and one can unsubscribe."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from functions.handoff.conversation import Conversation, to_record
from functions.handoff.ids import conversation_key, session_id
from functions.handoff.interfaces import Create
from functions.runtime.log_values import shown_conversation
from functions.storage.sqlite import SqliteStore
from infra.sandbox.page import make_app
from infra.sandbox.page_kinds import is_quiet, kind_of
from infra.sandbox.page_masks import Masks
from infra.sandbox.page_trace import Trace
from infra.sandbox.rcs_outbox import envelope
from infra.sandbox.sandbox import Sandbox
from tests.sandbox_page import PNG, act, call_of, request_to, state_of

JsonObject = dict[str, Any]
NUMBER = "+999000001"
MESSAGES, EVENTS = f"/v1/phones/{NUMBER}/agentMessages", f"/v1/phones/{NUMBER}/agentEvents"
KEY = conversation_key("rcs", "demo_agent", NUMBER)
PERSON = {"reply": {"text": "Talk to a person", "postbackData": "handoff:person"}}
SITE = {"action": {"text": "Site", "postbackData": "s", "openUrlAction": {"url": "https://shop.example"}}}


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """The stand-ins alone: what the page does reaches them without the functions."""
    sandbox = Sandbox(channel="rcs")
    yield sandbox
    sandbox.stop()


@pytest.fixture
def client(sandbox: Sandbox) -> FlaskClient:
    client = make_app(sandbox).test_client()
    client.post("/api/phone/open", json={"number": NUMBER})
    return client


def send(sandbox: Sandbox, kind: str = "agentMessages", **body: Any) -> None:
    query = "agentId=demo_agent&messageId" if kind == "agentMessages" else "agentId=demo_agent&eventId"
    path = f"/v1/phones/{NUMBER}/{kind}?{query}=00000000-0000-5000-8000-00000000000{len(sandbox.rcs.calls)}"
    assert sandbox.rcs.app.test_client().post(path, json=body).status_code == 200


def data(**content: Any) -> JsonObject:
    return envelope({"agentId": "demo_agent", "senderPhoneNumber": NUMBER, **content})


# --- the phone -------------------------------------------------------------------------------------------------------


def test_a_phone_with_rcs_is_its_number(client: FlaskClient) -> None:
    act(client, "phone/say", conversation=NUMBER, text="Hi")

    state = state_of(client)
    assert (state["setting"]["channel"], state["phone"]["channels"]) == ("rcs", ["rcs"])
    assert (state["phone"]["name"], state["phone"]["key"]) == (NUMBER, KEY)
    assert [(line["from"], line["text"]) for line in state["lines"]["items"]] == [("user", "Hi")]


def test_whoever_writes_it_is_the_agent(client: FlaskClient, sandbox: Sandbox) -> None:
    send(sandbox, contentMessage={"text": "Jane Doe: How can I help?", "suggestions": [PERSON, SITE]})

    state = state_of(client)
    [line] = state["lines"]["items"]
    assert (line["name"], line.get("representative"), state["phone"]["people"]) == ("Hello World Agent", None, [])
    assert [(chip["label"], chip["kind"]) for chip in state["phone"]["chips"]] == [
        ("Talk to a person", "reply"),
        ("Site", "link"),
    ]


def test_the_sign_of_writing_is_shown_for_a_while(client: FlaskClient, sandbox: Sandbox) -> None:
    send(sandbox, "agentEvents", eventType="IS_TYPING")
    during = state_of(client)["phone"]["writing"]
    sandbox.clock.advance(21)

    assert (during, state_of(client)["phone"]["writing"]) == ("Hello World Agent", "")


@pytest.mark.parametrize("deed", ["unsubscribe", "subscribe"])
def test_the_user_can_unsubscribe_and_come_back(client: FlaskClient, sandbox: Sandbox, deed: str) -> None:
    status = act(client, f"phone/{deed}", conversation=NUMBER)

    [line] = state_of(client)["lines"]["items"]
    assert (status, line["kind"], line["wanted"]) == (200, "subscription", deed == "subscribe")
    kinds = [one["kind"] for one in sandbox.rcs.phone.sender.deliveries()]
    assert kinds == ["subscription", "message"]


@pytest.mark.parametrize(
    ("deed", "more"),
    [
        ("phone/ask_for_person", {}),
        ("phone/survey", {"survey_id": "s", "rating": "5"}),
        ("phone/sign_in", {"succeeds": True}),
    ],
)
def test_what_rcs_has_not_is_refused(client: FlaskClient, deed: str, more: JsonObject) -> None:
    assert act(client, deed, conversation=NUMBER, **more) == 404


def test_a_person_is_asked_for_by_the_chip(client: FlaskClient, sandbox: Sandbox) -> None:
    send(sandbox, contentMessage={"text": "Hi", "suggestions": [PERSON]})

    assert act(client, "phone/tap", conversation=NUMBER, label="Talk to a person", postback="handoff:person") == 200
    assert state_of(client)["phone"]["chips"] == []


def test_a_picture_leaves_as_a_file(client: FlaskClient, sandbox: Sandbox) -> None:
    path = f"/api/phone/picture?conversation=%2B{NUMBER[1:]}"

    assert client.post(path, data=PNG, content_type="image/png").status_code == 200
    [delivery] = sandbox.rcs.phone.sender.deliveries()
    assert delivery["body"]["userFile"]["payload"]["mimeType"] == "image/png"
    assert sandbox.rcs.base_url in client.get("/").headers["Content-Security-Policy"]


def test_the_record_of_the_phone_is_shown(client: FlaskClient, sandbox: Sandbox) -> None:
    store = SqliteStore(sandbox.settings["STORE"].partition(":")[2])
    kept = Conversation(key=KEY, channel="rcs", state="WAITING")
    store.commit(Create(f"conversations/{KEY}", to_record(kept, retention=timedelta(days=1))))

    assert state_of(client)["record"]["record"]["state"] == "WAITING"


# --- faults ----------------------------------------------------------------------------------------------------------


def test_the_channel_s_faults_strike_rcs_and_are_named_for_it(client: FlaskClient, sandbox: Sandbox) -> None:
    act(client, "fault/set", id="business_messages_down", on=True)

    shown = state_of(client)["faults"]
    path = f"/v1/phones/{NUMBER}/agentEvents?agentId=demo_agent&eventId=x"
    assert sandbox.rcs.app.test_client().post(path, json={}).status_code == 503
    assert shown["broken"] == ["RCS for Business is down"]
    assert not [one for one in shown["switches"] if "Business Messages" in one["label"] + one["group"]]


def test_the_user_s_next_webhook_can_be_lost(client: FlaskClient, sandbox: Sandbox) -> None:
    act(client, "fault/set", id="drop_next_of_user", on=True)

    act(client, "phone/say", conversation=NUMBER, text="Hi")

    assert sandbox.rcs.phone.sender.lose_next == ()


# --- the trace -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("exchange", "kind", "quiet"),
    [
        (request_to("rcs", data(text="Hi")), "message", False),
        (request_to("rcs", data(eventType="READ"), kind="receipt"), "READ", True),
        (request_to("rcs", data(eventType="UNSUBSCRIBE"), kind="subscription"), "UNSUBSCRIBE", False),
        (call_of("rcs", EVENTS, {"eventType": "IS_TYPING"}), "IS_TYPING", True),
        (call_of("rcs", MESSAGES, {"contentMessage": {"text": "Hi"}}), "message", False),
        (
            call_of("rcs", MESSAGES, {"contentMessage": {"richCard": {"a": 1}}}),
            "richCard",
            False,
        ),
    ],
)
def test_what_happens_is_named_in_rcs_words(exchange: Any, kind: str, quiet: bool) -> None:
    assert (kind_of(exchange), is_quiet(kind)) == (kind, quiet)


def test_the_trace_knows_whose_it_is_though_logs_hide_the_number() -> None:
    trace = Trace(lambda _url: "rcs_webhook", Masks([]), lambda: None)
    trace.take(request_to("rcs", data(text="Hi"), trace_id="t-1"))
    trace.take(call_of("dialogflow", f"/v2/projects/p/agent/sessions/{session_id(KEY)}:detectIntent"))
    trace.take(call_of("rcs", f"/v1/phones/%2B{NUMBER[1:]}/agentMessages?agentId=demo_agent"))

    trace.take_line({"conversation": shown_conversation(KEY), "logging.googleapis.com/trace": "projects/p/traces/t-1"})

    _, rows = trace.rows_since(-1)
    assert shown_conversation(KEY) != KEY
    assert [row["conversation"] for row in rows] == [KEY, KEY, KEY]


def test_what_an_envelope_holds_can_be_read_in_the_detail() -> None:
    trace = Trace(lambda _url: "rcs_webhook", Masks([]), lambda: None)

    trace.take(request_to("rcs", data(text="Hi")))

    detail = trace.find_detail(1)
    assert detail
    assert detail["request"]["data"]["text"] == "Hi"
