"""One channel for several brands: each agent's messages go out as its brand wants them."""

import json
from typing import Any

import pytest

from functions.handoff.content import OutboundMessage
from functions.handoff.interfaces import Voice
from functions.runtime.brand_channel import BrandChannel
from tests.brands_world import ACME, OWN, PARTIES, ZETA, BrandsWorld, Party, brands_world
from tests.fakes import FakeChannel, Faults

HUMAN = Voice("HUMAN", "Jane")
OF_ACME = {"RCS_NAME_PREFIX": False, "RCS_TRAFFIC_TYPE": "TRANSACTION", "RCS_TTL_S": 60}


def channels() -> tuple[BrandChannel, dict[str, FakeChannel]]:
    made = {name: FakeChannel(Faults()) for name in ("own", "acme", "composer")}
    one = BrandChannel(made["own"], {"a": made["acme"]}, composer=made["composer"], agent_field="agentId")
    return one, made


@pytest.mark.parametrize(
    ("address", "name"), [({"agentId": "a"}, "acme"), ({"agentId": "x"}, "own"), ({"agentId": ""}, "own"), ({}, "own")]
)
def test_every_call_goes_to_the_channel_of_the_agent_in_the_address(address: dict[str, Any], name: str) -> None:
    channel, made = channels()

    for part in channel.compose(OutboundMessage("hello"), HUMAN):
        channel.send_message(address, part, HUMAN, message_id="m-1", timeout_s=1)
    channel.send_framing(address, HUMAN, left=False, line=OutboundMessage("joined"), event_id="e-1", timeout_s=1)
    channel.send_read(address, "m-0", timeout_s=1)
    channel.send_survey(address, survey_id="s-1", timeout_s=1)
    with channel.thinking(address, HUMAN):
        pass

    assert [name] == [one for one, fake in made.items() if fake.shown or fake.read or fake.surveys or fake.thought]
    one = made[name]
    assert (["m-0"], ["s-1"], 1) == (one.read, one.surveys, one.thought)
    assert ["message", "joined"] == [shown.kind for shown in one.shown]


def sent_by_agent(world: BrandsWorld, party: Party, text: str) -> dict[str, Any]:
    """The message in which an agent's words arrived at a phone."""
    world.rcs_user(party, f"human of {party.mark}")
    world.agent_joins(world.outside.chats)
    before = len(world.outside.sent)
    world.agent_says(world.outside.chats, text)
    [body] = [body for path, body in world.outside.sent[before:] if path.endswith("/agentMessages")]
    found: dict[str, Any] = body
    return found


def test_name_traffic_and_time_to_live_are_the_brand_s_own() -> None:
    with brands_world(of_acme=OF_ACME) as world:
        sent = {party.mark: sent_by_agent(world, party, "hello") for party in PARTIES}

    texts = {mark: body["contentMessage"]["text"] for mark, body in sent.items()}
    assert {"Own": "Own Team: hello", "Acme": "hello", "Zeta": "Zeta Team: hello"} == texts
    assert ("TRANSACTION", "60s") == (sent["Acme"]["messageTrafficType"], sent["Acme"]["ttl"])
    assert ("SERVICEREQUEST", None) == (sent["Zeta"]["messageTrafficType"], sent["Zeta"].get("ttl"))


@pytest.mark.parametrize("own", ["on", "off"])
def test_a_long_text_fits_with_any_brand_s_name_in_front(own: str) -> None:
    text = "word " * 1500
    with brands_world(RCS_NAME_PREFIX=own, of_acme={"RCS_NAME_PREFIX": True}) as world:
        for party in (OWN, ACME, ZETA):
            world.rcs_user(party, f"human of {party.mark}")
            world.agent_joins(world.outside.chats)
            world.agent_says(world.outside.chats, text)

        said = [body["contentMessage"]["text"] for path, body in world.outside.sent if path.endswith("/agentMessages")]

    assert max(map(len, said)) <= 3072
    assert 3 * len(text.split()) == json.dumps(said).count("word")
