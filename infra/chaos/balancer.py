"""A round-robin TCP balancer on loopback: several instances of a function behind one port, as Google's front end has.

``python -m infra.chaos.balancer PORT=INSTANCE,INSTANCE…`` – any number of them. A connection that an instance refuses
goes to the next one; when all refuse, the caller gets a 503. So many requests at a time as the instances have threads
are let through, others wait a little and are then turned away with a 429: without a bound an overloaded machine only
piles up requests. What breaks later breaks for the caller, too: a front end can't know whether a request took effect.
"""

import asyncio
import itertools
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress

_REFUSED = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
_TOO_MANY = b"HTTP/1.1 429 Too Many Requests\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
AT_ONCE = 16  # for each instance
_WAIT_S = 5.0
_CHUNK = 65536
_BACKLOG = 512


async def serve(port: int, instances: Sequence[int]) -> asyncio.Server:
    """Listen on `port` and spread the connections over the `instances`' ports."""
    turns = itertools.count()
    free = asyncio.Semaphore(AT_ONCE * len(instances))

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):  # the caller has gone
            try:
                async with asyncio.timeout(_WAIT_S):
                    await free.acquire()
            except TimeoutError:
                await _turn_away(writer, _TOO_MANY)
                return
            try:
                await _pass_on(reader, writer, _from(instances, next(turns)))
            finally:
                free.release()
                writer.close()

    return await asyncio.start_server(connected, "127.0.0.1", port, backlog=_BACKLOG)


def _from(instances: Sequence[int], turn: int) -> Iterator[int]:
    first = turn % len(instances)
    return iter([*instances[first:], *instances[:first]])


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, instances: Iterator[int]) -> None:
    for instance in instances:
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", instance)
        except OSError:
            continue
        await asyncio.gather(_pump(reader, far_writer), _pump(far_reader, writer))
        return
    await _turn_away(writer, _REFUSED)


async def _turn_away(writer: asyncio.StreamWriter, answer: bytes) -> None:
    writer.write(answer)
    await writer.drain()
    writer.close()


async def _pump(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    try:
        while data := await source.read(_CHUNK):
            target.write(data)
            await target.drain()
    except OSError:
        pass  # broken here means broken there
    finally:
        target.close()


def parse(argument: str) -> tuple[int, list[int]]:
    """ "8081=9001,9002" as the port to listen on and those behind it."""
    port, _, instances = argument.partition("=")
    return int(port), [int(instance) for instance in instances.split(",")]


async def _serve_all(arguments: Sequence[str]) -> None:
    servers = [await serve(port, instances) for port, instances in map(parse, arguments)]
    await asyncio.gather(*(server.serve_forever() for server in servers))


if __name__ == "__main__":
    asyncio.run(_serve_all(sys.argv[1:]))
