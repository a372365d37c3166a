"""Reads from the stand-ins what was said, what arrived and when: `transcript.Transcript`s for the comparison.

Nothing is taken from the bridge itself but its dead letters.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from functions.handoff.languages import BUILT_IN
from infra.chaos.desk_records import DeskRecords
from infra.chaos.numbers import USER, find_numbers
from infra.chaos.people import RETURN_KEYWORD, Person
from infra.chaos.transcript import JOINED, LEFT, MESSAGE, NEVER, Got, Said, Shown, Transcript, Wish
from infra.chaos.users import Sent, Users, keys
from infra.sandbox.sandbox import Sandbox
from infra.sandbox.standin import Call, JsonObject

_KINDS = {"REPRESENTATIVE_JOINED": JOINED, "REPRESENTATIVE_LEFT": LEFT}
_BRIDGE_BEGINS = tuple(text.partition("{")[0] for text in BUILT_IN["en"].values() if text.partition("{")[0])


def gather(
    sandbox: Sandbox, users: Users, people: Sequence[Person], dead_letters: Iterable[JsonObject]
) -> list[Transcript]:
    """One transcript for each person."""
    phone, bot, desk = _Phone(users), _Bot(sandbox), DeskRecords(sandbox.livechat)
    given_up = [number for letter in dead_letters for number in find_numbers(json.dumps(letter))]
    transcripts = []
    for person in people:
        user_said = phone.said(person)
        shown = phone.shown(person.key)
        told = {str(number) for line in shown if line.bridge for number in find_numbers(line.text)}
        told |= {str(number) for text in desk.notes(person.number) for number in find_numbers(text)}
        heard, sent = bot.heard(person.number)
        transcripts.append(
            Transcript(
                conversation=person.number,
                key=person.key,
                user_said=user_said,
                agents_said=desk.said(person.number),
                shown=shown,
                desk=desk.got(person.number),
                tried_at_desk=desk.tried(person.number),
                bot=heard,
                bot_was_sent=sent,
                desk_texts=desk.texts(person.number),
                reads=desk.reads(person.number),
                stays=desk.stays(person.number),
                threads=desk.threads(person.number),
                asked=phone.asked(person.key),
                called_back=phone.called_back(person.key),
                dead_letters={str(one): str(one) in told for one in given_up if one.conversation == person.number},
                chats=desk.chats(person.number),
            )
        )
    return transcripts


def seconds(at: str) -> float:
    """A stand-in's time as seconds since the epoch; "" = never."""
    return datetime.fromisoformat(at).timestamp() if at else NEVER


def first_call(calls: Iterable[Call], text_of: Any) -> dict[str, float]:
    """Number → when the first call with it arrived."""
    first: dict[str, float] = {}
    for call in calls:
        for number in find_numbers(text_of(call)):
            first.setdefault(str(number), call.at)
    return first


class _Phone:
    """Reads the user's side."""

    def __init__(self, users: Users) -> None:
        self._users = users
        self._calls: dict[str, list[Call]] = defaultdict(list)
        for call in list(users.standin.calls):
            self._calls[users.outbound_id(call)].append(call)
        self._sent = keys(users.sent())

    def said(self, person: Person) -> list[Said]:
        """What the user wrote, requests and commands without a number left out."""
        found = []
        for sent in self._of(person.key):
            for number in find_numbers(sent.text):
                tries = [one for one in sent.delivery["attempts"] if one["error"] != "dropped"]
                found.append(
                    Said(
                        number=str(number),
                        said_at=seconds(sent.said_at),
                        told_from=min((seconds(one["at"]) for one in tries), default=NEVER),
                        accepted_by=_accepted_by(tries),
                        event_id=sent.id,
                        asks=str(number) in person.asking,
                    )
                )
        return found

    def shown(self, key: str) -> list[Shown]:
        """What the brand side showed."""
        return [self._line(line) for line in self._users.lines(key) if line["from"] == "brand"]

    def asked(self, key: str) -> list[Wish]:
        """Requests by the channel's own means."""
        return [_wish(one.delivery) for one in self._of(key) if one.asks]

    def called_back(self, key: str) -> list[Wish]:
        """The word for going back to the bot."""
        return [_wish(one.delivery) for one in self._of(key) if one.text == RETURN_KEYWORD]

    def _of(self, key: str) -> list[Sent]:
        return self._sent.get(key, [])

    def _line(self, line: JsonObject) -> Shown:
        at, text = seconds(line["at"]), line.get("text", "")
        called = [call.at for call in self._calls[line.get("id", "")] if call.at <= at <= call.ended_at]
        return Shown(
            at=at,
            called_at=max(called, default=at),
            kind=_KINDS.get(line.get("event", ""), MESSAGE),
            voice=line["representative"],
            name=line.get("name", ""),
            text=text,
            bridge=text.startswith(_BRIDGE_BEGINS),
        )


def _wish(delivery: JsonObject) -> Wish:
    return Wish(delivery["first_at"], _accepted_by(delivery["attempts"]))


def _accepted_by(tries: Sequence[JsonObject]) -> float:
    return min((seconds(one["ended_at"]) for one in tries if 200 <= one["status"] < 300), default=NEVER)


class _Bot:
    """Reads the bot's side: sessions are known by the numbers heard in them."""

    def __init__(self, sandbox: Sandbox) -> None:
        calls = list(sandbox.dialogflow.calls)
        self._first = first_call(calls, lambda call: json.dumps(call.body))
        self._sessions = sandbox.dialogflow.state()["sessions"].values()
        self._of: dict[int, list[JsonObject]] = defaultdict(list)
        for session in self._sessions:
            numbers = [n for turn in session["turns"] for n in find_numbers(turn.get("text", "")) if n.kind == USER]
            if numbers:
                self._of[numbers[0].conversation] += session["turns"]

    def heard(self, conversation: int) -> tuple[list[Got], list[str]]:
        """The user's texts heard, and all that was sent."""
        turns = self._of[conversation]
        numbers = [str(number) for turn in turns for number in find_numbers(turn.get("text", ""))]
        sent = [
            json.dumps([turn.get(name) for name in ("text", "parameters", "payload", "contexts")]) for turn in turns
        ]
        return [Got(number, self._first.get(number, NEVER)) for number in numbers], sent
