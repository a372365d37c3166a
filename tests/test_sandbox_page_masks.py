"""What the sandbox's page never shows: secrets, wherever they stand."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.sandbox.page_masks import MASK, Masks

OURS = "our-very-own-secret"
NAMES = (
    *("Authorization", "X-Goog-Signature", "X-Webhook-Token", "Cookie", "Set-Cookie", "secret_key", "client_secret"),
    *(
        "refresh_token",
        "access_token",
        "clientToken",
        "accessToken",
        "password",
        "secret",
        "code",
        "id_token",
        "apiKey",
    ),
)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.parametrize("name", NAMES)
def test_a_secret_is_masked_by_its_name(name: str) -> None:
    assert {name: MASK} == Masks([]).body({name: "s3cr3t-value"})
    assert {name: MASK} == Masks([]).headers({name: "s3cr3t-value"})


def test_the_kind_of_a_proof_stays() -> None:
    assert {"Authorization": f"Bearer {MASK}"} == Masks([]).headers({"Authorization": "Bearer abc.def"})


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("https://x.example/a?x-goog-signature=0123abc&b=1", f"https://x.example/a?x-goog-signature={MASK}&b=1"),
        ("grant_type=refresh_token&refresh_token=abc&x=1", f"grant_type=refresh_token&refresh_token={MASK}&x=1"),
        ("http://localhost/?code=abc", f"http://localhost/?code={MASK}"),
        ("it said Bearer abcdefgh.ijk", f"it said Bearer {MASK}"),
        ("eyJhbGciOiJub25lIn0.eyJpc3MiOiJ4In0.sig", MASK),
        (f"{{{OURS}}}", f"{{{MASK}}}"),
    ],
)
def test_a_secret_inside_a_text_is_masked(text: str, shown: str) -> None:
    masks = Masks([OURS])

    assert (shown, {"text": shown}) == (masks.text(text), masks.body({"text": text}))


@pytest.mark.parametrize(
    "plain",
    [
        {"languageCode": "en", "resolvedLocale": "de", "token_type": "Bearer", "error": {"code": 404}},
        {"oidcToken": {"serviceAccountEmail": "a@shop.example"}, "text": "my secret wish", "expires_in": 28800},
    ],
)
def test_what_only_sounds_like_a_secret_stays(plain: dict[str, Any]) -> None:
    assert plain == Masks([OURS]).body(plain)


@given(json_values, st.sampled_from(NAMES))
def test_our_own_secrets_show_nowhere_at_any_depth(value: Any, name: str) -> None:
    body = {"a": [value, {name: OURS, "b": f"x{OURS}y", OURS: 1}]}

    for given_as in (body, json.dumps(body), json.dumps(body).encode()):
        assert OURS not in json.dumps(Masks([OURS, ""]).body(given_as))


def nested(depth: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(depth):
        value = [value]
    return value


ANY_BODIES = ["{", "\x00", b"\xff\xfe", "[" * 100_000, nested(5_000), "x" * 100_000, ["x" * 9_000] * 9, "\ud800"]


@pytest.mark.parametrize("body", ANY_BODIES, ids=range(len(ANY_BODIES)))
def test_any_body_can_be_shown_and_is_not_too_long(body: Any) -> None:
    assert len(json.dumps(Masks([OURS]).body(body))) < 60_000
