"""The loops of ``spatial_kernels`` for two channels, generated for a fixed number of sources.

With the number of sources known, everything that a time-frequency point needs is one
straight piece of code by the closed inverse, vectorised over frames; that is five times as
fast as loops over sources. Inputs, images and sums lie in three small buffers at constant
distances, so that the compiler sees that they do not overlap.

The sum of the covariances, its inverse and the images are computed in float64 (see
``spatial_kernels``). Traces and products of images are safe in float32, but their sums are
float64: a nearly one-dimensional covariance multiplies what is lost in them by a hundred
thousand. The quadratic form is safe in float32, because it is taken through a triangular
factor of the inverse, without cancellation.
"""

from __future__ import annotations

import functools
from types import ModuleType

from sepstudio.dsp.generated import load_generated

STRIP = 256


@functools.cache
def for_sources(count: int) -> ModuleType:
    """Return a module with the functions of ``spatial_kernels`` that depend on it, for ``count`` sources."""
    head = _HEAD.format(count=count, strip=STRIP) + _images_source(count)
    sums = "".join(_sums_source(kind) for kind in _WEIGHTS)
    return load_generated(f"stereo_{count}", head + (_LOOPS + sums + _UPDATE).replace("JIT", _JIT))


def _sums_source(kind: str) -> str:
    """Return ``accumulate_directions`` or ``accumulate_energies``."""
    weight, count = _WEIGHTS[kind]
    return _SUMS.replace("KIND", kind).replace("WEIGHT", weight).replace("COUNT", count)


def _images_source(count: int) -> str:
    """Return ``_images``: the images of all sources (KAM eq. 7) of a strip, from ``w`` into ``o``.

    ``w`` holds the spectrograms and the mixture (u, v; re, im), ``o`` four rows a source;
    ``p`` holds [[p0, .], [p2 + i p3, p1]] of every source.
    """
    energies = [f"s{j} = np.float64(w[{j * STRIP} + i])" for j in range(count)]
    inputs = [f"{name} = np.float64(w[{(count + k) * STRIP} + i])" for k, name in enumerate(_MIXTURE)]
    sums = [f"{name} = " + " + ".join(f"s{j} * p{4 * j + k}" for j in range(count)) for k, name in enumerate(_MATRIX)]
    body = [*energies, *inputs, *sums, *_INVERSE]
    for j in range(count):
        body += [f"c_re = s{j} * p{4 * j + 2}", f"c_im = s{j} * p{4 * j + 3}"]
        body += [f"e = s{j} * p{4 * j} + loading", f"k = s{j} * p{4 * j + 1} + loading"]
        body += [f"o[{(4 * j + part) * STRIP} + i] = {value}" for part, value in enumerate(_IMAGES)]
    constants = "".join(f"    p{k} = p[{k}]\n" for k in range(4 * count))
    loop = "".join(f"        {line}\n" for line in body)
    return f"{_JIT}\ndef _images(p, loading, n, w, o):\n{constants}    for i in range(n):\n{loop}\n\n"


_HEAD = """from numba import njit
import numpy as np
from sepstudio.dsp.spatial_kernels import normalise

SOURCES = {count}
STRIP = {strip}


"""
# The check for division by zero that Python demands would keep loops from being vectorised.
_JIT = '@njit(fastmath=True, nogil=True, cache=True, error_model="numpy")'
_MIXTURE = ("u_re", "u_im", "v_re", "v_im")
_MATRIX = ("a", "d", "b_re", "b_im")
_INVERSE = (
    "a += SOURCES * loading",
    "d += SOURCES * loading",
    "inverse = 1.0 / (a * d - b_re * b_re - b_im * b_im)",
    "g_re = inverse * (d * u_re - b_re * v_re - b_im * v_im)",
    "g_im = inverse * (d * u_im - b_re * v_im + b_im * v_re)",
    "h_re = inverse * (a * v_re - b_re * u_re + b_im * u_im)",
    "h_im = inverse * (a * v_im - b_re * u_im - b_im * u_re)",
)
_IMAGES = (
    "e * g_re + c_re * h_re + c_im * h_im",
    "e * g_im + c_re * h_im - c_im * h_re",
    "k * h_re + c_re * g_re - c_im * g_im",
    "k * h_im + c_re * g_im + c_im * g_re",
)

_SUMS = '''
JIT
def _add_KIND(floors, n, o, t):
    """Add C00, C11, the parts of C10 and 1, each times a weight, of every audible frame to ``t`` [sources, 5]."""
    one, zero = np.float32(1.0), np.float32(0.0)
    for j in range(SOURCES):
        # At least the smallest normal number: a source that is silent everywhere divides by it.
        floor = np.float32(max(floors[j], 1.2e-38))
        image = 4 * j * STRIP
        first, second, cross_re, cross_im, count = 0.0, 0.0, 0.0, 0.0, 0.0
        for i in range(n):
            u_re, u_im = o[image + i], o[image + STRIP + i]
            v_re, v_im = o[image + 2 * STRIP + i], o[image + 3 * STRIP + i]
            u = u_re * u_re + u_im * u_im
            v = v_re * v_re + v_im * v_im
            audible = one if u + v > floor else zero
            weight = WEIGHT
            first += weight * u
            second += weight * v
            cross_re += weight * (v_re * u_re + v_im * u_im)
            cross_im += weight * (v_im * u_re - v_re * u_im)
            count += COUNT
        t[j, 0] += first
        t[j, 1] += second
        t[j, 2] += cross_re
        t[j, 3] += cross_im
        t[j, 4] += count


JIT
def accumulate_KIND(x, s, r, loading, floors, sums, counts, begin, end, first, last):
    w = np.empty((SOURCES + 4) * STRIP, np.float32)
    o = np.empty(4 * SOURCES * STRIP, np.float32)
    t = np.empty((SOURCES, 5))
    p = np.empty(4 * SOURCES)
    for f in range(first, last):
        _matrices(r, f, p)
        t[:] = 0.0
        for start in range(begin, end, STRIP):
            n = min(STRIP, end - start)
            _load(x, s, f, start, n, w)
            _images(p, loading, n, w, o)
            _add_KIND(floors, n, o, t)
        _add_totals(t, f, sums, counts)
'''
# What a frame weighs in the sums, and what it counts: 1 / tr and 1, or 1 and tr.
_WEIGHTS = {
    "directions": ("audible / max(u + v, floor)", "audible"),
    "energies": ("audible", "audible * (u + v)"),
}

_LOOPS = """
JIT
def _load(x, s, f, start, n, w):
    for j in range(SOURCES):
        row = s[j, f, start : start + n]
        target = w[j * STRIP : j * STRIP + n]
        for i in range(n):
            target[i] = row[i]
    for c in range(2):
        values = x[c, f, start : start + n]
        re = w[(SOURCES + 2 * c) * STRIP : (SOURCES + 2 * c) * STRIP + n]
        im = w[(SOURCES + 2 * c + 1) * STRIP : (SOURCES + 2 * c + 1) * STRIP + n]
        for i in range(n):
            re[i] = values[i].real
            im[i] = values[i].imag


JIT
def _matrices(r, f, p):
    for j in range(SOURCES):
        p[4 * j] = r[j, f, 0, 0].real
        p[4 * j + 1] = r[j, f, 1, 1].real
        p[4 * j + 2] = r[j, f, 1, 0].real
        p[4 * j + 3] = r[j, f, 1, 0].imag


JIT
def estimate(x, s, r, loading, out, begin, end, first, last):
    w = np.empty((SOURCES + 4) * STRIP, np.float32)
    o = np.empty(4 * SOURCES * STRIP, np.float32)
    p = np.empty(4 * SOURCES)
    for f in range(first, last):
        _matrices(r, f, p)
        for start in range(begin, end, STRIP):
            n = min(STRIP, end - start)
            _load(x, s, f, start, n, w)
            _images(p, loading, n, w, o)
            for j in range(SOURCES):
                for c in range(2):
                    target = out[j, c, f, start - begin : start - begin + n]
                    place = (4 * j + 2 * c) * STRIP
                    for i in range(n):
                        target[i] = complex(o[place + i], o[place + STRIP + i])


JIT
def loudest(x, s, r, loading, peaks, begin, end, first, last):
    w = np.empty((SOURCES + 4) * STRIP, np.float32)
    o = np.empty(4 * SOURCES * STRIP, np.float32)
    t = np.empty(SOURCES * STRIP, np.float32)
    p = np.empty(4 * SOURCES)
    for f in range(first, last):
        _matrices(r, f, p)
        t[:] = 0.0
        for start in range(begin, end, STRIP):
            n = min(STRIP, end - start)
            _load(x, s, f, start, n, w)
            _images(p, loading, n, w, o)
            for j in range(SOURCES):
                image = 4 * j * STRIP
                for i in range(n):
                    u_re, u_im = o[image + i], o[image + STRIP + i]
                    v_re, v_im = o[image + 2 * STRIP + i], o[image + 3 * STRIP + i]
                    trace = u_re * u_re + u_im * u_im + v_re * v_re + v_im * v_im
                    t[j * STRIP + i] = max(t[j * STRIP + i], trace)
        for j in range(SOURCES):
            peaks[j, f] = max(peaks[j, f], t[j * STRIP : (j + 1) * STRIP].max())


JIT
def _add_totals(t, f, sums, counts):
    for j in range(SOURCES):
        sums[j, f, 0, 0] += t[j, 0]
        sums[j, f, 1, 1] += t[j, 1]
        sums[j, f, 1, 0] += complex(t[j, 2], t[j, 3])
        counts[j, f] += t[j, 4]
"""

_UPDATE = '''

JIT
def _factors(r, f, q):
    """Put L with ``R^-1 / 2 = L L*``, factored from the last channel on, into ``q``."""
    for j in range(SOURCES):
        a, d = r[j, f, 0, 0].real, r[j, f, 1, 1].real
        b_re, b_im = r[j, f, 1, 0].real, r[j, f, 1, 0].imag
        determinant = a * d - b_re * b_re - b_im * b_im
        # The inverse is [[d, -b*], [-b, a]] / determinant; its Schur complement is 1 / d of R's own.
        root = np.sqrt(0.5 * a / determinant)
        q[4 * j] = np.sqrt(0.5 / a)
        q[4 * j + 1] = root
        q[4 * j + 2] = -b_re / a * root
        q[4 * j + 3] = -b_im / a * root


JIT
def _write_quadratics(q, o, f, start, n, z):
    for j in range(SOURCES):
        target = z[j, f, start : start + n]
        image = 4 * j * STRIP
        a, d, b_re, b_im = q[4 * j], q[4 * j + 1], q[4 * j + 2], q[4 * j + 3]
        for i in range(n):
            u_re, u_im = o[image + i], o[image + STRIP + i]
            v_re, v_im = o[image + 2 * STRIP + i], o[image + 3 * STRIP + i]
            t_re = d * v_re + b_re * u_re - b_im * u_im
            t_im = d * v_im + b_re * u_im + b_im * u_re
            target[i] = a * a * (u_re * u_re + u_im * u_im) + t_re * t_re + t_im * t_im


JIT
def observe(x, s, r, new, loading, z, first, last):
    frames = x.shape[2]
    w = np.empty((SOURCES + 4) * STRIP, np.float32)
    o = np.empty(4 * SOURCES * STRIP, np.float32)
    p = np.empty(4 * SOURCES)
    q = np.empty(4 * SOURCES, np.float32)
    for f in range(first, last):
        _matrices(r, f, p)
        _factors(new, f, q)
        for start in range(0, frames, STRIP):
            n = min(STRIP, frames - start)
            _load(x, s, f, start, n, w)
            _images(p, loading, n, w, o)
            _write_quadratics(q, o, f, start, n, z)


JIT
def update(x, s, r, loading, floors, new, z, first, last):
    """Accumulate and observe in one: the images of a row are kept in the second-level cache between the two."""
    frames = x.shape[2]
    w = np.empty((SOURCES + 4) * STRIP, np.float32)
    row = np.empty(4 * SOURCES * STRIP * ((frames + STRIP - 1) // STRIP), np.float32)
    t = np.empty((SOURCES, 5))
    p = np.empty(4 * SOURCES)
    q = np.empty(4 * SOURCES, np.float32)
    sums = np.zeros((SOURCES, 1, 2, 2), np.complex128)
    counts = np.zeros((SOURCES, 1))
    for f in range(first, last):
        _matrices(r, f, p)
        t[:] = 0.0
        sums[:] = 0.0
        counts[:] = 0.0
        for start in range(0, frames, STRIP):
            n = min(STRIP, frames - start)
            o = row[4 * SOURCES * start : 4 * SOURCES * (start + STRIP)]
            _load(x, s, f, start, n, w)
            _images(p, loading, n, w, o)
            _add_directions(floors, n, o, t)
        _add_totals(t, 0, sums, counts)
        normalise(sums, counts, new[:, f : f + 1], 0, 1)
        _factors(new, f, q)
        for start in range(0, frames, STRIP):
            o = row[4 * SOURCES * start : 4 * SOURCES * (start + STRIP)]
            _write_quadratics(q, o, f, start, min(STRIP, frames - start), z)
'''
