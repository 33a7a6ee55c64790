"""Pages of explanations: whole, safe, the same every time; and driven in a browser, cell by cell.

What a page shows is compared with the fast kernels, which know nothing of traces.
"""

import json
import re

import browser
import numpy as np
import pytest

from minigrad import functional as F
from minigrad import nn
from minigrad.cli.main import main
from minigrad.teach.explain import VIEWS, explain
from minigrad.teach.explain_layer import explain_layer
from minigrad.teach.page import assembled, embedded
from minigrad.teach.page.explained import SCENES
from minigrad.tensor import Tensor

pytestmark = pytest.mark.end_to_end

RNG = np.random.default_rng(11)


def whole(*shape):
    return RNG.integers(-4, 5, shape).astype(float)


X, W, B = whole(1, 2, 5, 6), whole(2, 2, 3, 2), whole(2)
GEOMETRIES = {
    "plain": ("conv2d", (X, W, B), {}),
    "strided": ("conv2d", (whole(2, 4, 6, 7), whole(2, 2, 2, 3)),
                {"stride": (2, 1), "padding": (1, 2), "dilation": (2, 1), "groups": 2}),
    "transposed": ("conv_transpose2d", (whole(1, 2, 3, 4), whole(2, 1, 3, 2), whole(1)),
                   {"stride": (2, 3), "padding": (1, 0), "output_padding": (1, 0)}),
    "transposed groups": ("conv_transpose2d", (whole(1, 4, 3, 2), whole(4, 1, 2, 3)),
                          {"stride": 2, "padding": 1, "dilation": (1, 2), "groups": 2}),
    "max pool": ("max_pool2d", (whole(1, 2, 6, 7),),
                 {"kernel_size": (2, 3), "stride": (2, 1), "padding": (1, 1)}),
    "mean pool": ("avg_pool2d", (whole(1, 1, 5, 6),), {"kernel_size": (3, 2), "padding": (1, 0)}),
    "batch norm": ("batch_norm", (whole(2, 2, 2, 3), None), {}),
    "linear": ("linear", (whole(3, 4), whole(2, 4), whole(2)), {}),
    "upsample": ("upsample", (whole(1, 1, 2, 3),), {"scale_factor": 2.0, "mode": "bilinear"}),
}  # fmt: skip


def fast(operation, arrays, settings):
    """The same from the engine's fast kernels."""
    given = [Tensor.wrap(array) for array in arrays if array is not None]
    if operation == "upsample":
        return F.interpolate(*given, **settings, align_corners=False).numpy()
    if operation == "batch_norm":
        return F.batch_norm(*given, None, None, training=True).numpy()
    return getattr(F, operation)(*given, **settings).numpy()


def data_of(page):
    (text,) = re.findall(r'<script type="application/json" id="data">(.*?)</script>', page, re.S)
    return json.loads(text)


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """A page of every geometry, with all of its views: (file, explanation)."""
    folder = tmp_path_factory.mktemp("pages")
    found = {}
    for name, (operation, arrays, settings) in GEOMETRIES.items():
        explanation = explain(operation, *arrays, **settings).completed()
        path = folder / f"{name.replace(' ', '_')}.html"
        path.write_text(explanation.to_page("minigrad explain"), encoding="utf-8")
        found[name] = path, explanation
    return found


@pytest.fixture(scope="module")
def chromium():
    with browser.launched() as running:
        yield running


# Without a browser.


@pytest.mark.parametrize("name", GEOMETRIES)
def test_a_page_is_whole_and_holds_the_trace(pages, name):
    path, explanation = pages[name]
    page = path.read_text(encoding="utf-8")
    assert not [word for word in ("://", " src=", "url(", "@import", "<a ") if word in page]
    assert page.count("<script") == page.count("</script>") == 2
    assert data_of(page)["trace"] == json.loads(explanation.trace.to_json())
    assert page == explanation.to_page("minigrad explain")


def test_every_view_with_a_figure_exists():
    known = {view for views in VIEWS.values() for view in views} | {"channels"}
    assert set(SCENES) <= known


def test_nothing_from_outside_can_end_the_script():
    evil = "</script><script>alert(1)</script><!--\u2028{{body}}"
    page = assembled(evil, "<p>{{data}}</p>", data={"a": evil, "b": [1, None]})
    assert page.count("<script") == page.count("</script>") == 2
    assert data_of(page) == {"a": evil, "b": [1, None]}
    assert "<title>&lt;/script&gt;" in page
    assert "<p>{{data}}</p>" in page, "a slot in a text is no slot"
    assert embedded("\u2029&") == '"\\u2029\\u0026"'


def test_the_command_stands_escaped_in_the_footer(tmp_path, capsys):
    path = tmp_path / "<b>.html"
    assert (
        main(["explain", "linear", "--input", "1 2", "--weight", "3 4", "--html", str(path)]) == 0
    )
    page = path.read_text(encoding="utf-8")
    assert "minigrad explain linear --input &#x27;1 2&#x27;" in page
    assert "<b>.html" not in page
    capsys.readouterr()


def test_a_layer_has_its_name_as_heading():
    layer = nn.Conv2d(6, 2, 3, padding=1)
    found = explain_layer(layer, whole(1, 6, 5, 5).astype(np.float32), (0, 2), 1, "<enc>")
    page = found.to_page()
    assert "<h1>&lt;enc&gt;</h1>" in page
    assert len(data_of(page)["scenes"][0]["arrays"][0]["shape"]) == 4


# In a browser.


def cells(page, name):
    """What the current figure shows of an array: index -> value, None where it is not known."""
    shown = page.evaluate(
        """name => {
            const drawn = minigrad.players.get(minigrad.currentScene()).stage.drawn.get(name);
            return drawn.wanted.flatMap((head) => drawn.grid(head).tds.flatMap((row, i) =>
                row.map((td, j) => [drawn.join(head, i, j), td.dataset.value ?? null])));
        }""",
        name,
    )
    return {
        tuple(place): None if value is None else float(value.replace("inf", "Infinity"))
        for place, value in shown
    }


def caption(page):
    return page.locator(".scene:not([hidden]) .caption").text_content()


def open_scene(page, name):
    page.click(f"#tab-{name}")


def read_all(page, name, wanted):
    """Walk to the last step, reading the output's cells wherever a plane comes into sight."""
    steps = int(page.locator(".scene:not([hidden]) .slide").get_attribute("max")) + 1
    page.keyboard.press("Home")
    planes = {tuple(cell[:-2]) for cell in wanted}
    if len(planes) <= 4:
        page.keyboard.press("End")
        return cells(page, name)
    found = {}
    per_plane = steps // len(planes)
    for number in range(len(planes)):
        at = (number + 1) * per_plane - 1
        page.locator(".scene:not([hidden]) .slide").evaluate(
            "(e, at) => { e.value = at; e.dispatchEvent(new Event('input')); }", at
        )
        found |= cells(page, name)
    return found


FIRST = {"batch norm": "statistics", "transposed": "sums", "transposed groups": "sums"}


@pytest.mark.parametrize("name", GEOMETRIES)
def test_the_last_step_shows_what_the_fast_kernel_computes(pages, chromium, name):
    path, _ = pages[name]
    truth = fast(*GEOMETRIES[name])
    with browser.opened(chromium, path) as page:
        if name in FIRST:
            open_scene(page, FIRST[name])
        wanted = list(np.ndindex(*truth.shape))
        shown = read_all(page, "y", wanted)
        assert set(shown) == set(wanted)
        for cell in wanted:
            assert shown[cell] == pytest.approx(truth[cell], rel=1e-12, abs=1e-12)


@pytest.mark.parametrize("name", ["transposed", "transposed groups"])
def test_the_scatter_ends_with_the_uncropped_output(pages, chromium, name):
    path, explanation = pages[name]
    truth = fast(*GEOMETRIES[name])
    with browser.opened(chromium, path) as page:
        open_scene(page, "scatter")
        page.keyboard.press("End")
        shown = cells(page, "y")
        for cell in np.ndindex(*truth.shape):
            assert shown[cell] == truth[cell]
        outside = set(shown) - set(np.ndindex(*truth.shape))
        struck = page.locator("#scene-scatter [data-array=y] td.cropped").count()
        assert struck == len(outside) > 0
        page.keyboard.press("Home")
        after = cells(page, "y")
        full = explanation.subject.trace.wide
        first = min(t.step for how in full.cells.values() for t in how.terms)
        assert sum(t.step == first for h in full.cells.values() for t in h.terms) == 1
        assert after != shown


def test_steps_by_keys_slider_and_single_products(pages, chromium):
    path, explanation = pages["plain"]
    order = list(explanation.trace.cells.items())
    with browser.opened(chromium, path) as page:
        slider = page.locator(".scene:not([hidden]) .slide")
        for presses in range(3):
            known = [cell for cell, value in cells(page, "y").items() if value is not None]
            assert known == [cell for cell, _ in order[: presses + 1]]
            assert slider.input_value() == str(presses)
            page.keyboard.press("ArrowRight")
        page.keyboard.press("ArrowLeft")
        cell, how = order[2]
        assert caption(page).startswith(f"Step 3 of {len(order)}")
        sums = page.locator(".scene:not([hidden]) .terms li[data-sum]").evaluate_all(
            "items => items.map(item => Number(item.dataset.sum))"
        )
        assert sums == [term.sum for term in how.terms]
        page.locator(".scene:not([hidden]) .fine").check()
        assert cells(page, "y")[cell] == how.terms[0].sum
        page.locator(".scene:not([hidden]) .forth").click()
        assert cells(page, "y")[cell] == how.terms[1].sum
        page.locator(".scene:not([hidden]) .fine").uncheck()
        assert cells(page, "y")[cell] == how.value


def marked(page, name, mark):
    """The indices of the cells of an array that carry a mark."""
    places = page.evaluate(
        """([name, mark]) => {
            const drawn = minigrad.players.get(minigrad.currentScene()).stage.drawn.get(name);
            return drawn.wanted.flatMap((head) => drawn.grid(head).tds.flatMap((row, i) =>
                row.flatMap((td, j) =>
                    td.classList.contains(mark) ? [drawn.join(head, i, j)] : [])));
        }""",
        [name, mark],
    )
    return {tuple(place) for place in places}


def cell_at(page, name, text):
    """A cell by its label."""
    return page.locator(f".scene:not([hidden]) [data-array={name}] td[aria-label^='{text}']").first


def test_pointing_at_an_output_shows_its_window_and_at_an_input_where_it_goes(pages, chromium):
    path, explanation = pages["plain"]
    trace = explanation.trace
    with browser.opened(chromium, path) as page:
        page.keyboard.press("End")
        cell_at(page, "y", "y[1], row 2, column 3:").hover()
        terms = trace.terms[0, 1, 2, 3]
        assert marked(page, "x", "window") == {term.input for term in terms}
        assert marked(page, "w", "window") == {term.weight for term in terms}
        assert "y[1,2,3] =" in caption(page)
        cell_at(page, "x", "x[1], row 3, column 2:").hover()
        goes = {cell for cell in trace.terms
                if any(term.input == (0, 1, 3, 2) for term in trace.terms[cell])}  # fmt: skip
        assert marked(page, "y", "goes") == goes
        assert f"goes into {len(goes)} outputs" in caption(page)
        # The same by the keyboard, and by a tap.
        page.mouse.move(0, 0)
        page.locator("#tab-window").focus()
        page.keyboard.press("Tab")
        page.keyboard.press("ArrowDown")
        page.keyboard.press("ArrowRight")
        assert marked(page, "x", "from") == {(0, 0, 1, 1)}
        cell_at(page, "y", "y[0], row 1, column 1:").click()
        assert marked(page, "y", "now") == {(0, 0, 1, 1)}
        assert page.locator(".scene:not([hidden]) .slide").input_value() == "6"


def test_padding_is_marked_and_said(pages, chromium):
    path, explanation = pages["strided"]
    wide = explanation.trace.wide
    with browser.opened(chromium, path) as page:
        terms = wide.terms[0, 0, 0, 0]
        assert marked(page, "x", "window") == {term.input for term in terms}
        outside = sum(not explanation.trace.is_inside(term.input) for term in terms)
        assert f"{outside} taps lie on padding" in caption(page)


@pytest.mark.parametrize("name", ["plain", "strided", "transposed", "max pool", "linear"])
def test_every_view_opens_and_the_gradients_are_the_engines(pages, chromium, name):
    path, _ = pages[name]
    operation, arrays, settings = GEOMETRIES[name]
    leaves = [Tensor.wrap(np.array(a)).requires_grad_() for a in arrays]
    call = getattr(F, operation)(*leaves, **settings)
    call.backward(Tensor.wrap(np.arange(1.0, call.numel() + 1).reshape(call.shape)))
    with browser.opened(chromium, path, width=400) as page:
        for number in range(page.locator("[role=tab]").count()):
            page.locator("[role=tab]").nth(number).click()
            assert page.locator("[role=tabpanel]:visible").count() == 1
            assert not browser.scrolls_sideways(page)
        for leaf, short in zip(leaves, ("gx", "gw", "gb"), strict=False):
            open_scene(page, f"backward-{short}")
            truth = leaf.grad.numpy()
            wanted = list(np.ndindex(*truth.shape))
            shown = read_all(page, short, wanted)
            for cell in wanted:
                assert shown[cell] == truth[cell]


@pytest.mark.parametrize(
    ("name", "width", "scheme"),
    [("strided", 400, "dark"), ("transposed", 1200, "light"), ("batch norm", 1200, "dark")],
)
def test_wide_and_narrow_light_and_dark(pages, chromium, name, width, scheme):
    path, _ = pages[name]
    with browser.opened(
        chromium, path, width=width, color_scheme=scheme, reduced_motion="reduce"
    ) as page:
        assert not browser.scrolls_sideways(page)
        page.keyboard.press("ArrowRight")
        assert caption(page).startswith("Step 2 of")
        paper = "getComputedStyle(document.body).backgroundColor"
        before = page.evaluate(paper)
        assert (sum(map(int, re.findall(r"\d+", before)[:3])) < 200) == (scheme == "dark")
        page.click(".theme-toggle")
        assert page.evaluate(paper) != before


def test_roles_and_names(pages, chromium):
    path, _ = pages["plain"]
    with browser.opened(chromium, path) as page:
        for grid in page.locator("[role=grid]").all():
            assert grid.get_attribute("aria-label")
        assert page.locator("td[role=gridcell]:not([aria-label])").count() == 0
        assert page.locator("button:not([aria-label])").evaluate_all(
            "all => all.every((one) => one.textContent.trim())"
        )
        page.keyboard.press("Tab")
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.id") == "tab-window"
        page.keyboard.press("ArrowRight")
        assert page.locator("[role=tab][aria-selected=true]").count() == 1
        assert page.locator("#scene-leftover").is_visible()


def test_play_walks_and_stops(pages, chromium):
    path, _ = pages["linear"]
    with browser.opened(chromium, path) as page:
        page.clock.install()
        page.locator(".scene:not([hidden]) .play").click()
        page.clock.run_for(60_000)
        slider = page.locator(".scene:not([hidden]) .slide")
        assert slider.input_value() == slider.get_attribute("max")
        assert page.locator(".scene:not([hidden]) .play").text_content() == "Play"


def test_the_harness_sees_errors_and_requests(chromium, tmp_path):
    path = tmp_path / "bad.html"
    for body in ("<script>missing()</script>", "<img src='there.png'>"):
        path.write_text(f"<!DOCTYPE html>{body}", encoding="utf-8")
        with pytest.raises(AssertionError), browser.opened(chromium, path):
            pass
