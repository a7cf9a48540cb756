"""What a second of a scene costs the mixing thread, against scipy's convolution of the whole: ``bench_binaural.py``."""

import sys

import numpy as np
from machine import Table, best
from scipy.signal import oaconvolve

from sepstudio.dsp.ambisonics import channels_of
from sepstudio.dsp.binaural import sphere_decoder
from sepstudio.io.clip import AudioClip
from sepstudio.playback.head import Head, Orientation
from sepstudio.playback.mixer import Lane, Mixer
from sepstudio.playback.sequencer import PIECE_FRAMES
from sepstudio.playback.spatial import binaural

RATE = 48000
SECONDS = 4
# Of one core, with the head turning all the time: the rest is for work that goes on meanwhile.
BAR_PERCENT = 10.0


def play(clip, decoder, *, turning):
    """Mix the clip in the pieces of the player, by a head that turns at every piece, or not."""
    head, mixer = Head(), Mixer(RATE)
    mixer.set_lanes([Lane("scene", clip, rendering=binaural(clip.channels, decoder, head))])
    for number, start in enumerate(range(0, clip.length, PIECE_FRAMES)):
        if turning:
            head.turn_to(Orientation(0.01 * number, 0.003 * number))
        mixer.render(start, PIECE_FRAMES)


def main():
    table = Table(f"{SECONDS} s of scenes for two ears, in pieces of {PIECE_FRAMES}", "numpy", "scipy")
    for order in (3, 5, 7):
        decoder = sphere_decoder(RATE, order)
        samples = np.random.default_rng(0).standard_normal((channels_of(order), SECONDS * RATE)).astype(np.float32)
        clip = AudioClip(samples, RATE)
        still, turning = (best(lambda: play(clip, decoder, turning=turns)) for turns in (False, True))  # noqa: B023
        whole = best(lambda: oaconvolve(samples[None], decoder.filters, axes=-1).sum(axis=1))  # noqa: B023
        table.versus(f"order {order}, the head still", still, whole, None)
        table.versus(f"order {order}, the head turning", turning, whole, None)
        if order == 3:
            table.at_most("a core's time, 16 channels, turning", 100 * turning / SECONDS, BAR_PERCENT, "%")
    return 0 if table.all_met else 1


if __name__ == "__main__":
    sys.exit(main())
