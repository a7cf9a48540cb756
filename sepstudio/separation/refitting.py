"""Going on with a factorisation where most templates are known: the others learn, activations are fitted anew."""

from __future__ import annotations

from collections.abc import Generator

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]

# Below this, as elsewhere, values are as good as none, and would only slow the arithmetic down.
_TINY = np.float32(1e-30)


def refit_steps(
    spectrogram: Floats,
    templates: Floats,
    activations: Floats,
    free: npt.NDArray[np.bool_],
    iterations: int,
) -> Generator[float, None, tuple[Floats, Floats]]:
    """Fit ``V ≈ W H`` by multiplicative updates of ``H`` and of some columns of ``W``; yields fractions.

    The updates are those of Lee and Seung (2000) for the Euclidean distance; zeros stay zero.

    Parameters
    ----------
    spectrogram : nonnegative float32 [bins, frames]
    templates : nonnegative float32 [bins, R]
        Columns sum to 1.
    activations : nonnegative float32 [R, frames]
    free : bool [R]
        The columns that may change.
    iterations : int

    Returns
    -------
    (templates, activations)
        Free columns sum to 1, too.
    """
    scale = float(spectrogram.max(initial=0.0)) or 1.0
    v, w, h = spectrogram / np.float32(scale), templates.copy(), activations / np.float32(scale)
    learns = bool(free.any())
    gram, cross = w.T @ w, w.T @ v
    for iteration in range(iterations):
        if learns and iteration:
            gram, cross = w.T @ w, w.T @ v
        h *= cross / np.maximum(gram @ h, _TINY)
        h[h < _TINY] = 0.0
        if learns:
            some = h[free]
            w[:, free] *= (v @ some.T) / np.maximum(w @ (h @ some.T), _TINY)
            sums = np.maximum(w.sum(axis=0), _TINY)
            w[:, free] /= sums[free]
            h[free] *= sums[free, None]
        yield (iteration + 1) / iterations
    return w, np.asarray(h * np.float32(scale), np.float32)
