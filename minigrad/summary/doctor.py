"""The shape doctor: which layer breaks, which sizes nearby fit, and which settings mend it.

Nothing is guessed from formulas: sizes and settings are tried, each by a run of the described
network, and only what such a run has shown to work is proposed.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any

import numpy as np

from minigrad.autograd import no_grad
from minigrad.errors import SizeError
from minigrad.nn import Conv2d, ConvTranspose2d, Module
from minigrad.summary.describing import describing
from minigrad.summary.rows import Row, Watch, as_it_was
from minigrad.tensor import Tensor

__all__ = ["ShapeError", "watched"]

Shapes = tuple[tuple[int, ...], ...]

_NEAR = 32  # how far every size is tried [pixels]; beyond, multiples of powers of 2
_MULTIPLES = (64, 128, 256, 512, 1024)
_CHANGES = 12  # settings changed, at most


class ShapeError(SizeError):
    """Sizes that a network cannot take.

    Attributes
    ----------
    layer : str
        Name of the module that broke.
    reason : str
        What it said.
    sizes : list of (int, int)
        Heights and widths nearby that fit.
    remedies : list of str
        Settings that make the given size fit, all together; empty if none were found.
    """

    def __init__(
        self, message: str, layer: str, reason: str, sizes: list[Any], remedies: list[str]
    ) -> None:
        super().__init__(message)
        self.layer, self.reason, self.sizes, self.remedies = layer, reason, sizes, remedies


def watched(model: Module, shapes: Shapes, dtype: Any = np.float32) -> Watch:
    """Run a network once under a watch.

    Raises
    ------
    ShapeError
        If the sizes do not fit.
    """
    watch = Watch(model)
    try:
        watch(*shapes, dtype=dtype)
    except SizeError as error:
        raise _diagnosis(model, watch, shapes, dtype, str(error)) from error
    return watch


def _diagnosis(model: Module, watch: Watch, shapes: Shapes, dtype: Any, reason: str) -> ShapeError:
    layer = watch.path[-1] if watch.path else ""
    given = ", ".join("x".join(map(str, shape)) for shape in shapes)
    title = type(model).__name__
    lines = [f"{title}: an input of {given} does not fit", f"  breaks at  {layer or title}"]
    lines += [f"  it takes   {inputs}" for inputs in _inputs_of(watch, layer)]
    lines.append(f"  it says    {reason}")
    sizes = _sizes_nearby(model, shapes, dtype)
    if sizes:
        lines.append(f"  sizes      {' or '.join(f'{H}x{W}' for H, W in sizes)} would fit")
        lines += _padding_advice(shapes[0][-2:], sizes)
    remedies = _remedies(model, shapes, dtype)
    if remedies:
        lines.append(f"  or mend    {'; '.join(remedies)}")
    return ShapeError("\n".join(lines), layer, reason, sizes, remedies)


def _inputs_of(watch: Watch, layer: str) -> Iterator[str]:
    """What the broken layer took, and from where."""
    last = watch.rows[-1] if watch.rows else None
    if last is None or last.name != layer or last.output:
        return
    names = {0: "the input"} | {row.number: row.name or row.kind for row in watch.rows}
    if len(last.inputs) == len(last.sources):
        for shape, source in zip(last.inputs, last.sources, strict=True):
            yield f"{'x'.join(map(str, shape[1:]))} from {names[source]}"


def _padding_advice(size: tuple[int, ...], sizes: list[Any]) -> Iterator[str]:
    """A larger size is reached by padding, if the margins do not outgrow the picture."""
    margins = ((H, W, H - size[0], W - size[1]) for H, W in sizes)
    fitting = [m for m in margins if 0 <= m[2] <= size[0] and 0 <= m[3] <= size[1]]
    if fitting:
        H, W, rows, columns = fitting[0]
        yield (
            f"  or pad     F.pad(x, (0, {columns}, 0, {rows})) makes it {H}x{W}; crop the result "
            "back"
        )


# Trying


def _fits(model: Module, shapes: Shapes, dtype: Any) -> bool:
    try:
        with describing() as description, no_grad():
            model(*(Tensor.wrap(description.array(shape, dtype)) for shape in shapes))
    except (ValueError, RuntimeError, MemoryError):
        return False
    return True


def _sizes_nearby(model: Module, shapes: Shapes, dtype: Any) -> list[tuple[int, int]]:
    """The nearest sizes that fit, below and above, smaller first."""
    if any(len(shape) != 4 for shape in shapes):
        return []
    tried: dict[tuple[int, int], bool] = {}

    def fits(H: int, W: int) -> bool:
        if (H, W) not in tried:
            several = tuple((*shape[:2], H, W) for shape in shapes)
            tried[H, W] = _fits(model, several, dtype)
        return tried[H, W]

    H, W = shapes[0][2:]
    with as_it_was(model):
        model.eval()
        heights, widths = (
            [next((n for n in candidates if fits(n, n)), None) for candidates in _candidates(side)]
            for side in (H, W)
        )
        found = [
            (h, w)
            for h, w in zip(heights, widths, strict=True)
            if h is not None and w is not None and fits(h, w)
        ]
        usual = tuple(getattr(model, "INPUT", ())[1:])
        if not found and len(usual) == 2 and fits(*usual):
            found = [usual]
    return list(dict.fromkeys(found))


def _candidates(side: int) -> tuple[list[int], list[int]]:
    """Sides to try, the nearest first: not above the given one, and not below."""
    near = range(_NEAR + 1)
    below = [side - n for n in near if side > n]
    above = [side + n for n in near]
    far = [m * (side // m) for m in _MULTIPLES if side > m]
    return below + far, above + [m * -(-side // m) for m in _MULTIPLES]


def _remedies(model: Module, shapes: Shapes, dtype: Any) -> list[str]:
    """Change output paddings and paddings, the latest layers first, until the run is through."""
    convs = {
        name: module
        for name, module in model.named_modules()
        if isinstance(module, ConvTranspose2d | Conv2d)
    }
    before = {name: _settings(conv) for name, conv in convs.items()}
    try:
        with as_it_was(model):
            reached = _rows_reached(model, shapes, dtype)
            for _ in range(_CHANGES):
                if reached is None:
                    break
                further = _one_change(model, convs, shapes, dtype, reached)
                if further == reached:
                    return []
                reached = further
        if reached is not None:
            return []
        return [
            f"{name}: {_changed(conv, before[name])}"
            for name, conv in convs.items()
            if _settings(conv) != before[name]
        ]
    finally:
        for name, conv in convs.items():
            _set(conv, before[name])


def _rows_reached(model: Module, shapes: Shapes, dtype: Any) -> list[Row] | None:
    """The layers that were begun before the run broke; None if it did not."""
    watch = Watch(model)
    try:
        watch(*shapes, dtype=dtype)
    except (ValueError, RuntimeError):
        return watch.rows
    return None


def _one_change(
    model: Module, convs: dict[str, Any], shapes: Shapes, dtype: Any, reached: list[Row]
) -> list[Row] | None:
    """Change one layer so that the run gets further; ``reached`` itself if nothing does."""
    ran = dict.fromkeys(row.name for row in reversed(reached) if row.name in convs)
    for name in ran:
        kept = _settings(convs[name])
        for settings in _choices(convs[name]):
            _set(convs[name], settings)
            further = _rows_reached(model, shapes, dtype)
            if further is None or len(further) > len(reached):
                return further
        _set(convs[name], kept)
    return reached


def _choices(conv: Any) -> Iterator[tuple[Any, Any]]:
    """Other output paddings of a transposed convolution; one more or less padding of either."""
    padding, more = _settings(conv)
    if conv.transposed:
        most = (range(max(s, d)) for s, d in zip(conv.stride, conv.dilation, strict=True))
        yield from ((padding, other) for other in product(*most) if other != more)
    if not isinstance(padding, str):
        for step in ((1, 1), (-1, -1), (1, 0), (0, 1), (-1, 0), (0, -1)):
            other = tuple(p + s for p, s in zip(padding, step, strict=True))
            if min(other) >= 0:
                yield other, more


def _settings(conv: Any) -> tuple[Any, Any]:
    return conv.padding, conv.output_padding


def _set(conv: Any, settings: tuple[Any, Any]) -> None:
    conv.padding, conv.output_padding = settings
    conv._reversed_padding_repeated_twice = conv._padding_of_each_side()


def _changed(conv: Any, before: tuple[Any, Any]) -> str:
    names = ("padding", "output_padding")
    return ", ".join(
        f"{name}={now}"
        for name, now, old in zip(names, _settings(conv), before, strict=True)
        if now != old
    )
