"""RCS as a test reads and writes it: webhooks with their signature, and messages that would be taken."""

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from functions.channels.rcs import ParsedWebhook, parse_webhook
from infra.sandbox import rcs_schema
from tests.business_messages_bodies import cards_of

Body = dict[str, Any]
FIXTURES = Path(__file__).parent / "fixtures" / "rcs"
PHONE, AGENT = "+12223334444", "demo_agent"
TOKEN = "example-client-token"
PERSON = "handoff:person"
RECEIVED_AT = datetime(2026, 1, 2, 3, 5, tzinfo=UTC)
SENT_AT = datetime(2026, 1, 2, 3, 4, 5, 123456, tzinfo=UTC)


# --- webhooks --------------------------------------------------------------------------------------------------------


def fixture(name: str) -> Body:
    content: Body = json.loads((FIXTURES / f"{name}.json").read_text())
    return content


def message(**fields: Any) -> Body:
    return {"agentId": AGENT, "senderPhoneNumber": PHONE, "messageId": "m-1"} | fields


def event(event_type: str, **fields: Any) -> Body:
    return {"agentId": AGENT, "senderPhoneNumber": PHONE, "eventType": event_type, "eventId": "e-1"} | fields


def parse(content: object, **options: Any) -> ParsedWebhook:
    return parse_webhook(content, received_at=RECEIVED_AT, **{"with_receipts": True, **options})


def enveloped(content: object) -> Body:
    """The body of a webhook with this data: bytes as they are, anything else as JSON."""
    data = content if isinstance(content, bytes) else json.dumps(content).encode()
    return {"message": {"data": base64.b64encode(data).decode(), "messageId": "1", "attributes": {}}}


def signature(data: bytes, token: str = TOKEN) -> str:
    return base64.b64encode(hmac.new(token.encode(), data, hashlib.sha512).digest()).decode()


# --- messages --------------------------------------------------------------------------------------------------------


def check_part(part: Body) -> None:
    """Fails unless the stand-in would take it, without an objection, and it can be said in words."""
    body = {"contentMessage": part["contentMessage"], "messageTrafficType": "SERVICEREQUEST", "ttl": "600s"}
    sent = re.sub(r'(rl": ")http://', r"\1https://", json.dumps(body)).encode()  # an http one would be said in words
    taken = msgspec.json.decode(sent, type=rcs_schema.Message)
    rcs_schema.check_message(taken, len(sent))
    assert list(rcs_schema.objections(taken, RECEIVED_AT)) == []
    assert 0 < len(part["fallback"].strip()) <= 3072


def chips_of(part: Body) -> Iterator[Body]:
    content = part["contentMessage"]
    for card in cards_of(content):
        yield from card.get("suggestions", [])
    yield from content.get("suggestions", [])


def said(parts: list[Body]) -> str:
    """All that can be read of it; fallbacks, labels and postbacks are not."""
    return "\n".join(text for part in parts for text in _words(part["contentMessage"]))


def _words(content: Body) -> Iterator[str]:
    yield content.get("text", "")
    yield content.get("contentInfo", {}).get("fileUrl", "")
    for card in cards_of(content):
        yield from (card.get("title", ""), card.get("description", ""))
        yield card.get("media", {}).get("contentInfo", {}).get("fileUrl", "")


def targets(parts: list[Body]) -> set[str]:
    """What can be reached by tapping: postbacks, addresses, numbers."""
    found = set()
    for part in parts:
        for chip in chips_of(part):
            inner = chip.get("reply") or chip["action"]
            found |= {inner["postbackData"], inner.get("openUrlAction", {}).get("url", "")}
            found.add(inner.get("dialAction", {}).get("phoneNumber", ""))
    return found - {""}
