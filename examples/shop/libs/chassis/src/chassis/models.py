"""What backends-for-frontends take and answer, and what they read of other units."""

from __future__ import annotations

from typing import Annotated, Generic, Self, TypeVar

from pydantic import ConfigDict, Field, ModelWrapValidatorHandler, model_validator

from chassis.http.problem import invalid
from chassis.http.values import unsupported_values
from chassis.messages import Value

T = TypeVar("T")


class Answer(Value):
    """A response, or a part of one.

    Of what a backend answers, only the fields of the model are read (tolerant reader).
    """


class Page(Answer, Generic[T]):
    """A page of rows, and the cursor of the next page; None on the last page."""

    items: list[T]
    next: Annotated[str | None, Field(examples=[None])]


class Body(Value):
    """The body of a request, read as services read commands.

    Unknown fields are an error of the client, and so are values of another type than the documented
    one, even if they could be converted.
    """

    model_config = ConfigDict(extra="forbid")

    @model_validator(mode="wrap")
    @classmethod
    def _unconverted(cls, given: object, handler: ModelWrapValidatorHandler[Self]) -> Self:
        body = handler(given)
        if errors := [*unsupported_values(body, given)]:
            raise invalid(errors)
        return body
