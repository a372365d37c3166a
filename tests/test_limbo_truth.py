"""What the bridge says is so when it is said: a notice that waited may have become untrue, and is not said then."""

import pytest

from functions.handoff.languages import BUILT_IN
from tests.limbo import HOUR_S, Told, Watch, after, bot_answers, complaints
from tests.limbo_plays import waiting, with_jane

TEXTS_THAT_NAME_THE_KEYWORD = sorted(name for name, text in BUILT_IN["en"].items() if "{return_keyword}" in text)


# --- while it waited for the channel ---------------------------------------------------------------------------------


def test_a_delay_that_is_over_before_it_can_be_told_is_not_told() -> None:
    watch = Watch(sweep_every_s=5, agent_silent_s=0)
    with_jane(watch)
    watch.down("livechat")
    watch.say("my lamp is broken")
    watch.live(15)
    watch.down("livechat", "channel")
    watch.live(60)
    watch.down("channel")
    watch.live(400)
    assert ["my lamp is broken"] == watch.world.desk.user_texts()

    watch.well()

    assert [] == watch.seen


def test_an_agent_who_wrote_while_the_silence_could_not_be_told_was_not_silent() -> None:
    watch = Watch()
    with_jane(watch)
    watch.say("my lamp is broken")
    watch.down("channel")
    watch.live(700)
    watch.do(watch.world.agent_writes, "I am sending you a new one")

    watch.well()

    assert ["HUMAN: I am sending you a new one"] == [one.what for one in watch.seen]


@pytest.mark.parametrize("end", ["decline", "refused", "keyword"])
def test_who_has_asked_for_a_person_again_is_not_told_that_the_bot_is_there(end: str) -> None:
    watch = Watch(return_event="", offline_policy="decline" if end == "decline" else "queue")
    watch.say("hello")
    watch.seen.clear()
    watch.down("channel")
    if end == "decline":
        watch.world.desk.status = "offline"
    if end == "refused":
        watch.world.faults.script["livechat.start_chat"] = ["refused"]
    watch.do(watch.world.ask_for_person)
    if end == "keyword":
        watch.do(watch.world.ask_for_bot)
    assert "BOT" == watch.world.conversation.state
    watch.world.desk.status = "online"
    watch.do(watch.world.ask_for_person)

    watch.live(60)
    watch.down()
    watch.live(50)

    assert {"[connecting]"} == {one.what for one in watch.seen}


def test_who_is_being_connected_is_not_told_to_try_later() -> None:
    watch = Watch(return_event="", offline_policy="decline", wait_reminder_s=0)
    watch.world.desk.status = "offline"
    watch.down("channel")
    for _ in range(6):
        watch.do(watch.world.ask_for_person)
    watch.live(700)
    watch.world.desk.status = "online"
    watch.do(watch.world.ask_for_person)

    watch.well()

    assert ["[connecting]"] == [one.what for one in watch.seen]


# --- where the chat is not open --------------------------------------------------------------------------------------


def test_who_waits_for_a_chat_that_could_not_be_opened_is_not_said_to_be_in_the_queue() -> None:
    watch = Watch()
    watch.down("livechat")

    waiting(watch)
    watch.live(300)

    assert [] == complaints(watch.seen, (after(30, "[delayed]"), after(120, "[still_trying]")))


def test_who_is_in_the_queue_by_the_time_it_can_be_told_is_not_said_to_be_out_of_reach() -> None:
    watch = Watch(sweep_every_s=5)
    waiting_for_desk_and_channel(watch)

    watch.down()
    watch.live(450)

    assert "[still_trying]" not in [one.what for one in watch.seen]
    assert "WAITING" == watch.world.conversation.state


def test_who_is_with_the_bot_again_is_not_told_that_the_team_is_still_tried() -> None:
    watch = Watch()
    watch.world.faults.script["livechat.start_chat"] = ["lost"]
    waiting(watch)
    watch.down("livechat", "channel")
    watch.live(1000)
    watch.down("livechat")

    watch.live(450)

    assert ["open_chat"] == [entry.kind for entry in watch.world.conversation.pending]  # still looked for
    assert {"[nobody_came]", "bot: welcome back"} == {one.what for one in watch.seen}


def waiting_for_desk_and_channel(watch: Watch) -> None:
    """The reminder came due while both were away, and LiveChat was back first."""
    watch.down("livechat")
    waiting(watch)
    watch.live(60)
    watch.down("livechat", "channel")
    watch.live(80)
    watch.down("channel")
    watch.live(200)
    assert 1 == len(watch.world.desk.threads)


# --- where no keyword is set -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("text_id", TEXTS_THAT_NAME_THE_KEYWORD)
def test_a_text_that_names_the_keyword_has_a_fellow_without(text_id: str) -> None:
    assert "{" not in BUILT_IN["en"][f"{text_id}_only"]


@pytest.mark.parametrize("down", [(), ("livechat",)], ids=["queue", "no chat"])
def test_no_keyword_is_named_where_there_is_none(down: tuple[str, ...]) -> None:
    watch = Watch(return_keyword="", delay_notice_s=HOUR_S)
    watch.down(*down)

    waiting(watch)
    watch.live(300)

    told = "[still_trying_only]" if down else "[still_waiting_only]"
    assert [] == complaints(watch.seen, (after(120, told),))


# --- the way back ----------------------------------------------------------------------------------------------------


def test_who_is_told_that_a_message_did_not_reach_the_agents_is_offered_the_bot() -> None:
    watch = Watch()
    with_jane(watch)
    watch.down("livechat", how="refused")

    watch.say("my lamp is broken")

    assert ["/bot"] == [chip.postback for chip in watch.world.channel.sent[-1].suggestions]


def test_a_bot_that_was_away_over_several_returns_says_welcome_once() -> None:
    watch = Watch(offline_policy="decline")
    watch.world.desk.status = "offline"
    watch.down("dialogflow")
    for _ in range(3):
        watch.do(watch.world.ask_for_person)
        watch.live(100)

    watch.well()

    assert [("AGENT_CHAT_ENDED", "no_agent")] == [(name, told["reason"]) for name, told in watch.world.bot.events]
    assert 1 == [one.what for one in watch.seen].count("bot: welcome back")
    bot_answers(watch)


def test_the_limit_without_a_reminder_finds_words_whose_notices_were_lost() -> None:
    watch = Watch(wait_reminder_s=0)
    waiting(watch)
    watch.do(watch.world.agent_writes, "good morning", webhook=False)

    watch.live(1200)

    told = (after(900, "joined: Jane Doe"), after(900, "HUMAN: good morning"))
    assert [] == complaints(watch.seen, told)


def test_at_the_limit_a_desk_that_is_away_holds_nothing_up() -> None:
    watch = Watch()
    waiting(watch)
    watch.down("livechat")

    watch.live(1200)

    told = (after(120, "[still_waiting]"), after(900, "[nobody_came]"), Told("bot: welcome back", 900, 970))
    assert [] == complaints(watch.seen, told)


def test_who_went_back_to_the_bot_waits_for_no_chat_that_perhaps_was_opened() -> None:
    watch = Watch(return_event="")
    watch.world.faults.script["livechat.start_chat"] = ["lost"]
    watch.world.ask_for_person()
    watch.down("livechat")
    watch.do(watch.world.ask_for_bot)

    watch.live(300)

    assert ["open_chat"] == [entry.kind for entry in watch.world.conversation.pending]
    assert ["[back_with_bot]"] == [one.what for one in watch.seen]
    bot_answers(watch)
