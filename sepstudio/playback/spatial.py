"""How scenes in Ambisonics are heard through headphones, by a head that turns."""

from __future__ import annotations

import functools
from dataclasses import dataclass, replace

import numpy as np

from sepstudio.dsp.ambisonics import channels_of, layout
from sepstudio.dsp.binaural import BinauralDecoder, head_rotation
from sepstudio.dsp.partitioned import PartitionedConvolution
from sepstudio.errors import ParameterError
from sepstudio.io.clip import FloatArray
from sepstudio.io.hoa import AMBIX, Convention, order_of
from sepstudio.playback.head import Head, Orientation
from sepstudio.playback.rendering import Read

# About 20 ms. The thread that mixes lets go of the interpreter a dozen times per block, and busy threads make it wait
# each time: shorter blocks would cost it its lead, longer ones answer the head late.
BLOCK_FRAMES = 1024
_TURN_FRAMES = 512
# Columns of one product: small enough for the library of linear algebra to stay on the thread that asks.
_COLUMNS = 64


@dataclass(frozen=True, eq=False)
class Binaural:
    """A scene through a decoder for two ears, turned against the head first.

    Two are equal where channels and convention are and where decoder and head are the same objects.

    Parameters
    ----------
    channels : int
        The full set of an order, or two more for a pair that does not turn with the scene and goes to the two ears.
    decoder : BinauralDecoder
        Of the scene's order or a lower one: higher channels are left out then.
    convention : Convention
        Of the scene.
    head : Head
        Which way it looks is asked once per block.

    Raises
    ------
    ParameterError
        For an incomplete set of channels, one that the convention does not have, or a decoder of a higher order.
    """

    channels: int
    decoder: BinauralDecoder
    convention: Convention
    head: Head

    def __post_init__(self) -> None:
        order = order_of(self.channels)
        layout(self.convention.ordering, self.convention.normalisation, order)
        if self.decoder.order > order:
            raise ParameterError("decoder", f"order {self.decoder.order}", f"one of order {order} at most")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Binaural) and self._key == other._key

    def __hash__(self) -> int:
        return hash(self._key)

    def renderer(self) -> BinauralRenderer:
        """Return what renders one clip."""
        return BinauralRenderer(self)

    def at_rest(self) -> Binaural:
        """Return the same for a head that looks straight ahead."""
        return replace(self, head=Head())

    def held(self) -> Binaural:
        """Return the same for a head that stays as it is now."""
        return replace(self, head=Head(self.head.orientation))

    def turn(self, orientation: Orientation) -> FloatArray:
        """Return what takes the channels of the scene to those of the decoder, float32 [decoder channels, channels]."""
        places, weights = layout(self.convention.ordering, self.convention.normalisation, order_of(self.channels))
        used = self.decoder.channels
        matrix = np.zeros((used, self.channels))
        rotation = head_rotation(orientation.yaw, orientation.pitch, orientation.roll, self.decoder.order)
        matrix[:, places[:used]] = rotation / weights[:used]
        return matrix.astype(np.float32)

    @functools.cached_property
    def pair(self) -> int | None:
        """The first channel of a head-locked pair behind the scene, or None."""
        behind = channels_of(order_of(self.channels))
        return behind if behind < self.channels else None

    @property
    def _key(self) -> tuple[int, int, Convention, int]:
        return self.channels, id(self.decoder), self.convention, id(self.head)


class BinauralRenderer:
    """Renders in blocks that begin where playing begins, and rewrites no sample.

    A clip can be read ahead of time: what the ears hear is in time with it, whatever the delay of the filters. After a
    jump the renderer takes in what the clip holds before: every sample is that of the convolution of the whole clip,
    but for turns of the head. A turn is reached along half a cosine within 10 ms of the next block.
    """

    def __init__(self, binaural: Binaural) -> None:
        self._binaural = binaural
        self._convolution = PartitionedConvolution(binaural.decoder.filters, BLOCK_FRAMES)
        blocks = -(-(binaural.decoder.filters.shape[2] - 1) // BLOCK_FRAMES)
        self.history = blocks * BLOCK_FRAMES
        self._heard = np.zeros((2, BLOCK_FRAMES), np.float32)
        # The block that is held, in samples of the clip; nothing at first.
        self._begin = self._end = 0
        self._orientation = binaural.head.orientation
        self._turn = binaural.turn(self._orientation)
        x = (np.arange(_TURN_FRAMES) + 0.5) / _TURN_FRAMES
        self._ramp = (0.5 - 0.5 * np.cos(np.pi * x)).astype(np.float32)

    def render(self, read: Read, start: int, stop: int) -> FloatArray:
        """Return samples ``start`` to ``stop``, float32 [2, stop - start]."""
        out = np.empty((2, stop - start), np.float32)
        done = 0
        while done < out.shape[1]:
            at = start + done
            if not self._begin <= at < self._end:
                self._advance(read, at)
            count = min(self._end - at, out.shape[1] - done)
            out[:, done : done + count] = self._heard[:, at - self._begin : at - self._begin + count]
            done += count
        return out

    def _advance(self, read: Read, at: int) -> None:
        """Render the block that begins at a sample."""
        follows = at == self._end and self._end > self._begin
        # Until the block is there, nothing is: reading may fail.
        self._begin = self._end = 0
        if not follows:
            self._enter(read, at)
        # Perhaps a buffer of the convolution, which nobody changes before the next block.
        self._heard = self._block(read, at)
        self._begin, self._end = at, at + BLOCK_FRAMES

    def _enter(self, read: Read, at: int) -> None:
        self._convolution.reset()
        self._take_turn()
        for begin in range(at - self.history, at, BLOCK_FRAMES):
            self._block(read, begin)

    def _block(self, read: Read, begin: int) -> FloatArray:
        late = begin + self._binaural.decoder.delay
        samples = read(late, late + BLOCK_FRAMES)
        before, changed = self._turn, self._take_turn()
        turned = _product(self._turn, samples)
        if changed:
            former, first = _product(before, samples[:, :_TURN_FRAMES]), turned[:, :_TURN_FRAMES]
            first[:] = former + (first - former) * self._ramp
        heard = self._convolution.process(turned)
        pair = self._binaural.pair
        return heard if pair is None else heard + read(begin, begin + BLOCK_FRAMES)[pair:]

    def _take_turn(self) -> bool:
        """Look where the head looks; return whether that is elsewhere than before."""
        orientation = self._binaural.head.orientation
        if orientation == self._orientation:
            return False
        self._orientation = orientation
        self._turn = self._binaural.turn(orientation)
        return True


def _product(matrix: FloatArray, samples: FloatArray) -> FloatArray:
    """Return ``matrix @ samples`` for a number of samples that is a multiple of ``_COLUMNS``."""
    product = np.empty((matrix.shape[0], samples.shape[1]), np.float32)
    np.matmul(matrix, _pieces(samples), out=_pieces(product))
    return product


def _pieces(samples: FloatArray) -> FloatArray:
    """Return a view [pieces, channels, _COLUMNS] of float32 [channels, samples]."""
    apart: FloatArray = samples.reshape(samples.shape[0], -1, _COLUMNS).swapaxes(0, 1)
    return apart


def binaural(channels: int, decoder: BinauralDecoder, head: Head, convention: Convention = AMBIX) -> Binaural:
    """Return how a scene is heard through a decoder, by a head that may turn. See ``Binaural``."""
    return Binaural(channels, decoder, convention, head)
