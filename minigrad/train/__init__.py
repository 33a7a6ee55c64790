"""Training: the loop, its callbacks, checkpoints, and everything around a colorization run.

==============================  ==================================================================
trainer, callbacks              the loop; what listens to it
checkpoint, folder, interrupt   what a run leaves behind, and how it ends
config, options, command        options as dataclasses, and the command lines made from them
pictures, colorization          a colorization run, from options to report
colorize, evaluate, samples     using a network, and how good it is
progress                        the live line and the estimate
report, run_report, charts      ``report.html``
==============================  ==================================================================
"""

from minigrad.train.callbacks import Checkpointer, EarlyStopping
from minigrad.train.checkpoint import (
    CheckpointError,
    load_checkpoint,
    load_state,
    save_checkpoint,
)
from minigrad.train.colorization import ColorizationRun
from minigrad.train.colorize import Colorizer, load_colorizer
from minigrad.train.command import colorize_command, train_command
from minigrad.train.evaluate import Evaluation, Score, evaluate_crops, evaluate_pictures
from minigrad.train.folder import RunFolder, RunFolderError
from minigrad.train.options import ColorizationOptions, UNetOptions
from minigrad.train.progress import ProgressLine
from minigrad.train.report import RunReport, write_report
from minigrad.train.trainer import Callback, DivergedError, Trainer

__all__ = [
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
    "UNetOptions",
    "colorize_command",
    "evaluate_crops",
    "evaluate_pictures",
    "load_checkpoint",
    "load_colorizer",
    "load_state",
    "save_checkpoint",
    "train_command",
    "write_report",
]
