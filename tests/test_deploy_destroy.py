"""Destroying: what bears the bundle's names goes, in an order that works; data only if asked for."""

from typing import Any

import pytest

from infra.deploy.destroy import agreement, destroy
from infra.deploy.run import Stopped
from infra.deploy.site import Site
from infra.deploy.steps import DESTROY_STEPS
from tests.deploy_project import HERE, PROJECT, FakeGcloud, Things, Told, site, whole_project

COLLECTION_IDS = ("firestore", f"v1/projects/{PROJECT}/databases/(default)/documents:listCollectionIds")


def yes() -> bool:
    return True


def quiet(here: Things) -> Things:
    """Without what is deleted by REST, for which these tests have no server."""
    return {key: {} if key[1].endswith(("alertPolicies", "notificationChannels")) else one for key, one in here.items()}


def commands(here: Site) -> list[tuple[str, ...]]:
    return [change.arguments for step in DESTROY_STEPS for change in step.look(here) if change.arguments]


def deleted(here: Site) -> list[str]:
    return [
        " ".join(one[: one.index("delete") + 2]) if "delete" in one else " ".join(one[:3]) for one in commands(here)
    ]


def test_everything_of_ours_goes_callers_first_and_data_stays() -> None:
    gone = deleted(site())

    assert gone[:7] == [
        "scheduler jobs delete handoff-sweep",
        "functions delete dialogflow-webhook",
        "functions delete rcs-webhook",
        "functions delete business-messages-webhook",
        "functions delete livechat-webhook",
        "functions delete redeliver",
        "tasks queues delete handoff",
    ]
    assert gone.count("secrets remove-iam-policy-binding livechat-oauth") == 8
    assert gone.count(f"projects remove-iam-policy-binding {PROJECT}") == 12
    assert len([one for one in gone if one.startswith("iam service-accounts delete")]) == 7
    assert not [one for one in gone if one.startswith(("firestore", "secrets delete", "services"))]


def test_with_data_secrets_and_documents_go_too() -> None:
    gone = deleted(site(with_data=True))

    assert "firestore databases delete --database=(default)" in gone
    assert len([one for one in gone if one.startswith("secrets delete")]) == 6
    assert not [one for one in gone if one.startswith("secrets remove")]


def test_a_database_that_others_use_stays_and_only_our_collections_go() -> None:
    here = whole_project()
    here[COLLECTION_IDS] = {"collectionIds": ["conversations", "orders"]}

    firestore = [one for one in commands(site(here, with_data=True)) if one[0] == "firestore"]

    assert firestore == [
        (
            *("firestore", "bulk-delete"),
            "--collection-ids=conversations,mailbox,chats,sessions,dead_letters,tokens",
            "--database=(default)",
        )
    ]


def test_a_database_that_can_t_be_looked_into_is_never_deleted() -> None:
    here = whole_project()
    del here[COLLECTION_IDS]

    gcloud = FakeGcloud()
    with pytest.raises(Stopped, match=r"stopped at: documents\n.*can't be told"):
        destroy(site(here, gcloud, with_data=True), Told().progress, yes)
    assert gcloud.lines == []


def test_nothing_is_asked_of_a_database_without_our_collections() -> None:
    here = whole_project()
    here[COLLECTION_IDS] = {"collectionIds": ["orders"]}

    assert [one for one in commands(site(here, with_data=True)) if one[0] == "firestore"] == []


def test_a_function_of_another_program_is_left_alone() -> None:
    here = whole_project()
    here["cloudfunctions", f"v2/{HERE}/functions/redeliver"]["labels"] = {"app": "other"}

    assert "functions delete redeliver" not in deleted(site(here))


def test_grants_of_others_are_left_alone() -> None:
    members = {word for one in commands(site()) for word in one if word.startswith("--member=")}

    assert members
    assert all(word.startswith("--member=serviceAccount:") and PROJECT in word for word in members)


def test_alerts_and_channels_of_others_are_left_alone() -> None:
    calls = [call for step in DESTROY_STEPS for change in step.look(site()) for call in change.calls]

    assert {call.method for call in calls} == {"DELETE"}
    assert f"v3/projects/{PROJECT}/notificationChannels/2" not in {call.path for call in calls}
    assert len(calls) == 8


def test_an_empty_project_has_nothing_to_remove() -> None:
    told = Told()

    assert destroy(site({}), told.progress, yes)

    assert "Nothing to remove." in told.text


def test_what_goes_and_what_stays_is_said_before_it_is_asked() -> None:
    told, gcloud = Told(), FakeGcloud()
    said_before: list[str] = []

    def asked() -> bool:
        said_before.extend(told.said)
        return False

    assert not destroy(site(gcloud=gcloud), told.progress, asked)

    text = "\n".join(said_before)
    assert "handoff-sweep" in text
    assert "can't be used again in europe-west1 for up to 3 days" in text
    assert "Data stays" in text
    assert "DATA=1 removes them, too." in text
    assert gcloud.lines == []


def test_with_data_it_is_said_that_there_is_no_way_back() -> None:
    told = Told()

    destroy(site(with_data=True), told.progress, lambda: False)

    assert "livechat-oauth with every version" in told.text
    assert "there is no way back" in told.text


def test_once_agreed_all_of_it_goes() -> None:
    told, gcloud = Told(), FakeGcloud()
    here = site(quiet(whole_project()), gcloud)
    wanted = len(commands(here))

    assert destroy(here, told.progress, yes)

    assert len(gcloud.lines) == wanted
    assert told.said[-1] == f"\n{wanted} things removed."


def test_only_shown_it_runs_and_asks_nothing() -> None:
    told, gcloud = Told(), FakeGcloud()

    def never() -> bool:
        raise AssertionError

    assert destroy(site(gcloud=gcloud, is_shown_only=True), told.progress, never)

    assert any(line.startswith("gcloud scheduler jobs delete handoff-sweep") for line in told.said)
    assert gcloud.lines == []


def test_what_somebody_else_removed_meanwhile_is_no_failure() -> None:
    told, gcloud = Told(), FakeGcloud()
    here = site(quiet(whole_project()), gcloud)
    seen: Any = here.sight
    gcloud.refusals["jobs", "delete"] = ["ERROR: (gcloud.scheduler.jobs.delete) NOT_FOUND: Job not found."]
    gcloud.on_run = lambda _line: seen.things.pop(("cloudscheduler", f"v1/{HERE}/jobs/handoff-sweep"), None)

    assert destroy(here, told.progress, yes)


@pytest.mark.parametrize(
    ("given", "typed", "agreed"),
    [
        ("", PROJECT, True),
        ("", f" {PROJECT} \n", True),
        ("", "yes", False),
        ("", "", False),
        (PROJECT, None, True),
        ("other", PROJECT, False),
        ("1", PROJECT, False),
    ],
)
def test_only_the_project_s_id_agrees(given: str, typed: str | None, agreed: bool) -> None:
    def ask(_question: str) -> str:
        assert typed is not None, "it was given before"
        return typed

    assert agreement(PROJECT, given, ask)() is agreed


def test_nobody_there_to_answer_does_not_agree() -> None:
    def ask(_question: str) -> str:
        raise EOFError

    assert not agreement(PROJECT, "", ask)()
