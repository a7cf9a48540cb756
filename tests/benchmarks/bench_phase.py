"""Phase features against librosa and numpy: ``python tests/benchmarks/bench_phase.py [SECONDS]``.

The peer is the formulas as one writes them down: librosa's transform, ``numpy.angle``, differences
and the remainder. Its values are compared with ours where the level is above -60 dB of the frame's.
"""

import sys

import librosa
import numpy as np
from machine import Table, best

from sepstudio.dsp import phase_derivatives, phase_features, stft
from sepstudio.dsp.phase import spectrum_peak
from sepstudio.dsp.phase_stream import stream_phase_features
from sepstudio.io.clip import AudioClip

RATE, FFT_SIZE, HOP_SIZE = 44_100, 4096, 1024
SIZES = {"fft_size": FFT_SIZE, "hop_size": HOP_SIZE}
FEATURES_BAR, DIFFERENCE_BAR = 8.0, 1e-4


def music(seconds):
    """Partials over noise, stereo, float32."""
    time = np.arange(int(seconds * RATE)) / RATE
    rng = np.random.default_rng(1)
    chord = sum(np.sin(2 * np.pi * hertz * time) for hertz in 110 * 1.5 ** np.arange(8))
    return (0.05 * chord + 0.05 * rng.standard_normal((2, len(time)))).astype(np.float32)


def wrapped(angle):
    return (angle + np.pi) % (2 * np.pi) - np.pi


def straightforward(X):
    """Both derivatives of a spectrum, in numpy."""
    phase = np.angle(X)
    shift = (2 * np.pi / FFT_SIZE * (np.arange(X.shape[-2]) * HOP_SIZE % FFT_SIZE)).astype(np.float32)
    dt, df = np.zeros_like(phase), np.zeros_like(phase)
    dt[..., 1:] = wrapped(np.diff(phase, axis=-1) - shift[:, np.newaxis])
    df[..., 1:, :] = wrapped(np.diff(phase, axis=-2) - np.float32(np.pi))
    silent = np.abs(X) < 1e-7 * np.abs(X).max()
    dt[silent] = df[silent] = 0.0
    return dt, df


def from_samples(x):
    return straightforward(librosa.stft(x, n_fft=FFT_SIZE, hop_length=HOP_SIZE, pad_mode="constant"))


def difference(x):
    """The largest difference from the peer in radians, where the level is above -60 dB of the frame's."""
    X = stft(x, **SIZES)
    loud = np.abs(X) > 1e-3 * np.abs(X).max(axis=-2, keepdims=True)
    both = (loud[..., 1:, 1:] & loud[..., 1:, :-1], loud[..., 1:, 1:] & loud[..., :-1, 1:])
    ours, theirs = phase_derivatives(x, **SIZES), from_samples(x)
    return max(
        np.abs(wrapped(a[..., 1:, 1:] - b[..., 1:, 1:]))[where].max()
        for a, b, where in zip(ours, theirs, both, strict=True)
    )


def main():
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 60.0
    table = Table(f"Phase derivatives of {seconds:g} s, stereo, {FFT_SIZE}/{HOP_SIZE}", "numpy", "librosa", "numba")
    x = music(seconds)
    found = difference(x[:, : 10 * RATE])
    bar = f"<= {DIFFERENCE_BAR:g}"
    table.row("largest difference from the peer, rad", f"{found:.1e}", bar=bar, met=bool(found <= DIFFERENCE_BAR))
    peak = from_spectrum(table, stft(x, **SIZES))
    theirs = best(lambda: from_samples(x), 2)
    whole = best(lambda: phase_derivatives(x, **SIZES))
    table.versus("from samples, 2 threads / librosa and numpy", whole, theirs, None)
    table.row("from samples, times real time", f"{seconds / whole:.0f} x", peer=f"{seconds / theirs:.0f} x")
    clip = AudioClip(x, RATE)
    for name, reference in (("read twice", None), ("level given", peak)):
        ours = best(lambda reference=reference: streamed(clip, reference))
        table.versus(f"in blocks, {name}, 2 threads / librosa and numpy", ours, theirs, None)
    return 0 if table.all_met else 1


def from_spectrum(table, X):
    """Print the rows for one and two threads; return the maximum of the spectrum."""
    theirs = best(lambda: straightforward(X), 2)
    for threads in (1, 2):
        ours = best(lambda threads=threads: phase_features(X, hop_size=HOP_SIZE, threads=threads))
        table.versus(f"from a spectrum, {threads} thread{'s' * (threads > 1)} / numpy", ours, theirs, FEATURES_BAR)
    return spectrum_peak(X)


def streamed(clip, reference):
    for _ in stream_phase_features(clip, **SIZES, reference=reference):
        pass


if __name__ == "__main__":
    sys.exit(main())
