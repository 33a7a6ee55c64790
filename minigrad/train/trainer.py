"""The training loop: gradient steps, validation, and a state from which it goes on exactly."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from minigrad import random
from minigrad.data.loader import DataLoader
from minigrad.nn import Module
from minigrad.optim import Optimizer
from minigrad.tensor import Tensor
from minigrad.train.checkpoint import CheckpointError, below, load_checkpoint, save_checkpoint
from minigrad.train.interrupt import Interruption
from minigrad.train.packing import load_weights, pack_optimizer, unpack_optimizer

__all__ = ["Callback", "DivergedError", "Trainer"]


class Callback:
    """Something that follows a training run; every method may be left out.

    What `state_dict` and `arrays` return is saved in each checkpoint and comes back through
    `load_state_dict` when the run is resumed.
    """

    def on_fit_start(self, trainer: Trainer) -> None:
        """Training begins, or goes on."""

    def on_step_end(self, trainer: Trainer) -> None:
        """A gradient step is done; ``trainer.last_loss`` is its loss."""

    def on_epoch_end(self, trainer: Trainer) -> None:
        """An epoch is done and validated; ``trainer.history[-1]`` is its row."""

    def on_fit_end(self, trainer: Trainer) -> None:
        """Training ended, for whatever reason."""

    def state_dict(self) -> dict[str, Any]:
        """Values for the checkpoint, as JSON can hold them."""
        return {}

    def arrays(self) -> dict[str, np.ndarray]:
        """Arrays for the checkpoint."""
        return {}

    def load_state_dict(self, state: dict[str, Any], arrays: dict[str, np.ndarray]) -> None:
        """Take up what `state_dict` and `arrays` gave."""


class DivergedError(RuntimeError):
    """The loss became NaN or infinite."""


class Trainer:
    """Fits a model to the batches of a loader.

    Parameters
    ----------
    model : Module
    optimizer : Optimizer
    loss : callable
        ``loss(model, batch)`` returns the scalar Tensor to be made smaller.
    loader : DataLoader
        The training batches.
    validate : callable, optional
        ``validate(model)`` returns named metrics, which enter the history after each epoch; it runs
        with the model in evaluation mode.
    scheduler : object, optional
        A learning rate schedule.
    schedule_every : str
        When the schedule is stepped: after each "step", or each "epoch".
    callbacks : sequence of Callback
        Told of every step and epoch, in this order.

    Attributes
    ----------
    history : list of dict
        One row an epoch: "epoch", "loss" and its parts, "lr", the metrics, "seconds", "items".
    epoch, step : int
        Epochs and gradient steps done so far.
    last_loss, last_items : float, int
        The loss of the last step, and how many items its batch held.
    last_parts : dict of str to float
        What else the last step has to say of its loss; none here, a subclass may have some.
    stop_reason : str
        Why a callback stopped the run; empty if none did.
    interrupted : int
        The number of the signal that interrupted `fit`; 0 if none did.
    """

    def __init__(
        self,
        model: Module,
        optimizer: Optimizer,
        loss: Callable[[Module, Any], Tensor],
        loader: DataLoader,
        *,
        validate: Callable[[Module], dict[str, float]] | None = None,
        scheduler: Any = None,
        schedule_every: str = "step",
        callbacks: Sequence[Callback] = (),
    ) -> None:
        self.model, self.optimizer, self.loss, self.loader = model, optimizer, loss, loader
        if schedule_every not in ("step", "epoch"):
            raise ValueError(
                f"Trainer: schedule_every (={schedule_every!r}) must be 'step' or 'epoch'"
            )
        self.validate, self.callbacks = validate, list(callbacks)
        self.scheduler, self.schedule_every = scheduler, schedule_every
        self.history: list[dict[str, float]] = []
        self.epoch = self.step = 0
        self.last_loss, self.last_items = math.nan, 0
        self.last_parts: dict[str, float] = {}
        self.stop_reason = ""
        self.interrupted = 0
        self._running = _nothing()

    def networks(self) -> dict[str, Module]:
        """What is trained, by the prefix that a checkpoint gives to its arrays."""
        return {"model": self.model}

    def optimizers(self) -> dict[str, Optimizer]:
        """What trains it, by the name that a checkpoint gives to its state."""
        return {"optimizer": self.optimizer}

    def schedulers(self) -> dict[str, Any]:
        """The learning rate schedules, likewise; None where there is none."""
        return {"scheduler": self.scheduler}

    # -- the loop ------------------------------------------------------------------------------

    def fit(self, epochs: int) -> list[dict[str, float]]:
        """Train until ``epochs`` epochs are done in all, a callback stops, or Ctrl-C is pressed.

        A run that a callback has stopped stays stopped, also after `load`.

        Returns
        -------
        list of dict
            The history.

        Raises
        ------
        DivergedError
            When the loss, a gradient or a validated metric is NaN or infinite.
        """
        self.interrupted = 0
        with Interruption() as interruption:
            self._tell("on_fit_start")
            try:
                while self.epoch < epochs and not self.stop_reason and not self.interrupted:
                    self._run_epoch(interruption)
            finally:
                self._tell("on_fit_end")
        return self.history

    def stop(self, reason: str) -> None:
        """Let training end after this epoch."""
        self.stop_reason = reason

    def _tell(self, event: str) -> None:
        for callback in self.callbacks:
            getattr(callback, event)(self)

    def _run_epoch(self, interruption: Interruption) -> None:
        self.model.train()
        clock = time.perf_counter()
        for batch in self.loader:
            self.last_items = len(batch[0] if isinstance(batch, tuple | list) else batch)
            self._gradient_step(batch)
            if self.schedule_every == "step":
                self._step_schedules()
            self.step += 1
            now = time.perf_counter()
            self._count(now - clock)
            clock = now
            self._tell("on_step_end")
            self.interrupted = interruption.requested
            if self.interrupted:
                return
        self._finish_epoch()
        self.interrupted = interruption.requested

    def _gradient_step(self, batch: Any) -> None:
        """Change the weights once; subclasses may do it otherwise."""
        self.optimizer.zero_grad()
        loss = self.loss(self.model, batch)
        self.last_loss = loss.item()
        self._require_finite("loss", self.last_loss)
        loss.backward()
        self._require_finite_gradients(self.model)
        self.optimizer.step()

    def _step_schedules(self) -> None:
        for scheduler in self.schedulers().values():
            if scheduler is not None:
                scheduler.step()

    def _count(self, seconds: float) -> None:
        running = self._running
        for name, value in {"loss": self.last_loss, **self.last_parts}.items():
            running["sums"][name] = running["sums"].get(name, 0.0) + value * self.last_items
        running["items"] += self.last_items
        running["seconds"] += seconds

    def _require_finite_gradients(self, network: Module) -> None:
        for name, parameter in network.named_parameters():
            if parameter.grad is not None:
                gradient = parameter.grad.array
                self._require_finite(f"gradient of {name}", float(np.sum(gradient)))

    def _require_finite(self, what: str, value: float) -> None:
        """Raise before a NaN or an infinity reaches the weights or a checkpoint."""
        if not math.isfinite(value):
            raise DivergedError(
                f"the {what} is {value} in epoch {self.epoch + 1}, step {self.step + 1}; the last "
                "checkpoint is kept. A smaller learning rate (--lr) usually mends it"
            )

    def _finish_epoch(self) -> None:
        running = self._running
        means = {name: total / running["items"] for name, total in running["sums"].items()}
        row: dict[str, float] = {"epoch": self.epoch + 1, **means}
        row["lr"] = self.optimizer.param_groups[0]["lr"]
        if self.validate is not None:
            self.model.eval()
            metrics = self.validate(self.model)
            self.model.train()
            for name, value in metrics.items():
                self._require_finite(name, value)
            row |= metrics
        row["seconds"], row["items"] = running["seconds"], running["items"]
        self._running = _nothing()
        if self.schedule_every == "epoch":
            self._step_schedules()
        self.epoch += 1
        self.history.append(row)
        self._tell("on_epoch_end")

    # -- weights and checkpoints ------------------------------------------------------------------

    def weights(self) -> dict[str, np.ndarray]:
        """A copy of the model's parameters and buffers."""
        return {name: value.array.copy() for name, value in self.model.state_dict().items()}

    def set_weights(self, weights: dict[str, np.ndarray]) -> None:
        """Load what `weights` gave."""
        load_weights(self.model, weights)

    def save(
        self, path: str | Path, further: dict[str, np.ndarray] | None = None, **extra: Any
    ) -> None:
        """Write all that is needed to go on bit for bit, ``further`` arrays and ``extra``."""
        arrays = {
            f"{prefix}.{name}": value.array.copy()
            for prefix, network in self.networks().items()
            for name, value in network.state_dict().items()
        }
        optimizers = {}
        for prefix, optimizer in self.optimizers().items():
            own, optimizers[prefix] = pack_optimizer(optimizer)
            arrays |= {f"{prefix}.{name}": a for name, a in own.items()}
        for k, callback in enumerate(self.callbacks):
            arrays |= {f"callback.{k}.{name}": a for name, a in callback.arrays().items()}
        arrays["random"] = random.default_generator.get_state()
        state = {
            "epoch": self.epoch,
            "step": self.step,
            "stop_reason": self.stop_reason,
            "history": self.history,
            "running": self._running,
            "loader": self.loader.state_dict(),
            **optimizers,
            **{k: s and s.state_dict() for k, s in self.schedulers().items()},
            "callbacks": [callback.state_dict() for callback in self.callbacks],
            **extra,
        }
        save_checkpoint(path, {**arrays, **(further or {})}, state)

    def save_weights(
        self, path: str | Path, further: dict[str, np.ndarray] | None = None, **extra: Any
    ) -> None:
        """Write the model's weights, ``further`` arrays and ``extra`` to one file."""
        arrays = {f"model.{name}": a for name, a in self.weights().items()}
        state = {"epoch": self.epoch, "step": self.step, **extra}
        save_checkpoint(path, {**arrays, **(further or {})}, state)

    def load(self, path: str | Path) -> dict[str, Any]:
        """Go on from a file that `save` wrote; returns its state, ``extra`` included.

        Raises
        ------
        CheckpointError
            If the file is damaged, or belongs to another model or another kind of run.
        """
        shapes = {
            f"{prefix}.{name}": tuple(value.shape)
            for prefix, network in self.networks().items()
            for name, value in network.state_dict().items()
        }
        arrays, state = load_checkpoint(path, shapes)
        try:
            self._restore(arrays, state)
        except (KeyError, ValueError, TypeError, IndexError) as error:
            raise CheckpointError(
                f"checkpoint {path} is of another kind of run: {error}; start it with the options "
                "that the checkpoint was made with"
            ) from error
        return state

    def _restore(self, arrays: dict[str, np.ndarray], state: dict[str, Any]) -> None:
        for prefix, network in self.networks().items():
            load_weights(network, below(f"{prefix}.", arrays))
        for prefix, optimizer in self.optimizers().items():
            unpack_optimizer(optimizer, below(f"{prefix}.", arrays), state[prefix])
        for name, scheduler in self.schedulers().items():
            if scheduler is not None:
                scheduler.load_state_dict(state[name])
        for k, (callback, own) in enumerate(zip(self.callbacks, state["callbacks"], strict=True)):
            callback.load_state_dict(own, below(f"callback.{k}.", arrays))
        self.loader.load_state_dict(state["loader"])
        random.default_generator.set_state(arrays["random"])
        self.epoch, self.step = state["epoch"], state["step"]
        self.stop_reason = state["stop_reason"]
        self.history, self._running = state["history"], state["running"]


def _nothing() -> dict[str, Any]:
    """Sums of an epoch that has not begun."""
    return {"sums": {}, "items": 0, "seconds": 0.0}
