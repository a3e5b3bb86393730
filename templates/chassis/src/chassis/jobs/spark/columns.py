"""Columns of JSON values that Spark would read inexactly."""

from __future__ import annotations

from pyspark.sql import Column
from pyspark.sql import functions as sf
from pyspark.sql.types import DecimalType

_EXACT = DecimalType(28, 9)
_WIDE = DecimalType(38, 18)


def decimal(column: str | Column) -> Column:
    """Return the decimal in a column of text; the job fails if it has more than 9 places.

    28 digits leave room for products: those that need more than 38 fail, too.
    """
    text = sf.col(column) if isinstance(column, str) else column
    value = text.cast(_EXACT)
    problem = sf.concat(sf.lit("a decimal with more than 9 places: "), text)
    return sf.when(text.cast(_WIDE) == value, value).when(
        text.isNotNull(), sf.raise_error(problem).cast(_EXACT)
    )
