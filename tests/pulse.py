"""Plays a scene through a real sound device and notes what it did; run as a program of its own.

    python tests/pulse.py SCENE BACKEND OUTPUT.npz

A process of its own, because PortAudio looks for devices once, when it is first loaded.
"""

import multiprocessing
import sys
import threading
import time
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np

from sepstudio.dsp.ambisonics import spherical_harmonics
from sepstudio.dsp.binaural import sphere_decoder
from sepstudio.io.clip import AudioClip
from sepstudio.playback.backends.rtmixer import RtMixerBackend
from sepstudio.playback.backends.sounddevice import SoundDeviceBackend
from sepstudio.playback.devices import list_devices
from sepstudio.playback.head import Head, Orientation
from sepstudio.playback.spatial import binaural
from sepstudio.playback.transport import Lane, Transport

RATE = 48000
BACKENDS = {"rtmixer": RtMixerBackend, "sounddevice": SoundDeviceBackend}
PATIENCE_SECONDS = 20.0


def burn(done):
    """Hold the interpreter with work in pure Python."""
    value = 0
    while not done.is_set():
        value = (value * 31 + 7) % 1000003


def wait_for(condition):
    end = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        if time.monotonic() > end:
            sys.exit("nothing happened")
        time.sleep(0.002)


def play_until(transport, sample):
    """Wait until the playhead has passed a sample."""
    wait_for(lambda: transport.position > sample)


def mix(transport, workers):
    """Play two lanes to the end while ``workers`` threads burn."""
    rng = np.random.default_rng(11)
    first = AudioClip(rng.uniform(-0.4, 0.4, (2, 2 * RATE)), RATE)
    second = AudioClip(rng.uniform(-0.4, 0.4, (1, RATE)), RATE)
    lanes = [Lane("first", first, gain=0.5), Lane("second", second, offset=12345, gain=-0.7)]
    transport.open(RATE, 2 * RATE)
    transport.set_lanes(lanes)
    done = threading.Event()
    threads = [threading.Thread(target=burn, args=(done,)) for _ in range(workers)]
    for thread in threads:
        thread.start()
    transport.play()
    positions = []

    def ended():
        positions.append(transport.position)
        return not transport.playing

    wait_for(ended)
    done.set()
    for thread in threads:
        thread.join()
    expected = 0.5 * first.samples
    expected[:, 12345 : 12345 + RATE] -= 0.7 * second.samples
    return {"expected": expected, "positions": positions}


def switch(transport):
    """Solo, un-solo, pause and go on amid two low tones."""
    t = np.arange(10 * RATE) / RATE
    low, high = (AudioClip(0.4 * np.sin(2 * np.pi * f * t)[None], RATE) for f in (220.0, 331.0))
    both = [Lane("low", low), Lane("high", high)]
    transport.open(RATE, 10 * RATE)
    transport.set_lanes(both)
    transport.play()
    wait_for(lambda: transport.position > 0.6 * RATE)
    transport.set_lanes(both[:1])
    solo_at = transport.position
    wait_for(lambda: transport.position > 1.2 * RATE)
    transport.set_lanes(both)
    wait_for(lambda: transport.position > 1.8 * RATE)
    transport.pause()
    paused_at = transport.position
    time.sleep(0.5)
    transport.play()
    wait_for(lambda: transport.position > 2.4 * RATE)
    transport.seek(5 * RATE)
    wait_for(lambda: transport.position > 5.5 * RATE)
    transport.stop()
    time.sleep(0.3)
    return {"low": low.samples, "high": high.samples, "solo_at": solo_at, "paused_at": paused_at}


def crunch(done):
    """Keep a core busy as a job does: with numpy, which lets go of the interpreter now and then."""
    rng = np.random.default_rng(3)
    while not done.is_set():
        spectrum = np.fft.rfft(rng.standard_normal((64, 4096)))
        np.linalg.svd(np.abs(spectrum[:, :64]))


@contextmanager
def busy(kind):
    """Keep two cores busy, with threads of this process or processes of their own."""
    context = threading if kind == "threads" else multiprocessing.get_context("spawn")
    worker = threading.Thread if kind == "threads" else context.Process
    done = context.Event()
    workers = [worker(target=crunch, args=(done,)) for _ in range(2)]
    for each in workers:
        each.start()
    try:
        yield
    finally:
        done.set()
        for each in workers:
            each.join()


def tones(*frequencies, level=0.4):
    t = np.arange(10 * RATE) / RATE
    return AudioClip([level * np.sin(2 * np.pi * f * t + f) for f in frequencies], RATE)


def console(transport):
    """Work on everything that switches while tones play; say when what was done."""
    first, second, mix = Lane("a", tones(110.0, 139.0)), Lane("b", tones(173.0)), Lane("mix", tones(220.0, 251.0))
    acts = {
        "solo": lambda: transport.set_lanes([first]),
        "unsolo": lambda: transport.set_lanes([first, second]),
        "b": lambda: transport.set_lanes([mix]),
        "a": lambda: transport.set_lanes([first, second]),
        "mute": lambda: transport.set_lanes([]),
        "unmute": lambda: transport.set_lanes([first, second]),
        "pan": lambda: transport.set_lanes([replace(first, pan=0.6), replace(second, pan=-1.0)]),
        "unpan": lambda: transport.set_lanes([first, second]),
        "mono": lambda: transport.set_mono(True),
        "stereo": lambda: transport.set_mono(False),
    }
    transport.open(RATE, 10 * RATE)
    transport.set_lanes([first, second])
    transport.play()
    done_at = {}
    for index, (name, act) in enumerate(acts.items()):
        play_until(transport, (1 + index) * 0.4 * RATE)
        act()
        done_at[name] = transport.position
    play_until(transport, 4.5 * RATE)
    for index in range(40):
        transport.scrub(RATE + 3333 * index)
        time.sleep(0.04)
    transport.end_scrub()
    play_until(transport, 4.5 * RATE)
    transport.stop()
    time.sleep(0.3)
    return {"names": list(done_at), "done_at": list(done_at.values())}


def plug(transport, ready):
    """Find a device that is plugged in amid playing, go over to it, and back."""
    sound = AudioClip(np.random.default_rng(5).uniform(-0.5, 0.5, (2, 10 * RATE)), RATE)
    transport.open(RATE, 10 * RATE)
    transport.set_lanes([Lane("noise", sound)])
    transport.play()
    play_until(transport, 0.5 * RATE)
    before = [device.name for device in list_devices()]
    ready.touch()
    wait_for(lambda: not ready.exists())
    found = []
    transport.rescan(found.extend)
    wait_for(lambda: found)
    after = [device.name for device in found]
    play_until(transport, transport.position + 0.6 * RATE)
    transport.use_device(next(name for name in after if name not in before))
    play_until(transport, transport.position + RATE)
    note = transport.note
    transport.use_device("gone")
    play_until(transport, transport.position + RATE)
    later_note = transport.note
    transport.stop()
    time.sleep(0.3)
    return {"sound": sound.samples, "before": before, "after": after, "notes": [note, later_note]}


def lose(transport, ready):
    """Play until the sound server is gone, and a little further."""
    transport.open(RATE, 60 * RATE)
    transport.play()
    wait_for(lambda: transport.position > 0.3 * RATE)
    ready.touch()
    wait_for(lambda: transport.note)
    lost_at = transport.position
    time.sleep(0.5)
    return {"lost_at": lost_at, "later": transport.position}


def scene_of_tones(first, second):
    """A tone from the left and another from the right behind, as a scene of order 3."""
    sources = ((first, np.radians(60)), (second, np.radians(-120)))
    time_axis = np.arange(10 * RATE) / RATE
    parts = [spherical_harmonics(at, 0.0, 3)[:, None] * 0.2 * np.sin(2 * np.pi * f * time_axis) for f, at in sources]
    return AudioClip(sum(parts).astype(np.float32), RATE)


SCENES = {"a": (110.0, 173.0), "b": (251.0, 139.0)}


def headphones(transport):
    """Turn the head amid two scenes, at once and bit by bit, and switch between them; say when what was done."""
    head, decoder = Head(), sphere_decoder(RATE, 3)
    lanes = {
        name: Lane(name, scene_of_tones(*tones), rendering=binaural(16, decoder, head))
        for name, tones in SCENES.items()
    }
    said = []

    def note(name, heard):
        said.append((name, transport.position, heard, head.orientation))

    def sweep():
        for step in range(1, 51):
            head.turn_to(Orientation(1.4 - 0.06 * step, 0.01 * step, -0.01 * step))
            time.sleep(0.01)

    acts = (
        ("leap", "a", lambda: head.turn_to(Orientation(1.4))),
        ("b", "b", lambda: transport.set_lanes([lanes["b"]])),
        ("sweep", "b", sweep),
        ("a", "a", lambda: transport.set_lanes([lanes["a"]])),
        ("ahead", "a", lambda: head.turn_to(Orientation())),
    )
    transport.open(RATE, 10 * RATE)
    transport.set_lanes([lanes["a"]])
    transport.play()
    play_until(transport, 0.5 * RATE)
    for name, heard, act in acts:
        act()
        note(name, heard)
        play_until(transport, said[-1][1] + 0.45 * RATE)
    transport.stop()
    time.sleep(0.3)
    names, done_at, heard, orientations = zip(*said, strict=True)
    angles = [(o.yaw, o.pitch, o.roll) for o in orientations]
    return {"names": names, "done_at": done_at, "heard": heard, "angles": angles}


def main(scene, backend, output):
    transport = Transport(BACKENDS[backend]())
    try:
        if scene == "switch":
            result = switch(transport)
        elif scene == "lose":
            result = lose(transport, Path(output).with_suffix(".ready"))
        elif scene == "plug":
            result = plug(transport, Path(output).with_suffix(".ready"))
        elif scene == "headphones":
            with busy("threads"):
                result = headphones(transport)
        elif scene.startswith("console-"):
            with busy(scene.removeprefix("console-")):
                result = console(transport)
        else:
            result = mix(transport, workers=2 if backend == "rtmixer" else 0)
        device_latency = transport._backend.latency
        np.savez(output, underruns=transport.underruns, note=transport.note, latency=device_latency, **result)
    finally:
        transport.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
