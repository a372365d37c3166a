"""What leaves the users' phones: each deed in RCS for Business' envelope, signed with its agent's client token.

Only the data within is signed. What is around it – ids, attributes, the header with the kind – is made up here; which
attributes messages carry, and the values of that header, are not known from Google.

Source: RCS for Business, "Webhooks", "Receive events"; UserMessage, UserEvent, AgentLaunchEvent.
"""

import base64
import hashlib
import hmac
import json
import secrets
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any, Literal

import msgspec

from infra.sandbox.clock import Clock
from infra.sandbox.google_api import require, rfc3339
from infra.sandbox.webhook_sender import Delivery, Sending, WebhookSender, as_json

JsonObject = dict[str, Any]
_HEADER = "X-Goog-Webhook-Type"
_LAUNCH = "agent_launch_event"
_ORDERS = {"event_first": ("subscription", "message"), "text_first": ("message", "subscription")}


class RcsOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How the stand-in behaves.

    `agents`: the client token of each agent; the first is the one that phones mean when they name none. `multi_use`:
    agents whose messages must say their traffic type. `unlaunched`: agents that only `testers` (phone numbers) can be
    reached by. `auto_receipts`: the phone sends DELIVERED for each message. `id_field`: how a user's message names its
    id: `messageId` in the reference, `eventId` in the guide's samples. `type_header`: whether the header with the
    kind is sent. `person_postback`: what the chip carries by which one asks for a person. `fetch_files`: whether files
    on this machine are fetched, as Google fetches every file.
    """

    agents: dict[str, str] = msgspec.field(default_factory=lambda: {"demo_agent": "example-client-token"})
    multi_use: tuple[str, ...] = ()
    unlaunched: tuple[str, ...] = ()
    testers: tuple[str, ...] = ()
    auto_receipts: bool = False
    id_field: Literal["messageId", "eventId"] = "messageId"
    type_header: bool = True
    person_postback: str = "handoff:person"
    fetch_files: bool = False
    sending: Sending = Sending()

    @property
    def first_agent(self) -> str:
        """Which agent is meant where none is named."""
        return next(iter(self.agents))


class Outbox:
    """Makes the data of what users do, and delivers it by `sender`, beside the deed (`sender.settle` waits for it).

    Args:
        options: answers the stand-in's options as they are now.
    """

    def __init__(self, options: Callable[[], RcsOptions], clock: Clock) -> None:
        self._options = options
        self._clock = clock
        self.sender = WebhookSender("rcs", lambda: options().sending, self.headers, clock, envelope)

    def message(self, agent: str, number: str, content: JsonObject, *, in_s: float = 0.0) -> JsonObject:
        """The data of a UserMessage, written now or later."""
        return self._of(agent, number, self._options().id_field, content, in_s)

    def event(self, agent: str, number: str, content: JsonObject, *, in_s: float = 0.0) -> JsonObject:
        """The data of a UserEvent that happens now or later."""
        return self._of(agent, number, "eventId", content, in_s)

    def _of(self, agent: str, number: str, id_field: str, content: JsonObject, in_s: float) -> JsonObject:
        whose = {"agentId": agent, "senderPhoneNumber": number}
        return {**whose, id_field: str(uuid.uuid4()), "sendTime": self._now(in_s), **content}

    def switch(self, agent: str, number: str, word: str, *, order: str, gap_s: float, wanted: bool) -> Delivery:
        """Deliver that a user (un)subscribes: the event (which is answered) and the word, in one of `_ORDERS`."""
        require(order in _ORDERS, f"order is one of {', '.join(_ORDERS)}.")
        made = {
            "message": (self.message, {"text": word}),
            "subscription": (self.event, {"eventType": "SUBSCRIBE" if wanted else "UNSUBSCRIBE"}),
        }
        posted: dict[str, Delivery] = {}
        for kind, in_s in zip(_ORDERS[order], (0.0, gap_s), strict=True):
            make, content = made[kind]
            posted[kind] = self.sender.post(kind, make(agent, number, content, in_s=in_s), after_s=in_s)
        return posted["subscription"]

    def server_event(self, agent: str, number: str, message_id: str, event_type: str) -> JsonObject:
        """The data of a ServerEvent."""
        return {
            "phoneNumber": number,
            "messageId": message_id,
            "agentId": agent,
            "eventType": event_type,
            "eventId": str(uuid.uuid4()),
            "sendTime": self._now(),
        }

    def launch_notice(self, agent: str, state: str) -> JsonObject:
        """The data of an AgentLaunchEvent."""
        return {
            "eventId": f"{agent}/{uuid.uuid4()}",
            "agentId": agent,
            "botDisplayName": "Hello World Agent",
            "brandId": str(uuid.uuid4()),
            "regionId": "/v1/regions/fi-rcs",
            "oldLaunchState": "PENDING",
            "newLaunchState": state,
            "comment": "",
            "sendTime": self._now(),
        }

    def handshake(self, client_token: str) -> bool:
        """Post the secret that the webhook is to answer."""
        secret = secrets.token_hex(16)
        headers = {_HEADER: "verification"} if self._options().type_header else {}
        status, _, answer = self.sender.send_plain({"clientToken": client_token, "secret": secret}, headers)
        return status == 200 and answer == secret

    def headers(self, body: bytes) -> dict[str, str]:
        """The header that proves the data of an envelope, with the token of the agent that the data names."""
        options, data = self._options(), _data_of(body)
        agent = json.loads(data).get("agentId")
        token = options.agents.get(agent) or options.agents[options.first_agent]
        kind = "agent_callback" if b'"newLaunchState"' in data else "message_callback"
        return {"X-Goog-Signature": signature(data, token)} | ({_HEADER: kind} if options.type_header else {})

    def _now(self, in_s: float = 0.0) -> str:
        return rfc3339(self._clock.now() + timedelta(seconds=in_s))


def envelope(data: JsonObject) -> JsonObject:
    """What is posted for this data; the same whenever it is posted again."""
    raw = as_json(data)
    outer_id = str(int.from_bytes(hashlib.sha256(raw).digest()[:7]))
    published = data.get("sendTime", "")
    message = {
        "data": base64.b64encode(raw).decode(),
        "attributes": _attributes(data),
        "messageId": outer_id,
        "message_id": outer_id,
        "publishTime": published,
        "publish_time": published,
    }
    return {"message": message, "subscription": "projects/rbm-partner/subscriptions/rbm-webhook"}


def signature(data: bytes, client_token: str) -> str:
    """What proves the data."""
    return base64.b64encode(hmac.new(client_token.encode(), data, hashlib.sha512).digest()).decode()


def _attributes(data: JsonObject) -> JsonObject:
    shared = {"business_id": data.get("agentId", ""), "product": "RBM", "project_number": "123456789012"}
    if "newLaunchState" in data:
        return {**shared, "event_type": data["newLaunchState"], "type": _LAUNCH}
    return {**shared, "type": "event" if "eventType" in data else "message"}


def _data_of(body: bytes) -> bytes:
    return base64.b64decode(json.loads(body)["message"]["data"])
