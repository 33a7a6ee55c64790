"""The layers of the sweep: what each is, the shape it gets, and one forward and backward pass.

    family          stands for
    first           few channels in: the first layer of a network
    same            3 x 3, stride 1
    down            stride 2
    deep            many channels, small maps
    dilated, grouped, depthwise, pointwise
    up-sampling     transposed convolution, or interpolation and a convolution
    last            few channels out
    linear, norm, pool, activation, dropout, loss
    optimizer       one update of all parameters

Most shapes are those of the five training steps; the others are of well-known networks.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from math import prod
from typing import Any

import numpy as np

from benchmarks.engines import Engine
from benchmarks.training import Step

__all__ = ["CASES", "Case", "build", "conv_case"]

Shape = tuple[int, ...]
Make = Callable[[Any], Any]  # of the engine's nn a layer or a loss; of its parameters an optimizer


@dataclass(frozen=True)
class Case:
    """A row of the sweep.

    ``kind`` is "layer", "first" (a layer whose input wants no gradient), "loss" or "optimizer";
    ``shape`` is that of the input (or the predictions, or the parameter).
    """

    family: str
    name: str
    shape: Shape
    make: Make
    kind: str = "layer"


def _conv(C: int, O: int, kernel: int = 3, **options: Any) -> Make:
    padding = options.pop("padding", options.get("dilation", 1) * (kernel - 1) // 2)
    return lambda nn: nn.Conv2d(C, O, kernel, padding=padding, **options)


def _up(C: int, O: int, kernel: int) -> Make:
    odd = kernel % 2  # an odd kernel doubles the sides with one more row and column at the end
    return lambda nn: nn.ConvTranspose2d(C, O, kernel, stride=2, padding=1, output_padding=odd)


def _interpolated(C: int, O: int, mode: str) -> Make:
    return lambda nn: nn.Sequential(
        nn.Upsample(scale_factor=2, mode=mode), nn.Conv2d(C, O, 3, padding=1)
    )


def _layer(kind: str, *arguments: Any) -> Make:
    return lambda nn: getattr(nn, kind)(*arguments)


def _optimizer(kind: str, **options: Any) -> Make:
    return partial(_make_optimizer, kind, options)


def _make_optimizer(kind: str, options: dict[str, Any], engine: Engine) -> Callable[..., Any]:
    return partial(engine.optimizer, kind, **options)


ACTIVATIONS = ("ReLU", "Sigmoid", "Tanh", "GELU", "Softmax2d")
MAP = (4, 64, 128, 128)  # a map of one layer of the GAN
SMALL = (4, 128, 64, 64)  # that of the next
PARAMETERS = (1 << 22,)

_CASES = [
    Case("first", "1 -> 64, 3x3", (8, 1, 160, 160), _conv(1, 64), "first"),
    Case("first", "3 -> 64, 3x3", (4, 3, 256, 256), _conv(3, 64), "first"),
    Case("first", "1 -> 64, 4x4 /2", (4, 1, 256, 256), _conv(1, 64, 4, stride=2), "first"),
    Case("first", "1 -> 32, 3x3 /2", (100, 1, 32, 32), _conv(1, 32, stride=2), "first"),
    Case("first", "3 -> 64, 7x7 /2", (4, 3, 224, 224), _conv(3, 64, 7, stride=2), "first"),
    Case("same", "64 -> 64, 56", (8, 64, 56, 56), _conv(64, 64)),
    Case("same", "64 -> 128, 128", (4, 64, 128, 128), _conv(64, 128)),
    Case("same", "128 -> 128, 28", (8, 128, 28, 28), _conv(128, 128)),
    Case("same", "256 -> 512, 32", (4, 256, 32, 32), _conv(256, 512)),
    Case("same", "32 -> 32, 5x5, 33x47", (8, 32, 33, 47), _conv(32, 32, 5)),
    Case("down", "64 -> 64, 160", (8, 64, 160, 160), _conv(64, 64, stride=2)),
    Case("down", "128 -> 256, 40", (8, 128, 40, 40), _conv(128, 256, stride=2)),
    Case("down", "64 -> 128, 4x4, 128", (4, 64, 128, 128), _conv(64, 128, 4, stride=2)),
    Case("down", "32 -> 64, 16, N 100", (100, 32, 16, 16), _conv(32, 64, stride=2)),
    Case("deep", "512 -> 512, 14", (8, 512, 14, 14), _conv(512, 512)),
    Case("deep", "512 -> 512, 4x4 /2, 8", (4, 512, 8, 8), _conv(512, 512, 4, stride=2)),
    Case("deep", "512 -> 512, 4x4 /2, 2", (4, 512, 2, 2), _conv(512, 512, 4, stride=2)),
    Case("dilated", "64 -> 64, d 2, 56", (8, 64, 56, 56), _conv(64, 64, dilation=2)),
    Case("dilated", "128 -> 128, d 4, 28", (8, 128, 28, 28), _conv(128, 128, dilation=4)),
    Case("grouped", "64 -> 64, g 4, 56", (8, 64, 56, 56), _conv(64, 64, groups=4)),
    Case("grouped", "128 -> 128, g 32, 28", (8, 128, 28, 28), _conv(128, 128, groups=32)),
    Case("depthwise", "64, 3x3, 112", (4, 64, 112, 112), _conv(64, 64, groups=64)),
    Case("depthwise", "128, 3x3 /2, 56", (8, 128, 56, 56), _conv(128, 128, stride=2, groups=128)),
    Case("depthwise", "256, 5x5, 28", (8, 256, 28, 28), _conv(256, 256, 5, groups=256)),
    Case("pointwise", "64 -> 256, 56", (8, 64, 56, 56), _conv(64, 256, 1)),
    Case("pointwise", "512 -> 128, 28", (8, 512, 28, 28), _conv(512, 128, 1)),
    Case("pointwise", "33 -> 24, 32, N 100", (100, 33, 32, 32), _conv(33, 24, 1)),
    Case("up-sampling", "T 256 -> 128, 3x3, 20", (8, 256, 20, 20), _up(256, 128, 3)),
    Case("up-sampling", "T 128 -> 128, 3x3, 80", (8, 128, 80, 80), _up(128, 128, 3)),
    Case("up-sampling", "T 1024 -> 512, 4x4, 8", (4, 1024, 8, 8), _up(1024, 512, 4)),
    Case("up-sampling", "T 256 -> 64, 4x4, 64", (4, 256, 64, 64), _up(256, 64, 4)),
    *(
        Case("up-sampling", f"{mode}, 128 -> 64, 64", SMALL, _interpolated(128, 64, mode))
        for mode in ("nearest", "bilinear")
    ),
    Case("up-sampling", "nearest alone, 64", SMALL, _layer("Upsample", None, 2)),
    Case("up-sampling", "shuffle 2, 64", SMALL, _layer("PixelShuffle", 2)),
    Case("last", "16 -> 2, 160", (8, 16, 160, 160), _conv(16, 2)),
    Case("last", "T 128 -> 2, 4x4, 128", (4, 128, 128, 128), _up(128, 2, 4)),
    Case("last", "512 -> 1, 4x4, 33", (4, 512, 33, 33), _conv(512, 1, 4, padding=0)),
    Case("linear", "131072 -> 512, N 4", (4, 131072), _layer("Linear", 131072, 512)),
    Case("linear", "512 -> 512, N 256", (256, 512), _layer("Linear", 512, 512)),
    Case("norm", "batch, 64, 128", MAP, _layer("BatchNorm2d", 64)),
    Case("norm", "batch, 512, 8", (4, 512, 8, 8), _layer("BatchNorm2d", 512)),
    Case("norm", "instance, 64, 128", MAP, _layer("InstanceNorm2d", 64)),
    Case("norm", "group 8, 64, 128", MAP, _layer("GroupNorm", 8, 64)),
    Case("norm", "layer, 512", (256, 512), _layer("LayerNorm", 512)),
    Case("pool", "max 2", MAP, _layer("MaxPool2d", 2)),
    Case("pool", "max 3 /2 p 1", MAP, _layer("MaxPool2d", 3, 2, 1)),
    Case("pool", "average 2", MAP, _layer("AvgPool2d", 2)),
    Case("pool", "adaptive average 7", (8, 512, 14, 14), _layer("AdaptiveAvgPool2d", 7)),
    *(Case("activation", kind, MAP, _layer(kind)) for kind in ACTIVATIONS),
    Case("activation", "LeakyReLU", MAP, _layer("LeakyReLU", 0.2)),
    Case("dropout", "p 0.5", MAP, _layer("Dropout", 0.5)),
    Case("dropout", "channels, p 0.5", MAP, _layer("Dropout2d", 0.5)),
    Case("loss", "CrossEntropyLoss, 24", (100, 24, 32, 32), _layer("CrossEntropyLoss"), "loss"),
    Case("loss", "MSELoss", (8, 2, 160, 160), _layer("MSELoss"), "loss"),
    Case("loss", "L1Loss", (8, 2, 160, 160), _layer("L1Loss"), "loss"),
    Case("loss", "BCEWithLogitsLoss", (4, 1, 256, 256), _layer("BCEWithLogitsLoss"), "loss"),
    Case("optimizer", "Adam", PARAMETERS, _optimizer("Adam"), "optimizer"),
    Case("optimizer", "AdamW", PARAMETERS, _optimizer("AdamW"), "optimizer"),
    Case("optimizer", "SGD", PARAMETERS, _optimizer("SGD", momentum=0.9), "optimizer"),
    Case("optimizer", "RMSprop", PARAMETERS, _optimizer("RMSprop"), "optimizer"),
]

CASES = {f"{case.family}: {case.name}": case for case in _CASES}
"""Every row by its full name."""


def conv_case(channels: int, side: int, batch: int) -> Case:
    """A 3 x 3 convolution of as many channels in as out: what `benchmarks.scaling` varies."""
    name = f"{channels} -> {channels}, {side}, N {batch}"
    return Case("same", name, (batch, channels, side, side), _conv(channels, channels))


def build(engine: Engine, name: str = "", conv: dict[str, int] | None = None) -> Step:
    """Make one forward and backward pass of a case; its ``run`` returns nothing of interest.

    Parameters
    ----------
    engine
        Whose layers are used.
    name
        A name of `CASES`.
    conv
        Instead of a name: the arguments of `conv_case`.

    Raises
    ------
    ValueError
        No such case.
    """
    if conv is None and name not in CASES:
        raise ValueError(f"no case {name!r}; there are {', '.join(CASES)}")
    case = CASES[name] if conv is None else conv_case(**conv)
    rng = np.random.default_rng(0)
    if case.kind == "optimizer":
        return _update(engine, case, rng)
    if case.kind == "loss":
        return _loss(engine, case, rng)
    return _pass(engine, case, rng)


def _normal(rng: np.random.Generator, shape: Shape) -> np.ndarray:
    return rng.standard_normal(shape, dtype=np.float32)


def _pass(engine: Engine, case: Case, rng: np.random.Generator) -> Step:
    layer = engine.placed(case.make(engine.torch.nn))
    x = engine.tensor(_normal(rng, case.shape), requires_grad=case.kind == "layer")
    gy = engine.tensor(_normal(rng, tuple(layer(x).shape)))
    wanted = [x, *layer.parameters()]

    def run() -> float:
        for tensor in wanted:
            tensor.grad = None
        layer(x).backward(gy)
        return 0.0

    return Step([layer], run)


def _loss(engine: Engine, case: Case, rng: np.random.Generator) -> Step:
    loss = case.make(engine.torch.nn)
    x = engine.tensor(_normal(rng, case.shape), requires_grad=True)
    N, C, *rest = case.shape
    classes = "CrossEntropy" in case.name
    values = rng.integers(0, C, (N, *rest)) if classes else rng.random(case.shape, np.float32)
    target = engine.tensor(values)

    def run() -> float:
        x.grad = None
        loss(x, target).backward()
        return 0.0

    return Step([loss], run)


def _update(engine: Engine, case: Case, rng: np.random.Generator) -> Step:
    p = engine.tensor(_normal(rng, case.shape), requires_grad=True)
    (p * engine.tensor(_normal(rng, (prod(case.shape),)))).sum().backward()
    optimizer = case.make(engine)([p])

    def run() -> float:
        optimizer.step()
        return 0.0

    return Step([], run)
