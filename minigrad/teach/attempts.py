"""An attempt at a question: the question as somebody misunderstood it, and what was done after.

A mistake is a function from an attempt to further attempts, so two of them one after the other are
a combination of two. The answer of an attempt is again computed by the textbook kernels.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np

from minigrad.teach.question import Question

__all__ = ["Attempt", "Mistake", "attempts_by", "mistake", "pair_of"]

Change = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True, eq=False)
class Attempt:
    """One way to an answer.

    Attributes
    ----------
    question : Question
        As it was understood.
    after : tuple of callables
        What was done with the result.
    says : tuple of str
        The mistakes so far, a sentence each.
    names : tuple of str
    weight : int
        How far from the right way: the simplest explanation has the smallest.
    """

    question: Question
    after: tuple[Change, ...] = ()
    says: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    weight: int = 0

    @functools.cached_property
    def answer(self) -> np.ndarray:
        """What comes out."""
        with np.errstate(all="ignore"):
            values = self.question.answer
            for change in self.after:
                values = change(values)
        return values

    @property
    def operation(self) -> str:
        """The operation of the question."""
        return self.question.operation

    def array(self, name: str) -> np.ndarray | None:
        """The array that the builder calls x, w, b or gy; None where there is none."""
        place = self.question.place(name)
        return None if place is None else np.asarray(self.question.arrays[place], np.float64)

    def with_array(self, name: str, values: Any) -> Attempt:
        """The same with another array in its place."""
        place = self.question.place(name)
        assert place is not None
        return replace(self, question=self.question.with_array(place, values))

    def with_settings(self, says: str = "", **settings: Any) -> Attempt:
        """The same with other settings."""
        return self.then_says(says, question=self.question.with_settings(**settings))

    def with_result(self, change: Change, says: str = "") -> Attempt:
        """The same, and its result changed."""
        return self.then_says(says, after=(*self.after, change))

    def then_says(self, says: str, **changes: Any) -> Attempt:
        """The same with changes and perhaps a sentence of its own."""
        return replace(self, says=(*self.says, says) if says else self.says, **changes)


Make = Callable[[Attempt], Iterator[Attempt]]


class Mistake(NamedTuple):
    """A classic mistake.

    Attributes
    ----------
    name : str
        The function's.
    says : str
        The first line of its docstring.
    weight : int
    make : callable
        From an attempt to those with the mistake; none where it cannot be made.
    """

    name: str
    says: str
    weight: int
    make: Make


def mistake(registry: dict[str, Mistake], weight: int = 2) -> Callable[[Make], Make]:
    """Enter a function into a registry of mistakes."""

    def enter(function: Make) -> Make:
        name = function.__name__
        says = (inspect.getdoc(function) or "").split("\n")[0]
        registry[name] = Mistake(name, says, weight, function)
        return function

    return enter


def attempts_by(made: Mistake, before: Attempt) -> Iterator[Attempt]:
    """The attempts that a mistake leads to, those that no engine can compute left out."""
    steps = made.make(before)
    while True:
        try:
            with np.errstate(all="ignore"):
                found = next(steps)
            found.answer  # noqa: B018  # what cannot be computed is no explanation
        except StopIteration:
            return
        except (ValueError, TypeError, IndexError, ZeroDivisionError):
            continue
        says = found.says if len(found.says) > len(before.says) else (*before.says, made.says)
        weight = before.weight + made.weight + (1 if before.names else 0)
        yield replace(found, says=says, names=(*before.names, made.name), weight=weight)


def pair_of(question: Question, name: str, usual: Any) -> tuple[int, int]:
    """A setting as (height, width)."""
    value = question.settings.get(name, usual)
    value = usual if value is None else value
    return (value, value) if isinstance(value, int | np.integer) else tuple(value)
