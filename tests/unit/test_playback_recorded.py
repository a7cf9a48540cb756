"""Sound through a real device: a PulseAudio server of the test's own, whose output is recorded."""

import subprocess
import sys
import time

import numpy as np
import pytest
from pulse_server import RATE, TAKES, finish, perform, player, server
from real_time import repeated_when_starved
from scipy.signal import correlate

__all__ = ["server"]

FADE = 240
SOLO_SECONDS = 0.15

pytestmark = [
    pytest.mark.pulse,
    pytest.mark.skipif(sys.platform != "linux", reason="PulseAudio and ALSA are there on Linux only"),
]


def decibel(power, reference):
    return 10 * np.log10(power / reference + 1e-30)


@pytest.mark.parametrize("backend", ["rtmixer", "sounddevice"])
@repeated_when_starved
def test_what_is_played_is_what_was_mixed(server, backend):
    noted, recorded = perform(server, "mix", backend)
    expected = noted["expected"]
    start = int(np.argmax(correlate(recorded[0], expected[0], mode="valid")))
    inner = slice(FADE, expected.shape[1] - FADE)
    error = recorded[:, start : start + expected.shape[1]] - expected
    level = decibel((error[:, inner] ** 2).mean(), (expected[:, inner] ** 2).mean())
    print(f"{backend}: error {level:.1f} dB, underruns {noted['underruns']}, latency {noted['latency'] * 1e3:.1f} ms")
    assert level <= -60
    assert noted["note"] == ""
    assert noted["underruns"] == 0
    positions = noted["positions"]
    assert np.diff(positions).min() >= 0
    assert positions[-1] == expected.shape[1]
    assert not recorded[:, : start - 1].any()
    assert not recorded[:, start + expected.shape[1] + 1 :].any()


def switched(server):
    """Return what was noted, the sound, where it begins, and the seconds from the call to the first other sample.

    The thread that is to mix may wait for a core: a take in which solo came late is repeated.
    """
    for _ in range(TAKES):
        noted, recorded = perform(server, "switch", "rtmixer")
        sound, both = recorded[0], noted["low"][0] + noted["high"][0]
        begin = int(np.flatnonzero(sound)[0])
        shifts = [np.abs(sound[begin + FADE : begin + 9600] - both[FADE + s : 9600 + s]).max() for s in range(8)]
        begin -= int(np.argmin(shifts))
        assert min(shifts) < 1e-4
        differs = np.abs(sound[begin : begin + RATE] - both[:RATE]) > 1e-3
        delay = (np.flatnonzero(differs[FADE:])[0] + FADE - noted["solo_at"]) / RATE
        if delay <= SOLO_SECONDS:
            break
    return noted, sound, begin, delay


@repeated_when_starved
def test_solo_seek_and_pause_are_quick_and_do_not_click(server):
    noted, sound, begin, delay = switched(server)
    low, both = noted["low"][0], noted["low"][0] + noted["high"][0]
    assert noted["underruns"] == 0

    # No step beyond the slope of the tones and that of a fade of the loudest sum.
    steepest = np.abs(np.diff(both)).max() + np.abs(both).max() * np.pi / 2 / FADE
    assert np.abs(np.diff(sound)).max() <= steepest * 1.001

    # Nothing above 4 kHz anywhere, where the tones have nothing.
    frames = np.lib.stride_tricks.sliding_window_view(sound, 2048)[::256] * np.blackman(2048)
    power = np.abs(np.fft.rfft(frames)) ** 2
    clicks = decibel(power[:, 4000 * 2048 // RATE :].sum(axis=1).max(), power.sum(axis=1).max())
    cut = np.where(np.arange(2048) < 1024 + 37, both[:2048], 0.0) * np.blackman(2048)
    cut_power = np.abs(np.fft.rfft(cut)) ** 2
    assert decibel(cut_power[4000 * 2048 // RATE :].sum(), power.sum(axis=1).max()) > -60  # a cut would be seen

    print(f"clicks {clicks:.1f} dB, solo heard after {delay * 1e3:.1f} ms")
    assert clicks <= -60
    assert 0.0 < delay <= SOLO_SECONDS
    alone = slice(int(1.0 * RATE), int(1.1 * RATE))
    np.testing.assert_allclose(sound[begin:][alone], low[alone], atol=1e-4)

    # It goes on where the pause was called, after silence.
    silence = np.flatnonzero(np.convolve(np.abs(sound[begin + RATE :]), np.ones(4800), "valid") < 1e-6)
    resumed = int(silence[0] + 4800 + begin + RATE)
    resumed += int(np.flatnonzero(sound[resumed:])[0])
    at = int(noted["paused_at"])
    window = sound[resumed + FADE : resumed + 4800]
    assert min(np.abs(window - both[at + FADE + s : at + 4800 + s]).max() for s in range(8)) < 1e-4


def test_a_sound_server_that_dies_leaves_the_playhead_running(server):
    output = server.folder / "noted.npz"
    with player(server, "lose", "rtmixer", output) as process:
        while process.poll() is None and not output.with_suffix(".ready").exists():
            time.sleep(0.01)
        server.kill()
        finish(process)
    with np.load(output) as noted:
        assert noted["note"] == "The sound device was lost: the playhead runs silently"
        assert noted["later"] - noted["lost_at"] == pytest.approx(0.5 * RATE, rel=0.2)


def test_devices_are_found(server):
    code = "from sepstudio.playback.devices import list_devices; print(*list_devices(), sep='\\n')"
    found = subprocess.run(
        [sys.executable, "-c", code], env=server.environment, capture_output=True, text=True, check=True
    )
    assert "name='default', host_api='ALSA'" in found.stdout
    assert "is_default=True" in found.stdout
