"""Levels of every channel of what is heard, before it is folded to two."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

import numpy as np

from sepstudio.io.clip import FloatArray
from sepstudio.playback.meter import WINDOW_SECONDS, LevelMeter, Levels
from sepstudio.playback.mixer import Piece

# Two seconds and more: what is mixed and not heard yet, and the window of the RMS.
REMEMBERED_PIECES = 512


class ChannelMeter:
    """Keeps what was mixed, and measures it when somebody looks: the mixing thread has no work with it.

    Parameters
    ----------
    sample_rate : int
        In Hz.
    """

    def __init__(self, sample_rate: int) -> None:
        self._sample_rate = sample_rate
        self._window = round(WINDOW_SECONDS * sample_rate)
        self._waiting: deque[Piece] = deque(maxlen=REMEMBERED_PIECES)
        self._meter = LevelMeter(sample_rate, 0)
        self._channels = 0

    def extend(self, pieces: Iterable[Piece]) -> None:
        """Note what was mixed, in the order of its output frames."""
        self._waiting.extend(pieces)

    def pause(self, frame: int) -> None:
        """Note that silence follows the output frame."""
        self._meter.pause(frame)

    def read(self, heard: int) -> Levels:
        """Return the levels when output frame ``heard`` leaves the loudspeaker.

        They are those of the sum of all lanes with more than two channels, at their gains; none before such a lane was
        heard.
        """
        due = []
        while self._waiting and self._waiting[0].frame < heard:
            piece = self._waiting.popleft()
            if piece.stop > heard - self._window:
                due.append(piece)
        self._take_channels(max((piece.channels for piece in due), default=0))
        for piece in due:
            self._meter.add(piece.frame, _sum(piece, self._channels))
        return self._meter.read(heard)

    def _take_channels(self, channels: int) -> None:
        """Begin anew where there are more channels than before."""
        if channels > self._channels:
            self._channels = channels
            self._meter = LevelMeter(self._sample_rate, channels)


def _sum(piece: Piece, channels: int) -> FloatArray:
    total = np.zeros((channels, piece.stop - piece.frame), np.float32)
    for samples, gain in piece.lanes:
        total[: samples.shape[0]] += samples * np.float32(gain)
    return total
