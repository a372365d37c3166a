"""A Firestore that answers whatever status a test asks for, over real gRPC: what no emulator can be told to do."""

from collections import deque
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import grpc
from google.cloud.firestore import types

_SERVICE = "/google.firestore.v1.Firestore/"


class FirestoreServer:
    """Answers each call with the next status of `answers` (OK when there is none); `calls` are the methods called.

    A read that is answered OK finds one document, `conversations/found`; with `breaks`, the status comes only after it.
    """

    def __init__(self) -> None:
        self.host = ""
        self.answers: deque[grpc.StatusCode] = deque()
        self.breaks = False
        self.calls: list[str] = []

    def service(self, details: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler:
        method = details.method.removeprefix(_SERVICE)
        if method == "Commit":
            return grpc.unary_unary_rpc_method_handler(self._commit)
        return grpc.unary_stream_rpc_method_handler(lambda _, context: self._read(method, context))

    def _commit(self, _: bytes, context: grpc.ServicerContext) -> bytes:
        self.calls.append("Commit")
        self._answer(context)
        answer = types.CommitResponse(write_results=[types.WriteResult(update_time={"seconds": 1})])
        return bytes(types.CommitResponse.serialize(answer))

    def _read(self, method: str, context: grpc.ServicerContext) -> Iterator[bytes]:
        self.calls.append(method)
        if not self.breaks:
            self._answer(context)
        yield _found(method)
        if self.breaks:
            self._answer(context)

    def _answer(self, context: grpc.ServicerContext) -> None:
        status = self.answers.popleft() if self.answers else grpc.StatusCode.OK
        if status is not grpc.StatusCode.OK:
            context.abort(status, "as asked")


def _found(method: str) -> bytes:
    empty: dict[str, Any] = {"string_value": ""}
    document = {
        "name": "projects/p/databases/(default)/documents/conversations/found",
        "fields": {"state": empty, "chat_id": empty, "body": {"string_value": "{}"}}
        | {"due_at": {"null_value": 0}, "expire_at": {"null_value": 0}},
        "create_time": {"seconds": 1},
        "update_time": {"seconds": 1},
    }
    read_time = {"seconds": 2}
    if method == "RunQuery":
        query = types.RunQueryResponse(document=document, read_time=read_time)
        return bytes(types.RunQueryResponse.serialize(query))
    batch = types.BatchGetDocumentsResponse(found=document, read_time=read_time)
    return bytes(types.BatchGetDocumentsResponse.serialize(batch))


@contextmanager
def running_server() -> Iterator[FirestoreServer]:
    """Run one on a free loopback port."""
    firestore = FirestoreServer()
    server = grpc.server(ThreadPoolExecutor(4), handlers=[firestore])
    firestore.host = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    server.start()
    try:
        yield firestore
    finally:
        server.stop(grace=None)
