"""Containers: order, names, slices and changes, as a list or a dictionary has them."""

from collections import OrderedDict

import pytest

import minigrad
from minigrad import nn

pytestmark = pytest.mark.unit


def kinds(container):
    return [type(module).__name__ for module in container]


def names(container):
    return list(container._modules)


def three():
    return nn.Sequential(nn.ReLU(), nn.Tanh(), nn.Sigmoid())


def test_sequential_applies_in_order():
    net = nn.Sequential(nn.Linear(1, 1), nn.ReLU())
    net.load_state_dict({"0.weight": minigrad.tensor([[2.0]]), "0.bias": minigrad.tensor([-3.0])})
    assert net(minigrad.tensor([[1.0], [4.0]])).tolist() == [[0.0], [5.0]]


def test_sequential_as_a_list():
    net = three()
    assert kinds(net) == ["ReLU", "Tanh", "Sigmoid"]
    assert (len(net), type(net[-1]), kinds(net[1:])) == (3, nn.Sigmoid, ["Tanh", "Sigmoid"])
    assert net.append(nn.ELU()) is net
    assert kinds(net.insert(1, nn.GELU())) == ["ReLU", "GELU", "Tanh", "Sigmoid", "ELU"]
    assert kinds(net.insert(-1, nn.SELU()))[-2:] == ["SELU", "ELU"]
    net[0] = nn.Identity()
    del net[1]
    assert type(net.pop(1)) is nn.Tanh
    assert kinds(net) == ["Identity", "Sigmoid", "SELU", "ELU"]
    assert names(net) == ["0", "1", "2", "3"]
    del net[1:3]
    assert names(net) == ["0", "1"]
    assert kinds(net.extend([nn.ReLU()])) == ["Identity", "ELU", "ReLU"]


def test_sequential_sums_and_multiples():
    net = three()
    assert kinds(net + nn.Sequential(nn.ELU())) == [*kinds(net), "ELU"]
    assert kinds(net * 2) == kinds(2 * net) == kinds(net) * 2
    net += nn.Sequential(nn.ELU())
    assert names(net) == ["0", "1", "2", "3"]


def test_sequential_with_names():
    net = nn.Sequential(OrderedDict(down=nn.Linear(2, 1), act=nn.ReLU()))
    net.add_module("up", nn.Linear(1, 2))
    assert list(net.state_dict()) == ["down.weight", "down.bias", "up.weight", "up.bias"]
    assert names(net[:2]) == ["down", "act"]
    assert net.act is net[1]
    assert names(nn.Sequential()) == []


@pytest.mark.parametrize(
    ("act", "error"),
    [
        (lambda net: net[3], IndexError),
        (lambda net: net[-4], IndexError),
        (lambda net: net["0"], TypeError),
        (lambda net: net.append(3), TypeError),
        (lambda net: net.insert(9, nn.ReLU()), IndexError),
        (lambda net: net.insert(0, 3), TypeError),
        (lambda net: net.extend(3), TypeError),
        (lambda net: net + [nn.ReLU()], ValueError),
        (lambda net: net * 0, ValueError),
        (lambda net: net.__setitem__(5, nn.ReLU()), IndexError),
        (lambda net: net.__setitem__(0, 3), TypeError),
        (lambda net: nn.Sequential(3), TypeError),
        (lambda net: nn.ModuleList([nn.ReLU])(1), TypeError),
        (lambda net: nn.ModuleDict({"a.b": nn.ReLU()}), KeyError),
        (lambda net: nn.ModuleDict({"pop": nn.ReLU()}), KeyError),
        (lambda net: nn.ModuleList([nn.ReLU()])(1), NotImplementedError),
    ],
)
def test_refusals(act, error):
    net = three()
    with pytest.raises(error):
        act(net)
    assert kinds(net) == ["ReLU", "Tanh", "Sigmoid"]


def test_module_list():
    modules = nn.ModuleList(nn.Linear(1, n) for n in (1, 2))
    modules += [nn.ReLU()]
    modules.insert(0, nn.Tanh())
    assert kinds(modules) == ["Tanh", "Linear", "Linear", "ReLU"]
    assert kinds(modules[1:3]) == ["Linear", "Linear"]
    assert kinds(modules + [nn.ELU()])[-1] == "ELU"
    assert [n for n, _ in modules.named_parameters()][:2] == ["1.weight", "1.bias"]
    assert repr(nn.ModuleList()) == "ModuleList()"


def test_module_dict():
    modules = nn.ModuleDict({"a": nn.ReLU(), "b": nn.Linear(1, 1)})
    modules["c"] = nn.Tanh()
    modules.update([("a", nn.ELU())])
    assert list(modules) == list(modules.keys()) == ["a", "b", "c"]
    assert ("a" in modules, "z" in modules, len(modules)) == (True, False, 3)
    assert type(modules.pop("a")) is nn.ELU
    assert [k for k, _ in modules.items()] == ["b", "c"]
    assert kinds(modules.values()) == ["Linear", "Tanh"]
    del modules["b"]
    modules.clear()
    assert repr(modules) == "ModuleDict()"


def test_parameter_containers():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.parts = nn.ParameterList([minigrad.ones(2), nn.Parameter(minigrad.ones(1, 3))])
            self.named = nn.ParameterDict({"gain": minigrad.ones(())})

    net = Net()
    net.parts.append(minigrad.zeros(1))
    net.named["shift"] = nn.Parameter(minigrad.zeros(1))
    expected = ["parts.0", "parts.1", "parts.2", "named.gain", "named.shift"]
    assert [name for name, _ in net.named_parameters()] == list(net.state_dict()) == expected
    assert all(type(p) is nn.Parameter for p in [*net.parts, *net.named.values()])
    assert "(1): Parameter containing: [minigrad.float32 of size 1x3]" in repr(net)
    net.parts[0] = minigrad.zeros(4)
    assert [tuple(p.shape) for p in net.parts] == [(4,), (1, 3), (1,)]
    assert net.named.get("none") is None
