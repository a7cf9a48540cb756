"""Measures of separation quality."""

from sepstudio.metrics.bss_eval import BssScores, bss_eval
from sepstudio.metrics.distortion import sdr, si_sdr

__all__ = ["BssScores", "bss_eval", "sdr", "si_sdr"]
