"""The op table: one row for every operation of the project, which every generic test walks."""

from operations import (
    activation,
    arithmetic,
    elementwise,
    loss,
    norm,
    picture,
    reduction,
    several,
    shape,
    window,
)
from operations.row import Call, Row, listed, resolve

__all__ = ["ROWS", "Call", "Row", "listed", "resolve"]

FAMILIES = (
    arithmetic, elementwise, reduction, shape, several, activation, window, picture, norm, loss,
)  # fmt: skip
ROWS: dict[str, Row] = {row.name: row for family in FAMILIES for row in family.ROWS}
