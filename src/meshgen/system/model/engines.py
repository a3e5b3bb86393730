"""The engines of the system's event hub and stores: their adapters and client libraries."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreView:
    """The store of a unit."""

    unit: str
    engine: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerView:
    """The server of an engine, and what runs on it."""

    engine: str
    variable: str
    """The environment variable with its URL."""
    users: tuple[str, ...]
    """The names of units, or the event hub."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobView:
    """The job of a stream."""

    stream: str
    engine: str
    folder: str
    """The folder of the stream."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EnginesView:
    """The engines that the spec names, where they differ from those of the embedded mode."""

    event_hub: str | None
    """The engine of the event hub; None for NATS."""
    stores: tuple[StoreView, ...]
    """The stores that are not SQLite."""
    servers: tuple[ServerView, ...]
    """The server of each engine; the event hub's is the first."""
    clients: tuple[str, ...]
    """The engines with a client library, sorted; each has a file with its pins."""
    jobs: tuple[JobView, ...]
    """The streams whose rows are computed by jobs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtraView:
    """An optional dependency of the chassis: the client libraries of an engine."""

    name: str
    """The engine."""
    requirements: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChassisView:
    """The adapters of the chassis and what they need."""

    hubs: tuple[str, ...]
    """The packages of `chassis.hub` that are a part of the project."""
    stores: tuple[str, ...]
    """The packages of `chassis.store` that are a part of the project."""
    jobs: tuple[str, ...]
    """The packages of `chassis.jobs` that are a part of the project."""
    load: bool
    """Whether the project has a load test."""
    extras: tuple[ExtraView, ...]
