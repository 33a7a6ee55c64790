"""The receptive field of a network's output cell, measured by running the network.

A NaN spreads to exactly those outputs that read it: a sum with a NaN is NaN, whatever the weights.
So one row of the input is made NaN, and the cell is asked whether it noticed; then the next row.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from minigrad import nn
from minigrad.autograd import no_grad
from minigrad.teach.views_blocks import Lines, View
from minigrad.tensor import Tensor

__all__ = ["measure_field", "receptive_field"]


def measure_field(
    run: Any, x: np.ndarray, at: tuple[int, int], batch: int = 16
) -> tuple[list[int], list[int], tuple[int, int]]:
    """The input rows and the input columns that an output cell depends on.

    Parameters
    ----------
    run : callable
        Maps an array (N, C, H, W) to the network's output, an array (N, O, OH, OW). Pictures of a
        batch must not influence each other.
    x : (1, C, H, W)
    at : (row, column)
        Negative counts from the middle: (-1, -1) is the middle cell.
    batch : int
        Pictures that are run at a time.

    Returns
    -------
    rows, columns : list of int
    at : (row, column)
        The cell that was measured.
    """
    found = []
    shape = run(x).shape
    middle = tuple(size // 2 if i < 0 else i for i, size in zip(at, shape[2:], strict=True))
    if not all(0 <= i < size for i, size in zip(middle, shape[2:], strict=True)):
        raise ValueError(f"there is no cell {at}; the output is {shape[2]} x {shape[3]}")
    for axis in (2, 3):
        reached = []
        for first in range(0, x.shape[axis], batch):
            lines = range(first, min(first + batch, x.shape[axis]))
            poisoned = np.repeat(x, len(lines), axis=0)
            for number, line in enumerate(lines):
                poisoned[(number, slice(None), *_line(axis, line))] = np.nan
            values = run(poisoned)[:, :, middle[0], middle[1]]
            for line, value in zip(lines, values, strict=True):
                if np.isnan(value).any():
                    reached.append(line)
        found.append(reached)
    return found[0], found[1], (middle[0], middle[1])


def _line(axis: int, line: int) -> tuple[Any, ...]:
    return (line,) if axis == 2 else (slice(None), line)


def receptive_field(
    model: nn.Module,
    size: tuple[int, int, int],
    at: tuple[int, int] = (-1, -1),
    layer: str | None = None,
) -> View:
    """Measure which input pixels one output cell of a network depends on.

    Parameters
    ----------
    model : Module
        Run in evaluation mode: batch norm's statistics would tie all pixels together.
    size : (C, H, W)
        Of the picture.
    at : (row, column)
        Of the output; (-1, -1) is the middle.
    layer : str, optional
        Look at this layer's output instead of the network's.

    Examples
    --------
    >>> model = nn.Sequential(nn.Conv2d(1, 2, 3), nn.Conv2d(2, 1, 3, stride=2))
    >>> receptive_field(model, (1, 12, 12)).numbers["rows"].tolist()
    [4, 5, 6, 7, 8]
    """
    layers = dict(model.named_modules())
    if layer is not None and layer not in layers:
        raise ValueError(
            f"there is no layer {layer!r}; there are {', '.join(filter(None, layers))}"
        )
    seen: list[np.ndarray] = []

    def keep(module: nn.Module, given: Any, result: Any) -> None:
        seen.append(result.numpy().copy())

    def run(x: np.ndarray) -> np.ndarray:
        seen.clear()
        with no_grad():
            output = model(Tensor.wrap(x))
        return seen[0] if layer is not None else output.numpy()

    x = np.random.default_rng(0).standard_normal((1, *size)).astype(np.float32)
    training = model.training
    handle = layers[layer].register_forward_hook(keep) if layer is not None else None
    model.eval()
    try:
        rows, columns, cell = measure_field(run, x, at)
    finally:
        model.train(training)
        if handle is not None:
            handle.remove()
    return _view(rows, columns, cell, size, layer)


def _view(rows: list[int], columns: list[int], cell: Any, size: Any, layer: str | None) -> View:
    _, H, W = size
    view = View("receptive_field", "The receptive field, measured")
    where = f"layer {layer}" if layer else "the network's output"
    view.say(
        f"Each of {H} rows and {W} columns of the input was made NaN in turn, and the network was "
        f"run. Cell ({cell[0]}, {cell[1]}) of {where} noticed {len(rows)} rows and {len(columns)} "
        "columns: a NaN reaches exactly what reads it."
    )
    entries = []
    for name, found, limit in (("rows", rows, H), ("columns", columns, W)):
        if not found:
            entries.append(f"{name}: none")
            continue
        holes = found[-1] - found[0] + 1 - len(found)
        at_border = [
            w for w, hit in (("first", found[0] == 0), ("last", found[-1] == limit - 1)) if hit
        ]
        entries.append(
            f"{name} {found[0]} to {found[-1]}: {len(found)}"
            + (f", with {holes} that it does not read in between" if holes else "")
            + (f" (touches the {' and the '.join(at_border)}: may be cut)" if at_border else "")
        )
    view.show(Lines("\n".join(entries)))
    picture = np.zeros((H, W), bool)
    picture[np.ix_(rows, columns)] = True
    view.show(Lines(_map(picture)))
    view.numbers = {"rows": np.array(rows), "columns": np.array(columns), "cell": np.array(cell)}
    return view


def _map(picture: np.ndarray, width: int = 48) -> str:
    """A small picture of the field: # is read, . is not."""
    step = max(1, -(-picture.shape[1] // width))
    rows = picture[:: 2 * step, ::step]
    note = f"one character is {2 * step} x {step} pixels" if step > 1 else "every second row"
    return "\n".join("".join(".#"[int(hit)] for hit in row) for row in rows) + f"\n({note})"
