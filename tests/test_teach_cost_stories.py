"""Single operations costed: layers of seeds 001 and 002, separable convolution, up-sampling."""

import pytest

from minigrad.teach.cost_stories import story

pytest.importorskip("sympy", reason="pip install -e '.[cost]'")


@pytest.mark.unit
@pytest.mark.parametrize(
    ("values", "parameters"),
    [
        ({"C": 3, "O": 3, "k": 7}, 444),  # seed 001, question 2b
        ({"C": 3, "O": 16}, 448), ({"C": 16, "O": 32}, 4640), ({"C": 32, "O": 64}, 18496),
        ({"C": 64, "O": 128}, 73856), ({"C": 128, "O": 256}, 295168),
        ({"C": 256, "O": 256}, 590080),
        ({"C": 3, "O": 128, "k": 5, "bias": 0}, 9600),  # seed 002, problem 2
        ({"C": 128, "O": 64, "k": 5, "bias": 0}, 204800), ({"C": 64, "O": 32}, 18464),
        ({"C": 8, "O": 16, "G": 4, "bias": 0}, 288),
        ({"C": 12, "O": 6, "k": 5, "G": 3, "bias": 0}, 600),
    ],
)  # fmt: skip
def test_parameters_of_seeds_001_and_002(values, parameters):
    assert story("conv2d", **values).numbers["parameters"] == parameters


@pytest.mark.unit
def test_linear_layers_of_seed_001():
    found = [story("linear", C=C, O=O).numbers["parameters"] for C, O in
             [(150528, 75264), (75264, 100), (192, 100)]]  # fmt: skip
    assert found == [11329414656, 7526500, 19300]


@pytest.mark.unit
@pytest.mark.parametrize(
    ("values", "vanilla", "separable", "fewer"),
    [
        ((1, 3, 8, 3, 6, 6), (216, 15264), (51, 3276), (True, True)),
        ((2, 8, 16, 3, 5, 5), (1152, 114400), (200, 18800), (True, True)),
        ((2, 4, 4, 1, 4, 4), (16, 896), (20, 1024), (False, False)),
        ((1, 16, 1, 3, 4, 4), (144, 4592), (160, 4848), (False, False)),
    ],
)
def test_separable_is_not_always_smaller(values, vanilla, separable, fewer):
    found = story("separable", **dict(zip(("B", "C", "N", "k", "H", "W"), values, strict=True)))
    assert found.numbers["vanilla"] == vanilla
    assert found.numbers["separable"] == separable
    assert found.numbers["fewer"] == fewer
    parts = [found.numbers[name][1] for name in ("vanilla", "depthwise", "pointwise", "separable")]
    assert found.numbers["counted"] == tuple(parts)


@pytest.mark.unit
@pytest.mark.parametrize(
    ("n", "c", "s", "written", "linear"),
    [(4, 3, 2, 192, 48), (8, 3, 2, 768, 96), (4, 1, 2, 64, 16), (8, 3, 3, 1728, 144)],
)
def test_upsampling_is_not_linear_in_the_side(n, c, s, written, linear):
    numbers = story("upsampling", n=n, c=c, s=s).numbers
    assert (numbers["written"], numbers["seed"], numbers["read"]) == (written, linear, c * n * n)


@pytest.mark.unit
def test_the_convolution_after_upsampling():
    numbers = story("upsampling", n=16, c=64, s=2, O=32).numbers
    assert (numbers["before"], numbers["after"]) == (4718592, 18874368)
    assert numbers["phases"] * 9 == numbers["after"] * 4
    assert story("upsampling", n=4, c=1).numbers["after"] == 576
