"""Checks of the channels, of which one at least must be on, and of what brands have for themselves."""

from collections.abc import Iterator

from functions.runtime.config import Brand
from infra.deploy.brands import BrandSecret, by_name
from infra.deploy.parts import CHANNEL_SECRETS
from infra.doctor.checks import Check
from infra.doctor.findings import Finding, failed, ok
from infra.doctor.patient import Patient
from infra.doctor.secret_checks import find_fault

_RCS = "rcs-client-token"


def look_at_channels(patient: Patient) -> Iterator[Finding]:
    """Whether users can write to us at all: a channel is on when its secret, or a brand's for it, has a value."""
    settings = patient.sane_settings
    on = [words for kind, words in CHANNEL_SECRETS.items() if is_on(kind, patient)]
    if not on:
        said = f"no channel is on: neither {' nor '.join(CHANNEL_SECRETS)} has a value"
        yield failed("channels", said, "make secrets, for the channel that is to be used")
    elif settings.rcs_agent_id and not patient.secrets.look(_RCS).is_there:
        said = f"RCS_AGENT_ID is set, but {_RCS} has no value: nothing of that agent is let in"
        yield failed("channels", said, f"make secrets NAME={_RCS}")
    else:
        yield ok("channels", f"on: {', '.join(on)}")


def is_on(kind: str, patient: Patient) -> bool:
    """Whether the channel of this secret is on: it, or a brand's in its place, has a value."""
    names = {kind, *(brand.secret(kind) for brand in patient.sane_settings.brands.values())}
    return any(patient.secrets.look(name).is_there for name in names)


def look_at_brands(patient: Patient) -> Iterator[Finding]:
    """Whether every brand's own secrets are there, readable, and of the right form."""
    brands = patient.sane_settings.brands
    secrets = by_name(_secrets_of(brand, kind) for brand in brands.values() for kind in sorted(brand.secrets))
    faults = {name: find_fault(of[0].kind, patient.secrets.look(name)) for name, of in secrets.items()}
    wrong = {name: fault for name, fault in faults.items() if fault}
    if not brands:
        yield ok("brands", "none beside the deployment's own")
    elif wrong:
        said = "; ".join(f"{name} (of {_owners(secrets[name])}) {fault}" for name, fault in wrong.items())
        yield failed("brands", said, f"make secrets NAME={next(iter(wrong))}")
    else:
        yield ok("brands", f"{', '.join(brands)}: their own secrets are there")


def _secrets_of(brand: Brand, kind: str) -> BrandSecret:
    return BrandSecret(brand.name, kind, brand.secrets[kind])


def _owners(sharing: list[BrandSecret]) -> str:
    return ", ".join(one.brand for one in sharing)


CHANNEL_CHECKS = (
    Check(("channels",), look_at_channels, in_cloud=False),
    Check(("brands",), look_at_brands, in_cloud=False),
)
