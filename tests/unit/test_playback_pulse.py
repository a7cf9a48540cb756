"""Everything that switches, through a real device and amid work on all cores; devices that come and go."""

import sys
import time

import numpy as np
import pytest
from pulse import SCENES, scene_of_tones
from pulse_server import OTHER_SINK, RATE, SINK, finish, perform, player, recorded, recorder, server
from real_time import repeated_when_starved
from scipy.signal import butter, sosfilt

from sepstudio.dsp.binaural import render

__all__ = ["server"]

FADE = 240
HIGH_PASS = butter(8, 4000, "highpass", fs=RATE, output="sos")

pytestmark = [
    pytest.mark.pulse,
    pytest.mark.skipif(sys.platform != "linux", reason="PulseAudio and ALSA are there on Linux only"),
]


def click_db(sound):
    """Peak of what is above 4 kHz, where the tones have nothing, in dB of full scale."""
    return 20 * np.log10(np.abs(sosfilt(HIGH_PASS, sound)).max() + 1e-12)


def amplitude(sound, frequency):
    """Amplitude of a tone in 0.1 s of sound."""
    window = np.hanning(sound.size)
    turn = np.exp(-2j * np.pi * frequency * np.arange(sound.size) / RATE)
    return 2 * np.abs((sound * window * turn).sum()) / window.sum()


def heard(sound):
    """Return the amplitudes, left and right, of the tones of `pulse.console`."""
    tones = {"a left": 110, "a right": 139, "b": 173, "mix left": 220, "mix right": 251}
    return {name: [amplitude(channel, frequency) for channel in sound] for name, frequency in tones.items()}


ALL = {"a left": [0.4, 0.0], "a right": [0.0, 0.4], "b": [0.4, 0.4]}
NEAR = np.cos(0.3 * np.pi)
EXPECTED = {
    "solo": {"a left": [0.4, 0.0], "a right": [0.0, 0.4]},
    "unsolo": ALL,
    "b": {"mix left": [0.4, 0.0], "mix right": [0.0, 0.4]},
    "a": ALL,
    "mute": {},
    "unmute": ALL,
    "pan": {"a left": [0.4 * NEAR, 0.0], "a right": [0.0, 0.4], "b": [0.4, 0.0]},
    "unpan": ALL,
    "mono": {"a left": [0.2, 0.2], "a right": [0.2, 0.2], "b": [0.4, 0.4]},
    "stereo": ALL,
}


@pytest.mark.parametrize("load", ["threads", "processes"])
@repeated_when_starved
def test_nothing_clicks_and_nothing_breaks_off_amid_work_on_all_cores(server, load):
    noted, sound = perform(server, f"console-{load}", "rtmixer")
    begin = int(np.flatnonzero(sound.any(axis=0))[0])
    level = max(click_db(channel) for channel in sound)
    print(f"{load}: clicks {level:.1f} dB, underruns {noted['underruns']}, latency {noted['latency'] * 1e3:.1f} ms")
    assert noted["underruns"] == 0
    assert noted["note"] == ""
    assert level <= -60
    hard = np.where(np.arange(RATE) < 12345, sound[:, begin : begin + RATE], 0.0)
    assert max(click_db(channel) for channel in hard) > -40  # a cut would be seen
    # What was asked for is heard 0.2 s later, and a quarter of it with certainty.
    for name, at in zip(noted["names"], noted["done_at"], strict=True):
        window = sound[:, begin + at + RATE // 5 : begin + at + RATE * 3 // 10]
        for tone, levels in heard(window).items():
            assert levels == pytest.approx(EXPECTED[name].get(tone, [0.0, 0.0]), abs=0.02), (name, tone)


@repeated_when_starved
def test_a_turning_head_and_another_scene_make_nothing_but_tones(server):
    noted, sound = perform(server, "headphones", "rtmixer")
    begin = int(np.flatnonzero(sound.any(axis=0))[0])
    level = max(click_db(channel) for channel in sound)
    print(f"clicks {level:.1f} dB, underruns {noted['underruns']}, latency {noted['latency'] * 1e3:.1f} ms")
    assert noted["underruns"] == 0
    assert noted["note"] == ""
    assert level <= -60
    told = (noted[key].tolist() for key in ("names", "done_at", "heard", "angles"))
    for name, at, heard_scene, angles in zip(*told, strict=True):
        expected = render(scene_of_tones(*SCENES[heard_scene]).samples[:, : RATE // 5], RATE, *angles)[:, RATE // 10 :]
        window = sound[:, begin + at + RATE // 4 : begin + at + RATE * 7 // 20]
        for frequency in {f for tones in SCENES.values() for f in tones}:
            levels = [amplitude(channel, frequency) for channel in window]
            ideal = [amplitude(channel, frequency) for channel in expected]
            assert levels == pytest.approx(ideal, abs=0.02), (name, frequency)


def stretch(sound, programme):
    """Return the first and last position of a noise that a recording holds, found by its steady parts."""
    loud = np.flatnonzero(sound.any(axis=0))
    ends = []
    for at in (loud[0] + 4 * FADE, loud[-1] - 5 * FADE):
        piece = sound[0, at : at + FADE]
        matches = np.flatnonzero(np.isclose(programme[0], piece[0], atol=1e-6))
        found = [m for m in matches if np.allclose(programme[0, m : m + FADE], piece, atol=1e-5)]
        assert len(found) == 1
        ends.append(found[0] - 4 * FADE if at < loud[-1] - 5 * FADE else found[0] + 5 * FADE)
    return ends


@pytest.mark.parametrize("backend", ["rtmixer", "sounddevice"])
@repeated_when_starved
def test_a_device_plugged_in_amid_playing_takes_over_where_the_other_left_off(server, backend):
    output, first, second = (server.folder / name for name in ("noted.npz", "first.raw", "second.raw"))
    with (
        recorder(server, SINK, first),
        recorder(server, OTHER_SINK, second),
        player(server, "plug", backend, output) as process,
    ):
        while process.poll() is None and not output.with_suffix(".ready").exists():
            time.sleep(0.01)
        server.plug_in()
        output.with_suffix(".ready").unlink()
        finish(process)
    server.pull_out()
    with np.load(output) as noted:
        noted = dict(noted)
    assert set(noted["after"]) - set(noted["before"]) == {OTHER_SINK}
    assert noted["notes"].tolist() == ["", "gone is not there: default plays"]
    one, other = recorded(first), recorded(second)
    begin, end = stretch(other, noted["sound"])
    # The first sink played up to there and from there on, with a pause between.
    loud = np.flatnonzero(one.any(axis=0))
    pause = loud[np.argmax(np.diff(loud))] + 1
    left_at = stretch(one[:, :pause], noted["sound"])[1]
    back_at = stretch(one[:, pause:], noted["sound"])[0]
    print(f"{backend}: over at {left_at - begin} samples, back at {end - back_at} samples")
    assert 0 <= left_at - begin <= 2 * FADE
    assert 0 <= end - back_at <= 2 * FADE
