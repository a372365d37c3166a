"""Which group of agents a hand-off goes to: the first rule that fits, else its department's group, else the default.

Pure. Texts are compared trimmed and in any case; a wish that ends in "*" fits whatever begins like it.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from functions.handoff.events import HandoffSignal

DEFAULT = "default"
"""The department of whoever has none."""
REASONS = ("bot", "user", "keyword", "fallbacks", "bot_unreachable")
_MAX_INT_BITS = 63

_DEPARTMENT_NAMES = ("department", "KM_ASSIGN_TEAM", "skill")
"""What the hand-off dialects call it, among the metadata of a signal."""
TOPIC_NAMES = (*_DEPARTMENT_NAMES, "topic")
"""What says what a hand-off is about, department or not."""
_PLACE_NAMES = ("placeId", "nearPlaceId")
_BRAND_AGENT_NAMES = ("agent", "customAgentId")


class HandoffFacts(NamedTuple):
    """What is known of a hand-off when it is routed. `context`: what the channel says of the user, by its own names."""

    signal: HandoffSignal
    locale: str = ""
    context: Mapping[str, str] = {}


class Condition(msgspec.Struct, frozen=True):
    """One thing that a rule asks for: one of the `wanted` texts, as `folded` gives them.

    `name` is one of `CONDITIONS`; `key` says which of its fields is meant, where it has several.
    """

    name: str
    wanted: tuple[str, ...]
    key: str = ""


class Rule(msgspec.Struct, frozen=True):
    """Where hand-offs go for which all of `when` holds: to a group, or to that of a department."""

    when: tuple[Condition, ...]
    group: int | None = None
    department: str = ""


class GroupNames(msgspec.Struct, frozen=True):
    """How one group's agents are shown to users; None: as everywhere else."""

    agent_name_policy: str | None = None
    human_name: str | None = None
    human_avatar_url: str | None = None


class Routing(msgspec.Struct, frozen=True):
    """An operator's rules, in their order, and the names of agents by group."""

    rules: tuple[Rule, ...] = ()
    names: dict[int, GroupNames] = {}


class Route(NamedTuple):
    """Where a hand-off goes. `rule`: the number of the one that decided, from 1; 0 = none did.

    `department`: the one whose group it is, "" where a rule names the group itself.
    """

    group_id: int
    department: str = ""
    rule: int = 0


def find_route(routing: Routing, groups: Mapping[str, int], facts: HandoffFacts) -> Route:
    """Where this hand-off goes; there is always an answer.

    Args:
        routing: the rules.
        groups: department → group id, with the key "default".
        facts: what is known of it.
    """
    for number, rule in enumerate(routing.rules, start=1):
        if not unmet(rule, facts):
            return _route_of(rule, groups)._replace(rule=number)
    known = (find_department(groups, name) for name in department_names(facts.signal))
    department = next(filter(None, known), DEFAULT)
    return Route(groups[department], department)


def _route_of(rule: Rule, groups: Mapping[str, int]) -> Route:
    if rule.group is not None:
        return Route(rule.group)
    department = find_department(groups, rule.department) or DEFAULT
    return Route(groups[department], department)


def find_department(groups: Mapping[str, int], name: str) -> str | None:
    """The department of that name, spelled as in the table, or None when the table has none."""
    if name in groups:
        return name
    return next((one for one in groups if folded(one) == folded(name)), None)


def department_names(signal: HandoffSignal) -> tuple[str, ...]:
    """What the signal calls the department, in every dialect it speaks."""
    return _texts_of(signal, _DEPARTMENT_NAMES)


def topics(signal: HandoffSignal) -> tuple[str, ...]:
    """What the hand-off is about: its departments and its topic, each once."""
    return tuple(dict.fromkeys(_texts_of(signal, TOPIC_NAMES)))


def _texts_of(signal: HandoffSignal, names: Iterable[str]) -> tuple[str, ...]:
    return tuple(text.strip() for name in names for text in texts_in(signal.metadata.get(name)))


def find_unknown_departments(routing: Routing, groups: Mapping[str, int]) -> list[tuple[int, str]]:
    """Rules that name a department which is not in the table: their number, and the department."""
    named = [(number, rule.department) for number, rule in enumerate(routing.rules, start=1) if rule.department]
    return [(number, department) for number, department in named if find_department(groups, department) is None]


# --- does a rule fit? ------------------------------------------------------------------------------------------------


def unmet(rule: Rule, facts: HandoffFacts) -> tuple[Condition, ...]:
    """The conditions of a rule that don't hold; () when it fits."""
    return tuple(condition for condition in rule.when if not _holds(condition, facts))


def _holds(condition: Condition, facts: HandoffFacts) -> bool:
    told = [folded(text, condition.name) for text in told_of(condition, facts)]
    return any(_fits(condition.name, wanted, text) for wanted in condition.wanted for text in told)


def told_of(condition: Condition, facts: HandoffFacts) -> tuple[str, ...]:
    """What this hand-off says of what a condition asks for; () when nothing. Any one of several will do."""
    texts = CONDITIONS[condition.name](facts, condition.key)
    return tuple(text for text in texts if text.strip())


def folded(text: str, condition_name: str = "") -> str:
    """A text as it is compared; in locales "_" is "-"."""
    plain = text.strip().casefold()
    return plain.replace("_", "-") if condition_name == "locale" else plain


def _fits(condition_name: str, wanted: str, text: str) -> bool:
    """A language fits all of its locales: "de" fits "de-AT"."""
    if wanted.endswith("*"):
        return text.startswith(wanted[:-1])
    return text == wanted or (condition_name == "locale" and text.startswith(f"{wanted}-"))


def texts_in(value: Any) -> tuple[str, ...]:
    """A parameter's value as texts: itself, or each item of a list; () of what is no single text, number or flag.

    Dialogflow's numbers have a fraction: 17.0 is "17".
    """
    items = value if isinstance(value, list) else [value]
    return tuple(text for item in items if (text := _text_of(item)).strip())


def _text_of(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**_MAX_INT_BITS:
        value = int(value)
    if isinstance(value, int):
        return str(value) if value.bit_length() <= _MAX_INT_BITS else ""
    return str(value) if isinstance(value, str | float) else ""


def _in_context(*names: str) -> Callable[[HandoffFacts, str], Iterable[str]]:
    return lambda facts, _key: [facts.context.get(name, "") for name in names]


CONDITIONS: dict[str, Callable[[HandoffFacts, str], Iterable[str]]] = {
    "department": lambda facts, _key: department_names(facts.signal),
    "intent": lambda facts, _key: [facts.signal.intent],
    "locale": lambda facts, _key: [facts.locale],
    "entry_point": _in_context("entryPoint"),
    "place": _in_context(*_PLACE_NAMES),
    "brand_agent": _in_context(*_BRAND_AGENT_NAMES),
    "reason": lambda facts, _key: [facts.signal.reason],
    "parameters": lambda facts, key: texts_in(facts.signal.metadata.get(key)),
    "context": lambda facts, key: [facts.context.get(key, "")],
}
"""What rules can ask for, and where a hand-off says it."""
WITH_KEYS = frozenset({"parameters", "context"})
"""Conditions that are asked of one field each, by its name."""


# --- can a rule win? -------------------------------------------------------------------------------------------------


def find_shadowed(rules: Sequence[Rule]) -> list[tuple[int, int]]:
    """Rules that can never win: their number, and that of an earlier one that fits whenever they do."""
    found = []
    for number, rule in enumerate(rules, start=1):
        earlier = enumerate(rules[: number - 1], start=1)
        by = next((n for n, one in earlier if _fits_whenever(one, rule)), 0)
        if by:
            found.append((number, by))
    return found


def _fits_whenever(rule: Rule, other: Rule) -> bool:
    return all(any(_asks_no_more(mine, theirs) for theirs in other.when) for mine in rule.when)


def _asks_no_more(mine: Condition, theirs: Condition) -> bool:
    if (mine.name, mine.key) != (theirs.name, theirs.key):
        return False
    return all(any(_fits(mine.name, wide, narrow) for wide in mine.wanted) for narrow in theirs.wanted)
