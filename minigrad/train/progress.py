"""The line that shows how training goes: live on a terminal, one line an epoch elsewhere."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from minigrad.train.trainer import Callback, Trainer

__all__ = ["ProgressLine", "duration", "estimate"]

_STEP = 3.2  # forward passes that a gradient step takes; two of them are the gradients


def duration(seconds: float) -> str:
    """A time as people write it.

    >>> duration(7.2), duration(134), duration(7500)
    ('7 s', '2 min 14 s', '2 h 05 min')
    """
    whole = round(max(seconds, 0))
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


def estimate(forward: Callable[[], Any], size: int, pictures: float) -> float:
    """Guess how long training takes [seconds], from a few forward passes.

    Parameters
    ----------
    forward : callable
        Runs the network forwards, on so many pictures as a gradient step sees.
    size : int
        Their number.
    pictures : float
        Pictures in all epochs together.
    """
    forward()
    seconds = math.inf
    for _ in range(3):
        begun = time.perf_counter()
        forward()
        seconds = min(seconds, time.perf_counter() - begun)
    return _STEP * seconds * pictures / size


class ProgressLine(Callback):
    """Show epoch, step, loss, pictures a second and the time that is left.

    On a terminal a line is kept up to date, and each epoch leaves a line behind. Elsewhere long
    epochs get a plain line now and then as well.

    Parameters
    ----------
    epochs : int
        Epochs of the whole run.
    console : rich.console.Console, optional
    columns : tuple of str
        Metrics of the history to show after each epoch, besides the loss.
    every : float
        Time between two plain lines within an epoch [seconds].
    """

    def __init__(
        self,
        epochs: int,
        console: Console | None = None,
        columns: tuple[str, ...] = ("val_loss",),
        every: float = 20.0,
    ) -> None:
        self.epochs, self.columns, self.every = epochs, columns, every
        self.console = console or Console()
        self._bar: Progress | None = None

    def on_fit_start(self, trainer: Trainer) -> None:
        """Put the line up."""
        self._begun = self._printed = time.perf_counter()
        self._done_before = trainer.step
        self._steps = self.epochs * len(trainer.loader)
        self._measured = (0.0, trainer.step)  # past the first step, which may compile kernels
        if self.console.is_terminal:
            self._bar = Progress(
                TextColumn("epoch {task.fields[epoch]}/{task.fields[epochs]}"),
                BarColumn(bar_width=24),
                TextColumn("step {task.completed}/{task.total}  {task.fields[text]}"),
                console=self.console,
                transient=True,
            )
            self._bar.start()
            self._task = self._bar.add_task(
                "", total=self._steps, completed=trainer.step, epoch=trainer.epoch + 1,
                epochs=self.epochs, text="first step",
            )  # fmt: skip

    def on_step_end(self, trainer: Trainer) -> None:
        """Bring the line up to date."""
        now = time.perf_counter()
        if self._measured[0] == 0.0:
            self._measured = (now, trainer.step)
            return
        since, step = self._measured
        pace = (now - since) / max(trainer.step - step, 1)  # [seconds a step]
        text = (
            f"loss {trainer.last_loss:.4f}  "
            + "".join(f"{name} {value:.3g}  " for name, value in trainer.last_parts.items())
            + f"{trainer.last_items / pace:.0f} pictures/s  "
            f"{duration((self._steps - trainer.step) * pace)} left"
        )
        epoch = trainer.epoch + 1
        if self._bar is not None:
            self._bar.update(self._task, completed=trainer.step, epoch=epoch, text=text)
        elif now - self._printed >= self.every:
            self._print(
                f"epoch {epoch:>3}/{self.epochs}  step {trainer.step}/{self._steps}  {text}"
            )

    def on_epoch_end(self, trainer: Trainer) -> None:
        """Print the row of the epoch."""
        row = trainer.history[-1]
        done = trainer.step - self._done_before
        left = (time.perf_counter() - self._begun) / max(done, 1) * (self._steps - trainer.step)
        parts = [f"epoch {row['epoch']:>3}/{self.epochs}", f"loss {row['loss']:.4f}"]
        parts += [f"{name} {row[name]:.4g}" for name in self.columns if name in row]
        parts += [f"{row['items'] / max(row['seconds'], 1e-9):.0f} pictures/s"]
        parts += [f"{duration(left)} left"] if trainer.step < self._steps else []
        self._print("  ".join(parts))

    def _print(self, line: str) -> None:
        self.console.print(line, highlight=False, soft_wrap=True)
        self._printed = time.perf_counter()

    def on_fit_end(self, trainer: Trainer) -> None:
        """Take the line down."""
        if self._bar is not None:
            self._bar.stop()
            self._bar = None
