"""Who may do what on one thing, read from its IAM policy."""

from functions.handoff.events import JsonObject
from infra.deploy.parts import email_of


def has_binding(policy: JsonObject, member: str, role: str) -> bool:
    """Whether a member has a role without a condition: a condition might not hold when it matters."""
    return any(
        binding.get("role") == role and member in binding.get("members", ()) and not binding.get("condition")
        for binding in policy.get("bindings", ())
    )


def members_of(policy: JsonObject, role: str) -> set[str]:
    """Everyone who has a role, on whatever condition."""
    bindings = (binding for binding in policy.get("bindings", ()) if binding.get("role") == role)
    return {member for binding in bindings for member in binding.get("members", ())}


def member_of(account: str, project: str) -> str:
    """A service account as policies name it."""
    return f"serviceAccount:{email_of(account, project)}"
