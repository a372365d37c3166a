"""LiveChat's webhooks lost, late, or earlier than the chat is known: nothing is missed, everything keeps its order."""

from collections.abc import Callable

import pytest

from infra.operate.__main__ import main
from tests.play import BRIEFING, JANE, WELCOME_BACK, Scene, called, joined, left, said_by, said_by_bot, wait_for
from tests.scenario_fixtures import livechat_is, trouble

pytest_plugins = ("tests.scenario_fixtures",)
pytestmark = pytest.mark.scenario

DELAYED = said_by_bot("Your message is taking longer than usual to get through. I keep trying.")

Reconcile = Callable[..., tuple[int, str]]


@pytest.fixture
def reconcile(scene: Scene, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Reconcile:
    """Runs the operator's command against the deployment; answers exit code and this conversation's line."""
    settings = {**scene.sandbox.settings, "REDELIVER_URL": scene.sandbox.url_of("redeliver")}
    if "FIRESTORE_EMULATOR_HOST" in settings:  # read by the client library, not by us
        monkeypatch.setenv("FIRESTORE_EMULATOR_HOST", settings["FIRESTORE_EMULATOR_HOST"])

    def run(*arguments: str) -> tuple[int, str]:
        capsys.readouterr()
        code = main(["reconcile", "--yes", *arguments], settings)
        (line,) = [one for one in capsys.readouterr().out.splitlines() if one.startswith(f"{scene.shown_key}  ")]
        return code, line.removeprefix(f"{scene.shown_key}  ")

    return run


def test_messages_whose_webhooks_were_lost_are_found_before_the_next_one_is_shown(scene: Scene) -> None:
    scene.hand_off()
    scene.settle()
    scene.sandbox.livechat.misbehave(drop=1.0)
    scene.agent_does("reply", text="First I need your order number.")
    scene.agent_does("note", text="I always ask that first")
    scene.agent_does("reply", text="And your post code, please.")
    scene.sandbox.livechat.misbehave()

    scene.agent_replies("Do you have them at hand?")
    scene.settle()

    asked = ["First I need your order number.", "And your post code, please.", "Do you have them at hand?"]
    assert [said_by(JANE, text) for text in asked] == scene.screen()[3:]


@pytest.mark.parametrize("uuid_event_share", [0.0, 1.0])
def test_messages_whose_webhooks_were_lost_are_found_at_the_latest_when_the_chat_closes(
    scene: Scene, uuid_event_share: float
) -> None:
    livechat_is(scene.sandbox, uuid_event_share=uuid_event_share)
    scene.hand_off()
    scene.settle()
    scene.sandbox.livechat.misbehave(drop=1.0)
    scene.agent_does("reply", text="Your new lamp is on its way.")
    scene.agent_does("reply", text="Good bye!")
    scene.sandbox.livechat.misbehave()

    scene.agent_closes()
    scene.bot_answers(WELCOME_BACK)
    scene.settle()

    said = [said_by(JANE, "Your new lamp is on its way."), said_by(JANE, "Good bye!")]
    assert [*said, left(JANE), said_by_bot(WELCOME_BACK)] == scene.screen()[3:]


def test_a_chat_whose_end_was_never_told_is_found_closed_by_the_user_s_next_message(scene: Scene) -> None:
    scene.hand_off()
    scene.settle()
    scene.sandbox.livechat.misbehave(drop=1.0)
    scene.agent_does("reply", text="Good bye!")
    scene.agent_does("close")
    scene.sandbox.livechat.misbehave()

    scene.user_says("What are your opening hours?")
    scene.bot_answers("We are open Monday to Friday, 9 to 17.")
    scene.settle()

    screen = scene.screen()[3:]
    assert ["user: What are your opening hours?", said_by(JANE, "Good bye!"), left(JANE)] == screen[:3]
    assert {said_by_bot(WELCOME_BACK), said_by_bot("We are open Monday to Friday, 9 to 17.")} == set(screen[3:])
    assert 5 == len(screen)


@pytest.mark.parametrize("drop", [0.0, 1.0], ids=["refused", "lost"])
def test_what_an_agent_writes_before_the_chat_is_known_here_is_shown_when_it_is(scene: Scene, drop: float) -> None:
    scene.sandbox.livechat.misbehave(drop=drop)

    with trouble(scene.sandbox.livechat, "/action/start_chat", times=1, cut=True, after=True):
        scene.user_says("talk to a person")
        scene.agents_see(BRIEFING)
        scene.agent_does("reply", text="I was quick.")
        scene.sandbox.livechat.misbehave()
        scene.user_sees(said_by(JANE, "I was quick."))
    scene.settle()

    seen = [line for line in scene.screen()[2:] if line != DELAYED]
    assert [joined(JANE), said_by(JANE, "I was quick.")] == seen
    assert 1 == len(scene.chat.threads)


@pytest.mark.parametrize("agent_joins", ["with_chat", "after_chat"])
def test_an_agent_whose_coming_is_told_after_the_first_words_comes_and_goes_once(
    scene: Scene, agent_joins: str
) -> None:
    livechat_is(scene.sandbox, agent_joins=agent_joins)
    scene.sandbox.livechat.misbehave(reorder=1.0, reorder_delay_s=0.8)
    scene.user_says("talk to a person")
    scene.agents_see(BRIEFING)
    scene.sandbox.livechat.misbehave()

    scene.agent_does("reply", text="Good morning!")
    wait_for(lambda: "Good morning!" in str(scene.screen()), "her first words")
    scene.settle()
    scene.agent_does("reply", text="What is it about?")
    wait_for(lambda: "What is it about?" in str(scene.screen()), "her next words", timeout_s=3.0)
    scene.agent_does("close")
    scene.bot_answers(WELCOME_BACK)
    scene.settle()

    said = [line.partition(" REPRESENTATIVE_")[2] or line.partition(": ")[2] for line in scene.screen()[2:-1]]
    assert ["JOINED", "Good morning!", "What is it about?", "LEFT"] == said


@pytest.mark.parametrize("uuid_event_share", [0.0, 1.0], ids=["numbered", "uuids"])
def test_lost_messages_are_recovered_once_and_in_order_when_an_operator_asks(
    scene: Scene, reconcile: Reconcile, uuid_event_share: float
) -> None:
    livechat_is(scene.sandbox, uuid_event_share=uuid_event_share)
    scene.hand_off()
    scene.agent_replies("Good morning!")
    scene.settle()
    scene.sandbox.livechat.misbehave(drop=1.0)
    scene.agent_does("reply", text="First I need your order number.")
    scene.agent_does("note", text="I always ask that first")
    scene.agent_does("reply", text="And your post code, please.")
    scene.sandbox.livechat.misbehave()
    scene.settle()
    before = scene.screen()

    found = reconcile()
    scene.settle()
    mark = len(scene.sandbox.livechat.calls)
    again = reconcile(scene.key)
    scene.settle()

    assert "2 missing, 2 recovered" in found[1]
    asked = ["First I need your order number.", "And your post code, please."]
    assert [*before, *(said_by(JANE, text) for text in asked)] == scene.screen()
    assert (0, "nothing missing; of 3 agents' messages: 3 delivered") == again
    assert 1 == len(called(scene.sandbox.livechat, "/action/", mark))


def test_a_chat_whose_end_and_last_words_were_lost_ends_when_an_operator_asks(
    scene: Scene, reconcile: Reconcile
) -> None:
    scene.hand_off()
    scene.settle()
    scene.sandbox.livechat.misbehave(drop=1.0)
    scene.agent_does("reply", text="Your new lamp is on its way.")
    scene.agent_does("close")
    scene.sandbox.livechat.misbehave()

    code, line = reconcile(scene.key)
    scene.bot_answers(WELCOME_BACK)
    scene.settle()

    assert 0 == code
    assert "1 missing, 1 recovered" in line
    assert "its thread was closed at LiveChat" in line
    said = said_by(JANE, "Your new lamp is on its way.")
    assert [said, left(JANE), said_by_bot(WELCOME_BACK)] == scene.screen()[3:]
