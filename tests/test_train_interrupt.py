"""Ctrl-C: the first asks, the second ends; the live line and what it says."""

import io
import signal
import threading

import pytest
from rich.console import Console
from toy_training import toy_trainer

from minigrad.train import Callback, ProgressLine
from minigrad.train.interrupt import Interruption

pytestmark = pytest.mark.unit


def test_the_first_signal_is_noted_and_the_second_ends():
    before = signal.getsignal(signal.SIGINT)
    with Interruption() as interruption:
        assert interruption.requested == 0
        signal.raise_signal(signal.SIGINT)
        assert interruption.requested == signal.SIGINT
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is before


def test_handlers_come_back_after_an_error_too():
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(ZeroDivisionError), Interruption():
        print(1 / 0)
    assert signal.getsignal(signal.SIGTERM) is before


def test_a_thread_trains_without_touching_the_handlers():
    before, errors = signal.getsignal(signal.SIGINT), []

    def work():
        try:
            with Interruption():
                assert signal.getsignal(signal.SIGINT) is before
        except BaseException as error:
            errors.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert errors == []


class SecondCtrlC(Callback):
    """Presses Ctrl-C twice within one step."""

    def on_step_end(self, trainer):
        if trainer.step == 2:
            signal.raise_signal(signal.SIGINT)
            signal.raise_signal(signal.SIGINT)


def test_a_second_ctrl_c_ends_a_run_at_once():
    trainer = toy_trainer([SecondCtrlC()])
    with pytest.raises(KeyboardInterrupt):
        trainer.fit(4)
    assert trainer.step == 2


def lines_of(terminal, every=20.0):
    out = io.StringIO()
    console = Console(file=out, force_terminal=terminal, width=100)
    toy_trainer([ProgressLine(2, console, every=every)]).fit(2)
    return out.getvalue()


def test_plain_lines_where_there_is_no_terminal():
    text = lines_of(False)
    assert "\x1b" not in text
    first, second = text.splitlines()
    assert first.startswith("epoch   1/2  loss 0.")
    assert " val_loss 0." in first
    assert "pictures/s" in first
    assert first.endswith("left")
    assert "left" not in second


def test_a_long_epoch_gets_plain_lines_within():
    lines = lines_of(False, every=0.0).splitlines()
    assert any("step 2/6" in line and "left" in line for line in lines)


def test_a_live_line_on_a_terminal():
    text = lines_of(True)
    assert "step" in text
    assert "\x1b" in text
    assert "epoch   2/2" in text
