"""The state of a module: names, strict loading in one piece, old files."""

import numpy as np
import pytest

import minigrad
from minigrad import nn

pytestmark = pytest.mark.unit


class Block(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, 3, padding=1)
        self.register_buffer("seen", minigrad.zeros(2))


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = Block(2)
        self.blocks = nn.ModuleList([Block(1), nn.BatchNorm2d(3)])
        self.gain = nn.Parameter(minigrad.ones(()))


def test_state_round_trip_with_arrays_and_tensors():
    source, target = Net(), Net()
    state = source.state_dict()
    state["gain"] = state["gain"].numpy()
    result = target.load_state_dict(state)
    assert repr(result) == "<All keys matched successfully>"
    assert (result.missing_keys, result.unexpected_keys) == ([], [])
    for name, value in target.state_dict().items():
        assert np.array_equal(value.array, source.state_dict()[name].array)


def test_loading_copies():
    source, target = nn.Linear(2, 1), nn.Linear(2, 1)
    weight = target.weight
    target.load_state_dict(source.state_dict())
    assert target.weight is weight
    with minigrad.no_grad():
        source.weight.zero_()
    assert target.weight.array.any()


def test_all_faults_are_listed_and_nothing_has_changed():
    module = Block(2)
    before = {name: value.numpy().copy() for name, value in module.state_dict().items()}
    state = {name: minigrad.full(v.shape, 7.0) for name, v in module.state_dict().items()}
    del state["seen"]
    state["conv.weight"] = minigrad.zeros(1, 2, 3, 3)  # would broadcast
    state["more"] = state["deep.er"] = minigrad.zeros(1)
    with pytest.raises(RuntimeError) as caught:
        module.load_state_dict(state)
    text = str(caught.value)
    assert 'Missing key(s) in state_dict: "seen".' in text
    assert 'Unexpected key(s) in state_dict: "more", "deep.er".' in text
    assert "size mismatch for conv.weight" in text
    assert "(1, 2, 3, 3)" in text
    assert "(2, 2, 3, 3)" in text
    for name, value in module.state_dict().items():
        assert np.array_equal(value.array, before[name])


def test_not_strict_passes_over_names_but_not_over_shapes():
    module = nn.Linear(2, 1)
    result = module.load_state_dict({"weight": np.ones((1, 2)), "more": np.ones(1)}, strict=False)
    assert result == (["bias"], ["more"])
    assert module.weight.tolist() == [[1.0, 1.0]]
    with pytest.raises(RuntimeError, match="size mismatch"):
        module.load_state_dict({"weight": np.ones((1, 3))}, strict=False)


@pytest.mark.parametrize("value", ["text", None, np.array([None, 1]), np.ones((1, 2)) * 1j])
def test_what_is_no_number_is_refused(value):
    state = {"weight": value, "bias": np.ones(1)}
    with pytest.raises(RuntimeError, match="weight"):
        nn.Linear(2, 1).load_state_dict(state)


def test_loading_keeps_the_dtype_and_assigning_takes_the_new_one():
    module = nn.Linear(2, 1)
    module.load_state_dict({"weight": np.ones((1, 2)), "bias": np.ones(1)})
    assert module.weight.dtype == minigrad.float32
    module.load_state_dict({"weight": np.ones((1, 2)), "bias": np.ones(1)}, assign=True)
    assert module.weight.dtype == minigrad.float64
    assert type(module.weight) is nn.Parameter


def test_pre_hooks_may_rename_entries():
    module = nn.Linear(2, 1)

    def rename(state_dict, prefix, *rest):
        state_dict[prefix + "weight"] = state_dict.pop(prefix + "old")

    given = {"old": np.ones((1, 2)), "bias": np.ones(1)}
    handle = module._register_load_state_dict_pre_hook(rename)
    module.load_state_dict(given)
    assert module.weight.tolist() == [[1.0, 1.0]]
    assert "old" in given
    handle.remove()
    with pytest.raises(RuntimeError, match="Missing"):
        module.load_state_dict(given)


def test_batches_tracked_may_be_missing_from_old_states_only():
    bn = nn.BatchNorm2d(2)
    old = {k: v for k, v in bn.state_dict().items() if k != "num_batches_tracked"}
    bn.load_state_dict(old)
    new = bn.state_dict()
    del new["num_batches_tracked"]
    with pytest.raises(RuntimeError, match="num_batches_tracked"):
        bn.load_state_dict(new)


def test_prefix_destination_and_keep_vars():
    module, found = nn.Linear(2, 1), {}
    module.state_dict(destination=found, prefix="a.", keep_vars=True)
    assert list(found) == ["a.weight", "a.bias"]
    assert found["a.weight"] is module.weight
    assert not module.state_dict()["weight"].requires_grad
