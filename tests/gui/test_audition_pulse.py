"""A note that is clicked in the window, through a real device: a PulseAudio server whose output is recorded."""

# PySide6 is at work in the program that is started, and so with it in the half of the tests that has it.

import sys

import numpy as np
import pytest
from pulse_server import RATE, perform, server
from real_time import repeated_when_starved
from scipy.signal import butter, correlate, sosfilt

from sepstudio.separation.score_constraints import pitch_frequency

__all__ = ["server"]

FADE = 240
PARTIALS = 8
# What `pulse_window` clicks, and what sounds at the same time.
CLICKED, OTHER = 64, 57
REST = 3.5
# All partials lie below.
HIGH_PASS = butter(8, 5000, "highpass", fs=RATE, output="sos")

pytestmark = [
    pytest.mark.pulse,
    pytest.mark.skipif(sys.platform != "linux", reason="PulseAudio and ALSA are there on Linux only"),
]


def decibel(power, reference):
    return 10 * np.log10(power / reference + 1e-30)


def energy(sound, *hertz):
    """Energy within 8 Hz of frequencies, or all of it, of every channel."""
    power = np.abs(np.fft.rfft(sound * np.hanning(sound.shape[1]))) ** 2
    bins = np.fft.rfftfreq(sound.shape[1], 1 / RATE)
    near = np.any([np.abs(bins - each) < 8 for each in hertz], axis=0) if hertz else np.full(bins.size, True)
    return power[:, near].sum(axis=1)


def other_db(sound):
    """The fundamental of the other note over that of the clicked one; on neither lies a partial of the other."""
    return decibel(energy(sound, pitch_frequency(OTHER)), energy(sound, pitch_frequency(CLICKED)))


def share(sound):
    """How much of the energy lies at the partials of the clicked note."""
    return energy(sound, *(pitch_frequency(CLICKED) * np.arange(1, PARTIALS + 1))) / energy(sound)


def clicks_db(sound):
    """Peak of what is above all partials over that of all, with silence before and after."""
    around = np.pad(sound, ((0, 0), (RATE // 10, RATE // 10)))
    return 20 * np.log10(np.abs(sosfilt(HIGH_PASS, around)).max() / np.abs(sound).max())


@repeated_when_starved
def test_a_note_clicked_in_the_window_is_what_the_device_plays(server):
    noted, recorded = perform(server, program="pulse_window.py")
    assert noted["underruns"] == 0
    assert noted["note_of_device"] == ""
    assert noted["selected"].tolist() == [3]
    clip, note, mixture = noted["clip"], noted["note"], noted["mixture"]
    length = clip.shape[1]
    begin = int(np.argmax(correlate(recorded[0], clip[0], mode="valid", method="fft")))
    heard = recorded[:, begin : begin + length]

    # The clip, the whole clip, and nothing but the clip; what would have followed it on the timeline is loud.
    error = decibel(((heard - clip) ** 2).sum(), (clip**2).sum())
    print(f"error {error:.1f} dB, clicks {clicks_db(heard):.1f} dB, other note {other_db(heard).max():.1f} dB")
    assert error <= -60
    assert not recorded[:, :begin].any()
    assert not recorded[:, begin + length :].any()
    assert min(begin, recorded.shape[1] - begin - length) > RATE // 4
    assert np.abs(mixture[:, -FADE:]).max() > 0.03

    # The note, as loud as it is in the recording; a perfect copy lets -46 dB through this window at the other's pitch.
    assert decibel(((heard - note) ** 2).sum(), (note**2).sum()) < -10
    assert share(heard).min() > 0.98
    assert share(mixture).max() < 0.7
    assert other_db(heard).max() < -40
    assert other_db(mixture).min() > -3

    # It begins and ends without a step; one in its midst would be seen.
    ends = np.abs(np.concatenate([heard[:, :FADE], heard[:, -FADE:]])).max()
    assert ends <= 1e-3 * np.abs(heard).max()
    assert clicks_db(heard) <= -60
    assert clicks_db(heard[:, : length // 2]) > -30

    # Afterwards everything is as before.
    told, told_before = noted["told"].tolist(), noted["told_before"].tolist()
    lanes_before = [words for words in told_before if words.startswith("set_lanes")][-1]
    assert [words for words in told if words.startswith("set_lanes")] == ["set_lanes audition", lanes_before]
    assert told.count("play") == 1
    assert told.index("play") < told.index("pause") < told.index(lanes_before)
    assert [words for words in told if words.startswith("set_loop")][-1] == "set_loop None"
    assert noted["position"] == REST * RATE
    assert noted["playhead"] == REST
