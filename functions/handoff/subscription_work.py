"""Working whether the user wants to hear from us: the channel's own switch, and the word a phone writes beside it.

While it is off nothing is shown to the user; what an agent writes is refused, and the agent told. Whoever writes to us
again wants to hear from us again. What the user did last counts, in whatever order it is heard of.
Source: RCS for Business, guide "receive events" (UNSUBSCRIBE, SUBSCRIBE).
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from functions.handoff.changes import Changes
from functions.handoff.events import Event, HandoffAsked, ReturnAsked, Subscription, SubscriptionWord, UserMessage
from functions.handoff.moves import tell_agents
from functions.handoff.parts import HeldWord
from functions.handoff.presence import show_missed

TIMER = "subscription_word"
WORD = "word:"
"""In front of the id of a message that was a word, and no switch came."""

_BELONGS_WITHIN = timedelta(minutes=1)
"""Apart by the phone's clock at most this much, a word and a switch are one act."""
_HELD_FOR = timedelta(seconds=10)
"""So long a word waits for its switch, which comes on its own way; then the user typed it."""
_HELD_AT_MOST, _SWITCHES_KEPT = 20, 10


# --- the switch ------------------------------------------------------------------------------------------------------


def settle_subscription(changes: Changes, entry: Subscription, _result: None) -> None:
    """The newest switch counts; any swallows the words beside it, those that wait and those to come."""
    c = changes.conversation
    c.switches = (*c.switches, entry.source_at)[-_SWITCHES_KEPT:]
    _swallow(changes)
    at = min(entry.source_at, changes.now)
    if c.subscription_at is None or at >= c.subscription_at:
        _turn(changes, at, unsubscribed=not entry.wanted, key=entry.id)


def hear_from_user(changes: Changes, event: Event) -> None:
    """Whoever writes to us, or asks for somebody, wants an answer: as if they had switched it on then."""
    if isinstance(event, UserMessage | HandoffAsked | ReturnAsked):
        _turn_on(changes, event.id, event.source_at)


def _turn_on(changes: Changes, key: str, written_at: datetime) -> None:
    c, at = changes.conversation, min(written_at, changes.now)
    if c.subscription_at is None or at > c.subscription_at:
        _turn(changes, at, unsubscribed=False, key=key)


def _turn(changes: Changes, at: datetime, *, unsubscribed: bool, key: str) -> None:
    c = changes.conversation
    has_changed = c.unsubscribed != unsubscribed
    c.subscription_at, c.unsubscribed = at, unsubscribed
    if not has_changed:
        return
    if not unsubscribed:
        show_missed(changes)
    if c.thread_id:
        tell_agents(changes, "unsubscribed" if unsubscribed else "subscribed", key)


# --- the word --------------------------------------------------------------------------------------------------------


def settle_subscription_word(changes: Changes, entry: SubscriptionWord, _result: None) -> None:
    """Swallowed where its switch is known; else it waits for it."""
    c = changes.conversation
    if _is_beside(c.switches, entry.source_at):
        return
    word = HeldWord(entry.id, entry.text, entry.source_at, changes.now + _HELD_FOR, entry.wanted)
    if len(c.held_words) >= _HELD_AT_MOST:
        _say(changes, word)
        return
    c.held_words = (*c.held_words, word)
    c.timers.setdefault(TIMER, word.until)


def let_go(changes: Changes) -> None:
    """No switch came: these are words like any others, but who said "stop" is not taken to want an answer."""
    c = changes.conversation
    for word in c.held_words:
        if word.until <= changes.now:
            _say(changes, word)
    c.held_words = tuple(word for word in c.held_words if word.until > changes.now)
    if c.held_words:
        c.timers[TIMER] = min(word.until for word in c.held_words)


def _say(changes: Changes, word: HeldWord) -> None:
    if word.wanted:
        _turn_on(changes, word.id, word.source_at)
    changes.add(UserMessage(id=WORD + word.id, source_at=word.source_at, text=word.text))


def _swallow(changes: Changes) -> None:
    """The words beside a switch go: those that wait, and those that were let go and not heard yet."""
    c = changes.conversation
    c.held_words = tuple(word for word in c.held_words if not _is_beside(c.switches, word.source_at))
    for said in c.pending:
        if said.id.startswith(WORD) and _is_beside(c.switches, said.source_at):
            changes.finish(said.id)
    if not c.held_words:
        changes.clear_timers(TIMER)


def _is_beside(switches: Sequence[datetime], written_at: datetime) -> bool:
    return any(abs(at - written_at) <= _BELONGS_WITHIN for at in switches)
