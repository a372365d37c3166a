"""Several instances behind one port: each in turn, past one that refuses, and a 503 when all do."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from infra.chaos import balancer
from infra.chaos.balancer import parse, serve
from infra.sandbox.processes import free_port


@asynccontextmanager
async def instance(word: bytes) -> AsyncIterator[int]:
    """Answers every connection with what it got and its word."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(await reader.readline() + word)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


async def ask(port: int) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"ping\n")
    await writer.drain()
    answer = await reader.read()
    writer.close()
    return answer


async def asked(times: int, *instances: int) -> list[bytes]:
    port = free_port()
    async with await serve(port, instances):
        return [await ask(port) for _ in range(times)]


def test_connections_go_to_each_instance_in_turn() -> None:
    async def run() -> list[bytes]:
        async with instance(b"one") as one, instance(b"two") as two:
            return await asked(4, one, two)

    assert [b"ping\none", b"ping\ntwo"] * 2 == asyncio.run(run())


def test_an_instance_that_refuses_is_passed_over() -> None:
    async def run() -> list[bytes]:
        async with instance(b"two") as two:
            return await asked(3, free_port(), two)

    assert [b"ping\ntwo"] * 3 == asyncio.run(run())


def test_the_caller_gets_a_503_when_all_refuse() -> None:
    [answer] = asyncio.run(asked(1, free_port(), free_port()))

    assert answer.startswith(b"HTTP/1.1 503 ")


def test_arguments_name_a_port_and_those_behind_it() -> None:
    assert (8081, [9001, 9002]) == parse("8081=9001,9002")


def test_who_finds_all_threads_busy_for_too_long_is_turned_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(balancer, "AT_ONCE", 1)
    monkeypatch.setattr(balancer, "_WAIT_S", 0.05)

    async def run() -> bytes:
        async with instance(b"one") as one:
            port = free_port()
            async with await serve(port, [one]):
                _, busy = await asyncio.open_connection("127.0.0.1", port)  # and says nothing
                await asyncio.sleep(0.05)
                answer = await ask(port)
                busy.close()
        return answer

    assert asyncio.run(run()).startswith(b"HTTP/1.1 429 ")
