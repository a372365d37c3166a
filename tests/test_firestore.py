"""What Firestore alone has to prove: whole documents, deadlines, and which failure means what."""

import json
import socket
import time
import traceback
from collections.abc import Callable, Iterator

import grpc
import pytest
from google.api_core.exceptions import GoogleAPICallError, InvalidArgument
from google.cloud import firestore

from functions.handoff.errors import ConfigError, StoreConflict, StoreUnavailable
from functions.handoff.interfaces import Create, Delete, Record, Replace
from functions.storage.firestore import FirestoreStore, connect
from tests.firestore_server import FirestoreServer, running_server
from tests.store_contract import KEY, NOW, body_at, put, record

emulator = pytest.mark.emulator
Code = grpc.StatusCode
REFUSED = [Code.ALREADY_EXISTS, Code.FAILED_PRECONDITION, Code.ABORTED, Code.NOT_FOUND]
PASSING = [
    Code.UNAVAILABLE,
    Code.DEADLINE_EXCEEDED,
    Code.INTERNAL,
    Code.RESOURCE_EXHAUSTED,
    Code.UNKNOWN,
    Code.CANCELLED,
]
FOR_GOOD = [Code.INVALID_ARGUMENT, Code.PERMISSION_DENIED, Code.UNAUTHENTICATED, Code.UNIMPLEMENTED, Code.DATA_LOSS]
READS: list[Callable[[FirestoreStore], object]] = [
    lambda store: list(store.get("conversations/found")),
    lambda store: store.due(NOW, limit=5),
]
CALLS = [*READS, lambda store: store.commit(Create(KEY, record()))]
reads = pytest.mark.parametrize("read", READS, ids=["get", "due"])


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[FirestoreServer]:
    with running_server() as running:
        monkeypatch.setenv("FIRESTORE_EMULATOR_HOST", running.host)
        yield running


@pytest.fixture
def store(server: FirestoreServer) -> FirestoreStore:
    return connect("p", timeout_s=5.0)


@pytest.fixture(params=["refusing", "silent"])
def nobody(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A port where no Firestore answers."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        if request.param == "silent":
            held.listen()
        monkeypatch.setenv("FIRESTORE_EMULATOR_HOST", f"127.0.0.1:{held.getsockname()[1]}")
        yield


# --- on the emulator, patiently: it starts cold ----------------------------------------------------------------------


@emulator
def test_a_document_is_four_fields_for_people_and_one_string(firestore_client: firestore.Client) -> None:
    put(
        FirestoreStore(firestore_client, timeout_s=10.0), KEY, Record(body={"a@b.c": {"n": 1}}, state="BOT", due_at=NOW)
    )

    stored = firestore_client.document(KEY).get().to_dict() or {}

    body = stored.pop("body")
    assert stored == {"state": "BOT", "chat_id": "", "due_at": NOW, "expire_at": None}
    assert json.loads(body) == {"a@b.c": {"n": 1}}


@emulator
def test_a_replace_drops_even_a_field_that_this_version_does_not_know(firestore_client: firestore.Client) -> None:
    store = FirestoreStore(firestore_client, timeout_s=10.0)
    put(store, KEY, record(n=1))
    firestore_client.document(KEY).update({"of_a_later_version": 1})

    store.commit(Replace(KEY, record(n=2), store.get(KEY)[KEY].version))

    stored = firestore_client.document(KEY).get().to_dict() or {}
    assert set(stored) == {"state", "chat_id", "due_at", "expire_at", "body"}


@emulator
def test_databases_are_kept_apart(firestore_client: firestore.Client) -> None:
    other = connect(firestore_client.project, "other", timeout_s=10.0)
    put(other, KEY, record(n=1))

    assert connect(firestore_client.project, timeout_s=10.0).get(KEY) == {}
    assert body_at(other, KEY) == {"n": 1}


@emulator
@pytest.mark.parametrize("path", ["conversations/__reserved__", "conversations/" + "x" * 1600])
def test_a_path_that_google_refuses_is_a_bug_and_no_passing_trouble(
    firestore_client: firestore.Client, path: str
) -> None:
    with pytest.raises(InvalidArgument):
        put(FirestoreStore(firestore_client, timeout_s=10.0), path, record())


@emulator
def test_a_refusal_does_not_tell_whose_document_it_was(firestore_client: firestore.Client) -> None:
    store = FirestoreStore(firestore_client, timeout_s=10.0)
    path = "conversations/rcs:+15550100"
    version = put(store, path, record(n=1))
    store.commit(Replace(path, record(n=2), version))

    for write in (Create(path, record()), Replace(path, record(), version), Delete(path, version)):
        with pytest.raises(StoreConflict) as refused:
            store.commit(write)
        said = "".join(traceback.format_exception(refused.value))
        assert "StoreConflict: firestore refused" in said
        assert "5550100" not in said


# --- on a server that fails as asked ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("codes", "error"), [(REFUSED, StoreConflict), (PASSING, StoreUnavailable), (FOR_GOOD, GoogleAPICallError)]
)
def test_a_failed_commit_says_what_it_means_and_is_tried_once(
    server: FirestoreServer, store: FirestoreStore, codes: list[grpc.StatusCode], error: type[Exception]
) -> None:
    for code in codes:
        server.answers.append(code)

        with pytest.raises(error):
            store.commit(Create(KEY, record()))

    assert server.calls == ["Commit"] * len(codes)


@reads
@pytest.mark.parametrize("breaks", [False, True], ids=["at_once", "in_the_stream"])
def test_a_read_is_tried_again_while_its_failure_may_pass(
    server: FirestoreServer, store: FirestoreStore, read: Callable[[FirestoreStore], list[str]], breaks: bool
) -> None:
    server.breaks = breaks
    for code in [*PASSING, Code.ABORTED]:
        server.answers.append(code)

        assert [found.rpartition("/")[2] for found in read(store)] == ["found"]

    assert len(server.calls) == 2 * len([*PASSING, Code.ABORTED])


@reads
@pytest.mark.parametrize("breaks", [False, True], ids=["at_once", "in_the_stream"])
def test_a_read_that_keeps_failing_ends_in_time(
    server: FirestoreServer, read: Callable[[FirestoreStore], list[str]], breaks: bool
) -> None:
    store = connect("p", timeout_s=0.3)
    server.breaks = breaks
    server.answers.extend([Code.UNAVAILABLE] * 1000)
    started = time.monotonic()

    with pytest.raises(StoreUnavailable):
        read(store)

    assert time.monotonic() - started < 3.0
    assert 1 < len(server.calls) < 100


@reads
def test_a_read_that_failed_for_good_is_not_tried_again(
    server: FirestoreServer, store: FirestoreStore, read: Callable[[FirestoreStore], list[str]]
) -> None:
    for code in [*FOR_GOOD, Code.NOT_FOUND, Code.FAILED_PRECONDITION]:
        server.answers.append(code)

        with pytest.raises(GoogleAPICallError):
            read(store)

    assert len(server.calls) == len(FOR_GOOD) + 2


# --- on nothing ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("call", CALLS, ids=["get", "due", "commit"])
def test_no_answer_is_a_store_that_is_away_within_its_timeout(
    nobody: None, call: Callable[[FirestoreStore], object]
) -> None:
    store = connect("p", timeout_s=0.2)
    started = time.monotonic()

    with pytest.raises(StoreUnavailable):
        call(store)

    assert time.monotonic() - started < 3.0


def test_a_machine_without_credentials_is_told_so(monkeypatch: pytest.MonkeyPatch, tmp_path: str) -> None:
    monkeypatch.delenv("FIRESTORE_EMULATOR_HOST", raising=False)
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", f"{tmp_path}/absent.json")

    with pytest.raises(ConfigError, match="FIRESTORE_EMULATOR_HOST"):
        connect("p")
