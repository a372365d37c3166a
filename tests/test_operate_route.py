"""The command that shows which routing rule wins: by the functions' own rules, for whatever one can think of."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.handoff.errors import ConfigError
from functions.handoff.policy import Policy
from functions.handoff.routing import CONDITIONS, WITH_KEYS, Condition, Routing, Rule
from infra.operate.__main__ import main
from infra.operate.route import lines_of_route, read_sample

ROUTING = {
    "rules": [
        {"when": {"locale": "fr", "parameters": {"tier": "gold"}}, "group": 12},
        {"when": {"place": "p-1", "entry_point": ["MAPS", "URL"]}, "department": "sales"},
        {"when": {"locale": "de"}, "group": 14},
    ],
    "groups": {"8": {"agent_name_policy": "fixed", "human_name": "Sales team"}},
}

Route = Callable[..., tuple[int, list[str], str]]


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No settings file of whoever runs this."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def route(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Route:
    """Runs the command on ROUTING; answers exit code, lines, and what it complains of."""
    path = tmp_path / "routing.json"
    path.write_text(json.dumps(ROUTING))
    settings = {"ROUTING_FILE": str(path), "LIVECHAT_GROUPS": '{"default": 0, "billing": 7, "sales": 8}'}

    def run(sample: Any = "", **environ: str) -> tuple[int, list[str], str]:
        raw = sample if isinstance(sample, str) else json.dumps(sample)
        code = main(["route", raw], settings | environ)
        said = capsys.readouterr()
        return code, said.out.splitlines(), said.err

    return run


def test_each_rule_says_why_it_does_not_fit_and_the_first_that_does_wins(route: Route) -> None:
    sample = {"locale": "de-AT", "place": "P-1", "entry_point": "MAPS", "department": "Billing"}

    code, lines, _ = route(sample)

    assert 0 == code
    assert lines == [
        "rule 1    no, to group 12: locale is de-AT, not fr; parameters tier is not known, must be gold",
        "rule 2    WINS, to group 8 (sales)",
        "rule 3    fits too, but comes later, to group 14",
        "no rule   to group 7 (billing)",
        "goes to   group 8 (sales), by rule 2",
        "shown as  Sales team",
    ]


@pytest.mark.parametrize(
    ("sample", "lines"),
    [
        ("", ["no rule   to group 0 (default)", "goes to   group 0 (default), as no rule fits"]),
        ({"department": "BILLING"}, ["goes to   group 7 (billing), as no rule fits"]),
        ({"parameters": {"skill": "sales"}}, ["goes to   group 8 (sales), as no rule fits"]),
        ({"department": "spares"}, ["no rule   to group 0 (default); LIVECHAT_GROUPS does not have spares"]),
        (
            {"locale": "de"},
            ["goes to   group 14, by rule 3", "shown as  agents' full names, Agent where there is none"],
        ),
        ({"context": {"placeId": "p-1", "entryPoint": "url"}}, ["goes to   group 8 (sales), by rule 2"]),
    ],
)
def test_where_a_hand_off_goes_is_told_with_the_name_that_users_see(
    route: Route, sample: Any, lines: list[str]
) -> None:
    assert set(lines) <= set(route(sample)[1])


def test_a_sample_without_a_locale_has_the_bot_s_language(route: Route) -> None:
    assert "goes to   group 14, by rule 3" in route(DIALOGFLOW_LANGUAGE="de")[1]


def test_the_sample_may_come_from_make(route: Route) -> None:
    assert "goes to   group 14, by rule 3" in route(SAMPLE='{"locale": "de"}')[1]


def test_without_rules_it_is_said_that_there_are_none(route: Route) -> None:
    assert "rules     none: ROUTING_FILE names no file, or one without rules" in route(ROUTING_FILE="")[1]


@pytest.mark.parametrize(
    ("sample", "words"),
    [
        ("{", "SAMPLE: it is not JSON, like make route SAMPLE="),
        ("[" * 100_000, "SAMPLE: it is not JSON"),
        ("[]", "SAMPLE: it must be a JSON object"),
        ({"lokale": "de"}, 'SAMPLE: "lokale" is no part of a sample (did you mean locale?)'),
        ({"locale": 1}, "SAMPLE: locale must be a text"),
        ({"department": ["billing"]}, "SAMPLE: department must be a text"),
        ({"parameters": []}, "SAMPLE: parameters must be an object"),
        ({"context": {"placeId": 1}}, "SAMPLE: context must hold texts only"),
        ({"reason": "boredom"}, "SAMPLE: reason must be one of: bot, user"),
    ],
    ids=lambda one: str(one)[:30],
)
def test_a_sample_that_can_t_be_meant_is_refused(route: Route, sample: Any, words: str) -> None:
    code, lines, complaint = route(sample)

    assert (2, []) == (code, lines)
    assert words in complaint


def test_half_a_character_can_be_shown_on_any_terminal() -> None:
    sample = read_sample(r'{"department": "\ud800", "intent": "\udc00"}')

    "\n".join(lines_of_route(Policy(routing=Routing((Rule((Condition("intent", ("x",)),), 7),))), sample)).encode()


def test_wrong_settings_are_told_before_anything_is_routed(route: Route) -> None:
    code, lines, complaint = route(ROUTING_FILE="/nowhere/routing.json")

    assert (2, []) == (code, lines)
    assert "ROUTING_FILE names a file that is not there" in complaint


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)
_samples = st.dictionaries(
    st.sampled_from(sorted(CONDITIONS)) | st.text(max_size=3),
    st.text() | st.dictionaries(st.text(max_size=3), _json, max_size=3) | _json,
    max_size=5,
)


@given(_samples)
def test_a_sample_is_refused_or_routed_and_shown_on_any_terminal(sample: dict[str, Any]) -> None:
    policy = Policy(routing=Routing((Rule((), 7),)))
    try:
        taken = read_sample(json.dumps(sample))
    except ConfigError as e:
        str(e).encode()
        return

    lines = "\n".join(lines_of_route(policy, taken))

    assert "goes to   group 7, by rule 1" in lines
    lines.encode()
    assert all(isinstance(sample[name], dict) == (name in WITH_KEYS) for name in sample)


def test_a_brand_goes_by_its_own_rules_and_groups(route: Route, tmp_path: Path) -> None:
    rules = {"rules": [{"when": {"locale": "de"}, "department": "cards"}]}
    settings = {"ROUTING_FILE": rules, "LIVECHAT_GROUPS": {"default": 20, "cards": 21}}
    row = {"rcs_agent": "acme", "secrets": {"rcs-client-token": "acme-token"}, "settings": settings}
    (tmp_path / "brands.json").write_text(json.dumps({"acme": row}))
    brands = {"BRANDS_FILE": str(tmp_path / "brands.json")}

    of_acme = route({"locale": "de"}, BRAND="acme", **brands)[1]
    our_own = route({"locale": "de"}, **brands)[1]

    assert "goes to   group 21 (cards), by rule 1" in of_acme
    assert "goes to   group 14, by rule 3" in our_own


def test_a_brand_that_is_not_there_is_said_so(route: Route) -> None:
    code, _, complaint = route({}, BRAND="acme")

    assert (2, "BRAND: there is no acme; there are: none") == (code, complaint.strip())
