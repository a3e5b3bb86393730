"""States and rows as JSON text. Decimals are text in it, so that they stay exact."""

from __future__ import annotations

from typing import Generic, TypeVar

from pydantic import TypeAdapter

T = TypeVar("T")


class Codec(Generic[T]):
    """Writes and reads values of one class: dataclasses, pydantic models and what they hold."""

    def __init__(self, kind: type[T]) -> None:
        self._adapter = TypeAdapter(kind)

    def encode(self, value: T) -> str:
        """Return `value` as JSON."""
        return self._adapter.dump_json(value).decode()

    def decode(self, text: str) -> T:
        """Return the value that `encode` made `text` of."""
        return self._adapter.validate_json(text)
