"""A conversation lived through by the clock: what the user was told, when, in a table's words.

Nobody is woken up but by the sweep: everything that is promised holds with the wake-ups down, too.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any, NamedTuple

from functions.handoff.languages import BUILT_IN
from functions.handoff.policy import Policy
from functions.handoff.texts import fill
from tests.core_world import World

MINUTE_S = 60
"""How often Cloud Scheduler sweeps."""

HOUR_S = 3600

SLACK_S = MINUTE_S + 10
LONGEST_PAUSE_S = 300 * 1.25
"""A provider that failed for long is left alone for up to this much longer, and found well by the next sweep."""


class Seen(NamedTuple):
    """One thing the user saw, so many seconds after the trouble began."""

    at_s: float
    what: str


class Told(NamedTuple):
    """What the user is told, and between when and when. `maybe`: only where it is not quicker."""

    what: str
    from_s: float
    by_s: float
    maybe: bool = False


def at_once(what: str) -> Told:
    """Told in the very call that brought the trouble."""
    return Told(what, 0, 1)


def after(seconds: float, what: str, *, maybe: bool = False) -> Told:
    """Told after so many seconds, at the sweep that follows at the latest."""
    return Told(what, seconds, seconds + SLACK_S, maybe)


class Watch:
    """A world with a watch. Bridge's words are shown as `[text id]`, people's with who said them."""

    def __init__(self, sweep_every_s: float = MINUTE_S, **policy: Any) -> None:
        self.policy = Policy(**{"return_keyword": "/bot", **policy})
        self.world = World(self.policy)
        self.seen: list[Seen] = []
        self._sweep_every_s = sweep_every_s
        self._began_at = self.world.clock.now()
        self._looked_at = 0

    def begin(self) -> None:
        """From here on it counts."""
        self._began_at = self.world.clock.now()
        self._looked_at = len(self.world.shown)

    def do(self, deed: Callable[..., object], *args: Any, **more: Any) -> None:
        """Somebody does something."""
        deed(*args, **more)
        self._look()

    def say(self, *texts: str) -> None:
        """The user writes."""
        for text in texts:
            self.do(self.world.say, text)

    def live(self, seconds: float) -> None:
        """Let time pass, with nothing but sweeps."""
        clock = self.world.clock
        end = clock.now() + timedelta(seconds=seconds)
        while clock.now() < end:
            clock.at = min(end, clock.now() + timedelta(seconds=self._sweep_every_s))
            self.do(self.world.sweep)

    def down(self, *providers: str, how: str = "away") -> None:
        """These fail from now on, and all others are well."""
        self.world.faults.choose = lambda name: how if name.partition(".")[0] in providers else "ok"

    def well(self) -> None:
        """Everything works again, and is found to."""
        self.down()
        self.live(LONGEST_PAUSE_S + SLACK_S)

    def _look(self) -> None:
        at_s = (self.world.clock.now() - self._began_at).total_seconds()
        for who, words in self.world.shown[self._looked_at :]:
            self.seen.append(Seen(at_s, _named(who, words, self.policy)))
        self._looked_at = len(self.world.shown)


def _named(who: str, words: str, policy: Policy) -> str:
    if who != "BOT":
        return f"{who}: {words}"
    for text_id, text in BUILT_IN["en"].items():
        known, rest, _ = fill(text, {"return_keyword": policy.return_keyword}).partition("{")
        if words == known or (rest and known and words.startswith(known)):
            return f"[{text_id}]"
    return words


def complaints(seen: list[Seen], told: tuple[Told, ...]) -> list[str]:
    """How what was seen differs from what was to be told: nothing more, nothing less, nothing out of time."""
    wrong, rest = [], list(seen)
    for one in told:
        if not rest or rest[0].what != one.what:
            wrong += [] if one.maybe else [f"{one.what!r} is not told here"]
            continue
        at_s = rest.pop(0).at_s
        if not one.from_s <= at_s <= one.by_s:
            wrong.append(f"{one.what!r} is told after {at_s:.0f} s")
    return wrong + [f"{one.what!r} is told after {one.at_s:.0f} s, out of the blue" for one in rest]


# --- it goes on ------------------------------------------------------------------------------------------------------


def bot_answers(watch: Watch) -> None:
    """The user's next words are answered by the bot."""
    watch.say("are you open today?")

    assert "bot: are you open today?" == watch.seen[-1].what
    assert "BOT" == watch.world.conversation.state


def agent_answers(watch: Watch) -> None:
    """The user's next words reach the agents, and theirs the user."""
    watch.say("is anybody there?")
    watch.do(watch.world.agent_writes, "yes, I am here")

    assert "is anybody there?" == watch.world.desk.user_texts()[-1]
    assert "HUMAN: yes, I am here" == watch.seen[-1].what
    assert "AGENT" == watch.world.conversation.state
