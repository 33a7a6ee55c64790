"""Options as dataclasses, and a command line made from them.

Each field says once, in one place, what it is called, its type, default, bounds and help::

    @dataclass(frozen=True)
    class Options:
        epochs: int = option(12, "epochs to train", least=1)
        flip: bool = option(True, "mirror half of the pictures")

`parse` turns ``--epochs 20 --no-flip`` into ``Options(epochs=20, flip=False)``.
"""

from __future__ import annotations

import argparse
import dataclasses
import math
import types
import typing
from collections.abc import Sequence
from typing import Any, TypeVar

from minigrad.help_format import HelpFormatter

__all__ = [
    "add_options",
    "from_dict",
    "given_options",
    "option",
    "options_of",
    "parse",
    "value_problem",
    "value_type",
]

Options = TypeVar("Options")


def option(
    default: Any,
    help: str,
    *,
    choices: Sequence[Any] | None = None,
    least: float | None = None,
    most: float | None = None,
    above: float | None = None,
    metavar: str | None = None,
    group: str | None = None,
    short: str | None = None,
) -> Any:
    """Describe one field of a dataclass of options.

    Parameters
    ----------
    default : object
        Its value when it is not given; a list makes an option of several values.
    help : str
        What it does, in a line, with units.
    choices : sequence, optional
        All values that it may have.
    least, most, above : float, optional
        Bounds: at least, at most, greater than.
    metavar : str, optional
        What the help text calls its value.
    group : str, optional
        Heading under which the help text shows it, and those after it.
    short : str, optional
        A second, short flag.
    """
    metadata = {"help": help, "choices": choices, "least": least, "most": most, "above": above}
    metadata |= {"metavar": metavar, "group": group, "short": short}
    if isinstance(default, list):
        return dataclasses.field(default_factory=lambda: list(default), metadata=metadata)
    return dataclasses.field(default=default, metadata=metadata)


def add_options(parser: argparse.ArgumentParser, *kinds: type) -> None:
    """Add an argument for each field of dataclasses; names with "_" get "-" on the command line.

    Arguments that are not given leave no trace, so that `given_options` can tell.
    """
    target: Any = parser
    for kind in kinds:
        hints = typing.get_type_hints(kind)
        for field in dataclasses.fields(kind):
            if field.metadata.get("group"):
                target = parser.add_argument_group(field.metadata["group"])
            _add_option(target, field, hints[field.name])


def _add_option(target: Any, field: dataclasses.Field, hint: Any) -> None:
    kind, several = value_type(hint)
    default = _default(field)
    text = field.metadata["help"].replace("%", "%%")
    shown = "" if default is None or default == [] else f" (default: {_shown(default)})"
    settings: dict[str, Any] = {
        "dest": field.name,
        "default": argparse.SUPPRESS,
        "help": text + shown,
    }
    flags = ["--" + field.name.replace("_", "-")]
    flags += [field.metadata["short"]] if field.metadata["short"] else []
    if kind is bool:
        action: Any = "store_true" if default is False else argparse.BooleanOptionalAction
        target.add_argument(*flags, action=action, **settings)
        return
    if several:
        settings["nargs"] = "+"
    if field.metadata["choices"]:
        settings["choices"] = field.metadata["choices"]
    else:
        settings["metavar"] = field.metadata["metavar"] or _METAVARS.get(kind, "TEXT")
    target.add_argument(*flags, type=_converter(kind, field.metadata), **settings)


_METAVARS = {int: "N", float: "X", str: "TEXT"}


def _shown(default: Any) -> str:
    if isinstance(default, bool):
        return "yes" if default else "no"
    return " ".join(map(str, default)) if isinstance(default, list) else str(default)


def value_type(hint: Any) -> tuple[type, bool]:
    """Return the type of a value, and whether there are several: `list[str]`, `int | None`, ..."""
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        (hint,) = (part for part in typing.get_args(hint) if part is not type(None))
    if typing.get_origin(hint) is list:
        return typing.get_args(hint)[0], True
    return hint, False


def _default(field: dataclasses.Field) -> Any:
    if field.default_factory is not dataclasses.MISSING:
        return field.default_factory()
    return field.default


def _converter(kind: type, limits: Any) -> Any:
    def convert(text: str) -> Any:
        value = kind(text)
        problem = _problem(value, limits)
        if problem:
            raise argparse.ArgumentTypeError(f"{text} must be {problem}")
        return value

    convert.__name__ = {int: "whole number", float: "number"}.get(kind, kind.__name__)
    return convert


def _problem(value: Any, limits: Any) -> str:
    """Say how a value breaks its limits; nothing if it keeps them."""
    if isinstance(value, float) and not math.isfinite(value):
        return "finite"
    if limits["least"] is not None and value < limits["least"]:
        return f"at least {limits['least']}"
    if limits["most"] is not None and value > limits["most"]:
        return f"at most {limits['most']}"
    if limits["above"] is not None and value <= limits["above"]:
        return f"greater than {limits['above']}"
    return ""


def options_of(kind: type[Options], given: dict[str, Any]) -> Options:
    """Return the dataclass with the given values for its fields, and defaults for the others."""
    names = {field.name for field in dataclasses.fields(kind)}  # type: ignore[arg-type]
    return kind(**{name: value for name, value in given.items() if name in names})


def given_options(namespace: argparse.Namespace) -> dict[str, Any]:
    """Return the options that were given on the command line."""
    return vars(namespace)


def parse(
    kind: type[Options], arguments: Sequence[str] | None = None, description: str = ""
) -> Options:
    """Read a command line into a dataclass of options.

    Raises
    ------
    SystemExit
        Of status 2, after a message, if an argument is unknown or out of its bounds; of status 0
        after ``--help``.

    Examples
    --------
    >>> @dataclasses.dataclass(frozen=True)
    ... class Options:
    ...     epochs: int = option(12, "epochs to train", least=1)
    ...     flip: bool = option(True, "mirror half of the pictures")
    >>> parse(Options, ["--no-flip"])
    Options(epochs=12, flip=False)
    """
    parser = argparse.ArgumentParser(description=description, formatter_class=HelpFormatter)
    add_options(parser, kind)
    return options_of(kind, given_options(parser.parse_args(arguments)))


def from_dict(kind: type[Options], values: dict[str, Any], where: str) -> Options:
    """Make options from what a file holds, checking names, types, choices and bounds.

    Raises
    ------
    ValueError
        Naming `where` the values come from, and everything that is wrong with them.
    """
    hints = typing.get_type_hints(kind)
    fields = {field.name: field for field in dataclasses.fields(kind)}  # type: ignore[arg-type]
    problems = [f"{name} is unknown" for name in values if name not in fields]
    for name in values.keys() & fields.keys():
        problem = value_problem(values[name], fields[name], hints[name])
        if problem:
            problems.append(f"{name} (={values[name]!r}) must be {problem}")
    if problems:
        raise ValueError(f"{where}: " + "; ".join(problems))
    return kind(**values)


def value_problem(value: Any, field: dataclasses.Field, hint: Any) -> str:
    """Say how a value breaks the type, choices or bounds of a field; nothing if it keeps them."""
    kind, several = value_type(hint)
    if value is None:
        return "" if _default(field) is None else f"of type {kind.__name__}"
    if several and not isinstance(value, list):
        return "a list"
    entries = value if several else [value]
    wanted = (int, float) if kind is float else kind
    for entry in entries:
        if not isinstance(entry, wanted) or (isinstance(entry, bool) and kind is not bool):
            return f"of type {kind.__name__}"
        if field.metadata["choices"] and entry not in field.metadata["choices"]:
            return f"one of {', '.join(map(str, field.metadata['choices']))}"
        if kind in (int, float) and _problem(entry, field.metadata):
            return _problem(entry, field.metadata)
    return ""
