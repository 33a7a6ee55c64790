"""Our own encoder: the same numbers for ever, and distances that grow with the damage."""

import numpy as np
import pytest

import minigrad
from minigrad.data import bundled_pictures, grid_crops, lab_to_rgb, rgb_to_lab, rgb_to_uint8
from minigrad.metrics import (
    FixedEncoder,
    encode_pictures,
    frechet_distance,
    frechet_floor,
    frechet_of_pictures,
)

pytestmark = pytest.mark.unit


@pytest.fixture(scope="module")
def crops():
    pictures = bundled_pictures(["cat", "coffee", "rocket"])
    return [
        pictures[k].image[top : top + 48, left : left + 48]
        for k, top, left in grid_crops(pictures, 48, max_per_picture=12)
    ]


def changed(crops, how):
    """The crops with other a and b at the true lightness."""
    out = []
    for crop in crops:
        lab = rgb_to_lab(crop)
        lab[..., 1:] = how(lab[..., 1:])
        out.append(rgb_to_uint8(lab_to_rgb(lab)))
    return out


def plain_philox(count):
    """Philox 4x64-10 in plain integers (Salmon et al., 2011), with key (4, 0), counters from 1."""
    mask, numbers, block = 2**64 - 1, [], 1
    while len(numbers) < count:
        c, k = [block, 0, 0, 0], [4, 0]
        for _ in range(10):
            p0, p1 = 0xD2E7470EE14C6C93 * c[0], 0xCA5A826395121157 * c[2]
            c = [(p1 >> 64) ^ c[1] ^ k[0], p1 & mask, (p0 >> 64) ^ c[3] ^ k[1], p0 & mask]
            k = [(k[0] + 0x9E3779B97F4A7C15) & mask, (k[1] + 0xBB67AE8584CAA73B) & mask]
        numbers += c
        block += 1
    return numbers[:count]


def test_the_weights_are_those_of_the_published_generator():
    numbers = [(n >> 11) * 2.0**-52 - 1 for n in plain_philox(16 * 27 + 16)]
    encoder = FixedEncoder()
    w = np.array(numbers[: 16 * 27], np.float64).reshape(16, 3, 3, 3) * np.sqrt(6 / 27)
    assert (encoder.weight1.numpy() == w.astype(np.float32)).all()
    assert (encoder.bias1.numpy() == np.array(numbers[16 * 27 :], np.float32) / 2).all()


def test_it_disturbs_nobody():
    state = minigrad.get_rng_state().numpy().copy()
    encoder = FixedEncoder()
    assert (minigrad.get_rng_state().numpy() == state).all()
    assert not list(encoder.parameters())
    assert not encoder(minigrad.zeros(1, 3, 8, 8)).requires_grad


def test_features_by_loops():
    x = np.random.default_rng(0).normal(size=(1, 3, 9, 12)).astype(np.float32)
    encoder = FixedEncoder()
    wanted, y = [], x[0].astype(np.float64)
    for level in (1, 2, 3):
        if level > 1:
            H, W = y.shape[1] // 2, y.shape[2] // 2
            y = y[:, : 2 * H, : 2 * W].reshape(-1, H, 2, W, 2).mean(axis=(2, 4))
        w = getattr(encoder, f"weight{level}").numpy().astype(np.float64)
        b = getattr(encoder, f"bias{level}").numpy()
        padded = np.pad(y, ((0, 0), (1, 1), (1, 1)))
        H, W = y.shape[1:]
        z = np.zeros((len(w), H, W)) + b[:, None, None]
        for i in range(3):
            for j in range(3):
                z += np.tensordot(w[:, :, i, j], padded[:, i : i + H, j : j + W], 1)
        y = np.maximum(z, 0)
        wanted += [y.mean(axis=(1, 2)), y.std(axis=(1, 2))]
    got = encoder(minigrad.tensor(x)).numpy()[0]
    assert np.allclose(got, np.concatenate(wanted), atol=1e-4)
    assert got.shape == (FixedEncoder.features,) == (128,)


def test_more_damage_more_distance(crops):
    truth = encode_pictures(crops)
    rng = np.random.default_rng(0)

    def far(how):
        return frechet_distance(truth, encode_pictures(changed(crops, how)))

    faded = [far(lambda ab, s=s: ab * np.float32(s)) for s in (1.0, 0.9, 0.6, 0.3, 0.0)]
    assert faded == sorted(faded)
    assert faded[0] < 1e-3
    assert faded[1] > 10 * faded[0]
    assert far(np.negative) > faded[-1]
    noisy = [far(lambda ab, s=s: ab + rng.normal(0, s, ab.shape)) for s in (2, 8, 30)]
    assert noisy == sorted(noisy)
    assert 0 < frechet_floor(truth) < faded[-1]


def test_pictures_of_any_size_in_any_form(crops):
    mixed = [*crops[:3], crops[3][:20], crops[4][:20], crops[5]]
    rows = encode_pictures(mixed)
    assert rows.shape == (6, 128)
    for k, picture in enumerate(mixed):
        assert np.allclose(encode_pictures([picture]), rows[k], atol=1e-5)
        assert np.allclose(encode_pictures([picture / 255]), rows[k], atol=1e-4)
    assert frechet_of_pictures(mixed, mixed) == pytest.approx(0, abs=1e-9)
    with pytest.raises(ValueError, match=r"picture 1 has shape \(7, 48, 3\)"):
        encode_pictures([crops[0], crops[1][:7]])
    with pytest.raises(ValueError, match="there is no picture"):
        encode_pictures([])


def test_another_encoder(crops):
    def mean_ab(lab):
        return lab[:, 1:].mean(dim=(2, 3)) * 25

    rows = encode_pictures(crops[:4], mean_ab)
    wanted = [rgb_to_lab(crop)[..., 1:].mean(axis=(0, 1)) for crop in crops[:4]]
    assert np.allclose(rows, wanted, atol=1e-3)
    assert frechet_of_pictures(crops[:4], crops[4:8], mean_ab) > 0
