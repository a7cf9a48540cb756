"""Signal processing: STFT, running medians, Wiener filter."""

from sepstudio.dsp.medians import footprint_median, running_median
from sepstudio.dsp.stft import istft, stft
from sepstudio.dsp.wiener import multichannel_wiener

__all__ = ["footprint_median", "istft", "multichannel_wiener", "running_median", "stft"]
