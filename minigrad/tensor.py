"""`Tensor`: a NumPy array with a place in the graph, under PyTorch's names.

The operations are in `minigrad.primitives`, the methods that check their arguments and apply them
in `minigrad.methods`, one family a file; here is what a tensor is.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import numpy as np

from minigrad import autograd, dtypes
from minigrad.autograd import Storage
from minigrad.errors import DTypeError
from minigrad.methods.arithmetic import Arithmetic
from minigrad.methods.arrangement import Arrangement
from minigrad.methods.comparison import Comparison
from minigrad.methods.conversion import Conversion
from minigrad.methods.elementwise import Elementwise
from minigrad.methods.export import Export
from minigrad.methods.indexing import Indexing
from minigrad.methods.inplace import InPlace
from minigrad.methods.layout import Layout
from minigrad.methods.products import Products
from minigrad.methods.queries import Queries
from minigrad.methods.reduction import Reduction
from minigrad.methods.scattering import Scattering
from minigrad.methods.statistics import Statistics
from minigrad.primitives.arithmetic import Clone
from minigrad.size import Size

__all__ = ["RemovableHandle", "Size", "Tensor", "from_array", "method", "tensor"]


class RemovableHandle:
    """What registering a hook returns: ``remove()`` takes the hook away again."""

    def __init__(self, hooks: Any, hook: Any) -> None:
        self._hooks, self._hook = hooks, hook

    def remove(self) -> None:
        """Take the hook away; a second call does nothing."""
        if isinstance(self._hooks, dict):
            self._hooks.pop(self._hook, None)
        elif self._hook in self._hooks:
            self._hooks.remove(self._hook)

    def __enter__(self) -> RemovableHandle:
        return self

    def __exit__(self, *exception: object) -> None:
        self.remove()


class Tensor(
    Arithmetic,
    Elementwise,
    Comparison,
    Products,
    Reduction,
    Statistics,
    Layout,
    Arrangement,
    Indexing,
    Scattering,
    Queries,
    Conversion,
    Export,
    InPlace,
):
    """An n-dimensional array of one dtype that can be differentiated.

    ``Tensor([1, 2])`` holds the given values as floats, ``Tensor(2, 3)`` is an uninitialised 2 x 3
    tensor, as in PyTorch; `minigrad.tensor` keeps the dtype of its data and is what one usually
    wants.

    Attributes
    ----------
    grad : Tensor or None
        The gradient that `backward` accumulated (leaves, and tensors with `retain_grad`).
    requires_grad : bool
        Whether operations on this tensor are recorded.
    array : numpy.ndarray
        The values.  To be read; changes go through in-place methods, which the graph can see.

    Examples
    --------
    >>> import minigrad
    >>> x = minigrad.tensor([1.0, 2.0], requires_grad=True)
    >>> (x * x).sum().backward()
    >>> x.grad
    tensor([2., 4.])
    """

    __array_priority__ = 1000  # ndarray + tensor is a tensor

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:  # noqa: D102
        self = super().__new__(cls)
        self._set(np.empty(0, np.float32))
        return self

    def __init__(self, *data: Any, dtype: Any = None) -> None:
        sizes = data and all(isinstance(n, (int, np.integer)) for n in data)
        if sizes:
            self._set(np.empty(data, dtypes.get_default_dtype().dtype))
        elif len(data) == 1 and isinstance(data[0], Size):
            self._set(np.empty(data[0], dtypes.get_default_dtype().dtype))
        elif len(data) == 1:
            self._set(_array(data[0], dtype or dtypes.get_default_dtype(), "Tensor"))
        elif data:
            raise TypeError(
                f"Tensor: expected one sequence or integer sizes, got {len(data)} arguments"
            )

    def _set(self, array: np.ndarray) -> None:
        self.array = array
        self.grad = self.node = self.hooks = self.base = None
        self._requires_grad = False
        self.index = self.seen = 0
        self.path = ()
        self.storage = Storage()

    @staticmethod
    def wrap(array: np.ndarray) -> Any:
        """A new plain tensor over ``array``, outside the graph; the array is taken as it is."""
        self = object.__new__(Tensor)
        self._set(array)
        return self

    # -- the graph
    # --------------------------------------------------------------------------------------

    @property
    def requires_grad(self) -> bool:
        """Whether operations on this tensor are recorded; only floating leaves can be told."""
        return self._requires_grad

    @requires_grad.setter
    def requires_grad(self, value: bool) -> None:
        self.requires_grad_(value)

    def requires_grad_(self, requires_grad: bool = True) -> Tensor:
        """Start (or stop) recording operations on this leaf.

        Raises
        ------
        TypeError
            For integers and booleans, which have no gradients.
        """
        if requires_grad and self.array.dtype.kind != "f":
            raise DTypeError(
                f"requires_grad_: only floating tensors have gradients, this one is {self.dtype}; "
                "convert it with .float()"
            )
        if not requires_grad and self.node is not None:
            raise RuntimeError(
                "requires_grad_: only a leaf can stop recording, and this tensor is the result "
                f"of {self.node.name}; use detach()"
            )
        self._requires_grad = bool(requires_grad)
        return self

    @property
    def is_leaf(self) -> bool:
        """Whether the tensor was made by the user, not by a recorded operation."""
        return self.node is None

    @property
    def grad_fn(self) -> Any:
        """The recorded operation that made the tensor, or None for a leaf."""
        self.refresh()
        return self.node

    def backward(
        self,
        gradient: Any = None,
        retain_graph: bool | None = None,
        create_graph: bool = False,
        inputs: Any = None,
    ) -> None:
        """Accumulate the gradients of this tensor into the leaves it depends on
        (`autograd.backward`).
        """
        autograd.backward(self, gradient, retain_graph, create_graph, inputs)

    def detach(self) -> Tensor:
        """The same memory as a tensor without history."""
        result = Tensor.wrap(self.array.view())
        result.storage = self.storage
        self.storage.shared = True
        return result

    def detach_(self) -> Tensor:
        """Forget the history of this tensor."""
        self.node, self.index, self._requires_grad = None, 0, False
        return self

    @property
    def data(self) -> Tensor:
        """The same memory as a tensor without history; a change through it is noticed by the
        graph.
        """
        return self.detach()

    @data.setter
    def data(self, source: Tensor) -> None:
        self.array = source.array.view()
        self.storage.version += 1
        source.storage.shared = self.storage.shared = True

    def clone(self, memory_format: Any = None) -> Tensor:
        """A copy in its own memory, with history."""
        return Clone.apply(self, "K")

    def clone_contiguous(self) -> Tensor:
        """A copy whose elements lie in C order, with history."""
        return Clone.apply(self, "C")

    def retain_grad(self) -> None:
        """Keep the gradient of this non-leaf tensor in ``grad``, too."""
        if not self.requires_grad:
            raise RuntimeError("retain_grad: this tensor does not require grad")
        if self.node is not None:
            self.node.keep_gradient(self)

    def register_hook(self, hook: Callable[[Tensor], Tensor | None]) -> RemovableHandle:
        """Call ``hook`` with the gradient of this tensor when it is known; what it returns replaces
        it.

        Returns
        -------
        RemovableHandle
            Its ``remove()`` takes the hook away.
        """
        if not self.requires_grad:
            raise RuntimeError(
                "register_hook: this tensor does not require grad, so it gets no gradient"
            )
        if self.node is not None:
            self.node.hooks = self.node.hooks or {}
            hooks = self.node.hooks.setdefault(self.index, [])
        else:
            self.hooks = hooks = self.hooks if self.hooks is not None else []
        hooks.append(hook)
        return RemovableHandle(hooks, hook)

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        if self.node is not None:
            raise RuntimeError(
                "deepcopy: only leaves can be copied deeply; use detach() or clone()"
            )
        result = Tensor.wrap(self.array.copy())
        result.__class__ = type(self)
        result._requires_grad = self._requires_grad
        memo[id(self)] = result
        result.grad = copy.deepcopy(self.grad, memo)
        return result

    def __reduce__(self) -> Any:
        return _rebuilt, (type(self), np.asarray(self.array, order="C"), self._requires_grad)

    def new(self, *data: Any, dtype: Any = None) -> Tensor:
        """``Tensor(...)`` in this one's dtype: of sizes, or of a sequence."""
        return Tensor(*data).to(dtype or self.dtype)

    def new_tensor(self, data: Any, dtype: Any = None, requires_grad: Any = False) -> Tensor:
        """A tensor of the given data, in this one's dtype unless another is given."""
        return tensor(data, dtype=dtype or self.dtype, requires_grad=requires_grad)


def _rebuilt(cls: Any, array: np.ndarray, requires_grad: bool) -> Any:
    result = Tensor.wrap(array)
    result.__class__ = cls
    result._requires_grad = requires_grad
    return result


def method(name: str) -> Callable[[Callable], Callable]:
    """Make a function of the open set a method of `Tensor` as well, under ``name``."""

    def attach(function: Callable) -> Callable:
        setattr(Tensor, name, function)
        return function

    return attach


def _array(data: Any, dtype: Any, operation: str) -> np.ndarray:
    """A fresh array of anything that holds numbers."""
    if isinstance(data, (list, tuple)) and data and any(isinstance(d, Tensor) for d in data):
        data = [d.tolist() if isinstance(d, Tensor) else d for d in data]
    if isinstance(data, Tensor):
        array = data.array.copy()
    elif isinstance(data, (np.ndarray, np.generic)):
        array = np.array(data)
    else:
        try:
            array = np.array(data)
        except ValueError as error:
            raise ValueError(f"{operation}: data is not rectangular: {error}") from None
        if array.size == 0 or (array.dtype == np.float64 and not _numpys(data)):  # Python floats
            array = array.astype(dtypes.get_default_dtype().dtype) if dtype is None else array
    wanted = dtypes.numpy_dtype(array.dtype if dtype is None else dtype, operation)
    if array.dtype.kind not in "biuf":
        raise TypeError(f"{operation}: data of type {array.dtype} holds no numbers")
    return np.ascontiguousarray(array.astype(wanted, copy=False)).reshape(array.shape)


def _numpys(data: Any) -> bool:
    """Whether the first number of nested lists is NumPy's, which says its dtype."""
    while isinstance(data, (list, tuple)) and data:
        data = data[0]
    return isinstance(data, (np.ndarray, np.generic))


def tensor(
    data: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """A tensor with a copy of ``data``: numbers, nested lists, an ndarray or a Tensor.

    Python floats become the default dtype (float32), integers int64; arrays keep their dtype.

    Raises
    ------
    TypeError
        For dtypes that minigrad does not compute with.
    ValueError
        For nested lists that are not rectangular.
    """
    if device is not None:
        dtypes.device(device)
    return Tensor.wrap(_array(data, dtype, "tensor")).requires_grad_(requires_grad)


def from_array(array: np.ndarray) -> Tensor:
    """A tensor over the memory of ``array``, which other NumPy code may go on to change.

    Used for `from_numpy` and DLPack.  A byte-swapped array is converted, and so copied.
    """
    if not isinstance(array, np.ndarray):
        raise TypeError(f"from_numpy: expected a numpy.ndarray, got {type(array).__name__}")
    kind = dtypes.numpy_dtype(array.dtype, "from_numpy")
    result = Tensor.wrap(array.astype(kind, copy=False).view())
    result.storage.shared = result.storage.exported = True
    return result
