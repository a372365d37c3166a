"""How the functions are deployed, and what of a deployed one counts as different."""

import json
from pathlib import Path
from typing import Any

import pytest

from functions.handoff.errors import ConfigError
from infra.deploy.changes import Change
from infra.deploy.functions import function_steps
from infra.deploy.parts import FUNCTIONS
from infra.deploy.run import Progress, bring_about
from infra.deploy.site import Refused, Site, Step
from infra.deploy.upload import check_setting_files
from tests.deploy_project import (
    DIGEST,
    HERE,
    IDENTITIES,
    PROJECT,
    SETTINGS,
    URL,
    FakeGcloud,
    Told,
    email,
    environment,
    function,
    site,
    whole_project,
)

STEPS = {step.name: step for step in function_steps(DIGEST)}
PATH = f"v2/{HERE}/functions/"
CX = "projects/bots/locations/eu/agents/a-1"


def without(*names: str) -> dict[tuple[str, str], Any]:
    here = whole_project()
    for name in names:
        del here["cloudfunctions", PATH + name]
    return here


def bent(name: str, **sections: Any) -> dict[tuple[str, str], Any]:
    """The project with fields of a function changed: section → {field: value}, or a value; None takes it away."""
    here = whole_project()
    found = here["cloudfunctions", PATH + name]
    for section, fields in sections.items():
        if not isinstance(fields, dict):
            found[section] = fields
            continue
        for field, value in fields.items():
            found[section].pop(field, None)
            if value is not None:
                found[section][field] = value
    return here


def flags(change: Change) -> dict[str, str]:
    pairs = (word.partition("=") for word in change.arguments if word.startswith("--"))
    return {name: value for name, _, value in pairs}


def environment_of(change: Change) -> Any:
    assert change.file
    return json.loads(change.file.content)


def only(step: Step, here: Site) -> Change:
    (change,) = step.look(here)
    return change


def test_a_function_is_deployed_with_everything_said() -> None:
    change = only(STEPS["livechat-webhook"], site(without("livechat-webhook")))

    assert change.arguments[:3] == ("functions", "deploy", "livechat-webhook")
    assert flags(change) == {
        "--gen2": "",
        "--runtime": "python313",
        "--region": "europe-west1",
        "--source": ".",
        "--entry-point": "livechat_webhook",
        "--trigger-http": "",
        "--service-account": email("livechat-webhook"),
        "--build-service-account": f"projects/{PROJECT}/serviceAccounts/{email('handoff-build')}",
        "--memory": "512Mi",
        "--cpu": "1",
        "--concurrency": "8",
        "--timeout": "30s",
        "--min-instances": "0",
        "--max-instances": "20",
        "--ingress-settings": "all",
        "--serve-all-traffic-latest-revision": "",
        "--update-labels": f"app=livechat-handoff,source={DIGEST}",
        "--no-allow-unauthenticated": "",
    }
    assert environment_of(change) == environment()


@pytest.mark.parametrize("one", FUNCTIONS, ids=lambda one: one.name)
def test_each_function_has_its_own_identity_limits_and_threads(one: Any) -> None:
    change = only(STEPS[one.name], site(without(one.name)))

    said = flags(change)
    assert said["--service-account"] == email(one.name)
    assert said["--timeout"] == f"{one.timeout_s}s"
    assert said["--min-instances"] == str(one.min_instances)
    assert environment_of(change)["THREADS"] == said["--concurrency"]


def test_an_update_says_nothing_about_who_may_call() -> None:
    for one in FUNCTIONS:
        change = only(STEPS[one.name], site(bent(one.name, labels={"source": "old"})))
        assert not [flag for flag in flags(change) if "unauthenticated" in flag]


def test_the_settings_file_bounds_the_instances_of_all() -> None:
    here = site(max_instances=7)

    changed = {name: only(step, here) for name, step in STEPS.items()}

    assert all(change.done == "deployed anew: max instances" for change in changed.values())
    assert all(flags(change)["--max-instances"] == "7" for change in changed.values())


# --- redeliver and its URL ---


def test_the_first_redeliver_has_no_wake_ups() -> None:
    change = only(STEPS["redeliver"], site(without("redeliver")))

    assert environment_of(change) == {**SETTINGS, "THREADS": "8", "LOG_EXECUTION_ID": "false"}


def test_once_its_url_is_known_redeliver_is_deployed_with_it() -> None:
    here = bent("redeliver", serviceConfig={"environmentVariables": {**SETTINGS, "THREADS": "8"}})

    change = only(STEPS["wake-ups of redeliver"], site(here))

    assert environment_of(change) == environment()
    assert (
        change.done == "deployed anew: LOG_EXECUTION_ID, REDELIVER_URL, TASKS_QUEUE, TASKS_SERVICE_ACCOUNT"
    )  # the order of names


def test_later_redeliver_is_deployed_once() -> None:
    here = bent("redeliver", labels={"source": "old"})

    first = only(STEPS["redeliver"], site(here))

    assert environment_of(first)["REDELIVER_URL"] == URL
    assert STEPS["wake-ups of redeliver"].look(site()) == []


def test_a_change_of_redeliver_is_shown_once() -> None:
    here = site(bent("redeliver", labels={"source": "old"}), is_shown_only=True)

    assert len([change for step in STEPS.values() for change in step.look(here)]) == 1


def test_a_redeliver_that_got_no_url_stops_the_others_in_words() -> None:
    here = bent("redeliver", serviceConfig={"uri": None}, state="FAILED")

    with pytest.raises(Refused, match="redeliver has no URL yet"):
        STEPS["livechat-webhook"].look(site(here))


def test_where_commands_are_only_shown_a_name_stands_for_the_url() -> None:
    here = site(without(*(one.name for one in FUNCTIONS)), is_shown_only=True)

    shown = [change for step in STEPS.values() for change in step.look(here)]

    assert "REDELIVER_URL" not in environment_of(shown[0])
    assert {environment_of(change)["REDELIVER_URL"] for change in shown[1:]} == {"https://redeliver.invalid"}
    assert environment_of(shown[-1])["DIALOGFLOW_IDENTITY_AUDIENCES"] == "https://dialogflow-webhook.invalid"


# --- identity tokens ---


def test_the_first_dialogflow_webhook_takes_no_identity_tokens() -> None:
    change = only(STEPS["dialogflow-webhook"], site(without("dialogflow-webhook")))

    assert environment_of(change) == environment()


def test_once_its_url_is_known_it_takes_those_made_for_it_by_dialogflow() -> None:
    here = bent("dialogflow-webhook", serviceConfig={"environmentVariables": environment()})

    change = only(STEPS["identities at dialogflow-webhook"], site(here))

    assert environment_of(change) == {**environment(), **IDENTITIES}
    assert STEPS["identities at dialogflow-webhook"].look(site()) == []


def test_the_bot_s_project_is_the_one_whose_tokens_are_taken() -> None:
    here = whole_project()
    here["cloudresourcemanager", "v1/projects/bots"] = {"projectNumber": "99"}

    change = only(STEPS["dialogflow-webhook"], site(here, environment={**SETTINGS, "DIALOGFLOW_AGENT": CX}))

    assert environment_of(change)["DIALOGFLOW_IDENTITY_EMAILS"] == IDENTITIES["DIALOGFLOW_IDENTITY_EMAILS"].replace(
        "4711", "99"
    )


def test_of_a_bot_s_project_that_can_t_be_seen_no_tokens_are_taken() -> None:
    refusals = {("cloudresourcemanager", "v1/projects/bots"): ["PERMISSION_DENIED: not you"]}

    change = only(
        STEPS["dialogflow-webhook"], site(refusals=refusals, environment={**SETTINGS, "DIALOGFLOW_AGENT": CX})
    )

    assert not set(IDENTITIES) & set(environment_of(change))


@pytest.mark.parametrize("said", [IDENTITIES, dict.fromkeys(IDENTITIES, ""), {"DIALOGFLOW_IDENTITY_EMAILS": ""}])
def test_what_the_settings_file_says_of_them_stands(said: dict[str, str]) -> None:
    here = site(bent("dialogflow-webhook", labels={"source": "old"}), environment={**SETTINGS, **said})

    assert environment_of(only(STEPS["dialogflow-webhook"], here)) == {**environment(), **said}


# --- differences ---

DIFFERENT: list[tuple[str, dict[str, Any]]] = [
    ("source", {"labels": {"source": "0" * 40}}),
    ("source", {"labels": {"source": None}}),
    ("runtime", {"buildConfig": {"runtime": "python311"}}),
    ("entry point", {"buildConfig": {"entryPoint": "redeliver"}}),
    ("build account", {"buildConfig": {"serviceAccount": None}}),
    ("service account", {"serviceConfig": {"serviceAccountEmail": "1-compute@developer.gserviceaccount.com"}}),
    ("memory", {"serviceConfig": {"availableMemory": "256Mi"}}),
    ("memory", {"serviceConfig": {"availableMemory": "512M"}}),
    ("cpu", {"serviceConfig": {"availableCpu": "0.5833"}}),
    ("concurrency", {"serviceConfig": {"maxInstanceRequestConcurrency": None}}),
    ("timeout", {"serviceConfig": {"timeoutSeconds": 60}}),
    ("min instances", {"serviceConfig": {"minInstanceCount": 3}}),
    ("max instances", {"serviceConfig": {"maxInstanceCount": 100}}),
    ("ingress", {"serviceConfig": {"ingressSettings": "ALLOW_INTERNAL_ONLY"}}),
    ("traffic on an older revision", {"serviceConfig": {"allTrafficOnLatestRevision": False}}),
    ("last deployment failed", {"state": "FAILED"}),
    ("THREADS", {"serviceConfig": {"environmentVariables": {**environment(), "THREADS": "4"}}}),
    ("LOG_EXECUTION_ID", {"serviceConfig": {"environmentVariables": {**environment(), "LOG_EXECUTION_ID": "true"}}}),
    ("SURVEY", {"serviceConfig": {"environmentVariables": {**environment(), "SURVEY": "on"}}}),
    (
        "REDELIVER_URL",
        {"serviceConfig": {"environmentVariables": {**environment(), "REDELIVER_URL": "https://x.example"}}},
    ),
]


@pytest.mark.parametrize(("what", "sections"), DIFFERENT, ids=lambda one: one if isinstance(one, str) else "")
def test_what_is_different_is_deployed_anew_and_named(what: str, sections: dict[str, Any]) -> None:
    change = only(STEPS["livechat-webhook"], site(bent("livechat-webhook", **sections)))

    assert change.done == f"deployed anew: {what}"


def test_a_setting_set_to_nothing_is_not_the_same_as_one_not_set() -> None:
    given = {**SETTINGS, "DIALOGFLOW_RETURN_EVENT": ""}

    change = only(STEPS["livechat-webhook"], site(environment=given))

    assert change.done == "deployed anew: DIALOGFLOW_RETURN_EVENT"
    assert environment_of(change)["DIALOGFLOW_RETURN_EVENT"] == ""


SAME: list[dict[str, Any]] = [
    {"serviceConfig": {"environmentVariables": {**environment(), "ADDED_BY_GOOGLE": "1"}}},
    {"labels": {"cost-center": "42"}},
    {"serviceConfig": {"availableMemory": "524288Ki"}},
    {"serviceConfig": {"allTrafficOnLatestRevision": None, "ingressSettings": None}},
    {"buildConfig": {"serviceAccount": f"projects/123456/serviceAccounts/{email('handoff-build')}"}},
    {"serviceConfig": {"vpcConnector": "projects/p/locations/l/connectors/c", "minInstanceCount": 0}},
]


@pytest.mark.parametrize("sections", SAME)
def test_what_google_or_others_put_there_is_left_alone(sections: dict[str, Any]) -> None:
    assert STEPS["livechat-webhook"].look(site(bent("livechat-webhook", **sections))) == []


# --- what is not ours ---


def test_another_program_of_that_name_is_never_overwritten() -> None:
    here = whole_project()
    here["cloudfunctions", PATH + "redeliver"] = {**function("redeliver"), "labels": {"app": "other"}}

    with pytest.raises(Refused, match="a function redeliver is there that make deploy did not make") as refused:
        STEPS["redeliver"].look(site(here))
    assert "--update-labels=app=livechat-handoff" in refused.value.remedy


def test_a_function_of_the_first_generation_is_refused() -> None:
    with pytest.raises(Refused, match="1st generation"):
        STEPS["redeliver"].look(site(bent("redeliver", environment="GEN_1")))


def test_the_environment_goes_to_gcloud_in_a_file_that_is_gone_afterwards() -> None:
    gcloud = FakeGcloud()
    here = site(without("livechat-webhook"), gcloud, environment={**SETTINGS, "HUMAN_NAME": 'Zoë "the" agent, '})
    change = only(STEPS["livechat-webhook"], here)

    change.make(here.cloud)

    (path,) = [word.partition("=")[2] for word in gcloud.lines[0] if word.startswith("--env-vars-file")]
    assert json.loads(gcloud.files[0])["HUMAN_NAME"] == 'Zoë "the" agent, '
    assert not Path(path).exists()


def test_a_build_that_failed_because_a_role_was_new_is_tried_again() -> None:
    gcloud, told = FakeGcloud(), Told()
    here = site(without("livechat-webhook"), gcloud)
    seen = here.sight.things  # type: ignore[attr-defined]
    said = "ERROR: Build failed: You must grant Storage Object Viewer permission to handoff-build@…"
    gcloud.refusals["deploy", "livechat-webhook"] = [said, ""]
    left = function("livechat-webhook") | {"state": "FAILED"}
    gcloud.on_run = lambda _line: seen.setdefault(("cloudfunctions", f"{PATH}livechat-webhook"), left)

    def google_notices(seconds: float) -> None:
        told.slept.append(seconds)
        gcloud.on_run = lambda _line: left.update(state="ACTIVE")

    bring_about([STEPS["livechat-webhook"]], here, Progress(told.said.append, google_notices))

    assert told.slept == [5]
    assert told.said[-1].endswith("deployed anew: last deployment failed")
    assert STEPS["livechat-webhook"].look(here) == []


@pytest.mark.parametrize("name", ["MESSAGES_FILE", "ROUTING_FILE", "BRANDS_FILE"])
def test_files_of_settings_must_be_uploaded(name: str) -> None:
    with pytest.raises(ConfigError, match=rf"{name} names /etc/x.json, which is not uploaded: put it under functions/"):
        check_setting_files({name: "/etc/x.json"}, ["main.py", "functions/settings/x.json"])
    check_setting_files({name: "functions/settings/x.json", "BOT_NAME": "x"}, ["functions/settings/x.json"])
    check_setting_files({name: ""}, [])


def test_files_of_brands_must_be_uploaded_too(tmp_path: Path) -> None:
    texts, brands = tmp_path / "texts.json", str(tmp_path / "brands.json")
    texts.write_text("{}")
    row = {
        "rcs_agent": "acme",
        "secrets": {"rcs-client-token": "acme-token"},
        "settings": {"MESSAGES_FILE": str(texts)},
    }
    Path(brands).write_text(json.dumps({"acme": row}))

    with pytest.raises(ConfigError, match=r"^MESSAGES_FILE of acme names .*texts.json, which is not uploaded"):
        check_setting_files({"BRANDS_FILE": brands}, [brands])
    check_setting_files({"BRANDS_FILE": brands}, [brands, str(texts)])
