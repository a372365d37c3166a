"""Stories: scripted conversations, one JSON file each, that anybody can read, play and record.

A story says who does what, step by step, and how the lines that come of it begin, on the user's phone and in the
agents' inbox. What `with` may hold is in `story_deeds`; how a story is played, in `story_play`.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from infra.sandbox.story_deeds import check_deed
from infra.sandbox.story_errors import StoryError

JsonObject = dict[str, Any]
FOLDER = Path(__file__).parent / "stories"
MAX_FILE_BYTES = 2 * 1024 * 1024
_Words = Annotated[str, Meta(min_length=1, max_length=300)]
StoryName = Annotated[str, Meta(pattern=r"\A[a-z0-9][a-z0-9-]{0,59}\Z")]
"""Of the file, without its suffix."""
Status = Literal["accepting_chats", "not_accepting_chats", "offline"]


class Step(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """One thing that somebody does, and all that is seen of it.

    `who`: the user; an agent, in the user's chat; the desk (who works, and LiveChat itself); a fault. `phone`, `inbox`:
    how the lines that come of it begin, on each side in this order. `within_s`: how long they may take.
    """

    title: _Words
    who: Literal["user", "agent", "desk", "fault"]
    deed: _Words
    arguments: JsonObject = msgspec.field(default_factory=dict, name="with")
    phone: tuple[str, ...] = ()
    inbox: tuple[str, ...] = ()
    within_s: Annotated[float, Meta(gt=0, le=600)] = 20.0


class Story(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A conversation with one user.

    `agents`: who must be at their desks for it, by e-mail; those who are not named take no chats while it is played.
    `context`: adds to what the channel tells of the user.
    """

    title: _Words
    description: _Words
    user: Annotated[str, Meta(max_length=100)] = "Michael"
    locale: _Words = "en"
    context: JsonObject = {}
    agents: dict[str, Status] = {}
    steps: Annotated[tuple[Step, ...], Meta(min_length=1, max_length=500)]


class Listed(msgspec.Struct, frozen=True, kw_only=True):
    """A story, for a menu. `problem`: why it can't be played; "" = it can."""

    name: str
    title: str
    description: str
    steps: int = 0
    problem: str = ""


def load(name: str, folder: Path = FOLDER) -> Story:
    """Read and check the story of that name.

    Raises:
        StoryError: there is none, or something in it is wrong; the message says what and where.
    """
    path = _path(name, folder)
    try:
        content = path.read_bytes()
    except OSError as e:
        raise StoryError(f"there is no story {name}") from e
    return parse(content, name)


def parse(content: bytes, name: str = "story") -> Story:
    """Check a story's file.

    Raises:
        StoryError: something in it is wrong; the message says what and where.
    """
    if len(content) > MAX_FILE_BYTES:
        raise StoryError(f"{name}: a story may have {MAX_FILE_BYTES // 1024**2} MB at most")
    try:
        story = msgspec.json.decode(content, type=Story)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as e:
        raise StoryError(f"{name}: {e}") from e
    deeds = [(step.who, step.deed) for step in story.steps]
    for number, step in enumerate(story.steps, 1):
        try:
            check_deed(step.who, step.deed, step.arguments, deeds[: number - 1])
        except StoryError as e:
            raise StoryError(f"{name}, step {number} “{step.title}”: {e}") from e
    return story


def list_all(folder: Path = FOLDER) -> list[Listed]:
    """Every story there is, by name; one that is wrong says what is."""
    return [_listed(path.stem, folder) for path in sorted(folder.glob("*.json"))]


def names(folder: Path = FOLDER) -> Iterator[str]:
    """The names of all stories."""
    return (path.stem for path in sorted(folder.glob("*.json")))


def _listed(name: str, folder: Path) -> Listed:
    try:
        story = load(name, folder)
    except StoryError as e:
        return Listed(name=name, title=name, description="", problem=str(e))
    return Listed(name=name, title=story.title, description=story.description, steps=len(story.steps))


def save(story: Story, name: str, folder: Path = FOLDER) -> Path:
    """Write the story to a new file, from which it can be loaded.

    Raises:
        StoryError: it has such a story already, the name is none, or the story can't be played.
    """
    path = _path(name, folder)
    content = msgspec.json.format(msgspec.json.encode(story), indent=2) + b"\n"
    parse(content, name)
    try:
        with path.open("xb") as file:
            file.write(content)
    except FileExistsError as e:
        raise StoryError(f"there is a story {name} already") from e
    except OSError as e:
        raise StoryError(f"the story can't be written: {e.strerror}") from e
    return path


def _path(name: str, folder: Path) -> Path:
    try:
        return folder / f"{msgspec.convert(name, StoryName)}.json"
    except msgspec.ValidationError as e:
        raise StoryError("a story's name is made of small letters, digits and hyphens, 60 at most") from e
