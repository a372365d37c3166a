"""Brings LiveChat's webhooks to what is wanted, call by call: a run cut off anywhere is finished by the next."""

import math
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple, Protocol

from infra.webhooks.configuration import LiveChatRefused
from infra.webhooks.plan import Registered, Share, make_plan
from infra.webhooks.shown import blocked_sentence, shown_plan
from infra.webhooks.wanted import Wanted

Say = Callable[[str], None]
_PROPAGATION_S = 120.0  # Configuration API, "Propagation delay": what is set there has effect after 2 minutes at most
_IN_PLACE = "All is in place. LiveChat may take two minutes to go by it."
_WAITING = (
    "Waiting two minutes, until LiveChat surely goes by the new ones, before the old ones are removed. This may be "
    "stopped (Ctrl-C) and run again later: until then every event comes twice, which is harmless."
)
_ONE_ACTION = {"limit_reached", "validation"}  # refusals that say nothing about the other actions


class Webhooks(Protocol):
    """The webhooks of one app at LiveChat: `configuration.ConfigurationApi`. All may raise `LiveChatRefused`."""

    client_id: str

    def list_webhooks(self) -> list[Registered]:
        """All of them, ours or not."""
        ...

    def register(self, wanted: Wanted, secret_key: str) -> str:
        """Register one; answers its id."""
        ...

    def unregister(self, webhook_id: str) -> None:
        """See to it that one is not there."""
        ...

    def is_enabled(self) -> bool:
        """Whether the licence's webhooks are sent."""
        ...

    def enable(self) -> None:
        """Have them sent."""
        ...


class NotNow(Exception):
    """Nothing was changed, because messages could be lost now; the message says until when."""


class SecretKey(NamedTuple):
    """What webhooks are registered with. `unknown_for_s`: how long running functions may still refuse it."""

    value: str
    unknown_for_s: Callable[[], float]


class Result(NamedTuple):
    """What was done. `refusals`: by action, why it could not be registered."""

    registered: dict[str, str]
    removed: set[str]
    refusals: dict[str, str]

    @property
    def is_nothing(self) -> bool:
        """Whether nothing was changed, nor tried."""
        return not (self.registered or self.removed or self.refusals)


def bring_about(
    api: Webhooks,
    wanted: Sequence[Wanted],
    secret_key: SecretKey,
    say: Say,
    sleep: Callable[[float], None],
    *,
    dry_run: bool,
) -> list[str]:
    """Show the difference and, unless it is a dry run, remove it; answers what is left of it, in sentences.

    Calls: one for the list, one for the licence's state, one for each change and, after changes, one for the list.

    Args:
        api: of the app.
        wanted: one for each action.
        secret_key: its age is asked for only before webhooks are replaced.
        say: takes lines for the operator.
        sleep: waits.
        dry_run: change nothing.

    Raises:
        LiveChatRefused: it went no further; what was done before stays.
        NotNow: functions may still refuse the secret.
    """
    plan, enabled = make_plan(wanted, api.list_webhooks(), api.client_id), api.is_enabled()
    say(f"LiveChat webhooks of the app {api.client_id}, calling {wanted[0].url}:")
    for line in shown_plan(plan, enabled=enabled):
        say(line)
    if dry_run:
        say("Nothing was changed (DRY_RUN).")
        return _blocked(plan)
    done = carry_out(api, plan, secret_key, say, sleep)
    if not enabled:
        api.enable()
        say("switched on  licence webhooks")
    problems = _blocked(plan) if done.is_nothing else look_again(api, wanted, done, say)
    if not problems:
        say("All is in place, nothing was changed." if done.is_nothing and enabled else _IN_PLACE)
    return problems


def _blocked(plan: Iterable[Share]) -> list[str]:
    return [blocked_sentence(share) for share in plan if share.is_blocked]


def carry_out(
    api: Webhooks, plan: Sequence[Share], secret_key: SecretKey, say: Say, sleep: Callable[[float], None]
) -> Result:
    """Register what is missing and, once LiveChat goes by it, remove what it replaces.

    Raises:
        LiveChatRefused: what will be refused for the other actions, too. What was done before stays.
        NotNow: functions may still refuse the secret; nothing was done.
    """
    if any(share.is_replaced for share in plan):
        _check_age(secret_key.unknown_for_s())
    done = Result({}, set(), {})
    for share in plan:
        if share.register:
            _remove(api, share.make_room, done, say)
            _register(api, share, secret_key.value, done, say)
    if any(share.outdated and share.action in done.registered for share in plan):
        say(_WAITING)
        sleep(_PROPAGATION_S)
    for share in plan:
        if not share.is_blocked and share.action not in done.refusals:
            _remove(api, (*share.doubles, *share.outdated), done, say)
    return done


def _check_age(unknown_for_s: float) -> None:
    if unknown_for_s > 0:
        raise NotNow(
            "livechat-webhook-secret is younger than five minutes, and the functions may still go by the one before: "
            "they would refuse LiveChat's webhooks. Nothing was changed: run this again in "
            f"{math.ceil(unknown_for_s)} s."
        )


def _register(api: Webhooks, share: Share, secret_key: str, done: Result, say: Say) -> None:
    assert share.wanted is not None
    try:
        done.registered[share.action] = api.register(share.wanted, secret_key)
    except LiveChatRefused as e:
        if e.type not in _ONE_ACTION:
            raise
        done.refusals[share.action] = str(e)
        return
    say(f"registered   {share.action}")


def _remove(api: Webhooks, webhooks: Iterable[Registered], done: Result, say: Say) -> None:
    for webhook in webhooks:
        api.unregister(webhook.id)
        done.removed.add(webhook.id)
        say(f"removed      {webhook.action} {webhook.id}")


def look_again(api: Webhooks, wanted: Sequence[Wanted], done: Result, say: Say) -> list[str]:
    """Look at what is there now; answers what is not as it should be, in sentences.

    Somebody may have run this at the same time: doubles are removed, of which both choose the same. Nothing else is:
    of two runs with different settings each would remove what the other has just registered.

    Raises:
        LiveChatRefused: it could not be looked at.
    """
    listed = [one for one in api.list_webhooks() if one.id not in done.removed]
    plan = make_plan(wanted, listed, api.client_id)
    for share in plan:
        _remove(api, share.doubles, done, say)
    return [sentence for share in plan if (sentence := _wrong(share, done))]


def _wrong(share: Share, done: Result) -> str:
    if share.wanted is not None and share.in_place is None:
        return _missing(share, done)
    if share.outdated:
        return f"{share.action}: somebody else is at work on it, an outdated one is there. Run this again."
    return ""


def _missing(share: Share, done: Result) -> str:
    if share.action in done.registered:
        return (
            f"{share.action}: registered, but LiveChat does not list it as that. Changes may take two minutes: run "
            "this again then."
        )
    if share.is_blocked:
        return blocked_sentence(share)
    return done.refusals.get(share.action) or f"{share.action}: somebody removed it meanwhile. Run this again."
