"""Hypothesis profiles. The markers and the default selection are in setup.cfg."""

from hypothesis import settings

# A first call compiles its kernel, so a deadline per example would measure the compiler.
# The default run draws the same examples on every machine: it is green or red for everybody.
settings.register_profile("default", max_examples=30, deadline=None, derandomize=True)
# pytest --hypothesis-profile=thorough: a search with new examples each time; what fails is kept
# in .hypothesis/ and tried first the next time.
settings.register_profile("thorough", max_examples=10_000, deadline=None, print_blob=True)
settings.load_profile("default")
