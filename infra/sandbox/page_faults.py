"""The fault switches on the page: actions as in `page_actions`, and what there is to show, in plain words."""

from typing import Annotated, Any

import msgspec
from msgspec import Meta

from infra.sandbox import faults
from infra.sandbox.fault_switches import ALL_FUNCTIONS, FUNCTION, function_of
from infra.sandbox.page_actions import MAX_ID_CHARACTERS, Action
from infra.sandbox.sandbox import Sandbox

JsonObject = dict[str, Any]
BROKEN = {
    "livechat_slow": "LiveChat is slow",
    "livechat_limited": "LiveChat turns calls away (429)",
    "livechat_down": "LiveChat is down",
    "business_messages_down": "Business Messages is down",
    "dialogflow_down": "Dialogflow is down",
    "webhooks_twice": "Webhooks come twice",
    "webhooks_swapped": "Webhooks come out of order",
    "drop_next_of_user": "The user’s next webhook gets lost",
    "drop_next_of_agent": "The agent’s next webhook gets lost",
}
"""By switch: what is broken while it is on."""


class _Arguments(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    pass


class Set(_Arguments, frozen=True, kw_only=True):
    """`on`: switch it on, or an action: do it."""

    id: Annotated[str, Meta(min_length=1, max_length=MAX_ID_CHARACTERS)]
    on: bool


def read_faults(sandbox: Sandbox) -> JsonObject:
    """The switches (`faults.switches`), and what is broken now.

    `broken`: a sentence for each. `can_mend`: whether there is something that only ends when it is switched off.
    `ahead_s`: how far the sandbox's time is ahead of the machine's.
    """
    switches = faults.switches(sandbox)
    on = [one for one in switches if one["on"]]
    return {
        "switches": switches,
        "broken": [faults.in_words(sandbox, _words(one)) for one in on if one["id"] != ALL_FUNCTIONS],
        "can_mend": any(one["kind"] != "action" for one in on),
        "ahead_s": sandbox.clock.ahead_s,
    }


def _words(one: JsonObject) -> str:
    if one["group"] == FUNCTION:
        return f"{function_of(one['id'])} was killed and is coming back"
    return BROKEN.get(str(one["id"]), str(one["label"]))


def _set(sandbox: Sandbox, body: Set) -> JsonObject:
    faults.switch(sandbox, body.id, body.on)
    return {}


def _behave(sandbox: Sandbox, _body: _Arguments) -> JsonObject:
    faults.behave_again(sandbox)
    return {}


ACTIONS: dict[str, Action] = {
    "fault/set": Action(Set, _set),
    "fault/behave": Action(_Arguments, _behave),
}
"""Each may raise `CantSwitch`, whose message may be shown."""
