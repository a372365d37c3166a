"""The stories that people play on the page: each goes as it is written, again, and beside other conversations."""

import msgspec
import pytest

from infra.sandbox.sandbox import Sandbox
from infra.sandbox.standin import Fault
from infra.sandbox.stories import Step, Story, load
from infra.sandbox.story_errors import StoryFailed
from infra.sandbox.story_play import Play
from tests import story_stage
from tests.play import ADA, JANE, SAM, wait_for
from tests.story_stage import AWAY, HELLO, NAMES, ON, SEED, by_hand, make, play, says, statuses

sandbox, behaving = story_stage.sandbox, story_stage.behaving  # fixtures of this file alone
pytest_plugins = ("tests.scenario_fixtures",)
pytestmark = pytest.mark.scenario


# --- as they are written ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_a_story_goes_as_it_is_written(sandbox: Sandbox, name: str) -> None:
    before = statuses(sandbox)

    play(sandbox, load(name))

    assert before == statuses(sandbox)
    assert [] == sandbox.livechat.faults


@by_hand
def test_each_line_of_the_seed_story_is_told_once_and_in_order(sandbox: Sandbox) -> None:
    conversation, lines = play(sandbox, SEED)

    for side, field in (("PHONE", "phone"), ("LIVECHAT", "inbox")):
        told = [line.removeprefix(f"{side} ") for line in lines if line.startswith(side)]
        wanted = [line for step in SEED.steps for line in getattr(step, field)]
        assert len(wanted) == len(told)
        assert all(line.startswith(beginning) for line, beginning in zip(told, wanted, strict=True))
    assert sum(line.startswith("PHONE") for line in lines) == len(sandbox.messages.transcript(conversation))


@by_hand
def test_a_story_can_be_played_again_and_again_each_time_as_another_user(sandbox: Sandbox) -> None:
    conversations = {play(sandbox, SEED)[0] for _ in range(8)}  # an agent has room for six chats

    assert 8 == len(conversations)


@by_hand
def test_a_story_goes_beside_other_conversations_which_keep_their_agents(sandbox: Sandbox) -> None:
    phone = sandbox.messages.phone
    other = phone.open(name="Olga")
    phone.say(other, "I would like to talk to a person")
    wait_for(lambda: "joined" in str(sandbox.messages.transcript(other)).lower(), "an agent for Olga")
    seen = len(sandbox.messages.transcript(other))

    for name in ("agent-offline", "nobody-online", "seed"):
        play(sandbox, load(name))

    assert seen == len(sandbox.messages.transcript(other))


# --- what does not go as it should -----------------------------------------------------------------------------------


@by_hand
@pytest.mark.parametrize(
    ("story", "why"),
    [
        (make(says("hello", "BOT Hello World Agent: Bye")), "“hello”: on the side PHONE came: BOT .*; expected: BOT"),
        (make(says("hello")), "expected: nothing more"),
        (make(HELLO, says("hello", HELLO.phone[1], "never")), "“hello”: on the side PHONE this did not come: never"),
        (
            make(Step(title="a reply", who="agent", deed="reply", arguments={"text": "hi"})),
            "“a reply”: nobody was asked",
        ),
        (
            make(Step(title="a tap", who="user", deed="tap", arguments={"label": "Buy"})),
            "“a tap”: user can't tap: .*chip",
        ),
        (make(HELLO, agents={"nobody@shop.example": ON}), "there is no agent nobody@shop.example"),
    ],
)
def test_a_story_that_does_not_go_as_written_says_where(sandbox: Sandbox, story: Story, why: str) -> None:
    one, before = Play(sandbox, story), statuses(sandbox)

    with pytest.raises(StoryFailed, match=why) as failed:
        one.run()

    assert ("failed", str(failed.value)) == (one.state().status, one.state().why)
    assert before == statuses(sandbox)


@by_hand
def test_what_comes_after_the_last_step_is_one_line_too_many(sandbox: Sandbox) -> None:
    sandbox.dialogflow.faults = [Fault(delay_s=0.7)]

    with pytest.raises(StoryFailed, match=r"“hello”: on the side PHONE came: BOT .*; expected: nothing more"):
        Play(sandbox, make(says("hello"))).run()


@by_hand
def test_faults_of_a_story_that_fails_are_switched_off_and_others_stay(sandbox: Sandbox) -> None:
    down = Step(title="down", who="fault", deed="switch", arguments={"id": "dialogflow_down", "on": True})
    sandbox.stories.list_all()
    before = list(sandbox.dialogflow.faults)

    with pytest.raises(StoryFailed):
        Play(sandbox, make(down, msgspec.structs.replace(HELLO, within_s=0.5))).run()

    assert before == sandbox.dialogflow.faults


@by_hand
def test_a_story_whose_agent_has_no_room_is_not_begun(sandbox: Sandbox) -> None:
    phone, before = sandbox.messages.phone, len(sandbox.messages.phone.conversations)
    for agent in (SAM, ADA):
        sandbox.livechat.play("status", agent=agent, status=AWAY)
    others = [phone.open() for _ in range(6)]
    for other in others:
        phone.say(other, "I would like to talk to a person")
    wait_for(lambda: "joined" in str([sandbox.messages.transcript(one)[-1] for one in others]).lower(), "Jane")
    wait_for(lambda: sandbox.livechat.licence.load(sandbox.livechat.licence.agents[JANE]) == 6, "six chats")

    with pytest.raises(StoryFailed, match="Jane Doe has no room"):
        Play(sandbox, SEED).run()

    assert before + 6 == len(phone.conversations)
