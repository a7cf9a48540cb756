"""Signal processing: STFT, phase features, running medians, Wiener filter, Ambisonics, loudspeakers."""

from sepstudio.dsp import ambisonics, loudspeakers
from sepstudio.dsp.medians import footprint_median, running_median
from sepstudio.dsp.phase import phase_derivatives, phase_features
from sepstudio.dsp.stft import istft, stft
from sepstudio.dsp.wiener import multichannel_wiener

__all__ = [
    "ambisonics",
    "footprint_median",
    "istft",
    "loudspeakers",
    "multichannel_wiener",
    "phase_derivatives",
    "phase_features",
    "running_median",
    "stft",
]
