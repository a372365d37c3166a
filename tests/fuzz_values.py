"""Hostile JSON made by Hypothesis: values nobody expects, and real bodies with such values put into them.

What JSON writers refuse to write (numbers without end, names twice, great depth) is a placeholder in the value until
the body is written, see `as_bytes`.
"""

import copy
import json
from collections.abc import Iterator
from typing import Any

from hypothesis import strategies as st

Path = tuple[Any, ...]

CANARY = "canary-0815-words"
"""Stands in every text of every body, and in no id, kind or name of a field: a log must not hold it."""

_TEXTS = {
    *("text", "displayName", "name", "title", "subtitle", "description", "queryText", "customContext", "department"),
    *("answer", "label", "postbackData", "target_message", "faqAnswer", "fulfillmentText", "altText", "fallback"),
    *("widgetContext", "note", "secret", "jsonPayload", "userQuestion", "fileUrl", "value"),
    *("code", "redirect_uri", "errorDescription", "rating", "questionResponseText", "questionResponsePostbackData"),
    *("fileUri", "fileName", "mimeType", "botDisplayName", "brandDisplayName", "comment"),
}
_COMMANDS = {"/bot", "STOP", "START", "handoff:person"}  # with a word behind them they are none
_LITERALS = [
    b"NaN",
    b"-Infinity",
    b"1e400",
    b"-1e-400",
    b"9" * 5000,
    b"-" + b"9" * 4000,
    b'{"a": 1, "a": 2}',
    b'{"": 1, "\\u0000": 2, "id": {}}',
    b"[" * 900 + b"]" * 900,
    b'{"a":' * 400 + b"1" + b"}" * 400,
    b"[" * 10_000 + b"]" * 10_000,
    b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
    b'"\xff\xfe"',
    b'"\\ud800"',
    b'"\x00"',
    b"01",
    b"",
]
_WORDS = [
    *("", " ", ".", "..", "/", "../../tokens/livechat", "__x__", "a/b", "%2e%2e", "~", "\x00", "\x00x", "x\x00y"),
    *("\u202e\u200b", "\u0301" * 20, "👩‍👩‍👧‍👦" * 3, "\ud800", "\udfff\ud800", "\ufeff", "\ufffe"),
    *("a\u0085b\u2028c", "\x7f\x1b[0m", "null", "true", "TRUE", "0", "-1", "NaN", "{}", "[]", "{0}", "{text}"),
    *("%s%n", "${jndi:x}", "<<<<<", "'; --", "all", "agents", "agent", "customer", "message", "file", "rich_message"),
    *("system_message", "handoff", "/bot", "jane@shop.example", "a@b", "@", "+15550100", "a" * 32, "a" * 2000),
    *("CHAT000001", "THREAD0001", "THREAD0002", "THREAD0001_1", "THREAD0001_999999999", "THREAD0001_0", "c-1", "m-1"),
    *("lifecycle:x", "handoff-x", "fulfilment:x", "open:1", "reply:m-1", "notice:connecting:open:1", "gap:x"),
    *("0001-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59.999999999Z", "1969-12-31T23:59:59Z"),
    *("9999-12-31T23:59:59-14:00", "2026-02-30T00:00:00Z", "2026-01-01T24:00:00Z", "2026-01-01T00:00:60Z", "20260101"),
    *("2026-W01-1", "1e9", "2026-01-02T03:04:05", "2026-01-02T03:04:05+99:99", "٢٠٢٦-01-02T03:04:05Z"),
    *("en-US", "xx\n", "de_DE", "zz-Zzzz-ZZ", "http://x/\r\nX: y", "javascript:1", "https://[::1"),
    *("business_messages", "business_messages:c-1", "rcs:+15550100"),
    *(
        "+12223334444",
        "+1222333444455556666",
        "+0",
        "+٢٢٢٣٣٣٤٤٤٤",
        "+1222333\n",
        "STOP",
        "handoff:person",
    ),
    *("UNSUBSCRIBE", "SUBSCRIBE", "READ", "DELIVERED", "IS_TYPING", "TTL_EXPIRATION_REVOKED", "u-0", "e-1"),
]
_LONG = st.tuples(
    st.sampled_from(
        ["a", "ä", " ", "\n", "a ", "\u0301", "👍", "\x01", "<", "a@", "ab.", "\ud83d", "%", "\\", "http://"]
    ),
    st.sampled_from([257, 2_000, 2_000, 3_073, 16_001, 64_001, 300_000, 990_000]),
)


def _marker(kind: str, number: int) -> str:
    return f"@@{kind}:{number}@@"


literals = st.integers(0, len(_LITERALS) - 1).map(lambda number: _marker("raw", number))
words = st.sampled_from(_WORDS) | st.text(max_size=8) | st.text(st.characters(codec=None), max_size=4)
ids = words | st.sampled_from(
    [".", "..", "/", "__x__", "__x__", "a" * 201, "a" * 2_000, "👍" * 700, "\ud800", "\x00", "x\x00", "", "a" * 990_000]
)
long_words = _LONG.map(lambda one: (one[0] * one[1])[: one[1]])
numbers = st.sampled_from([0, -1, 2**31, 2**53 + 1, 2**63, -(2**64), 10**400, 1e308, -0.0, 5e-324, 0.5]) | st.integers()
scalars = st.none() | st.booleans() | numbers | words
small = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3), max_leaves=5
)
values = st.one_of(words, words, words, scalars, scalars, small, small, literals, long_words)
"""Anything in place of anything."""


# --- in the place of ------------------------------------------------------------------------------------------------


def places(value: Any, here: Path = ()) -> Iterator[Path]:
    """Every place in a JSON value, the whole first."""
    yield here
    steps = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, inner in steps:
        yield from places(inner, (*here, step))


def at(value: Any, place: Path) -> Any:
    """What is in this place."""
    for step in place:
        value = value[step]
    return value


@st.composite
def mutated(draw: st.DrawFn, body: Any) -> Any:
    """The body with one to three things in it changed."""
    value = copy.deepcopy(body)
    for _ in range(draw(st.sampled_from([1, 1, 1, 2, 3]))):
        value = _changed(draw, value)
    return value


def _changed(draw: st.DrawFn, value: Any) -> Any:
    found = list(places(value))
    place = found[draw(st.integers(0, len(found) - 1))]
    if not place:
        return draw(values) if draw(st.integers(0, 9)) == 9 else value
    holder, step = at(value, place[:-1]), place[-1]
    match draw(st.sampled_from(["replace", "replace", "replace", "remove", "add", "move", "repeat"])):
        case "replace":
            holder[step] = draw(values)
        case "remove":
            del holder[step]
        case "add":
            _add(holder, draw(words), draw(values))
        case "move":
            holder[step] = copy.deepcopy(at(value, found[draw(st.integers(0, len(found) - 1))]))
        case "repeat":
            _add(holder, f"{step}2", copy.deepcopy(holder[step]))
    return value


def _add(holder: Any, name: str, value: Any) -> None:
    if isinstance(holder, list):
        holder.append(value)
    else:
        holder[name] = value


# --- as it is sent --------------------------------------------------------------------------------------------------


def with_canaries(value: Any, name: str = "") -> Any:
    """The same with the canary in every text that a person may have written."""
    if isinstance(value, dict):
        return {key: with_canaries(inner, key) for key, inner in value.items()}
    if isinstance(value, list):
        return [with_canaries(inner, name) for inner in value]
    if not isinstance(value, str) or name not in _TEXTS or value in _COMMANDS or value.startswith("@@"):
        return value
    return f"{value}&canary={CANARY}" if value.startswith("http") else f"{value} {CANARY}"  # an address stays one


def as_bytes(value: Any, *, escaped: bool) -> bytes:
    """The body as JSON, all but ASCII `escaped` or not; what no JSON writer writes is in its place."""
    raw = json.dumps(value, ensure_ascii=escaped).encode("utf-8", "surrogatepass")
    for number, literal in enumerate(_LITERALS):
        marker = f'"{_marker("raw", number)}"'.encode()
        if marker in raw:
            raw = raw.replace(marker, literal)
    return raw
