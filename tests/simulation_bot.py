"""The bot of a simulated run: like that of the core's tests, but after some sign-ins it asks for a person."""

from typing import Any

import msgspec

from functions.handoff.events import BotAnswer, HandoffSignal
from tests.core_world import World


def pass_on_sign_ins(world: World) -> None:
    """Let the bot hand off after every third sign-in, with all that it was told."""
    hear_event = world.bot.hear_event

    def hear(session: str, name: str, parameters: dict[str, Any], **more: Any) -> BotAnswer:
        answer = hear_event(session, name, parameters, **more)
        number = str(parameters.get("code", "#1")).partition("#")[2]
        if int(number) % 3:
            return answer
        messages = answer.messages if int(number) % 2 else ()
        return msgspec.structs.replace(answer, messages=messages, handoff=HandoffSignal("bot", parameters))

    world.bot.hear_event = hear  # type: ignore[method-assign]
