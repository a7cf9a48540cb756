"""Compiled loops of the local Gaussian model: sources with a spectrogram and a spatial covariance per bin.

One channel is solved by division, any number by Cholesky; ``kernels_for`` takes the faster
closed form of ``stereo_kernels`` for two.

All functions work on rows (bins) ``first`` to ``last`` and release the interpreter lock.
Within a row they take short strips of frames, with the frames innermost, so that every loop
is vectorised. Arithmetic inside is float64: in float32 a near rank-one covariance (one mono
recording in both channels) loses the sum of the sources at 1e-2 of the peak.

Shapes: ``x`` complex64 [channels, bins, frames], ``s`` float32 [sources, bins, frames],
``r`` and ``new`` complex128 [sources, bins, channels, channels]. ``loading`` is added to the diagonal of
every ``s r``, in the sum and in each source alike; that keeps their sum equal to ``x``.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

# Added to every spatial covariance of trace ``channels``.
DIAGONAL = 1e-5

STRIP = 256
STRIP_MANY_CHANNELS = 64

# The check for division by zero that Python demands would keep loops from being vectorised.
jit = njit(fastmath=True, nogil=True, cache=True, error_model="numpy")


@jit
def _add_matrix(s: Any, r: Any, f: int, start: int, n: int, re: Any, im: Any) -> None:
    """Add the lower triangle of ``s r`` to ``re`` and ``im`` [channels, channels, strip]."""
    channels = r.shape[1]
    row = s[f, start : start + n]
    for a in range(channels):
        for b in range(a + 1):
            r_re, r_im = r[f, a, b].real, r[f, a, b].imag
            out_re, out_im = re[a, b], im[a, b]
            for i in range(n):
                out_re[i] += row[i] * r_re
                out_im[i] += row[i] * r_im


@jit
def _solve_one(re: Any, y_re: Any, y_im: Any, n: int) -> None:
    total, u, v = re[0, 0], y_re[0], y_im[0]
    for i in range(n):
        inverse = 1.0 / total[i]
        u[i] *= inverse
        v[i] *= inverse


@jit
def _cholesky(re: Any, im: Any, n: int) -> None:
    """Factor the lower triangles in place; the diagonal becomes the inverse of the factor's."""
    for k in range(re.shape[0]):
        for j in range(k):
            for i in range(n):
                re[k, k, i] -= re[k, j, i] ** 2 + im[k, j, i] ** 2
        for i in range(n):
            re[k, k, i] = 1.0 / np.sqrt(re[k, k, i])
        for a in range(k + 1, re.shape[0]):
            for j in range(k):
                for i in range(n):
                    re[a, k, i] -= re[a, j, i] * re[k, j, i] + im[a, j, i] * im[k, j, i]
                    im[a, k, i] -= im[a, j, i] * re[k, j, i] - re[a, j, i] * im[k, j, i]
            for i in range(n):
                re[a, k, i] *= re[k, k, i]
                im[a, k, i] *= re[k, k, i]


@jit
def _solve_many(re: Any, im: Any, y_re: Any, y_im: Any, n: int) -> None:
    _cholesky(re, im, n)
    channels = re.shape[0]
    for a in range(channels):
        for b in range(a):
            for i in range(n):
                y_re[a, i] -= re[a, b, i] * y_re[b, i] - im[a, b, i] * y_im[b, i]
                y_im[a, i] -= re[a, b, i] * y_im[b, i] + im[a, b, i] * y_re[b, i]
        for i in range(n):
            y_re[a, i] *= re[a, a, i]
            y_im[a, i] *= re[a, a, i]
    for a in range(channels - 1, -1, -1):
        for b in range(a + 1, channels):
            for i in range(n):
                y_re[a, i] -= re[b, a, i] * y_re[b, i] + im[b, a, i] * y_im[b, i]
                y_im[a, i] -= re[b, a, i] * y_im[b, i] - im[b, a, i] * y_re[b, i]
        for i in range(n):
            y_re[a, i] *= re[a, a, i]
            y_im[a, i] *= re[a, a, i]


@jit
def _solve(x: Any, s: Any, r: Any, loading: float, f: int, start: int, n: int, buffers: Any) -> None:
    """Put ``y = (sum of all s r + loading)^-1 x`` into the buffer ``y`` [2, channels, strip]."""
    channels = x.shape[0]
    work, y, _ = buffers
    re, im, y_re, y_im = work[0], work[1], y[0], y[1]
    for a in range(channels):
        row = x[a, f, start : start + n]
        for i in range(n):
            y_re[a, i] = row[i].real
            y_im[a, i] = row[i].imag
        for b in range(a + 1):
            diagonal = s.shape[0] * loading if a == b else 0.0
            for i in range(n):
                re[a, b, i] = diagonal
                im[a, b, i] = 0.0
    for j in range(s.shape[0]):
        _add_matrix(s[j], r[j], f, start, n, re, im)
    if channels == 1:
        _solve_one(re, y_re, y_im, n)
    else:
        _solve_many(re, im, y_re, y_im, n)


@jit
def _source(s: Any, r: Any, loading: float, f: int, start: int, n: int, y: Any, out: Any) -> None:
    """Put the estimate ``(s r + loading) y`` of one source into ``out`` [2, channels, strip]."""
    channels = r.shape[1]
    row = s[f, start : start + n]
    for a in range(channels):
        o_re, o_im = out[0, a], out[1, a]
        for i in range(n):
            o_re[i] = 0.0
            o_im[i] = 0.0
        for b in range(channels):
            r_re, r_im = r[f, a, b].real, r[f, a, b].imag
            y_re, y_im = y[0, b], y[1, b]
            for i in range(n):
                o_re[i] += r_re * y_re[i] - r_im * y_im[i]
                o_im[i] += r_re * y_im[i] + r_im * y_re[i]
        y_re, y_im = y[0, a], y[1, a]
        for i in range(n):
            o_re[i] = row[i] * o_re[i] + loading * y_re[i]
            o_im[i] = row[i] * o_im[i] + loading * y_im[i]


@jit
def _buffers(channels: int) -> Any:
    """Return matrices [2, channels, channels, strip], and y and image [2, channels, strip]."""
    strip = STRIP if channels == 1 else STRIP_MANY_CHANNELS
    vectors = (2, channels, strip)
    return np.empty((2, channels, channels, strip)), np.empty(vectors), np.empty(vectors)


@jit
def estimate(x: Any, s: Any, r: Any, loading: float, out: Any, begin: int, end: int, first: int, last: int) -> None:
    """Write the estimates (KAM eq. 7) of some frames into ``out`` complex64 [sources, channels, bins, end - begin]."""
    channels = x.shape[0]
    buffers = _buffers(channels)
    _, y, image = buffers
    strip = y.shape[2]
    for f in range(first, last):
        for start in range(begin, end, strip):
            n = min(strip, end - start)
            _solve(x, s, r, loading, f, start, n, buffers)
            for j in range(s.shape[0]):
                _source(s[j], r[j], loading, f, start, n, y, image)
                for a in range(channels):
                    row = out[j, a, f, start - begin : start - begin + n]
                    for i in range(n):
                        row[i] = complex(image[0, a, i], image[1, a, i])


@jit
def _traces(image: Any, n: int, trace: Any) -> None:
    """Put ``tr C`` of each frame into ``trace``."""
    for i in range(n):
        trace[i] = 0.0
    for a in range(image.shape[1]):
        for i in range(n):
            trace[i] += image[0, a, i] ** 2 + image[1, a, i] ** 2


@jit
def _weights(floor: float, n: int, by_energy: bool, weight: Any) -> float:
    """Turn traces into weights, 0 where the trace is at most ``floor``, and count the others.

    ``1 / tr C`` and their number; or 1 and the sum of their traces.
    """
    count = 0.0
    if by_energy:
        for i in range(n):
            loud = weight[i] > floor
            count += weight[i] if loud else 0.0
            weight[i] = 1.0 if loud else 0.0
        return count
    for i in range(n):
        loud = weight[i] > floor
        count += 1.0 if loud else 0.0
        weight[i] = 1.0 / weight[i] if loud else 0.0
    return count


@jit
def loudest(x: Any, s: Any, r: Any, loading: float, peaks: Any, begin: int, end: int, first: int, last: int) -> None:
    """Raise ``peaks`` float64 [sources, bins] to the largest ``tr C`` of some frames."""
    channels = x.shape[0]
    buffers = _buffers(channels)
    _, y, image = buffers
    strip = y.shape[2]
    trace = np.empty(strip)
    for f in range(first, last):
        for start in range(begin, end, strip):
            n = min(strip, end - start)
            _solve(x, s, r, loading, f, start, n, buffers)
            for j in range(s.shape[0]):
                _source(s[j], r[j], loading, f, start, n, y, image)
                _traces(image, n, trace)
                peaks[j, f] = max(peaks[j, f], trace[:n].max())


@jit
def _accumulate(
    x: Any,
    s: Any,
    r: Any,
    loading: float,
    floors: Any,
    by_energy: bool,
    sums: Any,
    counts: Any,
    begin: int,
    end: int,
    first: int,
    last: int,
) -> None:
    channels = x.shape[0]
    buffers = _buffers(channels)
    _, y, image = buffers
    strip = y.shape[2]
    weight = np.empty(strip)
    for f in range(first, last):
        for start in range(begin, end, strip):
            n = min(strip, end - start)
            _solve(x, s, r, loading, f, start, n, buffers)
            for j in range(s.shape[0]):
                _source(s[j], r[j], loading, f, start, n, y, image)
                _traces(image, n, weight)
                counts[j, f] += _weights(floors[j], n, by_energy, weight)
                for a in range(channels):
                    for b in range(a + 1):
                        u_re, u_im, v_re, v_im = image[0, a], image[1, a], image[0, b], image[1, b]
                        total_re, total_im = 0.0, 0.0
                        for i in range(n):
                            total_re += weight[i] * (u_re[i] * v_re[i] + u_im[i] * v_im[i])
                            total_im += weight[i] * (u_im[i] * v_re[i] - u_re[i] * v_im[i])
                        sums[j, f, a, b] += complex(total_re, total_im)


@jit
def accumulate_directions(
    x: Any,
    s: Any,
    r: Any,
    loading: float,
    floors: Any,
    sums: Any,
    counts: Any,
    begin: int,
    end: int,
    first: int,
    last: int,
) -> None:
    """Add ``C / tr C`` of the frames with traces above ``floors[source]`` to ``sums``, lower triangle; count them."""
    _accumulate(x, s, r, loading, floors, False, sums, counts, begin, end, first, last)


@jit
def accumulate_energies(
    x: Any,
    s: Any,
    r: Any,
    loading: float,
    floors: Any,
    sums: Any,
    counts: Any,
    begin: int,
    end: int,
    first: int,
    last: int,
) -> None:
    """Add ``C`` of the frames with traces above ``floors[source]`` to ``sums``, and the traces to ``counts``."""
    _accumulate(x, s, r, loading, floors, True, sums, counts, begin, end, first, last)


@jit
def normalise(sums: Any, counts: Any, out: Any, first: int, last: int) -> None:
    """Write the covariances (KAM, Algorithm 1, 4b) of accumulated sums: trace = channels, full rank.

    A source without audible frames keeps the identity. The small diagonal keeps one mono
    recording in both channels invertible.
    """
    channels = sums.shape[2]
    for f in range(first, last):
        for j in range(sums.shape[0]):
            for a in range(channels):
                for b in range(a):
                    value = sums[j, f, a, b] * (channels / counts[j, f]) if counts[j, f] > 0 else 0.0
                    out[j, f, a, b] = value
                    out[j, f, b, a] = np.conj(value)
                share = sums[j, f, a, a].real * (channels / counts[j, f]) if counts[j, f] > 0 else 1.0
                out[j, f, a, a] = share + DIAGONAL


@jit
def _invert(r: Any, f: int, factor: Any) -> None:
    """Put the inverse of the Cholesky factor of ``r[f]`` into ``factor`` [channels, channels], lower."""
    lower = np.linalg.cholesky(r[f])
    factor[:] = np.linalg.inv(lower)


@jit
def _quadratic(image: Any, factor: Any, n: int, out: Any) -> None:
    """Put ``|factor image|^2 / channels`` of each frame into ``out``."""
    channels = image.shape[1]
    total, re, im = np.zeros(n), np.empty(n), np.empty(n)
    for a in range(channels):
        for i in range(n):
            re[i] = 0.0
            im[i] = 0.0
        for b in range(a + 1):
            v_re, v_im = image[0, b], image[1, b]
            m_re, m_im = factor[a, b].real, factor[a, b].imag
            for i in range(n):
                re[i] += m_re * v_re[i] - m_im * v_im[i]
                im[i] += m_re * v_im[i] + m_im * v_re[i]
        for i in range(n):
            total[i] += re[i] ** 2 + im[i] ** 2
    for i in range(n):
        out[i] = total[i] / channels


@jit
def observe(x: Any, s: Any, r: Any, new: Any, loading: float, z: Any, first: int, last: int) -> None:
    """Write ``z = tr(R^-1 C) / channels`` of every source into ``z`` float32 [sources, bins, frames].

    The estimates come from the covariances ``r``, the observations are taken with the ``new`` ones.
    """
    channels, _, frames = x.shape
    buffers = _buffers(channels)
    _, y, image = buffers
    strip = y.shape[2]
    factors = np.empty((s.shape[0], channels, channels), np.complex128)
    for f in range(first, last):
        for j in range(s.shape[0]):
            _invert(new[j], f, factors[j])
        for start in range(0, frames, strip):
            n = min(strip, frames - start)
            _solve(x, s, r, loading, f, start, n, buffers)
            for j in range(s.shape[0]):
                _source(s[j], r[j], loading, f, start, n, y, image)
                _quadratic(image, factors[j], n, z[j, f, start : start + n])


@jit
def update(x: Any, s: Any, r: Any, loading: float, floors: Any, new: Any, z: Any, first: int, last: int) -> None:
    """Accumulate over all frames, normalise into ``new`` and observe."""
    sums = np.zeros_like(new)
    counts = np.zeros(new.shape[:2])
    _accumulate(x, s, r, loading, floors, False, sums, counts, 0, x.shape[2], first, last)
    normalise(sums, counts, new, first, last)
    observe(x, s, r, new, loading, z, first, last)
