"""What README.md promises: its Python blocks print what their comments say, its commands exist."""

import re
import runpy
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
TEXT = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```python\n(.*?)^```", TEXT, re.DOTALL | re.MULTILINE)


def promised(block: str) -> list[str]:
    """The comments behind the print calls of a block."""
    return [line.split("  # ")[1] for line in block.splitlines() if line.startswith("print(")]


@pytest.mark.parametrize("number", range(len(BLOCKS)))
def test_blocks_print_what_their_comments_say(number, tmp_path, capsys):
    # Names made in one block are used in later ones, as a reader would.
    imports = "\n".join(BLOCKS[:1]).split("minigrad.manual_seed")[0]
    script = tmp_path / "block.py"
    script.write_text(imports + BLOCKS[number], encoding="utf-8")
    runpy.run_path(str(script))
    assert promised(BLOCKS[number]), "a block that prints nothing shows nothing"
    assert capsys.readouterr().out.splitlines() == promised(BLOCKS[number])


def test_a_wrong_promise_is_seen():
    assert promised("print(1)  # 2") == ["2"]


def test_pictures_and_links_exist():
    linked = re.findall(r"\]\(([^)#:]+)\)", TEXT)
    assert linked
    assert [name for name in linked if not (ROOT / name).exists()] == []


def test_the_first_two_commands_are_the_main_job_and_the_tests():
    commands = re.findall(r"^```sh\n(.*?)^```", TEXT, re.DOTALL | re.MULTILINE)
    assert commands[0].splitlines()[-1] == "python examples/train_unet.py"
    assert commands[1].splitlines()[-1] == "pytest"
