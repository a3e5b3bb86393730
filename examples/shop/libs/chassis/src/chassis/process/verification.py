"""The verifier of a process, with its keys from a file or from the issuer."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from chassis.auth import Requirements, Verifier
from chassis.jwks import KeyFile, KeysUnusable, KeyUrl
from chassis.process.errors import CannotStart
from chassis.settings import Settings


@asynccontextmanager
async def verification(settings: Settings) -> AsyncIterator[Verifier]:
    """Yield the verifier.

    An issuer that cannot be reached does not prevent a start: until it can, requests are answered
    with 503. A file without keys does, because it is a mistake.

    Raises:
        CannotStart: The file has no usable keys.
    """
    requirements = Requirements(
        issuer=settings.issuer,
        audience=settings.audience,
        roles_claim=settings.roles_claim,
        token_type=settings.token_type,
    )
    if not settings.jwks_url:
        yield Verifier(_file(settings), requirements)
        return
    from chassis.http_client import HttpClient

    client = HttpClient()
    try:
        keys = KeyUrl(settings.jwks_url, client.fetch)
        await keys.renew()
        yield Verifier(keys, requirements)
    finally:
        await client.close()


def _file(settings: Settings) -> KeyFile:
    keys = KeyFile(settings.jwks_file)
    try:
        keys.load()
    except KeysUnusable as error:
        raise CannotStart(f"JWKS_FILE: {error}") from error
    return keys
