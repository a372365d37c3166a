"""Brings steps about, one after the other: look, do what is missing; when Google refuses, wait or say what to do."""

import sys
import textwrap
from collections.abc import Callable, Sequence
from typing import NamedTuple

from infra.deploy.changes import Change
from infra.deploy.gcloud import CloudRefused
from infra.deploy.remedies import in_short, remedy_for
from infra.deploy.site import NoSight, Refused, Site, Step

_WIDTH, _COLUMN = 118, 28
_FIRST_PAUSE_S = 5.0
_LONGEST_PAUSE_S = 60.0

Sleep = Callable[[float], None]


class Stopped(Exception):
    """A step could not be brought about. The text says which, why, and what to do."""


class Progress(NamedTuple):
    """How a run reports: `say` prints a line at once; `sleep` waits; `idle` is said of a step without changes."""

    say: Callable[[str], None]
    sleep: Sleep
    idle: str = "as it should be"


def say(line: str) -> None:
    """Print a line, at once even into a pipe: a deployment takes minutes."""
    print(line)
    sys.stdout.flush()


def bring_about(steps: Sequence[Step], site: Site, progress: Progress) -> int:
    """Do what is missing, step by step; a line for each. Answers how many changes it took.

    Raises:
        Stopped: a step failed; those before it are done, and a new run goes on from it.
    """
    return sum(_bring_one_about(step, site, progress) for step in steps)


def _bring_one_about(step: Step, site: Site, progress: Progress) -> int:
    """Each try looks anew, so what a try before it, or somebody else, has done is not done again."""
    done: list[str] = []
    waited = 0.0
    while True:
        try:
            for change in look_at(step, site):
                if step.takes and not done:
                    progress.say(_line(step, f"{step.takes} …"))
                change.make(site.cloud)
                done.append(change.done)
            break
        except CloudRefused as e:
            waited += _wait_or_stop(step, site, e, waited, progress)
    progress.say(_line(step, ", ".join(done) or progress.idle))
    return len(done)


def _line(step: Step, words: str) -> str:
    return in_columns(step.name, words)


def in_columns(name: str, words: str) -> str:
    """A name, and beside it words that may go over several lines."""
    return textwrap.fill(
        words,
        _WIDTH,
        initial_indent=f"{name:<{_COLUMN}}",
        subsequent_indent=" " * _COLUMN,
        break_on_hyphens=False,
        break_long_words=False,
    )


def _wait_or_stop(step: Step, site: Site, refusal: CloudRefused, waited: float, progress: Progress) -> float:
    """Wait if the refusal passes by itself, twice as long each time; answers how long."""
    remedy = remedy_for(refusal.said, site)
    if waited >= remedy.patience_s:
        command = f"\n  command:    {refusal.command}"
        raise Stopped(_report(step, in_short(refusal.said), remedy.words) + command) from refusal
    pause = min(waited or _FIRST_PAUSE_S, _LONGEST_PAUSE_S, remedy.patience_s - waited)
    progress.say(_line(step, f"waiting {pause:.0f} s: {remedy.words} …"))
    progress.sleep(pause)
    return pause


def _report(step: Step, cause: str, remedy: str) -> str:
    return f"stopped at: {step.name}\n  why:        {cause}\n  what to do: {remedy}"


def show(steps: Sequence[Step], site: Site, progress: Progress) -> int:
    """Print the commands that would change something, and run none; answers how many.

    What can't be looked at is taken for absent: a step, or, where it is the project, everything.

    Raises:
        Stopped: what is there can't be used.
    """
    count = 0
    for step in steps:
        changes, site = _seen(step, site, progress)
        if changes or not isinstance(site.sight, NoSight):
            progress.say(f"# {step.name}" if changes else f"# {step.name}: {progress.idle}")
        for change in changes:
            for line in change.lines(site.cloud):
                progress.say(line)
        count += len(changes)
    return count


def look_at(step: Step, site: Site) -> list[Change]:
    """What is missing.

    Raises:
        Stopped: what is there can't be used.
        CloudRefused: it can't be told.
    """
    try:
        return step.look(site)
    except Refused as e:
        raise Stopped(_report(step, str(e), e.remedy)) from e


def _seen(step: Step, site: Site, progress: Progress) -> tuple[list[Change], Site]:
    try:
        return look_at(step, site), site
    except CloudRefused as e:
        blind = site._replace(sight=NoSight())
        what = "everything" if step.is_first else "it"
        progress.say(f"# {step.name} can't be looked at, so {what} is taken for absent: {in_short(e.said)}")
        return step.look(blind), blind if step.is_first else site
