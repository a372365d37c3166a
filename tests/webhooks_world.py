"""A LiveChat in memory that keeps webhooks as the real one does, and refuses what it refuses; for the tests of
`make webhooks`. What happened to it is in lists to look at."""

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import msgspec
from hypothesis import strategies as st

from infra.webhooks.configuration import LiveChatRefused
from infra.webhooks.plan import MOST, Registered
from infra.webhooks.wanted import FILTERS, Wanted, fingerprint_key, wanted_webhooks

CLIENT = "client-1"
URL = "https://livechat-webhook.shop.example"
OLD_URL = "https://old.shop.example"
SECRET, OLD_SECRET = "current-secret", "secret-before"
_KEY = fingerprint_key(SECRET, "client-secret")
_OLD_KEY = fingerprint_key(OLD_SECRET, "client-secret")
WANTED = {one.action: one for one in wanted_webhooks(URL, CLIENT, _KEY)}
_BEFORE = {one.action: one for one in wanted_webhooks(URL, CLIENT, _OLD_KEY)}
_ELSEWHERE = {one.action: one for one in wanted_webhooks(OLD_URL, CLIENT, _KEY)}
UNNEEDED = "thread_tagged"


class Crash(BaseException):
    """The process is gone."""


@dataclass
class LiveChat:
    """Webhooks by id. `calls`: what changed something, and waits. `before` runs ahead of each, `after` behind it."""

    webhooks: dict[str, Registered] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)
    enabled: bool = True
    calls: list[str] = field(default_factory=list)
    before: Callable[[str], None] = lambda _name: None
    after: Callable[[], None] = lambda: None
    new_id: Callable[[int], str] = lambda number: f"new-{number:03}"
    made: int = 0

    client_id = CLIENT

    def list_webhooks(self) -> list[Registered]:
        self.before("list")
        return list(self.webhooks.values())

    def is_enabled(self) -> bool:
        self.before("state")
        return self.enabled

    def enable(self) -> None:
        self._change("enable", lambda: setattr(self, "enabled", True))

    def register(self, wanted: Wanted, secret_key: str) -> str:
        self.made += 1
        webhook_id = self.new_id(self.made)

        def effect() -> None:
            if self.count(wanted.action) >= MOST:
                raise LiveChatRefused("limit_reached", f"{wanted.action}: three already")
            self.add(a_webhook(webhook_id, wanted), secret_key)

        self._change(f"register {wanted.action}", effect)
        return webhook_id

    def unregister(self, webhook_id: str) -> None:
        self._change(f"unregister {webhook_id}", lambda: self.webhooks.pop(webhook_id, None))

    def _change(self, name: str, effect: Callable[[], Any]) -> None:
        self.before(name)
        self.calls.append(name)
        effect()
        self.after()

    def wait(self, seconds: float) -> None:
        self.calls.append(f"wait {seconds:.0f}")

    def add(self, webhook: Registered, secret: str = SECRET) -> None:
        self.webhooks[webhook.id] = webhook
        self.secrets[webhook.id] = secret

    def count(self, action: str) -> int:
        return sum(one.action == action and one.owner_client_id == CLIENT for one in self.webhooks.values())

    def of(self, action: str) -> list[Registered]:
        return [one for one in self.webhooks.values() if one.action == action and one.owner_client_id == CLIENT]


def a_webhook(webhook_id: str, wanted: Wanted, **changes: Any) -> Registered:
    listed = Registered(
        id=webhook_id,
        action=wanted.action,
        url=wanted.url,
        description=wanted.description,
        type="license",
        owner_client_id=CLIENT,
        filters=dict(wanted.filters),
    )
    return msgspec.structs.replace(listed, **changes)


KINDS: dict[str, Callable[[str, str], Registered]] = {
    "as wanted": lambda id_, action: a_webhook(id_, WANTED[action]),
    "old secret": lambda id_, action: a_webhook(id_, _BEFORE[action]),
    "old url": lambda id_, action: a_webhook(id_, _ELSEWHERE[action]),
    "other filters": lambda id_, action: a_webhook(id_, WANTED[action], filters={"author_type": "customer"}),
    "of a bot": lambda id_, action: a_webhook(id_, WANTED[action], type="bot"),
    "by hand": lambda id_, action: a_webhook(id_, WANTED[action], description=""),
    "foreign": lambda id_, action: a_webhook(id_, WANTED[action], description="a CRM", url="https://crm.example"),
    "nearly our mark": lambda id_, action: a_webhook(id_, WANTED[action], description="livechat-handoffs 1"),
}
OURS = frozenset({"as wanted", "old secret", "old url", "other filters", "of a bot"})


def a_state(kinds: dict[str, list[str]]) -> LiveChat:
    """LiveChat with webhooks of these kinds by action, and one of each action that another app owns."""
    livechat = LiveChat()
    number = 0
    for action, wanted_kinds in kinds.items():
        for kind in wanted_kinds:
            number += 1
            made = KINDS[kind](f"old-{number:03}", action if action in FILTERS else "incoming_chat")
            secret = OLD_SECRET if kind == "old secret" else SECRET
            livechat.add(msgspec.structs.replace(made, action=action), secret)
    for action in FILTERS:
        livechat.add(a_webhook(f"other-{action}", WANTED[action], owner_client_id="another-app"))
    return livechat


def kinds_of_all_actions() -> st.SearchStrategy[dict[str, list[str]]]:
    """Whatever may be registered: up to three of every action."""
    some = st.lists(st.sampled_from(sorted(KINDS)), max_size=MOST)
    return st.fixed_dictionaries(dict.fromkeys([*FILTERS, UNNEEDED], some))


class Turns:
    """Lets two runs make their calls in a given order, one at a time. `first`: whether it is run 0's turn, call by
    call; who is done leaves the rest to the other."""

    def __init__(self, first: Iterable[bool]) -> None:
        self._order = list(first)
        self._at = 0
        self._left = {0, 1}
        self._changed = threading.Condition()
        self.started = threading.Event()

    def take(self, run: int) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: self._whose() == run, 20)
            self._at += 1
            self._changed.notify_all()

    def leave(self, run: int) -> None:
        with self._changed:
            self._left.discard(run)
            self._changed.notify_all()

    def _whose(self) -> int:
        if len(self._left) < 2:
            return next(iter(self._left), -1)
        return 0 if self._order[self._at % len(self._order)] else 1
