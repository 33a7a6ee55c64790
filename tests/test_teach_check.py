"""Checks of answers: right ones are right, wrong ones are not, and each mistake is recognised."""

import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minigrad.cli import check as command
from minigrad.teach.answers import evaluate, read_counts, read_products
from minigrad.teach.attempts import Attempt, attempts_by
from minigrad.teach.check import check
from minigrad.teach.check_counts import check_arithmetic, check_table
from minigrad.teach.counting import Counted, make_layer
from minigrad.teach.diagnose import ALL, agrees, squeezed
from minigrad.teach.matrices import format_matrix
from minigrad.teach.mistakes_counts import COUNT_MISTAKES, CountRule
from minigrad.teach.mistakes_sizes import SIZE_MISTAKES, SizeRule
from minigrad.teach.question import Question, ask
from minigrad.teach.worksheet import exercises
from minigrad.teach.worksheet_draw import DRAWERS

pytestmark = pytest.mark.unit

X = np.array([[2.0, 0, -1, -1], [0, 1, 0, 2], [-2, 0, 1, 1], [1, 1, 0, -1]])
W = np.array([[1.0, -1, 2], [0, 1, 0], [3, -1, 1]])
TWO = np.arange(1.0, 37).reshape(2, 2, 3, 3) % 7 - 3  # (O, C, KH, KW), or (I, O, KH, KW)
PICTURE = (np.arange(50).reshape(1, 2, 5, 5) * 7 % 11 - 4).astype(float)
GY = np.array([[1.0, -2], [3, 1]])

# Every mistake can be made in one of these.
QUESTIONS = {
    "conv": ask("conv2d", PICTURE, TWO, [3, -2], stride=(2, 1), padding=(1, 2), dilation=2),
    "groups": ask("conv2d", PICTURE, TWO[:, :1], [3, -2], groups=2, padding=1),
    "transposed": ask(
        "conv_transpose2d", PICTURE[..., :3, :3], TWO, [1, 2], stride=2, padding=1, output_padding=1
    ),
    "max": ask("max_pool2d", X - 3, kernel_size=2, stride=1, padding=1),
    "average": ask("avg_pool2d", PICTURE, kernel_size=3, stride=2, padding=1),
    "leftover": ask("max_pool2d", PICTURE, kernel_size=2),
    "plain norm": ask("batch_norm", np.concatenate([PICTURE, X[0, 0] - 2 * PICTURE])),
    "nearest": ask("upsample", X[:2, :3], scale_factor=2),
    "linear": ask("linear", X, X, [1, 2, 3, 4], then=[X[:1]], activation="relu"),
    "norm": ask("batch_norm", PICTURE, [2, -3], [1, 4]),
    "input grad": ask("conv2d", X, W, of="input_grad", gy=GY),
    "weight grad": ask("conv2d", X, W, of="weight_grad", gy=GY),
    "max grad": ask("max_pool2d", X, of="input_grad", gy=np.array([[1, 2, 3]] * 3), kernel_size=2,
                    stride=1),
    "average grad": ask("avg_pool2d", X, of="input_grad", gy=GY, kernel_size=2),
}  # fmt: skip


def recognised(question, answer, name):
    """Whether the verdict names the mistake, or another with the same result."""
    verdict = check(question, answer)
    assert not verdict.right
    return name in verdict.names


@pytest.mark.parametrize("name", ALL)
def test_each_mistake_is_recognised(name):
    made = 0
    for question in QUESTIONS.values():
        for attempt in attempts_by(ALL[name], Attempt(question)):
            answer = squeezed(attempt.answer)
            right = squeezed(question.answer)
            if answer.shape == right.shape and agrees(answer, right).all():
                continue
            made += 1
            assert recognised(question, answer, name), attempt.says
    assert made


@settings(max_examples=40)
@given(st.data())
def test_a_mistake_in_any_exercise_is_explained(data):
    about = data.draw(st.sampled_from([n for n in DRAWERS if n in OPERATIONS]))
    [*_, exercise] = exercises(about, data.draw(st.integers(0, 50)), data.draw(st.integers(1, 6)))
    question = exercise.question
    name = data.draw(st.sampled_from(sorted(ALL)))
    for attempt in attempts_by(ALL[name], Attempt(question)):
        answer = squeezed(attempt.answer)
        right = squeezed(question.answer)
        same = answer.shape == right.shape and agrees(answer, right).all()
        verdict = check(question, answer)
        assert verdict.right == same
        assert same or name in verdict.names


OPERATIONS = [name for name in DRAWERS if isinstance(exercises(name, 0, 1)[0].question, Question)]


@settings(max_examples=60)
@given(st.sampled_from(OPERATIONS), st.integers(0, 30), st.integers(1, 6), st.data())
def test_one_wrong_cell_is_never_right(about, seed, number, data):
    question = exercises(about, seed, number)[-1].question
    answer = np.array(squeezed(question.answer))
    assert check(question, answer).right
    cell = tuple(data.draw(st.integers(0, size - 1)) for size in answer.shape)
    answer[cell] += data.draw(st.sampled_from([-10, -2, -1, 1, 2, 9]))
    verdict = check(question, answer)
    assert not verdict.right
    assert "the only wrong cell" in verdict.headline
    assert verdict.diagnoses


@settings(max_examples=20)
@given(st.permutations(sorted(ALL)), st.sampled_from(["conv", "transposed", "average"]))
def test_two_mistakes_together_are_explained(names, which):
    question = QUESTIONS[which]
    right = squeezed(question.answer)
    first, second = names[:2]
    for before in attempts_by(ALL[first], Attempt(question)):
        for attempt in attempts_by(ALL[second], before):
            answer = squeezed(attempt.answer)
            if answer.shape == right.shape and agrees(answer, right).all():
                continue
            verdict = check(question, answer)
            assert not verdict.right
            assert verdict.diagnoses
        break


@pytest.mark.parametrize("name", OPERATIONS)
def test_printed_answers_are_read_back(name):
    for exercise in exercises(name, 3, 4):
        values = squeezed(exercise.question.answer)
        if values.ndim == 2:
            assert check(exercise.question, format_matrix(values)).right


SLIPS = {
    "sign_slip": lambda y: (-1 if y[1, 1] else 1) * y[1, 1],
    "digit_slip": lambda y: y[1, 1] * 10 + 7,
    "wrong_sum": lambda y: y[1, 1] + 1000.5,
}


@pytest.mark.parametrize("name", SLIPS)
def test_slips_of_one_cell(name):
    question = ask("conv2d", X + 3, W)
    answer = question.answer[0, 0].copy()
    answer[1, 1] = SLIPS[name](answer)
    assert name in check(question, answer).names


def test_slips_of_products_and_factors():
    question = ask("conv2d", X, W, [5])
    terms = question.trace.terms[0, 0, 1, 1]
    for far, name, word in (
        (-terms[0].product, "product_slip", "left out"),
        (-2 * terms[2].product, "product_slip", "wrong sign"),
        (-5, "start_slip", "bias 5 is missing"),
        (terms[0].x * (W[0, 1] - W[0, 0]), "factor_slip", "w[0,1] = -1 was taken for w[0,0] = 1"),
        (terms[0].x + W[0, 0] - terms[0].product, "factor_slip", "added, not multiplied"),
    ):
        answer = question.answer[0, 0].copy()
        answer[1, 1] += far
        verdict = check(question, answer)
        assert name in verdict.names
        assert word in str(verdict).replace("\n  ", " ")


def test_exchanged_cells():
    question = ask("conv2d", X, W)
    answer = question.answer[0, 0].copy()
    answer[0, 0], answer[1, 0] = answer[1, 0], answer[0, 0]
    verdict = check(question, answer)
    assert verdict.names[0] == "exchanged_cells"
    assert "y[0,0] and y[1,0] were exchanged" in str(verdict)


def test_a_slip_after_a_mistake():
    question = ask("conv2d", PICTURE[0, 0], W)
    answer = ask("conv2d", PICTURE[0, 0], W[::-1, ::-1]).answer[0, 0].copy()
    answer[2, 1] += 100.5
    assert set(check(question, answer).names) >= {"flipped_kernel", "wrong_sum"}


def test_what_nothing_explains_is_said():
    verdict = check(ask("conv2d", X, W), np.array([[91.5, 72], [13, 58]]))
    assert not verdict.diagnoses
    assert "No classic mistake" in str(verdict)
    assert "No classic mistake" in verdict.to_html()


def test_rounded_fractions_are_right_and_rounded_integers_are_not():
    thirds = ask("avg_pool2d", [[1.0, 0, 0], [2, 2, 0]], kernel_size=(1, 3))
    assert check(thirds, "0.33; 1.33").right
    assert not check(thirds, "0.3; 1.33").right
    assert not check(thirds, "0.34; 1.33").right
    whole = ask("avg_pool2d", [[1.0, 2], [2, 3]], kernel_size=2)
    assert not check(whole, "2.001").right


def test_products_of_a_cell():
    question = ask("conv2d", X, W, of="products", cell=(0, 0, 0, 0))
    assert check(question, "2*1 + 0*(-1) - 1*2 + 0 + 1*1 + 0*0 + (-2)*3 + 0*(-1) + 1*1 = -4").right
    assert check(question, "2 0 -2 0 1 0 -6 0 1").right
    missing = check(question, "2*1 + 0*(-1) + (-1)*2 + 0*0 + 1*1 + 0*0 + (-2)*3 + 0*(-1)")
    assert "Left out: 1*1." in str(missing)
    sums = check(question, "2 + 0 - 2 + 0 + 1 + 0 - 6 + 0 + 1 = 4")
    assert sums.names == ["wrong_sum"]
    signs = check(question, "2*1 + 0*(-1) + (-1)*2 + 0*0 + 1*1 + 0*0 + 2*3 + 0*(-1) + 1*1 = 8")
    assert "x[2,0] is -2, written as 2 (the sign)" in str(signs).replace("\n  ", " ")


def test_products_may_count_padding_or_leave_it_out():
    question = ask("conv2d", X, W, [1], padding=1, of="products", cell=(0, 0, 0, 0))
    assert check(question, "1 + 2*1 + 0*0 + 0*(-1) + 1*1 = 4").right
    padded = "1 + 0*1 + 0*(-1) + 0*2 + 0*0 + 2*1 + 0*0 + 0*3 + 0*(-1) + 1*1 = 4"
    assert check(question, padded).right
    with pytest.raises(ValueError, match="no cell"):
        check(ask("conv2d", X, W, of="products", cell=(0, 0, 9, 9)), "1")


LAYER = make_layer("conv2d", (4, 6), (9, 12), kernel_size=(3, 2), stride=(2, 3), padding=(1, 2),
                   dilation=2, groups=2)  # fmt: skip
BACK = make_layer("conv_transpose2d", (4, 6), (5, 4), kernel_size=3, stride=3, padding=1,
                  output_padding=1, bias=False)  # fmt: skip
POOL = make_layer("max_pool2d", (4, 4), (9, 12), kernel_size=2, ceil_mode=True)


@pytest.mark.parametrize("name", SIZE_MISTAKES)
def test_each_mistake_with_sizes_is_recognised(name):
    found = 0
    for layer in (LAYER, BACK, POOL):
        question = Counted((layer,), "shape")
        assert SizeRule().shape(layer) == question.answer
        for rule, _ in SIZE_MISTAKES[name].make(SizeRule(), question):
            answer = rule.shape(layer)
            if answer != question.answer:
                found += 1
                text = " x ".join(str(float(number)) for number in answer)
                assert name in check(question, text).names
    assert found


@pytest.mark.parametrize("name", COUNT_MISTAKES)
def test_each_mistake_with_counts_is_recognised(name):
    found = 0
    wanted = ("parameters", "weights", "biases", "multiply_adds", "taps", "additions", "positions")
    for layers in ((LAYER,), (BACK,)):
        for what in wanted:
            question = Counted(layers, what)
            assert CountRule().count(question) == question.answer
            for rule, _ in COUNT_MISTAKES[name].make(CountRule(), question):
                answer = rule.count(question)
                if answer != question.answer:
                    found += 1
                    assert name in check(question, str(answer[0])).names
    assert found


@settings(max_examples=50)
@given(st.sampled_from(["output_size", "parameters", "multiply_adds", "receptive_field"]),
       st.integers(0, 40), st.integers(1, 6), st.integers(1, 1000))  # fmt: skip
def test_a_wrong_count_is_never_right(about, seed, number, more):
    question = exercises(about, seed, number)[-1].question
    right = question.answer
    assert check(question, " x ".join(map(str, right))).right
    assert not check(question, " x ".join(map(str, (*right[:-1], right[-1] + more)))).right


def test_arithmetic_is_read_exactly():
    assert evaluate("11, 329, 414, 656") == 11329414656
    assert evaluate(r"\frac{1}{3} \cdot 6 - 2^3") == -6
    assert read_counts("16 x 32 x 32 = 16,384").sides == [(16, 32, 32), (16384,)]
    assert read_counts("[-1, 64, 80, 80]").sides == [(64, 80, 80)]
    assert [len(pair) for pair in read_products("y[0,1] = 2*1 - 3 = -1").factors] == [2, 1]
    for wrong in ("K*2", "f(2)", "2**99", "1/0", "2 +", "__import__('os')", ""):
        with pytest.raises(ValueError, match=r".+"):
            read_counts(wrong)
    with pytest.raises(ValueError, match="no products"):
        read_products(" = ")


def test_shapes_in_other_orders():
    question = Counted((make_layer("conv2d", (3, 8), (9, 12), kernel_size=3, padding=1),), "shape")
    for text in ("8x9x12", "9x12", "100 x 8 x 9 x 12", "(None, 8, 9, 12)"):
        assert check(question, text).right
    assert check(question, "12x9").names[0] == "exchanged_sides"
    assert "input_channels" in check(question, "3x9x12").names
    weight = Counted(question.layers, "weight_shape")
    assert check(weight, "8x3x3x3").right
    assert check(weight, "3x8x3x3").names == ["exchanged_channels", "one_entry"][:1]


def test_arithmetic_and_tables():
    assert check_arithmetic("0.5*7", "3.5").right
    assert check_arithmetic("0.5*7", "3").names == ["rounded"]
    table = "Conv2d-1   [-1, 64, 256, 256]   1,792\nTotal params: 1,790"
    verdict = check_table(table)
    assert not verdict.right
    assert "add up to 1,792" in verdict.headline


def test_a_verdict_in_other_forms():
    verdict = check(QUESTIONS["transposed"], QUESTIONS["transposed"].answer + 1)
    assert verdict._repr_html_() == verdict.to_html()
    assert "<table" in verdict.to_html()
    assert all(len(line) <= 80 for line in str(verdict).splitlines())
    assert not verdict


def test_the_command(capsys, tmp_path, monkeypatch):
    conv = ["--op", "conv2d", "--input", "1 2 3; 4 5 6", "--weight", "1 -1"]
    page = tmp_path / "verdict.html"
    assert command.main(["-1,-1;-1,-1", *conv]) == 0
    assert command.main(["1 1; 1 1", *conv, "--html", str(page)]) == 1
    assert "turned by 180 degrees" in capsys.readouterr().out
    assert "180" in page.read_text(encoding="utf-8")
    file = tmp_path / "answer.tex"
    file.write_text(r"\begin{bmatrix} -1 & -1 \\ -1 & -1 \end{bmatrix}", encoding="utf-8")
    assert command.main([str(file), *conv]) == 0
    monkeypatch.setattr("sys.stdin", io.StringIO(file.read_text(encoding="utf-8")))
    assert command.main(["-", *conv]) == 0
    assert command.main(["-1*1 + 2*1", *conv, "--of", "products", "--at", "0,0"]) == 1
    right = exercises("conv2d", 7, 2)[1].question.answer[0, 0]
    sheet = ["--worksheet", "conv2d", "--seed", "7", "--number", "2"]
    assert command.main([format_matrix(right), *sheet]) == 0
    assert command.main([format_matrix(right + 1), *sheet]) == 1
    count = ["--op", "conv2d", "--of", "parameters", "--channels", "3,3", "--kernel-size", "7"]
    assert command.main(["444", *count]) == 0
    assert command.main(["441", *count, "--no-bias"]) == 0
    assert command.main(["35,284", "--of", "parameters", "--model", "deep_conv"]) == 0
    bias = [*conv, "--of", "bias-grad", "--bias", "0"]
    assert command.main(["10", *bias]) == 0
    assert command.main(["4", *bias, "--gy", "ones"]) == 0
    assert command.main(["10", *bias, "--gy", "ones"]) == 1
    assert command.main(["4990", "--equals", "70/100*7128"]) == 1
    capsys.readouterr()


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (["1 2"], "which question"),
        (["1", "--of", "parameters"], "which layer"),
        (["1 2; 3", "--op", "conv2d"], "rows of one length"),
        (["1", "--op", "conv2d", "--of", "beauty"], "no 'beauty'"),
        (["1", "--op", "conv2d", "--of", "products"], "two numbers"),
        (["1", "--worksheet", "conv2d", "--number", "0"], "numbered from 1"),
        (["x", "--table", "--claim", "s"], "NAME=N"),
    ],
)
def test_the_command_refuses(wrong, says, capsys):
    assert command.main(wrong) == 2
    assert says in capsys.readouterr().err
