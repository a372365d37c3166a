"""Who a webhook is for, and with what its sender must prove itself.

A sender proves itself with what belongs to the agent that its body names, and with nothing else: one brand's key opens
no other brand's conversations.
"""

from collections.abc import Iterator

from functions.dialogflow.agents import is_same_agent
from functions.handoff.errors import ConfigError
from functions.runtime.config import Brand, Settings
from functions.runtime.secrets import Secrets


class Brands:
    """The deployment itself and its brands."""

    def __init__(self, settings: Settings) -> None:
        self._own = Brand(settings=settings, rcs_agent=settings.rcs_agent_id)
        self._rows = tuple(settings.brands.values())

    def all(self) -> tuple[Brand, ...]:
        """The deployment itself, then each brand."""
        return (self._own, *self._rows)

    def of(self, channel: str, agent: str) -> Brand:
        """Whose channel agent this is; one that no row names is the deployment's own."""
        return next((one for one in self._rows if agent and getattr(one, f"{channel}_agent") == agent), self._own)

    def named(self, name: str) -> Brand:
        """The brand of a conversation; a name that is not (or no longer) known is the deployment's own."""
        return next((one for one in self._rows if name and one.name == name), self._own)

    def of_bot(self, agent: str) -> Brand | None:
        """The only one whose bot this is, by a path that begins with its name; None for none, and for more than one."""
        found = [one for one in self.all() if is_same_agent(one.settings.dialogflow_agent, agent)]
        return found[0] if len(found) == 1 else None


def accepted(secrets: Secrets, name: str, brand: Brand) -> tuple[str, ...]:
    """The values a sender to this brand may prove itself with, and no other brand's. Never empty.

    Raises:
        ConfigError: the secret is missing, or can't be read by us.
        SecretsUnavailable: it could not be read and was never read before.
    """
    return secrets.accepted(brand.secret(name))


def accepted_anywhere(secrets: Secrets, name: str, brands: Brands) -> Iterator[str]:
    """The values that are right for anyone here; a secret that is missing is nobody's. Never empty.

    Raises:
        ConfigError: all are missing.
        SecretsUnavailable: one could not be read and was never read before.
    """
    has_any = False
    for secret in dict.fromkeys(brand.secret(name) for brand in brands.all()):
        for one in accepted_if_any(secrets, secret):
            has_any = True
            yield one
    if not has_any:
        yield from secrets.accepted(name)  # says what is missing


def accepted_if_any(secrets: Secrets, name: str) -> tuple[str, ...]:
    """The values of a secret; none where it is missing.

    Raises:
        SecretsUnavailable: it could not be read and was never read before.
    """
    try:
        return secrets.accepted(name)
    except ConfigError:
        return ()
