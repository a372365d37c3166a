"""The sandbox's trace: requests to the functions with the calls they made, each with its conversation."""

from typing import Any

import pytest

from tests.sandbox_page import call_of, ended
from tests.sandbox_page_trace import KEY, MESSAGES_URL, OTHER, Scene, log_line, message

JsonObject = dict[str, Any]


@pytest.fixture
def scene() -> Scene:
    return Scene()


def test_a_request_shows_while_it_lasts_and_how_it_ended(scene: Scene) -> None:
    request = message(trace_id="t-1")
    scene.take(request)
    under_way = scene.rows("kind", "conversation", "function", "ms", "status")

    scene.take(ended(request, seconds=0.25, status=503))

    assert [("message", KEY, "function at 1", None, 0)] == under_way
    assert [("message", KEY, "function at 1", 250, 503)] == scene.rows(
        "kind", "conversation", "function", "ms", "status"
    )
    assert 2 == scene.told


def test_what_the_function_says_of_a_request_is_put_beside_it(scene: Scene) -> None:
    first, second = message(trace_id="t-1"), message(trace_id="t-2")
    scene.take(first, second)

    scene.trace.take_line(log_line("t-2", outcome="queued", state_before="BOT", state_after="AGENT", store_trips=4))

    assert [("", "", "", None), ("queued", "BOT", "AGENT", 4)] == scene.rows(
        "outcome", "state_before", "state_after", "store_trips"
    )


def test_a_call_stands_under_the_request_in_whose_course_it_was_made(scene: Scene) -> None:
    scene.take(message("c-2", at=99.0), message(at=100.0))

    scene.take(call_of("business-messages", MESSAGES_URL, at=100.1), call_of("livechat", "/v2/token", at=100.2))

    assert [None, None, 2, None] == [parent for (parent,) in scene.rows("parent")]
    assert [OTHER, KEY, KEY, ""] == [key for (key,) in scene.rows("conversation")]


def test_a_call_that_names_nobody_is_the_only_request_s(scene: Scene) -> None:
    scene.take(message(), call_of("livechat", "/v2/token"))

    assert [(None, KEY), (1, KEY)] == scene.rows("parent", "conversation")


def test_the_log_s_count_decides_whose_a_call_was(scene: Scene) -> None:
    holder, other = message(at=100.0, trace_id="t-1"), message(at=100.2, trace_id="t-2")
    calls = [call_of("business-messages", MESSAGES_URL, at=at) for at in (100.1, 100.3)]
    scene.take(holder, calls[0], other, calls[1], ended(holder), ended(other))
    guessed = [parent for (parent,) in scene.rows("parent")]

    scene.trace.take_line(log_line("t-2", conversation=KEY, calls={"channel": 1}))
    scene.trace.take_line(log_line("t-1", conversation=KEY, calls={"channel": 1}))

    assert [None, 1, None, 1] == guessed
    assert [None, 1, None, 3] == [parent for (parent,) in scene.rows("parent")]


def test_a_request_gives_away_what_its_line_does_not_count(scene: Scene) -> None:
    first, second = message(at=100.0, trace_id="t-1"), message(at=100.05, trace_id="t-2")
    scene.take(first, second, call_of("business-messages", MESSAGES_URL, at=100.1), ended(first), ended(second))

    scene.trace.take_line(log_line("t-1", conversation=KEY))

    assert [None, None, 2] == [parent for (parent,) in scene.rows("parent")]


def test_a_request_whose_calls_are_all_known_gets_no_more(scene: Scene) -> None:
    first, second = message(at=100.0, trace_id="t-1"), message(at=100.05, trace_id="t-2")
    scene.take(first, second, ended(first))
    scene.trace.take_line(log_line("t-1", conversation=KEY))

    scene.take(call_of("business-messages", MESSAGES_URL, at=100.1))

    assert [None, None, 2] == [parent for (parent,) in scene.rows("parent")]


def test_what_a_line_has_counted_is_not_taken_away(scene: Scene) -> None:
    first, second = message(at=100.0, trace_id="t-1"), message(at=100.05, trace_id="t-2")
    scene.take(first, second, call_of("business-messages", MESSAGES_URL, at=100.1), ended(first), ended(second))
    scene.trace.take_line(log_line("t-1", conversation=KEY, calls={"channel": 1}))

    scene.trace.take_line(log_line("t-2", conversation=KEY, calls={"channel": 1}))

    assert [None, None, 1] == [parent for (parent,) in scene.rows("parent")]


def test_calls_are_counted_by_the_wire_they_went_over(scene: Scene) -> None:
    request = message(trace_id="t-1")
    scene.take(request, call_of("business-messages", f"{MESSAGES_URL}/m-1/receipt"), ended(request))

    scene.trace.take_line(log_line("t-1", conversation=KEY, calls={"channel_receipts": 1}))

    assert [None, 1] == [parent for (parent,) in scene.rows("parent")]


def test_a_line_without_a_request_takes_the_calls_of_its_time(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("infra.sandbox.page_trace.time.time", lambda: 100.5)
    scene.take(ended(call_of("business-messages", MESSAGES_URL, at=100.2)))

    sweep = log_line(function="redeliver", reason="sweep", conversation=KEY, calls={"channel": 1}, duration_ms=400)
    scene.trace.take_line(sweep)

    assert [("out", 2, "redeliver"), ("log", None, "redeliver")] == scene.rows("direction", "parent", "function")


@pytest.mark.parametrize("line", [{"reason": "health"}, {"function": "redeliver", "due": 0}])
def test_lines_that_say_nothing_are_left_out(scene: Scene, line: JsonObject) -> None:
    scene.trace.take_line(line)

    assert [] == scene.rows("kind")


def test_what_a_function_printed_is_shown_by_its_last_line(scene: Scene) -> None:
    scene.trace.take_line({"raw": "Traceback (most recent call last):\n  File …\nKeyError: 'x'"})
    scene.trace.take_line({"raw": "Starting…"})

    assert [("log", "KeyError: 'x'", False), ("log", "Starting…", True)] == scene.rows("direction", "kind", "quiet")


# --- keeping ---------------------------------------------------------------------------------------------------------


def test_only_what_changed_is_told_again(scene: Scene) -> None:
    requests = [message(at=100.0 + number) for number in range(3)]
    scene.take(*requests)
    newest, _ = scene.trace.rows_since(-1)

    scene.take(ended(requests[1]))

    assert [2] == [row["number"] for row in scene.trace.rows_since(newest)[1]]


def test_the_oldest_rows_are_forgotten(scene: Scene) -> None:
    scene.take(*(message(at=float(number)) for number in range(801)))

    numbers = [number for (number,) in scene.rows("number")]
    assert (800, 2, 801) == (len(numbers), numbers[0], numbers[-1])
    assert scene.trace.find_detail(1) is None


def test_an_answer_to_a_forgotten_request_does_no_harm(scene: Scene) -> None:
    first = message()
    scene.take(first, *(message(at=float(number)) for number in range(900)))

    scene.take(ended(first))

    assert 800 == len(scene.rows("number"))
