"""Faults by hand: switching, on a running sandbox, what goes wrong around the functions.

Any number of switches may be on: what they do is put together. What others told the stand-ins is left alone.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import msgspec

from infra.sandbox.failing import API_PATHS, CHANNEL, DIALOGFLOW, LIVECHAT, RCS, refusal
from infra.sandbox.fault_switches import (
    ALL_FUNCTIONS,
    BOT,
    BY_ID,
    CLOCK,
    FUNCTION,
    MOVES_S,
    SLOW_S,
    SWITCHES,
    Switch,
    function_of,
)
from infra.sandbox.fault_switches import CHANNEL as THE_CHANNEL
from infra.sandbox.livechat.deliveries import Mischief
from infra.sandbox.processes import FunctionProcess
from infra.sandbox.sandbox import ClockNotObeyed, Sandbox
from infra.sandbox.standin import Fault, StandIn
from infra.sandbox.traffic import NeverQuiet
from infra.sandbox.webhook_sender import Sending

JsonObject = dict[str, Any]
HOLD_S = 4.0
"""So long a message waits to be overtaken."""

_BY_HAND = "by hand"
_USERS_MESSAGES = ("message", "suggestionResponse")
_NO_CLOCK = "Time can be moved on only with a SQLite store, and with stand-ins for all services."
_NO_BOT = "An own Dialogflow agent answers: it can't be told to fail."
_BUSY = "The functions were at work all the time, so time was not moved on. Try again."
_CHANNEL_NAMES = {"business_messages": THE_CHANNEL, "rcs": "RCS for Business"}
_REFUSALS = {
    "livechat_limited": ((LIVECHAT,), 429),
    "livechat_down": ((LIVECHAT,), 503),
    "business_messages_down": ((CHANNEL, RCS), 503),
    "dialogflow_down": ((DIALOGFLOW,), 503),
}


class CantSwitch(Exception):
    """It can't be done as things are. The message says why, for whoever tried."""


def switches(sandbox: Sandbox) -> list[JsonObject]:
    """All of them, for a page: the fields of `Switch`, `on`, and `why_not`: "", or why it does not work here."""
    return [_shown(sandbox, one) for one in SWITCHES]


def _shown(sandbox: Sandbox, one: Switch) -> JsonObject:
    said = {name: in_words(sandbox, getattr(one, name)) for name in ("group", "label", "explanation")}
    return {**msgspec.to_builtins(one), **said, "on": _is_on(sandbox, one), "why_not": _why_not(sandbox, one)}


def in_words(sandbox: Sandbox, said: str) -> str:
    """What is said of the channel, by the name of the one that is used here."""
    return said.replace(THE_CHANNEL, _CHANNEL_NAMES[sandbox.channel])


def time_of(sandbox: Sandbox) -> JsonObject:
    """The sandbox's time, for a page: `now`, how many seconds `ahead_s` of the machine's, whether it `can_move` on."""
    clock = sandbox.clock
    return {"now": clock.now().isoformat(), "ahead_s": clock.ahead_s, "can_move": sandbox.obeys_clock}


def switch(sandbox: Sandbox, switch_id: str, on: bool) -> None:
    """Switch it on or off; an action is done when it is switched on.

    Time is moved on at a moment when no function is at work, so that may take a while.

    Raises:
        CantSwitch: there is no such switch, or it does not work here.
    """
    one = BY_ID.get(switch_id)
    if one is None:
        raise CantSwitch(f"There is no switch {switch_id}.")
    if on and (why_not := _why_not(sandbox, one)):
        raise CantSwitch(why_not)
    moment = sandbox.fault_deeds.begin()
    _DO[one.kind](sandbox, one.id, on)
    sandbox.fault_deeds.note(moment, "switch", "", {"id": one.id, "on": on})


def behave_again(sandbox: Sandbox) -> None:
    """Switch everything off. What was killed comes back by itself; time does not go back."""
    with sandbox.switching:
        sandbox.switched_on.clear()
        _apply(sandbox)
    for one in _LOSSES.values():
        one.put(sandbox, False)


def _is_on(sandbox: Sandbox, one: Switch) -> bool:
    if one.id in _LOSSES:
        return _LOSSES[one.id].is_set(sandbox)
    if one.group == FUNCTION:
        return any(map(sandbox.crashes.is_down, _processes(sandbox, one.id)))
    return one.id in sandbox.switched_on


def _why_not(sandbox: Sandbox, one: Switch) -> str:
    if one.group == CLOCK and not sandbox.obeys_clock:
        return _NO_CLOCK
    return _NO_BOT if one.group == BOT and sandbox.own_bot else ""


# --- switches --------------------------------------------------------------------------------------------------------


def _turn(sandbox: Sandbox, switch_id: str, on: bool) -> None:
    with sandbox.switching:
        change = sandbox.switched_on.add if on else sandbox.switched_on.discard
        change(switch_id)
        _apply(sandbox)


def _apply(sandbox: Sandbox) -> None:
    """Have every stand-in do what is switched on now, and nothing of what is not."""
    on = sandbox.switched_on
    for standin in (sandbox.livechat, *sandbox.channels.values(), sandbox.dialogflow):
        _put_faults(standin, _faults(standin.name, on))
    is_twice, is_swapped = "webhooks_twice" in on, "webhooks_swapped" in on
    deliveries = sandbox.livechat.licence.webhooks.deliveries
    hold_s = HOLD_S if is_swapped else Mischief().hold_s
    deliveries.mischief = msgspec.structs.replace(
        deliveries.mischief, duplicate=float(is_twice), swap=is_swapped, hold_s=hold_s
    )
    hold_s = HOLD_S if is_swapped else Sending().hold_s
    swap = _USERS_MESSAGES if is_swapped else ()
    for channel in sandbox.channels.values():
        channel.change_options(sending={"twice": float(is_twice), "swap": swap, "hold_s": hold_s})
    sandbox.dialogflow.change_options(webhook={"twice": is_twice})


def _put_faults(standin: StandIn, faults: list[Fault]) -> None:
    with standin.lock:
        standin.faults = [*(one for one in standin.faults if one.name != _BY_HAND), *faults]


def _faults(standin: str, on: set[str]) -> list[Fault]:
    """The rules of one stand-in: of several refusals each strikes as often as the others, and all are slow if it is."""
    delay_s = SLOW_S if standin == LIVECHAT and "livechat_slow" in on else 0.0
    statuses = [status for one, (who, status) in _REFUSALS.items() if standin in who and one in on]

    def fault(**how: Any) -> Fault:
        return Fault(path=API_PATHS[standin], name=_BY_HAND, delay_s=delay_s, **how)

    if not statuses:
        return [fault()] if delay_s else []
    return [
        fault(status=status, body=refusal(standin, status), share=1 / left)
        for status, left in zip(statuses, range(len(statuses), 0, -1), strict=True)
    ]


# --- what strikes once -----------------------------------------------------------------------------------------------


class _Loss(NamedTuple):
    is_set: Callable[[Sandbox], bool]
    put: Callable[[Sandbox, bool], None]


def _lose_users(sandbox: Sandbox, on: bool) -> None:
    sandbox.channels[sandbox.channel].phone.sender.lose_next = _USERS_MESSAGES if on else ()


def _lose_agents(sandbox: Sandbox, on: bool) -> None:
    sandbox.livechat.licence.webhooks.deliveries.lose_next = on


_LOSSES = {
    "drop_next_of_user": _Loss(
        lambda sandbox: bool(sandbox.channels[sandbox.channel].phone.sender.lose_next), _lose_users
    ),
    "drop_next_of_agent": _Loss(
        lambda sandbox: sandbox.livechat.licence.webhooks.deliveries.lose_next,
        _lose_agents,
    ),
}


# --- actions ---------------------------------------------------------------------------------------------------------


def _act(sandbox: Sandbox, switch_id: str, on: bool) -> None:
    if not on:
        return
    if switch_id in MOVES_S:
        _move_on(sandbox, MOVES_S[switch_id])
    elif switch_id == "tokens_expire":
        for kind in ("agent", "customer"):
            sandbox.livechat.expire_tokens(kind)
    else:
        for process in _processes(sandbox, switch_id):
            sandbox.crashes.kill(process)


def _move_on(sandbox: Sandbox, seconds: float) -> None:
    try:
        sandbox.move_on(seconds)
    except ClockNotObeyed as e:
        raise CantSwitch(_NO_CLOCK) from e
    except NeverQuiet as e:
        raise CantSwitch(_BUSY) from e


def _processes(sandbox: Sandbox, switch_id: str) -> list[FunctionProcess]:
    processes = list(sandbox.functions.values())
    if switch_id == ALL_FUNCTIONS:
        return processes
    return [process for process in processes if process.name == function_of(switch_id)]


_DO: dict[str, Callable[[Sandbox, str, bool], None]] = {
    "switch": _turn,
    "once": lambda sandbox, switch_id, on: _LOSSES[switch_id].put(sandbox, on),
    "action": _act,
}
