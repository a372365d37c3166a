"""What was said against what arrived, text by text: lost, doubled, inverted, leaked, wrongly framed. Pure."""

import re
from collections import Counter
from collections.abc import Iterator

from infra.chaos.framing import framing_faults
from infra.chaos.numbers import PRIVATE, find_numbers
from infra.chaos.order import INVERTED, LATE, first_arrivals, inversions, overtaken_in_thread
from infra.chaos.transcript import JOINED, MESSAGE, NEVER, Finding, Got, Said, Transcript
from infra.chaos.voices import ASKING, spoken_out_of_turn

USER, AGENT, BOT = SIDES = ("user", "agents", "bot")
"""Whose words: user → bot or agents, agents → user, bot → user."""

LOST, DOUBLED, LEAKED, FRAMING, OUT_OF_TURN, MUTED = "lost", "doubled", "leaked", "framing", "out of turn", "muted"
GIVEN_UP, HEARD_TWICE = "given up", "heard twice by the bot"
BAD = (LOST, DOUBLED, INVERTED, LEAKED, FRAMING, OUT_OF_TURN, MUTED, GIVEN_UP)
"""Columns that must be zero; the others are documented limits."""

COLUMNS = (*BAD, LATE, HEARD_TWICE)
_E_MAIL = re.compile(r"[\w.+-]+@[\w-]+\.\w+")


def compare(transcript: Transcript) -> list[Finding]:
    """Everything there is to say about one conversation."""
    found = [
        *_lost(transcript),
        *_doubled(transcript),
        *_inverted(transcript),
        *_leaked(transcript),
        *((FRAMING, AGENT, number, fault) for number, fault in framing_faults(transcript)),
        *((OUT_OF_TURN, BOT, "", f"{why}: {line.text!r}") for line, why in spoken_out_of_turn(transcript)),
        *_muted(transcript),
    ]
    return [Finding(column, side, transcript.conversation, number, detail) for column, side, number, detail in found]


_Found = Iterator[tuple[str, str, str, str]]


def _answers(transcript: Transcript) -> list[Got]:
    """Numbers on the phone in the bot's voice: its answers."""
    return _numbers_shown(transcript, {one.number for one in transcript.user_said})


def _words(transcript: Transcript) -> list[Got]:
    """Numbers on the phone that agents wrote."""
    return _numbers_shown(transcript, {one.number for one in transcript.agents_said})


def _numbers_shown(transcript: Transcript, wanted: set[str]) -> list[Got]:
    return [
        Got(str(number), line.called_at)
        for line in transcript.shown
        if line.kind == MESSAGE and not line.bridge
        for number in find_numbers(line.text)
        if str(number) in wanted
    ]


_GIVEN_UP = {True: (GIVEN_UP, "a dead letter"), False: (LOST, "a dead letter, and its writer was not told")}


# --- lost ------------------------------------------------------------------------------------------------------------


def _lost(transcript: Transcript) -> _Found:
    arrived = {got.number for got in (*transcript.desk, *transcript.bot)}
    shown = {got.number for got in _words(transcript)}
    for side, said, there in ((USER, transcript.user_said, arrived), (AGENT, transcript.agents_said, shown)):
        for one in said:
            if one.number in transcript.dead_letters:
                told = transcript.dead_letters[one.number]
                yield (
                    (GIVEN_UP if told else LOST),
                    side,
                    one.number,
                    "a dead letter" + ("" if told else ", nobody told"),
                )
            elif one.number not in there:
                yield LOST, side, one.number, "it arrived nowhere"
    yield from _lost_answers(transcript)


def _lost_answers(transcript: Transcript) -> _Found:
    """What the bot heard was answered, unless a person came between: then the reply is dropped, as it must be."""
    answered = {got.number: got.called_at for got in reversed(_answers(transcript))}
    last_heard = {got.number: index for index, got in enumerate(transcript.bot)}
    relayed, moved_at = {got.number for got in transcript.desk}, _moves(transcript)
    for one in transcript.user_said:
        if one.asks or one.number not in last_heard or one.number in answered or one.number in relayed:
            continue
        heard_later = transcript.bot[last_heard[one.number] + 1 :]
        until = min((answered[got.number] for got in heard_later if got.number in answered), default=NEVER)
        if not any(one.said_at < at < until for at in moved_at):
            yield LOST, BOT, one.number, "the bot heard it, and its answer was never shown"


def _moves(transcript: Transcript) -> list[float]:
    """When something happened that comes with the conversation being, or having been, a person's."""
    lines = [line.at for line in transcript.shown if line.kind == JOINED or line.bridge or line.text == ASKING]
    opened = [thread.opened_at for thread in transcript.threads]
    wishes = [at for wish in (*transcript.asked, *transcript.called_back) for at in (wish.told_from, wish.accepted_by)]
    return [*lines, *opened, *wishes]


# --- doubled ---------------------------------------------------------------------------------------------------------


def _doubled(transcript: Transcript) -> _Found:
    desk = Counter(got.number for got in transcript.desk)
    answers = Counter(got.number for got in _answers(transcript))
    yield from ((DOUBLED, USER, number, f"reached the agents {n} times") for number, n in desk.items() if n > 1)
    for number, n in Counter(got.number for got in _words(transcript)).items():
        if n > 1:
            yield DOUBLED, AGENT, number, f"was shown {n} times"
    yield from ((DOUBLED, BOT, number, f"was answered {n} times") for number, n in answers.items() if n > 1)
    both = answers.keys() & desk.keys()
    yield from ((DOUBLED, USER, number, "was answered by the bot and sent to agents") for number in sorted(both))
    hearings = Counter(got.number for got in transcript.bot)
    yield from ((HEARD_TWICE, USER, number, f"{n} times") for number, n in hearings.items() if n > 1)
    asked, asking = sum(hearings[one.number] for one in transcript.user_said if one.asks), _asking(transcript)
    if asking > asked:
        yield DOUBLED, BOT, "", f"{ASKING!r} was shown {asking} times for {asked} requests"
    if transcript.chats > 1:
        yield DOUBLED, USER, "", f"the desk has {transcript.chats} chats of this user"


def _asking(transcript: Transcript) -> int:
    return sum(line.text == ASKING for line in transcript.shown)


# --- inverted --------------------------------------------------------------------------------------------------------


def _inverted(transcript: Transcript) -> _Found:
    """Each text that others went past, once."""
    seen: set[tuple[str, str]] = set()
    for column, side, earlier, later, why in _overtaken(transcript):
        if (side, earlier.number) not in seen:
            seen.add((side, earlier.number))
            yield column, side, earlier.number, f"came after {later.number}: {why}"


def _overtaken(transcript: Transcript) -> Iterator[tuple[str, str, Said, Said, str]]:
    answers, words = first_arrivals(_answers(transcript)), first_arrivals(_words(transcript))
    user_said, agents_said = transcript.user_said, transcript.agents_said
    ways = (
        (USER, user_said, first_arrivals(transcript.desk)),
        (USER, user_said, first_arrivals(transcript.bot)),
        (BOT, user_said, answers),
        (AGENT, agents_said, words),
    )
    for side, said, arrived in ways:
        for earlier, later, why in inversions(said, arrived):
            if side != AGENT and _was_left_behind(transcript, earlier, later):
                yield LATE, side, earlier, later, "it was in doubt whether the agents had it"
            else:
                yield INVERTED, side, earlier, later, why
    for earlier, later, verdict in overtaken_in_thread(agents_said, words, transcript.reads):
        why = "though the thread was read before" if verdict == INVERTED else "no read of the thread worked before"
        yield verdict, AGENT, earlier, later, why


def _was_left_behind(transcript: Transcript, earlier: Said, later: Said) -> bool:
    """A text that may be with the agents does not keep the user, who is with the bot again, from the bot."""
    heard = {got.number: got.called_at for got in reversed(transcript.bot)}
    tried_at = transcript.tried_at_desk.get(earlier.number, NEVER)
    return later.number in heard and tried_at < heard[later.number]


# --- leaked, muted ---------------------------------------------------------------------------------------------------


def _leaked(transcript: Transcript) -> _Found:
    """Nothing private, and nothing of another conversation, reaches the user or the bot (or the wrong agents)."""
    shown = [f"{line.name} {line.text}" for line in transcript.shown]
    for side, texts in ((AGENT, shown), (AGENT, transcript.bot_was_sent), (USER, transcript.desk_texts)):
        for text in texts:
            for number in find_numbers(text):
                if number.conversation != transcript.conversation:
                    yield LEAKED, side, str(number), f"belongs to another conversation than {transcript.conversation}"
                elif number.kind == PRIVATE and texts is not transcript.desk_texts:
                    yield LEAKED, side, str(number), "is for agents only"
            if texts is not transcript.desk_texts and _E_MAIL.search(text):
                yield LEAKED, side, "", "an e-mail address"


def _muted(transcript: Transcript) -> _Found:
    if transcript.answered_roll_call is False:
        yield MUTED, BOT, "", "the bot did not answer when everything worked again"
