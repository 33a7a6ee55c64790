"""Gradients held against finite differences, element by element.

``J[i, j] = (y_j(x + eps e_i) - y_j(x - eps e_i)) / (2 eps)`` is the numeric Jacobian of a function;
the analytic one is made of vector-Jacobian products with unit vectors, one per output element.  In
float64 with eps = 1e-5 the truncation is about 1e-10 of the third derivative and the rounding about
1e-11 of the value, so the two agree to 1e-9 unless the backward is wrong (or the point lies on a
kink).

Source: Goodfellow, Bengio and Courville, "Deep Learning" (2016), section 11.5; the names are those
of ``torch.autograd.gradcheck``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from minigrad import autograd
from minigrad.tensor import Tensor

__all__ = ["GradcheckError", "gradcheck", "gradgradcheck"]

_SHOWN = 5  # differences that a message lists, the largest first


class GradcheckError(RuntimeError):
    """The gradient of a function is not what finite differences say."""


def gradcheck(
    func: Callable[..., Any],
    inputs: Any,
    *,
    eps: float = 1e-5,
    atol: float = 1e-9,
    rtol: float = 1e-6,
    raise_exception: bool = True,
    nondet_tol: float = 0.0,
    check_undefined_grad: bool = True,
    check_grad_dtypes: bool = False,
    fast_mode: bool = False,
) -> bool:
    """Whether the gradients of ``func`` agree with central differences, every element of every one.

    Parameters
    ----------
    func : callable
        Takes ``inputs`` and returns a Tensor or a sequence of them, of any shapes.
    inputs : Tensor or sequence
        The arguments of ``func``; each floating Tensor that requires grad is checked and must be
        float64.
    eps : float
        Half the step of the difference [units of the input].
    atol, rtol : float
        Derivatives a and n may differ by ``atol + rtol * max(|a|, |n|)``.
    raise_exception : bool
        Raise when they differ more; otherwise return False.
    nondet_tol : float
        By how much two backward passes over one point may differ.
    check_undefined_grad, check_grad_dtypes, fast_mode : bool
        Accepted for PyTorch's sake: the engine always checks shapes and dtypes of gradients, and
        every element is always looked at.

    Returns
    -------
    bool
        True, or False when ``raise_exception`` is off and something differs.

    Raises
    ------
    GradcheckError
        Naming output, input, indices and both values of the worst differences.
    TypeError
        For an input that requires grad and is not float64: rounding alone would be 1e-2.
    ValueError
        If no input requires grad.

    Examples
    --------
    >>> import minigrad
    >>> x = minigrad.tensor([0.5, 2.0], dtype=minigrad.float64, requires_grad=True)
    >>> minigrad.gradcheck.gradcheck(lambda x: x.exp(), x)
    True
    """
    arguments = _arguments(inputs)
    checked = _checked(arguments, "gradcheck")
    try:
        outputs = _outputs(func(*arguments))
        numeric = [_numeric(func, arguments, i, outputs, eps) for i in checked]
        for k, output in enumerate(outputs):
            analytic = _analytic(output, arguments, checked)
            for i, a, jacobians in zip(checked, analytic, numeric, strict=True):
                shapes = (arguments[i].array.shape, output.array.shape)
                _compare(a, jacobians[k], shapes, (k, i), atol, rtol)
            again = _analytic(_outputs(func(*arguments))[k], arguments, checked)
            _compare_runs(analytic, again, k, checked, nondet_tol)
    except GradcheckError:
        if raise_exception:
            raise
        return False
    return True


def gradgradcheck(
    func: Callable[..., Any],
    inputs: Any,
    grad_outputs: Any = None,
    *,
    eps: float = 1e-5,
    atol: float = 1e-9,
    rtol: float = 1e-6,
    gen_non_contig_grad_outputs: bool = False,
    raise_exception: bool = True,
    nondet_tol: float = 0.0,
    check_undefined_grad: bool = True,
    check_grad_dtypes: bool = False,
    fast_mode: bool = False,
) -> bool:
    """Whether second derivatives of ``func`` agree with differences of its (analytic) first ones.

    The vector-Jacobian product is itself a function, of the inputs and of ``grad_outputs``, and
    that function goes through `gradcheck`.  Parameters that are not listed are `gradcheck`'s.

    Parameters
    ----------
    grad_outputs : Tensor or sequence of Tensor, optional
        The vectors of the product, one per output that requires grad; random numbers (always the
        same) otherwise.
    gen_non_contig_grad_outputs : bool
        Lay the random vectors out with gaps in memory.

    Examples
    --------
    >>> import minigrad
    >>> x = minigrad.tensor([0.5, 2.0], dtype=minigrad.float64, requires_grad=True)
    >>> minigrad.gradcheck.gradgradcheck(lambda x: x.exp(), x)
    True
    """
    arguments = _arguments(inputs)
    checked = _checked(arguments, "gradgradcheck")
    outputs = [y for y in _outputs(func(*arguments)) if y.requires_grad]
    if grad_outputs is None:
        rng = np.random.default_rng(0)
        seeds = [_random_like(y, rng, gen_non_contig_grad_outputs) for y in outputs]
    else:
        seeds = _arguments(grad_outputs)
    if len(seeds) != len(outputs):
        raise ValueError(
            f"gradgradcheck: {len(seeds)} grad_outputs for {len(outputs)} outputs that require grad"
        )

    def product(*values: Any) -> tuple[Tensor, ...]:
        given, vectors = values[: len(arguments)], values[len(arguments) :]
        results = [y for y in _outputs(func(*given)) if y.requires_grad]
        wanted = [given[i] for i in checked]
        return autograd.grad(
            results, wanted, vectors, create_graph=True, allow_unused=True, materialize_grads=True
        )

    return gradcheck(
        product,
        (*arguments, *seeds),
        eps=eps,
        atol=atol,
        rtol=rtol,
        raise_exception=raise_exception,
        nondet_tol=nondet_tol,
    )


def _arguments(values: Any) -> list[Any]:
    return list(values) if isinstance(values, (tuple, list)) else [values]


def _outputs(result: Any) -> list[Tensor]:
    """The floating outputs of a function, which are those that could carry a gradient."""
    found = [y for y in _arguments(result) if isinstance(y, Tensor)]
    return [y for y in found if y.is_floating_point()]


def _checked(arguments: Sequence[Any], operation: str) -> list[int]:
    """Which arguments are to be checked."""
    positions = [i for i, a in enumerate(arguments) if isinstance(a, Tensor) and a.requires_grad]
    if not positions:
        raise ValueError(
            f"{operation}: inputs holds no Tensor that requires grad, so there is nothing to "
            "check; "
            "make one with requires_grad=True"
        )
    for i in positions:
        if arguments[i].array.dtype != np.float64:
            raise TypeError(
                f"{operation}: input {i} is {arguments[i].dtype}, in which rounding hides the "
                "gradient; "
                "make it float64 with .double() before requires_grad_()"
            )
    return positions


def _random_like(y: Tensor, rng: np.random.Generator, gaps: bool) -> Tensor:
    values = rng.standard_normal((*y.shape, 2) if gaps else y.shape)
    vector = Tensor.wrap(np.asarray(values[..., 0] if gaps else values, y.array.dtype))
    return vector.requires_grad_(y.array.dtype == np.float64)


def _moved(argument: Tensor, element: int, step: float) -> Tensor:
    """A copy of a tensor with one element (counted in C order) moved."""
    values = np.array(argument.array, order="C")
    values.reshape(-1)[element] += step
    return Tensor.wrap(values).requires_grad_()


def _numeric(
    func: Callable[..., Any],
    arguments: Sequence[Any],
    i: int,
    outputs: Sequence[Tensor],
    eps: float,
) -> list[np.ndarray]:
    """The Jacobians by central differences in argument i: (input elements, output elements)."""
    size = arguments[i].array.size
    jacobians = [np.zeros((size, y.array.size)) for y in outputs]
    for element in range(size):
        for step in (eps, -eps):
            given = [*arguments[:i], _moved(arguments[i], element, step), *arguments[i + 1 :]]
            for jacobian, y in zip(jacobians, _outputs(func(*given)), strict=True):
                jacobian[element] += y.array.reshape(-1) / (2 * step)
    return jacobians


def _analytic(output: Tensor, arguments: Sequence[Any], checked: Sequence[int]) -> list[np.ndarray]:
    """The Jacobians of one output by its backward, each (input elements, output elements)."""
    size = output.array.size
    jacobians = [np.zeros((arguments[i].array.size, size)) for i in checked]
    if not output.requires_grad:
        return jacobians
    for j in range(size):
        unit = np.zeros(size, output.array.dtype)
        unit[j] = 1
        vector = Tensor.wrap(unit.reshape(output.array.shape))
        wanted = [arguments[i] for i in checked]
        columns = autograd.grad(
            output, wanted, vector, retain_graph=True, allow_unused=True, materialize_grads=True
        )
        for jacobian, column in zip(jacobians, columns, strict=True):
            jacobian[:, j] = column.array.reshape(-1)
    return jacobians


def _compare(
    analytic: np.ndarray,
    numeric: np.ndarray,
    shapes: tuple[tuple[int, ...], tuple[int, ...]],
    which: tuple[int, int],
    atol: float,
    rtol: float,
) -> None:
    """Raise unless two Jacobians agree, with the worst elements spelled out."""
    with np.errstate(invalid="ignore"):
        difference = np.abs(analytic - numeric)
        allowed = atol + rtol * np.maximum(np.abs(analytic), np.abs(numeric))
    wrong = ~(difference <= allowed)  # NaN is wrong, too
    if not wrong.any():
        return
    order = np.argsort(np.where(np.isnan(difference), -np.inf, -difference)[wrong], kind="stable")
    lines = []
    for place in np.argwhere(wrong)[order][:_SHOWN]:
        row, column = (int(p) for p in place)
        x = _place("input", which[1], row, shapes[0])
        y = _place("output", which[0], column, shapes[1])
        a, n = analytic[row, column], numeric[row, column]
        lines.append(f"d {y} / d {x}: analytic {a:.10g}, numeric {n:.10g}, difference {a - n:.3g}")
    raise GradcheckError(
        f"gradcheck: {wrong.sum()} of {wrong.size} derivatives of output {which[0]} by input "
        f"{which[1]} differ by more "
        f"than {atol:g} + {rtol:g} of the larger:\n  " + "\n  ".join(lines)
    )


def _place(kind: str, number: int, element: int, shape: tuple[int, ...]) -> str:
    index = ", ".join(str(i) for i in np.unravel_index(element, shape)) if shape else ""
    return f"{kind} {number}[{index}]"


def _compare_runs(
    first: Sequence[np.ndarray],
    second: Sequence[np.ndarray],
    k: int,
    checked: Sequence[int],
    tolerance: float,
) -> None:
    """Raise unless two backward passes gave the same."""
    for i, a, b in zip(checked, first, second, strict=True):
        if a.size and not np.abs(a - b).max() <= tolerance:
            raise GradcheckError(
                f"gradcheck: two backward passes from output {k} to input {i} differ by "
                f"{np.abs(a - b).max():.3g}, more "
                f"than nondet_tol (={tolerance:g}): the function is not reproducible (dropout? "
                "give it a mask)"
            )
