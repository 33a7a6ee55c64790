"""Generator against critic: every loss by hand, whose weights move, and a state that goes on."""

import math
import signal

import numpy as np
import pytest
from toy_training import everything, toy_model

import minigrad
from minigrad import from_numpy, nn, optim
from minigrad.data import DataLoader
from minigrad.functions import cat
from minigrad.nn import functional as F
from minigrad.optim import lr_scheduler
from minigrad.random import default_generator
from minigrad.train import (
    AdversarialTrainer,
    Callback,
    Checkpointer,
    CheckpointError,
    DivergedError,
    EarlyStopping,
    load_checkpoint,
)
from minigrad.train.targets import AbTarget, ClassTarget, RgbTarget

EPOCHS, BATCH = 3, 4


def toy_items(count=10, sides=(8, 12), seed=3):
    rng = np.random.default_rng(seed)
    x = rng.uniform(-1, 1, (count, 1, *sides)).astype(np.float32)
    return [(plane, np.concatenate([plane**2, -plane]) * np.float32(0.3)) for plane in x]


def toy_critic(channels=3):
    return nn.Sequential(
        nn.Conv2d(channels, 5, 4, stride=2, padding=1),
        nn.BatchNorm2d(5),
        nn.LeakyReLU(0.2),
        nn.Conv2d(5, 1, 3, padding=1),
    )


class Distance:
    def __call__(self, model):
        return {"val_frechet": sum(float(p.detach().numpy().std()) for p in model.parameters())}


def toy_run(callbacks=(), items=None, target=None, **settings):
    """Everything of an adversarial run, built anew: as a new process would."""
    minigrad.manual_seed(0)
    model, critic = toy_model(), toy_critic()
    loader = DataLoader(items or toy_items(), BATCH, shuffle=True, seed=0)
    pair = [optim.Adam(net.parameters(), lr=2e-3, betas=(0.5, 0.999)) for net in (model, critic)]
    schedules = [lr_scheduler.LambdaLR(o, lambda step: 1 / (1 + 0.02 * step)) for o in pair]
    return AdversarialTrainer(
        model, critic, *pair, target or AbTarget("l1"), loader,
        scheduler=schedules[0], critic_scheduler=schedules[1],
        validate=Distance(), callbacks=callbacks, **settings,
    )  # fmt: skip


def all_of(trainer):
    """What `everything` compares, and the critic's side of it."""
    moments = trainer.critic_optimizer.state_dict()
    arrays = {
        (i, name): np.asarray(value).tobytes()
        for i, values in moments["state"].items()
        for name, value in values.items()
    }
    rates = [group["lr"] for group in moments["param_groups"]]
    critic = {k: v.array.tobytes() for k, v in trainer.critic.state_dict().items()}
    return everything(trainer), critic, arrays, rates


@pytest.mark.unit
@pytest.mark.parametrize(("kind", "real"), [("bce", 1.0), ("bce", 0.9), ("least_squares", 0.9)])
def test_the_losses_of_one_step_by_hand(kind, real):
    trainer = toy_run(adversarial=kind, real_label=real, target_weight=7.0)
    twin = toy_run()  # the same weights, and the same draws of dropout
    x, ab = next(iter(twin.loader))
    drawn = default_generator.get_state()
    painted = twin.model(x)
    say = {
        "bce": lambda z, t: np.mean(np.maximum(z, 0) - z * t + np.log1p(np.exp(-np.abs(z)))),
        "least_squares": lambda z, t: np.mean((z - t) ** 2),
    }[kind]

    def scores(critic, colours):
        return critic(cat([x, colours], dim=1)).detach().numpy().astype(float)

    wanted_real = say(scores(twin.critic, ab), real)
    wanted_fake = say(scores(twin.critic, painted.detach()), 0.0)
    apart = float(np.mean(np.abs(painted.detach().numpy() - ab.numpy())))

    default_generator.set_state(drawn)
    trainer._gradient_step((x, ab))
    parts = trainer.last_parts
    assert parts["critic_real"] == pytest.approx(wanted_real, rel=1e-5)
    assert parts["critic_fake"] == pytest.approx(wanted_fake, rel=1e-5)
    assert parts["target"] == pytest.approx(apart, rel=1e-5)
    assert trainer.last_loss == pytest.approx(parts["adversarial"] + 7 * parts["target"], rel=1e-5)
    # The generator met the critic that had just moved.
    for own, other in zip(twin.critic.children(), trainer.critic.children(), strict=True):
        own.load_state_dict(other.state_dict())
    twin.critic.train()
    moved = say(scores(trainer.critic, painted.detach()), 1.0)
    assert parts["adversarial"] == pytest.approx(moved, rel=1e-5)


@pytest.mark.unit
def test_each_step_moves_its_own_network_alone():
    trainer = toy_run()
    x, ab = next(iter(trainer.loader))

    def weights(net):
        return [p.detach().numpy().copy() for p in net.parameters()]

    def moved(net, before):
        return any((a != b).any() for a, b in zip(weights(net), before, strict=True))

    painted = trainer.model(x)
    before = weights(trainer.model), weights(trainer.critic)
    trainer._critic_step(x, ab, painted.detach())
    assert not moved(trainer.model, before[0])
    assert moved(trainer.critic, before[1])
    assert all(p.grad is None for p in trainer.model.parameters())
    before = weights(trainer.model), weights(trainer.critic)
    grads = [p.grad.numpy().copy() for p in trainer.critic.parameters()]
    trainer._generator_step(x, painted, ab.numpy())
    assert moved(trainer.model, before[0])
    assert not moved(trainer.critic, before[1])
    for parameter, grad in zip(trainer.critic.parameters(), grads, strict=True):
        np.testing.assert_array_equal(parameter.grad.numpy(), grad)


@pytest.mark.unit
def test_gradients_of_the_generator_are_those_of_the_formula():
    trainer = toy_run(target_weight=3.0)
    x, ab = next(iter(trainer.loader))
    trainer.model.eval()
    painted = trainer.model(x)
    trainer._generator_step(x, painted, ab.numpy())
    got = [p.grad.numpy().copy() for p in trainer.model.parameters()]

    twin = toy_run()
    twin.model.eval()
    painted = twin.model(x)
    z = twin.critic(cat([x, painted], dim=1))
    (F.softplus(-z).mean() + 3 * (painted - ab).abs().mean()).backward()
    for parameter, gradient in zip(twin.model.parameters(), got, strict=True):
        np.testing.assert_allclose(parameter.grad.numpy(), gradient, rtol=1e-4, atol=1e-7)


@pytest.mark.unit
def test_parts_of_the_loss_enter_the_history_and_learning_happens():
    trainer = toy_run(target_weight=100.0)
    history = trainer.fit(20)
    assert set(history[0]) > {"loss", "adversarial", "target", "critic_real", "critic_fake"}
    assert history[-1]["target"] < 0.9 * history[0]["target"]
    row = history[-1]
    assert row["loss"] == pytest.approx(row["adversarial"] + 100 * row["target"], rel=1e-6)


class StopAt(Callback):
    def __init__(self, step):
        self.at = step

    def on_step_end(self, trainer):
        if trainer.step == self.at:
            signal.raise_signal(signal.SIGINT)


@pytest.mark.property
@pytest.mark.parametrize("stop", range(1, EPOCHS * 3 + 1))
def test_a_resumed_run_equals_an_unbroken_one_at_every_step(tmp_path, stop):
    unbroken = toy_run([EarlyStopping("val_frechet")])
    unbroken.fit(EPOCHS)
    drawn = default_generator.get_state().tobytes()
    stopper = EarlyStopping("val_frechet")
    first = toy_run([stopper, Checkpointer(tmp_path, stopper), StopAt(stop)])
    first.fit(EPOCHS)
    assert first.step == stop
    minigrad.manual_seed(99)
    stopper = EarlyStopping("val_frechet")
    second = toy_run([stopper, Checkpointer(tmp_path, stopper), StopAt(-1)])
    second.load(tmp_path / "last.safetensors")
    second.fit(EPOCHS)
    assert all_of(second) == all_of(unbroken)
    assert default_generator.get_state().tobytes() == drawn


@pytest.mark.unit
def test_the_best_file_holds_the_generator_alone(tmp_path):
    stopper = EarlyStopping("val_frechet")
    toy_run([stopper, Checkpointer(tmp_path, stopper)]).fit(1)
    best = load_checkpoint(tmp_path / "best.safetensors")[0]
    last = load_checkpoint(tmp_path / "last.safetensors")[0]
    assert {name.split(".")[0] for name in best} == {"model"}
    assert {"model", "critic", "optimizer", "critic_optimizer"} < {n.split(".")[0] for n in last}


@pytest.mark.unit
def test_a_checkpoint_of_a_supervised_run_is_refused(tmp_path):
    trainer = toy_run()
    trainer.save(tmp_path / "x")
    arrays, state = load_checkpoint(tmp_path / "x")
    assert state["critic_optimizer"]["param_groups"]
    other = toy_run()
    other.critic = toy_critic(4)
    with pytest.raises(CheckpointError, match=r"critic\.0\.weight has shape \(5, 3, 4, 4\)"):
        other.load(tmp_path / "x")


@pytest.mark.unit
@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_loss_that_is_not_finite_stops_before_any_weight_is_touched(tmp_path, bad):
    items = toy_items(count=BATCH)
    items[2][1][:] = bad
    stopper = EarlyStopping("val_frechet")
    trainer = toy_run([stopper, Checkpointer(tmp_path, stopper)], items=items)
    with pytest.raises(DivergedError, match=r"loss of the discriminator is (nan|inf) in epoch 1"):
        trainer.fit(1)
    assert not list(tmp_path.iterdir())
    for network in (trainer.model, trainer.critic):
        assert all(np.isfinite(p.detach().numpy()).all() for p in network.parameters())


@pytest.mark.unit
def test_a_loss_of_the_generator_alone_stops_before_its_weights_are_touched(tmp_path):
    stopper = EarlyStopping("val_frechet")
    trainer = toy_run([stopper, Checkpointer(tmp_path, stopper)], target_weight=math.inf)
    before = trainer.weights()
    with pytest.raises(DivergedError, match=r"the loss is inf in epoch 1, step 1;"):
        trainer.fit(1)
    assert not list(tmp_path.iterdir())
    learned = {name for name, _ in trainer.model.named_parameters()}
    for name, array in trainer.weights().items():
        if name in learned:
            assert array.tobytes() == before[name].tobytes()


class TwiceAt(StopAt):
    def on_step_end(self, trainer):
        if trainer.step == self.at:
            signal.raise_signal(signal.SIGINT)
            signal.raise_signal(signal.SIGINT)


@pytest.mark.unit
def test_a_second_ctrl_c_ends_at_once_and_leaves_the_last_checkpoint(tmp_path):
    stopper = EarlyStopping("val_frechet")
    trainer = toy_run([stopper, Checkpointer(tmp_path, stopper), TwiceAt(4)])
    with pytest.raises(KeyboardInterrupt):
        trainer.fit(EPOCHS)
    assert trainer.step == 4
    again = toy_run([EarlyStopping("val_frechet"), Callback(), Callback()])
    again.load(tmp_path / "last.safetensors")
    assert again.step == 3


@pytest.mark.unit
def test_a_target_of_classes_is_refused_and_one_of_rgb_is_not():
    with pytest.raises(ValueError, match="'palette' gives class labels"):
        toy_run(target=ClassTarget("palette", [[0, 0], [1, 1]], [1, 1]))
    minigrad.manual_seed(0)
    model = nn.Conv2d(1, 3, 3, padding=1)
    critic = toy_critic(4)
    pair = [optim.Adam(net.parameters()) for net in (model, critic)]
    items = [(x, ab * np.float32(0.1)) for x, ab in toy_items()]
    loader = DataLoader(items, BATCH, seed=0)
    trainer = AdversarialTrainer(model, critic, *pair, RgbTarget("l1"), loader)
    assert math.isfinite(trainer.fit(1)[0]["loss"])


@pytest.mark.unit
def test_label_smoothing_is_on_the_real_side_alone():
    trainer = toy_run(real_label=0.9)
    scores = from_numpy(np.full((1, 1, 2, 2), math.log(9), np.float32))  # sigmoid 0.9
    entropy = -(0.9 * math.log(0.9) + 0.1 * math.log(0.1))
    assert trainer._said(scores, trainer.real_label).item() == pytest.approx(entropy, rel=1e-5)
    assert trainer._said(scores, 0.0).item() == pytest.approx(math.log(10), rel=1e-5)
