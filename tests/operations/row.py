"""What a row of the op table is: an operation, samples of its arguments, a reference, refusals.

A sample is a `Call`: positional and keyword arguments in which every tensor stands as its array.
The operation gets them as tensors and the reference as arrays; both take the same arguments.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

import numpy as np

import minigrad
import minigrad.functional as F
from minigrad import Tensor
from minigrad.method_functions import __all__ as METHOD_FUNCTIONS

__all__ = ["Call", "Refusal", "Row", "away", "distinct", "listed", "normal", "refused", "resolve"]

SOURCES = {"F": F, "Tensor": Tensor, "minigrad": minigrad}


# Numbers


def normal(rng: np.random.Generator, *shape: int) -> np.ndarray:
    """Normal random numbers."""
    return np.asarray(rng.standard_normal(shape))


def away(rng: np.random.Generator, shape: Any, *kinks: float, low=-3.0, high=3.0) -> np.ndarray:
    """Uniform numbers 0.05 and more from every kink, so that no finite difference crosses it."""
    x = rng.uniform(low, high, shape)
    for kink in kinks:
        x = np.where(abs(x - kink) < 0.05, kink + 0.05 + abs(x - kink), x)
    return x


def distinct(rng: np.random.Generator, *shape: int) -> np.ndarray:
    """Numbers 0.1 apart, none of them 0, so that no largest one changes hands within a step."""
    size = int(np.prod(shape))
    return np.asarray((rng.permutation(size) - size // 2 + 0.5).reshape(shape) * 0.1)


# Calls


def _mapped(value: Any, f: Callable[[np.ndarray], Any]) -> Any:
    if isinstance(value, np.ndarray):
        return f(value)
    if isinstance(value, (list, tuple)):
        return type(value)(_mapped(v, f) for v in value)
    return value


class Call:
    """Arguments of an operation; tensors stand as arrays, also within lists."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.args, self.kwargs = args, kwargs
        self.constants: tuple[int, ...] = ()

    def keeping(self, *constants: int) -> "Call":
        """The same call, in which the arrays of these numbers get no gradient."""
        self.constants = constants
        return self

    def map(self, f: Callable[[np.ndarray], Any]) -> "Call":
        """The same call with ``f`` of each array in its place."""
        args = [_mapped(value, f) for value in self.args]
        kwargs = {name: _mapped(value, f) for name, value in self.kwargs.items()}
        return Call(*args, **kwargs).keeping(*self.constants)

    @property
    def arrays(self) -> list[np.ndarray]:
        """All arrays, in order."""
        found: list[np.ndarray] = []
        self.map(found.append)
        return found

    def holding(self, arrays: Iterable[Any]) -> "Call":
        """The same call with other values in the places of the arrays."""
        values = iter(arrays)
        return self.map(lambda _: next(values))

    def to(self, dtype: Any) -> "Call":
        """The same call with floating arrays of another dtype."""
        return self.map(lambda a: a.astype(dtype) if a.dtype.kind == "f" else a)

    def __call__(self, function: Callable) -> Any:
        return function(*self.args, **self.kwargs)


class Refusal(NamedTuple):
    """A call that must be refused: by which error, with which words in its message."""

    error: type[Exception]
    words: tuple[str, ...]
    call: Call


def refused(error: type[Exception], words: str, *args: Any, **kwargs: Any) -> Refusal:
    """A `Refusal`; the words are given with spaces between."""
    return Refusal(error, tuple(words.split()), Call(*args, **kwargs))


# Rows


class Row:
    """One operation.

    Parameters
    ----------
    name : str
        "F.relu", "Tensor.exp" or "minigrad.cat".
    reference : callable
        The operation on arrays: a formula or loops, independent of the code under test.
    samples : callable
        Takes a random generator and yields one `Call` or more, in float64.
    also : str
        Other names of the operation, separated by spaces.
    linear : tuple of int
        Which arrays of a call the result is linear in (plus a constant), one at a time.
    batch : tuple of int
        Which arrays of a call have the batch as their first axis, as the results then do.
    gradient : bool
        Whether the operation has a gradient.
    random : bool
        Whether it draws; the generator is then seeded before each call.
    refusals : sequence of Refusal
    """

    def __init__(
        self,
        name: str,
        reference: Callable,
        samples: Callable[[np.random.Generator], Iterable[Call]],
        *,
        also: str = "",
        linear: tuple[int, ...] = (),
        batch: tuple[int, ...] = (),
        gradient: bool = True,
        random: bool = False,
        refusals: Iterable[Refusal] = (),
    ) -> None:
        self.name, self.reference, self.samples = name, reference, samples
        self.linear, self.batch, self.gradient, self.random = linear, batch, gradient, random
        self.refusals = tuple(refusals)
        self.names = [name, *also.split()]
        for known in tuple(self.names):
            source, _, twin = known.partition(".")
            if twin in METHOD_FUNCTIONS if source == "Tensor" else hasattr(minigrad, twin):
                self.names.append(f"minigrad.{twin}")
        self.names = list(dict.fromkeys(self.names))

    @property
    def spoken(self) -> str:
        """The operation's name in messages."""
        return self.name.partition(".")[2]

    def calls(self, seed: int = 0) -> list[Call]:
        """The samples of one seed."""
        return list(self.samples(np.random.default_rng([seed, *self.name.encode()])))

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """The operation on tensors."""
        return self.named(self.name)(*args, **kwargs)

    def named(self, name: str) -> Callable:
        """The operation under one of its names."""
        if self.random:
            minigrad.manual_seed(5)
        return resolve(name)

    def __repr__(self) -> str:
        return self.name


def resolve(name: str) -> Callable:
    """The function of a name such as "F.relu", or the getter of one such as "Tensor.T"."""
    source, _, attribute = name.partition(".")
    found = getattr(SOURCES[source], attribute)
    return found.fget if isinstance(found, property) else found


def listed(result: Any) -> Iterator[Any]:
    """The values of a result: its tensors, arrays and numbers, one after the other."""
    if isinstance(result, (tuple, list)):
        for value in result:
            yield from listed(value)
    else:
        yield result
