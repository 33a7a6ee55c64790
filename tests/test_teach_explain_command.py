"""``minigrad explain``: the seeds' worked examples by one command each; layers of real networks."""

import json
import re

import numpy as np
import pytest
from PIL import Image
from seed_facts import BY_ID

import minigrad
from minigrad import nn
from minigrad.cli.main import main
from minigrad.models import UNet
from minigrad.teach.explain import explain
from minigrad.teach.explain_field import receptive_field
from minigrad.teach.explain_layer import explain_layer, reaching_layer

pytestmark = pytest.mark.end_to_end


def written(matrix):
    return "; ".join(" ".join(map(str, row)) for row in matrix)


I = "2 0 -1 -1; 0 1 0 2; -2 0 1 1; 1 1 0 -1"
K = "1 -1 1; 0 1 0; 1 -1 1"
X = "3 1 2 6 5; 6 8 1 7 9; 2 7 4 2 3; 8 3 5 4 1; 1 5 2 7 6"
W = "-1 2 -3; 1 -2 3; 3 2 -1"
Y = "9 8 7; 6 5 4; 3 2 1"

# name of a fact: the command line that works it out
SEEDS = {
    "s001.q3a.conv": ["conv2d", "--input", I, "--weight", K],
    "s001.q3b.convt": ["conv_transpose2d", "--input", I, "--weight", K, "--limit", "16"],
    "s002.p3.3.part1.final": ["conv_transpose2d", "--input", "4 3; 2 1", "--weight", "-1 2; 3 -4"],
    "s002.p3.3.part2.full7": ["conv_transpose2d", "--input", Y, "--weight", W, "--stride", "2"],
    "s002.p3.3.part2.full8": [
        "conv_transpose2d", "--input", Y, "--weight", W, "--stride", "2", "--output-padding", "1",
    ],
    "s002.p3.3.part2.final": [
        "conv_transpose2d", "--input", Y, "--weight", W, "--stride", "2", "--padding", "1",
        "--output-padding", "1", "--view", "scatter", "sums", "crop",
    ],
    "s002.p4.1.final": [
        "conv2d", "--input", X, "--weight", W, "--stride", "2", "--padding", "2", "--dilation", "2",
    ],
}  # fmt: skip


def too_long(text):
    """Lines that a terminal of 80 columns would break; a file's name may be any length."""
    lines = text.splitlines()
    return [line for line in lines if len(line) > 80 and not line.startswith("written: ")]


def as_sum(values, total):
    """``= 2 - 3 + 4 = 3``."""
    first, *rest = values
    return (
        f"= {first} " + " ".join(f"{'-' if v < 0 else '+'} {abs(v)}" for v in rest) + f" = {total}"
    )


def run(arguments, capsys):
    assert main(["explain", *arguments]) == 0
    text = capsys.readouterr().out
    assert not too_long(text)
    return text


@pytest.mark.parametrize("name", SEEDS)
def test_worked_examples_of_the_seeds(name, capsys, tmp_path):
    trace = tmp_path / "trace.json"
    text = run([*SEEDS[name], "--json", str(trace)], capsys)
    read = json.loads(trace.read_text())
    assert read["outputs"]["y"]["values"][0][0] == BY_ID[name]["expected"]
    assert f"written: {trace}" in text


def rows_of(text, title):
    """The matrix printed under a title, as numbers."""
    lines = text.splitlines()
    first = next(i for i, line in enumerate(lines) if line.strip() == title) + 1
    found = []
    for line in lines[first:]:
        if not line.strip():
            return found
        found.append([int(number) for number in re.findall(r"-?\d+", line)])
    return found


def test_seed_001_all_sixteen_scatter_states(capsys):
    steps = BY_ID["s001.q3b.all_steps"]["expected"]
    text = run(SEEDS["s001.q3b.convt"], capsys)
    inputs = BY_ID["s001.q3b.convt"]["inputs"]
    states = explain("conv_transpose2d", inputs["x"], inputs["w"])["scatter"].numbers["states"]
    assert states[:, 0, 0].tolist() == [step["accumulated"] for step in steps]
    assert "16. x[3,3] * w = -1 * w" in text


def test_seed_001_products_of_each_window(capsys):
    text = run(SEEDS["s001.q3a.conv"], capsys)
    for place in ("11", "12", "21", "22"):
        expected = BY_ID[f"s001.q3a.products.{place}"]["expected"]
        products = np.ravel(expected["products"])
        line = f"= {products[0]} " + " ".join(
            f"{'-' if p < 0 else '+'} {abs(p)}" for p in products[1:]
        )
        assert f"{line} = {expected['sum']}" in text


def test_seed_001_as_a_matrix():
    inputs, expected = (BY_ID["s001.q3.matrix_form"][key] for key in ("inputs", "expected"))
    found = explain("conv2d", inputs["x"], inputs["w"], views="toeplitz", gy=[[1, 0], [-1, 4]])
    numbers = found["toeplitz"].numbers
    assert numbers["T"].tolist() == expected["matrix"]
    assert numbers["y"].tolist() == expected["conv"]
    assert numbers["gx"].reshape(4, 4).tolist() == expected["transpose_of_conv_result"]


def test_seed_002_sums_and_products(capsys):
    text = run(SEEDS["s002.p3.3.part2.final"], capsys)
    assert "(27-6) 18+12  -9+24-18-5  16+10  -8+21-15-4  14+8  -7-12" in text
    full = BY_ID["s002.p3.3.part2.full7"]["expected"]
    assert rows_of(text, "added up") == full
    inputs = BY_ID["s002.p3.3.part2.final"]["inputs"]
    how = {name: inputs[name] for name in ("stride", "padding", "output_padding")}
    found = explain("conv_transpose2d", inputs["x"], inputs["w"], **how)
    products = found["scatter"].numbers["products"][:, 0]
    assert products.tolist() == BY_ID["s002.p3.3.part2.products"]["expected"]


@pytest.mark.parametrize("step", range(1, 10))
def test_seed_002_every_step_of_the_dilated_convolution(step, capsys):
    expected = BY_ID[f"s002.p4.1.step{step}"]["expected"]
    text = run(SEEDS["s002.p4.1.final"], capsys)
    assert as_sum(expected["terms"], expected["sum"]) in text


@pytest.mark.parametrize("name", ["s002.p4.1.grads", "s001.q3a.grads", "s002.p3.3.part2.grads"])
def test_gradients_of_the_seeds(name, capsys):
    fact = BY_ID[name]
    inputs, expected = fact["inputs"], fact["expected"]
    arguments = ["conv_transpose2d" if "transpose" in fact["kind"] else "conv2d"]
    for key, value in inputs.items():
        option = {"x": "--input", "w": "--weight", "dy": "--gy"}.get(key)
        arguments += (
            [option, written(value)] if option else [f"--{key.replace('_', '-')}", str(value)]
        )
    text = run([*arguments, "--view", "backward"], capsys)
    assert rows_of(text, "gw") == expected["grad_w"]
    assert rows_of(text, "gb") == [[expected["grad_bias"]]]


@pytest.mark.parametrize(
    "name",
    [
        "s002.p2.5.case1_all",
        "s002.p2.5.case2_per_channel",
        "s002.p2.5.case3_per_pixel",
        "s002.p2.5.case4_per_activation",
    ],
)
def test_normalisations_of_seed_002(name, capsys, tmp_path):
    inputs, expected = (BY_ID[name][key] for key in ("inputs", "expected"))
    np.save(tmp_path / "x.npy", np.array(inputs["x"]))
    over = "".join("NCHW"[axis] for axis in inputs["axes"])
    trace = tmp_path / "t.json"
    arguments = ["--input", str(tmp_path / "x.npy"), "--over", over, "--json", str(trace)]
    run(["batch_norm", *arguments], capsys)
    outputs = json.loads(trace.read_text())["outputs"]
    np.testing.assert_allclose(outputs["y"]["values"], expected["x_hat"], rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(np.ravel(outputs["mean"]["values"]), np.ravel(expected["mean"]))


@pytest.mark.parametrize("name", ["s002.p1.2.cases", "s002.p1.3.cases"])
def test_first_layer_of_the_xor_networks(name, capsys, tmp_path):
    inputs, expected = (BY_ID[name][key] for key in ("inputs", "expected"))
    trace = tmp_path / "t.json"
    arguments = ["--input", written(inputs["x"]), "--weight", written(inputs["w1"])]
    run(["linear", *arguments, "--json", str(trace)], capsys)
    found = json.loads(trace.read_text())["outputs"]["y"]["values"]
    assert found == [case["pre"] for case in expected]


def test_without_numbers_small_ones_are_drawn(capsys):
    first, again = (run(["conv2d", "--seed", "3"], capsys) for _ in range(2))
    assert first == again
    assert run(["conv2d", "--seed", "4"], capsys) != first


def test_files_are_written(capsys, tmp_path):
    page, gif = tmp_path / "x.html", tmp_path / "x.gif"
    run(["max_pool2d", "--view", "all", "--html", str(page), "--gif", str(gif)], capsys)
    assert "</html>" in page.read_text()
    assert gif.stat().st_size > 1000


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["conv2d", "--stride", "0"], "stride must be at least 1"),
        (["conv2d", "--over", "HW"], "conv2d has no --over; its settings are --stride, --padding"),
        (["conv2d", "--input", "1 2; 3"], "row 1 has 1 entries, row 0 has 2"),
        (["conv2d", "--input", "1 2; 3 x"], "'x' is not a number"),
        (["max_pool2d", "--weight", K], "max_pool2d has no weight"),
        (["conv2d", "--view", "phases"], "there are window, leftover, im2col"),
        (["upsample", "--gif", "x.gif"], "has no window that moves"),
        (["layer"], "which network?"),
        (["layer", "--model", "unet", "--layer", "head"], "--image PICTURE and --at Y,X"),
        (["layer", "--from", "nowhere.safetensors"], "does not exist"),
    ],
)
def test_errors_are_one_line(arguments, message, capsys):
    assert main(["explain", *arguments]) == 1
    error = capsys.readouterr().err
    assert message in error
    assert len(error.splitlines()) == 1


def test_layers_of_a_network_equal_the_network():
    minigrad.manual_seed(0)
    model = UNet(width=4, depth=2).eval()
    x = np.random.default_rng(0).standard_normal((1, 1, 24, 20)).astype(np.float32)
    for name, layer in model.named_modules():
        if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d | nn.MaxPool2d):
            found, given, made = reaching_layer(model, name, x)
            assert found is layer
            for at in ((0, 0), (made.shape[2] - 1, made.shape[3] // 2)):
                explanation = explain_layer(layer, given, at, made.shape[1] - 1, name)
                value = made[(0, made.shape[1] - 1, *at)]
                assert explanation.output.size == 1 or isinstance(layer, nn.MaxPool2d)
                got = explanation.trace.cells[explanation.subject.at].value
                assert got == pytest.approx(value, rel=1e-4, abs=1e-5)
                assert not [
                    line for line in str(explanation.views[0]).splitlines() if len(line) > 80
                ]


def test_layer_from_a_picture(capsys, tmp_path):
    picture = np.random.default_rng(1).integers(0, 255, (40, 48, 3), np.uint8)
    Image.fromarray(picture).save(tmp_path / "p.png")
    assert main(["explain", "layer", "--model", "unet"]) == 0
    assert "head (Conv2d)" in capsys.readouterr().out
    arguments = ["--image", str(tmp_path / "p.png"), "--layer", "down.0.0", "--at", "5,7"]
    assert main(["explain", "layer", "--model", "unet", *arguments]) == 0
    assert "The layer itself, run by the fast kernels, says" in capsys.readouterr().out
    assert main(["explain", "layer", "--model", "unet", *arguments[:-1], "99,0"]) == 1
    assert "there is no cell (99, 0)" in capsys.readouterr().err


def test_receptive_field_is_that_of_the_formula():
    model = nn.Sequential(
        nn.Conv2d(1, 4, (3, 5), stride=(2, 1), dilation=(1, 2)),
        nn.BatchNorm2d(4),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(4, 2, 3),
    )
    # Backwards: r = (r - 1)*S + D*(K - 1) + 1, from r = 1: 3, 6, 13 rows; 3, 6, and 14 columns.
    view = receptive_field(model, (1, 40, 36))
    rows, columns = view.numbers["rows"], view.numbers["columns"]
    assert (len(rows), len(columns)) == (13, 14)
    assert rows[0] == view.numbers["cell"][0] * 4
    inner = receptive_field(model, (1, 40, 36), at=(2, 3), layer="0")
    assert inner.numbers["columns"].tolist() == [3, 5, 7, 9, 11]
    assert "4 that it does not read in between" in str(inner)


def test_receptive_field_command(capsys):
    text = run(["receptive_field", "--model", "unet", "--layer", "down.0.0"], capsys)
    assert "rows 31 to 33: 3" in text


@pytest.mark.parametrize("name", ["s002.p1.2.cases", "s002.p1.3.cases"])
def test_exclusive_or_of_seed_002(name, capsys):
    inputs, expected = (BY_ID[name][key] for key in ("inputs", "expected"))
    arguments = ["--input", written(inputs["x"]), "--weight", written(inputs["w1"])]
    arguments += ["--then", written(inputs["w2"]), "--activation", inputs["activation"]]
    text = run(["linear", *arguments], capsys)
    for case in expected:
        parts = [("x", case["x"]), ("z1", case["pre"]), ("h1", case["hidden"]), ("y", [case["y"]])]
        line = "  ->  ".join(f"{key} = [{' '.join(map(str, values))}]" for key, values in parts)
        assert line in text


def test_up_sampling_then_convolution_of_seed_003(capsys):
    inputs, expected = (BY_ID["s003.subpixel"][key] for key in ("inputs", "expected"))
    arguments = ["--input", written(inputs["x"]), "--then", written(inputs["w"])]
    text = run(["upsample", *arguments], capsys)
    assert rows_of(text, "up-sampled, then convolved") == expected["y"]
    counts = (
        f"The first takes {expected['macs_direct']} products, the second {expected['macs_phases']}"
    )
    assert f"{counts}, 0.4444 of them" in " ".join(text.split())
    for kernel in np.reshape(expected["phase_kernels"], (4, 2, 2)).tolist():
        rows = [" ".join(f"{v:>2}" for v in row) for row in kernel]
        assert all(any(r.split() == line.split()[:2] for line in text.splitlines()) for r in rows)


@pytest.mark.parametrize(
    ("n", "c", "s", "writes", "reads"), [(4, 3, 2, 192, 48), (8, 3, 2, 768, 192), (4, 1, 2, 64, 16)]
)
def test_numbers_written_by_up_sampling(n, c, s, writes, reads, capsys):
    """Seed 003 says 2*c*n*s, which is 48 of the first; the loops write c*(n*s)**2."""
    arguments = ["--input", f"random {c}x{n}x{n}", "--scale-factor", str(s), "--limit", "1"]
    assert f"{reads} numbers become {writes}: {c}*{n * s}*{n * s}." in run(
        ["upsample", *arguments], capsys
    )
