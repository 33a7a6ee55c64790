"""The operations behind Python's operators and the methods of a tensor: a closed set.

======================  ==============================================================
`arithmetic`            elementwise operations and matrix products
`reduction`             sums, extremes, products, cumulative sums
`layout`                reshapes, permutations, joins: where elements are, not what they are
`indexing`              reading and writing by index
======================  ==============================================================

Nothing here imports `Tensor`: forward sees ndarrays, and backward sees tensors through their own
methods.
"""

__all__ = ["arithmetic", "indexing", "layout", "reduction"]
