"""From a wrong matrix back to the mistake: every classic one is tried, then two together."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from minigrad.teach.attempts import Attempt, attempts_by
from minigrad.teach.mistakes import MISTAKES
from minigrad.teach.mistakes_layers import LAYER_MISTAKES
from minigrad.teach.question import Question
from minigrad.teach.slips import slips_of

__all__ = ["Diagnosis", "agrees", "diagnose", "squeezed"]

ALL = {**MISTAKES, **LAYER_MISTAKES}
MOST = 400_000  # numbers of all combinations' answers together, about a second


@dataclass(frozen=True)
class Diagnosis:
    """What may have happened.

    Attributes
    ----------
    names : tuple of str
        The functions of `mistakes`, `mistakes_layers`, `mistakes_counts` or `slips`.
    says : tuple of str
        A sentence each.
    weight : int
        The simplest has the smallest.
    """

    names: tuple[str, ...]
    says: tuple[str, ...]
    weight: int

    def __str__(self) -> str:
        return " And: ".join(self.says)


def squeezed(values: np.ndarray) -> np.ndarray:
    """Without leading axes of length 1, but a matrix at least."""
    values = np.atleast_2d(np.asarray(values, np.float64))
    while values.ndim > 2 and values.shape[0] == 1:
        values = values[0]
    return values


def agrees(given: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Cell by cell, whether a given number is the right one; a rounded one counts.

    A whole number has to be exact. Any other may be rounded to two places or more after the point.
    """
    exact = np.isclose(given, right, rtol=1e-9, atol=1e-9, equal_nan=True)
    rounded = np.zeros_like(exact)
    for cell in zip(*np.nonzero(~exact), strict=True):
        places = len(repr(float(given[cell])).partition(".")[2])
        truth = float(right[cell])
        fraction = np.isfinite(truth) and abs(truth - round(truth)) > 1e-9
        if fraction and 2 <= places <= 12:
            rounded[cell] = abs(given[cell] - right[cell]) <= 0.5 * 10.0**-places * (1 + 1e-9)
    return exact | rounded


def _explains(answer: np.ndarray, given: np.ndarray) -> bool:
    answer = squeezed(answer)
    return answer.shape == given.shape and bool(agrees(given, answer).all())


def diagnose(question: Question, given: np.ndarray) -> list[Diagnosis]:
    """What may have led to a wrong answer, the simplest first.

    Combinations of two mistakes, and slips after a mistake, are tried where one alone explains
    nothing.
    """
    start = Attempt(question)
    right = squeezed(start.answer)
    first = [attempt for one in ALL.values() for attempt in attempts_by(one, start)]
    first = [a for a in first if not _explains(a.answer, right)]
    found = [a for a in first if _explains(a.answer, given)]
    diagnoses = [Diagnosis(a.names, a.says, a.weight) for a in found]
    diagnoses += _slips(start, given, most=2)
    if not diagnoses:
        diagnoses = [d for a in first for d in _slips(a, given, most=1)]
        diagnoses += [
            Diagnosis(a.names, a.says, a.weight)
            for a in _twice(first)
            if _explains(a.answer, given) and not _explains(a.answer, right)
        ]
    return _simplest(diagnoses)


def _twice(first: list[Attempt]) -> Iterator[Attempt]:
    """Each mistake after each other one, as long as that is quick."""
    left = MOST
    for before in first:
        for name, made in ALL.items():
            if name in before.names:
                continue
            for attempt in attempts_by(made, before):
                left -= attempt.answer.size + 20
                if left < 0:
                    return
                yield attempt


def _slips(attempt: Attempt, given: np.ndarray, most: int) -> list[Diagnosis]:
    """Slips in a few cells of an otherwise consistent answer."""
    answer = attempt.answer
    if squeezed(answer).shape != given.shape or (attempt.names and answer.size < 4):
        return []
    if np.count_nonzero(~agrees(given, squeezed(answer))) > most:
        return []
    plain = not attempt.after and attempt.question.explains
    shaped = given.reshape(answer.shape)
    trace = attempt.question.trace if plain else None
    groups = slips_of(trace, attempt.question.result, answer, shaped, most)
    if len(groups) == 1:
        return [_joined(attempt, [slip]) for slip in groups[0]]
    return [_joined(attempt, [group[0] for group in groups])] if groups else []


def _joined(attempt: Attempt, slips: list) -> Diagnosis:
    weight = attempt.weight + sum(slip.weight for slip in slips) + (1 if attempt.names else 0)
    return Diagnosis(
        (*attempt.names, *(slip.name for slip in slips)),
        (*attempt.says, *(slip.says for slip in slips)),
        weight,
    )


def _simplest(diagnoses: list[Diagnosis]) -> list[Diagnosis]:
    """Each once, sorted; two mistakes in either order are one."""
    found: dict[frozenset[str], Diagnosis] = {}
    for diagnosis in sorted(diagnoses, key=lambda d: d.weight):
        found.setdefault(frozenset(diagnosis.says), diagnosis)
    return list(found.values())
