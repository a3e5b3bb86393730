"""Backends that answer what a test says, for tests of a backend-for-frontend."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import httpx
from pydantic_core import to_jsonable_python


class FakeBackends:
    """Answers, by backend and path; an int is a status, what is not there a 404."""

    def __init__(self, answers: Mapping[str, Mapping[str, Any]]) -> None:
        self._answers = answers
        self.asked: list[str] = []
        self.transport = httpx.MockTransport(self._answer)

    def peers(self, names: Iterable[str]) -> dict[str, str]:
        """An address for each of the backends."""
        return {name: f"http://{name}" for name in names}

    def _answer(self, request: httpx.Request) -> httpx.Response:
        backend, path = request.url.host, request.url.path
        self.asked.append(f"{backend} {request.url.raw_path.decode()}")
        answer = self._answers.get(backend, {}).get(path, 404)
        if isinstance(answer, int):
            return httpx.Response(answer)
        return httpx.Response(200, json=to_jsonable_python(answer))
