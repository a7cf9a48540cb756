"""Stem files as MUSDB18 has them: AAC streams of one MPEG-4 file."""

import fractions

import pytest


def write_stem_file(path, stems, rate):
    """Write stems, each float32 [2, samples], as the AAC streams of one file."""
    av = pytest.importorskip("av", reason="stem files need the library av")
    with av.open(str(path), "w", format="mp4") as container:
        streams = [container.add_stream("aac", rate=rate, layout="stereo", bit_rate=256_000) for _ in stems]
        for stream, samples in zip(streams, stems, strict=True):
            frame = av.AudioFrame.from_ndarray(samples, format="fltp", layout="stereo")
            frame.sample_rate, frame.pts, frame.time_base = rate, 0, fractions.Fraction(1, rate)
            for given in (frame, None):
                container.mux(stream.encode(given))
