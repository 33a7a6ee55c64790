"""The training loop: it learns, goes on bit for bit, stops when it must, and holds no memory."""

import signal

import numpy as np
import pytest
from toy_training import Scripted, everything, toy_items, toy_loss, toy_trainer

import minigrad
from minigrad import nn, optim
from minigrad.data import DataLoader
from minigrad.models import UNet
from minigrad.nn import functional as F
from minigrad.random import default_generator
from minigrad.train import (
    Callback,
    Checkpointer,
    CheckpointError,
    EarlyStopping,
    Trainer,
    load_checkpoint,
)

EPOCHS, STEPS = 4, 3  # 10 items in batches of 4


class StopAt(Callback):
    """Presses Ctrl-C after a given step."""

    def __init__(self, step):
        self.step = step

    def on_step_end(self, trainer):
        if trainer.step == self.step:
            signal.raise_signal(signal.SIGINT)


@pytest.mark.unit
def test_one_batch_is_learned_by_heart():
    minigrad.manual_seed(1)
    model = UNet(width=8, depth=1)
    x, y = minigrad.randn(2, 1, 9, 11), minigrad.randn(2, 2, 9, 11) * 0.3
    optimizer = optim.AdamW(model.parameters(), lr=0.02)
    loss = first = None
    for _ in range(150):
        optimizer.zero_grad()
        loss = F.mse_loss(model(x), y)
        loss.backward()
        optimizer.step()
        first = first or loss.item()
    assert loss.item() < 0.02 * first


@pytest.mark.unit
def test_history_holds_the_mean_loss_of_the_items():
    losses = []

    class Note(Callback):
        def on_step_end(self, trainer):
            losses.append((trainer.last_loss, trainer.last_items))

    trainer = toy_trainer([Note()])
    (row,) = trainer.fit(1)
    assert [n for _, n in losses] == [4, 4, 2]
    assert row["loss"] == pytest.approx(sum(v * n for v, n in losses) / 10, rel=1e-12)
    assert (row["epoch"], row["items"], trainer.step, trainer.epoch) == (1, 10, 3, 1)


@pytest.mark.unit
def test_two_runs_of_one_seed_are_equal_and_of_two_seeds_are_not():
    runs = [toy_trainer(seed=seed) for seed in (0, 0, 1)]
    results = []
    for seed, trainer in zip((0, 0, 1), runs, strict=True):
        minigrad.manual_seed(seed)  # the toy's dropout draws while it trains
        trainer.fit(EPOCHS)
        results.append(everything(trainer))
    assert results[0] == results[1] != results[2]


@pytest.mark.unit
def test_the_number_of_threads_and_workers_changes_no_bit():
    results = []
    threads = minigrad.get_num_threads()
    try:
        for count in (1, 2):
            minigrad.set_num_threads(count)
            trainer = toy_trainer()
            loader = DataLoader(toy_items(), 4, shuffle=True, seed=0, num_workers=count - 1)
            trainer.loader = loader
            trainer.fit(EPOCHS)
            results.append(everything(trainer))
    finally:
        minigrad.set_num_threads(threads)
    assert results[0] == results[1]


@pytest.mark.property
@pytest.mark.parametrize("stop", range(1, EPOCHS * STEPS + 1))
def test_a_resumed_run_equals_an_unbroken_one_at_every_step(tmp_path, stop):
    unbroken = toy_trainer([EarlyStopping()])
    unbroken.fit(EPOCHS)
    drawn = default_generator.get_state().tobytes()

    stopper = EarlyStopping()
    first = toy_trainer([stopper, Checkpointer(tmp_path, stopper), StopAt(stop)])
    first.fit(EPOCHS)
    assert first.interrupted == signal.SIGINT
    assert first.step == stop

    minigrad.manual_seed(99)  # a new process knows nothing
    stopper = EarlyStopping()
    second = toy_trainer([stopper, Checkpointer(tmp_path, stopper), StopAt(-1)])
    second.load(tmp_path / "last.safetensors")
    second.fit(EPOCHS)
    assert everything(second) == everything(unbroken)
    assert default_generator.get_state().tobytes() == drawn


@pytest.mark.unit
def test_a_saved_schedule_keeps_its_length(tmp_path):
    unbroken = toy_trainer()
    unbroken.fit(EPOCHS)
    first = toy_trainer()
    first.fit(2)
    first.save(tmp_path / "x")
    second = toy_trainer(epochs=9)
    second.load(tmp_path / "x")
    second.fit(EPOCHS)
    assert everything(second) == everything(unbroken)


@pytest.mark.unit
def test_a_finished_run_has_nothing_to_go_on_with(tmp_path):
    stopper = EarlyStopping()
    first = toy_trainer([stopper, Checkpointer(tmp_path, stopper)])
    first.fit(2)
    again = EarlyStopping()
    second = toy_trainer([again, Checkpointer(tmp_path, again)])
    second.load(tmp_path / "last.safetensors")
    second.fit(2)
    assert second.step == first.step
    assert second.weights().keys() == first.weights().keys()
    for name, array in second.weights().items():
        np.testing.assert_array_equal(array, first.weights()[name])  # the best ones, both


class NoteWeights(Callback):
    def __init__(self):
        self.after_epoch = []

    def on_epoch_end(self, trainer):
        self.after_epoch.append(trainer.weights())


@pytest.mark.unit
def test_early_stopping_waits_its_patience_and_restores_the_best():
    stopper, notes = EarlyStopping(patience=2), NoteWeights()
    trainer = toy_trainer([stopper, notes], epochs=9, validate=Scripted(3, 1, 2, 1, 0.5))
    trainer.fit(9)
    assert trainer.epoch == 4  # epochs 3 and 4 are no better than 2
    assert "val_loss has not improved for 2 epochs (best: 1 in epoch 2)" in trainer.stop_reason
    for name, array in trainer.weights().items():
        np.testing.assert_array_equal(array, notes.after_epoch[1][name])
    assert any(
        (trainer.weights()[name] != array).any() for name, array in notes.after_epoch[3].items()
    )


@pytest.mark.unit
def test_early_stopping_of_a_metric_that_should_grow():
    stopper = EarlyStopping(patience=1, mode="max", min_delta=0.5)
    trainer = toy_trainer([stopper], epochs=9, validate=Scripted(1, 2, 2.4, 5))
    trainer.fit(9)
    assert (trainer.epoch, stopper.best_epoch) == (3, 2)


@pytest.mark.unit
def test_a_run_that_stopped_early_stays_stopped(tmp_path):
    stopper = EarlyStopping(patience=1)
    trainer = toy_trainer([stopper, Checkpointer(tmp_path, stopper)], validate=Scripted(1, 2, 3))
    trainer.fit(4)
    again = EarlyStopping(patience=1)
    resumed = toy_trainer([again, Checkpointer(tmp_path, again)], validate=Scripted())
    resumed.load(tmp_path / "last.safetensors")
    resumed.fit(4)
    assert resumed.epoch == trainer.epoch == 2


@pytest.mark.unit
def test_a_resumed_run_knows_the_best_weights_of_before(tmp_path):
    stopper, notes = EarlyStopping(), NoteWeights()
    first = toy_trainer([stopper, Checkpointer(tmp_path, stopper), notes, StopAt(6)])
    first.validate = Scripted(1, 2)
    first.fit(4)
    again = EarlyStopping()
    second = toy_trainer([again, Checkpointer(tmp_path, again), NoteWeights(), StopAt(-1)])
    second.validate = Scripted(2, 3, 4)
    second.load(tmp_path / "last.safetensors")
    second.fit(4)
    assert (second.epoch, again.best_epoch) == (4, 1)
    for name, array in second.weights().items():
        np.testing.assert_array_equal(array, notes.after_epoch[0][name])


@pytest.mark.unit
@pytest.mark.parametrize("which", ["best", "last"])
def test_a_run_killed_between_its_two_files_loses_neither(tmp_path, monkeypatch, which):
    """Whichever file of epoch 2 was not written, the resumed run ends with both right."""

    def run(folder):
        stopper = EarlyStopping()
        return toy_trainer([stopper, Checkpointer(folder, stopper)], validate=Scripted(3, 2, 5, 5))

    (tmp_path / "whole").mkdir()
    run(tmp_path / "whole").fit(4)
    broken = run(tmp_path)
    method = {"best": "save_weights", "last": "save"}[which]
    real = getattr(broken, method)

    def save(path, *further, **extra):
        if broken.epoch == 2:
            raise KeyboardInterrupt
        real(path, **extra)

    monkeypatch.setattr(broken, method, save)
    with pytest.raises(KeyboardInterrupt):
        broken.fit(4)
    resumed = run(tmp_path)
    resumed.load(tmp_path / "last.safetensors")
    resumed.validate = Scripted(*(3, 2, 5, 5)[resumed.epoch :])
    resumed.fit(4)
    wanted, _ = load_checkpoint(tmp_path / "whole" / "best.safetensors")
    found, state = load_checkpoint(tmp_path / "best.safetensors")
    assert state["epoch"] == 2
    for name, array in wanted.items():
        np.testing.assert_array_equal(found[name], array)


@pytest.mark.unit
def test_best_holds_the_weights_of_the_best_epoch(tmp_path):
    stopper, notes = EarlyStopping(), NoteWeights()
    callbacks = [stopper, Checkpointer(tmp_path, stopper, extra={"seen": "this"}), notes]
    toy_trainer(callbacks, validate=Scripted(3, 1, 2)).fit(3)
    arrays, state = load_checkpoint(tmp_path / "best.safetensors")
    assert (state["epoch"], state["seen"]) == (2, "this")
    for name, array in notes.after_epoch[1].items():
        np.testing.assert_array_equal(arrays[f"model.{name}"], array)


@pytest.mark.unit
def test_a_checkpoint_is_written_within_an_epoch_when_it_is_due(tmp_path):
    stopper = EarlyStopping()

    class Look(Callback):
        def on_step_end(self, trainer):
            if trainer.step == 2:
                assert load_checkpoint(tmp_path / "last.safetensors")[1]["step"] == 2

    toy_trainer([stopper, Checkpointer(tmp_path, stopper, every=0.0), Look()]).fit(1)


@pytest.mark.unit
def test_a_checkpoint_of_another_network_lists_every_difference(tmp_path):
    trainer = toy_trainer()
    trainer.fit(1)
    trainer.save(tmp_path / "run.safetensors")
    model = nn.Sequential(nn.Conv2d(1, 7, 3), nn.ReLU(), nn.Linear(3, 4))
    optimizer = optim.AdamW(model.parameters())
    other = Trainer(model, optimizer, toy_loss, DataLoader(toy_items(), 4))
    before = other.weights()
    with pytest.raises(CheckpointError) as caught:
        other.load(tmp_path / "run.safetensors")
    for part in ("run.safetensors", "0.weight has shape", "0.bias is missing", "2.weight"):
        assert part in str(caught.value)
    for name, array in other.weights().items():
        np.testing.assert_array_equal(array, before[name])


@pytest.mark.unit
def test_a_checkpoint_of_another_kind_of_run_is_refused(tmp_path):
    trainer = toy_trainer()
    trainer.fit(1)
    trainer.save(tmp_path / "run.safetensors")
    other = toy_trainer([EarlyStopping()])
    with pytest.raises(CheckpointError, match="another kind of run"):
        other.load(tmp_path / "run.safetensors")


@pytest.mark.unit
@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: EarlyStopping(mode="up"), "'min' or 'max'"),
        (lambda: EarlyStopping(patience=0), "at least 1"),
        (lambda: toy_trainer(schedule_every="minute"), "'step' or 'epoch'"),
    ],
)
def test_settings_out_of_range(make, message):
    with pytest.raises(ValueError, match=message):
        make()


@pytest.mark.unit
def test_early_stopping_names_the_metrics_there_are():
    with pytest.raises(ValueError, match=r"monitor \(='psnr'\).*val_loss"):
        toy_trainer([EarlyStopping("psnr")]).fit(1)
