"""A PulseAudio server of a test's own that plays into nothing, and recordings of what it played."""

import os
import shutil
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parents[1]
RATE = 48000
PROGRAMS = ("pulseaudio", "parec", "pactl")
ALSA_PLUGIN = "libasound_module_pcm_pulse.so"
SINK = "bench"
OTHER_SINK = "other"
TAKES = 3


def missing():
    absent = [program for program in PROGRAMS if shutil.which(program) is None]
    if (
        not any(Path("/usr/lib").glob(f"*/alsa-lib/{ALSA_PLUGIN}"))
        and not Path("/usr/lib/alsa-lib", ALSA_PLUGIN).exists()
    ):
        absent.append(f"{ALSA_PLUGIN} (package libasound2-plugins)")
    return absent


class Server:
    """A PulseAudio server that plays into nothing at the rate of the clock.

    It has two sinks, of which ALSA, and so PortAudio, sees the default one until `plug_in`.
    """

    def __init__(self, folder):
        folder.chmod(0o700)
        self.folder = folder
        socket = folder / "native"
        self.config = folder / "asound.conf"
        self.config.write_text(
            "</usr/share/alsa/alsa.conf>\npcm.!default { type pulse }\nctl.!default { type pulse }\n"
        )
        self.environment = {
            **os.environ,
            "HOME": str(folder),
            "XDG_RUNTIME_DIR": str(folder),
            "PULSE_RUNTIME_PATH": str(folder),
            "PULSE_SERVER": f"unix:{socket}",
            "ALSA_CONFIG_PATH": str(self.config),
            "PYTHONPATH": str(ROOT),
        }
        # Without rewinds: a sink that takes back silence it made ahead cuts the start off the recording.
        sink = f"module-null-sink format=float32le rate={RATE} channels=2 norewinds=1 sink_name="
        command = ["pulseaudio", "-n", "--daemonize=no", "--exit-idle-time=-1", "--disable-shm=yes"]
        command += ["--use-pid-file=no", "--log-target=stderr", "-L", sink + SINK, "-L", sink + OTHER_SINK]
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

    def plug_in(self):
        """Let ALSA see the other sink; PortAudio will when it looks again."""
        with self.config.open("a") as file:
            file.write(f"pcm.{OTHER_SINK} {{ type pulse device {OTHER_SINK} hint {{ show on description hall }} }}\n")

    def pull_out(self):
        """Hide the other sink from ALSA again."""
        self.config.write_text("".join(self.config.read_text().splitlines(keepends=True)[:-1]))

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
def player(server, *arguments, program="pulse.py"):
    """Run a program of the tests, whose last argument is where it notes what it did, against the server."""
    command = [sys.executable, str(ROOT / "tests" / program), *map(str, arguments)]
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


@contextmanager
def recorder(server, sink, path):
    """Record what a sink plays, raw, from before the block is entered until after it is left."""
    command = ["parec", f"--device={sink}.monitor", "--format=float32le", f"--rate={RATE}", "--channels=2", "--raw"]
    with path.open("wb") as file:
        process = subprocess.Popen([*command, "--latency-msec=20"], env=server.environment, stdout=file)
        try:
            while path.stat().st_size == 0:
                assert process.poll() is None
                time.sleep(0.01)
            yield
            time.sleep(0.3)
        finally:
            process.kill()
            process.wait()


def recorded(path):
    """Return a recording, float32 [2, samples]."""
    return np.fromfile(path, np.float32, path.stat().st_size // 8 * 2).reshape(-1, 2).T


def perform_once(server, *arguments, program):
    recording, output = server.folder / "recording.raw", server.folder / "noted.npz"
    with recorder(server, SINK, recording), player(server, *arguments, output, program=program) as process:
        finish(process)
    with np.load(output) as noted:
        return dict(noted), recorded(recording)


def perform(server, *arguments, program="pulse.py"):
    """Return what the player noted and what was recorded meanwhile, float32 [2, samples].

    Other programs may take the cores away for longer than the device holds out; a take with
    a dropout that was noticed is repeated. One that was not noticed makes the test fail.
    """
    for _ in range(TAKES):
        noted, sound = perform_once(server, *arguments, program=program)
        if noted["underruns"] == 0:
            break
    return noted, sound
