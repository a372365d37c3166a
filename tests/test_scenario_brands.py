"""Two brands in one deployment at once: each its own bot, group, names, words and key; nothing of one in the other."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from functions.handoff import ids
from functions.handoff.languages import BUILT_IN
from infra.sandbox.livechat.model import Chat
from infra.sandbox.livechat.options import AgentProfile
from infra.sandbox.standins import BOT_NAME, PROJECT, RCS_AGENT
from tests.doors import CHANNEL, RCS, in_envelope, send, signature
from tests.play import JANE, NAMES, SAM, WatchedSandbox, wait_for
from tests.play_log import Log

pytestmark = pytest.mark.scenario

EN = BUILT_IN["en"]
OWN_GROUP, ACME_GROUP = 7, 8
OWN_AGENT, ACME_AGENT = "brands/1111/agents/2222", "brands/acme/agents/1"
ACME_RCS, ACME_BOT = "acme_agent", "projects/acme-project/agent"
ACME_KEY, ACME_TOKEN, ACME_BOT_TOKEN = "acme-partner-key", "acme-client-token", "acme-bot-token"
ACME_CONNECTING = "One moment, we are finding somebody at Acme for you."
BRANDS = {
    "acme": {
        "business_messages_agent": ACME_AGENT,
        "rcs_agent": ACME_RCS,
        "secrets": {
            "business-messages-partner-key": "acme-key",
            "rcs-client-token": "acme-rcs-token",
            "dialogflow-webhook-token": "acme-bot-token",
        },
        "settings": {
            "DIALOGFLOW_AGENT": ACME_BOT,
            "LIVECHAT_GROUPS": {"default": ACME_GROUP},
            "BOT_NAME": "Ada of Acme",
            "AGENT_NAME_POLICY": "fixed",
            "HUMAN_NAME": "Team Acme",
            "MESSAGES_FILE": {"en": {"connecting": ACME_CONNECTING}},
        },
    }
}
SECRETS = {"acme-key": ACME_KEY, "acme-rcs-token": ACME_TOKEN, "acme-bot-token": ACME_BOT_TOKEN}
LIVECHAT: dict[str, Any] = {
    "agents": (
        AgentProfile(id=JANE, name=NAMES[JANE], groups=(0, OWN_GROUP), max_chats=100),
        AgentProfile(id=SAM, name=NAMES[SAM], groups=(0, ACME_GROUP), max_chats=100),
    ),
    "groups": (0, OWN_GROUP, ACME_GROUP),
    "retry_delays": (0.3, 1.0, 3.0),
}


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WatchedSandbox]:
    path: Path = tmp_path_factory.mktemp("brands") / "brands.json"
    path.write_text(json.dumps(BRANDS))
    settings = {"BRANDS_FILE": str(path), "LIVECHAT_GROUPS": f'{{"default": {OWN_GROUP}}}', "DELAY_NOTICE_S": "1"}
    running = WatchedSandbox(settings, livechat_options=LIVECHAT, more_secrets=SECRETS)
    running.rcs.change_options(agents={RCS_AGENT: running.rcs_token, ACME_RCS: ACME_TOKEN})
    with running:
        yield running


@pytest.fixture
def log(sandbox: WatchedSandbox) -> Log:
    return Log(sandbox)


class User:
    """One user of one brand, on RCS; the same phone may write to both brands."""

    def __init__(self, sandbox: WatchedSandbox, agent: str, number: str) -> None:
        self.sandbox = sandbox
        self.id = sandbox.rcs.phone.open(phone_number=number, agent=agent)
        self.key = ids.conversation_key("rcs", agent, number)
        bot = ACME_BOT if agent == ACME_RCS else sandbox.settings["DIALOGFLOW_AGENT"]
        self.session = f"{bot}/sessions/{ids.session_id(self.key)}"

    def says(self, text: str) -> None:
        self.sandbox.rcs.phone.say(self.id, text)

    def screen(self) -> list[str]:
        return [str(line["text"]) for line in self.sandbox.rcs.transcript(self.id) if line["from"] == "brand"]

    def sees(self, words: str) -> None:
        wait_for(lambda: any(words in line for line in self.screen()), f"{words!r} on {self.id}")

    @property
    def chat(self) -> Chat:
        document = self.sandbox.store.get(f"conversations/{self.key}")[f"conversations/{self.key}"]
        return self.sandbox.livechat.licence.chat(document.record.chat_id)

    def at_the_desk(self) -> str:
        """All that agents see of this user."""
        return json.dumps([event for thread in self.chat.threads for event in thread.events], ensure_ascii=False)


@pytest.fixture
def users(sandbox: WatchedSandbox) -> Iterator[tuple[User, User]]:
    """The same person with both brands."""
    number = sandbox.rcs.phone.open()
    both = User(sandbox, RCS_AGENT, number), User(sandbox, ACME_RCS, number)
    yield both
    for chat in list(sandbox.livechat.licence.chats.values()):
        if chat.active_thread:
            sandbox.livechat.play("timeout", chat_id=chat.id)
    wait_for(lambda: sandbox.livechat.wait_idle(0), "LiveChat's last webhook")
    assert [] == sandbox.rcs.violations


def test_the_same_phone_talks_to_both_brands_at_once_and_nothing_crosses(users: tuple[User, User]) -> None:
    own, acme = users
    sandbox = own.sandbox
    words = {own: "My lamp from the shop is broken", acme: "My rocket from Acme is broken"}
    answers = {own: (JANE, "The shop sends a new lamp."), acme: (SAM, "Acme sends a new rocket.")}

    for user in users:
        user.says("talk to a person")
    own.sees("Jane Doe joined the chat.")
    acme.sees("Team Acme joined the chat.")
    for user in users:
        user.says(words[user])
        agent, answer = answers[user]
        sandbox.livechat.play("reply", agent=agent, chat_id=user.chat.id, text=answer)
    for user in users:
        user.sees(answers[user][1])
        wait_for(lambda user=user: words[user] in user.at_the_desk(), "the words at the desk")  # type: ignore[misc]

    for user, other in ((own, acme), (acme, own)):
        assert [["talk to a person"]] == [
            [turn["text"] for turn in sandbox.dialogflow.turns[session]]
            for session in sandbox.dialogflow.turns
            if session == user.session
        ]
        told = user.at_the_desk() + str(user.screen())
        for foreign in (words[other], answers[other][1], {own: "Acme", acme: "Jane"}[user], f"{other.chat.id}"):
            assert foreign not in told
    assert ([OWN_GROUP], [ACME_GROUP]) == (own.chat.threads[-1].group_ids, acme.chat.threads[-1].group_ids)
    assert "Ada of Acme" in acme.at_the_desk()
    assert BOT_NAME in own.at_the_desk()
    assert "Sam" not in str(acme.screen())


def test_each_brand_asks_for_a_person_in_its_own_words(users: tuple[User, User]) -> None:
    own, acme = users
    for user in users:
        user.says("Hi, I have a problem")
        user.sees("Thanks for contacting us.")
        user.sandbox.rcs.phone.request_live_agent(user.id)

    own.sees(EN["connecting"])
    acme.sees(ACME_CONNECTING)

    assert ACME_CONNECTING not in own.screen()
    assert EN["connecting"] not in acme.screen()


# --- keys ------------------------------------------------------------------------------------------------------------


def _rcs(agent: str) -> bytes:
    body = {"agentId": agent, "senderPhoneNumber": "+999000111222", "messageId": "m", "text": "let me in"}
    return json.dumps(body | {"sendTime": "2026-01-02T03:04:05Z"}).encode()


def _business_messages(agent: str) -> bytes:
    message = {"messageId": "m", "text": "let me in", "createTime": "2026-01-02T03:04:05Z"}
    return json.dumps({"agent": agent, "conversationId": "c-brands", "message": message}).encode()


@pytest.mark.parametrize("signer", ["own", "acme", "stranger"])
@pytest.mark.parametrize("named", ["own", "acme"])
def test_only_the_key_of_the_agent_that_the_body_names_is_right(
    sandbox: WatchedSandbox, log: Log, named: str, signer: str
) -> None:
    sandbox.messages.phone.open(conversation_id="c-brands")
    sandbox.rcs.phone.open(phone_number="+999000111222", agent={"own": RCS_AGENT, "acme": ACME_RCS}[named])
    keys = {"own": (sandbox.partner_key, sandbox.rcs_token), "acme": (ACME_KEY, ACME_TOKEN), "stranger": ("x", "y")}
    raw = _business_messages({"own": OWN_AGENT, "acme": ACME_AGENT}[named])
    data = _rcs({"own": RCS_AGENT, "acme": ACME_RCS}[named])

    answers = [
        send(sandbox, CHANNEL, raw, signature(keys[signer][0], raw)).status_code,
        send(sandbox, RCS, in_envelope(data), signature(keys[signer][1], data)).status_code,
    ]

    assert [200, 200] == answers if named == signer else [401, 401] == answers
    if named != signer:
        assert ["rejected", "rejected"] == [line["outcome"] for line in log.lines()[-2:] if line["reason"] != "sweep"]


# --- bots ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def call_webhook(sandbox: WatchedSandbox) -> Callable[..., requests.Response]:
    """Somebody with a token asks for a person in a user's session, by its own name or as if it were another agent's."""

    def call(user: User, token: str, agent: str = "") -> requests.Response:
        session = f"{agent}/sessions/{ids.session_id(user.key)}" if agent else user.session
        body = {
            "session": session,
            "responseId": f"r-{user.key}",
            "queryResult": {"queryText": "a person", "action": "handoff", "intent": {"displayName": "Talk to human"}},
        }
        return send(sandbox, "dialogflow_webhook", body, {"X-Webhook-Token": token})

    return call


def test_a_bot_moves_only_its_own_brand_s_conversations(
    users: tuple[User, User], log: Log, call_webhook: Callable[..., requests.Response]
) -> None:
    own, acme = users
    tokens = {own: own.sandbox.dialogflow_token, acme: ACME_BOT_TOKEN}
    for user in users:
        user.says("Hello")
        user.sees("Hello! What can I do for you?")
        wait_for(lambda user=user: own.sandbox.dialogflow.turns.get(user.session), "the turn")  # type: ignore[misc]

    tries = [(own, acme, ""), (acme, own, ""), (own, acme, ACME_BOT), (acme, own, f"projects/{PROJECT}/agent")]
    for user, other, agent in tries:
        call_webhook(user, tokens[other], agent)
    refused = [line["outcome"] for line in log.lines("dialogflow_webhook")]
    for user in users:
        assert 200 == call_webhook(user, tokens[user]).status_code
    own.sees("Jane Doe joined the chat.")
    acme.sees("Team Acme joined the chat.")

    assert ["rejected", "rejected", "ignored", "ignored"] == refused


def test_both_bots_are_asked_under_their_own_names(users: tuple[User, User]) -> None:
    for user in users:
        user.says("Hello")
        user.sees("Hello! What can I do for you?")

    sessions = {call.path.partition("/v2/")[2].partition("/sessions/")[0] for call in users[0].sandbox.dialogflow.calls}
    assert {f"projects/{PROJECT}/agent", ACME_BOT} == sessions
