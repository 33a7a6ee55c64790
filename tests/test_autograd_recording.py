"""Whether operations are recorded: blocks, decorators, calls, and threads."""

import threading

import pytest

import minigrad

pytestmark = pytest.mark.unit


def test_recording_nests():
    x = minigrad.ones(1, requires_grad=True)
    states = [minigrad.is_grad_enabled()]
    with minigrad.no_grad():
        states.append((x * 2).requires_grad)
        with minigrad.enable_grad():
            states.append((x * 2).requires_grad)
            with minigrad.set_grad_enabled(False):
                states.append((x * 2).requires_grad)
        states.append((x * 2).requires_grad)
    states.append(minigrad.is_grad_enabled())
    assert states == [True, False, True, False, False, True]


def test_recording_comes_back_after_an_error():
    def fail():
        with minigrad.no_grad():
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert minigrad.is_grad_enabled()


def test_recording_as_decorators():
    x = minigrad.ones(1, requires_grad=True)

    @minigrad.no_grad()
    def off(depth):
        assert not minigrad.is_grad_enabled()
        return off(depth - 1) if depth else x * 2

    @minigrad.no_grad
    def bare():
        return x * 2

    @minigrad.set_grad_enabled(False)
    def switched():
        return x * 2

    @minigrad.enable_grad()
    def on():
        return x * 2

    assert minigrad.is_grad_enabled()
    assert not off(2).requires_grad
    assert not bare().requires_grad
    assert not switched().requires_grad
    with minigrad.no_grad():
        assert on().requires_grad
    assert minigrad.is_grad_enabled()


def test_set_grad_enabled_as_a_call():
    minigrad.set_grad_enabled(False)
    try:
        assert not (minigrad.ones(1, requires_grad=True) * 2).requires_grad
    finally:
        minigrad.set_grad_enabled(True)
    assert (minigrad.ones(1, requires_grad=True) * 2).requires_grad


def test_each_thread_records_for_itself():
    seen = {}
    with minigrad.no_grad():
        thread = threading.Thread(target=lambda: seen.update(inside=minigrad.is_grad_enabled()))
        thread.start()
        thread.join()
    assert seen == {"inside": True}


def test_threads_differentiate_side_by_side():
    results = [None] * 8

    def work(i):
        x = minigrad.full((50,), float(i)).double().requires_grad_()
        y = x
        for _ in range(50):
            y = y + x * x
        y.sum().backward()
        results[i] = x.grad[0].item()

    threads = [threading.Thread(target=work, args=(i,)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [1.0 + 50 * 2 * i for i in range(8)]
