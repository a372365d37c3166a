"""Service accounts: one for each function, one that calls `redeliver`, one that builds; and their roles in projects."""

from collections.abc import Iterator
from typing import NamedTuple

from functions.handoff.events import JsonObject
from infra.deploy.brands import brand_bots
from infra.deploy.changes import Change
from infra.deploy.gcloud import CloudRefused
from infra.deploy.parts import BUILD_ACCOUNT, BUILD_ROLES, FUNCTIONS, WAKE_UPS_ACCOUNT, email_of
from infra.deploy.policies import has_binding, member_of
from infra.deploy.site import Site

_DIALOGFLOW_ROLE = "roles/dialogflow.client"
_ACT_AS = "roles/iam.serviceAccountUser"

ACCOUNTS = {
    **{function.service_account: f"runs the function {function.name}" for function in FUNCTIONS},
    WAKE_UPS_ACCOUNT: "calls redeliver, for Cloud Tasks and Cloud Scheduler",
    BUILD_ACCOUNT: "builds the functions",
}
"""Every account, and what it is for."""


class Grant(NamedTuple):
    """A role of one of our accounts in a whole project."""

    project: str
    account: str
    role: str


def look_at_accounts(site: Site) -> list[Change]:
    """Make those that are missing, and enable those that somebody disabled."""
    changes = []
    for account, purpose in ACCOUNTS.items():
        email = email_of(account, site.project)
        found = site.sight.find("iam", f"v1/projects/{site.project}/serviceAccounts/{email}")
        if found is None:
            told = (f"--display-name=Handoff: {account}", f"--description=livechat-handoff: {purpose}")
            changes.append(Change(f"made {account}", ("iam", "service-accounts", "create", account, *told)))
        elif found.get("disabled"):
            changes.append(Change(f"enabled {account}", ("iam", "service-accounts", "enable", email)))
    return changes


def grants(site: Site) -> Iterator[Grant]:
    """The roles that accounts need in a project: Dialogflow's where a bot is, all else in our own."""
    for function in FUNCTIONS:
        for role in function.roles:
            projects = bot_projects(site) if role == _DIALOGFLOW_ROLE else [site.project]
            yield from (Grant(project, function.service_account, role) for project in projects)
    for role in BUILD_ROLES:
        yield Grant(site.project, BUILD_ACCOUNT, role)


def bot_projects(site: Site) -> list[str]:
    """The projects that the Dialogflow agents are in, the deployment's own first; ours where a setting says none."""
    environment = site.deployment.environment
    bots = [environment.get("DIALOGFLOW_AGENT", ""), *brand_bots(environment)]
    return list(dict.fromkeys(_project_of(bot) or site.project for bot in bots))


def _project_of(bot: str) -> str:
    parts = bot.strip().split("/")
    return parts[1] if len(parts) > 1 else ""


def find_service_agent(site: Site) -> str:
    """Whose identity tokens the webhook calls of the deployment's own bot bear: Dialogflow's service agent there.

    "" where that project can't be seen; the bot then needs the shared token. Those of brands' bots in other projects
    are never taken by themselves: they would speak for every brand.

    Source: Dialogflow CX, Webhook, service agent authentication. That ES uses the same one is not verified.
    """
    try:
        found = site.sight.find("cloudresourcemanager", f"v1/projects/{bot_projects(site)[0]}") or {}
    except CloudRefused as e:
        if "PERMISSION_DENIED" not in e.said:
            raise
        return ""
    number = found.get("projectNumber", "")
    return f"service-{number}@gcp-sa-dialogflow.iam.gserviceaccount.com" if number else ""


def look_at_grants(site: Site) -> list[Change]:
    """Add the roles that are missing."""
    return [
        Change(f"{grant.account} has {grant.role}", _binding("add", grant, site.project))
        for grant, is_there in _seen_grants(site)
        if not is_there
    ]


def look_at_grants_left(site: Site) -> list[Change]:
    """Take the roles away again: a policy that names a deleted account is never tidied up by Google."""
    return [
        Change(f"{grant.account} has {grant.role}", _binding("remove", grant, site.project))
        for grant, is_there in _seen_grants(site)
        if is_there
    ]


def _seen_grants(site: Site) -> list[tuple[Grant, bool]]:
    """Each role that accounts need, and whether they have it."""
    wanted = list(grants(site))
    policies = {project: policy_of(site, project) for project in {grant.project for grant in wanted}}
    return [
        (grant, has_binding(policies[grant.project], member_of(grant.account, site.project), grant.role))
        for grant in wanted
    ]


def policy_of(site: Site, project: str) -> JsonObject:
    """The IAM policy of a project."""
    asked = {"options": {"requestedPolicyVersion": 3}}  # older versions hide conditions
    return site.sight.ask("cloudresourcemanager", f"v1/projects/{project}:getIamPolicy", asked) or {}


def _binding(verb: str, grant: Grant, project: str) -> tuple[str, ...]:
    member = f"--member={member_of(grant.account, project)}"
    command = f"{verb}-iam-policy-binding"
    return ("projects", command, grant.project, member, f"--role={grant.role}", "--condition=None")


def look_at_act_as(site: Site) -> list[Change]:
    """Let every function make tasks that call `redeliver` as the wake-up account: Cloud Tasks asks for actAs.

    Source: Cloud Tasks, creating HTTP target tasks with an OIDC token.
    """
    email = email_of(WAKE_UPS_ACCOUNT, site.project)
    path = f"v1/projects/{site.project}/serviceAccounts/{email}:getIamPolicy?options.requestedPolicyVersion=3"
    policy = site.sight.ask("iam", path, {}) or {}
    command = ("iam", "service-accounts", "add-iam-policy-binding", email)
    changes = []
    for function in FUNCTIONS:
        member = member_of(function.service_account, site.project)
        if not has_binding(policy, member, _ACT_AS):
            arguments = (*command, f"--member={member}", f"--role={_ACT_AS}", "--condition=None")
            changes.append(Change(f"{function.name} may act as {WAKE_UPS_ACCOUNT}", arguments))
    return changes


def look_at_accounts_left(site: Site) -> list[Change]:
    """Delete those that are there."""
    emails = {account: email_of(account, site.project) for account in ACCOUNTS}
    return [
        Change(account, ("iam", "service-accounts", "delete", email))
        for account, email in emails.items()
        if site.sight.find("iam", f"v1/projects/{site.project}/serviceAccounts/{email}") is not None
    ]
