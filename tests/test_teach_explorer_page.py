"""The explorer's page in a browser: pointing, walking, changing settings and numbers, links."""

import re

import browser
import numpy as np
import pytest
from seed_facts import BY_ID

import minigrad
from minigrad import functional as F
from minigrad.cli.main import main
from minigrad.teach.page.explorer import LIMITS, OPERATIONS, explorer

pytestmark = pytest.mark.end_to_end


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


def at(page, link):
    page.evaluate("link => { location.hash = link; }", f"#{link}")
    page.wait_for_function("link => location.hash === '#' + link", arg=link)
    page.evaluate("() => new Promise(requestAnimationFrame)")


def grid(page, name, part="#stage"):
    return page.locator(f'{part} .grid[data-name="{name}"]')


def cell(page, name, i, j, part="#stage"):
    return grid(page, name, part).locator(f'td[data-at="{i},{j}"]')


def shown(page, name, part="#stage"):
    """The numbers that a matrix shows, by row."""
    rows = grid(page, name, part).locator("tbody tr").all()
    return [[td.get_attribute("data-value") for td in row.locator("td").all()] for row in rows]


def marked(page, name, mark, part="#stage"):
    cells = grid(page, name, part).locator(f"td.{mark}").all()
    return {tuple(map(int, td.get_attribute("data-at").split(","))) for td in cells}


FIRST = "op=conv2d&x=2,0,-1,-1;0,1,0,2;-2,0,1,1;1,1,0,-1&w=1,-1,1;0,1,0;1,-1,1"


def test_pointing_at_an_output_shows_its_window_its_products_and_running_sum(page):
    at(page, FIRST)
    cell(page, "y", 1, 0).hover()
    assert marked(page, "x", "window") == {(i, j) for i in (1, 2, 3) for j in (0, 1, 2)}
    fact = BY_ID["s001.q3a.products.21"]["expected"]
    products = [float(p) for row in fact["products"] for p in row]
    steps = page.locator("#stage .steps li")
    texts = [steps.nth(i).inner_text().replace("\u2212", "-").split("\n") for i in range(9)]
    assert [float(text[1]) for text in texts] == products
    assert [float(text[2].split()[-1]) for text in texts] == np.cumsum(products).tolist()
    assert "y[1,0] = \u22121" in page.locator("#stage .equals").inner_text()


def test_pointing_at_an_input_shows_where_it_goes(page):
    at(page, FIRST)
    cell(page, "x", 1, 1).hover()
    assert marked(page, "y", "goes") == {(0, 0), (0, 1), (1, 0), (1, 1)}
    at(page, f"{FIRST}&stride=2")
    cell(page, "x", 3, 3).hover()
    assert marked(page, "y", "goes") == set()
    assert "No window reads it" in page.locator("#stage .sum").inner_text()


OUTPUT_PADDING = (
    "op=conv_transpose2d&stride=2&padding=1&output_padding=1"
    "&x=9,8,7;6,5,4;3,2,1&w=-1,2,-3;1,-2,3;3,2,-1"
)


def test_a_transposed_convolution_scatters_and_is_cropped(page):
    at(page, OUTPUT_PADDING)
    full = BY_ID["s002.p3.3.part2.full7"]["expected"]
    assert [[float(v) for v in row] for row in shown(page, "y")] == full
    assert marked(page, "y", "cropped") == {
        (i, j) for i in range(7) for j in range(7) if 0 in (i, j)
    }
    assert marked(page, "y", "extra") == {
        (i, j) for i in range(1, 7) for j in range(1, 7) if 6 in (i, j)
    }
    again = [[float(v) for v in row] for row in shown(page, "y", "#zeros")]
    assert again == BY_ID["s002.p3.3.part2.final"]["expected"]
    assert "36 of 36 cells are equal" in page.locator("#zeros .said").inner_text()
    said = page.locator("#size").inner_text()
    assert "Output padding 1 adds no zeros" in said
    assert "5 or 6 rows" in said


def test_the_slider_adds_one_copy_after_the_other(page):
    at(page, "op=conv_transpose2d&x=4,3;2,1&w=-1,2;3,-4")
    page.locator("#stage .walk input").fill("0")
    assert shown(page, "y") == [["-4", "8", "0"], ["12", "-16", "0"], ["0", "0", "0"]]
    for _ in range(3):
        page.locator("#stage .on").click()
    final = BY_ID["s002.p3.3.part1.final"]["expected"]
    assert [[float(v) for v in row] for row in shown(page, "y")] == final


def test_the_slider_fills_in_one_window_after_the_other(page):
    at(page, FIRST)
    page.locator("#stage .walk input").fill("1")
    assert shown(page, "y") == [["1", "0"], [None, None]]
    page.get_by_text("show all").click()
    assert shown(page, "y") == [["1", "0"], ["-1", "4"]]


def test_a_number_is_changed_with_the_keyboard_and_the_link_follows(page):
    at(page, FIRST)
    cell(page, "x", 0, 0).focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.type("-7")
    page.keyboard.press("Enter")
    assert cell(page, "x", 0, 1).get_attribute("data-value") == "-7"
    assert shown(page, "y")[0] == ["8", "-7"]
    assert "x=2,-7,-1,-1;" in page.evaluate("location.hash")
    assert page.evaluate("document.activeElement.dataset.at") == "0,1"
    link = page.evaluate("location.hash.slice(1)")
    at(page, "op=upsample")
    at(page, link)
    assert shown(page, "y")[0] == ["8", "-7"]


def test_a_second_click_changes_a_weight(page):
    at(page, FIRST)
    cell(page, "w", 2, 2).click()
    cell(page, "w", 2, 2).click()
    page.keyboard.type("5")
    page.keyboard.press("Enter")
    assert cell(page, "w", 2, 2).get_attribute("data-value") == "5"
    assert cell(page, "y", 1, 1).get_attribute("data-value") == "0"


def test_settings_change_the_output_at_once(page):
    at(page, FIRST)
    page.get_by_label("more padding, height").click()
    assert len(shown(page, "y")) == 4
    page.get_by_label("more stride, height").click()
    assert len(shown(page, "y")) == 2
    assert "padding=1" in page.evaluate("location.hash")
    page.get_by_label("transposed convolution").check()
    assert page.locator("#zeros").is_visible()
    page.get_by_label("max pooling").check()
    assert not page.get_by_label("Kernel numbers").first.is_visible()


def test_numbers_are_pasted(page):
    at(page, FIRST)
    page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
    field = page.get_by_label("Input numbers as text")
    field.fill("[[1, 2, 3], [4, 5, 6], [7, 8, 9]]")
    field.blur()
    assert shown(page, "y") == [["15"]]
    field.fill("1 2; 3")
    field.blur()
    assert "rows of different lengths" in page.locator(".source .problem").first.inner_text()
    assert shown(page, "y") == [["15"]]


def answer(page, i, j, number):
    cell(page, "y", i, j).focus()
    page.keyboard.type(number)
    page.keyboard.press("Enter")
    return page.locator("#stage .sum").inner_text()


def test_the_output_is_hidden_and_worked_out(page):
    at(page, "op=conv2d&x=1,2;3,4&w=1,0;0,2&padding=1&b=7&hide=y")
    assert shown(page, "y") == [[None] * 3] * 3
    assert "0 of 9 are right" in page.locator("#stage .sum").inner_text()
    assert "Right." in answer(page, 1, 1, "16")
    assert "The bias is missing" in answer(page, 0, 0, "2")
    assert "turned by 180 degrees" in answer(page, 0, 0, "8")
    assert "Not 12" in answer(page, 0, 1, "12")
    assert marked(page, "y", "right") == {(1, 1)}
    assert marked(page, "y", "wrong") == {(0, 0), (0, 1)}
    page.locator("#hide").uncheck()
    assert shown(page, "y")[0] == ["9", "11", "7"]
    assert "hide" not in page.evaluate("location.hash")


def test_what_cannot_be_says_so(page):
    at(page, "op=conv2d&size=2&kernel=5")
    refusal = page.locator("#refusal").inner_text()
    assert "the kernel does not fit into the padded input along the height" in refusal
    assert not page.locator("#stage").is_visible()
    assert "\u22122: no output" in page.locator("#size").inner_text()
    page.get_by_label("padding \u201csame\u201d: keep the size").check()
    assert not page.locator("#refusal").is_visible()
    assert len(shown(page, "y")) == 2
    at(page, "op=conv_transpose2d&size=14&stride=5&kernel=7")
    assert "72 x 72 cells are more than this page draws" in page.locator("#refusal").inner_text()


def test_a_link_that_cannot_be_read_says_so(page):
    at(page, "op=conv2d&x=1,2;3&stride=a&size=99")
    said = page.locator("#problems").inner_text()
    assert "rows of different lengths" in said
    assert "stride=a" in said
    at(page, "op=conv2d&size=3")
    assert not page.locator("#problems").is_visible()


def test_windows_leftover_rows_and_the_counts(page):
    at(page, "op=conv2d&size=6x7&kernel=3&stride=2x3&x=ramp&w=ones")
    said = page.locator("#size").inner_text()
    assert "The last row of the padded input is reached by no window" in said
    assert "Inputs of 6, 7 or 8 columns all give 2 columns" in said
    counts = shown(page, "windows that read each input", "#counts")
    assert counts[2] == ["2"] * 6 + ["0"]
    assert counts[5] == ["0"] * 7
    at(page, "op=conv_transpose2d&size=4&kernel=3&stride=2&x=ones&w=ones")
    counts = shown(page, "products per output", "#counts")
    assert counts == shown(page, "y")
    assert "do not" not in page.locator("#counts .said").inner_text()
    assert "The stride does not divide the kernel" in page.locator("#counts .said").inner_text()


def test_the_receptive_field_of_a_patch_discriminator(page):
    at(page, FIRST)
    page.get_by_text("a 70 \u00d7 70 patch discriminator").click()
    assert "One output sees 70 \u00d7 70 inputs" in page.locator("#layers").inner_text()
    assert "stack=4s2d1,4s2d1,4s2d1,4s1d1,4s1d1" in page.evaluate("location.hash")
    positions = page.evaluate("stack.reach(stack.read('3s2d1,3s1d2')).levels.at(-1)")
    one, w = minigrad.ones(1, 1, 1, 1), minigrad.ones(1, 1, 1, 3)
    back = F.conv_transpose2d(F.conv_transpose2d(one, w, dilation=2), w, stride=2)
    assert positions == np.flatnonzero(back.numpy()).tolist()


@pytest.mark.parametrize("width", [400, 1200])
def test_the_page_fits_its_window(page, width):
    page.set_viewport_size({"width": width, "height": 900})
    links = page.evaluate("presets.all.map(one => one.link)")[:: 1 if width == 400 else 4]
    for link in [
        *links,
        "op=conv2d&size=14&kernel=7&padding=6&channels=3&out_channels=3",
        "op=conv_transpose2d&size=14&stride=5&kernel=7",
        "op=conv2d&size=1&kernel=7",
    ]:
        at(page, link)
        assert not browser.scrolls_sideways(page), link
    page.set_viewport_size({"width": 1200, "height": 900})


def test_every_control_has_a_name(page):
    at(page, "op=conv2d&size=4x5&padding=same")
    nameless = page.evaluate("""[...document.querySelectorAll("button, input, select, textarea")]
      .filter(one => !one.hidden && !(one.ariaLabel || one.labels?.length || one.innerText.trim()))
      .map(one => one.outerHTML)""")
    assert nameless == []


# From Python


def test_the_limits_and_settings_are_the_pages(page):
    assert page.evaluate("model.LIMITS") == {name: list(pair) for name, pair in LIMITS.items()}
    uses = page.evaluate(
        "Object.fromEntries(Object.entries(model.OPERATIONS).map(([k, v]) => [k, v.uses]))"
    )
    names = {"kernel_size": "kernel", "scale_factor": "factor"}
    assert uses == {
        name: [names.get(one, one) for one in settings] for name, settings in OPERATIONS.items()
    }


def test_a_page_opens_at_the_numbers_it_was_made_with(chromium, tmp_path):
    x = np.arange(18.0).reshape(2, 3, 3) / 2
    w = np.arange(-8, 8).reshape(2, 2, 2, 2)
    made = explorer("conv2d", x, w, [1, -2], padding=(1, 0), stride=(2, 1))
    with browser.opened(chromium, made.write(tmp_path)) as page:
        y = page.evaluate("explorer.found.y")
    arrays = (minigrad.tensor(a) for a in (x[None], w.astype(float), np.array([1.0, -2.0])))
    truth = F.conv2d(*arrays, stride=(2, 1), padding=(1, 0)).numpy()[0]
    np.testing.assert_array_equal(np.array(y), truth)


def test_the_page_refers_to_nothing_outside(tmp_path, capsys):
    assert main(["explorer", "max_pool2d", "--input", "1 2; 3 4", "--kernel-size", "2",
                 "--hide", "-o", str(tmp_path / "lesson")]) == 0  # fmt: skip
    assert "op=max_pool2d&stride=2&kernel=2&x=1,2;3,4&hide=y" in capsys.readouterr().out
    text = (tmp_path / "lesson" / "explorer.html").read_text()
    assert "http" not in re.sub(r"http://www\.w3\.org/2000/svg|http-equiv", "", text)
    assert not re.search(r"""(src|href)=["'](?!data:|#|"\s)""", text)
    assert "srcdoc=" in explorer()._repr_html_()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"operation": "conv3d"}, "there are conv2d"),
        ({"stride": 9}, "stride must be from 1 to 5"),
        ({"stride": (1, 2, 3)}, "a pair of numbers"),
        ({"output_padding": 1}, "conv2d has no output_padding"),
        ({"x": np.ones((20, 3))}, "does not fit on the page"),
        ({"x": np.full((2, 2), np.nan)}, "finite"),
        ({"operation": "upsample", "w": [[1]]}, "has no weight"),
    ],
)
def test_what_does_not_fit_is_refused(arguments, said, capsys):
    with pytest.raises(ValueError, match=said):
        explorer(**arguments)
    assert main(["explorer", "--stride", "9"]) == 1
    assert "must be from 1 to 5" in capsys.readouterr().err
