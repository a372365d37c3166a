"""Which entry goes next, what it waits for, and when somebody must look again."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from functions.handoff.conversation import AGENT, BOT, WAITING, Conversation
from functions.handoff.interfaces import CHANNEL, DIALOGFLOW, LIVECHAT, PROVIDERS
from functions.handoff.parts import Doubt, Lease, Parked, Presence
from functions.handoff.schedule import HOLD, LANE_OF, LANES, NOTICE_LANE, alarm, firsts, needed_time_s, needs, ready
from tests.core_records import JANE, a_conversation, waiting
from tests.event_strategies import KINDS
from tests.examples import examples
from tests.fakes import START

PRESENT = (Presence(JANE, 1),)
DOUBTED = {"e": Doubt(LIVECHAT, START)}


def after(seconds: float) -> Any:
    return START + timedelta(seconds=seconds)


def order(*pending: Any) -> list[str]:
    return [p.id for p in firsts(a_conversation(pending=pending))]


# --- lanes and order -------------------------------------------------------------------------------------------------


def test_every_kind_of_entry_has_a_lane() -> None:
    assert {kind.__struct_config__.tag for kind in KINDS} == set(LANE_OF)  # type: ignore[attr-defined]
    assert set(LANES) == set(LANE_OF.values())


def test_lanes_are_served_control_agent_notice_user() -> None:
    user, notice = waiting("user", "user_message"), waiting("notice", "user_notice")
    agent, control = waiting("agent", "agent_message"), waiting("control", "handoff_asked")

    assert ["control", "agent", "notice", "user"] == order(user, notice, agent, control)


def test_inside_a_lane_the_senders_time_decides() -> None:
    assert ["early"] == order(waiting("late", "user_message", 2), waiting("early", "user_message", 1, seq=2))


def test_at_the_same_time_the_first_accepted_goes_first() -> None:
    assert ["first"] == order(waiting("second", "user_message", seq=2), waiting("first", "user_message", seq=1))


@pytest.mark.parametrize(("head", "other"), [("open_chat", "user_message"), ("framing", "agent_message")])
def test_a_head_goes_before_the_rest_of_its_lane(head: str, other: str) -> None:
    assert ["head"] == order(waiting("other", other, 0), waiting("head", head, 9, head=True, seq=2))


def test_a_lane_waits_for_its_first_entry() -> None:
    c = a_conversation(
        state=BOT,
        pending=(waiting("reply", "bot_reply", 0), waiting("u2", "user_message", 1, seq=2)),
        parked={CHANNEL: Parked(after(5), 1)},
    )

    assert [] == ready(c, START)


def test_notices_pass_each_other() -> None:
    c = a_conversation(
        pending=(waiting("close", "close_chat", 0), waiting("tell", "user_notice", 1, seq=2)),
        parked={LIVECHAT: Parked(after(5), 1)},
    )

    assert ["tell"] == [p.id for p in ready(c, START)]


def test_a_notice_that_failed_last_time_goes_after_the_users_words() -> None:
    c = a_conversation(
        state=BOT,
        pending=(waiting("told", "return_event", 0), waiting("u1", "user_message", 1, seq=2)),
        parked={DIALOGFLOW: Parked(START, 1)},
    )

    assert ["u1", "told"] == [p.id for p in ready(c, START)]


def test_a_message_that_only_has_to_be_looked_up_does_not_keep_the_user_from_the_bot() -> None:
    c = a_conversation(
        state=BOT,
        pending=(waiting("e", "user_message", 0), waiting("u2", "user_message", 1, seq=2)),
        doubt=DOUBTED,
        parked={LIVECHAT: Parked(after(9), 1)},
    )

    assert ["u2"] == [p.id for p in ready(c, START)]


def test_a_lane_of_another_version_is_served_like_notices() -> None:
    unknown = waiting("x", "user_notice", 0, lane="lane_of_tomorrow")

    assert ["agent", "x", "user"] == order(
        waiting("user", "user_message"), unknown, waiting("agent", "agent_message", seq=2)
    )


def test_a_read_put_among_the_notices_needs_the_desk() -> None:
    assert LIVECHAT == needs(a_conversation(), waiting("read", "read_thread", lane=NOTICE_LANE))


def test_a_read_put_among_the_notices_holds_up_no_agents_message() -> None:
    read = waiting("read", "read_thread", 0, lane=NOTICE_LANE)

    assert ["message", "read"] == order(read, waiting("message", "agent_message", 1, seq=2))


# --- what an entry needs ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "state", "more", "needed"),
    [
        ("user_message", BOT, {}, DIALOGFLOW),
        ("user_message", BOT, {"agents": PRESENT}, HOLD),
        ("user_message", BOT, {"doubt": DOUBTED}, LIVECHAT),
        ("user_message", WAITING, {}, LIVECHAT),
        ("user_message", AGENT, {}, LIVECHAT),
        ("user_message", AGENT, {"closing": "T1"}, HOLD),
        ("user_message", AGENT, {"closing": "T1", "doubt": DOUBTED}, LIVECHAT),
        ("bot_reply", BOT, {}, CHANNEL),
        ("bot_reply", BOT, {"agents": PRESENT}, HOLD),
        ("bot_reply", WAITING, {}, None),
        ("bot_reply", AGENT, {"agents": PRESENT}, None),
        ("open_chat", WAITING, {}, LIVECHAT),
        ("open_chat", BOT, {}, None),
        ("open_chat", AGENT, {}, None),
        ("open_chat", BOT, {"doubt": DOUBTED}, LIVECHAT),
        ("agent_message", AGENT, {}, CHANNEL),
        ("framing", BOT, {}, CHANNEL),
        ("user_notice", BOT, {}, CHANNEL),
        ("read_thread", AGENT, {}, None),
        ("agent_note", AGENT, {}, LIVECHAT),
        ("close_chat", BOT, {}, LIVECHAT),
        ("customer_details", AGENT, {}, LIVECHAT),
        ("return_event", BOT, {}, DIALOGFLOW),
        ("handoff_asked", BOT, {}, None),
        ("timer", AGENT, {}, None),
        ("agent_joined", AGENT, {}, None),
        ("chat_closed", AGENT, {}, None),
    ],
)
def test_what_an_entry_waits_for_follows_from_the_state_now(
    kind: str, state: str, more: dict[str, Any], needed: str | None
) -> None:
    assert needed == needs(a_conversation(state=state, **more), waiting("e", kind))


@pytest.mark.parametrize(
    ("kind", "state", "seconds"),
    [
        ("user_message", AGENT, 8),
        ("open_chat", WAITING, 8),
        ("user_message", BOT, 7),
        ("return_event", BOT, 7),
        ("agent_message", AGENT, 1),
        ("close_chat", BOT, 1),
        ("read_thread", AGENT, 1),
        ("bot_reply", BOT, 1),
        ("timer", AGENT, 1),
        ("open_chat", BOT, 1),
    ],
)
def test_only_calls_that_cant_be_repeated_need_their_whole_timeout(kind: str, state: str, seconds: float) -> None:
    assert seconds == needed_time_s(a_conversation(state=state), waiting("e", kind))


# --- the alarm -------------------------------------------------------------------------------------------------------


def test_while_somebody_works_the_alarm_is_the_end_of_the_lease() -> None:
    c = a_conversation(lease=Lease("me", after(30), "u1"), timers={"t": after(1)}, pending=(waiting("u1", "timer"),))

    assert after(30) == alarm(c, START)


def test_with_nothing_to_wait_for_there_is_no_alarm() -> None:
    assert alarm(a_conversation(), START) is None


def test_an_entry_that_can_go_is_due_now() -> None:
    assert START == alarm(a_conversation(pending=(waiting("u1", "user_message"),)), START)


def test_an_entry_whose_provider_is_parked_is_due_when_it_is_tried_again() -> None:
    c = a_conversation(pending=(waiting("u1", "user_message"),), parked={DIALOGFLOW: Parked(after(4), 1)})

    assert after(4) == alarm(c, START)


def test_a_provider_nobody_needs_sets_no_alarm() -> None:
    assert alarm(a_conversation(parked={LIVECHAT: Parked(after(4), 1)}), START) is None


def test_an_entry_behind_another_of_its_lane_sets_no_alarm() -> None:
    c = a_conversation(
        state=BOT,
        pending=(waiting("reply", "bot_reply", 0), waiting("u2", "user_message", 1, seq=2)),
        parked={CHANNEL: Parked(after(9), 1), DIALOGFLOW: Parked(after(4), 1)},
    )

    assert after(9) == alarm(c, START)


def test_the_earliest_of_timers_and_parked_providers_counts() -> None:
    c = a_conversation(
        timers={"a": after(7), "b": after(3)},
        pending=(waiting("u1", "user_message"),),
        parked={DIALOGFLOW: Parked(after(4), 1)},
    )

    assert after(3) == alarm(c, START)


_pendings = st.lists(
    st.builds(
        lambda kind, at, seq, head: waiting(f"{kind}{seq}", kind, at, seq=seq, head=head),
        st.sampled_from(sorted(LANE_OF)),
        st.integers(-5, 5),
        st.integers(1, 99),
        st.booleans(),
    ),
    max_size=6,
    unique_by=lambda p: p.seq,
)
_conversations = st.builds(
    lambda pending, state, parked, timers, agents, closing: a_conversation(
        pending=tuple(pending),
        state=state,
        parked={name: Parked(after(s), 1) for name, s in parked.items()},
        timers={name: after(s) for name, s in timers.items()},
        agents=agents,
        closing=closing,
    ),
    _pendings,
    st.sampled_from([BOT, WAITING, AGENT]),
    st.dictionaries(st.sampled_from(PROVIDERS), st.integers(-9, 9)),
    st.dictionaries(st.sampled_from(["a", "b"]), st.integers(-9, 9)),
    st.sampled_from([(), PRESENT]),
    st.sampled_from(["", "T1"]),
)


@given(_conversations)
@settings(max_examples=examples(150), deadline=None)
def test_the_alarm_rings_exactly_when_something_can_go_or_a_timer_is_due(c: Conversation) -> None:
    moments = [START, *(after(s) for s in range(-9, 10))]

    rings_at = alarm(c, START)

    due = [at for at in moments if at >= START and ready(c, at)]
    expected = min([*due, *c.timers.values()], default=None)
    assert expected == rings_at


@given(_conversations)
@settings(max_examples=examples(100), deadline=None)
def test_what_waits_without_an_alarm_waits_for_another_entry(c: Conversation) -> None:
    if c.pending and alarm(c, START) is None:
        assert {HOLD} == {needs(c, pending) for pending in firsts(c)}
