"""The operations behind Python's operators and the methods of a tensor: a closed set.

======================  ==============================================================
`arithmetic`            sums, products, quotients, powers, choices, casts
`products`              products of matrices
`elementwise`           exponentials, logarithms, trigonometry, steps
`pointwise`             what those with a kernel for value and gradient have in common
`special`               hyperbolic, inverse and special functions
`reduction`             sums, extremes, products, cumulative sums
`layout`                reshapes, permutations, joins: where elements are, not what they are
`indexing`              reading and writing by index
======================  ==============================================================

Nothing here imports `Tensor`: forward sees ndarrays, and backward sees tensors through their own
methods.
"""

__all__ = [
    "arithmetic",
    "elementwise",
    "indexing",
    "layout",
    "pointwise",
    "products",
    "reduction",
    "special",
]
