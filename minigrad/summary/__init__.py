"""Networks described: shapes, parameters, multiply-adds, receptive fields, memory, sizes that fit.

Nothing here computes a network: see `describing`.
"""

from minigrad.summary.describing import Description, describing, is_described
from minigrad.summary.doctor import ShapeError
from minigrad.summary.layers import LayerRow, layer_table
from minigrad.summary.rows import Row
from minigrad.summary.summary import Summary, summarize

__all__ = [
    "Description",
    "LayerRow",
    "Row",
    "ShapeError",
    "Summary",
    "describing",
    "is_described",
    "layer_table",
    "summarize",
]
