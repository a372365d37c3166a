"""What of a LiveChat event is for the user. Webhooks and threads that are read go through here, so both say the same.

Default deny: only what is visible to all, of a kind that can be shown, and written by a person among the agents becomes
an `AgentMessage`; everything else is a `WithheldEvent`. Wrong types in optional fields count as absent.

Source: LiveChat Agent Chat API 3.6, data structures.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

from functions.handoff.events import Agent, AgentMessage, JsonObject, WithheldEvent
from functions.handoff.ids import is_own_event
from functions.handoff.json_fields import clean_text
from functions.livechat.content import Place, read_content

EVERYONE = "all"
"""The one visibility that includes the user."""

_BOT_ID = re.compile(r"[0-9a-f]{32}")
_DESK_S_OWN = frozenset({"filled_form", "system", "system_message"})  # about the chat, whoever is named as their author

_MAX_NAME_CHARACTERS = 200
_MAX_KIND_CHARACTERS = 50
MAX_ID_CHARACTERS = 200
"""Longest id that is taken for one. Those of what waits, of threads and of agents stand in one record."""


class Person(NamedTuple):
    """A user of a chat as LiveChat lists it. `name` is "" where it is none, or an id or e-mail address."""

    id: str
    name: str
    is_human_agent: bool
    is_visible: bool
    is_present: bool

    @property
    def agent(self) -> Agent:
        """The person for the core."""
        return Agent(self.id, self.name)


def text_in(value: object, *names: str) -> str:
    """The string at this place in nested objects, without NULs; "" when there is none."""
    found = value_in(value, *names)
    return clean_text(found) if isinstance(found, str) else ""


def value_in(value: object, *names: str) -> Any:
    """The value at this place in nested objects; None when there is none."""
    for name in names:
        if not isinstance(value, dict):
            return None
        value = value.get(name)
    return value


def id_in(value: object, *names: str) -> str:
    """The id at this place in nested objects; "" when there is none, or what is there is too long for one."""
    found = text_in(value, *names)
    return found if len(found) <= MAX_ID_CHARACTERS else ""


def objects_in(value: object) -> list[JsonObject]:
    """The objects of a list; nothing when it is none."""
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


# --- people ----------------------------------------------------------------------------------------------------------


def is_bot_id(user_id: str) -> bool:
    """Tell whether this is the id of one of LiveChat's own bots: 32 hex digits (agents: e-mail, customers: UUID)."""
    return bool(_BOT_ID.fullmatch(user_id))


def is_agent_id(user_id: str) -> bool:
    """Tell whether this is the id of an agent: an e-mail address."""
    return "@" in user_id and len(user_id) <= MAX_ID_CHARACTERS


def read_person(user: JsonObject) -> Person | None:
    """One user; None without an id."""
    user_id = id_in(user, "id")
    if not user_id:
        return None
    is_human = user.get("type") == "agent" and not is_bot_id(user_id) and user.get("is_bot") is not True
    return Person(
        id=user_id,
        name=_shown_name(text_in(user, "name"), user_id),
        is_human_agent=is_human,
        is_visible=user.get("visibility") == EVERYONE,
        is_present=user.get("present") is True,
    )


def read_people(users: object) -> dict[str, Person]:
    """A list of users by id."""
    people = (read_person(user) for user in objects_in(users))
    return {person.id: person for person in people if person}


def _shown_name(name: str, user_id: str) -> str:
    return "" if "@" in name or name == user_id else name.strip()[:_MAX_NAME_CHARACTERS]


def _author(event: JsonObject, people: Mapping[str, Person]) -> Agent | None:
    """The person among the agents who wrote it; None for customers, bots and the system."""
    author_id = id_in(event, "author_id")
    known = people.get(author_id)
    if known:
        return known.agent if known.is_human_agent else None
    return Agent(author_id) if is_agent_id(author_id) else None


# --- events ----------------------------------------------------------------------------------------------------------


def read_event(
    event: JsonObject, *, chat_id: str, thread_id: str, people: Mapping[str, Person], source_at: datetime
) -> AgentMessage | WithheldEvent:
    """The neutral event; `event` must have an `id`."""
    place = Place(thread_id, text_in(event, "id")[:MAX_ID_CHARACTERS])
    about: JsonObject = {"id": place.event_id, "source_at": source_at, "chat_id": chat_id, "thread_id": thread_id}
    author = find_writer(event, people)
    if author is None:
        return WithheldEvent(**about)
    content = read_content(event, place)
    if content is None:
        return WithheldEvent(**about, unsupported=text_in(event, "type")[:_MAX_KIND_CHARACTERS] or "unknown")
    return AgentMessage(**about, agent=author, text=content.text, messages=content.messages)


def find_writer(event: JsonObject, people: Mapping[str, Person]) -> Agent | None:
    """The person who wrote this for the user; None for all that is not for the user."""
    is_said = _is_for_user(event) and text_in(event, "type") not in _DESK_S_OWN
    return _author(event, people) if is_said else None


def _is_for_user(event: JsonObject) -> bool:
    return (
        event.get("visibility") == EVERYONE
        and not event.get("deleted")
        and not is_own_event(text_in(event, "custom_id"))
        and not value_in(event, "properties", "lc2", "welcome_message")
    )


def read_time(value: object) -> datetime | None:
    """An RFC 3339 time in UTC, or None when it is none."""
    if not isinstance(value, str):
        return None
    try:
        at = datetime.fromisoformat(value)
        return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
