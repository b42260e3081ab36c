"""The columns of the matrix, one file a family."""

from __future__ import annotations

from collections.abc import Mapping

from tests.matrix.columns import openinference, openllmetry, otel, others, together
from tests.matrix.columns.column import Column

COLUMNS: Mapping[str, Column] = {
    **otel.COLUMNS,
    **openllmetry.COLUMNS,
    **openinference.COLUMNS,
    **others.COLUMNS,
    **together.COLUMNS,
}
