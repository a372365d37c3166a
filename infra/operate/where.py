"""What an operator means: which deployment, its settings, where its function `redeliver` answers."""

from collections.abc import Mapping

from functions.handoff.errors import ConfigError
from functions.runtime.config import Settings, read_settings
from infra.deploy.gcloud import Cloud, CloudRefused
from infra.deploy.parts import REDELIVER
from infra.deploy.settings_file import operator_environment

_WHERE_IS_IT = "where is redeliver? Give make … PROJECT=… REGION=…, or set REDELIVER_URL, or give --url"


def operator_settings(environ: Mapping[str, str]) -> Settings:
    """The functions' settings, from the settings file, the shell and PROJECT.

    Raises:
        ConfigError: a setting is wrong, or PROJECT is another project than the settings'.
    """
    return read_settings(operator_environment(environ))


def settings_of_brand(settings: Settings, name: str) -> Settings:
    """Those of a brand; "" = the deployment's own.

    Raises:
        ConfigError: there is no such brand.
    """
    if not name:
        return settings
    if name not in settings.brands:
        raise ConfigError(f"BRAND: there is no {name}; there are: {', '.join(settings.brands) or 'none'}")
    return settings.brands[name].settings


def find_redeliver(environ: Mapping[str, str], given: str = "") -> str:
    """The URL of redeliver: the one given, else REDELIVER_URL, else what gcloud says of the deployed function.

    Raises:
        ConfigError: none of them tells it.
    """
    if given:
        return given
    known = operator_environment(environ)
    settings = read_settings(known)
    if settings.redeliver_url:
        return settings.redeliver_url
    region = known.get("REGION", "")
    if not settings.google_cloud_project or not region:
        raise ConfigError(_WHERE_IS_IT)
    return _ask_gcloud(Cloud(settings.google_cloud_project, environ), region)


def _ask_gcloud(cloud: Cloud, region: str) -> str:
    try:
        found = cloud.find("functions", "describe", REDELIVER.name, "--gen2", f"--region={region}")
    except CloudRefused as e:
        raise ConfigError(f"gcloud does not say where redeliver is: {e.said or 'no answer'}") from e
    url = str(((found or {}).get("serviceConfig") or {}).get("uri") or "")
    if not url:
        raise ConfigError(f"there is no function redeliver in {cloud.project}, {region}: make deploy")
    return url
