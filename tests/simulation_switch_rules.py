"""Which rules about users who do not want to hear from us a simulated run broke."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from functions.handoff.conversation import SENDERS_RETRY_FOR
from functions.handoff.speaking import part_id
from functions.handoff.subscription_work import WORD
from tests.core_world import KEY
from tests.delivery_rules import lost

if TYPE_CHECKING:
    from datetime import datetime

    from tests.simulation import Simulation

_PARTS_AT_MOST = 5
_WAITS_FOR = timedelta(seconds=10)


def refusals_untold(run: Simulation) -> list[str]:
    """What an agent wrote to who has unsubscribed is told to be undelivered."""
    known = set(run.world.entries())
    refused = [letter["entry"] for letter in run.world.dead_letters() if letter["reason"] == "unsubscribed"]
    ids = [entry["id"] for entry in refused if entry["kind"] == "agent_message"]
    return [f"nobody was told that {one} was refused" for one in ids if f"undelivered:{one}" not in known]


def words_heard(run: Simulation) -> list[str]:
    """A word beside its switch is for nobody, unless the switch came ten seconds later, once it had been let go."""
    accepted_at, heard = _accepted_at(run), {*run.world.bot.heard, *run.world.desk.user_texts()}
    broken = []
    for act in run.people.switches.acts:
        let_go_at, switched_at = accepted_at.get(WORD + act.word_id), accepted_at.get(act.switch_id)
        waited_until = accepted_at[act.word_id] + _WAITS_FOR if act.word in heard else None
        if waited_until and (not let_go_at or not switched_at or switched_at < max(let_go_at, waited_until)):
            broken.append(f"{act.word} was heard, though its switch was known")
    return broken


def words_lost(run: Simulation) -> list[str]:
    """A word without a switch is a word."""
    return lost(run.world, run.people.switches.alone, [])


def expiries_untold(run: Simulation) -> list[str]:
    """Undisturbed, agents hear of each message of theirs that expired, or was given up before; never of others."""
    known = {one.rpartition("expired:")[2] for one in run.world.entries() if "agent_undelivered:expired:" in one}
    threads = [thread for threads in run.world.desk.threads.values() for thread in threads]
    events = [event.id for thread in threads for event in thread.events]
    expired = {one for one in events if {part_id(KEY, one, part) for part in range(_PARTS_AT_MOST)} & _expired(run)}
    given_up = {letter["entry_id"] for letter in run.world.dead_letters()}
    untold = [] if run.disturbed or not run.trouble.is_rare else sorted(expired - known - given_up)
    return [f"{one} expired, and nobody knows" for one in untold] + [f"{one} did not expire" for one in known - expired]


def _expired(run: Simulation) -> set[str]:
    return run.people.switches.expired


def _accepted_at(run: Simulation) -> dict[str, datetime]:
    """When each entry came into the mailbox."""
    found = {}
    for path, document in run.world.store.snapshot().items():
        if "/mailbox/" in path and document.record.expire_at:
            found[document.record.body["id"]] = document.record.expire_at - SENDERS_RETRY_FOR
    return found
