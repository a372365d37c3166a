"""The outage run's parts: the queue's limits, what is counted, and what is found wrong."""

import json
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from functions.handoff.conversation import Conversation
from functions.handoff.parts import Lease, Pending
from infra.outage.books import reckon
from infra.outage.logbook import Logbook, Work, summed
from infra.outage.outcome import most_at_once
from infra.outage.paced_tasks import PacedTasks
from infra.outage.plan import Plan, phase_at
from infra.outage.traffic import Passed, Traffic, is_opening
from infra.sandbox.livechat import LiveChatStandIn
from infra.sandbox.livechat.model import Chat, Thread
from infra.sandbox.standin import Fault, StandIn
from tests.play import wait_for
from tests.receiver import Answer, Receiver

PLAN = Plan(conversations=4, outage_s=30, slice_s=10, retry_after_s=7)
OPEN, MINT = "/v3.6/customer/action/start_chat", "/v2/customer/token"
NOW = datetime.now(UTC)


def call(second: float, path: str = MINT, status: int = 200, at_once: int = 1) -> Passed:
    return Passed(1000 + second, 1000 + second + 0.5, path, status, at_once)


# --- the plan ---


@pytest.mark.parametrize(
    ("second", "name"), [(-1, ""), (0, "503"), (9.9, "503"), (10, "429"), (20, "hangs"), (29.9, "hangs"), (30, "")]
)
def test_livechat_is_away_in_three_ways_for_a_third_each(second: float, name: str) -> None:
    phase = phase_at(PLAN, second)

    assert name == (phase.name if phase else "")


def test_with_429_comes_when_to_be_back() -> None:
    phase = phase_at(PLAN, 10)

    assert phase is not None
    assert (429, {"Retry-After": "7"}) == (phase.fault.status, phase.fault.headers)


# --- the queue ---


@pytest.fixture
def function() -> Iterator[Receiver]:
    receiver = Receiver(Answer(delay_s=0.1))
    yield receiver
    receiver.stop()


def queue(**limits: float) -> PacedTasks:
    return PacedTasks(per_s=limits.get("per_s", 1000.0), at_once=int(limits.get("at_once", 50)))


def make_tasks(tasks: PacedTasks, function: Receiver, count: int) -> None:
    client = tasks.app.test_client()
    for _ in range(count):
        body = {"task": {"httpRequest": {"url": function.url}}}
        assert 200 == client.post("/v2/projects/p/locations/l/queues/q/tasks", json=body).status_code


def seconds_until(function: Receiver, count: int) -> float:
    started = time.monotonic()
    wait_for(lambda: len(function.received) >= count, f"{count} dispatches")
    return time.monotonic() - started


def test_no_more_tasks_are_under_way_than_the_queue_allows(function: Receiver) -> None:
    tasks = queue(at_once=2)

    make_tasks(tasks, function, 6)

    assert seconds_until(function, 6) >= 0.19  # three times two, each as long as an answer takes


def test_no_more_tasks_are_dispatched_a_second_than_the_queue_allows(function: Receiver) -> None:
    tasks = queue(per_s=10)

    make_tasks(tasks, function, 5)

    assert seconds_until(function, 5) >= 0.3


def test_a_queue_that_was_stopped_dispatches_nothing_more(function: Receiver) -> None:
    tasks = queue(per_s=1)
    make_tasks(tasks, function, 3)
    seconds_until(function, 1)

    tasks._dispatcher.stop()
    tasks._is_stopping.set()
    time.sleep(1.2)

    assert 1 == len(function.received)


# --- counting ---


class Faulty(StandIn):
    def state(self) -> dict[str, object]:
        return {}


def test_calls_are_counted_with_their_answers_and_how_many_there_were_at_once() -> None:
    standin = Faulty("faulty")
    together = threading.Barrier(3, timeout=10)
    standin.app.add_url_rule("/slow", view_func=lambda: str(together.wait()))
    traffic = Traffic(standin)
    threads = [threading.Thread(target=standin.app.test_client().get, args=("/slow",)) for _ in range(3)]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    standin.app.test_client().get("/alone")

    passed = traffic.snapshot()
    assert [*[("/slow", 200)] * 3, ("/alone", 404)] == [(one.path, one.status) for one in passed]
    assert (3, 1) == (most_at_once(passed), passed[-1].at_once)


def test_failing_calls_are_counted_and_the_run_s_own_questions_are_not() -> None:
    standin = Faulty("faulty")
    traffic = Traffic(standin)
    standin.faults = [Fault(status=503, body={})]
    client = standin.app.test_client()

    client.post("/anything")
    client.get("/_state")

    assert [("/anything", 503)] == [(one.path, one.status) for one in traffic.snapshot()]


def test_a_chat_is_opened_by_a_start_or_a_resume_that_succeeds() -> None:
    calls = [call(1, OPEN), call(1, OPEN, 503), call(1, MINT), call(1, "/v3.6/customer/action/resume_chat")]

    assert [True, False, False, True] == [is_opening(one) for one in calls]


def line(function: str, **fields: object) -> dict[str, object]:
    return {"function": function, "store_trips": 4, "reason": "", **fields}


def test_the_log_is_summed_up() -> None:
    away = {"happening": "failed", "error": "circuit_open"}
    down = {"happening": "failed", "error": "service_unavailable"}
    lines = [
        line("business_messages_webhook", happenings=[{"happening": "worked"}, down]),
        line("redeliver", happenings=[away]),
        line("redeliver", reason="sweep", due=7, happenings=[away, {"happening": "dead_letter"}], happenings_omitted=5),
    ]

    assert Work(woken=1, swept=7, trips=12, not_made=2, failed=8, dead_letters=1) == summed(lines)


def test_the_log_is_read_on_by_whole_lines(tmp_path: Path) -> None:
    path = tmp_path / "log"
    whole = json.dumps(line("redeliver"))
    path.write_text(f"starting\n{whole}\n{whole[:10]}")
    logbook = Logbook(path)

    first = logbook.read_on()
    with path.open("a") as log:
        log.write(f"{whole[10:]}\n")
    second = logbook.read_on()

    assert (1, 1, 0) == (first.woken, second.woken, logbook.read_on().woken)


# --- the reckoning ---


@pytest.fixture
def livechat() -> LiveChatStandIn:
    """With the chats C1, of one thread, and C2, of two."""
    standin = LiveChatStandIn()
    threads = [Thread("T", "", active=True, group_ids=[], user_ids=[], properties={}) for _ in range(3)]
    for chat_id, those in (("C1", threads[:1]), ("C2", threads[1:])):
        standin.licence.chats[chat_id] = Chat(chat_id, "customer", {}, {}, threads=those)
    return standin


def conversation(key: str, chat_id: str = "", **fields: Any) -> Conversation:
    return Conversation(key=key, channel="business_messages", chat_id=chat_id, **fields)


def test_who_is_not_stored_or_has_no_chat_is_lost(livechat: LiveChatStandIn) -> None:
    stored = {"a": conversation("a", "C1"), "b": conversation("b"), "c": conversation("c", "C9")}

    assert ("b", "c", "d") == reckon(stored, ["a", "b", "c", "d"], livechat).lost


def test_a_chat_of_nobody_and_a_second_thread_are_doubled(livechat: LiveChatStandIn) -> None:
    both = {"a": conversation("a", "C1"), "b": conversation("b", "C2")}
    one = {"b": conversation("b", "C2")}

    assert ("C2",) == reckon(both, ["a", "b"], livechat).doubled
    assert ("C1", "C2") == reckon(one, ["b"], livechat).doubled


def test_what_waits_is_held_or_overdue_is_stuck(livechat: LiveChatStandIn) -> None:
    entry = Pending("e", "open_chat", "user", NOW, 1, NOW)
    stored = {
        "waits": conversation("waits", "C1", pending=(entry,)),
        "held": conversation("held", "C1", lease=Lease("o", NOW, "e")),
        "late": conversation("late", "C1", due_at=NOW - timedelta(seconds=1)),
        "fine": conversation("fine", "C1", due_at=NOW + timedelta(hours=1)),
    }

    stuck = reckon(stored, [], livechat).stuck

    assert {"waits": "1 pending (open_chat)", "held": "leased", "late": "overdue"} == stuck
