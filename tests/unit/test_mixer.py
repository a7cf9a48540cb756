"""The mixer: sums, folds and switches without a step in the sound."""

import numpy as np
import pytest

from sepstudio.errors import AudioFileError, ParameterError
from sepstudio.io.clip import AudioClip
from sepstudio.playback.mixer import Lane, Mixer, to_stereo

RATE = 48000
FADE = 240  # 5 ms
rng = np.random.default_rng(7)


def noise(channels=2, length=RATE):
    return AudioClip(rng.uniform(-0.3, 0.3, (channels, length)), RATE)


def sine(frequency, length=RATE):
    return AudioClip(0.5 * np.sin(2 * np.pi * frequency * np.arange(length) / RATE)[None], RATE)


def settled(*lanes):
    mixer = Mixer(RATE)
    mixer.set_lanes(lanes)
    mixer.settle()
    return mixer


def half_cosine(count):
    return 0.5 - 0.5 * np.cos(np.pi * np.arange(count) / count)


def click_db(sound, frequency_limit=4000):
    """Energy above the limit relative to all, in dB; the ends are windowed away."""
    spectrum = np.abs(np.fft.rfft(sound * np.blackman(sound.size))) ** 2
    cut = frequency_limit * sound.size // RATE
    return 10 * np.log10(spectrum[cut:].sum() / spectrum.sum())


class BrokenClip(AudioClip):
    """Can be read at its beginning only, then fails as a file on a lost network share does."""

    def __init__(self):
        super().__init__(np.full((1, RATE), 0.25), RATE)
        self.reads = 0

    def read(self, start, stop):
        self.reads += 1
        if start > 0:
            raise AudioFileError("drums.wav", "cannot be read", "connect the drive again")
        return super().read(start, stop)


def test_sum_of_lanes_with_gain_and_offset():
    a, b = noise(2), noise(1)
    mixer = settled(Lane("a", a, gain=-0.5), Lane("b", b, offset=1000, gain=2.0))
    expected = -0.5 * a.samples[:, 500:1500] + 2.0 * b.read(-500, 500)
    np.testing.assert_allclose(mixer.render(500, 1000), expected, atol=1e-6)


@pytest.mark.parametrize("channels", [3, 4, 6, 16])
def test_fold_keeps_the_balance_and_never_overloads(channels):
    x = noise(channels).samples[:, :100]
    share = 1 / -(-channels // 2)
    left = sum(x[c] for c in range(0, channels, 2)) * share
    right = sum(x[c] for c in range(1, channels, 2)) * share
    if channels % 2:
        right = right + x[-1] * share
    np.testing.assert_allclose(to_stereo(x), [left, right], atol=1e-6)
    assert np.abs(to_stereo(np.ones((channels, 4), np.float32))).max() == pytest.approx(1.0)


def test_mono_and_stereo_are_not_touched():
    mono, stereo = noise(1), noise(2)
    np.testing.assert_array_equal(settled(Lane("m", mono)).render(0, 64), np.repeat(mono.samples[:, :64], 2, axis=0))
    np.testing.assert_array_equal(settled(Lane("s", stereo)).render(0, 64), stereo.samples[:, :64])


def test_outside_a_clip_is_silence():
    mixer = settled(Lane("a", noise(2, 100), offset=50))
    out = mixer.render(0, 300)
    assert not out[:, :50].any()
    assert not out[:, 150:].any()
    assert out[:, 50:150].any()


def test_gain_change_follows_half_a_cosine_over_5_ms():
    clip = noise()
    mixer = settled(Lane("a", clip, gain=1.0))
    mixer.render(0, 512)
    mixer.set_lanes([Lane("a", clip, gain=0.25)])
    gains = np.concatenate([1.0 - 0.75 * half_cosine(FADE), np.full(512 - FADE, 0.25)])
    np.testing.assert_allclose(mixer.render(512, 512), clip.samples[:, 512:1024] * gains, atol=1e-6)


def test_switch_fades_out_then_in_and_leaves_the_others_alone():
    old, new, kept = noise(), noise(), noise()
    mixer = settled(Lane("x", old), Lane("kept", kept))
    mixer.render(0, 512)
    mixer.set_lanes([Lane("x", new), Lane("kept", kept)])
    switched = mixer.render(512, 1024) - kept.samples[:, 512:1536]
    expected = np.zeros((2, 1024))
    expected[:, :FADE] = old.samples[:, 512 : 512 + FADE] * (1 - half_cosine(FADE))
    expected[:, FADE : 2 * FADE] = new.samples[:, 512 + FADE : 512 + 2 * FADE] * half_cosine(FADE)
    expected[:, 2 * FADE :] = new.samples[:, 512 + 2 * FADE : 1536]
    np.testing.assert_allclose(switched, expected, atol=1e-6)


def test_a_lane_that_comes_in_alone_does_not_wait():
    clip = noise()
    mixer = Mixer(RATE)
    mixer.set_lanes([Lane("a", clip)])
    np.testing.assert_allclose(mixer.render(0, FADE), clip.samples[:, :FADE] * half_cosine(FADE), atol=1e-6)


def test_the_size_of_blocks_does_not_matter():
    a, b, c = noise(), noise(1), noise(5)

    def play(sizes):
        mixer = settled(Lane("a", a), Lane("b", b, gain=0.5))
        blocks, position = [mixer.render(0, 1000)], 1000
        mixer.set_lanes([Lane("a", a, gain=0.1), Lane("c", c)])
        mixer.set_master(0.7)
        for size in sizes:
            blocks.append(mixer.render(position, size))
            position += size
        return np.concatenate(blocks, axis=1)

    np.testing.assert_allclose(play([2000]), play([1, 7, 100, 132, 239, 241, 480, 800]), atol=1e-6)


def test_switching_back_and_forth_within_a_fade_stays_continuous():
    # The level of a constant is the gain itself: its largest step is that of one half cosine.
    one, other = AudioClip(np.ones((1, RATE)), RATE), AudioClip(np.ones((1, RATE)), RATE)
    mixer = settled(Lane("a", one))
    blocks, position = [], 0
    for turn in range(40):
        mixer.set_lanes([Lane("a", one if turn % 2 else other)])
        blocks.append(mixer.render(position, 60 + 13 * (turn % 5)))
        position += blocks[-1].shape[1]
    level = np.concatenate(blocks, axis=1)[0]
    assert np.abs(np.diff(level)).max() <= 1.01 * 2 * np.pi / 2 / FADE
    assert level.min() < 0.5


@pytest.mark.parametrize("channels", [1, 2, 5])
def test_pan_in_the_centre_changes_no_bit(channels):
    clip = noise(channels)
    out = settled(Lane("a", clip, gain=0.7, pan=0.0)).render(0, 480)
    expected = to_stereo(clip.samples[:, :480]) * np.float32(0.7)
    np.testing.assert_array_equal(out, np.broadcast_to(expected, (2, 480)))


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("pan", [-1.0, -0.5, 0.25, 1.0])
def test_pan_lowers_the_far_side_alone(channels, pan):
    clip = noise(channels)
    out = settled(Lane("a", clip, gain=-0.5, pan=pan)).render(0, 480)
    near, far = (0, 1) if pan < 0 else (1, 0)
    samples = np.broadcast_to(clip.samples[:, :480], (2, 480))
    np.testing.assert_array_equal(out[near], -0.5 * samples[near])
    np.testing.assert_allclose(out[far], -0.5 * np.cos(np.pi / 2 * abs(pan)) * samples[far], atol=1e-7)
    assert out[far].any() == (abs(pan) < 1)


def test_pan_and_gain_move_along_half_a_cosine_over_5_ms():
    clip = noise()
    mixer = settled(Lane("a", clip, gain=1.0, pan=-0.8))
    mixer.render(0, 512)
    mixer.set_lanes([Lane("a", clip, gain=0.5, pan=0.6)])
    before, after = [[1.0], [np.cos(0.4 * np.pi)]], [[0.5 * np.cos(0.3 * np.pi)], [0.5]]
    rise = np.concatenate([half_cosine(FADE), np.ones(512 - FADE)])
    expected = clip.samples[:, 512:1024] * (before + np.subtract(after, before) * rise)
    np.testing.assert_allclose(mixer.render(512, 512), expected, atol=1e-6)


@pytest.mark.parametrize("pan", [-1.01, 2.0, float("nan")])
def test_a_pan_beyond_the_loudspeakers_is_refused(pan):
    with pytest.raises(ParameterError, match="between -1 and 1"):
        Lane("a", noise(), pan=pan)


def test_mono_is_the_mean_of_both_and_comes_in_over_5_ms():
    clip = noise()
    mixer = settled(Lane("a", clip))
    np.testing.assert_array_equal(mixer.render(0, 512), clip.samples[:, :512])
    mixer.set_mono(True)
    rise = np.concatenate([half_cosine(FADE), np.ones(512 - FADE)])
    middle = clip.samples.mean(axis=0)
    expected = clip.samples[:, 512:1024] * (1 - rise) + middle[512:1024] * rise
    np.testing.assert_allclose(mixer.render(512, 512), expected, atol=1e-6)
    left, right = mixer.render(1024, 512)
    np.testing.assert_array_equal(left, right)
    np.testing.assert_allclose(left, middle[1024:1536], atol=1e-7)
    mixer.set_mono(False)
    mixer.render(1536, 512)
    np.testing.assert_array_equal(mixer.render(2048, 512), clip.samples[:, 2048:2560])


def test_mono_is_never_louder():
    loud = AudioClip(np.ones((2, RATE)), RATE)
    mixer = settled(Lane("a", loud))
    mixer.set_mono(True)
    assert np.abs(mixer.render(0, 4800)).max() <= 1.0


@pytest.mark.parametrize("change", ["mute", "replace", "gain", "master"])
def test_no_click(change):
    clip, other = sine(100), sine(133)
    mixer = settled(Lane("a", clip))
    before = mixer.render(0, 4800)[0]
    if change == "mute":
        mixer.set_lanes([])
    elif change == "replace":
        mixer.set_lanes([Lane("a", other)])
    elif change == "gain":
        mixer.set_lanes([Lane("a", clip, gain=0.1)])
    else:
        mixer.set_master(0.0)
    sound = np.concatenate([before, mixer.render(4800, 4800)[0]])
    assert click_db(sound) < -60
    # The measure does see a click: the same switch without a fade.
    hard = np.concatenate([before[:-60], np.zeros(4860)])
    assert click_db(hard) > -45


def test_a_lane_that_cannot_be_read_is_silent_and_named():
    kept = noise()
    mixer = settled(Lane("drums", BrokenClip()), Lane("kept", kept))
    mixer.render(0, 100)
    np.testing.assert_array_equal(mixer.render(40000, 100), kept.samples[:, 40000:40100])
    assert len(mixer.failures) == 1
    assert mixer.failures[0].startswith("drums is silent: drums.wav: cannot be read")
    mixer.set_lanes([Lane("drums", noise()), Lane("kept", kept)])
    assert mixer.failures == ()


def test_muted_lanes_are_not_read():
    clip = BrokenClip()
    mixer = settled(Lane("a", clip, gain=0.0))
    mixer.render(0, 100)
    assert clip.reads == 0


def test_master_scales_the_sum():
    clip = noise()
    mixer = settled(Lane("a", clip))
    mixer.set_master(0.5)
    mixer.settle()
    np.testing.assert_allclose(mixer.render(0, 100), 0.5 * clip.samples[:, :100], atol=1e-7)


@pytest.mark.parametrize("gain", [float("nan"), float("inf")])
def test_a_gain_must_be_finite(gain):
    with pytest.raises(ParameterError, match="finite"):
        Lane("a", noise(), gain=gain)
