"""``minigrad warmup``: compile the kernels ahead of the first use."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

from rich.console import Console

from minigrad import kernels, nn, no_grad, optim
from minigrad.creation import zeros
from minigrad.draws import randn
from minigrad.dtypes import dtype, float32, float64, int64
from minigrad.errors import DTypeError

__all__ = ["compile_all", "main", "tour"]

Run = Callable[[dtype], object]
_DTYPES = {"float32": [float32], "float64": [float64], "both": [float32, float64]}

_PICTURES = (2, 8, 17, 36)
_LAYERS: list[tuple[nn.Module, tuple[int, ...]]] = [
    (nn.Conv2d(1, 8, 3, padding=1), (2, 1, 17, 36)),
    (nn.Conv2d(8, 16, 3, padding=1), _PICTURES),
    (nn.Conv2d(64, 64, 3, padding=1), (2, 64, 28, 36)),
    (nn.Conv2d(8, 16, 3, stride=2, padding=1), _PICTURES),
    (nn.Conv2d(8, 16, 4, stride=2, padding=1), _PICTURES),
    (nn.Conv2d(64, 64, 4, stride=2, padding=1), (2, 64, 2, 2)),
    (nn.Conv2d(64, 64, 4, stride=2, padding=1), (4, 64, 52, 52)),
    (nn.Conv2d(64, 64, 4, padding=1), (4, 64, 27, 27)),
    (nn.Conv2d(8, 16, 5, stride=3, dilation=2), _PICTURES),
    (nn.Conv2d(8, 32, 1), _PICTURES),
    (nn.Conv2d(8, 2, 3, padding=1), _PICTURES),
    (nn.Conv2d(8, 8, 3, padding=1, groups=8), _PICTURES),
    (nn.Conv2d(8, 8, 3, stride=2, padding=1, groups=8), _PICTURES),
    (nn.Conv2d(8, 16, 3, padding=1, groups=2), _PICTURES),
    (nn.ConvTranspose2d(8, 16, 2, stride=2), _PICTURES),
    (nn.ConvTranspose2d(8, 16, 3, stride=2, padding=1, output_padding=1), _PICTURES),
    (nn.ConvTranspose2d(8, 16, 4, stride=2, padding=1), _PICTURES),
    (nn.ConvTranspose2d(64, 64, 4, stride=2, padding=1), (4, 64, 26, 26)),
    (nn.ConvTranspose2d(8, 2, 4, stride=2, padding=1), _PICTURES),
    (nn.ConvTranspose2d(8, 16, 3, padding=1), _PICTURES),
    (nn.Sequential(nn.Upsample(scale_factor=2), nn.Conv2d(8, 16, 3, padding=1)), _PICTURES),
    (nn.Conv1d(8, 16, 3), (2, 8, 36)),
    (nn.Linear(40, 24), (12, 40)),
    (nn.Linear(512, 512), (128, 512)),
    (nn.Linear(4096, 512), (4, 4096)),
    (nn.Linear(4, 512), (128, 4)),
    (nn.BatchNorm2d(8), _PICTURES),
    (nn.BatchNorm2d(8).eval(), _PICTURES),
    (nn.Sequential(nn.BatchNorm2d(8), nn.LeakyReLU()), _PICTURES),
    (nn.InstanceNorm2d(8), _PICTURES),
    (nn.GroupNorm(2, 8), _PICTURES),
    (nn.LayerNorm(36), _PICTURES),
    (nn.LayerNorm(4096), (4, 4096)),
    (nn.MaxPool2d(2), _PICTURES),
    (nn.MaxPool2d(3, 2, 1), _PICTURES),
    (nn.MaxPool2d(2, return_indices=True), _PICTURES),
    (nn.AvgPool2d(2), _PICTURES),
    (nn.AvgPool2d(3, 2, 1), _PICTURES),
    (nn.AdaptiveAvgPool2d(1), _PICTURES),
    (nn.AdaptiveAvgPool2d((3, 5)), _PICTURES),
    (nn.AdaptiveMaxPool2d((3, 5)), _PICTURES),
    (nn.Upsample(scale_factor=2), _PICTURES),
    (nn.Upsample(scale_factor=2, mode="bilinear"), _PICTURES),
    (nn.Upsample(size=(20, 50), mode="bilinear", align_corners=True), _PICTURES),
    (nn.PixelShuffle(2), _PICTURES),
    (nn.PixelUnshuffle(2), (2, 8, 18, 36)),
    (nn.ReflectionPad2d(2), _PICTURES),
    (nn.Unfold(3), _PICTURES),
    (nn.Fold((17, 36), 3), (2, 72, 510)),
    (nn.Dropout(), _PICTURES),
    (nn.Dropout2d(), _PICTURES),
    (nn.Softmax(dim=1), _PICTURES),
    (nn.LogSoftmax(dim=1), _PICTURES),
    (nn.Softmax(dim=-1), (40, 50)),
    (nn.LogSoftmax(dim=-1), (40, 50)),
]
_CURVES: list[nn.Module] = [
    nn.ReLU(),
    nn.LeakyReLU(),
    nn.Sigmoid(),
    nn.Tanh(),
    nn.GELU(),
    nn.SiLU(),
    nn.Softplus(),
    nn.Mish(),
    nn.ELU(),
    nn.SELU(),
    nn.CELU(),
    nn.Hardswish(),
    nn.Hardsigmoid(),
    nn.Hardtanh(),
    nn.ReLU6(),
    nn.Softsign(),
    nn.LogSigmoid(),
    nn.GELU(approximate="tanh"),
]
_LOSSES: list[nn.Module] = [
    nn.MSELoss(),
    nn.L1Loss(),
    nn.SmoothL1Loss(),
    nn.HuberLoss(),
    nn.BCEWithLogitsLoss(),
    nn.KLDivLoss(reduction="batchmean"),
]
_OPTIMIZERS: list[tuple[type[optim.Optimizer], dict[str, Any]]] = [
    (optim.SGD, {"lr": 0.1}),
    (optim.SGD, {"lr": 0.1, "momentum": 0.9}),
    (optim.Adam, {}),
    (optim.AdamW, {}),
    (optim.RMSprop, {"lr": 0.1}),
]


def tour() -> Iterator[tuple[str, Run]]:
    """What a warm-up runs: the name of each layer, loss and optimizer, and a function of a dtype.

    Each is run forward and backward, at a small size; the sizes meet every way of computing that
    the kernels choose by shape.
    """
    for layer, shape in _LAYERS + [(curve, _PICTURES) for curve in _CURVES]:
        yield type(layer).__name__, partial(_pass, layer, shape)
    for loss in _LOSSES:
        yield type(loss).__name__, partial(_loss, loss)
    yield "CrossEntropyLoss", _cross_entropy
    for optimizer, options in _OPTIMIZERS:
        yield optimizer.__name__, partial(_step, optimizer, options)


def _pass(layer: nn.Module, shape: tuple[int, ...], kind: dtype) -> None:
    layer = layer.to(kind)
    x = randn(*shape, dtype=kind, requires_grad=True)
    y = layer(x)
    (y[0] if isinstance(y, tuple) else y).sum().backward()
    with no_grad():
        layer(x)
    layer.zero_grad()


def _loss(loss: nn.Module, kind: dtype) -> None:
    x = randn(*_PICTURES, dtype=kind, requires_grad=True)
    loss(x, randn(*_PICTURES, dtype=kind).sigmoid()).backward()


def _cross_entropy(kind: dtype) -> None:
    N, _, H, W = _PICTURES
    x = randn(*_PICTURES, dtype=kind, requires_grad=True)
    nn.CrossEntropyLoss()(x, zeros(N, H, W, dtype=int64)).backward()
    nn.CrossEntropyLoss()(x[:, :, 0, 0], zeros(N, dtype=int64)).backward()
    nn.NLLLoss()(x, zeros(N, H, W, dtype=int64)).backward()


def _step(optimizer: type[optim.Optimizer], options: dict[str, Any], kind: dtype) -> None:
    p = randn(100, dtype=kind, requires_grad=True)
    steps = optimizer([p], **options)
    for _ in range(2):
        (p * p).sum().backward()
        steps.step()


def compile_all(kind: dtype, report: Callable[[str], object] = lambda name: None) -> list[str]:
    """Compile what is not compiled yet, for one dtype; returns the names of the kernels.

    Parameters
    ----------
    kind : dtype
        float32 or float64.
    report : callable
        Called with the name of each kernel before it is compiled.

    Raises
    ------
    TypeError
        For another dtype.
    """
    if kind not in (float32, float64):
        raise DTypeError(f"compile_all: kind must be float32 or float64, got {kind}")
    compiled: list[str] = []

    def note(name: str) -> None:
        compiled.append(name)
        report(name)

    previous = kernels.on_compile(note)
    try:
        for _, run in tour():
            run(kind)
    finally:
        kernels.on_compile(previous)
    return compiled


def main(arguments: Sequence[str] | None = None) -> int:
    """Compile; returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="minigrad warmup",
        description="Compile the kernels ahead of the first use. They are kept on disk (see "
        "minigrad doctor), so this is needed once on a machine, and never required: what is "
        "missing is compiled when it is first used.",
    )
    parser.add_argument(
        "--dtype",
        choices=_DTYPES,
        default="float32",
        help="numbers to compile for (default: float32, which networks train in)",
    )
    options = parser.parse_args(arguments)
    console, begun, count = Console(), time.perf_counter(), 0
    for kind in _DTYPES[options.dtype]:
        with console.status("compiling kernels, once") as status:
            names = compile_all(kind, lambda name: status.update(f"compiling {name}"))
        count += len(names)
    seconds = time.perf_counter() - begun
    where = kernels.rates.cache_folder()
    kept = f"kept in {where}" if where else "not kept: there is no folder to write to"
    console.print(f"{count} kernels compiled in {seconds:.0f} s, {kept}", soft_wrap=True)
    return 0
