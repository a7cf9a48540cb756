"""Another sound device amid playing, and devices that come and go."""

import sys
import types

import numpy as np
import pytest
from playback_bench import BLOCK, FADE, RATE, Bench, Device, FakeClock, positions, ramp_clip

from sepstudio.playback.backends import choose_backend
from sepstudio.playback.backends.base import ArrayRing
from sepstudio.playback.backends.portaudio import open_stream
from sepstudio.playback.devices import DeviceInfo, find_output, list_devices, rescan
from sepstudio.playback.transport import Lane, Transport

SPEAKERS = DeviceInfo("speakers", "API", 2, 48000.0, is_default=True)


class Outlets(Device):
    """Notes what is asked of it."""

    def __init__(self):
        super().__init__()
        self.log = []

    def start(self, sample_rate, channels, frames):
        self.log.append("open")
        return super().start(sample_rate, channels, frames)

    def stop(self):
        if self.open:
            self.log.append("close")
        super().stop()

    def choose(self, device):
        self.log.append(device)

    def rescan(self):
        assert not self.open
        self.log.append("rescan")
        return [SPEAKERS]


@pytest.fixture
def bench():
    bench = Bench(length=10 * RATE)
    bench.device = Outlets()
    bench.transport = Transport(bench.device, clock=bench.clock, threaded=False)
    bench.transport.open(RATE, 10 * RATE)
    bench.transport.set_lanes([Lane("a", ramp_clip(10 * RATE))])
    return bench


def change(bench, act):
    found = []
    if act == "rescan":
        bench.transport.rescan(found.append)
    else:
        bench.transport.use_device("headphones")
    return found


def log_of(act):
    return ["open", "close", *(["rescan"] if act == "rescan" else []), "open"]


@pytest.mark.parametrize("act", ["rescan", "use"])
def test_playing_goes_on_at_the_same_position(bench, act):
    bench.transport.play()
    bench.run(24000)
    found = change(bench, act)
    out = bench.run(24000)[0]
    assert [entry for entry in bench.device.log if entry not in (None, "headphones")] == log_of(act)
    assert found == ([[SPEAKERS]] if act == "rescan" else [])
    # It fades out, and what was faded out is heard again from its beginning.
    gap = np.flatnonzero(out == 0.0)
    heard = positions(out[None], 10 * RATE)
    assert heard[gap[0] - FADE - 10] == 24000 + gap[0] - FADE - 10
    assert heard[gap[-1] + FADE + 10] == pytest.approx(24000 + gap[0] + 10, abs=2)
    assert np.abs(np.diff(out)).max() < 0.15 * np.pi / 2 / FADE * 1.05
    assert bench.transport.playing
    assert bench.transport.position == heard[-1] + 1
    assert bench.transport.underruns == 0


def test_the_device_is_chosen_before_it_is_opened(bench):
    bench.transport.use_device("headphones")
    bench.run(BLOCK)
    assert bench.device.log == ["headphones"]  # nothing plays: nothing is opened
    bench.transport.play()
    bench.run(BLOCK)
    bench.transport.use_device(None)
    bench.run(14400)
    assert bench.device.log == ["headphones", "open", "close", None, "open"]


def test_the_choice_outlives_a_timeline(bench):
    bench.transport.use_device("headphones")
    bench.run(BLOCK)
    bench.transport.open(RATE, RATE)
    bench.transport.play()
    bench.run(4800)
    assert bench.device.log == ["headphones", "open"]


def test_a_choice_taken_back_at_once_still_plays_on(bench):
    bench.transport.play()
    bench.run(4800)
    bench.transport.use_device("headphones")
    bench.run(BLOCK)
    bench.transport.use_device(None)
    bench.run(24000)
    assert bench.transport.playing
    assert 4800 + 14400 < bench.transport.position < 4800 + 24480


def test_a_paused_transport_stays_where_it_is(bench):
    bench.transport.seek(12345)
    found = change(bench, "rescan")
    bench.run(4800)
    assert found == [[SPEAKERS]]
    assert (bench.transport.playing, bench.transport.position) == (False, 12345)
    bench.transport.play()
    assert positions(bench.run(4800), 10 * RATE)[1000] == pytest.approx(13345, abs=1)


@pytest.mark.parametrize(("act", "playing", "position"), [("pause", False, 9600), ("seek", True, 100000)])
def test_what_is_asked_for_meanwhile_counts(bench, act, playing, position):
    bench.transport.play()
    bench.run(9600)
    change(bench, "use")
    if act == "pause":
        bench.transport.pause()
    else:
        bench.transport.seek(position)
    bench.run(480)
    assert bench.transport.position == position
    bench.run(14400)
    assert bench.transport.playing == playing
    assert position <= bench.transport.position <= position + playing * 14400


def test_the_loop_is_kept(bench):
    bench.transport.set_loop((9600, 19200))
    bench.transport.play()
    for _ in range(7):
        bench.run(7200)
        change(bench, "rescan")
        heard = positions(bench.run(9600), 10 * RATE)
        assert heard.max() < 19200
    assert bench.transport.playing
    assert 9600 <= bench.transport.position < 19200


@pytest.mark.parametrize("left", [6000, 6300, 6500])
def test_the_end_amid_a_change_is_the_end(bench, left):
    bench.transport.seek(10 * RATE - left)
    bench.transport.play()
    bench.run(BLOCK)  # 6240 frames are mixed: all, all but some of the last fade, or not so far
    change(bench, "use")
    bench.run(24000)
    assert (bench.transport.playing, bench.transport.position) == (False, 10 * RATE)


def test_a_device_that_hangs_is_left_all_the_same(bench):
    bench.transport.play()
    bench.run(4800)
    change(bench, "use")
    for _ in range(70):  # time passes, but nothing is taken
        bench.transport.fill()
        bench.clock.now += 0.01
    assert bench.device.log[-3:] == ["close", "headphones", "open"]
    before = bench.transport.position
    bench.run(14400)
    assert bench.transport.position > before + 9600


def test_a_lost_device_is_replaced_by_the_one_chosen(bench):
    bench.transport.play()
    bench.run(4800)
    bench.device.active = False
    bench.transport.fill()
    assert "lost" in bench.transport.note
    bench.device.active = True
    bench.transport.use_device("headphones")
    for _ in range(40):
        bench.clock.now += 0.01
        bench.transport.fill()
    assert bench.device.open
    assert bench.transport.note == ""
    assert bench.transport.playing


def fake_portaudio(names, refusing=()):
    """Return a stand-in for the module sounddevice; the list of names may change until it is started anew."""

    class PortAudioError(Exception):
        pass

    class Stream:
        def __init__(self, *, device, **options):
            self.name = library.query_devices(device)["name"]
            if self.name in refusing:
                raise PortAudioError("Invalid sample rate")

        def start(self):
            pass

    def initialize():
        library.known = [*names]

    def query_devices(index=None):
        infos = [
            {
                "index": i,
                "name": name,
                "hostapi": i % 2,
                "max_output_channels": 2 * (name != "microphone"),
                "default_samplerate": 48000.0,
                "default_low_output_latency": 0.01,
            }
            for i, name in enumerate(library.known)
        ]
        return infos if index is None else infos[index]

    def query_hostapis(index=None):
        first = 0 if library.known else -1
        apis = [{"name": "ALSA", "default_output_device": first}, {"name": "JACK", "default_output_device": -1}]
        return apis if index is None else apis[index]

    library = types.ModuleType("sounddevice")
    library.PortAudioError, library.OutputStream = PortAudioError, Stream
    library.default = types.SimpleNamespace(device=(-1, -1), hostapi=0)
    library._initialize, library._terminate = initialize, lambda: None
    library.query_devices, library.query_hostapis = query_devices, query_hostapis
    initialize()
    return library


@pytest.fixture
def portaudio(monkeypatch):
    def install(names, refusing=()):
        library = fake_portaudio(names, refusing)
        monkeypatch.setitem(sys.modules, "sounddevice", library)
        return library

    return install


def played(library, wanted):
    stream, note = open_stream(library.OutputStream, RATE, 2, wanted=wanted)
    return stream.name, note


def test_a_device_plays_by_its_name_or_key(portaudio):
    library = portaudio(["speakers", "hall", "headphones"])
    assert played(library, None) == ("speakers", "")
    assert played(library, "headphones") == ("headphones", "")
    assert played(library, "hall, JACK") == ("hall", "")
    assert [device.key for device in list_devices()] == ["speakers, ALSA", "hall, JACK", "headphones, ALSA"]


def test_the_key_tells_devices_of_the_same_name_apart(portaudio):
    portaudio(["speakers", "twin", "twin"])
    assert [find_output(name) for name in ("twin", "twin, ALSA", "twin, JACK", "nobody")] == [1, 2, 1, None]


def test_inputs_are_not_played_to(portaudio):
    library = portaudio(["speakers", "microphone"])
    assert played(library, "microphone") == ("speakers", "microphone is not there: speakers plays")


def test_a_device_that_is_gone_gives_way_to_the_default_and_a_note(portaudio):
    library = portaudio(["speakers"])
    assert played(library, "headphones") == ("speakers", "headphones is not there: speakers plays")


def test_a_device_that_refuses_gives_way_to_the_default_and_a_note(portaudio):
    library = portaudio(["speakers", "hall"], refusing=("hall",))
    assert played(library, "hall") == ("speakers", "hall refuses 48000 Hz: speakers plays")


def test_devices_plugged_in_are_found_by_looking_again(portaudio):
    names = ["speakers"]
    portaudio(names)
    names.append("headphones")
    assert [device.name for device in list_devices()] == ["speakers"]
    assert [device.name for device in rescan()] == ["speakers", "headphones"]
    names.remove("speakers")
    assert [device.name for device in rescan()] == ["headphones"]


def test_without_the_library_there_is_nothing_to_look_for(monkeypatch):
    monkeypatch.setitem(sys.modules, "sounddevice", None)
    assert rescan() == []


@pytest.mark.parametrize("with_rtmixer", [False, True])
def test_a_first_device_plugged_in_later_plays(portaudio, monkeypatch, with_rtmixer):
    names = []
    library = portaudio(names)
    monkeypatch.setitem(sys.modules, "rtmixer", types.ModuleType("rtmixer") if with_rtmixer else None)
    backend, clock, found = choose_backend(), FakeClock(), []
    assert backend.note == "No sound device: the playhead runs silently"
    opened = []

    def open_it(sample_rate, channels, frames):
        opened.append(played(library, backend._wanted))
        stream = types.SimpleNamespace(latency=0.0, active=True, stop=lambda: None, close=lambda: None)
        return stream, "", ArrayRing(channels, frames)

    monkeypatch.setattr(backend, "_open", open_it)
    transport = Transport(backend, clock=clock, threaded=False)
    transport.open(RATE, RATE)
    transport.play()
    transport.fill()
    assert transport.note.endswith("the playhead runs silently")
    names.append("speakers")
    transport.rescan(found.append)
    for _ in range(40):
        clock.now += 0.01
        transport.fill()
    assert [device.name for device in found[0]] == ["speakers"]
    assert opened == [("speakers", "")]
    assert transport.note == ""
    assert transport.playing
