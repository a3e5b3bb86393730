"""Fake backends for tests of a backend-for-frontend."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import unquote, urlsplit

from pydantic_core import to_json

from chassis.http_client import Fetched
from chassis.testing.promises import PromisedBackends


class FakeBackends:
    """Responses by backend and path. An int is a status; unknown paths are a 404.

    With `promised`, these backends answer what has no response here.
    """

    def __init__(
        self, answers: Mapping[str, Mapping[str, Any]], promised: PromisedBackends | None = None
    ) -> None:
        self._answers = answers
        self._promised = promised
        self.requests: list[str] = []

    def peers(self, names: Iterable[str]) -> dict[str, tuple[str, ...]]:
        """Return a base URL for each backend."""
        return {name: (f"http://{name}",) for name in names}

    async def fetch(
        self,
        url: str,
        headers: Mapping[str, str],
        content: bytes | None = None,
        method: str = "POST",
    ) -> Fetched:
        """Implement `chassis.http_client.Fetch`."""
        parts = urlsplit(url)
        backend = parts.netloc
        asked = "" if content is None else f"{method} "
        self.requests.append(f"{asked}{backend} {url.removeprefix(f'http://{backend}')}")
        answer = self._answers.get(backend, {}).get(unquote(parts.path))
        if answer is None and self._promised is not None:
            return await self._promised.fetch(url, headers, content, method)
        if answer is None:
            answer = 404
        if isinstance(answer, int):
            return Fetched(answer, {}, b"")
        return Fetched(200, {}, to_json(answer))
