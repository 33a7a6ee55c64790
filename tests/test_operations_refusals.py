"""The generic tests of the op table: what every operation refuses, and how it says so."""

import linecache
import traceback
from pathlib import Path

import pytest
from operations import ROWS

import minigrad
from minigrad import kernels

# Operations made of others, one of which checks the arguments and gives its own name.
CHECKED_BY = {
    "lerp": "sub", "addcmul": "mul", "addcdiv": "div", "dist": "sub", "pairwise_distance": "sub",
    "std": "var", "var_mean": "var", "std_mean": "var", "nansum": "sum", "nanmean": "sum",
    "normalize": "norm", "multilabel_soft_margin_loss": "mul",
    "view": "reshape", "reshape_as": "reshape", "view_as": "reshape", "select": "index",
    "broadcast_to": "expand", "expand_as": "expand", "split_with_sizes": "split",
    "__getitem__": "index", "take_along_dim": "gather", "broadcast_tensors": "broadcast_shapes",
    "__rmatmul__": "matmul", "mm": "matmul", "mv": "matmul", "dot": "matmul", "inner": "tensordot",
    "addmm": "matmul", "addmv": "matmul", "baddbmm": "matmul", "addbmm": "matmul",
    "hstack": "cat", "vstack": "cat", "dstack": "cat", "column_stack": "cat",
    "max_pool2d_with_indices": "max_pool2d", "max_pool1d": "max_pool2d",
    "avg_pool1d": "avg_pool2d", "adaptive_avg_pool1d": "adaptive_avg_pool2d",
    "adaptive_max_pool1d": "adaptive_max_pool2d",
    "adaptive_max_pool2d_with_indices": "adaptive_max_pool2d",
    "clamp_min": "clamp", "clamp_max": "clamp", "nan_to_num": "masked_fill", "tile": "repeat",
    **{f"__r{name}__": name for name in ("add", "sub", "mul", "pow")},
    "__rtruediv__": "div", "__rmod__": "remainder", "__rfloordiv__": "floor_divide",
    "conv1d": "conv2d",
    "conv_transpose1d": "conv_transpose2d",
    "upsample": "interpolate", "upsample_nearest": "interpolate",
    "upsample_bilinear": "interpolate",
}  # fmt: skip
HOME = Path(minigrad.__file__).parent
KERNELS = Path(kernels.__file__).parent
REFUSALS = [(row, refusal) for row in ROWS.values() for refusal in row.refusals]
FAMILY = (ValueError, TypeError, IndexError, RuntimeError)


def names(refusals):
    return [
        f"{row}-{refusal.error.__name__}-{'-'.join(refusal.words)}" for row, refusal in refusals
    ]


@pytest.mark.unit
@pytest.mark.parametrize(("row", "refusal"), REFUSALS, ids=names(REFUSALS))
def test_bad_input_is_refused(row, refusal, monkeypatch):
    """By a raise statement of ours, before a kernel runs, naming the operation and the values."""

    def no_kernel(name):
        pytest.fail(f"the kernel {name} ran")

    monkeypatch.setattr(kernels, "__getattr__", no_kernel)
    call = refusal.call.map(minigrad.tensor)
    with pytest.raises(refusal.error) as caught:
        call(row)
    message = str(caught.value)
    assert named(row, message)
    for word in refusal.words:
        assert word in message
    assert raised_here(caught.value)


def named(row, message):
    """Whether a message names the operation, or the part of it that checks."""
    return row.spoken.strip("_") in message or f"{CHECKED_BY.get(row.spoken)}:" in message


def raised_here(error):
    """Whether a ``raise`` in our own files made the error."""
    *_, last = traceback.walk_tb(error.__traceback__)
    file, line = last[0].f_code.co_filename, last[1]
    ours = HOME in Path(file).parents or KERNELS in Path(file).parents
    return ours and linecache.getline(file, line).strip().startswith("raise")


@pytest.mark.unit
def test_an_error_of_numpys_is_not_ours():
    with pytest.raises(ValueError, match="reshape") as caught:
        minigrad.tensor([1.0]).array.reshape(2)
    assert not raised_here(caught.value)


@pytest.mark.unit
@pytest.mark.parametrize("row", [r for r in ROWS.values() if r.refusals], ids=repr)
def test_what_is_no_tensor(row):
    """A word in the place of each tensor in turn."""
    call = row.calls()[0]
    own = row.name.startswith("Tensor.")  # the tensor whose method it is
    for i in range(own, len(call.arrays)):
        operands = [minigrad.tensor(a) for a in call.arrays]
        operands[i] = "text"
        with pytest.raises(FAMILY) as caught:
            call.holding(operands)(row)
        assert raised_here(caught.value)
        assert named(row, str(caught.value))


@pytest.mark.unit
@pytest.mark.parametrize("row", ROWS.values(), ids=repr)
def test_every_row_says_what_it_refuses(row):
    """One refusal at least, but for operations that take any tensor and nothing else."""
    takes_anything = all(len(c.args) == 1 and not c.kwargs for c in row.calls())
    assert row.refusals or takes_anything or row.name in NOTHING_REFUSED


NOTHING_REFUSED = {"minigrad.isin": "NumPy compares anything with anything"}
