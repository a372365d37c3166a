"""What the doctor looks at: one deployment, in the cloud or on this machine, and the means to look."""

import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

import dotenv
import requests

from functions.handoff.errors import ConfigError
from functions.handoff.interfaces import Clock
from functions.livechat.api import DeskAddress
from functions.runtime.config import VARIABLES, Settings, read_settings
from functions.runtime.http_client import is_loopback
from functions.runtime.wiring import SystemClock
from infra.deploy.database import DEFAULT_DATABASE
from infra.deploy.gcloud import Cloud
from infra.deploy.settings_file import Deployment, operator_environment, read_deployment, settings_path
from infra.deploy.site import CloudSight, Site
from infra.deploy.upload import files_for_upload
from infra.doctor.records import CloudRecords, MachineRecords, Records
from infra.doctor.remembered import Once, RememberedSight
from infra.doctor.secret_looks import CloudSecretLooks, FileSecretLooks, SecretLooks
from infra.operate.calling import gcloud_token
from infra.webhooks.secret_store import CloudSecrets, FileSecrets

_HEALTH_TIMEOUT_S = 30.0  # a cold start takes seconds
_NAME = re.compile(r"[a-z0-9.:-]+")  # what may be part of a path
_NAMES = {variable.name for variable in VARIABLES}


class Visit(NamedTuple):
    """What a GET answered; status 0: nothing, and `said` is why."""

    status: int
    said: str


def get_page(url: str, headers: Mapping[str, str]) -> Visit:
    """GET, with time for a cold start; never raises."""
    try:
        answer = requests.get(url, headers=dict(headers), timeout=_HEALTH_TIMEOUT_S, allow_redirects=False)
    except requests.RequestException as e:
        return Visit(0, type(e).__name__)
    return Visit(answer.status_code, answer.text)


class Patient(NamedTuple):
    """One deployment.

    Attributes:
        settings: the functions' own; None where they are wrong, and `complaint` says how.
        site: the project; None where everything is on this machine.
        secrets: looks at secrets.
        keeper: reads and writes them, for a token that must be renewed.
        records: the store.
        visit: makes a GET with these headers.
        identity_token: gives one for a URL.
        folder: what would be deployed from.
        uploaded: the files of it that are. May raise `CloudRefused`.
    """

    settings: Settings | None
    complaint: str
    site: Site | None
    secrets: SecretLooks
    keeper: CloudSecrets | FileSecrets
    records: Records
    clock: Clock = SystemClock()
    visit: Callable[[str, Mapping[str, str]], Visit] = get_page
    identity_token: Callable[[str], str] = gcloud_token
    folder: Path = Path()
    uploaded: Callable[[], list[str]] = list

    @property
    def address(self) -> DeskAddress:
        """Whose LiveChat app, and where.

        Raises:
            ConfigError: the settings are wrong.
        """
        settings = self.sane_settings
        return DeskAddress(
            organization_id=settings.livechat_organization_id,
            client_id=settings.livechat_client_id,
            api_url=settings.livechat_api_url,
            accounts_url=settings.livechat_accounts_url,
        )

    @property
    def sane_settings(self) -> Settings:
        """The settings.

        Raises:
            ConfigError: they are wrong.
        """
        if self.settings is None:
            raise ConfigError("the settings are wrong: see settings")
        return self.settings


def open_patient(environ: Mapping[str, str]) -> Patient:
    """The deployment that settings file and environment describe, as far as they can be read; nobody is asked yet.

    On one machine is what keeps records or secrets in files, or speaks with stand-ins. A PROJECT means the cloud.

    Raises:
        ConfigError: which project and region is meant is not said.
    """
    given = _readable_lines(environ)
    if not environ.get("PROJECT") and is_on_one_machine({**given, **environ}):
        return _on_this_machine(environ)
    return _in_the_cloud(environ, given)


def is_on_one_machine(known: Mapping[str, str]) -> bool:
    """Whether these settings are those of a deployment without Google Cloud, like that of `make run`."""
    return (
        known.get("SECRETS", "").startswith("file:")
        or known.get("STORE", "").startswith("sqlite:")
        or bool(known.get("FIRESTORE_EMULATOR_HOST"))
        or any(is_loopback(value) for name, value in known.items() if name in _NAMES and name.endswith("_URL"))
    )


def _readable_lines(environ: Mapping[str, str]) -> dict[str, str]:
    """The lines of the settings file, be they right or wrong; {} where nothing can be made of it."""
    try:
        found = dotenv.dotenv_values(settings_path(environ), interpolate=False, encoding="utf-8")
    except (ConfigError, OSError, UnicodeDecodeError):
        return {}
    return {name: value for name, value in found.items() if value}


# --- on this machine -------------------------------------------------------------------------------------------------


def _on_this_machine(environ: Mapping[str, str]) -> Patient:
    settings, complaint = _settings_or_complaint(lambda: read_settings(operator_environment(environ)))
    _, _, path = settings.secrets.partition(":") if settings else ("", "", "")
    where = Path(path or os.devnull)
    looks, keeper = FileSecretLooks(where), FileSecrets(where)
    return Patient(settings, complaint, None, looks, keeper, MachineRecords(settings))


def _settings_or_complaint(read: Callable[[], Settings]) -> tuple[Settings | None, str]:
    try:
        return read(), ""
    except ConfigError as e:
        return None, str(e)


# --- in the cloud ----------------------------------------------------------------------------------------------------


def _in_the_cloud(environ: Mapping[str, str], given: Mapping[str, str]) -> Patient:
    complaint = ""
    try:
        deployment = read_deployment(environ)
    except ConfigError as e:
        deployment, complaint = _deployment_as_far_as_known(environ, given, e), str(e)
    cloud = Cloud(deployment.project, environ)
    site = Site(cloud, RememberedSight(CloudSight(cloud)), deployment)
    settings = None if complaint else read_settings(deployment.environment)
    looks, keeper = CloudSecretLooks(site), CloudSecrets(cloud)
    uploaded = Once(lambda: files_for_upload(cloud, Path()))
    return Patient(settings, complaint, site, looks, keeper, CloudRecords(site), uploaded=uploaded)


def _deployment_as_far_as_known(
    environ: Mapping[str, str], given: Mapping[str, str], complaint: ConfigError
) -> Deployment:
    """Project, region and database, so that what is wrong with the rest does not hide the state of the cloud."""
    project = environ.get("PROJECT") or given.get("GOOGLE_CLOUD_PROJECT", "")
    region = environ.get("REGION") or given.get("REGION", "")
    if not (_NAME.fullmatch(project) and _NAME.fullmatch(region)):
        raise complaint
    kind, _, database = given.get("STORE", "").partition(":")
    return Deployment(
        project=project,
        region=region,
        environment={name: value for name, value in given.items() if name in _NAMES},
        database=database if kind == "firestore" and database else DEFAULT_DATABASE,
        firestore_location=given.get("FIRESTORE_LOCATION") or region,
        alert_email=given.get("ALERT_EMAIL", ""),
    )
