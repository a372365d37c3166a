"""RCS for Business: who may call the webhook, and what of a body is signed."""

import base64
import json

import pytest

from functions.channels.rcs import parse_handshake, signed_data, verify_signature
from functions.handoff.errors import WebhookRejected
from tests.rcs_bodies import TOKEN, enveloped, signature

DATA = (
    b'{"agentId":"demo_agent","senderPhoneNumber":"+12223334444","messageId":"m-1",'
    b'"sendTime":"2026-01-02T03:04:05Z","text":"human please"}'
)
ENCODED = (
    "eyJhZ2VudElkIjoiZGVtb19hZ2VudCIsInNlbmRlclBob25lTnVtYmVyIjoiKzEyMjIzMzM0NDQ0IiwibWVzc2FnZUlkIjoibS0xIiwic2VuZFRpbWUi"
    "OiIyMDI2LTAxLTAyVDAzOjA0OjA1WiIsInRleHQiOiJodW1hbiBwbGVhc2UifQ=="
)
SIGNATURE = "PYEvTsGILGx1K3+BB01xGt9pyiGUIHoQoPTT7Sc7fbV0MoCcMJ5fJjJUSL04yrlp9qvD+5/KZ6dymKtOolSLIg=="


def test_the_test_vector_of_the_reference_passes() -> None:
    data = signed_data({"message": {"data": ENCODED}})

    verify_signature(data, SIGNATURE, ["new-token", TOKEN])

    assert data == DATA


def test_a_signature_over_anything_else_of_the_envelope_does_not_pass() -> None:
    body = enveloped(DATA)
    body["message"]["attributes"] = {"type": "agent_launch_event"}
    others = [
        json.dumps(body).encode(),
        json.dumps(body["message"]).encode(),
        json.dumps(body["message"]["attributes"]).encode(),
        ENCODED.encode(),
        b"",
    ]

    for other in others:
        with pytest.raises(WebhookRejected) as rejected:
            verify_signature(signed_data(body), signature(other), [TOKEN])
        assert rejected.value.status == 401


def test_what_is_around_the_data_makes_no_difference_to_it() -> None:
    bare, dressed = {"message": {"data": ENCODED}}, {"subscription": "s", "clientToken": 7, **enveloped(DATA)}

    assert signed_data(bare) == signed_data(dressed)


@pytest.mark.parametrize(
    "body",
    [
        None,
        [],
        "x",
        {},
        {"message": []},
        {"message": {}},
        {"message": {"body": ENCODED}},
        {"data": ENCODED},
        {"message": {"data": None}},
        {"message": {"data": 7}},
        {"message": {"data": {"text": "hi"}}},
        {"message": {"data": "%%%"}},
        {"message": {"data": ENCODED[:-1]}},
        {"message": {"data": ENCODED + "\n"}},
        {"message": {"data": "é"}},
        {"message": {"data": "\ud800"}},
    ],
)
def test_without_data_there_is_nothing_that_could_be_signed(body: object) -> None:
    with pytest.raises(WebhookRejected, match=r"^message\.data must be") as rejected:
        signed_data(body)

    assert rejected.value.status == 400


@pytest.mark.parametrize("data", [b"", b"\x00\xff", b"[" * 100_000])
def test_any_bytes_can_be_signed(data: bytes) -> None:
    verify_signature(signed_data(enveloped(data)), signature(data), [TOKEN])


def test_a_signature_with_another_brands_token_does_not_pass() -> None:
    with pytest.raises(WebhookRejected):
        verify_signature(DATA, signature(DATA, "token of brand A"), ["token of brand B"])


def test_the_handshake_is_that_of_business_messages() -> None:
    assert parse_handshake({"clientToken": TOKEN, "secret": "12345"}, [TOKEN]) == "12345"
    assert parse_handshake(enveloped(base64.b64encode(DATA)), [TOKEN]) is None
