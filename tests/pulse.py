"""Plays a scene through a real sound device and notes what it did; run as a program of its own.

    python tests/pulse.py SCENE BACKEND OUTPUT.npz

A process of its own, because PortAudio looks for devices once, when it is first loaded.
"""

import sys
import threading
import time
from pathlib import Path

import numpy as np

from sepstudio.io.clip import AudioClip
from sepstudio.playback.backends.rtmixer import RtMixerBackend
from sepstudio.playback.backends.sounddevice import SoundDeviceBackend
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


def main(scene, backend, output):
    transport = Transport(BACKENDS[backend]())
    try:
        if scene == "switch":
            result = switch(transport)
        elif scene == "lose":
            result = lose(transport, Path(output).with_suffix(".ready"))
        else:
            result = mix(transport, workers=2 if backend == "rtmixer" else 0)
        device_latency = transport._backend.latency
        np.savez(output, underruns=transport.underruns, note=transport.note, latency=device_latency, **result)
    finally:
        transport.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
