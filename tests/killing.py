"""Training processes to be killed: forked from a server that has imported everything already."""

import multiprocessing
import os
import resource
import signal
import sys
import time

from minigrad.cli import main

SERVER = multiprocessing.get_context("forkserver")
SERVER.set_forkserver_preload(["killing", "warm_training"])

# How long a process may live at most before its first save [s].
PATIENCE = 120


def train(arguments, errors, largest):
    """Run ``minigrad train`` silently; the exit status is its own."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    if errors is not None:
        os.dup2(os.open(errors, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), 2)
    if largest is not None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (largest, largest))
    sys.exit(main(["train", *arguments]))


def started(arguments, errors=None, largest=None):
    """Start ``minigrad train ARGUMENTS`` in a process of its own.

    What it says of errors goes to the file `errors`; no file that it writes can become larger than
    `largest` [bytes].
    """
    lines = [str(argument) for argument in arguments]
    process = SERVER.Process(target=train, args=(lines, errors, largest))
    process.start()
    return process


def finished(arguments, errors=None, largest=None):
    """Run to the end; returns the exit status."""
    process = started(arguments, errors, largest)
    process.join()
    return process.exitcode


def killed(arguments, folder, rng):
    """Start, and kill with SIGKILL at a random moment; returns which kind of moment it was.

    "early" is before or about the first save, "writing" while a checkpoint is being written,
    "later" some time after the first save.
    """
    mark = folder / "last.safetensors"
    moment = ("early", "writing", "later", "later")[rng.integers(4)]
    before = mark.stat().st_mtime_ns if mark.exists() else 0
    process = started(arguments)
    deadline = time.monotonic() + PATIENCE
    while process.is_alive() and time.monotonic() < deadline:
        if moment == "early":
            time.sleep(rng.uniform(0, 0.5))
            break
        if moment == "writing" and any(folder.glob(".*.tmp")):
            break
        if moment == "later" and mark.exists() and mark.stat().st_mtime_ns > before:
            time.sleep(rng.uniform(0, 0.25))
            break
        time.sleep(0.0005)
    process.kill()
    process.join()
    return moment
