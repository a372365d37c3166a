"""One deployment with two brands beside its own agents, in process: real doors, core, store; providers in our hands."""

import base64
import contextlib
import json
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

import pytest

from functions.dialogflow.identity_certificates import Certificates
from functions.handoff.ids import conversation_key, session_id
from functions.runtime import wiring
from functions.runtime.http_client import HttpClient
from tests.doors import BOT, CHANNEL, DESK, signature
from tests.fakes import seeded
from tests.fuzz_outside import Outside
from tests.fuzz_world import CLIENT, ORGANIZATION, TOKEN, WEBHOOK_SECRET, Answered, World

RCS = "rcs_webhook"
_LOOPBACK = "http://127.0.0.1:9"


class Party(NamedTuple):
    """The deployment itself ("") or a brand, and how it shows. `mark` is a word that stands in all that is its own."""

    name: str
    mark: str
    agent: str
    rcs_agent: str
    key: str
    rcs_token: str
    bot: str
    bot_token: str
    group: int

    def conversation_key(self, conversation: str) -> str:
        return conversation_key("business_messages", *([self.name] if self.name else []), conversation)


OWN = Party("", "Own", "brands/o/agents/o", "own_bot", "own-key", "own-rcs", "projects/own/agent", TOKEN, 1)
ACME = Party(
    "acme", "Acme", "brands/a/agents/a", "acme_bot", "acme-key", "acme-rcs", "projects/acme/agent", "acme-bot-token", 2
)
ZETA = Party(
    "zeta", "Zeta", "brands/z/agents/z", "zeta_bot", "zeta-key", "zeta-rcs", "projects/zeta/agent", "zeta-bot-token", 3
)
PARTIES = (OWN, ACME, ZETA)


def own_settings(party: Party) -> dict[str, Any]:
    """What makes it recognisable; objects in place of files."""
    return {
        "DIALOGFLOW_AGENT": party.bot,
        "BOT_NAME": f"{party.mark} Bot",
        "HUMAN_NAME": f"{party.mark} Team",
        "AGENT_NAME_POLICY": "fixed",
        "LIVECHAT_GROUPS": {"default": party.group},
        "HANDOFF_KEYWORDS": f"human of {party.mark}",
        "RETURN_KEYWORDS": f"/{party.mark.lower()}",
        "MESSAGES_FILE": {
            "en": {
                "connecting": f"{party.mark} is looking for a person.",
                "unknown_session": f"{party.mark} knows no such session.",
            }
        },
    }


def row(party: Party) -> dict[str, Any]:
    return {
        "business_messages_agent": party.agent,
        "rcs_agent": party.rcs_agent,
        "secrets": {
            "business-messages-partner-key": f"{party.name}-bm",
            "rcs-client-token": f"{party.name}-rcs",
            "dialogflow-webhook-token": f"{party.name}-bot",
        },
        "settings": own_settings(party),
    }


class BrandsOutside(Outside):
    """As `Outside`, with a chat for each customer, and everything that went out, by path."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[tuple[str, Any]] = []
        self.chats = 0

    def request(self, provider: str, method: str, url: str, **more: Any) -> Any:
        """Answer as the provider would, and note what was said."""
        self.sent.append((url.removeprefix(_LOOPBACK), more.get("json_body")))
        return super().request(provider, method, url, **more)

    def _answers(self) -> Any:
        return {**super()._answers(), "/agentMessages": lambda _: {}, "/agentEvents": lambda _: {}}

    def _start(self, body: Any) -> Any:
        self.chats += 1
        found = super()._start(body)
        return {**found, "chat_id": f"CHAT{self.chats:06}", "thread_id": f"THREAD{self.chats:04}"}


class BrandsWorld(World):
    """Somebody writes, to one of three."""

    outside: BrandsOutside

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.outside = BrandsOutside()
        self._folder = folder
        self._number = 0

    def take_out(self, party: Party) -> None:
        """Its row is gone, and the functions have started anew."""
        path = self._folder / "brands.json"
        rows = json.loads(path.read_text())
        path.write_text(json.dumps({name: row for name, row in rows.items() if name != party.name}))
        wiring._bundle = None

    def forget_secret(self, name: str) -> None:
        """There is none of that name (any more)."""
        keep_secrets(self._folder, {one: value for one, value in _secrets().items() if one != name})

    def user(self, party: Party, *, key: str = "", conversation: str = "c-1", **body: Any) -> Answered:
        """A webhook of Business Messages that names the party's agent, signed with its key or another one."""
        content = {"agent": party.agent, "conversationId": conversation, **body}
        raw = json.dumps(content).encode()
        return self.send(CHANNEL, raw, signature(key or party.key, raw))

    def says(self, party: Party, text: str, **more: Any) -> Answered:
        self._number += 1
        return self.user(party, message={"messageId": f"m-{self._number}", "text": text}, **more)

    def rcs_user(self, party: Party, text: str, *, token: str = "", phone: str = "+99912345") -> Answered:
        """The same of RCS: signed over the decoded data."""
        self._number += 1
        content = {
            "agentId": party.rcs_agent,
            "senderPhoneNumber": phone,
            "messageId": f"m-{self._number}",
            "sendTime": "2026-01-02T03:04:05Z",
            "text": text,
        }
        data = json.dumps(content).encode()
        body = {"message": {"data": base64.b64encode(data).decode()}, "subscription": "s"}
        return self.send(RCS, json.dumps(body).encode(), signature(token or party.rcs_token, data))

    def desk(self, action: str, payload: Mapping[str, Any]) -> Answered:
        return self.send_proven(DESK, {"action": action, "payload": payload})

    def agent_joins(self, chat: int) -> Answered:
        user = {"id": "jane@shop.example", "type": "agent", "name": "Jane", "visibility": "all"}
        return self.desk("user_added_to_chat", {**ids_of(chat), "user_type": "agent", "user": user})

    def agent_says(self, chat: int, text: str) -> Answered:
        event = {
            "id": f"THREAD{chat:04}_{200 + self.outside._next()}",
            "type": "message",
            "text": text,
            "visibility": "all",
            "author_id": "jane@shop.example",
            "created_at": "2026-01-02T03:04:05.000000Z",
        }
        return self.desk("incoming_event", {**ids_of(chat), "event": event})

    def bot_asks(self, party: Party, *, token: str = "", agent: str = "", conversation: str = "c-1") -> Answered:
        """A fulfilment call in the session of the party's conversation."""
        self._number += 1
        session = session_id(party.conversation_key(conversation))
        body = {
            "session": f"{agent or party.bot}/sessions/{session}",
            "responseId": f"r-{self._number}",
            "queryResult": {"action": "handoff", "languageCode": "en"},
        }
        return self.send(BOT, json.dumps(body).encode(), {"X-Webhook-Token": token or party.bot_token})

    def since(self, count: int) -> str:
        """Everything that went out since, as text."""
        return json.dumps(self.outside.sent[count:], ensure_ascii=False)

    def brand_of(self, party: Party, conversation: str = "c-1") -> str | None:
        found = wiring.bundle().mailbox.find(party.conversation_key(conversation))
        return found.brand if found else None


def ids_of(chat: int) -> dict[str, str]:
    return {"chat_id": f"CHAT{chat:06}", "thread_id": f"THREAD{chat:04}"}


@contextlib.contextmanager
def brands_world(*, of_acme: Mapping[str, Any] | None = None, certs: str = "", **more: str) -> Iterator[BrandsWorld]:
    """The deployment, for as long as the block lasts.

    Args:
        of_acme: settings over Acme's.
        certs: where Google's certificates are really fetched from.
        more: settings over the deployment's own.
    """
    with tempfile.TemporaryDirectory() as name, pytest.MonkeyPatch.context() as patch:
        folder = Path(name)
        one = BrandsWorld(folder)
        for variable, value in {**_environment(folder, one.path, of_acme or {}), **more}.items():
            patch.setenv(variable, value)
        patch.setattr(wiring, "_bundle", None)
        patch.setattr(wiring, "HttpClient", one.outside.told)
        patch.setattr(wiring, "SystemClock", lambda: one.clock)
        patch.setattr(wiring, "random", SimpleNamespace(Random=seeded))
        if certs:
            wiring._bundle = wiring.bundle()._replace(certificates=Certificates(HttpClient(), certs))
        yield one


def _environment(folder: Path, database: Path, of_acme: Mapping[str, Any]) -> dict[str, str]:
    rows = {party.name: row(party) for party in (ACME, ZETA)}
    rows[ACME.name]["settings"] |= of_acme
    (folder / "brands.json").write_text(json.dumps(rows))
    keep_secrets(folder, _secrets())
    own = own_settings(OWN)
    (folder / "messages.json").write_text(json.dumps(own["MESSAGES_FILE"]))
    apis = ("LIVECHAT", "BUSINESS_MESSAGES", "RCS", "DIALOGFLOW", "TASKS")
    return {
        **{name: value for name, value in own.items() if isinstance(value, str)},
        **{f"{api}_API_URL": _LOOPBACK for api in apis},
        "LIVECHAT_ACCOUNTS_URL": _LOOPBACK,
        "LIVECHAT_GROUPS": json.dumps(own["LIVECHAT_GROUPS"]),
        "MESSAGES_FILE": str(folder / "messages.json"),
        "BRANDS_FILE": str(folder / "brands.json"),
        "SECRETS": f"file:{folder / 'secrets.json'}",
        "STORE": f"sqlite:{database}",
        "GOOGLE_CLOUD_PROJECT": "p",
        "LIVECHAT_ORGANIZATION_ID": ORGANIZATION,
        "LIVECHAT_CLIENT_ID": CLIENT,
        "RCS_AGENT_ID": OWN.rcs_agent,
    }


def keep_secrets(folder: Path, secrets: Mapping[str, str]) -> None:
    """They are read again when the file is another one."""
    new = folder / "secrets.new"
    new.write_text(json.dumps(secrets))
    new.chmod(0o600)
    new.replace(folder / "secrets.json")


def _secrets() -> dict[str, str]:
    kept = {
        "livechat-oauth": json.dumps({"client_secret": "s", "refresh_token": "refresh"}),
        "livechat-webhook-secret": WEBHOOK_SECRET,
        "business-messages-partner-key": OWN.key,
        "rcs-client-token": OWN.rcs_token,
        "dialogflow-webhook-token": OWN.bot_token,
    }
    for party in (ACME, ZETA):
        kept |= {
            f"{party.name}-bm": party.key,
            f"{party.name}-rcs": party.rcs_token,
            f"{party.name}-bot": party.bot_token,
        }
    return kept
