"""Exclusive or by two neurons in between: the smallest network that needs its hidden layer.

    x1 --- h1 = f(w . x + b) ---.
        X                        y = w . h + b         x      0 0   0 1   1 0   1 1
    x2 --- h2 = f(w . x + b) ---'                      y       0     1     1     0

==========  ==========  ===================  ==========  =======================================
variant     f(z)        W1 (b1 = 0)          W2 (b2 = 0)  h of 00, 01, 10, 11
==========  ==========  ===================  ==========  =======================================
"abs"       the size    [[1, -1], [1, 1]]    [1, 0]      (0, 0)  (1, 1)  (1, 1)  (0, 2)
"relu"      max(z, 0)   [[1, -1], [-1, 1]]   [1, 1]      (0, 0)  (0, 1)  (1, 0)  (0, 0)
==========  ==========  ===================  ==========  =======================================

layer     output  parameters
hidden    2       6
y         1       3                total 9

No line separates 00 and 11 from 01 and 10, so a single linear layer cannot do it.

Source: seed 002, CPEN 455 homework 2, problem 1.  It writes sigma for both functions; its cases
tell which they are.  Its summary tables swap the labels of 10 and 11.
"""

from __future__ import annotations

from typing import Literal

from minigrad import nn
from minigrad.autograd import no_grad
from minigrad.errors import SizeError
from minigrad.models.checks import check_choice
from minigrad.models.counting import linear
from minigrad.tensor import Tensor, tensor

__all__ = ["XOR"]

_WEIGHTS = {
    "abs": ([[1.0, -1.0], [1.0, 1.0]], [[1.0, 0.0]]),
    "relu": ([[1.0, -1.0], [-1.0, 1.0]], [[1.0, 1.0]]),
}


class XOR(nn.Module):
    """The two networks of seed 002 that compute exclusive or.

    Parameters
    ----------
    variant : {"abs", "relu"}
        The activation of the hidden layer.
    solved : bool
        Whether the weights are the document's; otherwise they are drawn, to be trained.

    Raises
    ------
    ValueError
        Another variant.

    Examples
    --------
    >>> XOR("relu")(minigrad.tensor([[0.0, 0], [0, 1], [1, 0], [1, 1]])).tolist()
    [[0.0], [1.0], [1.0], [0.0]]
    """

    TITLE = "exclusive or"
    SOURCE = "seed 002 1"
    INPUT = (2,)
    HELP = {
        "variant": "activation of the hidden layer",
        "solved": "begin with the weights of the solution, instead of random ones",
    }

    in_channels, out_channels = 2, 1
    multiple = 1
    reach = None

    def __init__(self, variant: Literal["abs", "relu"] = "relu", solved: bool = True) -> None:
        super().__init__()
        check_choice("XOR", "variant", variant, tuple(_WEIGHTS))
        self.variant = variant
        self.hidden = nn.Linear(2, 2)
        self.y = nn.Linear(2, 1)
        if solved:
            self.solve()

    def solve(self) -> None:
        """Set the weights of the document."""
        w1, w2 = _WEIGHTS[self.variant]
        with no_grad():
            self.hidden.weight.copy_(tensor(w1))
            self.y.weight.copy_(tensor(w2))
            self.hidden.bias.zero_()
            self.y.bias.zero_()

    def forward(self, x: Tensor) -> Tensor:
        """Map pairs (N, 2) to numbers (N, 1).

        Raises
        ------
        SizeError
            Another last axis.
        """
        if not x.dim() or x.shape[-1] != 2:
            raise SizeError(f"XOR: input has shape {tuple(x.shape)}; give pairs, (N, 2)")
        h = self.hidden(x)
        h = h.abs() if self.variant == "abs" else h.relu()
        return self.y(h)

    @staticmethod
    def count_parameters(**_: object) -> int:
        """Return the number of parameters: 9."""
        return linear(2, 2) + linear(2, 1)
