"""Stories on the sandbox's page: the menu, the one that plays, and saving what was played by hand."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from infra.sandbox import page_stories, stories, story_play
from infra.sandbox.page import make_app
from infra.sandbox.page_state import PageState
from infra.sandbox.sandbox import Sandbox
from infra.sandbox.stories import Step, Story
from infra.sandbox.story_player import Player
from tests.play import wait_for
from tests.sandbox_page import act, state_of

JsonObject = dict[str, Any]
HELLO = Step(title="the user writes", who="user", deed="say", arguments={"text": "Hello"}, phone=("Michael: Hello",))
UNANSWERED = Step(
    title="the user waits",
    who="user",
    deed="say",
    arguments={"text": "Well?"},
    phone=("Michael: Well?", "BOT"),
    within_s=0.3,
)
TITLE = "<b>Hello</b> 👋 שלום"


@pytest.fixture
def sandbox(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    """The stand-ins alone, with two stories for which no function is needed, and a file that is none."""
    monkeypatch.setattr(story_play, "_QUIET_S", 0.1)  # no function takes what is sent: it is never quiet
    sandbox = Sandbox()
    stories.save(Story(title=TITLE, description="One word.", steps=(HELLO,)), "hello", tmp_path)
    stories.save(Story(title="No answer", description="None.", steps=(HELLO, UNANSWERED)), "no-answer", tmp_path)
    (tmp_path / "broken.json").write_text("{")
    sandbox.stories = Player(sandbox, tmp_path)
    yield sandbox
    sandbox.stop()


@pytest.fixture
def client(sandbox: Sandbox) -> FlaskClient:
    return make_app(sandbox).test_client()


def play(client: FlaskClient, name: str, pace_s: float = 0.0) -> str:
    """Begin to play; answers the conversation."""
    return str(client.post("/api/story/play", json={"name": name, "pace_s": pace_s}).get_json()["conversation"])


def wait_until(client: FlaskClient, status: str) -> JsonObject:
    wait_for(lambda: state_of(client)["story"]["status"] == status, status)
    story: JsonObject = state_of(client)["story"]
    return story


# --- the menu --------------------------------------------------------------------------------------------------------


def test_the_menu_says_of_each_story_what_it_is_or_what_is_wrong_with_it(client: FlaskClient) -> None:
    broken, hello, no_answer = state_of(client)["stories"]["stories"]

    assert (TITLE, "One word.", "") == (hello["title"], hello["description"], hello["problem"])
    assert ("no-answer", 2) == (no_answer["name"], no_answer["steps"])
    assert broken["problem"].startswith("broken: ")


def test_the_files_are_not_read_at_every_look(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = PageState(sandbox)
    before = state.stories()
    (tmp_path / "hello.json").unlink()

    soon = state.stories()
    monkeypatch.setattr(page_stories, "FRESH_S", 0.0)
    later = state.stories()

    assert before is soon
    assert ["broken", "no-answer"] == [one["name"] for one in later["stories"]]


def test_with_another_bot_the_menu_says_why_nothing_can_be_played(tmp_path: Path) -> None:
    sandbox = Sandbox(own_bot={"DIALOGFLOW_AGENT": "projects/p/agent", "DIALOGFLOW_API_URL": "https://bot.example"})
    client = make_app(sandbox).test_client()

    refused = client.post("/api/story/play", json={"name": "seed"})
    why_not = state_of(client)["stories"]["why_not"]
    sandbox.stop()

    assert why_not
    assert (409, why_not) == (refused.status_code, refused.get_json()["error"])


# --- the one that plays ----------------------------------------------------------------------------------------------


def test_before_the_first_story_there_is_none(client: FlaskClient) -> None:
    assert {} == state_of(client)["story"]


def test_a_story_plays_in_a_conversation_of_its_own_and_says_that_it_passed(client: FlaskClient) -> None:
    conversation = play(client, "hello")

    ended = wait_until(client, "done")

    assert ("hello", TITLE, conversation, 1, 1, "") == tuple(
        ended[name] for name in ("name", "title", "conversation", "step", "steps", "why")
    )
    assert ["Hello"] == [line["text"] for line in state_of(client, conversation=conversation)["lines"]["items"]]


def test_a_story_that_fails_says_in_which_step_and_why(client: FlaskClient) -> None:
    play(client, "no-answer")

    ended = wait_until(client, "failed")

    assert (2, 2) == (ended["step"], ended["steps"])
    assert "the user waits" in ended["why"]
    assert "did not come: BOT" in ended["why"]


def test_a_story_is_paused_taken_up_again_and_stopped(client: FlaskClient) -> None:
    play(client, "hello", pace_s=60)
    seen = []

    for deed in ("pause", "resume", "stop"):
        assert 200 == act(client, f"story/{deed}")
        seen.append(state_of(client)["story"]["status"])

    assert ["paused", "playing", "stopped"] == seen


def test_a_change_in_the_story_wakes_every_page(sandbox: Sandbox) -> None:
    state = PageState(sandbox)
    conversation = sandbox.stories.start("hello", pace_s=60).state().conversation
    wait_for(lambda: state.phones.has(conversation), "its phone")
    seen = state.pulse.wait(-1, 0, gather_s=0)

    sandbox.stories.pause()

    assert seen + 1 == state.pulse.wait(-1, 0, gather_s=0)
    sandbox.stories.stop()


# --- saving ----------------------------------------------------------------------------------------------------------


def test_what_was_played_by_hand_is_saved_as_a_story_that_plays(client: FlaskClient, sandbox: Sandbox) -> None:
    conversation = sandbox.messages.phone.open(name="Ada")
    act(client, "phone/say", conversation=conversation, text="Hello there")

    saved = client.post(
        "/api/story/record",
        json={"conversation": conversation, "name": "mine", "title": TITLE, "description": "My own."},
    )
    play(client, "mine")

    assert (200, {"name": "mine"}) == (saved.status_code, saved.get_json())
    assert TITLE == wait_until(client, "done")["title"]


# --- what is refused -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("deed", ["pause", "resume", "stop"])
def test_what_is_not_being_played_is_not_paused_or_stopped(client: FlaskClient, deed: str) -> None:
    refused = client.post(f"/api/story/{deed}", json={})

    assert (409, "no story is being played") == (refused.status_code, refused.get_json()["error"])


def test_one_story_is_played_at_a_time(client: FlaskClient) -> None:
    play(client, "hello", pace_s=60)

    refused = client.post("/api/story/play", json={"name": "no-answer"})
    act(client, "story/stop")

    assert 409 == refused.status_code
    assert "another story is being played" in refused.get_json()["error"]


@pytest.mark.parametrize("name", ["none", "broken"])
def test_a_story_that_is_not_there_or_is_wrong_is_not_begun(client: FlaskClient, name: str) -> None:
    assert 409 == act(client, "story/play", name=name)
    assert {} == state_of(client)["story"]


@pytest.mark.parametrize("name", ["", "../hello", "Hello", "a/b", "x" * 61, "a\0b", "hello\n", 7])
def test_a_name_that_is_no_story_s_is_refused(client: FlaskClient, name: object) -> None:
    told = {"conversation": "c", "title": "t", "description": "d"}

    assert [400, 400] == [act(client, "story/play", name=name), act(client, "story/record", name=name, **told)]


def test_a_story_is_not_written_over(client: FlaskClient, sandbox: Sandbox, tmp_path: Path) -> None:
    conversation = sandbox.messages.phone.open()
    act(client, "phone/say", conversation=conversation, text="Hi")
    before = (tmp_path / "hello.json").read_bytes()

    told = {"conversation": conversation, "title": "t", "description": "d"}

    assert 409 == act(client, "story/record", name="hello", **told)
    assert before == (tmp_path / "hello.json").read_bytes()


def test_an_unknown_conversation_is_not_saved(client: FlaskClient, tmp_path: Path) -> None:
    refused = client.post(
        "/api/story/record", json={"conversation": "none", "name": "mine", "title": "t", "description": "d"}
    )

    assert 409 == refused.status_code
    assert not (tmp_path / "mine.json").exists()
