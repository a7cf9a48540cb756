"""The ways to a device, on machines that have none, a broken or a stubborn one."""

import subprocess
import sys
import types

import numpy as np
import pytest

from sepstudio.errors import DeviceError
from sepstudio.playback.backends import NullBackend, choose_backend
from sepstudio.playback.backends.base import ArrayRing
from sepstudio.playback.backends.portaudio import open_stream
from sepstudio.playback.backends.rtmixer import RtMixerBackend
from sepstudio.playback.backends.sounddevice import SoundDeviceBackend
from sepstudio.playback.devices import DeviceInfo, list_devices, silence_reason

RATE = 48000


class FakePortAudioError(Exception):
    pass


class FakeStream:
    """Takes the rates that its device takes; calls back when the test says so."""

    latency = 0.03

    def __init__(self, *, device, samplerate, channels, latency, callback=None, **options):
        if samplerate not in FAKE_RATES[device]:
            raise FakePortAudioError("Invalid sample rate")
        self.device, self.asked_latency, self.callback, self.options = device, latency, callback, options
        self.active = False

    def start(self):
        if self.device == 3:
            raise FakePortAudioError("Device unavailable")
        self.active = True

    def stop(self):
        if not self.active:
            raise FakePortAudioError("Stream is stopped")
        self.active = False

    def close(self):
        self.active = False


FAKE_RATES = {0: {48000}, 1: {48000, 96000}, 2: set(), 3: {48000, 8000}}


def fake_library(devices=(("hw", 0), ("mix", 1)), default=0):
    """Return a stand-in for the module sounddevice with one device per host interface."""
    library = types.ModuleType("sounddevice")
    library.PortAudioError = FakePortAudioError
    library.OutputStream = FakeStream
    library.default = types.SimpleNamespace(device=(-1, -1), hostapi=default)
    apis = [{"name": f"API {i}", "default_output_device": i} for i in range(len(devices))]
    infos = [
        {
            "index": i,
            "name": name,
            "hostapi": i,
            "max_output_channels": 0 if name == "microphone" else 2,
            "default_samplerate": 48000.0,
            "default_low_output_latency": 0.09 if name == "slow" else 0.008,
        }
        for name, i in devices
    ]
    library.query_hostapis = lambda index=None: apis if index is None else apis[index]
    library.query_devices = lambda index=None: infos if index is None else infos[index]
    return library


@pytest.fixture
def portaudio(monkeypatch):
    def install(**options):
        monkeypatch.setitem(sys.modules, "sounddevice", fake_library(**options))

    return install


def test_a_missing_portaudio_is_survived_and_named(monkeypatch, tmp_path):
    # The module raises OSError as the real one does without libportaudio2.
    (tmp_path / "sounddevice.py").write_text("raise OSError('PortAudio library not found')")
    monkeypatch.delitem(sys.modules, "sounddevice", raising=False)
    monkeypatch.syspath_prepend(tmp_path)
    backend = choose_backend()
    assert isinstance(backend, NullBackend)
    assert backend.note == "The system library PortAudio is missing: the playhead runs silently"
    assert list_devices() == []


def test_a_missing_library_is_survived(monkeypatch):
    monkeypatch.setitem(sys.modules, "sounddevice", None)
    assert choose_backend().note == "The library sounddevice is not installed: the playhead runs silently"


def test_a_sound_system_that_does_not_answer_is_survived(portaudio):
    portaudio()

    def fail(index=None):
        raise FakePortAudioError("Host error")

    sys.modules["sounddevice"].query_devices = fail
    assert "does not answer (Host error)" in choose_backend().note
    with pytest.raises(DeviceError, match="does not answer"):
        choose_backend().start(48000, 2, 100)


def test_without_outputs_the_playhead_runs_silently(portaudio):
    portaudio(devices=(("microphone", 0),))
    assert choose_backend().note == "No sound device: the playhead runs silently"


def test_the_c_callback_is_preferred_and_the_python_one_stands_in(portaudio, monkeypatch):
    portaudio()
    monkeypatch.setitem(sys.modules, "rtmixer", types.ModuleType("rtmixer"))
    assert isinstance(choose_backend(), RtMixerBackend)
    monkeypatch.setitem(sys.modules, "rtmixer", None)
    assert isinstance(choose_backend(), SoundDeviceBackend)


def test_devices_are_listed(portaudio):
    portaudio(devices=(("hw", 0), ("mix", 1)), default=1)
    assert list_devices() == [
        DeviceInfo("hw", "API 0", 2, 48000.0, is_default=False),
        DeviceInfo("mix", "API 1", 2, 48000.0, is_default=True),
    ]
    assert silence_reason() == ""


def test_the_default_device_plays_where_it_takes_the_rate(portaudio):
    portaudio()
    stream, note = open_stream(FakeStream, 48000, 2)
    assert (stream.device, stream.active, note) == (0, True, "")
    assert stream.asked_latency == 0.04


def test_a_slow_driver_gets_the_latency_it_asks_for(portaudio):
    portaudio(devices=(("slow", 0),))
    assert open_stream(FakeStream, 48000, 2)[0].asked_latency == 0.09


def test_the_device_of_another_interface_plays_what_the_default_refuses_and_is_named(portaudio):
    portaudio()
    stream, note = open_stream(FakeStream, 96000, 2)
    assert (stream.device, note) == (1, "The default sound device refuses 96000 Hz: mix plays")


def test_a_rate_that_nobody_takes_is_an_error_that_names_it(portaudio):
    portaudio(devices=(("hw", 0), ("mix", 1), ("dead", 2), ("busy", 3)))
    with pytest.raises(DeviceError, match=r"8000 Hz \(hw: Invalid sample rate.*busy: Device unavailable"):
        open_stream(FakeStream, 8000, 2)


def test_the_python_callback_copies_the_ring_and_counts_underruns(portaudio):
    portaudio()
    backend = SoundDeviceBackend()
    ring = backend.start(RATE, 2, 1000)
    stream = backend._stream
    block = np.random.default_rng(1).uniform(-1, 1, (2, 700)).astype(np.float32)
    fine, xrun = types.SimpleNamespace(output_underflow=False), types.SimpleNamespace(output_underflow=True)
    out = np.ones((300, 2), np.float32)
    stream.callback(out, 300, None, xrun)  # before anything plays
    assert not out.any()
    assert backend.underruns == 0
    heard = []
    ring.write(block, last=False)
    for status in (fine, xrun, fine):
        stream.callback(out, 300, None, status)
        heard.append(out.T.copy())
    np.testing.assert_array_equal(np.concatenate(heard, axis=1)[:, :700], block)
    assert not heard[-1][:, 100:].any()
    assert backend.underruns == 2
    backend.stop()
    assert (backend.active, backend.underruns) == (False, 2)


def test_ring_keeps_order_across_its_edge_and_knows_an_end_from_an_underrun():
    ring = ArrayRing(2, 100)
    rng = np.random.default_rng(2)
    taken, given = [], []
    out = np.empty((37, 2), np.float32)
    for _ in range(50):
        given.append(rng.uniform(-1, 1, (2, 37)).astype(np.float32))
        ring.write(given[-1], last=False)
        ring.read_into(out)
        taken.append(out.T.copy())
    np.testing.assert_array_equal(np.concatenate(taken, axis=1), np.concatenate(given, axis=1))
    assert (ring.written, ring.consumed, ring.underruns) == (1850, 1850, 0)
    ring.write(given[0][:, :10], last=True)
    ring.read_into(out)
    assert ring.underruns == 0


def test_null_ring_follows_the_clock():
    now = [5.0]
    backend = NullBackend(clock=lambda: now[0])
    ring = backend.start(RATE, 2, 12000)
    now[0] += 10.0  # nothing is due before something is written
    ring.write(np.zeros((2, 4800), np.float32), last=False)
    assert ring.consumed == 0
    now[0] += 0.05
    assert ring.consumed == 2400
    ring.write(np.zeros((2, 4800), np.float32), last=False)
    now[0] += 0.1
    assert (ring.consumed, backend.underruns) == (7200, 0)
    now[0] += 0.1
    assert (ring.consumed, backend.underruns) == (9600, 1)
    ring.write(np.zeros((2, 480), np.float32), last=True)
    now[0] += 1.0
    assert (ring.consumed, backend.underruns) == (10080, 1)


def test_importing_playback_loads_no_sound_library():
    code = (
        "import sys, sepstudio.playback.transport, sepstudio.playback.devices\n"
        "sys.exit(any(name in sys.modules for name in ('sounddevice', 'rtmixer', 'torch', 'numba')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
