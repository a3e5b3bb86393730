"""States and rows as JSON text. Decimals are strings, so that they stay exact."""

from __future__ import annotations

from typing import Generic, TypeVar

from pydantic import TypeAdapter

T = TypeVar("T")


class Codec(Generic[T]):
    """Encodes and decodes values of one class, e.g. a dataclass or a pydantic model."""

    def __init__(self, kind: type[T]) -> None:
        self._adapter = TypeAdapter(kind)

    def encode(self, value: T) -> str:
        """Return `value` as JSON."""
        return self._adapter.dump_json(value).decode()

    def decode(self, text: str) -> T:
        """Return the value that `encode` has encoded."""
        return self._adapter.validate_json(text)
