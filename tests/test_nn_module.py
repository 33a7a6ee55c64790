"""Module: discovery, names, mode and text, with values worked by hand."""

import copy

import numpy as np
import pytest

import minigrad
from minigrad import nn

pytestmark = pytest.mark.unit


class Block(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, 3, padding=1)
        self.relu = nn.ReLU(inplace=True)
        self.scale = nn.Parameter(minigrad.ones(3))
        self.register_buffer("seen", minigrad.zeros(2))
        self.register_buffer("scratch", minigrad.zeros(2), persistent=False)
        self.register_parameter("nothing", None)

    def forward(self, x):
        return self.relu(self.conv(x))


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = Block(2)
        self.shared = self.first.conv
        self.blocks = nn.ModuleList([Block(1), Block(1), nn.ReLU()])
        self.gain = nn.Parameter(minigrad.ones(()))

    def extra_repr(self):
        return "two\nlines"


OWN = ["conv.weight", "conv.bias", "scale"]


# -- discovery -----------------------------------------------------------------------------------


def test_parameters_come_in_the_order_of_definition_and_once():
    names = [name for name, _ in Net().named_parameters()]
    # A module's own parameters come before those of its children, whatever the order of lines.
    block = ["scale", "conv.weight", "conv.bias"]
    assert names == ["gain"] + [
        f"{path}.{name}" for path in ("first", "blocks.0", "blocks.1") for name in block
    ]
    assert len(list(Net().parameters())) == 10


def test_shared_modules_are_named_twice_in_the_state_only():
    net = Net()
    assert {"shared.weight", "first.conv.weight"} <= set(net.state_dict())
    assert "shared.weight" not in dict(net.named_parameters())
    assert "shared.weight" in dict(net.named_parameters(remove_duplicate=False))
    assert "shared" not in dict(net.named_modules())


def test_buffers_and_what_is_not_persistent():
    block = Block(2)
    assert [name for name, _ in block.named_buffers()] == ["seen", "scratch"]
    assert list(block.state_dict()) == ["scale", "seen", "conv.weight", "conv.bias"]


def test_modules_come_parents_first_under_their_path():
    names = [name for name, _ in Net().named_modules()]
    assert names[:4] == ["", "first", "first.conv", "first.relu"]
    assert [name for name, _ in Net().named_children()] == ["first", "shared", "blocks"]


def test_prefix_and_recursion_of_walks():
    block = Block(2)
    assert [n for n, _ in block.named_parameters("a", recurse=False)] == ["a.scale"]
    assert len(list(block.parameters(recurse=False))) == 1


def test_buffer_type_registers_itself():
    module = nn.Module()
    module.mean = nn.Buffer(minigrad.ones(2))
    module.cache = nn.Buffer(minigrad.ones(2), persistent=False)
    assert list(module.state_dict()) == ["mean"]
    assert [n for n, _ in module.named_buffers()] == ["mean", "cache"]


def test_a_name_can_change_its_kind():
    block = Block(2)
    block.scale = None
    assert "scale" not in block.state_dict()
    block.scale = nn.Parameter(minigrad.ones(1))
    assert list(block._parameters) == ["scale", "nothing"]
    block.seen = minigrad.ones(3)  # a tensor in a buffer's place stays a buffer
    assert block.state_dict()["seen"].shape == (3,)
    block.conv = nn.Identity()
    assert list(block._modules) == ["conv", "relu"]
    del block.relu
    assert not hasattr(block, "relu")


def test_a_plain_attribute_can_become_a_parameter_and_a_buffer_persistent():
    block = Block(2)
    block.late = 3
    block.late = nn.Parameter(minigrad.ones(1))
    assert block.late is block._parameters["late"]
    block.register_buffer("scratch", minigrad.zeros(1))
    assert "scratch" in block.state_dict()


def test_tied_weights_are_one_parameter_with_two_names_in_the_state():
    net = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))
    net[1].weight = net[0].weight
    assert [name for name, _ in net.named_parameters()] == ["0.weight", "0.bias", "1.bias"]
    assert len(net.state_dict()) == 4
    twin = copy.deepcopy(net).double()
    assert twin[1].weight is twin[0].weight


def test_wrapping_a_parameter_does_not_copy():
    x = minigrad.ones(2)
    p = nn.Parameter(x)
    assert np.shares_memory(p.array, x.array)
    assert p.requires_grad
    assert not x.requires_grad
    assert type(p * 1) is minigrad.Tensor
    assert type(copy.deepcopy(p)) is nn.Parameter
    assert repr(p) == "Parameter containing:\ntensor([1., 1.], requires_grad=True)"


def test_a_change_through_the_tensor_is_noticed_by_the_parameter():
    x = minigrad.ones(2)
    p = nn.Parameter(x)
    y = (p * p).sum()
    x.add_(1)
    with pytest.raises(RuntimeError, match="in-place"):
        y.backward()


def test_dir_lists_what_is_registered():
    assert {"conv", "scale", "seen", "forward"} <= set(dir(Block(2)))


# -- refusals ------------------------------------------------------------------------------------


class Forgetful(nn.Module):
    def __init__(self, value):
        self.value = value


@pytest.mark.parametrize("value", [nn.ReLU(), nn.Parameter(minigrad.ones(1))])
def test_assignment_before_init(value):
    with pytest.raises(AttributeError, match=r"before Module.__init__\(\) call"):
        Forgetful(value)


@pytest.mark.parametrize(
    ("act", "error", "match"),
    [
        (lambda b: b.missing, AttributeError, "'Block' object has no attribute 'missing'"),
        (lambda b: setattr(b, "scale", minigrad.ones(3)), TypeError, "parameter 'scale'"),
        (lambda b: setattr(b, "conv", 3), TypeError, "child module 'conv'"),
        (lambda b: setattr(b, "seen", 3), TypeError, "buffer 'seen'"),
        (lambda b: b.register_buffer("conv", minigrad.ones(1)), KeyError, "already exists"),
        (lambda b: b.register_buffer("a.b", minigrad.ones(1)), KeyError, "a.b"),
        (lambda b: b.register_buffer("x", 3), TypeError, "int"),
        (lambda b: b.register_buffer(3, None), TypeError, "string"),
        (lambda b: b.register_parameter("x", minigrad.ones(1)), TypeError, "Parameter or None"),
        (lambda b: b.add_module("", nn.ReLU()), KeyError, "empty"),
        (lambda b: b.add_module("x", 3), TypeError, "not a Module subclass"),
        (lambda b: b.get_submodule("conv.x"), AttributeError, "no submodule 'x'"),
        (lambda b: b.get_parameter("conv.x"), AttributeError, "no parameter 'x'"),
        (lambda b: b.get_buffer("scale"), AttributeError, "no buffer 'scale'"),
        (lambda b: b.train(1), ValueError, "True or False"),
        (lambda b: b.cuda(), RuntimeError, "CPU"),
        (lambda b: b.half(), TypeError, "float32 and float64"),
        (lambda b: b.to(minigrad.int64), TypeError, "floating"),
        (lambda b: nn.Module()(1), NotImplementedError, "forward"),
        (lambda b: nn.Parameter([1.0]), TypeError, "must be a Tensor"),
        (lambda b: nn.Parameter(minigrad.ones(1).long()), TypeError, "floating"),
    ],
)
def test_refusals(act, error, match):
    with pytest.raises(error, match=match):
        act(Block(2))


# -- text ----------------------------------------------------------------------------------------


def test_repr_is_nested_and_folds_equal_members():
    conv = "Conv2d({0}, {0}, kernel_size=(3, 3), stride=(1, 1), padding=(1, 1))"
    assert (
        repr(Net())
        == f"""Net(
  two
  lines
  (first): Block(
    (conv): {conv.format(2)}
    (relu): ReLU(inplace=True)
  )
  (shared): {conv.format(2)}
  (blocks): ModuleList(
    (0-1): 2 x Block(
      (conv): {conv.format(1)}
      (relu): ReLU(inplace=True)
    )
    (2): ReLU()
  )
)"""
    )


# -- mode and conversion -------------------------------------------------------------------------


def test_train_eval_apply_and_requires_grad():
    net, seen = Net(), []
    assert net.eval() is net
    assert not any(m.training for m in net.modules())
    assert all(m.training for m in net.train().modules())
    net.apply(lambda m: seen.append(type(m).__name__))
    assert seen[:3] == ["Conv2d", "ReLU", "Block"]
    assert seen[-1] == "Net"
    assert not any(p.requires_grad for p in net.requires_grad_(False).parameters())


def test_conversion_keeps_identity_and_integers():
    net = nn.Sequential(nn.Conv2d(1, 2, 1), nn.BatchNorm2d(2))
    weight = net[0].weight
    assert net.to("cpu").double() is net
    assert net[0].weight is weight
    assert weight.dtype == net[1].running_mean.dtype == minigrad.float64
    assert net[1].num_batches_tracked.dtype == minigrad.int64
    assert net.to(minigrad.float32)[1].running_var.dtype == minigrad.float32
    assert net.to(minigrad.ones(1).double())[0].bias.dtype == minigrad.float64


def test_zero_grad():
    module = nn.Linear(2, 1)
    module(minigrad.ones(1, 2)).sum().backward()
    module.zero_grad(set_to_none=False)
    assert module.weight.grad.tolist() == [[0.0, 0.0]]
    module.zero_grad()
    assert module.weight.grad is None


def test_deepcopy_keeps_sharing_and_shares_nothing_with_the_original():
    net = Net()
    twin = copy.deepcopy(net)
    assert twin.shared is twin.first.conv
    assert twin.first.conv is not net.first.conv
    assert not np.shares_memory(twin.gain.array, net.gain.array)
    assert repr(twin) == repr(net)


def test_data_parallel_passes_on():
    net = nn.DataParallel(nn.Linear(2, 1))
    assert list(net.state_dict()) == ["module.weight", "module.bias"]
    x = minigrad.ones(3, 2)
    assert net(x).tolist() == net.module(x).tolist()
