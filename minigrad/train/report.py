"""``report.html``: what a run did, in one file that needs no other and no network."""

from __future__ import annotations

import base64
import io
import math
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Any

import numpy as np
from PIL import Image

from minigrad.atomic import replace_file
from minigrad.summary import LayerRow
from minigrad.train.charts import Line, line_chart
from minigrad.train.evaluate import Evaluation
from minigrad.train.report_numbers import facts, results_rows
from minigrad.train.report_style import STYLE
from minigrad.train.samples import Sample

__all__ = ["RunReport", "write_report"]

_CHANGED = ("same", "changed")
_LARGEST_PNG = 128 * 128  # pixels; larger pictures are embedded as JPEG


@dataclass
class RunReport:
    """Everything a report shows.

    Attributes
    ----------
    title, lead : str
        Heading, and the sentence below it.
    history : list of dict
        One row an epoch: "loss", "val_loss", "val_psnr", "lr", "seconds", "items".
    best_epoch : int
        Whose weights are evaluated; 0 if none was chosen.
    evaluations : list of Evaluation
    crops, pictures : list of Sample
        Held-out crops, and held-out pictures as a whole.
    options : list of tuple
        (name, value, whether it differs from the default).
    layers : list of LayerRow
    layers_for : str
        The size of picture that the layers' shapes are for.
    timings, versions : dict of str to str
    commands : str
        How to go on from here, as lines for a shell.
    notes : list of str
        What else the reader should know.
    """

    title: str
    lead: str
    history: list[dict[str, float]]
    best_epoch: int
    evaluations: list[Evaluation]
    crops: list[Sample] = field(default_factory=list)
    pictures: list[Sample] = field(default_factory=list)
    options: list[tuple[str, Any, bool]] = field(default_factory=list)
    layers: list[LayerRow] = field(default_factory=list)
    layers_for: str = ""
    timings: dict[str, str] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)
    commands: str = ""
    notes: list[str] = field(default_factory=list)


def write_report(path: str | os.PathLike, report: RunReport) -> None:
    """Write a report as one HTML file, whole or not at all."""
    replace_file(path, _page(report).encode("utf-8"))


def _page(report: RunReport) -> str:
    sections = [
        facts(report.history, report.evaluations, report.layers),
        *[f'<p class="note">{escape(note)}</p>' for note in report.notes],
        _gallery(
            "Held-out crops", "The network never saw these pixels, but others of these pictures.",
            report.crops, "crops",
        ),
        _gallery(
            "Held-out pictures", "The network never saw these scenes at all. Colours are predicted "
            "on a small copy of the picture and joined with its own lightness.",
            report.pictures, "pictures",
        ),
        _results(report.evaluations),
        _curves(report),
        _pairs(report),
        _layers(report),
        _commands(report.commands),
    ]  # fmt: skip
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(report.title)}</title><style>{STYLE}</style></head>\n<body><main>"
        f'<header><h1>{escape(report.title)}</h1><p class="lead">{escape(report.lead)}</p></header>'
        + "\n".join(section for section in sections if section)
        + "</main></body></html>\n"
    )


def _section(title: str, note: str, body: str) -> str:
    below = f'<p class="note">{escape(note)}</p>' if note else ""
    return f"<section><h2>{escape(title)}</h2>{below}{body}</section>"


def _gallery(title: str, note: str, samples: Sequence[Sample], kind: str) -> str:
    if not samples:
        return ""
    figures = "".join(_figure(sample) for sample in samples)
    return _section(title, note, f'<div class="{kind}">{figures}</div>')


def _figure(sample: Sample) -> str:
    cells = "".join(
        f'<div><span class="{name}">{name}</span><img src="{_data_url(image)}" '
        f'width="{image.shape[1]}" height="{image.shape[0]}" '
        f'alt="{escape(sample.name)}: {name}"></div>'
        for name, image in (("gray", sample.gray), ("ours", sample.ours), ("truth", sample.truth))
    )
    caption = f"<figcaption>{escape(sample.name)}</figcaption>"
    return f'<figure class="card"><div class="three">{cells}</div>{caption}</figure>'


def _data_url(image: np.ndarray) -> str:
    file = io.BytesIO()
    small = image.shape[0] * image.shape[1] <= _LARGEST_PNG
    if small:
        Image.fromarray(image).save(file, "PNG", optimize=True)
    else:
        Image.fromarray(image).save(file, "JPEG", quality=90)
    kind = "png" if small else "jpeg"
    return f"data:image/{kind};base64,{base64.b64encode(file.getvalue()).decode('ascii')}"


def _results(evaluations: Sequence[Evaluation]) -> str:
    note = (
        "Against two baselines that know nothing of the picture: gray, and the mean colour of the "
        "training set. PSNR: higher is better. ab error, the mean distance from the true colour: "
        "lower is better. Colourfulness: nearest to the truth's is best. The best are bold."
    )
    return _section("Results", note, results_rows(evaluations)) if evaluations else ""


def _curves(report: RunReport) -> str:
    history = report.history
    if not history:
        return ""
    best = report.best_epoch - 1
    charts = [
        ("Loss", [
            Line("training", _column(history, "loss"), "b"),
            Line("held-out crops", _column(history, "val_loss"), "a", best),
        ]),
        ("PSNR on held-out crops [dB]", [
            Line("ours", _column(history, "val_psnr"), "a", best),
            Line("gray", _level(report, "gray"), "c"),
            Line("mean colour", _level(report, "mean colour"), "d"),
        ]),
        ("ab error on held-out crops [Lab]", [
            Line("ours", _column(history, "val_ab_error"), "a", best),
            Line("gray", _level(report, "gray", "ab_error"), "c"),
            Line("mean colour", _level(report, "mean colour", "ab_error"), "d"),
        ]),
        ("Accuracy: share of pixels of the right class", [
            Line("ours", _column(history, "val_accuracy"), "a", best),
        ]),
        ("Frechet distance of held-out crops' features", [
            Line("ours", _column(history, "val_frechet"), "a", best),
        ]),
        ("Adversarial losses", [
            Line("discriminator, true colours", _column(history, "critic_real"), "a"),
            Line("discriminator, painted ones", _column(history, "critic_fake"), "c"),
            Line("generator", _column(history, "adversarial"), "b"),
        ]),
        ("Learning rate x 1000", [Line("", [1e3 * v for v in _column(history, "lr")], "b")]),
    ]  # fmt: skip
    drawn = "".join(_chart(title, lines, title == "Loss") for title, lines in charts)
    note = f"The larger dot is epoch {report.best_epoch}, the best one, whose weights are kept."
    return _section("Curves", note if best >= 0 else "", f'<div class="charts">{drawn}</div>')


def _chart(title: str, lines: Sequence[Line], log: bool) -> str:
    lines = [line for line in lines if any(math.isfinite(v) for v in line.values)]
    if not lines:
        return ""
    legend = "".join(f'<li><i class="{x.style}"></i>{escape(x.name)}</li>' for x in lines if x.name)
    return (
        f'<figure class="card"><figcaption>{escape(title)}</figcaption>'
        f'<ul class="legend">{legend}</ul>{line_chart(title, lines, log=log)}</figure>'
    )


def _column(history: Sequence[dict[str, float]], name: str) -> list[float]:
    return [row.get(name, math.nan) for row in history]


def _level(report: RunReport, method: str, metric: str = "psnr") -> list[float]:
    """A baseline's value on the first set of pictures, as a level line."""
    if not report.evaluations:
        return [math.nan]
    return [getattr(report.evaluations[0].score(method), metric)] * len(report.history)


def _pairs(report: RunReport) -> str:
    options = list(report.options)
    middle = (len(options) + 1) // 2
    blocks = [
        ("Options", options[:middle]),
        ("Options, continued", options[middle:]),
        ("Times", [(name, value, False) for name, value in report.timings.items()]),
        ("Versions", [(name, value, False) for name, value in report.versions.items()]),
    ]
    cards = "".join(_pair_table(title, rows) for title, rows in blocks if rows)
    if not cards:
        return ""
    note = "What differs from the defaults stands out."
    return _section("Configuration", note, f'<div class="pairs">{cards}</div>')


def _pair_table(title: str, rows: Sequence[tuple[str, Any, bool]]) -> str:
    body = "".join(
        f'<tr class="{_CHANGED[changed]}"><td>{escape(name)}</td>'
        f"<td>{escape(_shown(value))}</td></tr>"
        for name, value, changed in rows
    )
    return f'<div class="card"><h3>{escape(title)}</h3><table><tbody>{body}</tbody></table></div>'


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return " ".join(map(str, value))
    return "-" if value is None else str(value)


def _layers(report: RunReport) -> str:
    if not report.layers:
        return ""
    body = "".join(
        f"<tr><td><code>{escape(row.name)}</code></td><td>{escape(row.kind)}</td>"
        f'<td class="n">{_shape(row.output)}</td><td class="n">{row.parameters:,}</td>'
        f'<td class="n">{row.macs / 1e6:,.2f}</td></tr>'
        for row in report.layers
    )
    parameters = sum(row.parameters for row in report.layers)
    macs = sum(row.macs for row in report.layers) / 1e6
    total = (
        f'<tr class="total"><td>total</td><td></td><td></td><td class="n">{parameters:,}</td>'
        f'<td class="n">{macs:,.2f}</td></tr>'
    )
    head = (
        '<thead><tr><th>layer</th><th>kind</th><th class="n">output</th>'
        '<th class="n">parameters</th><th class="n">MACs [million]</th></tr></thead>'
    )
    table = f"<table>{head}<tbody>{body}{total}</tbody></table>"
    summary = f"{len(report.layers)} layers, {parameters:,} parameters, {macs:,.0f} million MACs"
    details = (
        f'<details class="card"><summary>{summary}</summary><div class="scroll">{table}</div>'
        "</details>"
    )
    note = (
        f"Shapes (channels x height x width) and multiply-adds of one picture {report.layers_for}."
    )
    return _section("Network", note, details)


def _shape(sizes: Sequence[int]) -> str:
    return " x ".join(map(str, sizes))


def _commands(commands: str) -> str:
    if not commands:
        return ""
    return _section("Going on", "", f"<pre>{escape(commands)}</pre>")
