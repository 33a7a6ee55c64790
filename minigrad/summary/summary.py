"""`summarize`: a network as a table, without its weights and without computing it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from minigrad.autograd import enable_grad, no_grad
from minigrad.models import build_model
from minigrad.nn import Module
from minigrad.summary.describing import describing
from minigrad.summary.doctor import watched
from minigrad.summary.html import page_of
from minigrad.summary.rows import Row, Watch, as_it_was, weightless
from minigrad.summary.table import text_of
from minigrad.tensor import Tensor

__all__ = ["Summary", "summarize"]

_LARGEST = 4096  # side of the picture in which receptive fields are looked for [pixels]


@dataclass
class Summary:
    """What `summarize` found; ``print`` shows it as a table, a notebook as an HTML one.

    Attributes
    ----------
    title : str
        The network's class, or its name in the registry.
    inputs : tuple of tuple of int
        Shapes of the inputs, with the batch axis.
    rows : list of Row
        In order of execution.
    parameters, trainable : int
        Numbers of them, each counted once, also those that did not run.
    parameter_bytes : int
    macs, exact_macs : int
        Multiply-adds of the whole batch: see `minigrad.summary.work`.
    forward_bytes : int
        The most memory that the input and the layers' results take at one time, when nothing is
        kept for backward.  What a kernel needs while it works (packed weights, tiles) is not in it.
    backward_bytes : int or None
        What is alive between forward and backward, in training mode: the input, the result, and
        what the operations keep.  None where the network cannot be trained on such an input.
    remark : str
        Why it cannot.
    """

    title: str
    inputs: tuple[tuple[int, ...], ...]
    rows: list[Row] = field(repr=False)
    parameters: int
    trainable: int
    parameter_bytes: int
    macs: int
    exact_macs: int
    forward_bytes: int
    backward_bytes: int | None
    remark: str = ""

    def __str__(self) -> str:
        return self.text()

    def text(self, width: int = 80) -> str:
        """The table in plain text, at most so many columns wide."""
        return text_of(self, width)

    def _repr_html_(self) -> str:
        return page_of(self)

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        found = {**vars(self), "rows": []}
        for row in self.rows:
            plain = {name: value for name, value in vars(row).items() if name != "spans"}
            found["rows"].append(plain)
        return found


def summarize(
    model: Module | str,
    input_shape: Sequence[Any] | None = None,
    batch: int = 1,
    dtype: Any = np.float32,
    **options: Any,
) -> Summary:
    """Describe a network: its layers as they run, parameters, multiply-adds, fields, memory.

    The network is run on descriptions of tensors (see `describing`), in evaluation mode, and is
    left as it was.

    Parameters
    ----------
    model : Module or str
        A network, or the name of one of `minigrad.models.MODELS`, which is described without ever
        being built.
    input_shape : sequence of int, or of such
        Without the batch axis: (C, H, W), or (H, W) of a network that says its ``in_channels``.
        Several inputs have several shapes.  The usual one of networks of `minigrad.models` if left
        out.
    batch : int
        Pictures in the batch.
    dtype : dtype
        Of the inputs.
    **options
        Of the network, where its name is given.

    Raises
    ------
    ShapeError
        If the sizes do not fit: it names the layer, sizes nearby that fit, and what mends it.
    ValueError
        An unknown name or option, or a shape that is left out.

    Examples
    --------
    >>> from minigrad.summary import summarize
    >>> summary = summarize(nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU()), (1, 5, 7))
    >>> summary.parameters, summary.macs, summary.rows[0].output
    (40, 540, (1, 4, 3, 5))
    """
    title = model if isinstance(model, str) else type(model).__name__
    if isinstance(model, str):
        with describing():
            model = build_model(model, options)
    elif options:
        raise ValueError(
            f"summarize: options {', '.join(options)} are for a network given by its name"
        )
    shapes = _input_shapes(model, input_shape, batch)
    with weightless(model):
        watch = watched(model, shapes, dtype)
        for row in watch.rows:
            row.fields = None if row.spans is None else tuple(s.settled for s in row.spans)
        _settle(model, watch.rows, shapes, dtype)
        forward = _forward_memory(model, shapes, dtype)
        backward, remark = _backward_memory(model, shapes, dtype)
    own = list(model.parameters())
    return Summary(
        title=title,
        inputs=shapes,
        rows=watch.rows,
        parameters=sum(p.numel() for p in own),
        trainable=sum(p.numel() for p in own if p.requires_grad),
        parameter_bytes=sum(p.numel() * p.array.itemsize for p in own),
        macs=sum(row.macs for row in watch.rows),
        exact_macs=sum(row.exact_macs for row in watch.rows),
        forward_bytes=forward,
        backward_bytes=backward,
        remark=remark,
    )


def _input_shapes(
    model: Module, shape: Sequence[Any] | None, batch: int
) -> tuple[tuple[int, ...], ...]:
    if isinstance(batch, bool) or not isinstance(batch, int) or batch < 1:
        raise ValueError(f"summarize: batch (={batch!r}) must be an integer of at least 1")
    if shape is None:
        shape = _usual_shape(model)
    elif len(shape) == 2 and all(isinstance(n, int) for n in shape) and _channels(model):
        shape = (_channels(model), *shape)
    several: Any = shape if shape and isinstance(shape[0], Sequence) else [shape]
    return tuple((batch, *map(int, one)) for one in several)


def _usual_shape(model: Module) -> tuple[int, ...]:
    usual = getattr(model, "INPUT", None)
    if usual is None:
        raise ValueError(
            f"summarize: {type(model).__name__} has no usual input; give input_shape, such as "
            "(3, 256, 256)"
        )
    if len(usual) != 3:
        return tuple(usual)
    side = getattr(model, "side", None)
    return (_channels(model) or usual[0], *((side, side) if side else usual[1:]))


def _channels(model: Module) -> int | None:
    return getattr(model, "in_channels", None)


def _settle(
    model: Module, rows: list[Row], shapes: tuple[tuple[int, ...], ...], dtype: Any
) -> None:
    """Find receptive fields larger than the picture in larger pictures, one axis at a time."""
    for place, axis in enumerate(range(2, len(shapes[0]))[-2:]):
        factor = _LARGEST // max(shape[axis] for shape in shapes if len(shape) > axis)
        while factor > 1 and any(row.fields and row.fields[place] is None for row in rows):
            larger = [(*s[:axis], s[axis] * factor, *s[axis + 1 :]) for s in shapes]
            watch = Watch(model)
            try:
                watch(*larger, dtype=dtype)
            except (ValueError, RuntimeError, MemoryError):  # made for one size, say
                factor //= 2
                continue
            if [row.name for row in watch.rows] != [row.name for row in rows]:
                break
            for row, twin in zip(rows, watch.rows, strict=True):
                if row.fields and twin.spans and row.fields[place] is None:
                    found = twin.spans[place].settled
                    row.fields = (*row.fields[:place], found, *row.fields[place + 1 :])
            break


def _run(model: Module, shapes: tuple[tuple[int, ...], ...], dtype: Any) -> tuple[int, int]:
    """Run without a watch, by the very operations of a true run; returns peak and live bytes."""
    with describing() as description:
        inputs = [Tensor.wrap(description.array(shape, dtype)) for shape in shapes]
        result = model(*inputs)
        return description.peak, description.live if result is not None else 0


def _forward_memory(model: Module, shapes: tuple[tuple[int, ...], ...], dtype: Any) -> int:
    with as_it_was(model), no_grad():
        return _run(model.eval(), shapes, dtype)[0]


def _backward_memory(
    model: Module, shapes: tuple[tuple[int, ...], ...], dtype: Any
) -> tuple[int | None, str]:
    with as_it_was(model), enable_grad():
        try:
            return _run(model.train(), shapes, dtype)[1], ""
        except ValueError as error:  # batch norm of one value, say
            return None, str(error)
