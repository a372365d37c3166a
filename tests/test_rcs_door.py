"""The door of RCS: what it lets in, whom it believes, and what of it is logged."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
import pytest

from functions.runtime import wiring
from tests.brands_world import OWN, RCS, BrandsWorld, brands_world
from tests.fuzz_world import Answered
from tests.rcs_bodies import enveloped, event, fixture, message, signature

PHONE = "+99912345"
LAUNCH = {"type": "agent_launch_event"}


@pytest.fixture(scope="module")
def deployed() -> Iterator[BrandsWorld]:
    with brands_world() as one:
        yield one


@pytest.fixture
def settings() -> Iterator[Any]:
    """Changes settings by name, until the test is over."""
    before = wiring.bundle()

    def change(**changes: Any) -> None:
        bundle = wiring.bundle()
        wiring._bundle = bundle._replace(settings=msgspec.structs.replace(bundle.settings, **changes))

    yield change
    wiring._bundle = before


def ours(content: Mapping[str, Any]) -> dict[str, Any]:
    return {**content, "agentId": OWN.rcs_agent, "senderPhoneNumber": PHONE}


def post(deployed: BrandsWorld, body: object, signed: str | None) -> Answered:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return deployed.send(RCS, raw, {"X-Goog-Signature": signed} if signed is not None else {})


def send(deployed: BrandsWorld, content: object, token: str = OWN.rcs_token, **envelope: Any) -> Answered:
    data = content if isinstance(content, bytes) else json.dumps(content).encode()
    body = enveloped(data)
    body["message"] |= envelope
    return post(deployed, body, signature(data, token))


def outcome(answered: Answered) -> tuple[str, str]:
    line = json.loads(answered.log)
    return line["outcome"], line.get("reason", "")


# --- whom it believes ------------------------------------------------------------------------------------------------


def test_what_is_rightly_signed_is_accepted_once(deployed: BrandsWorld) -> None:
    content = ours(message(text="Hi", messageId="once"))

    first, again = send(deployed, content), send(deployed, content)

    assert (first.status, again.status) == (200, 200)
    assert (outcome(first)[0], outcome(again)[0]) == ("handled", "duplicate")


@pytest.mark.parametrize("token", ["", "another token"])
def test_what_is_wrongly_signed_moves_nothing(deployed: BrandsWorld, token: str) -> None:
    commits = deployed.commits()

    answered = send(deployed, ours(message(text="Hi", messageId="forged")), token)

    assert (answered.status, deployed.commits()) == (401, commits)


def test_a_signature_over_the_body_or_the_attributes_does_not_pass(deployed: BrandsWorld) -> None:
    body = enveloped(ours(message(text="Hi")))
    body["message"]["attributes"] = LAUNCH
    signed = [json.dumps(body).encode(), json.dumps(LAUNCH).encode(), body["message"]["data"].encode()]

    answers = [post(deployed, body, signature(one, OWN.rcs_token)).status for one in signed]

    assert answers == [401] * 3


@pytest.mark.parametrize("signed", [None, "", "é", "x"])
def test_without_a_signature_nothing_passes_not_even_a_launch_notice(deployed: BrandsWorld, signed: str | None) -> None:
    body = enveloped({**fixture("agent_launch_event__launched"), "agentId": OWN.rcs_agent})
    body["message"]["attributes"] = LAUNCH

    assert post(deployed, body, signed).status == 401


def test_the_handshake_is_answered_with_the_bare_secret(deployed: BrandsWorld) -> None:
    right = post(deployed, {"clientToken": OWN.rcs_token, "secret": "12345"}, None)
    wrong = post(deployed, {"clientToken": "no", "secret": "12345"}, None)

    assert (right.status, right.text) == (200, "12345")
    assert wrong.status == 401


# --- what is not for us ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (ours(fixture("agent_launch_event__launched")), "agent_launch_event"),
        (ours(fixture("unknown__kind")), "hologram"),
        (ours(fixture("unknown__event_type")), "eventType.WAVED"),
        (ours(event("IS_TYPING")), "typing"),
        (ours(event("READ", messageId="m-1")), "receipt"),
        ({}, "empty"),
        ({**message(text="Hi"), "agentId": "somebody_else"}, "unknown_agent"),
        (ours(message(text=7)), "field"),
        ({"agentId": OWN.rcs_agent, "text": "Hi"}, "field"),
        ([], "field"),
        (7, "field"),
        (b"", "json"),
        (b"no json", "json"),
        (b"\xff\xfe", "json"),
        (b'{"text":"a","text":"b"}', "json"),
        (b'{"latitude":NaN}', "json"),
        (b"[" * 200_000, "json"),
        (b"9" * 5000, "json"),
    ],
)
def test_what_is_rightly_signed_is_never_refused_whatever_it_is(
    deployed: BrandsWorld, settings: Any, content: object, reason: str
) -> None:
    settings(receipts_to_livechat="off")
    commits = deployed.commits()

    answered = send(deployed, content)

    assert (answered.status, *outcome(answered)) == (200, "ignored", reason)
    assert deployed.commits() == commits


def test_attributes_ids_and_headers_around_the_data_change_nothing(deployed: BrandsWorld) -> None:
    answered = send(
        deployed,
        ours(message(text="Hi", messageId="around")),
        attributes={**LAUNCH, "agentId": "acme_bot", "senderPhoneNumber": "+1"},
        messageId="7",
        publishTime="never",
    )

    assert outcome(answered)[0] == "handled"


@pytest.mark.parametrize(
    "body",
    [b"", b"no json", b"[]", b"{}", b'{"message":{}}', b'{"message":{"data":7}}', b'{"message":{"data":"%"}}', b"null"],
)
def test_what_holds_nothing_signed_is_refused(deployed: BrandsWorld, body: bytes) -> None:
    assert post(deployed, body, signature(body, OWN.rcs_token)).status == 400


# --- settings and logs -----------------------------------------------------------------------------------------------


def test_a_phone_number_is_in_no_log_line(deployed: BrandsWorld) -> None:
    lines = [
        send(deployed, ours(message(text="Hi", messageId=f"log {PHONE}"))).log,
        send(deployed, ours(message(text=7))).log,
        send(deployed, ours(event("UNSUBSCRIBE", eventId=f"log-{PHONE}"))).log,
    ]

    assert all(PHONE.strip("+") not in line for line in lines)


@pytest.mark.parametrize("hashed", [True, False])
def test_a_number_stands_in_a_documents_name_only_where_that_is_wanted(
    deployed: BrandsWorld, settings: Any, hashed: bool
) -> None:
    settings(rcs_hash_phones=hashed)
    phone = f"+9997654{int(hashed)}"
    content = {**ours(message(text="Hi", messageId=f"hash-{hashed}")), "senderPhoneNumber": phone}
    commits = deployed.commits()

    send(deployed, content)

    names = [str(column) for row in deployed.rows(commits) for column in row[:2]]
    assert any(phone in name for name in names) != hashed


def test_without_an_agent_of_ours_any_agent_is_served(deployed: BrandsWorld, settings: Any) -> None:
    settings(rcs_agent_id="")

    answered = send(deployed, {**ours(message(text="Hi", messageId="any")), "agentId": "somebody_else"})

    assert outcome(answered)[0] == "handled"


@pytest.mark.parametrize(("wanted", "expected"), [("off", ("ignored", "receipt")), ("all", ("handled", ""))])
def test_receipts_are_taken_where_they_are_wanted(
    deployed: BrandsWorld, settings: Any, wanted: str, expected: tuple[str, str]
) -> None:
    settings(receipts_to_livechat=wanted)

    answered = send(deployed, ours(event("DELIVERED", messageId="m-1", eventId=f"receipt-{wanted}")))

    assert outcome(answered) == expected
