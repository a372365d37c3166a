"""Which call was made for which request, and whose they are: guessed from time, corrected by what is learned later.

The function's log line counts the calls and names the conversation; it has the last word.
"""

from collections.abc import Callable, Iterable, Mapping

from infra.sandbox.page_kinds import BUSINESS_MESSAGES, CLOUD_TASKS, DIALOGFLOW, LIVECHAT, RCS
from infra.sandbox.page_owners import Owners, chat_name, names_in
from infra.sandbox.page_rows import Kept, Row
from infra.sandbox.wire import Exchange

_SLACK_S = 0.5
_WIRES = {
    "channel": BUSINESS_MESSAGES,
    "rcs": RCS,
    "livechat": LIVECHAT,
    "dialogflow": DIALOGFLOW,
    "tasks": CLOUD_TASKS,
}
"""Whom the functions' counts mean: what stands before the first underscore ("channel_receipts")."""


class Families:
    """Puts calls under requests.

    Args:
        kept: all rows, by number, oldest first.
        touch: called with each row that changed.
    """

    def __init__(self, kept: Mapping[int, Kept], touch: Callable[[Row], None]) -> None:
        self._kept = kept
        self._touch = touch
        self._owners = Owners()

    def take_in(self, new: Kept, exchange: Exchange) -> None:
        """Say of a row that has just begun whose it is and, of a call, which request it was made for."""
        new.names = names_in(exchange)
        new.row.conversation = self._owners.key_in(exchange) or self._owners.key_by(new.names)
        parent = None if exchange.inward else self._find_parent(new)
        if parent:
            new.row.parent, new.row.function = parent.row.number, parent.row.function
            new.is_guess = not new.row.conversation
            new.row.conversation = new.row.conversation or parent.row.conversation

    def learn_end(self, one: Kept, exchange: Exchange) -> None:
        """What an answer tells of whose it is, and what of others."""
        one.names |= names_in(exchange)
        if one.row.conversation:
            self._owners.learn((name for name in one.names if not self._owners.key_by([name])), one.row.conversation)
        else:
            one.row.conversation = self._owners.key_by(one.names)

    def learn_line(self, request: Kept, key: str, chat_id: str) -> None:
        """What a log line tells: the conversation, its chat, and how many calls there were."""
        key = self._owners.of_log(key)
        if key:
            request.row.conversation = key
            for one in self._kept.values():
                if one.row.parent == request.row.number and not one.row.conversation:
                    self._give(one, key)
            self._spread(request.names | ({chat_name(chat_id)} if chat_id else set()), key)
        self._settle_calls(request)

    # --- whose it is -------------------------------------------------------------------------------------------------

    def _spread(self, names: set[str], key: str) -> None:
        """All that hangs together by names is that conversation's."""
        new = names
        while new:
            self._owners.learn(new, key)
            found = [one for one in self._kept.values() if one.names & new and one.row.conversation != key]
            found = [one for one in found if one.is_guess or not one.row.conversation]
            for one in found:
                self._give(one, key)
            new = {name for one in found for name in one.names} - names
            names = names | new

    def _give(self, one: Kept, key: str) -> None:
        one.row.conversation, one.is_guess = key, False
        parent = self._kept.get(one.row.parent or 0)
        if one.row.direction == "out" and (parent is None or parent.row.conversation != key):
            self._put_under(one, self._find_parent(one))
        self._touch(one.row)

    # --- for which request -------------------------------------------------------------------------------------------

    def _find_parent(self, call: Kept, besides: int = 0) -> Kept | None:
        """The first of the requests that were in hand when the call began; without a conversation, the only one."""
        at = call.row.at
        in_hand = [one for one in self._kept.values() if one.row.number != besides and _is_in_hand(one, at)]
        in_hand = [one for one in in_hand if one.line is None or self._has_room(one.row, call.wire)]
        if call.row.conversation and not call.is_guess:
            in_hand = [one for one in in_hand if one.row.conversation == call.row.conversation]
            return in_hand[0] if in_hand else None
        return in_hand[0] if len(in_hand) == 1 else None

    def _has_room(self, request: Row, wire: str) -> bool:
        return len(self._calls_of(request, wire)) < _counted(request.calls or {})[wire]

    def _calls_of(self, request: Row, wire: str) -> list[Kept]:
        return [one for one in self._kept.values() if one.row.parent == request.number and one.wire == wire]

    def _settle_calls(self, request: Kept) -> None:
        """Give the request as many calls as its line counts: it gives away the rest, and takes what may be its own."""
        row = request.row
        if row.calls is None:
            return
        for wire, counted in _counted(row.calls).items():
            mine = _surest_first(self._calls_of(row, wire))
            for call in mine[counted:]:
                self._put_under(call, self._find_parent(call, besides=row.number))
            if counted > len(mine):
                free = [one for one in self._kept.values() if one.wire == wire and self._could_be_of(one, row)]
                for call in _surest_first(free)[: counted - len(mine)]:
                    self._put_under(call, request)

    def _could_be_of(self, call: Kept, request: Row) -> bool:
        """Whether a call of nobody's, or one that was only guessed to be another's, may be the request's."""
        row = call.row
        if row.direction != "out" or row.parent == request.number:
            return False
        if not call.is_guess and row.conversation not in ("", request.conversation):
            return False
        guessed = self._kept.get(row.parent or 0)
        if guessed and guessed.line is not None:
            return False
        slack_s = 0.0 if guessed else _SLACK_S
        ended_at = request.at + (request.ms or 0) / 1000
        return request.at - slack_s <= row.at <= ended_at + slack_s

    def _put_under(self, call: Kept, parent: Kept | None) -> None:
        call.row.parent = parent.row.number if parent else None
        call.row.function = parent.row.function if parent else ""
        if call.is_guess or not call.row.conversation:
            call.row.conversation = parent.row.conversation if parent else ""
            call.is_guess = True
        self._touch(call.row)


def _surest_first(calls: Iterable[Kept]) -> list[Kept]:
    return sorted(calls, key=lambda one: one.is_guess or not one.row.conversation)


def _counted(calls: Mapping[str, int]) -> dict[str, int]:
    """How many calls there were on each wire."""
    counted = dict.fromkeys(_WIRES.values(), 0)
    for provider, count in calls.items():
        wire = _WIRES.get(provider.partition("_")[0])
        if wire:
            counted[wire] += count
    return counted


def _is_in_hand(kept: Kept, at: float) -> bool:
    exchange = kept.exchange
    if exchange is None or not exchange.inward:
        return False
    return exchange.began_at <= at and (not exchange.ended_at or at <= exchange.ended_at)
