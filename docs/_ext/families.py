"""The reference: ``.. family:: minigrad.nn.functional`` documents a public ``__all__`` by families.

Every object is documented once, under the name that users write, in a section for the file that
defines it; the section's title is the first sentence of that file's docstring.  A name that is
another one's alias says so.  Options: ``:order: conv pool`` puts these files first, ``:skip: name
...`` leaves names out, ``:flat:`` makes no sections.

``.. methods:: minigrad.Tensor`` does the same for a class whose methods come from base classes.

The role ``name`` is what single backticks mean in docstrings: a link if there is such a documented
name, code otherwise.
"""

from __future__ import annotations

import importlib
import inspect
import re
import sys
from collections.abc import Iterable
from types import ModuleType
from typing import Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.pycode import ModuleAnalyzer
from sphinx.util.docutils import SphinxDirective, SphinxRole

_OPEN = "minigrad.functional."  # functions of the open set may be methods, too
_PREFIXES = ("", "minigrad.", "minigrad.nn.", "minigrad.nn.functional.", "minigrad.errors.")
_ELSEWHERE = {"minigrad.functional.": "minigrad.nn.functional.", "minigrad.tensor.": "minigrad."}


def _title(module: ModuleType) -> str:
    """The first sentence of a file's docstring, without what explains it."""
    first = re.split(r"[.:;](?:\s|$)", " ".join((module.__doc__ or module.__name__).split()))[0]
    return first.replace("``", "").replace("`", "")


def _heading(title: str, mark: str) -> list[str]:
    return [title, mark * len(title), ""]


def _order(files: Iterable[str], first: str) -> list[str]:
    wanted = first.split()

    def place(name: str) -> tuple[int, str]:
        short = name.rsplit(".", 1)[-1]
        return (wanted.index(short) if short in wanted else len(wanted), name)

    return sorted(files, key=place)


def _text_of_data(package: str, name: str) -> str:
    """The docstring below (or the comment above) an assignment, in the file that has it."""
    for path, module in sorted(sys.modules.items()):
        if module is None or not f"{path}.".startswith(f"{package}."):
            continue
        try:
            found = ModuleAnalyzer.for_module(path).find_attr_docs()
        except Exception:  # not a Python file
            continue
        if ("", name) in found:
            return "\n".join(found["", name])
    return ""


class _Generated(SphinxDirective):
    """A directive that writes reStructuredText and has it read."""

    def parsed(self, lines: list[str]) -> list[nodes.Node]:
        return self.parse_text_to_nodes("\n".join(lines), allow_section_headings=True)


class Family(_Generated):
    """The public names of a module."""

    required_arguments = 1
    option_spec: ClassVar = {
        "order": directives.unchanged,
        "skip": directives.unchanged,
        "flat": directives.flag,
        "elsewhere": directives.unchanged,
    }

    def run(self) -> list[nodes.Node]:
        public = self.arguments[0]
        module = importlib.import_module(public)
        skipped = set(self.options.get("skip", "").split())
        names: dict[str, list[str]] = {}
        first: dict[int, str] = {}
        there = self._elsewhere()
        known: dict[str, list[str]] = {}
        for name in module.__all__:
            value = getattr(module, name)
            if isinstance(value, ModuleType) or name in skipped:
                continue
            if (place := there.get(id(getattr(value, "__wrapped__", value)))) is not None:
                known.setdefault(place, []).append(name)
                continue
            home = getattr(value, "__module__", None) or public
            if not (callable(value) and home.startswith("minigrad")):
                home = public
            names.setdefault(home, []).append(name)
        lines: list[str] = []
        for home in _order(names, self.options.get("order", "")):
            if "flat" not in self.options:
                title = "Constants" if home == public else _title(importlib.import_module(home))
                lines += _heading(title, "-")
            for name in names[home]:
                lines += self._entry(public, name, getattr(module, name), first)
        for place, others in known.items():
            lines += _heading(f"From {place}", "-")
            lines += [", ".join(f"`{place}.{name}`" for name in others), ""]
        return self.parsed(lines)

    def _elsewhere(self) -> dict[int, str]:
        """Identity of an object: the module or class that documents it."""
        found: dict[int, str] = {}
        for place in self.options.get("elsewhere", "").split():
            path, _, name = place.rpartition(".")
            owner = getattr(importlib.import_module(path), name)
            names = owner.__all__ if isinstance(owner, ModuleType) else dir(owner)
            found.update((id(getattr(owner, name)), place) for name in names)
        return found

    def _entry(self, public: str, name: str, value: Any, first: dict[int, str]) -> list[str]:
        full = f"{public}.{name}"
        if not callable(value):
            text = [f"   {line}" for line in _text_of_data(public, name).splitlines()]
            return [f".. py:data:: {full}", "", *text, ""]
        if id(value) in first:
            alias = first[id(value)]
            return [f".. py:function:: {full}", "", f"   Another name of `{alias}`.", ""]
        first[id(value)] = full
        if isinstance(value, type):
            return [f".. autoclass:: {full}", "   :members:", ""]
        return [f".. autofunction:: {full}", ""]


class Methods(_Generated):
    """The methods of a class, by the base classes that define them."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        path, _, name = self.arguments[0].rpartition(".")
        owner = getattr(importlib.import_module(path), name)
        seen: set[str] = set()
        attached: list[str] = []
        lines: list[str] = []
        for base in owner.__mro__[:-1]:
            if not base.__module__.startswith("minigrad"):
                continue
            members = [
                member
                for member, value in vars(base).items()
                if not member.startswith("_")
                and member not in seen
                and (callable(value) or isinstance(value, property | classmethod | staticmethod))
                and inspect.getdoc(getattr(owner, member, None))
            ]
            seen.update(members)
            functions = [m for m in members if vars(base)[m].__class__.__name__ == "function"]
            attached += [m for m in functions if vars(base)[m].__module__.startswith(_OPEN)]
            members = [member for member in members if member not in attached]
            if members:
                title = _title(sys.modules[base.__module__])
                lines += _heading("In the graph" if base is owner else title, "-")
            for member in members:
                kind = "property" if isinstance(vars(base)[member], property) else "method"
                lines += [f".. auto{kind}:: {self.arguments[0]}.{member}", ""]
        if attached:
            lines += _heading("Functions that are methods, too", "-")
            lines += [", ".join(f"`{member}`" for member in attached), ""]
        return self.parsed(lines)


class Name(SphinxRole):
    """Single backticks."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        named = re.fullmatch(r"(.+?)\s*<([\w.]+)>", self.text, re.DOTALL)
        text, target = named.groups() if named else (self.text, self.text)
        code = nodes.literal(self.rawtext, text, classes=["name"])
        link = addnodes.pending_xref(self.rawtext, code, reftype="name", reftarget=target)
        link["refdoc"] = self.env.docname
        link["name_module"] = self.env.ref_context.get("py:module")
        return [link], []


def _words(app: Sphinx, doctree: nodes.document) -> None:
    """Types in docstrings are words (int or pair of int): what is a name of ours becomes a link."""
    for link in doctree.findall(addnodes.pending_xref):
        if link.get("refspecific") and link.get("reftype") in ("class", "exc", "obj"):
            link["refdomain"], link["reftype"] = "", "name"
    for label in doctree.findall(nodes.field_name):
        if label.astext() == "Variables":  # Sphinx's word for what numpydoc calls
            label.children = [nodes.Text("Attributes")]


def _resolve(
    app: Sphinx, env: BuildEnvironment, node: addnodes.pending_xref, code: nodes.Element
) -> nodes.Element | None:
    if node.get("reftype") != "name":
        return None
    known = env.domains.python_domain.objects
    target = node["reftarget"].removesuffix("()")
    for old, new in _ELSEWHERE.items():
        if target.startswith(old):
            target = new + target.removeprefix(old)
    module = node.get("name_module") or node.get("py:module")
    own = [f"{module}."] if module else []
    for prefix in (*own, *_PREFIXES):
        if f"{prefix}{target}" in known:
            entry = known[f"{prefix}{target}"]
            address = app.builder.get_relative_uri(node["refdoc"], entry.docname)
            link = nodes.reference("", "", internal=True, refuri=f"{address}#{entry.node_id}")
            link += code
            return link
    return code


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the directives and the role."""
    app.add_directive("family", Family)
    app.add_directive("methods", Methods)
    app.add_role("name", Name())
    app.connect("doctree-read", _words)
    app.connect("missing-reference", _resolve)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
