"""Saving tensors to a file and reading them back."""

import pytest

import minigrad
from minigrad import nn


def test_a_state_comes_back_in_its_shapes_and_dtypes(tmp_path):
    net = nn.BatchNorm2d(3)  # its count of batches is an integer without an axis
    net(minigrad.arange(24.0).reshape(2, 3, 1, 4))
    minigrad.save(net.state_dict(), tmp_path / "net.safetensors")
    other = nn.BatchNorm2d(3)
    other.load_state_dict(minigrad.load(tmp_path / "net.safetensors"))
    for name, value in net.state_dict().items():
        found = other.state_dict()[name]
        assert (found.shape, found.dtype) == (value.shape, value.dtype)
        assert found.equal(value)
    assert other.num_batches_tracked.item() == 1
    assert [p.name for p in tmp_path.iterdir()] == ["net.safetensors"]


def test_views_in_any_order_come_back_as_they_were(tmp_path):
    x = minigrad.arange(6.0).reshape(2, 3)
    minigrad.save({"turned": x.T, "part": x[:, 1:]}, tmp_path / "x")
    found = minigrad.load(tmp_path / "x")
    assert found["turned"].tolist() == [[0.0, 3.0], [1.0, 4.0], [2.0, 5.0]]
    assert found["part"].tolist() == [[1.0, 2.0], [4.0, 5.0]]


def test_what_is_not_a_mapping_of_tensors_is_refused(tmp_path):
    with pytest.raises(TypeError, match="state_dict"):
        minigrad.save([minigrad.ones(1)], tmp_path / "x")
    (tmp_path / "y").write_bytes(b"not safetensors")
    with pytest.raises(ValueError, match="is not a safetensors file"):
        minigrad.load(tmp_path / "y")
