"""Features by a network from a file: the same code, the same numbers, and what is refused."""

import json

import numpy as np
import pytest
from safetensors.numpy import save_file

from minigrad.data import resize_planes
from minigrad.metrics import FixedEncoder, encode_pictures, frechet_of_pictures, load_encoder

pytestmark = pytest.mark.unit


def write(path, description, **arrays):
    save_file(arrays, path, {"features": json.dumps(description)})
    return path


@pytest.fixture
def pictures():
    rng = np.random.default_rng(0)
    return list(rng.integers(0, 256, (5, 20, 26, 3), np.uint8))


def own_encoder(path):
    """Our fixed encoder, as such a file."""
    encoder = FixedEncoder()
    layers, marks = [], []
    for level in (1, 2, 3):
        if level > 1:
            layers.append({"op": "avg_pool", "of": f"r{level - 1}", "kernel": 2})
        layers += [
            {"op": "conv", "weight": f"weight{level}", "bias": f"bias{level}", "padding": 1},
            {"op": "relu", "name": f"r{level}"},
            {"op": "mean", "name": f"m{level}"},
            {"op": "std", "of": f"r{level}", "name": f"s{level}"},
        ]
        marks += [f"m{level}", f"s{level}"]
    layers.append({"op": "cat", "of": marks})
    description = {
        "name": "ours again",
        "input": {"colours": "lab", "mean": [50, 0, 0], "std": [25, 25, 25]},
        "layers": layers,
    }
    return write(path, description, **{k: v.numpy() for k, v in encoder.state_dict().items()})


def test_our_own_encoder_from_a_file_gives_its_own_numbers(tmp_path, pictures):
    encoder = load_encoder(own_encoder(tmp_path / "own.safetensors"))
    assert encoder.title == "ours again"
    np.testing.assert_array_equal(encode_pictures(pictures, encoder), encode_pictures(pictures))
    other = [255 - picture for picture in pictures]
    wanted = frechet_of_pictures(pictures, other)
    assert frechet_of_pictures(pictures, other, encoder) == wanted > 0.1


def test_every_layer_by_hand(tmp_path, pictures):
    rng = np.random.default_rng(1)
    arrays = {
        "w": rng.normal(size=(4, 3, 1, 3)),
        "b": rng.normal(size=4),
        "g": rng.normal(size=(4, 2, 1, 1)),
        "l": rng.normal(size=(2, 184)).astype(np.float16),
    }
    description = {
        "input": {"size": [8, 10], "mean": [0.1, 0.2, 0.3], "std": [1, 2, 4]},
        "layers": [
            {"op": "conv", "weight": "w", "bias": "b", "stride": [2, 1], "padding": [0, 1]},
            {"op": "relu", "name": "a"},
            {"op": "conv", "weight": "g", "groups": 2},
            {"op": "max_pool", "kernel": [2, 3], "stride": 2, "name": "c"},
            {
                "op": "avg_pool",
                "of": "a",
                "kernel": 3,
                "stride": [2, 3],
                "padding": 1,
                "count_include_pad": False,
                "name": "p",
            },
            {"op": "cat", "of": ["c", "p"]},
            {"op": "flatten", "name": "f"},
            {"op": "avg_pool", "of": "input", "kernel": 2},
            {"op": "flatten", "name": "i"},
            {"op": "cat", "of": ["f", "i", "i"]},
            {"op": "linear", "weight": "l"},
        ],
    }
    encoder = load_encoder(write(tmp_path / "x.safetensors", description, **arrays))
    got = encode_pictures(pictures[:1], encoder)[0]

    w, b, g, last = (arrays[name].astype(np.float32) for name in "wbgl")
    x = resize_planes(np.moveaxis(pictures[0] / 255.0, -1, 0), (8, 10), "bilinear")
    x = (x - np.array([0.1, 0.2, 0.3])[:, None, None]) / np.array([1, 2, 4])[:, None, None]
    padded = np.pad(x, ((0, 0), (0, 0), (1, 1)))
    a = np.zeros((4, 4, 10)) + b[:, None, None]
    for j in range(3):
        a += np.einsum("oc,chw->ohw", w[:, :, 0, j], padded[:, ::2, j : j + 10])
    a = np.maximum(a, 0)
    halves = [np.einsum("oc,chw->ohw", g[o : o + 2, :, 0, 0], a[o : o + 2]) for o in (0, 2)]
    y = np.concatenate(halves)
    p, c = np.zeros((4, 2, 4)), np.zeros((4, 2, 4))
    for i in range(2):
        for j in range(4):
            c[:, i, j] = y[:, 2 * i : 2 * i + 2, 2 * j : 2 * j + 3].max(axis=(1, 2))
            top, left = max(2 * i - 1, 0), max(3 * j - 1, 0)
            p[:, i, j] = a[:, top : 2 * i + 2, left : 3 * j + 2].mean(axis=(1, 2))
    small = x.reshape(3, 4, 2, 5, 2).mean(axis=(2, 4)).reshape(-1)
    features = np.concatenate([c.reshape(-1), p.reshape(-1), small, small])
    np.testing.assert_allclose(got, last @ features, rtol=2e-4, atol=2e-4)


GOOD = {"layers": [{"op": "conv", "weight": "w"}, {"op": "mean"}]}


@pytest.mark.parametrize(
    ("description", "message"),
    [
        ({}, "layers: give a list"),
        ({"layers": []}, "layers: give a list"),
        ([], "no JSON object"),
        ({**GOOD, "input": {"color": "rgb"}}, "'color' is unknown; it has colours"),
        ({**GOOD, "input": {"colours": "hsv"}}, "'hsv' is unknown"),
        ({**GOOD, "input": {"std": [1, 0, 1]}}, "std greater than 0"),
        ({**GOOD, "input": {"mean": [1, 2]}}, "reshape"),
        ({**GOOD, "input": {"size": 0}}, "at least 1"),
        ({"layers": [{"op": "os.system"}]}, "op 'os.system' is unknown; there are conv, linear"),
        ({"layers": [{"op": "conv"}]}, r"layer 1 \(conv\): conv needs a weight"),
        ({"layers": [{"op": "conv", "weight": "v"}]}, "holds no array 'v'"),
        ({"layers": [{"op": "conv", "weight": "n"}]}, "array n is of int64"),
        ({"layers": [{"op": "relu", "kernel": 3}]}, "relu has no kernel"),
        ({"layers": [{"op": "max_pool"}]}, "max_pool needs a kernel"),
        ({"layers": [{"op": "max_pool", "kernel": True}]}, "True is not a number or two"),
        ({"layers": [{"op": "avg_pool", "kernel": 2, "count_include_pad": 1}]}, "neither true"),
        ({"layers": [{"op": "relu", "of": "x"}]}, "of x: no earlier layer has that name"),
        ({"layers": [{"op": "relu", "of": ["input", "input"]}]}, "works on one result"),
        ({"layers": [3]}, "layer 1"),
    ],
)
def test_a_description_that_cannot_be(tmp_path, description, message):
    arrays = {"w": np.zeros((2, 3, 1, 1), np.float32), "n": np.arange(3)}
    path = write(tmp_path / "x.safetensors", description, **arrays)
    with pytest.raises(ValueError, match=rf"x\.safetensors: .*{message}"):
        load_encoder(path)


def test_files_that_hold_no_network(tmp_path):
    path = tmp_path / "x.safetensors"
    path.write_bytes(b"no such thing")
    with pytest.raises(ValueError, match="is not a safetensors file"):
        load_encoder(path)
    save_file({"w": np.zeros(3)}, path)
    with pytest.raises(ValueError, match="has no 'features' among its metadata"):
        load_encoder(path)
    save_file({"w": np.zeros(3)}, path, {"features": "{"})
    with pytest.raises(ValueError, match=r"x\.safetensors"):
        load_encoder(path)


def test_layers_that_do_not_fit_each_other(tmp_path, pictures):
    wide = {"w": np.zeros((2, 4, 1, 1), np.float32)}
    encoder = load_encoder(write(tmp_path / "x.safetensors", GOOD, **wide))
    with pytest.raises(ValueError, match="a network of your own: layer 1 does not fit"):
        encode_pictures(pictures, encoder)
    flat = {"layers": [{"op": "relu"}]}
    encoder = load_encoder(write(tmp_path / "x.safetensors", flat))
    with pytest.raises(ValueError, match="features are"):
        encode_pictures(pictures, encoder)
