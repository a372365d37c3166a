"""Which deployment is meant, where its secrets are, and where its functions answer."""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from functions.handoff.errors import ConfigError
from functions.livechat.api import DeskAddress
from functions.runtime.config import Settings, read_settings, require
from functions.runtime.config_values import is_cx, web_url
from infra.deploy.brands import BrandSecret, brand_bots, brand_secrets
from infra.deploy.gcloud import Cloud
from infra.deploy.parts import FUNCTIONS
from infra.deploy.settings_file import operator_environment
from infra.webhooks.addresses import BOTS, CX, ES, addresses_to_paste, livechat_address
from infra.webhooks.secret_store import OAUTH, CloudSecrets, FileSecrets, SecretStore

_NEEDED = (
    "GOOGLE_CLOUD_PROJECT",
    "SECRETS",
    "LIVECHAT_ORGANIZATION_ID",
    "LIVECHAT_CLIENT_ID",
    "LIVECHAT_API_URL",
    "LIVECHAT_ACCOUNTS_URL",
)
"""The settings that matter here; the others may speak of files that only the functions have."""
_LONGEST_URL = 500  # register_webhook


class Target(NamedTuple):
    """One deployment. `cloud` is None where secrets are in a file: all of it is on one machine.

    `bots`: the kinds of Dialogflow agents there are; `of_brands`: secrets that brands have for themselves.
    """

    settings: Settings
    project: str
    region: str
    cloud: Cloud | None
    secrets: SecretStore
    bots: frozenset[str] = frozenset(BOTS)
    of_brands: tuple[BrandSecret, ...] = ()

    @property
    def address(self) -> DeskAddress:
        """Whose app, and where LiveChat is."""
        return DeskAddress(
            organization_id=self.settings.livechat_organization_id,
            client_id=self.settings.livechat_client_id,
            api_url=self.settings.livechat_api_url,
            accounts_url=self.settings.livechat_accounts_url,
        )

    def checked_secrets(self) -> SecretStore:
        """The secrets, after making sure that a changed refresh token could be stored.

        Raises:
            ConfigError: it could not.
            CloudRefused: that could not be asked.
        """
        if isinstance(self.secrets, CloudSecrets):
            self.secrets.check_writable(OAUTH)
        return self.secrets


class Urls(NamedTuple):
    """Where functions answer. `to_paste`: see `addresses_to_paste`; None = not known."""

    livechat: str
    to_paste: dict[str, str] | None


def read_target(environ: Mapping[str, str]) -> Target:
    """The deployment that the settings file and the environment describe.

    Raises:
        ConfigError: a setting is missing or wrong, or two of them name different projects.
    """
    environment = operator_environment(environ)
    settings = read_settings({name: environment[name] for name in _NEEDED if name in environment})
    require(settings, "LIVECHAT_CLIENT_ID")
    kind, _, path = settings.secrets.partition(":")
    if kind == "file":
        return Target(settings, "", "", None, FileSecrets(Path(path)))
    project = settings.google_cloud_project
    if not project:
        raise ConfigError("PROJECT is missing: make webhooks PROJECT=… REGION=…, or GOOGLE_CLOUD_PROJECT=… in the file")
    cloud = Cloud(project, environ)
    bots = [environment.get("DIALOGFLOW_AGENT", ""), *brand_bots(environment)]
    return Target(
        settings,
        project,
        environment.get("REGION", "").strip(),
        cloud,
        CloudSecrets(cloud),
        frozenset(CX if is_cx(bot.strip()) else ES for bot in bots),
        tuple(brand_secrets(environment)),
    )


def find_urls(target: Target, given: str) -> Urls:
    """Where the functions answer.

    Args:
        target: whose.
        given: the URL for LiveChat, if the operator says it.

    Raises:
        ConfigError: it is not https, too long, or not known; or the function is not deployed.
        CloudRefused: gcloud could not be asked.
    """
    if target.cloud is None or not target.region:
        if not given:
            raise ConfigError("REGION is missing: make webhooks PROJECT=… REGION=…, or give --url")
        return Urls(_checked(given), None)
    url = _checked(given or livechat_address(target.cloud, target.region))
    return Urls(url, addresses_to_paste(target.cloud, target.region, FUNCTIONS))


def _checked(url: str) -> str:
    try:
        web_url(url)
    except ValueError as e:
        raise ConfigError(f"the address of livechat-webhook {e}: {url}") from None
    if len(url) > _LONGEST_URL:
        raise ConfigError(f"the address of livechat-webhook must have {_LONGEST_URL} characters at most: {url}")
    return url
