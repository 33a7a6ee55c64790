"""The directives ``command`` and ``all-commands``: a command and what it prints, run in the build.

A page says

    ```{command} minigrad explain conv2d --input '1 2; 3 4' --weight '1'
    ```

and shows the line and its real output. A long line goes on in the body, below the options, with
backslashes as in a shell. Options: ``:lines: 1-12`` shows a part of the output and says what is
left out; so do ``:from: TEXT``, from the first line that begins so, and ``:to: TEXT``, up to the
next one that does; ``:status: 1`` expects that exit status (0 otherwise; another one is a warning,
and so an error of the build), ``:caption:`` a line above, ``:writes: FILE`` links a page that the
command wrote (``:show:`` puts it into the page, too), ``:quiet:`` shows no output.

Commands run in a copy of ``docs/_files``, so ``photo.jpg`` there is ``photo.jpg`` here; what they
write is gone afterwards, but for ``:writes:``.  Outputs are kept beside Sphinx's doctrees under a
digest of the line and of all sources, so that a second build runs only what may have changed.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any, ClassVar

from console import ROOT, Ran, run_line
from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

from minigrad.cli.main import COMMANDS

_SOURCES = ("minigrad", "kernels", "examples", "docs/_ext", "docs/_files")
_log = logging.getLogger(__name__)


class Outputs:
    """Outputs of commands, kept in a file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._digest = _digest_of_sources()
        try:
            kept = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            kept = {}
        self._kept: dict[str, Any] = kept if kept.get("digest") == self._digest else {}

    def run(self, line: str) -> Ran:
        if line not in self._kept:
            self._kept[line] = asdict(run_line(line))
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._kept["digest"] = self._digest
            new = self._path.with_suffix(f".{os.getpid()}")
            new.write_text(json.dumps(self._kept), encoding="utf-8")
            new.replace(self._path)  # several processes may read pages; the last one's outputs stay
        return Ran(**self._kept[line])


def _digest_of_sources() -> str:
    digest = hashlib.sha256()
    for folder in _SOURCES:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                digest.update(path.as_posix().encode() + path.read_bytes())
    return digest.hexdigest()


def _range(text: str) -> tuple[int, int | None]:
    """``2-9``: lines 2 to 9; ``2-``: from line 2."""
    match = re.fullmatch(r"(\d+)-(\d*)", text.strip())
    if not match:
        raise ValueError(f"lines are written 2-9 or 2-, got {text!r}")
    return int(match[1]), int(match[2]) if match[2] else None


class Shown(SphinxDirective):
    """A directive that runs commands."""

    def shown(self, line: str) -> list[nodes.Node]:
        options = self.options
        ran = self.env.app.shown_outputs.run(line)  # type: ignore[attr-defined]
        expected = options.get("status", 0)
        if ran.status != expected:
            _log.warning(
                "%s\nended with status %d, not %d:\n%s",
                line,
                ran.status,
                expected,
                ran.output,
                location=self.get_location(),
            )
        box = nodes.container(classes=["command"])
        if "caption" in options:
            box += nodes.paragraph("", options["caption"], classes=["command-caption"])
        box += _literal(line, "sh", "command-line")
        if "quiet" not in options and ran.output:
            failed = " command-error" if ran.status else ""
            box += _literal(self._part(ran.output), "text", f"command-output{failed}")
        found: list[nodes.Node] = [box]
        if "writes" in options:
            found += self._written(options["writes"], ran)
        return found

    def _part(self, output: str) -> str:
        lines = output.splitlines()
        first, last = self.options.get("lines", (1, None))
        if "from" in self.options:
            first = self._found(lines, self.options["from"], 0)
        if "to" in self.options:
            last = self._found(lines, self.options["to"], first) - 1
        last = min(last or len(lines), len(lines))
        kept = lines[first - 1 : last]
        if not kept:
            _log.warning("no such lines in the output", location=self.get_location())
        if first > 1:
            kept.insert(0, f"... ({first - 1} lines)")
        if last < len(lines):
            kept.append(f"... ({len(lines) - last} more lines)")
        return "\n".join(kept)

    def _found(self, lines: list[str], start: str, after: int) -> int:
        """The number of the first line behind `after` that begins so."""
        for number, line in enumerate(lines[after:], after + 1):
            if line.lstrip().startswith(start):
                return number
        _log.warning("no line of the output begins with %r", start, location=self.get_location())
        return after + 1

    def _written(self, name: str, ran: Ran) -> Iterator[nodes.Node]:
        if name not in ran.files:
            _log.warning("the command wrote no %s", name, location=self.get_location())
            return
        text = ran.files[name]
        target = f"{hashlib.sha256(text.encode()).hexdigest()[:12]}-{Path(name).name}"
        folder = Path(self.env.app.outdir, "_pages")
        folder.mkdir(parents=True, exist_ok=True)
        (folder / target).write_text(text, encoding="utf-8")
        up = "../" * self.env.docname.count("/")
        address = f"{up}_pages/{target}"
        shown = (
            f'<iframe src="{address}" title="{name}" loading="lazy"></iframe>'
            if "show" in self.options
            else ""
        )
        link = f'<p><a href="{address}">Open {name}, the page that it wrote</a></p>'
        yield nodes.raw("", f'<div class="command-page">{shown}{link}</div>', format="html")


class Command(Shown):
    """One command, in the argument or in the body."""

    optional_arguments = 1
    final_argument_whitespace = True
    has_content = True
    option_spec: ClassVar = {
        "lines": _range,
        "from": directives.unchanged_required,
        "to": directives.unchanged_required,
        "status": directives.nonnegative_int,
        "caption": directives.unchanged,
        "quiet": directives.flag,
        "writes": directives.unchanged_required,
        "show": directives.flag,
    }

    def run(self) -> list[nodes.Node]:
        line = "\n".join([*self.arguments, *self.content]).strip()
        return self.shown(line)


class AllCommands(Shown):
    """A section for every command: its line, and its own help."""

    def run(self) -> list[nodes.Node]:
        found: list[nodes.Node] = []
        for name, purpose in COMMANDS.items():
            section = nodes.section(ids=[f"minigrad-{name}"], names=[f"minigrad {name}"])
            section += nodes.title("", f"minigrad {name}")
            section += nodes.paragraph("", f"{purpose[0].upper()}{purpose[1:]}.")
            section += self.shown(f"minigrad {name} --help")
            self.state.document.note_explicit_target(section)
            found.append(section)
        return found


def _literal(text: str, language: str, name: str) -> nodes.literal_block:
    return nodes.literal_block(text, text, language=language, classes=name.split())


def _open(app: Sphinx) -> None:
    app.shown_outputs = Outputs(Path(app.doctreedir, "commands.json"))  # type: ignore[attr-defined]


def _outdated(app: Sphinx, env: Any, *_: object) -> list[str]:
    """Pages with commands are read anew when a source has changed."""
    path = Path(app.doctreedir, "commands.json")
    try:
        same = json.loads(path.read_text(encoding="utf-8")).get("digest") == _digest_of_sources()
    except (OSError, ValueError):
        same = False
    return [] if same else sorted(env.found_docs)


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the directives."""
    app.add_directive("command", Command)
    app.add_directive("all-commands", AllCommands)
    app.connect("builder-inited", _open)
    app.connect("env-get-outdated", _outdated)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
