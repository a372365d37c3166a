"""What must hold whatever happened, as pure questions about what the user, the agents and the bot saw.

Each answers with complaints, none when the rule held. Long texts may be cut in parts: what counts is each word, and the
words of a run are all different.
"""

from collections import Counter
from collections.abc import Iterable, Sequence

from functions.handoff.conversation import BOT, Conversation
from tests.core_world import World
from tests.fakes import Shown


def _words(texts: Iterable[str]) -> list[str]:
    return " ".join(texts).split()


def framing_faults(shown: Sequence[Shown]) -> list[str]:
    """JOINED before an agent's words, LEFT after them, one pair each; agents still present are left out."""
    faults: list[str] = []
    present: set[str] = set()
    for one in shown:
        if one.kind == "joined" and one.name in present:
            faults.append(f"{one.name} joined twice")
        if one.kind == "left" and one.name not in present:
            faults.append(f"{one.name} left without having joined")
        if one.kind == "message" and one.representative == "HUMAN" and one.name not in present:
            faults.append(f"{one.name} spoke without having joined: {one.text}")
        present = _present(one, present)
    return faults


def _present(one: Shown, before: set[str]) -> set[str]:
    return before | {one.name} if one.kind == "joined" else before - {one.name} if one.kind == "left" else before


def mislabelled(shown: Sequence[Shown], agent_words: Iterable[str]) -> list[str]:
    """Agents speak as HUMAN, everybody else as BOT."""
    human = set(_words(agent_words))
    return [
        f"{one.text!r} was shown as {one.representative}"
        for one in shown
        if one.kind == "message" and (one.representative == "HUMAN") != bool(human & set(one.text.split()))
    ]


def doubled(world: World, said: Iterable[str], agent_words: Iterable[str]) -> list[str]:
    """Nothing is seen twice by people: the user's words by agents, agents' and bot's words by the user."""
    to_desk, shown = Counter(_words(world.desk.user_texts())), Counter(_words(world.channel.texts))
    answers = Counter(world.channel.texts)
    faults = [f"{word!r} reached the agents {to_desk[word]} times" for word in _words(said) if to_desk[word] > 1]
    faults += [f"agent's {word!r} was shown {shown[word]} times" for word in _words(agent_words) if shown[word] > 1]
    return faults + [f"the bot answered {text!r} twice" for text in said if answers[f"bot: {text}"] > 1]


def lost(world: World, said: Iterable[str], agent_words: Iterable[str]) -> list[str]:
    """Everything said has reached somebody, or is kept as a dead letter."""
    kept = set(_words(letter["entry"].get("text", "") for letter in world.dead_letters()))
    reached = {*kept, *_words(world.desk.user_texts()), *_words(world.bot.heard)}
    faults = [f"{word!r} is lost" for word in _words(said) if word not in reached]
    shown = {*kept, *_words(world.channel.texts)}
    return faults + [f"agent's {word!r} was never shown" for word in _words(agent_words) if word not in shown]


def out_of_order(seen: Iterable[str], said: Iterable[str]) -> list[str]:
    """What was seen of `said` came in the order it was said."""
    place = {word: index for index, word in enumerate(_words(said))}
    places = [place[word] for word in _words(seen) if word in place]
    return [] if places == sorted(places) else [f"out of order: {[w for w in _words(seen) if w in place]}"]


def threads_out_of_order(world: World, changed: Sequence[str] = ()) -> list[str]:
    """What agents wrote in a thread is shown in the order they wrote it; a correction comes when it comes."""
    threads = [thread for threads in world.desk.threads.values() for thread in threads]
    words = [
        [event.text for event in thread.events if "@" in event.author and event.visible and event.text not in changed]
        for thread in threads
    ]
    return [fault for one in words for fault in out_of_order(world.channel.texts, one)]


def leaked(world: World, private: Iterable[str]) -> list[str]:
    """Nothing private is shown, nor an agent's address."""
    shown = " ".join(f"{one.name} {one.text}" for one in world.channel.shown)
    seen = [word for word in _words(private) if word in shown.split()]
    return [f"private {word!r} was shown" for word in [*seen, *(["@"] if "@" in shown else [])]]


def stuck(c: Conversation) -> list[str]:
    """What waits has somebody at work or an alarm."""
    if c.pending and c.lease is None and c.due_at is None:
        return [f"pending {[p.id for p in c.pending]} with no alarm"]
    return []


def never_left(shown: Sequence[Shown]) -> list[str]:
    """After everything is over the user sees nobody but the bot."""
    present: set[str] = set()
    for one in shown:
        present = _present(one, present)
    return [f"{sorted(present)} never left"] if present else []


def unresolved(c: Conversation) -> list[str]:
    """After everything is over nothing waits, and the user is with the bot."""
    faults: list[str] = []
    if c.pending or c.lease:
        faults.append(f"unresolved: {[p.id for p in c.pending]} in {c.state}, lease {c.lease}, due {c.due_at}")
    if c.state != BOT:
        faults.append(f"not back with the bot: {c.state}")
    return faults
