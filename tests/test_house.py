"""The house rules that no linter knows, held against every file.

A rule is a function from a syntax tree (or a text) to a list of complaints, so that each can be
shown a file that breaks it: see ``test_each_rule_sees_what_it_forbids``.
"""

import ast
import doctest
import importlib
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import minigrad
from minigrad import functional, nn

pytestmark = pytest.mark.unit

ROOT = Path(__file__).resolve().parent.parent
LONGEST = 350  # lines: "some 300", and a docstring more

# path: why it may be longer
LONGER: dict[str, str] = {}

# What the examples in docstrings may use without an import.
EXAMPLE_NAMES = {"np": np, "minigrad": minigrad, "nn": nn, "F": functional}

# (path, imported module): why it is imported inside a function
LATE_IMPORTS = {
    ("kernels/_threads.py", "threadpoolctl"): "20 ms that a program without set_num_threads saves",
}

# (path, imported module): why it is imported at all
ALLOWED_IMPORTS = {
    ("kernels/_jit.py", "pickle"): "Numba's own form of a compiled kernel; KernelCache refuses to "
    "read a folder that others can write to",
}

FRAMEWORKS = {"torch", "torchvision", "tensorflow", "jax", "flax", "keras", "mxnet", "paddle"}
UNSAFE = {"pickle", "cloudpickle", "dill", "joblib", "marshal", "shelve"}
FORBIDDEN_IMPORTS = FRAMEWORKS | UNSAFE | {"kernels"}
FORBIDDEN_CALLS = {"eval", "exec", "compile", "__import__", "os.system", "os.popen"}
FORBIDDEN_FLAGS = {"shell", "allow_pickle"}

ABSOLUTE_PATH = re.compile(r"(?<![\w.$}*-])/(?:home|root|work|opt|tmp|Users|srv)/|\b[A-Z]:\\Users")
# The name on PyPI is another project's.
PIP_BY_NAME = re.compile(r"\bpip3?\s+install\b[^\n`]*?[\s'\"]minigrad\b(?!/)")


def sources(*folders: str) -> list[str]:
    """Every Python file below the folders, relative to the root."""
    paths = (path for folder in folders for path in (ROOT / folder).rglob("*.py"))
    return sorted(path.relative_to(ROOT).as_posix() for path in paths)


LIBRARY = sources("minigrad", "kernels")
CODE = sources("minigrad", "kernels", "tests", "examples")
TEXTS = sorted(
    path.relative_to(ROOT).as_posix()
    for pattern in ("*.md", "*.cfg", "*.toml", "*.txt", ".ci/*", "docs/**/*.md", "docs/**/*.rst")
    for path in ROOT.glob(pattern)
) + sources("minigrad", "kernels", "tests", "examples", "benchmarks")


def module_name(path: str) -> str:
    """The name under which a file of the library is imported."""
    dotted = path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    return f"minigrad.{dotted}" if dotted.split(".")[0] == "kernels" else dotted


NOT_IMPORTED = {"minigrad/__main__.py", "minigrad/kernels.py"}  # a script; the alias of kernels/
MODULES = [module_name(path) for path in LIBRARY if path not in NOT_IMPORTED]


def imports(tree: ast.AST) -> Iterator[str]:
    """Every module that is imported, by a statement or by a call with its name."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield "." * node.level + (node.module or "")
        elif isinstance(node, ast.Call) and node.args:
            name, first = ast.unparse(node.func).split(".")[-1], node.args[0]
            if name in {"import_module", "importorskip"} and isinstance(first, ast.Constant):
                yield str(first.value)


def forbidden_imports(tree: ast.AST) -> list[str]:
    names = set(imports(tree))
    return sorted(name for name in names if name.split(".")[0] in FORBIDDEN_IMPORTS)


def forbidden_calls(tree: ast.AST) -> list[str]:
    found = []
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
        if (name := ast.unparse(call.func)) in FORBIDDEN_CALLS:
            found.append(f"line {call.lineno}: calls {name}")
        for keyword in call.keywords:
            off = isinstance(keyword.value, ast.Constant) and keyword.value.value is False
            if keyword.arg in FORBIDDEN_FLAGS and not off:
                found.append(f"line {call.lineno}: {keyword.arg}={ast.unparse(keyword.value)}")
    return found


def late_imports(tree: ast.AST) -> list[str]:
    """Modules imported inside a function."""
    functions = (n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef))
    statements = (node for function in functions for node in ast.walk(function))
    late = [node for node in statements if isinstance(node, ast.Import | ast.ImportFrom)]
    return sorted({name for node in late for name in imports(node)})


def relative_imports(tree: ast.AST) -> list[str]:
    return sorted(name for name in imports(tree) if name.startswith("."))


def forbidden_text(text: str) -> list[str]:
    rules = ((ABSOLUTE_PATH, "absolute path"), (PIP_BY_NAME, "installs another's minigrad"))
    return [
        f"line {number}: {why}: {line.strip()}"
        for number, line in enumerate(text.splitlines(), 1)
        for pattern, why in rules
        if pattern.search(line)
    ]


def parse(path: str) -> ast.Module:
    return ast.parse((ROOT / path).read_text(encoding="utf-8"), path)


@pytest.mark.parametrize("path", CODE)
def test_no_forbidden_import(path):
    allowed = {module for file, module in ALLOWED_IMPORTS if file == path}
    assert set(forbidden_imports(parse(path))) == allowed


@pytest.mark.parametrize("path", CODE)
def test_no_call_that_runs_what_it_reads(path):
    assert not forbidden_calls(parse(path))


@pytest.mark.parametrize("path", LIBRARY)
def test_imports_stand_at_the_top(path):
    allowed = {module for file, module in LATE_IMPORTS if file == path}
    assert set(late_imports(parse(path))) == allowed


@pytest.mark.parametrize("path", sources("minigrad", "tests", "examples", "benchmarks"))
def test_imports_are_absolute_above_the_kernels(path):
    assert not relative_imports(parse(path))


@pytest.mark.parametrize("name", MODULES)
def test_all_is_sorted_and_true(name):
    module = importlib.import_module(name)
    listed = list(module.__all__)
    assert listed == sorted(set(listed))
    assert not [entry for entry in listed if not hasattr(module, entry)]


@pytest.mark.parametrize("name", MODULES)
def test_examples_in_docstrings_run(name):
    module = importlib.import_module(name)
    failed, _ = doctest.testmod(module, extraglobs=EXAMPLE_NAMES, optionflags=doctest.ELLIPSIS)
    assert failed == 0, "the report above names each example"


@pytest.mark.parametrize("path", TEXTS)
def test_no_text_that_holds_on_one_machine_only(path):
    assert not forbidden_text((ROOT / path).read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", CODE)
def test_a_file_stays_within_its_length(path):
    length = len((ROOT / path).read_text(encoding="utf-8").splitlines())
    assert (length > LONGEST) == (path in LONGER), f"{length} lines"


def test_exceptions_name_files_that_exist():
    named = {*LONGER, *(path for path, _ in (*LATE_IMPORTS, *ALLOWED_IMPORTS))}
    assert named <= set(CODE)


def test_ci_installs_and_tests_as_the_readme_says():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    first, second = re.findall(r"^```sh\n(.*?)^```", readme, re.S | re.M)[:2]
    script = (ROOT / ".ci/run").read_text(encoding="utf-8")
    (install,) = re.findall(r"pip install [^&\n]+?(?= *(?:&&|$))", first, re.M)
    test = second.strip().splitlines()[-1].split("&&")[-1].strip()
    assert f" {install}\n" in script
    assert f" {test}\n" in script


@pytest.mark.parametrize(
    ("rule", "source"),
    [
        (forbidden_imports, "import torch"),
        (forbidden_imports, "from torch.nn import functional"),
        (forbidden_imports, "pytest.importorskip('jax.numpy')"),
        (forbidden_imports, "def f():\n    import pickle"),
        (forbidden_imports, "from kernels.loops import conv2d"),
        (forbidden_calls, "eval('1 + 1')"),
        (forbidden_calls, "os.system('ls')"),
        (forbidden_calls, "subprocess.run('ls', shell=True)"),
        (forbidden_calls, "np.load(path, allow_pickle=flag)"),
        (late_imports, "class A:\n    def f(self):\n        from minigrad import nn"),
        (relative_imports, "from . import loops"),
    ],
)
def test_each_rule_sees_what_it_forbids(rule, source):
    assert len(rule(ast.parse(source))) == 1


@pytest.mark.parametrize(
    "source",
    [
        "import minigrad as torch",
        "model.eval()",
        "re.compile('a')",
        "np.load(path, allow_pickle=False)",
        "from minigrad import kernels",
    ],
)
def test_the_rules_leave_the_rest_alone(source):
    tree = ast.parse(source)
    assert not forbidden_imports(tree) + forbidden_calls(tree) + relative_imports(tree)


@pytest.mark.parametrize(
    ("text", "complaints"),
    [
        ("pip " + "install minigrad", 1),
        ("pip3 " + "install -U 'minigrad[test]'", 1),
        ("see /" + "home/ann/minigrad", 1),
        ("in C:\\" + "Users", 1),
        ("pip install -c constraints.txt -e '.[test]'", 0),
        ("pip install ./minigrad", 0),
        ("and/or, examples/home/x, tests/work/y, #!/usr/bin/env", 0),
    ],
)
def test_the_text_rules_see_what_they_forbid(text, complaints):
    assert len(forbidden_text(text)) == complaints
