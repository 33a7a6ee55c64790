"""The op table leaves nothing out: every public operation has a row, or a reason to have none."""

import numpy as np
import pytest
from operations import ROWS, resolve
from operations.checks import floating, leaves_of, run
from operations.excepted import EXCEPTED

import minigrad
from minigrad import Tensor, autograd, primitives
from minigrad import functional as F
from minigrad.autograd import Function

pytestmark = pytest.mark.unit

KNOWN = {name for row in ROWS.values() for name in row.names}


def operators():
    """The special methods of Tensor that a class does not have by itself."""
    own = {name for base in Tensor.__mro__[:-1] for name in vars(base) if name.startswith("__")}
    return own - set(dir(object)) - PYTHONS


PYTHONS = {
    "__annotations__", "__array_priority__", "__dict__", "__module__", "__weakref__", "__slots__",
}  # fmt: skip


def public():
    """All operations under the names by which they are found."""
    found = [f"F.{name}" for name in F.__all__]
    found += [f"Tensor.{name}" for name in dir(Tensor) if not name.startswith("_")]
    found += [f"Tensor.{name}" for name in operators()]
    return found + [f"minigrad.{n}" for n in minigrad.__all__ if callable(getattr(minigrad, n))]


def twin(name):
    """The name of the operation of which this is the in-place form, or the name itself."""
    if name.endswith("__"):
        return name.replace(".__i", ".__", 1) if name.replace(".__i", ".__", 1) in KNOWN else name
    return name.removesuffix("_")


def missing(names):
    return sorted(n for n in names if n not in KNOWN | set(EXCEPTED) and twin(n) not in KNOWN)


def test_every_operation_has_a_row():
    assert missing(public()) == []


def test_a_new_operation_without_a_row_is_noticed(monkeypatch):
    before = missing(public())
    monkeypatch.setattr(F, "__all__", [*F.__all__, "softest"])
    monkeypatch.setattr(Tensor, "soften", lambda self: self, raising=False)
    monkeypatch.setattr(Tensor, "__rshift__", lambda self, n: self, raising=False)
    new = set(missing(public())) - set(before)
    assert new == {"F.softest", "Tensor.__rshift__", "Tensor.soften"}


def test_no_exception_is_out_of_date():
    assert sorted(set(EXCEPTED) & KNOWN) == []
    gone = [n for n in EXCEPTED if n.startswith("Tensor.") and not hasattr(Tensor, n[7:])]
    assert gone == []


def test_every_name_of_a_row_exists():
    for name in KNOWN:
        assert callable(resolve(name))


def test_samples_are_never_square_pictures():
    """Exchanged height and width must show."""
    for row in ROWS.values():
        if row.name.startswith("F."):
            for call in row.calls():
                pictures = [a.shape for a in call.arrays if a.ndim == 4 and a.dtype.kind == "f"]
                assert any(H != W for *_, H, W in pictures) or not pictures, row.name


# Applied by copy_ and its like only, or without a gradient, or what others are made from.
ELSEWHERE = {"FloorDivide", "Overwrite", "Pointwise"}


def test_every_primitive_is_reached(monkeypatch):
    """Forward, backward or second backward of some row applies it."""
    known = {
        name
        for module in primitives.__all__
        for name in getattr(primitives, module).__all__
        if isinstance(getattr(getattr(primitives, module), name), type)
    }
    used, apply = set(), Function.apply.__func__

    def watched(cls, *args):
        used.add(cls.__name__)
        return apply(cls, *args)

    monkeypatch.setattr(Function, "apply", classmethod(watched))
    for row in ROWS.values():
        for call in row.calls() if row.gradient else ():
            leaves = leaves_of(row, call)
            wanted = [leaf for leaf in leaves if leaf.requires_grad]
            outputs = [y for y in floating(run(row, call, leaves)) if y.requires_grad]
            seeds = [minigrad.tensor(np.ones(y.shape), requires_grad=True) for y in outputs]
            autograd.grad(outputs, wanted, seeds, create_graph=True, allow_unused=True)
    assert known - used == ELSEWHERE
