"""A body is read as JSON strictly, and holds only whole characters."""

import json
from typing import Any

import pytest

from functions.handoff.errors import WebhookRejected
from functions.runtime.json_body import parse_json


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b'{"a": [1, 2.5, "\xc3\xa9", null, true]}', {"a": [1, 2.5, "é", None, True]}),
        (b"[]", []),
        (b'"text"', "text"),
        (rb'"\ud83d\ude00"', "😀"),
    ],
)
def test_json_is_read(raw: bytes, expected: Any) -> None:
    assert parse_json(raw) == expected


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"text=hello",
        b"\xff\xfe",
        b'{"a": NaN}',
        b'{"a": -Infinity}',
        b'{"a": 1e999}',
        b'{"a": 1, "a": 2}',
        b'{"a": {"b": 1, "b": 2}}',
        b"\xef\xbb\xbf{}",
        b'{"a": "\xed\xa0\xbd"}',
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b"9" * 10_000,
        b"{} {}",
    ],
)
def test_what_is_not_strictly_json_is_refused(raw: bytes) -> None:
    with pytest.raises(WebhookRejected) as caught:
        parse_json(raw)

    assert (caught.value.status, caught.value.reason) == (400, "json")


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (rb'{"text": "cut \ud83d"}', {"text": "cut \ufffd"}),
        (rb'{"text": "\ude00 and on"}', {"text": "\ufffd and on"}),
        (rb'{"\uD83D": 1}', {"\ufffd": 1}),
        (rb'"\\ud83d stays"', r"\ud83d stays"),
    ],
)
def test_half_a_character_is_replaced_so_that_everything_can_store_it(raw: bytes, expected: Any) -> None:
    value = parse_json(raw)

    assert value == expected
    json.dumps(value, ensure_ascii=False).encode()
