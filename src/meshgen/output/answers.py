"""The answers of each template: the contract between meshgen and templates.

Every field of a model is present, with the shape and the meaning documented here and in
`meshgen.system.model`. Texts are free text, which must be escaped by a filter; names, paths and
pieces of Python source can be printed as they are. Later versions may add fields.

Questions, their help and the published JSON Schemas are generated from the models, and tests
validate answers with them. Rendering does not import them, as importing pydantic would slow down
every command: `resolve` creates frozen dataclasses, whose shapes mypy checks.
"""

from __future__ import annotations

from typing import ClassVar

from pydantic import BaseModel, ConfigDict, Field

from meshgen.system.model import (
    ApiView,
    BffView,
    CatalogView,
    ChassisView,
    DeployView,
    GatewayView,
    ProjectionView,
    ProjectView,
    SchemaView,
    ServiceView,
    StreamView,
    System,
)

_SYSTEM = "The system: its name, and the names of packages, distributions and the spec"


class Answers(BaseModel):
    """The answers of a template; every field is one of its questions."""

    model_config: ClassVar[ConfigDict] = ConfigDict(
        frozen=True, extra="forbid", use_attribute_docstrings=True
    )

    system: System = Field(description=_SYSTEM)


class ProjectAnswers(Answers):
    """The root of a project: build, start, tests and documentation."""

    project: ProjectView = Field(description="The project: its units, processes, roles, scenarios")


class ServiceAnswers(Answers):
    """A service, in its folder `services/NAME`."""

    service: ServiceView = Field(
        description="The service: names, aggregates, replicas, ports, policies, sagas, routes"
    )


class ProjectionAnswers(Answers):
    """A projection, in its folder `projections/NAME`."""

    projection: ProjectionView = Field(
        description="The projection: names, row, reactions to events, routes"
    )


class StreamAnswers(Answers):
    """A stream, in its folder `streams/NAME`."""

    stream: StreamView = Field(
        description="The stream: names, row, what events add to windows, aggregates, routes"
    )


class BffAnswers(Answers):
    """A backend for frontends, in its folder `bffs/NAME`."""

    bff: BffView = Field(description="The backend for frontends: names, endpoints and their calls")


class GatewayAnswers(Answers):
    """The gateway's configuration, in the folder `gateway`."""

    gateway: GatewayView = Field(
        description="The gateway: issuer of tokens, limits, origins, routes to the units"
    )


class DeployAnswers(Answers):
    """How the system is shipped, in the folder `deploy`."""

    deploy: DeployView = Field(
        description="The images and their units, the servers, and where each unit is reached"
    )


class ContractsAnswers(Answers):
    """What is published, in the project's root: JSON Schemas, AsyncAPI, OpenAPI, the library."""

    catalog: CatalogView = Field(description="All messages and topics")
    schemas: tuple[SchemaView, ...] = Field(
        description="The published JSON Schemas: one for each unit, one for the shared types"
    )
    apis: tuple[ApiView, ...] = Field(
        description="The HTTP APIs: an OpenAPI document for each service, projection and stream"
    )


class ChassisAnswers(Answers):
    """The library that all units share, in the folder `libs/chassis`."""

    chassis: ChassisView = Field(
        description="The chassis: the adapters of the engines that the spec names, their clients"
    )


MODELS: dict[str, type[Answers]] = {
    "project": ProjectAnswers,
    "service": ServiceAnswers,
    "projection": ProjectionAnswers,
    "stream": StreamAnswers,
    "bff": BffAnswers,
    "gateway": GatewayAnswers,
    "deploy": DeployAnswers,
    "contracts": ContractsAnswers,
    "chassis": ChassisAnswers,
}
"""The model of each template's answers."""
