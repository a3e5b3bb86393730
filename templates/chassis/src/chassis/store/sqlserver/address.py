"""The URL of a store on SQL Server."""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

_FORM = "mssql://user:password@host:1433/database"
_OPTIONS = {"encrypt", "cafile", "verify_host"}
_BOOLEANS = {"yes": True, "no": False}


@dataclass(frozen=True, slots=True)
class Address:
    """Where a store is. Its text has no secrets.

    Attributes:
        host: The host.
        port: The port.
        database: The database.
        schema: The schema, which is named after the unit.
        user: The login.
        password: Its password.
        cafile: The file with trusted certificates; None if the connection is not encrypted.
        verify_host: Whether the certificate must be one of the host.
    """

    host: str
    port: int
    database: str
    schema: str
    user: str = field(repr=False)
    password: str = field(repr=False)
    cafile: str | None
    verify_host: bool

    def __str__(self) -> str:
        return f"mssql://{self.host}:{self.port}/{self.database}, schema {self.schema}"


def parse_address(url: str, schema: str) -> Address:
    """Return the address of a schema in the database of a URL.

    The options `encrypt` and `verify_host` are `yes` or `no`; both are `yes` unless they are given.
    The option `cafile` names a file with trusted certificates.

    Raises:
        ValueError: The URL is not valid.
    """
    try:
        parts = urlsplit(url)
        port = parts.port or 1433
    except ValueError:
        raise ValueError(f"the URL of the store is not of the form {_FORM}") from None
    database = unquote(parts.path.removeprefix("/"))
    if parts.scheme != "mssql" or not parts.hostname or not parts.username or not database:
        raise ValueError(f"the URL of the store is not of the form {_FORM}")
    options = dict(parse_qsl(parts.query, keep_blank_values=True))
    if unknown := sorted(options.keys() - _OPTIONS):
        raise ValueError(f"the URL of the store has unknown options: {', '.join(unknown)}")
    cafile = options.get("cafile") or ssl.get_default_verify_paths().cafile or ""
    encrypt = _boolean(options, "encrypt")
    if encrypt and not Path(cafile).is_file():
        raise ValueError(f"the URL of the store: there is no file {cafile!r} for cafile=")
    return Address(
        host=parts.hostname,
        port=port,
        database=database,
        schema=schema,
        user=unquote(parts.username),
        password=unquote(parts.password or ""),
        cafile=cafile if encrypt else None,
        verify_host=_boolean(options, "verify_host"),
    )


def _boolean(options: dict[str, str], name: str) -> bool:
    if (value := _BOOLEANS.get(options.get(name, "yes"))) is None:
        raise ValueError(f"the URL of the store: {name} is yes or no")
    return value
