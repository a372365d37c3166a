"""Reads the file that BRANDS_FILE names: which channel agents are which brand's, its secrets, and its settings.

Strict, for what is misspelt here shows one brand's words, or people, to another's users: an unknown name, a value of
another type and an agent of two brands are refused. Names are repeated in what is said, values are not.
"""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from functions.runtime import config_values as value
from functions.runtime.json_file import Faults, check_names, quoted, read_json_file
from functions.runtime.routing_file import parse_routing
from functions.runtime.variables import VARIABLES

BRAND_SETTINGS = (
    *("DIALOGFLOW_AGENT", "DIALOGFLOW_LANGUAGE", "DIALOGFLOW_RETURN_EVENT"),
    *("DIALOGFLOW_IDENTITY_AUDIENCES", "DIALOGFLOW_IDENTITY_EMAILS"),
    *("HANDOFF_AFTER_FALLBACKS", "HANDOFF_KEYWORDS", "RETURN_KEYWORDS"),
    *("LIVECHAT_GROUPS", "ROUTING_FILE", "OFFLINE_POLICY"),
    *("WAIT_REMINDER_S", "WAIT_LIMIT_S", "AGENT_SILENT_S", "CHAT_CHECK_S", "DELAY_NOTICE_S"),
    *("AGENT_NAME_POLICY", "HUMAN_NAME", "HUMAN_AVATAR_URL", "BOT_NAME", "BOT_AVATAR_URL", "MESSAGES_FILE"),
    *("SURVEY", "RECEIPTS_TO_LIVECHAT", "RETENTION_DAYS"),
    *("RCS_NAME_PREFIX", "RCS_TRAFFIC_TYPE", "RCS_TTL_S"),
)
"""What a brand may have of its own; everything else is the deployment's."""

BRAND_SECRETS = {
    "business-messages-partner-key": "business_messages_agent",
    "rcs-client-token": "rcs_agent",
    "dialogflow-webhook-token": "",
}
"""Secrets that a brand may have of its own → the agent that must have one, "" = it may do with the deployment's."""

_AGENTS = {
    "business_messages_agent": (re.compile(r"brands/[^/\s]+/agents/[^/\s]+"), "brands/B/agents/A"),
    "rcs_agent": (re.compile(r"[^/\s]+"), "an agent id, without slashes"),
}
_ROW = (*_AGENTS, "secrets", "settings")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}")
_SECRET = re.compile(r"[A-Za-z0-9_-]{1,255}")
_OTHER_SECRETS = {"livechat-oauth", "livechat-webhook-secret", "messaging-service-account"}
_VARIABLES = {variable.name: variable for variable in VARIABLES if variable.name in BRAND_SETTINGS}
_FILES: dict[str, Callable[[Any], Any]] = {"ROUTING_FILE": parse_routing, "MESSAGES_FILE": value.parse_texts}


class BrandRow(msgspec.Struct, frozen=True, kw_only=True):
    """One brand as the file has it.

    Attributes:
        business_messages_agent: `brands/B/agents/A`, "" = none.
        rcs_agent: an agent id, "" = none.
        secrets: the bundle's name of a secret → the brand's.
        settings: field of `Settings` → its value.
        files: paths that the row names, by the setting's name.
    """

    name: str
    business_messages_agent: str = ""
    rcs_agent: str = ""
    secrets: dict[str, str] = {}
    settings: dict[str, Any] = {}
    files: dict[str, str] = {}


def read_brands(path: str) -> tuple[list[BrandRow], list[str]]:
    """The brands in the JSON file at this path, and what is wrong, in words that fit behind BRANDS_FILE."""
    if not path:
        return [], []
    try:
        content = read_json_file(path)
    except ValueError as e:
        return [], [str(e)]
    if not isinstance(content, dict):
        return [], ["names a file with faults: it must hold an object, brand to row"]
    faults: list[str] = []
    rows = [_read_row(name, given, faults) for name, given in content.items()]
    faults += _shared_agents(rows)
    return rows, [f"brand {fault}" for fault in faults]


def _read_row(name: str, given: Any, faults: list[str]) -> BrandRow:
    """The row, without what is wrong with it."""
    row: dict[str, Any] = {}
    for part in _parts(name, given):
        try:
            row |= part()
        except ValueError as e:
            faults.append(f"{quoted(name)}: {e}")
    settings, files = _read_settings(name, given, faults)
    return BrandRow(name=name, settings=settings, files=files, **row)


def _parts(name: str, given: Any) -> Iterator[Callable[[], dict[str, Any]]]:
    yield lambda: _check_row(name, given)
    if isinstance(given, dict):
        yield lambda: _read_agents(given)
        yield lambda: {"secrets": _read_secrets(given)}


def _check_row(name: str, given: Any) -> dict[str, Any]:
    if not _NAME.fullmatch(name):
        raise ValueError("a brand's name is 1 to 40 letters, digits, hyphens and underscores")
    if not isinstance(given, dict):
        raise ValueError("must be an object")
    check_names(given, _ROW, "part of a brand")
    return {}


def _read_agents(given: dict[str, Any]) -> dict[str, Any]:
    found = {}
    for field, (form, words) in _AGENTS.items():
        agent = given.get(field, "")
        if not isinstance(agent, str) or (field in given and not form.fullmatch(agent)):
            raise ValueError(f"{field} must be {words}")
        found[field] = agent
    if not any(found.values()):
        raise ValueError(f"must have one of: {', '.join(_AGENTS)}")
    return found


def _read_secrets(given: dict[str, Any]) -> dict[str, str]:
    secrets = given.get("secrets", {})
    if not isinstance(secrets, dict):
        raise ValueError("secrets must be an object, name of a secret to the brand's name for it")
    check_names(secrets, BRAND_SECRETS, "secret of a brand")
    for name, own in secrets.items():
        if not isinstance(own, str) or not _SECRET.fullmatch(own) or own in _OTHER_SECRETS:
            raise ValueError(f"secrets: {name} must name a secret: letters, digits, hyphens and underscores")
    for name, field in BRAND_SECRETS.items():
        if field and given.get(field) and name not in secrets:
            raise ValueError(f"has a {field}, so secrets must have a {name}")
    return secrets


def _shared_agents(rows: list[BrandRow]) -> Iterator[str]:
    owners: dict[tuple[str, str], str] = {}
    for row in rows:
        for field in _AGENTS:
            agent = getattr(row, field)
            if agent and owners.setdefault((field, agent), row.name) != row.name:
                yield f"{quoted(row.name)}: {field} is also that of {quoted(owners[field, agent])}"


# --- settings --------------------------------------------------------------------------------------------------------


def _read_settings(name: str, given: Any, faults: list[str]) -> tuple[dict[str, Any], dict[str, str]]:
    settings = given.get("settings", {}) if isinstance(given, dict) else {}
    if not isinstance(settings, dict):
        faults.append(f"{quoted(name)}: settings must be an object, name of a setting to its value")
        return {}, {}
    found = {}
    for variable, raw in settings.items():
        try:
            check_names([variable], BRAND_SETTINGS, "setting of a brand")
            found[_VARIABLES[variable].field] = _read_setting(variable, raw)
        except ValueError as e:
            faults.append(f"{quoted(name)}: {'' if variable not in _VARIABLES else variable + ' '}{e}")
    return found, {file: settings[file] for file in _FILES if settings.get(file) and isinstance(settings[file], str)}


def _read_setting(name: str, raw: Any) -> Any:
    """What stands in place of a file is read as that file would be; all else as the environment variable is."""
    if name in _FILES and isinstance(raw, dict):
        try:
            return _FILES[name](raw)
        except Faults as e:
            raise ValueError(f"has faults: {e}") from None
    found = _VARIABLES[name].value_of(_as_text(raw))
    if name == "DIALOGFLOW_AGENT" and not found:
        raise ValueError("must not be empty: left out, it is the deployment's")
    return found


def _as_text(raw: Any) -> str:
    """As it would stand in the environment."""
    if isinstance(raw, str):
        return raw
    if isinstance(raw, bool):
        return "on" if raw else "off"
    if isinstance(raw, int | dict):
        return json.dumps(raw)
    raise ValueError("must be a text, a whole number, true or false, or an object")
