"""11 billion weights, counted without one of them: networks that are described, not built.

Inside `describing`, layers have shapes and no numbers, so a network can be asked what it would
weigh, and what it would put out, before there is room for it.

    python examples/count_weights.py
"""

import minigrad
from minigrad.models import DeepConv, DownChain, FullyConnected
from minigrad.summary import describing


def main() -> None:
    """Print what three networks for the same pictures would weigh."""
    print(f"{'network':24}{'output':>16}{'parameters':>16}{'GiB':>8}")
    for kind in (FullyConnected, DeepConv, DownChain):
        with describing():
            net = kind()
            output = net(minigrad.zeros(1, *kind.INPUT))
        parameters = sum(p.numel() for p in net.parameters())
        shape = " x ".join(map(str, output.shape[1:]))
        print(f"{kind.TITLE:24}{shape:>16}{parameters:16,}{parameters * 4 / 2**30:8.2f}")


if __name__ == "__main__":
    main()
