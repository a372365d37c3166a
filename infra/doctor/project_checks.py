"""Checks of what deploying makes once: held against the very tables that deploying goes by."""

import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import NamedTuple

from infra.deploy.changes import Change
from infra.deploy.credentials import look_at_access
from infra.deploy.database import look_at_database, look_at_exemptions, look_at_expiry, look_at_rules
from infra.deploy.gcloud import CloudRefused
from infra.deploy.identities import bot_projects, grants, look_at_accounts, look_at_act_as, policy_of
from infra.deploy.policies import has_binding, member_of
from infra.deploy.project import look_at_apis, look_at_project, look_at_region
from infra.deploy.site import Site
from infra.deploy.wake_ups import look_at_enqueuers
from infra.deploy.watching import look_at_alerts, look_at_channel, look_at_dashboard, look_at_metrics
from infra.doctor.checks import Check, deploy_again, site_of
from infra.doctor.findings import FAILED, WARNING, Finding, failed, ok, warning
from infra.doctor.patient import Patient

PROJECT = "project"
_VERB = re.compile(r"^(made|enabled) |( expire| exempt)$")


class Part(NamedTuple):
    """What one look of deploying is called here. `wrong` is said before what deploying would do about it."""

    name: str
    looks: tuple[Callable[[Site], list[Change]], ...]
    right: str
    wrong: str
    is_needed: bool = True


PARTS = (
    Part("apis", (look_at_apis,), "every API that is needed is enabled", "not enabled:"),
    Part("region", (look_at_region,), "the region has Cloud Functions", ""),
    Part("accounts", (look_at_accounts,), "every service account is there", "missing or disabled service accounts:"),
    Part("act-as", (look_at_act_as,), "the functions may have redeliver called", "should be so, and is not:"),
    Part("secret-access", (look_at_access,), "each function reads its own secrets", "should be so, and is not:"),
    Part("database", (look_at_database,), "the Firestore database is there, in native mode", "there is no database"),
    Part("database.expiry", (look_at_expiry,), "expired documents are deleted", "no TTL policy is in force for"),
    Part("database.indexes", (look_at_exemptions,), "payloads are not indexed", "payloads are indexed in"),
    Part("database.rules", (look_at_rules,), "the rules let no client in", "the rules may let clients in; wanted:"),
    Part("queue.access", (look_at_enqueuers,), "the functions may make tasks", "should be so, and is not:"),
    Part(
        "monitoring",
        (look_at_metrics, look_at_dashboard, look_at_channel, look_at_alerts),
        "metrics, dashboard and alerts are there",
        "missing:",
        is_needed=False,
    ),
)


def look_at_part(part: Part, patient: Patient) -> Iterator[Finding]:
    """One finding: nothing to be done, or all that deploying would do about it."""
    site = site_of(patient)
    things = [_VERB.sub("", change.done) for look in part.looks for change in look(site)]
    if not things:
        yield ok(part.name, part.right)
    else:
        finding = failed if part.is_needed else warning
        yield finding(part.name, f"{part.wrong} {', '.join(things)}", deploy_again(site))


def look_at_roles(patient: Patient) -> Iterator[Finding]:
    """Whether our accounts have their roles in our project."""
    site = site_of(patient)
    missing = _missing_roles(site, site.project)
    if missing:
        yield failed("roles", f"should be so, and is not: {', '.join(missing)}", deploy_again(site))
    else:
        yield ok("roles", "the accounts have their roles in the project")


def look_at_bot_roles(patient: Patient) -> Iterator[Finding]:
    """Whether the functions may ask bots that are in other projects."""
    site = site_of(patient)
    others = [project for project in bot_projects(site) if project != site.project]
    found = [_of_bot(site, project) for project in others]
    worst = [one for state in (FAILED, WARNING) for one in found if one.state == state]
    if not others:
        yield ok("roles.bot", "every bot is in this project")
    elif worst:
        yield worst[0]._replace(sentence="; ".join(one.sentence for one in worst))
    else:
        yield ok("roles.bot", f"the functions may ask the bots in {', '.join(others)}")


def _of_bot(site: Site, other: str) -> Finding:
    try:
        missing = _missing_roles(site, other)
    except CloudRefused as e:
        if "PERMISSION_DENIED" not in e.said:
            raise
        wanted = ", ".join(_wanted_roles(site, other))
        said = f"a bot is in the project {other}, whose roles you may not see"
        return warning("roles.bot", said, f"have its owner see to it that there {wanted}")
    if missing:
        said = f"in the project {other} of a bot should be so, and is not: {', '.join(missing)}"
        return failed("roles.bot", said, f"{deploy_again(site)}, as one who may give roles there")
    return ok("roles.bot", f"the functions may ask the bot in the project {other}")


def _missing_roles(site: Site, project: str) -> list[str]:
    policy = policy_of(site, project)
    return [
        f"{one.account} has {one.role}"
        for one in grants(site)
        if one.project == project and not has_binding(policy, member_of(one.account, site.project), one.role)
    ]


def _wanted_roles(site: Site, project: str) -> list[str]:
    return [f"{member_of(one.account, site.project)} has {one.role}" for one in grants(site) if one.project == project]


def look_at_gate(patient: Patient) -> Iterator[Finding]:
    """Whether the project can be seen at all; all other checks in the cloud rest on that."""
    site = site_of(patient)
    site.cloud.access_token()
    look_at_project(site)
    yield ok(PROJECT, f"{site.project} is there")


GATE = Check((PROJECT,), look_at_gate)
PROJECT_CHECKS = (
    *(Check((part.name,), partial(look_at_part, part)) for part in PARTS),
    Check(("roles",), look_at_roles),
    Check(("roles.bot",), look_at_bot_roles),
)
