"""What stands around a body: the envelope of RCS, of which nothing is signed but the data in it; and forged proofs."""

import base64
import json
from collections.abc import Callable
from typing import Any, NamedTuple

from hypothesis import strategies as st

from tests.doors import BOT, CHANNEL, RCS, in_envelope, signature
from tests.fuzz_values import as_bytes, mutated, scalars
from tests.fuzz_world import RCS_TOKEN, TOKEN, proof

MAX_DATA = 786_000
"""So much data is less than a mebibyte in its envelope."""


class Body(NamedTuple):
    """A body, with the statuses it is answered where that lies in what is around the data; none: in the data."""

    raw: bytes
    statuses: frozenset[int] = frozenset()


# --- envelopes ------------------------------------------------------------------------------------------------------


def sound(data: bytes) -> bytes:
    """Data as RCS posts it."""
    return json.dumps(in_envelope(data)).encode()


@st.composite
def envelopes(draw: st.DrawFn, data: bytes) -> Body:
    """Mostly readable, with anything in what is not signed; else broken, or with other data than is signed."""
    kind = draw(st.sampled_from(["sound"] * 4 + ["unsigned"] * 6 + ["broken"] * 2 + ["other", "handshake"]))
    match kind:
        case "unsigned":
            return Body(as_bytes(draw(_with_anything(in_envelope(data))), escaped=True))
        case "broken":
            break_it = draw(st.sampled_from(_BREAKS))
            return Body(json.dumps(break_it(data, _encoded(data))).encode(), frozenset({400}))
        case "other":
            others = [one for one in (data + b"\n", b"", data * 2, b"{}", b"\xff") if one != data]
            return Body(sound(draw(st.sampled_from(others))), frozenset({401}))
        case "handshake":
            asked = draw(mutated({"clientToken": RCS_TOKEN, "secret": "1234"}))
            return Body(as_bytes(asked, escaped=True), frozenset({200, 400, 401}))
    return Body(sound(data))


@st.composite
def _with_anything(draw: st.DrawFn, envelope: dict[str, Any]) -> Any:
    """What nobody signed may say that it is something else, for somebody else."""
    for place in draw(st.lists(st.sampled_from(_UNSIGNED), min_size=1, max_size=3)):
        holder = envelope
        for step in place[:-1]:
            holder = holder[step]
        holder[place[-1]] = draw(st.sampled_from(_LIES) | scalars)
    return envelope


_UNSIGNED = [
    *[("message", name) for name in ("attributes", "messageId", "publishTime", "body", "orderingKey", "text")],
    *[(name,) for name in ("subscription", "agentId", "senderPhoneNumber", "deliveryAttempt", "eventType", "secret")],
]
_LIES: list[Any] = [
    {"type": "agent_launch_event", "business_id": "rbm", "agentId": "another", "newLaunchState": "LAUNCHED"},
    *("another", "+19998887777", "UNSUBSCRIBE", {"agentId": 1}, [], [[]], {}),
]
_BREAKS: list[Callable[[bytes, str], Any]] = [
    lambda _, __: {"message": {}},
    lambda _, __: {},
    lambda _, __: [],
    lambda _, __: None,
    lambda _, encoded: encoded,
    lambda _, encoded: [{"message": {"data": encoded}}],
    lambda _, encoded: {"message": [{"data": encoded}]},
    lambda _, encoded: {"message": encoded},
    lambda _, encoded: {"message": {"body": encoded}},
    lambda _, encoded: {"data": encoded},
    lambda data, _: {"message": {"data": data.decode("latin-1") + "*"}},
    lambda _, encoded: {"message": {"data": [encoded]}},
    lambda _, encoded: {"message": {"data": {"data": encoded}}},
    lambda _, __: {"message": {"data": 1}},
    lambda _, __: {"message": {"data": None}},
    lambda _, encoded: {"message": {"data": "=" + encoded}},
    lambda _, encoded: {"message": {"data": encoded + "\n"}},
    lambda _, encoded: {"message": {"data": encoded[:8] + " " + encoded[8:]}},
    lambda _, encoded: {"message": {"data": "-_-_" + encoded}},
    lambda _, encoded: {"message": {"data": "YQ" + encoded[:4] + "A"}},
    lambda _, encoded: {"message": {"data": encoded + "\ud800"}},
    lambda _, encoded: {"message": {"data": encoded + "\u0660\u0661\u0662\u0663"}},
]


def _encoded(data: bytes) -> str:
    return base64.b64encode(data).decode()


# --- forged proofs --------------------------------------------------------------------------------------------------


def forged(door: str, data: bytes, raw: bytes) -> st.SearchStrategy[dict[str, str]]:
    """A proof that is none."""
    if door == BOT:
        return st.sampled_from(["", "x", "\xe4", "dialogflow-toke"]).map(lambda token: {"X-Webhook-Token": token})
    if door not in {CHANNEL, RCS}:
        return st.just({})
    right = proof(door, data)["X-Goog-Signature"]
    around = raw if raw != data else b"[" + data + b"]"
    wrong = [proof(door, data + b" "), proof(door, around), proof(door, base64.b64encode(data)), {}]
    wrong += [signature(token, data) for token in ("", TOKEN, "another-client-token")]
    wrong += [{"X-Goog-Signature": given} for given in ("", "\xe4", right[:-4], right.lower() + "=", "=" * 5000)]
    wrong += [{"X-Webhook-Token": TOKEN, "Authorization": f"Bearer {TOKEN}"}, {"X-Goog-Signature2": right}]
    return st.sampled_from([one for one in wrong if one.get("X-Goog-Signature") != right])
