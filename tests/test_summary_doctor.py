"""The shape doctor: the layer that breaks, sizes that fit, settings that mend; each one tried."""

import pytest

import minigrad
from minigrad import nn
from minigrad.errors import SizeError
from minigrad.summary import ShapeError, describing, is_described, summarize

pytestmark = pytest.mark.unit


class Meet(nn.Module):
    """Two maps side by side."""

    def forward(self, x, y):
        return minigrad.cat([x, y], 1)


class Ladder(nn.Module):
    """Two halvings and two doublings whose output padding is for odd sizes."""

    def __init__(self, kernel=3, padding=1):
        super().__init__()
        self.one = nn.Conv2d(1, 2, kernel, 2, padding)
        self.two = nn.Conv2d(2, 4, kernel, 2, padding)
        self.up = nn.ConvTranspose2d(4, 2, kernel, 2, padding)
        self.join = Meet()
        self.last = nn.ConvTranspose2d(4, 1, kernel, 2, padding)

    def forward(self, x):
        a = self.one(x)
        return self.last(self.join(self.up(self.two(a)), a)) + x


def complaint(net, shape, **options):
    with pytest.raises(ShapeError) as caught:
        summarize(net, shape, **options)
    return caught.value


def runs(net, shape):
    with describing():
        net(minigrad.zeros(1, *shape))
    return True


def test_the_level_is_named_with_what_it_takes_and_from_where():
    error = complaint(Ladder(), (1, 20, 15))
    assert error.layer == "join"
    assert "breaks at  join" in str(error)
    assert "2x9x7 from up" in str(error)
    assert "2x10x8 from one" in str(error)
    assert isinstance(error, SizeError)


def test_sizes_nearby_fit_and_none_nearer_does():
    error = complaint(Ladder(), (1, 20, 15))
    assert error.sizes == [(17, 13), (21, 17)]
    assert all(runs(Ladder(), (1, *size)) for size in error.sizes)
    for n in (18, 19, 20):
        with pytest.raises(SizeError):
            runs(Ladder(), (1, n, n))
    assert "F.pad(x, (0, 2, 0, 1)) makes it 21x17" in str(error)


def test_output_paddings_mend_it():
    net = Ladder()
    error = complaint(net, (1, 20, 15))
    assert error.remedies == ["up: output_padding=(1, 1)", "last: output_padding=(1, 0)"]
    assert net.up.output_padding == net.last.output_padding == (0, 0)
    net.up.output_padding, net.last.output_padding = (1, 1), (1, 0)
    assert runs(net, (1, 20, 15))


def test_an_even_kernel_with_padding_of_half_of_it_is_mended():
    """Seed 000: with p = k / 2 and k = 4 a map of 32 is not halved, but becomes 17."""
    net = Ladder(kernel=4, padding=2)
    error = complaint(net, (1, 32, 32))
    assert error.remedies == ["up: output_padding=(1, 1)"]
    assert net.one.padding == (2, 2)


def test_what_no_size_mends_says_only_what_is_true():
    error = complaint(nn.Conv2d(3, 2, 3), (1, 8, 8))
    assert (error.sizes, error.remedies) == ([], [])
    assert "3" in error.reason
    assert "would fit" not in str(error)


def test_a_network_for_one_size_names_it():
    error = complaint("cnn", (3, 100, 75))
    assert error.sizes == [(256, 256)]
    assert "F.pad" not in str(error)


def test_a_network_that_refuses_by_itself_gets_the_doctors_sizes():
    error = complaint("unet", (1, 100, 75), pad=False)
    assert error.sizes == [(96, 72), (104, 80)]


def test_modes_and_settings_come_back_after_an_error():
    net = Ladder().train()
    complaint(net, (1, 20, 15))
    assert all(module.training and not module.has_hooks for module in net.modules())
    assert not is_described(net.one.weight.array)
