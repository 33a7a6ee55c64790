"""A colorization run from its options to its report: what the examples' scripts start."""

from __future__ import annotations

import dataclasses
import functools
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from rich.console import Console

from minigrad import kernels
from minigrad.data.sampler import shuffled
from minigrad.models import build_model
from minigrad.random import manual_seed
from minigrad.summary import layer_table
from minigrad.train.building import make_loader, make_trainer
from minigrad.train.callbacks import Checkpointer, EarlyStopping
from minigrad.train.checkpoint import CheckpointError, below, load_checkpoint
from minigrad.train.colorize import Colorizer
from minigrad.train.evaluate import (
    Evaluation,
    evaluate_crops,
    evaluate_pictures,
    results_table,
    save_evaluations,
)
from minigrad.train.folder import RunFolder
from minigrad.train.learning import make_schedule
from minigrad.train.networks import network_arguments
from minigrad.train.options import HIGHER_IS_BETTER, ColorizationOptions
from minigrad.train.pictures import colour_pixels, load_run_pictures
from minigrad.train.progress import ProgressLine, duration, estimate
from minigrad.train.report import write_report
from minigrad.train.run_report import report_of, versions
from minigrad.train.samples import SampleSheets, choose_crops, save_sheet
from minigrad.train.targets import Target, make_target, restore_target
from minigrad.train.trainer import DivergedError
from minigrad.train.validation import Validation

__all__ = ["ColorizationRun"]

_SHOWN_CROPS = 8
_SHOWN_PICTURES = 8
_EVALUATED_PICTURES = 24
_COLUMNS = ("val_loss", "val_psnr", "val_accuracy", "val_frechet", "critic_real", "critic_fake")


class ColorizationRun:
    """One run: pictures, network, training, evaluation, report.

    Parameters
    ----------
    name : str
        The network's, in `minigrad.models.MODELS`.
    options : ColorizationOptions
    network : object
        Dataclass of the network's options, or a dict of them.
    console : rich.console.Console, optional
        Where everything is printed.
    state : dict, optional
        The state of the checkpoint to go on from; `go` loads the rest.
    """

    def __init__(
        self,
        name: str,
        options: ColorizationOptions,
        network: Any,
        console: Console | None = None,
        state: dict[str, Any] | None = None,
    ) -> None:
        self.name, self.options = name, options
        self.network = network if isinstance(network, dict) else dataclasses.asdict(network)
        self.console = console or Console()
        self.state = state
        self.times: dict[str, float] = {}
        self.evaluations: list[Evaluation] = []
        self._told_of_compiling = False

    def go(self, folder: RunFolder) -> int:
        """Run in a locked folder; returns the exit status: 0, or 128 + the signal's number.

        Raises
        ------
        DivergedError
            If the loss became NaN or infinite; the message names the pictures of that step.
        CheckpointError
            If a checkpoint cannot be written, or the one to go on from does not fit.
        """
        self.folder = folder
        if self.options.threads is not None:
            kernels.set_num_threads(self.options.threads)
        previous = kernels.on_compile(self._compiling)
        try:
            return self._go()
        finally:
            kernels.on_compile(previous)

    def _go(self) -> int:
        self._timed("loading pictures", self._load_pictures)
        self._announce_pictures()
        self._timed("building the network", self._build)
        self._announce_network()
        if self.state is not None:
            self._take_up()
        try:
            self.trainer.fit(self.options.epochs)
        except DivergedError as error:
            raise DivergedError(f"{error}. The batch held {self._batch_names()}") from error
        if self.trainer.interrupted:
            return self._interrupted()
        self._finish()
        return 0

    def _compiling(self, kernel: str) -> None:
        if not self._told_of_compiling:
            self._told_of_compiling = True
            self._say("kernels    are being compiled: once on this machine, for half a minute")

    # -- before training --------------------------------------------------------------------------

    def _timed(self, what: str, action: Callable[[], Any]) -> None:
        begun = time.perf_counter()
        action()
        self.times[what] = time.perf_counter() - begun

    def _load_pictures(self) -> None:
        self.pictures = load_run_pictures(self.options)
        if self.state is not None and self.state["pictures"] != self.pictures.fingerprint:
            raise CheckpointError(
                "the pictures are not those that the run began with; bring them back, or start "
                "a new run (without --resume)"
            )

    def _build(self) -> None:
        options = self.options
        manual_seed(options.seed)
        self.target = self._make_target()
        self.arguments = network_arguments(self.name, self.network, options, self.target)
        self.model = build_model(self.name, self.arguments)
        channels = self.model.in_channels
        self.layers = layer_table(self.model, (channels, options.size, options.size))
        self.colorizer = Colorizer(
            self.model,
            options.size,
            batch_norm=options.batch_norm,
            dropout=options.keep_dropout,
            target=self.target,
        )
        self.best = EarlyStopping(
            options.monitor,
            options.patience,
            mode="max" if options.monitor in HIGHER_IS_BETTER else "min",
        )
        self.sheets = SampleSheets(
            self.folder / "samples",
            choose_crops(self.pictures.split.held_out_crops, _SHOWN_CROPS),
            self.colorizer,
        )
        arrays = {f"target.{name}": array for name, array in self.target.arrays().items()}
        callbacks = [
            self.best,
            Checkpointer(self.folder.path, self.best, options.save_every, self._extra(), arrays),
            self.sheets,
            ProgressLine(options.epochs, self.console, _COLUMNS),
        ]
        loader = make_loader(self.pictures.split.train, options)
        validate = Validation(
            self.pictures.validation,
            self.colorizer,
            frechet=options.monitor == "val_frechet"
            or (options.strategy == "gan" and len(self.pictures.validation) > 1),
        )
        self.trainer = make_trainer(self.model, self.target, loader, options, validate, callbacks)

    def _make_target(self) -> Target:
        """Return the target: a resumed run's own, since what it was made from is random."""
        if self.options.monitor == "val_accuracy" and self.options.target in ("ab", "rgb"):
            raise ValueError(
                "--monitor val_accuracy needs classes, and the target is "
                f"{self.options.target}: choose palette or bins (--target)"
            )
        if self.state is None:
            return make_target(self.options, lambda: colour_pixels(self.pictures.split.train))
        arrays, state = load_checkpoint(self.folder / RunFolder.MARK)
        return restore_target(state["target"], below("target.", arrays))

    def _extra(self) -> dict[str, Any]:
        """What a checkpoint holds besides the state of training: enough to use the network."""
        return {
            "kind": "colorization",
            "model": {"name": self.name, "options": self.arguments},
            "network": self.network,
            "options": dataclasses.asdict(self.options),
            "target": self.target.state(),
            "inference": {
                "batch_norm": self.options.batch_norm,
                "dropout": self.options.keep_dropout,
            },
            "scale": self.options.size,
            "mean_ab": self.pictures.mean_ab.tolist(),
            "pictures": self.pictures.fingerprint,
            "versions": versions(),
        }

    def _announce_pictures(self) -> None:
        split, size = self.pictures.split, self.options.size
        self._say(
            f"pictures   {len(split.train)} training crops of {size} x {size} from "
            f"{len(split.train.pictures)} pictures; held out: {len(split.held_out_crops)} crops, "
            f"{len(split.held_out_pictures.pictures)} whole pictures"
        )
        for note in self.pictures.notes:
            self._say(f"           {note}")

    def _announce_network(self) -> None:
        options, say = self.options, self._say
        parameters = sum(row.parameters for row in self.layers)
        form = ", ".join(f"{name} {value}" for name, value in self.network.items())
        say(f"network    {self.model.TITLE}: {parameters:,} parameters{form and ', '}{form}")
        say(f"target     {self._target_line()}")
        epochs, steps = options.epochs, len(self.trainer.loader)
        done = self.state["step"] if self.state is not None else 0
        size = min(options.batch_size, len(self.pictures.split.train))
        crops = np.zeros((size, 1, options.size, options.size), np.float32)
        trained, validated = (epochs * steps - done) * size, epochs * len(self.pictures.validation)
        forward = functools.partial(self.colorizer.batch, crops)
        seconds = estimate(forward, size, trained + validated / 3)
        say(
            f"estimate   about {duration(seconds)}: {epochs} epochs of {steps} steps "
            f"on {kernels.get_num_threads()} cores"
        )
        say(f"folder     {self.folder.path} (Ctrl-C saves and stops, --resume goes on)")

    def _target_line(self) -> str:
        target, options = self.target, self.options
        line = f"{target.name}, {target.channels} channels"
        line += f", {options.loss}" if target.span is not None else ", cross entropy"
        if options.strategy == "gan":
            line += f" x {options.target_weight:g} + {options.adversarial} of a discriminator"
        return line

    def _say(self, line: str) -> None:
        self.console.print(line, highlight=False, markup=False, soft_wrap=True)

    def _take_up(self) -> None:
        trainer, epochs = self.trainer, self.options.epochs
        before = trainer.load(self.folder / RunFolder.MARK)["options"]["epochs"]
        self._say(f"resumed    after epoch {trainer.epoch}, step {trainer.step}")
        if epochs > before:
            left = epochs * len(trainer.loader) - trainer.step
            for name, optimizer in zip(
                trainer.schedulers(), trainer.optimizers().values(), strict=True
            ):
                setattr(trainer, name, make_schedule(optimizer, self.options, left))
            trainer.stop_reason, self.best.waited = "", 0
            self._say(f"extended   from {before} to {epochs} epochs; the learning rate starts anew")

    # -- while training ---------------------------------------------------------------------------

    def _batch_names(self) -> str:
        """Name the pictures of the batch that the loader gave last."""
        loader, crops = self.trainer.loader, self.pictures.split.train
        place = loader.state_dict()
        order = shuffled(len(crops), place["seed"], place["epoch"])
        size = min(self.options.batch_size, len(crops))
        last = max(place["position"], 1) * size
        numbers = {crops.crops[k].picture for k in order[last - size : last]}
        return "crops of " + ", ".join(sorted(crops.pictures[n].name for n in numbers))

    # -- after training ---------------------------------------------------------------------------

    def _interrupted(self) -> int:
        write_report(self.folder / "report.html", report_of(self, finished=False))
        self._say(
            f"\ninterrupted: everything is saved in {self.folder / RunFolder.MARK}; go on with "
            f"--resume --out {self.folder.path}"
        )
        return 128 + self.trainer.interrupted

    def _finish(self) -> None:
        if self.trainer.stop_reason:
            self._say(f"stopped early: {self.trainer.stop_reason}")
        self._timed("evaluating", self._evaluate)
        save_evaluations(
            self.folder / "results.json",
            self.evaluations,
            best_epoch=self.best.best_epoch,
            history=self.trainer.history,
        )
        report = report_of(self, finished=True)
        write_report(self.folder / "report.html", report)
        save_sheet(self.folder / "samples" / "crops.png", report.crops)
        save_sheet(self.folder / "samples" / "pictures.png", report.pictures, height=200)
        self.console.print()
        self.console.print(results_table(self.evaluations))
        self._say(f"samples    {self.folder / 'samples'}")
        self._say(f"network    {self.folder / 'best.safetensors'}")
        self._say(f"report     {self.folder / 'report.html'}")

    def _evaluate(self) -> None:
        split, mean = self.pictures.split, self.pictures.mean_ab
        if len(split.held_out_crops):
            self.evaluations.append(
                evaluate_crops(split.held_out_crops, self.colorizer, mean, "held-out crops")
            )
        chosen = split.held_out_pictures.pictures[:_EVALUATED_PICTURES]
        if chosen:
            self.evaluations.append(
                evaluate_pictures(chosen, self.colorizer, mean, "held-out pictures")
            )
