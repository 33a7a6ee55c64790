"""Exercises drawn at random: small whole numbers, settings that grow harder with the level.

A drawer takes a generator and a level (1, 2, 3) and returns a question, or one that `worthwhile`
refuses; then another is drawn.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from minigrad.teach.counting import Counted, make_layer
from minigrad.teach.question import Question, ask

__all__ = ["DRAWERS", "GROUPS", "worthwhile"]

Draw = Callable[[np.random.Generator, int], "Question | Counted"]

LARGEST = 99  # of an answer's numbers
LONGEST = 160  # products of a key


def _some(g: np.random.Generator, *shape: int, low: int = -3, high: int = 5) -> np.ndarray:
    """Whole numbers from low to high, mostly not 0."""
    values = g.integers(low, high + 1, shape).astype(np.float64)
    return np.where((values == 0) & (g.random(shape) < 0.6), 1.0, values)


def _one(g: np.random.Generator, *choices: Any) -> Any:
    return choices[int(g.integers(len(choices)))]


def _conv2d(g: np.random.Generator, level: int) -> Question:
    C = O = G = 1
    kernel = _one(g, (2, 2), (3, 3), (2, 2)) if level == 1 else _one(g, (3, 3), (2, 3), (3, 2))
    how: dict[str, Any] = {}
    size = (int(g.integers(3, 5)), int(g.integers(3, 5)))
    if level == 2:
        size = (int(g.integers(4, 6)), int(g.integers(4, 6)))
        how = _one(g, {"stride": 2}, {"padding": 1, "stride": 2}, {"padding": (1, 0)})
    if level == 3:
        kind = _one(g, "dilation", "channels", "groups", "pairs")
        size = (int(g.integers(4, 6)), int(g.integers(4, 6)))
        if kind == "dilation":
            how = {"dilation": 2, "padding": 2, "stride": 2}
        elif kind == "pairs":
            how = {"stride": (2, 1), "padding": (1, 0)}
        else:
            C, G = 2, 2 if kind == "groups" else 1
            O, kernel, size = 2, (2, 2), (3, 3)
            how = {"groups": 2} if G == 2 else {"stride": _one(g, 1, 2), "padding": _one(g, 0, 1)}
    bias = _some(g, O) if level > 1 and g.random() < 0.7 else None
    return ask("conv2d", _some(g, 1, C, *size), _some(g, O, C // G, *kernel), bias, **how)


def _conv_transpose2d(g: np.random.Generator, level: int) -> Question:
    I = O = G = 1
    size = (2, int(g.integers(2, 4)))
    kernel = _one(g, (2, 2), (3, 3), (2, 3)) if level == 1 else (3, 3)
    how: dict[str, Any] = {}
    if level == 2:
        how = {"stride": 2, "padding": 1, **_one(g, {}, {"output_padding": 1})}
    if level == 3:
        kind = _one(g, "dilation", "channels", "pairs", "row of zeros")
        if kind == "dilation":
            how = {"stride": 2, "padding": 1, "dilation": 2, "output_padding": 1}
        elif kind == "pairs":
            how = {"stride": (2, 1), "padding": (1, 0), "output_padding": (1, 0)}
        elif kind == "row of zeros":
            kernel, how = (2, 2), {"stride": 2, "output_padding": 1}
        else:
            I, O, kernel, size = 2, 2, (2, 2), (2, 2)
    bias = _some(g, O) if level > 1 and g.random() < 0.5 else None
    return ask("conv_transpose2d", _some(g, 1, I, *size), _some(g, I, O // G, *kernel), bias, **how)


def _max_pool2d(g: np.random.Generator, level: int) -> Question:
    size = (4, _one(g, 4, 6))
    how: dict[str, Any] = {"kernel_size": 2}
    if level == 2:
        size = (5, _one(g, 5, 6))
        how = _one(
            g, {"kernel_size": 3, "stride": 2}, {"kernel_size": 3, "stride": 2, "padding": 1}
        )
    if level == 3:
        size = (_one(g, 5, 6), 6)
        how = _one(
            g,
            {"kernel_size": 2, "stride": 2, "ceil_mode": True, "padding": 1},
            {"kernel_size": 2, "stride": 1, "dilation": 2},
            {"kernel_size": (2, 3), "stride": (2, 1)},
        )
    return ask("max_pool2d", _some(g, *size, low=-9, high=6 if level > 1 else 9), **how)


def _avg_pool2d(g: np.random.Generator, level: int) -> Question:
    size = (4, _one(g, 4, 6))
    how: dict[str, Any] = {"kernel_size": 2}
    if level == 2:
        size = (_one(g, 3, 4), 4)
        how = _one(g, {"kernel_size": 2, "stride": 1}, {"kernel_size": 2, "padding": 1})
    if level == 3:
        size = (_one(g, 4, 5), 4)
        padded = {"kernel_size": 2, "padding": 1, "count_include_pad": False}
        how = _one(g, padded, {"kernel_size": (2, 4), "stride": (2, 1), "padding": (1, 0)})
    return ask("avg_pool2d", _some(g, *size, low=-4, high=9), **how)


def _upsample(g: np.random.Generator, level: int) -> Question:
    size = (2, int(g.integers(2, 4)))
    if level == 1:
        return ask("upsample", _some(g, *size, low=-6, high=9), scale_factor=2)
    if level == 2:
        return ask("upsample", _some(g, *size, low=-6, high=9), scale_factor=(2, 3))
    if g.random() < 0.5:
        return ask("upsample", 4 * _some(g, *size), scale_factor=2, mode="bilinear")
    wide = (2 * size[0] - 1, 2 * size[1] - 1)
    return ask("upsample", 2 * _some(g, *size), size=wide, mode="bilinear", align_corners=True)


def _linear(g: np.random.Generator, level: int) -> Question:
    N, I, O = 1 if level == 1 else 2, int(g.integers(2, 4)), int(g.integers(2, 4))
    bias = _some(g, O) if level > 1 else None
    then = [_some(g, 2, O)] if level == 3 else []
    return ask("linear", _some(g, N, I), _some(g, O, I), bias, then=then, activation="relu")


def _batch_norm(g: np.random.Generator, level: int) -> Question:
    """Values whose mean is whole and whose deviation is 1, 2 or 4: nothing is rounded."""
    N, C, H, W = {1: (1, 1, 2, 3), 2: (2, 2, 2, 2), 3: (2, 2, 2, 2)}[level]
    over = "NHW" if level < 3 else _one(g, "CHW", "HW", "NHW")
    kept = {"NHW": C, "CHW": N, "HW": N * C}[over]
    groups = []
    for _ in range(kept):
        count, values = N * C * H * W // kept, np.zeros(1)
        while values.var() not in (1, 4, 16) or values.mean() % 1:
            values = g.integers(-4, 6, count).astype(np.float64)
        groups.append(values)
    shape = {"NHW": (C, N, H, W), "CHW": (N, C, H, W), "HW": (N, C, H, W)}[over]
    x = np.array(groups).reshape(shape)
    x = x.transpose(1, 0, 2, 3) if over == "NHW" else x
    scales = [values.std() * _one(g, 1, 2, -1) for values in groups]
    gamma = np.array(scales) if level > 1 else None
    beta = _some(g, kept) if level > 1 else None
    return ask("batch_norm", np.ascontiguousarray(x), gamma, beta, eps=0.0, over=over)


def _gradient(of: str, forward: Callable[..., Question]) -> Draw:
    """The gradient of what another drawer draws, for a small random gy."""

    def draw(g: np.random.Generator, level: int) -> Question:
        asked = forward(g, level).changed(then=())
        gy = _some(g, *asked.answer.shape, low=-2, high=3)
        given = list(asked.arrays)
        return ask(asked.operation, *given, of=of, gy=gy, **asked.settings)

    return draw


def _window(g: np.random.Generator, level: int) -> dict[str, Any]:
    """Settings of a window, not all of which fit."""
    how: dict[str, Any] = {
        "kernel_size": _one(g, 3, 5, 7),
        "stride": 1,
        "padding": _one(g, 0, 1, 2),
    }
    if level > 1:
        how |= {"stride": _one(g, 2, 3)}
    if level > 2:
        how |= {"kernel_size": _one(g, (3, 5), (5, 2), 4), "dilation": _one(g, 1, 2, 3)}
    return how


def _output_size(g: np.random.Generator, level: int) -> Counted:
    side = int(g.integers(8, 13 if level == 1 else 65))
    size = (side, side if level == 1 else int(g.integers(8, 65)))
    kind = _one(g, "conv2d", "conv_transpose2d", "max_pool2d")
    C, O = int(g.integers(1, 5)), int(g.integers(1, 9))
    how = _window(g, level)
    if kind == "conv_transpose2d":
        how["output_padding"] = int(g.integers(0, how["stride"]))
    if kind == "max_pool2d":
        O, how["padding"] = C, min(how["padding"], 1)
        how["ceil_mode"] = level > 1 and bool(g.random() < 0.5)
    return Counted((make_layer(kind, (C, O), size, **how),), "shape")


def _chain(g: np.random.Generator, count: int, side: int, field: bool = False) -> Any:
    """Layers one after the other, each fed by the one before."""
    layers: list[Any] = []
    C, size = int(g.integers(1, 4)), (side, side)
    for number in range(1, count + 1):
        K, S = _one(g, 3, 3, 5, 1 if field else 4), _one(g, 1, 2)
        D = _one(g, 1, 1, 2) if field and K == 3 else 1
        O = C if field else 2 ** int(g.integers(1, 5))
        how = {"kernel_size": K, "stride": S, "padding": D * (K - 1) // 2, "dilation": D}
        name = f"layer {number}"
        layers.append(make_layer("conv2d", (C, O), size, name=name, bias=True, **how))
        C, size = O, layers[-1].output
    return tuple(layers)


def _count(wanted: tuple[str, ...]) -> Draw:
    """Counts of one layer; of a chain at level 3."""

    def draw(g: np.random.Generator, level: int) -> Counted:
        what = _one(g, *wanted)
        if level == 3 and what in ("parameters", "multiply_adds"):
            return Counted(_chain(g, 3, int(g.integers(12, 33))), what)
        kind = _one(g, "conv2d", "conv_transpose2d", "linear")
        C, O = int(g.integers(1, 17)), int(g.integers(1, 17))
        bias = bool(g.random() < 0.6)
        if kind == "linear":
            return Counted((make_layer("linear", (C, O), bias=bias),), what)
        how = {**_window(g, min(level, 2)), "bias": bias}
        if level > 1 and g.random() < 0.5:
            G = _one(g, 2, 4)
            C, O, how["groups"] = G * (1 + C // 4), G * (1 + O // 4), G
        side = int(g.integers(5, 9 if what == "taps" else 17))
        return Counted((make_layer(kind, (C, O), (side, side + 1), **how),), what)

    return draw


def _receptive_field(g: np.random.Generator, level: int) -> Counted:
    return Counted(_chain(g, level + 1, 64, field=True), "field")


DRAWERS: dict[str, Draw] = {
    "conv2d": _conv2d,
    "conv_transpose2d": _conv_transpose2d,
    "max_pool2d": _max_pool2d,
    "avg_pool2d": _avg_pool2d,
    "upsample": _upsample,
    "linear": _linear,
    "batch_norm": _batch_norm,
    "conv2d_input_grad": _gradient("input_grad", _conv2d),
    "conv2d_weight_grad": _gradient("weight_grad", _conv2d),
    "conv_transpose2d_input_grad": _gradient("input_grad", _conv_transpose2d),
    "conv_transpose2d_weight_grad": _gradient("weight_grad", _conv_transpose2d),
    "max_pool2d_input_grad": _gradient("input_grad", _max_pool2d),
    "avg_pool2d_input_grad": _gradient("input_grad", _avg_pool2d),
    "linear_input_grad": _gradient("input_grad", _linear),
    "linear_weight_grad": _gradient("weight_grad", _linear),
    "output_size": _output_size,
    "parameters": _count(("parameters", "weights", "biases")),
    "multiply_adds": _count(("multiply_adds", "taps", "additions")),
    "receptive_field": _receptive_field,
}
"""What a worksheet can be about: its drawer."""

GROUPS = {
    "backward": [name for name in DRAWERS if name.endswith("_grad")],
    "counts": ["output_size", "parameters", "multiply_adds", "receptive_field"],
    "all": list(DRAWERS),
}
"""Names for several of them."""


def worthwhile(question: Question | Counted) -> bool:
    """Whether the answer is of moderate size, exact in quarters, and nowhere near all the same."""
    if isinstance(question, Counted):
        low = 2 if question.wanted in ("field", "shape") else 4
        return low <= max(question.answer) < 10**6
    values = question.answer
    if not values.size or np.abs(values).max() > LARGEST or (4 * values % 1).any():
        return False
    if values.size < (2 if question.operation.startswith("linear") else 4):
        return False
    if len(np.unique(values)) < min(3, values.size) or np.count_nonzero(values) < values.size / 6:
        return False
    if not question.explains or question.operation.startswith(("max", "avg", "upsample", "batch")):
        return values.size <= 40
    trace = question.trace
    if sum(len(how.terms) for how in trace.cells.values()) > LONGEST:
        return False
    return _turning_shows(question)


def _turning_shows(question: Question) -> bool:
    """Whether a kernel turned by 180 degrees gives another answer."""
    place = question.place("w")
    if place is None or "conv" not in question.operation:
        return True
    w = np.asarray(question.arrays[place])
    return not np.array_equal(w, w[..., ::-1, ::-1])
