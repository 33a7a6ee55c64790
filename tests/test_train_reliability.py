"""What must never happen in a long run: a NaN in the weights, and memory that is held on to."""

import gc
import math
import sys
import tracemalloc

import numpy as np
import pytest
from toy_training import Scripted, toy_items, toy_trainer

import minigrad
from minigrad import nn, optim
from minigrad.data import DataLoader
from minigrad.train import Checkpointer, DivergedError, EarlyStopping, Trainer, load_checkpoint


@pytest.mark.unit
@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_loss_that_is_not_finite_stops_before_the_weights_are_touched(tmp_path, bad):
    items = toy_items()
    items[7][1][:] = bad
    stopper = EarlyStopping()
    trainer = toy_trainer([stopper, Checkpointer(tmp_path, stopper)], items=items)
    with pytest.raises(DivergedError, match=r"the loss is (nan|inf) in epoch 1, step \d"):
        trainer.fit(4)
    assert not list(tmp_path.iterdir())
    assert all(
        np.isfinite(p.numpy()).all() for p in (q.detach() for q in trainer.model.parameters())
    )


@pytest.mark.unit
def test_a_gradient_that_is_not_finite_stops_before_the_weights_are_touched():
    w = nn.Parameter(minigrad.zeros(3))
    model = nn.Module()
    model.w = w
    optimizer = optim.SGD([w], lr=0.1)
    loader = DataLoader([np.ones(3, np.float32)] * 2, 2)
    # sqrt is 0 at 0, and its slope there infinite
    trainer = Trainer(model, optimizer, lambda m, batch: (batch * m.w).abs().sqrt().sum(), loader)
    with pytest.raises(DivergedError, match="gradient of w"):
        trainer.fit(1)
    assert (w.detach().numpy() == 0).all()


@pytest.mark.unit
def test_a_metric_that_is_not_finite_keeps_the_last_good_checkpoint(tmp_path):
    stopper = EarlyStopping()
    callbacks = [stopper, Checkpointer(tmp_path, stopper)]
    trainer = toy_trainer(callbacks, validate=Scripted(1, math.nan))
    with pytest.raises(DivergedError, match="val_loss is nan in epoch 2"):
        trainer.fit(4)
    assert load_checkpoint(tmp_path / "last.safetensors")[1]["epoch"] == 1


def growth(steps):
    """Bytes that memory grew by over steps without the cycle collector, and the cycles left."""
    trainer = toy_trainer(epochs=steps + 20, items=toy_items(sides=(24, 20)))
    batches = list(trainer.loader)
    gc.collect()
    gc.disable()
    try:
        for k in range(20):
            trainer._gradient_step(batches[k % 2])
        tracemalloc.start()
        before = tracemalloc.get_traced_memory()[0]
        for k in range(steps):
            trainer._gradient_step(batches[k % 2])
        after = tracemalloc.get_traced_memory()[0]
        return after - before, gc.collect()
    finally:
        tracemalloc.stop()
        gc.enable()


# Python keeps up to 2000 freed tuples of each length for later, some 1 MB in all. One map of
# (4, 6, 24, 20) floats that is held on to is 46 kB a step.
GROWTH = 2 * 2**20


@pytest.mark.unit
def test_hundreds_of_steps_hold_no_memory():
    # Other things take memory once: caches that grow, threads of earlier tests that end meanwhile.
    # What a step holds on to is there in every measurement, and a cycle a step is 300 objects.
    for _ in range(4):
        grown, cycles = growth(300)
        if grown < GROWTH and cycles < 30:
            return
    pytest.fail(f"300 steps hold {grown} bytes and leave {cycles} objects in cycles")


@pytest.mark.slow
@pytest.mark.end_to_end
def test_ten_thousand_steps_hold_no_memory():
    trainer = toy_trainer(epochs=10_300)
    batches = list(trainer.loader)
    gc.collect()
    gc.disable()
    try:
        for k in range(300):
            trainer._gradient_step(batches[k % 2])
        before = sys.getallocatedblocks()
        for k in range(10_000):
            trainer._gradient_step(batches[k % 2])
        held = sys.getallocatedblocks() - before
    finally:
        gc.enable()
    assert held < 5000  # an array that is held on to is two objects a step and more
    assert gc.collect() < 1000
