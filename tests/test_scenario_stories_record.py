"""What happened in a conversation, as a story that goes again."""

import base64

import msgspec
import pytest

from infra.sandbox import faults
from infra.sandbox.sandbox import Sandbox
from infra.sandbox.stories import Story, load, parse
from infra.sandbox.story_errors import StoryError
from infra.sandbox.story_player import Player
from infra.sandbox.story_record import record
from tests import story_stage
from tests.play import ADA, JANE, SAM
from tests.story_stage import AWAY, NAMES, ON, ByHand, by_hand, play

sandbox, behaving, player = story_stage.sandbox, story_stage.behaving, story_stage.player  # fixtures of this file alone
pytest_plugins = ("tests.scenario_fixtures",)
pytestmark = pytest.mark.scenario

PICTURE = b"\x89PNG\r\n\x1a\n" + b"\0" * 64
QUESTION = {
    "type": "rich_message",
    "template_id": "quick_replies",
    "elements": [
        {
            "title": "Which lamp?",
            "buttons": [{"type": "message", "text": "Red", "value": "r", "postback_id": "r", "user_ids": []}],
        }
    ],
    "visibility": "all",
}


def seen(story: Story) -> tuple[list[str], list[str]]:
    return [line for step in story.steps for line in step.phone], [line for step in story.steps for line in step.inbox]


@by_hand
@pytest.mark.parametrize("name", NAMES)
def test_a_recorded_story_is_the_story_and_goes_again(sandbox: Sandbox, player: Player, name: str) -> None:
    story = load(name)
    conversation, _ = play(sandbox, story)

    player.record(conversation, "mine", title="Mine", description="What I did")
    recorded = load("mine", player._folder)
    again, _ = play(sandbox, recorded)

    own = [(step.who, step.deed) for step in story.steps]
    assert own == [(step.who, step.deed) for step in recorded.steps]
    for written, kept in zip(story.steps, recorded.steps, strict=True):
        for side in ("phone", "inbox"):
            pairs = zip(getattr(written, side), getattr(kept, side), strict=True)
            assert all(long.startswith(short) or short.startswith(long) for short, long in pairs)
    assert seen(recorded) == seen(record(sandbox, again, title="Mine", description="Again"))


@by_hand
def test_a_conversation_played_by_hand_becomes_a_story_with_all_that_was_done_in_it(sandbox: Sandbox) -> None:
    one = ByHand(sandbox)
    one.user("say", "I have a problem", shows="Thanks for contacting us")
    one.user("tap", "liveAgentRequest", shows="Jane Doe REPRESENTATIVE_JOINED")
    one.user("send_image", content=PICTURE, mime_type="image/png", lists="image/png")
    one.agent("note", text="difficult lamp")
    event_id = one.agent("reply", text="It costs 10 euros.", shows="It costs 10 euros.")
    one.agent("edit", event_id=event_id, text="It costs 12 euros.", shows="Correction: It costs 12 euros.")
    one.agent("delete", event_id=event_id, shows="took back", lists="already seen the message you deleted")
    one.agent("transfer", to_agent=SAM, shows="Sam Lee REPRESENTATIVE_JOINED")
    one.user("read")
    one.agent("event", SAM, event=QUESTION, shows="Which lamp?")
    one.user("tap", "Red", lists='"postback"')
    one.agent("close", SAM, shows="Welcome back")

    story = record(sandbox, one.id, title="By hand", description="A bit of everything")

    assert [
        *(("user", "say"), ("user", "tap"), ("user", "send_image")),
        *(("agent", "note"), ("agent", "reply"), ("agent", "edit"), ("agent", "delete")),
        ("desk", "status"),  # from then on Sam takes chats: before, this one might have been his
        *(("agent", "transfer"), ("user", "read"), ("agent", "event"), ("user", "tap"), ("agent", "close")),
    ] == [(step.who, step.deed) for step in story.steps]
    assert ("Olga", "en-GB", {"customContext": "a link"}) == (story.user, story.locale, story.context)
    assert {JANE: ON, SAM: AWAY} == story.agents
    assert [5, 5] == [step.arguments["step"] for step in story.steps[5:7]]
    assert PICTURE == base64.b64decode(story.steps[2].arguments["content"])
    told = [line for step in story.steps for line in step.inbox]
    for line in ("It costs 10 euros.", "It costs 12 euros. (edited)", "(deleted)"):
        assert f"Jane Doe: {line}" in told
    play(sandbox, parse(msgspec.json.encode(story)))


@by_hand
def test_who_came_by_chance_comes_again_by_the_story_s_will(sandbox: Sandbox) -> None:
    one, busy = ByHand(sandbox), ByHand(sandbox)
    one.user("say", "I would like to talk to a person", shows="Jane Doe REPRESENTATIVE_JOINED")
    one.agent("close", JANE, shows="Welcome back")
    busy.user("say", "I would like to talk to a person", shows="Jane Doe REPRESENTATIVE_JOINED")
    one.user("say", "I would like to talk to a person", shows="Sam Lee REPRESENTATIVE_JOINED")  # Jane has a chat
    one.agent("transfer", SAM, to_agent=ADA, shows="Ada King REPRESENTATIVE_JOINED")
    one.agent("close", ADA, shows="Welcome back")

    story = record(sandbox, one.id, title="t", description="d")
    busy.agent("close", JANE, shows="Welcome back")

    assert {JANE: ON, SAM: AWAY, ADA: AWAY} == story.agents
    changes = [(step.arguments["agent"], step.arguments["status"]) for step in story.steps if step.deed == "status"]
    assert [(JANE, AWAY), (SAM, ON), (ADA, ON)] == changes
    play(sandbox, story)


@by_hand
def test_an_outage_made_by_hand_is_part_of_the_story(sandbox: Sandbox) -> None:
    one = ByHand(sandbox)
    one.user("say", "I would like to talk to a person", shows="REPRESENTATIVE_JOINED")
    faults.switch(sandbox, "livechat_down", True)
    one.user("say", "It is 4711", shows="It is 4711")
    faults.switch(sandbox, "livechat_down", False)
    one.await_newest("It is 4711", "It is 4711")

    story = record(sandbox, one.id, title="t", description="d")

    assert ["say", "switch", "say", "switch"] == [step.deed for step in story.steps]
    assert ("Olga: It is 4711",) == story.steps[3].inbox
    assert "LiveChat down: off" == story.steps[3].title


@by_hand
@pytest.mark.parametrize(
    ("deeds", "why"),
    [
        ((), "nothing was said in it yet"),
        ((("send_image", {"url": "https://shop.example/a.png"}),), "a picture in it leads nowhere"),
        ((("send_image", {"content": b"\x89PNG" + b"0" * 2 * 1024**2}),), "too large for a story"),
    ],
)
def test_what_no_story_can_hold_is_said(
    sandbox: Sandbox, deeds: tuple[tuple[str, dict[str, object]], ...], why: str
) -> None:
    one = ByHand(sandbox) if deeds else None
    conversation = one.id if one else sandbox.messages.phone.open()
    for deed, arguments in deeds:
        getattr(sandbox.messages.phone, deed)(conversation, **arguments)

    with pytest.raises(StoryError, match=why):
        record(sandbox, conversation, title="t", description="d")


@by_hand
def test_a_conversation_that_nobody_opened_can_t_be_recorded(sandbox: Sandbox) -> None:
    with pytest.raises(StoryError, match="there is no conversation nobody"):
        record(sandbox, "nobody", title="t", description="d")
