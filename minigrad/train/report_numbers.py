"""The numbers of ``report.html``: what the network reached, beside both baselines."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape

from minigrad.summary import LayerRow
from minigrad.train.evaluate import Evaluation
from minigrad.train.progress import duration

__all__ = ["facts", "results_rows"]


def facts(
    history: Sequence[dict[str, float]],
    evaluations: Sequence[Evaluation],
    layers: Sequence[LayerRow],
) -> str:
    """Return the cards at the head of a report, the baselines beside the network's numbers."""
    seconds = sum(row["seconds"] for row in history)
    epochs = f"{len(history)} epochs" if len(history) != 1 else "1 epoch"
    rows = [_facts_of(evaluation) for evaluation in evaluations[:2]] or [[]]
    rows[0].append(("Training", _spaced(duration(seconds)), epochs))
    if len(rows) > 1 and layers:
        parameters = sum(row.parameters for row in layers)
        rows[1].append(("Network", f"{parameters:,}", "parameters"))
    cells = "".join(
        f'<div class="card"><dt>{escape(name)}</dt><dd><span class="value">{value}</span>'
        f'<span class="beside">{escape(beside)}</span></dd></div>'
        for row in rows
        for name, value, beside in row
    )
    return f'<dl class="facts">{cells}</dl>'


def _facts_of(evaluation: Evaluation) -> list[tuple[str, str, str]]:
    """What a set of pictures gave, as (title, value, the baselines')."""
    ours, gray, mean = (evaluation.score(name) for name in ("ours", "gray", "mean colour"))
    return [
        (
            f"PSNR, {evaluation.name}",
            f"{ours.psnr:.2f} <small>dB</small>",
            f"gray {gray.psnr:.2f}, mean colour {mean.psnr:.2f}",
        ),
        (
            f"ab error, {evaluation.name}",
            f"{ours.ab_error:.2f} <small>Lab units</small>",
            f"gray {gray.ab_error:.2f}, mean colour {mean.ab_error:.2f}",
        ),
        (
            f"Colourfulness, {evaluation.name}",
            _percent(ours.ratio),
            f"truth 100%, mean colour {_share(mean.ratio)}",
        ),
    ]


def _spaced(text: str) -> str:
    """Write the units of a duration smaller than its numbers."""
    return " ".join(
        part if part.isdigit() else f"<small>{escape(part)}</small>" for part in text.split()
    )


def _percent(ratio: float) -> str:
    return f"{ratio * 100:.0f} <small>%</small>" if math.isfinite(ratio) else "-"


def _share(ratio: float) -> str:
    return f"{ratio:.0%}" if math.isfinite(ratio) else "-"


def results_rows(evaluations: Sequence[Evaluation]) -> str:
    """Return the table of all evaluations, the best of each column marked."""
    head = "".join(
        f'<th class="n">{name}</th>'
        for name in ("PSNR RGB [dB]", "ab error [Lab]", "colourfulness", "of the truth's")
    )
    bodies = "".join(_results_of(evaluation) for evaluation in evaluations)
    table = f"<table><thead><tr><th></th>{head}</tr></thead>{bodies}</table>"
    return f'<div class="card scroll">{table}</div>'


def _results_of(evaluation: Evaluation) -> str:
    scores = evaluation.scores
    best = (
        max(score.psnr for score in scores),
        min(score.ab_error for score in scores),
        min((abs(score.ratio - 1) for score in scores if math.isfinite(score.ratio)), default=-1),
    )
    rows = [f'<tr><th colspan="5">{escape(evaluation.name)} ({evaluation.items})</th></tr>']
    for score in scores:
        fullest = abs(score.ratio - 1) == best[2]
        cells = (
            (f"{score.psnr:.2f}", score.psnr == best[0]),
            (f"{score.ab_error:.2f}", score.ab_error == best[1]),
            (f"{score.colourfulness:.1f}", fullest),
            (_share(score.ratio), fullest),
        )
        rows.append(
            f'<tr class="{escape(score.method.split()[0])}"><td>{escape(score.method)}</td>'
            + "".join(f'<td class="n{" best" * first}">{text}</td>' for text, first in cells)
            + "</tr>"
        )
    rows.append(
        f'<tr><td>truth</td><td></td><td></td><td class="n">'
        f'{evaluation.truth_colourfulness:.1f}</td><td class="n">100%</td></tr>'
    )
    return f"<tbody>{''.join(rows)}</tbody>"
