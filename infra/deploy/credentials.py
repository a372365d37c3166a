"""Secrets, empty, and who may read and write them. Values are none of this module's business."""

from collections.abc import Iterator
from typing import NamedTuple

from functions.handoff.events import JsonObject
from infra.deploy.brands import brand_secrets
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
        Change(f"made {name}", ("secrets", "create", name, *flags))
        for name in secret_names(site)
        if _find(site, name) is None
    ]


def secret_names(site: Site) -> list[str]:
    """Every secret of the deployment, the brands' own ones, too."""
    names = [secret.name for secret in SECRETS] + [one.name for one in brand_secrets(site.deployment.environment)]
    return list(dict.fromkeys(names))


def _find(site: Site, secret: str) -> JsonObject | None:
    return site.sight.find("secretmanager", f"v1/projects/{site.project}/secrets/{secret}")


def accesses(site: Site) -> Iterator[Access]:
    """Who needs what: each function reads its own; who works mailboxes also stores a refresh token that changed.

    A brand's secret is read by those who read the one that it stands for.
    """
    yield from dict.fromkeys(_accesses(site))  # brands may share a secret


def _accesses(site: Site) -> Iterator[Access]:
    of_brands = brand_secrets(site.deployment.environment)
    for function in FUNCTIONS:
        for secret in function.secrets:
            yield Access(secret, function.service_account, _READS)
            yield from (Access(one.name, function.service_account, _READS) for one in of_brands if one.kind == secret)
        if function.drains:
            yield Access(WRITTEN_SECRET, function.service_account, _WRITES)


def look_at_access(site: Site) -> list[Change]:
    """Grant what is missing, on single secrets only."""
    policies = {name: policy_of(site, name) for name in secret_names(site)}
    return [
        Change(f"{one.account} {_verb(one)} {one.secret}", _binding("add", one, site.project))
        for one in accesses(site)
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
    policies = {name: policy_of(site, name) for name in secret_names(site)}
    return [
        Change(f"{one.account} {_verb(one)} {one.secret}", _binding("remove", one, site.project))
        for one in accesses(site)
        if has_binding(policies[one.secret], member_of(one.account, site.project), one.role)
    ]


def look_at_secrets_left(site: Site) -> list[Change]:
    """Delete them with every version, if data is to go, too; of the brands' only those that deploying made."""
    if not site.with_data:
        return []
    found = {name: _find(site, name) for name in secret_names(site)}
    ours = {secret.name for secret in SECRETS}
    return [
        Change(f"{name} with every version", ("secrets", "delete", name))
        for name, secret in found.items()
        if secret is not None and (name in ours or _is_labelled(secret))
    ]


def _is_labelled(secret: JsonObject) -> bool:
    """Whether deploying made it: the name of a brand's secret is the operator's, and may be one that others use."""
    return bool(secret.get("labels", {}).get(LABEL[0]) == LABEL[1])
