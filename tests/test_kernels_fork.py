"""Fork and join: one call of a kernel that becomes the same call by several threads."""

import ast
import threading
import time

import numpy as np
import pytest
from kernel_copies import KERNELS
from minigrad.kernels._jit import jit
from minigrad.kernels.simd.fork import fork
from minigrad.kernels.simd.tasks import take

from minigrad import kernels
from minigrad.kernels import _threads, simd

pytestmark = pytest.mark.unit


@pytest.fixture
def threads():
    before = kernels.get_num_threads()
    yield kernels.set_num_threads
    kernels.set_num_threads(before)


def _record(work, who, slow):
    """Each piece: who did it, after some time."""
    fork(work)
    piece = take(work)
    while piece < work[1]:
        x = 0.0
        for _ in range(slow):
            x = x * 0.5 + 1.0
        who[piece] = work[2] + 0.0 * x
        piece = take(work)


def _count(work, who, buffers):
    """Each piece: who did it, and one more in the doer's room."""
    fork(work)
    piece = take(work)
    while piece < work[1]:
        x = 0.0
        for _ in range(10_000):
            x = x * 0.5 + 1.0
        who[piece] = work[2] + 0.0 * x
        buffers[0][0] += 1
        buffers[1][0] = work[2]
        piece = take(work)


def _fail(work, bad):
    fork(work)
    piece = take(work)
    while piece < work[1]:
        if piece == bad:
            raise ArithmeticError("a bad piece")
        piece = take(work)


record, count, fail = map(jit, (_record, _count, _fail))
compiled = pytest.mark.skipif(kernels.rates.DISABLED, reason="nothing is compiled")


def rows_of(pieces, threads):
    """What ``fork`` makes of a launch: a row for each thread."""
    return np.array([[0, pieces, own, threads, 0, 0, 0, 0] for own in range(threads)])


def test_every_kernel_that_takes_pieces_forks_first_and_ends_with_its_pieces():
    """Whoever launched takes none himself: what came after the pieces would be done twice."""
    seen = 0
    for path in [*KERNELS.glob("simd/*.py"), *KERNELS.glob("*.py")]:
        for kernel in ast.walk(ast.parse(path.read_text())):
            names = [a.arg for a in kernel.args.args] if isinstance(kernel, ast.FunctionDef) else []
            if names[:1] != ["work"] or kernel.name == "_take":
                continue
            docstring = ast.get_docstring(kernel) is not None
            assert ast.unparse(kernel.body[docstring]) == "fork(work)", kernel.name
            assert isinstance(kernel.body[-1], ast.While), kernel.name
            assert "buffers" not in names[:-1], kernel.name
            seen += 1
    assert seen > 50


@compiled
@pytest.mark.parametrize(("pieces", "number"), [(0, 1), (1, 1), (7, 1), (7, 2), (2, 3), (23, 5)])
def test_each_piece_is_taken_once_whoever_comes(pieces, number):
    rows = rows_of(pieces, number)
    order = np.random.default_rng(0).integers(0, number, pieces)
    assert sorted(take(rows[i]) for i in order) == list(range(pieces))
    assert [take(row) for row in rows] == [pieces] * number


@compiled
def test_a_thread_takes_its_own_share_first_and_then_helps():
    calling, other = rows_of(5, 2)
    assert [take(other) for _ in range(2)] == [2, 3]
    assert [take(calling) for _ in range(3)] == [0, 1, 4]


@compiled
def test_other_threads_take_part_also_after_a_sleep(threads):
    threads(2)
    for _ in range(2):
        time.sleep(0.05)  # far longer than they stay awake
        assert within(60, lambda: set(recorded(100, 20_000)) == {0, 1})


@compiled
@pytest.mark.skipif(_threads.cores() < 2, reason="one core")
def test_between_launches_the_others_stay_awake_for_a_while(threads):
    threads(2)
    team = simd.team.team()

    def joined_in_three():
        """The first may have woken it."""
        joined = [set(recorded(20, 1000)) == {0, 1} for _ in range(3)]
        return all(joined) and 1 not in dict(team._sleepers)

    assert within(60, joined_in_three)


def recorded(pieces, slow):
    who = np.full(pieces, -1.0)
    simd.tasks.launch(record, pieces, who, slow)
    return who


def within(seconds, condition):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
    return False


@compiled
def test_a_launch_just_before_a_thread_falls_asleep_is_not_missed(monkeypatch):
    team, calls, again = simd.team.Team(), [], threading.Event()
    others = simd.team.stand_by

    def stand_by(memory, thread, patience):
        if memory is not team.memory:
            return others(memory, thread, patience)
        seen = int(memory[simd.fork.RUNG])
        calls.append(seen)
        if len(calls) == 1:
            memory[simd.fork.RUNG] += 1  # its launcher found nobody asleep
        else:
            again.set()
        return seen

    monkeypatch.setattr(simd.team, "stand_by", stand_by)
    threading.Thread(target=team._serve, args=(1,), daemon=True).start()
    assert again.wait(60)
    assert within(60, lambda: len(team._sleepers) == 1)
    assert calls == [0, 1]


@compiled
def test_a_launch_that_finds_the_team_at_work_does_it_alone(threads):
    threads(2)
    recorded(2, 1)
    memory = simd.team.team().memory
    memory[simd.fork.BUSY] = 1
    try:
        assert (recorded(100, 20_000) == 0).all()
    finally:
        memory[simd.fork.BUSY] = 0
    assert within(60, lambda: set(recorded(100, 20_000)) == {0, 1})


@compiled
def test_who_comes_late_finds_the_gate_closed():
    team = simd.team.Team()
    team.memory[simd.fork.RUNG] += 1
    simd.team.stand_by(team.memory, 1, 10)  # it would call what lies at address 0
    assert team.memory[simd.fork.GATE] == simd.fork.CLOSED
    assert not team.memory[simd.fork.BUSY]


@compiled
def test_without_new_threads_a_launch_does_it_alone(monkeypatch, threads):
    def no_thread(thread):
        raise RuntimeError("can't start new thread")

    crew = simd.team.Team()
    monkeypatch.setattr(simd.tasks, "team", lambda: crew)
    monkeypatch.setattr(threading.Thread, "start", no_thread)
    threads(3)
    for _ in range(2):
        assert (recorded(9, 10) == 0).all()


@compiled
def test_each_thread_has_its_own_buffers(threads):
    threads(2)
    who, rooms = np.zeros(100), []

    def private():
        rooms.append((np.zeros(1, np.int64), np.full(5, -1.0)))
        return rooms[-1]

    def both_took_part():
        rooms.clear()
        simd.tasks.launch(count, len(who), who, private=private)
        return set(who) == {0, 1}

    assert within(60, both_took_part)
    for thread, (counted, named) in enumerate(rooms):
        assert counted[0] == (who == thread).sum()
        assert named[0] == thread


@compiled
@pytest.mark.parametrize("number", [1, 2, 3])
def test_an_error_in_a_piece_is_that_of_the_launch(threads, number):
    threads(number)
    for bad in range(8):
        with pytest.raises(ArithmeticError, match="a bad piece"):
            simd.tasks.launch(fail, 8, bad)
    assert set(recorded(8, 1)) <= {0, 1, 2}


@compiled
def test_a_launch_waits_for_all_its_pieces(threads):
    threads(3)
    for _ in range(100):
        assert recorded(5, 20_000).min() >= 0
