"""``report.html`` needs nothing but itself, holds the numbers, and stays well-formed."""

import base64
import io
import math
import re
import time
from html.parser import HTMLParser

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from minigrad.data import Picture
from minigrad.models import UNet
from minigrad.summary import layer_table
from minigrad.train import Evaluation, RunReport, Score, write_report
from minigrad.train.charts import Line, line_chart, ticks
from minigrad.train.progress import duration, estimate
from minigrad.train.run_report import one_of_each_scene
from minigrad.train.samples import Sample

pytestmark = pytest.mark.unit

EVIL = '<script>alert(1)</script> & "co"'


def picture(side, value):
    return np.full((side, side + 3, 3), value, np.uint8)


def full_report(**changes):
    history = [
        {"epoch": e, "loss": 1 / e, "val_loss": 1.5 / e, "val_psnr": 20 + e, "val_ab_error": 9 / e,
         "lr": 0.01 / e, "seconds": 2.0, "items": 32}
        for e in (1, 2, 3)
    ]  # fmt: skip
    scores = (
        Score("gray", 17.123, 23.456, 0.0, 0.0),
        Score("mean colour", 18.234, 24.567, 15.6, 0.47),
        Score("ours", 25.345, 8.765, 30.9, math.nan),
    )
    settings = {
        "title": f"A run {EVIL}",
        "lead": "What it was.",
        "history": history,
        "best_epoch": 3,
        "evaluations": [Evaluation("held-out crops", 45, 33.2, scores)],
        "crops": [Sample(EVIL, picture(8, 10), picture(8, 20), picture(8, 30))],
        "pictures": [Sample("cup", picture(160, 10), picture(160, 20), picture(160, 30))],
        "options": [("epochs", 3, True), ("data", EVIL, False), ("flip", True, False)],
        "layers": layer_table(UNet(width=2, depth=1), (1, 8, 8)),
        "layers_for": "of 8 x 8",
        "timings": {"training": "6 s"},
        "versions": {"Python": "3.11"},
        "commands": "python colorize.py <picture>",
        "notes": ["Stopped early."],
    }
    return RunReport(**{**settings, **changes})


class Reader(HTMLParser):
    """Collects tags, attributes and text, and checks that tags are closed in order."""

    VOID = {"meta", "img", "br", "link", "input"}

    def __init__(self, text):
        super().__init__()
        self.open, self.attributes, self.text, self.tags = [], [], [], []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(tag, name, value) for name, value in attrs]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(tag, name, value) for name, value in attrs]

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)


def written(tmp_path, report):
    write_report(tmp_path / "report.html", report)
    assert [path.name for path in tmp_path.iterdir()] == ["report.html"]
    return (tmp_path / "report.html").read_text(encoding="utf-8")


def test_nothing_is_fetched_from_anywhere(tmp_path):
    text = written(tmp_path, full_report())
    page = Reader(text)
    assert not {"script", "link", "iframe", "object", "embed", "base", "form"} & set(page.tags)
    fetching = {"src", "href", "xlink:href", "srcset", "action", "data", "poster", "background"}
    found = [(tag, value) for tag, name, value in page.attributes if name in fetching]
    assert len(found) == 6
    assert all(tag == "img" and value.startswith("data:image/") for tag, value in found)
    assert not [name for _, name, _ in page.attributes if name.startswith("on")]
    style = re.search(r"<style>(.*?)</style>", text, re.S)[1]
    assert "url(" not in style
    assert "@import" not in style
    assert not re.search(r"https?:|//[a-z]", re.sub(r"base64,[^\"]*", "", text))


def test_names_from_outside_are_text(tmp_path):
    page = Reader(written(tmp_path, full_report()))
    assert "".join(page.text).count(EVIL) == 4  # title, heading, caption, option
    assert ("img", "alt", f"{EVIL}: ours") in page.attributes


def test_all_numbers_are_there(tmp_path):
    text = "".join(Reader(written(tmp_path, full_report())).text)
    for number in ("17.12", "23.46", "18.23", "24.57", "25.3", "8.77", "30.9", "47%", "33.2"):
        assert number in text
    for part in ("epochs", "training", "6 s", "3.11", "Stopped early.", "<picture>", "held-out"):
        assert part in text
    layers = layer_table(UNet(width=2, depth=1), (1, 8, 8))
    assert f"{sum(row.parameters for row in layers):,} parameters" in text
    for row in layers:
        assert row.name in text


def test_both_baselines_stand_beside_the_networks_numbers(tmp_path):
    report = full_report()
    report.evaluations.append(report.evaluations[0])
    page = written(tmp_path, report)
    text = "".join(Reader(page).text)
    assert text.count("gray 17.12, mean colour 18.23") == 2
    assert text.count("gray 23.46, mean colour 24.57") == 2
    assert text.count("truth 100%, mean colour 47%") == 2
    for curve in ("PSNR on held-out crops [dB]", "ab error on held-out crops [Lab]"):
        assert f"{curve}oursgraymean colour" in text


def test_the_best_of_each_column_is_bold_whoever_it_is(tmp_path):
    scores = (
        Score("gray", 17.0, 24.0, 0.1, 0.0),
        Score("mean colour", 19.9, 20.0, 18.0, 0.3),
        Score("ours", 19.4, 19.2, 62.0, 1.25),
    )
    page = written(tmp_path, full_report(evaluations=[Evaluation("x", 3, 50.0, scores)]))
    assert re.findall(r'class="n best">([^<]*)<', page) == ["19.90", "19.20", "62.0", "125%"]


def test_lists_of_values_are_written_as_on_the_command_line(tmp_path):
    options = [("data", ["a", "b"], True), ("betas", [0.5, 0.9], False)]
    text = "|".join(Reader(written(tmp_path, full_report(options=options))).text)
    assert "data|a b|betas|" in text.replace("||", "|").replace("Options, continued|", "")
    assert "|0.5 0.9|" in text


def test_two_pictures_of_one_scene_are_not_shown_side_by_side():
    pictures = [
        Picture(name, picture(8, 1), scene) for name, scene in ("ax", "bx", "cy", ("d", ""))
    ]
    assert [p.name for p in one_of_each_scene(pictures)] == ["a", "c", "d", "b"]


def test_the_pictures_are_the_pictures(tmp_path):
    page = Reader(written(tmp_path, full_report()))
    sources = [value for tag, name, value in page.attributes if (tag, name) == ("img", "src")]
    for k, source in enumerate(sources):
        image = Image.open(io.BytesIO(base64.b64decode(source.split(",")[1])))
        wanted = (10, 20, 30)[k % 3]
        assert image.format == ("PNG", "JPEG")[k // 3]
        assert abs(np.array(image).astype(int) - wanted).max() <= (0, 3)[k // 3]


@pytest.mark.parametrize(
    "changes",
    [
        {"history": [], "best_epoch": 0},
        {"evaluations": [], "crops": [], "pictures": []},
        {"layers": [], "options": [], "timings": {}, "versions": {}, "commands": "", "notes": []},
    ],
)
def test_an_interrupted_run_has_a_report_too(tmp_path, changes):
    Reader(written(tmp_path, full_report(**changes)))


def test_light_and_dark_and_narrow(tmp_path):
    text = written(tmp_path, full_report())
    assert "prefers-color-scheme: dark" in text
    assert 'name="viewport" content="width=device-width, initial-scale=1"' in text
    assert "max-width" in text


def points_of(svg):
    return [
        [tuple(map(float, pair.split(","))) for pair in line.split()]
        for line in re.findall(r'<polyline[^>]*points="([^"]*)"', svg)
    ]


@given(
    values=st.lists(
        st.floats(-1e6, 1e6).filter(lambda v: v == 0 or abs(v) > 1e-6), min_size=1, max_size=60
    )
)
@pytest.mark.property
def test_curves_stay_inside_and_keep_their_order(values):
    svg = line_chart("x", [Line("y", values)])
    Reader(svg)
    (points,) = points_of(svg)
    assert len(points) == len(values)
    xs, ys = zip(*points, strict=True)
    assert all(68 <= x <= 624 for x in xs)
    assert list(xs) == sorted(xs)
    assert all(14 <= y <= 246 for y in ys)
    order = np.argsort(values, kind="stable")
    heights = np.array(ys)[order]
    assert (np.diff(heights) <= 0.11).all()  # larger values are drawn higher; 0.1 is the rounding


def test_missing_values_are_left_out():
    (points,) = points_of(line_chart("x", [Line("y", [1.0, math.nan, 3.0])]))
    assert len(points) == 2


@pytest.mark.parametrize(
    ("low", "high", "wanted"),
    [
        (0, 1, [0, 0.2, 0.4, 0.6, 0.8, 1]),
        (17.2, 24.1, [18, 20, 22, 24]),
        (-3, 3, [-2, 0, 2]),
        (0, 0.0007, [0, 0.0002, 0.0004, 0.0006]),
        (5, 5, [5]),
    ],
)
def test_ticks_are_round_numbers(low, high, wanted):
    assert ticks(low, high) == wanted


def test_durations_as_people_write_them():
    assert [duration(s) for s in (0.2, 59.4, 59.6, 134, 3599.7, 7500)] == [
        "0 s", "59 s", "1 min 00 s", "2 min 14 s", "1 h 00 min", "2 h 05 min",
    ]  # fmt: skip


def test_the_estimate_is_three_forward_passes_and_a_bit_for_each_step():
    seconds = estimate(lambda: time.sleep(0.02), size=4, pictures=40)
    assert 0.5 < seconds / (10 * 3.2 * 0.02) < 2


def test_curves_of_a_gan_and_of_classes_are_drawn_where_there_are_any(tmp_path):
    plain = written(tmp_path, full_report())
    for title in ("Adversarial losses", "Frechet distance", "Accuracy"):
        assert title not in plain
    history = [
        {**row, "critic_real": 0.6, "critic_fake": 0.7, "adversarial": 0.9, "val_frechet": 2.0}
        for row in full_report().history
    ]
    text = written(tmp_path, full_report(history=history))
    assert "Adversarial losses" in text
    assert "Frechet distance" in text
    assert "Accuracy" not in text
    assert "discriminator, painted ones" in text
