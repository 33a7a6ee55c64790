"""Faults 1 to 14: strides, paddings and sizes that make no sense, or that are merely unusual."""

import ast
import inspect
from pathlib import Path

import numpy as np
from operations import naive

import minigrad
import minigrad.functional as F
from faults.listing import Listing, double, refuses
from minigrad import kernels, nn
from minigrad.gradcheck import gradcheck

__all__ = ["FAULTS"]

FAULTS = fault = Listing()

X, W = double(np.arange(40.0).reshape(1, 2, 4, 5)), double(np.ones((3, 2, 3, 2)))
WT = double(np.ones((2, 3, 3, 2)))
FOUR = double(np.arange(80.0).reshape(1, 4, 4, 5))


@fault(1)
def stride_zero():
    for stride in (0, (1, 0)):
        refuses(lambda s=stride: F.conv2d(X, W, stride=s), "stride", 0)
        refuses(lambda s=stride: F.conv_transpose2d(X, WT, stride=s), "stride", 0)
        refuses(lambda s=stride: F.max_pool2d(X, 2, s), "stride", 0)
        refuses(lambda s=stride: F.avg_pool2d(X, 2, s), "stride", 0)
        refuses(lambda s=stride: F.unfold(X, 2, stride=s), "stride", 0)
        refuses(lambda s=stride: nn.Conv2d(2, 3, 3, stride=s), "stride", 0)
        refuses(lambda s=stride: nn.ConvTranspose2d(2, 3, 3, stride=s), "stride", 0)


@fault(2)
def groups_absurd():
    for groups in (0, -1, -(2**63), 2**63, 10**30):
        refuses(lambda g=groups: F.conv2d(X, W, groups=g), "groups", groups)
        refuses(lambda g=groups: F.conv_transpose2d(X, WT, groups=g), "groups", groups)
        refuses(lambda g=groups: nn.Conv2d(4, 4, 3, groups=g), "groups", groups)
        refuses(lambda g=groups: nn.ConvTranspose2d(4, 4, 3, groups=g), "groups", groups)


@fault(3)
def groups_that_do_not_divide():
    refuses(lambda: nn.Conv2d(3, 4, 3, groups=2), "in_channels", 3, "groups", 2)
    refuses(lambda: nn.Conv2d(4, 3, 3, groups=2), "out_channels", 3, "groups", 2)
    refuses(lambda: nn.ConvTranspose2d(3, 4, 3, groups=2), "in_channels", 3, "groups", 2)
    refuses(lambda: F.conv2d(X, W, groups=3), "in_channels", 2, "groups", 3)
    refuses(lambda: F.conv2d(FOUR, W, groups=2), "out_channels", 3, "groups", 2)
    refuses(lambda: nn.GroupNorm(2, 3), 2, 3)


@fault(4)
def dilation_zero():
    for dilation in (0, (1, 0), -1):
        refuses(lambda d=dilation: F.conv2d(X, W, dilation=d), "dilation")
        refuses(lambda d=dilation: F.conv_transpose2d(X, WT, dilation=d), "dilation")
        refuses(lambda d=dilation: F.max_pool2d(X, 2, dilation=d), "dilation")
        refuses(lambda d=dilation: nn.Conv2d(2, 3, 3, dilation=d), "dilation")


@fault(5)
def negative_padding():
    """Refused where windows move; `pad` crops."""
    refuses(lambda: F.conv2d(X, W, padding=-1), "padding", -1)
    refuses(lambda: F.conv_transpose2d(X, WT, padding=(0, -1)), "padding", -1)
    refuses(lambda: F.max_pool2d(X, 2, padding=-1), "padding", -1)
    refuses(lambda: nn.Conv2d(2, 3, 3, padding=-1), "padding", -1)
    np.testing.assert_array_equal(F.pad(X, (-1, 0, 0, -2)).array, X.array[:, :, :2, 1:])


@fault(6)
def padding_wider_than_the_kernel():
    """Windows that see nothing but zeros: the value of the bias, and gradients of 0."""
    rng = np.random.default_rng(6)
    x, w = rng.standard_normal((1, 2, 3, 4)), rng.standard_normal((2, 2, 2, 1))
    leaves = [double(x, True), double(w, True)]
    y = F.conv2d(*leaves, padding=(3, 2))
    np.testing.assert_allclose(y.array, naive.conv2d(x, w, padding=(3, 2)), atol=1e-13)
    assert not y.array[..., 0, :].any()
    assert gradcheck(lambda x, w: F.conv2d(x, w, padding=(3, 2)), leaves)


@fault(7)
def kernel_larger_than_the_padded_input():
    refuses(lambda: F.conv2d(X, double(np.ones((3, 2, 7, 2)))), 7, 4, "height")
    refuses(lambda: F.conv2d(X, W, dilation=(1, 9), padding=(0, 2)), "width", 10, 9)
    refuses(lambda: F.max_pool2d(X, (2, 6)), 6, 5, "width")
    refuses(lambda: nn.Conv2d(2, 3, 9)(X.float()), 9, 4)


@fault(8)
def output_padding_out_of_range():
    for more in (2, 3, -1, (0, 2)):
        refuses(lambda m=more: F.conv_transpose2d(X, WT, stride=2, output_padding=m),
                "output_padding")  # fmt: skip
        refuses(lambda m=more: nn.ConvTranspose2d(2, 3, 3, 2, output_padding=m)(X.float()),
                "output_padding")  # fmt: skip
    y = F.conv_transpose2d(X, WT, dilation=(2, 1), output_padding=(1, 0))
    assert y.shape == (1, 3, 9, 6)


@fault(9)
def transposed_geometry():
    """Stride and dilation apart, output padding that holds numbers: the loops, and the adjoint."""
    rng = np.random.default_rng(9)
    for _ in range(20):
        stride, dilation = rng.permutation([1, 2, 3])[:2], rng.permutation([1, 2, 3])[:2]
        kernel, sizes = rng.permutation([1, 2, 3])[:2], rng.permutation([2, 3, 4])[:2]
        more = [int(rng.integers(0, max(s, d))) for s, d in zip(stride, dilation, strict=True)]
        settings = {
            "stride": tuple(map(int, stride)), "padding": (0, 1),
            "output_padding": tuple(more), "dilation": tuple(map(int, dilation)),
        }  # fmt: skip
        x, w = rng.standard_normal((1, 2, *sizes)), rng.standard_normal((2, 3, *kernel))
        want = naive.conv_transpose2d(x, w, **settings)
        leaf = double(x, True)
        y = F.conv_transpose2d(leaf, double(w), **settings)
        np.testing.assert_allclose(y.array, want, atol=1e-12)
        seed = rng.standard_normal(want.shape)
        y.backward(double(seed))
        del settings["output_padding"]
        back = naive.conv2d(seed, w, **settings)[..., : sizes[0], : sizes[1]]
        np.testing.assert_allclose(leaf.grad.array, back, atol=1e-12)


@fault(10)
def order_of_the_last_arguments():
    plain = list(inspect.signature(F.conv2d).parameters)
    transposed = list(inspect.signature(F.conv_transpose2d).parameters)
    assert plain[-2:] == ["dilation", "groups"]
    assert transposed[-2:] == ["groups", "dilation"]
    y = F.conv_transpose2d(FOUR, double(np.ones((4, 3, 2, 2))), None, 1, 0, 0, 2, (2, 1))
    assert y.shape == (1, 6, 6, 6)


@fault(11)
def overlapping_windows():
    """For every stride below the kernel: each pixel has the gradient of all windows over it."""
    for kernel in (2, 3, 4):
        for stride in range(1, kernel):
            x = double(np.zeros((1, 1, 6, 7)), True)
            F.conv2d(x, double(np.ones((1, 1, kernel, 2))), stride=(stride, 1)).sum().backward()
            rows, columns = np.zeros(6), np.zeros(7)
            for start in range(0, 6 - kernel + 1, stride):
                rows[start : start + kernel] += 1
            for start in range(6):
                columns[start : start + 2] += 1
            np.testing.assert_array_equal(x.grad.array[0, 0], np.outer(rows, columns))


@fault(12)
def empty_batch_or_picture():
    mean, var = minigrad.zeros(2).double(), minigrad.ones(2).double()
    w = W.detach().requires_grad_()
    for function, shape in (
        (lambda x: F.conv2d(x, w), (0, 3, 2, 4)),
        (lambda x: F.conv_transpose2d(x, WT), (0, 3, 6, 6)),
        (lambda x: F.max_pool2d(x, (2, 1)), (0, 2, 2, 5)),
        (lambda x: F.batch_norm(x, mean, var, training=True), (0, 2, 4, 5)),
    ):
        x = double(np.zeros((0, 2, 4, 5)), True)
        y = function(x)
        assert y.shape == shape
        y.sum().backward()
        assert x.grad.shape == x.shape
    assert w.grad.shape == w.shape
    assert not w.grad.array.any()
    assert (mean.tolist(), var.tolist()) == ([0.0, 0.0], [1.0, 1.0])
    refuses(lambda: F.conv2d(X[:, :0], W), 0)
    refuses(lambda: F.conv2d(X[:, :, :0], W), "pixels")
    refuses(lambda: F.max_pool2d(X[..., :0], 2), "pixels")


@fault(13)
def sizes_beyond_the_memory():
    """Sizes are Python integers, and refused with the number of bytes before anything is done."""
    wide = double([[1.0]]).expand(2**20, 2**20)[None, None]
    refuses(lambda: F.unfold(wide, (3, 5), padding=(1, 2)), "bytes", error=MemoryError)
    refuses(lambda: F.interpolate(X, scale_factor=10**7), "bytes", error=MemoryError)
    refuses(lambda: F.conv_transpose2d(X, WT, stride=2**28), "bytes", error=MemoryError)


@fault(14)
def kernels_allocate_nothing():
    """No function that is compiled makes an array: all buffers come from outside."""
    makers = {"empty", "zeros", "ones", "full", "empty_like", "zeros_like", "copy", "arange"}
    looked_at = 0
    for folder in ("loops", "simd"):
        for path in sorted((Path(kernels.__file__).parent / folder).glob("*.py")):
            tree = ast.parse(path.read_text())
            compiled = {
                call.args[0].id
                for call in ast.walk(tree)
                if isinstance(call, ast.Call) and isinstance(call.func, ast.Name)
                and call.func.id == "jit" and isinstance(call.args[0], ast.Name)
            }  # fmt: skip
            for function in tree.body:
                if isinstance(function, ast.FunctionDef) and function.name in compiled:
                    looked_at += 1
                    made = {
                        n.func.attr for n in ast.walk(function)
                        if isinstance(n, ast.Call) and isinstance(n.func, ast.Attribute)
                    }  # fmt: skip
                    assert not made & makers, (path.name, function.name)
    assert looked_at > 50
