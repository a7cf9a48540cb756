"""What two ears hear of scenes: sources from known directions, turned heads, levels, and clips read in pieces."""

import itertools

import numpy as np
import pytest
from ear_figures import decoded, figures, leads
from scipy.signal import butter, fftconvolve, sosfilt

import sepstudio
from sepstudio.dsp import magls
from sepstudio.dsp.ambisonics import axes_rotation, directions, quadrature, rotation_matrix, spherical_harmonics
from sepstudio.dsp.ambisonics import degrees as degrees_of
from sepstudio.dsp.binaural import BinauralDecoder, decoder_of, head_rotation, render, sphere_decoder
from sepstudio.dsp.diffuse_field import equalizer
from sepstudio.dsp.hrirs import Hrirs
from sepstudio.dsp.sphere_hrtf import sphere_responses
from sepstudio.errors import ParameterError
from sepstudio.io.binaural import ear_signals
from sepstudio.io.clip import AudioClip

RATE = 48000
LENGTH = 4800


def noise(length=LENGTH, seed=0, below=None):
    x = np.random.default_rng(seed).standard_normal(length)
    x[:480] = x[-480:] = 0.0
    return x if below is None else sosfilt(butter(4, below, fs=RATE, output="sos"), x)


def scene(azimuth, elevation=0.0, signal=None, order=3):
    """A source in a direction in degrees."""
    gains = spherical_harmonics(np.radians(azimuth), np.radians(elevation), order)
    return (gains[:, np.newaxis] * (noise() if signal is None else signal)).astype(np.float32)


def lead_of_left(ears):
    """Samples by which the left channel leads."""
    correlation = fftconvolve(ears[1], ears[0][::-1])
    return int(correlation.argmax()) - ears.shape[1] + 1


def level(x):
    return 10 * np.log10(np.mean(np.square(x), axis=-1))


@pytest.fixture(scope="module")
def sphere_set():
    """The sphere as if it had been measured: a set of impulses that begin late."""
    azimuth, elevation, _ = quadrature(12)
    frequencies = np.fft.rfftfreq(512, 1 / RATE)
    late = np.exp(-2j * np.pi * frequencies * 100.25 / RATE)
    late[-1] = late[-1].real
    impulses = np.fft.irfft(sphere_responses(azimuth, elevation, frequencies) * late).swapaxes(0, 1)
    places = np.stack([azimuth, elevation], axis=1)
    return Hrirs(places, impulses.astype(np.float32), RATE, np.zeros((len(places), 2)), "sphere")


def test_a_source_at_the_left_is_earlier_and_louder_at_the_left():
    low = render(scene(90, signal=noise(below=1000)), RATE)
    # The lead of low frequencies, three radii, is longer than the 0.67 ms of the front of a click.
    assert 32 <= lead_of_left(low) <= 37
    left, right = level(render(scene(90), RATE))
    assert left - right > 8


def test_sides_are_alike():
    left, right = render(scene(70, 20), RATE), render(scene(-70, 20), RATE)
    np.testing.assert_allclose(left, right[::-1], atol=1e-5 * np.abs(left).max())
    front = render(scene(0), RATE)
    np.testing.assert_allclose(front[0], front[1], atol=1e-5 * np.abs(front).max())


def test_the_ears_are_in_time_with_the_scene():
    heard = render(scene(0, signal=noise(below=1000)), RATE)[0]
    correlation = fftconvolve(heard, noise(below=1000)[::-1])
    # Waves from ahead come to the ears as to the middle of the head, but round it: 0.2 ms at most.
    assert abs(int(correlation.argmax()) - LENGTH + 1) <= 10


@pytest.mark.parametrize("angles", [(0.7, 0.0, 0.0), (0.0, 0.5, 0.0), (0.0, 0.0, -0.9), (2.0, -0.6, 0.4)])
def test_a_head_that_looks_at_a_source_has_it_in_front(angles):
    azimuth, elevation = (float(np.degrees(x)) for x in directions(axes_rotation(*angles) @ [1.0, 0.0, 0.0]))
    turned = render(scene(azimuth, elevation), RATE, *angles)
    np.testing.assert_allclose(turned, render(scene(0), RATE), atol=1e-5 * np.abs(turned).max())


def test_turning_the_scene_undoes_turning_the_head():
    angles, x = (0.4, 0.3, -0.2), scene(50, 10)
    again = rotation_matrix(*angles, 3).astype(np.float32) @ x
    np.testing.assert_allclose(render(again, RATE, *angles), render(x, RATE), atol=1e-5)
    np.testing.assert_allclose(head_rotation(*angles, 3) @ again, x, atol=1e-5)


def test_a_head_that_turns_left_hears_the_front_at_the_right():
    left, right = level(render(scene(0), RATE, yaw=np.pi / 2))
    assert right - left > 8


@pytest.mark.parametrize(
    ("rate", "order"), [(48000, 3), (44100, 3), (96000, 3), (16000, 3), (48000, 0), (48000, 1), (48000, 7)]
)
def test_diffuse_fields_have_the_level_of_w(rate, order):
    filters = sphere_decoder(rate, order).filters
    size = 8192
    powers = (
        (np.abs(np.fft.rfft(filters, size)) ** 2 / (2 * degrees_of(order) + 1)[:, np.newaxis]).sum(axis=1).mean(axis=0)
    )
    octaves = np.geomspace(200, min(16000, 0.45 * rate), 300)
    heard = 10 * np.log10(np.interp(octaves, np.fft.rfftfreq(size, 1 / rate), powers))
    assert 10 * np.log10(np.mean(10 ** (heard / 10))) == pytest.approx(0.0, abs=0.1)
    # At every frequency, that is.
    assert np.abs(heard).max() < 0.7


def test_the_sphere_is_heard_as_it_is():
    bins = 513
    azimuth, elevation, weights = quadrature(14)
    wanted = sphere_responses(azimuth, elevation, np.linspace(0, RATE / 2, bins))
    decoder = sphere_decoder(RATE)
    wanted *= equalizer(wanted, weights)
    found = figures(wanted, decoder.filters, azimuth, elevation, weights, RATE)
    assert np.all(np.array(found.magnitudes) < [0.5, 1.1, 0.9, 0.8])
    assert np.all(np.abs(found.levels) < 0.2)
    assert found.level_difference < 0.6
    assert found.lead < 15


def test_least_squares_alone_would_lose_the_high_frequencies():
    azimuth, elevation, weights = quadrature(14)
    wanted = sphere_responses(azimuth, elevation, np.linspace(0, RATE / 2, 513))
    inverse = magls.projection(azimuth, elevation, weights, 3)
    plain = magls.magnitude_least_squares(wanted, spherical_harmonics(azimuth, elevation, 3), inverse, 513)
    found = figures(wanted, np.fft.irfft(plain), azimuth, elevation, weights, RATE)
    # The figures of a truncated scene: what the magnitudes are fitted for.
    assert found.levels[2] < -9
    assert found.magnitudes[2] > 15
    # Of a degree all channels have one response, in proportion to what each gives the ear.
    ear = spherical_harmonics(np.pi / 2, 0.0, 3)
    low = plain[0, :, :100]
    np.testing.assert_allclose(low[6] * ear[8], low[8] * ear[6], atol=1e-9)
    np.testing.assert_allclose(low[[2, 5, 12]], 0.0, atol=1e-9)


def test_a_measured_sphere_is_the_sphere(sphere_set):
    exact, measured = sphere_decoder(RATE), decoder_of(sphere_set)
    assert measured.name == "sphere"
    # The delay of all is another: that of the middle of the head is not known of measurements.
    difference = np.abs(np.fft.rfft(measured.filters)) - np.abs(np.fft.rfft(exact.filters))
    assert np.abs(difference[:, :, 1:9]).max() < 0.03


@pytest.mark.parametrize("rate", [48000, 44100, 32000])
def test_a_set_of_another_rate(sphere_set, rate):
    azimuth, elevation, weights = quadrature(14)
    decoder = decoder_of(sphere_set, 3, rate)
    assert decoder.sample_rate == rate
    bins = 1 + 2 * decoder.filters.shape[2]
    wanted = sphere_responses(azimuth, elevation, np.linspace(0, rate / 2, bins))
    wanted *= equalizer(wanted, weights)
    found = figures(wanted, decoder.filters, azimuth, elevation, weights, rate)
    assert max(found.magnitudes[:3]) < 1.5
    assert found.lead < 15


def test_delays_beside_the_samples_count(sphere_set):
    plain = sphere_set
    # The same ears, with the delay of each written down instead of in the samples.
    late = np.tile([30.0, 30.0], (len(plain.directions), 1))
    late[:, 1] += 5.0
    shifted = plain.impulses.copy()
    shifted[:, 1] = np.roll(plain.impulses[:, 1], -5, axis=-1)
    same = Hrirs(plain.directions, shifted, RATE, late, "sphere")
    np.testing.assert_allclose(decoder_of(same).filters, decoder_of(plain).filters, atol=1e-3)


def test_a_room_behind_the_head_does_not_move_it(sphere_set):
    plain = sphere_set
    tail = np.random.default_rng(0).standard_normal((len(plain.directions), 2, 6000)).astype(np.float32)
    room = Hrirs(plain.directions, np.concatenate([plain.impulses, 0.01 * tail], axis=2), RATE, plain.delays)
    decoder = decoder_of(room)
    azimuth = np.radians([90.0, 45.0, -90.0])
    found = leads(decoded(decoder.filters, azimuth, 0 * azimuth, 1024), np.linspace(0, RATE / 2, 513))
    wanted = leads(sphere_responses(azimuth, 0 * azimuth, np.linspace(0, RATE / 2, 513)), np.linspace(0, RATE / 2, 513))
    np.testing.assert_allclose(found, wanted, atol=4e-5)


def test_directions_that_leave_out_too_much():
    ring = np.stack([np.linspace(0, 6, 72), np.zeros(72)], axis=1)
    few = np.stack(quadrature(2)[:2], axis=1)
    for places, order, match in ((ring, 1, "too much of the sphere"), (few, 5, "15 directions are too few")):
        count = len(places)
        with pytest.raises(ParameterError, match=match):
            decoder_of(Hrirs(places, np.ones((count, 2, 64), np.float32), RATE, np.zeros((count, 2))), order)


def test_higher_channels_may_be_left_out():
    x = scene(40, 10, order=5)
    np.testing.assert_allclose(render(x, RATE, decoder=sphere_decoder(RATE, 2)), render(x[:9], RATE), atol=1e-6)


def test_what_does_not_fit():
    with pytest.raises(ParameterError, match="channels"):
        render(np.zeros((15, 10), np.float32), RATE)
    with pytest.raises(ParameterError, match="44100"):
        render(np.zeros((16, 10), np.float32), 44100, decoder=sphere_decoder(RATE))
    with pytest.raises(ParameterError, match="16 channels"):
        render(np.zeros((9, 10), np.float32), RATE, decoder=sphere_decoder(RATE))
    with pytest.raises(ParameterError, match="yaw"):
        render(np.zeros((16, 10), np.float32), RATE, yaw=np.nan)
    with pytest.raises(ParameterError, match="sample_rate"):
        sphere_decoder(100)
    with pytest.raises(ParameterError, match="delay"):
        BinauralDecoder(np.zeros((2, 16, 8), np.float32), RATE, "late", 8)


def test_the_scripting_interface():
    heard = sepstudio.dsp.binaural.render(scene(90), RATE, yaw=0.1)
    assert heard.shape == (2, LENGTH)
    assert heard.dtype == np.float32
    assert sepstudio.dsp.binaural.render(np.zeros((16, 0)), RATE).shape == (2, 0)


def test_a_clip_read_in_pieces_is_the_whole():
    x = scene(60, 20, order=3) + scene(-100, -10, signal=noise(seed=1))
    decoder = sphere_decoder(RATE)
    clip = ear_signals(AudioClip(x, RATE), decoder, 0.3, -0.2, 0.1)
    assert (clip.channels, clip.length, clip.sample_rate) == (2, LENGTH, RATE)
    whole = render(x, RATE, 0.3, -0.2, 0.1)
    cuts = [0, 1, 7, 300, 301, 4000, LENGTH]
    pieces = np.concatenate([clip.read(*cut) for cut in itertools.pairwise(cuts)], axis=1)
    np.testing.assert_allclose(pieces, whole, atol=2e-5)
    np.testing.assert_allclose(clip.samples, whole, atol=2e-5)
    assert not clip.read(LENGTH, LENGTH + 50).any()


def test_a_head_locked_pair_stays_as_it_is():
    x = scene(60)
    pair = np.random.default_rng(4).standard_normal((2, LENGTH)).astype(np.float32)
    decoder = sphere_decoder(RATE)
    both = ear_signals(AudioClip(np.concatenate([x, pair]), RATE), decoder, yaw=1.0)
    np.testing.assert_allclose(both.samples, render(x, RATE, yaw=1.0) + pair, atol=2e-5)


def test_clips_that_do_not_fit():
    with pytest.raises(ParameterError, match="channels"):
        ear_signals(AudioClip(np.zeros((15, 10)), RATE), sphere_decoder(RATE))
    with pytest.raises(ParameterError, match="at most"):
        ear_signals(AudioClip(np.zeros((11, 10)), RATE), sphere_decoder(RATE))
