"""Training processes to be killed: forked from a server that has imported everything already."""

import multiprocessing
import os
import sys
import time

from minigrad.cli import main

SERVER = multiprocessing.get_context("forkserver")
SERVER.set_forkserver_preload(["killing"])

# How long a process may live at most before its first save [s].
PATIENCE = 120


def train(arguments):
    """Run ``minigrad train`` silently; the exit status is its own."""
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 1)
    sys.exit(main(["train", *arguments]))


def started(arguments):
    """Start ``minigrad train ARGUMENTS`` in a process of its own."""
    process = SERVER.Process(target=train, args=([str(a) for a in arguments],))
    process.start()
    return process


def finished(arguments):
    """Run to the end; returns the exit status."""
    process = started(arguments)
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
