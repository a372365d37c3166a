"""What working on an entry means: at most one effect on one provider, then one commit.

Each kind of entry has a `Work`: `perform` makes the calls and says what came of them, `settle` (pure) writes it into
the conversation together with the entries that follow, `give_up` (pure) draws the consequences when it can never be
done.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from functions.handoff.changes import Changes
from functions.handoff.conversation import Conversation
from functions.handoff.errors import ConfigError, LeaseTooShort, OutOfTime
from functions.handoff.interfaces import LIVECHAT, AgentDesk, Bot, Channel, Clock, Customer, CustomerDesk, Files, Voice
from functions.handoff.parts import Doubt, Presence
from functions.handoff.policy import Policy
from functions.handoff.schedule import DESK_WORKS_UP_TO_S, MIN_TIME_S, REPEATABLE_TIMEOUT_S
from functions.handoff.texts import find_text


class Sides(NamedTuple):
    """The outside, by protocol. `channels`: name → channel. `files`: what users send. `bots`: of brands, each."""

    channels: Mapping[str, Channel]
    desk: AgentDesk
    bot: Bot
    files: Files
    bots: Mapping[str, Bot] = {}


class Step:
    """One entry in hand: what `perform` may look at and use. The conversation is only read.

    Args:
        deadline: when the door must have answered.
    """

    def __init__(
        self,
        conversation: Conversation,
        entry_id: str,
        *,
        sides: Sides,
        policy: Policy,
        clock: Clock,
        deadline: datetime,
    ) -> None:
        self.conversation = conversation
        self.entry_id = entry_id
        self.sides = sides
        self.policy = policy
        self.clock = clock
        self.began_at: datetime | None = None  # when the last call that can't be repeated began
        self.had_effect = False  # a part of what this entry does is done for sure
        self.shown = conversation.shown.get(entry_id, 0)  # parts of a long message that the user has seen
        self._deadline = deadline
        self._customer_desk: CustomerDesk | None = None

    @property
    def desk_doubt(self) -> Doubt | None:
        """Whether an earlier call to the desk for this entry may have taken effect."""
        doubt = self.conversation.doubt.get(self.entry_id)
        return doubt if doubt and doubt.provider == LIVECHAT else None

    @property
    def channel(self) -> Channel:
        """The conversation's channel."""
        return self.sides.channels[self.conversation.channel]

    @property
    def bot(self) -> Bot:
        """The bot of the conversation's brand.

        Raises:
            ConfigError: there is no such brand any more; what its users said is not for another's bot.
        """
        brand = self.conversation.brand
        if brand and brand not in self.sides.bots:
            raise ConfigError(f"BRANDS_FILE has no brand {brand} (any more), but a conversation of it goes on")
        return self.sides.bots[brand] if brand else self.sides.bot

    @property
    def desk(self) -> AgentDesk:
        """The agents' inbox."""
        return self.sides.desk

    def as_customer(self) -> CustomerDesk:
        """The agents' inbox as this conversation's customer; there must be one."""
        if self._customer_desk is None:
            customer = self.conversation.customer
            if customer is None:
                raise LookupError(f"{self.conversation.key} has no customer yet")
            self._customer_desk = self.desk.as_customer(customer)
        return self._customer_desk

    @property
    def customer(self) -> Customer | None:
        """The customer with the token as of now."""
        return self._customer_desk.customer if self._customer_desk else self.conversation.customer

    def now(self) -> datetime:
        """Aware, UTC."""
        return self.clock.now()

    def timeout_s(self, longest: float = REPEATABLE_TIMEOUT_S) -> float:
        """Time for a call that can be repeated.

        Raises:
            OutOfTime: less than a second is left.
        """
        left = (self._deadline - self.now()).total_seconds()
        if left < MIN_TIME_S:
            raise OutOfTime
        return min(longest, left)

    def long_timeout_s(self, timeout_s: float, then_s: float = MIN_TIME_S) -> float:
        """Time for a call that can be repeated and is not worth beginning with less; a door with little leaves it.

        `then_s`: what the call that it is made for takes.

        Raises:
            OutOfTime: the door does not have all of it left.
        """
        if (self._deadline - self.now()).total_seconds() < timeout_s + then_s:
            raise OutOfTime
        return timeout_s

    def begin(self, timeout_s: float) -> float:
        """Begin a call that can't be repeated blindly; answers its timeout.

        It may be sent as late as its timeout (a token is renewed first), and worked on for long after that.

        Raises:
            OutOfTime: the door does not have all of it left.
            LeaseTooShort: the effect could come after the lease is over.
        """
        now = self.now()
        if (self._deadline - now).total_seconds() < timeout_s:
            raise OutOfTime
        lease = self.conversation.lease
        if lease is None or (lease.until - now).total_seconds() < timeout_s + DESK_WORKS_UP_TO_S:
            raise LeaseTooShort
        self.began_at = now
        return timeout_s

    def text(self, text_id: str, **parameters: object) -> str:
        """Words of the bridge in the user's language."""
        policy = self.policy
        return find_text(text_id, self.conversation.user.locale, policy.texts, policy.language, **parameters)

    def language(self) -> str:
        """The user's locale, or "" when the channel gives none."""
        return self.conversation.user.locale

    def bot_voice(self) -> Voice:
        """Who speaks when the bot or the bridge does."""
        return Voice("BOT", self.policy.bot_name, self.policy.bot_avatar_url)

    def human_voice(self, presence: Presence) -> Voice:
        """Who speaks when an agent does; the name as the operator wants it shown."""
        return voice_of(presence, self.policy)


def voice_of(presence: Presence, policy: Policy) -> Voice:
    """An agent for the user's eyes, as the group they are shown for wants it: never an id or e-mail."""
    names = policy.names_in(presence.group_id)
    name = "" if "@" in presence.agent.name else presence.agent.name.strip()
    if names.policy == "fixed" or not name:
        name = names.human_name
    elif names.policy == "first":
        name = name.split()[0]
    return Voice("HUMAN", name, names.human_avatar_url)


def _nothing(_changes: Changes, _entry: Any, _reason: str) -> None:
    """There is nobody to tell."""


class Work(NamedTuple):
    """How one kind of entry is worked. `leaves_dead_letter`: kept for an operator when it is given up."""

    perform: Callable[[Step, Any], Any]
    settle: Callable[[Changes, Any, Any], None]
    give_up: Callable[[Changes, Any, str], None] = _nothing
    leaves_dead_letter: bool = False


def no_call(_step: Step, _entry: Any) -> None:
    """`perform` of entries that call nobody."""
