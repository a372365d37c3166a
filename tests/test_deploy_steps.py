"""What deploying looks at, and that it misses nothing: take one thing away and exactly that comes back."""

from collections.abc import Iterator

import pytest

from infra.deploy.changes import Change
from infra.deploy.parts import email_of
from infra.deploy.site import NoSight, Refused, Site
from infra.deploy.steps import DESTROY_STEPS, deploy_steps
from tests.deploy_project import DIGEST, Things, site, whole_project

NOT_MADE_BY_US = ("billingInfo", "/locations", "listCollectionIds")
STEPS = {step.name: step for step in deploy_steps(DIGEST)}


def changes(here: Site) -> list[Change]:
    return [change for step in STEPS.values() for change in step.look(here)]


def test_a_project_as_it_should_be_needs_no_change() -> None:
    here = site()

    assert {name: step.look(here) for name, step in STEPS.items()} == {name: [] for name in STEPS}


def things() -> Iterator[tuple[str, str]]:
    for api, path in whole_project():
        if path != "v1/projects/shop-prod" and not path.endswith(NOT_MADE_BY_US) and not path.endswith("functions"):
            yield api, path


@pytest.mark.parametrize("thing", list(things()), ids=lambda one: f"{one[0]} {one[1].rpartition('/')[2]}")
def test_whatever_is_missing_is_brought_back(thing: tuple[str, str]) -> None:
    here = whole_project()
    del here[thing]

    assert changes(site(here, is_shown_only=True)) != []  # shown only: else a missing queue or database stops it


def bindings() -> Iterator[tuple[tuple[str, str], int, str]]:
    for key, thing in whole_project().items():
        for number, binding in enumerate(thing.get("bindings", ())):
            for member in binding["members"]:
                if not member.startswith("user:"):
                    yield key, number, member


def without(here: Things, key: tuple[str, str], number: int, member: str) -> str:
    binding = here[key]["bindings"][number]
    binding["members"].remove(member)
    return str(binding["role"])


@pytest.mark.parametrize(("key", "number", "member"), list(bindings()))
def test_a_missing_binding_is_added_alone(key: tuple[str, str], number: int, member: str) -> None:
    here = whole_project()
    role = without(here, key, number, member)

    missing = changes(site(here))

    assert len(missing) == 1
    assert f"--member={member}" in missing[0].arguments
    assert f"--role={role}" in missing[0].arguments
    assert any(word.startswith("add-") for word in missing[0].arguments)


@pytest.mark.parametrize(("key", "number", "member"), list(bindings()))
def test_a_binding_on_a_condition_does_not_count(key: tuple[str, str], number: int, member: str) -> None:
    here = whole_project()
    role = without(here, key, number, member)
    conditional = {"role": role, "members": [member], "condition": {"expression": "false"}}
    here[key]["bindings"].append(conditional)

    assert len(changes(site(here))) == 1


def test_what_something_needs_comes_before_it() -> None:
    names = list(STEPS)

    def in_order(*wanted: str) -> bool:
        return sorted(wanted, key=names.index) == list(wanted)

    assert names[0] == "project"
    assert in_order("APIs", "service accounts", "roles", "redeliver")
    assert in_order("service accounts", "acting as", "redeliver")
    assert in_order("APIs", "Firestore database", "Firestore expiry", "Firestore rules", "redeliver")
    assert in_order("secrets", "secret access", "redeliver")
    assert in_order("queue", "queue access", "redeliver", "wake-ups of redeliver", "livechat-webhook", "invokers")
    assert in_order("wake-ups of redeliver", "scheduler job")
    assert in_order("log-based metrics", "redeliver", "notification channel", "alert policies")


def test_where_nothing_is_seen_everything_is_made() -> None:
    blind = site(is_shown_only=True)._replace(sight=NoSight())

    made = changes(blind)

    creating = [one.arguments for one in made if "create" in one.arguments or "deploy" in one.arguments]
    assert (
        len(creating) == 7 + 1 + 6 + 1 + 6 + 1 + 4 + 1
    )  # accounts, database, secrets, queue, functions, job, metrics, board
    assert not any("update" in one for one in creating)


def test_no_change_takes_anything_from_anybody() -> None:
    blind = site(is_shown_only=True)._replace(sight=NoSight())

    for change in changes(blind):
        assert not {"delete", "remove-iam-policy-binding", "set-iam-policy"} & set(change.arguments)
        assert all(call.method != "DELETE" for call in change.calls)


def test_no_role_is_wide_and_secrets_are_never_granted_in_the_project() -> None:
    blind = site(is_shown_only=True)._replace(sight=NoSight())

    roles = {
        (change.arguments[0], word.removeprefix("--role="))
        for change in changes(blind)
        for word in change.arguments
        if word.startswith("--role=")
    }

    assert not {role for _, role in roles} & {"roles/owner", "roles/editor", "roles/viewer"}
    assert {role for kind, role in roles if kind == "projects"} == {
        "roles/datastore.user",
        "roles/dialogflow.client",
        "roles/storage.objectViewer",
        "roles/artifactregistry.writer",
        "roles/logging.logWriter",
    }


def test_dialogflow_s_role_is_granted_where_the_bot_is() -> None:
    environment = {"DIALOGFLOW_AGENT": "projects/bots-elsewhere/locations/eu/agent"}

    made = STEPS["roles"].look(site(environment=environment))

    assert {one.arguments[2] for one in made} == {"bots-elsewhere"}
    assert len(made) == 4


@pytest.mark.parametrize("state", ["DELETE_REQUESTED", "DELETE_IN_PROGRESS"])
def test_a_project_on_its_way_out_is_refused(state: str) -> None:
    here = whole_project()
    here["cloudresourcemanager", "v1/projects/shop-prod"]["lifecycleState"] = state

    with pytest.raises(Refused, match=state):
        STEPS["project"].look(site(here))


def test_a_project_that_is_not_there_is_refused_in_words() -> None:
    with pytest.raises(Refused, match="there is no project shop-prod, or you may not see it") as refused:
        STEPS["project"].look(site({}))

    assert "gcloud projects list" in refused.value.remedy


def test_google_says_of_an_unknown_project_that_it_is_forbidden() -> None:
    refusals = {("cloudresourcemanager", "v1/projects/shop-prod"): ["PERMISSION_DENIED: no"]}

    with pytest.raises(Refused, match="there is no project"):
        STEPS["project"].look(site(refusals=refusals))


def test_a_project_without_billing_is_refused_with_the_page_to_go_to() -> None:
    here = whole_project()
    here["cloudbilling", "v1/projects/shop-prod/billingInfo"] = {"billingEnabled": False}

    with pytest.raises(Refused, match="no billing account") as refused:
        STEPS["project"].look(site(here))

    assert "linkedaccount?project=shop-prod" in refused.value.remedy


def test_who_may_not_ask_about_billing_goes_on() -> None:
    refusals = {("cloudbilling", "v1/projects/shop-prod/billingInfo"): ["PERMISSION_DENIED: no"]}

    assert STEPS["project"].look(site(refusals=refusals)) == []


def test_a_wrong_region_is_refused_and_the_nearest_named() -> None:
    with pytest.raises(Refused, match="REGION europe-west9 has no Cloud Functions") as refused:
        STEPS["region"].look(site(region="europe-west9"))

    assert refused.value.remedy == "take europe-west1"


def test_only_missing_apis_are_enabled_all_at_once() -> None:
    here = whole_project()
    listed = here["serviceusage", "v1/projects/shop-prod/services"]
    listed["services"] = [one for one in listed["services"] if "cloud" not in one["config"]["name"]]

    (change,) = STEPS["APIs"].look(site(here))

    assert change.arguments[:2] == ("services", "enable")
    assert all("cloud" in api for api in change.arguments[2:])
    assert len(change.arguments) == 2 + 5


def test_a_list_is_read_to_its_last_page() -> None:
    here = whole_project()
    whole = here["serviceusage", "v1/projects/shop-prod/services"]["services"]
    seen = site(here)
    pages = {None: {"services": whole[:5], "nextPageToken": "p2"}, "p2": {"services": whole[5:]}}

    class Paged:
        def find(self, _api: str, path: str) -> object:
            return pages["p2" if "pageToken=p2" in path else None]

    assert STEPS["APIs"].look(seen._replace(sight=Paged())) == []  # type: ignore[arg-type]


def test_a_disabled_account_is_enabled() -> None:
    here = whole_project()
    path = "v1/projects/shop-prod/serviceAccounts/redeliver@shop-prod.iam.gserviceaccount.com"
    here["iam", path]["disabled"] = True

    (change,) = STEPS["service accounts"].look(site(here))

    assert change.arguments == ("iam", "service-accounts", "enable", "redeliver@shop-prod.iam.gserviceaccount.com")


def test_accounts_of_a_project_within_a_domain_are_named_as_google_names_them() -> None:
    assert email_of("redeliver", "example.com:shop") == "redeliver@shop.example.com.iam.gserviceaccount.com"
    assert email_of("redeliver", "shop-prod") == "redeliver@shop-prod.iam.gserviceaccount.com"


def test_destroying_goes_the_other_way() -> None:
    names = [step.name for step in DESTROY_STEPS]

    assert names.index("scheduler job") < names.index("functions") < names.index("queue")
    assert names.index("secret access") < names.index("service accounts")
    assert names.index("roles") < names.index("service accounts")
