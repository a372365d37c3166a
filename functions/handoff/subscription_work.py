"""Working whether the user wants to hear from us: the channel's own switch, and the word a phone writes beside it.

While it is off nothing is shown to the user; what an agent writes is refused, and the agent told. Whoever writes to us
again wants to hear from us again. Source: RCS for Business, guide "receive events" (UNSUBSCRIBE, SUBSCRIBE).
"""

from datetime import datetime, timedelta

from functions.handoff.changes import Changes
from functions.handoff.conversation import BOT
from functions.handoff.events import Subscription, SubscriptionWord, UserMessage
from functions.handoff.moves import tell_agents
from functions.handoff.parts import HeldWord

TIMER = "subscription_word"
_BELONGS_WITHIN = timedelta(minutes=1)
"""Apart by the phone's clock at most this much, a word and a switch are one act."""
_HELD_FOR_S = 10.0
"""So long a word waits for its switch, which comes on its own way; then the user typed it."""


def settle_subscription(changes: Changes, entry: Subscription, _result: None) -> None:
    """The newest switch counts; a word that waited for this one is swallowed."""
    c = changes.conversation
    c.held_words = tuple(word for word in c.held_words if not _is_one_act(word.source_at, entry.source_at))
    if not c.held_words:
        changes.clear_timers(TIMER)
    if c.subscription_at and entry.source_at < c.subscription_at:
        return
    has_changed = c.unsubscribed == entry.wanted
    c.subscription_at, c.unsubscribed = entry.source_at, not entry.wanted
    if has_changed:
        _tell(changes, entry.id)


def settle_subscription_word(changes: Changes, entry: SubscriptionWord, _result: None) -> None:
    """Swallowed where its switch is known; else it waits for it."""
    c = changes.conversation
    if c.subscription_at and _is_one_act(entry.source_at, c.subscription_at):
        return
    c.held_words = (*c.held_words, HeldWord(entry.id, entry.text, entry.source_at))
    if TIMER not in c.timers:
        changes.set_timer(TIMER, _HELD_FOR_S)


def let_go(changes: Changes) -> None:
    """No switch came: these are words like any others."""
    c = changes.conversation
    for word in c.held_words:
        changes.add(UserMessage(id=f"word:{word.id}", source_at=word.source_at, text=word.text))
    c.held_words = ()


def resubscribe(changes: Changes, entry_id: str, written_at: datetime) -> None:
    """The user wrote to us, so they want an answer."""
    c = changes.conversation
    if c.unsubscribed and (c.subscription_at is None or written_at > c.subscription_at):
        c.subscription_at, c.unsubscribed = written_at, False
        _tell(changes, entry_id)


def _is_one_act(one: datetime, other: datetime) -> bool:
    return abs(one - other) <= _BELONGS_WITHIN


def _tell(changes: Changes, key: str) -> None:
    c = changes.conversation
    if c.state != BOT:
        tell_agents(changes, "unsubscribed" if c.unsubscribed else "subscribed", key)
