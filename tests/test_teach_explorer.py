"""The explorer: its JavaScript against the fast kernels, cell by cell; its page in a browser."""

import itertools

import browser
import numpy as np
import pytest
from seed_facts import BY_ID

import minigrad
from minigrad import functional as F
from minigrad.teach import record
from minigrad.teach.page.explorer import explorer

pytestmark = pytest.mark.end_to_end

PAIRS = ("kernel_size", "stride", "padding", "dilation", "output_padding")


@pytest.fixture(scope="module")
def chromium():
    with browser.launched() as running:
        yield running


@pytest.fixture(scope="module")
def page(chromium, tmp_path_factory):
    """One page for all tests; each begins with a setting of its own."""
    path = explorer().write(tmp_path_factory.mktemp("explorer"))
    with browser.opened(chromium, path) as opened:
        yield opened


def whole(rng, shape):
    return rng.choice([-4, -3, -2, -1, 1, 2, 3, 4], shape).astype(np.float64)


# The engine against the kernels


def spread_out(count, **ranges):
    """`count` of all combinations, evenly spread; the step shares no factor with their number."""
    names, values = list(ranges), list(itertools.product(*ranges.values()))
    step = max(len(values) // count, 1)
    while np.gcd(step, len(values)) > 1:
        step += 1
    for i in range(min(count, len(values))):
        yield dict(zip(names, values[i * step % len(values)], strict=True))


def convolutions():
    rng = np.random.default_rng(0)
    for case in spread_out(
        400, size=[(4, 7), (6, 5), (9, 8)], kernel=[(1, 2), (3, 2), (2, 4)],
        stride=[(1, 1), (2, 1), (2, 3)], padding=[(0, 0), (1, 2), (3, 0), "same"],
        dilation=[(1, 1), (1, 2), (3, 1)], groups=[1, 2, 3], channels=[1, 2],
    ):  # fmt: skip
        G, many = case.pop("groups"), case.pop("channels")
        size, kernel = case.pop("size"), case.pop("kernel")
        if case["padding"] == "same":
            case["stride"] = (1, 1)
        x, w = whole(rng, (1, G * many, *size)), whole(rng, (2 * G, many, *kernel))
        yield "conv2d", {**case, "groups": G}, x, w, whole(rng, 2 * G)


def transposed():
    rng = np.random.default_rng(1)
    for case in spread_out(
        300, size=[(3, 4), (1, 5), (4, 2)], kernel=[(1, 3), (3, 2), (4, 2)],
        stride=[(1, 2), (2, 1), (3, 2)], padding=[(0, 0), (1, 0), (1, 2)],
        dilation=[(1, 1), (2, 1)], output_padding=[(0, 0), (1, 0), (0, 1)], groups=[1, 2],
    ):  # fmt: skip
        G, size, kernel = case.pop("groups"), case.pop("size"), case.pop("kernel")
        x, w = whole(rng, (1, 2 * G, *size)), whole(rng, (2 * G, 2, *kernel))
        yield "conv_transpose2d", {**case, "groups": G}, x, w, whole(rng, 2 * G)


def pools():
    rng = np.random.default_rng(2)
    for case in spread_out(
        250, size=[(5, 8), (7, 4), (9, 9)], kernel_size=[(2, 3), (3, 2), (4, 2)],
        stride=[(1, 2), (2, 3), (3, 1)], padding=[(0, 0), (1, 1), (0, 1)],
        dilation=[(1, 1), (2, 1)], ceil_mode=[False, True], include=[None, False, True],
    ):  # fmt: skip
        x, include = whole(rng, (1, 2, *case.pop("size"))), case.pop("include")
        if include is not None:
            del case["dilation"]
            yield "avg_pool2d", {**case, "count_include_pad": include}, x, None, None
        else:
            yield "max_pool2d", case, x, None, None


def upsamplings():
    rng = np.random.default_rng(3)
    for size, factor in itertools.product(
        [(1, 3), (4, 3), (5, 7)],
        [(1.0, 2.0), (2.0, 3.0), (1.5, 2.5), (0.5, 4.0), (3.5, 0.7)],
    ):
        yield "upsample", {"scale_factor": factor}, whole(rng, (1, 2, *size)), None, None


def by_minigrad(operation, settings, x, w, b):
    """The fast kernels' answer, or their error."""
    x, w, b = (None if array is None else minigrad.tensor(array) for array in (x, w, b))
    try:
        if operation == "upsample":
            return F.interpolate(x, mode="nearest", **settings).numpy()[0]
        if operation == "max_pool2d":
            y, index = F.max_pool2d(x, return_indices=True, **settings)
            return np.concatenate([y.numpy()[0], index.numpy()[0]])
        call = getattr(F, operation)
        arrays = (x, w, b) if w is not None else (x,)
        return call(*arrays, **settings).numpy()[0]
    except (ValueError, RuntimeError) as error:
        return str(error)


RUN = """cases => cases.map(([operation, settings, x, w, b]) => {
  try {
    const one = geometry, sizes = engine.shape(x);
    let y;
    if (operation === "upsample") {
      const {scale, y_shape} = one.upsample_geometry(sizes, settings.scale_factor);
      engine.upsample_nearest2d(y = engine.zeros(...y_shape), x, scale);
    } else if (w) {
      const found = one[operation + "_geometry"](sizes, engine.shape(w), settings);
      y = engine.zeros(...found.y_shape);
      engine[operation](y, x, w, b, found.geometry);
      if (operation === "conv_transpose2d") {
        const again = engine.zeros(...found.y_shape);
        engine.conv_transpose2d_zero_insertion(again, x, w, b, found.geometry);
        if (again.flat(2).some((value, i) => value !== y.flat(2)[i])) return "not equal";
      }
    } else {
      const full = {ceil_mode: false, dilation: [1, 1], kernel: settings.kernel_size, ...settings};
      const found = one.pool2d_geometry(sizes, full, operation);
      y = engine.zeros(...found.y_shape);
      if (operation === "max_pool2d") {
        const index = engine.zeros(...found.y_shape);
        engine.max_pool2d(y, index, x, found.geometry);
        y.push(...index);
      } else {
        engine.avg_pool2d(y, x, found.geometry, settings.count_include_pad, 0);
      }
    }
    return y;
  } catch (error) {
    if (!(error instanceof SizeError)) throw error;
    return error.message;
  }
})"""


def as_json(operation, settings, x, w, b):
    lists = [None if array is None else array.tolist() for array in (x[0], w, b)]
    return [operation, settings, *lists]


@pytest.mark.parametrize("make", [convolutions, transposed, pools, upsamplings])
def test_every_cell_is_what_the_fast_kernels_make(page, make):
    cases = list(make())
    answers = page.evaluate(RUN, [as_json(*case) for case in cases])
    computed = 0
    for case, answer in zip(cases, answers, strict=True):
        truth = by_minigrad(*case)
        if isinstance(truth, str):
            assert answer == truth
        else:
            computed += 1
            assert not isinstance(answer, str), (case[:2], answer)
            np.testing.assert_array_equal(np.array(answer), truth, err_msg=str(case[:2]))
    assert computed >= len(cases) * 0.6


def impossible():
    x, w = np.ones((1, 2, 4, 5)), np.ones((2, 2, 3, 3))
    one = {"stride": (1, 1), "padding": (0, 0), "dilation": (1, 1), "groups": 1}
    back = {**one, "output_padding": (0, 0)}
    pool = {"kernel_size": (2, 3), "stride": (1, 1), "padding": (0, 0)}
    b = np.zeros(2)
    yield from [
        ("conv2d", {**one, "dilation": (2, 3)}, x, w, b),
        ("conv2d", {**one, "stride": (2, 1), "padding": "same"}, x, w, b),
        ("conv2d", {**one, "groups": 2}, x, w, b),
        ("conv2d", {**one, "groups": 3}, x, w, b),
        ("conv2d", {**one, "stride": (0, 1)}, x, w, b),
        ("conv2d", {**one, "padding": (0, -1)}, x, w, b),
        ("conv_transpose2d", {**back, "output_padding": (0, 1)}, x, w, b),
        ("conv_transpose2d", {**back, "padding": (3, 0)}, x, w, b),
        ("conv_transpose2d", {**back, "groups": 3}, x, w, b),
        ("conv_transpose2d", {**back, "dilation": (1, 0)}, x, w, b),
        ("max_pool2d", {**pool, "dilation": (1, 1), "padding": (0, 2)}, x, None, None),
        ("max_pool2d", {**pool, "dilation": (5, 1), "padding": (1, 0)}, x, None, None),
        ("avg_pool2d", {**pool, "kernel_size": (5, 2)}, x, None, None),
        ("upsample", {"scale_factor": (0.1, 2)}, x, None, None),
    ]


def test_what_is_impossible_is_refused_in_the_engines_words(page):
    cases = list(impossible())
    for case, answer in zip(cases, page.evaluate(RUN, [as_json(*c) for c in cases]), strict=True):
        truth = by_minigrad(*case)
        assert isinstance(truth, str), case[:2]
        assert answer == truth


RECORDED = [
    ("conv2d", "op=conv2d&size=4x5&kernel=3x2&stride=2x1&padding=1&channels=2&out_channels=2"),
    ("conv2d", "op=conv2d&size=5&kernel=2&dilation=2&channels=2&out_channels=2&groups=2&b=3,-1"),
    ("conv_transpose2d", "op=conv_transpose2d&size=3x2&kernel=3x4&stride=2&padding=1x2"
                         "&output_padding=1&channels=2&out_channels=2&b=0,2"),
    ("max_pool2d", "op=max_pool2d&size=5&kernel=3x2&stride=2&padding=1&ceil_mode=true&x=signed:3"),
    ("avg_pool2d", "op=avg_pool2d&size=4&kernel=2&stride=2&padding=1"),
]  # fmt: skip


@pytest.mark.parametrize(("operation", "link"), RECORDED)
def test_the_products_are_the_trace(page, operation, link):
    """In the same order, from the same cells, with the same running sums; also what is cropped."""
    found = page.evaluate(
        "link => { const {x, w, b, notes, geometry: how, wide, state} = "
        "model.run(model.fromHash(link).state); return {x, w, b, notes, how, wide, state}; }",
        link,
    )
    how, state = found["how"], found["state"]
    settings = {name: how[name] for name in ("stride", "padding") if name in how}
    if operation.startswith("conv"):
        settings |= {"dilation": how["dilation"], "groups": how["groups"]}
    else:
        settings |= {"kernel_size": how["kernel"], "ceil_mode": state["ceil_mode"]}
    if operation == "conv_transpose2d":
        settings["output_padding"] = state["output_padding"]
    arrays = [np.array(found[name], float) for name in "xwb" if found[name] is not None]
    trace = record(operation, arrays[0][None], *arrays[1:], **settings)
    assert terms(found["notes"]) == recorded(trace)
    if found["wide"]:
        np.testing.assert_array_equal(trace.wide.output[0], np.array(found["wide"]["y"]))
        shift = [-n for n in found["wide"]["first"]]
        assert terms(found["wide"]["notes"]) == recorded(trace.wide, shift)


def terms(notes):
    return sorted(
        (tuple(n["y"]), tuple(n["x"]), tuple(n["w"] or ()), n["product"], n["sum"]) for n in notes
    )


def recorded(trace, shift=(0, 0)):
    pooled = trace.operation == "max_pool2d"
    found = []
    for (_, o, oh, ow), cell in trace.cells.items():
        here = (o, oh + shift[0], ow + shift[1])
        largest = -np.inf
        for term in cell.terms:
            largest = max(largest, term.x)
            product = term.x if term.weight is None else term.product
            total = largest if pooled else term.sum
            found.append((here, tuple(term.input[1:]), tuple(term.weight or ()), product, total))
    return sorted(found)


def test_the_presets_are_the_worked_examples(page):
    worked = page.evaluate(
        "presets.WORKED.map(one => [one.facts, model.run(model.fromHash(one.link).state).y[0]])"
    )
    assert len(worked) == 5
    for fact, y in worked:
        assert y == BY_ID[fact]["expected"], fact
    links = page.evaluate("presets.all.map(one => model.fromHash(one.link).problems)")
    assert links == [[]] * len(links)
