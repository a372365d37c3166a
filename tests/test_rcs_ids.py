"""RCS for Business: no two things ever share an id, as Google swallows the second without a word."""

import uuid
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.channels import rcs_ids
from functions.channels.rcs_kinds import EVENTS, MESSAGES
from functions.handoff.ids import effect_id, in_words_id
from functions.handoff.speaking import part_id
from tests.rcs_bodies import parse

AGENTS = ("demo_agent", "demo:agent", "demo", "agent\x1fx")
PHONES = (
    *("+12223334444", "+1222333444", "+22233344441", "+99912345678"),
    *("+1:2", "+1%3A2", "+1\x1f2", "+1/2", "+1 2", "", "agent:+12223334444", "rcs:+12223334444"),
)
FIELDS = {
    "text": "Hi",
    "suggestionResponse": {"text": "Hi"},
    "location": {"latitude": 1},
    "userFile": {"payload": {"fileUri": "https://files.example/a"}},
}
GIVEN = (  # ids that a phone may make, as like each other as can be
    *(f"m-{number}" for number in range(50)),
    *(f"{kind}:m-1" for kind in ("message", "event", "READ", "word", "channel")),
    *("m-1:plain", "m-1\x1fmessage:0", "m-1\0", "m-1 ", " m-1", "M-1", "ḿ-1", "m\u0301-1", "m-1\ud800", "m-1\ufffd"),
    *("message#" + "0" * 64, "x" * 191, "x" * 192, "x" * 193, "x" * 5000, "%3A", ":", "#", "/", "."),
)


def _event_id(content: dict[str, Any]) -> str:
    parsed = parse(content)
    assert parsed.event
    return parsed.event.id


def test_an_event_id_is_that_of_its_kind_and_its_own_id_and_of_nothing_else() -> None:
    base = {"senderPhoneNumber": "+12223334444", "agentId": "demo_agent"}
    kinds = [kind for kind in EVENTS if kind not in {"IS_TYPING", "TTL_EXPIRATION_REVOKE_FAILED"}]

    events = {
        (kind, given_id): _event_id({**base, "eventType": kind, "eventId": given_id, "messageId": "s"})
        for kind, given_id in product(kinds, GIVEN)
    }
    taps = {
        given_id: _event_id({**base, "eventId": given_id, "suggestionResponse": {"text": "x"}}) for given_id in GIVEN
    }
    messages = {given_id: _event_id({**base, "messageId": given_id, "text": "Hi"}) for given_id in GIVEN}

    found = [*events.values(), *taps.values(), *messages.values()]
    assert len(set(found)) == len(found)
    assert max(map(len, found)) <= 200


@pytest.mark.parametrize("kind", MESSAGES)
def test_a_message_that_comes_again_has_its_id_whatever_it_says(kind: str) -> None:
    base = {"senderPhoneNumber": "+12223334444", "agentId": "demo_agent"}

    first = _event_id({**base, "messageId": "m-1", kind: FIELDS[kind]})
    again = _event_id({**base, "messageId": "m-1", kind: FIELDS[kind], "sendTime": "2026-01-02T03:04:05Z"})

    assert first == again == "message:m-1"


def test_without_an_id_the_same_content_is_the_same_event() -> None:
    base = {"senderPhoneNumber": "+12223334444", "agentId": "demo_agent"}

    first, again, other = (_event_id({**base, "text": text}) for text in ("Hi", "Hi", "Ho"))

    assert first == again != other


def test_over_a_hundred_thousand_events_no_two_ids_are_the_same() -> None:
    """Everything that is sent for every event of every phone, agent and kind: messages, their words, framing, marks."""
    sent: set[str] = set()
    count = 0
    kinds = ("message", "event", *(kind for kind in EVENTS if kind != "IS_TYPING"))

    for agent, phone in product(AGENTS, PHONES):
        key = rcs_ids.rcs_key(agent, phone, hashed=False)
        for kind, given_id in product(kinds, GIVEN):
            entry = rcs_ids.inbound_id(kind, given_id)
            ids = [part_id(key, entry, 0), effect_id(key, entry, "joined")]
            ids += [in_words_id(ids[0]), rcs_ids.more_id(ids[1], "part:1")]
            sent.update(ids)
            count += len(ids)
        read = [rcs_ids.inbound_id("message", given_id) for given_id in GIVEN]
        marks = [rcs_ids.read_mark_id(agent, phone, event_id) for event_id in read]
        sent.update(marks)
        count += len(marks)

    assert count > 100_000
    assert len(sent) == count
    assert all(uuid.UUID(one).version == 5 for one in list(sent)[:100])


def test_no_two_phones_agents_or_ways_to_hash_share_a_conversation() -> None:
    pairs = list(product(AGENTS, PHONES))

    keys = {rcs_ids.rcs_key(agent, phone, hashed=hashed) for agent, phone in pairs for hashed in (False, True)}

    assert len(keys) == 2 * len(pairs)


@given(st.text(max_size=12), st.text(max_size=12), st.sampled_from(["message", "event", "READ"]))
def test_different_ids_stay_different(one: str, other: str, kind: str) -> None:
    assert (rcs_ids.inbound_id(kind, one) == rcs_ids.inbound_id(kind, other)) == (one == other)


@pytest.mark.parametrize(
    ("event_id", "message_id"),
    [
        ("message:m-1", "m-1"),
        ("message:a:b", "a:b"),
        ("message#0123", ""),
        ("event:m-1", ""),
        ("READ:m-1", ""),
        ("content#0123", ""),
        ("", ""),
    ],
)
def test_the_phones_own_id_is_had_back_where_it_was_kept(event_id: str, message_id: str) -> None:
    assert rcs_ids.find_message_id(event_id) == message_id
