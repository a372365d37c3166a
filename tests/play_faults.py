"""Faults by hand on a running sandbox: its conversation, and what the tests of the switches do with it."""

import time
from collections.abc import Callable, Iterator

from infra.sandbox import faults
from infra.sandbox.processes import FUNCTIONS
from infra.sandbox.standin import StandIn
from tests.play import JANE, JsonObject, Scene, WatchedSandbox, said_by, wait_for
from tests.scenario_fixtures import LIVECHAT_OPTIONS, STANDARD

ASKED, ANSWERED = [f"My question number {n}" for n in range(3)], [f"My answer number {n}." for n in range(3)]
LONG_S = 40.0
_PAUSE_S = 0.15


def a_sandbox() -> Iterator[WatchedSandbox]:
    """A deployment of its own: time goes by in it."""
    running = WatchedSandbox({"LIVECHAT_GROUPS": f'{{"default": {STANDARD}}}'}, livechat_options=LIVECHAT_OPTIONS)
    with running:
        yield running


def a_scene(opened: Scene) -> Iterator[Scene]:
    """The conversation; afterwards all is switched off, and every function is there again."""
    yield opened
    faults.behave_again(opened.sandbox)
    time_goes_by(opened)
    wait_for(lambda: not any(is_on(opened, f"kill_{name}") for name in FUNCTIONS), "the functions", LONG_S)


def switch(scene: Scene, *ids: str) -> None:
    """Switch these on."""
    for one in ids:
        faults.switch(scene.sandbox, one, True)


def is_on(scene: Scene, switch_id: str) -> bool:
    """As a page would show it."""
    return any(one["on"] for one in faults.switches(scene.sandbox) if one["id"] == switch_id)


def time_goes_by(scene: Scene) -> None:
    """What failed is tried again."""
    switch(scene, "clock_1m")


def was_struck(standin: StandIn) -> Callable[[], bool]:
    """Tells whether a fault by hand struck since."""
    before = standin.struck["by hand"]
    return lambda: standin.struck["by hand"] > before


def everybody_talks(scene: Scene) -> None:
    """Not so fast that one webhook overtakes another by itself."""
    for question, answer in zip(ASKED, ANSWERED, strict=True):
        scene.user_says(question)
        scene.agent_does("reply", JANE, text=answer)
        time.sleep(_PAUSE_S)


def all_is_there(scene: Scene) -> None:
    """Each line once, in order, on both sides."""
    for question, answer in zip(ASKED, ANSWERED, strict=True):
        scene.agents_see(f"user: {question}", LONG_S)
        scene.user_sees(said_by(JANE, answer), LONG_S)
    scene.settle(LONG_S)
    assert [f"user: {text}" for text in ASKED] == [line for line in scene.inbox() if line.startswith("user: ")]
    assert [said_by(JANE, text) for text in ANSWERED] == answers(scene)


def answers(scene: Scene) -> list[str]:
    """What the user sees of them."""
    return [line for line in scene.screen() if "My answer" in line]


def questions_sent(scene: Scene) -> list[JsonObject]:
    """What became of the questions' webhooks; [] while one is on its way."""
    sent = [one for one in scene.hand.deliveries() if one["body"].get("message", {}).get("text") in ASKED]
    return sent if all(one["state"] == "delivered" for one in sent) else []
