"""Webhooks as they come: published samples, odd characters, chats that are not ours; and the logs they leave."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.doors import CHANNEL, DESK, FIXTURES, fixture, send, send_proven, signature
from tests.hands import BUSINESS_MESSAGES, PROFILE, BusinessMessagesHand
from tests.play import BRIEFING, JANE, WELCOME_BACK, Scene, said_by, said_by_bot
from tests.play_log import Log, lacking_of_event
from tests.product import SQLITE

pytest_plugins = ("tests.scenario_fixtures",)
pytestmark = pytest.mark.scenario

FALLBACK = "Sorry, I did not get that."


# --- the channel -----------------------------------------------------------------------------------------------------


@pytest.mark.only_on(BUSINESS_MESSAGES, SQLITE)
@pytest.mark.parametrize("path", sorted((FIXTURES / "business_messages").glob("*.json")), ids=lambda path: path.stem)
def test_published_payloads_with_the_right_signature_are_taken(scene: Scene, path: Any) -> None:
    raw = path.read_bytes()
    conversation_id = json.loads(raw).get("conversationId", "")
    scene.sandbox.messages.phone.open(conversation_id=conversation_id)  # to have somewhere to answer to

    answer = send(scene.sandbox, CHANNEL, raw, signature(scene.sandbox.partner_key, raw))

    assert 200 == answer.status_code
    assert answer.json()["outcome"] in {"handled", "queued", "duplicate", "ignored"}


def test_halves_of_characters_nuls_and_huge_numbers_harm_nobody(scene: Scene) -> None:
    scene.hand_off()
    odd = 'half \ud83d, NUL \x00, bell \x07, right-to-left \u202e, quote "'

    body = scene.hand.written_elsewhere(odd, surprise=10**300, sendTime="never")
    answer = send_proven(scene.sandbox, scene.hand.door, body)
    scene.agent_does("reply", text="half \ud83d, NUL \x00, bell \x07")
    scene.settle()

    assert 200 == answer.status_code
    (heard,) = [line for line in scene.inbox() if line.startswith("user: ")]
    assert heard.startswith("user: half \ufffd, NUL ")
    assert heard.endswith('right-to-left \u202e, quote "')
    assert [said_by(JANE, "half \ufffd, NUL , bell \x07")] == scene.screen()[2 + 1 :]


def test_a_very_long_message_arrives_whole_on_both_sides(scene: Scene) -> None:
    scene.hand_off()
    long = " ".join(f"word{number}" for number in range(4_000))

    scene.user_says(long)
    scene.agent_does("reply", text=long[:15_000])
    scene.settle()

    heard = [line.removeprefix("user: ") for line in scene.inbox() if line.startswith("user: ")]
    shown = [line.removeprefix(said_by(JANE, "")) for line in scene.screen() if line.startswith("HUMAN Jane Doe: ")]
    assert long.split() == " ".join(heard).split()
    assert long[:15_000].split() == " ".join(shown).split()
    assert all(len(text) <= 3072 for text in shown)


@pytest.mark.needs(PROFILE)
def test_a_user_without_a_name_or_language_is_served_all_the_same(scenes: Callable[..., Scene]) -> None:
    scene = scenes(name="", locale="")
    assert isinstance(scene.hand, BusinessMessagesHand)
    scene.hand.forget_context()

    scene.hand_off()
    scene.agent_replies("Good morning!")
    scene.settle()

    assert BRIEFING in scene.inbox()


# --- the desk --------------------------------------------------------------------------------------------------------


def _about_chat(scene: Scene, chat_id: str, client_id: str) -> Any:
    body = fixture("livechat", "incoming_event__agent_text")
    body["organization_id"] = scene.sandbox.livechat.options.organization_id
    body["secret_key"] = scene.sandbox.webhook_secret
    body["payload"]["chat_id"] = chat_id
    body["additional_data"]["chat_properties"]["source"]["client_id"] = client_id
    return body


def test_a_webhook_about_a_chat_that_is_not_ours_is_ignored(scene: Scene, log: Log) -> None:
    answer = send(scene.sandbox, DESK, _about_chat(scene, "NOT-OURS", "another-app"))

    assert (200, {"outcome": "ignored"}) == (answer.status_code, answer.json())
    assert ["not_our_chat"] == [line["reason"] for line in log.lines(DESK)]


def test_a_webhook_about_a_chat_of_ours_that_is_not_known_yet_is_to_come_again(scene: Scene, log: Log) -> None:
    ours = scene.sandbox.settings["LIVECHAT_CLIENT_ID"]

    answer = send(scene.sandbox, DESK, _about_chat(scene, "NOT-YET-KNOWN", ours))

    assert 503 == answer.status_code
    assert [("retry", "chat_not_known_yet")] == [(line["outcome"], line["reason"]) for line in log.lines(DESK)]


def test_a_webhook_with_a_wrong_secret_is_refused_whatever_it_is_about(scene: Scene) -> None:
    scene.hand_off()
    body = _about_chat(scene, scene.chat.id, scene.sandbox.settings["LIVECHAT_CLIENT_ID"])

    answer = send(scene.sandbox, DESK, body | {"secret_key": "wrong"})
    scene.settle()

    assert 401 == answer.status_code
    assert 3 == len(scene.screen())


# --- the logs --------------------------------------------------------------------------------------------------------


def test_log_lines_say_what_happened_and_nothing_that_was_said(scene: Scene, log: Log) -> None:
    canaries = [f"canary-{number} a private word" for number in range(5)]
    scene.user_says(canaries[0])
    scene.bot_answers(FALLBACK)
    scene.hand_off(f"{canaries[1]} for a person")
    scene.user_says(canaries[2])
    scene.agent_does("note", text=canaries[3])
    scene.agent_replies(canaries[4])
    scene.agent_closes()
    scene.bot_answers(WELCOME_BACK)
    scene.settle()

    assert "canary" not in log.text()
    assert [] == log.problems(set(canaries))
    events = log.of_events(scene.key)
    assert {scene.hand.door, "livechat_webhook"} <= {line["function"] for line in events}
    nested = [line for line in events if line["reason"] == "nested"]
    assert [] == [lacking_of_event(line) for line in events if line not in nested and lacking_of_event(line)]
    assert {"BOT", "WAITING", "AGENT"} == {line["state_before"] for line in events}
    assert all(0 <= line["lag_ms"] < 10_000 for line in events if line not in nested)


def test_a_log_line_is_joined_to_the_request_s_trace(scene: Scene, log: Log) -> None:
    trace = "0af7651916cd43dd8448eb211c80319c"
    raw = json.dumps(scene.hand.written_elsewhere("Hello")).encode()
    headers = {"traceparent": f"00-{trace}-b7ad6b7169203331-01"}

    send_proven(scene.sandbox, scene.hand.door, raw, headers)
    scene.bot_answers("Hello! What can I do for you?")
    scene.settle()

    project = scene.sandbox.settings["GOOGLE_CLOUD_PROJECT"]
    (line,) = log.of_events(scene.key)
    assert f"projects/{project}/traces/{trace}" == line["logging.googleapis.com/trace"]
    assert [said_by_bot("Hello! What can I do for you?")] == scene.screen()
