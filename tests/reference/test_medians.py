"""Running medians against a sort of all neighbours, and against scipy where scipy is right: equal to the last bit."""

import numpy as np
import pytest
from kam_reference import brute_force_median
from scipy.ndimage import median_filter

from sepstudio.dsp import footprint_median, running_median

BORDERS = ("reflect", "mirror", "nearest")
# Networks up to 31, scipy's one-dimensional filter beyond; 47 has no power of two near it.
LENGTHS = (3, 5, 7, 9, 17, 23, 31, 33, 47, 63)


def noise(bins, frames, seed=3):
    """Values with many ties, as spectrograms of silence have them."""
    return np.random.default_rng(seed).integers(0, 200, (bins, frames)).astype(np.float32) ** 2


def line(length, axis):
    return np.ones((length, 1) if axis == 0 else (1, length), bool)


@pytest.mark.parametrize("border", BORDERS)
@pytest.mark.parametrize("length", LENGTHS)
def test_lines_of_every_length_on_both_axes(length, border):
    # 300 frames are more than one strip of the compiled loops, 150 bins more than one block.
    for shape in ((150, 300), (3, 2), (length // 2, length // 2 + 1), (length, 1), (1, length), (1, 1)):
        x = noise(*shape)
        for axis in (0, 1):
            y = running_median(x, length=length, axis=axis, border=border)
            assert np.array_equal(y, brute_force_median(x, line(length, axis), border)), (shape, axis)


@pytest.mark.parametrize("border", BORDERS)
@pytest.mark.parametrize("length", [17, 63])
def test_scipy_agrees_where_the_axes_are_long(length, border):
    x = noise(130, 140)
    for axis in (0, 1):
        size = (length, 1) if axis == 0 else (1, length)
        expected = median_filter(x, size=size, mode=border)
        assert np.array_equal(running_median(x, length=length, axis=axis, border=border), expected)


def cross(height, width):
    cells = np.zeros((height, width), bool)
    cells[height // 2] = cells[:, width // 2] = True
    return cells


def disc(diameter):
    distance = np.arange(diameter) - diameter // 2
    return distance[:, np.newaxis] ** 2 + distance**2 <= (diameter / 2) ** 2


def comb(period, repeats):
    cells = np.zeros((1, 2 * period * repeats + 1), bool)
    cells[0, ::period] = True
    return cells


def drawn(height, width, share, seed=5):
    cells = np.random.default_rng(seed).random((height, width)) < share
    cells[0, 0] = True
    return cells


FOOTPRINTS = {
    "cross": cross(7, 5),
    "disc": disc(5),
    "rectangle": np.ones((5, 3), bool),
    "large rectangle": np.ones((9, 9), bool),
    "large disc": disc(21),
    "comb": comb(40, 2),
    "long comb": comb(7, 40),
    "drawn": drawn(9, 7, 0.3),
    "large drawn": drawn(65, 65, 0.1),
    "lopsided": np.array([[1, 1, 0], [0, 0, 0], [0, 0, 0]], bool),
    "one point beside the centre": np.array([[0, 0, 1]], bool),
    "even count": np.array([[1, 0, 1], [0, 1, 1], [0, 0, 0]], bool),
    "even line": np.ones((1, 6), bool),
    "even sides": np.ones((4, 2), bool),
    "line with holes": np.array([[1, 1, 0, 1, 1]], bool),
    "long line with holes": np.array([[1, 1, 0] * 45], bool),
}


@pytest.mark.parametrize("border", BORDERS)
@pytest.mark.parametrize("name", FOOTPRINTS)
def test_any_neighbourhood(name, border):
    footprint = FOOTPRINTS[name]
    for shape in ((40, 290), (3, 2), (2, 30), (30, 2)):
        x = noise(*shape)
        y = footprint_median(x, footprint, border=border)
        assert np.array_equal(y, brute_force_median(x, footprint, border)), shape


@pytest.mark.parametrize("name", ["even count", "even line", "even sides", "lopsided", "cross"])
def test_scipy_agrees_on_small_neighbourhoods(name):
    x = noise(60, 70)
    for border in BORDERS:
        expected = median_filter(x, footprint=FOOTPRINTS[name], mode=border)
        assert np.array_equal(footprint_median(x, FOOTPRINTS[name], border=border), expected)


def test_double_precision_is_kept():
    x = np.random.default_rng(1).random((70, 90))
    for length, axis in ((17, 0), (17, 1), (41, 1)):
        y = running_median(x, length=length, axis=axis, border="reflect")
        assert y.dtype == np.float64
        assert np.array_equal(y, brute_force_median(x, line(length, axis)))
    assert np.array_equal(footprint_median(x, disc(5), border="reflect"), brute_force_median(x, disc(5)))


@pytest.mark.parametrize("device", ["cpu", pytest.param("cuda", marks=pytest.mark.cuda)])
def test_tensors_are_filtered_on_their_device_by_the_same_rule(device):
    torch = pytest.importorskip("torch")
    if device == "cuda" and not torch.cuda.is_available():
        pytest.skip("no CUDA device")
    for shape in ((60, 70), (5, 4)):
        x = noise(*shape)
        tensor = torch.as_tensor(x, device=device)
        for border in BORDERS:
            for length, axis in ((17, 0), (17, 1), (33, 1)):
                y = running_median(tensor, length=length, axis=axis, border=border)
                assert y.device == tensor.device
                assert np.array_equal(y.cpu().numpy(), brute_force_median(x, line(length, axis), border))
            y = footprint_median(tensor, FOOTPRINTS["drawn"], border=border)
            assert np.array_equal(y.cpu().numpy(), brute_force_median(x, FOOTPRINTS["drawn"], border))
    assert np.array_equal(tensor.cpu().numpy(), x), "the input was changed"
