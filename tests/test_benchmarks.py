"""The benchmarks: networks true to their documents, costs by formula, arithmetic, toy runs."""

import math
import sys
from pathlib import Path

import numpy as np
import pytest

import minigrad

ROOT = Path(__file__).resolve().parent.parent
sys.path.append(str(ROOT))  # benchmarks/ is run from a checkout and never installed

from benchmarks import (  # noqa: E402  # noqa: E402
    compare,
    engines,
    layer_cases,
    layers,
    macs,
    networks,
    scaling,
    tables,
    training,
    worker,
)

# Totals printed in, or worked out from, the documents that the networks are taken from; those of
# colour_unet and upunet by the sums below them.
NETWORKS = {  # input shape, output shape, parameters, multiply-adds of one picture
    "colour_unet": ((1, 32, 32), (24, 32, 32), 223_344, 11_501_568),
    "autoencoder": ((1, 160, 160), (2, 160, 160), 1_022_961, 2_455_142_400),
    "generator": ((1, 256, 256), (2, 256, 256), 54_410_882, 5_981_077_504),
    "discriminator": ((3, 256, 256), (1, 30, 30), 2_765_569, 3_146_809_344),
    "cnn": ((3, 256, 256), (3, 256, 256), 169_520_256, 3_904_897_024),
    "upunet": ((1, 128, 128), (1, 128, 128), 5_885_153, 629_342_208),
}


@pytest.mark.unit
def test_totals_of_the_small_unet_by_hand():
    layers = [  # weights, pixels that each meets, biases, batch normalisation
        (9 * 1 * 32, 16 * 16, 32, 64),
        (9 * 32 * 64, 8 * 8, 64, 128),
        (9 * 64 * 128, 4 * 4, 128, 256),
        (9 * 128 * 64, 4 * 4, 64, 128),
        (9 * (64 + 64) * 32, 8 * 8, 32, 64),
        (9 * (32 + 32) * 32, 16 * 16, 32, 64),
        ((32 + 1) * 24, 32 * 32, 24, 0),
    ]
    parameters = sum(weights + biases + norm for weights, _, biases, norm in layers)
    multiply_adds = sum(weights * pixels for weights, pixels, _, _ in layers)
    assert NETWORKS["colour_unet"][2:] == (parameters, multiply_adds)


@pytest.mark.unit
def test_totals_of_the_upsampling_unet_by_hand():
    down = [(1, 32), (32, 64), (64, 128), (128, 256), (256, 256), (256, 256), (256, 256)]
    up = [(256, 256), (512, 256), (512, 256), (512, 128), (256, 64), (128, 32)]
    parameters = multiply_adds = 0
    for (C, O), side in zip(down + up, [64, 32, 16, 8, 4, 2, 1, 2, 4, 8, 16, 32, 64], strict=True):
        parameters += 9 * C * O + 2 * O
        multiply_adds += 9 * C * O * side**2
    last = 9 * 64
    wanted = parameters + last + 1, multiply_adds + last * 128**2
    assert NETWORKS["upunet"][2:] == wanted


@pytest.mark.unit
@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=pytest.mark.slow if name == "cnn" else ()) for name in NETWORKS],
)
def test_parameters_shapes_and_multiply_adds(name):
    x_shape, y_shape, parameters, multiply_adds = NETWORKS[name]
    network = networks.NETWORKS[name](minigrad).eval()
    assert sum(p.numel() for p in network.parameters()) == parameters
    with macs.Counter([network]) as counter, minigrad.no_grad():
        y = network(minigrad.zeros(1, *x_shape))
    assert tuple(y.shape) == (1, *y_shape)
    assert counter.forward == multiply_adds


@pytest.mark.unit
def test_the_documents_own_count_without_skips():
    weights = {"L1": 288, "L2": 18_432, "L3": 73_728, "D1": 73_728, "D2": 18_432, "D3": 9_216}
    y = {"L1": 16, "L2": 8, "L3": 4}
    total = sum(macs.conv2d((1, weights[k], 1, 1), (1, 1, s, s)) for k, s in y.items())
    x = {"D1": 4, "D2": 8, "D3": 16}
    total += sum(macs.conv_transpose2d((1, weights[k], 1, 1), (1, 1, s, s)) for k, s in x.items())
    assert total + macs.conv2d((24, 32, 1, 1), (1, 24, 32, 32)) == 7_938_048


@pytest.mark.unit
def test_multiply_adds_of_layers():
    assert macs.conv2d((6, 2, 3, 5), (4, 6, 7, 9)) == 4 * 6 * 2 * 3 * 5 * 7 * 9
    assert macs.conv_transpose2d((8, 3, 2, 4), (5, 8, 7, 9)) == 5 * 8 * 3 * 2 * 4 * 7 * 9
    assert macs.linear((3, 7), (5, 2, 7)) == 5 * 2 * 3 * 7


@pytest.mark.unit
def test_a_step_counts_only_the_gradients_that_are_wanted():
    first, second = minigrad.nn.Conv2d(1, 4, 3), minigrad.nn.Conv2d(4, 2, 3)
    model = minigrad.nn.Sequential(first, second)
    ones, twos = 4 * 9 * 5 * 4, 2 * 4 * 9 * 3 * 2  # of the two layers, for a 7 x 6 picture
    with macs.Counter([model]) as counter:
        model(minigrad.zeros(1, 1, 7, 6))
    assert (counter.forward, counter.step) == (ones + twos, 2 * ones + 3 * twos)
    second.requires_grad_(False)
    with macs.Counter([model]) as counter:
        model(minigrad.zeros(1, 1, 7, 6))
    assert counter.step == 2 * ones + 2 * twos
    model(minigrad.zeros(1, 1, 7, 6))
    assert counter.step == 2 * ones + 2 * twos  # and it has stopped counting


@pytest.mark.unit
def test_ratios_of_rounds():
    compared = compare.ratio([1.0, 2.0, 4.0], [2.0, 2.0, 2.0])
    assert (compared.median, compared.low, compared.high) == (1.0, 0.5, 2.0)
    # Each round with its own pair: the medians of the two columns would say 3 / 2.
    assert compare.ratio([1.0, 2.0, 3.0], [3.0, 1.0, 3.3]).median == pytest.approx(1.1)
    assert str(compared) == "1.00 (0.50 to 2.00)"


@pytest.mark.unit
@pytest.mark.parametrize(("ours", "peer"), [([1.0], [1.0, 2.0]), ([], [])])
def test_rounds_that_do_not_pair_are_refused(ours, peer):
    with pytest.raises(ValueError, match="cannot be paired"):
        compare.ratio(ours, peer)


@pytest.mark.unit
def test_geometric_mean():
    assert math.isclose(compare.geometric_mean([0.5, 2.0, 8.0]), 2.0)
    with pytest.raises(ValueError, match="no values"):
        compare.geometric_mean([])


@pytest.mark.unit
def test_the_faster_layout_counts():
    slow = compare.Measured("torch", "default", [3.0, 1.0, 3.0], {})
    fast = compare.Measured("torch", "channels-last", [2.0, 2.0, 9.0], {})
    ours = compare.Measured("minigrad", "default", [1.0], {})
    assert compare.best_layout([ours, slow, fast], "torch") is fast
    assert compare.best_layout([ours], "torch") is None


@pytest.mark.unit
def test_summary_names_the_slowest_layer():
    ratios = {"a": compare.Ratio(4.0, 3, 5), "b": compare.Ratio(0.25, 0, 1)}
    wanted = "geometric mean of 2 layers: 1.00; slowest: b, 0.25; 1 below 1"
    assert layers.verdict(ratios) == wanted


@pytest.mark.unit
def test_fitted_exponent():
    values = [1, 2, 4, 8]
    assert math.isclose(scaling.exponent(values, [3 * v**2 for v in values]), 2)


@pytest.mark.unit
def test_tables_line_up():
    text = tables.markdown(["name", "n"], [["a", 1], ["long name", 234]])
    assert text.splitlines() == [
        "| name      |   n |",
        "| --------- | --: |",
        "| a         |   1 |",
        "| long name | 234 |",
    ]


@pytest.mark.unit
@pytest.mark.parametrize(
    ("value", "text"),
    [
        (12.345, "12.3 s"),
        (1.0, "1.00 s"),
        (0.99, "990 ms"),
        (2.5e-5, "25.0 us"),
        (1e-8, "0.0100 us"),
    ],
)
def test_seconds_get_three_digits(value, text):
    assert tables.seconds(value) == text


@pytest.mark.unit
def test_unknown_names_are_refused():
    with pytest.raises(ValueError, match=r"no engine 'numpy'.*minigrad: default; torch: def"):
        engines.load("numpy")
    with pytest.raises(ValueError, match="'minigrad' with layout 'channels-last'"):
        engines.load("minigrad", "channels-last")
    engine = engines.load("minigrad")
    with pytest.raises(ValueError, match="no training step 'vgg'; there are unet32"):
        training.build(engine, "vgg")
    with pytest.raises(ValueError, match="no case 'vgg'"):
        layer_cases.build(engine, "vgg")
    with pytest.raises(SystemExit, match="--only vgg: no such layer; families are activation"):
        layers.chosen(["vgg"])


@pytest.mark.unit
def test_layers_are_chosen_by_words():
    assert layers.chosen(["pool: max"]) == ["pool: max 2", "pool: max 3 /2 p 1"]
    assert layers.chosen([]) == list(layer_cases.CASES)


@pytest.mark.unit
def test_every_family_of_layers_is_there():
    wanted = "first same down deep dilated grouped depthwise pointwise up-sampling last linear"
    wanted += " norm pool activation dropout loss optimizer"
    assert {case.family for case in layer_cases.CASES.values()} == set(wanted.split())


@pytest.mark.end_to_end
@pytest.mark.slow
@pytest.mark.parametrize("name", layer_cases.CASES)
def test_every_layer_runs(name):
    engine = engines.load("minigrad")
    step = layer_cases.build(engine, name)
    with macs.Counter(step.modules) as counter:
        step.run()
    convolves = name.split(":")[0] not in ("norm", "pool", "activation", "dropout", "loss")
    convolves &= not name.startswith("optimizer") and "alone" not in name and "shuffle" not in name
    assert (counter.forward > 0) == convolves


@pytest.mark.end_to_end
def test_a_step_learns():
    step = training.build(engines.load("minigrad"), "unet32", batch=2)
    losses = [step.run() for _ in range(8)]
    assert losses[-1] < losses[0]


@pytest.mark.end_to_end
@pytest.mark.slow
def test_both_players_of_the_gan_learn():
    step = training.build(engines.load("minigrad"), "pix2pix256", batch=2)
    before = [next(iter(m.parameters())).detach().numpy().copy() for m in step.modules]
    step.run()
    for module, old in zip(step.modules, before, strict=True):
        assert not np.array_equal(next(iter(module.parameters())).detach().numpy(), old)


@pytest.mark.end_to_end
def test_a_worker_answers_line_by_line():
    with compare.Worker("minigrad", 1) as process:
        one = compare.Contestant("minigrad", "default", process)
        (measured,) = compare.measure([one], "a", 2, 0.0, kind="step", name="unet32", batch=1)
        assert len(measured.seconds) == 2
        assert measured.facts["parameters"] == 223_344
        assert 2**25 < process.ask("memory")["peak"] < 2**33
        with pytest.raises(RuntimeError, match="no training step 'vgg'"):
            process.ask("prepare", job="b", kind="step", layout="default", name="vgg")


@pytest.mark.end_to_end
def test_a_worker_that_dies_says_so():
    with compare.Worker("no-such-engine", 1) as process:
        with pytest.raises(RuntimeError, match="no engine 'no-such-engine'"):
            process.ask("prepare", job="a", kind="step", layout="default", name="unet32")
        process._process.kill()
        with pytest.raises(RuntimeError, match="worker ended with status -9"):
            process.ask("memory")


@pytest.mark.unit
def test_a_session_times_drops_and_measures():
    session = worker.Session("minigrad", 1)
    prepare = {"job": "a", "kind": "layer", "layout": "default", "name": "loss: MSELoss"}
    assert session.answer({"do": "prepare", **prepare})["gflop"] == 0
    assert session.answer({"do": "time", "job": "a", "seconds": 0.0})["seconds"] > 0
    session.answer({"do": "drop", "job": "a"})
    with pytest.raises(KeyError):
        session.answer({"do": "time", "job": "a", "seconds": 0.0})
