"""What `check` found: right or wrong, the first wrong place, what may have happened."""

from __future__ import annotations

import html
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass, field

from minigrad.teach.diagnose import Diagnosis
from minigrad.teach.views_blocks import WIDTH, Block

__all__ = ["Verdict"]

SHOWN = 6  # diagnoses


@dataclass
class Verdict:
    """The result of a check.

    Attributes
    ----------
    right : bool
    headline : str
        In one sentence what is wrong, and where first.
    blocks : list of Block
        The right products of that place, and the answer beside the truth.
    diagnoses : list of Diagnosis
        What may have happened, the simplest first.
    """

    right: bool
    headline: str
    blocks: list[Block] = field(default_factory=list)
    diagnoses: Sequence[Diagnosis] = ()

    @property
    def names(self) -> list[str]:
        """The mistakes of the diagnoses, flat, in order."""
        return list(dict.fromkeys(name for d in self.diagnoses for name in d.names))

    def __bool__(self) -> bool:
        return self.right

    def lines(self) -> list[str]:
        """As plain text, for 80 columns."""
        found = textwrap.wrap(f"{'Right' if self.right else 'Wrong'}: {self.headline}", WIDTH)
        for block in self.blocks:
            found += ["", *block.lines()]
        if not self.right:
            found += ["", self._heading()]
            for number, text in enumerate(self._texts(), 1):
                mark = f"{number}. " if len(self.diagnoses) > 1 and number <= SHOWN else ""
                indent = " " * (2 + len(mark))
                found += textwrap.wrap(f"  {mark}{text}", WIDTH, subsequent_indent=indent)
        return [line.rstrip() for line in found]

    def _heading(self) -> str:
        if not self.diagnoses:
            return "No classic mistake, and no two of them together, explain it."
        many = len(self.diagnoses) > 1
        return f"What may have happened{' (the simplest first)' if many else ''}:"

    def _texts(self) -> list[str]:
        texts = [str(diagnosis) for diagnosis in self.diagnoses[:SHOWN]]
        left = len(self.diagnoses) - SHOWN
        return [*texts, f"... and {left} more"] if left > 0 else texts

    def __str__(self) -> str:
        return "\n".join(self.lines())

    def to_html(self) -> str:
        """As one piece of HTML."""
        word = "Right" if self.right else "Wrong"
        parts = [f"<p><strong>{word}:</strong> {html.escape(self.headline)}</p>"]
        parts += [block.to_html() for block in self.blocks]
        if not self.right:
            items = "".join(f"<li>{html.escape(text)}</li>" for text in self._texts())
            parts.append(f"<p>{html.escape(self._heading())}</p><ol>{items}</ol>")
        return f'<article class="minigrad verdict">{"".join(parts)}</article>'

    def _repr_html_(self) -> str:
        return self.to_html()
