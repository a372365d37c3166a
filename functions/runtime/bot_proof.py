"""Whether a call of the bot's webhook comes from a bot of ours, and of whose: by shared token or by identity token."""

from collections.abc import Mapping
from typing import NamedTuple

from functions.dialogflow import identity
from functions.dialogflow.identity import Sender
from functions.dialogflow.identity_certificates import Certificates
from functions.dialogflow.webhook import verify
from functions.handoff.errors import ConfigError, ProviderUnavailable, WebhookRejected
from functions.runtime.brands import Brands, accepted_if_any
from functions.runtime.config import Brand
from functions.runtime.secrets import Secrets, SecretsUnavailable

_BOT_TOKEN = "dialogflow-webhook-token"


class BotProof(NamedTuple):
    """For which brands' conversations a call of the bot may speak, by name; "" = the deployment's own."""

    brands: frozenset[str]


def verify_bot(
    headers: Mapping[str, str], brands: Brands, secrets: Secrets, certificates: Certificates, now_s: float
) -> BotProof:
    """Let pass only calls with the shared token of somebody here, or with a Google identity token they accept.

    Raises:
        WebhookRejected: 401, neither is right.
        ConfigError: neither is right, and of somebody there is no token to compare with, and no identity is accepted.
        SecretsUnavailable: neither is right as far as is known, but a secret, or Google's certificates, can't be had.
    """
    found, trouble = _by_token(headers, brands, secrets)
    rest = [brand for brand in brands.all() if brand.name not in found and _sender(brand).emails]
    if rest:
        try:
            found |= _by_identity(headers, rest, certificates, now_s)
        except (WebhookRejected, ProviderUnavailable) as e:
            if not found:
                raise trouble or _in_words(e) from e
    if not found:
        raise trouble or WebhookRejected(401, "token", "no form of the webhook token is right")
    return BotProof(frozenset(found))


def _by_token(
    headers: Mapping[str, str], brands: Brands, secrets: Secrets
) -> tuple[set[str], ConfigError | SecretsUnavailable | None]:
    """Whose shared token it is, and whose could not be compared: that is no trouble of the others'."""
    found: set[str] = set()
    trouble: ConfigError | SecretsUnavailable | None = None
    for brand in brands.all():
        try:
            if _has_token(headers, secrets, brand):
                found.add(brand.name)
        except (ConfigError, SecretsUnavailable) as e:
            trouble = trouble or e
    return found, trouble


def _has_token(headers: Mapping[str, str], secrets: Secrets, brand: Brand) -> bool:
    """A shared token need not exist where identity tokens are accepted."""
    name = brand.secret(_BOT_TOKEN)
    tokens = accepted_if_any(secrets, name) if _sender(brand).emails else secrets.accepted(name)
    try:
        verify(headers, tokens)
    except WebhookRejected:
        return False
    return True


def _by_identity(headers: Mapping[str, str], brands: list[Brand], certificates: Certificates, now_s: float) -> set[str]:
    bearer = identity.find_bearer(headers)
    if not bearer:
        return set()
    token = identity.parse_token(bearer, now_s)
    found = {brand.name for brand in brands if identity.is_sender(token, _sender(brand))}
    if found:
        identity.verify_token(token, certificates.find)
    return found


def _sender(brand: Brand) -> Sender:
    settings = brand.settings
    return Sender(frozenset(settings.dialogflow_identity_emails), frozenset(settings.dialogflow_identity_audiences))


def _in_words(error: WebhookRejected | ProviderUnavailable) -> WebhookRejected | SecretsUnavailable:
    if isinstance(error, WebhookRejected):
        return error
    return SecretsUnavailable("Google's certificates could not be fetched")
