"""What ships: the wheel, installed in a fresh environment, and the source checkout beside it."""

import configparser
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement

pytestmark = pytest.mark.end_to_end

ROOT = Path(__file__).resolve().parent.parent

# A convolution of ones: 3 x 3 x 3 outputs, each the sum of 2 channels x 2 x 3 taps.
TINY_RUN = """
import importlib.util
import minigrad
import minigrad.nn.functional as F
from minigrad import kernels

for backend in kernels.backends():
    with kernels.use(backend):
        x = minigrad.ones(1, 2, 4, 5, requires_grad=True)
        y = F.conv2d(x, minigrad.ones(3, 2, 2, 3))
        y.sum().backward()
        assert y.shape == (1, 3, 3, 3), y.shape
        assert y.sum().item() == x.grad.sum().item() == 27 * 12, backend
print(minigrad.__file__)
print(kernels.__file__)
print(importlib.util.find_spec("kernels") is not None)
"""


def settings() -> configparser.ConfigParser:
    parser = configparser.ConfigParser()
    parser.read(ROOT / "setup.cfg", encoding="utf-8")
    return parser


def lines(text: str) -> list[str]:
    return [line for line in text.splitlines() if line and not line.startswith("#")]


def requirements(*extras: str) -> list[Requirement]:
    config = settings()
    texts = lines(config["options"]["install_requires"])
    for extra in extras:
        texts += lines(config["options.extras_require"][extra])
    return [Requirement(text) for text in texts]


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def constraints() -> dict[str, str]:
    pins = lines((ROOT / "constraints.txt").read_text(encoding="utf-8"))
    return {canonical(name): version for name, version in (pin.split("==") for pin in pins)}


def closure(roots: list[Requirement]) -> set[str]:
    """Names of everything that the requirements pull in, as far as it is installed here."""
    found: set[str] = set()
    waiting = [(root.name, root.extras) for root in roots]
    while waiting:
        name, extras = waiting.pop()
        if canonical(name) in found:
            continue
        try:
            texts = metadata.requires(name) or []
        except metadata.PackageNotFoundError:
            continue
        found.add(canonical(name))
        for needed in map(Requirement, texts):
            asked = [{"extra": extra} for extra in ("", *extras)]
            if needed.marker is None or any(needed.marker.evaluate(one) for one in asked):
                waiting.append((needed.name, needed.extras))
    return found


def packages_on_disk() -> list[str]:
    found = []
    for folder, prefix in (("minigrad", ""), ("kernels", "minigrad.")):
        for file in (ROOT / folder).rglob("__init__.py"):
            found.append(prefix + ".".join(file.parent.relative_to(ROOT).parts))
    return sorted(found)


def run(*command: str | Path, cwd: Path, **variables: str) -> str:
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"} | variables
    done = subprocess.run(
        [str(word) for word in command], cwd=cwd, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def fresh_environment(folder: Path) -> Path:
    """An environment that has what this one has, except minigrad; returns its interpreter."""
    venv.create(folder, with_pip=False, symlinks=os.name != "nt")
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    site = run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=folder)
    # A path named in a .pth file is searched, but its own .pth files are not read: an editable
    # install of minigrad stays behind.
    ours = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
    (Path(site.strip()) / "borrowed.pth").write_text("\n".join(sorted(ours)) + "\n")
    return python


@pytest.fixture(scope="module")
def checkout(tmp_path_factory):
    """A copy of what is built, so that building leaves nothing behind."""
    folder = tmp_path_factory.mktemp("checkout")
    for name in ("minigrad", "kernels"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("setup.cfg", "pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, folder)
    return folder


@pytest.fixture(scope="module")
def wheel(checkout, tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check")
    run(*pip, "wheel", "--no-deps", "--no-build-isolation", "-w", folder, ".", cwd=checkout)
    (path,) = folder.glob("*.whl")
    return path


def test_every_package_is_listed():
    listed = lines(settings()["options"]["packages"])
    assert listed == packages_on_disk()


def test_tested_versions_cover_everything_that_is_installed():
    pins = constraints()
    needed = requirements("test")
    assert not closure(needed) - set(pins)
    for requirement in (*needed, *requirements("dev")):
        name = canonical(requirement.name)
        assert name == "minigrad" or requirement.specifier.contains(pins[name])


def test_pyproject_has_the_build_system_only():
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert re.findall(r"^\[.*\]", text, re.M) == ["[build-system]"]


def test_wheel_holds_every_file_and_one_import_name(wheel, checkout):
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {name.split("/")[0].split("-")[0] for name in names} == {"minigrad"}
    ours = {path.relative_to(checkout).as_posix() for path in (checkout / "minigrad").rglob("*.py")}
    kernels = (path.relative_to(checkout) for path in (checkout / "kernels").rglob("*.py"))
    ours |= {f"minigrad/{path.as_posix()}" for path in kernels}
    assets = (checkout / "minigrad/teach/page").iterdir()
    ours |= {f"minigrad/teach/page/{path.name}" for path in assets if path.is_file()}
    assert ours | {"minigrad/py.typed"} == {name for name in names if ".dist-info/" not in name}


def test_installed_wheel_runs_from_another_folder(wheel, tmp_path):
    python = fresh_environment(tmp_path / "venv")
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", python)
    run(*pip, "install", "--no-deps", wheel, cwd=tmp_path)
    package, kernels, other = run(python, "-I", "-c", TINY_RUN, cwd=tmp_path).split()
    assert Path(package).is_relative_to(tmp_path / "venv")
    assert Path(kernels) == Path(package).parent / "kernels" / "__init__.py"
    assert other == "False", "a top-level kernels was installed"


def test_source_checkout_runs_as_it_lies(checkout, tmp_path):
    python = fresh_environment(tmp_path / "venv")
    printed = run(python, "-c", TINY_RUN, cwd=tmp_path, PYTHONPATH=str(checkout)).split()
    assert Path(printed[0]) == checkout / "minigrad" / "__init__.py"
    assert Path(printed[1]) == checkout / "kernels" / "__init__.py"
