"""Working the files of a user's message: fetched and brought to the desk in one step, sent in the next.

Between the two a file's address at the desk is stored, so that no crash, and no lease, makes it be fetched for ever.
"""

from datetime import timedelta
from typing import NamedTuple

from functions.handoff.changes import Changes
from functions.handoff.content import Media
from functions.handoff.errors import FileRefused, OutOfTime, ProviderError, ProviderRefused, ProviderUnavailable
from functions.handoff.events import UserMessage
from functions.handoff.interfaces import LIVECHAT, Note
from functions.handoff.moves import tell_user
from functions.handoff.parts import FilesInHand
from functions.handoff.schedule import FETCH_TIMEOUT_S, SEND_TIMEOUT_S
from functions.handoff.texts import find_text
from functions.handoff.work import Step

NOT_TAKEN = "not_allowed"
FETCH_TRIES = 3
"""So often a file may not be had for now. With a server that says nothing that makes three quarters of a minute."""
_FETCH_PAUSE_S = 4.0
UPLOAD_TRIES = 8
"""So often in a row the desk may fail to take a file: about four minutes, with the pauses between."""


class FileStep(NamedTuple):
    """One file is done with: at the desk under `address`, or `refused` (why). Neither: not to be had for now."""

    address: str = ""
    refused: str = ""


class NotTaken(NamedTuple):
    """The chat refused a file (its place among them) though the desk had taken it; `after_others`: of this message."""

    file: int
    after_others: bool


def bring(step: Step, media: Media) -> FileStep:
    """Fetch a file and bring it to the desk: seen by nobody yet, hence repeatable.

    Raises:
        ProviderUnavailable: the desk could not take it for now.
        OutOfTime: the door has too little time left for it.
    """
    try:
        file = step.sides.files.fetch(media, timeout_s=step.long_timeout_s(FETCH_TIMEOUT_S, then_s=SEND_TIMEOUT_S))
    except FileRefused as e:
        return FileStep(refused=e.reason)
    except ProviderUnavailable:
        return FileStep()
    try:
        return FileStep(step.as_customer().upload_file(file, timeout_s=step.timeout_s(SEND_TIMEOUT_S)))
    except FileRefused as e:
        return FileStep(refused=e.reason)
    except ProviderRefused:
        return FileStep(refused=NOT_TAKEN)
    except ProviderUnavailable as e:
        if e.error_type == "circuit_open" or not _is_hopeless(step):
            raise
        return FileStep(refused="unreachable")


def _is_hopeless(step: Step) -> bool:
    """The desk takes all but files, and has done so for long: what was written after this one must not wait for it.

    While it answers nothing at all, everything waits, and so does the file.
    """
    parked = step.conversation.parked.get(LIVECHAT)
    if parked is None or parked.tries < UPLOAD_TRIES - 1:
        return False
    try:
        step.as_customer().find_chat(timeout_s=step.timeout_s())
    except (ProviderError, OutOfTime):
        return False
    return True


def note_file(changes: Changes, entry: UserMessage, result: FileStep) -> None:
    """Store how far the files are. One that can't be had for now is tried again soon, but holds nobody up for long."""
    c = changes.conversation
    changes.keep()
    before = c.files.get(entry.id, FilesInHand())
    is_done = bool(result.address or result.refused)
    if not is_done and before.tries + 1 < FETCH_TRIES:
        c.files[entry.id] = FilesInHand(before.addresses, before.refused, before.tries + 1)
        changes.park(LIVECHAT, changes.now + timedelta(seconds=_FETCH_PAUSE_S * 2**before.tries), failed=False)
        return
    refused = result.refused or ("" if is_done else "unreachable")
    c.files[entry.id] = FilesInHand((*before.addresses, result.address), (*before.refused, refused))


def note_not_taken(changes: Changes, entry: UserMessage, result: NotTaken) -> None:
    """Store that the file is refused: a line goes in its place, and what is there already is not sent again."""
    c = changes.conversation
    changes.keep()
    in_hand = c.files[entry.id]
    c.files[entry.id] = FilesInHand(
        tuple("" if at == result.file else one for at, one in enumerate(in_hand.addresses)),
        tuple(NOT_TAKEN if at == result.file else one for at, one in enumerate(in_hand.refused)),
    )
    if result.after_others:
        changes.doubt(entry.id, LIVECHAT, changes.now)


def missing_line(step: Step, reason: str) -> Note:
    """The line in the place of a file that agents do not get."""
    policy = step.policy
    title = find_text("note_title", policy.language, policy.texts)
    why = find_text(f"file_{reason}", policy.language, policy.texts)
    return Note(title, ((title, find_text("file_missing", policy.language, policy.texts, reason=why)),))


def tell_refused(changes: Changes, entry: UserMessage, refused: tuple[str, ...]) -> None:
    """The writer is told which file did not get through, and why."""
    for index, reason in enumerate(refused):
        if reason:
            tell_user(changes, f"sent_file_{reason}", f"{entry.id}:{index}")
