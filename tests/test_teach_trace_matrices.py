"""Matrices in every notation that a student may type or paste."""

import numpy as np
import pytest

from minigrad.teach import format_matrix, parse_matrix, random_matrix

pytestmark = pytest.mark.unit

WANTED = [[1.0, -2.0, 3.0], [4.0, 5.5, 6.0]]


@pytest.mark.parametrize(
    "text",
    [
        "1 -2 3; 4 5.5 6",
        "1, -2, 3; 4, 5.5, 6;",
        "1 -2 3\n4 5.5 6\n",
        "[[1, -2, 3], [4, 5.5, 6]]",
        "[[1 -2 3]\n [4 5.5 6]]",
        "[1 -2 3; 4 11/2 6]",
        "array([[ 1. , -2. ,  3. ],\n       [ 4. ,  5.5,  6. ]])",
        "x = np.array([[1, -2, 3], [4, 5.5, 6]], dtype=np.float32)",
        "tensor([[1., -2., 3.], [4., 5.5, 6.]])",
        "((1, -2, 3), (4, 5.5, 6))",
        r"\begin{bmatrix} 1 & -2 & 3 \\ 4 & 5.5 & 6 \end{bmatrix}",
        r"$$\left[\begin{array}{ccc} 1 & -2 & 3 \\[2pt] 4 & \frac{11}{2} & 6 \end{array}\right]$$",
        "1 \u22122 3; 4 5.5 6",
    ],
)
def test_notations(text):
    assert parse_matrix(text).tolist() == WANTED


@pytest.mark.parametrize(
    ("text", "shape"),
    [
        ("1 2; 3 4 | 5 6; 7 8", (2, 2, 2)),
        ("1 | 2 || 3 | 4", (2, 2, 1, 1)),
        ("1 2; 3 4 || 5 6; 7 8", (2, 1, 2, 2)),
        ("[[[1, 2]], [[3, 4]]]", (2, 1, 2)),
        ("[1, 2, 3]", (3,)),
        ("random 2x3x4", (2, 3, 4)),
    ],
)
def test_more_axes(text, shape):
    assert parse_matrix(text).shape == shape


@pytest.mark.parametrize(("name", "text"), [("m.txt", "1 -2 3\n4 5.5 6  # a note\n"),
                                            ("m.csv", "1,-2,3\n4,5.5,6\n")])  # fmt: skip
def test_files(name, text, tmp_path):
    (tmp_path / name).write_text(text)
    assert parse_matrix(str(tmp_path / name)).tolist() == WANTED
    np.save(tmp_path / "m.npy", np.array(WANTED, np.float32))
    assert parse_matrix(str(tmp_path / "m.npy")).tolist() == WANTED


def test_random_numbers_are_the_seeds():
    assert np.array_equal(parse_matrix("random 3x4", seed=7), parse_matrix("random 3x4 seed 7"))
    assert not np.array_equal(random_matrix((3, 4), 7), random_matrix((3, 4), 8))
    assert (random_matrix((9, 9)) != 0).all()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "it is empty"),
        ("1 2; 3", "row 1 has 1 entries, row 0 has 2"),
        ("[[1, 2], [3]]", "row 1 has 1 entries"),
        ("1 two", "'two' is not a number"),
        ("[[1, 2]", "1 brackets are not closed"),
        ("[[1, 2]]]", "a bracket is closed that was not opened"),
        ("1/0", "divides by zero"),
        ("random", "write random 4x5"),
        ("random 99999x99999", "more than 10000000 numbers"),
        ("[]", "it is empty"),
    ],
)
def test_refusals(text, message):
    with pytest.raises(ValueError, match=message):
        parse_matrix(text, name="--input")


def test_missing_and_foreign_files(tmp_path):
    with pytest.raises(FileNotFoundError, match="--input: there is no file"):
        parse_matrix(str(tmp_path / "m.txt"), name="--input")
    np.save(tmp_path / "s.npy", np.array(["a"]))
    with pytest.raises(ValueError, match="not numbers"):
        parse_matrix(str(tmp_path / "s.npy"))


def test_format_aligns_columns():
    assert format_matrix([[1, -2], [10, 0.5]]) == " 1  -2\n10 0.5"
