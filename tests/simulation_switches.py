"""What the user's phone does by itself in a simulated run: switches us off and on, and lets messages expire."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from functions.handoff.entries import Entry
from functions.handoff.events import MessageExpired, Subscription, SubscriptionWord

if TYPE_CHECKING:
    from tests.simulation_people import People

_DESK_TRIES = 4
_CHANNEL_TRIES = 10**6
_APART = timedelta(seconds=61)
"""A word typed, and a switch: closer together nobody could tell which of them the phone wrote."""
_BY_AGENTS = ("message", "HUMAN")
_LOST_FOR_S = [0, 0, 0, 0.5, 5, 30, 200]


class Mail:
    """A webhook on its way. LiveChat gives up after four tries, channels do not."""

    def __init__(self, event: Entry, *, from_channel: bool) -> None:
        self.event = event
        self.from_channel = from_channel
        self.tries = _CHANNEL_TRIES if from_channel else _DESK_TRIES


class Act(NamedTuple):
    """A switch and the word beside it: the ids of their deliveries, and the word as it was written."""

    switch_id: str
    word_id: str
    word: str


class Switches:
    """`acts`: switches with their words. `alone`: words typed without one. `expired`: ids of messages not seen in time.

    Half of the runs have a phone that can do this. A delivery may be lost, and tried again minutes later.
    """

    def __init__(self, people: People) -> None:
        self.acts: list[Act] = []
        self.alone: list[str] = []
        self.expired: set[str] = set()
        self.is_there = people.random.random() < 0.5
        self._people = people
        self._lost: list[tuple[datetime, Entry]] = []
        self._switched_at = self._typed_at = people.world.clock.now() - _APART

    def flip(self) -> None:
        """Off, mostly, or on."""
        if self.is_there and self._now() - self._typed_at >= _APART:
            self.switch(wanted=self._people.random.random() < 0.3)

    def switch(self, *, wanted: bool) -> None:
        """The phone sends two deliveries for one act, in either order."""
        people, number = self._people, self._people.next()
        people.world.clock.sleep(0.001)
        now = self._switched_at = self._now()
        act = Act(f"px{number}", f"pw{number}", f"{'START' if wanted else 'STOP'}#{number}")
        self.acts.append(act)
        self._people.trace.append(f"switch {act.switch_id} {wanted}")
        written_at = now + timedelta(seconds=people.random.choice([-0.2, 0, 0.2]))
        both: list[Entry] = [
            Subscription(id=act.switch_id, source_at=now, wanted=wanted),
            SubscriptionWord(id=act.word_id, source_at=written_at, text=act.word, wanted=wanted),
        ]
        for event in people.random.sample(both, 2):
            self._lost.append((now + timedelta(seconds=people.random.choice(_LOST_FOR_S)), event))
        self.post()

    def type_word(self) -> None:
        """The user types such a word, as an answer to something."""
        if not self.is_there or self._now() - self._switched_at < _APART:
            return
        self._typed_at = self._now()
        self.alone.append(self._people.marked("STOP"))
        word_id = f"pw{self._people.next()}"
        self._people.from_user(SubscriptionWord(id=word_id, source_at=self._typed_at, text=self.alone[-1]))

    def expire(self) -> None:
        """Something that was shown was not, after all."""
        shown = [one.id for one in self._people.world.channel.shown if (one.kind, one.representative) == _BY_AGENTS]
        if not self.is_there or not shown:
            return
        gone = tuple(self._people.random.choices(shown, k=self._people.random.choice([1, 1, 3])))
        self.expired |= set(gone)
        expired = MessageExpired(id=f"pe{self._people.next()}", source_at=self._now(), message_ids=gone)
        self._people.from_user(expired)

    @property
    def tried_again_at(self) -> list[datetime]:
        """When deliveries that were lost come."""
        return [at for at, _ in self._lost]

    def post(self) -> None:
        """Deliveries that were lost are tried again once it is time."""
        due = [event for at, event in self._lost if at <= self._now()]
        self._lost = [(at, event) for at, event in self._lost if at > self._now()]
        for event in due:
            self._people.from_user(event)

    def _now(self) -> datetime:
        return self._people.world.clock.now()
