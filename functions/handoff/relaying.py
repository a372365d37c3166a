"""Working the way of a user's message to the agents: its files first, then its words, each one event there."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from functions.handoff import ids
from functions.handoff.changes import Changes
from functions.handoff.content import Media
from functions.handoff.conversation import AGENT, BOT
from functions.handoff.doubt import find_own
from functions.handoff.errors import (
    ChatInactive,
    FileRefused,
    ProviderRefused,
)
from functions.handoff.events import UserMessage
from functions.handoff.file_work import NOT_TAKEN, FileStep, NotTaken, bring, missing_line, tell_refused
from functions.handoff.moves import touch_chat
from functions.handoff.parts import FilesInHand
from functions.handoff.postbacks import find_button
from functions.handoff.schedule import SEND_TIMEOUT_S
from functions.handoff.text import split_text, utf8_length
from functions.handoff.threads import find_closed, know_events
from functions.handoff.work import Step


class Relayed(NamedTuple):
    """The message is with the agents; `gone`: the chat turned out to be closed after part of it."""

    event_ids: tuple[str, ...]
    gone: bool = False
    said: str = ""  # where it is not all of the message
    rest: str = ""
    rest_files: tuple[Media, ...] = ()


class ChatGone(NamedTuple):
    """The chat was closed before the message reached it."""


class NotInChat(NamedTuple):
    """A call in doubt is now known not to have had any effect: the message goes afresh, where the state says."""


class _Part(NamedTuple):
    """One event of the message. `text` or `file` (its place among the files)."""

    custom_id: str
    text: str = ""
    file: int | None = None


def relay(step: Step, entry: UserMessage) -> Relayed | ChatGone | NotInChat | FileStep | NotTaken:
    """Take the message to the agents, or its next file to the desk."""
    c = step.conversation
    parts = list(_parts(step, entry))
    sent = find_own(step, [part.custom_id for part in parts])
    if step.desk_doubt and not sent:
        return NotInChat()
    if c.state == BOT:  # only a call in doubt leads here
        return _partly(entry, parts, sent, gone=False)
    if c.customer is None or not c.chat_id:
        return ChatGone()
    waiting = [part.file for part in parts if part.file is not None and part.custom_id not in sent]
    in_hand = c.files.get(entry.id, FilesInHand())
    if waiting and waiting[-1] >= len(in_hand.addresses):
        return bring(step, entry.files[len(in_hand.addresses)])
    return _send_all(step, entry, parts, sent)


def _send_all(
    step: Step, entry: UserMessage, parts: list[_Part], sent: dict[str, str]
) -> Relayed | ChatGone | NotTaken:
    for part in parts:
        if part.custom_id in sent:
            continue
        try:
            sent[part.custom_id] = _send(step, entry, part)
        except ChatInactive:
            return _partly(entry, parts, sent, gone=True) if sent else ChatGone()
        except FileRefused:
            return NotTaken(part.file or 0, after_others=bool(sent))
        step.had_effect = True
    return Relayed(tuple(sent.values()))


def _parts(step: Step, entry: UserMessage) -> Iterator[_Part]:
    def custom_id(what: str) -> str:
        return ids.own_event_id(step.conversation.key, entry.id, what)

    for index in range(len(entry.files)):
        yield _Part(custom_id(f"file:{index}"), file=index)
    words = words_for_agents(entry)
    texts = split_text(words, step.desk.text_limit_bytes, utf8_length)
    for index, text in enumerate(texts):
        if text.strip():  # a desk takes no blank message, and there is nothing to be read in one
            yield _Part(custom_id(f"message:{index}"), text)


def words_for_agents(entry: UserMessage) -> str:
    """What agents read of a message: not the address of a file they get, and behind a chip's label what it carries."""
    if entry.text in {media.url for media in entry.files}:
        return ""
    carried = (entry.postback or "").strip()
    if not carried or find_button(carried) or carried == entry.text.strip():
        return entry.text
    return f"{entry.text} [{carried}]"


# --- events ----------------------------------------------------------------------------------------------------------


def _send(step: Step, entry: UserMessage, part: _Part) -> str:
    chat_id, timeout_s = step.conversation.chat_id, step.begin(SEND_TIMEOUT_S)
    customer = step.as_customer()
    if part.file is None:
        return customer.send_message(
            chat_id, part.text, custom_id=part.custom_id, timeout_s=timeout_s, button=find_button(entry.postback)
        )
    in_hand = step.conversation.files[entry.id]
    address, refused = in_hand.addresses[part.file], in_hand.refused[part.file]
    if not address:
        return customer.send_note(chat_id, missing_line(step, refused), custom_id=part.custom_id, timeout_s=timeout_s)
    try:
        return customer.send_file(chat_id, address, custom_id=part.custom_id, timeout_s=timeout_s)
    except ChatInactive:
        raise
    except ProviderRefused as e:  # its words must not be lost with it
        raise FileRefused(NOT_TAKEN) from e


def _partly(entry: UserMessage, parts: list[_Part], sent: dict[str, str], *, gone: bool) -> Relayed:
    def texts(is_wanted: Callable[[_Part], bool]) -> str:
        return "\n".join(part.text for part in parts if part.text and is_wanted(part))

    return Relayed(
        tuple(sent.values()),
        gone,
        said=texts(lambda part: part.custom_id in sent),
        rest=texts(lambda part: part.custom_id not in sent),
        rest_files=tuple(
            entry.files[part.file] for part in parts if part.file is not None and part.custom_id not in sent
        ),
    )


def note_relayed(changes: Changes, entry: UserMessage, result: Relayed) -> None:
    """Write down what the agents have; what they do not have follows where the state then says."""
    c = changes.conversation
    is_all = not (result.rest or result.rest_files)
    said = entry.text if is_all else result.said or entry.files[0].url
    changes.say("user", said, c.user.name, entry.source_at, entry.id)
    if result.rest or result.rest_files:
        text = result.rest or result.rest_files[0].url
        rest = UserMessage(id=f"rest:{entry.id}", source_at=entry.source_at, text=text, files=result.rest_files)
        changes.add(rest, head=True)
    tell_refused(changes, entry, c.files.get(entry.id, FilesInHand()).refused)
    know_events(c, c.thread_id, result.event_ids)
    touch_chat(changes)
    if c.state == AGENT and "agent_silent" not in c.timers:
        changes.set_timer("agent_silent", changes.policy.agent_silent_s)
    if result.gone:
        find_closed(changes, already_read=False)
