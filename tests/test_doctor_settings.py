"""Settings and secrets as the doctor reads them: what is missing, malformed or makes no sense together."""

import json
from pathlib import Path

import pytest

from functions.handoff.events import JsonObject
from functions.runtime.config import read_settings
from infra.deploy.gcloud import CloudRefused
from infra.deploy.parts import SECRETS
from infra.doctor.findings import FAILED, OK, SKIPPED, WARNING
from infra.doctor.patient import Patient, is_on_one_machine, open_patient
from infra.doctor.secret_checks import SECRET_CHECKS
from infra.doctor.secret_looks import CloudSecretLooks, FileSecretLooks, Look
from infra.doctor.setting_checks import SETTING_CHECKS
from tests.doctor_world import PROJECT, SETTINGS, WORDS, FakeLooks, a_patient, found

FILE = f"""GOOGLE_CLOUD_PROJECT={PROJECT}
REGION=europe-west1
DIALOGFLOW_AGENT=projects/{PROJECT}/agent
LIVECHAT_ORGANIZATION_ID=390e44e6-f1e6-4368-a6dd-74c14508c2e0
LIVECHAT_CLIENT_ID=the-client-id
"""


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The settings file; and no other one near."""
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "settings.env"
    path.write_text(FILE)
    return path


# --- which deployment ------------------------------------------------------------------------------------------------


def test_a_settings_file_of_the_cloud_is_one(file: Path) -> None:
    patient = open_patient({})

    assert patient.site is not None
    assert (PROJECT, "europe-west1", "") == (patient.site.project, patient.site.region, patient.complaint)
    assert OK == found(SETTING_CHECKS, patient, "settings").state


@pytest.mark.parametrize(
    "environ",
    [
        {"SECRETS": "file:secrets.json"},
        {"STORE": "sqlite:store.sqlite"},
        {"LIVECHAT_API_URL": "http://127.0.0.1:8085"},
        {"FIRESTORE_EMULATOR_HOST": "127.0.0.1:8080"},
    ],
)
def test_what_is_on_this_machine_is_told_by_its_settings_unless_a_project_is_named(
    file: Path, environ: dict[str, str]
) -> None:
    assert is_on_one_machine(environ)
    assert open_patient(environ).site is None
    assert open_patient({**environ, "PROJECT": PROJECT}).site is not None


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("WAIT_LIMIT_S=soon", "WAIT_LIMIT_S must be a whole number"),
        ("LIVECHAT_GRUOPS={}", "LIVECHAT_GRUOPS is no setting (did you mean LIVECHAT_GROUPS?)"),
        ("LIVECHAT_API_URL=http://livechat.example", "LIVECHAT_API_URL must use https"),
        ("REDELIVER_URL=https://redeliver.example", "REDELIVER_URL must not be set"),
        ("STORE=firestore:other\nSECRETS=nowhere", "SECRETS must be secret-manager"),
    ],
)
def test_a_wrong_line_is_named_and_does_not_hide_the_project(file: Path, line: str, words: str) -> None:
    file.write_text(f"{FILE}{line}\n")

    patient = open_patient({})
    finding = found(SETTING_CHECKS, patient, "settings")

    assert (FAILED, True) == (finding.state, words in finding.sentence)
    assert patient.site is not None
    assert PROJECT == patient.site.project
    assert SKIPPED == found(SETTING_CHECKS, patient, "settings.waiting").state


def test_without_project_and_region_nothing_can_be_tried(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from infra.doctor.__main__ import main  # noqa: PLC0415

    file.write_text("DIALOGFLOW_AGENT=projects/p/agent\n")

    assert 2 == main([], {})
    assert "PROJECT is missing" in capsys.readouterr().err


def test_a_settings_file_that_is_not_there_is_named(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from infra.doctor.__main__ import main  # noqa: PLC0415

    assert 2 == main(["--json"], {"SETTINGS": "other.env"})
    assert "SETTINGS names no file: other.env" in capsys.readouterr().err


# --- settings --------------------------------------------------------------------------------------------------------


def with_settings(**over: str) -> Patient:
    return a_patient(set=over)


def test_what_the_functions_can_t_do_without_is_missed() -> None:
    finding = found(SETTING_CHECKS, with_settings(LIVECHAT_CLIENT_ID=""), "settings")

    assert (FAILED, True) == (finding.state, "LIVECHAT_CLIENT_ID" in finding.sentence)


def test_a_bot_of_dialogflow_cx_is_as_good_as_one_of_es() -> None:
    cx = f"projects/{PROJECT}/locations/eu/agents/a"

    assert OK == found(SETTING_CHECKS, with_settings(DIALOGFLOW_AGENT=cx), "settings").state


@pytest.mark.parametrize(
    ("over", "state"),
    [
        ({}, OK),
        ({"WAIT_REMINDER_S": "900"}, WARNING),
        ({"WAIT_REMINDER_S": "0"}, OK),
        ({"WAIT_LIMIT_S": "0"}, WARNING),
        ({"DELAY_NOTICE_S": "900"}, WARNING),
    ],
)
def test_times_in_an_order_that_makes_no_sense_are_warned_of(over: dict[str, str], state: str) -> None:
    assert state == found(SETTING_CHECKS, with_settings(**over), "settings.waiting").state


def test_a_user_without_a_way_back_is_warned_of() -> None:
    assert WARNING == found(SETTING_CHECKS, with_settings(RETURN_KEYWORDS=""), "settings.ways").state
    assert OK == found(SETTING_CHECKS, with_settings(), "settings.ways").state


def test_texts_that_are_likely_forgotten_are_a_warning(tmp_path: Path) -> None:
    texts = tmp_path / "texts.json"
    texts.write_text(json.dumps({"de": {"agent_left": "Jemand ist weg."}}))

    warned = found(SETTING_CHECKS, with_settings(MESSAGES_FILE=str(texts)), "settings.texts")

    assert (WARNING, True) == (warned.state, "de: agent_left does not say {name}" in warned.sentence)
    assert OK == found(SETTING_CHECKS, with_settings(), "settings.texts").state


def with_rules(folder: Path, *rules: JsonObject) -> Patient:
    routing = folder / "routing.json"
    routing.write_text(json.dumps({"rules": rules}))
    return with_settings(ROUTING_FILE=str(routing))


def test_a_rule_that_can_never_win_is_a_warning(tmp_path: Path) -> None:
    german, austrian = {"when": {"locale": "de"}, "group": 7}, {"when": {"locale": "de-AT"}, "group": 8}

    warned = found(SETTING_CHECKS, with_rules(tmp_path, german, austrian, {"when": {}, "group": 0}), "settings.routing")

    assert (WARNING, "ROUTING_FILE: rule 2 never wins: rule 1 fits whenever it does") == (warned.state, warned.sentence)
    assert OK == found(SETTING_CHECKS, with_rules(tmp_path, austrian, german), "settings.routing").state
    assert "no rules" in found(SETTING_CHECKS, with_settings(), "settings.routing").sentence


def test_a_routing_file_with_faults_is_a_failure(file: Path, tmp_path: Path) -> None:
    routing = tmp_path / "routing.json"
    routing.write_text(json.dumps({"rules": [{"when": {}, "department": "sales"}]}))
    file.write_text(f"{FILE}ROUTING_FILE={routing}\n")

    finding = found(SETTING_CHECKS, open_patient({}), "settings")

    assert FAILED == finding.state
    assert 'rule 1: department "sales" is not in LIVECHAT_GROUPS' in finding.sentence


@pytest.mark.parametrize(("uploaded", "state"), [([], FAILED), (["functions/settings/texts.json"], OK)])
def test_a_file_that_is_not_uploaded_is_missed(tmp_path: Path, uploaded: list[str], state: str) -> None:
    for name in ("main.py", "requirements.txt", ".gcloudignore"):
        (tmp_path / name).touch()
    patient = a_patient(folder=tmp_path, uploaded=lambda: ["main.py", *uploaded])
    assert patient.site
    patient.site.deployment.environment["MESSAGES_FILE"] = "functions/settings/texts.json"

    assert state == found(SETTING_CHECKS, patient, "settings.files").state


# --- secrets ---------------------------------------------------------------------------------------------------------


def of_secret(name: str, value: str | Look | None) -> tuple[str, str, str]:
    values = {key: word for key, word in WORDS.items() if key != name} | ({} if value is None else {name: value})
    finding = found(SECRET_CHECKS, a_patient(secrets=FakeLooks(values)), f"secret.{name}")
    return finding.state, finding.sentence, finding.remedy


def test_secrets_as_they_should_be_are_well_and_what_is_optional_may_be_missing() -> None:
    states = {one.name: of_secret(one.name, WORDS.get(one.name))[0] for one in SECRETS}

    assert {OK} == set(states.values())
    assert OK == of_secret("dialogflow-webhook-token", None)[0]


@pytest.mark.parametrize(
    ("name", "value", "state", "words"),
    [
        ("livechat-webhook-secret", None, FAILED, "does not exist"),
        ("livechat-webhook-secret", Look(is_there=False, wrong="has no version"), FAILED, "has no version"),
        ("livechat-webhook-secret", Look(wrong="has a newest version that is disabled"), FAILED, "disabled"),
        ("livechat-webhook-secret", Look(unread="you may not read it"), SKIPPED, "you may not read it"),
        ("livechat-webhook-secret", "a-long-random-word-of-ours\n", WARNING, "line end"),
        ("livechat-webhook-secret", "a long random word of ours", FAILED, "white space inside"),
        ("livechat-webhook-secret", "  \n", FAILED, "empty"),
        ("livechat-webhook-secret", "the-current-random-word\nthe-former-random-word", OK, "of the right form"),
        ("dialogflow-webhook-token", "", FAILED, "empty"),
        ("livechat-oauth", "dal:a-refresh-token", FAILED, "not a JSON object"),
        ("livechat-oauth", json.dumps({"client_secret": "x"}), FAILED, "not a JSON object"),
        ("livechat-oauth", json.dumps({"client_secret": "x", "refresh_token": ""}), FAILED, "not a JSON object"),
        ("livechat-oauth", json.dumps({"client_secret": "x\n", "refresh_token": "y"}), FAILED, "white space"),
        ("livechat-oauth", "[" * 100_000, FAILED, "not a JSON object"),
        ("messaging-service-account", "{}", FAILED, "service account"),
    ],
)
def test_a_secret_that_the_functions_can_t_use_is_told_why_and_what_to_do(
    name: str, value: str | Look | None, state: str, words: str
) -> None:
    finding = of_secret(name, value)

    assert (state, True) == (finding[0], words in finding[1])
    assert state == OK or ("make " in finding[2] or "roles/" in finding[2])


@pytest.mark.parametrize("value", ["my own secret 4711", '{"client_secret": "4711"}', "4711\n4711\n4711"])
@pytest.mark.parametrize("name", ["livechat-oauth", "livechat-webhook-secret", "messaging-service-account"])
def test_nothing_of_a_value_is_ever_said(name: str, value: str) -> None:
    assert "4711" not in "".join(of_secret(name, value))


PATH = f"projects/{PROJECT}/secrets/livechat-webhook-secret"
ENABLED = {f"{PATH}/versions/latest": {"state": "ENABLED"}}


@pytest.mark.parametrize(
    ("answers", "look"),
    [
        ({}, Look(is_there=False, wrong="does not exist")),
        ({PATH: {}}, Look(is_there=False, wrong="has no version")),
        ({f"{PATH}/versions/latest": {"state": "DESTROYED"}}, Look(wrong="has a newest version that is destroyed")),
        ({**ENABLED, "latest:access": {"payload": {"data": "d29yZA=="}}}, Look("word")),
        ({**ENABLED, "latest:access": {"payload": {"data": "/w=="}}}, Look(wrong="is not UTF-8 text")),
        (
            {**ENABLED, "latest:access": CloudRefused("GET", "PERMISSION_DENIED: not you")},
            Look(unread="you may not read it"),
        ),
    ],
)
def test_a_secret_in_the_cloud_is_told_apart_by_version_state_and_right(
    answers: dict[str, dict[str, object] | CloudRefused], look: Look
) -> None:
    patient = a_patient(sight=answers)
    assert patient.site

    assert look == CloudSecretLooks(patient.site).look("livechat-webhook-secret")


def test_a_secret_in_a_file_is_looked_up_there(tmp_path: Path) -> None:
    (tmp_path / "secrets.json").write_text(json.dumps({"livechat-webhook-secret": "word"}))
    looks = FileSecretLooks(tmp_path / "secrets.json")

    assert ("word", "is not in the file that SECRETS names") == (
        looks.look("livechat-webhook-secret").value,
        looks.look("livechat-oauth").wrong,
    )


def test_a_secrets_file_that_is_not_there_is_said_so(tmp_path: Path) -> None:
    settings = read_settings({**SETTINGS, "SECRETS": f"file:{tmp_path}/none.json"})
    patient = a_patient(settings=settings, site=None, secrets=FileSecretLooks(tmp_path / "none.json"))

    finding = found(SECRET_CHECKS, patient, "secret.livechat-oauth")

    assert (SKIPPED, True) == (finding.state, "is not there" in finding.sentence)
