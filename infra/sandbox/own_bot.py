"""A Dialogflow agent of one's own as the sandbox's bot: named in the environment, everything else staying local.

The bot calls no function here: Google can't reach this machine. It asks for a person by what its answer says.
"""

from collections.abc import Mapping

from functions.handoff.errors import ConfigError, ProviderUnavailable
from functions.handoff.interfaces import DIALOGFLOW
from functions.runtime.config import read_settings
from functions.runtime.google_auth import GoogleAuth

_SCOPES = ("https://www.googleapis.com/auth/cloud-platform",)
_OF_BOTS = (
    "DIALOGFLOW_AGENT",
    "DIALOGFLOW_API_URL",
    "DIALOGFLOW_LANGUAGE",
    "DIALOGFLOW_RETURN_EVENT",
    "HANDOFF_ACTIONS",
    "HANDOFF_TAGS",
    "HANDOFF_CONTEXTS",
    "HANDOFF_AFTER_FALLBACKS",
    "BOT_NAME",
    "BOT_AVATAR_URL",
)
_OF_THE_WAY_THERE = (
    "GOOGLE_APPLICATION_CREDENTIALS",
    "GOOGLE_CLOUD_QUOTA_PROJECT",
    "CLOUDSDK_CONFIG",
    "HTTPS_PROXY",
    "https_proxy",
    "REQUESTS_CA_BUNDLE",
)
_WITHOUT = "unset DIALOGFLOW_AGENT to talk to the bot that comes with the sandbox"


class NoBot(Exception):
    """The bot that is named can't answer. The message says what to do."""


def read_own_bot(environ: Mapping[str, str]) -> dict[str, str]:
    """The variables that the functions need for the bot that `environ` names; none where it names none.

    Raises:
        NoBot: one of them is wrong.
    """
    if not environ.get("DIALOGFLOW_AGENT", "").strip():
        return {}
    given = {name: environ[name] for name in (*_OF_BOTS, *_OF_THE_WAY_THERE) if environ.get(name, "").strip()}
    try:
        settings = read_settings(given)
    except ConfigError as e:
        raise NoBot(f"{e}; or {_WITHOUT}") from e
    return {**given, "DIALOGFLOW_API_URL": settings.dialogflow_api_url}


def check_credentials(bot: Mapping[str, str]) -> None:
    """Let pass only if Google gives this machine a token, as it must to the functions; a bot on loopback needs none.

    Raises:
        NoBot: it does not.
    """
    try:
        GoogleAuth(_SCOPES).headers(bot["DIALOGFLOW_API_URL"], DIALOGFLOW)
    except ConfigError as e:
        raise NoBot(
            "DIALOGFLOW_AGENT is set, and there are no Google credentials to ask that bot with:"
            " run gcloud auth application-default login,"
            f" or name a service account's key file in GOOGLE_APPLICATION_CREDENTIALS; or {_WITHOUT}"
        ) from e
    except ProviderUnavailable as e:
        raise NoBot(
            "DIALOGFLOW_AGENT is set, and Google gives no token for the credentials on this machine:"
            f" run gcloud auth application-default login again, or see to the network; or {_WITHOUT}"
        ) from e
