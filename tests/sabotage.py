"""Ways to break the delivery protocol on purpose, to show that the simulation sees each of them.

A break is one replacement in one file, made in a copy of the code; what it replaces must be there exactly once, so that
a break never quietly stops breaking anything.
"""

import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
CORE = "functions/handoff"


class Break(NamedTuple):
    """What is no longer done, and the replacement that undoes it."""

    what: str
    file: str
    old: str
    new: str


BREAKS = [
    Break(
        "fencing: a holder who lost the lease writes all the same",
        "holding.py",
        "found.lease is None or found.lease.owner != held.owner",
        "found.lease is None",
    ),
    Break("a lease in force is respected", "conversation.py", "self.lease.until > now", "self.lease.until < now"),
    Break(
        "derived ids: an effect done again has the same id",
        "ids.py",
        'return str(uuid.uuid5(_NAMESPACE, "\\x1f".join((conversation, entry_id, effect))))',
        "return str(uuid.uuid4())",
    ),
    Break(
        "the interrupted entry first",
        "holding.py",
        "if c.lease is not None and c.find_pending(c.lease.entry):",
        "if c.lease is None and c.pending and False:",
    ),
    Break(
        "a takeover puts the interrupted call in doubt",
        "holding.py",
        "if entry and provider in PROVIDERS:",
        "if entry and provider == 'nobody':",
    ),
    Break(
        "the custom_id check: what was sent is found in the thread",
        "doubt.py",
        "for custom_id in custom_ids if custom_id in own}",
        "for custom_id in custom_ids if custom_id in own and custom_id == ''}",
    ),
    Break("the 16-second rule", "doubt.py", "if step.now() < over_at:", "if step.now() < over_at and False:"),
    Break(
        "a chat that a call in doubt has opened is looked for",
        "opening_work.py",
        "if step.desk_doubt is None or c.customer is None:",
        "if step.desk_doubt is None or c.customer is not None:",
    ),
    Break(
        "the catch-up: a gap is read before the later message",
        "agent_work.py",
        "return number is not None and c.cursor.has_gap_before(number)",
        "return False",
    ),
    Break(
        "the catch-up: a thread is read at its end",
        "thread_work.py",
        "        take_view(changes, result.view)\n    c.remember_closed",
        "        pass\n    c.remember_closed",
    ),
    Break(
        "the catch-up: a thread left behind is read, too",
        "threads.py",
        "    if thread_id:\n        changes.add(_last_reading",
        "    if not thread_id:\n        changes.add(_last_reading",
    ),
    Break(
        "the memory of closed threads",
        "conversation.py",
        "if thread_id and thread_id not in self.closed_threads:",
        "if not thread_id:",
    ),
    Break(
        "JOINED before everything else of its lane",
        "presence.py",
        "source_at=at, agent=agent), head=True)",
        "source_at=at, agent=agent))",
    ),
    Break(
        "JOINED is an entry of its own",
        "presence.py",
        'changes.add(Framing(id=f"joined:{c.serial}", source_at=at, agent=agent), head=True)',
        "c.seq += 0",
    ),
    Break(
        "entries on hold wait: the bot is silent while somebody is present",
        "schedule.py",
        "    if provider == HOLD:\n        return None",
        "    if provider == HOLD:\n        return now",
    ),
    Break(
        "what is done is remembered",
        "changes.py",
        "expire_at=self.now + SENDERS_RETRY_FOR)\n        self._puts[entry_path(c.key",
        "expire_at=self.now)\n        self._puts[entry_path(c.key",
    ),
    Break(
        "an alarm for what is parked",
        "schedule.py",
        "return max(parked.retry_at, now) if parked else now",
        "return (None if parked.retry_at > now else now) if parked else now",
    ),
    Break(
        "an unknown thread: the desk says which one is newest",
        "threads.py",
        "return thread_id not in known and len(known) > 1",
        "return False",
    ),
    Break(
        "who has unsubscribed is not written to",
        "speaking.py",
        "    if c.unsubscribed:\n        raise",
        "    if c.unsubscribed and not messages:\n        raise",
    ),
    Break(
        "who has unsubscribed does not see who comes and goes",
        "presence_work.py",
        "    if c.unsubscribed:\n        return False",
        "    if c.unsubscribed and not c.agents:\n        return False",
    ),
    Break(
        "who has unsubscribed is not asked how it was",
        "user_action_work.py",
        "if c.state != BOT or c.unsubscribed:",
        "if c.state != BOT:",
    ),
    Break(
        "whose words are refused is told",
        "agent_work.py",
        "    changes.add(note)\n    policy",
        "    policy",
    ),
    Break(
        "frames that were missed are made up for",
        "presence_work.py",
        "        miss(changes, entry)",
        "        c_is_not_changed = True",
    ),
    Break(
        "a word waits for its switch",
        "subscription_work.py",
        "changes.now + _HELD_FOR",
        "changes.now",
    ),
    Break(
        "a switch is remembered for words that come later",
        "subscription_work.py",
        "c.switches = (*c.switches, entry.source_at)[-_SWITCHES_KEPT:]\n    _swallow(changes)",
        "c.switches = (entry.source_at,)\n    _swallow(changes)\n    c.switches = ()",
    ),
    Break(
        "a word that was let go is swallowed while nobody has heard it",
        "subscription_work.py",
        "if said.id.startswith(WORD) and",
        "if said.id.startswith(TIMER) and",
    ),
    Break(
        "a word without a switch is a message",
        "subscription_work.py",
        "            _say(changes, word)\n    c.held_words",
        "            changes.clear_timers(TIMER)\n    c.held_words",
    ),
    Break(
        "agents hear of what expired",
        "receipts.py",
        '        told = {"excerpt": excerpt(line.text), "reason": "expired"}\n        where',
        '        told = {"excerpt": excerpt(line.text), "reason": "expired"}\n        continue\n        where',
    ),
    Break(
        "of what was taken back the user is told",
        "edit_work.py",
        '    tell_user(changes, "withdrawn", event_id, name=name)',
        "    changes.clear_timers(event_id)",
    ),
    Break(
        "what was taken back is not shown after that",
        "agent_work.py",
        "if entry.id in c.withdrawn and entry.id not in c.doubt:",
        "if entry.id in c.withdrawn and entry.id in c.doubt:",
    ),
    Break(
        "a poisonous entry is given up",
        "holding.py",
        "expired.takeovers + 1)",
        "0)",
    ),
]


def copy_with(one: Break, folder: Path) -> Path:
    """The code with this break in it.

    Raises:
        LookupError: what it replaces is not there exactly once (any more).
    """
    for name in ("functions", "tests"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__", "fixtures"))
    path = folder / CORE / one.file
    text = path.read_text()
    if text.count(one.old) != 1:
        raise LookupError(f"{one.file} holds {text.count(one.old)} times: {one.old}")
    path.write_text(text.replace(one.old, one.new))
    return folder


def first_failure(folder: Path, seeds: int, *, first_seed: int = 0, timeout_s: float = 300) -> str:
    """What goes wrong in the first of so many seeds that fails there; "" when none does."""
    command = [sys.executable, "-m", "tests.sabotage", str(first_seed), str(seeds)]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=timeout_s, check=False)
    return done.stdout.strip() or done.stderr.strip()[-500:]


def _report_first(first_seed: int, seeds: int) -> None:
    from tests.test_simulation import failure  # noqa: PLC0415 - the copy's, not this one's

    for seed in range(first_seed, first_seed + seeds):
        report = failure(seed)
        if report:
            sys.stdout.write(report.partition("\n  trace:")[0])
            return


if __name__ == "__main__":
    _report_first(int(sys.argv[1]), int(sys.argv[2]))
