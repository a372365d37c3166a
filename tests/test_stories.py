"""Stories as files: what is wrong with one is said by name and place, and what is saved can be loaded."""

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from infra.sandbox import stories
from infra.sandbox.stories import Step, Story, list_all, load, parse, save
from infra.sandbox.story_errors import StoryError

SAY = {"title": "the user writes", "who": "user", "deed": "say", "with": {"text": "hi"}}
REPLY = {"title": "the agent answers", "who": "agent", "deed": "reply", "with": {"text": "hello"}}


def content(*steps: dict[str, Any], **more: Any) -> bytes:
    return json.dumps({"title": "A talk", "description": "About nothing", "steps": steps or [SAY], **more}).encode()


def step(who: str, deed: str, **arguments: Any) -> dict[str, Any]:
    return {"title": "a step", "who": who, "deed": deed, "with": arguments}


# --- what is in one --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", list(stories.names()))
def test_every_story_here_can_be_read(name: str) -> None:
    story = load(name)

    assert story.steps
    assert len(story.title) <= 40  # it stands in a menu


def test_the_stories_that_people_ask_for_are_there() -> None:
    wanted = {"seed", "attachment", "transfer", "nobody-online", "agent-offline", "second-handoff", "outage"}

    assert wanted <= set(stories.names())


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (content(SAY, colour="red"), "unknown field `colour`"),
        (content(SAY | {"phones": []}), r"unknown field `phones`.*steps\[0\]"),
        (content(SAY | {"who": "robot"}), "Invalid enum value 'robot'"),
        (content(SAY | {"within_s": 0}), "within_s"),
        (content(agents={"jane@shop.example": "asleep"}), "Invalid enum value 'asleep'"),
        (content(step("user", "shout", text="hi")), "step 1 “a step”: user can't shout; can: say,"),
        (content(step("desk", "reply", text="hi")), "desk can't reply; can: status, timeout"),
        (content(SAY, step("user", "say", txt="hi")), "step 2 .*unknown field `txt`"),
        (content(step("user", "say", text="")), r"\$.text"),
        (content(step("user", "typing", on="yes")), r"Expected `bool`, got `str` - at `\$.on`"),
        (content(step("user", "send_image", content="!?")), r"base64.*\$.content"),
        (content(step("agent", "reply")), "missing required field `text`"),
        (content(step("agent", "reply", text="hi", to="all")), "unknown field `to`"),
        (content(step("agent", "file", name="a.png", content=1)), r"\$.content"),
        (content(step("desk", "status", status="asleep")), "Invalid enum value 'asleep'"),
        (content(step("fault", "switch", id="moon_down", on=True)), "there is no switch moon_down"),
        (content(step("fault", "switch", id="livechat_down")), "missing required field `on`"),
        (content(REPLY, step("agent", "edit", step=2, text="x")), "in step 2 no agent sends anything"),
        (content(SAY, step("agent", "delete", step=1)), "in step 1 no agent sends anything"),
        (content(REPLY, step("agent", "delete", step="1")), "in step 1 no agent sends anything"),
        (b"[]", "Expected `object`"),
        (b"", "truncated"),
        (b"[" * 100_000, "story: "),
        (b'{"title": "\xff"}', "story: "),
        (b'{"title": 1}', r"\$.title"),
        (content(*[SAY] * 501), "length <= 500"),
        (b" " * (2 * 1024 * 1024 + 1), "2 MB"),
    ],
)
def test_what_is_wrong_is_named(wrong: bytes, said: str) -> None:
    with pytest.raises(StoryError, match=said):
        parse(wrong)


def test_a_story_without_steps_is_none() -> None:
    with pytest.raises(StoryError, match=r"\$.steps"):
        parse(json.dumps({"title": "t", "description": "d", "steps": []}).encode())


def test_an_agent_may_change_what_was_sent_in_an_earlier_step() -> None:
    story = parse(content(REPLY, step("agent", "edit", step=1, text="hello again")))

    assert {"step": 1, "text": "hello again"} == story.steps[1].arguments


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda one: (
            st.lists(one)
            | st.dictionaries(
                st.sampled_from(["title", "description", "steps", "who", "deed", "with", "text", "step", "id"]), one
            )
        ),
    )
)
def test_any_json_is_a_story_or_refused(value: Any) -> None:
    for one in (
        value,
        {"title": "t", "description": "d", "steps": [value]},
        json.loads(content(SAY | {"with": value})),
    ):
        with suppress(StoryError):
            parse(json.dumps(one).encode())


# --- files -----------------------------------------------------------------------------------------------------------


def test_what_was_saved_is_what_is_loaded(tmp_path: Path) -> None:
    story = load("attachment")

    save(story, "mine", tmp_path)

    assert story == load("mine", tmp_path)


def test_a_saved_story_reads_like_one_that_was_written(tmp_path: Path) -> None:
    path = save(load("seed"), "mine", tmp_path)

    assert json.loads((stories.FOLDER / "seed.json").read_text()) == json.loads(path.read_text())
    assert len(path.read_text().splitlines()) > 50


def test_a_story_is_never_written_over(tmp_path: Path) -> None:
    save(load("seed"), "mine", tmp_path)

    with pytest.raises(StoryError, match="there is a story mine already"):
        save(load("outage"), "mine", tmp_path)

    assert load("seed") == load("mine", tmp_path)


@pytest.mark.parametrize(
    "name", ["", "../seed", "/etc/passwd", "Seed", "a b", "x" * 61, "a.json", "a\x00", "-a", "seed\n"]
)
def test_a_name_that_leads_elsewhere_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(StoryError, match="small letters, digits and hyphens"):
        load(name)
    with pytest.raises(StoryError, match="small letters, digits and hyphens"):
        save(load("seed"), name, tmp_path)

    assert [] == list(tmp_path.iterdir())


def test_what_can_t_be_played_is_not_saved(tmp_path: Path) -> None:
    odd = Step(title="a step", who="user", deed="shout")

    with pytest.raises(StoryError, match="user can't shout"):
        save(Story(title="t", description="d", steps=(odd,)), "mine", tmp_path)

    assert [] == list(tmp_path.iterdir())


def test_the_menu_says_what_is_wrong_with_a_file_and_shows_the_others(tmp_path: Path) -> None:
    save(load("seed"), "mine", tmp_path)
    (tmp_path / "broken.json").write_text("{")

    broken, mine = list_all(tmp_path)

    assert ("mine", "Bot, person, bot", 6, "") == (mine.name, mine.title, mine.steps, mine.problem)
    assert "broken" == broken.name
    assert broken.problem.startswith("broken: ")


def test_a_story_that_is_not_there_is_said_so() -> None:
    with pytest.raises(StoryError, match="there is no story nobody-wrote-it"):
        load("nobody-wrote-it")


def test_a_step_may_leave_out_what_is_usual() -> None:
    (one,) = parse(content()).steps

    assert (20.0, (), ()) == (one.within_s, one.phone, one.inbox)
    assert b"within_s" not in msgspec.json.encode(one)
