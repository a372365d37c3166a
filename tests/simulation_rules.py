"""Which rules a simulated run broke, once everything came to rest."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from functions.handoff.conversation import BOT
from tests.delivery_rules import (
    doubled,
    framing_faults,
    leaked,
    lost,
    mislabelled,
    never_left,
    out_of_order,
    threads_out_of_order,
    unresolved,
)

if TYPE_CHECKING:
    from tests.simulation import Simulation


def broken_rules(run: Simulation) -> list[str]:
    """Complaints about a run that is over; none when every rule held."""
    c, people, world = run.conversation, run.people, run.world
    if c is None:
        return []
    missing = people.unheard if run.lost_mail or _died_reading(run) else []
    told = [text for text in people.agent_words if text not in missing]
    broken = unresolved(c) + _framing(run) + _order(run)
    said_once = [text for text in people.said if not set(text.split()) & _sent_anew(run)]
    broken += doubled(world, said_once, people.agent_words) + lost(world, people.said, told)
    broken += leaked(world, people.private) + mislabelled(world.channel.shown, people.agent_words)
    return broken + ([] if run.disturbed or not run.trouble.is_rare else _both_ways(run))


def _died_reading(run: Simulation) -> bool:
    """Tell whether three workers died on a read, so that it was given up."""
    return any(letter["entry"].get("kind") == "read_thread" for letter in run.world.dead_letters())


def muted(run: Simulation, open_thread: str) -> list[str]:
    """Nobody waits for a person, or talks to one, in a thread that is not open: the bot would be silent for ever.

    And whatever thread is open is known: else what agents write in it would be taken for late words of an old one.
    """
    c = run.conversation
    if c is None or (c.state == BOT and not open_thread) or c.thread_id == open_thread or run.lost_mail:
        return []
    if c.state == BOT and open_thread in _close_refused(run):
        return []
    return [f"{c.state} in {c.thread_id!r}, but {open_thread!r} is open"]


def _close_refused(run: Simulation) -> set[str]:
    """Threads the user left and the desk would not close: known, and an operator's to close."""
    entries = [letter["entry"] for letter in run.world.dead_letters()]
    return {entry["thread_id"] for entry in entries if entry.get("kind") == "close_chat"}


def _sent_anew(run: Simulation) -> set[str]:
    """Words in doubt that were sent again to another thread.

    They are looked for in the thread that was believed open and in the newest; when agents meanwhile closed one and
    opened the next, and that more than once, they may be in a third.
    """
    threads = [thread for threads in run.world.desk.threads.values() for thread in threads]
    users = [
        [event.text for event in thread.events if event.author.startswith("customer-") and event.visible]
        for thread in threads
    ]
    held = Counter(word for texts in users for word in set(" ".join(texts).split()))
    return {word for word, count in held.items() if count > 1}


def _framing(run: Simulation) -> list[str]:
    """A frame that three workers died on is given up, like everything; then the user's picture has a hole.

    So it has where words that a call in doubt does show, late, were refused when they were sent again.
    """
    entries = [letter["entry"] for letter in run.world.dead_letters()]
    if any(entry.get("kind") == "framing" for entry in entries):
        return []
    given_up = {word for entry in entries for word in entry.get("text", "").split()}
    shown = [one for one in run.world.channel.shown if one.kind != "message" or not given_up & set(one.text.split())]
    return framing_faults(shown) + never_left(shown)


def _order(run: Simulation) -> list[str]:
    """Where webhooks come in order, words do, too; agents' also across gaps, while their ids show them."""
    if not run.people.orderly:
        return []
    once = [text for text in run.people.said if not set(text.split()) & _sent_anew(run)]
    broken = out_of_order(run.world.desk.user_texts(), once)
    if not run.uuids and "livechat" not in run.trouble.failed:
        broken += threads_out_of_order(run.world)
    return broken


def _both_ways(run: Simulation) -> list[str]:
    """Undisturbed, the user's words are heard once, by the bot or by the agents."""
    heard, to_desk = run.world.bot.heard, " ".join(run.world.desk.user_texts()).split()
    times = [f"the bot heard {text!r} {heard.count(text)} times" for text in run.people.said if heard.count(text) > 1]
    both = [text for text in run.people.said if heard.count(text) and text.split()[0] in to_desk]
    return times + [f"{text!r} went both ways" for text in both]
