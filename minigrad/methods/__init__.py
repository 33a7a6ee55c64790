"""The methods of a tensor, one family a file, each a base class of `minigrad.Tensor`.

They check and promote their arguments, and apply the operations of `minigrad.primitives`.
"""

__all__ = [
    "arithmetic",
    "arrangement",
    "comparison",
    "conversion",
    "elementwise",
    "export",
    "indexing",
    "inplace",
    "layout",
    "operands",
    "products",
    "queries",
    "reduction",
    "scattering",
    "statistics",
]
