"""A comparison that can't complain is a defect: every column is provoked by a doctored transcript."""

import msgspec
import pytest

from infra.chaos.compare import BAD, COLUMNS, compare
from infra.chaos.transcript import JOINED, LEFT, NEVER, Got, Read, Shown, Stay, Thread, Transcript, Wish
from infra.chaos.voices import ASKING
from tests.chaos_transcripts import (
    JANE,
    agent,
    agent_said,
    answer,
    bot_line,
    frame,
    good,
    human_line,
    note,
    swapped,
    user,
    user_said,
    without,
)


def found(transcript: Transcript) -> list[tuple[str, str, str]]:
    """(column, side, number) of every finding."""
    return [(one.column, one.side, one.number) for one in compare(transcript)]


def test_a_conversation_in_order_has_no_findings() -> None:
    assert [] == found(good())


# --- lost ---


def test_a_user_s_text_that_arrived_nowhere_is_lost() -> None:
    assert [("lost", "user", user(4))] == found(good(desk=[Got(user(3), 41)]))


def test_an_agent_s_text_that_was_not_shown_is_lost() -> None:
    assert [("lost", "agents", agent(2))] == found(good(shown=without(good().shown, 4)))


def test_an_answer_of_the_bot_that_was_not_shown_is_lost() -> None:
    assert [("lost", "bot", user(5))] == found(good(shown=without(good().shown, 7)))


def test_an_answer_of_the_bot_is_not_lost_when_a_person_came_before_it() -> None:
    assert [] == found(good(shown=without(good().shown, 0)))


def test_an_answer_may_be_dropped_for_a_person_even_if_a_later_text_was_heard_and_answered_before() -> None:
    said = [user_said(1, 10, accepted_by=17), user_said(6, 11), *good().user_said[1:]]
    shown = [answer(6, 13), *good().shown[1:]]

    transcript = good(user_said=said, shown=shown, bot=[Got(user(6), 12), Got(user(1), 16), *good().bot[1:]])

    assert [] == found(transcript)


def test_an_answer_of_the_bot_is_lost_when_a_later_one_was_shown_before_any_person_came() -> None:
    said = [user_said(1, 10), user_said(6, 13), *good().user_said[1:]]
    shown = [answer(6, 15), *good().shown[1:]]

    transcript = good(user_said=said, shown=shown, bot=[Got(user(1), 11), Got(user(6), 14), *good().bot[1:]])

    assert [("lost", "bot", user(1))] == found(transcript)


@pytest.mark.parametrize(("told", "column"), [(True, "given up"), (False, "lost")])
def test_a_dead_letter_is_given_up_if_its_writer_was_told_and_lost_if_not(told: bool, column: str) -> None:
    transcript = good(desk=[Got(user(3), 41)], dead_letters={user(4): told})

    assert [(column, "user", user(4))] == found(transcript)


# --- doubled ---


def test_a_user_s_text_that_the_agents_have_twice_is_doubled() -> None:
    assert [("doubled", "user", user(4))] == found(good(desk=[*good().desk, Got(user(4), 52)]))


def test_a_user_s_text_that_the_bot_answered_and_the_agents_have_is_doubled() -> None:
    shown = [*good().shown, answer(4, 95)]

    assert ("doubled", "user", user(4)) in found(good(shown=shown))


def test_an_agent_s_text_that_was_shown_twice_is_doubled() -> None:
    shown = [*good().shown[:5], human_line(2, 63), *good().shown[5:]]

    assert [("doubled", "agents", agent(2))] == found(good(shown=shown))


def test_an_answer_of_the_bot_that_was_shown_twice_is_doubled() -> None:
    assert [("doubled", "bot", user(5))] == found(good(shown=[*good().shown, answer(5, 95)]))


def test_the_bot_that_asks_for_a_person_oftener_than_it_was_asked_to_is_doubled() -> None:
    shown = [good().shown[0], bot_line(21, ASKING), *good().shown[1:]]

    assert ("doubled", "bot", "") in found(good(shown=shown))


def test_a_second_chat_of_one_user_is_doubled() -> None:
    assert [("doubled", "user", "")] == found(good(chats=2))


def test_what_the_bot_heard_twice_and_answered_once_is_counted_apart() -> None:
    transcript = good(bot=[*good().bot, Got(user(5), 91)])

    assert [("heard twice by the bot", "user", user(5))] == found(transcript)
    assert "heard twice by the bot" not in BAD


# --- inverted, late ---


def test_user_s_texts_in_the_wrong_order_at_the_desk_are_inverted() -> None:
    transcript = good(desk=[Got(user(4), 51), Got(user(3), 52)])

    assert [("inverted", "user", user(3))] == found(transcript)


def test_answers_of_the_bot_in_the_wrong_order_are_inverted() -> None:
    transcript = good(shown=swapped(good().shown, 0, 7), bot=swapped(good().bot, 0, 2))

    assert {("inverted", "user", user(1)), ("inverted", "bot", user(1))} <= set(found(transcript))


def test_what_may_be_with_the_agents_does_not_keep_the_user_from_the_bot() -> None:
    bot = [Got(user(1), 11), Got(user(2), 21), Got(user(5), 91), Got(user(4), 99)]
    shown = [*good().shown, answer(4, 100)]

    transcript = good(desk=good().desk[:1], bot=bot, shown=shown, tried_at_desk={user(4): 51})

    assert [("late", "user", user(4)), ("late", "bot", user(4))] == found(transcript)
    assert "late" not in BAD


def test_an_agent_s_text_shown_behind_a_later_one_is_inverted() -> None:
    assert [("inverted", "agents", agent(1))] == found(good(shown=swapped(good().shown, 3, 4)))


@pytest.mark.parametrize(("worked", "column"), [(True, "inverted"), (False, "late")])
def test_a_text_that_was_not_told_goes_before_the_next_one_if_a_read_of_the_thread_works(
    worked: bool, column: str
) -> None:
    untold = agent_said(1, 45, told_from=NEVER, accepted_by=NEVER)
    shown = swapped(good().shown, 3, 4)

    transcript = good(agents_said=[untold, agent_said(2, 60)], shown=shown, reads=[Read("T1", 60.5, 60.6, worked)])
    transcript.shown[3] = human_line(2, 61)

    assert [(column, "agents", agent(1))] == found(transcript)


# --- leaked ---


def test_a_note_for_agents_on_the_phone_is_leaked() -> None:
    shown = [*good().shown, bot_line(95, f"Between us, {note(1)} is a difficult one.")]

    assert [("leaked", "agents", note(1))] == found(good(shown=shown))


def test_a_note_for_agents_in_what_the_bot_is_told_is_leaked() -> None:
    assert [("leaked", "agents", note(1))] == found(good(bot_was_sent=[f'{{"digest": "agent: {note(1)}"}}']))


def test_an_e_mail_address_on_the_phone_is_leaked() -> None:
    shown = [*good().shown, bot_line(95, "Ask jane.doe@shop.example.")]

    assert [("leaked", "agents", "")] == found(good(shown=shown))


def test_a_text_of_another_conversation_is_leaked_on_either_side() -> None:
    shown = [*good().shown, bot_line(95, "Order 100080001 is on its way.")]

    assert [("leaked", "agents", "100080001")] == found(good(shown=shown))
    assert [("leaked", "user", "100080001")] == found(good(desk_texts=["It is about order 100080001, I say."]))


# --- framing ---


@pytest.mark.parametrize("index", [2, 5], ids=["joined", "left"])
def test_a_missing_frame_is_a_framing_error(index: int) -> None:
    assert "framing" in {column for column, _, _ in found(good(shown=without(good().shown, index)))}


def test_a_frame_twice_is_a_framing_error() -> None:
    shown = [*good().shown[:3], frame(JOINED, 31), *good().shown[3:]]

    assert "framing" in {column for column, _, _ in found(good(shown=shown))}


def test_a_second_pair_for_one_time_in_the_chat_is_a_framing_error() -> None:
    shown = [*good().shown[:4], frame(LEFT, 48), frame(JOINED, 49), *good().shown[4:]]

    assert {("framing", "agents", "")} == set(found(good(shown=shown)))


def test_a_second_pair_around_late_words_of_a_closed_thread_is_right() -> None:
    shown = [*good().shown[:4], frame(LEFT, 72), frame(JOINED, 73), human_line(2, 74), frame(LEFT, 75), good().shown[7]]

    assert [] == found(good(shown=shown))


def test_a_second_pair_around_words_written_after_the_user_went_back_to_the_bot_is_right() -> None:
    shown = [*good().shown[:4], frame(LEFT, 52), frame(JOINED, 61), human_line(2, 62), frame(LEFT, 63), good().shown[7]]

    assert [] == found(good(shown=shown, called_back=[Wish(51, 52)]))
    assert [] == found(good(shown=shown, called_back=[Wish(1, 52)]))  # asked for long before, and refused until then


def test_somebody_who_left_an_open_thread_may_be_shown_again_for_late_words_only() -> None:
    stays = [Stay(JANE, "T1", 29, 60.5), Stay("Sam Lee", "T1", 60, 70)]
    sams = agent_said(3, 66, by="Sam Lee")
    before = [*good().shown[:4], frame(LEFT, 61), frame(JOINED, 61, "Sam Lee"), frame(JOINED, 62), human_line(2, 63)]
    of_sam = human_line(3, 67, name="Sam Lee")
    after = [frame(LEFT, 72, "Sam Lee"), *good().shown[6:]]

    def with_lines(*lines: Shown) -> Transcript:
        return good(
            shown=[*before, *lines, *after], stays=stays, agents_said=[agent_said(1, 45), agent_said(2, 60), sams]
        )

    assert [] == found(with_lines(frame(LEFT, 64), of_sam))
    assert [("framing", "agents", "")] == found(with_lines(of_sam, frame(LEFT, 70)))


def test_an_agent_s_words_in_the_bot_s_voice_are_a_framing_error() -> None:
    shown = [*good().shown[:3], human_line(1, 47, voice="BOT"), *good().shown[4:]]

    assert ("framing", "agents", agent(1)) in found(good(shown=shown))


def test_an_agent_s_words_under_another_agent_s_name_are_a_framing_error() -> None:
    shown = [*good().shown[:3], human_line(1, 47, name="Sam Lee"), *good().shown[4:]]

    assert ("framing", "agents", agent(1)) in found(good(shown=shown))


def test_the_bot_s_words_in_a_person_s_voice_are_a_framing_error() -> None:
    shown = [*good().shown[:3], msgspec.structs.replace(answer(1, 40), voice="HUMAN", name=JANE), *good().shown[3:]]

    assert ("framing", "agents", user(1)) in found(good(shown=shown[1:]))


def test_somebody_whose_coming_was_never_told_may_have_a_general_name() -> None:
    lines = [msgspec.structs.replace(line, name="Agent") if line.voice == "HUMAN" else line for line in good().shown]

    assert [] == found(good(shown=lines))


# --- out of turn, muted ---


def test_the_bot_that_speaks_while_a_person_is_there_is_out_of_turn() -> None:
    shown = [*good().shown[:4], bot_line(50, "By the way."), *good().shown[4:]]

    assert {("out of turn", "bot", "")} == set(found(good(shown=shown)))


def test_the_bridge_may_speak_while_a_person_is_there() -> None:
    shown = [*good().shown[:4], bot_line(50, "It is taking longer.", bridge=True), *good().shown[4:]]

    assert [] == found(good(shown=shown))


def test_what_was_on_its_way_before_a_person_came_is_not_out_of_turn() -> None:
    shown = [*good().shown[:4], bot_line(50, "By the way.", called_at=21), *good().shown[4:]]

    assert [] == found(good(shown=shown))


def test_the_bot_that_speaks_after_it_asked_for_a_person_is_out_of_turn() -> None:
    shown = [*good().shown[:2], bot_line(25, "By the way."), *good().shown[2:]]

    assert [("out of turn", "bot", "")] == found(good(shown=shown))


def test_after_a_request_by_menu_one_answer_may_be_on_its_way_and_no_second() -> None:
    said = [user_said(1, 10), user_said(6, 14), *good().user_said[2:]]
    bot = [Got(user(1), 11), Got(user(6), 15), Got(user(5), 91)]
    first = good(user_said=said, bot=bot, asked=[Wish(15, 16)], shown=[answer(1, 12), answer(6, 17), *good().shown[2:]])
    second = good(
        user_said=said, bot=bot, asked=[Wish(11, 11.5)], shown=[answer(1, 12), answer(6, 17), *good().shown[2:]]
    )

    assert [] == found(first)
    assert [("out of turn", "bot", "")] == found(second)


def test_a_request_before_the_end_of_the_last_chat_was_worked_proves_nothing() -> None:
    threads = [*good().threads, Thread("T2", 120)]
    shown = [*good().shown, answer(6, 94)]
    said = [*good().user_said, user_said(6, 93)]

    transcript = good(
        asked=[Wish(70.5, 71)], threads=threads, shown=shown, user_said=said, bot=[*good().bot, Got(user(6), 93.5)]
    )

    assert [] == found(transcript)


def test_a_request_that_was_taken_only_after_somebody_had_come_proves_nothing() -> None:
    transcript = good(
        asked=[Wish(11, 93)],
        threads=[*good().threads, Thread("T2", 120)],
        shown=[*good().shown, answer(6, 94), answer(7, 95)],
        user_said=[*good().user_said, user_said(6, 93), user_said(7, 93.2)],
        bot=[*good().bot, Got(user(6), 93.5), Got(user(7), 94.5)],
    )

    assert [] == found(transcript)


def test_a_request_that_may_have_been_taken_while_a_person_was_there_proves_nothing() -> None:
    shown = [*good().shown, answer(6, 94)]
    transcript = good(
        asked=[Wish(50, 91)],
        threads=[*good().threads, Thread("T2", 120)],
        shown=shown,
        user_said=[*good().user_said, user_said(6, 93)],
        bot=[*good().bot, Got(user(6), 93.5)],
    )

    assert [] == found(transcript)


def test_who_may_have_gone_back_to_the_bot_meanwhile_may_hear_it() -> None:
    shown = [*good().shown[:2], bot_line(25, "By the way."), *good().shown[2:]]

    assert [] == found(good(shown=shown, called_back=[Wish(15, 26)]))
    assert [("out of turn", "bot", "")] == found(good(shown=shown, called_back=[Wish(15, 21)]))


def test_a_wish_for_the_bot_that_waited_to_be_worked_counts_from_when_the_user_is_told() -> None:
    told = bot_line(24, "You are back with the bot.", bridge=True)
    shown = [*good().shown[:2], told, bot_line(25, "By the way."), *good().shown[2:]]

    assert [] == found(good(shown=shown, called_back=[Wish(15, 21)]))
    assert [("out of turn", "bot", "")] == found(good(shown=shown))


def test_a_conversation_in_which_the_bot_does_not_answer_at_the_end_is_muted() -> None:
    assert [("muted", "bot", "")] == found(good(answered_roll_call=False))


def test_every_bad_column_is_one_of_the_columns() -> None:
    assert set(BAD) < set(COLUMNS)
