"""Database, queue, job, invokers, metrics and alerts: what of them counts as wrong, and what is done about it."""

import json
from typing import Any

import pytest

from infra.deploy.changes import Change
from infra.deploy.database import RULES
from infra.deploy.gcloud import CloudRefused
from infra.deploy.site import Refused, Site
from infra.deploy.steps import deploy_steps
from tests.deploy_project import DIGEST, HERE, PROJECT, URL, email, member, site, whole_project

STEPS = {step.name: step for step in deploy_steps(DIGEST)}
DATABASE = ("firestore", f"v1/projects/{PROJECT}/databases/(default)")
TTLS = ("firestore", f"{DATABASE[1]}/collectionGroups/-/fields?ttlConfig:*")
INDEXES = ("firestore", f"{DATABASE[1]}/collectionGroups/-/fields?indexConfig.usesAncestorConfig:false")
RELEASE = ("firebaserules", f"v1/projects/{PROJECT}/releases/cloud.firestore")
QUEUE = ("cloudtasks", f"v2/{HERE}/queues/handoff")
JOB = ("cloudscheduler", f"v1/{HERE}/jobs/handoff-sweep")
CHANNELS = ("monitoring", f"v3/projects/{PROJECT}/notificationChannels")
ALERTS = ("monitoring", f"v3/projects/{PROJECT}/alertPolicies")
DASHBOARDS = ("monitoring", f"v1/projects/{PROJECT}/dashboards")


def look(step: str, here: Any = None, **more: Any) -> list[Change]:
    return STEPS[step].look(site(here, **more))


# --- Firestore ---


@pytest.mark.parametrize(
    ("found", "says"),
    [
        ({"type": "DATASTORE_MODE", "locationId": "europe-west1"}, "in Datastore mode"),
        ({"type": "FIRESTORE_NATIVE", "databaseEdition": "ENTERPRISE"}, "Enterprise edition"),
    ],
)
def test_a_database_that_can_t_be_used_is_refused_with_a_way_out(found: dict[str, str], says: str) -> None:
    here = whole_project() | {DATABASE: found}

    with pytest.raises(Refused, match=says) as refused:
        look("Firestore database", here)

    assert "STORE=firestore:handoff" in refused.value.remedy


def test_a_database_elsewhere_than_asked_for_is_refused() -> None:
    here = whole_project() | {DATABASE: {"type": "FIRESTORE_NATIVE", "locationId": "eur3"}}

    with pytest.raises(Refused, match="is in eur3, but FIRESTORE_LOCATION asks for nam5"):
        look("Firestore database", here, firestore_location="nam5")


def test_a_database_elsewhere_than_the_functions_is_taken_if_no_place_was_asked_for() -> None:
    here = whole_project() | {DATABASE: {"type": "FIRESTORE_NATIVE", "locationId": "eur3"}}

    assert look("Firestore database", here) == []


def test_a_database_is_made_where_it_is_wanted() -> None:
    here = whole_project()
    del here[DATABASE]

    (change,) = look("Firestore database", here, firestore_location="eur3")

    assert change.arguments == (
        *("firestore", "databases", "create", "--database=(default)", "--location=eur3", "--type=firestore-native"),
    )


def test_what_is_in_a_database_waits_for_it() -> None:
    here = whole_project()
    del here[DATABASE]

    with pytest.raises(CloudRefused, match="still being made"):
        look("Firestore expiry", here)


@pytest.mark.parametrize(("state", "is_asked_again"), [("ACTIVE", False), ("CREATING", False), ("NEEDS_REPAIR", True)])
def test_a_ttl_policy_counts_once_it_is_on_its_way(state: str, is_asked_again: bool) -> None:
    here = whole_project()
    here[TTLS]["fields"][1]["ttlConfig"]["state"] = state

    assert bool(look("Firestore expiry", here)) is is_asked_again


def test_half_a_database_is_made_whole() -> None:
    here = whole_project()
    here[TTLS]["fields"] = here[TTLS]["fields"][:2]
    here[INDEXES]["fields"][5]["indexConfig"]["indexes"] = [{"fields": [{"fieldPath": "body", "order": "ASCENDING"}]}]

    assert [change.done for change in look("Firestore expiry", here)] == [
        "chats expire",
        "sessions expire",
        "dead_letters expire",
    ]
    assert [change.arguments for change in look("Firestore indexes", here)] == [
        (
            *("firestore", "indexes", "fields", "update", "body", "--collection-group=tokens"),
            *("--database=(default)", "--disable-indexes", "--async"),
        )
    ]


def test_only_payloads_are_taken_out_of_the_indexes() -> None:
    here = whole_project()
    here[INDEXES]["fields"] = []

    assert {change.arguments[4] for change in look("Firestore indexes", here)} == {"body"}


def test_rules_of_others_are_replaced_and_named() -> None:
    here = whole_project()
    open_to_all = "service cloud.firestore { match /{document=**} { allow read; } }"
    here["firebaserules", f"v1/projects/{PROJECT}/rulesets/r-1"]["source"]["files"][0]["content"] = open_to_all

    (change,) = look("Firestore rules", here)

    made, released = change.calls
    assert made.body == {"source": {"files": [{"name": "firestore.rules", "content": RULES}]}}
    assert (released.method, released.path) == ("PATCH", RELEASE[1])
    assert "in force before, and kept: projects/shop-prod/rulesets/r-1" in change.done


def test_rules_with_a_second_file_are_not_ours() -> None:
    here = whole_project()
    here["firebaserules", f"v1/projects/{PROJECT}/rulesets/r-1"]["source"]["files"].append({"content": "more"})

    assert len(look("Firestore rules", here)) == 1


def test_a_database_without_rules_gets_a_release_of_its_own_name() -> None:
    (change,) = look("Firestore rules", database="handoff")

    assert change.calls[1].method == "POST"
    assert change.calls[1].body
    assert change.calls[1].body["name"] == f"projects/{PROJECT}/releases/cloud.firestore/handoff"


# --- queue and job ---

LIMITS = [
    ("rateLimits", "maxDispatchesPerSecond", 500),
    ("rateLimits", "maxConcurrentDispatches", 1000),
    ("retryConfig", "maxAttempts", 100),
    ("retryConfig", "minBackoff", "0.100s"),
    ("retryConfig", "maxBackoff", "3600s"),
    ("retryConfig", "maxDoublings", 16),
]


@pytest.mark.parametrize(("section", "name", "value"), LIMITS)
def test_each_limit_of_the_queue_is_put_right(section: str, name: str, value: object) -> None:
    here = whole_project()
    here[QUEUE][section][name] = value

    (change,) = look("queue", here)

    assert change.arguments[:4] == ("tasks", "queues", "update", "handoff")
    assert "--max-concurrent-dispatches=8" in change.arguments


def test_a_paused_queue_is_started_again() -> None:
    here = whole_project()
    here[QUEUE]["state"] = "PAUSED"

    assert [change.arguments for change in look("queue", here)] == [
        ("tasks", "queues", "resume", "handoff", "--location=europe-west1")
    ]


def test_a_queue_that_only_seemed_to_be_made_is_noticed() -> None:
    here = whole_project()
    del here[QUEUE]

    with pytest.raises(CloudRefused, match="Queue does not exist"):
        look("queue access", here)


JOBS: list[dict[str, Any]] = [
    {"schedule": "*/5 * * * *"},
    {"timeZone": "Europe/Berlin"},
    {"attemptDeadline": "180s"},
    {"retryConfig": {"retryCount": 3}},
    {"httpTarget": {"uri": "https://other.example/"}},
    {"httpTarget": {"httpMethod": "GET"}},
    {"httpTarget": {"body": "AA=="}},
    {"httpTarget": {"headers": {"Content-Type": "application/octet-stream"}}},
    {"httpTarget": {"oidcToken": {"serviceAccountEmail": "x@example.com", "audience": URL}}},
    {"httpTarget": {"oidcToken": {"serviceAccountEmail": email("handoff-wake-ups"), "audience": "other"}}},
    {"httpTarget": {"oidcToken": {}}},
]


@pytest.mark.parametrize("bent", JOBS, ids=str)
def test_each_field_of_the_job_is_put_right(bent: dict[str, Any]) -> None:
    here = whole_project()
    here[JOB] |= {name: {**here[JOB][name], **one} if isinstance(one, dict) else one for name, one in bent.items()}

    (change,) = look("scheduler job", here)

    assert change.arguments[:4] == ("scheduler", "jobs", "update", "http")
    assert f"--oidc-token-audience={URL}" in change.arguments


def test_a_paused_job_is_started_again() -> None:
    here = whole_project()
    here[JOB]["state"] = "PAUSED"

    (change,) = look("scheduler job", here)

    assert change.arguments[:3] == ("scheduler", "jobs", "resume")


# --- invokers ---


@pytest.mark.parametrize("stranger", ["allUsers", "allAuthenticatedUsers"])
def test_redeliver_is_closed_to_strangers_but_not_to_operators(stranger: str) -> None:
    here = whole_project()
    members = here["run", f"v1/{HERE}/services/redeliver:getIamPolicy"]["bindings"][0]["members"]
    members += [stranger, "user:operator@example.com"]

    (change,) = look("invokers", here)

    assert change.arguments == (
        *("run", "services", "remove-iam-policy-binding", "redeliver", "--region=europe-west1"),
        *(f"--member={stranger}", "--role=roles/run.invoker", "--all"),
    )


def test_redeliver_is_let_in_to_by_the_wake_up_account_alone() -> None:
    here = whole_project()
    here["run", f"v1/{HERE}/services/redeliver:getIamPolicy"] = {}

    (change,) = look("invokers", here)

    assert f"--member={member('handoff-wake-ups')}" in change.arguments


def test_the_service_behind_a_function_may_bear_another_name() -> None:
    here = whole_project()
    path = f"v2/{HERE}/functions/dialogflow-webhook"
    here["cloudfunctions", path]["serviceConfig"]["service"] = f"{HERE}/services/dialogflow-webhook-2"

    (change,) = look("invokers", here)

    assert change.arguments[3] == "dialogflow-webhook-2"


# --- metrics, alerts ---


def test_nothing_is_said_to_nobody_without_alert_email() -> None:
    here = whole_project()
    here[CHANNELS] = here[ALERTS] = {}

    assert look("notification channel", here, alert_email="") == []
    bodies = [change.calls[0].body or {} for change in look("alert policies", here, alert_email="")]
    assert [body["notificationChannels"] for body in bodies] == [[]] * 7


def test_alerts_write_to_the_channel_that_was_made() -> None:
    here = whole_project()
    here[ALERTS] = {}

    bodies = [change.calls[0].body or {} for change in look("alert policies", here)]

    assert all(body["notificationChannels"] == [f"projects/{PROJECT}/notificationChannels/1"] for body in bodies)
    assert all(body["userLabels"]["app"] == "livechat-handoff" for body in bodies)


def test_the_address_is_changed_in_the_channel_that_is_there() -> None:
    (change,) = look("notification channel", alert_email="new@example.com")

    (call,) = change.calls
    assert (call.method, call.path) == (
        "PATCH",
        f"v3/projects/{PROJECT}/notificationChannels/1?updateMask=labels,userLabels",
    )
    assert (call.body or {})["labels"] == {"email_address": "new@example.com"}


def test_the_address_is_told_from_another_though_google_hides_it() -> None:
    assert look("notification channel") == []


def test_alerts_that_tell_nobody_get_the_channel_others_are_left_alone() -> None:
    here = whole_project()
    quiet, changed = here[ALERTS]["alertPolicies"][:2]
    quiet["notificationChannels"] = []
    changed |= {"displayName": "mine now", "notificationChannels": ["pager"], "enabled": False}

    (change,) = look("alert policies", here)

    assert change.done == "dead-letters tells ALERT_EMAIL"


def test_a_channel_of_somebody_else_is_not_ours() -> None:
    here = whole_project()
    del here[CHANNELS]["notificationChannels"][0]

    (change,) = look("notification channel", here)

    assert change.calls[0].method == "POST"


def test_a_dashboard_that_an_operator_changed_is_left_alone() -> None:
    here = whole_project()
    here["monitoring", f"v1/projects/{PROJECT}/dashboards"]["dashboards"][0]["gridLayout"] = {"widgets": []}

    assert look("dashboard", here) == []


def test_a_dashboard_of_somebody_else_of_the_same_title_is_not_ours() -> None:
    here = whole_project()
    del here[DASHBOARDS]["dashboards"][0]["labels"]

    assert [change.done for change in look("dashboard", here)] == ["made"]


def test_of_two_dashboards_made_at_once_the_next_run_keeps_one_and_no_copy_that_was_changed_goes() -> None:
    here = whole_project()
    kept = here[DASHBOARDS]["dashboards"][0]
    twin, changed = {**kept, "name": f"{kept['name']}-2"}, {**kept, "name": f"{kept['name']}-3", "mosaicLayout": {}}
    here[DASHBOARDS]["dashboards"] = [changed, twin, kept]

    (change,) = look("dashboard", here)

    assert change.arguments == ("monitoring", "dashboards", "delete", twin["name"])


def test_of_two_channels_made_at_once_one_is_kept_and_told_to_before_the_other_goes() -> None:
    here = whole_project()
    kept = here[CHANNELS]["notificationChannels"][0]
    twin = {**kept, "name": f"{kept['name']}-2"}
    here[CHANNELS]["notificationChannels"].append(twin)
    policy = here[ALERTS]["alertPolicies"][0]
    policy["notificationChannels"] = [twin["name"], "projects/1/notificationChannels/operators-own"]

    told, removed = look("alert policies", here)

    body = {"notificationChannels": ["projects/1/notificationChannels/operators-own", kept["name"]]}
    assert (told.calls[0].method, told.calls[0].body) == ("PATCH", body)
    assert (removed.calls[0].method, removed.calls[0].path) == ("DELETE", f"v3/{twin['name']}")


def test_of_two_alert_policies_made_at_once_one_is_kept() -> None:
    here = whole_project()
    kept = here[ALERTS]["alertPolicies"][0]
    here[ALERTS]["alertPolicies"].append({**kept, "name": f"{kept['name']}-2"})

    (change,) = look("alert policies", here)

    assert (change.calls[0].method, change.calls[0].path) == ("DELETE", f"v3/{kept['name']}-2")


def test_a_shown_call_can_be_put_into_a_shell_and_holds_no_token() -> None:
    here: Site = site({**whole_project(), RELEASE: None}, is_shown_only=True)

    (change,) = STEPS["Firestore rules"].look(here)
    made, released = change.lines(here.cloud)

    assert made.startswith(
        'curl -X POST -H "Authorization: Bearer $(gcloud auth print-access-token)" '
        "-H 'X-Goog-User-Project: shop-prod' -H 'Content-Type: application/json' --data "
    )
    assert released.endswith(f" https://firebaserules.googleapis.com/v1/projects/{PROJECT}/releases")
    assert json.dumps("NAME_ANSWERED_ABOVE") in released
