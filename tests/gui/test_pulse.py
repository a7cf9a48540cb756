"""Sound through a real device: a PulseAudio server of the test's own, whose output is recorded."""

import os
import shutil
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from scipy.signal import correlate

ROOT = Path(__file__).parents[2]
RATE = 48000
FADE = 240
PROGRAMS = ("pulseaudio", "parec", "pactl")
ALSA_PLUGIN = "libasound_module_pcm_pulse.so"
SINK = "bench"
TAKES = 3

pytestmark = [
    pytest.mark.pulse,
    pytest.mark.skipif(sys.platform != "linux", reason="PulseAudio and ALSA are there on Linux only"),
]


def missing():
    absent = [program for program in PROGRAMS if shutil.which(program) is None]
    if (
        not any(Path("/usr/lib").glob(f"*/alsa-lib/{ALSA_PLUGIN}"))
        and not Path("/usr/lib/alsa-lib", ALSA_PLUGIN).exists()
    ):
        absent.append(f"{ALSA_PLUGIN} (package libasound2-plugins)")
    return absent


class Server:
    """A PulseAudio server that plays into nothing at the rate of the clock."""

    def __init__(self, folder):
        folder.chmod(0o700)
        self.folder = folder
        socket = folder / "native"
        config = folder / "asound.conf"
        config.write_text("</usr/share/alsa/alsa.conf>\npcm.!default { type pulse }\nctl.!default { type pulse }\n")
        self.environment = {
            **os.environ,
            "HOME": str(folder),
            "XDG_RUNTIME_DIR": str(folder),
            "PULSE_RUNTIME_PATH": str(folder),
            "PULSE_SERVER": f"unix:{socket}",
            "ALSA_CONFIG_PATH": str(config),
            "PYTHONPATH": str(ROOT),
        }
        # Without rewinds: a sink that takes back silence it made ahead cuts the start off the recording.
        sink = f"module-null-sink sink_name={SINK} format=float32le rate={RATE} channels=2 norewinds=1"
        command = ["pulseaudio", "-n", "--daemonize=no", "--exit-idle-time=-1", "--disable-shm=yes"]
        command += ["--use-pid-file=no", "--log-target=stderr", "-L", sink]
        command += ["-L", f"module-native-protocol-unix auth-anonymous=1 socket={socket}"]
        self.log = (folder / "server.log").open("w")
        self.process = subprocess.Popen(command, env=self.environment, stderr=self.log, stdout=self.log)

    def wait(self):
        for _ in range(100):
            if (
                subprocess.run(["pactl", "info"], env=self.environment, capture_output=True, check=False).returncode
                == 0
            ):
                return
            time.sleep(0.05)
        raise RuntimeError(Path(self.log.name).read_text())

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.log.close()


@pytest.fixture
def server(tmp_path_factory):
    if absent := missing():
        pytest.skip(f"not installed: {', '.join(absent)}")
    server = Server(tmp_path_factory.mktemp("pulse"))
    try:
        server.wait()
        yield server
    finally:
        server.kill()


@contextmanager
def player(server, scene, backend, output):
    command = [sys.executable, str(ROOT / "tests" / "pulse.py"), scene, backend, str(output)]
    pipe = subprocess.PIPE
    process = subprocess.Popen(command, env=server.environment, stdout=pipe, stderr=subprocess.STDOUT, text=True)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def finish(process):
    text = process.communicate(timeout=60)[0]
    assert process.returncode == 0, text


def perform_once(server, scene, backend):
    recording, output = server.folder / "recording.raw", server.folder / "noted.npz"
    command = ["parec", f"--device={SINK}.monitor", "--format=float32le", f"--rate={RATE}", "--channels=2", "--raw"]
    with recording.open("wb") as file:
        recorder = subprocess.Popen([*command, "--latency-msec=20"], env=server.environment, stdout=file)
        try:
            while recording.stat().st_size == 0:
                assert recorder.poll() is None
                time.sleep(0.01)
            with player(server, scene, backend, output) as process:
                finish(process)
            time.sleep(0.3)
        finally:
            recorder.kill()
            recorder.wait()
    whole = recording.stat().st_size // 8 * 2
    with np.load(output) as noted:
        return dict(noted), np.fromfile(recording, np.float32, whole).reshape(-1, 2).T


def perform(server, scene, backend):
    """Return what the player noted and what was recorded meanwhile, float32 [2, samples].

    Other programs may take the cores away for longer than the device holds out; a take with
    a dropout that was noticed is repeated. One that was not noticed makes the test fail.
    """
    for _ in range(TAKES):
        noted, recorded = perform_once(server, scene, backend)
        if noted["underruns"] == 0:
            break
    return noted, recorded


def decibel(power, reference):
    return 10 * np.log10(power / reference + 1e-30)


@pytest.mark.parametrize("backend", ["rtmixer", "sounddevice"])
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


def test_solo_seek_and_pause_are_quick_and_do_not_click(server):
    noted, recorded = perform(server, "switch", "rtmixer")
    sound, low, both = recorded[0], noted["low"][0], noted["low"][0] + noted["high"][0]
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

    # From the call to the first sample that differs, on the time that `position` shows.
    begin = int(np.flatnonzero(sound)[0])
    shifts = [np.abs(sound[begin + FADE : begin + 9600] - both[FADE + s : 9600 + s]).max() for s in range(8)]
    begin -= int(np.argmin(shifts))
    assert min(shifts) < 1e-4
    differs = np.abs(sound[begin : begin + RATE] - both[:RATE]) > 1e-3
    delay = (np.flatnonzero(differs[FADE:])[0] + FADE - noted["solo_at"]) / RATE
    print(f"clicks {clicks:.1f} dB, solo heard after {delay * 1e3:.1f} ms")
    assert clicks <= -60
    assert 0.0 < delay <= 0.15
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
