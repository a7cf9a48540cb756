"""Scenes through headphones: the whole convolution at every position, and a head that turns without a click."""

import numpy as np
import pytest
from playback_bench import FADE, RATE, Bench, half_cosine
from scipy.signal import butter, sosfilt

from sepstudio.dsp.ambisonics import convert, spherical_harmonics
from sepstudio.dsp.binaural import render, sphere_decoder
from sepstudio.errors import AudioFileError, ParameterError
from sepstudio.io.clip import AudioClip
from sepstudio.io.hoa import AMBIX, FUMA, N3D
from sepstudio.io.steps import drain
from sepstudio.playback.head import Head, Orientation
from sepstudio.playback.heard import HeardClip
from sepstudio.playback.loudness import loudness_steps
from sepstudio.playback.mixer import Lane, Mixer
from sepstudio.playback.spatial import BLOCK_FRAMES, binaural

TURNED = Orientation(0.6, 0.2, -0.3)
HIGH_PASS = butter(8, 4000, "highpass", fs=RATE, output="sos")
LENGTH = 4 * RATE


@pytest.fixture(scope="module")
def decoder():
    return sphere_decoder(RATE, 3)


def noise(channels=16, length=RATE, seed=3):
    return (0.1 * np.random.default_rng(seed).standard_normal((channels, length))).astype(np.float32)


def tones(*sources, length=LENGTH):
    """Low tones, each at an azimuth in degrees."""
    time = np.arange(length) / RATE
    parts = [
        spherical_harmonics(np.radians(azimuth), 0.0, 3)[:, None] * 0.2 * np.sin(2 * np.pi * frequency * time)
        for azimuth, frequency in sources
    ]
    return AudioClip(sum(parts).astype(np.float32), RATE)


def peak_db(sound):
    return 20 * np.log10(np.abs(sound).max() + 1e-12)


def click_db(sound):
    """Peak of what is above 4 kHz, where the tones have nothing, in dB of full scale."""
    return peak_db(sosfilt(HIGH_PASS, sound, axis=-1))


def in_pieces(renderer, read, start, stop, seed=0):
    rng, parts = np.random.default_rng(seed), []
    while start < stop:
        count = min(int(rng.integers(1, 700)), stop - start)
        parts.append(renderer.render(read, start, start + count))
        start += count
    return np.concatenate(parts, axis=1)


def test_pieces_and_jumps_give_what_the_whole_gives(decoder):
    clip = AudioClip(noise(), RATE)
    expected = render(clip.samples, RATE, *vars(TURNED).values(), decoder)
    renderer = binaural(16, decoder, Head(TURNED)).renderer()
    for start, stop in ((0, 5000), (5000, 7001), (20000, 21000), (20100, 20200), (3, 2000), (RATE - 3000, RATE)):
        heard = in_pieces(renderer, clip.read, start, stop)
        np.testing.assert_allclose(heard, expected[:, start:stop], atol=1e-6)


@pytest.mark.parametrize("convention", [AMBIX, N3D, FUMA])
def test_conventions_and_higher_orders_make_no_difference(decoder, convention):
    scene = noise(16 if convention == FUMA else 25, 4000)
    given = AudioClip(convert(scene, "SN3D", convention.normalisation).astype(np.float32), RATE)
    renderer = binaural(given.channels, decoder, Head(TURNED), convention).renderer()
    expected = render(scene[:16], RATE, *vars(TURNED).values(), decoder)
    np.testing.assert_allclose(renderer.render(given.read, 0, 4000), expected, atol=1e-6)


def test_a_head_locked_pair_goes_to_its_ears_and_turns_with_the_head(decoder):
    clip = AudioClip(np.concatenate([np.zeros((16, 3000)), noise(2, 3000)]), RATE)
    renderer = binaural(18, decoder, Head(TURNED)).renderer()
    np.testing.assert_allclose(renderer.render(clip.read, 100, 3000), clip.samples[16:, 100:], atol=1e-6)


def test_what_does_not_fit_is_refused(decoder):
    with pytest.raises(ParameterError, match="order 1"):
        binaural(4, decoder, Head())
    with pytest.raises(ParameterError, match="channels"):
        binaural(17, decoder, Head())
    with pytest.raises(ParameterError, match="FuMa"):
        binaural(25, decoder, Head(), FUMA)


def test_what_sounds_the_same_is_the_same(decoder):
    head = Head()
    one, other = binaural(16, decoder, head), binaural(16, decoder, head)
    assert one == other
    assert hash(one) == hash(other)
    assert one not in (binaural(16, decoder, Head()), binaural(18, decoder, head), binaural(16, decoder, head, N3D))


def test_a_turn_is_heard_from_the_next_block_on_and_ends_where_it_should(decoder):
    clip, head = AudioClip(noise(length=4 * RATE), RATE), Head()
    renderer = binaural(16, decoder, head).renderer()
    before = renderer.render(clip.read, 0, 5 * BLOCK_FRAMES)
    np.testing.assert_allclose(before, render(clip.samples, RATE, decoder=decoder)[:, : before.shape[1]], atol=1e-6)
    head.turn_to(TURNED)
    turning = renderer.render(clip.read, before.shape[1], 10 * BLOCK_FRAMES)
    expected = render(clip.samples, RATE, *vars(TURNED).values(), decoder)
    # One block to turn, and what the filters remember of it.
    late = BLOCK_FRAMES + decoder.filters.shape[2]
    after = slice(before.shape[1] + late, 10 * BLOCK_FRAMES)
    np.testing.assert_allclose(turning[:, late:], expected[:, after], atol=1e-6)


@pytest.mark.parametrize("how", ["leap", "sweep", "shake"])
def test_a_head_that_turns_makes_nothing_but_tones(decoder, how):
    clip, head = tones((20, 110.0), (-70, 173.0), (150, 251.0)), Head()
    renderer = binaural(16, decoder, head).renderer()
    rng, parts = np.random.default_rng(5), [renderer.render(clip.read, 2000, 4000)]
    for number in range(400):
        if how == "sweep":
            head.turn_to(Orientation(0.02 * number, 0.01 * number))
        elif how == "shake":
            head.turn_to(Orientation(*rng.uniform(-0.1, 0.1, 3)))
        elif number % 40 == 0:
            head.turn_to(Orientation(*rng.uniform(-np.pi, np.pi, 3)))
        parts.append(renderer.render(clip.read, 4000 + 240 * number, 4240 + 240 * number))
    sound = np.concatenate(parts, axis=1)[:, 500:] * np.r_[half_cosine(2000), np.ones(sound_length(parts) - 2500)]
    print(f"{how}: {click_db(sound):.1f} dB")
    assert click_db(sound) <= -60
    assert peak_db(sound) > -20
    hard = np.where(np.arange(LENGTH) < 12345, clip.samples[0], clip.samples[1])
    assert click_db(hard) > -40  # a turn at once would be seen


def sound_length(parts):
    return sum(part.shape[1] for part in parts)


def lane(clip, decoder, head, key="scene"):
    return Lane(key, clip, rendering=binaural(clip.channels, decoder, head))


@pytest.mark.parametrize("act", ["switch", "seek", "loop", "fold away"])
def test_switching_amid_noise_is_faded_as_it_should_be(decoder, act):
    head = Head(TURNED)
    one, other = (AudioClip(noise(length=LENGTH, seed=seed), RATE) for seed in (1, 2))
    heard, follows = (render(c.samples, RATE, *vars(TURNED).values(), decoder) for c in (one, other))
    bench = Bench(length=LENGTH)
    bench.transport.set_lanes([lane(one, decoder, head)])
    bench.transport.play()
    before = bench.run(24000)
    at = bench.written
    target = 2 * RATE + 1234
    acts = {
        "switch": lambda: bench.transport.set_lanes([lane(other, decoder, head)]),
        "seek": lambda: bench.transport.seek(target),
        "loop": lambda: bench.transport.set_loop((at + 480 - 9600, at + 480)),
        "fold away": lambda: bench.transport.set_lanes([]),
    }
    acts[act]()
    sound = np.concatenate([before, bench.run(18000)], axis=1)
    frames = sound.shape[1]
    # The fade before a wrap ends with it; that before a jump, or another scene, begins with it.
    turn = at + 480 if act == "loop" else at + FADE
    out, into = 1 - step(turn - FADE, frames), step(turn, frames)
    following = {
        "switch": follows[:, :frames],
        "seek": shifted(heard, target - turn, frames),
        "loop": shifted(heard, -9600, frames),
        "fold away": np.zeros((2, frames)),
    }
    ideal = heard[:, :frames] * out + following[act] * into
    # Up to the second wrap of the loop.
    stretch = slice(FADE, at + 9000)
    assert peak_db((sound - ideal)[:, stretch]) <= -100
    assert peak_db(sound[:, stretch]) > -20
    assert bench.transport.underruns == 0


def step(at, length):
    return np.concatenate([np.zeros(at), half_cosine(FADE), np.ones(length - at - FADE)])


def shifted(sound, by, frames):
    """Return frames of a sound that lies earlier by so many samples; zeros where it has none."""
    return np.stack([np.interp(np.arange(frames) + by, np.arange(s.size), s, left=0.0, right=0.0) for s in sound])


class _Broken(AudioClip):
    """Fails in its midst as a lost network share does."""

    def read(self, start, stop):
        if start > 0:
            raise AudioFileError("scene.wav", "cannot be read", "connect the drive again")
        return super().read(start, stop)


def test_a_scene_that_cannot_be_read_on_is_silent_and_told(decoder):
    mixer = Mixer(RATE)
    mixer.set_lanes([lane(_Broken(noise(length=LENGTH), RATE), decoder, Head())])
    mixer.settle()
    assert mixer.render(100, 480).any()
    assert not mixer.render(40_000, 480).any()
    assert "scene.wav" in mixer.failures[0]


def test_loudness_is_that_of_a_head_at_rest(decoder):
    clip = tones((90, 997.0), length=RATE)
    plain = AudioClip(render(clip.samples, RATE, decoder=decoder), RATE)
    turned = AudioClip(render(clip.samples, RATE, *vars(TURNED).values(), decoder), RATE)
    expected, other = (drain(loudness_steps(each, 0, RATE)) for each in (plain, turned))
    measured = drain(loudness_steps(clip, 0, RATE, binaural(16, decoder, Head(TURNED))))
    assert measured == pytest.approx(expected, abs=1e-3)
    assert measured != pytest.approx(other, abs=0.1)


def test_what_is_written_is_what_is_played(decoder):
    head, scene = Head(TURNED), AudioClip(noise(), RATE)
    plain = AudioClip(noise(2, seed=8), RATE)
    lanes = [lane(scene, decoder, head), Lane("plain", plain, offset=500, gain=0.5, pan=-1.0)]
    heard = HeardClip(lanes, RATE, RATE)
    # Whoever turns the head meanwhile does not turn that of the file.
    head.turn_to(Orientation())
    expected = render(scene.samples, RATE, *vars(TURNED).values(), decoder)
    expected[0, 500:] += 0.5 * plain.samples[0, : RATE - 500]
    for start, stop in ((0, 20_000), (20_000, RATE), (700, 900)):
        np.testing.assert_allclose(heard.read(start, stop), expected[:, start:stop], atol=1e-6)
    broken = HeardClip([lane(_Broken(noise(length=LENGTH), RATE), decoder, Head())], RATE, LENGTH)
    with pytest.raises(AudioFileError, match=r"scene\.wav"):
        broken.read(0, LENGTH)
