"""Secrets, empty, and who may read and write them. Values are none of this module's business."""

from collections.abc import Iterator
from typing import NamedTuple

from functions.handoff.events import JsonObject
from infra.deploy.changes import Change
from infra.deploy.parts import FUNCTIONS, LABEL, SECRETS, WRITTEN_SECRET
from infra.deploy.policies import has_binding, member_of
from infra.deploy.site import Site

_READS = "roles/secretmanager.secretAccessor"
_WRITES = "roles/secretmanager.secretVersionAdder"


class Access(NamedTuple):
    """A role of a function on one secret."""

    secret: str
    account: str
    role: str


def look_at_secrets(site: Site) -> list[Change]:
    """Make those that are missing, without a value."""
    flags = ("--replication-policy=automatic", f"--labels={LABEL[0]}={LABEL[1]}")
    return [
        Change(f"made {secret.name}", ("secrets", "create", secret.name, *flags))
        for secret in SECRETS
        if not _is_there(site, secret.name)
    ]


def _is_there(site: Site, secret: str) -> bool:
    return site.sight.find("secretmanager", f"v1/projects/{site.project}/secrets/{secret}") is not None


def accesses() -> Iterator[Access]:
    """Who needs what: each function reads its own; who works mailboxes also stores a refresh token that changed."""
    for function in FUNCTIONS:
        for secret in function.secrets:
            yield Access(secret, function.service_account, _READS)
        if function.drains:
            yield Access(WRITTEN_SECRET, function.service_account, _WRITES)


def look_at_access(site: Site) -> list[Change]:
    """Grant what is missing, on single secrets only."""
    policies = {secret.name: policy_of(site, secret.name) for secret in SECRETS}
    return [
        Change(f"{one.account} {_verb(one)} {one.secret}", _binding("add", one, site.project))
        for one in accesses()
        if not has_binding(policies[one.secret], member_of(one.account, site.project), one.role)
    ]


def _verb(access: Access) -> str:
    return "reads" if access.role == _READS else "writes"


def policy_of(site: Site, secret: str) -> JsonObject:
    """A secret's IAM policy."""
    path = f"v1/projects/{site.project}/secrets/{secret}:getIamPolicy?options.requestedPolicyVersion=3"
    return site.sight.find("secretmanager", path) or {}


def _binding(verb: str, access: Access, project: str) -> tuple[str, ...]:
    member = f"--member={member_of(access.account, project)}"
    command = f"{verb}-iam-policy-binding"
    return ("secrets", command, access.secret, member, f"--role={access.role}", "--condition=None")


def look_at_access_left(site: Site) -> list[Change]:
    """Take it away from secrets that stay; those that go take their policies with them."""
    if site.with_data:
        return []
    policies = {secret.name: policy_of(site, secret.name) for secret in SECRETS}
    return [
        Change(f"{one.account} {_verb(one)} {one.secret}", _binding("remove", one, site.project))
        for one in accesses()
        if has_binding(policies[one.secret], member_of(one.account, site.project), one.role)
    ]


def look_at_secrets_left(site: Site) -> list[Change]:
    """Delete them with every version, if data is to go, too."""
    if not site.with_data:
        return []
    return [
        Change(f"{secret.name} with every version", ("secrets", "delete", secret.name))
        for secret in SECRETS
        if _is_there(site, secret.name)
    ]
