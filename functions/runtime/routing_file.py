"""Reads the file that ROUTING_FILE names: rules to LiveChat groups, and how each group's agents are shown.

Strict, for what is misspelt here sends people to the wrong desk: an unknown name, a value of another type and a name
that stands twice are refused. Names are repeated in what is said, values are not.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from functions.handoff.routing import (
    CONDITIONS,
    REASONS,
    WITH_KEYS,
    Condition,
    GroupNames,
    Routing,
    Rule,
    find_unknown_departments,
    folded,
)
from functions.runtime import config_values as value
from functions.runtime.json_file import Faults, check_names, first_of, near, quoted, read_json_file, refuse

_MAX_GROUP = 2**53  # what any reader of JSON takes for a whole number

_TOP = ("rules", "groups")
_RULE = ("when", "group", "department")


def routing_file(raw: str) -> Routing:
    """The routing in the JSON file at this path; none without a path.

    Raises:
        ValueError: it can't be read, or is wrong; what is wrong with each rule and group is named.
    """
    if not raw:
        return Routing()
    try:
        return parse_routing(read_json_file(value.existing_file(raw)))
    except Faults as e:
        raise ValueError(f"names a file with faults: {e}") from None


def parse_routing(content: Any) -> Routing:
    """The routing that such a file holds.

    Raises:
        Faults: it is wrong; what is wrong with each rule and group is named.
    """
    faults: list[str] = []
    rules = _each(_rules_in(content, faults), _read_rule, faults)
    names = _each(_groups_in(content, faults), _read_group, faults)
    refuse(faults)
    return Routing(tuple(rules), dict(names))


def departments_missing(routing: Routing, groups: Mapping[str, int]) -> list[str]:
    """Rules whose department LIVECHAT_GROUPS does not have, in words that fit behind the variable's name."""
    missing = find_unknown_departments(routing, groups)
    told = [f"rule {number}: department {quoted(name)} is not in LIVECHAT_GROUPS" for number, name in missing]
    return [f"names a file with faults: {first_of(told)}"] if told else []


def _rules_in(content: Any, faults: list[str]) -> Iterator[tuple[str, Any]]:
    if not isinstance(content, dict):
        faults.append('it must hold an object: {"rules": […], "groups": {…}}')
        return
    faults += [f"{quoted(name)} is unknown{near(name, _TOP)}" for name in content if name not in _TOP]
    rules = content.get("rules", [])
    if not isinstance(rules, list):
        faults.append("rules must be a list")
        return
    yield from ((f"rule {number}", rule) for number, rule in enumerate(rules, start=1))


def _groups_in(content: Any, faults: list[str]) -> Iterator[tuple[str, Any]]:
    groups = content.get("groups", {}) if isinstance(content, dict) else {}
    if not isinstance(groups, dict):
        faults.append("groups must be an object, group id to names")
        return
    yield from ((f"group {quoted(name)}", (name, names)) for name, names in groups.items())


def _each(given: Iterator[tuple[str, Any]], read: Callable[[Any], Any], faults: list[str]) -> list[Any]:
    """What `read` makes of each; of those that are wrong, the first fault."""
    found = []
    for label, one in given:
        try:
            found.append(read(one))
        except ValueError as e:
            faults.append(f"{label}: {e}")
    return found


# --- rules -----------------------------------------------------------------------------------------------------------


def _read_rule(given: Any) -> Rule:
    if not isinstance(given, dict):
        raise ValueError("must be an object")
    check_names(given, _RULE, "part of a rule")
    when = given.get("when")
    if not isinstance(when, dict):
        raise ValueError("must have an object when; {} is for all")
    if ("group" in given) == ("department" in given):
        raise ValueError("must have a group or a department, and not both")
    return Rule(tuple(_read_when(when)), _group_in(given), _department_in(given))


def _group_in(rule: dict[str, Any]) -> int | None:
    group = rule.get("group", 0)
    if not _is_group(group):
        raise ValueError("group must be a group id, a whole number from 0 up")
    return group if "group" in rule else None


def _is_group(group: object) -> bool:
    return isinstance(group, int) and not isinstance(group, bool) and 0 <= group < _MAX_GROUP


def _department_in(rule: dict[str, Any]) -> str:
    department = rule.get("department", "")
    if not isinstance(department, str) or ("department" in rule and not department.strip()):
        raise ValueError("department must be one of LIVECHAT_GROUPS")
    return department.strip()


def _read_when(when: dict[str, Any]) -> Iterator[Condition]:
    check_names(when, tuple(CONDITIONS), "condition")
    for name, asked in when.items():
        if name not in WITH_KEYS:
            yield Condition(name, _read_wanted(name, asked))
            continue
        if not isinstance(asked, dict) or not asked:
            raise ValueError(f"{name} must be an object, name to text")
        for key, texts in asked.items():
            yield Condition(name, _read_wanted(name, texts, f" {quoted(key)}"), key)


def _read_wanted(name: str, asked: Any, key: str = "") -> tuple[str, ...]:
    texts = asked if isinstance(asked, list) else [asked]
    if not texts or not all(isinstance(text, str) and text.strip() for text in texts):
        raise ValueError(f"{name}{key} must be a text or a list of texts, none of them empty")
    wanted = tuple(folded(text, name) for text in texts)
    if any("*" in text[:-1] for text in wanted):
        raise ValueError(f"{name}{key} has a * that is not at the end")
    if name == "reason" and not all(_is_reason(text) for text in wanted):
        raise ValueError(f"reason must be one of: {', '.join(REASONS)}")
    return wanted


def _is_reason(wanted: str) -> bool:
    return wanted in REASONS or (wanted.endswith("*") and any(one.startswith(wanted[:-1]) for one in REASONS))


# --- groups ----------------------------------------------------------------------------------------------------------


def _read_group(given: tuple[str, Any]) -> tuple[int, GroupNames]:
    name, names = given
    if not (name.isascii() and name.isdigit() and str(int(name[:20])) == name and _is_group(int(name))):
        raise ValueError("is no group id, a whole number from 0 up")
    if not isinstance(names, dict):
        raise ValueError("must be an object")
    check_names(names, tuple(_NAMES), "name of agents")
    return int(name), GroupNames(**{one: _read_name(one, text) for one, text in names.items()})


def _read_name(name: str, text: Any) -> str:
    if not isinstance(text, str):
        raise ValueError(f"{name} must be a text")
    try:
        return str(_NAMES[name](text.strip()))
    except ValueError as e:
        raise ValueError(f"{name} {e}") from None


_NAMES: dict[str, value.Reader] = {
    "agent_name_policy": value.one_of("full", "first", "fixed"),
    "human_name": value.text,
    "human_avatar_url": value.optional(value.web_url),
}
