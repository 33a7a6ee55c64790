"""The pictures of a run: folders, refusals in the words of the command line, and the split."""

import numpy as np
import pytest
from PIL import Image

from minigrad.data import FolderError, bundled_pictures, rgb_to_network
from minigrad.train import ColorizationOptions
from minigrad.train.pictures import load_run_pictures, mean_colour

pytestmark = pytest.mark.unit


def save(path, seed, sides=(40, 48)):
    path.parent.mkdir(exist_ok=True)
    image = np.random.default_rng(seed).integers(0, 256, (*sides, 3), np.uint8)
    Image.fromarray(image).save(path)
    return image


def options(folder, **changes):
    return ColorizationOptions(data=[str(folder)], size=16, **changes)


def test_a_folder_of_pictures(tmp_path):
    for k in range(5):
        save(tmp_path / f"{k}.png", k)
    found = load_run_pictures(options(tmp_path))
    split = found.split
    assert len(split.held_out_pictures.pictures) == 1
    assert len(split.train.pictures) == 4
    assert found.notes == []
    assert [c.picture for c in found.validation.crops] == [
        c.picture for c in split.held_out_crops.crops
    ]


def test_the_mean_colour_is_that_of_the_training_crops(tmp_path):
    for k in range(3):
        save(tmp_path / f"{k}.png", k)
    found = load_run_pictures(options(tmp_path, hold_out=0.3))
    train = found.split.train
    cells = []
    for place in train.crops:
        image = train.pictures[place.picture].image
        window = image[place.top : place.top + 16, place.left : place.left + 16]
        cells.append(rgb_to_network(window)[1].mean(axis=(1, 2)))
    np.testing.assert_allclose(found.mean_ab, np.mean(cells, axis=0), rtol=1e-5)
    np.testing.assert_array_equal(found.mean_ab, mean_colour(train))


def test_the_seed_chooses_what_is_held_out(tmp_path):
    for k in range(6):
        save(tmp_path / f"{k}.png", k)
    found = [load_run_pictures(options(tmp_path, seed=s)).split for s in (0, 0, 1, 2, 3)]
    held_out = {tuple(p.name for p in split.held_out_pictures.pictures) for split in found}
    assert 1 < len(held_out) <= 4


def test_two_folders_matched_by_name(tmp_path):
    for k in range(3):
        image = save(tmp_path / "color" / f"{k}.png", k)
        (tmp_path / "gray").mkdir(exist_ok=True)
        Image.fromarray(255 - image[..., 0]).save(tmp_path / "gray" / f"{k}.png")
    two = [str(tmp_path / "color"), str(tmp_path / "gray")]
    for found in (
        load_run_pictures(options(tmp_path)),
        load_run_pictures(ColorizationOptions(data=two, size=16)),
    ):
        picture = found.split.train.pictures[0]
        np.testing.assert_array_equal(picture.gray, 255 - picture.image[..., 0])
    (tmp_path / "gray" / "1.png").unlink()
    with pytest.raises(FolderError, match="no twin"):
        load_run_pictures(options(tmp_path))


def test_what_cannot_be_read_stops_or_is_left_out_with_a_note(tmp_path):
    for k in range(3):
        save(tmp_path / f"{k}.png", k)
    (tmp_path / "broken.png").write_text("no picture")
    Image.new("L", (40, 40)).save(tmp_path / "gray.png")
    save(tmp_path / "small.png", 9, (15, 40))
    with pytest.raises(FolderError, match=r"--bad-pictures skip[\s\S]*broken.png"):
        load_run_pictures(options(tmp_path))
    (note,) = load_run_pictures(options(tmp_path, bad_pictures="skip")).notes
    assert note.startswith("3 pictures left out, 1 of them without colour: ")
    for name in ("broken.png", "small.png", "gray.png"):
        assert name in note


def test_a_single_picture_holds_out_crops_only(tmp_path):
    save(tmp_path / "one.png", 0)
    found = load_run_pictures(options(tmp_path))
    assert len(found.split.held_out_pictures) == 0
    assert len(found.validation) == len(found.split.held_out_crops) >= 1
    assert "no whole picture is held out" in found.notes[0]


def test_pictures_of_one_crop_are_validated_on_whole_pictures_or_refused(tmp_path):
    for k in range(5):
        save(tmp_path / f"{k}.png", k, (17, 18))
    found = load_run_pictures(options(tmp_path))
    assert len(found.split.held_out_crops) == 0
    assert len(found.validation) == 1
    with pytest.raises(ValueError, match=r"nothing is held out.*--size"):
        load_run_pictures(options(tmp_path, hold_out=0.0))


def test_the_fingerprint_sees_names_and_pixels(tmp_path):
    for k in range(3):
        save(tmp_path / f"{k}.png", k)
    prints = [load_run_pictures(options(tmp_path)).fingerprint for _ in range(2)]
    save(tmp_path / "2.png", 7)
    prints.append(load_run_pictures(options(tmp_path)).fingerprint)
    (tmp_path / "2.png").rename(tmp_path / "x.png")
    prints.append(load_run_pictures(options(tmp_path)).fingerprint)
    assert prints[0] == prints[1]
    assert len(set(prints)) == 3


def test_bundled_pictures_shrunk():
    found = load_run_pictures(ColorizationOptions(side=100, size=32, max_crops=5))
    sides = [min(p.image.shape[:2]) for p in found.split.train.pictures]
    assert set(sides) == {100}
    names = {p.name for p in found.split.train.pictures + found.split.held_out_pictures.pictures}
    assert names == {p.name for p in bundled_pictures()}


def test_drawn_landscapes_and_a_limit():
    run = ColorizationOptions(data=["landscapes:6:3"], limit=4, side=48, size=16)
    split = load_run_pictures(run).split
    pictures = split.train.pictures + split.held_out_pictures.pictures
    assert len(pictures) == 4
    assert {min(p.image.shape[:2]) for p in pictures} == {48}


def test_files_of_cifar_10(tmp_path):
    rng = np.random.default_rng(0)
    records = rng.integers(0, 256, (9, 1 + 3072), np.uint8)
    records[:, 0] = np.arange(9)
    records[4, 1:] = 90
    (tmp_path / "data_batch_1.bin").write_bytes(records.tobytes())
    found = load_run_pictures(ColorizationOptions(data=[f"cifar10:{tmp_path}"], size=32))
    assert len(found.split.train) + len(found.split.held_out_pictures) == 8
    assert found.notes == ["1 picture left out: without colour"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["a", "b", "c"], "not one or two names"),
        (["nowhere"], "no folder nowhere; give bundled"),
        (["cifar10"], "cifar10:PATH"),
        (["landscapes:x"], "landscapes:N"),
    ],
)
def test_words_that_name_no_data(words, message):
    with pytest.raises(ValueError, match=message):
        load_run_pictures(ColorizationOptions(data=words, size=16))
