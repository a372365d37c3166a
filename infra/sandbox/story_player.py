"""A sandbox's stories: which there are, the one that is played, and new ones made of what people played by hand."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from infra.sandbox import stories
from infra.sandbox.both_sides import Line
from infra.sandbox.story_errors import StoryError
from infra.sandbox.story_play import Play
from infra.sandbox.story_record import record

if TYPE_CHECKING:
    from infra.sandbox.sandbox import Sandbox

JsonObject = dict[str, Any]
_NOT_WITH_YOUR_BOT = "stories expect the words of the stand-in's bot, and here your own answers"
_LONGEST_STOP_S = 5.0
_GOING = ("playing", "paused")


class Player:
    """Plays one story at a time, beside whoever asks. May be used in several threads.

    `listeners` are called whenever `state` is another.
    """

    def __init__(self, sandbox: "Sandbox", folder: Path = stories.FOLDER) -> None:
        self._sandbox = sandbox
        self._folder = folder
        self.listeners: list[Callable[[], None]] = []
        self._lock = threading.Lock()
        self._play: Play | None = None
        self._name = ""
        self._thread: threading.Thread | None = None

    def list_all(self) -> list[JsonObject]:
        """Every story there is, for a menu, see `stories.Listed`."""
        listed: list[JsonObject] = msgspec.to_builtins(stories.list_all(self._folder))
        return listed

    def state(self) -> JsonObject | None:
        """The story that is played or was played last (`PlayState`, with its `name`); None = none yet."""
        with self._lock:
            if self._play is None:
                return None
            state: JsonObject = {"name": self._name, **msgspec.to_builtins(self._play.state())}
        return state

    def start(self, name: str, *, pace_s: float = 0.0) -> Play:
        """Begin to play the story of that name in a thread of its own, `pace_s` before each step.

        Raises:
            StoryError: there is no such story, it is wrong, or another one is being played.
        """
        play = self._begin(name, pace_s, _not_told)
        thread = threading.Thread(target=_run, args=(play,), name="story", daemon=True)
        self._thread = thread
        thread.start()
        return play

    def play(self, name: str, on_line: Callable[[Line], None]) -> None:
        """Play the story of that name to its end, telling each line as it comes.

        Raises:
            StoryError: as `start` does, or it did not go as it should.
        """
        self._begin(name, 0.0, on_line).run()

    def _begin(self, name: str, pace_s: float, on_line: Callable[[Line], None]) -> Play:
        story = stories.load(name, self._folder)
        if self.why_not:
            raise StoryError(self.why_not)
        with self._lock:
            if self._play and self._play.state().status in _GOING:
                raise StoryError("another story is being played: stop it, or wait for its end")
            self._name = name
            self._play = Play(self._sandbox, story, pace_s=pace_s, on_line=on_line, on_change=self._tell)
            return self._play

    def _tell(self) -> None:
        for listener in self.listeners:
            listener()

    @property
    def why_not(self) -> str:
        """Why no story can be played here; "" = they can."""
        return _NOT_WITH_YOUR_BOT if self._sandbox.own_bot else ""

    def pause(self) -> None:
        """Begin no further step for now."""
        self._playing().pause()

    def resume(self) -> None:
        """Go on with the next step."""
        self._playing().resume()

    def stop(self) -> None:
        """End the story; the conversation stays as it is, to be played on by hand."""
        self._playing().stop()
        if self._thread:
            self._thread.join(_LONGEST_STOP_S)

    def record(self, conversation: str, name: str, *, title: str, description: str) -> None:
        """Save what happened in a conversation as a story of that name.

        Raises:
            StoryError: there is such a story already, or this can't be made one.
        """
        story = record(self._sandbox, conversation, title=title, description=description)
        stories.save(story, name, self._folder)

    def _playing(self) -> Play:
        with self._lock:
            if self._play is None or self._play.state().status not in _GOING:
                raise StoryError("no story is being played")
            return self._play


def _not_told(_line: Line) -> None:
    """Nobody reads along but on the page."""


def _run(play: Play) -> None:
    try:
        play.run()
    except StoryError:
        return  # its state says it
