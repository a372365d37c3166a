"""The world around one sandbox's functions: every provider's stand-in, and the settings and secrets that lead to it."""

import json
import secrets
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from infra.sandbox.business_messages import BusinessMessagesStandIn
from infra.sandbox.business_messages_phone import BusinessMessagesOptions
from infra.sandbox.clock import Clock
from infra.sandbox.cloud_tasks import CloudTasksStandIn
from infra.sandbox.dialogflow_cx import DialogflowCxOptions, DialogflowCxStandIn
from infra.sandbox.dialogflow_es import DialogflowOptions, DialogflowStandIn
from infra.sandbox.dialogflow_standin import BotStandIn
from infra.sandbox.google_identity import GoogleIdentityStandIn
from infra.sandbox.livechat import LiveChatStandIn
from infra.sandbox.rcs import RcsOptions, RcsStandIn

PROJECT = "sandbox-project"
BOT_NAME = "Hello World Agent"
RCS_AGENT = "demo_agent"
DOORS = {"business_messages": "business_messages_webhook", "rcs": "rcs_webhook"}
"""The function that each channel's webhooks go to."""

CHANNELS = tuple(DOORS)


class _Bot(NamedTuple):
    """An edition of Dialogflow: its stand-in, and the agent that it plays."""

    make: Callable[[Clock, GoogleIdentityStandIn], BotStandIn]
    agent: str


_BOTS = {
    "es": _Bot(
        lambda clock, google: DialogflowStandIn(DialogflowOptions(), clock, google),
        f"projects/{PROJECT}/agent",
    ),
    "cx": _Bot(
        lambda clock, google: DialogflowCxStandIn(DialogflowCxOptions(), clock, google),
        f"projects/{PROJECT}/locations/europe-west1/agents/5a9d4b1c-0000-4000-8000-000000000001",
    ),
}
BOTS = tuple(_BOTS)


class StandIns:
    """All of one sandbox, and the credentials that each side knows the other by.

    Args:
        bot: one of `BOTS`.
        livechat_options: of that stand-in.
        own_bot: the variables of a bot that answers instead of Dialogflow's stand-in, which is not served then.
        queue: of Cloud Tasks; None = one that knows no limits.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        bot: str,
        livechat_options: Mapping[str, Any],
        own_bot: Mapping[str, str],
        queue: CloudTasksStandIn | None = None,
    ) -> None:
        self.partner_key = secrets.token_urlsafe(16)
        self.rcs_token = secrets.token_urlsafe(16)
        self.webhook_secret = secrets.token_urlsafe(16)
        self.dialogflow_token = secrets.token_urlsafe(16)
        self.livechat = LiveChatStandIn(clock=clock, **livechat_options)
        self.messages = BusinessMessagesStandIn(BusinessMessagesOptions(partner_key=self.partner_key), clock)
        self.rcs = RcsStandIn(RcsOptions(agents={RCS_AGENT: self.rcs_token}), clock)
        self.google = GoogleIdentityStandIn(clock)
        self.dialogflow = _BOTS[bot].make(clock, self.google)
        self.tasks = queue or CloudTasksStandIn(clock=clock)
        self._agent = _BOTS[bot].agent
        self._own_bot = own_bot

    @property
    def channels(self) -> dict[str, BusinessMessagesStandIn | RcsStandIn]:
        """By name."""
        return {"business_messages": self.messages, "rcs": self.rcs}

    def serve(self) -> dict[str, str]:
        """Serve them; answers the settings that lead the functions to them."""
        livechat, messages, rcs = self.livechat.serve(), self.messages.serve(), self.rcs.serve()
        self.google.serve()
        return {
            "GOOGLE_CLOUD_PROJECT": PROJECT,
            "BOT_NAME": BOT_NAME,
            "LIVECHAT_ORGANIZATION_ID": self.livechat.options.organization_id,
            "LIVECHAT_CLIENT_ID": self.livechat.options.client_id,
            "LIVECHAT_API_URL": livechat,
            "LIVECHAT_ACCOUNTS_URL": livechat,
            "BUSINESS_MESSAGES_API_URL": messages,
            "RCS_API_URL": rcs,
            "RCS_AGENT_ID": RCS_AGENT,
            "ATTACHMENT_HOSTS": ",".join(urlsplit(url).netloc for url in (messages, rcs)),
            "TASKS_API_URL": self.tasks.serve(),
            "GOOGLE_CERTS_URL": self.google.certs_url,
            **(self._own_bot or self._serve_bot()),
        }

    def _serve_bot(self) -> dict[str, str]:
        return {"DIALOGFLOW_AGENT": self._agent, "DIALOGFLOW_API_URL": self.dialogflow.serve()}

    def secrets(self) -> dict[str, str]:
        """By name, as the functions read them."""
        oauth = {
            "client_secret": self.livechat.options.client_secret,
            "refresh_token": self.livechat.options.refresh_token,
        }
        return {
            "livechat-oauth": json.dumps(oauth),
            "livechat-webhook-secret": self.webhook_secret,
            "business-messages-partner-key": self.partner_key,
            "rcs-client-token": self.rcs_token,
            "dialogflow-webhook-token": self.dialogflow_token,
        }

    def point_at(self, url_of: Callable[[str], str]) -> None:
        """Have their webhooks go to the functions, by name."""
        self.livechat.register(url_of("livechat_webhook"), self.webhook_secret)
        for name, standin in self.channels.items():
            standin.change_options(sending={"url": url_of(DOORS[name])})
        webhook = {"url": url_of("dialogflow_webhook"), "auth": "header", "token": self.dialogflow_token}
        self.dialogflow.change_options(webhook=webhook)

    def stop(self) -> None:
        """Stop answering and delivering."""
        for standin in (self.livechat, self.dialogflow, self.tasks, self.google, *self.channels.values()):
            standin.stop()
