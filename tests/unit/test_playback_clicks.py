"""Switching amid tones and music, through the whole engine without a device: nothing clicks.

Music is compared with what an ideal fade makes of it. Tones have nothing above 4 kHz, so that
all that is found there was made by a switch. Both may leave at most -60 dB of full scale.
"""

import numpy as np
import pytest
from playback_bench import FADE, RATE, Bench, half_cosine
from scipy.signal import butter, sosfilt

from sepstudio.io.audio import open_audio
from sepstudio.io.clip import AudioClip
from sepstudio.playback.transport import Lane

LENGTH = 10 * RATE
BEFORE = 24000
AFTER = 24000
TARGET = 5 * RATE + 1234
GRAIN = 3840
HIGH_PASS = butter(8, 4000, "highpass", fs=RATE, output="sos")
ACTS = ["solo", "unsolo", "mute", "switch", "pan", "mono", "gain", "seek", "loop"]


def peak_db(sound):
    return 20 * np.log10(np.abs(sound).max() + 1e-12)


def click_db(sound):
    """Peak of what is above 4 kHz, where the tones have nothing, in dB of full scale."""
    return peak_db(sosfilt(HIGH_PASS, sound))


def tone(*frequencies):
    t = np.arange(LENGTH) / RATE
    return AudioClip([0.5 * np.sin(2 * np.pi * f * t + f) for f in frequencies], RATE)


@pytest.fixture
def tones():
    return {"a": tone(110.0, 139.0), "b": tone(173.0), "mix": tone(220.0, 211.0)}


@pytest.fixture
def music(shared_data):
    folder = shared_data / "multitracks" / "eif_lithium"
    files = {"a": "vocals", "b": "drums", "mix": "mixture"}
    return {key: open_audio(folder / f"{name}.flac").section(5 * RATE, 15 * RATE) for key, name in files.items()}


def lanes(clips, *keys, **options):
    return [Lane(key, clips[key], **options) for key in keys]


def perform(clips, act):
    """Play both stems, do something, play on; return the sound and the frame at which the change begins."""
    bench = Bench(length=LENGTH)
    transport = bench.transport
    transport.set_lanes(lanes(clips, "a") if act == "unsolo" else lanes(clips, "a", "b"))
    transport.play()
    before = bench.run(BEFORE)
    at = bench.written
    acts = {
        "solo": lambda: transport.set_lanes(lanes(clips, "a")),
        "unsolo": lambda: transport.set_lanes(lanes(clips, "a", "b")),
        "mute": lambda: transport.set_lanes([]),
        "switch": lambda: transport.set_lanes(lanes(clips, "mix")),
        "pan": lambda: transport.set_lanes(lanes(clips, "a", "b", pan=0.7)),
        "mono": lambda: transport.set_mono(True),
        "gain": lambda: transport.set_master(0.3),
        "seek": lambda: transport.seek(TARGET),
        "loop": lambda: transport.set_loop((at + 480 - 9600, at + 480)),
    }
    acts[act]()
    after = bench.run(AFTER)
    assert transport.underruns == 0
    return np.concatenate([before, after], axis=1), at


def stereo(clip):
    return np.broadcast_to(clip.samples, (2, clip.length)).astype(float)


def step(at, length=LENGTH):
    """A gain that goes from 0 to 1 within 5 ms from a frame on."""
    return np.concatenate([np.zeros(at), half_cosine(FADE), np.ones(length - at - FADE)])


def ideal(clips, act, at):
    """What should be heard, float64 [2, samples], but for the fade at the very start."""
    a, b, mix = (stereo(clips[key]) for key in ("a", "b", "mix"))
    on = step(at)
    if act == "solo":
        return a + b * (1 - on)
    if act == "unsolo":
        return a + b * on
    if act == "mute":
        return (a + b) * (1 - on)
    if act == "switch":
        return (a + b) * (1 - on) + mix * step(at + FADE)
    if act == "pan":
        return (a + b) * (1 - on * [[1 - np.cos(0.35 * np.pi)], [0]])
    if act == "mono":
        return (a + b) * (1 - on) + (a + b).mean(axis=0) * on
    if act == "gain":
        return (a + b) * (1 - 0.7 * on)
    # The fade before a wrap ends with it; that before a jump begins with it.
    turn, target = (at + 480, at + 480 - 9600) if act == "loop" else (at + FADE, TARGET)
    moved = np.roll(a + b, turn - target, axis=1)
    return (a + b) * (1 - step(turn - FADE)) + moved * step(turn)


@pytest.mark.parametrize("act", ACTS)
def test_music_is_faded_as_it_should_be(music, act):
    sound, at = perform(music, act)
    # Up to the second wrap of the loop.
    heard = slice(FADE, at + 9000)
    error = (sound - ideal(music, act, at)[:, : sound.shape[1]])[:, heard]
    assert peak_db(error) <= -60
    assert peak_db(sound[:, heard]) > -20  # there was something to click


@pytest.mark.parametrize("act", ACTS)
def test_nothing_is_heard_beside_the_tones(tones, act):
    sound, _ = perform(tones, act)
    levels = [click_db(channel) for channel in sound]
    print(f"{act}: {max(levels):.1f} dB")
    assert max(levels) <= -60
    # The measure does hear a click: the same change without a fade.
    hard = stereo(tones["a"])[:, :BEFORE] * (np.arange(BEFORE) < 12345)
    assert max(click_db(channel) for channel in hard) > -40


def scrub(clips, positions, every, *, playing):
    """Drag the playhead along; return the sound and the stretches (start, stop, position) that it consists of."""
    bench = Bench(length=LENGTH)
    bench.transport.set_lanes(lanes(clips, "a", "b"))
    start, position, blocks, stretches = 0, 0, [], []
    if playing:
        bench.transport.play()
        blocks.append(bench.run(BEFORE))
    for target in positions:
        # Where the fade before a jump has not been mixed yet, the jump just gets another target.
        if blocks and bench.written > start:
            stop = bench.written + FADE
            if stretches or not playing:
                stop = min(stop, start + GRAIN)
            stretches.append((start, stop, position))
            start = stop
        bench.transport.scrub(target)
        position = target
        blocks.append(bench.run(every))
        assert bench.transport.position == target
    stretches.append((start, start + GRAIN, position))
    blocks.append(bench.run(9600))
    assert bench.transport.underruns == 0
    return np.concatenate(blocks, axis=1), stretches


def faded(clips, stretches, length):
    source = stereo(clips["a"]) + stereo(clips["b"])
    out = np.zeros((2, length))
    for start, stop, position in stretches:
        shape = np.ones(stop - start)
        shape[:FADE] = half_cosine(FADE)
        shape[-FADE:] *= 1 - half_cosine(FADE)
        out[:, start:stop] = source[:, position : position + stop - start] * shape
    return out


@pytest.mark.parametrize("playing", [False, True])
@pytest.mark.parametrize("every", [1440, 1920, 2880])
def test_scrubbed_grains_are_faded_as_they_should_be(music, every, playing):
    positions = np.random.default_rng(9).integers(0, LENGTH - GRAIN, 20).tolist()
    sound, stretches = scrub(music, positions, every, playing=playing)
    error = sound - faded(music, stretches, sound.shape[1])
    assert peak_db(error) <= -60
    assert peak_db(sound) > -20


@pytest.mark.parametrize("playing", [False, True])
@pytest.mark.parametrize("every", [480, 1440, 2880, 9600])
def test_scrubbing_makes_nothing_but_tones(tones, every, playing):
    positions = np.linspace(RATE, LENGTH, 25).astype(int).tolist()
    sound, _ = scrub(tones, positions, every, playing=playing)
    assert max(click_db(channel) for channel in sound) <= -60


@pytest.mark.parametrize("left", [1, 40, 120, 240, 300, 360, 420, 480, 600])
@pytest.mark.parametrize("looped", [False, True])
def test_a_jump_to_just_before_the_end_or_a_wrap_makes_nothing_but_tones(tones, left, looped):
    bench = Bench(length=LENGTH)
    bench.transport.set_lanes(lanes(tones, "a", "b"))
    if looped:
        bench.transport.set_loop((RATE, LENGTH))
    bench.transport.play()
    before = bench.run(BEFORE)
    bench.transport.seek(LENGTH - left)
    sound = np.concatenate([before, bench.run(AFTER)], axis=1)
    levels = [click_db(channel) for channel in sound]
    print(f"{left} left: {max(levels):.1f} dB")
    assert max(levels) <= -60


@pytest.mark.parametrize("seed", range(4))
def test_a_wild_hand_makes_nothing_but_tones(tones, seed):
    rng = np.random.default_rng(seed)
    bench = Bench(length=LENGTH)
    transport = bench.transport

    def choose():
        keys = [key for key in tones if rng.random() < 0.5]
        transport.set_lanes([Lane(k, tones[k], gain=rng.uniform(-1, 1), pan=rng.uniform(-1, 1)) for k in keys])

    acts = [
        choose,
        choose,
        lambda: transport.set_mono(bool(rng.random() < 0.5)),
        lambda: transport.set_master(rng.random()),
        lambda: transport.seek(rng.integers(0, LENGTH)),
        lambda: transport.scrub(rng.integers(0, LENGTH)),
        transport.end_scrub,
        transport.pause,
        transport.play,
        transport.play,
        lambda: transport.set_loop((int(start := rng.integers(0, LENGTH - 600)), int(start) + 600)),
        lambda: transport.set_loop(None),
        lambda: transport.use_device(str(rng.integers(2))),
    ]
    blocks = []
    for _ in range(300):
        for act in rng.choice(len(acts), rng.integers(1, 4)):
            acts[act]()
        blocks.append(bench.run(480 * int(rng.integers(1, 12))))
    sound = np.concatenate(blocks, axis=1)
    levels = [click_db(channel) for channel in sound]
    print(f"{seed}: {max(levels):.1f} dB")
    assert max(levels) <= -60
    assert peak_db(sound) > -20
    assert transport.note == ""
    assert transport.underruns == 0
