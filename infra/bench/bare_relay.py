"""A relay with no guarantees, to compare with: each webhook goes straight to the other side, and nothing is kept.

No signature is checked, nothing is stored, nothing is repeated or put in order; ids are random. It knows one
conversation and one chat, from its environment; any other conversation is answered by the bot.
"""

import os
import uuid
from collections.abc import Mapping
from typing import Any

import flask
import requests

JsonObject = dict[str, Any]
_TIMEOUT_S = 10.0
_session = requests.Session()
_session.trust_env = False


def bare_relay(request: flask.Request) -> flask.Response:
    """Send on what came; 200 when the other side took it."""
    if request.method != "POST":
        return flask.Response("ok", 200)
    body = request.get_json()
    if "action" in body:
        status = _to_user(os.environ["BARE_CONVERSATION"], body["payload"]["event"]["text"], _person())
    elif body["conversationId"] == os.environ["BARE_CONVERSATION"]:
        status = _to_agent(body["message"]["text"])
    else:
        status = _to_bot(body["conversationId"], body["message"]["text"])
    return flask.Response("", status)


def _to_agent(text: str) -> int:
    event = {"type": "message", "text": text}
    answer = _post(
        f"{os.environ['LIVECHAT_API_URL']}/v3.6/customer/action/send_event",
        {"chat_id": os.environ["BARE_CHAT_ID"], "event": event},
        params={"organization_id": os.environ["LIVECHAT_ORGANIZATION_ID"]},
        headers={"Authorization": f"Bearer {os.environ['BARE_CUSTOMER_TOKEN']}"},
    )
    return answer.status_code


def _to_user(conversation: str, text: str, representative: JsonObject) -> int:
    message = {"messageId": str(uuid.uuid4()), "text": text, "representative": representative}
    url = f"{os.environ['BUSINESS_MESSAGES_API_URL']}/v1/conversations/{conversation}/messages"
    return _post(url, message).status_code


def _to_bot(conversation: str, text: str) -> int:
    url = f"{os.environ['DIALOGFLOW_API_URL']}/v2/{os.environ['DIALOGFLOW_AGENT']}/sessions/{conversation}:detectIntent"
    answer = _post(url, {"queryInput": {"text": {"text": text, "languageCode": "en"}}})
    bot = {"representativeType": "BOT", "displayName": os.environ["BOT_NAME"]}
    return _to_user(conversation, answer.json()["queryResult"]["fulfillmentText"], bot)


def _person() -> JsonObject:
    return {"representativeType": "HUMAN", "displayName": os.environ["BARE_AGENT_NAME"]}


def _post(url: str, body: JsonObject, **more: Mapping[str, str]) -> requests.Response:
    answer = _session.post(url, json=body, timeout=_TIMEOUT_S, **more)  # type: ignore[arg-type]
    answer.raise_for_status()
    return answer
