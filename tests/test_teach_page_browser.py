"""Pages of explanations driven in a browser, and read back cell by cell.

What a page shows is compared with the fast kernels, which know nothing of traces.
"""

import re

import browser
import numpy as np
import pytest
from page_cases import GEOMETRIES, fast, written_pages

from minigrad import functional as F
from minigrad.tensor import Tensor

pytestmark = pytest.mark.end_to_end


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    return written_pages(tmp_path_factory.mktemp("pages"))


@pytest.fixture(scope="module")
def chromium():
    with browser.launched() as running:
        yield running


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
    if len(planes) <= (4 if page.viewport_size["width"] > 640 else 2):
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
