"""The door of Business Messages: what its settings let in, and what of it is logged."""

import json
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from functions.runtime import wiring
from tests.doors import CHANNEL
from tests.fuzz_world import FILES, SCENES, World, temporary_world

CODE = "s3cret-0815"
PICTURE = f"{FILES}/photo?x-goog-signature=00"
READ = {"receipts": [{"message": "conversations/c-1/messages/m-0", "receiptType": "READ"}]}


@pytest.fixture(scope="module")
def deployed() -> Iterator[World]:
    with temporary_world() as one:
        yield one


@pytest.fixture
def settings() -> Iterator[Any]:
    """Changes settings by name, until the test is over."""
    before = wiring.bundle()

    def change(**changes: Any) -> None:
        bundle = wiring.bundle()
        wiring._bundle = bundle._replace(settings=msgspec.structs.replace(bundle.settings, **changes))

    yield change
    wiring._bundle = before


def send(deployed: World, **payload: Any) -> Any:
    """The function's log line."""
    answered = deployed.send_proven(CHANNEL, {"conversationId": "c-1", "requestId": "r-1", **payload})
    assert answered.status == 200, answered
    return json.loads(answered.log)


def stored(deployed: World, commits: int) -> list[Any]:
    """What was put into the mailbox since."""
    rows = [(collection, json.loads(body)) for _, collection, *_, body in deployed.rows(commits)]
    return [body for collection, body in rows if collection.endswith("/mailbox")]


@pytest.mark.parametrize(("hosts", "files"), [((FILES.removeprefix("http://"),), [PICTURE]), ((), [])])
def test_a_picture_is_a_file_where_its_host_is_allowed(
    deployed: World, settings: Any, hosts: tuple[str, ...], files: list[str]
) -> None:
    deployed.begin("agent")
    settings(attachment_hosts=hosts)
    commits = deployed.commits()

    send(deployed, message={"messageId": "m-1", "text": PICTURE})

    [entry] = [one for one in stored(deployed, commits) if one["kind"] == "user_message"]
    assert [file["url"] for file in entry.get("files", [])] == files


def test_receipts_nobody_wants_cost_no_trip_to_the_store(deployed: World, settings: Any) -> None:
    deployed.begin("agent")
    settings(receipts_to_livechat="off")
    commits = deployed.commits()

    line = send(deployed, receipts=READ)

    assert (line["outcome"], line["reason"], line["store_trips"]) == ("ignored", "receipt", 0)
    assert deployed.commits() == commits


@pytest.mark.parametrize("wanted", ["read", "all"])
def test_receipts_that_are_wanted_are_accepted_once(deployed: World, settings: Any, wanted: str) -> None:
    deployed.begin("agent")
    settings(receipts_to_livechat=wanted)

    first, again = send(deployed, receipts=READ), send(deployed, requestId="r-2", receipts=READ)

    assert (first["outcome"], again["outcome"]) == ("handled", "duplicate")


@pytest.mark.parametrize("scene", SCENES)
@pytest.mark.parametrize("answer", [{"code": CODE}, {"code": CODE, "errorDetails": {"error": "x"}}, [CODE]])
def test_the_code_of_a_sign_in_is_in_no_log_line(deployed: World, scene: str, answer: Any) -> None:
    deployed.begin(scene)

    line = send(deployed, authenticationResponse=answer)

    assert CODE not in json.dumps(line)
    assert line["outcome"] == ("ignored" if isinstance(answer, list) else "handled")
