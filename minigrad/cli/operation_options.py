"""The options that say which operation on which numbers: of ``minigrad explain`` and ``check``."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any

import numpy as np

from minigrad.teach import parse_matrix

__all__ = ["SETTINGS", "add_options", "operation_arrays", "operation_settings", "pair_option"]

SETTINGS: dict[str, Sequence[str]] = {
    "conv2d": ("stride", "padding", "dilation", "groups"),
    "conv_transpose2d": ("stride", "padding", "output_padding", "dilation", "groups"),
    "max_pool2d": ("kernel_size", "stride", "padding", "dilation", "ceil_mode"),
    "avg_pool2d": (
        "kernel_size", "stride", "padding", "ceil_mode", "count_include_pad", "divisor_override",
    ),
    "adaptive_avg_pool2d": ("output_size",),
    "upsample": ("scale_factor", "size", "mode", "align_corners"),
    "batch_norm": ("eps", "over"),
    "linear": (),
}  # fmt: skip
"""Operation: its settings, as PyTorch names them."""


def add_options(parser: argparse.ArgumentParser) -> None:
    """The numbers and the settings of an operation."""
    given = parser.add_argument_group("numbers")
    given.add_argument("--input", metavar="MATRIX", help="x")
    given.add_argument("--weight", metavar="MATRIX", help="w")
    given.add_argument("--bias", metavar="VECTOR", help="b; none by default")
    given.add_argument(
        "--gy", metavar="MATRIX", help="gradient at the output: 1, 2, 3, ... or ones"
    )
    given.add_argument(
        "--then", metavar="MATRIX", action="append", default=[],
        help="weight of the next linear layer, or of a convolution after upsample; may be repeated",
    )  # fmt: skip
    given.add_argument("--activation", choices=["relu", "abs", "none"], default="relu",
                       help="between linear layers (relu)")  # fmt: skip
    given.add_argument("--seed", type=int, default=0, help="of random numbers (0)")
    how = parser.add_argument_group("settings, as in PyTorch; pairs are written 2,1 or 2x1")
    for name in ("stride", "padding", "output-padding", "dilation", "kernel-size", "output-size"):
        how.add_argument(f"--{name}", type=pair_option, metavar="N")
    how.add_argument("--groups", type=int, metavar="N")
    how.add_argument("--ceil-mode", action="store_true", default=None)
    how.add_argument("--no-count-include-pad", dest="count_include_pad", action="store_false",
                     default=None)  # fmt: skip
    how.add_argument("--divisor-override", type=int, metavar="N")
    how.add_argument("--scale-factor", type=float, metavar="F")
    how.add_argument(
        "--size", type=pair_option, metavar="N", help="of upsample's output; of the picture"
    )
    how.add_argument("--mode", choices=["nearest", "bilinear"])
    how.add_argument("--align-corners", action="store_true", default=None)
    how.add_argument("--eps", type=float, metavar="F")
    how.add_argument(
        "--over", metavar="AXES", help="axes that share statistics: NHW (batch norm), CHW, HW, ..."
    )


def pair_option(text: str) -> Any:
    """Read ``2``, ``2,1`` or ``2x1``."""
    parts = text.lower().replace("x", ",").split(",")
    try:
        numbers = tuple(int(part) for part in parts)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no number or pair such as 2,1") from None
    if len(numbers) not in (1, 2):
        raise argparse.ArgumentTypeError(f"{text!r} is no number or pair such as 2,1")
    return numbers[0] if len(numbers) == 1 else numbers


def operation_settings(options: argparse.Namespace, name: str) -> dict[str, Any]:
    """The settings that were given, and the window or factor where none was.

    Raises
    ------
    ValueError
        The operation has no such setting.
    """
    settings = {
        key: getattr(options, key)
        for key in SETTINGS[name]
        if getattr(options, key, None) is not None
    }
    if "pool2d" in name and not name.startswith("adaptive"):
        settings.setdefault("kernel_size", 2)
    if name.startswith("adaptive"):
        settings.setdefault("output_size", 2)
    if name == "upsample" and not {"size", "scale_factor"} & set(settings):
        settings["scale_factor"] = 2.0
    _refuse_foreign(options, name)
    return settings


def _refuse_foreign(options: argparse.Namespace, name: str) -> None:
    """A setting that the operation does not have is an error, not ignored."""
    known = {key for keys in SETTINGS.values() for key in keys}
    for key in sorted(known - set(SETTINGS[name])):
        if getattr(options, key, None) is not None:
            words = ", ".join(f"--{word.replace('_', '-')}" for word in SETTINGS[name]) or "none"
            raise ValueError(f"{name} has no --{key.replace('_', '-')}; its settings are {words}")
    if options.then and name not in ("linear", "upsample"):
        raise ValueError(f"--then is for linear and upsample, not for {name}")
    if options.weight is not None and ("pool2d" in name or name == "upsample"):
        raise ValueError(f"{name} has no weight")


def operation_arrays(options: argparse.Namespace, name: str) -> list[np.ndarray | None]:
    """Input, weight and bias; what is not given is drawn."""
    sizes = {
        "conv2d": ("4x4", "3x3"),
        "conv_transpose2d": ("3x3", "3x3"),
        "linear": ("2x3", "2x3"),
        "batch_norm": ("2,2,2,3", ""),
    }
    x_size, w_size = sizes.get(name, ("6x6" if "pool" in name else "2x3", ""))
    x = parse_matrix(options.input or f"random {x_size}", options.seed, "--input")
    arrays: list[np.ndarray | None] = [x]
    if name == "linear" and options.weight is None:
        w_size = f"2x{x.shape[-1]}"
    if w_size or options.weight is not None:
        # Another seed than the input's, or they would begin with the same numbers.
        text = options.weight or f"random {w_size}"
        arrays.append(parse_matrix(text, options.seed + 1, "--weight"))
    elif name == "batch_norm":
        arrays.append(None)
    if options.bias is not None:
        arrays.append(parse_matrix(options.bias, options.seed + 2, "--bias").ravel())
    return arrays
