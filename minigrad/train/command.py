"""The command that trains: options in, exit status out, errors as one clear line."""

from __future__ import annotations

import argparse
import dataclasses
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console

from minigrad.data import DataError
from minigrad.help_format import HelpFormatter
from minigrad.train.checkpoint import CheckpointError, load_state
from minigrad.train.colorization import ColorizationRun
from minigrad.train.config import add_options, from_dict, given_options, option, options_of
from minigrad.train.folder import RunFolder, RunFolderError, latest_run, unused_folder
from minigrad.train.networks import network_options, run_options
from minigrad.train.options import FREE_ON_RESUME, ColorizationOptions
from minigrad.train.run_file import read_run_file, write_run_file
from minigrad.train.trainer import DivergedError

__all__ = ["FileOptions", "RUNS", "guarded", "parser_for", "train_command"]

RUNS = Path("runs")
"""Folder of the runs' folders."""

_EXPECTED = (
    CheckpointError,
    RunFolderError,
    DivergedError,
    DataError,
    ValueError,
    OSError,
    MemoryError,
)


@dataclasses.dataclass(frozen=True)
class FileOptions:
    """Where options may come from besides the command line."""

    config: str | None = option(
        None,
        "read options from this TOML file; those on the command line go before it. Every run "
        "leaves its own behind: run.toml",
        metavar="FILE",
    )


def guarded(action: Callable[[], int]) -> int:
    """Run a command; what a user can mend becomes a message and exit status 1."""
    try:
        return action()
    except KeyboardInterrupt:
        print("\ninterrupted", file=sys.stderr)
        return 130
    except _EXPECTED as error:
        print(f"error: {error or type(error).__name__}", file=sys.stderr)
        return 1


def parser_for(description: str, program: str | None = None) -> argparse.ArgumentParser:
    """Return a parser that shows a description as it stands."""
    return argparse.ArgumentParser(
        prog=program,
        description=description,
        formatter_class=HelpFormatter,
    )


def train_command(
    name: str,
    description: str,
    arguments: Sequence[str] | None = None,
    program: str | None = None,
) -> int:
    """Train the network of a name from the command line.

    Parameters
    ----------
    name : str
        In `minigrad.models.MODELS`; also the name of the run's folder.
    description : str
        Heads the help text.
    arguments : sequence of str, optional
        The command line's by default.
    program : str, optional
        What the help text calls the command.

    Returns
    -------
    int
        Exit status: 0 done, 1 an error, 130 interrupted by Ctrl-C.
    """
    kinds = (run_options(name), network_options(name))
    parser = parser_for(description, program)
    add_options(parser, *kinds, FileOptions)
    given = given_options(parser.parse_args(arguments))
    return guarded(lambda: _train(name, *kinds, given))


def _train(name: str, kind: type[ColorizationOptions], network: type, given: dict[str, Any]) -> int:
    console = Console()
    file = given.pop("config", None)
    if file is not None:
        found = read_run_file(file, kind, network)
        if found.pop("model", name) != name:
            raise ValueError(f"{file} is of another model; {name} is what is being trained")
        given = {**found, **given}
    if not given.get("resume"):
        options: ColorizationOptions = options_of(kind, given)
        form: Any = options_of(network, given)
        path = Path(options.out) if options.out else unused_folder(RUNS / name)
        with RunFolder(path) as folder:
            _leave_run_file(folder, name, options, form)
            return ColorizationRun(name, options, form, console).go(folder)
    path = Path(given["out"]) if given.get("out") else latest_run(RUNS, name)
    with RunFolder(path, resume=True) as folder:
        state = load_state(folder / RunFolder.MARK)
        options, form = _resumed(state, name, (kind, network), given, folder / RunFolder.MARK)
        return ColorizationRun(name, options, form, console, state).go(folder)


def _leave_run_file(folder: RunFolder, name: str, options: Any, form: Any) -> None:
    kept = {k: v for k, v in dataclasses.asdict(options).items() if k not in ("out", "resume")}
    path = folder / "run.toml"
    try:
        write_run_file(path, name, kept, dataclasses.asdict(form))
    except OSError as error:
        raise RunFolderError(
            f"{path} could not be written: {error}; free some space, or choose another folder "
            "(--out)"
        ) from error


def _resumed(
    state: dict[str, Any],
    name: str,
    kinds: tuple[type[ColorizationOptions], type],
    given: dict[str, Any],
    path: Path,
) -> tuple[ColorizationOptions, Any]:
    """Return a checkpoint's options; given ones change them where they are free, or more epochs."""
    where = f"checkpoint {path}"
    try:
        if state["kind"] != "colorization" or state["model"]["name"] != name:
            raise CheckpointError(f"{where} is not of a run of {name}")
        options = from_dict(kinds[0], state["options"], where)
        form: Any = from_dict(kinds[1], state["network"], where)
    except (KeyError, TypeError, AttributeError) as error:
        raise CheckpointError(f"{where} is not of a run that can go on: {error}") from error
    kept = dataclasses.asdict(options) | dataclasses.asdict(form)
    free = {key: value for key, value in given.items() if key in FREE_ON_RESUME}
    if given.get("epochs", 0) > options.epochs:
        free["epochs"] = given["epochs"]
    changed = [
        f"--{key.replace('_', '-')} {value} (the run has {kept[key]})"
        for key, value in given.items()
        if key in kept and key not in free and value != kept[key]
    ]
    if changed:
        raise CheckpointError(
            f"{where} goes on with the options it was made with; leave out {', '.join(changed)}, "
            "or start a new run (without --resume)"
        )
    return dataclasses.replace(options, **free), form
