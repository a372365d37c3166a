"""Several brands in one deployment: each is itself everywhere, and nothing of one is seen in another."""

import base64
import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.brands_world import ACME, OWN, PARTIES, RCS, ZETA, BrandsWorld, Party, brands_world, ids_of
from tests.doors import CHANNEL, signature

EACH = pytest.mark.parametrize("party", PARTIES, ids=lambda party: party.mark)
OTHERS = pytest.mark.parametrize(
    ("named", "signer"),
    [(one, other) for one in PARTIES for other in PARTIES if one != other],
    ids=lambda party: party.mark,
)


@pytest.fixture
def world() -> Iterator[BrandsWorld]:
    with brands_world() as one:
        yield one


def marks(text: str) -> set[str]:
    return {party.mark for party in PARTIES if party.mark in text or f"{party.mark.lower()}" in text}


# --- who speaks to whom ----------------------------------------------------------------------------------------------


@EACH
def test_the_same_words_go_to_each_brand_s_own_bot_and_come_back_under_its_name(
    world: BrandsWorld, party: Party
) -> None:
    answered = world.says(party, "hello")

    asked = [path for path, _ in world.outside.sent if path.endswith(":detectIntent")]
    assert 200 == answered.status
    assert [True] == [path.startswith(f"/v2/{party.bot}/sessions/") for path in asked]
    assert f"{party.mark} Bot" in world.since(0)
    assert party.name == world.brand_of(party)


def test_three_brands_at_once_with_the_same_conversation_id_are_three_conversations(world: BrandsWorld) -> None:
    for party in PARTIES:
        world.says(party, f"human of {party.mark}")
    for chat, _ in enumerate(PARTIES, start=1):
        world.agent_joins(chat)
    before = len(world.outside.sent)

    for chat, party in enumerate(PARTIES, start=1):
        world.agent_says(chat, f"This is {party.mark}.")

    texts = [(path, body) for path, body in world.outside.sent[before:] if body and "text" in body]
    assert [f"This is {party.mark}." for party in PARTIES] == [body["text"] for _, body in texts]
    assert [f"{party.mark} Team" for party in PARTIES] == [body["representative"]["displayName"] for _, body in texts]
    assert [] == world.outside.faults


@EACH
def test_a_whole_conversation_shows_nothing_of_another_brand(world: BrandsWorld, party: Party) -> None:
    for other in PARTIES:
        if other != party:
            world.says(other, f"human of {other.mark}")
    chat = len(PARTIES)
    before = len(world.outside.sent)

    world.says(party, "hello")
    world.says(party, f"human of {party.mark}")
    world.agent_joins(chat)
    world.agent_says(chat, "Hi.")
    world.says(party, "thanks")
    world.says(party, f"/{party.mark.lower()}")
    world.says(party, "and now?")

    asked = [body["queryInput"].get("text") for path, body in world.outside.sent[before:] if path.endswith("Intent")]
    assert {"text": "and now?", "languageCode": "en"} == asked[-1]
    assert {party.mark} == marks(world.since(before))
    assert [] == world.outside.faults


@EACH
def test_a_person_is_asked_for_in_the_brand_s_own_group_and_words(world: BrandsWorld, party: Party) -> None:
    world.says(party, f"human of {party.mark}")

    [started] = [body for path, body in world.outside.sent if path.endswith("/start_chat")]
    assert [party.group] == started["chat"]["access"]["group_ids"]
    assert f"{party.mark} is looking for a person." in world.since(0)


def test_another_brand_s_keywords_are_words_like_others(world: BrandsWorld) -> None:
    world.says(ACME, f"human of {ZETA.mark}")

    assert not [path for path, _ in world.outside.sent if path.endswith("/start_chat")]


def test_an_agent_in_no_brand_is_the_deployment_s_own(world: BrandsWorld) -> None:
    stranger = OWN._replace(agent="brands/x/agents/x")

    answered = world.says(stranger, "hello")

    assert (200, "") == (answered.status, world.brand_of(OWN))


def test_nothing_of_a_brand_that_is_gone_goes_to_another_s_bot(world: BrandsWorld) -> None:
    world.says(ACME, f"human of {ACME.mark}")
    world.agent_joins(1)
    before = len(world.outside.sent)
    world.take_out(ACME)

    world.desk("chat_deactivated", {**ids_of(1), "user_id": "jane@shop.example"})
    refused = world.says(ACME, "hello?")
    begun = world.says(ACME, "hello?", key=OWN.key)

    asked = [(path, body) for path, body in world.outside.sent[before:] if path.endswith(":detectIntent")]
    assert (401, 200) == (refused.status, begun.status)
    assert [True] == [path.startswith(f"/v2/{OWN.bot}/") and "text" in body["queryInput"] for path, body in asked]


@EACH
def test_what_a_bot_says_in_no_known_kind_is_named_in_the_log(world: BrandsWorld, party: Party) -> None:
    answer: Any = {"queryResult": {"fulfillmentMessages": [{"hologram": {}}]}}
    world.outside._hear = lambda _body: answer  # type: ignore[assignment, method-assign]

    line = json.loads(world.says(party, "hello").log)

    assert {"happening": "bot_message_ignored", "kinds": ["hologram"]} in line["happenings"]


# --- who is who ------------------------------------------------------------------------------------------------------


@OTHERS
def test_one_brand_s_key_opens_no_other_brand_s_door(world: BrandsWorld, named: Party, signer: Party) -> None:
    answered = world.says(named, "hello", key=signer.key)

    assert 401 == answered.status
    assert world.brand_of(named) is None
    assert [] == world.outside.sent


@OTHERS
def test_nor_does_it_where_the_agent_is_hidden_in_a_wrapper(world: BrandsWorld, named: Party, signer: Party) -> None:
    inner = {"agent": named.agent, "conversationId": "c-1", "message": {"messageId": "m", "text": "hello"}}
    wrapped = {"agent": signer.agent, "data": base64.b64encode(json.dumps(inner).encode()).decode()}
    raw = json.dumps(wrapped).encode()

    answered = world.send(CHANNEL, raw, signature(signer.key, raw))

    assert 401 == answered.status
    assert world.brand_of(named) is None


@EACH
def test_a_brand_s_previous_key_is_good_for_it(world: BrandsWorld, party: Party) -> None:
    assert 200 == world.says(party, "hello", key=party.key).status


def test_a_body_that_names_no_agent_is_the_deployment_s_own(world: BrandsWorld) -> None:
    nameless = ACME._replace(agent="")

    assert 401 == world.says(nameless, "hello").status
    assert 200 == world.says(nameless, "hello", key=OWN.key).status
    assert "" == world.brand_of(OWN)


@EACH
def test_anybody_s_token_passes_the_handshake(world: BrandsWorld, party: Party) -> None:
    answered = world.send(CHANNEL, json.dumps({"clientToken": party.key, "secret": "s-1"}).encode())

    assert (200, "s-1") == (answered.status, answered.text)


def test_no_other_token_does(world: BrandsWorld) -> None:
    answered = world.send(CHANNEL, json.dumps({"clientToken": "acme-bm", "secret": "s-1"}).encode())

    assert 401 == answered.status


@EACH
def test_what_nobody_can_read_is_ignored_whoever_signed_it(world: BrandsWorld, party: Party) -> None:
    signed = world.send(CHANNEL, b"no json", signature(party.key, b"no json"))
    forged = world.send(CHANNEL, b"no json", signature("another key", b"no json"))

    assert (200, 401) == (signed.status, forged.status)


# --- RCS -------------------------------------------------------------------------------------------------------------


@EACH
def test_an_rcs_agent_is_its_brand_s(world: BrandsWorld, party: Party) -> None:
    answered = world.rcs_user(party, "hello")

    assert 200 == answered.status
    assert {party.mark} == marks(world.since(0))
    assert any(path.startswith(f"/v2/{party.bot}/sessions/") for path, _ in world.outside.sent)


@OTHERS
def test_one_brand_s_rcs_token_opens_no_other_brand_s_door(world: BrandsWorld, named: Party, signer: Party) -> None:
    answered = world.rcs_user(named, "hello", token=signer.rcs_token)

    assert 401 == answered.status
    assert [] == world.outside.sent


@OTHERS
def test_nor_does_it_where_the_agent_is_named_twice(world: BrandsWorld, named: Party, signer: Party) -> None:
    hidden = {"agentId": signer.rcs_agent, "agentId\0": named.rcs_agent, "messageId": "m-1", "text": "hello"}
    data = json.dumps({**hidden, "senderPhoneNumber": "+99912345"}).encode()
    body = {"message": {"data": base64.b64encode(data).decode()}}

    answered = world.send(RCS, json.dumps(body).encode(), signature(signer.rcs_token, data))

    assert 401 == answered.status
    assert [] == world.outside.sent


def test_one_phone_that_writes_to_two_brands_has_two_conversations(world: BrandsWorld) -> None:
    world.rcs_user(ACME, "human of Acme")
    before = len(world.outside.sent)

    world.rcs_user(ZETA, "hello")

    assert {"Zeta"} == marks(world.since(before))


# --- the bot ---------------------------------------------------------------------------------------------------------


@EACH
def test_a_brand_s_bot_may_ask_for_a_person_in_its_own_conversations(world: BrandsWorld, party: Party) -> None:
    world.says(party, "hello")

    line = json.loads(world.bot_asks(party).log)

    assert "queued" == line["outcome"]


@OTHERS
def test_a_bot_moves_nothing_in_another_brand_s_conversation(world: BrandsWorld, named: Party, signer: Party) -> None:
    world.says(named, "hello")
    commits = world.commits()

    by_token = world.bot_asks(named, token=signer.bot_token)
    by_agent = world.bot_asks(named, token=signer.bot_token, agent=signer.bot)

    assert commits == world.commits()
    assert 401 == by_token.status
    assert (200, "foreign_session") == (by_agent.status, json.loads(by_agent.log)["reason"])
    assert {signer.mark} == marks(by_agent.text)


def test_of_a_brand_that_is_gone_no_bot_moves_anything(world: BrandsWorld) -> None:
    world.says(ACME, "hello")
    for party in (ACME, ZETA):
        world.take_out(party)
    commits = world.commits()

    lines = [json.loads(world.bot_asks(ACME, token=OWN.bot_token, agent=agent).log) for agent in (OWN.bot, ACME.bot)]

    assert ["foreign_session", "foreign_session"] == [line["reason"] for line in lines]
    assert commits == world.commits()


def test_a_bot_of_nobody_s_moves_nothing(world: BrandsWorld) -> None:
    world.says(ACME, "hello")
    commits = world.commits()

    line = json.loads(world.bot_asks(ACME, agent="projects/nobody/agent").log)

    assert ("ignored", "foreign_session") == (line["outcome"], line["reason"])
    assert commits == world.commits()
