"""Routed by rules in a running deployment: the group, again the same, its agents' names, and what agents are told."""

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from infra.sandbox.livechat.options import AgentProfile
from tests.hands import PROFILE
from tests.play import (
    ASKING,
    JANE,
    NAMES,
    SAM,
    Scene,
    WatchedSandbox,
    everything_sent_to_user,
    joined,
    said_by,
    wait_for,
)
from tests.product import SQLITE, Setup
from tests.scenario_fixtures import Running

pytest_plugins = ("tests.scenario_fixtures",)
pytestmark = [pytest.mark.scenario, pytest.mark.product, pytest.mark.only_on(SQLITE)]

STANDARD, VIENNA, SALES = 7, 8, 9
TEAM = "HUMAN Wiener Team"
ROUTING = {
    "rules": [
        {"when": {"locale": "de", "place": "p-vienna"}, "group": VIENNA},
        {"when": {"intent": "Talk to*", "parameters": {"department": "billing"}}, "department": "sales"},
    ],
    "groups": {str(VIENNA): {"agent_name_policy": "fixed", "human_name": "Wiener Team"}},
}
LIVECHAT: dict[str, Any] = {
    "agents": (
        AgentProfile(id=JANE, name=NAMES[JANE], groups=(0, STANDARD, SALES), max_chats=100),
        AgentProfile(id=SAM, name=NAMES[SAM], groups=(0, VIENNA), max_chats=100),
    ),
    "groups": (0, STANDARD, VIENNA, SALES),
    "retry_delays": (0.3, 1.0, 3.0),
}


@pytest.fixture(scope="module")
def sandbox(setup: Setup, running: Running, tmp_path_factory: pytest.TempPathFactory) -> WatchedSandbox:
    path: Path = tmp_path_factory.mktemp("routing") / "routing.json"
    path.write_text(json.dumps(ROUTING))
    settings = {
        "ROUTING_FILE": str(path),
        "LIVECHAT_GROUPS": json.dumps({"default": STANDARD, "sales": SALES}),
    }
    make = partial(WatchedSandbox, settings, bot=setup.bot, livechat_options=LIVECHAT)
    return running.get(("routing", setup.bot), make)


@pytest.fixture
def scenes(sandbox: WatchedSandbox, channel: str) -> Callable[..., Scene]:
    def open_scene(locale: str = "en", **context: str) -> Scene:
        return Scene(sandbox, channel, locale=locale, context=context)

    return open_scene


def groups_of(scene: Scene) -> list[list[int]]:
    """The group of each thread that the user ever had."""
    return [thread.group_ids for thread in scene.chat.threads]


def sees(scene: Scene, line: str, times: int = 1) -> None:
    wait_for(lambda: times == scene.screen().count(line), f"{line!r} on the screen, {times} times")


@pytest.mark.needs(PROFILE)
def test_a_rule_leads_to_its_group_on_every_resume_and_its_agents_are_shown_as_that_group_wants(
    scenes: Callable[..., Scene],
) -> None:
    scene = scenes(locale="de-AT", placeId="p-vienna")

    for number in (1, 2):
        scene.user_says("talk to a person")
        sees(scene, f"{TEAM} REPRESENTATIVE_JOINED", number)
        scene.agent_does("reply", text=f"Servus {number}")
        sees(scene, f"{TEAM}: Servus {number}")
        scene.agent_does("close")
        sees(scene, f"{TEAM} REPRESENTATIVE_LEFT", number)
    scene.settle()

    assert [[VIENNA], [VIENNA]] == groups_of(scene)
    assert "Sam" not in json.dumps([call.body for call in scene.sent_to_user()])


def test_a_user_whom_no_rule_fits_goes_to_the_default_and_sees_the_agents_name(scenes: Callable[..., Scene]) -> None:
    scene = scenes(locale="de")

    scene.hand_off(to=JANE)
    scene.agent_replies("Good morning!")

    assert [[STANDARD]] == groups_of(scene)
    assert [joined(JANE), said_by(JANE, "Good morning!")] == scene.screen()[-2:]


def test_intent_and_parameters_of_the_bot_s_signal_lead_to_a_department(scenes: Callable[..., Scene]) -> None:
    scene = scenes()

    scene.hand_off("I want a person from billing", to=JANE)

    assert [[SALES]] == groups_of(scene)


@pytest.mark.needs(PROFILE)
def test_agents_are_told_what_is_known_and_the_user_is_not(scenes: Callable[..., Scene]) -> None:
    scene = scenes(locale="en-GB", placeId="p-london", entryPoint="MAPS")
    scene.hand_off(to=JANE)
    scene.agent_closes()

    scene.hand_off("a person from sales", to=JANE)
    scene.settle()

    (note,) = [event for event in scene.chat.threads[-1].events if event["type"] == "filled_form"]
    told = {field["label"]: field["answer"] for field in note["fields"]}
    assert "agents" == note["visibility"]
    assert {
        "Reason": "the bot asked for a person",
        "Topic": "sales",
        "What the bot understood": "Talk to human",
        "Language": "en-GB",
        "Entry point": "MAPS",
        "Place": "p-london",
    }.items() <= told.items()
    assert told["Earlier hand-offs"].endswith("UTC: the bot asked for a person → an agent closed the chat")
    assert told["Conversation so far"].splitlines()[-1] == f"Bot ({scene.sandbox.settings['BOT_NAME']}): {ASKING}"
    assert "What the bot understood" not in everything_sent_to_user(scene)
    customer = scene.sandbox.livechat.licence.customers[scene.chat.customer_id]
    assert {"placeId": "p-london"} in customer.session_fields
