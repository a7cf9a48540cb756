"""The transform of a recording in which a model sees what it was trained with, whatever the sample rates.

A network knows frames of some seconds and bins of some Hz. A recording of another sample rate is not resampled:
its own transform gets frames of the same duration. FFT size N' and hop n' are chosen so that n' / N' is exactly
that of the model. Then phase features of bin k mean the same, ``-2 pi (f - k) n / N``, amplitudes
differ by the factor N / N' of longer or shorter windows, and bin k lies within 0.2 % (3.5 cents) of where the
model has it. Stems keep the rate of the recording, nothing is aliased, and they sum to it as at the model's own rate.

Bins above those of the model (a recording of a higher rate) have the mean energy of its highest sixteenth; bins
that a recording of a lower rate does not have are silent to the networks.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from sepstudio.errors import ParameterError
from sepstudio.nn.phase_config import PhaseNetworkConfig

# Tunings of orchestras differ by twice as much.
_TOLERANCE = 0.002


@dataclass(frozen=True)
class ModelGrid:
    """Sizes of a transform.

    Parameters
    ----------
    sample_rate : int
        Hz of the recording.
    fft_size, hop_size : int
        Samples of the recording.
    model_bins : int
        Bins of the networks.
    scale : float
        What amplitudes of the recording are multiplied by for the networks.
    """

    sample_rate: int
    fft_size: int
    hop_size: int
    model_bins: int
    scale: float

    @property
    def bins(self) -> int:
        """Bins of the recording."""
        return self.fft_size // 2 + 1

    @property
    def shared_bins(self) -> int:
        """Bins that both have, from 0 Hz."""
        return min(self.bins, self.model_bins)

    @property
    def top_bins(self) -> int:
        """The highest bins of the networks, whose energy stands for what lies above."""
        return max(self.model_bins // 16, 1)


def model_grid(config: PhaseNetworkConfig, sample_rate: int) -> ModelGrid:
    """Return the transform of recordings of a sample rate in Hz for a network, and all others of its model.

    Raises ParameterError if such a recording has no frame that the network could know.
    """
    size, hop = config.fft_size, config.hop_size
    # Multiples of this many samples have a hop of whole samples, and an even number of samples.
    unit = math.lcm(size // math.gcd(size, hop), 2)
    exact = size * sample_rate / config.sample_rate
    nearest = max(round(exact / unit), 1)
    if hop * unit * nearest // size < 1 or not 0.5 <= nearest * unit / exact <= 2.0:
        raise ParameterError("sample rate", sample_rate, f"one near the model's, {config.sample_rate} Hz")
    if sample_rate == config.sample_rate:
        return ModelGrid(sample_rate, size, hop, config.bins, 1.0)
    reach = int(exact * _TOLERANCE / unit)
    # Transforms of a size with a large prime factor take four times as long as those of its neighbours.
    best = min(range(nearest - reach, nearest + reach + 1), key=lambda n: (_largest_prime(n * unit), abs(n - nearest)))
    chosen = best * unit
    return ModelGrid(sample_rate, chosen, chosen * hop // size, config.bins, size / chosen)


def _largest_prime(number: int) -> int:
    largest, factor = 1, 2
    while factor * factor <= number:
        while number % factor == 0:
            largest, number = max(largest, factor), number // factor
        factor += 1
    return max(largest, number)
