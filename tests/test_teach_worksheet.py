"""Worksheets: exercises worth doing, the engine's keys, the same sheet for the same seed."""

import re
from html.parser import HTMLParser

import numpy as np
import pytest

from minigrad import kernels
from minigrad.cli import worksheet as command
from minigrad.teach.cost_layers import macs
from minigrad.teach.count import Windows, count_upsampling
from minigrad.teach.counting import QUANTITIES, Counted, make_layer, worked
from minigrad.teach.question import Question, ask
from minigrad.teach.worksheet import exercises, worksheet
from minigrad.teach.worksheet_blocks import Show, Work, planes_of
from minigrad.teach.worksheet_draw import DRAWERS, LARGEST

pytestmark = pytest.mark.unit

DRAWN = {name: exercises(name, seed=11, count=6) for name in DRAWERS}
OPERATIONS = [name for name in DRAWERS if isinstance(DRAWN[name][0].question, Question)]


@pytest.mark.parametrize("name", OPERATIONS)
def test_answers_are_those_of_the_fast_kernels(name):
    for exercise in DRAWN[name]:
        question = exercise.question
        values = question.call.run()[question.result]
        if question.then:
            values = np.maximum(values, 0) @ question.then[0].T
        np.testing.assert_array_equal(question.answer, values)
        if question.explains:
            np.testing.assert_array_equal(question.trace.outputs[question.result], values)


@pytest.mark.parametrize("name", DRAWERS)
def test_exercises_are_worth_doing(name):
    marks = set()
    for exercise in DRAWN[name]:
        answer = np.asarray(exercise.question.answer)
        assert answer.any()
        if isinstance(exercise.question, Question):
            assert np.abs(answer).max() <= LARGEST
            assert not (answer * 4 % 1).any()
            assert len(np.unique(answer)) >= min(3, answer.size)
        marks.add(str(exercise.asked) + str(answer))
    assert len(marks) == len(DRAWN[name])
    assert [e.level for e in DRAWN[name]] == [1, 1, 2, 2, 3, 3]


@pytest.mark.parametrize("name", DRAWERS)
def test_a_longer_sheet_begins_with_the_shorter_one(name):
    again = exercises(name, seed=11, count=2)
    for first, second in zip(again, DRAWN[name], strict=False):
        assert str(first.asked) == str(second.asked)
    other = exercises(name, seed=12, count=2)
    assert [str(e.asked) for e in other] != [str(e.asked) for e in again]


@pytest.mark.parametrize("name", OPERATIONS)
def test_the_key_shows_the_answer_and_every_sum_of_it(name):
    for exercise in DRAWN[name]:
        question, parts = exercise.question, exercise.key
        shown = [m for part in parts if isinstance(part, Show) for m in part.matrices]
        for title, plane in planes_of(question.result, question.answer):
            assert any(t == title and np.array_equal(plane, values) for t, values in shown)
        sums = [part.how for part in parts if isinstance(part, Work)]
        if question.explains and question.operation != "batch_norm":
            values = [how.value for how in sums]
            np.testing.assert_array_equal(values, question.answer.ravel())


@pytest.mark.parametrize("name", ["output_size", "parameters", "multiply_adds", "receptive_field"])
def test_the_last_number_of_a_counted_key_is_the_answer(name):
    for exercise in exercises(name, seed=5, count=20):
        question = exercise.question
        last = [int(n) for n in re.findall(r"\d+", worked(question)[-1])]
        assert question.answer[-1] in last[-2:]


def test_counts_are_what_ran():
    layer = make_layer("conv2d", (2, 3), (7, 6), kernel_size=(3, 2), stride=(2, 1), padding=(1, 0))
    windows = layer.windows()
    for wanted, way in (("multiply_adds", "dense"), ("taps", "taps")):
        assert Counted((layer,), wanted).answer[0] == windows.gather(way)[0].products
    tally = windows.gather("dense")[0]
    assert Counted((layer,), "additions").answer == (tally.additions,)
    assert isinstance(windows, Windows)
    up = make_layer("upsample", (3, 3), (4, 4), scale_factor=2)
    assert Counted((up,), "outputs").answer == (count_upsampling(3, (4, 4), 2).writes,)
    assert macs(layer, "positions") == Counted((layer,), "positions").answer[0]


def test_shapes_are_the_engines():
    for exercise in exercises("output_size", seed=2, count=20):
        layer = exercise.question.layers[0]
        C, OH, OW = exercise.question.answer
        if layer.kind != "conv2d":
            continue
        y = np.empty((1, C, OH, OW))
        x, w = np.ones((1, layer.channels[0], *layer.input)), np.ones((C, *layer_weight(layer)))
        geometry = kernels.geometry.Conv2dGeometry(
            layer.stride, layer.padding, layer.dilation, layer.groups
        )
        kernels.loops.conv2d(y, x, w, np.zeros(C), geometry)


def layer_weight(layer):
    return (layer.channels[0] // layer.groups, *layer.kernel)


def test_a_field_is_measured():
    layers = (
        make_layer("conv2d", (1, 1), (64, 64), kernel_size=3, stride=2),
        make_layer("conv2d", (1, 1), (31, 31), kernel_size=3, dilation=2),
        make_layer("conv2d", (1, 1), (27, 27), kernel_size=4),
    )
    assert Counted(layers, "field").answer == (3 + 4 * 2 + 3 * 2,)


def test_markdown_renders():
    for name in DRAWERS:
        text = str(worksheet(name, seed=4, count=6, solutions=True))
        assert text.count("```") % 2 == 0
        code = re.findall(r"```text\n(.*?)```", text, re.DOTALL)
        assert all(len(line) <= 80 for block in code for line in block.splitlines())
        assert text.count("## Exercise") == text.count("## Solution") == 6


def test_groups_take_turns():
    sheet = worksheet(["counts", "conv2d"], seed=1, count=7)
    assert [e.about for e in sheet.exercises[:5]] == [
        "output_size", "parameters", "multiply_adds", "receptive_field", "conv2d",
    ]  # fmt: skip
    assert sheet.exercises[5].number == 2
    assert "Solution" not in str(sheet)


@pytest.mark.parametrize("wrong", [{"about": "kernel"}, {"level": 4}, {"seed": -1}, {"count": 0}])
def test_refusals(wrong):
    with pytest.raises(ValueError, match=r"kernel|level|seed|count"):
        worksheet(**{"about": "conv2d", **wrong})


def test_questions_refuse_what_is_not_there():
    with pytest.raises(ValueError, match="no weight"):
        ask("max_pool2d", np.ones((4, 4)), of="weight_grad", kernel_size=2)
    with pytest.raises(ValueError, match="gy must have"):
        ask("conv2d", np.ones((3, 3)), np.ones((2, 2)), of="input_grad", gy=np.ones((3, 3)))
    with pytest.raises(ValueError, match="nothing counted"):
        Counted((), "beauty")
    with pytest.raises(ValueError, match="no layer"):
        make_layer("dense", (1, 1))
    assert set(QUANTITIES) >= {"shape", "parameters", "taps"}


def test_the_command(capsys, tmp_path):
    assert command.main(["--op", "conv2d", "linear", "--count", "2", "--solutions"]) == 0
    assert "## Solution 2" in capsys.readouterr().out
    file = tmp_path / "sheet.md"
    assert command.main(["--seed", "3", "--count", "1", "-o", str(file)]) == 0
    assert file.read_text(encoding="utf-8").startswith("# Worksheet: conv2d")
    assert command.main(["--op", "nothing"]) == 1
    assert "nothing" in capsys.readouterr().err


@pytest.fixture(scope="module")
def whole_sheet():
    return worksheet("all", seed=3, count=57, solutions=True)


def test_latex_is_balanced(whole_sheet):
    text = whole_sheet.to_latex()
    assert text.startswith(r"\documentclass")
    assert text.rstrip().endswith(r"\end{document}")
    begun = re.findall(r"\\begin\{(\w+)\}", text)
    open_, depth = [], 0
    for kind, name in re.findall(r"\\(begin|end)\{(\w+)\}", text):
        if kind == "begin":
            open_.append(name)
        else:
            assert open_.pop() == name
    assert not open_
    assert {"document", "minipage", "bmatrix"} == set(begun)
    bare = re.sub(r"\\[{}$\\]", "", text)
    for letter in bare:
        depth += {"{": 1, "}": -1}.get(letter, 0)
        assert depth >= 0
    assert depth == 0
    assert all(line.count("$") % 2 == 0 for line in bare.splitlines())
    outside = re.sub(r"\$[^$]*\$", "", bare)
    assert not re.search(r"(?<!\\)[_^&#%]", outside)
    known = {"begin", "end", "documentclass", "usepackage", "setlength", "setcounter", "sloppy",
             "parindent", "parskip", "section", "subsection", "hrulefill", "quad", "normalfont",
             "small", "footnotesize", "texttt", "textwidth", "par", "bigskip", "newpage", "text",
             "displaystyle", "cdot", "mathrm", "max", "to", "hspace", "textbackslash",
             "textasciicircum", "textasciitilde"}  # fmt: skip
    assert set(re.findall(r"\\([a-zA-Z]+)", text)) <= known


class Tags(HTMLParser):
    """Whether every element that is opened is closed, and nothing is fetched."""

    def __init__(self):
        super().__init__()
        self.open, self.found = [], []

    def handle_starttag(self, tag, attributes):
        self.found.append(tag)
        assert not any(
            name in ("src", "href") and not value.startswith("data:") for name, value in attributes
        )
        if tag not in ("meta", "link", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_html_is_whole_and_needs_nothing(whole_sheet):
    page = whole_sheet.to_page()
    tags = Tags()
    tags.feed(page)
    assert not tags.open
    assert tags.found.count("section") == 2 * 57 + 1
    assert "break-inside: avoid" in page
    assert 'class="sheet"' in page
    assert whole_sheet._repr_html_() == whole_sheet.to_html()
    assert "Solutions" not in worksheet("conv2d").to_html()


def test_every_format_holds_every_number(whole_sheet):
    for exercise in whole_sheet.exercises[:19]:
        if not isinstance(exercise.question, Question) or exercise.question.answer.ndim < 2:
            continue
        row = exercise.question.answer.reshape(-1, exercise.question.answer.shape[-1])[0]
        texts = [f"{value:g}" for value in row]
        assert " & ".join(texts) in whole_sheet.to_latex()
        cells = "".join(f"<td>{text}</td>" for text in texts).replace("-", "\u2212")
        assert cells in whole_sheet.to_html()


def test_the_file_name_decides_the_format(tmp_path, capsys):
    for name, start in (("a.html", "<!DOCTYPE"), ("a.tex", "\\documentclass"), ("a.md", "# ")):
        assert command.main(["--count", "1", "-o", str(tmp_path / name)]) == 0
        assert (tmp_path / name).read_text(encoding="utf-8").startswith(start)
    assert command.main(["--count", "1", "--format", "latex"]) == 0
    assert "\\documentclass" in capsys.readouterr().out
