"""A Secret Manager on loopback, spoken to by Google's own client over gRPC."""

import time
from collections.abc import Callable, Iterator
from concurrent import futures
from contextlib import contextmanager
from typing import Any

import grpc
from google.auth.credentials import AnonymousCredentials
from google.cloud import secretmanager_v1
from google.cloud.secretmanager_v1.services.secret_manager_service.transports import SecretManagerServiceGrpcTransport

_SERVICE = "google.cloud.secretmanager.v1.SecretManagerService"


class SecretManagerServer:
    """Holds versions per secret path; `failures` are answered first, one per call; `slow_s` is how long it thinks."""

    def __init__(self) -> None:
        self.versions: dict[str, list[bytes]] = {}
        self.failures: list[grpc.StatusCode] = []
        self.calls: list[str] = []
        self.slow_s = 0.0
        self.target = ""

    def client(self) -> Any:
        """Google's client, connected to this server."""
        channel = grpc.insecure_channel(self.target)
        transport = SecretManagerServiceGrpcTransport(channel=channel, credentials=AnonymousCredentials())  # type: ignore[no-untyped-call]
        return secretmanager_v1.SecretManagerServiceClient(transport=transport)

    def access(self, request: Any, context: grpc.ServicerContext) -> Any:
        """The latest version of a secret."""
        self._count(f"access {request.name}", context)
        path = request.name.removesuffix("/versions/latest")
        if not self.versions.get(path):
            context.abort(grpc.StatusCode.NOT_FOUND, "Secret not found or has no versions")
        return secretmanager_v1.AccessSecretVersionResponse(
            name=f"{path}/versions/{len(self.versions[path])}", payload={"data": self.versions[path][-1]}
        )

    def add(self, request: Any, context: grpc.ServicerContext) -> Any:
        """One more version of a secret that exists."""
        self._count(f"add {request.parent}", context)
        if request.parent not in self.versions:
            context.abort(grpc.StatusCode.NOT_FOUND, "Secret not found")
        self.versions[request.parent].append(request.payload.data)
        return secretmanager_v1.SecretVersion(name=f"{request.parent}/versions/{len(self.versions[request.parent])}")

    def _count(self, call: str, context: grpc.ServicerContext) -> None:
        self.calls.append(call)
        time.sleep(self.slow_s)
        if self.failures:
            context.abort(self.failures.pop(0), "as told")


@contextmanager
def secret_manager_server() -> Iterator[SecretManagerServer]:
    """Run the server for the time of the block."""
    holder = SecretManagerServer()
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=4))
    access = _method(holder.access, secretmanager_v1.AccessSecretVersionRequest)
    add = _method(holder.add, secretmanager_v1.AddSecretVersionRequest)
    methods = {"AccessSecretVersion": access, "AddSecretVersion": add}
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(_SERVICE, methods),))
    holder.target = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    server.start()
    try:
        yield holder
    finally:
        server.stop(None).wait()


def _method(answer: Callable[[Any, grpc.ServicerContext], Any], request: Any) -> Any:
    return grpc.unary_unary_rpc_method_handler(
        answer,
        request_deserializer=request.deserialize,
        response_serializer=lambda response: type(response).serialize(response),
    )
