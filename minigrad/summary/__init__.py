"""Networks described: shapes, parameters, multiply-adds, receptive fields, memory, sizes that fit.

Nothing here computes a network: see `describing`.
"""

from minigrad.summary.describing import Description, describing, is_described

__all__ = ["Description", "describing", "is_described"]
