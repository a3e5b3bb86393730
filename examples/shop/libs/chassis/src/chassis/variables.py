"""Environment variables, read with one line for each problem."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from urllib.parse import urlsplit

from chassis.hub.factory import ENGINES as HUB_ENGINES
from chassis.store.factory import ENGINES as STORE_ENGINES

LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
_OF_UNIT = "_STORE_URL"


class Variables:
    """Reads variables and collects the problems with them.

    Attributes:
        problems: A line for each variable that is missing or wrong. None of them shows a URL,
            which may have a password.
    """

    def __init__(self, env: Mapping[str, str]) -> None:
        self._env = env
        self.problems: list[str] = []

    def text(self, name: str, default: str | None = None) -> str:
        value = self._env.get(name, "").strip() or default
        if value is None:
            self.problems.append(f"{name} is not set")
        return value or ""

    def url(self, name: str) -> str:
        """Read a URL, which may also be in the file that `<name>_FILE` names; empty if not set."""
        value, file = self.text(name, ""), self.text(f"{name}_FILE", "")
        if not file:
            return value
        if value:
            self.problems.append(f"{name} and {name}_FILE are both set: unset one of them")
        try:
            found = Path(file).read_text("utf-8").strip()
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
            self.problems.append(f"{name}_FILE: {file} cannot be read: {reason}")
            return value
        if not found:
            self.problems.append(f"{name}_FILE: {file} is empty")
        return value or found

    def one_of(self, name: str, allowed: Sequence[str]) -> str:
        """Read one of the words `allowed`, of which the first is the default."""
        value = self.text(name, allowed[0])
        if value not in allowed:
            self.problems.append(f"{name} is {value!r}, but must be {' or '.join(allowed)}")
        return value

    def level(self, name: str) -> str:
        value = self.text(name, "INFO")
        if value.upper() not in LEVELS:
            self.problems.append(f"{name} is {value!r}, but must be one of {', '.join(LEVELS)}")
        return value.upper()

    def seconds(self, name: str, default: float) -> float:
        value = self.text(name, str(default))
        try:
            number = float(value)
        except ValueError:
            number = -1.0
        if not 0 <= number < float("inf"):
            self.problems.append(f"{name} is {value!r}, but must be a number of seconds")
        return number

    def share(self, name: str, default: float) -> float:
        value = self.text(name, str(default))
        try:
            number = float(value)
        except ValueError:
            number = -1.0
        if not 0 <= number <= 1:
            self.problems.append(f"{name} is {value!r}, but must be a number from 0 to 1")
        return number

    def hub(self, name: str, default: str = "") -> str:
        """Read the URL of an event hub."""
        return self._of_engine(name, HUB_ENGINES, "host:port", default)

    def store(self, name: str) -> str:
        """Read the URL of the server of a store."""
        return self._of_engine(name, STORE_ENGINES, "host/database")

    def server(self, engine: str) -> str | None:
        """Read `<ENGINE>_URL`, the URL of a server of this engine, e.g. KAFKA_URL.

        Returns:
            The URL; empty if it is not set, None if there is a problem with it.
        """
        name, known = f"{engine.upper()}_URL", {**HUB_ENGINES, **STORE_ENGINES}
        schemes = {scheme: each for scheme, each in known.items() if each == engine}
        if not schemes:
            self.problems.append(f"{engine}: there is no adapter for it")
            return None
        before = len(self.problems)
        value = self._of_engine(name, schemes, "...")
        return value if len(self.problems) == before else None

    def stores(self) -> Mapping[str, str]:
        """Read the stores of single units by unit: `ORDER_STORE_URL`."""
        names = sorted({name.removesuffix("_FILE") for name in self._env})
        found = {name: self.store(name) for name in names if name.endswith(_OF_UNIT)}
        urls = {name.removesuffix(_OF_UNIT).lower(): url for name, url in found.items() if url}
        return MappingProxyType(urls)

    def _of_engine(
        self, name: str, engines: Mapping[str, str], form: str, default: str = ""
    ) -> str:
        value = self.url(name) or default
        if value and _scheme(value) not in engines:
            allowed = " or ".join(f"{scheme}://{form}" for scheme in engines)
            self.problems.append(f"{name} is not of the form {allowed}")
        return value

    def base_url(self, name: str) -> str:
        value = self.url(name).rstrip("/")
        if value and not _is_base_url(value):
            self.problems.append(f"{name} is not of the form http://host:port")
        return value

    def count(self, name: str, default: int) -> int:
        value = self.text(name, str(default))
        if not re.fullmatch(r"[1-9][0-9]{0,8}", value):
            self.problems.append(f"{name} is {value!r}, but must be a number of at least 1")
            return default
        return int(value)

    def names(self, name: str) -> frozenset[str]:
        """Read `order,cart`."""
        return frozenset(filter(None, map(str.strip, self.text(name, "").split(","))))

    def peers(self, name: str) -> Mapping[str, tuple[str, ...]]:
        """Read `order=http://127.0.0.1:8101|http://127.0.0.1:8102,cart=http://...`."""
        peers: dict[str, tuple[str, ...]] = {}
        for entry in filter(None, (part.strip() for part in self.text(name, "").split(","))):
            unit, _, text = entry.partition("=")
            urls = tuple(url.rstrip("/") for url in text.split("|"))
            if not unit or not all(map(_is_base_url, urls)):
                self.problems.append(f"{name}: {entry!r} is not of the form unit=http://host:port")
            elif unit in peers:
                self.problems.append(f"{name}: {unit!r} is given twice")
            peers[unit] = urls
        return MappingProxyType(peers)


def _is_base_url(url: str) -> bool:
    return _scheme(url) in ("http", "https") and bool(urlsplit(url).netloc)


def _scheme(url: str) -> str:
    """Return the scheme of a URL; nothing if it is not valid."""
    try:
        return urlsplit(url).scheme
    except ValueError:
        return ""
