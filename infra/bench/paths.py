"""What each path costs in store round trips and outbound calls, beside its budget."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence

import msgspec

from infra.bench.courier import Webhook
from infra.bench.report import Row
from infra.bench.rig import DESK_DOOR, Chat, Delivered, Rig

_BOT_TURN_CALLS = 2
_ACCEPT_TRIPS = 2
_REPEATS = 3

_Note = Callable[[str, Webhook], None]
"""(path, webhook): deliver it, and keep what it cost under the path's name."""

Costs = Mapping[str, Sequence[Delivered]]
"""Path → what its deliveries cost."""


class Budget(msgspec.Struct, frozen=True):
    """What a path may cost (None = no budget was set), beyond what is not counted as its own.

    `free_trips`, `free_calls`: taken off before comparing, see `remark`.
    """

    trips: int | None = None
    calls: int | None = None
    free_trips: int = 0
    free_calls: int = 0
    remark: str = ""


_HANDOFF = Budget(5, 4, _ACCEPT_TRIPS, _BOT_TURN_CALLS, "after the accepting commit; beside the bot's words")
BUDGETS: dict[str, Budget] = {
    "bot turn": Budget(4, 2),
    "relay user → agent": Budget(3, 1),
    "relay agent → user": Budget(3, 1),
    "relay agent → user, chat new to the process": Budget(4, 1, remark="one of them looks the chat up"),
    "agent's first message without a join, chat new to the process": Budget(6, 2, remark="the same"),
    "duplicate from the channel": Budget(1, 0),
    "duplicate from LiveChat": Budget(1, 0),
    "duplicate from LiveChat, chat new to the process": Budget(2, 0, remark="one of them looks the chat up"),
    "hand-off, agent token warm": _HANDOFF,
    "hand-off again, chat resumed": _HANDOFF,
    "hand-off, agent token to be refreshed": Budget(
        None, None, _ACCEPT_TRIPS, _BOT_TURN_CALLS, "the deployment's first; counted as above"
    ),
    "agent joins": Budget(),
    "agent's message after one that never arrived": Budget(remark="a read of the thread, and both messages"),
    "agent's chat closed, back to the bot": Budget(remark="one read, LEFT, the bot's return event and its words"),
}


def measure(rig: Rig) -> Costs:
    """Walk every path, some more than once. The rig must be new and without delays."""
    costs: dict[str, list[Delivered]] = defaultdict(list)

    def note(path: str, webhook: Webhook) -> None:
        costs[path].append(rig.deliver(webhook))

    chat = _first_chat(rig, note)
    _relay(rig, chat, note)
    _new_to_the_process(rig, chat, note)
    _close_and_come_again(rig, chat, note)
    _message_without_join(rig, note)
    return costs


def _first_chat(rig: Rig, note: _Note) -> Chat:
    conversation = rig.open_conversation()
    for _ in range(_REPEATS):
        turn = rig.say(conversation, "what are your opening hours?")
        note("bot turn", turn)
        note("duplicate from the channel", turn)
    note("hand-off, agent token to be refreshed", rig.say(conversation, "talk to a person"))
    joined = rig.courier.take(lambda webhook: webhook.content.get("action") == "incoming_chat")
    note("agent joins", joined)
    return Chat(conversation, str(joined.content["payload"]["chat"]["id"]))


def _relay(rig: Rig, chat: Chat, note: _Note) -> None:
    for number in range(_REPEATS):
        message = rig.say(chat.conversation, f"it is broken ({number})")
        note("relay user → agent", message)
        note("duplicate from the channel", message)
        answer = rig.reply(chat.chat_id, f"how can I help? ({number})")
        note("relay agent → user", answer)
        note("duplicate from LiveChat", answer)


def _new_to_the_process(rig: Rig, chat: Chat, note: _Note) -> None:
    answer = rig.reply(chat.chat_id, "are you still there?")
    rig.restart(DESK_DOOR)
    note("relay agent → user, chat new to the process", answer)
    rig.restart(DESK_DOOR)
    note("duplicate from LiveChat, chat new to the process", answer)
    rig.reply(chat.chat_id, "this one gets lost")
    note("agent's message after one that never arrived", rig.reply(chat.chat_id, "and this one does not"))


def _close_and_come_again(rig: Rig, chat: Chat, note: _Note) -> None:
    rig.courier.forget()
    rig.sandbox.livechat.play("close", chat_id=chat.chat_id, agent="jane@shop.example")
    note("agent's chat closed, back to the bot", rig.take_action("chat_deactivated", chat.chat_id))
    note("hand-off again, chat resumed", rig.say(chat.conversation, "talk to a person"))


def _message_without_join(rig: Rig, note: _Note) -> None:
    for _ in range(_REPEATS):
        rig.courier.forget()
        conversation = rig.open_conversation()
        note("bot turn", rig.say(conversation, "what are your opening hours?"))
        note("hand-off, agent token warm", rig.say(conversation, "talk to a person"))
        lost = rig.courier.take(lambda webhook: webhook.content.get("action") == "incoming_chat")
        answer = rig.reply(str(lost.content["payload"]["chat"]["id"]), "how can I help?")
        note("agent's first message without a join, chat new to the process", answer)


def rows(section: str, costs: Costs, budgets: Mapping[str, Budget] = BUDGETS) -> list[Row]:
    """A row for each path that was walked: the worst of its deliveries counts."""
    table = [_row(section, path, budget, costs[path]) for path, budget in budgets.items() if costs.get(path)]
    return [*table, *agreement(section, [one for deliveries in costs.values() for one in deliveries])]


def _row(section: str, path: str, budget: Budget, deliveries: Sequence[Delivered]) -> Row:
    trips = max(one.trips for one in deliveries) - budget.free_trips
    calls = max(one.all_calls for one in deliveries) - budget.free_calls
    has_budget = budget.trips is not None and budget.calls is not None
    return Row(
        section=section,
        measure=path,
        measured=f"{trips} + {calls}",
        budget=f"{budget.trips} + {budget.calls}" if has_budget else "",
        is_met=_fits(trips, budget.trips) and _fits(calls, budget.calls) if has_budget else None,
        is_count=True,
        remark="; ".join(filter(None, (budget.remark, _by_name(deliveries)))),
    )


def _fits(count: int, most: int | None) -> bool:
    return most is None or count <= most


def agreement(section: str, deliveries: Sequence[Delivered]) -> list[Row]:
    """Whether the functions' own count of trips is what was counted underneath; no row where nobody counted."""
    counted = [one for one in deliveries if one.counted_trips is not None]
    if not counted:
        return []
    wrong = sum(one.counted_trips != one.trips for one in counted)
    total = sum(one.trips for one in counted)
    measure = "deliveries whose logged trips are not those counted underneath"
    return [
        Row(
            section=section,
            measure=measure,
            measured=str(wrong),
            budget="0",
            is_met=wrong == 0,
            is_count=True,
            remark=f"{total} trips in {len(counted)} deliveries",
        )
    ]


def _by_name(deliveries: Sequence[Delivered]) -> str:
    most = max(deliveries, key=lambda one: one.all_calls)
    return ", ".join(f"{name} {count}" for name, count in most.calls.items())
