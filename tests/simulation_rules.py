"""Which rules a simulated run broke, once everything came to rest."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from functions.handoff.conversation import BOT
from functions.handoff.languages import BUILT_IN
from functions.handoff.speaking import part_id
from tests.core_world import KEY
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
from tests.simulation_switch_rules import expiries_untold, refusals_untold, words_heard, words_lost

if TYPE_CHECKING:
    from tests.simulation import Simulation


_PARTS_AT_MOST = 5  # of what an agent writes here
_CORRECTION = BUILT_IN["en"]["edited"].split()[0]


def broken_rules(run: Simulation) -> list[str]:
    """Complaints about a run that is over; none when every rule held."""
    c, people, world = run.conversation, run.people, run.world
    if c is None:
        return []
    missing = people.unheard if run.lost_mail or _died_reading(run) else []
    told = [text for text in people.agent_words if text not in missing]
    broken = unresolved(c) + _framing(run) + _order(run)
    said_once = [text for text in people.said if not set(text.split()) & _sent_anew(run)]
    by_agents = [*people.agent_words, *people.changed]
    once = [text for text in by_agents if "edited#" not in text]  # corrections have no time: late ones may come round
    broken += doubled(world, said_once, once) + lost(world, _passed_on(run), told)
    broken += leaked(world, people.private) + mislabelled(world.channel.shown, [*by_agents, _CORRECTION])
    broken += _sign_ins(run) + _surveys(run) + _marks(run) + _taken_back(run)
    broken += refusals_untold(run) + words_heard(run) + words_lost(run) + expiries_untold(run)
    return broken + ([] if run.disturbed or not run.trouble.is_rare else _both_ways(run))


def _passed_on(run: Simulation) -> list[str]:
    """What the user said; without files where agents have a line instead of one, for it does not say of which."""
    threads = [thread for threads in run.world.desk.threads.values() for thread in threads]
    notes = [event.text for thread in threads for event in thread.events if not event.visible]
    is_missing = any(BUILT_IN["en"]["file_missing"].partition("{")[0] in note for note in notes)
    return [text for text in run.people.said if not (is_missing and text.startswith("file#"))]


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
        broken += threads_out_of_order(run.world, run.people.changed)
    return broken


def _part_ids(entry_id: str) -> set[str]:
    return {part_id(KEY, entry_id, index) for index in range(_PARTS_AT_MOST)}


def _taken_back(run: Simulation) -> list[str]:
    """Of what agents took back the user is told if they saw any of it, and sees no more of it after that.

    But not of what was given up, whose writer was told so, though a call in doubt did show it late.
    """
    known = run.world.entries()
    given_up = {letter["entry_id"] for letter in run.world.dead_letters()}
    place = {one.id: index for index, one in enumerate(run.world.channel.shown)}
    threads = [thread for threads in run.world.desk.threads.values() for thread in threads]
    broken: list[str] = []
    for event in [event for thread in threads for event in thread.events if event.deleted]:
        told = f"notice:withdrawn:{event.id}"
        versions = [event.id, *(one for one in known if f"edit:{event.id}:" in one)]
        seen = [at for version in versions for one in _part_ids(version) if (at := place.get(one)) is not None]
        told_at = place.get(part_id(KEY, told, 0), len(place))
        if seen and f"deleted:{event.id}" in known and told not in known and event.id not in given_up:
            broken.append(f"{event.id} was seen and taken back, and the user not told")
        broken += [f"{event.id} was shown after the user was told to disregard it" for at in seen if at > told_at]
    return broken


# --- beside words ----------------------------------------------------------------------------------------------------


def _for_agents_only(run: Simulation) -> Counter[str]:
    """How often each word is in what agents see and the user does not."""
    threads = [thread for threads in run.world.desk.threads.values() for thread in threads]
    texts = [event.text for thread in threads for event in thread.events if not event.visible]
    return Counter(re.findall(r"\w+#\d+", " ".join(texts)))


def _sign_ins(run: Simulation) -> list[str]:
    """Their codes are for the bot alone; where the bot is told of one, agents are not, who hear of the others once."""
    world, noted = run.world, _for_agents_only(run)
    heard = Counter(parameters.get("code", "") for _, parameters in world.bot.events)
    kept = set(re.findall(r"\w+#\d+", str(world.dead_letters()) + str(world.peek(f"conversations/{KEY}"))))
    codes = {f"code#{number}" for number in run.people.sign_ins}
    broken = [f"{code} got out" for code in codes if code in noted or code in kept or code in world.desk.user_texts()]
    for number in run.people.sign_ins:
        times_noted, times_heard = noted[f"outcome#{number}"], heard[f"code#{number}"]
        if times_noted > 1 or (times_noted and times_heard):
            broken.append(f"sign-in {number} was noted {times_noted} times, heard {times_heard} times")
    welcomes = sum(text.count("welcome") for text in world.channel.texts)
    return broken + ([f"{welcomes} welcomes"] if welcomes > len(world.bot.events) else [])


def _surveys(run: Simulation) -> list[str]:
    """Only where they are wanted; and each answer is noted at most once."""
    noted = _for_agents_only(run)
    broken = [f"{rating} was noted {noted[rating]} times" for rating in run.people.ratings if noted[rating] > 1]
    unwanted = not run.world.machine.policy.survey and "channel.send_survey" in run.world.faults.calls
    return broken + (["a survey nobody wants"] if unwanted else [])


def _marks(run: Simulation) -> list[str]:
    """Only where they are wanted, and only of what the phone told."""
    world, wanted = run.world, run.world.machine.policy.receipts_to_livechat
    unwanted = {
        "off": {"livechat.mark_seen", "livechat.mark_delivered"},
        "read": {"livechat.mark_delivered"},
        "all": set(),
    }
    broken = [f"{call} is paid for" for call in sorted(unwanted[wanted] & set(world.faults.calls))]
    threads = [thread for threads in world.desk.threads.values() for thread in threads]
    told = [(event, is_read) for thread in threads for event in thread.events for is_read in _told(run, event.id)]
    read_at = {event.at for event, is_read in told if is_read}
    delivered = {event.id for event, is_read in told if not is_read}
    broken += [f"seen up to {at}" for at in world.desk.seen if at not in read_at]
    return broken + [f"{one} delivered" for one in world.desk.delivered if one not in delivered]


def _told(run: Simulation, event_id: str) -> set[bool]:
    """Of one event of an agent's: whether the phone told that it was read, that it was delivered, or both."""
    ids = _part_ids(event_id)
    return {is_read for message_id, is_read in run.people.receipts if message_id in ids}


def _both_ways(run: Simulation) -> list[str]:
    """Undisturbed, the user's words are heard once, by the bot or by the agents."""
    heard, to_desk = run.world.bot.heard, " ".join(run.world.desk.user_texts()).split()
    times = [f"the bot heard {text!r} {heard.count(text)} times" for text in run.people.said if heard.count(text) > 1]
    both = [text for text in run.people.said if heard.count(text) and text.split()[0] in to_desk]
    codes = Counter(parameters["code"] for _, parameters in run.world.bot.events if "code" in parameters)
    times += [f"the bot heard of {code} {count} times" for code, count in codes.items() if count > 1]
    return times + [f"{text!r} went both ways" for text in both]
