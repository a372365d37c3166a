"""Who may call the functions: everybody the public ones, which check signatures; `redeliver` the wake-up account.

By the commands of Cloud Run, which runs the functions: those of `gcloud functions` do the same, but can't be led to
another endpoint, so they could not be tried anywhere but in the cloud.
"""

from collections.abc import Iterator

from functions.handoff.events import JsonObject
from infra.deploy.changes import Change
from infra.deploy.parts import FUNCTIONS, WAKE_UPS_ACCOUNT, Function
from infra.deploy.policies import has_binding, member_of, members_of
from infra.deploy.site import Site

INVOKER = "roles/run.invoker"
EVERYBODY = "allUsers"
_ANYBODY = {EVERYBODY, "allAuthenticatedUsers"}


def look_at_invokers(site: Site) -> list[Change]:
    """Let in who is missing; shut out from `redeliver` who is nobody in particular. Operators' own bindings stay."""
    return [change for function in FUNCTIONS for change in _look_at(function, site)]


def _look_at(function: Function, site: Site) -> Iterator[Change]:
    service = _service(function, site)
    path = f"v1/{site.in_region('services', service)}:getIamPolicy?options.requestedPolicyVersion=3"
    policy = site.sight.find("run", path) or {}
    member = EVERYBODY if function.public else member_of(WAKE_UPS_ACCOUNT, site.project)
    if not has_binding(policy, member, INVOKER):
        whom = "everybody" if function.public else WAKE_UPS_ACCOUNT
        yield Change(f"{function.name} open to {whom}", _binding("add", service, member, site))
    for anybody in sorted(_strangers(function, policy)):
        yield Change(f"{function.name} closed to {anybody}", _binding("remove", service, anybody, site))


def _strangers(function: Function, policy: JsonObject) -> set[str]:
    return set() if function.public else _ANYBODY & members_of(policy, INVOKER)


def _service(function: Function, site: Site) -> str:
    """The Cloud Run service behind a function; it bears the same name unless Google says otherwise."""
    found = site.find_function(function) or {}
    return str(found.get("serviceConfig", {}).get("service", "")).rpartition("/")[2] or function.name


def _binding(verb: str, service: str, member: str, site: Site) -> tuple[str, ...]:
    command = ("run", "services", f"{verb}-iam-policy-binding", service, f"--region={site.region}")
    condition = ("--all",) if verb == "remove" else ("--condition=None",)
    return (*command, f"--member={member}", f"--role={INVOKER}", *condition)
