"""Order is judged by what is certain: the sender's time among what waits, else the order of acceptance."""

import msgspec

from infra.chaos.order import first_arrivals, inversions, overtaken_in_thread
from infra.chaos.transcript import NEVER, Got, Read, Said
from tests.chaos_transcripts import agent, agent_said, user, user_said

ONE, TWO, THREE, FOUR = (user(nth) for nth in (1, 2, 3, 4))


def inverted(said: list[Said], arrived: list[Got]) -> list[tuple[str, str]]:
    return [(earlier.number, later.number) for earlier, later, _ in inversions(said, arrived)]


def test_what_arrives_in_the_order_it_was_said_is_right() -> None:
    assert [] == inverted([user_said(1, 10), user_said(2, 20)], [Got(ONE, 11), Got(TWO, 21)])


def test_what_was_accepted_before_the_other_was_sent_must_arrive_before_it() -> None:
    assert [(ONE, TWO)] == inverted([user_said(1, 10), user_said(2, 20)], [Got(TWO, 21), Got(ONE, 22)])


def test_a_webhook_that_was_held_back_past_the_other_is_no_inversion() -> None:
    late = user_said(1, 10, told_from=25, accepted_by=26)

    assert [] == inverted([late, user_said(2, 20)], [Got(TWO, 21), Got(ONE, 27)])


def test_what_was_never_certainly_accepted_is_no_inversion() -> None:
    doubtful = user_said(1, 10, accepted_by=NEVER)

    assert [] == inverted([doubtful, user_said(2, 20)], [Got(TWO, 21), Got(ONE, 27)])


def test_what_waits_while_two_others_go_must_go_before_a_later_one() -> None:
    late = user_said(1, 10, told_from=25, accepted_by=26)
    said = [late, user_said(2, 20), user_said(3, 21), user_said(4, 22)]

    went = inverted(said, [Got(TWO, 23), Got(THREE, 27), Got(FOUR, 30), Got(ONE, 31)])
    two_went = inverted(said, [Got(TWO, 27), Got(THREE, 28), Got(FOUR, 30), Got(ONE, 31)])

    assert [] == went  # one of them may have been in hand
    assert [(ONE, FOUR)] == two_went


def test_an_agent_s_text_may_be_found_by_a_read_before_it_is_told() -> None:
    earlier = agent_said(1, 10, accepted_by=20)
    later = agent_said(2, 15, told_from=30, accepted_by=31)

    assert [] == inverted([earlier, later], [Got(agent(2), 18), Got(agent(1), 21)])


def test_repeats_count_where_they_came_first() -> None:
    assert [Got(ONE, 1), Got(TWO, 2)] == first_arrivals([Got(ONE, 1), Got(TWO, 2), Got(ONE, 3)])


# --- threads ---


def verdicts(reads: list[Read], *, later_told_from: float = 60) -> list[str]:
    untold = agent_said(1, 45, told_from=NEVER, accepted_by=NEVER)
    later = msgspec.structs.replace(agent_said(2, 60), told_from=later_told_from)
    arrived = [Got(agent(2), 70), Got(agent(1), 75)]
    return [verdict for _, _, verdict in overtaken_in_thread([untold, later], arrived, reads)]


def test_a_read_between_the_later_text_s_notice_and_its_showing_must_have_found_the_earlier_one() -> None:
    assert ["inverted"] == verdicts([Read("T1", 61, 62, worked=True)])


def test_a_read_that_failed_came_too_early_or_too_late_found_nothing() -> None:
    assert ["late"] == verdicts([])
    assert ["late"] == verdicts([Read("T1", 61, 62, worked=False)])
    assert ["late"] == verdicts([Read("T1", 50, 51, worked=True)])
    assert ["late"] == verdicts([Read("T1", 61, 71, worked=True)])
    assert ["late"] == verdicts([Read("", 61, 62, worked=True)])
    assert ["late"] == verdicts([Read("T1", 61, 62, worked=True)], later_told_from=NEVER)


def test_texts_of_different_threads_are_not_compared_by_number() -> None:
    said = [agent_said(1, 45, thread="T0"), agent_said(2, 60)]

    assert [] == list(
        overtaken_in_thread(said, [Got(agent(2), 70), Got(agent(1), 75)], [Read("T1", 61, 62, worked=True)])
    )
