"""A TCP proxy before a server, which a test cuts, or lets hang."""

from __future__ import annotations

import asyncio
from contextlib import suppress


class Proxy:
    """Forwards connections from a free loopback port.

    Attributes:
        port: That port.
        delay: Seconds that data waits for in each direction.
    """

    def __init__(self, target: int) -> None:
        self._target = target
        self._open = asyncio.Event()
        self._open.set()
        self._writers: set[asyncio.StreamWriter] = set()
        self._refusing = False
        self._losing = False
        self.delay = 0.0

    async def start(self) -> None:
        """Listen."""
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port: int = self._server.sockets[0].getsockname()[1]

    def cut(self) -> None:
        """Break all connections, and refuse new ones."""
        self._refusing = True
        self.break_all()

    def break_all(self) -> None:
        """Break all connections."""
        for writer in self._writers:
            writer.transport.abort()

    def hang(self) -> None:
        """Forward nothing, and break nothing: as if a cable was pulled."""
        self._open.clear()

    def lose_answers(self) -> None:
        """Forward what clients send, and drop what the server answers."""
        self._losing = True

    def mend(self) -> None:
        """Forward again."""
        self._refusing = self._losing = False
        self._open.set()

    async def stop(self) -> None:
        """Break all connections and stop listening."""
        self.mend()
        self.cut()
        self._server.close()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._refusing:
            writer.transport.abort()
            return
        with suppress(OSError, asyncio.CancelledError):  # the end of the test cancels it
            behind, to_server = await asyncio.open_connection("127.0.0.1", self._target)
            self._writers |= {writer, to_server}
            both = (
                self._forward(reader, to_server),
                self._forward(behind, writer, has_answers=True),
            )
            await asyncio.gather(*both)
            self._writers -= {writer, to_server}

    async def _forward(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        *,
        has_answers: bool = False,
    ) -> None:
        with suppress(OSError):
            while data := await reader.read(1 << 16):
                await self._open.wait()
                await asyncio.sleep(self.delay)
                if has_answers and self._losing:
                    continue
                writer.write(data)
                await writer.drain()
        writer.close()
