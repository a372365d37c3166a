"""The one place that names concrete classes: from settings to a working bundle, once per process, when first asked."""

import random
import threading
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from functools import partial
from os import environ
from pathlib import Path
from time import sleep
from typing import NamedTuple

from functions.channels.attachments import AttachmentFetcher
from functions.channels.business_messages_client import BusinessMessagesChannel
from functions.channels.rcs_client import RcsChannel
from functions.dialogflow.es import EsBot
from functions.dialogflow.identity_certificates import Certificates
from functions.dialogflow.signals import SignalRules
from functions.handoff.holding import Machine
from functions.handoff.interfaces import CHANNEL, DIALOGFLOW, Bot, Channel, Clock, Journal, Store
from functions.handoff.links import Links
from functions.handoff.mailbox import Mailbox
from functions.handoff.reconcile import Reconciler
from functions.handoff.work import Sides
from functions.handoff.worker import Worker
from functions.livechat.api import DeskAddress
from functions.livechat.client import LiveChatDesk
from functions.livechat.tokens import AgentTokens
from functions.runtime import bot_proof
from functions.runtime import brands as of_brands
from functions.runtime.bot_proof import BotProof
from functions.runtime.brand_channel import BrandChannel
from functions.runtime.brands import Brands
from functions.runtime.config import Brand, Settings, read_settings, require
from functions.runtime.google_auth import GoogleAuth
from functions.runtime.http_client import HttpClient
from functions.runtime.logs import CountingStore, RequestJournal, count_call
from functions.runtime.policy_settings import read_policy
from functions.runtime.sandbox_clock import SandboxClock, is_obeyed
from functions.runtime.secrets import Secrets, open_secrets
from functions.runtime.wake_ups import open_wake_ups

__all__ = ["Bundle", "SystemClock", "bundle", "make_bot", "open_clock", "open_store", "read_policy"]

_MESSAGING_SCOPES = ("https://www.googleapis.com/auth/businessmessages",)
_RCS_SCOPES = ("https://www.googleapis.com/auth/rcsbusinessmessaging",)
_PURGED_AT_ONCE = 200
_MB = 1024 * 1024
_CLOUD_SCOPES = ("https://www.googleapis.com/auth/cloud-platform",)


Authorize = Callable[[str], dict[str, str]]


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
    certificates: Certificates

    @property
    def brands(self) -> Brands:
        """Whose agent is whose."""
        return Brands(self.settings)

    def accepted(self, name: str, brand: Brand) -> tuple[str, ...]:
        """The values of a secret by which a sender may speak to this brand, and no other's. Never empty.

        Raises:
            ConfigError: it is missing, or can't be read by us.
            SecretsUnavailable: it could not be read and was never read before.
        """
        return of_brands.accepted(self.secrets, name, brand)

    def accepted_anywhere(self, name: str) -> Iterator[str]:
        """The values of a secret that are right for anyone here: for a handshake, which names nobody.

        Raises:
            SecretsUnavailable: one could not be read and was never read before.
        """
        return of_brands.accepted_anywhere(self.secrets, name, self.brands)

    def verify_bot(self, headers: Mapping[str, str]) -> BotProof:
        """Let pass only calls of the bot with a token that somebody here accepts; answers for whom it may speak.

        Raises:
            WebhookRejected: 401, it has none.
            ConfigError: there is nothing to compare with.
            SecretsUnavailable: a secret, or Google's certificates, can't be had now.
        """
        now_s = self.clock.now().timestamp()
        return bot_proof.verify_bot(headers, self.brands, self.secrets, self.certificates, now_s)


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
    http = _http()
    plain_store, purge = open_store(settings)
    store = CountingStore(plain_store)
    rules = SignalRules(settings.handoff_actions, settings.handoff_tags, settings.handoff_contexts)
    cloud = GoogleAuth(_CLOUD_SCOPES)
    desk = _desk(settings, secrets, http, store=store, clock=clock, journal=journal)
    files = AttachmentFetcher(settings.attachment_hosts, settings.attachment_max_mb * _MB, on_call=count_call)
    authorize_bot = partial(cloud.headers, provider=DIALOGFLOW)
    own, *brands = Brands(settings).all()
    bots = {one.name: make_bot(one.settings, _http(), authorize_bot, rules, journal) for one in brands}
    bot = make_bot(own.settings, http, authorize_bot, rules, journal)
    sides = Sides(_channels(settings, secrets, http), desk, bot, files, bots)
    policies = {one.name: read_policy(one.settings) for one in brands}
    machine = Machine(store, read_policy(settings), clock, random.Random(), policies)
    wake_ups = open_wake_ups(http, settings, cloud.headers, clock, journal)
    mailbox = Mailbox(machine, Worker(machine, sides, journal), wake_ups)
    reconciler = Reconciler(machine, mailbox, desk)
    certificates = Certificates(http, settings.google_certs_url)
    return Bundle(settings, secrets, clock, store, Links(store), mailbox, sides, reconciler, rules, purge, certificates)


def _http() -> HttpClient:
    """Calls to the outside. One of its own does not pause because another's calls fail."""
    return HttpClient(on_call=count_call)


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
    account = partial(secrets.find, "messaging-service-account")
    messaging, rcs = GoogleAuth(_MESSAGING_SCOPES, account), GoogleAuth(_RCS_SCOPES, account)
    own = BusinessMessagesChannel(http, settings.business_messages_api_url, lambda url: messaging.headers(url, CHANNEL))
    return {own.name: own, RcsChannel.name: _rcs(settings, http, partial(rcs.headers, provider=CHANNEL))}


def _rcs(settings: Settings, http: HttpClient, authorize: Authorize) -> Channel:
    """As each brand wants it; written by one that leaves room for what any of them puts in front."""

    def channel_of(brand: Brand, *, name_prefix: bool) -> Channel:
        return RcsChannel(
            _http() if brand.name else http,
            settings.rcs_api_url,
            authorize,
            name_prefix=name_prefix,
            traffic_type=brand.settings.rcs_traffic_type,
            ttl_s=brand.settings.rcs_ttl_s,
        )

    brands = Brands(settings).all()
    own, *rows = [channel_of(one, name_prefix=one.settings.rcs_name_prefix) for one in brands]
    if not rows:
        return own
    composer = channel_of(brands[0], name_prefix=any(one.settings.rcs_name_prefix for one in brands))
    by_agent = {one.rcs_agent: channel for one, channel in zip(brands[1:], rows, strict=True) if one.rcs_agent}
    return BrandChannel(own, by_agent, composer=composer, agent_field="agentId")


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


def make_bot(
    settings: Settings, http: HttpClient, authorize: Authorize, rules: SignalRules, journal: Journal | None = None
) -> Bot:
    """The Dialogflow agent that DIALOGFLOW_AGENT names, ES or CX. `journal`: told of what can't be shown."""
    kind: Callable[..., Bot] = _cx_bot() if settings.dialogflow_is_cx else EsBot
    return kind(
        http,
        settings.dialogflow_agent,
        settings.dialogflow_api_url,
        authorize,
        language=settings.dialogflow_language,
        rules=rules,
        journal=journal,
    )


def _cx_bot() -> Callable[..., Bot]:
    from functions.dialogflow.cx import CxBot  # noqa: PLC0415 - loaded only where it is used

    return CxBot
