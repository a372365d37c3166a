"""How Google's APIs refuse: the error envelope with its details.

Source: google.rpc.Status and its error details; texts as operators report them (issue trackers of gcloud,
firebase-tools and Terraform's Google provider).
"""

from collections.abc import Sequence
from typing import Any

from flask import Response, jsonify

JsonObject = dict[str, Any]
HTTP_CODES = {
    "INVALID_ARGUMENT": 400,
    "FAILED_PRECONDITION": 400,
    "UNAUTHENTICATED": 401,
    "PERMISSION_DENIED": 403,
    "NOT_FOUND": 404,
    "ALREADY_EXISTS": 409,
    "ABORTED": 409,
    "RESOURCE_EXHAUSTED": 429,
    "INTERNAL": 500,
    "UNIMPLEMENTED": 501,
    "UNAVAILABLE": 503,
}
RPC_CODES = {
    "INVALID_ARGUMENT": 3,
    "NOT_FOUND": 5,
    "ALREADY_EXISTS": 6,
    "PERMISSION_DENIED": 7,
    "RESOURCE_EXHAUSTED": 8,
    "FAILED_PRECONDITION": 9,
    "ABORTED": 10,
    "INTERNAL": 13,
    "UNAVAILABLE": 14,
}
_TYPE = "type.googleapis.com/google.rpc."


class Refusal(Exception):
    """An API's refusal; `status` is one of `HTTP_CODES`, `details` what stands beside the message."""

    def __init__(self, status: str, message: str, *details: JsonObject) -> None:
        super().__init__(message)
        self.status = status
        self.details = list(details)

    def as_status(self) -> JsonObject:
        """As the `error` of an operation."""
        return {"code": RPC_CODES[self.status], "message": str(self)}

    def as_response(self) -> Response:
        """As the answer to a request."""
        error: JsonObject = {"code": HTTP_CODES[self.status], "message": str(self), "status": self.status}
        if self.details:
            error["details"] = self.details
        response = jsonify({"error": error})
        response.status_code = HTTP_CODES[self.status]
        return response


def require(holds: object, message: str) -> None:
    """Raises `Refusal` INVALID_ARGUMENT unless `holds` is true."""
    if not holds:
        raise Refusal("INVALID_ARGUMENT", message)


def bad_request(said: Sequence[tuple[str, str]]) -> Refusal:
    """The request does not have the API's shape: (field, what is wrong), all that was found."""
    violations = [{"field": field, "description": what} for field, what in said]
    message = "\n".join(f"Invalid JSON payload received. {what}" for _, what in said)
    return Refusal("INVALID_ARGUMENT", message, {"@type": _TYPE + "BadRequest", "fieldViolations": violations})


def not_found(what: str) -> Refusal:
    """There is no such resource."""
    return Refusal("NOT_FOUND", f"Resource '{what}' was not found")


def unauthenticated() -> Refusal:
    """There is no token."""
    message = (
        "Request is missing required authentication credential. Expected OAuth 2 access token, login cookie or other "
        "valid authentication credential. See https://developers.google.com/identity/sign-in/web/devconsole-project."
    )
    return Refusal("UNAUTHENTICATED", message)


def service_disabled(service: str, title: str, project: str) -> Refusal:
    """The API is not enabled in the project."""
    url = f"https://console.developers.google.com/apis/api/{service}/overview?project={project}"
    message = (
        f"{title} has not been used in project {project} before or it is disabled. Enable it by visiting {url} then "
        "retry. If you enabled this API recently, wait a few minutes for the action to propagate to our systems and "
        "retry."
    )
    metadata = {"service": service, "serviceTitle": title, "consumer": f"projects/{project}", "activationUrl": url}
    info = {"@type": _TYPE + "ErrorInfo", "reason": "SERVICE_DISABLED", "domain": "googleapis.com"}
    links = {
        "@type": _TYPE + "Help",
        "links": [{"description": "Google developers console API activation", "url": url}],
    }
    return Refusal("PERMISSION_DENIED", message, {**info, "metadata": metadata}, links)


def permission_denied(permission: str, resource: str) -> Refusal:
    """The caller lacks a permission, or what it concerns is not there: Google does not tell which."""
    message = f"Permission '{permission}' denied on resource '{resource}' (or it may not exist)."
    info = {"@type": _TYPE + "ErrorInfo", "reason": "IAM_PERMISSION_DENIED", "domain": "iam.googleapis.com"}
    return Refusal("PERMISSION_DENIED", message, {**info, "metadata": {"permission": permission, "resource": resource}})


def no_billing(number: str, services: list[str]) -> Refusal:
    """APIs that cost money can't be enabled."""
    named = ",".join(services)
    message = (
        f"Billing account for project '{number}' is not found. Billing must be enabled for activation of service(s) "
        f"'{named}' to proceed."
    )
    violation = {"type": "googleapis.com/billing-enabled", "subject": f"?error_code=390001&project={number}"}
    info = {
        "@type": _TYPE + "ErrorInfo",
        "reason": "UREQ_PROJECT_BILLING_NOT_FOUND",
        "domain": "serviceusage.googleapis.com/billing-enabled",
        "metadata": {"project": number, "services": named},
    }
    return Refusal(
        "FAILED_PRECONDITION", message, {"@type": _TYPE + "PreconditionFailure", "violations": [violation]}, info
    )


def not_permitted(member: str, resource: str) -> Refusal:
    """An organisation policy lets no such member in (iam.allowedPolicyMemberDomains)."""
    violation = {
        "type": "constraints/iam.allowedPolicyMemberDomains",
        "subject": f"orgpolicy:{resource}?configvalue={member}",
        "description": f"User {member} is not in permitted organization.",
    }
    return Refusal(
        "FAILED_PRECONDITION",
        "One or more users named in the policy do not belong to a permitted customer,  perhaps due to an organization "
        "policy.",
        {"@type": _TYPE + "PreconditionFailure", "violations": [violation]},
    )
