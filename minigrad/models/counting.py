"""Parameters of a layer from its formula: what a network weighs before it is built.

=================  =============================
layer              parameters
=================  =============================
convolution        C O k^2 / G, and O biases
batch norm         2 C: a scale and a shift each
linear             C O, and O biases
=================  =============================

A transposed convolution has as many as a convolution.
"""

__all__ = ["conv", "linear", "norm"]


def conv(C: int, O: int, k: int, bias: bool = True, groups: int = 1) -> int:
    """Parameters of a (transposed) convolution of C channels to O, with k x k kernels.

    Examples
    --------
    >>> conv(3, 64, 3)
    1792
    """
    return C * O * k * k // groups + O * bias


def norm(C: int) -> int:
    """Parameters of a batch normalisation of C channels."""
    return 2 * C


def linear(C: int, O: int, bias: bool = True) -> int:
    """Parameters of a linear layer of C numbers to O."""
    return C * O + O * bias
