"""Exclusive or: a network whose weights are known, and one that finds them.

The whole of training is in ten lines: predict, measure, differentiate, step.

    python examples/xor.py
"""

import minigrad
from minigrad import optim
from minigrad.models import XOR
from minigrad.nn import functional as F

pairs = minigrad.tensor([[0.0, 0], [0, 1], [1, 0], [1, 1]])
truth = minigrad.tensor([[0.0], [1], [1], [0]])


def main() -> None:
    """Print what the two solutions say, then train a network from random weights."""
    print("x1  x2   |z|  max(z, 0)")
    solutions = [XOR(variant)(pairs).tolist() for variant in ("abs", "relu")]
    for (x1, x2), (a,), (b,) in zip(pairs.tolist(), *solutions, strict=True):
        print(f"{x1:2.0f}  {x2:2.0f}  {a:4.0f}  {b:9.0f}")

    minigrad.manual_seed(0)
    net = XOR("abs", solved=False)
    optimizer = optim.Adam(net.parameters(), lr=0.05)
    for step in range(401):
        loss = F.mse_loss(net(pairs), truth)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if step % 100 == 0:
            print(f"step {step:3}  loss {loss.item():.6f}")

    for (x1, x2), (y,) in zip(pairs.tolist(), net(pairs).tolist(), strict=True):
        print(f"{x1:.0f} xor {x2:.0f} = {y:z.3f}")


if __name__ == "__main__":
    main()
