"""Where a hand-off goes: the first rule that fits, else the department's group, else the default; never nowhere."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.handoff.events import HandoffSignal
from functions.handoff.routing import (
    CONDITIONS,
    WITH_KEYS,
    Condition,
    HandoffFacts,
    Route,
    Routing,
    Rule,
    find_department,
    find_route,
    find_shadowed,
    find_unknown_departments,
    folded,
    unmet,
)

GROUPS = {"default": 0, "billing": 7, "Sales": 8}
ASKED = HandoffFacts(
    HandoffSignal("bot", {"department": "Billing", "tier": "gold", "order": 17.0, "vip": True}, "Talk to human"),
    "de-AT",
    {"entryPoint": "MAPS", "nearPlaceId": "ChIJ-1", "agent": "brands/1/agents/2", "customContext": "spring-sale"},
)


def when(name: str, *wanted: str, key: str = "") -> Condition:
    return Condition(name, tuple(folded(one, name) for one in wanted), key)


def a_rule(*conditions: Condition, group: int = 9) -> Rule:
    return Rule(conditions, group)


def told(**metadata: Any) -> HandoffFacts:
    return HandoffFacts(HandoffSignal("bot", metadata))


# --- which one wins --------------------------------------------------------------------------------------------------


def test_the_first_rule_that_fits_decides() -> None:
    rules = (a_rule(when("locale", "fr"), group=1), a_rule(when("locale", "de"), group=2), a_rule(group=3))

    assert Route(2, "", 2) == find_route(Routing(rules), GROUPS, ASKED)


def test_a_rule_fits_only_if_all_of_its_conditions_hold() -> None:
    rule = a_rule(when("department", "billing"), when("locale", "fr"), when("intent", "talk to human"))

    assert (when("locale", "fr"),) == unmet(rule, ASKED)
    assert Route(7, "billing") == find_route(Routing((rule,)), GROUPS, ASKED)


def test_a_rule_may_name_a_department_instead_of_a_group() -> None:
    assert Route(8, "Sales", 1) == find_route(Routing((Rule((), department=" sales"),)), GROUPS, ASKED)


@pytest.mark.parametrize(
    ("metadata", "route"),
    [
        ({}, Route(0, "default")),
        ({"department": "sales"}, Route(8, "Sales")),
        ({"department": " BILLING "}, Route(7, "billing")),
        ({"department": "unknown"}, Route(0, "default")),
        ({"department": "unknown", "skill": "billing"}, Route(7, "billing")),
        ({"KM_ASSIGN_TEAM": "billing"}, Route(7, "billing")),
        ({"skill": "Sales"}, Route(8, "Sales")),
        ({"department": ["billing", "sales"]}, Route(7, "billing")),
        ({"department": {"name": "billing"}}, Route(0, "default")),
        ({"department": ""}, Route(0, "default")),
        ({"topic": "billing"}, Route(0, "default")),
    ],
)
def test_without_a_rule_the_department_decides_in_any_dialect(metadata: dict[str, Any], route: Route) -> None:
    assert route == find_route(Routing((a_rule(when("intent", "none")),)), GROUPS, told(**metadata))


def test_a_department_is_found_as_it_is_spelled_before_any_other_spelling() -> None:
    groups = {"default": 0, "VIP": 1, "vip": 2}

    assert ["vip", "VIP", "VIP", None] == [find_department(groups, name) for name in ("vip", "VIP", "Vip", "v")]


# --- conditions ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "condition",
    [
        when("department", "billing"),
        when("department", "sales", "BILLING"),
        when("intent", "talk to human"),
        when("intent", "talk*"),
        when("intent", "*"),
        when("locale", "de"),
        when("locale", "de_at"),
        when("entry_point", "maps"),
        when("place", "chij-1"),
        when("brand_agent", "brands/1/*"),
        when("reason", "bot"),
        when("parameters", "gold", key="tier"),
        when("parameters", "17", key="order"),
        when("parameters", "true", key="vip"),
        when("context", "spring*", key="customContext"),
    ],
)
def test_a_condition_holds_in_any_case_for_a_beginning_with_a_star_and_a_language(condition: Condition) -> None:
    assert () == unmet(a_rule(condition), ASKED)


@pytest.mark.parametrize(
    "condition",
    [
        when("department", "bill"),
        when("intent", "human*"),
        when("locale", "de-DE"),
        when("locale", "d"),
        when("locale", "de-AT-1996"),
        when("entry_point", "url"),
        when("place", "ChIJ"),
        when("reason", "user"),
        when("parameters", "gold", key="Tier"),
        when("parameters", "*", key="none"),
        when("context", "*", key="widgetUrl"),
    ],
)
def test_a_condition_that_is_not_met_keeps_its_rule_from_fitting(condition: Condition) -> None:
    assert (condition,) == unmet(a_rule(condition), ASKED)


@pytest.mark.parametrize("name", sorted(set(CONDITIONS) - WITH_KEYS - {"reason"}))
def test_what_nothing_is_known_of_fits_nothing_not_even_a_star(name: str) -> None:
    assert unmet(a_rule(when(name, "*")), HandoffFacts(HandoffSignal("user"), " "))


def test_one_of_several_values_is_enough() -> None:
    facts = told(products=["tv", "Phone"])

    assert () == unmet(a_rule(when("parameters", "phone", "tablet", key="products")), facts)


# --- what can't be meant ---------------------------------------------------------------------------------------------


def test_departments_that_no_group_has_are_found() -> None:
    rules = (Rule((), 1), Rule((), department="sales"), Rule((), department="returns"))

    assert [(3, "returns")] == find_unknown_departments(Routing(rules), GROUPS)


GERMAN_BILLING = a_rule(when("locale", "de"), when("department", "billing"))


@pytest.mark.parametrize(
    ("earlier", "later"),
    [
        (a_rule(), GERMAN_BILLING),
        (a_rule(when("locale", "de")), GERMAN_BILLING),
        (a_rule(when("locale", "de")), a_rule(when("locale", "de-AT", "de_CH"))),
        (a_rule(when("locale", "de")), a_rule(when("locale", "de-*"))),
        (a_rule(when("intent", "talk*", "ask*")), a_rule(when("intent", "talk to*"), when("reason", "bot"))),
        (GERMAN_BILLING, GERMAN_BILLING),
    ],
)
def test_a_rule_behind_one_that_asks_for_less_can_never_win(earlier: Rule, later: Rule) -> None:
    assert [(3, 2)] == find_shadowed([a_rule(when("reason", "keyword")), earlier, later])


@pytest.mark.parametrize(
    ("earlier", "later"),
    [
        (GERMAN_BILLING, a_rule(when("locale", "de"))),
        (a_rule(when("locale", "de-AT")), a_rule(when("locale", "de"))),
        (a_rule(when("locale", "de")), a_rule(when("locale", "de*"))),
        (a_rule(when("intent", "talk")), a_rule(when("intent", "talk*"))),
        (a_rule(when("intent", "talk")), a_rule(when("intent", "talk", "ask"))),
        (a_rule(when("parameters", "x", key="a")), a_rule(when("parameters", "x", key="b"))),
        (a_rule(when("intent", "x")), a_rule(when("department", "x"))),
    ],
)
def test_a_rule_that_may_win_is_not_called_dead(earlier: Rule, later: Rule) -> None:
    assert [] == find_shadowed([earlier, later])


# --- any rules, any hand-off -----------------------------------------------------------------------------------------

_words = st.sampled_from(["billing", "Billing ", "sales", "de", "de-AT", "de_at", "d*", "*", "17", "true", "x"])
_keys = st.sampled_from(["department", "skill", "KM_ASSIGN_TEAM", "tier", "placeId", "entryPoint", "agent"])
_conditions = st.builds(
    lambda name, wanted, key: when(name, *wanted, key=key if name in WITH_KEYS else ""),
    st.sampled_from(sorted(CONDITIONS)),
    st.lists(_words, min_size=1, max_size=3),
    _keys,
)
_rules = st.lists(st.builds(a_rule, _conditions) | st.builds(a_rule, _conditions, _conditions), max_size=6)
_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | _words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)
_facts = st.builds(
    lambda reason, metadata, intent, locale, context: HandoffFacts(
        HandoffSignal(reason, metadata, intent), locale, context
    ),
    st.text(max_size=5) | _words,
    st.dictionaries(_keys | st.text(max_size=3), _json, max_size=4),
    st.text(max_size=5) | _words,
    st.text(max_size=5) | _words,
    st.dictionaries(_keys | st.text(max_size=3), st.text(max_size=5) | _words, max_size=4),
)


@given(_rules, _facts)
def test_whatever_the_metadata_is_the_first_rule_with_nothing_unmet_decides(
    rules: list[Rule], facts: HandoffFacts
) -> None:
    route = find_route(Routing(tuple(rules)), GROUPS, facts)

    fitting = [number for number, rule in enumerate(rules, start=1) if not unmet(rule, facts)]
    assert (fitting[0] if fitting else 0) == route.rule
    assert route.group_id in {9, *GROUPS.values()}


@given(_rules, _facts)
def test_a_rule_that_is_called_dead_never_wins(rules: list[Rule], facts: HandoffFacts) -> None:
    route = find_route(Routing(tuple(rules)), GROUPS, facts)

    assert route.rule not in {number for number, _by in find_shadowed(rules)}


@pytest.mark.parametrize(
    "value",
    [10**6000, 2**70, 1e300, float("nan"), float("inf"), "\ud800", "\0", [[["billing"]]], {"a": {}}, None, []],
    ids=lambda value: type(value).__name__,
)
def test_a_value_that_is_no_text_is_routed_like_none(value: Any) -> None:
    rule = a_rule(when("parameters", "billing", key="tier"))

    assert Route(0, "default") == find_route(Routing((rule,)), GROUPS, told(department=value, tier=value))


def test_lists_in_lists_however_deep_do_no_harm() -> None:
    value: Any = "billing"
    for _ in range(5000):
        value = [value]

    assert Route(0, "default") == find_route(Routing(), GROUPS, told(department=value))
