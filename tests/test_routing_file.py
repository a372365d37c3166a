"""The routing file: read strictly, all that is wrong in it named at once, and nothing of its values repeated."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from functions.handoff.errors import ConfigError
from functions.handoff.routing import CONDITIONS, WITH_KEYS, Condition, GroupNames, Routing, Rule
from functions.runtime.config import Settings, read_settings
from functions.runtime.wiring import read_policy
from infra.operate.route import lines_of_route, read_sample

ROOT = Path(__file__).parents[1]
EXAMPLE = ROOT / "infra/routing.example.json"
PAGE = ROOT / "docs/routing.md"
GROUPS = '{"default": 0, "billing": 7}'


def read(folder: Path, content: Any) -> Settings:
    """The settings with a routing file of this content (bytes, or what JSON can hold)."""
    path = folder / "routing.json"
    path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    return read_settings({"ROUTING_FILE": str(path), "LIVECHAT_GROUPS": GROUPS})


def refusal(folder: Path, content: Any) -> str:
    with pytest.raises(ConfigError) as caught:
        read(folder, content)
    return str(caught.value)


def rules(*given: Any) -> dict[str, Any]:
    return {"rules": list(given)}


def with_condition(name: str, asked: Any) -> dict[str, Any]:
    return rules({"when": {name: asked}, "group": 1})


# --- what is right ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("raw", [None, "", " "])
def test_without_a_file_there_are_no_rules(raw: str | None) -> None:
    assert Routing() == read_settings({} if raw is None else {"ROUTING_FILE": raw}).routing


def test_a_file_is_read_into_rules_in_their_order_and_names_by_group(tmp_path: Path) -> None:
    content = {
        "rules": [
            {"when": {"locale": ["de_AT", "FR "], "parameters": {"Tier": "Gold*"}}, "group": 3},
            {"when": {}, "department": " Billing "},
        ],
        "groups": {"7": {"agent_name_policy": "Fixed", "human_name": "Billing team"}, "0": {}},
    }

    found = read(tmp_path, content).routing

    first = Rule((Condition("locale", ("de-at", "fr")), Condition("parameters", ("gold*",), "Tier")), 3)
    assert (first, Rule((), department="Billing")) == found.rules
    assert {7: GroupNames("fixed", "Billing team"), 0: GroupNames()} == found.names


def test_every_condition_can_be_asked_for(tmp_path: Path) -> None:
    when = {name: {"x": "bot"} if name in WITH_KEYS else "bot" for name in CONDITIONS}

    (rule,) = read(tmp_path, rules({"when": when, "group": 0})).routing.rules

    assert set(CONDITIONS) == {condition.name for condition in rule.when}


def test_a_byte_order_mark_does_no_harm(tmp_path: Path) -> None:
    assert Routing() == read(tmp_path, b"\xef\xbb\xbf{}").routing


def test_the_example_is_a_true_one() -> None:
    settings = read_settings({"ROUTING_FILE": str(EXAMPLE), "LIVECHAT_GROUPS": GROUPS})

    assert 5 == len(settings.routing.rules)
    assert {7, 12} == set(settings.routing.names)


def test_the_page_s_example_goes_where_the_page_says(tmp_path: Path) -> None:
    blocks = re.findall(r"^```(\w*)\n(.*?)^```$", PAGE.read_text(), flags=re.MULTILINE | re.DOTALL)
    (content,) = [block for language, block in blocks if language == "json"]
    (command,) = [block for language, block in blocks if language == "sh"]
    (shown,) = [block for language, block in blocks if not language]

    policy = read_policy(read(tmp_path, content.encode()))
    sample = read_sample(command.split("'")[1])

    assert shown.splitlines() == list(lines_of_route(policy, sample))


def test_the_page_explains_every_condition() -> None:
    rows = re.findall(r"^\| `(\w+)` \|", PAGE.read_text(), flags=re.MULTILINE)

    assert sorted(CONDITIONS) == sorted(rows)


# --- what is wrong ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"no json", "names a file that is not JSON"),
        (b"[" * 100_000, "names a file that is not JSON"),
        (b"\xff{}", "names a file that is not UTF-8 text"),
        (b'{"rules": [], "rules": []}', '"rules" stands twice'),
        (b'{"rules": [{"when": {"intent": "a", "intent": "b"}, "group": 1}]}', '"intent" stands twice'),
        ([], "it must hold an object"),
        ({"rulse": []}, '"rulse" is unknown (did you mean rules?)'),
        ({"rules": {}}, "rules must be a list"),
        ({"groups": []}, "groups must be an object"),
        (rules("x"), "rule 1: must be an object"),
        (rules({"group": 1}), "rule 1: must have an object when"),
        (rules({"when": [], "group": 1}), "rule 1: must have an object when"),
        (rules({"when": {}}), "rule 1: must have a group or a department"),
        (rules({"when": {}, "group": 1, "department": "billing"}), "rule 1: must have a group or a department"),
        (rules({"when": {}, "group": 1, "then": 2}), 'rule 1: "then" is no part of a rule'),
        (rules({"when": {}, "department": "sales"}), 'rule 1: department "sales" is not in LIVECHAT_GROUPS'),
        (rules({"when": {}, "department": " "}), "rule 1: department must be one of LIVECHAT_GROUPS"),
        (with_condition("lokale", "de"), '"lokale" is no condition (did you mean locale?)'),
        (with_condition("agent", "x"), '"agent" is no condition (did you mean brand_agent?)'),
        (with_condition("intent", 4711), "intent must be a text or a list of texts"),
        (with_condition("intent", ["a", " "]), "intent must be a text or a list of texts, none of them empty"),
        (with_condition("intent", []), "intent must be a text or a list of texts"),
        (with_condition("intent", "*a"), "intent has a * that is not at the end"),
        (with_condition("reason", "boredom"), "reason must be one of: bot, user"),
        (with_condition("parameters", "x"), "parameters must be an object"),
        (with_condition("parameters", {}), "parameters must be an object"),
        (with_condition("parameters", {"vip": True}), 'parameters "vip" must be a text'),
        ({"groups": {"07": {}}}, 'group "07": is no group id'),
        ({"groups": {"9" * 5000: {}}}, "is no group id"),
        ({"groups": {"7": []}}, 'group "7": must be an object'),
        (
            {"groups": {"7": {"human_nam": "x"}}},
            'group "7": "human_nam" is no name of agents (did you mean human_name?)',
        ),
        ({"groups": {"7": {"human_name": 1}}}, 'group "7": human_name must be a text'),
        ({"groups": {"7": {"agent_name_policy": "none"}}}, "agent_name_policy must be one of: full, first, fixed"),
        ({"groups": {"7": {"human_avatar_url": "http://a.example"}}}, "human_avatar_url must use https"),
    ],
    ids=lambda one: one[:40] if isinstance(one, str) else "",
)
def test_what_is_wrong_is_named(tmp_path: Path, content: Any, words: str) -> None:
    message = refusal(tmp_path, content)

    assert message.startswith("ROUTING_FILE names a file ")
    assert words in message


@pytest.mark.parametrize("group", ["7", -1, 7.0, True, None, 2**60])
def test_a_group_is_a_whole_number(tmp_path: Path, group: object) -> None:
    assert "rule 1: group must be a group id" in refusal(tmp_path, rules({"when": {}, "group": group}))


def test_all_that_is_wrong_is_named_at_once_as_far_as_one_can_read_it(tmp_path: Path) -> None:
    message = refusal(tmp_path, rules(*[{"when": {}}] * 14))

    assert all(f"rule {number}: " in message for number in range(1, 11))
    assert "rule 11" not in message
    assert "and 4 more" in message


def test_no_value_of_the_file_is_repeated_and_names_only_in_part(tmp_path: Path) -> None:
    wrong = [
        {"when": {"reason": "hunter2"}, "group": "hunter2"},
        {"when": {"intent": ["*hunter2"]}, "group": 1},
        "hunter2",
    ]
    groups = {"7": {"human_avatar_url": "hunter2", "x" * 500: 1}, "8": {"agent_name_policy": "hunter2"}}

    message = refusal(tmp_path, {"rules": wrong, "groups": groups})

    assert "hunter2" not in message
    assert len(message) < 1000


def test_a_name_that_no_terminal_can_show_is_told_all_the_same(tmp_path: Path) -> None:
    refusal(tmp_path, b'{"\\ud800": 1}').encode()


def test_a_file_that_can_t_be_read_is_said_to_be_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: Path, *arguments: Any, **named: Any) -> str:
        raise PermissionError(13, "not yours")

    monkeypatch.setattr(Path, "read_text", refuse)

    assert "names a file that can't be read" in refusal(tmp_path, {})


def test_rules_are_not_held_against_groups_that_are_wrong_themselves(tmp_path: Path) -> None:
    path = tmp_path / "routing.json"
    path.write_text(json.dumps(rules({"when": {}, "department": "sales"})))

    with pytest.raises(ConfigError) as caught:
        read_settings({"ROUTING_FILE": str(path), "LIVECHAT_GROUPS": "[]"})

    assert "LIVECHAT_GROUPS must" in str(caught.value)
    assert "ROUTING_FILE" not in str(caught.value)
