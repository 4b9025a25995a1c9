"""Asks a server at a fixed rate, however long it takes to answer, and keeps the times.

A request counts from the moment at which it was due: a server that stalls is not spared the
requests that would have come meanwhile.
"""

import asyncio
import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

PATIENCE = 30.0
"""Seconds after which a request has failed."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """One kind of request, asked at a rate.

    Attributes:
        name: What its times are kept under.
        paths: What is asked, one after another, from the start again at the end.
        per_second: How often.
    """

    name: str
    paths: Sequence[str]
    per_second: float


@dataclass(slots=True)
class Seen:
    """What became of one kind of request.

    Attributes:
        seconds: How long each answer took.
        failures: What went wrong, in words.
    """

    seconds: list[float] = field(default_factory=list[float])
    failures: list[str] = field(default_factory=list[str])

    def milliseconds(self, share: float) -> float:
        """Return the time within which this share of the answers came; infinite without any."""
        ordered = sorted(self.seconds)
        place = max(0, math.ceil(share * len(ordered)) - 1)
        return ordered[place] * 1000 if ordered else math.inf


def ask(address: str, wanted: Sequence[Wanted], seconds: float) -> dict[str, Seen]:
    """Ask for `seconds`, all kinds at once; return what became of each."""
    return asyncio.run(_ask(address, wanted, seconds))


async def _ask(address: str, wanted: Sequence[Wanted], seconds: float) -> dict[str, Seen]:
    client = _Client(address)
    seen = {kind.name: Seen() for kind in wanted}
    async with asyncio.TaskGroup() as group:
        for kind in wanted:
            group.create_task(_pace(client, kind, seconds, seen[kind.name], group))
    client.close()
    return seen


async def _pace(
    client: "_Client", kind: Wanted, seconds: float, seen: Seen, group: asyncio.TaskGroup
) -> None:
    started = time.perf_counter()
    for number in range(round(seconds * kind.per_second)):
        due = started + number / kind.per_second
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        path = kind.paths[number % len(kind.paths)]
        group.create_task(_one(client, path, due, seen))


async def _one(client: "_Client", path: str, due: float, seen: Seen) -> None:
    try:
        async with asyncio.timeout(PATIENCE):
            status = await client.get(path)
    except (OSError, EOFError, TimeoutError) as error:
        seen.failures.append(f"{path}: {error!r}")
        return
    seen.seconds.append(time.perf_counter() - due)
    if status != 200:
        seen.failures.append(f"{path}: {status}")


class _Client:
    """A client that keeps its connections; it knows only what this server answers."""

    def __init__(self, address: str) -> None:
        parts = urlsplit(address)
        self._host, self._port = parts.hostname or "", parts.port or 80
        self._idle: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []

    async def get(self, path: str) -> int:
        """Return the status of the answer, which is read to its end."""
        while self._idle:
            connection = self._idle.pop()
            try:
                return await self._exchange(path, *connection)
            except (ConnectionError, asyncio.IncompleteReadError) as error:
                # Closed while it was kept: not an answer, and nothing was asked on it.
                if getattr(error, "partial", b""):
                    raise
        return await self._exchange(path, *await asyncio.open_connection(self._host, self._port))

    async def _exchange(
        self, path: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> int:
        writer.write(f"GET {path} HTTP/1.1\r\nHost: {self._host}\r\n\r\n".encode())
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
        length = int(head.partition("content-length:")[2].split("\r\n", 1)[0])
        await reader.readexactly(length)
        self._idle.append((reader, writer))
        return int(head.split(" ", 2)[1])

    def close(self) -> None:
        """Close the connections that are kept."""
        for _, writer in self._idle:
            writer.close()
