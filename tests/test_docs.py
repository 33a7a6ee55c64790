"""The pages of docs/: they build without a warning, and what they show is true.

Outputs of commands are not written down in the pages: the directive ``command`` runs them when the
pages are built, so building is the test that they run.  Without Sphinx (the extra ``docs``) the
examples and the commands of the pages are checked all the same.
"""

import doctest
import importlib.util
import re
import shlex
import subprocess
import sys
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

import pytest

from minigrad.cli.main import COMMANDS
from minigrad.models import MODELS

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
sys.path.append(str(DOCS / "_ext"))  # what the pages are built with

from console import run_line  # noqa: E402

PAGES = sorted(p for p in DOCS.rglob("*.md") if p.relative_to(DOCS).parts[0] != "_files")
NAMES = [path.relative_to(DOCS).as_posix() for path in PAGES]
FENCE = re.compile(r"^(`{3,})([^\n`]*)\n(.*?)^\1$", re.DOTALL | re.MULTILINE)
ATTRIBUTES = ("src", "srcset", "href", "data", "poster", "action")
FETCHED = {"script", "img", "iframe", "video", "audio", "source", "object", "embed", "link"}


def blocks(text: str, *kinds: str) -> list[str]:
    """Bodies of the fenced blocks of these kinds."""
    return [body for _, kind, body in FENCE.findall(text) if kind.split(" ")[0] in kinds]


def typed(text: str) -> list[str]:
    """The command lines in a page's sh blocks, which a reader types."""
    lines = [
        line
        for body in blocks(text, "sh")
        for line in body.replace("\\\n", " ").splitlines()
        if line.strip() and not line.startswith("#")
    ]
    return [" ".join(part.split()) for line in lines for part in line.split(" && ")]


@cache
def options_of(*command: str) -> set[str]:
    """The long options that a command's help names."""
    ran = run_line(shlex.join(["minigrad", *command, "--help"]))
    return set(re.findall(r"--[a-z][a-z-]*", ran.output)) | {"--help"}


def is_module(name):
    """Whether ``python -m name`` finds it, from the root of the checkout."""
    if (ROOT / name.replace(".", "/")).with_suffix(".py").exists():
        return True
    return "." not in name and importlib.util.find_spec(name) is not None


def unknown(command: str) -> str:
    """What is wrong with a command line of this project; nothing if it exists."""
    match shlex.split(command, comments=True):
        case ["minigrad", name, *rest] if name in COMMANDS:
            models = [rest[0]] if name == "train" and rest and rest[0] in MODELS else []
            known = options_of(name, *models)
            return ", ".join(
                f"no option {word}"
                for word in rest
                if word.startswith("--") and word.split("=")[0] not in known
            )
        case ["minigrad", name, *_] if name not in {"--help", "--version"}:
            return f"no command {name}"
        case ["python" | "python3", "-m", module, *_] if not is_module(module):
            return f"no module {module}"
        case ["python" | "python3", script, *_] if (
            script[0] != "-" and not (ROOT / script).exists()
        ):
            return f"no file {script}"
        case ["pytest", *rest]:
            paths = (word.split("::")[0] for word in rest if word.startswith("tests/"))
            return ", ".join(f"no file {path}" for path in paths if not (ROOT / path).exists())
    return ""


class Built(HTMLParser):
    """Of a built page: its anchors, its links, and what a browser would fetch by itself."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.anchors: set[str] = set()
        self.links: list[str] = []
        self.fetched: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name in ("id", "name") and value:
                self.anchors.add(value)
            elif name in ATTRIBUTES and value:
                (self.fetched if tag in FETCHED else self.links).append(value)


def outside(address: str) -> bool:
    return bool(re.match(r"(?:[a-z][a-z0-9+.-]*:)?//", address)) or address.startswith("/")


def broken(folder: Path) -> list[str]:
    """Links of built pages that lead nowhere within them."""
    pages = {path.resolve(): Built(path.read_text("utf-8")) for path in folder.rglob("*.html")}
    found = []
    for path, page in pages.items():
        for address in {*page.links, *page.fetched}:
            if re.match(r"[a-z]+:", address) or outside(address):
                continue
            file, _, anchor = address.split("?")[0].partition("#")
            target = (path.parent / file).resolve() if file else path
            alone = "_pages" in target.parts  # an interactive page keeps its settings behind the #
            lost = anchor and target in pages and anchor not in pages[target].anchors and not alone
            if lost or not target.exists():
                found.append(f"{path.name}: {address}")
    return sorted(found)


@pytest.mark.unit
@pytest.mark.parametrize("name", NAMES)
def test_examples_of_the_pages_run(name):
    text = "\n".join(blocks((DOCS / name).read_text(encoding="utf-8"), "python", "pycon"))
    test = doctest.DocTestParser().get_doctest(text, {}, name, name, 0)
    result = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(test)
    assert result.failed == 0, "the report above names each example"


@pytest.mark.unit
@pytest.mark.parametrize("name", NAMES)
def test_commands_of_the_pages_exist(name):
    found = typed((DOCS / name).read_text(encoding="utf-8"))
    assert [f"{line}: {unknown(line)}" for line in found if unknown(line)] == []


@pytest.mark.unit
@pytest.mark.parametrize("name", NAMES)
def test_no_page_writes_down_what_a_command_prints(name):
    text = (DOCS / name).read_text(encoding="utf-8")
    assert [body for body in blocks(text, "sh", "text", "console") if body.startswith("$ ")] == []


@pytest.mark.unit
def test_every_example_is_listed():
    text = (ROOT / "examples" / "README.md").read_text(encoding="utf-8")
    listed = re.findall(r"^\| \d+ \| `(\w+\.py)`", text, re.MULTILINE)
    assert sorted(listed) == sorted(path.name for path in (ROOT / "examples").glob("*.py"))


@pytest.mark.unit
def test_pages_that_are_wrong_are_seen(tmp_path):
    assert unknown("minigrad paint --all") == "no command paint"
    assert unknown("minigrad train unet --epochs 3 --brush 2") == "no option --brush"
    assert unknown("python -m benchmarks.nothing") == "no module benchmarks.nothing"
    assert unknown("python examples/nothing.py") == "no file examples/nothing.py"
    assert unknown("pytest tests/test_nothing.py::test_it") == "no file tests/test_nothing.py"
    assert not unknown("minigrad doctor --quick")
    page = "```sh\nminigrad a && pytest\n# no command\nminigrad b \\\n  --c\n```\n"
    assert typed(page) == ["minigrad a", "pytest", "minigrad b --c"]
    (tmp_path / "a.html").write_text('<a href="b.html#x"></a><a href="#y"></a><p id="y">', "utf-8")
    (tmp_path / "b.html").write_text('<img src="c.png"><script src="//x.org/a.js">', "utf-8")
    assert broken(tmp_path) == ["a.html: b.html#x", "b.html: c.png"]
    assert outside(Built((tmp_path / "b.html").read_text("utf-8")).fetched[1])


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    pytest.importorskip("sphinx", reason="the pages need Sphinx: pip install -e '.[docs]'")
    pytest.importorskip("furo", reason="the pages need furo: pip install -e '.[docs]'")
    folder = tmp_path_factory.mktemp("docs")
    line = [sys.executable, "-m", "sphinx", "-W", "-n", "-q", "-j", "auto", "--keep-going"]
    line += ["-b", "html", "-d", str(folder / "doctrees"), str(DOCS), str(folder / "html")]
    done = subprocess.run(line, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder / "html"


@pytest.mark.slow
@pytest.mark.end_to_end
def test_the_pages_build_without_a_warning_and_link_to_each_other(built):
    assert broken(built) == []


@pytest.mark.slow
@pytest.mark.end_to_end
def test_the_pages_load_nothing_from_elsewhere(built):
    for path in built.rglob("*.html"):
        fetched = Built(path.read_text(encoding="utf-8")).fetched
        assert [address for address in fetched if outside(address)] == [], path.name
    for path in (*built.rglob("*.css"), *built.rglob("*.js")):
        text = path.read_text(encoding="utf-8")
        assert re.findall(r"@import[^;]*//|url\(\s*['\"]?(?:https?:)?//[^)]*", text) == [], (
            path.name
        )
