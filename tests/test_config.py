"""Settings: every variable is in one table, has its documented default, and is refused by name when wrong."""

import json
from pathlib import Path

import msgspec
import pytest

from functions.handoff.errors import ConfigError
from functions.runtime.config import VARIABLES, Settings, read_settings, require

_CX = "projects/shop-dev/locations/europe-west1/agents/0f3c"


def refusal(**environ: str) -> str:
    with pytest.raises(ConfigError) as caught:
        read_settings(environ)
    return str(caught.value)


def test_each_variable_has_its_own_field_and_each_field_its_variable() -> None:
    fields = [field.name for field in msgspec.structs.fields(Settings)]

    assert sorted(variable.field for variable in VARIABLES) == sorted(fields)
    assert len({variable.name for variable in VARIABLES}) == len(VARIABLES)
    assert all(variable.meaning for variable in VARIABLES)


def test_with_nothing_set_everything_has_its_default() -> None:
    settings = read_settings({})

    assert (settings.store, settings.secrets) == ("firestore", "secret-manager")
    assert settings.dialogflow_return_event == "AGENT_CHAT_ENDED"
    assert settings.return_keywords == ("/bot",)
    assert settings.handoff_keywords == ()
    assert settings.livechat_groups == {"default": 0}
    assert (settings.wait_reminder_s, settings.wait_limit_s) == (120, 900)
    assert (settings.agent_silent_s, settings.chat_check_s, settings.delay_notice_s) == (600, 900, 30)
    assert (settings.handoff_after_fallbacks, settings.attachment_max_mb, settings.retention_days) == (2, 10, 30)
    assert (settings.survey, settings.rcs_name_prefix) == (False, True)
    assert (settings.offline_policy, settings.agent_name_policy) == ("queue", "full")
    assert settings.receipts_to_livechat == "off"
    assert settings.livechat_api_url == "https://api.livechatinc.com"
    assert settings.texts == {}
    assert (settings.routing.rules, settings.routing.names) == ((), {})
    assert settings.sandbox_clock == ""


def test_variables_that_are_not_ours_are_left_alone() -> None:
    settings = read_settings({"PATH": "/usr/bin", "LIVECHAT_CLIENT_IDS": "x"})

    assert settings == read_settings({})


def test_lists_are_trimmed_and_empty_parts_dropped() -> None:
    settings = read_settings(
        {"HANDOFF_KEYWORDS": " human , talk to a person,, ", "ATTACHMENT_HOSTS": "CDN.shop.example"}
    )

    assert settings.handoff_keywords == ("human", "talk to a person")
    assert settings.attachment_hosts == ("cdn.shop.example",)


def test_a_stand_in_for_files_is_a_port_of_this_machine() -> None:
    named = ("storage.googleapis.com", "127.0.0.1:8091", "localhost:8091", "[::1]:8091")

    settings = read_settings({"ATTACHMENT_HOSTS": ",".join(named)})

    assert settings.attachment_hosts == named


def test_a_list_or_text_set_to_nothing_means_none() -> None:
    settings = read_settings({"RETURN_KEYWORDS": "", "DIALOGFLOW_RETURN_EVENT": " ", "ATTACHMENT_HOSTS": ""})

    assert (settings.return_keywords, settings.dialogflow_return_event, settings.attachment_hosts) == ((), "", ())


def test_anything_else_set_to_nothing_is_as_if_unset() -> None:
    nothing = {v.name: " " for v in VARIABLES if v.name.endswith(("_S", "_URL", "_POLICY")) or v.name == "STORE"}

    assert read_settings(nothing) == read_settings({})


@pytest.mark.parametrize(
    "name",
    [
        "WAIT_REMINDER_S",
        "WAIT_LIMIT_S",
        "AGENT_SILENT_S",
        "CHAT_CHECK_S",
        "DELAY_NOTICE_S",
        "HANDOFF_AFTER_FALLBACKS",
        "ATTACHMENT_MAX_MB",
        "RETENTION_DAYS",
    ],
)
@pytest.mark.parametrize("raw", ["-1", "1.5", "two", "1e3", "٣", "9" * 40])
def test_a_number_that_is_none_is_refused(name: str, raw: str) -> None:
    assert f"{name} must be a whole number" in refusal(**{name: raw})


def test_zero_is_a_number_of_seconds() -> None:
    assert read_settings({"DELAY_NOTICE_S": "0"}).delay_notice_s == 0


def test_records_are_kept_longer_than_senders_retry() -> None:
    assert "RETENTION_DAYS must be a whole number, at least 8" in refusal(RETENTION_DAYS="7")


@pytest.mark.parametrize(
    "name", ["OFFLINE_POLICY", "AGENT_NAME_POLICY", "SURVEY", "RCS_NAME_PREFIX", "RECEIPTS_TO_LIVECHAT"]
)
def test_a_word_that_is_not_offered_is_refused(name: str) -> None:
    assert f"{name} must be one of: " in refusal(**{name: "perhaps"})


def test_words_are_read_in_any_case() -> None:
    settings = read_settings({"OFFLINE_POLICY": "Decline", "SURVEY": "ON", "RCS_NAME_PREFIX": "Off"})

    assert (settings.offline_policy, settings.survey, settings.rcs_name_prefix) == ("decline", True, False)


@pytest.mark.parametrize(
    "raw",
    ["[]", "{", '{"billing": 3}', '{"default": "0"}', '{"default": true}', '{"default": -1}', '{"default": 1.5}'],
)
def test_groups_must_be_whole_numbers_with_a_default(raw: str) -> None:
    assert refusal(LIVECHAT_GROUPS=raw).startswith("LIVECHAT_GROUPS must")


def test_groups_are_read_by_department() -> None:
    assert read_settings({"LIVECHAT_GROUPS": '{"default": 0, "billing": 3}'}).livechat_groups["billing"] == 3


@pytest.mark.parametrize(
    ("agent", "is_cx"),
    [("projects/p/agent", False), ("projects/p/locations/europe-west1/agent", False), (_CX, True)],
)
def test_the_agents_resource_name_tells_es_from_cx(agent: str, is_cx: bool) -> None:
    settings = read_settings({"DIALOGFLOW_AGENT": agent})

    assert (settings.dialogflow_agent, settings.dialogflow_is_cx) == (agent, is_cx)


@pytest.mark.parametrize(
    "agent", ["my-bot", "projects/p", "projects/p/agents/a", "projects//agent", _CX + "/sessions/s"]
)
def test_another_agent_name_is_refused(agent: str) -> None:
    assert "DIALOGFLOW_AGENT must be projects/P/agent" in refusal(DIALOGFLOW_AGENT=agent)


@pytest.mark.parametrize("store", ["firestore", "firestore:handoff", "firestore:(default)", "sqlite:/tmp/handoff.db"])
def test_known_stores_are_taken(store: str) -> None:
    assert read_settings({"STORE": store}).store == store


@pytest.mark.parametrize(
    ("name", "raw"),
    [
        ("STORE", "sqlite"),
        ("STORE", "sqlite:"),
        ("STORE", "postgres"),
        ("STORE", "firestore:"),
        ("SECRETS", "file:"),
        ("SECRETS", "env"),
        ("TASKS_QUEUE", "redeliver"),
        ("TASKS_SERVICE_ACCOUNT", "redeliver"),
        ("ATTACHMENT_HOSTS", "https://storage.googleapis.com/x"),
        ("ATTACHMENT_HOSTS", "storage.googleapis.com:443"),
        ("ATTACHMENT_HOSTS", "10.0.0.1:80"),
        ("ATTACHMENT_HOSTS", "[::1]"),
        ("ATTACHMENT_HOSTS", "[::2]:80"),
        ("ATTACHMENT_HOSTS", "me@127.0.0.1:80"),
        ("ATTACHMENT_HOSTS", "127.0.0.1:"),
        ("ATTACHMENT_HOSTS", "127.0.0.1:0"),
        ("ATTACHMENT_HOSTS", "127.0.0.1:65536"),
        ("ATTACHMENT_HOSTS", "127.0.0.1:80/x"),
        ("ROUTING_FILE", "/nowhere/routing.json"),
        ("BRANDS_FILE", "/nowhere/brands.json"),
        ("MESSAGES_FILE", "/nowhere/texts.json"),
    ],
)
def test_a_malformed_value_is_refused_by_name(name: str, raw: str) -> None:
    assert refusal(**{name: raw}).startswith(name)


@pytest.mark.parametrize("name", [v.name for v in VARIABLES if v.name.endswith("_URL")])
@pytest.mark.parametrize(
    "raw",
    [
        "api.shop.example",
        "ftp://api.shop.example",
        "http://api.shop.example",
        "https://",
        "https://me:hunter2@api.shop.example",
        "https://api.shop.example:99999",
        "https://[::1",
        "https://api.shop.example/a b",
        "https://api.shop.example/#top",
    ],
)
def test_a_url_must_be_https_to_a_host(name: str, raw: str) -> None:
    assert f"{name} must " in refusal(**{name: raw})


def test_plain_http_is_taken_for_this_machine_only() -> None:
    settings = read_settings(
        {"LIVECHAT_API_URL": "http://127.0.0.1:9001/livechat/", "REDELIVER_URL": "http://localhost:1"}
    )

    assert settings.livechat_api_url == "http://127.0.0.1:9001/livechat"
    assert settings.redeliver_url == "http://localhost:1"


def test_a_base_url_has_no_query() -> None:
    assert "DIALOGFLOW_API_URL must be a URL without a query" in refusal(DIALOGFLOW_API_URL="https://a.example/?b=c")


def test_texts_of_the_messages_file_are_read_per_locale(tmp_path: Path) -> None:
    file = tmp_path / "texts.json"
    file.write_text(json.dumps({"de_AT": {"connecting": "An Moment"}}), "utf-8")

    assert read_settings({"MESSAGES_FILE": str(file)}).texts == {"de-at": {"connecting": "An Moment"}}


@pytest.mark.parametrize(
    "content", [b"[]", b"no json", b'{"de": "text"}', b'{"de": {"connecting": 1}}', b'{"de": {"x": ""}}', b"\xff"]
)
def test_a_messages_file_of_another_form_is_refused(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "texts.json"
    file.write_bytes(content)

    assert refusal(MESSAGES_FILE=str(file)).startswith("MESSAGES_FILE ")


def test_a_refusal_names_all_that_is_wrong_and_where_to_set_it_but_no_value() -> None:
    message = refusal(STORE="sk-hunter2", WAIT_LIMIT_S="hunter2", LIVECHAT_GROUPS="hunter2", RCS_API_URL="hunter2")

    assert all(name in message for name in ("STORE", "WAIT_LIMIT_S", "LIVECHAT_GROUPS", "RCS_API_URL"))
    assert "set it in the settings file or with gcloud functions deploy --set-env-vars" in message
    assert "hunter2" not in message


def test_a_door_fails_naming_every_setting_it_misses() -> None:
    settings = read_settings({"LIVECHAT_CLIENT_ID": "c-1"})

    with pytest.raises(ConfigError) as caught:
        require(settings, "LIVECHAT_CLIENT_ID", "LIVECHAT_ORGANIZATION_ID", "DIALOGFLOW_AGENT")

    assert "LIVECHAT_ORGANIZATION_ID (organization id of the LiveChat licence), DIALOGFLOW_AGENT" in str(caught.value)
    assert "LIVECHAT_CLIENT_ID" not in str(caught.value)


def test_a_door_with_all_it_needs_goes_on() -> None:
    settings = read_settings({"LIVECHAT_CLIENT_ID": "c-1", "LIVECHAT_ORGANIZATION_ID": "o-1"})

    require(settings, "LIVECHAT_CLIENT_ID", "LIVECHAT_ORGANIZATION_ID", "LIVECHAT_GROUPS", "HANDOFF_AFTER_FALLBACKS")
