"""The tape: sends gradients back through the graph of recorded operations.  It knows no operation.

Every differentiable operation is a `Function`; each application of one is a *node*, and the
instance is at once node and context.  A node points to the nodes that made its inputs (`edges`),
never to its outputs, so a graph has no reference cycles and is gone the moment nothing needs it.

======== =====================================================================================
node     an applied `Function`; ``edges[i]`` says where the gradient of its i-th tensor goes
edge     ``(node, k)``, the k-th output of a node; ``(leaf, 0)``, a tensor that accumulates; None
storage  what tensors that share memory share: a version, raised by each in-place change
======== =====================================================================================

References
----------
HIPS/autograd's ``core.py`` (a gradient table local to the pass) and PyTorch's engine (order by
sequence number, version counters): Paszke et al., "PyTorch", NeurIPS 2019.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from minigrad.function import Function
from minigrad.gradients import Gradients, accumulate_into
from minigrad.recording import (
    detect_anomaly,
    enable_grad,
    inference_mode,
    is_grad_enabled,
    no_grad,
    set_detect_anomaly,
    set_grad_enabled,
)
from minigrad.rewriting import check_writable, replace_value
from minigrad.storage import Differentiable, Storage

__all__ = [
    "Differentiable",
    "Function",
    "Storage",
    "Variable",
    "backward",
    "check_writable",
    "detect_anomaly",
    "enable_grad",
    "grad",
    "inference_mode",
    "is_grad_enabled",
    "no_grad",
    "replace_value",
    "set_detect_anomaly",
    "set_grad_enabled",
]


def _walk(
    roots: Sequence[tuple[Any, Any]],
    wanted: dict[tuple[int, int], Any],
    accumulate: bool,
    retain_graph: bool,
    create_graph: bool,
) -> None:
    """Send gradients from the roots down the graph, newest node first.

    A node is older than all that use it, so a heap ordered by sequence number visits each node
    after every gradient of it has arrived, in the same order on every run, and without recursion.
    """
    gradients = Gradients(create_graph)
    with set_grad_enabled(create_graph), np.errstate(all="ignore"):
        for leaf in _visit_nodes(roots, gradients, wanted, retain_graph):
            box = [gradients.pop(leaf, 0)]
            if (id(leaf), 0) in wanted:
                wanted[(id(leaf), 0)] = box[0]
            if accumulate:
                accumulate_into(leaf, box, create_graph)


def _visit_nodes(
    roots: Sequence[tuple[Any, Any]],
    gradients: Gradients,
    wanted: dict[tuple[int, int], Any],
    retain_graph: bool,
) -> Iterable[Any]:
    """Run the backward of every node; return the leaves, whose gradients are then complete."""
    heap: list[tuple[int, Any]] = []
    queued: set[int] = set()
    leaves: dict[int, Any] = {}

    def send(edge: tuple[Any, int], gradient: Any) -> None:
        gradients.add(edge, gradient)
        owner = edge[0]
        if not isinstance(owner, Function):
            leaves[id(owner)] = owner
        elif id(owner) not in queued:
            queued.add(id(owner))
            heapq.heappush(heap, (-owner.sequence, owner))

    for tensor, gradient in roots:
        send(tensor.edge, gradient)
    while heap:
        node = heapq.heappop(heap)[1]
        table = [gradients.pop(node, i) for i in range(len(node.outputs))]
        for i, gradient in enumerate(table):
            if gradient is not None and (id(node), i) in wanted:
                wanted[(id(node), i)] = gradient
            keeper = node.keeper(i)
            if gradient is not None and keeper is not None:
                accumulate_into(keeper, [gradient], gradients.create_graph)
        for edge, gradient in zip(node.edges, node.gradients(table), strict=True):
            if edge is not None and gradient is not None:
                send(edge, gradient)
        if not retain_graph:
            node.release()
    return leaves.values()


def _as_tuple(value: Any) -> tuple[Any, ...]:
    return tuple(value) if isinstance(value, (tuple, list)) else (value,)


def _seeds(outputs: Sequence[Any], gradients: Any, operation: str) -> list[tuple[Any, Any]]:
    """Pair each output with the gradient that starts the walk from it."""
    given = _as_tuple(gradients) if gradients is not None else (None,) * len(outputs)
    if len(given) != len(outputs):
        raise RuntimeError(
            f"{operation}: {len(given)} gradients were given for {len(outputs)} outputs"
        )
    seeds = []
    for output, gradient in zip(outputs, given, strict=True):
        if not output.requires_grad:
            raise RuntimeError(
                f"{operation}: a tensor of shape {tuple(output.shape)} does not require grad and "
                "has no history, so there is nothing to differentiate; was it made under "
                "no_grad() or from detached values?"
            )
        output.refresh()
        seeds.append((output, _seed(output, gradient, operation)))
    return seeds


def _seed(output: Any, gradient: Any, operation: str) -> Any:
    if gradient is None:
        if output.array.size != 1:
            raise RuntimeError(
                f"{operation}: a gradient can be left out only for a scalar, and this tensor has "
                f"shape {tuple(output.shape)}; reduce it (y.sum()) or pass gradient="
            )
        return output.wrap(np.ones(output.array.shape, output.array.dtype))
    if not isinstance(gradient, Differentiable):
        raise TypeError(f"{operation}: gradient must be a Tensor, got {type(gradient).__name__}")
    if gradient.array.shape != output.array.shape:
        raise RuntimeError(
            f"{operation}: gradient has shape {gradient.array.shape}, the tensor has "
            f"{output.array.shape}; they must be equal"
        )
    if gradient.array.dtype != output.array.dtype:
        return gradient.to(output.dtype)
    return gradient


def backward(
    tensors: Any,
    grad_tensors: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    inputs: Any = None,
) -> None:
    """Accumulate the gradients of ``tensors`` into the ``grad`` of every leaf they depend on.

    Parameters
    ----------
    tensors : Tensor or sequence of Tensor
        What is differentiated.
    grad_tensors : Tensor or sequence of Tensor, optional
        The vectors v of the vector-Jacobian products; may be left out for scalars (then 1).
    retain_graph : bool, optional
        Keep saved values, so that the graph can be walked again; by default as ``create_graph``.
    create_graph : bool
        Record the backward pass itself, for gradients of higher order.
    inputs : Tensor or sequence of Tensor, optional
        Accumulate into these only.

    Raises
    ------
    RuntimeError
        For a tensor without history, a non-scalar without a gradient, a gradient of another shape,
        or a graph that was already walked and freed.
    """
    outputs = _as_tuple(tensors)
    roots = _seeds(outputs, grad_tensors, "backward()")
    retain = create_graph if retain_graph is None else retain_graph
    if inputs is None:
        _walk(roots, {}, True, retain, create_graph)
        return
    targets = _as_tuple(inputs)
    wanted = _wanted(targets, "backward()")
    _walk(roots, wanted, False, retain, create_graph)
    for t in targets:
        gradient = wanted[(id(t.edge[0]), t.edge[1])]
        if gradient is not None:
            accumulate_into(t, [gradient], create_graph)


def grad(
    outputs: Any,
    inputs: Any,
    grad_outputs: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    only_inputs: bool = True,
    allow_unused: bool | None = None,
    is_grads_batched: bool = False,
    materialize_grads: bool = False,
) -> tuple[Any, ...]:
    """Return the gradients of ``outputs`` with respect to ``inputs``; no ``grad`` attribute is
    touched.

    Parameters are those of `backward`; with ``allow_unused`` an input that the outputs do not
    depend on gets
    None, with ``materialize_grads`` zeros; otherwise it is an error.

    >>> import minigrad
    >>> x = minigrad.tensor(3.0, requires_grad=True)
    >>> (g,) = minigrad.autograd.grad(x**3, x, create_graph=True)
    >>> g.item(), minigrad.autograd.grad(g, x)[0].item()
    (27.0, 18.0)
    """
    if not only_inputs:
        raise NotImplementedError(
            "autograd.grad: only_inputs=False is not offered; use backward() to fill grad"
        )
    if is_grads_batched:
        raise NotImplementedError(
            "autograd.grad: is_grads_batched=True is not offered; loop over the rows"
        )
    targets = _as_tuple(inputs)
    wanted = _wanted(targets, "autograd.grad()")
    retain = create_graph if retain_graph is None else retain_graph
    _walk(
        _seeds(_as_tuple(outputs), grad_outputs, "autograd.grad()"),
        wanted,
        False,
        retain,
        create_graph,
    )
    results = []
    for i, t in enumerate(targets):
        gradient = wanted[(id(t.edge[0]), t.edge[1])]
        if gradient is None and materialize_grads:
            gradient = t.wrap(np.zeros(t.array.shape, t.array.dtype))
        elif gradient is None and not allow_unused:
            raise RuntimeError(
                f"autograd.grad(): input {i} was not used in the graph of the outputs; pass "
                "allow_unused=True if that is intended"
            )
        results.append(gradient)
    return tuple(results)


def _wanted(targets: Iterable[Any], operation: str) -> dict[tuple[int, int], Any]:
    wanted: dict[tuple[int, int], Any] = {}
    for i, t in enumerate(targets):
        if t.edge is None:
            raise RuntimeError(f"{operation}: input {i} does not require grad")
        wanted[(id(t.edge[0]), t.edge[1])] = None
    return wanted


def Variable(data: Any, requires_grad: bool = False, volatile: bool = False) -> Any:  # noqa: N802
    """PyTorch's old wrapper, from before tensors carried their own gradients: returns the tensor
    itself.
    """
    if requires_grad:
        data.requires_grad_()
    return data
