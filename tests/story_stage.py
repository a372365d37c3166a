"""A sandbox as `make run` starts it, for tests of stories: played by the runner, by a player, or by hand."""

import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import msgspec
import pytest

from infra.sandbox import run_options, stories
from infra.sandbox.chat_finder import ChatFinder
from infra.sandbox.sandbox import Sandbox
from infra.sandbox.stories import Step, Story, load
from infra.sandbox.story_play import Play
from infra.sandbox.story_player import Player
from tests.hands import BUSINESS_MESSAGES
from tests.play import ADA, JANE, SAM, WatchedSandbox, wait_for
from tests.product import ES, SQLITE, Setup
from tests.scenario_fixtures import Running

SEED = load("seed")
ON, AWAY = "accepting_chats", "not_accepting_chats"
NAMES = sorted(stories.names())


@pytest.fixture(scope="module")
def sandbox(setup: Setup, running: Running, store_settings: dict[str, str]) -> Iterator[Sandbox]:
    """What `make run` starts, with each channel, bot and store."""
    settings = run_options.SETTINGS | store_settings
    options = {"channel": setup.channel, "bot": setup.bot, "livechat_options": run_options.LIVECHAT_OPTIONS}
    with pytest.MonkeyPatch.context() as patch:
        for name, value in store_settings.items():
            patch.setenv(name, value)  # stories look into the store
        yield running.get(("stories", *setup), partial(WatchedSandbox, settings, **options))


@pytest.fixture(autouse=True)
def behaving(sandbox: Sandbox) -> Iterator[None]:
    """Whatever a test does, agents and providers are for the next one as they were."""
    yield
    for agent in (JANE, SAM, ADA):
        if status_of(sandbox, agent) != ON:
            sandbox.livechat.play("status", agent=agent, status=ON)
    for chat in list(sandbox.livechat.licence.chats.values()):
        if chat.active_thread:
            sandbox.livechat.play("timeout", chat_id=chat.id)
    for standin in (sandbox.livechat, sandbox.dialogflow, *sandbox.channels.values()):
        standin.faults = []


by_hand = pytest.mark.only_on(BUSINESS_MESSAGES, ES, SQLITE)


def status_of(sandbox: Sandbox, agent: str) -> str:
    return sandbox.livechat.licence.agents[agent].status


def statuses(sandbox: Sandbox) -> list[str]:
    return [status_of(sandbox, agent) for agent in (JANE, SAM, ADA)]


def play(sandbox: Sandbox, story: Story) -> tuple[str, list[str]]:
    """Plays it; answers the conversation and every line with its side."""
    lines: list[str] = []
    one = Play(sandbox, story, on_line=lambda line: lines.append(f"{line.side} {line.said}"))
    one.run()
    assert "done" == one.state().status
    return one.state().conversation, lines


def make(*steps: Step, **more: object) -> Story:
    return msgspec.convert({"title": "t", "description": "d", "agents": {JANE: ON}, "steps": steps, **more}, Story)


def says(text: str, *phone: str) -> Step:
    seen = (f"Michael: {text}", *phone)
    return Step(title=text, who="user", deed="say", arguments={"text": text}, phone=seen, within_s=5.0)


HELLO = says("hello", "BOT Hello World Agent: Hello! What can I do for you?")


@pytest.fixture
def player(sandbox: Sandbox, tmp_path: Path) -> Iterator[Player]:
    """With the stories in a folder of its own."""
    for name in NAMES:
        (tmp_path / f"{name}.json").write_bytes((stories.FOLDER / f"{name}.json").read_bytes())
    one = Player(sandbox, tmp_path)
    yield one
    if (one.state() or {}).get("status") in ("playing", "paused"):
        one.stop()


def until(player: Player, **wanted: object) -> None:
    def is_so() -> bool:
        state = player.state() or {}
        assert state.get("status") != "failed", state["why"]
        return all(state.get(name) == value for name, value in wanted.items())

    wait_for(is_so, str(wanted))


class ByHand:
    """A conversation as somebody plays it on the page, who waits for what comes of each deed."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._phone = sandbox.messages.phone
        self.id = self._phone.open(name="Olga", locale="en-GB", context={"customContext": "a link"})
        self._find_chat = ChatFinder(sandbox, self.id).find

    def user(self, deed: str, *arguments: str, shows: str = "", lists: str = "", **more: object) -> None:
        getattr(self._phone, deed)(self.id, *arguments, **more)
        self.await_newest(shows, lists)

    def agent(self, deed: str, agent: str = JANE, shows: str = "", lists: str = "", **more: object) -> str:
        answer = self._sandbox.livechat.play(deed, agent=agent, chat_id=self._find_chat(), **more)
        self.await_newest(shows, lists)
        return str(answer.get("event_id", ""))

    def await_newest(self, shows: str, lists: str = "") -> None:
        """Wait until the phone's newest line holds `shows`, and the inbox's newest event `lists`."""
        wait_for(lambda: shows in self._newest_line(), f"{shows!r} on {self.id}")
        wait_for(lambda: lists in self._newest_event(), f"{lists!r} at the agents of {self.id}")

    def _newest_line(self) -> str:
        line = self._sandbox.messages.transcript(self.id)[-1]
        return json.dumps([line, f"{line.get('name')} {line.get('event')}"], ensure_ascii=False)

    def _newest_event(self) -> str:
        chat_id = self._find_chat()
        events = self._sandbox.livechat.chat_state(chat_id)["threads"][-1]["events"][-1:] if chat_id else []
        return json.dumps(events, ensure_ascii=False)
