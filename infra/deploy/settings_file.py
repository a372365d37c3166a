"""The settings file: what an operator decided about one deployment, as lines of NAME=value.

It holds settings of the functions (`functions.runtime.config.VARIABLES`) and those below, which only deploying needs.
Never a credential.
"""

import difflib
import re
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import dotenv
import msgspec

from functions.handoff.errors import ConfigError
from functions.runtime.config import VARIABLES, read_settings

DEFAULT_PATH = "settings.env"
_PROJECT = re.compile(r"([a-z][a-z0-9.-]{0,61}[a-z0-9]:)?[a-z][a-z0-9-]{4,28}[a-z0-9]")
_REGION = re.compile(r"[a-z]+-[a-z]+[0-9]{1,2}")
_LOCATION = re.compile(r"[a-z0-9-]{3,30}")
_MAIL = re.compile(r"[^@\s,]+@[^@\s,]+\.[^@\s,]+")
_ON, _OFF = {"1", "yes", "true", "on"}, {"", "0", "no", "false", "off"}
_COUNT = re.compile(r"[1-9][0-9]{0,3}")


class DeployVariable(NamedTuple):
    """A setting that only deploying needs; `form` is what it must match, "" always may stand for "not set"."""

    name: str
    meaning: str
    form: re.Pattern[str]


DEPLOY_VARIABLES = (
    DeployVariable("REGION", "region of the functions, the queue and the scheduler job, like europe-west1", _REGION),
    DeployVariable("FIRESTORE_LOCATION", "location of a database still to be made (default: REGION)", _LOCATION),
    DeployVariable("ALERT_EMAIL", "who is told when something goes wrong (default: nobody)", _MAIL),
    DeployVariable("MAX_INSTANCES", "upper bound of instances of each function (default: see parts.py)", _COUNT),
)
DERIVED = {
    "REDELIVER_URL": "the deployed function tells it",
    "TASKS_QUEUE": "the queue is made by make deploy",
    "TASKS_SERVICE_ACCOUNT": "the service account is made by make deploy",
}
"""Settings of the functions that deploying itself knows; in the file they are refused."""


class Deployment(msgspec.Struct, frozen=True, kw_only=True):
    """One deployment, as decided.

    `environment`: the functions' settings as they stand in the file, with GOOGLE_CLOUD_PROJECT; without `DERIVED`.
    `database`: the Firestore database's id. `max_instances`: 0 = as `parts` says. `alert_email`: "" = nobody.
    """

    project: str
    region: str
    environment: dict[str, str]
    database: str
    firestore_location: str
    alert_email: str = ""
    max_instances: int = 0
    path: str = DEFAULT_PATH


def read_file(path: Path) -> dict[str, str]:
    """The lines of a settings file; {} where there is none.

    Raises:
        ConfigError: it can't be read; or a name in it is none of ours (the nearest one is named), or no value follows.
    """
    if not path.exists():
        return {}
    try:
        found = dotenv.dotenv_values(path, interpolate=False, encoding="utf-8")
    except (OSError, UnicodeDecodeError) as e:
        raise ConfigError(f"{path} can't be read: {e}") from e
    known = {variable.name for variable in VARIABLES} | {variable.name for variable in DEPLOY_VARIABLES}
    wrong = [_unknown(name, known) for name in found if name not in known]
    wrong += [f"{name} needs a value: {name}=…" for name, value in found.items() if value is None and name in known]
    if wrong:
        raise ConfigError(f"{path}: {'; '.join(wrong)}")
    return {name: value or "" for name, value in found.items()}


def _unknown(name: str, known: set[str]) -> str:
    near = difflib.get_close_matches(name, known, 1)
    return f"{name} is no setting" + (f" (did you mean {near[0]}?)" if near else "")


def operator_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment that an operator's commands read settings from: the settings file, and the shell's over it.

    The file is the one that SETTINGS names, else `settings.env` where there is one. The project is `named_project`'s;
    the shell's GOOGLE_CLOUD_PROJECT, which some shells set by themselves, counts only where nothing else names one.

    Raises:
        ConfigError: the file can't be read, SETTINGS names none, or two projects are named.
    """
    found = {**read_file(settings_path(environ)), **environ}
    project = named_project(environ) or found.get("GOOGLE_CLOUD_PROJECT", "")
    return {**found, "GOOGLE_CLOUD_PROJECT": project} if project else found


def named_project(environ: Mapping[str, str]) -> str:
    """The project that PROJECT or the settings file names; "" = neither does.

    Raises:
        ConfigError: they name two: one of them may be a mistake.
    """
    asked = environ.get("PROJECT", "").strip()
    listed = read_file(settings_path(environ)).get("GOOGLE_CLOUD_PROJECT", "")
    if asked and listed and asked != listed:
        raise ConfigError(f"PROJECT={asked} was asked for, but the settings file says {listed}: which one?")
    return asked or listed


def is_on(name: str, environ: Mapping[str, str]) -> bool:
    """Whether a switch like DRY_RUN=1 is on.

    Raises:
        ConfigError: it is neither on nor off: what was meant is not guessed.
    """
    value = environ.get(name, "").strip().lower()
    if value not in _ON | _OFF:
        raise ConfigError(f"{name} must be 1 or 0")
    return value in _ON


def settings_path(environ: Mapping[str, str]) -> Path:
    """Where the settings file is, or would be.

    Raises:
        ConfigError: SETTINGS names a file that is not there.
    """
    named = environ.get("SETTINGS", "")
    if named and not Path(named).is_file():
        raise ConfigError(f"SETTINGS names no file: {named}")
    return Path(named or DEFAULT_PATH)


def read_deployment(environ: Mapping[str, str], project: str = "", region: str = "") -> Deployment:
    """The deployment that the settings file describes.

    Args:
        environ: SETTINGS, PROJECT and REGION are read from it; nothing else, so that a shell's leftovers don't leak in.
        project: project id, if not from there.
        region: region, if not from there.

    Raises:
        ConfigError: no or another project, no region, a value of the wrong form, or a setting that only works on one
            machine. All that is wrong is named at once.
    """
    path = settings_path(environ)
    given = read_file(path)
    wrong: list[str] = []
    found_project = _agreed("GOOGLE_CLOUD_PROJECT", given, project or environ.get("PROJECT", ""), "PROJECT", wrong)
    found_region = _agreed("REGION", given, region or environ.get("REGION", ""), "REGION", wrong)
    _check_form("PROJECT", found_project, _PROJECT, "a project id, like my-project-123", wrong)
    wrong += [
        f"{one.name} is not {one.meaning}"
        for one in DEPLOY_VARIABLES
        if given.get(one.name) and not one.form.fullmatch(given[one.name])
    ]
    _check_form("REGION", found_region, _REGION, "a region, like europe-west1", wrong)
    wrong += [f"{name} must not be set: {why}" for name, why in DERIVED.items() if given.get(name)]
    own = {variable.name for variable in DEPLOY_VARIABLES} | set(DERIVED)
    environment = {name: value for name, value in given.items() if name not in own}
    environment["GOOGLE_CLOUD_PROJECT"] = found_project
    database = _read_database(environment, wrong)
    if wrong:
        raise ConfigError(f"{path}: {'; '.join(dict.fromkeys(wrong))}")
    return Deployment(
        project=found_project,
        region=found_region,
        environment=environment,
        database=database,
        firestore_location=given.get("FIRESTORE_LOCATION") or found_region,
        alert_email=given.get("ALERT_EMAIL", ""),
        max_instances=int(given.get("MAX_INSTANCES") or 0),
        path=str(path),
    )


def _agreed(name: str, given: Mapping[str, str], said: str, said_as: str, wrong: list[str]) -> str:
    """What file and command line say; two different ones may mean the wrong project."""
    if said and given.get(name) and said != given[name]:
        wrong.append(f"{name} is {given[name]} in the file, but {said_as}={said} was asked for")
    found = said or given.get(name, "")
    if not found:
        wrong.append(f"{said_as} is missing: make … {said_as}=…, or {name}=… in the file")
    return found


def _check_form(name: str, value: str, form: re.Pattern[str], what: str, wrong: list[str]) -> None:
    if value and not form.fullmatch(value):
        wrong.append(f"{name} must be {what}")


def _read_database(environment: Mapping[str, str], wrong: list[str]) -> str:
    """The database of STORE, after a look at what can't work in the cloud."""
    try:
        settings = read_settings(environment)
    except ConfigError as e:
        wrong.append(str(e))
        return ""
    kind, _, database = settings.store.partition(":")
    if kind != "firestore":
        wrong.append("STORE must be firestore or firestore:DATABASE, all else is for one machine")
    if settings.secrets != "secret-manager":
        wrong.append("SECRETS must be secret-manager, all else is for one machine")
    if settings.firestore_emulator_host:
        wrong.append("FIRESTORE_EMULATOR_HOST must not be set: it is for one machine")
    if settings.sandbox_clock:
        wrong.append("SANDBOX_CLOCK must not be set: it is for one machine")
    wrong += [f"{name} must be https" for name in environment if name.endswith("_URL") and _is_plain(environment[name])]
    return database or "(default)"


def _is_plain(url: str) -> bool:
    return url.startswith("http://")
