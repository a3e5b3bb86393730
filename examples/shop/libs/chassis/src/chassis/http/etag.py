"""Entity tags (RFC 9110, 8.8.3): the version of an aggregate, quoted."""

from __future__ import annotations

import re

from chassis.http.problem import Problem

_TAG = re.compile(r'(?P<weak>W/)?"(?P<value>[^"]*)"')
_VERSION = re.compile(r"[1-9][0-9]{0,17}")


def of(version: int) -> str:
    """`3` -> `"3"`."""
    return f'"{version}"'


def expected_version(if_match: str | None) -> int | None:
    """The version that `If-Match` asks for; None if any will do.

    `*` asks that the aggregate exists, which is the domain's to require. Raises the 412 for a tag
    that no version of ours can have, weak ones among them.
    """
    if if_match is None or if_match.strip() == "*":
        return None
    tag = _TAG.fullmatch(if_match.strip())
    if tag is None or tag["weak"] or not _VERSION.fullmatch(tag["value"]):
        raise Problem(412, "version_mismatch", detail="If-Match takes one entity tag of ours.")
    return int(tag["value"])


def unchanged(if_none_match: str | None, version: int) -> bool:
    """Whether the caller has this version already (RFC 9110, 13.1.2, weak comparison)."""
    if if_none_match is None:
        return False
    tags = {tag["value"] for tag in _TAG.finditer(if_none_match)}
    return if_none_match.strip() == "*" or str(version) in tags
