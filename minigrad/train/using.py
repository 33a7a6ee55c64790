"""The commands that use a trained network: colorize pictures, and measure how well it does."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from rich.console import Console

from minigrad import kernels
from minigrad.data import DATA_HELP, ColorizationCrops, load_picture
from minigrad.metrics import (
    DEFINITIONS,
    FileEncoder,
    FixedEncoder,
    definitions_text,
    load_encoder,
)
from minigrad.train.checkpoint import CheckpointError
from minigrad.train.colorize import Colorizer, colour_name, load_colorizer
from minigrad.train.command import RUNS, guarded, parser_for
from minigrad.train.config import add_options, from_dict, given_options, option, options_of
from minigrad.train.evaluate import (
    Evaluation,
    evaluate_crops,
    evaluate_pictures,
    full_table,
    save_evaluations,
)
from minigrad.train.folder import latest_run
from minigrad.train.inference import BATCH_NORM_MODES
from minigrad.train.networks import run_options
from minigrad.train.options import ColorizationOptions
from minigrad.train.pictures import load_pictures, load_run_pictures
from minigrad.train.targets import ClassTarget

__all__ = ["ColorizeOptions", "EvaluateOptions", "colorize_command", "evaluate_command"]


@dataclasses.dataclass(frozen=True)
class UseOptions:
    """How a trained network is used."""

    checkpoint: str | None = option(
        None, "the network (default: the best of the newest run)", metavar="FILE"
    )
    scale: int | None = option(
        None,
        "shorter side of the picture that the network sees, if it is smaller than the picture's "
        "own [pixels]; more gives stronger colours, and more wrong ones (default: the side of its "
        "training crops)",
        least=8,
    )
    batch_norm: str | None = option(
        None,
        "normalise by the training pictures' statistics, or by those of the picture itself "
        "(default: as the checkpoint says)",
        choices=BATCH_NORM_MODES,
    )
    dropout: bool | None = option(
        None, "keep dropout on, as pix2pix does (default: as the checkpoint says)"
    )
    temperature: float | None = option(
        None,
        "of the annealed mean, where the network scores colours; 0 takes the likeliest "
        "(default: as the checkpoint says)",
        least=0,
    )
    saturation: float = option(1.0, "factor on the colours: 1 leaves them, 0 is gray", least=0)
    tile: int = option(
        512, "side of the tiles that large pictures go through the network in [pixels]", least=32
    )


@dataclasses.dataclass(frozen=True)
class ColorizeOptions(UseOptions):
    """How pictures are colorized."""

    out: str = option("colorized", "folder for the results", metavar="DIR", short="-o")


@dataclasses.dataclass(frozen=True)
class EvaluateOptions(UseOptions):
    """What a network is measured on."""

    data: list[str] | None = option(  # noqa: RUF009 - a field()
        None,
        f"measure on all of these: {DATA_HELP} (default: the pictures and crops that the run held "
        "out)",
        metavar="DATA",
    )
    recursive: bool = option(False, "look for pictures in subfolders too")
    bad_pictures: str = option(
        "stop", "what to do about pictures that cannot be read", choices=("stop", "skip")
    )
    features: str | None = option(
        None,
        "take the Frechet distance of the features of this file's network (Inception, say): a "
        "safetensors file as minigrad.metrics.feature_file describes it (default: of our own fixed "
        "encoder)",
        metavar="FILE",
    )
    most: int = option(200, "measure at most N pictures and N crops", least=1)
    json: str | None = option(None, "write the numbers to this file, too", metavar="FILE")
    threads: int | None = option(None, "cores to compute on (default: all)", least=1)


def colorize_command(
    description: str, arguments: Sequence[str] | None = None, program: str | None = None
) -> int:
    """Colorize pictures from the command line; returns the exit status."""
    parser = parser_for(description, program)
    parser.add_argument("pictures", nargs="+", metavar="PICTURE", help="pictures of any size")
    add_options(parser, ColorizeOptions)
    given = given_options(parser.parse_args(arguments))
    options = options_of(ColorizeOptions, given)
    return guarded(lambda: _colorize(given["pictures"], options))


def _colorizer(options: UseOptions) -> tuple[Colorizer, dict[str, Any]]:
    checkpoint = options.checkpoint or latest_run(RUNS) / "best.safetensors"
    wanted = {name: getattr(options, name) for name in ("scale", "batch_norm", "dropout")}
    changes = {name: value for name, value in wanted.items() if value is not None}
    colorizer, state = load_colorizer(
        checkpoint, saturation=options.saturation, tile=options.tile, **changes
    )
    if options.temperature is not None:
        if not isinstance(colorizer.target, ClassTarget):
            raise ValueError(
                f"--temperature {options.temperature}: this network puts out "
                f"{colorizer.target.name}, no scores"
            )
        colorizer.target.temperature = options.temperature
    return colorizer, state


def _colorize(pictures: Sequence[str], options: ColorizeOptions) -> int:
    console = Console()
    colorizer, _ = _colorizer(options)
    folder = Path(options.out)
    folder.mkdir(parents=True, exist_ok=True)
    written: list[str] = []
    for path in pictures:
        image = load_picture(path)
        written.append(colour_name(path, written))
        Image.fromarray(colorizer(image)).save(folder / written[-1])
        H, W = image.shape[:2]
        console.print(
            f"{path} ({W} x {H}) -> {folder / written[-1]}",
            highlight=False, markup=False, soft_wrap=True,
        )  # fmt: skip
    return 0


def evaluate_command(
    description: str, arguments: Sequence[str] | None = None, program: str | None = None
) -> int:
    """Measure a network from the command line; returns the exit status."""
    parser = parser_for(description, program)
    add_options(parser, EvaluateOptions)
    options = options_of(EvaluateOptions, given_options(parser.parse_args(arguments)))
    return guarded(lambda: _evaluate(options))


def _evaluate(options: EvaluateOptions) -> int:
    if options.threads is not None:
        kernels.set_num_threads(options.threads)
    console = Console()
    encoder: FixedEncoder | FileEncoder = FixedEncoder()
    said = "our own fixed encoder, so that it is not FID"
    if options.features is not None:
        encoder = load_encoder(options.features)
        said = f"{encoder.title} ({options.features})"
    colorizer, state = _colorizer(options)
    measured = _evaluations(options, colorizer, state, encoder)
    for evaluation in measured:
        console.print(full_table(evaluation))
    console.print(
        "Means over the pictures; PSNR (RGB) is that of their mean squared error, and the ratio of "
        "colourfulness that of the means. Gray and mean colour know nothing of the picture. The "
        f"Frechet distance is of the features of {said}; of few pictures it is "
        "too large, and only numbers for the same pictures can be compared.\n",
        highlight=False, markup=False,
    )  # fmt: skip
    named = measured[0].score("ours").measures.keys() | {"psnr", "ab_error", "colourfulness"}
    chosen = [name for name in DEFINITIONS if name in named | {"colourfulness_ratio"}]
    console.print(definitions_text(chosen), highlight=False, markup=False, soft_wrap=True)
    if options.json is not None:
        save_evaluations(options.json, measured, model=state["model"], target=state["target"])
    return 0


def _evaluations(
    options: EvaluateOptions, colorizer: Colorizer, state: dict[str, Any], encoder: Any
) -> list[Evaluation]:
    """Measure on the pictures of ``--data``, or on what the run held out."""
    run: ColorizationOptions = from_dict(
        run_options(state["model"]["name"]), state["options"], "the checkpoint's options"
    )
    mean, most = np.asarray(state["mean_ab"]), options.most
    if options.data is not None:
        pictures, notes = load_pictures(
            options.data, options.bad_pictures, recursive=options.recursive, limit=most
        )
        for note in notes:
            print(note)
        return [evaluate_pictures(pictures, colorizer, mean, "pictures", True, encoder)]
    found = load_run_pictures(run)
    if found.fingerprint != state["pictures"]:
        raise CheckpointError(
            "the pictures that the run was made with have changed, so what it held out cannot be "
            "told; name a folder of others (--data)"
        )
    held, measured = found.split, []
    crops = held.held_out_crops
    if len(crops):
        chosen = ColorizationCrops(crops.pictures, crops.crops[:most], crops.size)
        evaluation = evaluate_crops(chosen, colorizer, mean, "held-out crops", True, encoder)
        measured.append(_with_accuracy(evaluation, chosen, colorizer, mean))
    if held.held_out_pictures.pictures:
        whole = held.held_out_pictures.pictures[:most]
        measured.append(
            evaluate_pictures(whole, colorizer, mean, "held-out pictures", True, encoder)
        )
    return measured


def _with_accuracy(
    evaluation: Evaluation, crops: ColorizationCrops, colorizer: Colorizer, mean: np.ndarray
) -> Evaluation:
    """Add the share of pixels whose class is right, where the network's target are classes.

    A baseline's class is that of its one colour.
    """
    target = colorizer.target
    if not isinstance(target, ClassTarget):
        return evaluation
    gray, painted = target.nearest(np.zeros(2)), target.nearest(mean)
    right = dict.fromkeys(("gray", "mean colour", "ours"), 0.0)
    for k in range(len(crops)):
        lightness, ab = crops[k]
        labels = target.encode(lightness, ab)
        right["gray"] += float(np.mean(labels == gray))
        right["mean colour"] += float(np.mean(labels == painted))
        said = target.measure(colorizer.raw(lightness[None]), labels[None])
        right["ours"] += said["accuracy"]
    scores = tuple(
        dataclasses.replace(
            score, measures={**score.measures, "accuracy": right[score.method] / len(crops)}
        )
        for score in evaluation.scores
    )
    return dataclasses.replace(evaluation, scores=scores)
