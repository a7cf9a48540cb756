"""Where sources sit between the channels, summed over frames: compiled loops against plain numpy."""

import numpy as np
import pytest

from sepstudio.dsp.spatial_kernels import DIAGONAL, normalise
from sepstudio.separation.spatial import SpatialModel

BINS, FRAMES, SOURCES = 5, 300, 3


def scene(channels):
    generator = np.random.default_rng(channels)
    shape = (channels, BINS, FRAMES)
    x = (generator.standard_normal(shape) + 1j * generator.standard_normal(shape)).astype(np.complex64)
    s = generator.gamma(0.5, 1.0, (SOURCES, BINS, FRAMES)).astype(np.float32)
    s[0, 2] = 0.0
    mixing = generator.standard_normal((SOURCES, BINS, channels, channels, 2)) @ (1, 1j)
    r = mixing @ mixing.conj().swapaxes(-1, -2) + np.eye(channels)
    peak = float((np.abs(x) ** 2).sum(axis=0).max())
    return SpatialModel(sources=SOURCES, channels=channels, peak=peak, threads=2), x, s, r


@pytest.mark.parametrize("by_energy", [True, False])
@pytest.mark.parametrize("channels", [1, 2, 3])
def test_covariances_are_sums_over_audible_frames(channels, by_energy):
    model, x, s, r = scene(channels)
    sums, counts = np.zeros_like(r), np.zeros((SOURCES, BINS))
    for frames in ((0, 130), (130, FRAMES)):
        for _ in model.accumulate(x, s, r, model.first_floors, sums, counts, frames, by_energy=by_energy):
            pass
    found = np.empty_like(sums)
    normalise(sums, counts, found, 0, BINS)
    images = model.estimates(x, s, r, 0, FRAMES).astype(np.complex128)
    energies = (np.abs(images) ** 2).sum(axis=1)
    heard = energies > model.first_floors[:, None, None]
    weights = np.where(heard, 1.0, 0.0) if by_energy else np.where(heard, 1.0 / np.maximum(energies, 1e-300), 0.0)
    expected = np.einsum("jakt,jbkt,jkt->jkab", images, images.conj(), weights)
    traces = np.einsum("jkaa->jk", expected).real[..., None, None]
    silent = traces == 0
    expected = np.where(silent, np.eye(channels), channels * expected / np.where(silent, 1.0, traces))
    assert silent.sum() == 1
    np.testing.assert_allclose(found, expected + DIAGONAL * np.eye(channels), atol=1e-5)
