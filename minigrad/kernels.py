"""Stand-in for the package ``minigrad.kernels`` in a source checkout: its files are in ../kernels.

An installed minigrad has a real package of that name, which wins over this file.
"""

import importlib.util
import sys
from pathlib import Path

__all__: list[str] = []

_folder = Path(__file__).resolve().parent.parent / "kernels"
_spec = importlib.util.spec_from_file_location(
    __name__, _folder / "__init__.py", submodule_search_locations=[str(_folder)]
)
assert _spec is not None
assert _spec.loader is not None
sys.modules[__name__] = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(sys.modules[__name__])
