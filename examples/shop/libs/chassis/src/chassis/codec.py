"""States and rows as JSON text. Decimals are strings without exponents, so that they stay exact."""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Generic, TypeVar

from pydantic import TypeAdapter

from chassis.decimals import json_adapter

T = TypeVar("T")


class Codec(Generic[T]):
    """Encodes and decodes values of one class, e.g. a dataclass or a pydantic model.

    A renamed field keeps its key: in a value object it is the alias, that of a state or row is one
    of `keys`, by the field's name.
    """

    def __init__(self, kind: type[T], keys: Mapping[str, str] = MappingProxyType({})) -> None:
        self._adapter: TypeAdapter[T] = json_adapter(kind)
        self._keys = keys
        self._names = {key: name for name, key in keys.items()}

    def encode(self, value: T) -> str:
        """Return `value` as JSON."""
        if not self._keys:
            return self._adapter.dump_json(value, by_alias=True).decode()
        data = self._adapter.dump_python(value, mode="json", by_alias=True)
        stored = {self._keys.get(name, name): item for name, item in data.items()}
        return json.dumps(stored, ensure_ascii=False, separators=(",", ":"))

    def decode(self, text: str) -> T:
        """Return the value that `encode` has encoded."""
        return self._adapter.validate_json(
            self._by_names(text) if self._keys else text, by_alias=True, by_name=False
        )

    def _by_names(self, text: str) -> str:
        """Return `text` with names for keys; a key that is only a name now was another field's."""
        data = json.loads(text)
        return json.dumps(
            {
                self._names.get(key, key): item
                for key, item in data.items()
                if key in self._names or key not in self._keys
            }
        )
