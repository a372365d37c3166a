"""Channels and brands as the doctor finds them: one channel at least is on, and every brand has what it needs."""

import json
from pathlib import Path

import pytest

from functions.runtime.config import read_settings
from infra.doctor.bot_checks import BOT_CHECKS
from infra.doctor.channel_checks import CHANNEL_CHECKS
from infra.doctor.findings import FAILED, OK, WARNING, Finding
from infra.doctor.patient import Patient
from infra.doctor.project_checks import PROJECT_CHECKS
from infra.doctor.secret_checks import SECRET_CHECKS
from infra.doctor.secret_looks import Look
from infra.doctor.setting_checks import SETTING_CHECKS
from infra.sandbox.dialogflow_es import DialogflowOptions, DialogflowStandIn
from tests.doctor_world import SETTINGS, WORDS, FakeLooks, a_patient, found

BM, RCS = "business-messages-partner-key", "rcs-client-token"
WORD = "a-word-of-google-s"


def with_secrets(values: dict[str, str | Look], **over: str) -> Patient:
    others = {name: value for name, value in WORDS.items() if name not in {BM, RCS}}
    return a_patient(secrets=FakeLooks({**others, **values}), set=over)


# --- channels --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "over", "state", "words"),
    [
        ({BM: WORD}, {}, OK, "on: Business Messages"),
        ({RCS: WORD}, {}, OK, "on: RCS for Business"),
        ({BM: WORD, RCS: WORD}, {"RCS_AGENT_ID": "shop"}, OK, "on: Business Messages, RCS for Business"),
        ({}, {}, FAILED, f"no channel is on: neither {BM} nor {RCS} has a value"),
        ({BM: WORD}, {"RCS_AGENT_ID": "shop"}, FAILED, f"RCS_AGENT_ID is set, but {RCS} has no value"),
    ],
)
def test_a_channel_is_on_when_its_secret_has_a_value(
    values: dict[str, str | Look], over: dict[str, str], state: str, words: str
) -> None:
    finding = found(CHANNEL_CHECKS, with_secrets(values, **over), "channels")

    assert (state, True) == (finding.state, finding.sentence.startswith(words))


@pytest.mark.parametrize("missing", [BM, RCS])
def test_who_uses_one_channel_is_not_asked_for_the_other(missing: str) -> None:
    patient = with_secrets({({BM, RCS} - {missing}).pop(): WORD})

    assert OK == found(SECRET_CHECKS, patient, f"secret.{missing}").state
    assert "is off" in found(SECRET_CHECKS, patient, f"secret.{missing}").sentence


# --- brands ----------------------------------------------------------------------------------------------------------

ACME = {"rcs_agent": "acme", "secrets": {RCS: "acme-token"}}


def with_brands(folder: Path, values: dict[str, str | Look], **rows: object) -> Patient:
    (folder / "brands.json").write_text(json.dumps(rows))
    return with_secrets(values, BRANDS_FILE=str(folder / "brands.json"))


def of_brands(patient: Patient) -> Finding:
    return found(CHANNEL_CHECKS, patient, "brands")


def test_a_deployment_without_brands_needs_nothing_for_them() -> None:
    assert (OK, "none beside the deployment's own") == of_brands(with_secrets({BM: WORD}))[1:3]


def test_a_brand_s_channel_is_on_by_the_brand_s_secret(tmp_path: Path) -> None:
    patient = with_brands(tmp_path, {"acme-token": WORD}, acme=ACME)

    assert "on: RCS for Business" == found(CHANNEL_CHECKS, patient, "channels").sentence
    assert OK == of_brands(patient).state


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({}, "acme-token (of acme, best) does not exist"),
        ({"acme-token": "two words"}, "acme-token (of acme, best) it has white space inside"),
        ({"acme-token": Look(wrong="has a newest version that is disabled")}, "disabled"),
    ],
)
def test_a_brand_s_secret_that_can_t_be_used_is_told_once_with_what_to_do(
    tmp_path: Path, values: dict[str, str | Look], words: str
) -> None:
    best = {"rcs_agent": "best", "secrets": {RCS: "acme-token"}}

    finding = of_brands(with_brands(tmp_path, {BM: WORD, **values}, acme=ACME, best=best))

    assert (FAILED, True) == (finding.state, words in finding.sentence)
    assert "make secrets NAME=acme-token" == finding.remedy
    assert "two words" not in finding.sentence


def test_a_secret_of_a_brand_that_may_not_be_read_is_taken_for_good(tmp_path: Path) -> None:
    patient = with_brands(tmp_path, {"acme-token": Look(unread="you may not read it")}, acme=ACME)

    assert OK == of_brands(patient).state


def test_every_brand_s_bot_is_asked_and_the_one_that_does_not_answer_is_named(tmp_path: Path) -> None:
    standin = DialogflowStandIn(DialogflowOptions())
    own, other = "projects/sandbox-project/agent", "projects/nobody-s/agent"
    rows = {
        "same": {**ACME, "rcs_agent": "same", "settings": {"DIALOGFLOW_AGENT": own}},
        "acme": {**ACME, "settings": {"DIALOGFLOW_AGENT": other}},
    }
    (tmp_path / "brands.json").write_text(json.dumps(rows))
    try:
        here = {"DIALOGFLOW_API_URL": standin.serve(), "DIALOGFLOW_AGENT": own}
        settings = read_settings(SETTINGS | here | {"BRANDS_FILE": str(tmp_path / "brands.json")})
        finding = found(BOT_CHECKS, a_patient(settings=settings), "dialogflow.brands")
        asked = [call.path for call in standin.calls]
    finally:
        standin.stop()

    assert 1 == len(asked)
    assert other in asked[0]
    assert "acme" in finding.sentence
    assert "same" not in finding.sentence


def test_a_brand_s_bot_in_another_project_needs_the_role_there(tmp_path: Path) -> None:
    row = {**ACME, "settings": {"DIALOGFLOW_AGENT": "projects/acme-bots/agent"}}
    patient = with_brands(tmp_path, {"acme-token": WORD}, acme=row)

    finding = found(PROJECT_CHECKS, patient, "roles.bot")

    assert (FAILED, True) == (finding.state, "in the project acme-bots of a bot" in finding.sentence)


def test_a_brand_s_own_rules_and_texts_are_looked_at_too(tmp_path: Path) -> None:
    rules = [{"when": {"locale": "de"}, "group": 0}, {"when": {"locale": "de-AT"}, "group": 0}]
    own = {"ROUTING_FILE": {"rules": rules}, "MESSAGES_FILE": {"de": {"agent_left": "Jemand ist weg."}}}
    patient = with_brands(tmp_path, {}, acme={**ACME, "settings": own}, best={**ACME, "rcs_agent": "best"})

    routing, texts = (found(SETTING_CHECKS, patient, f"settings.{name}") for name in ("routing", "texts"))

    assert (WARNING, WARNING) == (routing.state, texts.state)
    assert routing.sentence.startswith("ROUTING_FILE: brand acme: rule 2 never wins")
    assert texts.sentence.startswith("MESSAGES_FILE: brand acme: de: agent_left")
    assert "best" not in routing.sentence + texts.sentence
