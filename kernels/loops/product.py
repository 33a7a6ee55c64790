"""The matrix product.

B   batch                M, N   rows and columns of the result       K   length of the sums
"""

from .._jit import jit

__all__ = ["matrix_product"]


def _matrix_product(z, x, y, bias, turned):
    """Products of a batch of pairs of matrices, plus a bias.

    ``z[b,m,n] = bias[n] + sum over k of x[b,m,k] * y[b,k,n]``

    Parameters
    ----------
    z : (B, M, N), written
    x : (B, M, K), or (B, K, M) if turned
    y : (B, K, N), or (B, N, K) if turned
    bias : (N,), or (0,) for none
    turned : (bool, bool)
        Whether x and y are given with rows and columns exchanged.
    """
    B, M, N = z.shape
    x_turned, y_turned = turned
    K = x.shape[1] if x_turned else x.shape[2]
    for b in range(B):
        for m in range(M):
            for n in range(N):
                z[b, m, n] = bias[n] if len(bias) > 0 else 0
                for k in range(K):
                    left = x[b, k, m] if x_turned else x[b, m, k]
                    right = y[b, n, k] if y_turned else y[b, k, n]
                    z[b, m, n] += left * right


matrix_product = jit(_matrix_product)
