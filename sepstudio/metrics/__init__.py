"""Measures of separation quality, and of how near decoded scenes come to their originals."""

from sepstudio.metrics.bss_eval import BssScores, bss_eval
from sepstudio.metrics.channel_scores import covariance_error
from sepstudio.metrics.codec_scores import CodecScores, evaluate_codec
from sepstudio.metrics.distortion import sdr, si_sdr
from sepstudio.metrics.mel_spectra import mel_distance

__all__ = [
    "BssScores",
    "CodecScores",
    "bss_eval",
    "covariance_error",
    "evaluate_codec",
    "mel_distance",
    "sdr",
    "si_sdr",
]
