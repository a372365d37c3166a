"""What the stand-ins hold, read as transcripts: who said what when, what arrived, who was there, what was read."""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any, cast

import pytest
import requests

from infra.chaos.desk_records import DeskRecords
from infra.chaos.gather import gather, seconds
from infra.chaos.people import Person
from infra.chaos.script import UNEXPECTED, Script
from infra.chaos.transcript import JOINED, MESSAGE, NEVER, Transcript
from infra.chaos.users import users_of
from infra.sandbox.business_messages import BusinessMessagesStandIn
from infra.sandbox.dialogflow_es import DialogflowStandIn
from infra.sandbox.sandbox import Sandbox
from infra.sandbox.standin import Fault
from tests.chaos_transcripts import JANE as JANE_S_NAME
from tests.chaos_transcripts import agent, note, user
from tests.receiver import Receiver
from tests.sandbox_livechat_desk import JANE, SECRET, Desk
from tests.sandbox_livechat_desk import Receiver as Hook

SESSION = "projects/p/agent/sessions/s-7"


@pytest.fixture
def standins() -> Iterator[Any]:
    """Channel, bot and desk, with webhooks that are answered; nothing of the bridge."""
    door, hook = Receiver(), Hook()
    messages, dialogflow, desk = BusinessMessagesStandIn(), DialogflowStandIn(), Desk()
    messages.change_options(sending={"url": door.url})
    desk.stand_in.register(hook.url, SECRET)
    yield SimpleNamespace(
        messages=messages,
        channel_url=messages.serve(),
        dialogflow=dialogflow,
        bot_url=dialogflow.serve(),
        desk=desk,
        livechat=desk.stand_in,
    )
    for server in (messages, dialogflow, desk.stand_in, door, hook):
        server.stop()


def someone(standins: Any) -> Person:
    return Person(7, Script((1,), (UNEXPECTED,)), users_of(standins.messages), cast(Any, None), pace_s=0, seed=1)


def transcript_of(standins: Any, person: Person, dead_letters: list[dict[str, Any]] | None = None) -> Transcript:
    [transcript] = gather(cast(Sandbox, standins), users_of(standins.messages), [person], dead_letters or [])
    return transcript


def show(standins: Any, message_id: str, text: str) -> None:
    body = {"messageId": message_id, "representative": {"representativeType": "BOT", "displayName": "Bot"}}
    url = f"{standins.channel_url}/v1/conversations/chaos-0007/messages"
    requests.post(url, json=body | {"text": text, "fallback": text}, timeout=5).raise_for_status()


def test_the_user_s_side_tells_what_was_written_accepted_and_shown(standins: Any) -> None:
    person = someone(standins)
    standins.messages.phone.say(person.key, f"Where is order {user(1)}?")
    standins.messages.phone.request_live_agent(person.key)
    standins.messages.phone.say(person.key, "/bot")
    assert standins.messages.phone.sender.settle()
    standins.messages.faults = [Fault(delay_s=0.1, times=1)]
    show(standins, "m-1", f"Order {user(1)} is on its way.")
    show(standins, "m-2", "You are back with the bot.")

    transcript = transcript_of(standins, person)

    [said], [answer, notice] = transcript.user_said, transcript.shown
    assert user(1) == said.number
    assert said.said_at <= said.told_from <= said.accepted_by < NEVER
    assert (MESSAGE, "BOT", "Bot", False) == (answer.kind, answer.voice, answer.name, answer.bridge)
    assert answer.called_at + 0.1 <= answer.at
    assert notice.bridge
    assert 1 == len(transcript.asked)
    assert 1 == len(transcript.called_back)


def test_the_bot_s_side_tells_what_was_heard_each_time(standins: Any) -> None:
    person = someone(standins)
    body = {"queryInput": {"text": {"text": f"Where is order {user(1)}?", "languageCode": "en"}}}
    for _ in range(2):
        requests.post(f"{standins.bot_url}/v2/{SESSION}:detectIntent", json=body, timeout=5).raise_for_status()

    transcript = transcript_of(standins, person)

    assert [user(1), user(1)] == [got.number for got in transcript.bot]
    assert all(user(1) in sent for sent in transcript.bot_was_sent)


def test_the_agents_side_tells_who_wrote_what_and_when_they_were_there(standins: Any) -> None:
    person, desk = someone(standins), standins.desk
    token, chat_id, thread_id = desk.started()
    event = {"type": "message", "text": f"It is about order {user(3)}, I say."}
    desk.as_customer(token, "send_event", chat_id=chat_id, event=event)
    desk.stand_in.play("reply", chat_id=chat_id, agent=JANE.id, text=f"My answer {agent(1)} to that.")
    desk.stand_in.play("note", chat_id=chat_id, agent=JANE.id, text=f"Between us, {note(1)}.")
    desk.call("agent", "get_chat", desk.agent_token, {"chat_id": chat_id, "thread_id": thread_id})
    desk.stand_in.play("close", chat_id=chat_id, agent=JANE.id)
    assert desk.stand_in.wait_idle()

    transcript = transcript_of(standins, person)

    [said], [got], [stay], [thread], [read] = (
        transcript.agents_said,
        transcript.desk,
        transcript.stays,
        transcript.threads,
        transcript.reads,
    )
    assert (agent(1), JANE_S_NAME, thread_id) == (said.number, said.by, said.thread)
    assert said.said_at <= said.told_from <= said.accepted_by < NEVER
    assert user(3) == got.number
    assert {user(3): got.called_at} == transcript.tried_at_desk
    assert (JANE_S_NAME, thread_id) == (stay.name, stay.thread)
    assert stay.came_at < stay.left_at < NEVER
    assert thread.end_told
    assert (thread_id, True) == (read.thread, read.worked)
    assert not any(note(1) in text for text in transcript.desk_texts)


def test_a_dead_letter_counts_as_told_when_its_writer_sees_a_notice_of_it(standins: Any) -> None:
    person = someone(standins)
    letters = [{"entry": {"text": f"order {user(nth)}"}} for nth in (1, 2)]
    show(standins, "m-1", f"Sorry, your message could not be delivered: “order {user(1)}”")

    transcript = transcript_of(standins, person, letters)

    assert {user(1): True, user(2): False} == transcript.dead_letters


def test_a_frame_on_the_phone_is_read_as_one(standins: Any) -> None:
    person = someone(standins)
    body = {"eventType": "REPRESENTATIVE_JOINED"}
    body |= {"representative": {"representativeType": "HUMAN", "displayName": "Jane Doe"}}  # type: ignore[dict-item]
    url = f"{standins.channel_url}/v1/conversations/chaos-0007/events?eventId=e-1"
    requests.post(url, json=body, timeout=5).raise_for_status()

    [line] = transcript_of(standins, person).shown

    assert (JOINED, "HUMAN", "Jane Doe") == (line.kind, line.voice, line.name)


def test_chats_of_nobody_known_are_left_out(standins: Any) -> None:
    standins.desk.started()

    records = DeskRecords(standins.livechat)

    assert [] == records.threads(7)


def test_no_time_means_never() -> None:
    assert NEVER == seconds("")
