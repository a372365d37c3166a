"""The brands file: read strictly, all that is wrong in it named at once, and nothing of its values repeated."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from functions.handoff.errors import ConfigError
from functions.runtime.brands import Brands
from functions.runtime.brands_file import BRAND_SECRETS, BRAND_SETTINGS
from functions.runtime.config import VARIABLES, Settings, read_settings
from functions.runtime.policy_settings import read_policy

ROOT = Path(__file__).parents[1]
EXAMPLE = ROOT / "infra/brands.example.json"
PAGE = ROOT / "docs/brands.md"
OWN = {"RCS_AGENT_ID": "own_bot", "BOT_NAME": "Own", "WAIT_LIMIT_S": "700"}


def row(*, settings: Any = None, **more: Any) -> dict[str, Any]:
    plain = {"rcs_agent": "acme_bot", "secrets": {"rcs-client-token": "acme-rcs"}, "settings": settings or {}}
    return {**plain, **more}


def read(folder: Path, content: Any, **own: str) -> Settings:
    """The settings with a brands file of this content (bytes, or what JSON can hold)."""
    path = folder / "brands.json"
    path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    return read_settings({**OWN, "BRANDS_FILE": str(path), **own})


def refusal(folder: Path, content: Any, **own: str) -> str:
    with pytest.raises(ConfigError) as caught:
        read(folder, content, **own)
    return str(caught.value)


# --- what is right ---------------------------------------------------------------------------------------------------


def test_without_a_file_there_are_none() -> None:
    assert {} == read_settings({}).brands


def test_a_brand_has_the_deployment_s_settings_and_its_own_over_them(tmp_path: Path) -> None:
    brand = read(tmp_path, {"acme": row(settings={"BOT_NAME": "Acme"})}).brands["acme"]

    assert ("Acme", 700, "acme_bot") == (
        brand.settings.bot_name,
        brand.settings.wait_limit_s,
        brand.settings.rcs_agent_id,
    )
    assert {} == brand.settings.brands


def test_another_brand_s_settings_are_not_among_them(tmp_path: Path) -> None:
    content = {
        "acme": row(settings={"BOT_NAME": "Acme", "HUMAN_NAME": "Team Acme"}),
        "zeta": row(rcs_agent="zeta_bot", settings={"BOT_NAME": "Zeta"}),
    }

    brands = read(tmp_path, content).brands

    assert ["Acme", "Zeta"] == [brand.settings.bot_name for brand in brands.values()]
    assert "Agent" == brands["zeta"].settings.human_name


@pytest.mark.parametrize(
    ("name", "raw", "field", "value"),
    [
        ("WAIT_LIMIT_S", 60, "wait_limit_s", 60),
        ("WAIT_LIMIT_S", "60", "wait_limit_s", 60),
        ("SURVEY", True, "survey", True),
        ("RCS_NAME_PREFIX", False, "rcs_name_prefix", False),
        ("LIVECHAT_GROUPS", {"default": 3}, "livechat_groups", {"default": 3}),
        ("LIVECHAT_GROUPS", '{"default": 3}', "livechat_groups", {"default": 3}),
        ("HANDOFF_KEYWORDS", "human, person", "handoff_keywords", ("human", "person")),
        ("DIALOGFLOW_RETURN_EVENT", "", "dialogflow_return_event", ""),
        ("MESSAGES_FILE", {"de_AT": {"connecting": "Moment"}}, "texts", {"de-at": {"connecting": "Moment"}}),
    ],
)
def test_a_setting_stands_as_in_the_environment_or_as_json_has_it(
    tmp_path: Path, name: str, raw: Any, field: str, value: Any
) -> None:
    brand = read(tmp_path, {"acme": row(settings={name: raw})}).brands["acme"]

    assert value == getattr(brand.settings, field)


def test_files_of_a_brand_stand_in_place_or_are_named(tmp_path: Path) -> None:
    texts = tmp_path / "texts.json"
    texts.write_text('{"en": {"connecting": "Acme…"}}')
    routing = {"rules": [{"when": {}, "group": 9}]}

    brand = read(tmp_path, {"acme": row(settings={"MESSAGES_FILE": str(texts), "ROUTING_FILE": routing})}).brands[
        "acme"
    ]

    assert {"en": {"connecting": "Acme…"}} == brand.settings.texts
    assert [9] == [rule.group for rule in brand.settings.routing.rules]
    assert {"MESSAGES_FILE": str(texts)} == brand.files


def test_a_secret_of_its_own_is_told_by_the_name_it_stands_for(tmp_path: Path) -> None:
    brand = read(tmp_path, {"acme": row()}).brands["acme"]

    assert ("acme-rcs", "dialogflow-webhook-token") == (
        brand.secret("rcs-client-token"),
        brand.secret("dialogflow-webhook-token"),
    )


def test_the_example_is_a_true_one() -> None:
    settings = read_settings({"BRANDS_FILE": str(EXAMPLE)})

    assert ["acme", "zeta"] == list(settings.brands)
    assert [True, False] == [brand.settings.dialogflow_is_cx for brand in settings.brands.values()]
    assert {12, 20} == {read_policy(brand.settings).groups["default"] for brand in settings.brands.values()}


def test_the_page_s_example_is_a_true_one(tmp_path: Path) -> None:
    [content] = re.findall(r"^```json\n(.*?)^```$", PAGE.read_text(), flags=re.MULTILINE | re.DOTALL)

    brand = read(tmp_path, content.encode()).brands["acme"]

    assert ("acme_bank", {"default": 12, "cards": 13}) == (brand.rcs_agent, brand.settings.livechat_groups)


def test_the_page_lists_what_a_brand_can_have_of_its_own() -> None:
    cells = re.findall(r"^\| ([^|]*) \|", PAGE.read_text(), flags=re.MULTILINE)
    named = [name for cell in cells for name in re.findall(r"`([\w-]+)`", cell)]

    parts = ["business_messages_agent", "rcs_agent", "secrets", "settings"]
    assert sorted([*BRAND_SETTINGS, *BRAND_SECRETS, *parts]) == sorted(named)


def test_what_a_brand_may_set_are_settings() -> None:
    names = {variable.name for variable in VARIABLES}

    assert set(BRAND_SETTINGS) <= names
    assert len(BRAND_SETTINGS) == len(set(BRAND_SETTINGS))


def test_a_brand_can_t_set_where_things_are_kept_or_called() -> None:
    own = {name for name in BRAND_SETTINGS if name.endswith("_URL")} - {"HUMAN_AVATAR_URL", "BOT_AVATAR_URL"}

    assert set() == own
    assert not {"STORE", "SECRETS", "LIVECHAT_CLIENT_ID", "LIVECHAT_ORGANIZATION_ID", "BRANDS_FILE"} & set(
        BRAND_SETTINGS
    )


# --- whose is what ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("channel", "agent", "name"),
    [
        ("rcs", "acme_bot", "acme"),
        ("rcs", "own_bot", ""),
        ("rcs", "Acme_Bot", ""),
        ("rcs", "", ""),
        ("rcs", "brands/a/agents/a", ""),
        ("business_messages", "brands/a/agents/a", "acme"),
        ("business_messages", "acme_bot", ""),
        ("business_messages", "", ""),
    ],
)
def test_an_agent_is_its_brand_s_on_its_channel_and_else_the_deployment_s(
    tmp_path: Path, channel: str, agent: str, name: str
) -> None:
    secrets = {"rcs-client-token": "acme-rcs", "business-messages-partner-key": "acme-bm"}
    content = {
        "acme": row(business_messages_agent="brands/a/agents/a", secrets=secrets),
        "zeta": row(rcs_agent="zeta_bot"),
    }

    assert name == Brands(read(tmp_path, content)).of(channel, agent).name


@pytest.mark.parametrize(("given", "found"), [("acme", "acme"), ("", ""), ("gone", "")])
def test_a_name_that_is_not_known_is_the_deployment_s(tmp_path: Path, given: str, found: str) -> None:
    assert found == Brands(read(tmp_path, {"acme": row()})).named(given).name


def test_a_bot_of_two_brands_is_nobody_s_alone(tmp_path: Path) -> None:
    bot = {"DIALOGFLOW_AGENT": "projects/both/agent"}
    content = {"acme": row(settings=bot), "zeta": row(rcs_agent="z", settings=bot)}
    brands = Brands(read(tmp_path, content, DIALOGFLOW_AGENT="projects/own/agent"))

    found = [brands.of_bot(f"projects/{one}/agent/sessions/s") for one in ("own", "both", "none")]

    assert ["", None, None] == [one.name if one else None for one in found]


# --- what is wrong ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"no json", "names a file that is not JSON"),
        (b"[" * 100_000, "names a file that is not JSON"),
        (b"\xff{}", "names a file that is not UTF-8 text"),
        (b'{"acme": {}, "acme": {}}', '"acme" stands twice'),
        ([], "it must hold an object, brand to row"),
        ({"": row()}, 'brand "": a brand\'s name is 1 to 40 letters'),
        ({"a:b": row()}, 'brand "a:b": a brand\'s name is 1 to 40 letters'),
        ({"a" * 41: row()}, "a brand's name is 1 to 40 letters"),
        ({"acme": []}, 'brand "acme": must be an object'),
        ({"acme": row(agent="x")}, '"agent" is no part of a brand'),
        ({"acme": row(setings={})}, "(did you mean settings?)"),
        ({"acme": {}}, "must have one of: business_messages_agent, rcs_agent"),
        ({"acme": row(rcs_agent=1)}, "rcs_agent must be an agent id"),
        ({"acme": row(rcs_agent="")}, "rcs_agent must be an agent id"),
        ({"acme": row(rcs_agent="a/b")}, "rcs_agent must be an agent id"),
        ({"acme": row(business_messages_agent="agents/a")}, "business_messages_agent must be brands/B/agents/A"),
        ({"acme": row(secrets=[])}, "secrets must be an object"),
        ({"acme": row(secrets={})}, "has a rcs_agent, so secrets must have a rcs-client-token"),
        ({"acme": row(business_messages_agent="brands/a/agents/a")}, "must have a business-messages-partner-key"),
        ({"acme": row(secrets={"livechat-oauth": "x"})}, '"livechat-oauth" is no secret of a brand'),
        ({"acme": row(secrets={"rcs-client-token": "livechat-oauth"})}, "rcs-client-token must name a secret"),
        ({"acme": row(secrets={"rcs-client-token": "a value!"})}, "rcs-client-token must name a secret"),
        ({"acme": row(secrets={"rcs-client-token": 1})}, "rcs-client-token must name a secret"),
        ({"acme": row(), "zeta": row()}, '"zeta": rcs_agent is also that of "acme"'),
        ({"acme": row(rcs_agent="own_bot")}, "rcs_agent is the deployment's own (RCS_AGENT_ID)"),
        ({"acme": row(settings=[1])}, "settings must be an object"),
        ({"acme": row(settings={"STORE": "sqlite:x"})}, '"STORE" is no setting of a brand'),
        ({"acme": row(settings={"RCS_API_URL": "https://x.example"})}, '"RCS_API_URL" is no setting of a brand'),
        ({"acme": row(settings={"BOTNAME": "x"})}, "(did you mean BOT_NAME?)"),
        ({"acme": row(settings={"WAIT_LIMIT_S": "soon"})}, '"acme": WAIT_LIMIT_S must be a whole number'),
        ({"acme": row(settings={"WAIT_LIMIT_S": 1.5})}, "WAIT_LIMIT_S must be a text, a whole number"),
        ({"acme": row(settings={"HANDOFF_KEYWORDS": ["x"]})}, "HANDOFF_KEYWORDS must be a text"),
        ({"acme": row(settings={"BOT_NAME": None})}, "BOT_NAME must be a text"),
        ({"acme": row(settings={"DIALOGFLOW_AGENT": " "})}, "DIALOGFLOW_AGENT must not be empty"),
        ({"acme": row(settings={"LIVECHAT_GROUPS": {"a": 1}})}, 'LIVECHAT_GROUPS must have the key "default"'),
        ({"acme": row(settings={"MESSAGES_FILE": {"en": {"conecting": "x"}}})}, "MESSAGES_FILE has faults: en: conec"),
        ({"acme": row(settings={"MESSAGES_FILE": "/nowhere.json"})}, "MESSAGES_FILE names a file that is not there"),
        ({"acme": row(settings={"ROUTING_FILE": {"rules": 1}})}, "ROUTING_FILE has faults: rules must be a list"),
        (
            {"acme": row(settings={"ROUTING_FILE": {"rules": [{"when": {}, "department": "x"}]}})},
            'brand acme: ROUTING_FILE names a file with faults: rule 1: department "x" is not in LIVECHAT_GROUPS',
        ),
        (
            {"acme": row(settings={"DIALOGFLOW_IDENTITY_EMAILS": "a@b.example"})},
            "DIALOGFLOW_IDENTITY_AUDIENCES and DIALOGFLOW_IDENTITY_EMAILS go together",
        ),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, content: Any, words: str) -> None:
    message = refusal(tmp_path, content)

    assert message.startswith("BRANDS_FILE ")
    assert words in message


def test_all_faults_are_named_at_once_and_no_value_is(tmp_path: Path) -> None:
    content = {
        "acme": row(secrets={"rcs-client-token": "hunter2 hunter2"}, settings={"WAIT_LIMIT_S": "hunter2"}),
        "zeta": row(rcs_agent="hunter2/", settings={"SURVEY": "hunter2"}),
    }

    message = refusal(tmp_path, content, CHAT_CHECK_S="hunter2")

    named = ("rcs-client-token", "WAIT_LIMIT_S", "rcs_agent", "SURVEY", "CHAT_CHECK_S")
    assert all(name in message for name in named)
    assert "hunter2" not in message


def test_of_many_faults_the_first_are_told(tmp_path: Path) -> None:
    content: dict[str, Any] = {f"brand-{number}": [] for number in range(15)}

    assert "; and 5 more" in refusal(tmp_path, content)


def test_every_secret_that_must_be_there_belongs_to_an_agent() -> None:
    assert {"business_messages_agent", "rcs_agent", ""} == set(BRAND_SECRETS.values())
