"""How a case joins the list, and how a refusal is looked at."""

import re

import pytest

import minigrad

__all__ = ["REFUSED", "Listing", "double", "refuses"]

# What counts as a clear error.
REFUSED = (ValueError, TypeError, IndexError, RuntimeError)


class Listing(dict):
    """Cases by number."""

    def __call__(self, number):
        """Put the function below under a number."""

        def join(check):
            assert number not in self
            self[number] = check
            return check

        return join


def refuses(call, *words, error=REFUSED):
    """Check that a call raises, and that the message has all the words."""
    with pytest.raises(error) as caught:
        call()
    for word in words:
        assert re.search(rf"(?<!\w){re.escape(str(word))}(?!\w)", str(caught.value)), caught.value


def double(values, requires_grad=False):
    """A float64 tensor."""
    return minigrad.tensor(values, dtype=minigrad.float64, requires_grad=requires_grad)
