"""Every view of an explanation shows the engine's numbers, in lines that fit a terminal."""

import numpy as np
import pytest
from geometries import conv_cases, pool_cases, transposed_cases
from hypothesis import given, settings

import minigrad
from minigrad.nn import functional as F
from minigrad.teach.explain import VIEWS, explain
from minigrad.teach.explain_frames import frames
from minigrad.teach.views_blocks import Matrix, Table, product_text, sum_text

pytestmark = pytest.mark.unit

RNG = np.random.default_rng(5)
X = RNG.integers(-4, 5, (1, 2, 5, 6)).astype(float)
W = RNG.integers(-4, 5, (3, 2, 3, 2)).astype(float)
B = np.array([1.0, -2.0, 3.0])
FEW = settings(max_examples=6, deadline=None)


def by_autograd(function, *arrays, gy=None):
    """The engine's output and gradients, through its public functions."""
    tensors = [minigrad.tensor(array, requires_grad=True) for array in arrays]
    y = function(*tensors)
    if gy is None:
        gy = np.arange(1.0, y.numel() + 1).reshape(y.shape)
    y.backward(minigrad.tensor(np.asarray(gy, float).reshape(y.shape)))
    return y.detach().numpy(), [tensor.grad.numpy() for tensor in tensors]


def fits(explanation):
    text = str(explanation)
    assert not [line for line in text.splitlines() if len(line) > 80]
    page = explanation.to_html()
    assert page.count("<section") == len(explanation.views)
    assert page.count("<table") == page.count("</table>")
    return text


def check_conv(x, w, b, geometry):
    stride, padding, dilation, groups = geometry
    how = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
    found = explain("conv2d", x, w, b, views="all", limit=2, **how)
    fits(found)
    y, (gx, gw, gb) = by_autograd(lambda *t: F.conv2d(*t, **how), x, w, b)
    np.testing.assert_array_equal(found.output, y)
    np.testing.assert_array_equal(found["window"].numbers["y"], y)
    np.testing.assert_array_equal(found["im2col"].numbers["y"], y)
    np.testing.assert_array_equal(found["backward"].numbers["gx"], gx)
    np.testing.assert_array_equal(found["backward"].numbers["rotated"], gx)
    np.testing.assert_array_equal(found["backward"].numbers["gw"], gw)
    np.testing.assert_array_equal(found["backward"].numbers["gb"], gb)
    if "T" in found["toeplitz"].numbers:
        np.testing.assert_array_equal(found["toeplitz"].numbers["y"], y[0].ravel())
        np.testing.assert_array_equal(found["toeplitz"].numbers["gx"], gx[0].ravel())
    ones = by_autograd(lambda *t: F.conv2d(*t, **how), x, np.ones_like(w), gy=np.ones_like(y))[1][0]
    np.testing.assert_array_equal(found["leftover"].numbers["seen"], ones[0, 0] != 0)
    per_filter = w.shape[0] // groups
    np.testing.assert_array_equal(
        found["leftover"].numbers["counts"][0, 0], ones[0, 0] / per_filter
    )


@FEW
@given(conv_cases())
def test_views_of_conv2d(case):
    check_conv(case.x, case.w, case.b, case.geometry)


def check_transposed(x, w, b, geometry, y_shape):
    stride, padding, dilation, groups = geometry
    extra = tuple(
        size - ((H - 1) * S - 2 * P + D * (K - 1) + 1)
        for size, H, S, P, D, K in zip(
            y_shape[2:], x.shape[2:], *geometry[:3], w.shape[2:], strict=True
        )
    )
    how = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
    how["output_padding"] = extra
    found = explain("conv_transpose2d", x, w, b, views="all", limit=2, **how)
    fits(found)
    y, (gx, gw, gb) = by_autograd(lambda *t: F.conv_transpose2d(*t, **how), x, w, b)
    np.testing.assert_array_equal(found.output, y)
    for name in ("scatter", "crop", "zero_insertion", "phases"):
        np.testing.assert_array_equal(found[name].numbers["y"], y)
    np.testing.assert_array_equal(found["zero_insertion"].numbers["face"], y)
    np.testing.assert_array_equal(
        found["scatter"].numbers["states"][-1], found["sums"].numbers["full"]
    )
    (PH, PW), (OH, OW) = padding, y_shape[2:]
    full = found["crop"].numbers["full"]
    np.testing.assert_array_equal(full[:, :, PH : PH + OH, PW : PW + OW], y)
    if "T" in found["toeplitz"].numbers:
        np.testing.assert_array_equal(found["toeplitz"].numbers["y"], y[0].ravel())
    for name, values in (("gx", gx), ("gw", gw), ("gb", gb)):
        np.testing.assert_array_equal(found["backward"].numbers[name], values)
    ones = (np.ones_like(x[:1, :1]), np.ones((1, 1, *w.shape[2:])))
    counts = by_autograd(lambda *t: F.conv_transpose2d(*t, **(how | {"groups": 1})), *ones)[0]
    np.testing.assert_array_equal(found["overlap"].numbers["counts"], counts)


@FEW
@given(transposed_cases())
def test_views_of_conv_transpose2d(case):
    check_transposed(case.x, case.w, case.b, case.geometry, case.y_shape)


@FEW
@given(pool_cases())
def test_views_of_pooling(case):
    x, (kernel, stride, padding, _), _ = case
    how = {"kernel_size": kernel, "stride": stride, "padding": padding}
    for name, function in (("max_pool2d", F.max_pool2d), ("avg_pool2d", F.avg_pool2d)):
        found = explain(name, x, views="all", limit=2, **how)
        fits(found)
        y, (gx,) = by_autograd(lambda t, f=function: f(t, **how), x)
        np.testing.assert_allclose(found["window"].numbers["y"], y, rtol=1e-12)
        np.testing.assert_allclose(found["backward"].numbers["gx"], gx, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("mode", ["nearest", "bilinear"])
def test_views_of_upsample(mode):
    found = explain("upsample", X, scale_factor=2, mode=mode, views="all")
    fits(found)
    y, (gx,) = by_autograd(lambda t: F.interpolate(t, scale_factor=2, mode=mode), X)
    np.testing.assert_allclose(found["copies"].numbers["y"], y, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(found["backward"].numbers["gx"], gx, rtol=1e-12, atol=1e-12)


def test_views_of_adaptive_pooling():
    found = explain("adaptive_avg_pool2d", X, output_size=(2, 4), views="all")
    fits(found)
    y, (gx,) = by_autograd(lambda t: F.adaptive_avg_pool2d(t, (2, 4)), X)
    np.testing.assert_allclose(found["window"].numbers["y"], y, rtol=1e-12)
    np.testing.assert_allclose(found["backward"].numbers["gx"], gx, rtol=1e-12)


def test_views_of_batch_norm():
    w, b = np.array([2.0, -1.0]), np.array([0.5, 3.0])
    found = explain("batch_norm", X, w, b, views="all")
    fits(found)
    y, (gx, gw, gb) = by_autograd(
        lambda x, w, b: F.batch_norm(x, None, None, w, b, training=True), X, w, b
    )
    np.testing.assert_allclose(found["statistics"].numbers["y"], y, rtol=1e-10)
    for name, values in (("gx", gx), ("gw", gw), ("gb", gb)):
        np.testing.assert_allclose(found["backward"].numbers[name], values, rtol=1e-8, atol=1e-10)


def test_views_of_linear():
    x, w, b = X[0, 0], W[:, 0, :, :].reshape(3, 6), B
    found = explain("linear", x, w, b, views="all")
    fits(found)
    y, (gx, gw, gb) = by_autograd(F.linear, x, w, b)
    np.testing.assert_array_equal(found["rows"].numbers["y"], y)
    for name, values in (("gx", gx), ("gw", gw), ("gb", gb)):
        np.testing.assert_array_equal(found["backward"].numbers[name], values)


def test_rows_that_no_window_reaches():
    x = np.arange(1.0, 43).reshape(6, 7)
    found = explain("conv2d", x, [[1, 2, 3], [4, 5, 6]], stride=(3, 2), views="leftover")
    text = fits(found)
    assert "No window sees rows 2, 5." in text
    assert "(6 + 2*0 - 1*1 - 1) mod 3 = 1" in text
    assert not found["leftover"].numbers["seen"][[2, 5]].any()


def test_output_padding_beyond_the_padding_is_bias_alone():
    found = explain(
        "conv_transpose2d", [[1, 2], [3, 4]], [[1, 1], [1, 1]], [7], stride=3, output_padding=1,
        views="crop",
    )  # fmt: skip
    text = fits(found)
    assert "No product reaches them: they hold the bias alone." in " ".join(text.split())
    assert (found.output[0, 0, -1] == 7).all()
    untouched = found["crop"].numbers["untouched"]
    assert {tuple(cell[2:]) for cell in untouched} == {
        (i, j) for i in range(6) for j in range(6) if 5 in (i, j)
    }


def test_checkerboard_and_its_absence():
    x = np.ones((4, 4))
    uneven = explain("conv_transpose2d", x, np.ones((3, 3)), stride=2, views="overlap")
    even = explain("conv_transpose2d", x, np.ones((4, 4)), stride=2, padding=1, views="overlap")
    assert "checkerboard; a kernel that the stride divides" in " ".join(str(uneven).split())
    assert "no checkerboard is built in" in " ".join(str(even).split())
    inner = even["overlap"].numbers["counts"][0, 0, 2:-2, 2:-2]
    assert (inner == 4).all()


def test_one_cell_of_a_large_convolution():
    rng = np.random.default_rng(0)
    x, w = rng.standard_normal((1, 40, 90, 80)), rng.standard_normal((50, 40, 3, 3))
    cell = (0, 31, 89, 40)
    found = explain("conv2d", x, w, at=cell, padding=1)
    want = F.conv2d(minigrad.tensor(x), minigrad.tensor(w), padding=1).numpy()[cell]
    assert found.output.shape == (1, 1, 1, 1)
    np.testing.assert_allclose(found.output.item(), want, rtol=1e-12)
    assert len(found.trace.terms[cell]) == 40 * 6
    fits(found)


def test_one_cell_of_a_small_convolution_is_shown_in_the_whole_picture():
    x, w = [[2, 0, 1], [1, 3, 0], [0, 1, 2]], [[1, -1], [2, 0]]
    text = fits(explain("conv2d", np.array(x, float), np.array(w, float), at=(0, 0, 0, 1)))
    assert "conv2d: 3 x 3 -> 2 x 2" in text
    assert "0 1 2" in text
    assert "y[0,1] = 0*1 + 1*(-1) + 3*2 + 0*0" in text
    assert "y[0,0] =" not in text
    assert "y[1,0] =" not in text


def test_large_inputs_say_what_is_left_out():
    text = fits(explain("conv2d", np.ones((30, 60)), np.ones((3, 3))))
    assert "14 more rows and" in text
    assert "steps are left out here; --limit 1624 shows all." in " ".join(text.split())
    with pytest.raises(ValueError, match=r"at most 500000 are; take a smaller input, or explain"):
        explain("conv2d", np.ones((300, 300)), np.ones((3, 3)))


def test_what_is_refused_says_what_there_is():
    with pytest.raises(ValueError, match="there is no 'conv'; there are conv2d, conv_transpose2d"):
        explain("conv", X)
    with pytest.raises(
        ValueError, match="conv2d has no view 'scatter'; there are window, leftover"
    ):
        explain("conv2d", X, W, views=["scatter"])
    with pytest.raises(ValueError, match="limit must be at least 1"):
        explain("conv2d", X, W, limit=0)
    with pytest.raises(ValueError, match="gy must have the output's shape"):
        explain("conv2d", X, W, views="backward", gy=[[1, 2]])
    with pytest.raises(KeyError, match="there are window"):
        explain("conv2d", X, W)["toeplitz"]


def test_every_operation_has_views_that_are_found_by_name():
    assert set(VIEWS) >= {"conv2d", "conv_transpose2d", "max_pool2d", "batch_norm", "linear"}
    for views in VIEWS.values():
        assert "backward" in views


def test_gy_of_ones_is_the_gradient_of_the_sum():
    found = explain("conv2d", X, W, views="backward", gy="ones")
    gx = by_autograd(F.conv2d, X, W, gy=np.ones(found.output.shape))[1][0]
    np.testing.assert_array_equal(found["backward"].numbers["gx"], gx)


def test_animation_has_a_frame_a_step(tmp_path):
    found = explain("conv2d", X, W, padding=1)
    assert len(frames(found.subject)) == found.output[0, 0].size
    scattered = explain("conv_transpose2d", X, W[:2], stride=2, padding=1)
    assert len(frames(scattered.subject)) == X.size
    scattered.to_gif(tmp_path / "steps.gif")
    assert (tmp_path / "steps.gif").read_bytes()[:6] == b"GIF89a"
    with pytest.raises(ValueError, match=r"must end in \.gif"):
        found.to_gif(tmp_path / "steps.png")
    with pytest.raises(ValueError, match="linear has no window"):
        explain("linear", [[1, 2]], [[3, 4]]).to_gif(tmp_path / "x.gif")


def test_page_is_whole_and_needs_nothing_else():
    page = explain("conv2d", X, W).to_page()
    assert page.startswith("<!DOCTYPE html>")
    assert not [word for word in ("://", " src=", "url(", "@import") if word in page]
    assert page.rstrip().endswith("</html>")


def test_blocks():
    matrix = Matrix([[1, -2], [3, 0]], "m", {(0, 1): "window", (1, 1): "structural"})
    assert matrix.lines() == ["m", " 1 [-2]", " 3   ."]
    assert '<td class="window">[-2]</td>' in matrix.to_html()
    assert Table(["a", "b"], [[1, 2.5]]).lines() == [" a    b", " 1  2.5"]
    assert product_text(3, -2) == "3*(-2)"
    assert sum_text([2, -3, 0.5]) == "2 - 3 + 0.5"


def test_a_weight_of_three_axes_is_one_filter():
    three, four = explain("conv2d", X, W[0]), explain("conv2d", X, W[:1])
    np.testing.assert_array_equal(three.output, four.output)
    assert "w[0,1]" in str(three)
    assert "w, picture" not in str(explain("conv2d", X, W))
