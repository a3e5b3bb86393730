"""The headers of commands, documented in OpenAPI."""

from __future__ import annotations

from typing import Annotated

from fastapi import Header

from chassis.http.commands import LONGEST_KEY

IdempotencyKey = Annotated[
    str | None,
    Header(
        min_length=1,
        max_length=LONGEST_KEY,
        description="Requests with the same key are carried out once.",
    ),
]
IfMatch = Annotated[str | None, Header(description="The expected version, as an entity tag.")]
