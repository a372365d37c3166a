"""Reads the text of one setting into its value: one function per form a setting can have.

Each raises `ValueError` with what is wrong, in words that fit behind the variable's name. None of them repeats the
text it was given: an operator may have put a secret into the wrong variable.
"""

import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from functions.handoff.texts import find_faults, normal_locale
from functions.runtime.http_client import is_loopback
from functions.runtime.json_file import Faults, read_json_file, refuse

Reader = Callable[[str], Any]

_DIALOGFLOW_ES = re.compile(r"projects/[^/\s]+(/locations/[^/\s]+)?/agent(/environments/[^/\s]+)?")
_DIALOGFLOW_CX = re.compile(r"projects/[^/\s]+/locations/[^/\s]+/agents/[^/\s]+(/environments/[^/\s]+)?")
_TASKS_QUEUE = re.compile(r"projects/[^/\s]+/locations/[^/\s]+/queues/[A-Za-z0-9-]{1,100}")
_STORE = re.compile(r"firestore(:[a-z0-9()-]+)?|sqlite:.+")
_SECRETS = re.compile(r"secret-manager|file:.+")
_HOST = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?")
_HOST_AND_PORT = re.compile(rf"({_HOST.pattern}|\[::1\]):[0-9]{{1,5}}")
_EMAIL = re.compile(r"[^@\s/]+@[^@\s/]+")


def text(raw: str) -> str:
    """Any text; "" is a value like any other."""
    return raw.strip()


def words(raw: str) -> tuple[str, ...]:
    """A comma list: parts trimmed, empty ones dropped. "" is the empty list."""
    return tuple(part.strip() for part in raw.split(",") if part.strip())


def hosts(raw: str) -> tuple[str, ...]:
    """A comma list of host names, in lower case; one with a port is this machine, where a stand-in is."""
    names = tuple(word.lower() for word in words(raw))
    if not all(_HOST.fullmatch(name) or _is_standin(name) for name in names):
        raise ValueError("must be a comma list of host names, without scheme or path; a port is for this machine only")
    return names


def _is_standin(name: str) -> bool:
    try:
        has_port = bool(_HOST_AND_PORT.fullmatch(name) and urlsplit(f"http://{name}").port)
    except ValueError:
        return False
    return has_port and is_loopback(f"http://{name}")


def whole_number(minimum: int = 0) -> Reader:
    """A reader of whole numbers from `minimum` up."""

    def read(raw: str) -> int:
        if not (raw.isascii() and raw.isdigit() and len(raw) <= 9 and int(raw) >= minimum):
            raise ValueError(f"must be a whole number, at least {minimum}")
        return int(raw)

    return read


def rcs_ttl(raw: str) -> int:
    """Seconds, within what RCS for Business advises and allows; 0 = none."""
    seconds: int = whole_number()(raw)
    if seconds and not 10 <= seconds <= 15 * 24 * 3600:
        raise ValueError("must be 0, or seconds from 10 up to 15 days")
    return seconds


def one_of(*allowed: str) -> Reader:
    """A reader of one of a few words, in any case; it gives the word as it is listed."""
    by_word = {word.lower(): word for word in allowed}

    def read(raw: str) -> str:
        if raw.lower() not in by_word:
            raise ValueError(f"must be one of: {', '.join(allowed)}")
        return by_word[raw.lower()]

    return read


def switch(raw: str) -> bool:
    """Read on or off."""
    return bool(one_of("on", "off")(raw) == "on")


def groups(raw: str) -> dict[str, int]:
    """Department → LiveChat group id, with the key "default"."""
    try:
        value = parse_object(raw)
    except ValueError as e:
        raise ValueError(f"{e}, department to group id") from None
    if not all(isinstance(group, int) and not isinstance(group, bool) and group >= 0 for group in value.values()):
        raise ValueError("must give each department a group id, a whole number from 0 up")
    if "default" not in value:
        raise ValueError('must have the key "default"')
    return value


def texts_file(raw: str) -> dict[str, dict[str, str]]:
    """Locale → {text id: text}, read from the JSON file at this path; {} without a path."""
    if not raw:
        return {}
    try:
        return parse_texts(read_json_file(existing_file(raw)))
    except Faults as e:
        raise ValueError(f"names a file with faults: {e}") from None


def parse_texts(content: Any) -> dict[str, dict[str, str]]:
    """Locale → {text id: text}, as such a file holds them.

    Raises:
        Faults: it is wrong; names the texts.
    """
    entries = content.values() if isinstance(content, dict) else [None]
    if not all(isinstance(one, dict) and _has_only_texts(one) for one in entries):
        raise Faults("it must hold an object of the form {locale: {text id: text}}")
    refuse(find_faults(content))
    return {normal_locale(locale): one for locale, one in content.items()}


def _has_only_texts(entries: Mapping[str, object]) -> bool:
    return all(isinstance(entry, str) for entry in entries.values())


def existing_file(raw: str) -> str:
    """The path of a file that is there, or ""."""
    if raw and not Path(raw).is_file():
        raise ValueError("names a file that is not there")
    return raw


def parse_object(raw: str) -> dict[str, Any]:
    """Read a JSON object.

    Raises:
        ValueError: it is not JSON, or not an object.
    """
    try:
        value = json.loads(raw)
    except (ValueError, RecursionError):
        raise ValueError("must be a JSON object, and is not JSON") from None
    if not isinstance(value, dict):
        raise ValueError("must be a JSON object")
    return value


def base_url(raw: str) -> str:
    """Scheme, host and an optional path prefix, without a slash at the end; plain http only to this machine."""
    url = web_url(raw).rstrip("/")
    if urlsplit(url).query:
        raise ValueError("must be a URL without a query")
    return url


def web_url(raw: str) -> str:
    """An https URL, or an http one to this machine."""
    try:
        parts = urlsplit(raw)
        is_whole = bool(parts.hostname) and parts.port != 0
    except ValueError:
        raise ValueError("must be a URL, and is malformed") from None
    if parts.scheme not in {"http", "https"} or not is_whole or re.search(r"\s", raw):
        raise ValueError("must be a URL with a scheme (https) and a host")
    if parts.username or parts.password or parts.fragment:
        raise ValueError("must be a URL without user, password or fragment")
    if parts.scheme == "http" and not is_loopback(raw):
        raise ValueError("must use https; http is for this machine only (localhost, 127.0.0.1)")
    return raw


def optional(read: Reader) -> Reader:
    """A reader that takes "" as "not set" and leaves anything else to `read`."""
    return lambda raw: read(raw) if raw else ""


def store(raw: str) -> str:
    """Where documents are kept: `firestore`, `firestore:DATABASE` or `sqlite:PATH`."""
    return _matching(_STORE, raw, "must be firestore, firestore:DATABASE or sqlite:PATH")


def secrets(raw: str) -> str:
    """Where credentials are kept: `secret-manager` or `file:PATH`."""
    return _matching(_SECRETS, raw, "must be secret-manager or file:PATH")


def dialogflow_agent(raw: str) -> str:
    """The resource name of a Dialogflow agent, ES or CX."""
    if _DIALOGFLOW_CX.fullmatch(raw):
        return raw
    return _matching(
        _DIALOGFLOW_ES,
        raw,
        "must be projects/P/agent or projects/P/locations/L/agent (Dialogflow ES), "
        "or projects/P/locations/L/agents/A (Dialogflow CX); with /environments/E behind it for a published version",
    )


def is_cx(agent: str) -> bool:
    """Tell whether a Dialogflow agent's resource name is one of CX."""
    return bool(_DIALOGFLOW_CX.fullmatch(agent))


def tasks_queue(raw: str) -> str:
    """The resource name of a Cloud Tasks queue."""
    return _matching(_TASKS_QUEUE, raw, "must be projects/P/locations/L/queues/Q")


def email(raw: str) -> str:
    """The address of a service account."""
    return _matching(_EMAIL, raw, "must be the e-mail address of a service account")


def _matching(pattern: re.Pattern[str], raw: str, otherwise: str) -> str:
    if not pattern.fullmatch(raw):
        raise ValueError(otherwise)
    return raw
