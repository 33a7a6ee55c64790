"""Saving and loading tensors: safetensors files, which hold numbers and no code."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file
from safetensors.numpy import save as serialized

from minigrad import dtypes
from minigrad.atomic import replace_file
from minigrad.tensor import Tensor

__all__ = ["load", "save"]


def save(obj: Mapping[str, Tensor], f: str | os.PathLike) -> None:
    """Write a mapping of names to tensors, such as a `state_dict`, to a safetensors file.

    Raises
    ------
    TypeError
        For anything else: there is no pickle here.
    """
    if not isinstance(obj, Mapping) or not all(isinstance(v, Tensor) for v in obj.values()):
        raise TypeError(
            "save: expected a mapping of names to Tensors, such as model.state_dict(); for a whole "
            "training run see minigrad.train.save_checkpoint"
        )
    # safetensors scrambles arrays that are not C-contiguous.
    arrays = {name: np.asarray(value.array, order="C") for name, value in obj.items()}
    replace_file(f, serialized(arrays))


def load(
    f: str | os.PathLike, map_location: Any = None, weights_only: bool = True
) -> dict[str, Tensor]:
    """Read the tensors of a safetensors file.

    Raises
    ------
    ValueError
        If the file is no safetensors file (a pickle of PyTorch's, say), or damaged.
    """
    try:
        arrays = load_file(f)
    except (SafetensorError, ValueError) as error:
        raise ValueError(
            f"load: {os.fspath(f)!r} is not a safetensors file, or it is damaged: {error}; files "
            "of torch.save hold code (pickle) and are not read: convert them with safetensors"
        ) from error
    return {name: Tensor.wrap(_known(array)) for name, array in arrays.items()}


def _known(array: np.ndarray) -> np.ndarray:
    return array.astype(dtypes.numpy_dtype(array.dtype, "load"), copy=False)
