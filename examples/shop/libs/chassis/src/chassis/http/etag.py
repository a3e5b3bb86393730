"""Entity tags (RFC 9110, 8.8.3): the version of an aggregate, quoted."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Collection, Iterator
from typing import TypeVar

from chassis.errors import VersionMismatch
from chassis.http.problem import Problem

T = TypeVar("T")

_TAG = re.compile(r'(?P<weak>W/)?"(?P<value>[^"]*)"')
_LIST = re.compile(r'(?:[ \t,]*(?:W/)?"[^"]*")+[ \t,]*')
_VERSION = re.compile(r"[1-9][0-9]{0,17}")
_ANY_VERSION = range(1, 10**18)


def of(version: int) -> str:
    """Return the entity tag of a version: `3` -> `"3"`."""
    return f'"{version}"'


def expected_versions(if_match: str | None) -> Collection[int] | None:
    """Return the versions that `If-Match` (RFC 9110, 13.1.1) accepts; None for any, also none.

    `*` accepts every version of an aggregate that exists.

    Raises:
        Problem: 412, none of the tags is strong and one of ours.
    """
    if if_match is None:
        return None
    if if_match.strip() == "*":
        return _ANY_VERSION
    versions = tuple(dict.fromkeys(_versions(if_match)))
    if not versions:
        raise Problem(412, "version_mismatch", detail="If-Match has no strong tag of a version.")
    return versions


async def if_matching(
    versions: Collection[int] | None, attempt: Callable[[int | None], Awaitable[T]]
) -> T:
    """Return the result of `attempt`, which expects a version, with one of `versions`.

    The first one is tried; if the current version is another one of them, that one.

    Raises:
        VersionMismatch: The current version is not one of `versions`.
    """
    if versions is None:
        return await attempt(None)
    expected = next(iter(versions))
    while True:
        try:
            return await attempt(expected)
        except VersionMismatch as mismatch:
            if mismatch.actual == expected or mismatch.actual not in versions:
                raise
            expected = mismatch.actual


def unchanged(if_none_match: str | None, version: int) -> bool:
    """Return whether the caller has this version (RFC 9110, 13.1.2, weak comparison)."""
    if if_none_match is None:
        return False
    tags = {tag["value"] for tag in _TAG.finditer(if_none_match)}
    return if_none_match.strip() == "*" or str(version) in tags


def _versions(tags: str) -> Iterator[int]:
    """Yield the versions of strong tags: `If-Match` never matches weak ones."""
    if _LIST.fullmatch(tags) is None:
        return
    for tag in _TAG.finditer(tags):
        if not tag["weak"] and _VERSION.fullmatch(tag["value"]):
            yield int(tag["value"])
