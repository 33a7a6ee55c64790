"""Random numbers: seeded, saved, and of the distribution they are said to be."""

import threading

import numpy as np
import pytest

import minigrad
from minigrad import Generator, tensor

pytestmark = pytest.mark.unit

DRAWS = {
    "rand": lambda g: minigrad.rand(5, generator=g),
    "randn": lambda g: minigrad.randn(5, generator=g),
    "randn in float64": lambda g: minigrad.randn(5, dtype=minigrad.float64, generator=g),
    "randint": lambda g: minigrad.randint(0, 1000, (5,), generator=g),
    "randperm": lambda g: minigrad.randperm(50, generator=g),
    "normal": lambda g: minigrad.normal(minigrad.zeros(5), minigrad.ones(5), generator=g),
    "bernoulli": lambda g: minigrad.bernoulli(minigrad.full((50,), 0.5), generator=g),
    "normal_": lambda g: minigrad.zeros(5).normal_(2, 3, generator=g),
    "uniform_": lambda g: minigrad.zeros(5).uniform_(-1, 1, generator=g),
    "bernoulli_": lambda g: minigrad.zeros(50).bernoulli_(0.3, generator=g),
    "random_": lambda g: minigrad.zeros(5).random_(0, 1000, generator=g),
    "multinomial": lambda g: minigrad.multinomial(minigrad.ones(50), 5, generator=g),
}


@pytest.fixture(params=DRAWS.values(), ids=DRAWS)
def draw(request):
    return request.param


@pytest.fixture(autouse=True)
def _seeded():
    state = minigrad.get_rng_state()
    minigrad.manual_seed(0)
    yield
    minigrad.set_rng_state(state)


def test_a_seed_repeats(draw):
    first, second, other = (draw(Generator().manual_seed(s)).tolist() for s in (3, 3, 4))
    assert first == second != other


def test_the_default_generator(draw):
    minigrad.manual_seed(3)
    first = draw(None).tolist(), draw(None).tolist()
    minigrad.manual_seed(3)
    assert (draw(None).tolist(), draw(None).tolist()) == first
    assert first[0] != first[1]
    assert first[0] == draw(Generator().manual_seed(3)).tolist()


def test_a_generator_of_ones_own_leaves_the_default_alone(draw):
    before = minigrad.get_rng_state().tolist()
    draw(Generator().manual_seed(1))
    assert minigrad.get_rng_state().tolist() == before


def test_a_saved_state_goes_on(draw):
    generator = Generator().manual_seed(5)
    draw(generator)
    state = generator.get_state()
    expected = draw(generator).tolist()
    again = Generator()
    again.set_state(state)
    assert draw(again).tolist() == expected
    assert again.initial_seed() == 5


def test_the_default_state_as_a_tensor():
    minigrad.rand(3)
    state = minigrad.get_rng_state()
    assert state.dtype == minigrad.uint8
    expected = minigrad.rand(3).tolist()
    minigrad.rand(100)
    minigrad.set_rng_state(state)
    assert minigrad.rand(3).tolist() == expected


def test_seeds():
    assert minigrad.manual_seed(7).initial_seed() == minigrad.initial_seed() == 7
    assert minigrad.manual_seed(-1) is not None
    assert minigrad.manual_seed(2**80).initial_seed() == 2**80
    drawn = minigrad.seed()
    assert minigrad.initial_seed() == drawn
    for bad in (1.5, "a", True, None):
        with pytest.raises(TypeError, match="seed"):
            minigrad.manual_seed(bad)
    with pytest.raises(ValueError, match="not the state of a generator"):
        minigrad.set_rng_state(tensor([1, 2, 3], dtype=minigrad.uint8))


N = 20_000
ERROR = 5 / np.sqrt(N)  # five standard errors of a mean whose elements have deviation 1


@pytest.mark.parametrize(
    ("drawn", "mean", "deviation", "low", "high"),
    [
        (lambda: minigrad.rand(N), 0.5, 12**-0.5, 0, 1),
        (lambda: minigrad.rand(N, dtype=minigrad.float64), 0.5, 12**-0.5, 0, 1),
        (lambda: minigrad.randn(N), 0, 1, -6, 6),
        (lambda: minigrad.randint(3, 7, (N,)), 4.5, 1.25**0.5, 3, 7),
        (lambda: minigrad.zeros(N).normal_(2, 3), 2, 3, -16, 20),
        (lambda: minigrad.zeros(N).uniform_(-1, 3), 1, 16**0.5 / 12**0.5, -1, 3),
        (lambda: minigrad.zeros(N).bernoulli_(0.25), 0.25, 0.1875**0.5, 0, 2),
        (lambda: minigrad.bernoulli(minigrad.full((N,), 0.75)), 0.75, 0.1875**0.5, 0, 2),
        (lambda: minigrad.normal(5.0, 0.5, (N,)), 5, 0.5, 2, 8),
        (lambda: minigrad.zeros(N).random_(10), 4.5, 8.25**0.5, 0, 10),
    ],
)
def test_distributions(drawn, mean, deviation, low, high):
    x = drawn().double().numpy()
    assert x.mean() == pytest.approx(mean, abs=ERROR * deviation)
    assert x.std() == pytest.approx(deviation, rel=0.05)
    assert x.min() >= low
    assert x.max() < high


def test_permutations():
    order = minigrad.randperm(100)
    assert sorted(order.tolist()) == list(range(100))
    assert order.tolist() != list(range(100))
    assert minigrad.randperm(0).shape == (0,)


def test_a_certain_event():
    assert minigrad.bernoulli(tensor([0.0, 1.0])).tolist() == [0, 1]
    assert minigrad.multinomial(tensor([0.0, 2.0, 0.0]), 3, replacement=True).tolist() == [1, 1, 1]
    assert sorted(minigrad.multinomial(tensor([1.0, 0.0, 5.0]), 2).tolist()) == [0, 2]


def test_random_writing_is_not_recorded():
    x = minigrad.ones(3, requires_grad=True)
    with minigrad.no_grad():
        x.uniform_()
    assert x.is_leaf
    assert x.requires_grad


def test_threads_share_a_generator():
    """Every key is drawn once, whichever thread draws it."""
    generator, keys = Generator().manual_seed(0), []
    threads = [
        threading.Thread(target=lambda: keys.extend(generator.key() for _ in range(500)))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    alone = Generator().manual_seed(0)
    assert sorted(keys) == sorted(alone.key() for _ in range(2000))
