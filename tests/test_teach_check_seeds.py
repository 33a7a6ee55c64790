"""Every misprint of the seeds that is a number of an operation is found by one command.

`printed` and `right` are this file's own copies. What is no number of an operation stands in
`NO_COMMAND`, with the reason.
"""

import shlex

import pytest
from solve_tables import APPENDICES

from minigrad.cli import check as command

pytestmark = pytest.mark.unit

PICTURE = "--input '2 0 -1 -1; 0 1 0 2; -2 0 1 1; 1 1 0 -1' --weight '1 -1 1; 0 1 0; 1 -1 1'"
PRODUCTS = f"--op conv2d --of products {PICTURE}"
XOR = "--op linear --input '0 1; 0 0; 1 0; 1 1'"

# (what, printed, the command's other arguments, what is right, words of the diagnosis)
MISPRINTS = [
    (
        "000: padding k/2 for an even kernel",
        "16x16",
        "--op conv2d --of shape --size 32 --kernel-size 4 --stride 2 --padding 2",
        "it is 17 x 17",
        "It is the size for padding 1, not 2",
    ),
    (
        "000: transposed convolutions without output padding",
        "8x8",
        "--op conv_transpose2d --of shape --size 4 --kernel-size 3 --stride 2 --padding 1",
        "it is 7 x 7",
        "It is the size with output padding 1",
    ),
    (
        "000: connections, 32 x 32",
        "22,093,824",
        "--of multiply-adds --model colornet --size 32",
        "it is 7,938,048",
        "Weights x output positions",
    ),
    (
        "000: connections, 64 x 64",
        "88,375,296",
        "--of multiply-adds --model colornet --size 64",
        "it is 31,752,192",
        "Weights x output positions",
    ),
    (
        "000: connections of layer D1",
        "4,718,592",
        "--op conv_transpose2d --of multiply-adds --channels 128,64 --size 4 --kernel-size 3 "
        "--stride 2 --padding 1 --output-padding 1",
        "it is 1,179,648",
        "Weights x output positions",
    ),
    (
        "000: four times the count of half the sides, borders and all",
        "4*7,268,384",
        "--of taps --model colornet --size 64",
        "it is 30,391,328",
        "",
    ),
    (
        "001 Q3a: O11",
        "2*1 + 0*1 + (-1)*1 + 0*0 + 1*1 + 2*0 + (-2)*1 + 0*(-1) + 1*1 = 2*(-1) + 1*2 + 1 = 1",
        f"{PRODUCTS} --at 0,0",
        "product 2 of y[0,0] is 0*(-1), not 0*1 (2 of 9",
        "w[0,1] is -1, written as 1 (the sign). And: Product 6: x[1,2] is 0, written as 2.",
    ),
    (
        "001 Q3a: O12",
        "0*1 + (-1)*1 + (-1)*1 + 1*0 + 0*1 + 2*0 + 0*1 + 1*(-1) + 1*1 = 1 - 1 - 1 + 1 = 0",
        f"{PRODUCTS} --at 0,1",
        "add up to -2; the right sum is 0. But 0 is written after the equals sign, and that is",
        "Product 2: w[0,1] is -1, written as 1 (the sign).",
    ),
    (
        "001 Q3a: O21",
        "0*1 + 1*(-1) + (-1)*1 + (-2)*0 + 0*1 + 1*0 + 1*1 + 1*(-1) + 0*1 = -1 + 1 - 1 = -1",
        f"{PRODUCTS} --at 1,0",
        "add up to -2; the right sum is -1",
        "Product 3: x[1,2] is 0, written as -1.",
    ),
    (
        "001 Q3a: O22",
        "1*1 + 0*1 + 2*1 + 0*0 + 1*1 + 1*0 + 1*1 + 0*(-1) + (-1)*1 = 1 + 2 + 1 + 1 - 1 = 4",
        f"{PRODUCTS} --at 1,1",
        "product 2 of y[1,1] is 0*(-1), not 0*1 (1 of 9",
        "Product 2: w[0,1] is -1, written as 1 (the sign).",
    ),
    (
        "001 Q3: output side d_in - d_kernel + 2",
        "3x3",
        "--op conv2d --of shape --size 4 --kernel-size 3",
        "it is 2 x 2",
        "2 was added in the end where the formula adds 1",
    ),
    (
        "001 algorithm 1: rows i : j + K_h, here i = 2, j = 1",
        "2x3",
        "--op conv_transpose2d --of shape --size 1 --kernel-size 3",
        "it is 3 x 3",
        "",
    ),
    (
        "001 Q2, Q4: no floor in the output size",
        "3.5x3.5",
        "--op conv2d --of shape --size 8 --kernel-size 3 --stride 2",
        "it is 3 x 3",
        "not rounded down",
    ),
    (
        "001 Q4: biases",
        "104",
        "--of biases --model down_chain",
        "it is 25,840",
        "One bias was counted for a layer",
    ),
    (
        "002 1.2: the table of exclusive or",
        "1; 0; 0; 1",
        f"{XOR} --weight '1 -1; 1 1' --then '1 0' --activation abs",
        "y[2,0] is 1, not 0",
        "y[2,0] and y[3,0] were exchanged",
    ),
    (
        "002 1.3: the table of exclusive or",
        "1; 0; 0; 1",
        f"{XOR} --weight '1 -1; -1 1' --then '1 1' --activation relu",
        "y[2,0] is 1, not 0",
        "y[2,0] and y[3,0] were exchanged",
    ),
    (
        "002 1.3: b2 as a vector",
        "2",
        "--op linear --of biases --channels 2,1",
        "it is 1",
        "A bias was counted for each input",
    ),
    (
        "002 2: the first layer's filter",
        "5x3x3",
        "--op conv2d --of weight-shape --channels 3,128 --kernel-size 5",
        "it is 128 x 3 x 5 x 5",
        "a filter is 5 x 5 with depth 3",
    ),
    (
        "002 2: the third layer's filters",
        "32.3x3x64",
        "--op conv2d --of weight-shape --channels 64,32 --kernel-size 3",
        "it is 32 x 64 x 3 x 3",
        "A point stands where a times sign belongs",
    ),
    (
        "002 2.3: what is flattened",
        "100x16x16x32",
        "--op avg_pool2d --of shape --channels 16,16 --size 64 --kernel-size 2",
        "it is 16 x 32 x 32",
        "Number 2 is 16, and should be 32",
    ),
    (
        "002 2.4: a 3 is missing",
        "32*(64*3 + 1) = 18,464",
        "--op conv2d --of parameters --channels 64,32 --kernel-size 3",
        "= 6,176 is not the number of parameters; it is 18,464",
        "One side of the kernel was forgotten",
    ),
    (
        "002 2.5: no epsilon under the root, batch 1",
        "nan nan; nan nan",
        "--op batch_norm --input '1 2; 3 4' --over N",
        "y[0,0] is 0, not nan",
        "no eps under the root",
    ),
    (
        "002 2.5, case 4: sigma subtracts the mean of each pixel over all channels",
        "-0.4472 | -0.4472 || 0.4472 | 0.4472",
        "--op batch_norm --input '0 | 4 || 2 | 6' --over N",
        "the first of 4 wrong cells",
        "The variance subtracts the mean over NC, not the one over N",
    ),
    (
        "002 6.1: K*C*C - 1 additions",
        "3*16*16 - 1",
        "--op conv2d --of additions --channels 16,1 --kernel-size 3 --no-bias",
        "it is 143",
        "K*C*C was counted in place of K*K*C",
    ),
    (
        "002 6.1: H and W of the input",
        "4*8*8*3*3*2",
        "--op conv2d --of multiply-adds --channels 2,4 --size 8 --kernel-size 3 --no-bias",
        "it is 2,592",
        "The positions of the input were counted",
    ),
    (
        "003: cost of up-sampling, 2*c*n*s",
        "48",
        "--op upsample --of outputs --channels 3,3 --size 4 --scale-factor 2",
        "it is 192",
        "is linear in the side; the writes are c*(n*s)^2",
    ),
    (
        "003: the output is doubled",
        "2*48",
        "--op upsample --of outputs --channels 3,3 --size 4 --scale-factor 2",
        "it is 192",
        "Only one axis was enlarged",
    ),
    (
        "004 4.2: gray pictures, and the parameters of Conv_01",
        "1,792",
        "--op conv2d --of parameters --channels 1,64 --kernel-size 3",
        "it is 640",
        "3 input channels (three, RGB), not 1",
    ),
    (
        "004 6.2.4: 70 % of the pictures",
        "4,990",
        "--equals '70/100 * 7128'",
        "it is 4989.6",
        "not a whole number",
    ),
]

# What, the appendix, the arguments, words of the verdict.
TABLES = [
    ("004 A: the input is gray", "A", "--image 1x256x256", "Conv_01"),
    ("004 6.3.1: all convolutions have k=4, s=2, p=1", "D", "--claim k=4 s=2 p=1", "Conv2d-17"),
]

RIGHT = [
    ("001 Q3a", "1 0; -1 4", f"--op conv2d {PICTURE}"),
    (
        "001 Q3b",
        "2 -2 1 0 0 -1; 0 3 -1 2 -3 2; 0 0 1 0 2 0; 1 -1 -1 4 0 1; -2 3 0 0 -1 1; 1 0 0 0 1 -1",
        f"--op conv_transpose2d {PICTURE}",
    ),
    ("001 Q2a", "11, 336, 941, 156", "--of parameters --model fully_connected"),
    ("001 Q4", "58,810,528", "--of parameters --model down_chain"),
    (
        "002 3.3, part 2",
        "-18 35 -16 31 -14 21; 30 -8 26 -6 22 -19; -12 23 -10 19 -8 12; 18 -2 14 0 10 -7; "
        "-6 11 -4 7 -2 3; 6 3 4 1 2 -1",
        "--op conv_transpose2d --input '9 8 7; 6 5 4; 3 2 1' --weight '-1 2 -3; 1 -2 3; 3 2 -1' "
        "--stride 2 --padding 1 --output-padding 1",
    ),
    (
        "002 4.1",
        "0 25 10; 8 -10 24; -4 12 -8",
        "--op conv2d --input '3 1 2 6 5; 6 8 1 7 9; 2 7 4 2 3; 8 3 5 4 1; 1 5 2 7 6' "
        "--weight '-1 2 -3; 1 -2 3; 3 2 -1' --stride 2 --padding 2 --dilation 2",
    ),
    ("002 2.4", "397,434", "--of parameters --model six_layer"),
    ("002 2.3", "397,184", "--of weights --model six_layer"),
]

NO_COMMAND = {
    "002 6.1: a separable convolution is always smaller": "an inequality between two counts; each "
    "of them is checked with --of parameters and --of multiply-adds",
    "004: figures 8 and 9 for early stopping, captions of figures 5 to 7": "references",
    "004 6.2.1: predictions increase exponentially, semi-supervised": "words",
    "004 6.3.1: which convolutions are for up-sampling": "two words in the wrong order",
}


def said(capsys):
    return " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize(
    ("printed", "arguments", "right", "words"),
    [case[1:] for case in MISPRINTS],
    ids=[case[0] for case in MISPRINTS],
)
def test_a_misprint_is_found_and_explained(printed, arguments, right, words, capsys):
    assert command.main([printed, *shlex.split(arguments)]) == 1
    found = said(capsys)
    assert right in found
    assert words in found


@pytest.mark.parametrize(
    ("appendix", "arguments", "words"), [c[1:] for c in TABLES], ids=[c[0] for c in TABLES]
)
def test_a_table_that_contradicts_the_text(appendix, arguments, words, capsys, tmp_path):
    file = tmp_path / "table.txt"
    file.write_text(APPENDICES[appendix], encoding="utf-8")
    assert command.main([str(file), "--table", *shlex.split(arguments)]) == 1
    assert words in said(capsys)
    assert command.main([str(file), "--table"]) == 0
    assert "nothing contradicts itself" in said(capsys)


@pytest.mark.parametrize(
    ("printed", "arguments"), [c[1:] for c in RIGHT], ids=[c[0] for c in RIGHT]
)
def test_what_the_seeds_have_right_is_right(printed, arguments, capsys):
    assert command.main([printed, *shlex.split(arguments)]) == 0
    assert said(capsys).startswith("Right:")


def test_what_has_no_command_has_a_reason():
    assert all(NO_COMMAND.values())
