"""Networks that halve a picture's sides and double them again, for pictures of any size.

Halving k times and doubling k times gives the same size back only for multiples of 2^k: 37 halved
is 18 or 19, and doubled 36 or 38. So a picture is padded up to the next multiple, by repeating its
last row and column, and the result is cropped:

    (N, C, 37, 50)  --pad-->  (N, C, 40, 56)  --body-->  (N, O, 40, 56)  --crop-->  (N, O, 37, 50)
"""

from __future__ import annotations

from minigrad import nn
from minigrad.errors import SizeError
from minigrad.models.checks import check_counts
from minigrad.nn import functional as F
from minigrad.tensor import Tensor

__all__ = ["AnySize"]


class AnySize(nn.Module):
    """A network of some halvings and as many doublings; subclasses write its `body`.

    Parameters
    ----------
    in_channels, out_channels : int
        Channels of the picture and of the result.
    depth : int
        Number of halvings.
    pad : bool
        Whether other sizes than multiples of 2^depth are padded and the result cropped back;
        otherwise they are refused.

    Raises
    ------
    ValueError
        A number of channels below 1, or a depth below 0.
    """

    def __init__(self, in_channels: int, out_channels: int, depth: int, pad: bool = True) -> None:
        super().__init__()
        name = type(self).__name__
        check_counts(name, in_channels=in_channels, out_channels=out_channels)
        check_counts(name, least=0, depth=depth)
        self.in_channels, self.out_channels = in_channels, out_channels
        self.depth, self.pad = depth, pad

    @property
    def multiple(self) -> int:
        """Sides that need no padding are multiples of this."""
        return 2**self.depth

    def body(self, x: Tensor) -> Tensor:
        """Map (N, in_channels, H, W) to (N, out_channels, H, W); H, W multiples of `multiple`."""
        raise NotImplementedError(f"{type(self).__name__} has no body")

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, in_channels, H, W), or (in_channels, H, W), to out_channels of the same H, W.

        Raises
        ------
        SizeError
            Another number of axes or channels, an empty picture, a size that does not fit where
            nothing is padded, or one value a channel for batch normalisation to train on.
        """
        self._check_input(x)
        if x.dim() == 3:
            return self.forward(x.unsqueeze(0)).squeeze(0)
        H, W = x.shape[-2:]
        bottom, right = -H % self.multiple, -W % self.multiple
        if bottom or right:
            x = F.pad(x, (0, right, 0, bottom), mode="replicate")
        self._check_batch_norm(x)
        x = self.body(x)
        return x[..., :H, :W] if bottom or right else x

    def _check_input(self, x: Tensor) -> None:
        name = type(self).__name__
        if x.dim() not in (3, 4) or x.shape[-3] != self.in_channels or 0 in x.shape[-2:]:
            raise SizeError(
                f"{name}: input has shape {tuple(x.shape)}; give (N, {self.in_channels}, H, W), or "
                f"({self.in_channels}, H, W), with H and W of at least 1"
            )
        if self.pad:
            return
        for axis, size in (("H", x.shape[-2]), ("W", x.shape[-1])):
            if size % self.multiple:
                level = next(k for k in range(self.depth) if size % 2 ** (k + 1))
                below = size - size % self.multiple
                sizes = [n for n in (below, below + self.multiple) if n]
                raise SizeError(
                    f"{name}: input has {axis} = {size}, which level {level} would have to halve "
                    f"as {size // 2**level}; with depth {self.depth} sizes must be multiples of "
                    f"{self.multiple}, such as {' or '.join(map(str, sizes))}; or let the network "
                    "pad (pad=True)"
                )

    def _check_batch_norm(self, x: Tensor) -> None:
        N, _, H, W = x.shape
        alone = N * (H // self.multiple) * (W // self.multiple) == 1
        if alone and any(isinstance(m, nn.BatchNorm2d) and m.training for m in self.modules()):
            raise SizeError(
                f"{type(self).__name__}: the deepest level (k = {self.depth}) is 1 x 1 for an "
                f"input of H x W = {H} x {W}, and batch norm cannot train on one value per "
                "channel; give a batch of 2 or more, sizes above "
                f"{self.multiple}, or a smaller depth; or call eval()"
            )
