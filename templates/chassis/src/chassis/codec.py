"""States and rows as JSON text. Decimals are text in it, so that they stay exact.

A renamed field keeps its key: in a value object as its alias, in a state or row as declared.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Generic, TypeVar

from pydantic import TypeAdapter

T = TypeVar("T")


class Codec(Generic[T]):
    """Writes and reads values of one class: dataclasses, pydantic models and what they hold.

    `keys`: the keys of fields that are stored under another one than their name.
    """

    def __init__(self, kind: type[T], keys: Mapping[str, str] = MappingProxyType({})) -> None:
        self._adapter = TypeAdapter(kind)
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
        """Return the value that `encode` made `text` of."""
        return self._adapter.validate_json(
            self._by_names(text) if self._keys else text, by_alias=True, by_name=False
        )

    def _by_names(self, text: str) -> str:
        """The same by names. A key that is only a name by now is that of a former field."""
        data = json.loads(text)
        return json.dumps(
            {
                self._names.get(key, key): item
                for key, item in data.items()
                if key in self._names or key not in self._keys
            }
        )
