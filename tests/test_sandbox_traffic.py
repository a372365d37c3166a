"""Who is at work: one can wait for a moment in which nobody is, and nobody begins in it."""

import threading
import time

import pytest

from infra.sandbox.traffic import NeverQuiet, Traffic


def test_time_is_moved_on_when_nobody_is_at_work_and_nobody_begins_meanwhile() -> None:
    traffic, seen = Traffic(), list[str]()
    is_in = threading.Event()

    def request() -> None:
        with traffic.request():
            seen.append("request")

    def move() -> None:
        with traffic.stopped(5.0):
            is_in.set()
            time.sleep(0.1)
            seen.append("moved")

    traffic.begin_call()
    mover = threading.Thread(target=move)
    mover.start()
    assert not is_in.wait(0.1)
    traffic.end_call()
    assert is_in.wait(5.0)
    later = threading.Thread(target=request)
    later.start()
    for thread in (mover, later):
        thread.join(5.0)

    assert ["moved", "request"] == seen


def test_who_waited_in_vain_for_quiet_leaves_the_traffic_as_it_was() -> None:
    traffic = Traffic()
    traffic.begin_call()

    with pytest.raises(NeverQuiet), traffic.stopped(0.01):
        raise AssertionError("it was not quiet")

    with traffic.request():
        pass
    traffic.end_call()
    with traffic.stopped(0.01):
        pass


def test_a_call_is_never_held_up() -> None:
    traffic = Traffic()

    with traffic.stopped(0.01):
        traffic.begin_call()
        traffic.end_call()


def test_two_who_stop_the_traffic_do_so_one_after_the_other() -> None:
    traffic, inside = Traffic(), list[int]()
    counts: list[int] = []

    def stop() -> None:
        with traffic.stopped(5.0):
            inside.append(1)
            time.sleep(0.05)
            counts.append(len(inside))
            inside.pop()

    threads = [threading.Thread(target=stop) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(5.0)

    assert [1, 1, 1] == counts
