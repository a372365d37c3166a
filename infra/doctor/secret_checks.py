"""Checks of the secrets: there, readable, and of the form that the functions need. No value is ever shown."""

import json
from collections.abc import Iterator
from functools import partial

from infra.credentials.forms import FORMS, Form, Malformed, decode, tidy
from infra.deploy.parts import SECRETS, WRITTEN_SECRET, Secret
from infra.doctor.checks import Check
from infra.doctor.findings import Finding, failed, ok, skipped, warning
from infra.doctor.patient import Patient
from infra.doctor.secret_looks import Look

_FIELDS = ("client_secret", "refresh_token")


def look_at_secret(secret: Secret, patient: Patient) -> Iterator[Finding]:
    """Whether the functions can use its newest version."""
    name = f"secret.{secret.name}"
    look = patient.secrets.look(secret.name)
    if secret.optional and not look.is_there:
        yield ok(name, f"is not set: {_WITHOUT[secret.name]}")
    elif look.wrong:
        yield failed(name, look.wrong, _storing(secret))
    elif look.unread:
        remedy = "to have its form looked at: roles/secretmanager.secretAccessor on it"
        yield skipped(name, f"has an enabled version; its form could not be looked at: {look.unread}", remedy)
    else:
        yield _of_value(name, secret, look.value or "")


_WITHOUT = {
    "business-messages-partner-key": "Business Messages is off",
    "rcs-client-token": "RCS for Business is off",
    "dialogflow-webhook-token": "the bot's webhook calls need an identity token; turns of users need neither",
    "messaging-service-account": "the messaging APIs are called as the function itself",
}


def _storing(secret: Secret) -> str:
    return "make login" if secret.name == WRITTEN_SECRET else f"make secrets NAME={secret.name}"


def find_fault(kind: str, look: Look) -> str:
    """Why the functions can't use a secret that has the form of `kind`; "" where they can, or it may not be read."""
    if look.wrong or look.unread:
        return look.wrong
    try:
        _check(FORMS[kind], look.value or "")
    except Malformed as e:
        return str(e)
    return ""


def _of_value(name: str, secret: Secret, value: str) -> Finding:
    try:
        remarks = _check_oauth(value) if secret.name == WRITTEN_SECRET else _check(FORMS[secret.name], value)
    except Malformed as e:
        return failed(name, str(e), _storing(secret))
    if remarks:
        said = "the functions do without it, but where it is entered elsewhere it may be missing: "
        return warning(name, f"{said}{', '.join(remarks)}", _storing(secret))
    return ok(name, "is there, and of the right form")


def _check(form: Form, value: str) -> tuple[str, ...]:
    decode(value.encode())
    return tidy(form, value).remarks


def _check_oauth(value: str) -> tuple[str, ...]:
    try:
        found = json.loads(value)
    except (ValueError, RecursionError):
        found = None
    parts = [found.get(field) if isinstance(found, dict) else None for field in _FIELDS]
    if not all(isinstance(part, str) and part.strip() for part in parts):
        raise Malformed('it is not a JSON object {"client_secret", "refresh_token"}')
    if any(letter.isspace() for part in parts for letter in str(part)):
        raise Malformed("client_secret or refresh_token has white space in it")
    return ()


SECRET_CHECKS = tuple(Check((f"secret.{one.name}",), partial(look_at_secret, one), in_cloud=False) for one in SECRETS)
