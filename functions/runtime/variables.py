"""The one list of what can be set by environment variables, each with its default, its meaning and its reader."""

from typing import Any

import msgspec

from functions.runtime import config_values as value
from functions.runtime.routing_file import routing_file

_NONE_IS_A_VALUE = {value.text, value.words, value.hosts}  # set to "" these mean "none"; the others then mean "not set"


class Variable(msgspec.Struct, frozen=True):
    """One environment variable.

    `default` is the text it has when unset ("" = none); `into` the field of `Settings` it goes to, where that is not
    its name in small letters.
    """

    name: str
    default: str
    meaning: str
    read: value.Reader = value.text
    into: str = ""

    @property
    def field(self) -> str:
        """The field of `Settings` that holds it."""
        return self.into or self.name.lower()

    def value_of(self, given: str | None) -> Any:
        """The value of the setting; None, or nothing where nothing is no value of its own, = the default.

        Raises:
            ValueError: it is wrong; says how, in words that fit behind the name.
        """
        if given is None or (not given.strip() and self.read not in _NONE_IS_A_VALUE):
            return self.read(self.default)
        return self.read(given.strip())


_seconds = value.whole_number()
_url = value.optional(value.web_url)

VARIABLES: tuple[Variable, ...] = (
    Variable("GOOGLE_CLOUD_PROJECT", "", "project id"),
    Variable("STORE", "firestore", "firestore, firestore:DATABASE or sqlite:PATH", value.store),
    Variable("FIRESTORE_EMULATOR_HOST", "", "host:port of a Firestore emulator, honoured by the client library"),
    Variable("SECRETS", "secret-manager", "secret-manager, or file:PATH (a JSON object name: value)", value.secrets),
    Variable(
        "DIALOGFLOW_AGENT", "", "resource name of the bot, Dialogflow ES or CX", value.optional(value.dialogflow_agent)
    ),
    Variable("DIALOGFLOW_LANGUAGE", "en", "the bot's language where the channel gives no locale"),
    Variable(
        "DIALOGFLOW_RETURN_EVENT", "AGENT_CHAT_ENDED", "event sent to the bot when the person left (empty = none)"
    ),
    Variable("HANDOFF_ACTIONS", "handoff,human_handoff", "Dialogflow ES actions that mean hand-off", value.words),
    Variable("HANDOFF_TAGS", "handoff,human_handoff", "Dialogflow CX webhook tags that mean hand-off", value.words),
    Variable("HANDOFF_CONTEXTS", "", "Dialogflow ES output contexts that mean hand-off", value.words),
    Variable("HANDOFF_AFTER_FALLBACKS", "2", "consecutive fallbacks until hand-off (0 = never)", value.whole_number()),
    Variable("HANDOFF_KEYWORDS", "", "user texts that ask for a person", value.words),
    Variable("RETURN_KEYWORDS", "/bot", "user texts that ask for the bot again", value.words),
    Variable("LIVECHAT_ORGANIZATION_ID", "", "organization id of the LiveChat licence"),
    Variable("LIVECHAT_CLIENT_ID", "", "client id of our LiveChat app"),
    Variable("LIVECHAT_GROUPS", '{"default": 0}', 'JSON: department to group id, key "default"', value.groups),
    Variable(
        "OFFLINE_POLICY", "queue", "nobody online: queue (answered later) or decline", value.one_of("queue", "decline")
    ),
    Variable("WAIT_REMINDER_S", "120", "seconds without an agent until the user is reminded", _seconds),
    Variable("WAIT_LIMIT_S", "900", "seconds without an agent until the bot is back", _seconds),
    Variable("AGENT_SILENT_S", "600", "seconds of an agent's silence until the user is told", _seconds),
    Variable("CHAT_CHECK_S", "900", "seconds of quiet until a chat is read again", _seconds),
    Variable("DELAY_NOTICE_S", "30", "seconds of delay until the user is told of it", _seconds),
    Variable(
        "AGENT_NAME_POLICY",
        "full",
        "agents' names as shown: full, first, fixed",
        value.one_of("full", "first", "fixed"),
    ),
    Variable("HUMAN_NAME", "Agent", "name of the HUMAN representative where no agent's name is shown"),
    Variable("HUMAN_AVATAR_URL", "", "avatar of the HUMAN representative (never a picture of a person)", _url),
    Variable("BOT_NAME", "Bot", "name of the BOT representative"),
    Variable("BOT_AVATAR_URL", "", "avatar of the BOT representative", _url),
    Variable("ROUTING_FILE", "", "path of a JSON file: rules to LiveChat groups", routing_file, "routing"),
    Variable("BRANDS_FILE", "", "path of a JSON file: several brands in one deployment", value.existing_file, "brands"),
    Variable(
        "ATTACHMENT_HOSTS",
        "storage.googleapis.com,rcs-user-content-us.storage.googleapis.com,rcs-user-content-eu.storage.googleapis.com",
        "hosts that user files may be fetched from",
        value.hosts,
    ),
    Variable("ATTACHMENT_MAX_MB", "10", "largest attachment in MB", value.whole_number()),
    Variable("SURVEY", "off", "survey after the human part: on or off", value.switch),
    Variable(
        "RECEIPTS_TO_LIVECHAT",
        "off",
        "read and delivered marks for agents (each is a billed call): off, read or all",
        value.one_of("off", "read", "all"),
    ),
    Variable("RCS_NAME_PREFIX", "on", "agent's name in front of RCS texts: on or off", value.switch),
    Variable(
        "RCS_TRAFFIC_TYPE",
        "SERVICEREQUEST",
        "messageTrafficType of every RCS message",
        value.one_of("AUTHENTICATION", "TRANSACTION", "PROMOTION", "SERVICEREQUEST", "ACKNOWLEDGEMENT"),
    ),
    Variable(
        "RCS_TTL_S",
        "0",
        "seconds until an RCS message that has not arrived is revoked, 10 to 1296000 (0 = Google's 30 days)",
        value.rcs_ttl,
    ),
    Variable("RCS_HASH_PHONES", "off", "digests instead of phone numbers in document ids: on or off", value.switch),
    Variable(
        "DIALOGFLOW_IDENTITY_AUDIENCES",
        "",
        "audiences (URLs of dialogflow_webhook) of Google identity tokens that are accepted beside the shared token",
        value.words,
    ),
    Variable(
        "DIALOGFLOW_IDENTITY_EMAILS", "", "whose identity tokens: e-mail addresses of service agents", value.words
    ),
    Variable(
        "MESSAGES_FILE", "", "path of a JSON file: locale to {text id: text}, over our texts", value.texts_file, "texts"
    ),
    Variable("RCS_AGENT_ID", "", "the RCS agent"),
    Variable("REDELIVER_URL", "", "URL of the function redeliver, for wake-ups (unset = sweep only)", _url),
    Variable(
        "TASKS_QUEUE", "", "Cloud Tasks queue of the wake-ups (unset = sweep only)", value.optional(value.tasks_queue)
    ),
    Variable("TASKS_SERVICE_ACCOUNT", "", "service account that calls redeliver", value.optional(value.email)),
    Variable("RETENTION_DAYS", "30", "days that a conversation is kept (senders retry for 7)", value.whole_number(8)),
    Variable("LIVECHAT_API_URL", "https://api.livechatinc.com", "LiveChat's APIs", value.base_url),
    Variable("LIVECHAT_ACCOUNTS_URL", "https://accounts.livechat.com", "LiveChat's sign-in", value.base_url),
    Variable(
        "BUSINESS_MESSAGES_API_URL", "https://businessmessages.googleapis.com", "Business Messages", value.base_url
    ),
    Variable("RCS_API_URL", "https://rcsbusinessmessaging.googleapis.com", "RCS for Business", value.base_url),
    Variable("DIALOGFLOW_API_URL", "https://dialogflow.googleapis.com", "Dialogflow", value.base_url),
    Variable("TASKS_API_URL", "https://cloudtasks.googleapis.com", "Cloud Tasks", value.base_url),
    Variable(
        "GOOGLE_CERTS_URL",
        "https://www.googleapis.com/oauth2/v1/certs",
        "certificates of Google's identity tokens",
        value.web_url,
    ),
    Variable(
        "SANDBOX_CLOCK",
        "",
        "path of a file: seconds that the clock is ahead (only with a SQLite STORE and stand-ins for all APIs)",
    ),
)
