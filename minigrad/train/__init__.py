"""Training: the loop, its callbacks, checkpoints, and everything around a colorization run.

================================  ================================================================
trainer, adversarial, callbacks   the loop, with one network or two; what listens to it
checkpoint, folder, interrupt     what a run leaves behind, and how it ends
packing                           weights and optimizers as arrays, and back
targets                           what a network is trained towards, and colours made of it again
config, options, run_file         options as dataclasses, the command line made from them, TOML
networks, defaults, learning      what target and options decide of networks and optimizers
pictures, building, colorization  a colorization run, from options to report
inference, colorize, samples      using a network
validation, evaluate              how good it is
command, using                    the commands
progress                          the live line and the estimate
report, run_report, charts        ``report.html``
================================  ================================================================
"""

from minigrad.train.adversarial import AdversarialTrainer
from minigrad.train.callbacks import Checkpointer, EarlyStopping
from minigrad.train.checkpoint import (
    CheckpointError,
    load_checkpoint,
    load_state,
    save_checkpoint,
)
from minigrad.train.colorization import ColorizationRun
from minigrad.train.colorize import Colorizer, load_colorizer
from minigrad.train.command import train_command
from minigrad.train.evaluate import Evaluation, Score, evaluate_crops, evaluate_pictures
from minigrad.train.folder import RunFolder, RunFolderError
from minigrad.train.networks import network_options, run_options
from minigrad.train.options import ColorizationOptions
from minigrad.train.progress import ProgressLine
from minigrad.train.report import RunReport, write_report
from minigrad.train.trainer import Callback, DivergedError, Trainer
from minigrad.train.using import colorize_command, evaluate_command

__all__ = [
    "AdversarialTrainer",
    "Callback",
    "CheckpointError",
    "Checkpointer",
    "ColorizationOptions",
    "ColorizationRun",
    "Colorizer",
    "DivergedError",
    "EarlyStopping",
    "Evaluation",
    "ProgressLine",
    "RunFolder",
    "RunFolderError",
    "RunReport",
    "Score",
    "Trainer",
    "colorize_command",
    "evaluate_command",
    "evaluate_crops",
    "evaluate_pictures",
    "load_checkpoint",
    "load_colorizer",
    "load_state",
    "network_options",
    "run_options",
    "save_checkpoint",
    "train_command",
    "write_report",
]
