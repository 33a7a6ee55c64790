"""The page of an explanation: what it says, and the scenes that go with its views."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable, Sequence

from minigrad.teach.explain_subject import Subject
from minigrad.teach.fragment import fragment
from minigrad.teach.page import scenes_faces, scenes_forward
from minigrad.teach.page.assemble import assembled, footer
from minigrad.teach.page.scenes import MOST_SHARED, MOST_TERMS, Scene
from minigrad.teach.page.words import equation_html, facts_html, headline
from minigrad.teach.views_blocks import Paragraph, View

__all__ = ["SCENES", "explanation_page", "scenes_of"]

STYLES = ("theme.css", "page.css")
SCRIPTS = ("theme.js", "grid.js", "scene.js", "stage.js", "words.js", "page.js")

SCENES: dict[str, Callable[[Subject], list[Scene]]] = {
    "backward": scenes_faces.backward,
    "channels": scenes_forward.window,
    "copies": scenes_forward.copies,
    "crop": scenes_forward.crop,
    "im2col": scenes_faces.im2col,
    "leftover": scenes_forward.leftover,
    "overlap": scenes_forward.overlap,
    "phases": scenes_faces.phases,
    "rows": scenes_forward.rows,
    "scatter": scenes_forward.scatter,
    "statistics": scenes_forward.statistics,
    "sums": scenes_forward.sums,
    "toeplitz": scenes_faces.toeplitz,
    "window": scenes_forward.window,
    "zero_insertion": scenes_faces.zero_insertion,
}
"""Name of a view: its scenes. A view without any is shown as it prints itself."""

_SAID = {"crop", "leftover", "overlap", "zero_insertion", "statistics"}
"""Views whose sentences are worth reading below the figure."""


def scenes_of(subject: Subject, views: Sequence[View]) -> list[Scene]:
    """The scenes of some views, in their order; a view without scenes becomes one of text."""
    found: list[Scene] = []
    for view in views:
        make = SCENES.get(view.name)
        if view.name == "window" and "pool" in subject.operation:
            make = scenes_forward.pool_window
        made = make(subject) if make is not None else []
        if view.name == "channels" and subject.operation == "conv_transpose2d":
            made = scenes_forward.sums(subject)
        if not made or not _fits(subject, made):
            made = [Scene(view.name, view.name.replace("_", " ").capitalize(), view.title, "", [])]
            made[0].notes = "".join(block.to_html() for block in view.blocks)
        elif view.name in _SAID:
            made[-1].notes = "".join(block.to_html() for block in _said(view))
        elif view.name == "channels":
            made[-1].notes = "".join(block.to_html() for block in view.blocks)
        found += made
    return found


def _said(view: View) -> list[Paragraph]:
    """The sentences of a view, but for those on brackets, which are a terminal's marks."""
    found = []
    for block in view.blocks:
        if isinstance(block, Paragraph) and not re.search(r"\( \)|\{ \}|\[ \]", block.text):
            found.append(Paragraph(block.text.replace(", {0} above,", "")))
    return found


def _fits(subject: Subject, scenes: Sequence[Scene]) -> bool:
    """Whether the terms that the scenes tell are few enough for a page."""
    shared = any(isinstance(scene.cells, str) for scene in scenes)
    own = (cell for scene in scenes if not isinstance(scene.cells, str) for cell in scene.cells)
    return (not shared or subject.trace.wide.counts["products"] <= MOST_SHARED) and sum(
        len(cell["terms"]) for cell in own
    ) <= MOST_TERMS


def explanation_page(title: str, subject: Subject, views: Sequence[View], command: str) -> str:
    """One HTML file in which a reader steps through the operation.

    Parameters
    ----------
    title : str
        Of the window; and the heading, where the subject is a layer of a network.
    subject : Subject
    views : sequence of View
    command : str
        What makes the page again; stands in its footer.
    """
    scenes = scenes_of(subject, views)
    heading, lead = headline(subject)
    what = ""
    if subject.at is not None:
        heading, _, what = title.partition(": ")
        what = f"<p><code>{html.escape(what)}</code></p>"
    body = "\n".join(
        [
            '<header><p class="kicker">minigrad explain · ' + html.escape(subject.operation),
            f"</p><h1>{html.escape(heading)}</h1>",
            f'<p class="lead">{html.escape(lead)}</p>{what}</header>',
            equation_html(subject),
            _tabs(scenes),
            *(_panel(scene, first=number == 0) for number, scene in enumerate(scenes)),
            facts_html(subject),
            _without_script(views),
            footer(command),
        ]
    )
    data = {
        "trace": json.loads(subject.trace.to_json()),
        "scenes": [scene.to_dict() for scene in scenes if scene.arrays],
    }
    return assembled(title, body, STYLES, SCRIPTS, data)


def _without_script(views: Sequence[View]) -> str:
    """The views as plain text, for a reader without scripts."""
    text = "\n\n".join("\n".join(view.lines()) for view in views)
    return f"<noscript><h2>In plain text</h2><pre>{html.escape(text)}</pre></noscript>"


def _tabs(scenes: Sequence[Scene]) -> str:
    buttons = [
        f'<button type="button" role="tab" id="tab-{html.escape(scene.name)}" '
        f'aria-controls="scene-{html.escape(scene.name)}" '
        f'aria-selected="{"true" if number == 0 else "false"}">{html.escape(scene.tab)}</button>'
        for number, scene in enumerate(scenes)
    ]
    hidden = " hidden" if len(buttons) < 2 else ""
    return (
        f'<div class="tabs" role="tablist" aria-label="Views"{hidden}>'
        + "\n".join(buttons)
        + "</div>"
    )


def _panel(scene: Scene, first: bool) -> str:
    name = html.escape(scene.name)
    player = '<div class="player"></div>' if scene.arrays else ""
    lead = f'<p class="about">{html.escape(scene.lead)}</p>' if scene.lead else ""
    notes = f'<div class="notes">{fragment(scene.notes)}</div>' if scene.notes else ""
    return (
        f'<section class="scene" role="tabpanel" id="scene-{name}" aria-labelledby="tab-{name}">'
        f"<h2>{html.escape(scene.title)}</h2>{lead}{player}{notes}</section>"
    )
