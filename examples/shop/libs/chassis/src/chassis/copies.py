"""The copies of a unit that a backend-for-frontend calls: asked in turn, silent ones last."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

_AVOIDED = 5.0  # seconds


class Copies:
    """The base URLs of the copies of one unit.

    A copy that does not answer, e.g. because it is frozen, is asked last. From time to time one
    request tries it again, so that the others do not wait for it.
    """

    def __init__(self, urls: Sequence[str], clock: Callable[[], float] = time.monotonic) -> None:
        self._urls = deque(urls)
        self._clock = clock
        self._silent: dict[str, float] = {}  # until when they are avoided

    @property
    def is_alone(self) -> bool:
        """Whether there is only one."""
        return len(self._urls) == 1

    def in_turn(self) -> list[str]:
        """Return all copies in the order in which the next request asks them."""
        self._urls.rotate(-1)
        now = self._clock()
        urls = sorted(self._urls, key=lambda url: self._silent.get(url, now) > now)
        if urls[0] in self._silent:
            self._silent[urls[0]] = now + _AVOIDED
        return urls

    @contextmanager
    def watched(self, url: str) -> Iterator[None]:
        """Note whether a copy answers in this block."""
        try:
            yield
        except (ConnectionError, TimeoutError):
            self._silent[url] = self._clock() + _AVOIDED
            raise
        self._silent.pop(url, None)
