"""The checkable facts of the seed documents: matrices, shapes, counts, gradients, normalisations.

Every value is the correct one, also where a document misprints it.
"""

import json
from pathlib import Path

import pytest

__all__ = ["BY_ID", "FACTS", "cases", "facts"]

FACTS = json.loads((Path(__file__).parent / "data" / "seed_facts.json").read_text())
BY_ID = {fact["id"]: fact for fact in FACTS}


def facts(*kinds: str) -> list[dict]:
    """All facts of some kinds; there is at least one of each."""
    found = [fact for fact in FACTS if fact["kind"] in kinds]
    assert {fact["kind"] for fact in found} == set(kinds)
    return found


def cases(*kinds: str) -> list:
    """Inputs and expected values of all facts of some kinds, for parametrised tests."""
    return [pytest.param(f["inputs"], f["expected"], id=f["id"]) for f in facts(*kinds)]
