"""Where a hand-off would go: each routing rule with why it does not fit, and which one wins. Nobody is asked."""

import json
from collections.abc import Iterator
from typing import NamedTuple

from functions.handoff.errors import ConfigError
from functions.handoff.events import HandoffSignal, JsonObject
from functions.handoff.json_fields import clean_json
from functions.handoff.parts import UserProfile
from functions.handoff.policy import Policy
from functions.handoff.routing import (
    CONDITIONS,
    REASONS,
    WITH_KEYS,
    Condition,
    HandoffFacts,
    Routing,
    Rule,
    department_names,
    find_department,
    find_route,
    told_of,
    unmet,
)
from functions.runtime.json_file import check_names

_EXAMPLE = """make route SAMPLE='{"department": "billing", "locale": "de-AT"}'"""
_CONTEXT_NAMES = {"entry_point": "entryPoint", "place": "placeId", "brand_agent": "agent"}


# --- the sample ------------------------------------------------------------------------------------------------------


class Sample(NamedTuple):
    """A hand-off that might be."""

    signal: HandoffSignal
    user: UserProfile


def read_sample(raw: str) -> Sample:
    """A hand-off, from a JSON object with the names that conditions have; "" = nothing is known of it.

    Raises:
        ConfigError: it is no such object; says what is wrong with it.
    """
    try:
        return _sample_of(_parse(raw or "{}"))
    except ValueError as e:
        raise ConfigError(f"SAMPLE: {e}") from None


def _parse(raw: str) -> JsonObject:
    try:
        sample = clean_json(json.loads(raw))
    except (ValueError, RecursionError):
        raise ValueError(f"it is not JSON, like {_EXAMPLE}") from None
    if not isinstance(sample, dict):
        raise ValueError(f"it must be a JSON object, like {_EXAMPLE}")
    return sample


def _sample_of(given: JsonObject) -> Sample:
    check_names(given, CONDITIONS, "part of a sample")
    _check_types(given)
    metadata = given.get("parameters", {}) | ({"department": given["department"]} if "department" in given else {})
    named = {field: given[name] for name, field in _CONTEXT_NAMES.items() if name in given}
    signal = HandoffSignal(given.get("reason", "bot"), metadata, given.get("intent", ""))
    return Sample(signal, UserProfile(locale=given.get("locale", ""), context=named | given.get("context", {})))


def _check_types(given: JsonObject) -> None:
    for name, value in given.items():
        wanted, words = (dict, "an object") if name in WITH_KEYS else (str, "a text")
        if not isinstance(value, wanted):
            raise ValueError(f"{name} must be {words}")
    if not all(isinstance(text, str) for text in given.get("context", {}).values()):
        raise ValueError("context must hold texts only")
    if given.get("reason", "bot") not in REASONS:
        raise ValueError(f"reason must be one of: {', '.join(REASONS)}")


# --- where it goes ---------------------------------------------------------------------------------------------------


def lines_of_route(policy: Policy, sample: Sample) -> Iterator[str]:
    """Every rule in its order, what would be without them, and where the hand-off goes."""
    facts = policy.facts_of(*sample)
    route = find_route(policy.routing, policy.groups, facts)
    for number, rule in enumerate(policy.routing.rules, start=1):
        yield _line(f"rule {number}", _verdict(rule, facts, policy.groups, wins=number == route.rule))
    if not policy.routing.rules:
        yield _line("rules", "none: ROUTING_FILE names no file, or one without rules")
    yield _line("no rule", _without_rules(policy, facts))
    by = f"by rule {route.rule}" if route.rule else "as no rule fits"
    yield _line("goes to", f"{_place(route.group_id, route.department)}, {by}")
    yield _line("shown as", _names(policy, route.group_id))


def _verdict(rule: Rule, facts: HandoffFacts, groups: dict[str, int], *, wins: bool) -> str:
    missed = unmet(rule, facts)
    alone = find_route(Routing((Rule((), rule.group, rule.department),)), groups, facts)
    to = _place(alone.group_id, alone.department)
    if missed:
        return f"no, to {to}: {'; '.join(_reason(condition, facts) for condition in missed)}"
    return f"WINS, to {to}" if wins else f"fits too, but comes later, to {to}"


def _reason(condition: Condition, facts: HandoffFacts) -> str:
    name = f"{condition.name} {condition.key}".strip()
    told, wanted = " and ".join(told_of(condition, facts)), " or ".join(condition.wanted)
    return f"{name} is {told}, not {wanted}" if told else f"{name} is not known, must be {wanted}"


def _without_rules(policy: Policy, facts: HandoffFacts) -> str:
    route = find_route(Routing(), policy.groups, facts)
    names = [name for name in department_names(facts.signal) if find_department(policy.groups, name) is None]
    unknown = f"; LIVECHAT_GROUPS does not have {', '.join(names)}" if names else ""
    return f"to {_place(route.group_id, route.department)}{unknown}"


def _place(group_id: int, department: str) -> str:
    return f"group {group_id} ({department})" if department else f"group {group_id}"


def _names(policy: Policy, group_id: int) -> str:
    names = policy.names_in(group_id)
    avatar = f"; avatar {names.human_avatar_url}" if names.human_avatar_url else ""
    plain = names.human_name or "nothing"
    return (plain if names.policy == "fixed" else f"agents' {names.policy} names, {plain} where there is none") + avatar


def _line(name: str, words: str) -> str:
    return f"{name:<9} {words}"
