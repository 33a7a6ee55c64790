"""The trace is the engine: for any geometry its output is the fast kernel's, and its terms add up
to it.
"""

import json

import numpy as np
import pytest
from geometries import conv_cases, generators, pool_cases, transposed_cases, whole
from hypothesis import given, settings
from hypothesis import strategies as st
from seed_facts import facts
from tolerances import FAST_FLOAT64

from minigrad.teach import OPERATIONS, record

pytestmark = pytest.mark.property

FEW = settings(max_examples=15, deadline=None)


def agree(trace, exact=True):
    """The recorded outputs are those of the engine's kernel, and every cell re-sums to it."""
    for name, values in trace.call.run().items():
        if exact:
            np.testing.assert_array_equal(trace.outputs[name], values, err_msg=name)
        else:
            scale = np.abs(values).max(initial=1.0)
            np.testing.assert_allclose(
                trace.outputs[name], values, rtol=0, atol=FAST_FLOAT64 * scale, err_msg=name
            )
    output = trace.output
    origin = trace.origins[trace.output_name]
    assert len(trace.cells) == output.size
    for cell, how in trace.cells.items():
        place = tuple(i - o for i, o in zip(cell, origin, strict=True))
        assert how.value == output[place]
        if how.terms and trace.operation != "max_pool2d":
            total = how.start + sum(term.product for term in how.terms)
            np.testing.assert_allclose(total / how.divisor, how.value, rtol=1e-12, atol=1e-12)
            np.testing.assert_allclose(how.terms[-1].sum / how.divisor, how.value, rtol=1e-12)
        for term in how.terms:
            assert term.x == at(trace, trace.factors[0], term.input)
            if term.weight is not None:
                assert term.w == at(trace, trace.factors[1], term.weight)
                assert term.product == term.x * term.w


def at(trace, name, cell):
    origin = trace.origins[name]
    return trace.inputs[name][tuple(i - o for i, o in zip(cell, origin, strict=True))]


def set_of(geometry):
    stride, padding, dilation, groups = geometry
    return {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}


@FEW
@given(conv_cases(), st.data())
def test_conv2d_and_its_gradients(case, data):
    x, w, b, geometry, y_shape = case
    how = set_of(geometry)
    trace = record("conv2d", x, w, b, **how)
    agree(trace)
    wide = trace.wide
    np.testing.assert_array_equal(wide.output, trace.output)
    assert wide.counts["products"] == trace.output.size * w[0].size
    met = sum(wide.is_inside(t.input) for terms in wide.terms.values() for t in terms)
    inside = sum(trace.is_inside(t.input) for terms in wide.terms.values() for t in terms)
    assert (met, inside) == (wide.counts["products"], trace.counts["products"])
    gy = whole(np.random.default_rng(0), y_shape)
    agree(record("conv2d_input_grad", gy, w, x_shape=x.shape, **how))
    agree(record("conv2d_weight_grad", x, gy, kernel_size=w.shape[2:], **how))
    agree(record("conv2d_bias_grad", gy))
    cell = tuple(data.draw(st.integers(0, size - 1)) for size in y_shape)
    single = record("conv2d", x, w, b, **how, at=cell)
    agree(single)
    assert [t[1:] for t in single.terms[cell]] == [t[1:] for t in trace.terms[cell]]
    assert [t[1:] for t in single.wide.terms[cell]] == [t[1:] for t in wide.terms[cell]]


@FEW
@given(transposed_cases(), st.data())
def test_conv_transpose2d_and_its_gradients(case, data):
    x, w, b, geometry, y_shape = case
    how = set_of(geometry)
    extra = tuple(
        size - ((H - 1) * S - 2 * P + D * (K - 1) + 1)
        for size, H, S, P, D, K in zip(
            y_shape[2:], x.shape[2:], *geometry[:3], w.shape[2:], strict=True
        )
    )
    trace = record("conv_transpose2d", x, w, b, output_padding=extra, **how)
    agree(trace)
    assert trace.settings["output_padding"] == extra
    wide = trace.wide
    assert wide.counts["products"] == x.size * w[0].size
    for cell, terms in trace.terms.items():
        assert [t[1:] for t in terms] == [t[1:] for t in wide.terms[cell]]
    cropped = [cell for cell in wide.cells if not trace.is_inside(cell, "y")]
    assert len(cropped) == wide.output.size - trace.output.size
    gy = whole(np.random.default_rng(0), y_shape)
    more = {"output_padding": extra, **how}
    agree(record("conv_transpose2d_input_grad", gy, w, x_shape=x.shape, **more))
    agree(record("conv_transpose2d_weight_grad", x, gy, kernel_size=w.shape[2:], **more))
    cell = tuple(data.draw(st.integers(0, size - 1)) for size in y_shape)
    single = record("conv_transpose2d", x, w, b, **more, at=cell)
    agree(single)
    assert [t[1:] for t in single.terms[cell]] == [t[1:] for t in trace.terms[cell]]


@FEW
@given(pool_cases(dilated=True))
def test_max_pooling(case):
    x, geometry, y_shape = case
    kernel, stride, padding, dilation = geometry
    trace = record(
        "max_pool2d",
        x,
        kernel_size=kernel,
        stride=stride,
        padding=padding,
        dilation=dilation,
        ceil_mode=_is_ceil(x, geometry, y_shape),
    )
    agree(trace)
    for cell, how in trace.cells.items():
        assert how.value == max(term.x for term in how.terms)
        index = trace.outputs["index"][cell]
        winner = (*cell[:2], *divmod(int(index), x.shape[3]))
        assert winner == next(t.input for t in how.terms if t.x == how.value)
        assert len(trace.wide.terms[cell]) == kernel[0] * kernel[1]
    gy = whole(np.random.default_rng(0), y_shape)
    agree(record("max_pool2d_input_grad", gy, trace.outputs["index"], x_shape=x.shape))


@FEW
@given(pool_cases(), st.booleans(), st.sampled_from([None, 3]))
def test_average_pooling(case, count_include_pad, divisor):
    x, (kernel, stride, padding, _), y_shape = case
    how = {
        "kernel_size": kernel,
        "stride": stride,
        "padding": padding,
        "ceil_mode": _is_ceil(x, case[1], y_shape),
        "count_include_pad": count_include_pad,
        "divisor_override": divisor,
    }
    trace = record("avg_pool2d", x, **how)
    agree(trace, exact=False)
    assert all(len(t) == kernel[0] * kernel[1] for t in trace.wide.terms.values())
    gy = whole(np.random.default_rng(0), y_shape)
    agree(record("avg_pool2d_input_grad", gy, x_shape=x.shape, **how), exact=False)


def _is_ceil(x, geometry, y_shape):
    (KH, _), (SH, _), (PH, _), (DH, _) = geometry
    (_, KW), (_, SW), (_, PW), (_, DW) = geometry
    _, _, H, W = x.shape
    OH = (H + 2 * PH - DH * (KH - 1) - 1) // SH + 1
    OW = (W + 2 * PW - DW * (KW - 1) - 1) // SW + 1
    return tuple(y_shape[2:]) != (OH, OW)


@FEW
@given(generators, st.integers(1, 5), st.integers(1, 6), st.sampled_from([0.5, 1, 1.5, 2, 3]))
def test_resampling_and_adaptive_pooling(rng, H, W, factor):
    x = whole(rng, (1, 2, H + 1, W + 1))
    for mode in ("nearest", "bilinear"):
        trace = record("upsample", x, scale_factor=factor, mode=mode)
        agree(trace, exact=mode == "nearest")
        assert all(how.terms for how in trace.cells.values())
        gy = whole(rng, trace.output.shape)
        how = {"scale_factor": factor, "mode": mode}
        agree(record("upsample_input_grad", gy, x_shape=x.shape, **how), exact=False)
    agree(record("adaptive_avg_pool2d", x, output_size=(2, 3)), exact=False)
    gy = whole(rng, (1, 2, 2, 3))
    agree(record("adaptive_avg_pool2d_input_grad", gy, x_shape=x.shape), exact=False)


@FEW
@given(generators, st.sampled_from(["NHW", "CHW", "HW", "NC", "NCHW", "N"]))
def test_normalisation(rng, over):
    x = whole(rng, (2, 3, 2, 4))
    trace = record("batch_norm", x, over=over)
    agree(trace, exact=False)
    axes = tuple("NCHW".index(name) for name in over)
    mean, var = x.mean(axes, keepdims=True), x.var(axes, keepdims=True)
    np.testing.assert_allclose(trace.output, (x - mean) / np.sqrt(var + 1e-5), rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(trace.outputs["mean"], mean.ravel(), rtol=1e-12, atol=1e-12)
    how = trace.cells[1, 2, 1, 3]
    assert not how.terms
    assert how.steps()[0][:2] == ("-", "x[1, 2, 1, 3]")
    gy = whole(rng, x.shape)
    agree(record("batch_norm_input_grad", gy, x, over=over), exact=False)


@FEW
@given(generators, st.integers(1, 4), st.integers(1, 5), st.integers(1, 3))
def test_linear_and_its_gradients(rng, N, I, O):
    x, w, b, gy = (whole(rng, shape) for shape in ((N, I), (O, I), (O,), (N, O)))
    trace = record("linear", x, w, b)
    agree(trace)
    np.testing.assert_array_equal(trace.output, x @ w.T + b)
    assert trace.counts["products"] == N * I * O
    for name, arrays in (("input", (gy, w)), ("weight", (x, gy)), ("bias", (gy,))):
        agree(record(f"linear_{name}_grad", *arrays))


def test_float32_keeps_the_kernels_own_rounding():
    rng = np.random.default_rng(3)
    x = rng.standard_normal((1, 3, 5, 4)).astype(np.float32)
    w = rng.standard_normal((2, 3, 3, 2)).astype(np.float32)
    trace = record("conv2d", x, w, padding=1)
    assert trace.output.dtype == np.float32
    np.testing.assert_allclose(trace.output, trace.call.run()["y"], rtol=1e-5, atol=1e-6)
    term = trace.terms[0, 0, 2, 2][4]
    assert term.product == float(np.float32(term.x) * np.float32(term.w))


def test_json_can_be_read_back():
    x = [[1, 2, 3], [4, 5, 6], [7, 8, 9]]
    trace = record("conv_transpose2d", x, [[1, -1], [2, 0.5]], [10], stride=2, padding=1)
    read = json.loads(trace.to_json())
    assert read["format"], read["version"] == ("minigrad trace", 1)
    assert np.array_equal(read["outputs"]["y"]["values"], trace.output)
    assert read["wide"]["outputs"]["y"]["origin"] == [0, 0, -1, -1]
    for entry, (cell, how) in zip(read["cells"], trace.cells.items(), strict=True):
        assert (tuple(entry["cell"]), entry["value"]) == (cell, how.value)
        assert entry["start_cell"] == ["b", [0]]
        assert [t[5] for t in entry["terms"]] == [t.product for t in how.terms]
    pooled = json.loads(record("max_pool2d", x, kernel_size=2, padding=1).to_json())
    assert pooled["wide"]["inputs"]["x"]["values"][0][0][0][0] == "-inf"
    assert json.loads(record("batch_norm", x).to_json())["cells"][0]["steps"]


@pytest.mark.parametrize("fact", facts("conv2d", "conv_transpose2d"), ids=lambda f: f["id"])
def test_the_seeds_matrices(fact):
    how = dict(fact["inputs"])
    trace = record(fact["kind"], how.pop("x"), how.pop("w"), **how)
    assert trace.output[0, 0].tolist() == fact["expected"]
    agree(trace)


def test_unknown_operations_are_named():
    with pytest.raises(ValueError, match="no operation 'conv3d'; there are"):
        record("conv3d", [[1]])
    assert "conv2d_weight_grad" in OPERATIONS
