"""What each template is told: the contract between meshgen and templates, meshgen's and yours.

A template may rely on every field of its model being there, with the shape and the meaning that is
written down here and in `meshgen.system.model`; on texts being free text, which enters a file only
through a quoting filter; and on names, paths and pieces of Python source being safe to print as
they are. Fields may be added in later versions.

The models are what questions, their help and the published JSON Schemas are made of, and what tests
validate the answers with. Rendering itself does not import them: `resolve` fills plain frozen
dataclasses, mypy holds their shapes, and pydantic would cost every command its start-up time.
"""

from __future__ import annotations

from typing import ClassVar

from pydantic import BaseModel, ConfigDict, Field

from meshgen.system.model import (
    BffView,
    CatalogView,
    GatewayView,
    ProjectionView,
    ProjectView,
    SchemaView,
    ServiceView,
    System,
)

_SYSTEM = "The system: its name, and what packages, distributions and the spec are called by it"


class Answers(BaseModel):
    """The answers of a template; every field is one of its questions."""

    model_config: ClassVar[ConfigDict] = ConfigDict(
        frozen=True, extra="forbid", use_attribute_docstrings=True
    )

    system: System = Field(description=_SYSTEM)


class ProjectAnswers(Answers):
    """The root of a project: how it is built, started, tested and described."""

    project: ProjectView = Field(description="The project: its units, processes, roles, scenarios")


class ServiceAnswers(Answers):
    """A service, in its folder `services/NAME`."""

    service: ServiceView = Field(
        description="The service: names, aggregates, replicas, questions, policies, sagas, routes"
    )


class ProjectionAnswers(Answers):
    """A projection, in its folder `projections/NAME`."""

    projection: ProjectionView = Field(
        description="The projection: names, its row, the events that change it, routes"
    )


class BffAnswers(Answers):
    """A backend-for-frontend, in its folder `bffs/NAME`."""

    bff: BffView = Field(description="The backend-for-frontend: names, endpoints, what they call")


class GatewayAnswers(Answers):
    """The gateway's configuration, in the folder `gateway`."""

    gateway: GatewayView = Field(
        description="The gateway: who issues tokens, limits, origins, routes to the units"
    )


class ContractsAnswers(Answers):
    """The published messages, in the project's root: JSON Schemas, AsyncAPI, the library."""

    catalog: CatalogView = Field(description="Every message, and the topics that they travel on")
    schemas: tuple[SchemaView, ...] = Field(
        description="The published JSON Schemas: one for each service, one for the shared types"
    )


class ChassisAnswers(Answers):
    """What is the same in every project, in the folder `libs/chassis`."""


MODELS: dict[str, type[Answers]] = {
    "project": ProjectAnswers,
    "service": ServiceAnswers,
    "projection": ProjectionAnswers,
    "bff": BffAnswers,
    "gateway": GatewayAnswers,
    "contracts": ContractsAnswers,
    "chassis": ChassisAnswers,
}
"""The model of each template's answers."""
