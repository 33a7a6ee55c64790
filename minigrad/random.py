"""Random numbers: seeded generators whose whole state can be saved and brought back.

One generator serves everything that is not given another: initial weights, dropout, shuffles.  It
is NumPy's Philox, a counter-based generator (Salmon et al., "Parallel random numbers: as easy as 1,
2, 3", SC 2011).
"""

from __future__ import annotations

import json
import threading
from typing import Any

import numpy as np

__all__ = ["Generator", "default_generator", "initial_seed", "manual_seed", "seed"]


class Generator:
    """A stream of random numbers.

    >>> from minigrad.random import Generator
    >>> a, b = Generator().manual_seed(3), Generator().manual_seed(3)
    >>> bool(a.numpy.random() == b.numpy.random())
    True
    """

    def __init__(self, device: Any = "cpu") -> None:
        self._lock = threading.Lock()
        self.manual_seed(0)

    def manual_seed(self, seed: int) -> Generator:
        """Start the stream that belongs to ``seed`` (any integer); returns the generator."""
        if isinstance(seed, bool) or not isinstance(seed, (int, np.integer)):
            raise TypeError(f"manual_seed: seed (={seed!r}) must be an integer")
        self._seed = int(seed)
        self.numpy = np.random.Generator(np.random.Philox(int(seed) % 2**128))
        return self

    def seed(self) -> int:
        """Start from a seed drawn from the system's entropy, and return it."""
        self.manual_seed(int(np.random.SeedSequence().entropy) % 2**63)  # type: ignore[arg-type]
        return self._seed

    def initial_seed(self) -> int:
        """The seed that the stream started from."""
        return self._seed

    def key(self) -> int:
        """Draw a 63-bit key, for kernels that count their own random numbers from it."""
        with self._lock:
            return int(self.numpy.integers(0, 2**63 - 1))

    def get_state(self) -> np.ndarray:
        """The state as bytes (uint8), from which `set_state` goes on exactly."""
        state = self.numpy.bit_generator.state
        text = json.dumps(
            {"seed": self._seed, "state": state}, default=lambda a: [int(v) for v in a]
        )
        return np.frombuffer(text.encode(), np.uint8).copy()

    def set_state(self, state: Any) -> None:
        """Go on from a state that `get_state` gave.

        Raises
        ------
        ValueError
            If the bytes are not such a state.
        """
        try:
            found = json.loads(np.asarray(state, np.uint8).tobytes())
            inner = found["state"]
            for name in ("counter", "key"):
                inner["state"][name] = np.array(inner["state"][name], np.uint64)
            inner["buffer"] = np.array(inner["buffer"], np.uint64)
            self._seed = int(found["seed"])
            self.numpy.bit_generator.state = inner
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(
                f"set_state: these bytes are not the state of a generator ({error})"
            ) from error


default_generator = Generator()


def manual_seed(seed: int) -> Generator:
    """Seed the generator that everything uses by default, and return it."""
    return default_generator.manual_seed(seed)


def seed() -> int:
    """Seed the default generator from the system's entropy, and return the seed."""
    return default_generator.seed()


def initial_seed() -> int:
    """The seed of the default generator."""
    return default_generator.initial_seed()
