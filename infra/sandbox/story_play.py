"""Plays a story in a running sandbox: every line of both sides is expected, one missing, doubled or wrong ends it.

What comes while it is paused is shown and not looked at: one may join in by hand. Other conversations go on beside it.
"""

import threading
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Literal

import msgspec

from infra.sandbox import google_api, users
from infra.sandbox.both_sides import Follower, Line
from infra.sandbox.chat_finder import ChatFinder
from infra.sandbox.livechat import errors as livechat_errors
from infra.sandbox.stories import Step, Story
from infra.sandbox.story_cast import Cast
from infra.sandbox.story_deeds import Stage, do
from infra.sandbox.story_errors import StoryFailed, StoryStopped
from infra.sandbox.story_lines import Expected

if TYPE_CHECKING:
    from infra.sandbox.sandbox import Sandbox

_POLL_S = 0.02
_QUIET_S = 5.0
_AFTERMATH_S = 0.2


class PlayState(msgspec.Struct, frozen=True, kw_only=True):
    """How far a story is. `step`: the one in hand, from 1; 0 = not begun. `why`: what went wrong."""

    title: str
    conversation: str
    status: Literal["playing", "paused", "done", "failed", "stopped"]
    step: int
    steps: int
    step_title: str
    why: str = ""


class Play:
    """One story on its way. `run` plays it; all else may be asked and told meanwhile, from any thread.

    Args:
        on_line: told of each line as it comes.
        on_change: told whenever `state` is another.
        pace_s: how long to wait before each step, for people who read along.
        conversation: the id of the user's conversation; "" = a new one.
    """

    def __init__(
        self,
        sandbox: "Sandbox",
        story: Story,
        *,
        on_line: Callable[[Line], None] = lambda _line: None,
        on_change: Callable[[], None] = lambda: None,
        pace_s: float = 0.0,
        conversation: str = "",
    ) -> None:
        self._sandbox = sandbox
        self._channel = sandbox.channels[sandbox.channel]
        self._story = story
        self._on_line = on_line
        self._on_change = on_change
        self._pace_s = pace_s
        self._conversation = conversation or users.new_name(sandbox)
        self._may_go_on = threading.Event()
        self._may_go_on.set()
        self._was_paused = False
        self._is_stopped = threading.Event()
        self._expected = Expected(story)
        self._step = 0
        self._end: tuple[Literal["done", "failed", "stopped"], str] | None = None

    # --- told and asked ----------------------------------------------------------------------------------------------

    def pause(self) -> None:
        """Begin no further step for now."""
        self._may_go_on.clear()
        self._on_change()

    def resume(self) -> None:
        """Go on."""
        self._may_go_on.set()
        self._on_change()

    def stop(self) -> None:
        """End before the next line. The conversation stays as it is."""
        self._is_stopped.set()
        self._may_go_on.set()

    def state(self) -> PlayState:
        """How far it is."""
        going: Literal["playing", "paused"] = "playing" if self._may_go_on.is_set() else "paused"
        status, why = self._end or (going, "")
        return PlayState(
            title=self._story.title,
            conversation=self._conversation,
            status=status,
            step=self._step,
            steps=len(self._story.steps),
            step_title=self._story.steps[self._step - 1].title if self._step else "",
            why=why,
        )

    # --- playing -----------------------------------------------------------------------------------------------------

    def run(self) -> None:
        """Play the story to its end; afterwards agents and providers are as they were before.

        Raises:
            StoryFailed: a line did not come in time, another came, something could not be done, or a stand-in objects
                to what it was sent.
            StoryStopped: it was stopped.
        """
        try:
            self._run()
            self._end = ("done", "")
        except StoryStopped as e:
            self._end = ("stopped", str(e))
            raise
        except BaseException as e:
            self._end = ("failed", str(e) or type(e).__name__)
            raise
        finally:
            self._on_change()

    def _run(self) -> None:
        sandbox, story = self._sandbox, self._story
        if not sandbox.stage.acquire(blocking=False):
            raise StoryFailed("another story is being played: stop it, or wait for its end")
        cast = Cast(sandbox.livechat)
        objections = len(self._objections())
        try:
            cast.call(story.agents, _leaving(story))
            users.open_conversation(
                sandbox, self._conversation, name=story.user, locale=story.locale, context=story.context
            )
            self._play_steps()
            for one in self._objections()[objections:]:
                raise StoryFailed(f"a stand-in objects: {one}")
        finally:
            cast.give_back()
            sandbox.stage.release()

    def _play_steps(self) -> None:
        find_chat = ChatFinder(self._sandbox, self._conversation).find
        stage = Stage(self._sandbox, self._conversation, find_chat)
        follower = Follower(self._sandbox, self._conversation, self._story.user, find_chat)
        try:
            for number, step in enumerate(self._story.steps, 1):
                self._hold(follower)
                self._step = number
                self._on_change()
                stage.answers.append(do(stage, step.who, step.deed, step.arguments))
                self._await_lines(step, follower)
            self._await_quiet(find_chat, follower)
        except (google_api.ApiError, livechat_errors.ApiError, StoryFailed) as e:
            raise StoryFailed(f"step “{self.state().step_title}”: {e}") from e
        finally:
            stage.behave()

    def _hold(self, follower: Follower) -> None:
        """Keep the pace, and wait while it is paused."""
        until = time.monotonic() + self._pace_s
        while time.monotonic() < until or not self._may_go_on.is_set():
            self._look(follower)

    def _await_lines(self, step: Step, follower: Follower) -> None:
        waited_s, since = 0.0, time.monotonic()
        while missing := self._expected.missing(self._step):
            self._look(follower)
            now = time.monotonic()
            waited_s, since = waited_s + (now - since if self._may_go_on.is_set() else 0.0), now
            if waited_s > step.within_s:
                raise StoryFailed(f"on the side {missing[0]} this did not come: {missing[1]}")

    def _await_quiet(self, find_chat: Callable[[], str], follower: Follower) -> None:
        """Wait for what is still on its way in this conversation: nothing more may come of it."""
        until = time.monotonic() + _QUIET_S
        while time.monotonic() < until and any(self._under_way(find_chat())):
            self._look(follower)
        until = time.monotonic() + _AFTERMATH_S
        while time.monotonic() < until:
            self._look(follower)

    def _under_way(self, chat_id: str) -> Iterator[bool]:
        for sent in self._channel.phone.sender.deliveries():
            yield sent["state"] == "pending" and users.is_about(sent["body"], self._conversation)
        for delivery in list(self._sandbox.livechat.licence.webhooks.deliveries.log):
            yield delivery.outcome == "pending" and delivery.chat_id == chat_id

    def _look(self, follower: Follower) -> None:
        """Show what is new, and check it unless it is paused."""
        if self._is_stopped.wait(_POLL_S):
            raise StoryStopped(f"stopped in step {self._step} of {len(self._story.steps)}")
        is_paused, self._was_paused = self._was_paused, not self._may_go_on.is_set()
        is_paused |= self._was_paused  # what came just before it goes on is of the pause, too
        for line in follower.read_new():
            self._on_line(line)
            if not self._expected.take(line) and not is_paused:
                wanted = self._expected.next_on(line.side, self._step) or "nothing more"
                raise StoryFailed(f"on the side {line.side} came: {line.said}; expected: {wanted}")

    def _objections(self) -> list[str]:
        """Of the channel to what it got for this conversation, and of the bot to all that it got."""
        found = [one for one in self._channel.violations if f"/{self._conversation}/" in f"/{one.detail}"]
        return [f"{one.rule} ({one.detail})" for one in (*found, *self._sandbox.dialogflow.violations)]


def _leaving(story: Story) -> set[str]:
    """Who goes offline in the course of it."""
    stays = [step.arguments for step in story.steps if step.deed == "status"]
    return {str(one.get("agent", "")) for one in stays if one.get("status") == "offline"}
