"""A story on its way: paused, stopped, one at a time, watched; and what the page may ask for."""

import time

import msgspec
import pytest

from infra.sandbox.sandbox import Sandbox
from infra.sandbox.story_actions import ACTIONS, read_menu, read_state
from infra.sandbox.story_errors import StoryError, StoryFailed
from infra.sandbox.story_play import Play
from infra.sandbox.story_player import Player
from tests import story_stage
from tests.play import wait_for
from tests.story_stage import NAMES, SEED, by_hand, statuses, until

sandbox, behaving, player = story_stage.sandbox, story_stage.behaving, story_stage.player  # fixtures of this file alone
pytest_plugins = ("tests.scenario_fixtures",)
pytestmark = pytest.mark.scenario


@by_hand
def test_a_paused_story_takes_no_step_and_one_may_join_in_by_hand(sandbox: Sandbox, player: Player) -> None:
    play = player.start("seed", pace_s=0.3)
    until(player, step=1)
    player.pause()
    conversation = play.state().conversation
    wait_for(lambda: len(sandbox.messages.transcript(conversation)) == 2, "the bot's first answer")

    sandbox.messages.phone.say(conversation, "When are you open?")
    wait_for(lambda: "9 to 17" in str(sandbox.messages.transcript(conversation)), "an answer to what is not in it")
    time.sleep(0.5)  # longer than the pace
    paused = play.state()
    player.resume()
    until(player, status="done")

    assert ("paused", 1, "the user writes", 6) == (paused.status, paused.step, paused.step_title, paused.steps)


@by_hand
def test_a_stopped_story_leaves_the_conversation_as_it_is_and_agents_as_they_were(
    sandbox: Sandbox, player: Player
) -> None:
    before = statuses(sandbox)
    play = player.start("nobody-online", pace_s=0.3)
    until(player, step=2)

    player.stop()

    assert ("stopped", "stopped in step 2 of 6") == (play.state().status, play.state().why)
    assert before == statuses(sandbox)
    with pytest.raises(StoryError, match="no story is being played"):
        player.pause()


@by_hand
def test_one_story_is_played_at_a_time(sandbox: Sandbox, player: Player) -> None:
    player.start("seed", pace_s=60.0)

    with pytest.raises(StoryError, match="another story is being played"):
        player.start("outage")
    wait_for(sandbox.stage.locked, "the first one")
    with pytest.raises(StoryFailed, match="another story is being played"):
        Play(sandbox, SEED).run()

    player.stop()
    player.start("seed")
    until(player, status="done")


@by_hand
def test_whoever_listens_hears_of_each_step_and_of_the_end(player: Player) -> None:
    heard: list[tuple[str, int]] = []

    def listen() -> None:
        state = player.state() or {}
        heard.append((state["status"], state["step"]))

    player.listeners.append(listen)
    player.start("seed")
    until(player, status="done")

    wait_for(lambda: heard[-1] == ("done", 6), "the end")
    assert [*(("playing", n) for n in range(1, 7)), ("done", 6)] == heard


# --- what the page may ask for ---------------------------------------------------------------------------------------


def act(sandbox: Sandbox, path: str, **arguments: object) -> dict[str, object]:
    action = ACTIONS[path]
    return action.run(sandbox, msgspec.convert(arguments, action.shape))


@by_hand
def test_the_page_s_actions_play_pause_stop_and_record(sandbox: Sandbox, player: Player) -> None:
    sandbox.stories, given = player, sandbox.stories
    try:
        started = act(sandbox, "story/play", name="seed", pace_s=0.2)
        act(sandbox, "story/pause")
        paused = read_state(sandbox)
        act(sandbox, "story/resume")
        until(player, status="done")
        conversation = read_state(sandbox)["conversation"]
        act(sandbox, "story/record", conversation=conversation, name="mine", title="Mine", description="What I did")
        menu = read_menu(sandbox)
        with pytest.raises(StoryError, match="no story is being played"):
            act(sandbox, "story/stop")
    finally:
        sandbox.stories = given

    assert {"conversation": conversation} == started
    assert ("paused", "seed", "Bot, person, bot") == (paused["status"], paused["name"], paused["title"])
    assert {*NAMES, "mine"} == {one["name"] for one in menu["stories"]}
    assert "" == menu["why_not"]


@pytest.mark.parametrize(
    ("path", "arguments"),
    [
        ("story/play", {"name": "../seed"}),
        ("story/play", {"name": "seed", "pace_s": -1}),
        ("story/play", {"name": "seed", "speed": 2}),
        ("story/record", {"conversation": "c", "name": "mine", "title": " ", "description": "d"}),
        ("story/record", {"conversation": "c" * 201, "name": "mine", "title": "t", "description": "d"}),
        ("story/stop", {"now": True}),
    ],
)
def test_what_the_page_asks_for_wrongly_is_refused(path: str, arguments: dict[str, object]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(arguments, ACTIONS[path].shape)
