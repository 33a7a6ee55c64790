"""Benchmarks: how fast minigrad is, beside another engine and beside what the machine can do.

Run from a checkout; they are not part of the installed package::

    python -m benchmarks.steps       the five training steps: seconds, ratio, GFLOP/s, memory
    python -m benchmarks.layers      single layers, forward and backward
    python -m benchmarks.ladder      one convolution, from the formula in Python to the fast kernel
    python -m benchmarks.assembly    the fast kernel's innermost loop, instruction by instruction
    python -m benchmarks.scaling     cost against batch, side, channels, threads
    python -m benchmarks.machine     what this machine can do at best
    pytest benchmarks                single kernels, with a control

The peer, PyTorch, is optional and is imported nowhere else.  How a comparison is made: each engine
in a process of its own (``worker``), with the same number of threads; each warmed up first; then
rounds that alternate (A B A B ...), so that a slow moment of the machine meets both; the ratio is
taken round by round, and the median of the rounds counts.
"""
