"""The sandbox's page: what it shows and does."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from functions.handoff.conversation import Conversation, to_record
from functions.handoff.ids import conversation_key
from functions.handoff.interfaces import Create
from functions.storage.sqlite import SqliteStore
from infra.sandbox.page import PageServer, make_app
from infra.sandbox.processes import PortInUse, free_port
from infra.sandbox.sandbox import Sandbox
from tests.sandbox_page import PNG, act, open_chat, state_of

JsonObject = dict[str, Any]
STATIC = Path(__file__).parents[1] / "infra/sandbox/static"
MARKUP = "<img src=x onerror=\"document.title='owned'\"> & <b>bold</b>"


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """The stand-ins alone: what the page does reaches them without the functions."""
    sandbox = Sandbox()
    yield sandbox
    sandbox.stop()


@pytest.fixture
def client(sandbox: Sandbox) -> FlaskClient:
    return make_app(sandbox).test_client()


@pytest.fixture
def conversation(sandbox: Sandbox) -> str:
    return sandbox.messages.phone.open(name="Michael")


@pytest.fixture
def chat_id(sandbox: Sandbox) -> str:
    return open_chat(sandbox)


def lines(client: FlaskClient, *names: str) -> list[tuple[Any, ...]]:
    return [tuple(line.get(name) for name in names) for line in state_of(client)["lines"]["items"]]


def send(sandbox: Sandbox, conversation: str, **content: Any) -> None:
    message = {"messageId": "m-1", "representative": {"representativeType": "BOT", "displayName": "Bot"}, **content}
    sandbox.messages.app.test_client().post(f"/v1/conversations/{conversation}/messages", json=message)


# --- the phone -------------------------------------------------------------------------------------------------------


def test_what_the_user_writes_shows_on_the_phone(client: FlaskClient) -> None:
    opened = client.post("/api/phone/open", json={"name": "Ada"}).get_json()["conversation"]

    act(client, "phone/say", conversation=opened, text=MARKUP)

    state = state_of(client)
    assert (opened, "Ada", [opened]) == (
        state["phone"]["conversation"],
        state["phone"]["name"],
        [one["id"] for one in state["phones"]["phones"]],
    )
    assert [(0, "user", MARKUP)] == lines(client, "number", "from", "text")


def test_the_chosen_conversation_is_shown_and_an_unknown_one_is_the_newest(
    client: FlaskClient, sandbox: Sandbox, conversation: str
) -> None:
    newest = sandbox.messages.phone.open(name="Ada")

    chosen = [
        state_of(client, conversation=wanted)["phone"]["conversation"] for wanted in (conversation, newest, "no such")
    ]

    assert [conversation, newest, newest] == chosen


def test_without_a_phone_there_is_no_phone_to_show(client: FlaskClient) -> None:
    state = state_of(client)

    assert ([], False) == (state["phones"]["phones"], "phone" in state or "lines" in state)


def test_a_chip_on_the_screen_can_be_tapped_and_no_other(
    client: FlaskClient, sandbox: Sandbox, conversation: str
) -> None:
    chips = [
        {"reply": {"text": "This", "postbackData": "this"}},
        {"action": {"text": "Shop", "postbackData": "shop", "openUrlAction": {"url": "https://shop.example/"}}},
        {"liveAgentRequest": {}},
    ]
    send(sandbox, conversation, text="Which one?", suggestions=chips)
    shown = state_of(client)["phone"]["chips"]

    other = act(client, "phone/tap", conversation=conversation, label="That")
    this = act(client, "phone/tap", conversation=conversation, label="This", postback="this")

    assert [
        ("This", "reply", None),
        ("Shop", "link", "https://shop.example/"),
        ("liveAgentRequest", "person", None),
    ] == [(chip["label"], chip["kind"], chip.get("leads_to")) for chip in shown]
    assert (404, 200) == (other, this)
    assert ("user", "tap", "This") == lines(client, "from", "kind", "text")[-1]


def test_cards_and_rich_text_are_shown_as_they_were_sent(
    client: FlaskClient, sandbox: Sandbox, conversation: str
) -> None:
    card = {"standaloneCard": {"cardContent": {"title": "Red shoe"}}}
    send(sandbox, conversation, richCard=card)
    send(sandbox, conversation, messageId="m-2", text="**Soft**", containsRichText=True)

    assert [(card, False), (None, True)] == lines(client, "richCard", "rich_text")


def test_who_is_writing_shows_until_the_message_comes(client: FlaskClient, sandbox: Sandbox, conversation: str) -> None:
    provider = sandbox.messages.app.test_client()
    sign = {"eventType": "TYPING_STARTED", "representative": {"representativeType": "BOT", "displayName": "Bot"}}
    seen = []

    provider.post(f"/v1/conversations/{conversation}/events?eventId=e-1", json=sign)
    seen.append(state_of(client)["phone"]["writing"])
    send(sandbox, conversation, text="Hello")
    seen.append(state_of(client)["phone"]["writing"])

    assert ["Bot", ""] == seen


def test_a_person_can_be_asked_for(client: FlaskClient, conversation: str) -> None:
    act(client, "phone/ask_for_person", conversation=conversation)

    assert ("live_agent_request",) == lines(client, "kind")[-1]


def test_messages_are_read_once(client: FlaskClient, sandbox: Sandbox, conversation: str) -> None:
    send(sandbox, conversation, text="Hello")

    for _ in range(2):
        act(client, "phone/read", conversation=conversation)

    assert [(True,)] == lines(client, "read")
    assert 1 == len(sandbox.messages.phone.sender.deliveries())


def test_a_survey_is_answered(client: FlaskClient, sandbox: Sandbox, conversation: str) -> None:
    sandbox.messages.app.test_client().post(f"/v1/conversations/{conversation}/surveys?surveyId=s-1", json={})

    act(client, "phone/survey", conversation=conversation, survey_id="s-1", rating="4")

    assert [("survey", {"GOOGLE_DEFINED_CSAT": "4"})] == lines(client, "kind", "answers")


def test_a_picture_is_sent_and_can_be_fetched(client: FlaskClient, sandbox: Sandbox, conversation: str) -> None:
    sent = client.post(f"/api/phone/picture?conversation={conversation}", data=PNG, content_type="image/png")

    [(url,)] = lines(client, "image")
    fetched = sandbox.messages.app.test_client().get(url.removeprefix(sandbox.messages.base_url))
    assert (200, PNG, "image/png") == (sent.status_code, fetched.data, fetched.mimetype)
    assert sandbox.messages.base_url in state_of(client)["setting"]["picture_origins"]


# --- what the functions keep -----------------------------------------------------------------------------------------


def test_what_the_functions_keep_of_the_conversation_is_shown_and_leads_to_its_chat(
    client: FlaskClient, sandbox: Sandbox, conversation: str, chat_id: str
) -> None:
    key = conversation_key("business_messages", conversation)
    kept = Conversation(key=key, channel="business_messages", state="WAITING", chat_id=chat_id, fallbacks=1)
    store = SqliteStore(sandbox.settings["STORE"].partition(":")[2])
    store.commit(Create(f"conversations/{key}", to_record(kept, retention=timedelta(days=30))))

    state = state_of(client, conversation=conversation)

    assert ("WAITING", chat_id, 1, []) == tuple(
        state["record"]["record"][name] for name in ("state", "chat_id", "fallbacks", "pending")
    )
    assert (key, chat_id) == (state["phone"]["key"], state["chat"]["chat"]["id"])


# --- the page itself -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("script", sorted(STATIC.glob("*.js")), ids=lambda path: path.name)
def test_no_script_makes_markup_or_code_of_texts(script: Path) -> None:
    forbidden = ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "Function(", "DOMParser")

    assert [] == [word for word in forbidden if word in script.read_text()]


def test_the_page_loads_nothing_from_elsewhere() -> None:
    for path in STATIC.glob("*.*"):
        text = path.read_text().replace("http://www.w3.org/2000/svg", "")
        assert not [word for word in ('src="http', 'href="http', "url(http", "@import", 'from "http') if word in text]


def test_a_port_in_use_is_refused(sandbox: Sandbox) -> None:
    first, second, port = PageServer(sandbox), PageServer(sandbox), free_port()
    first.serve(port)

    with pytest.raises(PortInUse, match=str(port)):
        second.serve(port)

    first.stop()
