"""Where sound comes from and how diffuse it is, by the intensity vector of first-order channels."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sepstudio.dsp.fourier import rfft
from sepstudio.dsp.stft import hann
from sepstudio.io.clip import AudioClip
from sepstudio.metrics.scenes import spans

Doubles = npt.NDArray[np.float64]

_WINDOW, _HOP = 1024, 512
# Frames of which intensities are averaged: about 0.1 s.
_FRAMES = 8
_CELL = _FRAMES * _HOP
# Directions mean something where one source is stronger than all else, in the range of pitches and formants.
_RANGE_HZ = (200.0, 4000.0)
_DIRECTED = 0.5
# In ACN, Y, Z and X follow W.
_AXES = (3, 1, 2)


@dataclass(frozen=True)
class IntensityErrors:
    """How the intensity vectors of two recordings differ; ``nan`` where there is none.

    Attributes
    ----------
    direction : float
        Mean angle between them in degrees, weighted by the intensity of the reference, where it is directed.
    energy : float
        Mean difference of their lengths in dB without sign, weighted and chosen as the angle.
    diffuseness : float
        Mean difference of diffuseness without sign, from 0 to 1, weighted by the energy of the reference.
    """

    direction: float
    energy: float
    diffuseness: float


def intensity_steps(reference: AudioClip, estimate: AudioClip) -> Generator[float, None, IntensityErrors]:
    """Compare the intensity vectors ``I = Re{W* (X, Y, Z)}`` of two scenes in ambiX; yields the fraction done.

    Vectors and energies ``E = (|W|² + |X|² + |Y|² + |Z|²) / 2`` of each bin from 200 Hz to 4 kHz are averaged over
    0.1 s at 44.1 kHz. Diffuseness is ``1 - |<I>| / <E>`` (Pulkki, "Spatial sound reproduction with directional audio
    coding", 2007, for ambiX), and sound is directed where that is below one half.

    Parameters
    ----------
    reference, estimate : AudioClip
        Of equal shape and sample rate. With fewer than four channels there is no vector.
    """
    if reference.channels < 4:
        return IntensityErrors(np.nan, np.nan, np.nan)
    sums = np.zeros(5)
    for start, stop in spans(reference.length, 4 * _CELL):
        first, second = (_cells(clip, start, stop) for clip in (reference, estimate))
        sums += _errors(*first, *second)
        yield stop / reference.length
    angle, length, weight, diffuseness, energy = sums.tolist()
    if not weight:
        angle = length = np.nan
    return IntensityErrors(
        float(np.degrees(angle) / (weight or 1)),
        float(length / (weight or 1)),
        float(diffuseness / energy) if energy else np.nan,
    )


def _cells(clip: AudioClip, start: int, stop: int) -> tuple[Doubles, Doubles]:
    """Return vectors [cells, bins, 3] and energies [cells, bins], sums over the frames centred from start to stop."""
    count = -(-(stop - start) // _CELL)
    margin = _WINDOW // 2
    samples = clip.read(start - margin, start + count * _CELL - _HOP + margin)[:4]
    frames = np.lib.stride_tricks.sliding_window_view(samples, _WINDOW, axis=1)[:, ::_HOP]
    low, high = (int(np.ceil(hertz * _WINDOW / clip.sample_rate)) for hertz in _RANGE_HZ)
    spectra = rfft(frames * hann(_WINDOW), overwrite_x=True)[..., low:high].astype(np.complex128)
    vectors = (spectra[0].conj() * spectra[_AXES, :]).real
    energy = (spectra.real**2 + spectra.imag**2).sum(axis=0) / 2
    return (
        np.moveaxis(vectors.reshape(3, count, _FRAMES, -1).sum(axis=2), 0, -1),
        energy.reshape(count, _FRAMES, -1).sum(axis=1),
    )


def _errors(wanted: Doubles, energy: Doubles, found: Doubles, own_energy: Doubles) -> Doubles:
    """Return sums over cells: angle and level difference times weight, weight, diffuseness times energy, energy."""
    weight, length = np.linalg.norm(wanted, axis=-1), np.linalg.norm(found, axis=-1)
    diffuse, own = _diffuseness(weight, energy), _diffuseness(length, own_energy)
    weight = np.where(diffuse < _DIRECTED, weight, 0.0)
    # By the tangent: the cosine of small angles is lost in rounding. Nothing at all lies across.
    sine = np.linalg.norm(np.cross(wanted, found), axis=-1)
    angle = np.where(length > 0, np.arctan2(sine, (wanted * found).sum(axis=-1)), np.pi / 2)
    # 100 dB stands for what is lost altogether.
    heard = (length > 0) & (weight > 0)
    ratio = np.where(heard, length, 1.0) / np.where(heard, weight, 1.0)
    level = np.where(heard, np.minimum(np.abs(10 * np.log10(ratio)), 100.0), 100.0)
    terms = (angle * weight, level * weight, weight, np.abs(diffuse - own) * energy, energy)
    return np.array([term.sum() for term in terms])


def _diffuseness(length: Doubles, energy: Doubles) -> Doubles:
    return np.asarray(1.0 - np.clip(length / np.where(energy > 0, energy, 1.0), 0.0, 1.0))
