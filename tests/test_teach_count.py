"""Numbers that count, sent through the textbook kernels, and the formulas held against them."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from minigrad.kernels import loops
from minigrad.teach.cost_layers import PASSES, RULES, Layer, counted_macs, macs, real_taps
from minigrad.teach.count import WAYS, Number, Tally, Windows, count_bias, count_upsampling


@st.composite
def layers(draw):
    """Small convolutions and transposed convolutions, every setting different by axis."""

    def pair(low, high):
        return draw(st.integers(low, high)), draw(st.integers(low, high))

    G = draw(st.integers(1, 2))
    C, O = (draw(st.integers(1, 2)) * G for _ in range(2))
    K, S, P, D, H = pair(1, 4), pair(1, 3), pair(0, 4), pair(1, 2), pair(1, 6)
    transposed = draw(st.booleans())
    if transposed:
        extra = pair(0, 1)
        out = tuple(
            (H[a] - 1) * S[a]
            - 2 * P[a]
            + D[a] * (K[a] - 1)
            + 1
            + min(extra[a], max(S[a], D[a]) - 1)
            for a in (0, 1)
        )
    else:
        out = tuple((H[a] + 2 * P[a] - D[a] * (K[a] - 1) - 1) // S[a] + 1 for a in (0, 1))
    assume(min(out) >= 1)
    kind = "conv_transpose2d" if transposed else "conv2d"
    bias = draw(st.booleans())
    return Layer("layer", kind, (C, O), H, out, K, S, P, D, G, bias)


@pytest.mark.unit
def test_a_number_tells_of_what_it_took_part_in():
    tally = Tally()
    total = 0 + Number(2, tally) * Number(3, tally) + Number(1, tally)
    assert (total.value, tally.products, tally.additions) == (7, 1, 2)


@pytest.mark.property
@settings(max_examples=60, deadline=None)
@given(layers(), st.sampled_from(list(RULES)), st.sampled_from(PASSES))
def test_every_rule_is_the_count_of_a_run(layer, rule, step):
    whole = counted_macs(layer, rule, step, channels=True)
    assert whole == counted_macs(layer, rule, step)
    assert whole == macs(layer, rule, step)


@pytest.mark.property
@settings(max_examples=40, deadline=None)
@given(layers())
def test_the_three_ways_and_the_engine_give_the_same_numbers(layer):
    windows = layer.windows()
    small = np.random.default_rng(1).integers(-4, 5, (1, windows.below, *windows.small))
    large = np.random.default_rng(2).integers(-4, 5, (1, windows.above, *windows.large))
    w = windows.weight().astype(float)
    geometry = (windows.stride, windows.padding, windows.dilation, windows.groups)
    gathered, scattered, collected = np.empty(small.shape), np.empty(large.shape), np.empty(w.shape)
    loops.conv2d(gathered, large.astype(float), w, np.zeros(windows.below), geometry)
    loops.conv_transpose2d(scattered, small.astype(float), w, np.zeros(windows.above), geometry)
    loops.conv2d_weight_grad(collected, large.astype(float), small.astype(float), geometry)
    for way in WAYS:
        np.testing.assert_array_equal(windows.gather(way, large)[1].astype(float), gathered)
        np.testing.assert_array_equal(windows.scatter(way, small)[1].astype(float), scattered)
        for transposed in (False, True):
            found = windows.collect(way, large, small, transposed)[1]
            np.testing.assert_array_equal(found.astype(float), collected)


@pytest.mark.unit
def test_each_product_is_added_once():
    layer = Layer("", "conv2d", (2, 3), (5, 4), (3, 2), (3, 2), (2, 2), (1, 0))
    tally, _ = layer.windows().gather("taps")
    assert tally.products == tally.additions == macs(layer, "taps")


@pytest.mark.unit
def test_real_taps_of_a_window_larger_than_the_map():
    assert real_taps(H=1, OH=1, K=4, S=2, P=1, D=1) == 1
    assert real_taps(H=2, OH=1, K=4, S=2, P=1, D=1) == 2
    assert real_taps(H=3, OH=1, K=2, S=2, P=0, D=1) == 2  # the last row is left over


@pytest.mark.unit
def test_a_wrong_formula_would_be_seen():
    layer = Layer("", "conv_transpose2d", (1, 1), (4, 4), (8, 8), (3, 3), (2, 2), (1, 1))
    assert counted_macs(layer, "dense") != macs(layer, "positions")
    layer = Layer("", "conv2d", (1, 1), (4, 4), (4, 4), (3, 3), padding=(1, 1))
    assert counted_macs(layer, "taps") != macs(replace(layer, padding=(0, 0)), "taps")


@pytest.mark.unit
@pytest.mark.parametrize(
    ("n", "c", "s", "writes"), [(4, 3, 2, 192), (8, 3, 2, 768), (5, 1, 3, 225), (64, 1, 2, 16384)]
)
def test_upsampling_writes_every_output_and_reads_for_each(n, c, s, writes):
    tally = count_upsampling(c, (n, n), s)
    assert (tally.writes, tally.reads) == (writes, writes)


@pytest.mark.unit
def test_the_gradient_of_a_bias_adds_every_number_of_the_output():
    assert count_bias(3, (4, 5)).additions == 60
    assert Windows((1, 1), (1, 1), (1, 1)).gather("taps")[0].products == 1
