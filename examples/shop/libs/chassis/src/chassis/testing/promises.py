"""What contracts, OpenAPI documents, promise: operations, and backends that keep to them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from pydantic_core import to_json

from chassis.http_client import Fetched

_JSON = "application/json"
_PARAMETER = re.compile(r"{(\w+)}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """An operation with the examples of its contract.

    Attributes:
        method: The HTTP method.
        path: The path, with examples of its parameters.
        query: Examples of the required parameters in the query.
        body: The example of the body, if it has one.
        secured: Whether it requires a token.
    """

    method: str
    path: str
    query: Mapping[str, Any]
    body: Mapping[str, Any]
    secured: bool

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


def operations(contract: Path) -> tuple[Operation, ...]:
    """Return the operations that a contract promises.

    Args:
        contract: The OpenAPI document, with an example for everything that is required.
    """
    document = json.loads(contract.read_text(encoding="utf-8"))
    return tuple(
        _operation(method, path, operation)
        for path, item in document["paths"].items()
        for method, operation in item.items()
    )


def _operation(method: str, path: str, operation: Mapping[str, Any]) -> Operation:
    needed = [each for each in operation.get("parameters", ()) if each.get("required")]
    in_path, query = (
        {each["name"]: each["example"] for each in needed if each["in"] == place}
        for place in ("path", "query")
    )
    body = operation.get("requestBody", {}).get("content", {}).get(_JSON, {})
    return Operation(
        method=method.upper(),
        path=_PARAMETER.sub(lambda found: str(in_path[found[1]]), path),
        query=query,
        body=body.get("example", {}),
        secured="security" in operation,
    )


class PromisedBackends:
    """Backends that answer with the examples of their contracts."""

    def __init__(self, contracts: Path) -> None:
        """Answer by `contracts`, the folder of the OpenAPI documents of all units."""
        self._contracts = contracts
        self._known: dict[str, _Contract] = {}

    async def fetch(
        self,
        url: str,
        headers: Mapping[str, str],
        content: bytes | None = None,
        method: str = "POST",
    ) -> Fetched:
        """Implement `chassis.http_client.Fetch`.

        Raises:
            AssertionError: The contract does not promise an answer to this request.
        """
        parts = urlsplit(url)
        asked = set(parse_qs(parts.query, keep_blank_values=True))
        sent = None if content is None else json.loads(content)
        called = "get" if content is None else method.lower()
        found = self._contract(parts.netloc).answer(called, unquote(parts.path), asked, sent)
        if found is None:
            raise AssertionError(f"not promised by {parts.netloc}: {called} {url} {sent}")
        return found

    def _contract(self, unit: str) -> _Contract:
        if unit not in self._known:
            text = (self._contracts / f"{unit}.json").read_text(encoding="utf-8")
            self._known[unit] = _Contract(json.loads(text))
        return self._known[unit]


class _Contract:
    def __init__(self, document: Mapping[str, Any]) -> None:
        self._document = document

    def answer(
        self, method: str, path: str, query: set[str], body: Mapping[str, Any] | None
    ) -> Fetched | None:
        """Return the example of the successful response to a request, if it fits."""
        for form, of_path in self._forms:
            if form.fullmatch(path) and method in of_path:
                operation = of_path[method]
                fits = self._fits_query(operation, query) and self._fits_body(operation, body)
                return _example(operation) if fits else None
        return None

    @cached_property
    def _forms(self) -> list[tuple[re.Pattern[str], Mapping[str, Any]]]:
        """The paths as patterns; those with fewer parameters first."""
        paths = sorted(self._document["paths"].items(), key=lambda each: each[0].count("{"))
        return [(_pattern(path), of_path) for path, of_path in paths]

    def _fits_query(self, operation: Mapping[str, Any], query: set[str]) -> bool:
        given = [self._resolved(each) for each in operation.get("parameters", ())]
        known = {each["name"]: each.get("required") for each in given if each["in"] == "query"}
        return {name for name, required in known.items() if required} <= query <= set(known)

    def _fits_body(self, operation: Mapping[str, Any], body: Mapping[str, Any] | None) -> bool:
        if "requestBody" not in operation:
            return not body
        schema = self._resolved(operation["requestBody"]["content"][_JSON]["schema"])
        fields = set(body or {})
        return set(schema.get("required", ())) <= fields <= set(schema["properties"])

    def _resolved(self, node: Mapping[str, Any]) -> Mapping[str, Any]:
        while "$ref" in node:
            _, *names = node["$ref"].split("/")
            node = self._document
            for name in names:
                node = node[name]
        return node


def _pattern(path: str) -> re.Pattern[str]:
    return re.compile("[^/]+".join(map(re.escape, _PARAMETER.split(path)[::2])))


def _example(operation: Mapping[str, Any]) -> Fetched:
    status = min(status for status in operation["responses"] if status.startswith("2"))
    example = operation["responses"][status]["content"][_JSON]["example"]
    return Fetched(int(status), {}, to_json(example))
