"""A convolutional autoencoder with skips: gray picture in, two colour channels out.

    L (1)  160 - - - - - - - - - - - - - - - - - - - - - - - - - - - - join -> 12  2  160
      |                                                                  ^
    1  64  160 - - - - - - - - - - - - - - - - - join, dropout -> 11 15  160
      |                                            ^
    2  64   80 - - - - - - - - join, dropout -> 9 128  160
      |                          ^
    3 128   40 - - join, dropout -> 7  64   80
      |              ^
    4 256   20 -> 5 128  40

=====  ===========================================  ======  =======  ========  ==========
row    layer, 3 x 3, with bias                      input   output   side      parameters
=====  ===========================================  ======  =======  ========  ==========
1      Conv2d                                       1       64       160       640
2      Conv2d, stride 2                             64      64       80        36,928
3      Conv2d, stride 2                             64      128      40        73,856
4      Conv2d, stride 2                             128     256      20        295,168
5      ConvTranspose2d, stride 2, output padding 1  256     128      40        295,040
6      Dropout, of rows 5 and 3 joined              256     256      40        0
7      ConvTranspose2d, stride 2, output padding 1  256     64       80        147,520
8      Dropout, of rows 7 and 2 joined              128     128      80        0
9      ConvTranspose2d, stride 2, output padding 1  128     128      160       147,584
10     Dropout, of rows 9 and 1 joined              192     192      160       0
11     ConvTranspose2d, stride 1                    192     15       160       25,935
12     Conv2d, of row 11 and the picture joined     16      2        160       290
=====  ===========================================  ======  =======  ========  ==========

ReLU follows every row that has parameters but the last.  Total: 1,022,961 parameters.

The original has a ReLU after the last row, too, and colours scaled to [0, 1]: ``output="relu"``.
Where that ReLU puts out 0 the gradient is 0 as well, and a pixel may stay there for ever; tanh, for
colours in [-1, 1], is the default here.

Source: seed 004, appendix B.
"""

from __future__ import annotations

from minigrad import nn
from minigrad.models.any_size import AnySize
from minigrad.models.blocks import Join, Output, output_layer
from minigrad.models.checks import check_counts
from minigrad.models.counting import conv
from minigrad.models.windows import Window, reach
from minigrad.nn import functional as F
from minigrad.tensor import Tensor

__all__ = ["Autoencoder"]

_LAST = 15  # channels of row 11: with the picture, 16


class Autoencoder(AnySize):
    """The autoencoder of seed 004.

    Parameters
    ----------
    in_channels, out_channels : int
        1 and 2 for colorization: lightness in, a and b out.
    width : int
        Channels of the first row; the others are once, twice or four times as many.
    dropout : float
        Probability with which a number of a joined map is dropped.
    output : {"tanh", "linear", "sigmoid", "relu"}
        Last function.
    pad : bool
        See `AnySize`.

    Raises
    ------
    ValueError
        An option out of its range.

    Examples
    --------
    >>> net = Autoencoder(width=4)
    >>> net(minigrad.zeros(1, 1, 33, 20)).shape
    minigrad.Size([1, 2, 33, 20])
    >>> Autoencoder.count_parameters()
    1022961
    """

    TITLE = "autoencoder"
    SOURCE = "seed 004 B"
    INPUT = (1, 160, 160)
    HELP = {
        "width": "channels of the first row; the deepest map has four times as many",
        "dropout": "probability of dropping a number of the joined maps",
    }

    def __init__(
        self,
        in_channels: int = 1,
        out_channels: int = 2,
        width: int = 64,
        dropout: float = 0.2,
        output: Output = "tanh",
        pad: bool = True,
    ) -> None:
        super().__init__(in_channels, out_channels, depth=3, pad=pad)
        check_counts("Autoencoder", width=width)
        W = width
        self.conv1 = nn.Conv2d(in_channels, W, 3, padding=1)
        self.conv2 = nn.Conv2d(W, W, 3, stride=2, padding=1)
        self.conv3 = nn.Conv2d(W, 2 * W, 3, stride=2, padding=1)
        self.conv4 = nn.Conv2d(2 * W, 4 * W, 3, stride=2, padding=1)
        self.up5 = nn.ConvTranspose2d(4 * W, 2 * W, 3, stride=2, padding=1, output_padding=1)
        self.up7 = nn.ConvTranspose2d(4 * W, W, 3, stride=2, padding=1, output_padding=1)
        self.up9 = nn.ConvTranspose2d(2 * W, 2 * W, 3, stride=2, padding=1, output_padding=1)
        self.up11 = nn.ConvTranspose2d(3 * W, _LAST, 3, padding=1)
        self.conv12 = nn.Conv2d(_LAST + in_channels, out_channels, 3, padding=1)
        self.join, self.dropout = Join(), nn.Dropout(dropout)
        self.output = output_layer("Autoencoder", output)

    def body(self, x: Tensor) -> Tensor:
        x1 = F.relu(self.conv1(x))
        x2 = F.relu(self.conv2(x1))
        x3 = F.relu(self.conv3(x2))
        y = F.relu(self.conv4(x3))
        y = F.relu(self.up5(y))
        y = F.relu(self.up7(self.dropout(self.join(y, x3))))
        y = F.relu(self.up9(self.dropout(self.join(y, x2))))
        y = F.relu(self.up11(self.dropout(self.join(y, x1))))
        return self.output(self.conv12(self.join(y, x)))

    @property
    def reach(self) -> int:
        """How far, at most, a pixel of the input acts on the result [pixels]."""
        same, halve = Window(3, 1, 1), Window(3, 2, 1)
        double = Window(3, 2, 1, transposed=True)
        return reach([same, *3 * [halve], *3 * [double], same, same])

    @staticmethod
    def count_parameters(
        in_channels: int = 1, out_channels: int = 2, width: int = 64, **_: object
    ) -> int:
        """Return the number of parameters of such a network, without building it."""
        W = width
        layers = [
            *((in_channels, W), (W, W), (W, 2 * W), (2 * W, 4 * W)),
            *((4 * W, 2 * W), (4 * W, W), (2 * W, 2 * W), (3 * W, _LAST)),
            (_LAST + in_channels, out_channels),
        ]
        return sum(conv(C, O, 3) for C, O in layers)
