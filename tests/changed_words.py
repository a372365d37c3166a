"""What agents do to words they have written, for the tests of corrections and of what is taken back."""

from typing import Any

from functions.handoff.events import Agent, MessageDeleted, MessageEdited
from functions.handoff.languages import BUILT_IN
from tests.core_world import JANE, World

EN = BUILT_IN["en"]
CODE = "The code of your neighbour is 4711."
TAKEN_BACK = EN["withdrawn"].format(name="Jane Doe")


def edit(world: World, event_id: str, text: str, agent: Agent = JANE) -> None:
    where = place(world)
    edited = MessageEdited(id=f"edit:{event_id}:{text}", event_id=event_id, agent=agent, text=text, **where)
    world.desk_says(edited)


def delete(world: World, event_id: str) -> None:
    world.desk_says(MessageDeleted(id=f"deleted:{event_id}", event_id=event_id, **place(world)))


def place(world: World) -> dict[str, Any]:
    c = world.conversation
    return {"source_at": world.clock.now(), "chat_id": c.chat_id, "thread_id": c.last_thread_id}


def notes(world: World) -> list[str]:
    events = world.desk.newest(world.conversation.chat_id).events
    return [event.text for event in events if not event.visible and "Note from the bridge" in event.text]


def remembered(world: World) -> str:
    """All that the transcript says."""
    return "\n".join(line.text for line in world.conversation.transcript)
