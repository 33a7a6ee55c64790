"""One step of each optimizer, in place, on the flat arrays of one parameter.

The letters:

    p  parameter       v     mean square of the gradient      lr  learning rate
    g  its gradient    m     mean gradient                    wd  weight decay

Every array is (size,); p and the states are read and written, g is only read. Arithmetic is
float64, results are stored in the array's dtype. A state that the settings do not use may have
length 0.

The formulas are PyTorch's, in its order: `maximize` turns the gradient round first, then weight
decay is added.
"""

import math

from .._jit import jit

__all__ = ["adam", "rmsprop", "sgd"]


def _sgd(p, g, buf, lr, momentum, dampening, weight_decay, nesterov, maximize, first):
    """Stochastic gradient descent, with momentum if `momentum` is not 0.

    ::

        g   = g + wd*p
        buf = momentum*buf + (1 - dampening)*g        (the first time: buf = g)
        p   = p - lr*buf                              (Nesterov: p - lr*(g + momentum*buf))

    Source: Sutskever et al., "On the importance of initialization and momentum in deep learning"
    (2013); PyTorch's torch.optim.SGD, which differs from it by where lr stands.

    Parameters
    ----------
    p, g, buf : (size,)
    lr, momentum, dampening, weight_decay : float
    nesterov, maximize : bool
    first : bool
        Whether buf holds nothing yet.
    """
    for i in range(p.size):
        step = (-g[i] if maximize else g[i]) + weight_decay * p[i]
        if momentum != 0:
            buf[i] = step if first else momentum * buf[i] + (1 - dampening) * step
            step = step + momentum * buf[i] if nesterov else buf[i]
        p[i] -= lr * step


sgd = jit(_sgd)


def _adam(
    p, g, m, v, vmax, lr, beta1, beta2, eps, weight_decay, decoupled, amsgrad, maximize, step
):
    """Adam, and AdamW if `decoupled`.

    ::

        m = beta1*m + (1 - beta1)*g
        v = beta2*v + (1 - beta2)*g*g
        p = p - lr * (m / (1 - beta1**step)) / (sqrt(v / (1 - beta2**step)) + eps)

    Weight decay is added to g, or, decoupled, p is first multiplied by ``1 - lr*wd``. With
    `amsgrad` the largest v so far takes the place of v in the last line.

    Sources: Kingma and Ba, "Adam" (2015); Loshchilov and Hutter, "Decoupled weight decay
    regularization" (2019); Reddi, Kale and Kumar, "On the convergence of Adam and beyond" (2018);
    the place of eps is that of PyTorch's torch.optim.Adam.

    Parameters
    ----------
    p, g, m, v, vmax : (size,)
    lr, beta1, beta2, eps, weight_decay : float
    decoupled, amsgrad, maximize : bool
    step : int
        1 the first time.
    """
    correction1 = 1 - beta1**step
    correction2 = math.sqrt(1 - beta2**step)
    for i in range(p.size):
        gradient = -g[i] if maximize else g[i]
        if decoupled:
            p[i] *= 1 - lr * weight_decay
        else:
            gradient = gradient + weight_decay * p[i]
        m[i] = beta1 * m[i] + (1 - beta1) * gradient
        v[i] = beta2 * v[i] + (1 - beta2) * gradient * gradient
        square = v[i]
        if amsgrad:
            if not vmax[i] >= square:
                vmax[i] = square
            square = vmax[i]
        p[i] -= lr * (m[i] / correction1) / (math.sqrt(square) / correction2 + eps)


adam = jit(_adam)


def _rmsprop(p, g, v, gmean, buf, lr, alpha, eps, weight_decay, momentum, centered, maximize):
    """RMSprop, with momentum if `momentum` is not 0.

    ::

        v     = alpha*v + (1 - alpha)*g*g
        gmean = alpha*gmean + (1 - alpha)*g      (centered only)
        ratio = g / (sqrt(v) + eps)              (centered: sqrt(v - gmean*gmean))
        buf   = momentum*buf + ratio             (momentum only)
        p     = p - lr*ratio                     (momentum: p - lr*buf)

    Sources: Hinton, "Neural networks for machine learning", lecture 6e (2012); Graves, "Generating
    sequences with recurrent neural networks" (2013) for the centered form; PyTorch's
    torch.optim.RMSprop.

    Parameters
    ----------
    p, g, v, gmean, buf : (size,)
    lr, alpha, eps, weight_decay, momentum : float
    centered, maximize : bool
    """
    for i in range(p.size):
        gradient = (-g[i] if maximize else g[i]) + weight_decay * p[i]
        v[i] = alpha * v[i] + (1 - alpha) * gradient * gradient
        square = v[i]
        if centered:
            gmean[i] = alpha * gmean[i] + (1 - alpha) * gradient
            square = v[i] - gmean[i] * gmean[i]
            if square < 0.0:  # a variance is not negative; rounding may be
                square = 0.0
        ratio = gradient / (math.sqrt(square) + eps)
        if momentum != 0:
            buf[i] = momentum * buf[i] + ratio
            ratio = buf[i]
        p[i] -= lr * ratio


rmsprop = jit(_rmsprop)
