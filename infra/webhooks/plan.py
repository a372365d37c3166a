"""The difference between the webhooks that should be registered and those that are. Pure: it calls nobody.

Source: LiveChat Configuration API 3.6: at most three webhooks for each action and client id; none can be changed, only
replaced.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import msgspec

from functions.handoff.events import JsonObject
from infra.webhooks.wanted import KIND, MARK, Wanted

MOST = 3  # for each action and client id
_FILTERS = ("author_type", "only_my_chats", "source_type", "chat_presence", "agent_ids")


class Registered(msgspec.Struct, frozen=True, kw_only=True):
    """A webhook as LiveChat lists it. What LiveChat may leave out is empty, `filters` then None."""

    id: str
    action: str
    url: str = ""
    description: str = ""
    type: str = ""
    owner_client_id: str = ""
    filters: JsonObject | None = None


class Share(NamedTuple):
    """What is to be done for one action, in this order.

    Attributes:
        action: LiveChat's name of it.
        wanted: what should be there; None: nothing of ours.
        in_place: the webhook that is as wanted and stays.
        make_room: an outdated one of ours that has to go first, because there are three already.
        register: whether `wanted` has to be registered.
        doubles: of ours, as wanted, but one more than needed.
        outdated: of ours, to go once the new one is there.
        foreign: not ours; left alone.
    """

    action: str
    wanted: Wanted | None
    in_place: Registered | None
    make_room: tuple[Registered, ...]
    register: bool
    doubles: tuple[Registered, ...]
    outdated: tuple[Registered, ...]
    foreign: tuple[Registered, ...]

    @property
    def is_blocked(self) -> bool:
        """Whether there is no room, and nothing of ours to make some."""
        return self.wanted is not None and self.in_place is None and not self.register

    @property
    def is_settled(self) -> bool:
        """Whether there is nothing to do."""
        return not (self.is_blocked or self.register or self.doubles or self.outdated)

    @property
    def is_replaced(self) -> bool:
        """Whether a new one takes the place of one of ours."""
        return self.register and bool(self.make_room or self.outdated)


def make_plan(wanted: Sequence[Wanted], registered: Iterable[Registered], client_id: str) -> list[Share]:
    """What to do for each action that is wanted, then for each other one that has webhooks.

    Never more than three of an action while it is carried out, and no moment without one of ours where there was one
    before, unless two or three are somebody else's. Of several alike the one with the smallest id stays: whoever looks
    chooses the same.

    Args:
        wanted: one for each action.
        registered: what LiveChat lists.
        client_id: of our app; what another one owns does not count.
    """
    ours_to_see = [one for one in registered if one.owner_client_id in (client_id, "")]
    by_action = {one.action: one for one in wanted}
    actions = [*by_action, *sorted({one.action for one in ours_to_see} - set(by_action))]
    return [_share(action, by_action.get(action), [o for o in ours_to_see if o.action == action]) for action in actions]


def _share(action: str, wanted: Wanted | None, present: list[Registered]) -> Share:
    ours = sorted((one for one in present if is_ours(one)), key=lambda one: one.id)
    alike = [one for one in ours if wanted is not None and is_as_wanted(one, wanted)]
    outdated = [one for one in ours if one not in alike]
    foreign = tuple(one for one in present if one not in ours)
    is_missing = wanted is not None and not alike
    if not is_missing:
        return Share(action, wanted, next(iter(alike), None), (), False, tuple(alike[1:]), tuple(outdated), foreign)
    outdated.sort(key=lambda one: (wanted is not None and one.url == wanted.url, one.id))  # the least useful first
    too_many = len(present) - MOST + 1
    if too_many > len(outdated):
        return Share(action, wanted, None, (), False, (), tuple(outdated), foreign)
    first = max(too_many, 0)
    return Share(action, wanted, None, tuple(outdated[:first]), True, (), tuple(outdated[first:]), foreign)


def is_ours(webhook: Registered) -> bool:
    """Whether this command registered it, for whatever deployment or secret."""
    return webhook.description.partition(" ")[0] == MARK


def is_as_wanted(webhook: Registered, wanted: Wanted) -> bool:
    """Whether it was registered with just what is wanted, and LiveChat lists nothing that says otherwise."""
    said = (webhook.action, webhook.url.rstrip("/"), webhook.description.strip(), webhook.type or KIND)
    is_said = said == (wanted.action, wanted.url.rstrip("/"), wanted.description, KIND)
    return is_said and _agrees(webhook.filters or {}, wanted.filters)


def _agrees(listed: JsonObject, wanted: JsonObject) -> bool:
    """Whether the listed filters say what is wanted. What LiveChat leaves out, or lists as "none", says nothing."""
    return all(_plain(listed[name]) == _plain(wanted.get(name)) for name in _FILTERS if name in listed)


def _plain(value: object) -> object:
    """A filter's value, so that neither order nor the way to say "none" makes a difference."""
    if isinstance(value, list):
        return sorted(map(str, value)) or None
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items() if _plain(one)} or None
    return value or None
