"""Scenes of sixteen channels for tests of the codec tab."""

import numpy as np
import soundfile

from sepstudio.dsp.ambisonics import spherical_harmonics
from sepstudio.separation.codec_method import CodecParams
from sepstudio.separation.registry import methods

RATE = 44100


def scene(seconds=3.0, order=3, rate=RATE):
    """A tone that goes from the left to the right and noise from behind, float32 [channels, samples]."""
    time = np.arange(round(seconds * rate)) / rate
    rng = np.random.default_rng(4)
    azimuth = np.pi / 2 - np.pi * time / seconds
    tone = 0.3 * np.sin(2 * np.pi * 440 * time) * (1.0 + 0.3 * np.sin(2 * np.pi * 3 * time))
    noise = 0.05 * rng.standard_normal(time.size)
    behind = spherical_harmonics(np.radians(150), np.radians(20), order)[:, None]
    return (spherical_harmonics(azimuth, 0.0, order) * tone + behind * noise).astype(np.float32)


def write_scene(path, seconds=3.0, order=3):
    """Write a scene as a file and return its path."""
    soundfile.write(path, scene(seconds, order).T, RATE, "FLOAT")
    return path


def show_codec(window, qtbot):
    """Show the codec tab with all its parts, and wait for a recording."""
    window.actions_by_id["tab-codec"].trigger()
    qtbot.waitUntil(lambda: window.session.current_source is not None, timeout=20_000)
    qtbot.waitUntil(lambda: window.codec.tab.turns.idle, timeout=20_000)


def decode(window, qtbot, **params):
    """Encode and decode the scene with the model at hand; returns the run."""
    before = len(window.session.runs)
    window.workbench.separate(methods()["codec"], CodecParams(**params))
    qtbot.waitUntil(lambda: len(window.session.runs) > before, timeout=60_000)
    run = list(window.session.runs.values())[-1]
    qtbot.waitUntil(lambda: window.codec.tab.run == run.id, timeout=20_000)
    return run


def controller(window, kind):
    """Return the one controller of a kind."""
    return next(one for one in window.controllers if isinstance(one, kind))
