"""What is stored as a credential: tidied, of its form, and never shown in a refusal."""

import json
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from functions.runtime.secrets import Secrets
from infra.credentials.forms import FORMS, Malformed, decode, tidy
from infra.deploy.parts import SECRETS, WRITTEN_SECRET

WEBHOOK, KEY = FORMS["livechat-webhook-secret"], FORMS["messaging-service-account"]
GOOD, OTHER = "Zx4-first_value.0123", "Zx4-other_value.9876"


def refusal(text: str, name: str = WEBHOOK.name) -> str:
    with pytest.raises(Malformed) as caught:
        tidy(FORMS[name], text)
    return str(caught.value)


@pytest.fixture(scope="module")
def private_key() -> str:
    made = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    encoding, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    return made.private_bytes(encoding, serialization.PrivateFormat.PKCS8, plain).decode()


@pytest.fixture
def key(private_key: str) -> dict[str, Any]:
    return {
        "type": "service_account",
        "project_id": "my-project-123",
        "private_key_id": "0123456789abcdef",
        "private_key": private_key,
        "client_email": "messages@my-project-123.iam.gserviceaccount.com",
        "client_id": "1",
        "token_uri": "https://oauth2.googleapis.com/token",
    }


def test_every_secret_of_a_deployment_is_entered_or_written_by_login() -> None:
    assert {secret.name for secret in SECRETS} - {WRITTEN_SECRET} == set(FORMS)


@pytest.mark.parametrize(
    ("text", "remarks"),
    [
        (GOOD, ()),
        (f"{GOOD}\n", ("the line end was cut off",)),
        (f"{GOOD}\r\n", ("the line end was cut off",)),
        (f"  {GOOD}\t", ("white space around it was cut off",)),
        (f"\ufeff{GOOD}", ("a byte order mark was cut off",)),
        (f"{GOOD}\n\n", ("the line end was cut off", "white space around it was cut off")),
    ],
)
def test_what_stands_around_a_value_is_cut_off_and_said(text: str, remarks: tuple[str, ...]) -> None:
    assert (GOOD, remarks) == tidy(WEBHOOK, text)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "empty"),
        (" \n\t\n", "empty"),
        ("short", "too short"),
        ("x" * 1001 + "abcdefg", "too long"),
        ("aaaaaaaaaaaaaaaaaaaaaaaa", "too few different"),
        ("two words in one value", "white space inside"),
        ("with\u00a0no-break-space-inside", "white space inside"),
        ("control\x07character-inside", "not plain ASCII"),
        ("nul\x00character-inside-it", "not plain ASCII"),
        ("smart-quote\u2019s-from-a-document", "not plain ASCII"),
        (f'"{GOOD}"', "quotation marks"),
        (f"'{GOOD}'", "quotation marks"),
        ('{"type": "service_account"}', "JSON"),
        (f"{GOOD}\n{OTHER}\nthird-value-0123456", "more than two lines"),
        (f"{GOOD}\nshort", "too short"),
    ],
)
def test_what_can_t_be_a_token_is_refused_without_showing_it(text: str, why: str) -> None:
    said = refusal(text)

    assert why in said
    assert len(text.strip()) < 6 or text.strip()[:6] not in said


@pytest.mark.parametrize("text", [f"{GOOD}\n{OTHER}", f" {GOOD} \r\n\r\n{OTHER}\n"])
def test_two_lines_are_the_current_value_and_the_one_before_as_the_functions_read_them(text: str) -> None:
    value = tidy(WEBHOOK, text).value

    class Source:
        fresh_s = 0.0

        def read(self, name: str) -> str:
            return value

        def add_version(self, name: str, value: str) -> None:
            raise NotImplementedError

    assert (GOOD, OTHER) == Secrets(Source()).accepted("any")
    assert value == f"{GOOD}\n{OTHER}"


def test_the_same_value_twice_is_kept_once() -> None:
    assert tidy(WEBHOOK, f"{GOOD}\n{GOOD}") == (GOOD, ("both lines were the same: one is kept",))


def test_a_service_account_s_key_is_kept_as_it_is(key: dict[str, Any]) -> None:
    text = json.dumps(key, indent=2)

    assert (text, ("the line end was cut off",)) == tidy(KEY, text + "\n")


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"type": "authorized_user"}, '"type" must be "service_account"'),
        ({"client_email": ""}, "lacks client_email"),
        ({"token_uri": None, "private_key_id": 7}, "lacks private_key_id, token_uri"),
        ({"private_key": "-----BEGIN PRIVATE KEY-----\nnothing\n-----END PRIVATE KEY-----\n"}, "can't be read"),
        ({"token_uri": "https://example.com/token"}, "token_uri is not Google's"),
        ({"token_uri": "http://oauth2.googleapis.com/token"}, "token_uri is not Google's"),
        ({"token_uri": "https://evilgoogleapis.com/token"}, "token_uri is not Google's"),
    ],
)
def test_another_kind_of_key_is_refused(key: dict[str, Any], change: dict[str, Any], why: str) -> None:
    assert why in refusal(json.dumps(key | change), KEY.name)


@pytest.mark.parametrize("text", [GOOD, "[]", "{", "[" * 100_000])
def test_what_is_no_json_object_is_no_key(text: str) -> None:
    assert "JSON" in refusal(text, KEY.name)


@pytest.mark.parametrize(("data", "why"), [(b"\xff\xfeZ\x00", "not UTF-8"), (b"x" * 65537, "longer than 65536")])
def test_a_file_that_is_no_text_of_that_size_is_refused(data: bytes, why: str) -> None:
    with pytest.raises(Malformed, match=why):
        decode(data)
