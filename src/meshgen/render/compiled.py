"""Templates as Python code, compiled once."""

from __future__ import annotations

from types import CodeType

Key = tuple[object, ...]


class Compiled:
    """The code of templates, by what it was compiled from."""

    def __init__(self) -> None:
        self._codes: dict[Key, CodeType] = {}

    def get(self, key: Key) -> CodeType | None:
        """The code for `key`, if it was compiled before."""
        return self._codes.get(key)

    def put(self, key: Key, code: CodeType) -> None:
        """Keep the code for `key`."""
        self._codes[key] = code


CACHE = Compiled()
