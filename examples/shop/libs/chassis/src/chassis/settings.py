"""The settings of a process, read from the environment once, at the start."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from urllib.parse import urlsplit

from chassis.hub.factory import ENGINES as HUB_ENGINES
from chassis.store.factory import ENGINES as STORE_ENGINES

LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")


class SettingsError(Exception):
    """Settings are missing or wrong; `problems` has one line for each of them."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The settings of one process. The environment variable is the field name in upper case.

    Attributes:
        hub_url: The URL of the event hub; its scheme says which one it is.
        data_dir: The folder of the stores.
        store_url: The URL of the database server with the stores; empty for SQLite in `data_dir`.
        jwks_file: The file with the keys that verify tokens.
        issuer: The required issuer of tokens.
        audience: The required audience of tokens.
        peers: The base URLs of each unit that a backend-for-frontend calls, one for each copy.
        log_level: The lowest level that is logged.
        otel_exporter_otlp_endpoint: The base URL of an OTLP/HTTP receiver of spans; empty for none.
        otel_traces_sampler_arg: The share of new traces that is recorded, from 0 to 1.
        backend_timeout: Seconds for a complete response of a backend.
        max_running: The number of requests that a unit works on at the same time. More of them
            would not be answered faster: they share one event loop and one writer.
        max_waiting: The number of requests that may wait for that; more are refused.
        max_wait: Seconds that each of them may wait.
        drain_delay: Seconds between not being ready and closing the port, for load balancers.
        drain_timeout: Seconds for the work in flight after that.
        accept_empty_store: The services that may start with an empty store although they have
            published events: what their stores had is given up. Set it for one start only.
    """

    hub_url: str
    data_dir: Path
    jwks_file: Path
    issuer: str
    audience: str
    store_url: str = field(default="", repr=False)  # it may have a password
    peers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    log_level: str = "INFO"
    otel_exporter_otlp_endpoint: str = ""
    otel_traces_sampler_arg: float = 1.0
    backend_timeout: float = 1.0
    max_running: int = 32
    max_waiting: int = 128
    max_wait: float = 0.5
    drain_delay: float = 0.0
    drain_timeout: float = 8.0
    accept_empty_store: frozenset[str] = frozenset()

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> Settings:
        """Read the settings from `env`.

        Raises:
            SettingsError: Settings are missing or wrong; it lists all of them.
        """
        reader = _Reader(env)
        settings = cls(
            hub_url=reader.hub("HUB_URL", "nats://127.0.0.1:4222"),
            data_dir=Path(reader.text("DATA_DIR", "data")),
            store_url=reader.store("STORE_URL"),
            jwks_file=Path(reader.text("JWKS_FILE")),
            issuer=reader.text("ISSUER"),
            audience=reader.text("AUDIENCE"),
            peers=reader.peers("PEERS"),
            log_level=reader.level("LOG_LEVEL"),
            otel_exporter_otlp_endpoint=reader.base_url("OTEL_EXPORTER_OTLP_ENDPOINT"),
            otel_traces_sampler_arg=reader.share("OTEL_TRACES_SAMPLER_ARG", 1.0),
            backend_timeout=reader.seconds("BACKEND_TIMEOUT", 1.0),
            max_running=reader.count("MAX_RUNNING", 32),
            max_waiting=reader.count("MAX_WAITING", 128),
            max_wait=reader.seconds("MAX_WAIT", 0.5),
            drain_delay=reader.seconds("DRAIN_DELAY", 0.0),
            drain_timeout=reader.seconds("DRAIN_TIMEOUT", 8.0),
            accept_empty_store=reader.names("ACCEPT_EMPTY_STORE"),
        )
        if reader.problems:
            raise SettingsError(tuple(reader.problems))
        return settings


class _Reader:
    """Reads variables and collects the problems with them."""

    def __init__(self, env: Mapping[str, str]) -> None:
        self._env = env
        self.problems: list[str] = []

    def text(self, name: str, default: str | None = None) -> str:
        value = self._env.get(name, "").strip() or default
        if value is None:
            self.problems.append(f"{name} is not set")
        return value or ""

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

    def hub(self, name: str, default: str) -> str:
        value = self.text(name, default)
        if urlsplit(value).scheme not in HUB_ENGINES:
            allowed = " or ".join(f"{scheme}://host:port" for scheme in HUB_ENGINES)
            self.problems.append(f"{name} is not of the form {allowed}")
        return value

    def store(self, name: str) -> str:
        value = self.text(name, "")
        if value and urlsplit(value).scheme not in STORE_ENGINES:
            allowed = " or ".join(f"{scheme}://host/database" for scheme in STORE_ENGINES)
            self.problems.append(f"{name} is not of the form {allowed}")
        return value

    def base_url(self, name: str) -> str:
        value = self.text(name, "").rstrip("/")
        if value and not _is_base_url(value):
            self.problems.append(f"{name} is {value!r}, but must be of the form http://host:port")
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
    parts = urlsplit(url)
    return parts.scheme in ("http", "https") and bool(parts.netloc)
