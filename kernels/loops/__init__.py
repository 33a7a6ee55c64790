"""The textbook: one plain loop nest for each operation.

A kernel here is what the operation *means*. The tests hold every fast kernel to it, and every
explanation is a trace of its Python function, ``_name``, which stands directly above its compiled
self, ``name``.

All kernels follow one convention: outputs come first, preallocated by the caller, and every element
is written; arrays are C-contiguous, of one floating dtype unless said otherwise; sizes are read from
``.shape``; an empty batch is fine. Nothing is checked here, `minigrad.kernels.geometry` has done it.
Statistics, losses and other long sums of one kind are added up in float64.
"""
