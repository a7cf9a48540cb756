"""Synthetic scenes: what is heard is where the description says, and fields have the covariance of theory."""

import math
from dataclasses import replace

import numpy as np
import pytest

from sepstudio.codec.scenes import Material, random_scene, render_scene
from sepstudio.codec.scenes.description import Ambience, Diffuse, Dry, Knot, Microphone, Room, Scene, Source
from sepstudio.codec.scenes.drawing import draw_scene
from sepstudio.codec.scenes.fields import add_ambience, add_reverberation, diffuse_field, through_microphone
from sepstudio.codec.scenes.material import KINDS
from sepstudio.codec.scenes.paths import SPEED_OF_SOUND, add_source, images, reflected
from sepstudio.codec.scenes.synthesis import coloured
from sepstudio.dsp.ambisonics import degrees, directions, spherical_harmonics, vectors
from sepstudio.errors import ParameterError
from sepstudio.io.clip import AudioClip

RATE = 16_000
NOISE = Dry("noise", 1)
ROOM = Room(size=(6.0, 5.0, 3.0), listener=(2.5, 2.0, 1.5), absorption=0.3, brightness=6000, reflections=1, seed=4)


def rendered(source, room=None, dry=None, length=RATE, order=3):
    scene = np.zeros(((order + 1) ** 2, length), np.float32)
    sound = np.random.default_rng(0).standard_normal(length).astype(np.float32) if dry is None else dry
    add_source(scene, sound, source, room, RATE)
    return scene


def intensity(scene):
    """Return the direction that the active intensity points to, in degrees."""
    return np.degrees(directions((scene[:1] @ scene[[3, 1, 2]].T)[0]))


@pytest.mark.parametrize("order", [1, 3, 7])
def test_a_standing_source_is_the_delayed_sound_in_the_harmonics_of_its_direction(order):
    sound = np.random.default_rng(0).standard_normal(RATE).astype(np.float32)
    scene = rendered(Source(NOISE, -6.0, (Knot(0.0, 75.0, -20.0, 3.43),)), dry=sound, order=order)
    delay = round(3.43 / SPEED_OF_SOUND * RATE)
    expected = spherical_harmonics(math.radians(75), math.radians(-20), order)[:, np.newaxis] * 10 ** (-6 / 20) / 3.43
    np.testing.assert_allclose(scene[:, delay:], expected * sound[: RATE - delay], atol=1e-5)
    assert not scene[:, :delay].any()


def test_a_moving_source_is_heard_where_the_description_says():
    knots = tuple(Knot(time, 40 + 100 * time, 10.0 - 30 * time, 2.0) for time in (0.0, 0.25, 0.5, 0.75, 1.0))
    source = Source(NOISE, 0.0, knots)
    scene = rendered(source)
    for start in range(RATE // 10, RATE, RATE // 10):
        there = directions(source.positions(np.array([start / RATE - 2 / SPEED_OF_SOUND + 0.01])))
        heard = intensity(scene[:, start : start + 320])
        np.testing.assert_allclose(heard, np.degrees(np.ravel(there)), atol=3)


def test_an_approaching_source_sounds_higher():
    # From 20 m to 5 m in a second: 15 m/s.
    tone = np.sin(2 * np.pi * 1000 * np.arange(2 * RATE) / RATE).astype(np.float32)
    knots = (Knot(0.0, 0, 0, 20.0), Knot(1.0, 0, 0, 5.0), Knot(2.0, 0, 0, 5.0))
    heard = rendered(Source(NOISE, 0.0, knots), dry=tone, length=2 * RATE)[0, RATE // 4 : 3 * RATE // 4]
    spectrum = np.abs(np.fft.rfft(heard * np.hanning(len(heard)), 16 * len(heard)))
    frequency = spectrum.argmax() * RATE / (16 * len(heard))
    assert frequency == pytest.approx(1000 * (1 + 15 / SPEED_OF_SOUND), abs=0.5)


def test_a_source_that_moves_on_the_spot_sounds_like_one_that_stands():
    low = coloured(np.random.default_rng(1), (RATE,), RATE, 0.0, (50, 1000))
    stands = rendered(Source(NOISE, 0.0, (Knot(0, 30, 10, 2.14375),)), ROOM, dry=low)
    moves = rendered(Source(NOISE, 0.0, (Knot(0, 30, 10, 2.14375), Knot(1, 30, 10, 2.14375))), ROOM, dry=low)
    # The direct path is 100 samples exactly; reflections of the one that stands are rounded to samples.
    assert np.abs(stands - moves).std() < 0.1 * stands.std()


def test_images_lie_behind_the_walls():
    positions = np.array([[1.0], [0.5], [0.2]])
    found = images(positions, replace(ROOM, reflections=2))
    assert [sum(bounces == n for bounces, _ in found) for n in (0, 1, 2)] == [1, 6, 18]
    first = {tuple(np.round(image[:, 0], 6)) for bounces, image in found if bounces == 1}
    # The corner of the room lies at (-2.5, -2, -1.5) from the listener, the opposite one at (3.5, 3, 1.5).
    assert first == {
        *((-6.0, 0.5, 0.2), (6.0, 0.5, 0.2)),
        *((1.0, -4.5, 0.2), (1.0, 5.5, 0.2)),
        *((1.0, 0.5, -3.2), (1.0, 0.5, 2.8)),
    }


def test_reflections_arrive_when_and_as_loud_as_their_images():
    click = np.zeros(RATE // 4, np.float32)
    click[0] = 1.0
    source = Source(NOISE, 0.0, (Knot(0.0, 20.0, 12.0, 1.5),))
    # Walls that dull next to nothing.
    room = replace(ROOM, brightness=50_000.0)
    scene = rendered(source, room, dry=click, length=len(click))
    found = images(source.positions(np.zeros(1)), room)
    starts = [round(float(np.linalg.norm(image)) / SPEED_OF_SOUND * RATE) for _, image in found]
    assert len(set(starts)) == 7
    assert set(np.flatnonzero(np.abs(scene[0]) > 1e-6)) == set(starts)
    for (bounces, image), start in zip(found, starts, strict=True):
        expected = spherical_harmonics(*directions(image), 3)[:, 0] * math.sqrt(0.7) ** bounces / np.linalg.norm(image)
        np.testing.assert_allclose(scene[:, start], expected, atol=1e-5)


def test_walls_dull_what_they_reflect():
    sound = np.random.default_rng(0).standard_normal(RATE).astype(np.float32)
    once = reflected(sound, replace(ROOM, brightness=1000.0), RATE)
    power = np.abs(np.fft.rfft(once)) ** 2 / np.abs(np.fft.rfft(sound)) ** 2
    assert np.median(power[:100]) == pytest.approx(0.7, rel=0.05)
    assert np.median(power[3900:4100]) < 0.7 / 8


def test_a_diffuse_field_has_the_covariance_of_waves_from_everywhere():
    field = diffuse_field(Diffuse(0.0, -3.0, 9), 16, 20 * RATE, RATE).astype(np.float64)
    covariance = field @ field.T / field.shape[1] / 0.01
    np.testing.assert_allclose(np.diag(covariance), 1 / (2 * degrees(3) + 1), rtol=0.08)
    scale = np.sqrt(np.diag(covariance))
    assert np.abs(covariance / scale[:, None] / scale - np.eye(16)).max() < 0.06


def test_noise_has_its_slope_and_its_band():
    sound = coloured(np.random.default_rng(0), (8, 2 * RATE), RATE, -6.0, (100, 6000))
    power = (np.abs(np.fft.rfft(sound)) ** 2).mean(axis=0)
    frequencies = np.fft.rfftfreq(2 * RATE, 1 / RATE)
    octaves = [10 * np.log10(power[(frequencies > f) & (frequencies < 1.2 * f)].mean()) for f in (300, 600, 1200, 2400)]
    np.testing.assert_allclose(np.diff(octaves), -6, atol=0.7)
    flat = (np.abs(np.fft.rfft(coloured(np.random.default_rng(0), (8, RATE), RATE, 0.0, (500, 2000)))) ** 2).mean(
        axis=0
    )
    octave_below, octave_above = flat[230:270].mean(), flat[3900:4100].mean()
    np.testing.assert_allclose([octave_below, octave_above], flat[900:1100].mean() / (1 + 2**8), rtol=0.25)
    assert sound.std() == pytest.approx(1, rel=0.1)


def test_reverberation_decays_as_sabine_says_and_is_diffuse():
    room = replace(ROOM, brightness=7900.0, absorption=0.25)
    click = np.zeros(RATE, np.float32)
    click[0] = 1.0
    tail = np.zeros((16, RATE), np.float32)
    add_reverberation(tail, click, room, RATE)
    energy = np.cumsum((tail[0] ** 2)[::-1])[::-1]
    onset = int(np.flatnonzero(tail[0])[0])
    level = 10 * np.log10(energy / energy[onset] + 1e-30)
    time = np.flatnonzero(level < -20)[0] - onset
    assert time / RATE == pytest.approx(room.decay / 3, rel=0.15)
    powers = (tail**2).sum(axis=1)
    np.testing.assert_allclose([powers[degrees(3) == n].sum() for n in range(4)] / powers[0], 1, atol=0.3)
    absorbing = room.absorption * room.surface
    assert powers[0] == pytest.approx(16 * np.pi / absorbing * 0.75**2, rel=0.4)


def test_ambience_comes_from_its_directions():
    sound = np.random.default_rng(2).standard_normal(RATE).astype(np.float32)
    places = ((90.0, 0.0), (90.0, 20.0), (90.0, -20.0))
    scene = np.zeros((16, RATE), np.float32)
    add_ambience(scene, sound, Ambience(NOISE, -10.0, places, 3))
    assert scene[0].std() == pytest.approx(10 ** (-10 / 20), rel=0.1)
    azimuth, elevation = intensity(scene)
    assert abs(azimuth - 90) < 3
    assert abs(elevation) < 3


def test_a_microphone_loses_low_frequencies_of_high_degrees_but_no_direction():
    scene = rendered(Source(NOISE, 0.0, (Knot(0.0, 50.0, 30.0, 1.0),)))
    heard = scene.copy()
    through_microphone(heard, Microphone(250.0, -120.0, 0), RATE)
    window = np.hanning(RATE)
    before, after = (np.abs(np.fft.rfft(one * window)) ** 2 for one in (scene, heard))
    for degree, channel in ((1, 1), (2, 8), (3, 15)):
        low = after[channel, 195:206].sum() / before[channel, 195:206].sum()
        # Butterworth's response at 200 Hz.
        expected = 1 / (1 + (250 * degree / 200) ** (2 * degree))
        assert 10 * np.log10(low) == pytest.approx(10 * np.log10(expected), abs=1.0)
    np.testing.assert_allclose(after[0], before[0], rtol=0.1, atol=1e-3)
    np.testing.assert_allclose(intensity(heard), [50, 30], atol=1)


@pytest.mark.parametrize("seed", range(6))
def test_random_scenes_are_level_safe_and_depend_on_their_seed_alone(seed):
    scene = random_scene(np.random.default_rng(seed), 1.0, RATE)
    assert scene.shape == (16, RATE)
    assert scene.dtype == np.float32
    assert np.isfinite(scene).all()
    assert 0 < np.abs(scene).max() <= 1
    np.testing.assert_array_equal(scene, random_scene(np.random.default_rng(seed), 1.0, RATE))
    assert not np.array_equal(scene, random_scene(np.random.default_rng(seed + 100), 1.0, RATE))


def test_loud_scenes_are_lowered_as_a_whole():
    source = Source(Dry("percussion", 3), 0.0, (Knot(0.0, 45.0, 0.0, 1.0),))
    quiet, loud = (render_scene(Scene(1.0, level, (source,)), RATE) for level in (-40.0, 20.0))
    assert np.abs(loud).max() == pytest.approx(10 ** (-0.1 / 20), rel=1e-5)
    assert np.sqrt(np.square(quiet[0]).mean()) == pytest.approx(0.01, rel=1e-4)
    ratio = np.abs(loud).max() / np.abs(quiet).max()
    np.testing.assert_allclose(loud, quiet * ratio, atol=1e-5)


def test_drawn_sources_stay_in_their_rooms_and_do_not_jump():
    rooms = 0
    for seed in range(60):
        scene = draw_scene(np.random.default_rng(seed), 5.0, Material())
        times = np.linspace(0, 5, 200)
        for source in scene.sources:
            positions = source.positions(times)
            assert np.linalg.norm(np.diff(positions, axis=1), axis=0).max() * 40 < 15
            if scene.room is not None:
                rooms += 1
                inside = positions + np.array(scene.room.listener)[:, np.newaxis]
                assert (inside > 0).all()
                assert (inside < np.array(scene.room.size)[:, np.newaxis]).all()
    assert rooms > 50


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("rate", [8000, 44_100])
def test_made_up_sounds_are_heard_at_every_rate(kind, rate):
    for seed in range(3):
        sound = Material().play(Dry(kind, seed), 2 * rate, rate)
        assert sound.shape == (2 * rate,)
        assert sound.dtype == np.float32
        assert np.isfinite(sound).all()
        assert 0.005 < sound.std() < 0.2
        np.testing.assert_array_equal(sound, Material().play(Dry(kind, seed), 2 * rate, rate))


def test_recordings_are_played_from_their_place_summed_resampled_and_repeated():
    stereo = np.random.default_rng(0).uniform(-1, 1, (2, 8000)).astype(np.float32)
    material = Material({"a": AudioClip(stereo, 8000)}, share=1.0)
    played = material.play(Dry("file", 0, "a", 0.25), 4000, 8000)
    mono = stereo.sum(axis=0)[2000:6000]
    np.testing.assert_allclose(played / played.std(), mono / mono.std(), rtol=1e-4)
    repeated = material.play(Dry("file", 0, "a", 0.0), 20_000, 8000)
    np.testing.assert_array_equal(repeated[:4000], repeated[16_000:])
    assert len(material.play(Dry("file", 0, "a", 0.1), 10_000, 16_000)) == 10_000
    scene = draw_scene(np.random.default_rng(0), 0.5, material)
    assert {source.dry.file for source in scene.sources} == {"a"}
    assert all(0 <= source.dry.start <= 0.5 for source in scene.sources)


def test_what_cannot_be_rendered_is_refused():
    scene = Scene(1.0, -20.0, ())
    for call in (
        lambda: render_scene(scene, RATE, 8),
        lambda: render_scene(scene, 4000),
        lambda: render_scene(replace(scene, seconds=0.0), RATE),
    ):
        with pytest.raises(ParameterError):
            call()
    assert not render_scene(scene, RATE).any()


def test_positions_are_those_of_the_angles():
    source = Source(NOISE, 0.0, (Knot(1.0, 30.0, 60.0, 4.0),))
    np.testing.assert_allclose(
        source.positions(np.zeros(1))[:, 0], 4 * vectors(math.radians(30), math.radians(60)), atol=1e-12
    )
