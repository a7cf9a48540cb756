"""Reads a clip in chunks and ahead of time, so that mixing hardly ever waits for a file."""

from __future__ import annotations

from collections import OrderedDict

import numpy as np

from sepstudio.io.clip import AudioClip, FloatArray

# A read of a file lets go of the interpreter several times, and busy threads make it wait to get it
# back: a few large reads, made while the ring is full, cost the mixing thread little of its lead.
CHUNK_FRAMES = 32_768
# What is played, what follows, both ends of a loop, and what a convolution needs of the time before its start.
KEPT_CHUNKS = 5


class ChunkReader:
    """Serves small reads of a clip from a few large ones.

    A clip in memory hands out views, so that it costs nothing here.
    """

    def __init__(self, clip: AudioClip) -> None:
        self._clip = clip
        self._chunks: OrderedDict[int, FloatArray] = OrderedDict()

    def read(self, start: int, stop: int) -> FloatArray:
        """Return samples ``start`` to ``stop`` as float32 [channels, stop - start]; zeros outside the clip."""
        pieces = []
        while start < stop:
            index, inside = divmod(start, CHUNK_FRAMES)
            piece = self._chunk(index)[:, inside : inside + stop - start]
            pieces.append(piece)
            start += piece.shape[1]
        return pieces[0] if len(pieces) == 1 else np.concatenate(pieces, axis=1)

    def read_ahead(self, sample: int) -> bool:
        """Read the chunk with a sample that will be wanted soon; return False if it is there already."""
        index = sample // CHUNK_FRAMES
        if index in self._chunks:
            return False
        self._chunk(index)
        return True

    def _chunk(self, index: int) -> FloatArray:
        chunk = self._chunks.get(index)
        if chunk is None:
            chunk = self._load(index * CHUNK_FRAMES)
            self._chunks[index] = chunk
            if len(self._chunks) > KEPT_CHUNKS:
                self._chunks.popitem(last=False)
        self._chunks.move_to_end(index)
        return chunk

    def _load(self, start: int) -> FloatArray:
        if start >= self._clip.length or start + CHUNK_FRAMES <= 0:
            return np.zeros((self._clip.channels, CHUNK_FRAMES), np.float32)
        return self._clip.read(start, start + CHUNK_FRAMES)
