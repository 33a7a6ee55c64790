"""What of a run goes into its report."""

from __future__ import annotations

import dataclasses
import platform
from collections.abc import Sequence
from importlib import metadata
from typing import Any

from minigrad import kernels
from minigrad.data import Picture
from minigrad.train.options import FREE_ON_RESUME
from minigrad.train.progress import duration
from minigrad.train.report import RunReport
from minigrad.train.samples import choose_crops, sample_crops, sample_pictures

__all__ = ["one_of_each_scene", "report_of", "versions"]

_LIBRARIES = ("minigrad", "numpy", "numba", "scipy", "scikit-image", "pillow", "safetensors")
_CROPS, _PICTURES = 8, 4


def report_of(run: Any, finished: bool) -> RunReport:
    """Gather a `ColorizationRun`'s report; pictures and results only of a finished one."""
    split = run.pictures.split
    crops, pictures = [], []
    if finished:
        crops = sample_crops(choose_crops(split.held_out_crops, _CROPS), run.colorizer)
        chosen = one_of_each_scene(split.held_out_pictures.pictures)[:_PICTURES]
        pictures = sample_pictures(chosen, run.colorizer)
    return RunReport(
        title=f"Colorization with {_article(run.model.TITLE)} {run.model.TITLE}",
        lead=_lead(run),
        history=run.trainer.history,
        best_epoch=run.best.best_epoch,
        evaluations=run.evaluations,
        crops=crops,
        pictures=pictures,
        options=_options(run),
        layers=run.layers,
        layers_for=f"of {run.options.size} x {run.options.size}",
        timings=_times(run),
        versions=versions(),
        commands=_commands(run),
        notes=_notes(run, finished),
    )


def one_of_each_scene(pictures: Sequence[Picture]) -> list[Picture]:
    """Return the first picture of each scene, and then the others."""
    first: dict[str, Picture] = {}
    for picture in pictures:
        first.setdefault(picture.scene or picture.name, picture)
    return [*first.values(), *(p for p in pictures if p is not first[p.scene or p.name])]


def _article(title: str) -> str:
    # "a U-Net": its U is spoken with a consonant.
    return "an" if title[0] in "aeiouAEIO" else "a"


def _lead(run: Any) -> str:
    split = run.pictures.split
    parameters = sum(row.parameters for row in run.layers)
    return (
        f"{parameters:,} parameters, trained on {len(split.train)} crops of "
        f"{len(split.train.pictures)} pictures to predict {_AIMS[run.target.name]} from the "
        f"lightness L{_AGAINST if run.options.strategy == 'gan' else ''}."
    )


_AIMS = {
    "ab": "the colours a and b",
    "rgb": "red, green and blue",
    "palette": "which colour of a palette each pixel has,",
    "bins": "which square of the ab plane each pixel's colour lies in,",
}
_AGAINST = ", against a discriminator that learns to tell its colours from true ones"


def _notes(run: Any, finished: bool) -> list[str]:
    notes = list(run.pictures.notes)
    if run.options.strategy == "gan":
        critic = sum(p.numel() for p in run.trainer.critic.parameters())
        notes.append(
            f"The discriminator has {critic:,} parameters. The loss is that of the generator: "
            f"{run.options.target_weight:g} times its distance from the target, and what it takes "
            "to fool the discriminator; the second half is learned, so the sum need not fall."
        )
    if not finished:
        notes.append("This run was interrupted: results and pictures come when it has finished.")
    if run.trainer.stop_reason:
        notes.append(f"Stopped early: {run.trainer.stop_reason}.")
    return notes


def _options(run: Any) -> list[tuple[str, Any, bool]]:
    defaults = dataclasses.asdict(type(run.options)())
    values = dataclasses.asdict(run.options)
    shown = [
        (name.replace("_", "-"), values[name], values[name] != default)
        for name, default in defaults.items()
        if name not in FREE_ON_RESUME or name in ("threads", "workers")
    ]
    return shown + [(name, value, False) for name, value in run.network.items()]


def _times(run: Any) -> dict[str, str]:
    history = run.trainer.history
    seconds = sum(row["seconds"] for row in history)
    items = sum(row["items"] for row in history)
    times = {what: duration(spent) for what, spent in run.times.items() if spent >= 0.5}
    if seconds:
        times["training"] = duration(seconds)
        times["crops a second"] = f"{items / seconds:.0f}"
        fastest = max(row["items"] / row["seconds"] for row in history if row["seconds"])
        times["crops a second, best epoch"] = f"{fastest:.0f}"
    times["gradient steps"] = f"{run.trainer.step:,}"
    times["cores"] = str(kernels.get_num_threads())
    return times


def versions() -> dict[str, str]:
    """Versions of everything that acts on a result."""
    found = {"Python": platform.python_version()}
    for name in _LIBRARIES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = "from its source folder"
    found["system"] = f"{platform.system()} {platform.machine()}"
    return found


def _commands(run: Any) -> str:
    path = run.folder.path
    return (
        f"# colour photographs of any size with this network\n"
        f"minigrad colorize PICTURE ... --checkpoint {path / 'best.safetensors'}\n\n"
        f"# measure it on pictures of your own\n"
        f"minigrad evaluate --checkpoint {path / 'best.safetensors'} --data DATA\n\n"
        f"# train another with the same options\n"
        f"minigrad train {run.name} --config {path / 'run.toml'} --data DATA"
    )
