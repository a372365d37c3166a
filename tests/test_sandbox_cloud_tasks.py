import base64
import json
from collections.abc import Iterator
from typing import Any

import pytest

from infra.sandbox.cloud_tasks import CloudTasksOptions, CloudTasksStandIn, backoff_s
from infra.sandbox.google_api import rfc3339
from tests.discovery_schema import Discovery
from tests.receiver import Answer, Receiver

CLOUDTASKS = Discovery("cloudtasks.v2")
PARENT = "projects/p/locations/europe-west1/queues/redeliver"
DAY_S = 24 * 3600


@pytest.fixture
def tasks() -> Iterator[CloudTasksStandIn]:
    standin = CloudTasksStandIn(CloudTasksOptions(min_backoff_s=10))
    yield standin
    standin._dispatcher.stop()


@pytest.fixture
def function() -> Iterator[Receiver]:
    receiver = Receiver()
    yield receiver
    receiver.stop()


def create(tasks: CloudTasksStandIn, task: dict[str, Any], **rest: Any) -> tuple[int, Any]:
    answer = tasks.app.test_client().post(f"/v2/{PARENT}/tasks", json={"task": task, **rest})
    return answer.status_code, answer.get_json()


def to(function: Receiver, **fields: Any) -> dict[str, Any]:
    return {"httpRequest": {"url": function.url, **fields}}


def error(code: int, status: str, answer: tuple[int, Any]) -> str:
    assert (code, code, status) == (answer[0], answer[1]["error"]["code"], answer[1]["error"]["status"])
    return str(answer[1]["error"]["message"])


def test_a_task_is_called_with_its_body_headers_and_an_identity_token(
    tasks: CloudTasksStandIn, function: Receiver
) -> None:
    body = base64.b64encode(b'{"conversation":"c"}').decode()
    headers = {"Content-Type": "application/json", "User-Agent": "mine", "X-CloudTasks-TaskName": "mine"}
    token = {"serviceAccountEmail": "wake@p.iam.gserviceaccount.com", "audience": "https://shop.example"}
    task = {"name": f"{PARENT}/tasks/abc-1"} | to(function, body=body, headers=headers, oidcToken=token)

    create(tasks, task)
    tasks.settle()

    [call] = function.received
    expected = {
        "content-type": "application/json",
        "user-agent": "Google-Cloud-Tasks",
        "x-cloudtasks-queuename": "redeliver",
        "x-cloudtasks-taskname": "abc-1",
        "x-cloudtasks-taskretrycount": "0",
        "x-cloudtasks-taskexecutioncount": "0",
    }
    assert call.data == b'{"conversation":"c"}'
    assert expected == {name: call.headers[name] for name in expected}
    scheme, _, jwt = call.headers["authorization"].partition(" ")
    header, claims = (json.loads(base64.urlsafe_b64decode(part + "===")) for part in jwt.split(".")[:2])
    assert (scheme, header["alg"]) == ("Bearer", "none")
    assert (claims["email"], claims["aud"]) == ("wake@p.iam.gserviceaccount.com", "https://shop.example")


def test_what_is_taken_and_answered_fits_googles_discovery_document(
    tasks: CloudTasksStandIn, function: Receiver
) -> None:
    task = {
        "name": f"{PARENT}/tasks/t",
        "scheduleTime": "2099-01-02T03:04:05.123456789Z",
        "dispatchDeadline": "15.5s",
        "retryConfig": {"maxAttempts": -1, "minBackoff": "1s", "maxDoublings": 3},
        **to(function, httpMethod="PUT", body="e30=", oidcToken={"serviceAccountEmail": "a@p.example"}),
    }
    request = {"task": task, "responseView": "FULL"}

    status, answer = create(tasks, task, responseView="FULL")

    assert status == 200
    assert CLOUDTASKS.problems("CreateTaskRequest", request) == []
    assert CLOUDTASKS.problems("Task", answer) == []
    assert (task["name"], "FULL", "e30=") == (answer["name"], answer["view"], answer["httpRequest"]["body"])


def test_a_basic_view_keeps_the_body_back(tasks: CloudTasksStandIn, function: Receiver) -> None:
    _, answer = create(tasks, to(function, body="e30="))

    assert "body" not in answer["httpRequest"]
    assert answer["view"] == "BASIC"


def test_a_task_waits_for_its_schedule_time(tasks: CloudTasksStandIn, function: Receiver) -> None:
    at = tasks.clock.time() + 60
    create(tasks, {"scheduleTime": rfc3339(tasks.clock.now().fromtimestamp(at).astimezone()), **to(function)})
    tasks.settle()
    before = len(function.received)

    tasks.clock.advance(60)
    tasks.settle()

    assert (before, len(function.received)) == (0, 1)


def test_a_failed_task_is_called_again_after_its_backoff(tasks: CloudTasksStandIn, function: Receiver) -> None:
    function.answers = [Answer(503), Answer(200)]
    create(tasks, to(function))
    tasks.settle()
    early = len(function.received)

    tasks.clock.advance(10)
    tasks.settle()

    assert early == 1
    assert [call.headers["x-cloudtasks-taskretrycount"] for call in function.received] == ["0", "1"]
    [done] = tasks.state()["done"]
    assert (done["state"], [attempt["status"] for attempt in done["attempts"]]) == ("done", [503, 200])


def test_a_task_is_given_up_after_its_last_attempt(tasks: CloudTasksStandIn, function: Receiver) -> None:
    function.answers = [Answer(500)]
    create(tasks, {"retryConfig": {"maxAttempts": 2}, **to(function)})
    tasks.settle()

    tasks.clock.advance(DAY_S)
    tasks.settle()

    assert [task["state"] for task in tasks.state()["done"]] == ["gave_up"]
    assert len(function.received) == 2


def test_waits_double_then_grow_evenly_then_stay_as_google_documents_it() -> None:
    retry = CloudTasksOptions(min_backoff_s=10, max_backoff_s=300, max_doublings=3)

    waits = [backoff_s(retry, failures) for failures in range(1, 9)]

    assert waits == [10, 20, 40, 80, 160, 240, 300, 300]


def test_a_used_name_is_refused_until_a_day_after_the_task_ran(tasks: CloudTasksStandIn, function: Receiver) -> None:
    task = {"name": f"{PARENT}/tasks/once", **to(function)}
    create(tasks, task)
    tasks.settle()

    message = error(409, "ALREADY_EXISTS", create(tasks, task))
    tasks.clock.advance(DAY_S + 1)
    later, _ = create(tasks, task)

    assert "tasks/once" in message
    assert later == 200
    assert [task["name"]] == tasks.state()["refused"]


def test_the_name_of_a_waiting_task_is_refused_however_long_it_waits(
    tasks: CloudTasksStandIn, function: Receiver
) -> None:
    task = {"name": f"{PARENT}/tasks/once", "scheduleTime": "2099-01-01T00:00:00Z", **to(function)}
    create(tasks, task)

    tasks.clock.advance(2 * DAY_S)

    error(409, "ALREADY_EXISTS", create(tasks, task))


@pytest.mark.parametrize(
    ("named", "task"),
    [
        ("colour", {"colour": "red", "httpRequest": {"url": "http://shop.example"}}),
        ("httpRequest", {}),
        ("url", {"httpRequest": {"url": "ftp://shop.example"}}),
        ("body", {"httpRequest": {"url": "http://shop.example", "body": "not base64"}}),
        ("GET", {"httpRequest": {"url": "http://shop.example", "httpMethod": "GET", "body": "e30="}}),
        ("dispatchDeadline", {"dispatchDeadline": "14s", "httpRequest": {"url": "http://shop.example"}}),
        ("scheduleTime", {"scheduleTime": "tomorrow", "httpRequest": {"url": "http://shop.example"}}),
        ("task.name", {"name": f"{PARENT}/tasks/a.b", "httpRequest": {"url": "http://shop.example"}}),
        ("task.name", {"name": f"{PARENT}/tasks/{'a' * 501}", "httpRequest": {"url": "http://shop.example"}}),
        ("task.name", {"name": "projects/q/locations/l/queues/q/tasks/a", "httpRequest": {"url": "http://s.example"}}),
    ],
)
def test_a_faulty_task_is_refused_by_name(tasks: CloudTasksStandIn, named: str, task: dict[str, Any]) -> None:
    message = error(400, "INVALID_ARGUMENT", create(tasks, task))

    assert named in message
    assert tasks.state()["pending"] == []


def test_after_a_stop_nothing_is_called(function: Receiver) -> None:
    tasks = CloudTasksStandIn()
    tasks.serve()
    create(tasks, {"scheduleTime": "2099-01-01T00:00:00Z", **to(function)})

    tasks.stop()
    tasks.clock.advance(100 * 366 * DAY_S)

    assert tasks.settle()
    assert function.received == []
