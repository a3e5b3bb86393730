"""Requests that Locust counts."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode

import gevent.local
import httpx
from locust.contrib.fasthttp import FastHttpSession

from chassis.testing.load.routes import route
from chassis.testing.system import Response, decoded, is_not_found


class Lateness(gevent.local.local):
    """How late the arrival of the current greenlet began, until its first request has taken it."""

    seconds = 0.0

    def take(self) -> float:
        """Return it in milliseconds, once."""
        taken, self.seconds = self.seconds * 1000, 0.0
        return taken


class CountedExchange:
    """Sends requests in a session of Locust.

    Every response but a success is an error and ends the arrival: repeating it would add load to a
    system that has too much of it. Except for those that say that something is not there yet:
    callers repeat the request, because events of other services arrive later.
    """

    def __init__(self, session: FastHttpSession, lateness: Lateness) -> None:
        self._session = session
        self._lateness = lateness

    def __call__(
        self,
        method: str,
        path: str,
        *,
        content: str | None,
        params: Mapping[str, str],
        headers: Mapping[str, str],
    ) -> Response:
        """Send a request and return the response.

        Raises:
            AssertionError: It has failed.
        """
        url = f"{path}?{urlencode(params)}" if params else path
        name = route(path)
        late = self._lateness.take()
        with self._session.request(
            method,
            url,
            name=name,
            data=content,
            headers=dict(headers),
            catch_response=True,
        ) as answer:
            answer.request_meta["response_time"] += late
            response = Response(
                status=answer.status_code,
                body=decoded(answer.content or b""),
                headers=httpx.Headers(list((answer.headers or {}).items())),
            )
            absent = is_not_found(response)
            if absent:
                answer.success()
        if not absent and not 200 <= response.status < 300:
            raise AssertionError(f"{method} {name}: got {_in_short(response)}")
        return response


def _in_short(response: Response) -> str:
    """Return the status and the type of the problem, without ids: equal errors are counted."""
    if not response.status:
        return "no response"
    problem = response.body.get("type", "") if isinstance(response.body, dict) else ""
    return f"{response.status} {problem}".rstrip()
