"""The bot as the doctor asks it: it answers in a session of its own, and nobody but us answers users."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from google.cloud import firestore

from functions.handoff.entries import encode
from functions.handoff.events import UserMessage
from functions.handoff.interfaces import Create, Record
from functions.runtime.config import read_settings
from functions.storage.firestore import FirestoreStore
from functions.storage.sqlite import SqliteStore
from infra.deploy.gcloud import Cloud
from infra.deploy.settings_file import Deployment
from infra.deploy.site import Site
from infra.doctor.bot_checks import BOT_CHECKS
from infra.doctor.findings import FAILED, OK, SKIPPED, WARNING
from infra.doctor.patient import Patient
from infra.doctor.records import CloudRecords, MachineRecords
from infra.sandbox.dialogflow_es import DialogflowOptions, DialogflowStandIn
from infra.sandbox.standin import Fault
from tests.doctor_world import SETTINGS, FakeLooks, FakeRecords, FakeSight, a_patient, found


@pytest.fixture
def dialogflow() -> Iterator[tuple[DialogflowStandIn, str]]:
    standin = DialogflowStandIn(DialogflowOptions())
    yield standin, standin.serve()
    standin.stop()


def patient_of(url: str, **over: str) -> Patient:
    agent = "projects/sandbox-project/agent"
    settings = read_settings(SETTINGS | {"DIALOGFLOW_API_URL": url, "DIALOGFLOW_AGENT": agent} | over)
    return a_patient(settings=settings)


def test_a_bot_that_answers_is_well_and_each_time_asked_in_a_session_of_its_own(
    dialogflow: tuple[DialogflowStandIn, str],
) -> None:
    standin, url = dialogflow

    findings = [found(BOT_CHECKS, patient_of(url), "dialogflow") for _ in range(2)]

    assert [OK, OK] == [one.state for one in findings]
    assert "intent Default Welcome Intent" in findings[0].sentence
    assert 2 == len({call.path for call in standin.calls})


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ({"status": 404, "body": {"error": {"status": "NOT_FOUND", "message": "x", "code": 404}}}, "DIALOGFLOW_AGENT"),
        (
            {"status": 403, "body": {"error": {"status": "PERMISSION_DENIED", "message": "x", "code": 403}}},
            "roles/dialogflow.client",
        ),
        ({"status": 400, "body": {"error": {"status": "FAILED_PRECONDITION", "message": "x"}}}, "trained"),
        ({"status": 503, "body": {}}, "Try again"),
    ],
)
def test_a_bot_that_does_not_is_told_with_what_to_look_at(
    dialogflow: tuple[DialogflowStandIn, str], fault: dict[str, Any], words: str
) -> None:
    standin, url = dialogflow
    standin.faults = [Fault(**fault)]

    finding = found(BOT_CHECKS, patient_of(url), "dialogflow")

    assert (FAILED, True) == (finding.state, words in finding.remedy)


def test_the_operator_s_token_is_not_sent_to_a_stand_in(dialogflow: tuple[DialogflowStandIn, str]) -> None:
    """Else gcloud would be asked for one here, and there is none."""
    assert OK == found(BOT_CHECKS, patient_of(dialogflow[1]), "dialogflow").state


# --- auto-response ---------------------------------------------------------------------------------------------------


def message(number: int, **fields: Any) -> dict[str, Any]:
    return encode(UserMessage(id=f"u{number}", source_at=datetime.now(UTC), text="hello", **fields))


def test_what_google_answered_by_itself_is_warned_of() -> None:
    records = FakeRecords(entries=(message(1), message(2, answered=True), {"kind": "timer", "id": "t"}))

    finding = found(BOT_CHECKS, a_patient(records=records), "auto-response")

    assert (WARNING, "Google answered 1 of 2 users' messages that were looked at by itself") == (
        finding.state,
        finding.sentence,
    )
    assert "auto-response must be off" in finding.remedy


def test_otherwise_it_is_left_to_be_looked_at_by_hand() -> None:
    finding = found(BOT_CHECKS, a_patient(records=FakeRecords(entries=(message(1),))), "auto-response")

    assert (SKIPPED, True) == (finding.state, finding.remedy.startswith("by hand: "))


def test_who_does_not_use_business_messages_is_not_sent_to_its_console() -> None:
    secrets = FakeLooks({"rcs-client-token": "a-word-of-google-s"})

    assert OK == found(BOT_CHECKS, a_patient(secrets=secrets), "auto-response").state


def test_what_was_accepted_is_found_in_a_store_on_this_machine(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "store.sqlite")
    store.commit(
        Create("conversations/business_messages:c", Record(body={})),
        Create("conversations/business_messages:c/mailbox/u", Record(body=message(1, answered=True))),
    )
    records = MachineRecords(read_settings({"STORE": f"sqlite:{tmp_path / 'store.sqlite'}"}))

    assert WARNING == found(BOT_CHECKS, a_patient(records=records), "auto-response").state


@pytest.mark.emulator
def test_firestore_is_sampled_and_opened_with_gcloud_s_token(firestore_client: firestore.Client) -> None:
    FirestoreStore(firestore_client, timeout_s=30).commit(
        Create("conversations/business_messages:c/mailbox/u", Record(body=message(1, answered=True))),
        Create("tokens/livechat", Record(body={"access_token": "x"})),
    )
    deployment = Deployment(
        project=firestore_client.project, region="r", environment={}, database="(default)", firestore_location="r"
    )
    cloud = Cloud(firestore_client.project, {})
    cloud.access_token = lambda: "token"  # type: ignore[method-assign]
    records = CloudRecords(Site(cloud, FakeSight(), deployment))

    assert WARNING == found(BOT_CHECKS, a_patient(records=records), "auto-response").state
    assert ["tokens/livechat"] == list(records.open().get("tokens/livechat", "tokens/other"))
