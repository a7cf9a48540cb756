"""How far the ears that a decoder gives a listener are from those it was made of."""

from dataclasses import dataclass

import numpy as np

from sepstudio.dsp.ambisonics import order_of, spherical_harmonics

BANDS = ((200, 1500), (1500, 4000), (4000, 10000), (10000, 16000))
LOW = (100, 1500)
_UPSAMPLING = 8
_LONGEST_LEAD = 0.0012


@dataclass(frozen=True)
class Figures:
    """Errors over all directions, by the share of the sphere that each stands for."""

    magnitudes: tuple[float, ...]  # rms in dB, by BANDS
    levels: tuple[float, ...]  # of a diffuse field in dB, by BANDS
    level_difference: float  # between the ears above 1.5 kHz, rms in dB
    lead: float  # between the ears below 1.5 kHz, rms in microseconds


def inside(frequencies, band):
    return (frequencies >= band[0]) & (frequencies <= band[1])


def leads(responses, frequencies, band=LOW):
    """Return by how many seconds the left ear leads, [directions], by the cross-correlation within a band."""
    size = 2 * (responses.shape[-1] - 1) * _UPSAMPLING
    rate = 2 * frequencies[-1] * _UPSAMPLING
    product = np.conj(responses[0]) * responses[1] * inside(frequencies, band)
    most = round(_LONGEST_LEAD * rate)
    correlation = np.roll(np.fft.irfft(product, size), most, axis=-1)[..., : 2 * most + 1]
    return (correlation.argmax(axis=-1) - most) / rate


def decoded(filters, azimuth, elevation, size):
    """Return what filters make of plane waves, complex [2, directions, bins]."""
    harmonics = spherical_harmonics(azimuth, elevation, order_of(filters.shape[1]))
    spectra = np.fft.rfft(filters.astype(np.float64), size)
    return np.einsum("eck,cd->edk", spectra, harmonics)


def figures(wanted, filters, azimuth, elevation, weights, rate):
    """Compare responses [2, directions, bins] with those of a decoder, of whatever level."""
    found = decoded(filters, azimuth, elevation, 2 * (wanted.shape[2] - 1))
    frequencies = np.linspace(0, rate / 2, wanted.shape[2])

    def power(responses, band):
        return (np.abs(responses[:, :, inside(frequencies, band)]) ** 2 * weights[:, np.newaxis]).sum()

    found = found * np.sqrt(power(wanted, BANDS[0]) / power(found, BANDS[0]))
    error = 20 * np.log10(np.abs(found) / np.abs(wanted))
    squares = [(error[:, :, inside(frequencies, band)] ** 2).mean(axis=(0, 2)) for band in BANDS]
    high = inside(frequencies, (BANDS[1][0], BANDS[-1][1]))
    left, right = (np.log10((np.abs(x[:, :, high]) ** 2).mean(axis=2)) for x in (found, wanted))
    differences = 10 * ((left[0] - left[1]) - (right[0] - right[1]))
    late = leads(found, frequencies) - leads(wanted, frequencies)
    return Figures(
        tuple(float(np.sqrt(np.average(square, weights=weights))) for square in squares),
        tuple(float(10 * np.log10(power(found, band) / power(wanted, band))) for band in BANDS),
        float(np.sqrt(np.average(differences**2, weights=weights))),
        float(1e6 * np.sqrt(np.average(late**2, weights=weights))),
    )
