"""The settings of a process, read from the environment once, at the start."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from chassis.variables import Variables


class SettingsError(Exception):
    """Settings are missing or wrong; `problems` has one line for each of them."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


@dataclass(frozen=True, slots=True, kw_only=True)
class Tls:
    """Files in PEM: the certificate of this process, its key, and the CA of all of them."""

    certificate: Path
    key: Path
    ca: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The settings of one process. The environment variable is the field name in upper case.

    Each URL may also be given as a file with the URL in it: `HUB_URL_FILE=/run/secrets/hub`.

    Attributes:
        hub_url: The URL of the event hub; its scheme says which one it is.
        data_dir: The folder of the stores.
        store_url: The URL of the database server with the stores; empty for SQLite in `data_dir`.
        store_urls: The URLs of the stores of single units, by unit: ORDER_STORE_URL is that of
            `order`.
        jwks_file: The file with the keys that verify tokens.
        jwks_url: The URL of these keys, which replaces the file.
        roles_claim: The claim of a token with the roles, as in `chassis.auth.Requirements`.
        token_type: The required type of tokens, as there.
        issuer: The required issuer of tokens.
        audience: The required audience of tokens.
        peers: The base URLs of each unit that a backend-for-frontend calls, one for each copy.
        tls: The files for mutual TLS between the gateway and the units; None for plain HTTP.
        log_level: The lowest level that is logged.
        otel_exporter_otlp_endpoint: The base URL of an OTLP/HTTP receiver of spans; empty for none.
        otel_traces_sampler_arg: The share of new traces that is recorded, from 0 to 1.
        backend_timeout: Seconds for a complete response of a backend.
        header_timeout: Seconds in which the headers of a request must arrive.
        body_timeout: Seconds in which its body must arrive.
        max_running: The number of requests that a unit works on at the same time. More of them
            would not be answered faster: they share one event loop and one writer.
        max_waiting: The number of requests that may wait for that; more are refused.
        max_wait: Seconds that each of them may wait.
        max_streams: The number of streams of events that may be open in a unit.
        drain_delay: Seconds between not being ready and closing the port, for load balancers.
        drain_timeout: Seconds for the work in flight after that.
        accept_empty_store: The services that may start with an empty store although they have
            published events: what their stores had is given up. Set it for one start only.
    """

    hub_url: str = field(repr=False)  # it may have a password
    data_dir: Path
    jwks_file: Path
    issuer: str
    audience: str
    jwks_url: str = ""
    roles_claim: str = "roles"
    token_type: str = "at+jwt"
    store_url: str = field(default="", repr=False)
    store_urls: Mapping[str, str] = field(default_factory=dict, repr=False)
    peers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    tls: Tls | None = None
    log_level: str = "INFO"
    otel_exporter_otlp_endpoint: str = ""
    otel_traces_sampler_arg: float = 1.0
    backend_timeout: float = 1.0
    header_timeout: float = 5.0  # these two are the gateway's as well
    body_timeout: float = 30.0
    max_running: int = 32
    max_waiting: int = 128
    max_wait: float = 0.5
    max_streams: int = 256  # as in the gateway
    drain_delay: float = 0.0
    drain_timeout: float = 8.0
    accept_empty_store: frozenset[str] = frozenset()

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> Settings:
        """Read the settings from `env`.

        Raises:
            SettingsError: Settings are missing or wrong; it lists all of them.
        """
        variables = Variables(env)
        jwks_url = variables.base_url("JWKS_URL")
        settings = cls(
            hub_url=variables.hub("HUB_URL", "nats://127.0.0.1:4222"),
            data_dir=Path(variables.text("DATA_DIR", "data")),
            store_url=variables.store("STORE_URL"),
            store_urls=variables.stores(),
            jwks_file=Path(variables.text("JWKS_FILE", "" if jwks_url else None)),
            jwks_url=jwks_url,
            roles_claim=variables.text("ROLES_CLAIM", "roles"),
            token_type=variables.one_of("TOKEN_TYPE", ("at+jwt", "jwt")),
            issuer=variables.text("ISSUER"),
            audience=variables.text("AUDIENCE"),
            peers=variables.peers("PEERS"),
            tls=_tls(variables),
            log_level=variables.level("LOG_LEVEL"),
            otel_exporter_otlp_endpoint=variables.base_url("OTEL_EXPORTER_OTLP_ENDPOINT"),
            otel_traces_sampler_arg=variables.share("OTEL_TRACES_SAMPLER_ARG", 1.0),
            backend_timeout=variables.seconds("BACKEND_TIMEOUT", 1.0),
            header_timeout=variables.seconds("HEADER_TIMEOUT", 5.0),
            body_timeout=variables.seconds("BODY_TIMEOUT", 30.0),
            max_running=variables.count("MAX_RUNNING", 32),
            max_waiting=variables.count("MAX_WAITING", 128),
            max_wait=variables.seconds("MAX_WAIT", 0.5),
            max_streams=variables.count("MAX_STREAMS", 256),
            drain_delay=variables.seconds("DRAIN_DELAY", 0.0),
            drain_timeout=variables.seconds("DRAIN_TIMEOUT", 8.0),
            accept_empty_store=variables.names("ACCEPT_EMPTY_STORE"),
        )
        if variables.problems:
            raise SettingsError(tuple(variables.problems))
        return settings

    def store_of(self, unit_name: str) -> str:
        """Return the URL of the store of a unit; empty for SQLite."""
        return self.store_urls.get(unit_name, self.store_url)


def _tls(variables: Variables) -> Tls | None:
    """Read the files of mutual TLS, which are all set, or none of them."""
    names = ("MESH_TLS_CERTIFICATE", "MESH_TLS_KEY", "MESH_TLS_CA")
    files = [variables.text(name, "") for name in names]
    if not any(files):
        return None
    for name, file in zip(names, files, strict=True):
        if not Path(file).is_file():
            variables.problems.append(f"{name} is {file!r}, which is no file")
    certificate, key, ca = map(Path, files)
    return Tls(certificate=certificate, key=key, ca=ca)
