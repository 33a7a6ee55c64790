"""Teaching tools: every operation explained step by step, from the engine's own loops.

`record` runs a textbook kernel on arrays that remember where each number came from; everything else
here is drawn from such a `Trace`.
"""

from minigrad.teach.matrices import format_matrix, format_number, parse_matrix, random_matrix
from minigrad.teach.terms import CellTrace, Term
from minigrad.teach.trace import OPERATIONS, Trace, record

__all__ = [
    "CellTrace",
    "OPERATIONS",
    "Term",
    "Trace",
    "format_matrix",
    "format_number",
    "parse_matrix",
    "random_matrix",
    "record",
]
