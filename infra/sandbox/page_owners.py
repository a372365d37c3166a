"""Which conversation an exchange on the wire belongs to, as far as that can be told from outside the functions.

Some exchanges say so themselves: by the channel's id, by the bot's session (derived from it), by a task's body. Others
name things that belong to one conversation alone: a chat, a customer's token. Whose these are is learned.
"""

import base64
import hashlib
import json
import re
from collections import OrderedDict
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from functions.handoff.ids import conversation_key, session_id
from functions.runtime.log_values import shown_conversation
from infra.sandbox.page_kinds import BUSINESS_MESSAGES, CLOUD_TASKS, DIALOGFLOW, LIVECHAT, RCS, at, opened
from infra.sandbox.wire import Exchange

_REMEMBERED = 5_000
_PHONE_PATH = re.compile(r"/v1/conversations/([^/]+)/")
_RCS_PATH = re.compile(r"/v1/phones/([^/]+)/")
_SESSION = re.compile(r"/sessions/([^/:]+)")
_GIVES_TOKEN = "/v2/customer/token"
_TAKES_TOKEN = "/customer/action/"


class Owners:
    """Conversation keys by what names them. The caller sees to it that one thread at a time is in here."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, str] = OrderedDict()

    def key_in(self, exchange: Exchange) -> str:
        """The key that the exchange itself tells, or ""."""
        return _TELLERS.get((exchange.wire, exchange.inward), _nothing)(self, exchange)

    def key_by(self, names: Iterable[str]) -> str:
        """The key of whom one of these names was learned to be, or ""."""
        return next((self._known[name] for name in names if name in self._known), "")

    def learn(self, names: Iterable[str], key: str) -> None:
        """From now on these names are that conversation's."""
        for name in names:
            self._known[name] = key
            self._known.move_to_end(name)
        while len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)

    def of_channel_id(self, channel: str, *channel_ids: str) -> str:
        """The key of a user's conversation, whose bot session, and name in logs, is known from now on."""
        key = conversation_key(channel, *channel_ids)
        self.learn([f"session/{session_id(key)}", f"log/{shown_conversation(key)}"], key)
        return key

    def of_log(self, shown: str) -> str:
        """The key of a conversation that a log names."""
        return self.key_by([f"log/{shown}"]) or shown


def chat_name(chat_id: object) -> str:
    """What a chat is called here."""
    return f"chat/{chat_id}"


def names_in(exchange: Exchange) -> set[str]:
    """What belongs to one conversation alone and is named in the exchange, as far as it has come."""
    if exchange.wire != LIVECHAT:
        return set()
    answer, path = _json(exchange.answer), urlsplit(exchange.url).path
    payload = at(exchange.body, "payload") or exchange.body
    chats = (
        at(payload, "chat_id"),
        at(payload, "chat", "id"),
        at(payload, "active_chat", "chat_id"),
        at(answer, "chat_id"),
    )
    names = {chat_name(chat_id) for chat_id in chats if chat_id}
    if _TAKES_TOKEN in path:
        names.add(_token(_header(exchange, "Authorization")))
    if path == _GIVES_TOKEN and at(answer, "access_token"):
        names.add(_token(f"Bearer {at(answer, 'access_token')}"))
    return names


# --- who tells it themselves -----------------------------------------------------------------------------------------


def _nothing(_owners: Owners, _exchange: Exchange) -> str:
    return ""


def _phone_webhook(owners: Owners, exchange: Exchange) -> str:
    conversation = at(exchange.body, "conversationId")
    is_one = isinstance(conversation, str) and conversation
    return owners.of_channel_id("business_messages", conversation) if is_one else ""


def _phone_call(owners: Owners, exchange: Exchange) -> str:
    found = _PHONE_PATH.search(urlsplit(exchange.url).path)
    return owners.of_channel_id("business_messages", found[1]) if found else ""


def _rcs_webhook(owners: Owners, exchange: Exchange) -> str:
    data = opened(exchange.body)
    agent, number = at(data, "agentId"), at(data, "senderPhoneNumber") or at(data, "phoneNumber")
    return owners.of_channel_id("rcs", str(agent), str(number)) if agent and number else ""


def _rcs_call(owners: Owners, exchange: Exchange) -> str:
    url = urlsplit(exchange.url)
    found, agent = _RCS_PATH.search(url.path), parse_qs(url.query).get("agentId")
    return owners.of_channel_id("rcs", agent[0], unquote(found[1])) if found and agent else ""


def _bot(owners: Owners, exchange: Exchange) -> str:
    named = at(exchange.body, "session") if exchange.inward else urlsplit(exchange.url).path
    found = _SESSION.search(str(named))
    return owners.key_by([f"session/{found[1]}"]) if found else ""


def _task(_owners: Owners, exchange: Exchange) -> str:
    if exchange.inward:
        return str(at(exchange.body, "conversation"))
    try:
        body = base64.b64decode(str(at(exchange.body, "task", "httpRequest", "body")), validate=True)
    except ValueError:
        return ""
    return str(at(_json(body), "conversation"))


_TELLERS: dict[tuple[str, bool], Callable[[Owners, Exchange], str]] = {
    (BUSINESS_MESSAGES, True): _phone_webhook,
    (BUSINESS_MESSAGES, False): _phone_call,
    (RCS, True): _rcs_webhook,
    (RCS, False): _rcs_call,
    (DIALOGFLOW, True): _bot,
    (DIALOGFLOW, False): _bot,
    (CLOUD_TASKS, True): _task,
    (CLOUD_TASKS, False): _task,
}


def _header(exchange: Exchange, name: str) -> str:
    return next((value for key, value in exchange.headers.items() if key.lower() == name.lower()), "")


def _token(authorization: str) -> str:
    """A name for a token that does not give it away."""
    return f"token/{hashlib.sha256(authorization.encode()).hexdigest()}"


def _json(body: str | bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None
