"""The short history of a text that went wrong: who had it when, and what the functions logged about it."""

from collections.abc import Sequence

from functions.handoff.ids import conversation_key
from functions.runtime.log_values import shown_conversation
from infra.chaos.compare import BAD
from infra.chaos.logbook import Logbook, clock_time
from infra.chaos.transcript import NEVER, Finding, Said, Transcript
from infra.sandbox.standins import RCS_AGENT

_TOLD = 20
_LONGEST_LINE = 1200


def histories(transcripts: Sequence[Transcript], findings: Sequence[Finding], logbook: Logbook) -> list[str]:
    """For each bad finding, up to twenty of them, what is known."""
    by_number = {transcript.conversation: transcript for transcript in transcripts}
    bad = [finding for finding in findings if finding.column in BAD]
    return [_history(by_number[finding.conversation], finding, logbook) for finding in bad[:_TOLD]]


def _history(transcript: Transcript, finding: Finding, logbook: Logbook) -> str:
    said = [one for one in (*transcript.user_said, *transcript.agents_said) if one.number == finding.number]
    lines = [f"{finding.column}, {finding.side}: {finding.number} in {transcript.key}: {finding.detail}"]
    lines += [f"  {_times(one)}" for one in said]
    lines += [
        f"  screen {clock_time(line.at)} {line.kind} {line.voice} {line.name}: {line.text}" for line in transcript.shown
    ]
    lines += [
        f"  thread {thread.id} {clock_time(thread.opened_at)} to {_at(thread.closed_at)}, end told: {thread.end_told}"
        for thread in transcript.threads
    ]
    lines += [f"  said {one.number} by {one.by or 'user'} {_times(one)}" for one in transcript.user_said]
    lines += [f"  said {one.number} by {one.by} {_times(one)}" for one in transcript.agents_said]
    lines += [f"  desk {got.number} called {_at(got.called_at)}" for got in transcript.desk]
    lines += [f"  bot {got.number} called {_at(got.called_at)}" for got in transcript.bot]
    lines += [
        f"  read {read.thread} {clock_time(read.began_at)} {'worked' if read.worked else 'failed'}"
        for read in transcript.reads
    ]
    lines += [f"  log {line[:_LONGEST_LINE]}" for line in logbook.about(*_logged(transcript.key))]
    return "\n".join(lines)


def _logged(key: str) -> tuple[str, str]:
    """As the functions log a conversation: a phone number only as a digest."""
    return f'{key}"', f'"{shown_conversation(conversation_key("rcs", RCS_AGENT, key))}"'


def _times(said: Said) -> str:
    return (
        f"{said.event_id} said {_at(said.said_at)}, first told {_at(said.told_from)}, "
        f"accepted by {_at(said.accepted_by)}"
    )


def _at(at: float) -> str:
    return "never" if at == NEVER else clock_time(at)
