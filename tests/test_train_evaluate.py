"""Scores against values worked out by hand, sample sheets, and the table."""

import io
import math

import numpy as np
import pytest
from PIL import Image
from rich.console import Console

from minigrad import nn
from minigrad.data import ColorizationCrops, Crop, Picture, lab_to_rgb, rgb_to_lab, rgb_to_uint8
from minigrad.metrics import colourfulness
from minigrad.tensor import Tensor
from minigrad.train import Colorizer, evaluate_crops, evaluate_pictures
from minigrad.train.evaluate import results_table
from minigrad.train.samples import (
    SampleSheets,
    choose_crops,
    sample_crops,
    sample_pictures,
    sheet,
)

pytestmark = pytest.mark.unit


class Says(nn.Module):
    """Answers with one colour [network units]."""

    def __init__(self, a, b):
        super().__init__()
        self.colour = np.array([a, b], np.float32)

    def forward(self, x):
        N, _, H, W = x.shape
        ab = np.broadcast_to(self.colour[:, None, None], (N, 2, H, W))
        return Tensor.wrap(ab.copy())


def flat(colour, name="x", sides=(12, 20)):
    return Picture(name, np.broadcast_to(np.array(colour, np.uint8), (*sides, 3)).copy())


def lab_of(colour):
    return rgb_to_lab(np.array([[colour]], np.uint8)).astype(float)[0, 0]


def by_hand(truth, ab):
    """PSNR and ab error of a flat picture when one colour is answered."""
    L, a, b = lab_of(truth)
    answered = np.array([[[L, ab[0], ab[1]]]])
    got = rgb_to_uint8(lab_to_rgb(answered))[0, 0] / 255
    return np.mean((got - np.array(truth) / 255) ** 2), math.hypot(a - ab[0], b - ab[1])


def test_scores_of_flat_pictures_worked_out_by_hand():
    colours = [(200, 60, 40), (90, 120, 150)]
    pictures = [flat(colour) for colour in colours]
    mean = np.array([0.2, 0.1])
    result = evaluate_pictures(pictures, Colorizer(Says(0.1, -0.05)), mean, "pictures")
    answers = {"gray": (0, 0), "mean colour": (22, 11), "ours": (11, -5.5)}
    assert [score.method for score in result.scores] == list(answers)
    for score in result.scores:
        errors = [by_hand(colour, answers[score.method]) for colour in colours]
        mse, distance = np.mean(errors, axis=0)
        assert score.psnr == pytest.approx(10 * math.log10(1 / mse), abs=0.02)
        assert score.ab_error == pytest.approx(distance, abs=0.01)
    truth = np.mean([colourfulness(picture.image) for picture in pictures])
    assert result.truth_colourfulness == pytest.approx(truth, rel=0.01)
    gray = result.score("gray")
    assert gray.ratio == pytest.approx(0, abs=0.01)
    assert result.score("ours").ratio == pytest.approx(
        result.score("ours").colourfulness / result.truth_colourfulness
    )


def test_the_truth_scores_perfectly_and_gray_pictures_have_no_ratio():
    L, a, b = lab_of((200, 60, 40))
    colorizer = Colorizer(Says(a / 110, b / 110))
    best = evaluate_pictures([flat((200, 60, 40))], colorizer, np.zeros(2), "x").score("ours")
    assert best.psnr > 50
    assert best.ab_error < 0.01
    assert best.ratio == pytest.approx(1, abs=0.01)
    gray = evaluate_pictures([flat((9, 9, 9))], Colorizer(Says(0, 0)), np.zeros(2), "x")
    assert gray.score("gray").ratio == pytest.approx(1) or math.isnan(gray.score("gray").ratio)


def crops_of(*pictures, size=6):
    places = [Crop(k, 0, 6 * j) for k in range(len(pictures)) for j in range(3)]
    return ColorizationCrops(pictures, places, size)


def test_crops_count_alike_and_any_number_of_them(monkeypatch):
    crops = crops_of(flat((200, 60, 40)), flat((90, 120, 150)), flat((10, 200, 90)))
    results = []
    for batch in (1, 4, 16):
        monkeypatch.setattr("minigrad.train.evaluate._BATCH", batch)
        results.append(evaluate_crops(crops, Colorizer(Says(0.1, 0.1)), np.zeros(2), "crops"))
    assert results[0] == results[1] == results[2]
    assert results[0].items == 9


def test_table_fits_eighty_columns_and_holds_the_numbers():
    results = [
        evaluate_pictures([flat((200, 60, 40))], Colorizer(Says(0.1, 0)), np.zeros(2), name)
        for name in ("held-out crops", "held-out pictures")
    ]
    out = io.StringIO()
    Console(file=out, width=80).print(results_table(results))
    text = out.getvalue()
    for result in results:
        assert f"{result.name} (1)" in text
        for score in result.scores:
            assert f"{score.psnr:.2f}" in text
            assert f"{score.ab_error:.2f}" in text


def test_shown_crops_are_the_most_colourful_of_each_picture_in_turn():
    dull, bright = flat((100, 100, 110), sides=(6, 18)), flat((200, 40, 30), sides=(6, 18))
    bright.image[:, 6:12] = (120, 110, 100)
    chosen = choose_crops(crops_of(dull, bright), 3).crops
    assert chosen[0] == Crop(1, 0, 0) or chosen[0] == Crop(1, 0, 12)
    assert chosen[1].picture == 0
    assert {chosen[0], chosen[2]} == {Crop(1, 0, 0), Crop(1, 0, 12)}


def test_samples_show_gray_ours_and_truth():
    crops = crops_of(flat((200, 60, 40), "red"))
    sample = sample_crops(crops, Colorizer(Says(0.1, 0.2)))[0]
    assert sample.name == "red"
    assert np.ptp(sample.gray.astype(int), axis=-1).max() <= 1
    assert abs(sample.truth.astype(int) - (200, 60, 40)).max() <= 1
    assert sample_crops(crops_of(), Colorizer(Says(0, 0))) == []
    large = sample_pictures([flat((200, 60, 40), sides=(90, 50))], Colorizer(Says(0, 0)), side=25)
    assert large[0].ours.shape == (45, 25, 3)


def test_a_sheet_has_three_columns_and_a_row_for_each():
    samples = sample_crops(crops_of(flat((200, 60, 40))), Colorizer(Says(0, 0)))
    image = sheet(samples, height=24)
    assert image.size == (3 * 24 + 4 * 8, 28 + 3 * (24 + 8) + 8)
    for k, wanted in enumerate((samples[0].gray, samples[0].ours, samples[0].truth)):
        left = 8 + k * 32
        np.testing.assert_array_equal(np.array(image)[32, left], wanted[0, 0])


class FakeRun:
    step, epoch = 7, 2


def test_sheets_come_early_and_with_each_epoch(tmp_path):
    crops = crops_of(flat((200, 60, 40)))
    sheets = SampleSheets(tmp_path / "s", crops, Colorizer(Says(0, 0)), first=0.0, every=0.0)
    sheets.on_fit_start(FakeRun)
    sheets.on_step_end(FakeRun)
    sheets.on_step_end(FakeRun)
    sheets.on_epoch_end(FakeRun)
    names = sorted(path.name for path in (tmp_path / "s").iterdir())
    assert names == ["epoch-002.png", "step-000007.png"]
    with Image.open(tmp_path / "s" / "epoch-002.png") as image:
        image.load()


def test_sheets_are_not_written_too_often(tmp_path):
    sheets = SampleSheets(tmp_path, crops_of(flat((1, 2, 3))), Colorizer(Says(0, 0)), first=99)
    sheets.on_fit_start(FakeRun)
    sheets.on_step_end(FakeRun)
    assert not sheets.written
    sheets.on_epoch_end(FakeRun)
    sheets.on_epoch_end(FakeRun)
    assert len(sheets.written) == 1
