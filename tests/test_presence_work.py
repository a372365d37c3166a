"""The frames by which the user sees agents, and what a channel is given to say them in words."""

import pytest

from functions.handoff.content import Suggestion
from functions.handoff.entries import Framing
from functions.handoff.parts import MissedFrame, Presence, UserProfile
from functions.handoff.policy import Policy
from functions.handoff.presence import show_missed
from functions.handoff.presence_work import settle_framing
from tests.core_records import a_conversation, changes_of, waiting
from tests.core_world import BOB, JANE, World
from tests.fakes import START

BACK = (Suggestion("reply", "Back to the bot", postback="/bot"),)
TO_A_PERSON = (Suggestion("live_agent", "Talk to a person"),)


def test_joined_offers_the_way_back_and_left_the_way_to_a_person() -> None:
    world = World().handed_over()

    world.agent_closes()

    assert ["Jane Doe joined the chat.", "Jane Doe left the chat."] == [line.text for line in world.channel.lines]
    assert [BACK, TO_A_PERSON] == [line.suggestions for line in world.channel.lines]


def test_without_a_keyword_no_way_back_is_offered() -> None:
    world = World(Policy(return_keyword="")).handed_over()

    assert () == world.channel.lines[0].suggestions


def test_no_way_to_a_person_is_offered_while_one_is_there_or_asked_for() -> None:
    world = World().handed_over()
    world.agent_joins(BOB)

    world.agent_leaves(BOB)
    world.agent_leaves()

    assert [(), ()] == [line.suggestions for line in world.channel.lines[-2:]]


def test_late_words_are_framed_without_a_way_back_from_the_bot() -> None:
    world = World().handed_over()
    late = world.agent_writes("One more thing", webhook=False)
    world.faults.script["livechat.read_thread"] = ["away", "away", "away"]
    world.agent_closes()
    world.desk_says(late)

    joined, left = world.channel.lines[-2:]

    assert ((), TO_A_PERSON) == (joined.suggestions, left.suggestions)


@pytest.mark.parametrize(
    ("locale", "line"), [("de-AT", "Jane Doe ist dem Chat beigetreten."), ("xx", "Jane Doe joined")]
)
def test_the_line_and_its_chip_are_in_the_user_s_language(locale: str, line: str) -> None:
    world = World()
    world.say("a person please")
    with world.changing() as changes:
        changes.conversation.user = UserProfile("Michael", locale)

    world.agent_joins()

    assert world.channel.lines[0].text.startswith(line)
    assert ("Zurück zum Bot" if locale == "de-AT" else "Back to the bot") == world.channel.lines[0].suggestions[0].text


def test_a_frame_kept_from_a_user_who_came_back_in_the_same_moment_is_shown_after_all() -> None:
    c = a_conversation(agents=(Presence(JANE, 1, leaving=True),))
    frame = Framing(id="left:1", source_at=START, agent=JANE, left=True)
    changes = changes_of(c)

    settle_framing(changes, frame, was_shown=False)

    assert (True, 1, ()) == (changes.kept, len(c.agents), c.missed_frames)


@pytest.mark.parametrize(("in_doubt", "left"), [(False, []), (True, ["left:1", "joined:1"])])
def test_who_is_about_to_leave_unseen_is_not_shown_unless_they_may_have_been(in_doubt: bool, left: list[str]) -> None:
    missed = MissedFrame("joined:1", JANE, in_doubt=in_doubt)
    changes = changes_of(a_conversation(agents=(Presence(JANE, 1, leaving=True),), missed_frames=(missed,)))
    changes.conversation.pending = (waiting("left:1", "framing"),)

    show_missed(changes)

    c = changes.conversation
    assert left == [p.id for p in c.pending]
    assert bool(left) == bool(c.agents)
    assert () == c.missed_frames
