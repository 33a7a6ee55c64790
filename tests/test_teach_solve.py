"""Printed tables solved: the four appendices of seed 004, their concatenations, their misprints."""

import io

import pytest
from solve_tables import APPENDICES

from minigrad.cli import main
from minigrad.teach.cost import cost
from minigrad.teach.cost_layers import macs
from minigrad.teach.solve import solve
from minigrad.teach.solve_search import conv_settings, kernels_of, transposed_settings
from minigrad.teach.solve_table import parse_size, parse_tables


@pytest.fixture(scope="module")
def solved():
    return dict(zip("ABCD", solve("\n\n".join(APPENDICES.values())).tables, strict=True))


def settings(table):
    """Each convolution's (channels in, kernel, stride, padding, output padding, bias)."""
    return {
        finding.row.name: (
            finding.best.before[0],
            *(getattr(finding.best.settings, name) for name in ("kernel", "stride", "padding")),
            finding.best.settings.output_padding,
            finding.best.settings.bias,
        )
        for finding in table.findings
        if finding.row.kind in ("conv", "transposed")
    }


@pytest.mark.unit
@pytest.mark.parametrize(
    ("name", "given", "parameters", "dense", "exact", "elements"),
    [
        ("A", (3, 256, 256), 169520256, 3904897024, None, 10355200),
        ("B", (1, 160, 160), 1022961, 2455142400, 2425958016, 12825600),
        ("C", (1, 256, 256), 54410882, 5981077504, 5633312000, 17166336),
        ("D", (3, 256, 256), 2765569, 3146809344, 3121414912, 8621956),
    ],
)
def test_the_totals_of_the_appendices(solved, name, given, parameters, dense, exact, elements):
    table = solved[name]
    assert table.input == given
    assert not table.contradictions
    assert table.parameters == parameters == sum(layer.parameters for layer in table.layers())
    assert sum(macs(layer, "dense") for layer in table.layers()) == dense
    if exact:
        assert sum(macs(layer, "taps") for layer in table.layers()) == exact
    assert f"numbers in all printed rows, one picture = {elements:,}" in str(table.report(name))


@pytest.mark.unit
def test_appendix_a(solved):
    assert settings(solved["A"]) == {
        f"Conv_0{i}": (C, 3, 1, 1, 0, True) for i, C in enumerate((3, 64, 128, 256), 1)
    }
    pools = [f.best.settings for f in solved["A"].findings if f.row.kind == "pool"]
    assert {(pool.kernel, pool.stride, pool.padding) for pool in pools} == {(2, 2, 0)}


@pytest.mark.unit
def test_appendix_b(solved):
    down = {f"Conv2d-{i}": (C, 3, 2, 1, 0, True) for i, C in ((2, 64), (3, 64), (4, 128))}
    up = {f"ConvTranspose2d-{i}": (C, 3, 2, 1, 1, True) for i, C in ((5, 256), (7, 256), (9, 128))}
    assert settings(solved["B"]) == {
        "Conv2d-1": (1, 3, 1, 1, 0, True), **down, **up,
        "ConvTranspose2d-11": (192, 3, 1, 1, 0, True), "Conv2d-12": (16, 3, 1, 1, 0, True),
    }  # fmt: skip
    joined = {name: answer.sources for name, answer in solved["B"].concatenations}
    assert joined == {
        "Dropout-6": ("ConvTranspose2d-5", "Conv2d-3"),
        "Dropout-8": ("ConvTranspose2d-7", "Conv2d-2"),
        "Dropout-10": ("ConvTranspose2d-9", "Conv2d-1"),
        "Conv2d-12": ("ConvTranspose2d-11", "input"),
    }


@pytest.mark.unit
def test_all_alternatives_of_appendix_b(solved):
    several = {f.row.name: f.answers[1:] for f in solved["B"].findings if len(f.answers) > 1}
    assert set(several) == {"Conv2d-1", "Conv2d-12"}
    (other,) = several["Conv2d-12"]
    assert (other.settings.kernel, other.before[0]) == (1, 144)
    assert set(other.sources) == {"ConvTranspose2d-11", "ConvTranspose2d-9", "input"}


@pytest.mark.unit
def test_appendix_c(solved):
    found = settings(solved["C"])
    assert len(found) == 16
    assert {one[1:5] for one in found.values()} == {(4, 2, 1, 0)}
    assert [name for name, one in found.items() if one[5]] == ["ConvTranspose2d-66"]
    assert [one[0] for one in found.values()] == [
        *(1, 64, 128, 256, 512, 512, 512, 512), *(512, 1024, 1024, 1024, 1024, 512, 256, 128),
    ]  # fmt: skip
    joined = {name: answer.sources[1] for name, answer in solved["C"].concatenations}
    assert joined == {
        f"ConvTranspose2d-{up}": f"downsample-{down}"
        for up, down in ((40, 30), (45, 26), (50, 22), (54, 18), (58, 14), (62, 9), (66, 4))
    }


@pytest.mark.unit
def test_appendix_d(solved):
    assert settings(solved["D"]) == {
        "Conv2d-1": (3, 4, 2, 1, 0, False), "Conv2d-4": (64, 4, 2, 1, 0, False),
        "Conv2d-8": (128, 4, 2, 1, 0, False), "Conv2d-13": (256, 4, 1, 0, 0, False),
        "Conv2d-17": (512, 4, 1, 0, 0, True),
    }  # fmt: skip
    notes = [f.best.note for f in solved["D"].findings if f.row.kind == "pad"]
    assert notes == ["padding 1", "padding 1"]


@pytest.mark.unit
def test_the_gray_input_that_the_text_claims_contradicts_appendix_a():
    [table] = solve(APPENDICES["A"], input=(1, 256, 256)).tables
    [line] = table.contradictions
    assert line.startswith("Conv_01: over input (1x256x256) nothing gives 1,792 parameters")
    assert "3 with k=3 (1 would give 640)" in line


@pytest.mark.unit
def test_all_convolutions_stride_2_padding_1_contradicts_appendix_d():
    claims = {"k": 4, "s": 2, "p": 1}
    assert not solve(APPENDICES["C"], claims=claims).tables[0].contradictions
    assert solve(APPENDICES["D"], claims=claims).tables[0].contradictions == [
        "Conv2d-13: s=1, not 2; p=0, not 1, against the claim",
        "Conv2d-17: s=1, not 2; p=0, not 1, against the claim",
    ]


@pytest.mark.unit
@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("36,928", "36,982", "Conv2d-2: no square kernel"),
        ("147,520", "147,584", "ConvTranspose2d-7: over Dropout-6"),
        (
            "[-1, 64, 80, 80]\t36,928",
            "[-1, 64, 81, 83]\t36,928",
            "no stride up to 4 leads to 81x83",
        ),
        ("[-1, 192, 160, 160]", "[-1, 190, 160, 160]", "Dropout-10: its shape 190x160x160"),
        ("[-1, 192, 160, 160]\t0", "[-1, 192, 160, 160]\t5", "has no 5 parameters"),
    ],
)
def test_a_misprint_is_named(old, new, said):
    text = APPENDICES["B"]
    assert old in text
    contradictions = solve(text.replace(old, new)).tables[0].contradictions
    assert any(said in line for line in contradictions)


@pytest.mark.unit
@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("67109376", "67109377", "dense: flatten gives 131,072 numbers, which makes 67,109,376"),
        ("(None, 131072)", "(None, 131073)", "flatten: max_pooling2d_3 has 131,072 numbers"),
        (
            "(None, 64, 64, 128)\t0",
            "(None, 60, 64, 128)\t0",
            "128x128x128 of Conv_02 cannot become",
        ),
        ("Total params: 169520256", "Total params: 169520526", "the rows add up to 169,520,256"),
        ("Non-trainable params: 0", "Non-trainable params: 7", "do not add up"),
    ],
)
def test_a_misprint_in_appendix_a_is_named(old, new, said):
    assert old in APPENDICES["A"]
    contradictions = solve(APPENDICES["A"].replace(old, new)).tables[0].contradictions
    assert any(said in line for line in contradictions)


@pytest.mark.unit
def test_batch_norm_is_checked():
    text = "Conv2d-1 [1, 4, 8, 8] 40\nBatchNorm2d-2 [1, 4, 8, 8] {}"
    assert not solve(text.format(8)).tables[0].contradictions
    [line] = solve(text.format(9)).tables[0].contradictions
    assert "4 channels have 8 scales and shifts, not 9" in line


@pytest.mark.unit
def test_groups_and_dilation_are_found_where_nothing_else_fits():
    [table] = solve("conv1,8x16x16,224\nconv2,8x16x16,80", input=(3, 16, 16)).tables
    best = table.findings[1].best.settings
    assert (best.groups, best.kernel, best.bias) == (8, 3, True)
    [table] = solve("conv1,8x16x16,80\nconv2,8x8x8,584", input=(1, 16, 16)).tables
    assert str(table.findings[1].best.settings) == "k=3 s=2 p=1"
    [table] = solve("conv1,8x16x16,80\nconv2,8x10x10,584", input=(1, 16, 16)).tables
    assert str(table.findings[1].best.settings) == "k=3 s=1 p=0 d=3"
    [table] = solve("conv1,8x16x16,80\nconv2,8x16x16,584", dilation=True).tables
    assert "k=3 s=1 p=2 d=2" in [str(answer.settings) for answer in table.findings[1].answers]


@pytest.mark.unit
def test_other_rows():
    text = """
    InputLayer (InputLayer)       [(None, 8, 8, 3)]        0
    up (UpSampling2D)             (None, 16, 16, 3)        0
    conv (Conv2D)                 (None, 16, 16, 5)        140
    joined (Concatenate)          (None, 16, 16, 8)        0
    dense (Dense)                 (None, 16, 16, 4)        36
    """.replace("[(None, 8, 8, 3)]", "(None, 8, 8, 3)")
    [table] = solve(text.rsplit("\n", 2)[0]).tables
    assert table.input == (3, 8, 8)
    assert not table.contradictions
    up, conv, joined = table.findings[1:4]
    assert up.best.note == "factor 2"
    assert conv.best.settings.bias
    assert set(joined.best.sources) == {"conv", "up"}


@pytest.mark.unit
def test_a_csv_and_its_reading():
    [table] = parse_tables("name,shape,params\nconv1,4x6x5,40\n")
    assert [(row.name, row.kind, row.shape) for row in table.rows] == [("conv1", "conv", (4, 6, 5))]
    assert parse_size("3×8 x 9") == (3, 8, 9)
    with pytest.raises(ValueError, match="CxHxW"):
        parse_size("3x-1")
    with pytest.raises(ValueError, match="no row"):
        parse_tables("nothing here")
    assert parse_tables("a  [1, 2, 3, 4] 0", channels_last=True)[0].rows[0].shape == (4, 2, 3)


@pytest.mark.unit
def test_searches():
    assert kernels_of(1792, 64, bias=True) == [(27, 1), (3, 3)]
    assert [str(way) for way in conv_settings((33, 33), (30, 30), 4)] == ["k=4 s=1 p=0"]
    assert not conv_settings((9, 9), (20, 20), 3)
    assert [str(way) for way in transposed_settings((80, 40), (160, 80), 3)] == ["k=3 s=2 p=1 op=1"]


@pytest.mark.unit
def test_a_solved_network_can_be_costed(solved):
    found = cost(solved["D"].layers(), time=False, budget=0)
    assert found.total("positions") == 3146809344
    assert found.total("bias") == 3146810244
    assert cost(solved["C"].layers(), time=False).total("bias") == 17972723712
    assert cost(solved["B"].layers(), time=False).total("connections") == 6347980800


@pytest.mark.unit
def test_what_is_written(solved):
    whole = solve("\n".join(APPENDICES.values()))
    text = str(whole)
    assert max(map(len, text.splitlines())) <= 80
    assert "Conv2d-12 <- ConvTranspose2d-11 (15) + input (1) = 16 channels" in text
    assert "the 646.67 MB printed are MiB" in text
    assert whole._repr_html_().count("<table>") == 4
    assert str(whole.only(2)).startswith("The network behind the table")


@pytest.mark.end_to_end
def test_the_command(capsys, tmp_path, monkeypatch):
    file, page = tmp_path / "table.txt", tmp_path / "page.html"
    file.write_text(APPENDICES["B"], encoding="utf-8")
    assert main(["solve", str(file), "--input", "1x160x160", "--html", str(page), "--cost"]) == 0
    output = capsys.readouterr().out
    assert "input 1x160x160 (given)" in output
    assert "weights x output positions" in output
    assert "ConvTranspose2d-11" in page.read_text(encoding="utf-8")
    monkeypatch.setattr("sys.stdin", io.StringIO(APPENDICES["D"]))
    assert main(["solve", "-", "--claim", "s=2", "--only", "1"]) == 0
    assert "Conv2d-17: s=1, not 2" in capsys.readouterr().out


@pytest.mark.end_to_end
@pytest.mark.parametrize(
    ("line", "said"),
    [
        (["[no] table"], "no row was found"),
        (["Conv2d-1 [1, 4, 8, 8] 40", "--input", "3"], "CxHxW"),
        (["Conv2d-1 [1, 4, 8, 8] 40", "--claim", "x=2"], "'x' is unknown"),
        (["Conv2d-1 [1, 4, 8, 8] 40", "--claim", "s"], "NAME=N"),
        (["Conv2d-1 [1, 4, 8, 8] 40", "--only", "2"], "there is no table 2"),
        (["Conv2d-1 [1, 4, 8, 8] 41", "--cost"], "no square kernel"),
        (["missing.txt"], "missing.txt"),
    ],
)
def test_the_command_says_what_is_wrong(capsys, line, said):
    assert main(["solve", *line]) == 1
    assert said in capsys.readouterr().err
