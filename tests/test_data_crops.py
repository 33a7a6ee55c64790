"""Splits and crops: nothing held out was ever trained upon, and every choice is reproducible."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minigrad.data import (
    ColorizationCrops,
    Crop,
    Picture,
    bundled_pictures,
    grid_crops,
    rgb_to_lab,
    split_by_picture,
    split_colorization,
    split_crops,
)


def picture(name, H=40, W=50, scene="", seed=None, gray=None):
    rng = np.random.default_rng(len(name) * 1000 + ord(name[0]) if seed is None else seed)
    return Picture(name, rng.integers(0, 256, (H, W, 3), dtype=np.uint8), scene, gray)


def covered(dataset, epochs):
    """Return, picture by picture, which pixels the items of these epochs show."""
    masks = [np.zeros(picture.image.shape[:2], bool) for picture in dataset.pictures]
    for epoch in epochs:
        for index in range(len(dataset)):
            place, _ = dataset.place(index, epoch)
            rows = slice(place.top, place.top + dataset.size)
            masks[place.picture][rows, place.left : place.left + dataset.size] = True
    return masks


# -- the grid -----------------------------------------------------------------


@pytest.mark.property
@given(st.integers(5, 40), st.integers(5, 40), st.integers(1, 5), st.none() | st.integers(1, 9))
def test_the_grid_is_disjoint_and_as_full_as_can_be(H, W, size, cap):
    crops = grid_crops([picture("a", H, W), picture("b", W, H)], size, cap)
    seen = np.zeros((2, 40, 40), int)
    for place in crops:
        rows = slice(place.top, place.top + size)
        cell = seen[place.picture, rows, place.left : place.left + size]
        assert cell.shape == (size, size)
        cell += 1
    assert seen.max() == 1
    assert seen[0, H:].max(initial=0) == seen[0, :, W:].max(initial=0) == 0
    full = (H // size) * (W // size)
    assert len(crops) == 2 * (full if cap is None else min(cap, full))


@pytest.mark.unit
def test_pictures_that_are_too_small_are_named():
    with pytest.raises(ValueError, match=r"size=41 does not fit 1 of 2 .*: a \(40 x 50\)"):
        grid_crops([picture("a"), picture("b", 41, 41)], 41)
    with pytest.raises(ValueError, match="must be at least 1"):
        grid_crops([picture("a")], 0)
    with pytest.raises(ValueError, match="must be at least 1"):
        grid_crops([picture("a")], 8, max_per_picture=0)


@pytest.mark.unit
@pytest.mark.parametrize(
    ("held_out", "counts"), [(0, 0), (0.1, 2), (0.001, 1), (0.999, 19), (1, 20)]
)
def test_a_share_of_each_pictures_cells_is_held_out(held_out, counts):
    pictures = [picture("a"), picture("b")]
    train, kept_back = split_crops(pictures, 10, held_out)
    assert set(train) | set(kept_back) == set(grid_crops(pictures, 10))
    for number in range(2):
        assert sum(place.picture == number for place in kept_back) == counts
    assert len(train) + len(kept_back) == 40
    with pytest.raises(ValueError, match=r"held_out=1\.5 must lie between"):
        split_crops(pictures, 10, 1.5)


@pytest.mark.unit
def test_the_seed_decides():
    pictures = [picture("a"), picture("b")]
    assert split_crops(pictures, 10, 0.3, seed=1) == split_crops(pictures, 10, 0.3, seed=1)
    assert split_crops(pictures, 10, 0.3, seed=1) != split_crops(pictures, 10, 0.3, seed=2)
    assert grid_crops(pictures, 5, 7, seed=1) != grid_crops(pictures, 5, 7, seed=2)


# -- by picture ---------------------------------------------------------------


@pytest.mark.unit
def test_whole_scenes_are_held_out():
    pictures = [picture(name, scene=name[0]) for name in ("a1", "b1", "a2", "c1", "b2", "d1")]
    sides = set()
    for seed in range(20):
        train, held_out = split_by_picture(pictures, 0.5, seed)
        scenes = {picture.scene for picture in train}, {picture.scene for picture in held_out}
        assert len(scenes[0]) == len(scenes[1]) == 2
        assert not scenes[0] & scenes[1]
        assert len(train) + len(held_out) == 6
        sides.add(tuple(sorted(scenes[1])))
    assert len(sides) == 6  # every pair of scenes comes up


@pytest.mark.unit
def test_names_bring_their_scene_along():
    pictures = [picture(name, scene=name[0]) for name in ("a1", "b1", "a2")]
    for held_out in (["a1"], "a1", ["a2", "a1"]):
        train, out = split_by_picture(pictures, held_out)
        assert [picture.name for picture in train] == ["b1"]
        assert [picture.name for picture in out] == ["a1", "a2"]
    assert split_by_picture(pictures, []) == (pictures, [])
    with pytest.raises(ValueError, match="held_out names x9, unknown; there are a1, a2, b1"):
        split_by_picture(pictures, ["x9", "a1"])
    with pytest.raises(ValueError, match="takes every picture"):
        split_by_picture(pictures, ["a1", "b1"])


@pytest.mark.unit
def test_copies_under_another_name_stay_together():
    pictures = [
        picture("a", seed=1),
        picture("b", seed=2),
        picture("copy of a", seed=1),
        picture("c", scene="x", seed=3),
        picture("d", scene="x", seed=1),
    ]
    train, held_out = split_by_picture(pictures, ["c"])  # c is with d, d is a, a is its copy
    assert [picture.name for picture in train] == ["b"]
    assert len(held_out) == 4


@pytest.mark.unit
def test_one_scene_cannot_be_split():
    with pytest.raises(ValueError, match="1 scene cannot be split"):
        split_by_picture([picture("a"), picture("b", scene="a")], 0.5)
    with pytest.raises(ValueError, match=r"held_out=-0\.5"):
        split_by_picture([picture("a"), picture("b")], -0.5)
    assert len(split_by_picture([picture("a")], 0)[0]) == 1


# -- items --------------------------------------------------------------------


@pytest.mark.unit
def test_an_item_is_the_crop_in_network_units():
    a = picture("a")
    dataset = ColorizationCrops([a], [Crop(0, 3, 7)], 16)
    lightness, ab = dataset[0]
    assert lightness.shape == (1, 16, 16)
    assert ab.shape == (2, 16, 16)
    assert lightness.dtype == ab.dtype == np.float32
    assert lightness.flags.c_contiguous
    assert ab.flags.c_contiguous
    lab = rgb_to_lab(a.image)[3:19, 7:23]
    assert np.allclose(lightness[0], lab[..., 0] / 50 - 1, atol=1e-6)
    assert np.allclose(ab.transpose(1, 2, 0), lab[..., 1:] / 110, atol=1e-6)
    assert (dataset.epoch_item(0, 5)[0] == lightness).all()  # nothing random was asked for
    with pytest.raises(IndexError):
        dataset[1]


@pytest.mark.unit
def test_the_lightness_comes_from_the_gray_twin():
    gray = np.random.default_rng(0).integers(0, 256, (40, 50), dtype=np.uint8)
    dataset = ColorizationCrops([picture("a", gray=gray)], [Crop(0, 3, 7)], 16, flip=0.5)
    wanted = rgb_to_lab(np.repeat(gray[3:19, 7:23, None], 3, axis=2))[..., 0] / 50 - 1
    plain = ColorizationCrops([picture("a")], [Crop(0, 3, 7)], 16, flip=0.5)
    mirrored = set()
    for epoch in range(10):
        lightness, ab = dataset.epoch_item(0, epoch)
        assert (ab == plain.epoch_item(0, epoch)[1]).all()
        flipped = not np.allclose(lightness[0], wanted, atol=1e-5)
        assert np.allclose(lightness[0], wanted[:, ::-1] if flipped else wanted, atol=1e-5)
        mirrored.add(flipped)
    assert mirrored == {False, True}


@pytest.mark.unit
def test_flips_noise_and_jitter_change_from_epoch_to_epoch_and_repeat():
    pictures = [picture("a"), picture("b")]
    crops = grid_crops(pictures, 10)
    dataset = ColorizationCrops(pictures, crops, 10, jitter=5, flip=0.5, noise=0.05, seed=3)
    again = ColorizationCrops(pictures, crops, 10, jitter=5, flip=0.5, noise=0.05, seed=3)
    other = ColorizationCrops(pictures, crops, 10, jitter=5, flip=0.5, noise=0.05, seed=4)
    items = {}
    for epoch in (2, 0, 1):
        for index in (7, 3, 11):
            item = dataset.epoch_item(index, epoch)
            items[epoch, index] = item[0].tobytes()
            assert item[0].tobytes() == again.epoch_item(index, epoch)[0].tobytes()
            assert item[0].tobytes() != other.epoch_item(index, epoch)[0].tobytes()
            assert np.abs(item[0]).max() <= 1
    assert len(set(items.values())) == 9


@pytest.mark.unit
def test_jitter_reaches_every_place_in_its_range():
    for place, tops, lefts in [
        (Crop(0, 5, 10), range(2, 9), range(7, 14)),
        (Crop(0, 1, 19), range(5), range(16, 21)),  # 20 is as far right as it goes
    ]:
        dataset = ColorizationCrops([picture("a", 20, 30)], [place], 10, jitter=3)
        places = {dataset.place(0, epoch)[0] for epoch in range(600)}
        assert places == {Crop(0, top, left) for top in tops for left in lefts}


@pytest.mark.unit
def test_options_out_of_range():
    a = [picture("a")]
    for options in ({"jitter": -1}, {"flip": 1.1}, {"noise": -0.1}, {"seed": -1}):
        with pytest.raises(ValueError, match=f"{next(iter(options))}="):
            ColorizationCrops(a, [Crop(0, 0, 0)], 8, **options)
    with pytest.raises(ValueError, match="does not lie inside"):
        ColorizationCrops(a, [Crop(0, 35, 0)], 8)
    with pytest.raises(ValueError, match=r"crop of a at \(0, 7\) touches a place to avoid"):
        ColorizationCrops(a, [Crop(0, 0, 7)], 8, avoid=[Crop(0, 7, 0)])


# -- leaks --------------------------------------------------------------------


@pytest.mark.property
@given(
    st.integers(20, 60),
    st.integers(20, 60),
    st.integers(4, 9),
    st.integers(0, 12),
    st.floats(0.05, 0.6),
    st.integers(0, 99),
)
def test_no_pixel_of_a_held_out_crop_is_trained_upon(H, W, size, jitter, held_out, seed):
    pictures = [picture("a", H, W), picture("b", W, H)]
    places, kept_back = split_crops(pictures, size, held_out, seed=seed)
    train = ColorizationCrops(pictures, places, size, jitter=jitter, avoid=kept_back, seed=seed)
    test = ColorizationCrops(pictures, kept_back, size)
    seen, held = covered(train, range(8)), covered(test, [0])
    assert not any((a & b).any() for a, b in zip(seen, held, strict=True))
    assert all(mask.any() for mask in held)


@pytest.mark.unit
def test_jitter_without_avoiding_would_leak():
    pictures = [picture("a", 60, 60)]
    places, kept_back = split_crops(pictures, 10, 0.3)
    leaky = ColorizationCrops(pictures, places, 10, jitter=5)
    held = covered(ColorizationCrops(pictures, kept_back, 10), [0])
    assert (covered(leaky, range(8))[0] & held[0]).any()


@pytest.mark.unit
def test_the_split_of_the_bundled_photographs():
    split = split_colorization(bundled_pictures(), 64, noise=0.02)
    train, out = split.train, split.held_out_pictures
    assert {p.scene for p in train.pictures}.isdisjoint(p.scene for p in out.pictures)
    assert len(train.pictures) + len(out.pictures) == 9
    assert len(out.pictures) >= 2
    seen, held = covered(train, range(5)), covered(split.held_out_crops, [0])
    assert not any((a & b).any() for a, b in zip(seen, held, strict=True))
    for dataset in (train, split.held_out_crops, out):
        numbers = [place.picture for place in dataset.crops]
        assert set(numbers) == set(range(len(dataset.pictures)))
        assert max(numbers.count(number) for number in set(numbers)) <= 120
    one, two = split.held_out_crops.epoch_item(0, 0), split.held_out_crops.epoch_item(0, 1)
    assert (one[0] == two[0]).all()
