"""Checkpoints: arrays and settings in one safetensors file, whole or not at all.

A file is written under a temporary name, flushed to the disk and renamed, so that whatever happens
the old file or the new one is there, whole.  It holds numbers and JSON only: reading runs no code.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from minigrad.atomic import replace_file

__all__ = [
    "CheckpointError",
    "FORMAT_VERSION",
    "below",
    "load_checkpoint",
    "load_state",
    "save_checkpoint",
]

FORMAT_VERSION = 2
"""Raised whenever a file of the old form can no longer be read."""

_FORMAT = "minigrad checkpoint"


class CheckpointError(RuntimeError):
    """A checkpoint that cannot be written, or that is damaged, foreign or of another model."""


def save_checkpoint(
    path: str | os.PathLike, arrays: Mapping[str, np.ndarray], state: Mapping[str, Any]
) -> None:
    """Write ``arrays`` and ``state`` (anything JSON can hold) to ``path``, atomically.

    Raises
    ------
    CheckpointError
        If the file cannot be written (a full disk, a read-only folder); an older file of that name
        is then still whole.
    """
    # safetensors scrambles arrays that are not C-contiguous.
    contents = {name: np.asarray(array, order="C") for name, array in arrays.items()}
    metadata = {
        "format": _FORMAT,
        "version": str(FORMAT_VERSION),
        "state": json.dumps(state, allow_nan=True),
    }
    data = save(contents, metadata)
    try:
        replace_file(path, data)
    except OSError as error:
        raise CheckpointError(
            f"checkpoint {path} could not be written ({len(data)} bytes): {error}; an older file "
            "of that name is unchanged. Free some space, or choose another folder (--out)"
        ) from error


def load_checkpoint(
    path: str | os.PathLike, expected: Mapping[str, tuple[int, ...]] | None = None
) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Read a file that `save_checkpoint` wrote.

    Parameters
    ----------
    path : path
    expected : mapping of str to shape, optional
        Arrays that must be there, in these shapes; checked on the header, before any is read.

    Returns
    -------
    arrays : dict of str to numpy.ndarray
    state : dict

    Raises
    ------
    CheckpointError
        If the file is missing, damaged, not a minigrad checkpoint, of a newer version, or lacks
        what was expected; the message lists every difference.
    """
    with _opened(path) as file:
        state = _state(path, file.metadata() or {})
        _compare(path, file, expected or {})
        arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    return arrays, state


def load_state(path: str | os.PathLike) -> dict[str, Any]:
    """Read the state of a checkpoint without its arrays.

    Raises
    ------
    CheckpointError
        As `load_checkpoint`.
    """
    with _opened(path) as file:
        return _state(path, file.metadata() or {})


@contextlib.contextmanager
def _opened(path: str | os.PathLike) -> Iterator[Any]:
    try:
        with safe_open(path, framework="numpy") as file:
            yield file
    except FileNotFoundError as error:
        raise CheckpointError(f"checkpoint {path} does not exist") from error
    except (OSError, SafetensorError, ValueError, TypeError, KeyError) as error:
        raise CheckpointError(
            f"checkpoint {path} is not a minigrad checkpoint, or it is damaged: {error}"
        ) from error


def _state(path: Any, metadata: Mapping[str, str]) -> dict[str, Any]:
    if metadata.get("format") != _FORMAT:
        raise CheckpointError(f"checkpoint {path} was not written by minigrad")
    version = int(metadata["version"])
    if version != FORMAT_VERSION:
        raise CheckpointError(
            f"checkpoint {path} is of format {version}, this minigrad reads {FORMAT_VERSION}"
        )
    state = json.loads(metadata["state"])
    if not isinstance(state, dict):
        raise ValueError("its state is not a JSON object")
    return state


def _compare(path: Any, file: Any, expected: Mapping[str, tuple[int, ...]]) -> None:
    present = set(file.keys())
    problems = [f"{name} is missing" for name in expected if name not in present]
    for name in sorted(present & set(expected)):
        shape = tuple(file.get_slice(name).get_shape())
        if shape != tuple(expected[name]):
            problems.append(f"{name} has shape {shape}, expected {tuple(expected[name])}")
    if problems:
        listed = "\n  ".join(problems)
        raise CheckpointError(f"checkpoint {path} is of another model:\n  {listed}")


def below(prefix: str, arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return the arrays whose names start with a prefix, without it."""
    return {k.removeprefix(prefix): a for k, a in arrays.items() if k.startswith(prefix)}
