"""What brands have for themselves: secrets of their own with the right readers, and bots in other projects."""

import json
from pathlib import Path

import pytest

from infra.deploy.brands import brand_secrets
from infra.deploy.changes import Change
from infra.deploy.site import Site
from infra.deploy.steps import DESTROY_STEPS, deploy_steps
from tests.deploy_project import DIGEST, PROJECT, SETTINGS, Things, email, policy, site, whole_project

STEPS = {step.name: step for step in deploy_steps(DIGEST)}
DESTROY = {step.name: step for step in DESTROY_STEPS}
ACME = {
    "rcs_agent": "acme_agent",
    "business_messages_agent": "brands/1/agents/acme",
    "secrets": {"rcs-client-token": "acme-rcs-token", "business-messages-partner-key": "shared-key"},
    "settings": {"DIALOGFLOW_AGENT": "projects/acme-bots/locations/eu/agents/a-1"},
}
BEST = {
    "business_messages_agent": "brands/1/agents/best",
    "secrets": {"business-messages-partner-key": "shared-key", "dialogflow-webhook-token": "best-dialogflow"},
}


@pytest.fixture
def settings(tmp_path: Path) -> dict[str, str]:
    """Those of a deployment with two brands."""
    path = tmp_path / "brands.json"
    path.write_text(json.dumps({"acme": ACME, "best": BEST}))
    return {**SETTINGS, "BRANDS_FILE": str(path)}


def look(step: str, here: Site) -> list[Change]:
    return STEPS[step].look(here)


def with_secrets(**labels: str) -> Things:
    """The whole project with the brands' secrets, without readers."""
    path = f"v1/projects/{PROJECT}/secrets/"
    names = ("acme-rcs-token", "shared-key", "best-dialogflow")
    return {
        **whole_project(),
        **{("secretmanager", path + name): {"name": name, "labels": labels} for name in names},
        **{("secretmanager", f"{path}{name}:getIamPolicy"): policy() for name in names},
    }


def test_each_secret_of_a_brand_is_made_once(settings: dict[str, str]) -> None:
    made = look("secrets", site(environment=settings))

    assert [change.arguments[2] for change in made] == ["shared-key", "acme-rcs-token", "best-dialogflow"]
    assert look("secrets", site(with_secrets(), environment=settings)) == []


def test_a_brand_s_secret_is_read_by_those_alone_who_read_the_one_it_stands_for(settings: dict[str, str]) -> None:
    granted = look("secret access", site(with_secrets(), environment=settings))

    readers = {(one.arguments[2], one.arguments[3].rpartition(":")[2]) for one in granted}
    assert readers == {
        ("shared-key", email("business-messages-webhook")),
        ("acme-rcs-token", email("rcs-webhook")),
        ("best-dialogflow", email("dialogflow-webhook")),
    }


def test_the_functions_may_ask_every_brand_s_bot(settings: dict[str, str]) -> None:
    made = look("roles", site(environment=settings))

    assert {(one.arguments[2], one.arguments[4]) for one in made} == {("acme-bots", "--role=roles/dialogflow.client")}
    assert len(made) == 4


def test_a_brand_s_bot_in_another_project_does_not_speak_for_all(settings: dict[str, str]) -> None:
    here = whole_project() | {("cloudresourcemanager", "v1/projects/acme-bots"): {"projectNumber": "99"}}

    (change,) = look("dialogflow-webhook", site(here, environment=settings))

    assert change.file
    assert json.loads(change.file.content)["DIALOGFLOW_IDENTITY_EMAILS"].partition("@")[0] == "service-4711"


def test_a_brand_s_secret_that_deploying_did_not_make_is_never_deleted(settings: dict[str, str]) -> None:
    ours, others = with_secrets(app="livechat-handoff"), with_secrets(app="billing")

    gone = {
        whose: [one.arguments[2] for one in DESTROY["secrets"].look(site(here, environment=settings, with_data=True))]
        for whose, here in (("ours", ours), ("others'", others))
    }

    assert {"shared-key", "acme-rcs-token", "best-dialogflow"} <= set(gone["ours"])
    assert not {"shared-key", "acme-rcs-token", "best-dialogflow"} & set(gone["others'"])


def test_of_a_brands_file_that_is_wrong_nothing_is_read(tmp_path: Path) -> None:
    path = tmp_path / "brands.json"
    path.write_text(json.dumps({"acme": {"secrets": 7}}))

    assert brand_secrets({**SETTINGS, "BRANDS_FILE": str(path)}) == []
