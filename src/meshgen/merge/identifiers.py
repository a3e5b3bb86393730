"""Renamed identifiers in edited code: hand-written lines follow a rename."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from meshgen.filesystem.files import File


@dataclass(frozen=True, slots=True)
class Names:
    """Old identifiers and dotted names in Python code, and what they are called now."""

    new: Mapping[str, str] = field(default_factory=dict)

    def applied(self, path: str, file: File) -> File:
        """`file` as if it had been written with the new names; other than Python it stays."""
        if not self.new or not path.endswith(".py") or file.link:
            return file
        longest_first = sorted(self.new, key=len, reverse=True)
        either = "|".join(map(re.escape, longest_first)).encode()
        # Numbered and dated constants of tests go along: ORDER_PLACED_2, ORDER_PLACED_EARLIER.
        pattern = rb"(?<![\w.])(" + either + rb")(?=(?:_\d+|_EARLIER)?(?!\w))"
        content = re.sub(pattern, lambda found: self._of(found[1]), file.content)
        return file if content == file.content else replace(file, content=content)

    def _of(self, old: bytes) -> bytes:
        return self.new[old.decode()].encode()
