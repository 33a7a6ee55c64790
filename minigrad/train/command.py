"""The command lines of the examples: options in, exit status out, errors as one clear line."""

from __future__ import annotations

import argparse
import dataclasses
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from PIL import Image
from rich.console import Console

from minigrad.data import DataError, load_picture
from minigrad.train.checkpoint import CheckpointError, load_state
from minigrad.train.colorization import ColorizationRun
from minigrad.train.colorize import BATCH_NORM_MODES, colour_name, load_colorizer
from minigrad.train.config import add_options, from_dict, given_options, option, options_of
from minigrad.train.folder import RunFolder, RunFolderError, latest_run, unused_folder
from minigrad.train.options import FREE_ON_RESUME, ColorizationOptions
from minigrad.train.trainer import DivergedError

__all__ = ["ColorizeOptions", "UseOptions", "colorize_command", "train_command"]

_RUNS = Path("runs")
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
class UseOptions:
    """What a training script can do instead of training."""

    colorize: list[str] | None = option(  # noqa: RUF009 - dataclasses.field, described
        None,
        "colour these pictures with a trained network; --out is the folder for the results",
        metavar="PICTURE",
        group="instead of training",
    )
    checkpoint: str | None = option(
        None, "network to colour with (default: the best of the newest run)", metavar="FILE"
    )


@dataclasses.dataclass(frozen=True)
class ColorizeOptions:
    """How pictures are colorized."""

    checkpoint: str | None = option(
        None, "network to colour with (default: the best of the newest run)", metavar="FILE"
    )
    out: str = option("colorized", "folder for the results", metavar="DIR")
    scale: int | None = option(
        None,
        "shorter side of the picture that the network sees, if it is smaller than the picture's "
        "own [pixels] (default: that of the pictures it learned from)",
        least=8,
    )
    batch_norm: str | None = option(
        None,
        "normalise by the training pictures' statistics, or by those of the picture itself "
        "(default: as the checkpoint says)",
        choices=BATCH_NORM_MODES,
    )
    dropout: bool = option(False, "keep dropout on, as pix2pix does")
    saturation: float = option(1.0, "factor on the colours: 1 leaves them, 0 is gray", least=0)
    tile: int = option(
        512, "side of the tiles that large pictures go through the network in [pixels]", least=32
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


def train_command(
    name: str, network: type, description: str, arguments: Sequence[str] | None = None
) -> int:
    """Train the network of a name from the command line, or use a trained one.

    Parameters
    ----------
    name : str
        In `minigrad.models.MODELS`; also the name of the run's folder.
    network : type
        Dataclass of the network's options.
    description : str
        Heads the help text.
    arguments : sequence of str, optional
        The command line's by default.

    Returns
    -------
    int
        Exit status: 0 done, 1 an error, 130 interrupted by Ctrl-C.
    """
    parser = _parser(description)
    add_options(parser, ColorizationOptions, network, UseOptions)
    given = given_options(parser.parse_args(arguments))
    if given.get("colorize"):
        options = options_of(ColorizeOptions, given)
        return guarded(lambda: _colorize(given["colorize"], options, name))
    return guarded(lambda: _train(name, network, given))


def _parser(description: str) -> argparse.ArgumentParser:
    return argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )


def _train(name: str, network: type, given: dict[str, Any]) -> int:
    console = Console()
    if not given.get("resume"):
        options: ColorizationOptions = options_of(ColorizationOptions, given)
        form: Any = options_of(network, given)
        path = Path(options.out) if options.out else unused_folder(_RUNS / name)
        with RunFolder(path) as folder:
            return ColorizationRun(name, options, form, console).go(folder)
    path = Path(given["out"]) if given.get("out") else latest_run(_RUNS, name)
    with RunFolder(path, resume=True) as folder:
        state = load_state(folder / RunFolder.MARK)
        options, form = _resumed(state, name, network, given, folder / RunFolder.MARK)
        return ColorizationRun(name, options, form, console, state).go(folder)


def _resumed(
    state: dict[str, Any], name: str, network: type, given: dict[str, Any], path: Path
) -> tuple[ColorizationOptions, Any]:
    """Return a checkpoint's options; given ones change them where they are free, or more epochs."""
    where = f"checkpoint {path}"
    try:
        if state["kind"] != "colorization" or state["model"]["name"] != name:
            raise CheckpointError(f"{where} is not of a run of {name}")
        options: ColorizationOptions = from_dict(ColorizationOptions, state["options"], where)
        form: Any = from_dict(network, state["model"]["options"], where)
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


def colorize_command(description: str, arguments: Sequence[str] | None = None) -> int:
    """Colorize pictures from the command line; returns the exit status."""
    parser = _parser(description)
    parser.add_argument("pictures", nargs="+", metavar="PICTURE", help="pictures of any size")
    add_options(parser, ColorizeOptions)
    given = given_options(parser.parse_args(arguments))
    options = options_of(ColorizeOptions, given)
    return guarded(lambda: _colorize(given["pictures"], options, None))


def _colorize(pictures: Sequence[str], options: ColorizeOptions, name: str | None) -> int:
    console = Console()
    checkpoint = options.checkpoint or latest_run(_RUNS, name) / "best.safetensors"
    changes: dict[str, Any] = {"saturation": options.saturation, "tile": options.tile}
    changes |= {"dropout": True} if options.dropout else {}
    changes |= {"scale": options.scale} if options.scale is not None else {}
    changes |= {"batch_norm": options.batch_norm} if options.batch_norm is not None else {}
    colorizer, _ = load_colorizer(checkpoint, **changes)
    folder = Path(options.out)
    folder.mkdir(parents=True, exist_ok=True)
    written: list[str] = []
    for path in pictures:
        image = load_picture(path)
        written.append(colour_name(path, written))
        Image.fromarray(colorizer(image)).save(folder / written[-1])
        H, W = image.shape[:2]
        console.print(
            f"{path} ({W} x {H}) -> {folder / written[-1]}", highlight=False, soft_wrap=True
        )
    return 0
