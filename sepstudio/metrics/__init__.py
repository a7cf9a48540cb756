"""Measures of separation quality."""

from sepstudio.metrics.distortion import sdr, si_sdr

__all__ = ["sdr", "si_sdr"]
