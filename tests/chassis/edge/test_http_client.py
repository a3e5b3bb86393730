"""The HTTP client between units, against a server that answers just what a test says."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from chassis.http_client import HttpClient


class Server:
    """Answers every request with `answer`, and remembers what it read and from how many."""

    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-Name: value\r\n\r\n{}"

    def __init__(self) -> None:
        self.read: list[bytes] = []
        self.connections = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while True:
                self.read.append(await reader.readuntil(b"\r\n\r\n"))
                writer.write(self.answer)
                await writer.drain()
                if b"Content-Length: 99" in self.answer:
                    break
        except asyncio.IncompleteReadError:
            pass
        finally:
            writer.close()


@pytest_asyncio.fixture
async def client() -> AsyncIterator[HttpClient]:
    client = HttpClient()
    yield client
    await client.close()


@pytest.fixture
def server() -> Server:
    return Server()


@pytest_asyncio.fixture
async def url(server: Server) -> AsyncIterator[str]:
    listening = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    host, port = listening.sockets[0].getsockname()
    yield f"http://{host}:{port}"
    listening.close()


async def test_an_answer_is_read_whole(client: HttpClient, server: Server, url: str) -> None:
    fetched = await client.fetch(f"{url}/a%2Fb%20c?d=e%26f", {"authorization": "Bearer t"})
    assert (fetched.status, fetched.body, fetched.headers["x-name"]) == (200, b"{}", "value")
    assert server.read[0].startswith(b"GET /a%2Fb%20c?d=e%26f HTTP/1.1\r\n")
    assert b"authorization: Bearer t\r\n" in server.read[0]


async def test_a_connection_is_kept(client: HttpClient, server: Server, url: str) -> None:
    for _ in range(3):
        await client.fetch(url, {})
    assert server.connections == 1


async def test_users_share_no_cookies(client: HttpClient, server: Server, url: str) -> None:
    server.answer = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nSet-Cookie: a=b\r\n\r\n"
    await client.fetch(url, {})
    await client.fetch(url, {})
    assert b"ookie" not in server.read[1]


async def test_redirects_are_not_followed(client: HttpClient, server: Server, url: str) -> None:
    server.answer = b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: /x\r\n\r\n"
    assert (await client.fetch(url, {})).status == 302
    assert len(server.read) == 1


@pytest.mark.parametrize(
    "answer", [b"nonsense\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"]
)
async def test_half_an_answer_is_none(
    client: HttpClient, server: Server, url: str, answer: bytes
) -> None:
    server.answer = answer
    with pytest.raises(ConnectionError):
        await client.fetch(url, {})


async def test_nobody_there(client: HttpClient) -> None:
    with pytest.raises(ConnectionError):
        await client.fetch("http://127.0.0.1:1/", {})
