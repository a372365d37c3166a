"""What deploying made, as the doctor finds it: parts, functions, callers, queue and job, each told by itself."""

import base64
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from functions.handoff.errors import ConfigError
from functions.handoff.events import JsonObject
from infra.deploy.changes import Change
from infra.deploy.function_config import arguments_of, environment_of
from infra.deploy.gcloud import CloudRefused
from infra.deploy.parts import BUILD_ROLES, FUNCTIONS, LABEL, REDELIVER, RUNTIME, Function, email_of
from infra.deploy.steps import FIRST, LAST
from infra.deploy.wake_ups import RATE_LIMITS, RETRIES
from infra.doctor.findings import FAILED, OK, SKIPPED, WARNING, Finding
from infra.doctor.function_checks import FUNCTION_CHECKS
from infra.doctor.patient import Patient, Visit
from infra.doctor.project_checks import GATE, PARTS, PROJECT_CHECKS, Part, look_at_part
from infra.doctor.wake_up_checks import WAKE_UP_CHECKS
from tests.doctor_world import PROJECT, REGION, a_patient, found

URL = "https://redeliver-example.a.run.app"
WEBHOOK = FUNCTIONS[1]
Answers = dict[str, JsonObject | CloudRefused]


def deployed(function: Function, **service: Any) -> JsonObject:
    """A function as Cloud Functions shows it, deployed as decided."""
    patient = a_patient()
    assert patient.site
    config = {
        "environmentVariables": environment_of(function, patient.site, URL),
        "serviceAccountEmail": email_of(function.service_account, PROJECT),
        "availableMemory": f"{function.memory_mib}Mi",
        "availableCpu": str(function.cpu),
        "maxInstanceRequestConcurrency": function.concurrency,
        "timeoutSeconds": function.timeout_s,
        "minInstanceCount": function.min_instances,
        "maxInstanceCount": function.max_instances,
        "ingressSettings": "ALLOW_ALL",
        "allTrafficOnLatestRevision": True,
        "uri": URL if function is REDELIVER else f"https://{function.name}.a.run.app",
        "service": f"projects/{PROJECT}/locations/{REGION}/services/{function.name}",
    }
    build = f"projects/{PROJECT}/serviceAccounts/{email_of('handoff-build', PROJECT)}"
    return {
        "name": function.name,
        "state": "ACTIVE",
        "environment": "GEN_2",
        "labels": {LABEL[0]: LABEL[1], "source": "of-another-folder"},
        "buildConfig": {"runtime": RUNTIME, "entryPoint": function.entry_point, "serviceAccount": build},
        "serviceConfig": config | service,
    }


def policies(function: Function, *members: str) -> Answers:
    policy = {"bindings": [{"role": "roles/run.invoker", "members": list(members)}]}
    return {f"services/{function.name}:getIamPolicy": policy}


OPEN = {
    name: policy
    for one in FUNCTIONS
    for name, policy in policies(
        one, "allUsers" if one.public else f"serviceAccount:{email_of('handoff-wake-ups', PROJECT)}"
    ).items()
}


def all_deployed(**over: JsonObject) -> Answers:
    return {f"functions/{one.name}": over.get(one.entry_point, deployed(one)) for one in FUNCTIONS} | dict(OPEN)


def of_function(answers: Answers, name: str, **given: Any) -> Finding:
    given = {"uploaded": lambda: (_ for _ in ()).throw(CloudRefused("gcloud", "no")), **given}
    return found(FUNCTION_CHECKS, a_patient(sight=answers, **given), name)


# --- the parts -------------------------------------------------------------------------------------------------------


def test_every_step_of_deploying_is_looked_at_by_the_doctor() -> None:
    own = {"project", "roles", "secrets", "queue", "invokers", "scheduler job"}  # with findings of their own
    looked_at = {look for part in PARTS for look in part.looks}

    assert {step.look for step in (*FIRST, *LAST) if step.name not in own} <= looked_at


@pytest.mark.parametrize(("is_needed", "state"), [(True, FAILED), (False, WARNING)])
def test_what_deploying_would_do_is_what_is_wrong(is_needed: bool, state: str) -> None:
    part = Part("x", (lambda _site: [Change("made a"), Change("enabled b")],), "well", "missing:", is_needed)

    (finding,) = look_at_part(part, a_patient())

    assert (state, "missing: a, b") == (finding.state, finding.sentence)
    assert finding.remedy == f"make deploy PROJECT={PROJECT} REGION={REGION}"


def test_where_deploying_would_do_nothing_all_is_well() -> None:
    assert [Finding("x", OK, "well")] == list(look_at_part(Part("x", (lambda _site: [],), "well", "no"), a_patient()))


def test_a_project_that_is_being_deleted_is_named() -> None:
    patient = a_patient(sight={f"projects/{PROJECT}": {"lifecycleState": "DELETE_REQUESTED"}})
    assert patient.site
    patient.site.cloud._token = "token"

    finding = found((GATE,), patient, "project")

    assert (FAILED, True) == (finding.state, "DELETE_REQUESTED" in finding.sentence)


# --- roles -----------------------------------------------------------------------------------------------------------

OTHER = "project-of-the-bot"
_DRAINING = [one for one in FUNCTIONS if one.drains]


def policy(*given: tuple[str, str]) -> JsonObject:
    bindings = [{"role": role, "members": [f"serviceAccount:{email_of(one, PROJECT)}"]} for one, role in given]
    return {"bindings": bindings}


def of_roles(name: str, answers: Answers, agent: str = f"projects/{PROJECT}/agent") -> Finding:
    patient = a_patient(sight=answers)
    assert patient.site
    patient.site.deployment.environment["DIALOGFLOW_AGENT"] = agent
    return found(PROJECT_CHECKS, patient, name)


OURS = policy(
    *((one.service_account, role) for one in FUNCTIONS for role in one.roles),
    *(("handoff-build", role) for role in BUILD_ROLES),
)


def test_roles_in_the_project_are_all_there_or_named() -> None:
    path = f"projects/{PROJECT}:getIamPolicy"
    without = {"bindings": [one for one in OURS["bindings"] if "datastore" not in one["role"]]}

    assert OK == of_roles("roles", {path: OURS}).state
    assert OK == of_roles("roles.bot", {path: OURS}).state
    finding = of_roles("roles", {path: without})
    assert (FAILED, True) == (finding.state, "redeliver has roles/datastore.user" in finding.sentence)


@pytest.mark.parametrize(
    ("answer", "state", "words"),
    [
        (policy(*((one.service_account, "roles/dialogflow.client") for one in _DRAINING)), OK, "may ask the bot"),
        (policy(), FAILED, "redeliver has roles/dialogflow.client"),
        (CloudRefused("POST", "PERMISSION_DENIED: not you"), WARNING, "whose roles you may not see"),
        (CloudRefused("POST", "UNAVAILABLE"), SKIPPED, "UNAVAILABLE"),
    ],
)
def test_a_bot_in_another_project_needs_its_role_there(
    answer: JsonObject | CloudRefused, state: str, words: str
) -> None:
    answers = {f"projects/{PROJECT}:getIamPolicy": OURS, f"projects/{OTHER}:getIamPolicy": answer}

    finding = of_roles("roles.bot", answers, f"projects/{OTHER}/agent")

    assert (state, True) == (finding.state, words in finding.sentence)
    assert OK == of_roles("roles", answers, f"projects/{OTHER}/agent").state
    if state == WARNING:
        assert f"redeliver@{PROJECT}.iam.gserviceaccount.com has roles/dialogflow.client" in finding.remedy


# --- functions -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda one: one.name)
def test_a_function_that_is_as_decided_is_well(function: Function) -> None:
    answers = all_deployed()

    for kind in ("function", "callers"):
        assert OK == of_function(answers, f"{kind}.{function.name}").state


ENVIRONMENT = deployed(WEBHOOK)["serviceConfig"]["environmentVariables"]


@pytest.mark.parametrize(
    ("function", "state", "words"),
    [
        (None, FAILED, "is not deployed"),
        ({**deployed(WEBHOOK), "state": "FAILED"}, FAILED, "last deployment failed"),
        ({**deployed(WEBHOOK), "state": "DEPLOYING"}, SKIPPED, "is being deployed"),
        ({**deployed(WEBHOOK), "labels": {}}, FAILED, "did not make"),
        ({**deployed(WEBHOOK), "environment": "GEN_1"}, FAILED, "1st generation"),
        (deployed(WEBHOOK, environmentVariables=ENVIRONMENT | {"REDELIVER_URL": "https://x"}), FAILED, "REDELIVER_URL"),
        (deployed(WEBHOOK, environmentVariables=ENVIRONMENT | {"RETENTION_DAYS": "9"}), FAILED, "RETENTION_DAYS"),
        (deployed(WEBHOOK, serviceAccountEmail="other@example.com"), FAILED, "service account"),
        (deployed(WEBHOOK, ingressSettings="ALLOW_INTERNAL_ONLY"), FAILED, "ingress"),
        (deployed(WEBHOOK, timeoutSeconds=31), WARNING, "timeout"),
    ],
)
def test_a_function_that_is_otherwise_is_told_how(function: JsonObject | None, state: str, words: str) -> None:
    answers = all_deployed()
    if function is None:
        del answers["functions/livechat-webhook"]
    else:
        answers["functions/livechat-webhook"] = function

    finding = of_function(answers, "function.livechat-webhook")

    assert (state, True) == (finding.state, words in finding.sentence)


def test_another_source_than_this_folder_s_is_only_warned_of(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text("pass")

    finding = of_function(all_deployed(), "function.redeliver", folder=tmp_path, uploaded=lambda: ["main.py"])

    assert (WARNING, True) == (finding.state, "this folder holds another one" in finding.sentence)


def test_wrong_settings_are_not_held_against_the_functions() -> None:
    answers = all_deployed(livechat_webhook=deployed(WEBHOOK, environmentVariables={}))

    assert OK == of_function(answers, "function.livechat-webhook", complaint="WAIT_LIMIT_S is wrong").state


# --- callers ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("function", "members", "words"),
    [
        (WEBHOOK, (), "livechat-webhook open to everybody"),
        (WEBHOOK, ("user:jane@shop.example",), "livechat-webhook open to everybody"),
        (REDELIVER, (), "redeliver open to handoff-wake-ups"),
        (
            REDELIVER,
            (f"serviceAccount:{email_of('handoff-wake-ups', PROJECT)}", "allUsers"),
            "redeliver closed to allUsers",
        ),
    ],
)
def test_who_may_call_what_is_told_where_it_is_wrong(function: Function, members: tuple[str, ...], words: str) -> None:
    answers = {**all_deployed(), **policies(function, *members)}

    finding = of_function(answers, f"callers.{function.name}")
    others = [of_function(answers, f"callers.{one.name}").state for one in FUNCTIONS if one is not function]

    assert (FAILED, True) == (finding.state, words in finding.sentence)
    assert {OK} == set(others)


def test_the_callers_of_a_function_that_is_not_there_are_not_told_of() -> None:
    answers = all_deployed()
    del answers["functions/livechat-webhook"]

    assert SKIPPED == of_function(answers, "callers.livechat-webhook").state
    assert SKIPPED == of_function(answers, "health.livechat-webhook").state


# --- health ----------------------------------------------------------------------------------------------------------


def answering(status: int, body: object = None) -> Callable[[str, Mapping[str, str]], Visit]:
    return lambda _url, _headers: Visit(status, json.dumps(body))


HEALTHY = {"status": "ok", "function": "livechat_webhook"}


@pytest.mark.parametrize(
    ("visit", "state", "words"),
    [
        (answering(200, HEALTHY), OK, "answers"),
        (answering(200, {"status": "ok", "function": "redeliver"}), FAILED, "as something else"),
        (answering(200, ["no object"]), FAILED, "as something else"),
        (answering(500), FAILED, "answered 500"),
        (answering(404), FAILED, "answered 404"),
        (answering(302), FAILED, "answered 302"),
        (lambda _url, _headers: Visit(0, "ConnectTimeout"), FAILED, "did not answer (ConnectTimeout)"),
        (answering(403), FAILED, "Google lets nobody in (403), though it is open"),
    ],
)
def test_a_public_function_is_well_if_it_answers_as_itself(visit: Any, state: str, words: str) -> None:
    finding = of_function(all_deployed(), "health.livechat-webhook", visit=visit)

    assert (state, True) == (finding.state, words in finding.sentence)
    assert state == OK or finding.remedy


def test_what_is_closed_by_mistake_is_told_once() -> None:
    answers = {**all_deployed(), **policies(WEBHOOK)}

    finding = of_function(answers, "health.livechat-webhook", visit=answering(403))

    assert (SKIPPED, True) == (finding.state, "see callers.livechat-webhook" in finding.sentence)


def test_redeliver_is_shown_an_identity_token_and_the_others_none() -> None:
    shown: dict[str, Mapping[str, str]] = {}

    def visit(url: str, headers: Mapping[str, str]) -> Visit:
        shown[url] = headers
        return Visit(200, json.dumps({"function": "redeliver" if url.startswith(URL) else "livechat_webhook"}))

    for name in ("redeliver", "livechat-webhook"):
        finding = of_function(
            all_deployed(), f"health.{name}", visit=visit, identity_token=lambda url: f"token for {url}"
        )
        assert OK == finding.state

    assert {
        f"{URL}/health": {"Authorization": f"Bearer token for {URL}"},
        "https://livechat-webhook.a.run.app/health": {},
    } == shown


def no_token(_url: str) -> str:
    raise ConfigError("gcloud gave no identity token: gcloud auth login")


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"identity_token": no_token}, "gave no identity token"),
        ({"identity_token": str, "visit": answering(403)}, "you may not call it"),
    ],
)
def test_whoever_may_not_call_redeliver_is_told_that_it_was_not_looked_at(given: Any, words: str) -> None:
    finding = of_function(all_deployed(), "health.redeliver", **given)

    assert (SKIPPED, True, True) == (finding.state, words in finding.sentence, bool(finding.remedy))


# --- queue and job ---------------------------------------------------------------------------------------------------

QUEUE: JsonObject = {"state": "RUNNING", "rateLimits": RATE_LIMITS, "retryConfig": RETRIES}
JOB: JsonObject = {
    "state": "ENABLED",
    "schedule": "* * * * *",
    "timeZone": "Etc/UTC",
    "attemptDeadline": "120s",
    "lastAttemptTime": "2026-11-21T11:59:30.5Z",
    "httpTarget": {
        "uri": f"{URL}/",
        "httpMethod": "POST",
        "body": base64.b64encode(b"{}").decode(),
        "headers": {"Content-Type": "application/json"},
        "oidcToken": {"serviceAccountEmail": email_of("handoff-wake-ups", PROJECT), "audience": URL},
    },
}


def of_wake_ups(name: str, **over: Any) -> Finding:
    thing: JsonObject | None = (QUEUE if name == "queue" else JOB) | over
    if over.get("absent"):
        thing = None
    answers = all_deployed() | ({"queues/handoff" if name == "queue" else "jobs/handoff-sweep": thing} if thing else {})
    return found(WAKE_UP_CHECKS, a_patient(sight=answers), name)


@pytest.mark.parametrize(
    ("name", "over", "state", "words"),
    [
        ("queue", {}, OK, "runs with our limits"),
        ("queue", {"absent": True}, FAILED, "is not there"),
        ("queue", {"state": "PAUSED"}, FAILED, "is paused or disabled"),
        ("queue", {"rateLimits": {"maxDispatchesPerSecond": 500}}, FAILED, "is otherwise than decided"),
        ("sweep", {}, OK, "went well the last time"),
        ("sweep", {"absent": True}, FAILED, "is not there"),
        ("sweep", {"state": "PAUSED"}, FAILED, "is paused or disabled"),
        ("sweep", {"schedule": "0 * * * *"}, FAILED, "is otherwise than decided"),
        ("sweep", {"status": {"code": 7}}, FAILED, "failed (code 7)"),
        ("sweep", {"lastAttemptTime": "2026-11-21T11:54:00Z"}, FAILED, "last ran at 2026-11-21 11:54Z"),
        ("sweep", {"lastAttemptTime": None}, WARNING, "has not run yet"),
        ("sweep", {"lastAttemptTime": "soon"}, WARNING, "has not run yet"),
    ],
)
def test_what_calls_redeliver_is_told_by_what_is_wrong_with_it(
    name: str, over: dict[str, Any], state: str, words: str
) -> None:
    finding = of_wake_ups(name, **over)

    assert (state, True) == (finding.state, words in finding.sentence)
    assert state == OK or finding.remedy


def test_the_job_is_not_judged_without_the_function_it_calls() -> None:
    assert SKIPPED == found(WAKE_UP_CHECKS, a_patient(), "sweep").state


def test_these_answers_are_those_that_deploying_would_make() -> None:
    """What these tests rest on: `deployed` says what the deploy command asks for."""
    patient: Patient = a_patient()
    assert patient.site

    arguments = arguments_of(WEBHOOK, patient.site, "digest")

    assert {f"--memory={WEBHOOK.memory_mib}Mi", f"--timeout={WEBHOOK.timeout_s}s"} <= set(arguments)
