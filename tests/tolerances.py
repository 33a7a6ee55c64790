"""How near is near enough: every tolerance of the tests, each with its reason.

Worked integer matrices have none: they are compared with ``==``.
"""

__all__ = [
    "ADJOINT",
    "FAST_FLOAT32",
    "FAST_FLOAT64",
    "GRADIENT_ATOL",
    "GRADIENT_EPS",
    "GRADIENT_RTOL",
]

# Two sums of the same products in another order differ by some sqrt(terms) roundings, each of
# 1.1e-16 of the sum. The tests' convolutions have below 1e4 terms: 1e-14, and a hundredfold for
# cancellation. A wrong tap is wrong by 1e-2 and more.
FAST_FLOAT64 = 1e-12  # [relative to the largest magnitude of the result]

# The same count with float32's rounding of 6e-8: at most 6e-6.
FAST_FLOAT32 = 1e-5  # [relative to the largest magnitude of the result]

# <A x, y> = <x, A' y> holds but for the rounding of both sides, which the product of norms bounds.
ADJOINT = 1e-12  # [relative to |A x| |y|, float64]

# Central difference (f(x + eps) - f(x - eps)) / (2 eps) in float64: truncation is about
# eps^2 = 1e-10 of the third derivative, rounding about 1.1e-16 / eps = 1e-11 of the value. The
# bound is four orders above both, and a forgotten term shows four orders above the bound.
# In float32 rounding alone would be 6e-8 / 1e-5 = 6e-3, so gradients are never checked there.
GRADIENT_EPS = 1e-5
GRADIENT_ATOL = 1e-9
GRADIENT_RTOL = 1e-6  # [relative to the larger of the two magnitudes]
