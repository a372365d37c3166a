"""Where the deployed functions are, and what has to be pasted where by hand.

Sources: Dialogflow ES, "Fulfillment"; Dialogflow CX, "Webhooks", v3 `Webhook.GenericWebService` (an identity token is
what is sent where nothing else is chosen); Business Messages and RCS for Business, "Set your webhook" (the clientToken
is sent once when the URL is saved, and signs what follows).
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import NamedTuple

from functions.handoff.errors import ConfigError
from infra.deploy.brands import BrandSecret
from infra.deploy.gcloud import Cloud, CloudRefused
from infra.deploy.parts import Function

LIVECHAT_FUNCTION = "livechat-webhook"
BOTS = ES, CX = ("ES", "CX")


class Paste(NamedTuple):
    """What a person enters in one console: `lines` may name {url} and {secret}. `bot`: only for bots of that kind."""

    where: str
    secret: str
    lines: tuple[str, ...]
    bot: str = ""


_CLIENT_TOKEN = ("webhook URL  {url}", "clientToken  the first line of the secret {secret}")

PASTES = {
    "dialogflow-webhook": (
        Paste(
            "Dialogflow ES console, Fulfillment, Webhook (only if intents call one)",
            "dialogflow-webhook-token",
            (
                "URL          {url}",
                "Basic auth   any user name; password: the first line of the secret {secret}",
                "or Headers   X-Webhook-Token: the first line of the secret {secret}",
            ),
            ES,
        ),
        Paste(
            "Dialogflow CX console, Manage, Webhooks (only if pages or flows call one), standard, POST",
            "dialogflow-webhook-token",
            (
                "Webhook URL  {url}",
                "Service agent authentication: ID token, which is what is sent where nothing else is chosen",
                "or Headers   X-Webhook-Token: the first line of the secret {secret}",
            ),
            CX,
        ),
    ),
    "business-messages-webhook": (
        Paste(
            "Business Communications console, webhook of the partner account, or of the agent (the agent's wins)",
            "business-messages-partner-key",
            _CLIENT_TOKEN,
        ),
    ),
    "rcs-webhook": (Paste("RCS for Business console, webhook of each agent", "rcs-client-token", _CLIENT_TOKEN),),
}
"""By function."""


def find_address(cloud: Cloud, region: str, function: str) -> str:
    """The URL of a deployed function; "" where it is not deployed.

    Raises:
        CloudRefused: it could not be asked.
    """
    path = f"v2/projects/{cloud.project}/locations/{region}/functions/{function}"
    try:
        found = cloud.find_called("cloudfunctions", path) or {}
    except CloudRefused as e:
        if not e.is_about_a_disabled_api:
            raise
        return ""
    service = found.get("serviceConfig")
    return str(service.get("uri") or "") if isinstance(service, dict) else ""


def livechat_address(cloud: Cloud, region: str) -> str:
    """The URL that LiveChat is to call.

    Raises:
        ConfigError: the function is not deployed there.
        CloudRefused: it could not be asked.
    """
    url = find_address(cloud, region, LIVECHAT_FUNCTION)
    if not url:
        raise ConfigError(
            f"{LIVECHAT_FUNCTION} is not deployed in {region} of {cloud.project}, or its deployment failed: "
            "make deploy, or look at PROJECT and REGION"
        )
    return url


def addresses_to_paste(cloud: Cloud, region: str, functions: Iterable[Function]) -> dict[str, str]:
    """The URLs of those functions that are entered by hand somewhere; "" where one is not deployed.

    Raises:
        CloudRefused: they could not be asked.
    """
    return {one.name: find_address(cloud, region, one.name) for one in functions if one.name in PASTES}


def paste_lines(
    addresses: Mapping[str, str], project: str, bots: Collection[str] = BOTS, of_brands: Iterable[BrandSecret] = ()
) -> Iterator[str]:
    """What to paste where. Secrets by name: their values are never shown.

    Args:
        addresses: function → its URL, "" = not deployed.
        project: where the secrets are.
        bots: which kinds of bots there are.
        of_brands: secrets that brands have in place of the deployment's.
    """
    brands = list(of_brands)
    for function, url in addresses.items():
        for paste in PASTES[function]:
            if not paste.bot or paste.bot in bots:
                yield from _lines_of(paste, function, url, brands)
    if addresses:
        yield "A secret's first line:"
        yield f"  gcloud secrets versions access latest --secret=NAME --project={project} | head -n 1"


def _lines_of(paste: Paste, function: str, url: str, brands: Iterable[BrandSecret]) -> Iterator[str]:
    yield f"{paste.where}:"
    if not url:
        yield f"  {function} is not deployed yet: make deploy"
        return
    yield from (f"  {line.format(url=url, secret=paste.secret)}" for line in paste.lines)
    yield from (f"  for {one.brand}: the secret {one.name}" for one in brands if one.kind == paste.secret)
