"""Phase features of long recordings, in blocks that join to those of the whole, bit for bit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Protocol

from sepstudio.dsp.phase import (
    DERIVATIVES,
    Complex,
    Floats,
    PhaseFeature,
    checked_reference,
    is_tensor,
    phase_features,
    spectrum_peak,
)
from sepstudio.dsp.stft import check_sizes, frame_count, frame_span, transform_frames
from sepstudio.errors import ParameterError

# Frames that are read from a file at a time: 24 s at 4096 / 1024 and 44.1 kHz, 35 MB for two channels.
BLOCK = 1024


class Recording(Protocol):
    """What is read in parts."""

    @property
    def length(self) -> int:
        """Samples."""

    def read(self, start: int, stop: int) -> Floats:
        """Return samples [..., stop - start], zeros outside the recording."""


class PhaseStream:
    """Phase features of a spectrum that comes in consecutive blocks of frames.

    The features are those of the whole, bit for bit, however the frames are divided into
    blocks. ``reference`` has no default: the loudest point is not known before the end. Take
    the maximum of ``spectrum_peak`` over a first pass, as ``stream_phase_features`` does, to
    agree with ``phase_features``; live, take ``fft_size / 4``, the magnitude of a full-scale sinusoid.
    """

    def __init__(
        self,
        *,
        hop_size: int,
        reference: float,
        kinds: Sequence[PhaseFeature] = DERIVATIVES,
        corrected: bool = True,
        threads: int = 2,
    ) -> None:
        self._options: dict[str, Any] = {
            "hop_size": hop_size,
            "reference": checked_reference(reference),
            "kinds": tuple(kinds),
            "corrected": corrected,
            "threads": threads,
        }
        self._before: Any = None

    def push(self, block: Any) -> Any:
        """Return the features [kinds, ..., bins, frames] of the next frames [..., bins, frames]."""
        features = phase_features(block, before=self._before, **self._options)
        if block.shape[-1]:
            # A copy: the block may be reused, and a view would keep all of it in memory.
            last = block[..., -1]
            self._before = last.clone() if is_tensor(last) else last.copy()
        return features


def stream_phase_features(
    recording: Recording,
    *,
    fft_size: int,
    hop_size: int,
    kinds: Sequence[PhaseFeature] = DERIVATIVES,
    corrected: bool = True,
    reference: float | None = None,
    block: int = BLOCK,
    threads: int = 2,
) -> Iterator[Floats]:
    """Yield the phase features of a recording that is read in parts, in memory that its length does not change.

    Parameters
    ----------
    recording : AudioClip or alike
        Has a ``length`` in samples, and ``read(start, stop)`` returns the samples
        [..., stop - start], zeros outside the recording.
    reference : float, optional
        As for ``phase_features``. If None, the recording is read twice: first for its maximum.
    block : int
        Frames at a time; changes no value.

    Yields
    ------
    float32 array [kinds, ..., bins, frames], consecutive: joined they are bit for bit
    ``phase_features(stft(x), ...)``.

    Raises
    ------
    ParameterError
        As ``stft`` and ``phase_features``, and for blocks of no frames.
    """
    if block < 1:
        raise ParameterError("block", block, "at least 1")
    check_sizes(fft_size, hop_size)
    frames = frame_count(recording.length, fft_size=fft_size, hop_size=hop_size)

    def blocks() -> Iterator[Complex]:
        for first in range(0, frames, block):
            last = min(first + block, frames)
            segment = recording.read(*frame_span(first, last, fft_size=fft_size, hop_size=hop_size))
            yield transform_frames(segment, fft_size=fft_size, hop_size=hop_size, threads=threads)

    if reference is None:
        reference = max(spectrum_peak(part, threads=threads) for part in blocks())
    stream = PhaseStream(hop_size=hop_size, reference=reference, kinds=kinds, corrected=corrected, threads=threads)
    for part in blocks():
        yield stream.push(part)
