"""One transposed convolution, five ways, and the same numbers to the last bit.

The arrays are problem 3.3 of seed 002. Scatter is the definition; the others are what books draw,
what the gradient of a convolution is, and what a fast program computes.

    python examples/faces.py
"""

import numpy as np
from minigrad.kernels.geometry import conv_transpose2d_geometry

from minigrad.kernels import loops

x = np.array([[[[9.0, 8, 7], [6, 5, 4], [3, 2, 1]]]])
w = np.array([[[[-1.0, 2, -3], [1, -2, 3], [3, 2, -1]]]])

WAYS = {
    "conv_transpose2d": "scatter: every pixel adds its copy of the kernel",
    "conv_transpose2d_gradient": "the gradient of a convolution",
    "conv_transpose2d_toeplitz": "the convolution's matrix, transposed",
    "conv_transpose2d_zero_insertion": "zeros between the pixels, then the kernel turned",
    "conv_transpose2d_phases": "a small convolution for each of 2 x 2 phases",
}


def main() -> None:
    """Print the result, and whether each way gives it."""
    geometry, shape = conv_transpose2d_geometry(x.shape, w.shape, 2, 1, output_padding=1)
    results = {}
    for name in WAYS:
        results[name] = np.empty(shape)
        getattr(loops, name)(results[name], x, w, np.zeros(1), geometry)
    first = results["conv_transpose2d"]
    print(first[0, 0].astype(int))
    for name, what in WAYS.items():
        print(f"{'equal' if (results[name] == first).all() else 'DIFFERENT':10}{what}")


if __name__ == "__main__":
    main()
