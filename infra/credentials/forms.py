"""What each credential must look like. Pure: text in; out comes tidied text, or why not (and nothing of the text)."""

import json
from collections.abc import Callable
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from google.oauth2 import service_account

from infra.deploy.brands import BrandSecret

MAX_BYTES = 65536  # of a version, Secret Manager
_LONGEST_WORD = 1000
_FEWEST_CHARACTERS = 6  # different ones
_QUOTES = "\"'`"
_KEY_FIELDS = ("client_email", "private_key", "private_key_id", "token_uri")


class Malformed(Exception):
    """It can't be that credential. The message says why and what to do, without any of the value."""


class Tidied(NamedTuple):
    """A value fit to be stored, and what was changed about it."""

    value: str
    remarks: tuple[str, ...] = ()


class Form(NamedTuple):
    """One credential that the operator enters.

    `check` raises `Malformed` for one line that is none. `is_ours`: we choose it, so it can be generated.
    `is_to_be_copied`: by hand, to the other side. `proves_sender`: it may hold two lines, the current value and the one
    before. `by_file`: nothing one can type.
    """

    name: str
    whence: str
    check: Callable[[str], None]
    afterwards: str
    is_ours: bool = False
    is_to_be_copied: bool = False
    proves_sender: bool = True
    by_file: bool = False


def tidy(form: Form, text: str) -> Tidied:
    """The value in a text that was entered or read from a file.

    Raises:
        Malformed: there is none, or it is not of that form.
    """
    plain = text.removeprefix("\ufeff").replace("\r\n", "\n")
    stripped = plain.strip()
    if not stripped:
        raise Malformed("it is empty")
    remarks = _remarks(text, plain, stripped)
    if not form.proves_sender:
        form.check(stripped)
        return Tidied(stripped, remarks)
    lines = lines_of(stripped)
    if len(lines) > 2:
        raise Malformed(
            "it has more than two lines: the current value, and the one before under it, is all it may hold"
        )
    for line in lines:
        form.check(line)
    if len(set(lines)) < len(lines):
        return Tidied(lines[0], (*remarks, "both lines were the same: one is kept"))
    return Tidied("\n".join(lines), remarks)


def lines_of(value: str) -> list[str]:
    """The values that a secret which proves a sender holds: the current one, and the one before if there is one."""
    return [line.strip() for line in value.split("\n") if line.strip()]


def _remarks(text: str, plain: str, stripped: str) -> tuple[str, ...]:
    around = plain.removesuffix("\n")
    found = (
        ("a byte order mark was cut off", text.startswith("\ufeff")),
        ("the line end was cut off", plain.endswith("\n")),
        ("white space around it was cut off", around != stripped),
    )
    return tuple(words for words, is_so in found if is_so)


def decode(data: bytes) -> str:
    """The text in a file.

    Raises:
        Malformed: it is not text, or longer than a secret may be.
    """
    if len(data) > MAX_BYTES:
        raise Malformed(f"it is longer than {MAX_BYTES} bytes, more than Secret Manager keeps")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        raise Malformed("it is not UTF-8 text: save it as UTF-8") from None


def word(shortest: int) -> Callable[[str], None]:
    """A check of one word of printable ASCII, like a token, at least so long."""

    def check(line: str) -> None:
        if line.startswith("{"):
            raise Malformed("it is JSON, and one word is wanted here: look at NAME and FILE again")
        if any(letter.isspace() for letter in line):
            raise Malformed("it has white space inside: copy the value alone")
        if not (line.isascii() and line.isprintable()):
            raise Malformed(
                "it has characters that a token can't have (not plain ASCII): copy it from where it was made"
            )
        if line[:1] in _QUOTES and line[-1:] == line[:1]:
            raise Malformed("it stands in quotation marks: leave them out")
        if len(line) < shortest:
            raise Malformed(f"it is too short: at least {shortest} characters")
        if len(line) > _LONGEST_WORD:
            raise Malformed(f"it is too long: at most {_LONGEST_WORD} characters")
        if len(set(line)) < _FEWEST_CHARACTERS:
            raise Malformed("it has too few different characters to be a secret: take a random one")

    return check


def check_service_account_key(text: str) -> None:
    """Check a service account's key, as far as that goes without using it.

    Raises:
        Malformed: it is something else.
    """
    key = _json_object(text)
    if key.get("type") != "service_account":
        raise Malformed('it is no service account\'s key: its "type" must be "service_account"')
    missing = [name for name in _KEY_FIELDS if not (isinstance(key.get(name), str) and key[name])]
    if missing:
        raise Malformed(f"it lacks {', '.join(missing)}: download the key again")
    where = urlsplit(key["token_uri"])
    if where.scheme != "https" or not f".{where.hostname}".endswith((".googleapis.com", ".google.com")):
        raise Malformed("its token_uri is not Google's, so whoever made it would get to see what it signs")
    try:
        service_account.Credentials.from_service_account_info(key)  # type: ignore[no-untyped-call]
    except ValueError:
        raise Malformed("its private_key can't be read: download the key again") from None


def _json_object(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        raise Malformed("it is not JSON: give the file that Google Cloud made, as it is") from None
    if not isinstance(found, dict):
        raise Malformed("it is not a JSON object: give the file that Google Cloud made, as it is")
    return found


_READ_SOON = "The functions read it within five minutes."

FORMS = {
    form.name: form
    for form in (
        Form(
            "livechat-webhook-secret",
            "a random word of ours: best let it be generated",
            word(16),
            "In five minutes, when all functions have read it: make webhooks, which tells LiveChat.",
            is_ours=True,
        ),
        Form(
            "business-messages-partner-key",
            "from the partner account: the key that webhooks are signed with (clientToken)",
            word(8),
            _READ_SOON,
        ),
        Form(
            "rcs-client-token",
            "of the RCS agent's webhook: the clientToken that what it sends is signed with",
            word(8),
            _READ_SOON,
        ),
        Form(
            "dialogflow-webhook-token",
            "a random word of ours, to be entered at Dialogflow's webhook, too",
            word(16),
            "In five minutes, when the function has read it: enter it at Dialogflow (make webhooks says where).",
            is_ours=True,
            is_to_be_copied=True,
        ),
        Form(
            "messaging-service-account",
            "the JSON key of a service account of the messaging APIs",
            check_service_account_key,
            _READ_SOON,
            proves_sender=False,
            by_file=True,
        ),
    )
}
"""By the name of the secret: those of `parts.SECRETS` that an operator enters."""


def brand_form(secret: BrandSecret) -> Form:
    """What a brand's secret must look like: as the deployment's that it stands for."""
    return FORMS[secret.kind]._replace(name=secret.name)
