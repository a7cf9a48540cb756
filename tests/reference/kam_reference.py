"""Kernel backfitting as the paper prints it: slow, double precision, written from the text alone.

FitzGerald, Liutkus, Rafii, Pardo, Daudet: Harmonic/Percussive Separation Using Kernel Additive
Modelling, 2014, Algorithm 1. Where the paper is silent: every source's covariance is loaded with
``e = 1e-10 max(x* x) / J`` in the sum and in the numerator, the spatial average counts only frames
with ``tr C > 1e-12 max tr C`` (maximum over all bins and frames; none counted: the identity), then
1e-5 is added to its diagonal, ``z`` is clamped at 0, and "the result after n iterations" is eq. 7
with the parameters after n updates.

Arrays: mixture [channels, bins, frames] complex128, spectrograms [sources, bins, frames] float64,
covariances [sources, bins, channels, channels] complex128, footprints bool [height, width] with
the lowest frequency offset in row 0.
"""

import numpy as np

LOADING = 1e-10
COUNTED = 1e-12
DIAGONAL = 1e-5

# The modes of scipy.ndimage by their names in numpy.pad, which repeats them on short axes.
PAD_MODES = {"reflect": "symmetric", "mirror": "reflect", "nearest": "edge"}


def brute_force_median(x, footprint, border="reflect"):
    """Order all neighbours of every point and take the upper middle one.

    scipy.ndimage.median_filter is no reference where an axis is shorter than half the window:
    its two-dimensional filter then reads the wrong values.
    """
    high, wide = footprint.shape[0] // 2, footprint.shape[1] // 2
    padded = np.pad(x, ((high, high), (wide, wide)), mode=PAD_MODES[border])
    neighbours = np.stack(
        [padded[row : row + x.shape[0], column : column + x.shape[1]] for row, column in np.argwhere(footprint)]
    )
    middle = len(neighbours) // 2
    return np.partition(neighbours, middle, axis=0)[middle]


def wiener_reference(x, spectrograms, covariances, *, share=LOADING):
    """Eq. 7: ``s_j R_j [sum s R]^-1 x`` with every ``s_j R_j`` loaded; [sources, channels, bins, frames]."""
    x = np.asarray(x, np.complex128)
    sources, channels = len(spectrograms), len(x)
    loading = share * energy(x).max() / sources
    if loading == 0.0:
        return np.zeros((sources, *x.shape), np.complex128)
    each = np.einsum("jft,jfab->jftab", spectrograms, covariances) + loading * np.eye(channels)
    whitened = np.linalg.solve(each.sum(axis=0), x.transpose(1, 2, 0)[..., np.newaxis])
    return (each @ whitened)[..., 0].transpose(0, 3, 1, 2)


def energy(x):
    """``x* x``: [channels, bins, frames] to [bins, frames]."""
    return (np.abs(x) ** 2).sum(axis=0)


def kam_reference(x, footprints, *, iterations, spatial, border="reflect", share=LOADING):
    """Algorithm 1. Returns the estimates after 1, 2, ... iterations, each [sources, channels, bins, frames]."""
    x = np.asarray(x, np.complex128)
    channels, bins, _ = x.shape
    sources = len(footprints)
    s = np.repeat(energy(x)[np.newaxis] / (channels * sources), sources, axis=0)
    r = np.tile(np.eye(channels, dtype=np.complex128), (sources, bins, 1, 1))
    results = []
    estimates = wiener_reference(x, s, r, share=share)
    for _ in range(iterations):
        for j, footprint in enumerate(footprints):
            s[j], r[j] = updated(estimates[j], footprint, spatial=spatial, border=border)
        estimates = wiener_reference(x, s, r, share=share)
        results.append(estimates)
    return results


def updated(estimate, footprint, *, spatial, border):
    """Step 4 for one source: its spectrogram [bins, frames] and covariance [bins, channels, channels]."""
    channels, bins, _ = estimate.shape
    c = np.einsum("aft,bft->ftab", estimate, estimate.conj())
    identity = np.eye(channels, dtype=np.complex128)
    r = spatial_covariance(c) + DIAGONAL * identity if spatial else np.tile(identity, (bins, 1, 1))
    z = np.einsum("fab,ftba->ft", np.linalg.inv(r), c).real / channels
    return brute_force_median(np.maximum(z, 0.0), footprint, border), r


def spatial_covariance(c):
    """Step 4b: the mean of ``I C / tr C`` over the frames that count, [bins, channels, channels]."""
    channels = c.shape[-1]
    trace = np.einsum("ftaa->ft", c).real
    counted = trace > COUNTED * trace.max(initial=0.0)
    shapes = np.where(counted[..., None, None], c / np.where(counted, trace, 1.0)[..., None, None], 0.0)
    count = counted.sum(axis=1)
    mean = channels * shapes.sum(axis=1) / np.maximum(count, 1)[:, None, None]
    return np.where(count[:, None, None] > 0, mean, np.eye(channels))
