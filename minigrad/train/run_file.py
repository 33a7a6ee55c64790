"""Options from a TOML file, and the file that a run leaves behind.

::

    model = "unet"
    epochs = 20
    batch-size = 8          # as on the command line, or batch_size

    [network]               # tables only put things in order
    width = 32
"""

from __future__ import annotations

import dataclasses
import difflib
import json
import os
import tomllib
import typing
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from minigrad.atomic import replace_file
from minigrad.train.config import value_problem, value_type

__all__ = ["read_run_file", "write_run_file"]

_TABLES = ("data", "target", "adversary", "training", "run", "network")


def read_run_file(path: str | os.PathLike, *kinds: type) -> dict[str, Any]:
    """Read the options that a TOML file gives, checked as those of a command line are.

    Parameters
    ----------
    path : path
    kinds : type
        Dataclasses of options, whose fields it may set; and ``model``.

    Raises
    ------
    ValueError
        Naming the file and everything that is wrong with it, unknown names with the nearest
        spelling; or no TOML at all.
    OSError
        It cannot be read.
    """
    try:
        content = tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ValueError(f"{path} is not TOML: {error}") from error
    given, problems = _flattened(content)
    fields = {f.name: (f, typing.get_type_hints(k)[f.name]) for k in kinds for f in _fields(k)}
    values: dict[str, Any] = {}
    for name, value in given.items():
        if name == "model":
            problem = "" if isinstance(value, str) else "of type str"
        elif name not in fields:
            problems.append(f"{name} is unknown{_nearest(name, fields)}")
            continue
        else:
            kind, several = value_type(fields[name][1])
            if several and isinstance(value, str):
                value = [value]  # data = "bundled"
            problem = value_problem(value, *fields[name])
            if not problem and kind is float:
                value = [*map(float, value)] if isinstance(value, list) else float(value)
        if problem:
            problems.append(f"{name} (={value!r}) must be {problem}")
        values[name] = value
    if problems:
        raise ValueError(f"{path}: " + "; ".join(problems))
    return values


def _fields(kind: Any) -> tuple[dataclasses.Field, ...]:
    return dataclasses.fields(kind)


def _flattened(content: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """Return the values of all tables by name, with "_" for "-", and what is wrong with them."""
    given: dict[str, Any] = {}
    problems: list[str] = []
    for name, value in content.items():
        if isinstance(value, dict) and name not in _TABLES:
            problems.append(f"table [{name}] is unknown{_nearest(name, _TABLES)}")
            continue
        entries = value if isinstance(value, dict) else {name: value}
        for key, entry in entries.items():
            key = key.replace("-", "_")
            if key in given:
                problems.append(f"{key} stands there twice")
            given[key] = entry
    return given, problems


def _nearest(name: str, known: Any) -> str:
    near = difflib.get_close_matches(name, list(known), n=1)
    return f"; did you mean {near[0]}?" if near else f"; there are {', '.join(known)}"


def write_run_file(path: str | os.PathLike, model: str, *options: Mapping[str, Any]) -> None:
    """Write a run's options as a file that `read_run_file` reads; None is left out."""
    lines = ["# minigrad train --config trains another network with these options", ""]
    lines.append(f"model = {json.dumps(model)}")
    for values in options:
        lines += [
            f"{name.replace('_', '-')} = {json.dumps(value, ensure_ascii=False)}"
            for name, value in values.items()
            if value is not None
        ]
    replace_file(path, ("\n".join(lines) + "\n").encode("utf-8"))
