"""How often the right class was chosen, where colours are classes (seed 000, the course)."""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["accuracy", "balanced_accuracy"]


def accuracy(scores: Any, labels: Any, k: int = 1) -> float:
    """Share of places whose label has the largest score, in [0, 1]; 1 is best.

    mean over places of [label is among the k classes of largest score]; of equal scores the class
    of the smaller number comes first.

    Parameters
    ----------
    scores : array-like
        (N, C) or (N, C, H, W): one score for each class.
    labels : array-like
        (N,) or (N, H, W), integers in [0, C).
    k : int
        How many guesses are allowed ("top-k").

    Raises
    ------
    ValueError
        Shapes that do not fit, no place, a label outside the classes, k outside 1 ... C.

    Examples
    --------
    >>> accuracy([[0.1, 0.9], [0.8, 0.2]], [1, 1])
    0.5
    """
    flat, classes = _flattened("accuracy", scores, labels)
    if not 1 <= k <= flat.shape[1]:
        raise ValueError(f"accuracy: k={k} must lie between 1 and {flat.shape[1]}, the classes")
    if k == 1:
        return float(np.mean(flat.argmax(axis=1) == classes))
    best = np.argsort(-flat, axis=1, kind="stable")[:, :k]
    return float(np.mean((best == classes[:, None]).any(axis=1)))


def balanced_accuracy(scores: Any, labels: Any) -> float:
    """Accuracy within each class that occurs, averaged over these classes, in [0, 1]; 1 is best.

    mean over classes c of the mean over places with label c of [c has the largest score]. Always
    guessing the most frequent of C colours reaches 1 / C here, whatever its share.

    Examples
    --------
    >>> balanced_accuracy([[0.9, 0.1]] * 4, [0, 0, 0, 1])
    0.5
    """
    flat, classes = _flattened("balanced_accuracy", scores, labels)
    right = np.bincount(classes, flat.argmax(axis=1) == classes, minlength=flat.shape[1])
    there = np.bincount(classes, minlength=flat.shape[1])
    return float(np.mean(right[there > 0] / there[there > 0]))


def _flattened(operation: str, scores: Any, labels: Any) -> tuple[np.ndarray, np.ndarray]:
    """Return scores (places, C) and labels (places,)."""
    scores, labels = np.asarray(scores), np.asarray(labels)
    fits = scores.ndim in (2, 4) and labels.shape == scores.shape[:1] + scores.shape[2:]
    if not fits or not scores.size:
        raise ValueError(
            f"{operation}: scores {scores.shape}, labels {labels.shape}; give (N, C) and (N,), or "
            "(N, C, H, W) and (N, H, W), N > 0"
        )
    if not np.issubdtype(labels.dtype, np.integer):
        raise ValueError(f"{operation}: labels have dtype {labels.dtype}; give integers")
    C = scores.shape[1]
    outside = labels[(labels < 0) | (labels >= C)]
    if outside.size:
        raise ValueError(f"{operation}: label {outside[0]} is not one of {C} classes, 0 to {C - 1}")
    return np.moveaxis(scores, 1, -1).reshape(-1, C), labels.ravel()
