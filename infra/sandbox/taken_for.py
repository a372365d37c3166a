"""What users take lines on their phone for, where a channel shows nobody but the brand: who joined, spoke and left.

Lines come out as those of a channel that does show it: `representative`, `name`, and `event` of a joined or left.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from functions.handoff.languages import BUILT_IN

JsonObject = dict[str, Any]
_JOINED, _WORDLESS = "REPRESENTATIVE_JOINED", ("image", "file")
_EVENTS = {"agent_joined": _JOINED, "agent_left": "REPRESENTATIVE_LEFT"}
_WISH, _PERSON_CHIPS = "live_agent_request", {words["person_chip"] for words in BUILT_IN.values()}
_SAID = {
    re.compile(re.escape(words[text]).replace(r"\{name\}", "(.+)")): event
    for words in BUILT_IN.values()
    for text, event in _EVENTS.items()
}


def as_taken(transcript: Iterable[JsonObject], *, bot: str) -> Iterator[JsonObject]:
    """The lines, each of the brand's with who it is taken for; `bot`: the name of whoever is no person."""
    people: dict[str, bool] = {}  # by name, whether they are there
    for line in transcript:
        if line["from"] != "brand" or "representative" in line:
            yield _asked(line)
            continue
        taken = _taken(line, people, bot)
        if taken["kind"] == "event":
            people.pop(taken["name"], None)
            people[taken["name"]] = taken["event"] == _JOINED
        yield taken


def _asked(line: JsonObject) -> JsonObject:
    """A tap on the chip for a person asks for one."""
    is_wish = line["kind"] == "tap" and line.get("text") in _PERSON_CHIPS
    return {key: value for key, value in line.items() if key != "text"} | {"kind": _WISH} if is_wish else line


def _taken(line: JsonObject, people: Mapping[str, bool], bot: str) -> JsonObject:
    text = line.get("text") or ""
    for form, event in _SAID.items():
        if said := form.fullmatch(text):
            return {**line, "kind": "event", "event": event, "representative": "HUMAN", "name": said[1]}
    speaker = next((name for name in people if text.startswith(f"{name}: ")), "")
    if speaker:
        words = text.removeprefix(f"{speaker}: ")
        return {**line, "representative": "HUMAN", "name": speaker, "text": words}
    present = [name for name, is_there in people.items() if is_there]
    if present and not line.keys().isdisjoint(_WORDLESS):  # it can't say whose it is: the bot keeps quiet meanwhile
        return {**line, "representative": "HUMAN", "name": present[-1]}
    return {**line, "representative": "BOT", "name": bot}
