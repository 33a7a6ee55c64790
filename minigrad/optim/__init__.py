"""Optimizers, and in `lr_scheduler` the schedules of their learning rates.

=============  ===================================================================
`SGD`          gradient descent, momentum, Nesterov
`Adam`         moments of the gradient; `AdamW` with decoupled weight decay
`RMSprop`      the gradient over its root mean square
`Adagrad`      the gradient over the root of the sum of all its squares
`Adadelta`     `RMSprop` whose step is measured in units of the parameter
=============  ===================================================================

A further one is a class over `Optimizer` with two methods: its settings in ``__init__``, one
parameter's update in ``update``.
"""

from minigrad.optim import lr_scheduler
from minigrad.optim.adadelta import Adadelta
from minigrad.optim.adagrad import Adagrad
from minigrad.optim.adam import Adam, AdamW
from minigrad.optim.optimizer import Optimizer
from minigrad.optim.rmsprop import RMSprop
from minigrad.optim.sgd import SGD

__all__ = [
    "Adadelta",
    "Adagrad",
    "Adam",
    "AdamW",
    "Optimizer",
    "RMSprop",
    "SGD",
    "lr_scheduler",
]
