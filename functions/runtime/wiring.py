"""The one place that names concrete classes: from settings to a working bundle, once per process, when first asked."""

import random
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from os import environ
from pathlib import Path
from time import sleep
from typing import NamedTuple

from functions.channels.attachments import AttachmentFetcher
from functions.channels.business_messages_client import BusinessMessagesChannel
from functions.dialogflow.es import EsBot
from functions.dialogflow.signals import SignalRules
from functions.handoff.errors import ConfigError
from functions.handoff.holding import Machine
from functions.handoff.interfaces import CHANNEL, DIALOGFLOW, Channel, Clock, Journal, Store
from functions.handoff.links import Links
from functions.handoff.mailbox import Mailbox
from functions.handoff.policy import Policy, keyword
from functions.handoff.reconcile import Reconciler
from functions.handoff.work import Sides
from functions.handoff.worker import Worker
from functions.livechat.api import DeskAddress
from functions.livechat.client import LiveChatDesk
from functions.livechat.tokens import AgentTokens
from functions.runtime.config import Settings, read_settings, require
from functions.runtime.google_auth import GoogleAuth
from functions.runtime.http_client import HttpClient
from functions.runtime.logs import CountingStore, RequestJournal, count_call
from functions.runtime.sandbox_clock import SandboxClock, is_obeyed
from functions.runtime.secrets import Secrets, open_secrets
from functions.runtime.wake_ups import open_wake_ups

_MESSAGING_SCOPES = ("https://www.googleapis.com/auth/businessmessages",)
_PURGED_AT_ONCE = 200
_MB = 1024 * 1024
_CLOUD_SCOPES = ("https://www.googleapis.com/auth/cloud-platform",)


class SystemClock:
    """The machine's time."""

    def now(self) -> datetime:
        """Aware, UTC."""
        return datetime.now(UTC)

    def sleep(self, seconds: float) -> None:
        """Wait."""
        sleep(seconds)


class Bundle(NamedTuple):
    """Everything a door works with. `store` counts its trips on the request's log line.

    `purge` deletes what expired before a moment, where the store has no time-to-live of its own.
    """

    settings: Settings
    secrets: Secrets
    clock: Clock
    store: Store
    links: Links
    mailbox: Mailbox
    sides: Sides
    reconciler: Reconciler
    rules: SignalRules
    purge: Callable[[datetime], object]


_lock = threading.Lock()
_bundle: Bundle | None = None


def bundle() -> Bundle:
    """The bundle of this process.

    Raises:
        ConfigError: a setting is missing or wrong; the next request tries again.
    """
    global _bundle  # noqa: PLW0603 - one per process, made at the first request and not at import
    with _lock:
        if _bundle is None:
            _bundle = _build(read_settings(environ))
        return _bundle


def _build(settings: Settings) -> Bundle:
    require(settings, "DIALOGFLOW_AGENT", "LIVECHAT_ORGANIZATION_ID", "LIVECHAT_CLIENT_ID")
    journal = RequestJournal()
    clock = open_clock(settings, journal)
    secrets = open_secrets(settings.secrets, settings.google_cloud_project)
    http = HttpClient(on_call=count_call)
    plain_store, purge = open_store(settings)
    store = CountingStore(plain_store)
    rules = SignalRules(settings.handoff_actions, settings.handoff_tags, settings.handoff_contexts)
    cloud = GoogleAuth(_CLOUD_SCOPES)
    desk = _desk(settings, secrets, http, store=store, clock=clock, journal=journal)
    files = AttachmentFetcher(settings.attachment_hosts, settings.attachment_max_mb * _MB, on_call=count_call)
    sides = Sides(_channels(settings, secrets, http), desk, _bot(settings, http, cloud, rules), files)
    machine = Machine(store, read_policy(settings), clock, random.Random())
    wake_ups = open_wake_ups(http, settings, cloud.headers, clock, journal)
    mailbox = Mailbox(machine, Worker(machine, sides, journal), wake_ups)
    reconciler = Reconciler(machine, mailbox, desk)
    return Bundle(settings, secrets, clock, store, Links(store), mailbox, sides, reconciler, rules, purge)


def open_clock(settings: Settings, journal: Journal) -> Clock:
    """The machine's clock; in a sandbox the one that SANDBOX_CLOCK puts forward. Anywhere else that is only noted."""
    if is_obeyed(settings):
        return SandboxClock(Path(settings.sandbox_clock))
    if settings.sandbox_clock:
        journal.note("sandbox_clock_ignored")
    return SystemClock()


def open_store(settings: Settings) -> tuple[Store, Callable[[datetime], object]]:
    """The store that STORE names, and how it is purged; each implementation is loaded only where it is used."""
    kind, _, where = settings.store.partition(":")
    if kind == "sqlite":
        from functions.storage.sqlite import SqliteStore  # noqa: PLC0415 - one machine only

        sqlite = SqliteStore(where)
        return sqlite, lambda now: sqlite.purge(now, _PURGED_AT_ONCE)
    from functions.storage.firestore import DEFAULT_DATABASE, connect  # noqa: PLC0415 - costs a quarter of a second

    return connect(settings.google_cloud_project, where or DEFAULT_DATABASE), lambda _now: None  # a TTL policy does it


def _channels(settings: Settings, secrets: Secrets, http: HttpClient) -> dict[str, Channel]:
    messaging = GoogleAuth(_MESSAGING_SCOPES, lambda: secrets.find("messaging-service-account"))
    channel = BusinessMessagesChannel(
        http, settings.business_messages_api_url, lambda url: messaging.headers(url, CHANNEL)
    )
    return {channel.name: channel}


def _desk(
    settings: Settings, secrets: Secrets, http: HttpClient, *, store: Store, clock: Clock, journal: RequestJournal
) -> LiveChatDesk:
    address = DeskAddress(
        organization_id=settings.livechat_organization_id,
        client_id=settings.livechat_client_id,
        api_url=settings.livechat_api_url,
        accounts_url=settings.livechat_accounts_url,
    )
    tokens = AgentTokens(
        http,
        store,
        clock,
        address,
        read_secret=lambda: secrets.get_fresh("livechat-oauth"),
        write_secret=lambda value: secrets.add_version("livechat-oauth", value),
        journal=journal,
    )
    return LiveChatDesk(http, tokens, clock, address)


def _bot(settings: Settings, http: HttpClient, cloud: GoogleAuth, rules: SignalRules) -> EsBot:
    if settings.dialogflow_is_cx:
        raise ConfigError("DIALOGFLOW_AGENT names a Dialogflow CX agent; only ES (projects/P/agent) is supported")
    return EsBot(
        http,
        settings.dialogflow_agent,
        settings.dialogflow_api_url,
        lambda url: cloud.headers(url, DIALOGFLOW),
        language=settings.dialogflow_language,
        rules=rules,
    )


def read_policy(settings: Settings) -> Policy:
    """The core's view of the settings."""
    return Policy(
        groups=settings.livechat_groups,
        routing=settings.routing,
        language=settings.dialogflow_language,
        return_event=settings.dialogflow_return_event,
        handoff_after_fallbacks=settings.handoff_after_fallbacks,
        handoff_keywords=frozenset(map(keyword, settings.handoff_keywords)),
        return_keyword=next(iter(settings.return_keywords), ""),
        offline_policy=settings.offline_policy,
        wait_reminder_s=settings.wait_reminder_s,
        wait_limit_s=settings.wait_limit_s,
        agent_silent_s=settings.agent_silent_s,
        chat_check_s=settings.chat_check_s,
        delay_notice_s=settings.delay_notice_s,
        agent_name_policy=settings.agent_name_policy,
        human_name=settings.human_name,
        human_avatar_url=settings.human_avatar_url,
        bot_name=settings.bot_name,
        bot_avatar_url=settings.bot_avatar_url,
        retention_days=settings.retention_days,
        survey=settings.survey,
        receipts_to_livechat=settings.receipts_to_livechat,
        texts=settings.texts,
    )
