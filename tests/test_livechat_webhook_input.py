"""LiveChat's webhooks: what is not LiveChat's, what is malformed, and what is merely new."""

import copy
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from functions.handoff.errors import WebhookRejected
from functions.handoff.events import AgentJoined, AgentMessage, ChatStarted, ChatTransferred, WithheldEvent
from functions.livechat.mapping import MAX_ID_CHARACTERS
from functions.livechat.webhook import parse_webhook
from tests.examples import examples
from tests.test_livechat_webhook import EVENTS, IGNORED, RECEIVED_AT, SEEN, load, parse

_WRONG: tuple[Any, ...] = (None, 5, True, [], {}, "", "x", ["x"], {"x": "y"})


def rejected(body: object) -> tuple[int, str, str]:
    with pytest.raises(WebhookRejected) as caught:
        parse(body)
    return caught.value.status, caught.value.reason, str(caught.value)


# --- whose it is -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("secret", ["example-webhook-secret", "the-one-before"])
def test_the_current_and_the_previous_secret_are_accepted(secret: str) -> None:
    assert parse({**load("incoming_event__agent_text"), "secret_key": secret}).event


@pytest.mark.parametrize("secret", ["wrong", "", None, 5, True, [], {}, "é", "\ud800", "example-webhook-secret\n"])
def test_anything_else_is_not_livechat_s(secret: object) -> None:
    status, reason, _ = rejected({**load("incoming_event__agent_text"), "secret_key": secret})

    assert (status, reason) == (401, "secret")


def test_a_missing_secret_is_refused_before_anything_is_read() -> None:
    assert rejected({})[:2] == (401, "secret")
    assert rejected({"action": 5, "payload": []})[:2] == (401, "secret")


@pytest.mark.parametrize("given", ["", "x", None])
def test_without_a_configured_secret_nothing_is_accepted(given: object) -> None:
    body = {**load("incoming_event__agent_text"), "secret_key": given}

    with pytest.raises(WebhookRejected) as caught:
        parse_webhook(body, accepted_secrets=("",), client_id="c", organization_id="o", received_at=RECEIVED_AT)

    assert caught.value.status == 401


def test_a_rejection_never_repeats_what_was_sent() -> None:
    body = {**load("incoming_event__agent_text"), "secret_key": "a-secret-of-somebody"}

    assert "a-secret-of-somebody" not in rejected(body)[2]


# --- malformed -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("body", [None, [], "text", 5, True])
def test_a_body_that_is_no_object_is_malformed(body: object) -> None:
    assert rejected(body)[:2] == (400, "field")


_NEEDED = [
    ("incoming_event__agent_text", "action"),
    ("incoming_event__agent_text", "organization_id"),
    ("incoming_event__agent_text", "payload"),
    ("incoming_event__agent_text", "payload.chat_id"),
    ("incoming_event__agent_text", "payload.thread_id"),
    ("incoming_event__agent_text", "payload.event"),
    ("incoming_event__agent_text", "payload.event.id"),
    ("incoming_event__agent_text", "payload.event.type"),
    ("incoming_event__agent_text", "payload.event.created_at"),
    ("incoming_event__agent_text", "payload.event.text"),
    ("incoming_chat__agent_present", "payload.chat"),
    ("incoming_chat__agent_present", "payload.chat.id"),
    ("incoming_chat__agent_present", "payload.chat.thread"),
    ("incoming_chat__agent_present", "payload.chat.thread.id"),
    ("user_added_to_chat__agent", "payload.chat_id"),
    ("user_added_to_chat__agent", "payload.user"),
    ("user_added_to_chat__agent", "payload.user.id"),
    ("user_removed_from_chat__agent", "payload.chat_id"),
    ("user_removed_from_chat__agent", "payload.user_id"),
    ("chat_transferred__to_agent", "payload.chat_id"),
    ("event_updated__message", "payload.chat_id"),
    ("event_updated__message", "payload.thread_id"),
    ("event_updated__message", "payload.event"),
    ("event_updated__message", "payload.event.id"),
    ("event_updated__message", "payload.event.type"),
    ("event_updated__message", "payload.event.text"),
    ("event_deleted__message", "payload.chat_id"),
    ("event_deleted__message", "payload.thread_id"),
    ("event_deleted__message", "payload.event_id"),
    ("events_marked_as_seen__agent", "payload.chat_id"),
    ("events_marked_as_seen__agent", "payload.user_id"),
    ("events_marked_as_seen__agent", "payload.seen_up_to"),
    ("chat_deactivated__by_agent", "payload.chat_id"),
    ("chat_deactivated__by_agent", "payload.thread_id"),
]


@pytest.mark.parametrize("wrong", [None, 5, ["x"]])
@pytest.mark.parametrize(("name", "field"), _NEEDED)
def test_a_documented_field_that_is_missing_or_wrong_is_named(name: str, field: str, wrong: object) -> None:
    *way, last = field.split(".")
    body = load(name)
    place: Any = body
    for step in way:
        place = place[step]
    place[last] = wrong

    status, reason, message = rejected(body)

    assert (status, reason) == (400, "field")
    assert message.startswith(f"{field} ")


def test_a_time_that_is_none_is_named() -> None:
    body, seen = load("incoming_event__agent_text"), load(SEEN)
    body["payload"]["event"]["created_at"] = seen["payload"]["seen_up_to"] = "yesterday"

    assert "payload.event.created_at" in rejected(body)[2]
    assert "payload.seen_up_to" in rejected(seen)[2]


# --- new, odd or hostile ---------------------------------------------------------------------------------------------


def _objects(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
    for child in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _objects(child)


@pytest.mark.parametrize("name", [name for name, event in EVENTS.items() if isinstance(event, AgentMessage)])
def test_unknown_fields_do_no_harm(name: str) -> None:
    body = load(name)
    for place in list(_objects(body)):
        place["brand_new"] = {"deep": [1, {"x": None}]}

    assert parse(body).event == EVENTS[name]


def _paths(value: Any, way: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if way:
        yield way
    steps = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, child in steps:
        yield from _paths(child, (*way, step))


@pytest.mark.parametrize("name", [*EVENTS, *IGNORED, SEEN])
def test_no_wrong_type_anywhere_is_more_than_a_rejection(name: str) -> None:
    original = load(name)
    for way in _paths(original):
        for wrong in _WRONG:
            body = copy.deepcopy(original)
            place: Any = body
            for step in way[:-1]:
                place = place[step]
            place[way[-1]] = wrong
            try:
                parsed = parse(body)
            except WebhookRejected:
                continue
            assert [bool(parsed.event), bool(parsed.seen_up_to), bool(parsed.ignored)].count(True) == 1


ACTIONS = sorted({name.split("__")[0] for name in (*EVENTS, *IGNORED, SEEN)})
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=10,
)


@settings(max_examples=examples(60), deadline=None, suppress_health_check=[HealthCheck.too_slow], database=None)
@given(payload=_JSON, action=st.sampled_from(ACTIONS))
def test_no_payload_is_more_than_a_rejection(payload: Any, action: str) -> None:
    body = {**load("incoming_event__agent_text"), "action": action, "payload": payload}

    try:
        parsed = parse(body)
    except WebhookRejected:
        return
    assert [bool(parsed.event), bool(parsed.seen_up_to), bool(parsed.ignored)].count(True) == 1


def test_a_payload_of_any_depth_is_at_most_refused() -> None:
    deep: Any = {}
    for _ in range(100_000):
        deep = {"x": deep}
    body = load("chat_deactivated__by_agent")
    body["payload"]["more"] = deep

    assert rejected(body)[:2] == (400, "field")


def test_a_very_long_unknown_action_is_cut() -> None:
    parsed = parse({**load("incoming_event__agent_text"), "action": "a" * 5000})

    assert (len(parsed.action), parsed.event) == (100, None)


@pytest.mark.parametrize("text", ["", "  \n"])
def test_a_message_without_words_is_withheld_and_said_to_be(text: str) -> None:
    body = load("incoming_event__agent_text")
    body["payload"]["event"]["text"] = text

    event = parse(body).event

    assert isinstance(event, WithheldEvent)
    assert event.unsupported == "message"


def test_a_kind_s_name_is_kept_short_and_clean() -> None:
    body = load("incoming_event__unknown_type")
    body["payload"]["event"]["type"] = "\0\ud800" + "k" * 5000

    event = parse(body).event

    assert isinstance(event, WithheldEvent)
    assert event.unsupported == "\ufffd" + "k" * 49


def test_a_queue_or_agents_of_the_wrong_type_count_as_absent() -> None:
    body = load("chat_transferred__queued")
    body["payload"]["queue"] = 3
    too_long = "@".rjust(MAX_ID_CHARACTERS + 1, "a")
    body["payload"]["transferred_to"] = {"agent_ids": ["sam@shop.example", 5, None, too_long]}

    event = parse(body).event

    assert isinstance(event, ChatTransferred)
    assert (event.agent_ids, event.queued) == (("sam@shop.example",), False)


def test_group_ids_are_whole_numbers_that_the_api_has() -> None:
    body = load("chat_transferred__queued")
    body["payload"]["transferred_to"] = {"group_ids": [0, 7, True, -1, "8", 1.5, None, 2**31 - 1, 2**31, 10**400]}

    event = parse(body).event

    assert isinstance(event, ChatTransferred)
    assert (0, 7, 2**31 - 1) == event.group_ids


def test_no_e_mail_address_becomes_a_name() -> None:
    body = load("incoming_chat__agent_present")
    body["payload"]["chat"]["users"][1]["name"] = "Jane <jane@shop.example>"

    event = parse(body).event

    assert isinstance(event, ChatStarted)
    assert {agent.name for agent in (*event.agents, *(message.agent for message in event.messages))} == {""}


def test_a_null_user_type_counts_as_absent() -> None:
    body = load("user_added_to_chat__agent")
    body["payload"]["user_type"] = None

    assert isinstance(parse(body).event, AgentJoined)
