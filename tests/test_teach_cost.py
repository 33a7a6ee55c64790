"""Costs as formulas, held against seeds 000 to 003 and against counts that really ran."""

from dataclasses import replace

import numpy as np
import pytest

from minigrad import nn
from minigrad.cli import main
from minigrad.machine import Ceiling
from minigrad.models import build_model
from minigrad.teach.cost import Cost, cost, count
from minigrad.teach.cost_formulas import exact_taps, formula, put, quantities, totals
from minigrad.teach.cost_layers import PASSES, RULES, Layer, macs, real_taps
from minigrad.teach.cost_network import network_layers
from minigrad.teach.cost_stories import story
from minigrad.teach.cost_time import predict, time_layers

sympy = pytest.importorskip("sympy", reason="pip install -e '.[cost]'")

SIZES = [(32, 32), (64, 64)]
K3 = {"NIC": 1, "NF": 32, "NC": 24, "k": 3}
LAYERS = ("L1", "L2", "L3", "D1", "D2", "D3", "CLS")

# Seed 000, layer by layer, case A: weights, outputs, connections.
LAYER_FORMULAS = {
    "L1": ("NF*NIC*k**2", "NF*256", "NF*NIC*k**2*256"),
    "L2": ("2*NF**2*k**2", "NF*128", "128*NF**2*k**2"),
    "L3": ("8*NF**2*k**2", "NF*64", "128*NF**2*k**2"),
    "D1": ("8*NF**2*k**2", "NF*128", "512*NF**2*k**2"),
    "D2": ("2*NF**2*k**2", "NF*256", "512*NF**2*k**2"),
    "D3": ("NF**2*k**2", "NF*1024", "1024*NF**2*k**2"),
    "CLS": ("NF*NC", "NC*1024", "NF*NC*1024"),
}
# Its sums, and the work that is really done, which it does not print.
SUMS = {
    "weights": ("k**2*(NF*NIC+21*NF**2)+NF*NC",) * 2,
    "outputs": ("NF*1856+NC*1024", "NF*7424+NC*4096"),
    "connections": (
        "k**2*(256*NF*NIC+2304*NF**2)+1024*NF*NC",
        "k**2*(1024*NF*NIC+9216*NF**2)+4096*NF*NC",
    ),
    "dense": (
        "k**2*(256*NF*NIC+768*NF**2)+1024*NF*NC",
        "k**2*(1024*NF*NIC+3072*NF**2)+4096*NF*NC",
    ),
}
# (NIC, NF, NC, k): weights; for 32 and 64: outputs, connections, dense, on real pixels.
NUMBERS = {
    (1, 32, 24, 3): (194592, (83968, 22093824, 7938048, 7268384),
                     (335872, 88375296, 31752192, 30391328)),
    (1, 32, 24, 5): (539168, (83968, 59973632, 20652032, 17389856),
                     (335872, 239894528, 82608128, 75889952)),
    (3, 8, 2, 3): (12328, (16896, 1398784, 514048, 470104), (67584, 5595136, 2056192, 1966936)),
}  # fmt: skip


@pytest.fixture(scope="module")
def seed() -> Cost:
    return cost("colornet", sizes=SIZES, time=False, **K3)


def same(expression, text):
    letters = {str(s): s for s in expression.free_symbols}
    return sympy.expand(expression - sympy.sympify(text, locals=letters)) == 0


@pytest.mark.unit
def test_seed_000_layer_by_layer(seed):
    layers = [layer for layer in seed.symbolic if layer.multiplies]
    for name, layer in zip(LAYERS, layers, strict=True):
        found = quantities(layer)
        for quantity, text in zip(
            ("weights", "outputs", "connections"), LAYER_FORMULAS[name], strict=True
        ):
            assert same(put(found[quantity], {"H": 32, "W": 32}), text), (name, quantity)


@pytest.mark.unit
@pytest.mark.parametrize("case", [0, 1])
def test_seed_000_sums(seed, case):
    found = totals(seed.symbolic)
    H, W = SIZES[case]
    for quantity, texts in SUMS.items():
        assert same(put(found[quantity], {"H": H, "W": W}), texts[case]), quantity


@pytest.mark.unit
@pytest.mark.parametrize("values", NUMBERS)
def test_seed_000_in_numbers(values):
    named = dict(zip(K3, values, strict=True))
    found = cost("colornet", sizes=SIZES, time=False, **named)
    for case in (0, 1):
        assert found.total("weights", case=case) == NUMBERS[values][0]
        for quantity, expected in zip(
            ("outputs", "connections", "dense", "taps"), NUMBERS[values][1 + case], strict=True
        ):
            assert found.total(quantity, case=case) == expected
            H, W = SIZES[case]
            symbolic = put(totals(found.symbolic)[quantity], {**named, "H": H, "W": W})
            assert symbolic == expected, "the polynomial, with numbers put in"


@pytest.mark.unit
def test_the_count_is_the_judge_of_seed_000(seed):
    counted = seed.counted("taps")
    assert counted == seed.total("taps") == 7268384
    assert seed.counted("dense") == 7938048
    assert seed.counted("positions") == seed.total("connections") == 22093824  # by zero insertion
    assert seed.counted("taps", case=1) / counted == pytest.approx(4.181304675152001)
    for rule in RULES:
        for step in PASSES:
            assert seed.counted(rule, step) == seed.total(rule, step)


@pytest.mark.unit
def test_with_bias_counts_one_more_for_each_output(seed):
    assert seed.total("bias") - seed.total("positions") == seed.total("outputs")
    without = [replace(layer, bias=False) for layer in seed.layers]
    assert Cost("", [((32, 32), without)]).total("bias") == 22093824


@pytest.mark.unit
def test_a_budget_says_what_is_not_counted(seed):
    layers = [layer for layer in seed.layers if layer.multiplies]
    assert count(layers, "dense", "forward", budget=100) is None
    small = Cost(seed.title, seed.cases[:1], budget=10_000)
    assert small.counts()["taps", "forward"] == 7268384
    assert len(small.counts()) < 12
    assert f"Counted, too ({len(small.counts())} of 12 of these numbers)" in str(small)


@pytest.mark.unit
@pytest.mark.parametrize("K", [1, 3, 5, 7])
@pytest.mark.parametrize("S", [1, 2])
def test_the_polynomial_of_real_taps(K, S):
    k, H = sympy.symbols("k H", positive=True, integer=True)
    found = exact_taps((H, H / S, k, S, (k - 1) / 2, 1))
    assert found.subs({k: K, H: 48}) == real_taps(48, 48 // S, K, S, (K - 1) // 2, 1)


@pytest.mark.unit
def test_no_polynomial_is_no_formula():
    k, H = sympy.symbols("k H", positive=True, integer=True)
    assert exact_taps((H, H / 3, k, 3, (k - 1) / 2, 1)) is None


@pytest.mark.unit
def test_other_networks_are_tried_too():
    found = cost("unet", sizes=[(32, 48)], time=False, NF=4, depth=2)
    numbers = {"NIC": 1, "NF": 4, "NC": 2, "H": 32, "W": 48}
    sums = totals(found.symbolic)
    for quantity in ("weights", "outputs", "dense", "taps"):
        assert put(sums[quantity], numbers) == found.total(quantity)
    network = build_model("unet", {"width": 4, "depth": 2})
    assert found.total("parameters") == sum(p.numel() for p in network.parameters())


@pytest.mark.unit
@pytest.mark.parametrize(
    ("name", "positions", "bias", "dense", "exact"),
    [
        ("autoencoder", 6347980800, 6354662400, 2455142400, 2425958016),
        ("pix2pix", 17972592640, 17972723712, 5981077504, 5633312000),
        ("patchgan", 3146809344, 3146810244, 3146809344, 3121414912),
    ],
)
def test_the_four_rules_on_the_networks_of_seed_004(name, positions, bias, dense, exact):
    found = cost(name, time=False)
    assert [found.total(rule) for rule in RULES] == [positions, bias, dense, exact]
    H, W = found.cases[0][0]
    sums = totals(found.symbolic)
    assert put(sums["taps"], {**found.values, "H": H, "W": W}) == exact


@pytest.mark.unit
def test_a_network_of_11_billion_weights_is_costed_without_them():
    found = cost("fully_connected", time=False)
    assert found.total("parameters") == 11336941156
    assert found.counted("taps") == found.total("weights")


@pytest.mark.unit
def test_networks_whose_formulas_are_not_straight_lines_have_numbers():
    found = cost("xor", time=False)
    assert found.symbolic is None
    assert found.counted("dense") == found.total("dense") == 6


@pytest.mark.unit
def test_even_kernels_have_numbers_and_a_formula_without_k():
    found = cost("colornet", sizes=[(16, 16)], time=False, k=4, NF=2, NC=3)
    assert found.counted("taps") == found.total("taps")
    assert "k" not in {str(s) for s in totals(found.symbolic)["dense"].free_symbols}


@pytest.mark.unit
@pytest.mark.parametrize("padding_mode", ["zeros", "replicate"])
def test_layers_are_seen_as_they_are(padding_mode):
    net = nn.Sequential(
        nn.Conv2d(4, 6, (3, 2), stride=(2, 1), padding=(1, 0), groups=2, padding_mode=padding_mode),
        nn.BatchNorm2d(6),
        nn.Flatten(),
        nn.Linear(6 * 3 * 4, 5, bias=False),
    )
    conv, norm, _, linear = network_layers(net, (4, 5, 5))
    assert (conv.weights, conv.parameters, conv.output) == (72, 78, (3, 4))
    assert conv.padding == ((1, 0) if padding_mode == "zeros" else (0, 0))
    assert macs(conv, "dense") == 72 * 12
    assert macs(conv, "taps") == (12 * 7 * 8 if padding_mode == "zeros" else 72 * 12)
    assert (norm.parameters, norm.weights) == (12, 0)
    assert (linear.weights, macs(linear, "taps")) == (360, 360)


@pytest.mark.unit
def test_a_prediction_is_the_longer_of_work_and_traffic():
    layer = Layer("a", "conv2d", (2, 3), (5, 5), (5, 5), (1, 1))
    [timing] = predict([layer], Ceiling(1, micro_kernel=1e-9, matmul=1.0, bandwidth=1e-9))
    assert timing.work == 2 * 6 * 25
    assert timing.traffic == 4 * (50 + 6 + 75)
    assert timing.predicted == timing.traffic


@pytest.mark.unit
def test_measured_times_stand_beside_predicted_ones():
    net = nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU())
    layers = network_layers(net, (1, 6, 6))
    rates = Ceiling(1, 100.0, 100.0, 20.0)
    found = Cost(
        "net", [((6, 6), layers)], timing=time_layers(net, (1, 6, 6), predict(layers, rates))
    )
    assert [timing.measured > 0 for timing in found.timing] == [True, True]
    assert net.training
    assert "1 others" in str(found)


@pytest.mark.unit
def test_what_is_written(seed):
    text = str(seed)
    assert max(map(len, text.splitlines())) <= 80
    assert "connections = 1024 NC NF + k^2 (2304 NF^2 + 256 NF NIC)" in text
    assert "multiply-adds = 1024 NC NF + k^2 (768 NF^2 + 256 NF NIC)" in text
    assert "4 x too high" in text
    assert "Every count agrees." in text
    latex = seed.to_latex()
    assert r"2304 \mathrm{NF}^{2}" in latex
    assert latex.count(r"\begin{align*}") == 4
    page = seed._repr_html_()
    assert page.count("<table>") == page.count("</table>") == 5
    assert "7,268,384" in page
    assert "http" not in page


@pytest.mark.unit
def test_a_wrong_formula_is_reported(seed, monkeypatch):
    monkeypatch.setattr(Cost, "counted", lambda *_: 1)
    assert "A COUNT DISAGREES" in str(seed)


@pytest.mark.end_to_end
@pytest.mark.parametrize(
    ("line", "printed"),
    [
        ("colornet --size 32 --no-time NF=8", "multiply-adds by four rules, 32 x 32"),
        ("colornet NF=8 --latex", r"\paragraph{weights}"),
        ("upsampling n=4 c=3", "twice the side, 4 times the work"),
        ("separable N=1", "not fewer weights"),
        ("conv_transpose2d C=4 O=2 H=4 W=4", "connections = c o oh ow k^2"),
    ],
)
def test_the_command(capsys, tmp_path, line, printed):
    page = tmp_path / "cost.html"
    assert main(["cost", *line.split(), "--html", str(page)]) == 0
    output = capsys.readouterr().out
    assert printed in output.lower()
    assert "<table>" in page.read_text(encoding="utf-8")


@pytest.mark.end_to_end
@pytest.mark.parametrize(
    ("line", "printed"),
    [
        ("colornot", "colornot"),
        ("colornet NF", "NAME=VALUE"),
        ("colornet deep=3", "no option deep"),
        ("colornet --size 3x", "as HxW"),
        ("conv2d k=0", "k=0 is too small"),
        ("conv2d k=9 H=4", "kernel"),
        ("conv2d k=three", "must be a whole number"),
        ("conv2d G=2", "G=2 must divide"),
        ("upsampling h=3", "h is unknown"),
    ],
)
def test_the_command_says_what_is_wrong(capsys, line, printed):
    assert main(["cost", *line.split(), "--no-time"]) == 1
    error = capsys.readouterr().err
    assert error.startswith("minigrad cost: ")
    assert printed in error


@pytest.mark.unit
def test_without_sympy(monkeypatch):
    monkeypatch.setattr("minigrad.teach.cost_formulas.sympy", None)
    with pytest.raises(ModuleNotFoundError, match=r"\[cost\]"):
        cost("colornet")
    found = cost(nn.Conv2d(1, 2, 3), shape=(1, 5, 5), time=False)
    assert found.counted("taps") == found.total("taps") == 2 * 9 * 9
    with pytest.raises(ValueError, match="by its name"):
        found.to_latex()


@pytest.mark.unit
def test_formula_leaves_numbers_alone():
    assert (formula(3), formula(None), put(3, {})) == (3, None, 3)
    with pytest.raises(ValueError, match="shape"):
        cost(nn.Linear(2, 3))
    with pytest.raises(ValueError, match="there is no"):
        story("pooling")
    assert np.prod(Layer("p", "pool", (1, 1), (2, 2), (1, 1)).small) == 1
