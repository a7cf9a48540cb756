"""Signal processing: STFT, phase features, running medians, Wiener filter, Ambisonics for ears and loudspeakers."""

from sepstudio.dsp import ambisonics, binaural, loudspeakers
from sepstudio.dsp.medians import footprint_median, running_median
from sepstudio.dsp.phase import phase_derivatives, phase_features
from sepstudio.dsp.stft import istft, stft
from sepstudio.dsp.wiener import multichannel_wiener

__all__ = [
    "ambisonics",
    "binaural",
    "footprint_median",
    "istft",
    "loudspeakers",
    "multichannel_wiener",
    "phase_derivatives",
    "phase_features",
    "running_median",
    "stft",
]
