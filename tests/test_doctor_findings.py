"""What the doctor says: to people, to programs, and by its exit code."""

import json
import threading
from collections.abc import Iterator

import pytest
from google.api_core.exceptions import PermissionDenied

from functions.handoff.errors import ConfigError
from infra.deploy.gcloud import CloudRefused
from infra.deploy.site import Refused
from infra.doctor.checks import Check, make
from infra.doctor.examine import CHECKS, examine
from infra.doctor.findings import (
    FAILED,
    OK,
    SKIPPED,
    STATES,
    Finding,
    Report,
    as_json,
    failed,
    lines_of_report,
    ok,
    skipped,
    warning,
)
from infra.doctor.patient import Patient
from infra.doctor.project_checks import GATE
from infra.doctor.remembered import Once, RememberedSight
from tests.doctor_world import FakeSight, a_patient

FINDINGS = (
    ok("settings", "are complete"),
    failed("queue", "the queue handoff is paused or disabled", "make deploy"),
    warning("monitoring", "missing: handoff_lag_ms", "make deploy"),
    skipped("health.redeliver", "could not be looked at: no token", "gcloud auth login"),
    skipped("auto-response", "can't be asked"),
)


def test_the_json_is_what_programs_rely_on() -> None:
    content = json.loads(as_json(Report("cloud", "my-project", "europe-west1", FINDINGS)))

    assert {
        "place": "cloud",
        "project": "my-project",
        "region": "europe-west1",
        "exit_code": 1,
        "summary": {"ok": 1, "warning": 1, "failed": 1, "skipped": 2},
        "findings": [dict(zip(("name", "state", "sentence", "remedy"), one, strict=True)) for one in FINDINGS],
    } == content
    assert ["name", "state", "sentence", "remedy"] == list(content["findings"][0])
    assert ("ok", "warning", "failed", "skipped") == STATES


def test_people_read_each_finding_with_its_remedy_and_the_sum() -> None:
    lines = list(lines_of_report(Report("cloud", "my-project", "europe-west1", FINDINGS)))

    assert "failed   queue" in lines[1]
    assert lines[1].endswith("  the queue handoff is paused or disabled")
    assert lines[2].strip() == "→ make deploy"
    assert "1 ok, 1 warning, 1 failed, 2 skipped" == lines[-1]


def test_what_was_skipped_for_one_reason_is_said_once() -> None:
    alike = tuple(skipped(name, "see project") for name in ("apis", "roles", "queue"))

    lines = list(lines_of_report(Report("cloud", "p", "r", alike)))

    assert 2 == len(lines)
    assert lines[0].startswith("skipped  apis and 2 more ")


@pytest.mark.parametrize(
    ("findings", "is_tried", "code"),
    [
        (FINDINGS, True, 1),
        ((ok("a", ""), warning("b", "", ""), skipped("c", "")), True, 0),
        ((failed("project", "", ""),), False, 2),
    ],
)
def test_the_exit_code_says_it(findings: tuple[Finding, ...], is_tried: bool, code: int) -> None:
    assert code == Report("cloud", "p", "r", findings, is_tried).exit_code


# --- checks that can't be made ---------------------------------------------------------------------------------------


def failing(error: Exception) -> Check:
    def examine(_patient: Patient) -> Iterator[Finding]:
        yield ok("one", "is well")
        raise error

    return Check(("one", "two", "three"), examine)


DENIED = PermissionDenied("conversations/rcs:+4915112345678")  # type: ignore[no-untyped-call]
OFF = "PERMISSION_DENIED: Cloud Tasks API has not been used in project 1 before or it is disabled. [SERVICE_DISABLED]"


@pytest.mark.parametrize(
    ("error", "state", "words"),
    [
        (Refused("it is in Datastore mode", "take another"), FAILED, "it is in Datastore mode"),
        (CloudRefused("GET x", "PERMISSION_DENIED: Permission 'a.b.c' denied"), SKIPPED, "Permission 'a.b.c' denied"),
        (CloudRefused("GET x", OFF), SKIPPED, "its API is off, see apis"),
        (ConfigError("gcloud is not installed"), SKIPPED, "gcloud is not installed"),
        (DENIED, SKIPPED, "Firestore answered PermissionDenied"),
        (ZeroDivisionError("secret words"), SKIPPED, "ZeroDivisionError"),
    ],
)
def test_what_can_t_be_looked_at_says_so_and_what_was_seen_before_stays(
    error: Exception, state: str, words: str
) -> None:
    one, two, three = make(failing(error), a_patient())

    assert Finding("one", OK, "is well") == one
    assert ("two", "three") == (two.name, three.name)
    assert (state, True) == (two.state, words in two.sentence)
    assert not any(private in two.sentence for private in ("secret words", "4915112345678"))


def test_a_missing_permission_comes_with_its_remedy() -> None:
    said = "PERMISSION_DENIED: Permission 'cloudtasks.queues.get' denied on resource"

    *_, finding = make(failing(CloudRefused("GET x", said)), a_patient())

    assert "you lack the permission cloudtasks.queues.get" in finding.remedy


# --- all of them -----------------------------------------------------------------------------------------------------


def test_a_project_that_can_t_be_seen_is_said_once_and_nothing_else_is_tried() -> None:
    patient = a_patient()
    refusal = CloudRefused("gcloud auth print-access-token", "You do not currently have an active account selected.")

    def sign_in() -> str:
        raise refusal

    assert patient.site is not None
    patient.site.cloud.access_token = sign_in  # type: ignore[method-assign]
    report = examine(patient)

    states = {one.name: one.state for one in report.findings}
    assert (2, SKIPPED, OK) == (report.exit_code, states["project"], states["settings"])
    assert "gcloud auth login" in report.findings[0].remedy
    assert {SKIPPED} == {state for name, state in states.items() if not name.startswith("settings")}


def test_every_finding_has_a_name_of_its_own() -> None:
    names = [name for check in (GATE, *CHECKS) for name in check.names]

    assert len(set(names)) == len(names)


# --- asked once ------------------------------------------------------------------------------------------------------


def test_google_is_asked_for_each_thing_once_and_a_refusal_is_remembered_too() -> None:
    sight = FakeSight({"there": {"a": 1}, "refused": CloudRefused("GET x", "PERMISSION_DENIED")})
    remembered = RememberedSight(sight)

    def look() -> None:
        remembered.find("run", "there")
        remembered.ask("run", "there", {"b": 1})
        remembered.find("run", "absent")
        with pytest.raises(CloudRefused, match="PERMISSION_DENIED"):
            remembered.find("run", "refused")

    threads = [threading.Thread(target=look) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    look()

    assert ["absent", "refused", "there", "there"] == sorted(sight.asked)


def test_what_fails_once_may_be_asked_again() -> None:
    answers: list[str] = []

    def call() -> str:
        if not answers:
            answers.append("")
            raise ConfigError("not yet")
        return "done"

    once = Once(call)
    with pytest.raises(ConfigError):
        once()

    assert "done" == once()
