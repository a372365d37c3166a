"""What each path costs in trips to the store and in calls, by the functions' own count and by the stand-ins'."""

from typing import Any, NamedTuple

import pytest

from tests.play import BRIEFING, PROBLEM, WELCOME_BACK, Scene
from tests.play_log import Log

pytest_plugins = ("tests.scenario_fixtures",)
pytestmark = pytest.mark.scenario

DESK = "livechat_webhook"


class Cost(NamedTuple):
    """Trips to the store, and calls to each provider, as logged."""

    trips: int
    calls: dict[str, int]


class Meter:
    """Measures from now on what is done for one conversation."""

    def __init__(self, scene: Scene) -> None:
        scene.settle()
        self._scene = scene
        self._log = Log(scene.sandbox)
        self._standins = {
            "livechat": scene.sandbox.livechat,
            "channel": scene.channel,
            "dialogflow": scene.sandbox.dialogflow,
        }
        self._marks = {name: len(standin.calls) for name, standin in self._standins.items()}

    def costs(self, function: str, kind: str = "") -> list[Cost]:
        """Of each event that this function worked; `kind`: only where an entry of this kind was worked."""
        self._scene.settle()
        lines = [line for line in self._log.of_events(self._scene.key) if line["function"] == function]
        return [self._cost(line) for line in lines if not kind or kind in _kinds(line)]

    def _cost(self, line: dict[str, Any]) -> Cost:
        circuits = {self._scene.hand.circuit: "channel"}
        return Cost(line["store_trips"], {circuits.get(name, name): count for name, count in line["calls"].items()})

    def calls(self) -> dict[str, int]:
        """What the stand-ins were really asked, by provider."""
        self._scene.settle()
        counts = {name: len(standin.calls) - self._marks[name] for name, standin in self._standins.items()}
        return {name: count for name, count in counts.items() if count}

    def actions(self) -> list[str]:
        """The methods that LiveChat was asked, in order."""
        return [
            call.path.rpartition("/")[2] for call in list(self._standins["livechat"].calls)[self._marks["livechat"] :]
        ]


def _kinds(line: dict[str, Any]) -> set[str]:
    return {happening["kind"] for happening in line.get("happenings", []) if "kind" in happening}


def test_a_turn_with_the_bot(scene: Scene) -> None:
    meter = Meter(scene)
    scene.user_says("Hi, I have a problem")
    scene.bot_answers(PROBLEM)

    assert [Cost(4, {"dialogflow": 1, "channel": 1})] == meter.costs(scene.hand.door)
    assert {"dialogflow": 1, "channel": 1} == meter.calls()


def test_a_user_s_message_to_the_agents(scene: Scene) -> None:
    scene.hand_off()

    meter = Meter(scene)
    scene.user_says("My lamp is broken")
    scene.agents_see("user: My lamp is broken")

    assert [Cost(3, {"livechat": 1})] == meter.costs(scene.hand.door)
    assert {"livechat": 1} == meter.calls()


def test_an_agent_s_message_to_the_user(scene: Scene) -> None:
    scene.hand_off()
    scene.agent_replies("Good morning!")

    meter = Meter(scene)
    scene.agent_replies("What is it about?")

    assert [Cost(3, {"channel": 1})] == meter.costs(DESK)
    assert {"channel": 1} == meter.calls()


def test_a_chat_that_is_new_to_a_process_costs_one_look_up_more(scene: Scene) -> None:
    scene.sandbox.livechat.misbehave(delay_s=0.3)  # by then whoever opened the chat has let go of the conversation

    meter = Meter(scene)
    scene.hand_off()

    (joining,) = meter.costs(DESK, "chat_started")
    assert Cost(1 + 4, {"channel": 1}) == joining


def test_an_agent_s_first_message_without_a_join(scene: Scene) -> None:
    scene.sandbox.livechat.misbehave(drop=1.0)
    scene.user_says("talk to a person")
    scene.agents_see(BRIEFING)
    scene.settle()
    scene.sandbox.livechat.misbehave()

    meter = Meter(scene)
    scene.agent_does("reply", text="Good morning!")
    scene.user_sees("HUMAN Agent: Good morning!")  # LiveChat's notice of a message has no names

    assert [Cost(1 + 5, {"channel": 2})] == meter.costs(DESK)
    assert ["HUMAN Agent REPRESENTATIVE_JOINED", "HUMAN Agent: Good morning!"] == scene.screen()[2:]


def test_a_message_costs_the_same_late_in_a_conversation(scene: Scene) -> None:
    scene.hand_off()
    for number in range(20):
        scene.agent_replies(f"This is my answer number {number}.")
        scene.user_says(f"This is my question number {number}")
    meter = Meter(scene)

    scene.user_says("My lamp is broken")
    scene.settle()
    scene.agent_replies("What a pity!")

    assert [Cost(3, {"livechat": 1})] == meter.costs(scene.hand.door)
    assert [Cost(3, {"channel": 1})] == meter.costs(DESK)


@pytest.mark.parametrize("with_agent", [False, True])
def test_a_user_s_webhook_that_comes_twice(scene: Scene, with_agent: bool) -> None:
    if with_agent:
        scene.hand_off()
    body = scene.user_says("Hello")

    meter = Meter(scene)
    scene.redeliver(body)

    assert [Cost(1, {})] == meter.costs(scene.hand.door)
    assert {} == meter.calls()


def test_an_agent_s_webhook_that_comes_twice(scene: Scene) -> None:
    scene.hand_off()
    scene.agent_replies("Good morning!")
    scene.sandbox.livechat.misbehave(duplicate=1.0)

    meter = Meter(scene)
    scene.agent_replies("What is it about?")

    assert [Cost(1, {}), Cost(3, {"channel": 1})] == sorted(meter.costs(DESK))
    assert {"channel": 1} == meter.calls()


def test_a_hand_off_with_the_agent_token_at_hand(scenes: Any) -> None:
    scenes().hand_off()
    scene = scenes()
    scene.sandbox.livechat.misbehave(delay_s=0.3)  # the agent's coming is worked, and counted, by itself

    meter = Meter(scene)
    scene.hand_off()

    (asking,) = meter.costs(scene.hand.door)
    bot_turn = Cost(4, {"dialogflow": 1, "channel": 1})
    assert asking.trips - bot_turn.trips <= 5
    actions = [action for action in meter.actions() if action != "update_customer"]
    assert ["token", "list_group_statuses", "start_chat"] == actions
    assert meter.calls()["dialogflow"] == 1
    assert asking.calls["livechat"] == len(meter.actions())


def test_a_return_to_the_bot(scene: Scene) -> None:
    scene.hand_off()
    scene.settle()

    meter = Meter(scene)
    scene.agent_closes()
    scene.bot_answers(WELCOME_BACK)

    (closing,) = meter.costs(DESK, "chat_closed")
    assert {"livechat": 1, "channel": 2, "dialogflow": 1} == closing.calls == meter.calls()


def test_a_wake_up_that_comes_too_early_looks_once_and_does_nothing(scene: Scene, log: Log) -> None:
    scene.user_says("Hello")
    scene.bot_answers("Hello! What can I do for you?")

    meter = Meter(scene)
    scene.wake_up()

    (line,) = log.lines("redeliver", conversation=scene.key)
    assert ("ignored", 1, {}) == (line["outcome"], line["store_trips"], line["calls"])
    assert {} == meter.calls()
