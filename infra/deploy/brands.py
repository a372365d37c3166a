"""What the brands of a deployment need beside its own: secrets and bots, as BRANDS_FILE names them."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from functions.handoff.errors import ConfigError
from functions.runtime.config import Brand, read_settings


class BrandSecret(NamedTuple):
    """A secret of a brand. `kind`: the deployment's secret that it stands for, whose form and readers it has."""

    brand: str
    kind: str
    name: str


def brands_in(environment: Mapping[str, str]) -> tuple[Brand, ...]:
    """The brands that these settings name; none where the settings are wrong, which others say."""
    try:
        return tuple(read_settings(environment).brands.values())
    except ConfigError:
        return ()


def brand_secrets(environment: Mapping[str, str]) -> list[BrandSecret]:
    """Every secret that a brand has for itself."""
    return [
        BrandSecret(brand.name, kind, name)
        for brand in brands_in(environment)
        for kind, name in sorted(brand.secrets.items())
    ]


def by_name(secrets: Iterable[BrandSecret]) -> dict[str, list[BrandSecret]]:
    """The same by their names: brands may share one."""
    found: dict[str, list[BrandSecret]] = {}
    for one in secrets:
        found.setdefault(one.name, []).append(one)
    return found


def brand_bots(environment: Mapping[str, str]) -> list[str]:
    """The resource names of the brands' Dialogflow agents."""
    return [brand.settings.dialogflow_agent for brand in brands_in(environment)]
