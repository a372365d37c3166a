"""What could not be delivered, as an operator meets it: its writer told, it is listed, and sent again it comes once."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from infra.operate.__main__ import main
from tests.play import BRIEFING, JANE, Scene, called, joined, left, said_by, said_by_bot, wait_for
from tests.play_log import Log
from tests.product import SQLITE
from tests.scenario_fixtures import start_again, trouble

pytest_plugins = ("tests.scenario_fixtures",)
pytestmark = pytest.mark.scenario

REFUSED = {"error": {"code": 403, "message": "not yours", "status": "PERMISSION_DENIED"}}
BANNED = {"error": {"type": "customer_banned", "message": "Customer is banned"}}
LEASE_S = 31.0  # for so long a function that died may have had work in its hands, and a little more
LOST_ANSWER, LOST_QUESTION = "Your parcel is on its way to you.", "Where has my parcel got to?"
UNDELIVERED = said_by_bot(f"Sorry, your message could not be delivered: “{LOST_QUESTION}”")
HOURS = "We are open Monday to Friday, 9 to 17."

Operate = Callable[..., tuple[int, list[str]]]


@pytest.fixture
def operate(scene: Scene, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Operate:
    """Runs the operator's command against the deployment; answers exit code and lines."""
    settings = {**scene.sandbox.settings, "REDELIVER_URL": scene.sandbox.url_of("redeliver")}
    if "FIRESTORE_EMULATOR_HOST" in settings:  # read by the client library, not by us
        monkeypatch.setenv("FIRESTORE_EMULATOR_HOST", settings["FIRESTORE_EMULATOR_HOST"])

    def run(*arguments: str) -> tuple[int, list[str]]:
        capsys.readouterr()
        code = main(arguments, settings)
        return code, capsys.readouterr().out.splitlines()

    return run


def letter_of(scene: Scene, operate: Operate, *options: str) -> str:
    """The id of this conversation's one dead letter, as the list shows it."""
    code, lines = operate("dead-letters", *options)
    (place,) = [number for number, line in enumerate(lines) if scene.shown_key in line]
    assert 0 == code
    return lines[place - 1].split()[0]


def refuse_agent(scene: Scene) -> None:
    """An agent writes what the channel does not take, and is told so."""
    scene.hand_off()
    scene.settle()
    with trouble(scene.channel, scene.hand.words_path, status=403, body=REFUSED):
        scene.agent_does("reply", text=LOST_ANSWER)
        told = f"This message could not be delivered to the user (PERMISSION_DENIED): “{LOST_ANSWER}”"
        scene.agents_see(f"(note) {told}")
    scene.settle()


def refuse_user(scene: Scene, **fault: Any) -> None:
    """The user writes what LiveChat does not take, and is told so."""
    scene.hand_off()
    scene.settle()
    with trouble(scene.sandbox.livechat, "/action/send_event", **({"status": 403, "body": BANNED} | fault)):
        scene.user_says(LOST_QUESTION)
        scene.user_sees(UNDELIVERED)
    scene.settle()


def sent_again(scene: Scene, operate: Operate, letter: str) -> list[str]:
    """Send it again twice; answers what was said, and leaves the conversation quiet."""
    said = [operate("resend", letter) for _ in range(2)]
    scene.time_passes(17.0)  # what LiveChat may still have been at work on is waited out for 16 s
    scene.settle(60.0)
    assert [0, 0] == [code for code, _ in said]
    return [line for _, lines in said for line in lines]


def test_an_agents_message_is_shown_once_while_the_agent_is_there(scene: Scene, operate: Operate) -> None:
    refuse_agent(scene)
    before = scene.screen()

    said = sent_again(scene, operate, letter_of(scene, operate))

    assert ["Sent again: it is delivered.", "It was sent again before; nothing was done now."] == said
    assert [*before, said_by(JANE, LOST_ANSWER)] == scene.screen()


def test_an_agents_message_is_framed_once_the_agent_has_gone(scene: Scene, operate: Operate) -> None:
    refuse_agent(scene)
    scene.agent_closes()
    scene.settle()
    before = scene.screen()

    sent_again(scene, operate, letter_of(scene, operate))

    assert [*before, joined(JANE), said_by(JANE, LOST_ANSWER), left(JANE)] == scene.screen()
    scene.user_says("What are your opening hours?")
    scene.bot_answers(HOURS)


@pytest.mark.slow
@pytest.mark.only_on(SQLITE)
def test_a_users_message_is_with_the_agents_once(scene: Scene, operate: Operate) -> None:
    refuse_user(scene)
    mark = len(scene.sandbox.livechat.calls)

    said = sent_again(scene, operate, letter_of(scene, operate))

    assert "It was sent again before; nothing was done now." == said[-1]
    scene.agents_see(f"user: {LOST_QUESTION}", timeout_s=40.0)
    assert [BRIEFING, f"user: {LOST_QUESTION}"] == scene.inbox()
    assert called(scene.sandbox.livechat, "/action/get_chat", mark)


def test_a_users_message_that_livechat_had_after_all_is_found_there(scene: Scene, operate: Operate) -> None:
    """The refusal came after the effect: what no provider should do, and one look makes harmless."""
    refuse_user(scene, after=True)

    sent_again(scene, operate, letter_of(scene, operate))

    assert [BRIEFING, f"user: {LOST_QUESTION}"] == scene.inbox()


def test_one_that_fails_again_is_a_dead_letter_anew(scene: Scene, operate: Operate, log: Log) -> None:
    refuse_agent(scene)
    letter = letter_of(scene, operate)

    with trouble(scene.channel, scene.hand.words_path, status=403, body=REFUSED):
        code, said = operate("resend", letter)

    assert (1, letter) == (code, letter_of(scene, operate))
    assert "given up again: PERMISSION_DENIED" in said[0]
    assert 1 == len(log.lines("redeliver", outcome="dead_letter", conversation=scene.key))
    scene.settle()
    sent_again(scene, operate, letter)
    assert 1 == scene.screen().count(said_by(JANE, LOST_ANSWER))
    assert 1 == len([line for line in scene.inbox() if "could not be delivered" in line])


def test_the_list_shows_what_was_written_only_where_it_is_asked_for(scene: Scene, operate: Operate) -> None:
    refuse_agent(scene)

    plain, full = operate("dead-letters")[1], operate("dead-letters", "--show-text")[1]

    assert f"    {LOST_ANSWER}" in full
    assert not [line for line in plain if LOST_ANSWER in line]


@pytest.mark.slow
@pytest.mark.only_on(SQLITE)  # there the time it takes can be put forward
def test_a_function_that_is_killed_half_way_through_a_resend_shows_it_once(scene: Scene, operate: Operate) -> None:
    refuse_agent(scene)
    letter = letter_of(scene, operate)
    before, mark = scene.screen(), len(scene.sent_to_user())
    redeliver = scene.sandbox.functions["redeliver"]

    with trouble(scene.channel, scene.hand.words_path, times=1, delay_s=2.0):
        with ThreadPoolExecutor(1) as operator:
            killed = operator.submit(operate, "resend", letter)
            wait_for(lambda: len(scene.sent_to_user()) > mark, "the call to the channel")
            redeliver.kill()
        start_again(redeliver)
        scene.time_passes(LEASE_S)
        wait_for(lambda: len(scene.sent_to_user()) > mark + 1, "the second call to the channel", timeout_s=50.0)
    scene.settle()
    again = operate("resend", letter)

    assert (1, 0) == (killed.result()[0], again[0])
    assert [*before, said_by(JANE, LOST_ANSWER)] == scene.screen()
    assert ["It was sent again before; nothing was done now."] == again[1]
