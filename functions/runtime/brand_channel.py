"""One channel for several brands: each agent's messages go out as its brand wants them."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager

from functions.handoff.content import OutboundMessage
from functions.handoff.events import JsonObject
from functions.handoff.interfaces import Channel, Voice


class BrandChannel:
    """A `Channel` that leaves each call to the channel of the agent that the address names.

    Args:
        own: for every agent that has none.
        by_agent: agent id → channel.
        composer: writes everybody's messages, as there is no address yet: the one that leaves most room.
        agent_field: where the agent stands in an address.
    """

    def __init__(self, own: Channel, by_agent: Mapping[str, Channel], *, composer: Channel, agent_field: str) -> None:
        self.name = own.name
        self._own = own
        self._by_agent = by_agent
        self._composer = composer
        self._agent_field = agent_field

    def _of(self, address: JsonObject) -> Channel:
        return self._by_agent.get(address.get(self._agent_field, ""), self._own)

    def compose(self, message: OutboundMessage, voice: Voice) -> Sequence[JsonObject]:
        """As `Channel.compose`."""
        return self._composer.compose(message, voice)

    def send_message(
        self, address: JsonObject, part: JsonObject, voice: Voice, *, message_id: str, timeout_s: float
    ) -> None:
        """As `Channel.send_message`."""
        self._of(address).send_message(address, part, voice, message_id=message_id, timeout_s=timeout_s)

    def send_framing(
        self, address: JsonObject, voice: Voice, *, left: bool, line: OutboundMessage, event_id: str, timeout_s: float
    ) -> None:
        """As `Channel.send_framing`."""
        of_agent = self._of(address)
        of_agent.send_framing(address, voice, left=left, line=line, event_id=event_id, timeout_s=timeout_s)

    def thinking(self, address: JsonObject, voice: Voice) -> AbstractContextManager[None]:
        """As `Channel.thinking`."""
        return self._of(address).thinking(address, voice)

    def send_survey(self, address: JsonObject, *, survey_id: str, timeout_s: float) -> bool:
        """As `Channel.send_survey`."""
        return self._of(address).send_survey(address, survey_id=survey_id, timeout_s=timeout_s)

    def send_read(self, address: JsonObject, message_id: str, *, timeout_s: float) -> None:
        """As `Channel.send_read`."""
        self._of(address).send_read(address, message_id, timeout_s=timeout_s)
