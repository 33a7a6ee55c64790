"""Hooks of modules: when they are called, with what, and what their answers do."""

import copy

import pytest

import minigrad
from minigrad import nn

pytestmark = pytest.mark.unit


@pytest.fixture
def layer():
    """y = [x0 + 2 x1, 3 x0 + 4 x1]."""
    layer = nn.Linear(2, 2, bias=False)
    layer.load_state_dict({"weight": minigrad.tensor([[1.0, 2.0], [3.0, 4.0]])})
    return layer


def ones(requires_grad=False):
    return minigrad.ones(1, 2, dtype=minigrad.float32, requires_grad=requires_grad)


def test_forward_hooks_see_and_replace(layer):
    seen = []

    def before(module, args):
        seen.append(args[0].tolist())
        return args[0] * 2  # a single value stands for the tuple

    def after(module, args, output):
        seen.append((args[0].tolist(), output.tolist()))
        return output + 1

    handles = [layer.register_forward_pre_hook(before), layer.register_forward_hook(after)]
    assert layer(ones()).tolist() == [[7.0, 15.0]]
    assert seen == [[[1.0, 1.0]], ([[2.0, 2.0]], [[6.0, 14.0]])]
    for handle in handles:
        handle.remove()
    assert layer(ones()).tolist() == [[3.0, 7.0]]


def test_hooks_run_in_order_and_prepend_puts_first(layer):
    seen = []
    layer.register_forward_hook(lambda m, a, y: seen.append(1))
    layer.register_forward_hook(lambda m, a, y: seen.append(2))
    layer.register_forward_hook(lambda m, a, y: seen.append(0), prepend=True)
    layer(ones())
    assert seen == [0, 1, 2]


def test_hooks_with_keyword_arguments():
    class Scale(nn.Module):
        def forward(self, x, factor=1):
            return x * factor

    module, seen = Scale(), []
    module.register_forward_pre_hook(
        lambda m, args, kwargs: (args, {"factor": kwargs["factor"] + 1}), with_kwargs=True
    )
    module.register_forward_hook(lambda m, a, kw, y: seen.append(kw), with_kwargs=True)
    assert module(ones(), factor=2).tolist() == [[3.0, 3.0]]
    assert seen == [{"factor": 3}]


def test_backward_hooks_see_and_replace(layer):
    seen, x = [], ones(requires_grad=True)

    def before(module, grad_output):
        seen.append(grad_output[0].tolist())
        return (grad_output[0] * 2,)

    def after(module, grad_input, grad_output):
        seen.append((grad_input[0].tolist(), grad_output[0].tolist()))
        return (grad_input[0] * 10,)

    layer.register_full_backward_pre_hook(before)
    layer.register_full_backward_hook(after)
    layer(x).backward(minigrad.tensor([[1.0, 0.0]]))
    # gx = gy W = 2 * [1, 2], gw = gy' x
    assert seen == [[[1.0, 0.0]], ([[2.0, 4.0]], [[2.0, 0.0]])]
    assert x.grad.tolist() == [[20.0, 40.0]]
    assert layer.weight.grad.tolist() == [[2.0, 2.0], [0.0, 0.0]]


def test_backward_hook_where_the_input_needs_no_gradient(layer):
    seen = []
    layer.register_full_backward_hook(lambda m, gi, go: seen.append((gi, go[0].tolist())))
    layer(ones()).sum().backward()
    assert seen == [((None,), [[1.0, 1.0]])]


def test_backward_hook_of_several_inputs_and_outputs():
    class Cross(nn.Module):
        def forward(self, x, y):
            return x * y, x + y

    module, seen = Cross(), []
    module.register_full_backward_hook(
        lambda m, gi, go: seen.append([g.item() for g in (*gi, *go)])
    )
    x, y = (minigrad.tensor(v, requires_grad=True) for v in (3.0, 5.0))
    product, total = module(x, y)
    (product + 7 * total).backward()
    assert seen == [[12.0, 10.0, 1.0, 7.0]]  # x: 1 * y + 7, y: 1 * x + 7


def test_no_backward_hook_without_recording(layer):
    seen = []
    layer.register_full_backward_hook(lambda m, gi, go: seen.append(1))
    with minigrad.no_grad():
        assert layer(ones()).tolist() == [[3.0, 7.0]]
    assert not seen


def test_hooks_of_a_copy_are_its_own(layer):
    seen = []
    layer.register_forward_hook(lambda m, a, y: seen.append(m))
    twin = copy.deepcopy(layer)
    twin._forward_hooks.clear()
    layer(ones())
    assert seen == [layer]
