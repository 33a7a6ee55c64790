"""What follows a run and acts on it: early stopping, and checkpoints."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np

from minigrad.train.trainer import Callback, Trainer

__all__ = ["Checkpointer", "EarlyStopping"]


class EarlyStopping(Callback):
    """Stop when a metric has not improved for some epochs, and bring the best weights back.

    Parameters
    ----------
    monitor : str
        A column of the history; smaller is better, unless ``mode`` is "max".
    patience : int, optional
        Epochs without improvement after which training stops; None only remembers the best.
    min_delta : float
        The least change that counts as an improvement.
    mode : str
        "min" or "max".
    restore_best : bool
        Whether the model gets its best weights back when training ends.
    """

    def __init__(
        self,
        monitor: str = "val_loss",
        patience: int | None = 10,
        min_delta: float = 0.0,
        mode: str = "min",
        restore_best: bool = True,
    ) -> None:
        if mode not in ("min", "max"):
            raise ValueError(f"EarlyStopping: mode (={mode!r}) must be 'min' or 'max'")
        if patience is not None and patience < 1:
            raise ValueError(f"EarlyStopping: patience (={patience}) must be at least 1")
        self.monitor, self.patience, self.min_delta = monitor, patience, min_delta
        self.sign = 1.0 if mode == "min" else -1.0
        self.restore_best = restore_best
        self.best_value, self.best_epoch, self.waited = float("inf"), 0, 0
        self.best_weights: dict[str, np.ndarray] = {}
        self.improved = False

    def on_epoch_end(self, trainer: Trainer) -> None:
        """Compare the new row with the best so far."""
        row = trainer.history[-1]
        if self.monitor not in row:
            raise ValueError(
                f"EarlyStopping: monitor (={self.monitor!r}) is not among the metrics {sorted(row)}"
            )
        value = self.sign * row[self.monitor]
        self.improved = value < self.best_value - self.min_delta
        if self.improved:
            self.best_value, self.best_epoch, self.waited = value, int(row["epoch"]), 0
            self.best_weights = trainer.weights()
        else:
            self.waited += 1
            if self.patience is not None and self.waited >= self.patience:
                trainer.stop(
                    f"{self.monitor} has not improved for {self.waited} epochs "
                    f"(best: {self.sign * self.best_value:.5g} in epoch {self.best_epoch})"
                )

    def on_fit_end(self, trainer: Trainer) -> None:
        """Bring the best weights back, unless the run is only interrupted."""
        if self.restore_best and self.best_weights and not trainer.interrupted:
            trainer.set_weights(self.best_weights)

    def state_dict(self) -> dict[str, Any]:
        """The best value and how long ago it was."""
        return {"best": self.best_value, "epoch": self.best_epoch, "waited": self.waited}

    def arrays(self) -> dict[str, np.ndarray]:
        """The best weights."""
        return self.best_weights

    def load_state_dict(self, state: dict[str, Any], arrays: dict[str, np.ndarray]) -> None:
        """Go on counting."""
        self.best_value, self.best_epoch = state["best"], state["epoch"]
        self.waited, self.best_weights = state["waited"], arrays


class Checkpointer(Callback):
    """Write ``last.safetensors`` regularly, and ``best.safetensors`` whenever the best improves.

    ``last`` holds everything that is needed to go on; ``best`` the weights only.

    Parameters
    ----------
    folder : path
    early_stopping : EarlyStopping
        Knows which epoch was best; must stand before this one among the callbacks.
    every : float
        Also save within an epoch when so much time has passed [seconds].
    extra : dict, optional
        Saved along: the options of the run.
    arrays : dict, optional
        Saved along: those of the run's target.
    """

    def __init__(
        self,
        folder: str | Path,
        early_stopping: EarlyStopping,
        every: float = 60.0,
        extra: dict[str, Any] | None = None,
        arrays: dict[str, np.ndarray] | None = None,
    ) -> None:
        self.further = arrays or {}
        self.last, self.best = Path(folder, "last.safetensors"), Path(folder, "best.safetensors")
        self.early_stopping, self.every, self.extra = early_stopping, every, extra or {}
        self._saved_at, self._saved_step = 0.0, -1

    def on_fit_start(self, trainer: Trainer) -> None:
        """Start the clock."""
        self._saved_at, self._saved_step = time.monotonic(), trainer.step

    def on_step_end(self, trainer: Trainer) -> None:
        """Save if the last time is long ago."""
        if time.monotonic() - self._saved_at >= self.every:
            self._save_last(trainer)

    def on_epoch_end(self, trainer: Trainer) -> None:
        """Save, and the best as well if this epoch is it."""
        # The best first: a run killed in between repeats the epoch, and writes both again.
        if self.early_stopping.improved:
            trainer.save_weights(self.best, self.further, **self.extra)
        self._save_last(trainer)

    def on_fit_end(self, trainer: Trainer) -> None:
        """Save what an interrupted run has done since the last time."""
        if trainer.interrupted and trainer.step != self._saved_step:
            self._save_last(trainer)

    def _save_last(self, trainer: Trainer) -> None:
        trainer.save(self.last, self.further, **self.extra)
        self._saved_at, self._saved_step = time.monotonic(), trainer.step
