"""Entity tags (RFC 9110, 8.8.3): the version of an aggregate, quoted."""

from __future__ import annotations

import re

from chassis.http.problem import Problem

_TAG = re.compile(r'(?P<weak>W/)?"(?P<value>[^"]*)"')
_VERSION = re.compile(r"[1-9][0-9]{0,17}")


def of(version: int) -> str:
    """Return the entity tag of a version: `3` -> `"3"`."""
    return f'"{version}"'


def expected_version(if_match: str | None) -> int | None:
    """Return the version that `If-Match` expects; None for any version.

    `*` expects that the aggregate exists, which the domain checks.

    Raises:
        Problem: 412, the tag is weak or cannot be one of ours.
    """
    if if_match is None or if_match.strip() == "*":
        return None
    tag = _TAG.fullmatch(if_match.strip())
    if tag is None or tag["weak"] or not _VERSION.fullmatch(tag["value"]):
        raise Problem(412, "version_mismatch", detail="If-Match must be one strong entity tag.")
    return int(tag["value"])


def unchanged(if_none_match: str | None, version: int) -> bool:
    """Return whether the caller has this version (RFC 9110, 13.1.2, weak comparison)."""
    if if_none_match is None:
        return False
    tags = {tag["value"] for tag in _TAG.finditer(if_none_match)}
    return if_none_match.strip() == "*" or str(version) in tags
