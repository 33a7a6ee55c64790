"""`worksheet`: exercises with small whole numbers, and a key that was traced from the engine."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from minigrad.kernels.geometry import SizeError
from minigrad.teach.counting import Counted
from minigrad.teach.question import Question
from minigrad.teach.worksheet_blocks import Part, to_markdown
from minigrad.teach.worksheet_draw import DRAWERS, GROUPS, worthwhile
from minigrad.teach.worksheet_html import Pieces, sheet_to_html, sheet_to_page
from minigrad.teach.worksheet_latex import sheet_to_latex
from minigrad.teach.worksheet_texts import asked, key

__all__ = ["Exercise", "TRIES", "Worksheet", "exercises", "worksheet"]

TRIES = 2000  # questions drawn for one exercise, until one is worthwhile


@dataclass(frozen=True, eq=False)
class Exercise:
    """One question on a sheet.

    Attributes
    ----------
    about : str
        One of `worksheet_draw.DRAWERS`.
    seed, number, level : int
        With these it is drawn again; `number` counts from 1 for each `about`.
    question : Question or Counted
    """

    about: str
    seed: int
    number: int
    level: int
    question: Question | Counted
    fixed: bool = False

    @property
    def asked(self) -> list[Part]:
        """What is printed on the sheet."""
        return asked(self.question)

    @property
    def key(self) -> list[Part]:
        """The worked solution."""
        return key(self.question)

    @property
    def command(self) -> str:
        """How an answer is checked."""
        level = f" --level {self.level}" if self.fixed else ""
        return (
            f"minigrad check ANSWER --worksheet {self.about} --seed {self.seed} "
            f"--number {self.number}{level}"
        )


def exercises(about: str, seed: int, count: int, level: int | None = None) -> list[Exercise]:
    """The first `count` exercises about an operation; the same for the same seed.

    Parameters
    ----------
    about : str
        One of `worksheet_draw.DRAWERS`.
    seed, count : int
    level : {1, 2, 3}, optional
        By default two exercises of level 1, two of level 2, and level 3 from then on.

    Raises
    ------
    ValueError
        An unknown operation or level, or a negative seed.

    Examples
    --------
    >>> first, second = exercises("linear", seed=1, count=2)
    >>> again = exercises("linear", seed=1, count=1)[0]
    >>> np.array_equal(first.question.answer, again.question.answer)
    True
    """
    if about not in DRAWERS:
        raise ValueError(f"there are no exercises about {about!r}; there are {', '.join(DRAWERS)}")
    if level not in (None, 1, 2, 3):
        raise ValueError(f"level must be 1, 2 or 3, but got {level}")
    if seed < 0 or count < 0:
        raise ValueError(f"seed and count must not be negative, but got {seed} and {count}")
    found: list[Exercise] = []
    seen: set[str] = set()
    for number in range(1, count + 1):
        hard = level or min((number + 1) // 2, 3)
        generator = np.random.default_rng([seed, zlib.crc32(about.encode()), number, hard])
        for _ in range(TRIES):
            try:
                question = DRAWERS[about](generator, hard)
            except SizeError:  # a window larger than the picture
                continue
            mark = _mark(question)
            if mark not in seen and worthwhile(question):
                break
        else:
            raise ValueError(f"no further exercise about {about} was found; take another seed")
        seen.add(mark)
        found.append(Exercise(about, seed, number, hard, question, level is not None))
    return found


def _mark(question: Question | Counted) -> str:
    """A text that two questions share only if they are the same."""
    if isinstance(question, Counted):
        return repr(question)
    arrays = [None if a is None else np.asarray(a).tolist() for a in question.arrays]
    return repr((question.operation, arrays, sorted(question.settings.items())))


@dataclass
class Worksheet:
    """A sheet of exercises.

    Attributes
    ----------
    exercises : list of Exercise
    solutions : bool
        Whether the key is written, too.
    """

    exercises: list[Exercise]
    solutions: bool = False

    @property
    def title(self) -> str:
        """What the sheet is about."""
        names = list(dict.fromkeys(exercise.about for exercise in self.exercises))
        if len(names) > 3:
            return "Worksheet: convolutions and what belongs to them"
        return f"Worksheet: {', '.join(name.replace('_', ' ') for name in names)}"

    @property
    def note(self) -> str:
        """What holds for every exercise."""
        return (
            "Cells are counted from 0: y[0,2] is the first row's third number; with more channels "
            "than one, the channel stands before. x is the input, w the weight, b the bias. "
            "Padding is of zeros on all sides."
        )

    def to_markdown(self) -> str:
        """Plain text that renders as Markdown."""
        lines = [f"# {self.title}", "", self.note, ""]
        for number, exercise in enumerate(self.exercises, 1):
            lines += [f"## Exercise {number} (level {exercise.level})", ""]
            lines += [*to_markdown(exercise.asked), f"Check: `{exercise.command}`", ""]
        if self.solutions:
            lines += ["---", "", "# Solutions", ""]
            for number, exercise in enumerate(self.exercises, 1):
                lines += [f"## Solution {number}", "", *to_markdown(exercise.key)]
        return "\n".join(lines).rstrip() + "\n"

    def _pieces(self) -> tuple[Pieces, Pieces]:
        """The exercises and the solutions, for the other formats."""
        numbered = list(enumerate(self.exercises, 1))
        asked = [(f"Exercise {n}", f"level {e.level}", e.asked, e.command) for n, e in numbered]
        keys = [(f"Solution {n}", e.about, e.key, "") for n, e in numbered]
        return asked, keys if self.solutions else []

    def to_latex(self) -> str:
        """A LaTeX file that compiles on its own (article, amsmath)."""
        return sheet_to_latex(self.title, self.note, *self._pieces())

    def to_html(self) -> str:
        """A fragment of HTML."""
        inner = sheet_to_html(self.title, self.note, *self._pieces())
        return f'<article class="minigrad sheet">{inner}</article>'

    def to_page(self) -> str:
        """One HTML file, for the screen and for the printer, that needs no other."""
        return sheet_to_page(self.title, self.note, *self._pieces())

    def _repr_html_(self) -> str:
        return self.to_html()

    def __str__(self) -> str:
        return self.to_markdown().rstrip()


def worksheet(
    about: str | Sequence[str],
    seed: int = 0,
    count: int = 5,
    solutions: bool = False,
    level: int | None = None,
) -> Worksheet:
    """Draw a sheet of exercises.

    Parameters
    ----------
    about : str or list of str
        Operations (`worksheet_draw.DRAWERS`) or groups of them (`worksheet_draw.GROUPS`); several
        take turns.
    seed : int
        The same seed gives the same sheet, and a longer sheet begins with the shorter one.
    count : int
    solutions : bool
    level : {1, 2, 3}, optional
        Rising by default.

    Raises
    ------
    ValueError
        See `exercises`.

    Examples
    --------
    >>> sheet = worksheet("conv2d", seed=3, count=2)
    >>> sheet.exercises[1].question.operation
    'conv2d'
    >>> print(sheet)  # doctest: +ELLIPSIS
    # Worksheet: conv2d
    ...
    """
    if count < 1:
        raise ValueError(f"a sheet has at least one exercise, but count is {count}")
    words = [about] if isinstance(about, str) else list(about)
    names = list(dict.fromkeys(name for word in words for name in GROUPS.get(word, [word])))
    turns = [names[i % len(names)] for i in range(count)]
    drawn = {name: iter(exercises(name, seed, turns.count(name), level)) for name in set(turns)}
    return Worksheet([next(drawn[name]) for name in turns], solutions)
