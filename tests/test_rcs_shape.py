"""RCS for Business: data that is not as documented."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from functions.channels.rcs_kinds import EVENTS
from functions.handoff.entries import decode, encode
from functions.handoff.errors import WebhookRejected
from functions.handoff.events import UserMessage
from tests.examples import examples
from tests.rcs_bodies import AGENT, RECEIVED_AT, event, message, parse

FILE = "https://files.example/a"


@pytest.mark.parametrize(
    ("content", "field"),
    [
        ([], "the data"),
        (None, "the data"),
        ("text", "the data"),
        (message(text=["Hi"]), "text"),
        (message(text=7), "text"),
        (message(suggestionResponse=[1]), "suggestionResponse"),
        (message(suggestionResponse={"text": 7}), "suggestionResponse.text"),
        (message(suggestionResponse={"text": "a", "postbackData": {}}), "suggestionResponse.postbackData"),
        (message(userFile="x"), "userFile.payload.fileUri"),
        (message(userFile={"payload": [FILE]}), "userFile.payload.fileUri"),
        (message(userFile={"payload": {"fileUri": "file:///etc/passwd"}}), "userFile.payload.fileUri"),
        (message(userFile={"payload": {"fileUri": f"{FILE} b"}}), "userFile.payload.fileUri"),
        (message(userFile={"payload": {"fileUri": FILE + "a" * 4000}}), "userFile.payload.fileUri"),
        (message(location="here"), "location"),
        (message(location={}), "location"),
        (message(location={"latitude": 91, "longitude": 0}), "location.latitude"),
        (message(location={"latitude": "48", "longitude": 0}), "location.latitude"),
        (message(location={"latitude": True, "longitude": 0}), "location.latitude"),
        (message(location={"latitude": 0, "longitude": 180.1}), "location.longitude"),
        (message(location={"latitude": 0, "longitude": float("nan")}), "location.longitude"),
        (event("READ"), "messageId"),
        (event("DELIVERED", messageId=7), "messageId"),
        (event("TTL_EXPIRATION_REVOKED", messageId="x" * 201), "messageId"),
        (message(text="Hi", agentId="a" * 501), "agentId"),
    ],
)
def test_malformed_data_is_rejected_naming_the_field(content: object, field: str) -> None:
    with pytest.raises(WebhookRejected, match=f"^{field} must be") as rejected:
        parse(content)

    assert (rejected.value.status, rejected.value.reason) == (400, "field")


@pytest.mark.parametrize(
    "phone",
    [
        "",
        "12223334444",
        "+",
        "+1234",
        "+1234567890123456",
        "+1222333444x",
        "+1/../2",
        " +12223334444",
        "+１２３４５６",
        5,
    ],
)
def test_what_is_no_phone_number_is_nobodys(phone: object) -> None:
    with pytest.raises(WebhookRejected, match=r"^senderPhoneNumber must be"):
        parse(message(text="Hi", senderPhoneNumber=phone))


@pytest.mark.parametrize("malformed", [{"suggestionResponse": 7}, {"userFile": {}}, {"location": []}, {"eventType": 7}])
def test_a_malformed_kind_does_not_hide_the_message_beside_it(malformed: dict[str, Any]) -> None:
    got = parse(message(text="Hi", **malformed)).event

    assert got == UserMessage(id="message:m-1", source_at=RECEIVED_AT, text="Hi")


@pytest.mark.parametrize(
    ("content", "ignored"),
    [
        ({}, "empty"),
        ({"agentId": AGENT}, "empty"),
        (message(), "empty"),
        (message(text=" "), "empty"),
        (message(text=None), "text"),
        (event("", messageId="m-1"), "eventType."),
        (event("x" * 100), "eventType." + "x" * 30),
        (event("A B;\n"), "eventType.A?B??"),
        ({"b": 1, "a": 2, "senderPhoneNumber": "nobody"}, "a,b"),
        ({str(number): 1 for number in range(9)}, "0,1,2,3,4"),
    ],
)
def test_what_is_not_known_is_ignored_by_its_name(content: object, ignored: str) -> None:
    assert parse(content).ignored == ignored


@pytest.mark.parametrize("at", ["2026-01-02", "x", "0001-01-01T00:00:00+23:59", 7, None])
def test_a_time_that_can_not_be_read_counts_as_none(at: object) -> None:
    got = parse(message(text="Hi", sendTime=at)).event

    assert got is not None
    assert got.source_at == RECEIVED_AT


def test_nothing_of_the_data_is_repeated_in_a_rejection() -> None:
    with pytest.raises(WebhookRejected) as rejected:
        parse(message(text=["a private word"], senderPhoneNumber="+49 private"))

    assert "private" not in str(rejected.value)


_WORDS = st.text(st.sampled_from("aé\0\ud800😀 "), max_size=4)
_LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | _WORDS
_JSON = st.recursive(_LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_WORDS, inner, max_size=3))
_KINDS = (
    *("text", "userFile", "location", "suggestionResponse", "eventType", "eventId", "messageId", "sendTime"),
    *("phoneNumber", "agentId", "newLaunchState"),
)
_FIELDS = ("text", "postbackData", "payload", "fileUri", "latitude", "longitude", "fileSizeBytes")
_FILLED = {"payload": {"fileUri": FILE}, "latitude": 1, "text": "Hi"}


@settings(deadline=None, max_examples=examples(80))
@given(
    st.dictionaries(st.sampled_from(_KINDS), _JSON | st.dictionaries(st.sampled_from(_FIELDS), _JSON, max_size=3)),
    st.sampled_from(["", *EVENTS]),
    st.booleans(),
)
def test_no_data_crashes_the_parser_and_every_event_can_be_stored(
    fields: dict[str, Any], event_type: str, is_filled: bool
) -> None:
    content = message(**fields) | ({"eventType": event_type} if event_type else {})
    content |= {"userFile": _FILLED, "location": _FILLED} if is_filled else {}
    try:
        parsed = parse(content)
    except WebhookRejected:
        return

    assert (parsed.event is None) == bool(parsed.ignored)
    if parsed.event:
        assert decode(json.loads(json.dumps(encode(parsed.event)))) == parsed.event
