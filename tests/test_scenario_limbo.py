"""Nobody in limbo, with the functions as processes and every wait a few seconds: told in time, and it goes on."""

from functools import partial

import pytest

from functions.handoff.languages import BUILT_IN
from tests import scenario_fixtures as standard
from tests.play import (
    ASKING,
    BRIEFING,
    JANE,
    WELCOME_BACK,
    Scene,
    WatchedSandbox,
    joined,
    left,
    said_by,
    said_by_bot,
    wait_for,
)
from tests.product import Setup
from tests.scenario_fixtures import Running, expire_agent_token, livechat_is, trouble

pytest_plugins = ("tests.scenario_fixtures",)
pytestmark = pytest.mark.scenario

KEYWORD = "/bot"
TOLD = {name: said_by_bot(text.replace("{return_keyword}", KEYWORD)) for name, text in BUILT_IN["en"].items()}
WELCOME = said_by_bot(WELCOME_BACK)  # the bot's, after a person
BACK = said_by_bot("I am the bot again. What else can I do for you?")  # the bot's, after nobody
OPEN = "We are open Monday to Friday, 9 to 17."
_SHORT = {
    "WAIT_REMINDER_S": "2",
    "WAIT_LIMIT_S": "4",
    "AGENT_SILENT_S": "3",
    "CHAT_CHECK_S": "3",
    "DELAY_NOTICE_S": "1",
}
_AWAY = {"status": 503, "body": {"error": {"type": "internal", "message": "Internal server error"}}}
_REFUSED = {"status": 403, "body": {"error": {"type": "authorization", "message": "Not allowed"}}}
_REVOKED = {"status": 401, "body": {"oauth_exception": "invalid_grant", "exception_description": "revoked"}}
_NEW_AGENT_TOKEN = "/v2/token"


@pytest.fixture(scope="module")
def sandbox(setup: Setup, running: Running, store_settings: dict[str, str]) -> WatchedSandbox:
    """A deployment of short waits."""
    settings = standard._SETTINGS | _SHORT | store_settings
    make = partial(WatchedSandbox, settings, bot=setup.bot, livechat_options=standard.LIVECHAT_OPTIONS)
    return running.get(("limbo", setup.bot, setup.store), make)


# --- it goes on ------------------------------------------------------------------------------------------------------


def bot_answers_again(scene: Scene) -> None:
    """The user's next question is the bot's, who answers it."""
    before = scene.screen().count(said_by_bot(OPEN))
    scene.user_says("What are your opening hours?")
    wait_for(lambda: scene.screen().count(said_by_bot(OPEN)) > before, "the bot's answer", timeout_s=40.0)


def jane_answers(scene: Scene) -> None:
    """The user's next words reach the agents, and Jane's the user."""
    scene.user_says("Is anybody there?")
    scene.agents_see("user: Is anybody there?", timeout_s=40.0)
    scene.agent_does("reply", JANE, text="Yes, I am here.")
    scene.user_sees(said_by(JANE, "Yes, I am here."))


# --- people ----------------------------------------------------------------------------------------------------------


def test_an_agent_who_never_comes(scene: Scene) -> None:
    livechat_is(scene.sandbox, routing="manual")

    scene.user_says("talk to a person")
    scene.user_sees(TOLD["nobody_came"])
    scene.user_sees(BACK)

    asked = ["user: talk to a person", said_by_bot(ASKING), TOLD["queued"]]
    assert [*asked, TOLD["still_waiting"], TOLD["nobody_came"], BACK] == scene.screen()
    bot_answers_again(scene)
    scene.agent_does("accept", JANE)
    scene.user_sees(joined(JANE))
    jane_answers(scene)


def test_an_agent_who_joins_and_says_nothing(scene: Scene) -> None:
    scene.hand_off()
    scene.user_sees(TOLD["agent_silent"])

    assert ["user: talk to a person", said_by_bot(ASKING), joined(JANE), TOLD["agent_silent"]] == scene.screen()
    jane_answers(scene)
    scene.user_says(KEYWORD)
    scene.user_sees(BACK)
    bot_answers_again(scene)


# --- LiveChat --------------------------------------------------------------------------------------------------------


def test_a_chat_that_livechat_refuses_to_open(scene: Scene) -> None:
    with trouble(scene.sandbox.livechat, "/action/start_chat", **_REFUSED):
        scene.user_says("talk to a person")
        scene.user_sees(BACK)

    assert ["user: talk to a person", said_by_bot(ASKING), TOLD["error"], BACK] == scene.screen()
    bot_answers_again(scene)
    scene.hand_off()
    jane_answers(scene)


def test_a_refresh_token_that_was_revoked(scene: Scene) -> None:
    scene.hand_off()
    scene.agent_replies("How can I help?")
    seen = scene.screen()

    expire_agent_token(scene.sandbox)
    scene.sandbox.livechat.expire_tokens("customer")
    with trouble(scene.sandbox.livechat, _NEW_AGENT_TOKEN, **_REVOKED):
        scene.user_says("My lamp is broken")
        undelivered = TOLD["undelivered"].replace("{excerpt}", "My lamp is broken")
        scene.user_sees(undelivered)

    assert [*seen, "user: My lamp is broken", undelivered] == scene.screen()
    jane_answers(scene)


def test_a_refresh_token_that_was_revoked_before_a_person_was_asked_for(scene: Scene) -> None:
    scene.hand_off()
    scene.agent_closes()
    scene.user_sees(WELCOME)
    seen = scene.screen()

    expire_agent_token(scene.sandbox)
    scene.sandbox.livechat.expire_tokens("customer")
    with trouble(scene.sandbox.livechat, _NEW_AGENT_TOKEN, **_REVOKED):
        scene.user_asks_for_a_person()
        scene.user_sees(BACK)

    assert [TOLD["error"], BACK] == scene.screen()[len(seen) + 1 :]
    bot_answers_again(scene)
    scene.hand_off()
    jane_answers(scene)


def test_a_close_that_is_never_told_to_a_user_who_says_nothing(scene: Scene) -> None:
    scene.hand_off()
    scene.agent_replies("Good bye!")
    seen = scene.screen()

    scene.sandbox.livechat.misbehave(drop=1.0)
    scene.agent_does("close")
    scene.sandbox.livechat.misbehave()
    scene.user_sees(WELCOME)

    assert [*seen, left(JANE), WELCOME] == scene.screen()
    bot_answers_again(scene)


# --- the bot ---------------------------------------------------------------------------------------------------------


def test_a_bot_that_is_away(scene: Scene) -> None:
    with trouble(scene.sandbox.dialogflow, "detectIntent", **_AWAY):
        scene.user_says("My lamp is broken")
        scene.agents_see("user: My lamp is broken")
        scene.user_sees(joined(JANE))
        jane_answers(scene)

    seen = [line for line in scene.screen() if line not in (TOLD["delayed"], TOLD["agent_silent"])]
    talk = ["user: Is anybody there?", said_by(JANE, "Yes, I am here.")]
    assert ["user: My lamp is broken", TOLD["connecting"], joined(JANE), *talk] == seen
    assert [BRIEFING, "user: My lamp is broken"] == scene.inbox()[:2]


def test_a_bot_and_agents_that_are_both_away(scene: Scene) -> None:
    bot, desk = scene.sandbox.dialogflow, scene.sandbox.livechat
    with trouble(bot, "detectIntent", **_AWAY), trouble(desk, ".*", **_AWAY):
        scene.user_says("My lamp is broken")
        scene.user_sees(TOLD["nobody_came"], timeout_s=40.0)

    told = ["user: My lamp is broken", TOLD["delayed"], TOLD["still_trying"], TOLD["nobody_came"]]
    assert told == scene.screen()[: len(told)]
    bot_answers_again(scene)
    scene.hand_off()
    jane_answers(scene)


# --- bot and people pass the user on ---------------------------------------------------------------------------------


def test_who_asks_again_and_again_is_told_to_try_later_and_keeps_the_bot(scene: Scene) -> None:
    with trouble(scene.sandbox.livechat, "/action/start_chat", **_REFUSED):
        for times in range(1, 6):
            scene.user_asks_for_a_person()
            wait_for(lambda n=times: scene.screen().count(BACK) == n, f"{times} times back")  # type: ignore[misc]
        scene.user_asks_for_a_person()
        scene.user_sees(TOLD["try_later"])
    scene.settle()

    assert (5, 1) == (scene.screen().count(TOLD["error"]), scene.screen().count(TOLD["try_later"]))
    bot_answers_again(scene)
