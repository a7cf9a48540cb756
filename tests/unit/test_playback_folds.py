"""Scenes in Ambisonics from two loudspeakers, and the levels of their channels."""

import numpy as np
import pytest

from sepstudio.dsp.ambisonics import convert, spherical_harmonics
from sepstudio.errors import ParameterError
from sepstudio.io.clip import AudioClip
from sepstudio.io.hoa import AMBIX, FUMA, N3D
from sepstudio.playback.channel_meter import ChannelMeter
from sepstudio.playback.folds import Fold, is_scene, scene_fold
from sepstudio.playback.loudness import loudness_steps
from sepstudio.playback.mixer import Lane, Mixer
from sepstudio.playback.sequencer import Sequencer

RATE = 48000
FADE = 240


def scene(azimuth, length=RATE, frequency=331.0):
    sound = 0.5 * np.sin(2 * np.pi * frequency * np.arange(length) / RATE)
    return spherical_harmonics(azimuth, 0.0, 3)[:, None] * sound


def settled(*lanes):
    mixer = Mixer(RATE)
    mixer.set_lanes(lanes)
    mixer.settle()
    return mixer


@pytest.mark.parametrize(
    ("azimuth", "left", "right"), [(0, 0.5, 0.5), (90, 1, 0), (-90, 0, 1), (180, 0.5, 0.5), (30, 0.75, 0.25)]
)
@pytest.mark.parametrize("convention", [AMBIX, N3D, FUMA])
def test_cardioids_look_to_the_sides_in_every_convention(azimuth, left, right, convention):
    x = scene(np.radians(azimuth), 200)
    given = convert(x, "SN3D", convention.normalisation).astype(np.float32)
    heard = scene_fold(16, "cardioids", convention).apply(given)
    np.testing.assert_allclose(heard, [left * x[0], right * x[0]], atol=1e-6)


@pytest.mark.parametrize("convention", [AMBIX, N3D, FUMA])
def test_omni_is_the_same_wherever_a_source_is(convention):
    x = scene(1.1, 200)
    heard = scene_fold(16, "omni", convention).apply(convert(x, "SN3D", convention.normalisation).astype(np.float32))
    np.testing.assert_allclose(heard, [x[0], x[0]], atol=1e-6)


def test_a_single_channel_has_no_direction():
    assert scene_fold(1, "cardioids") == Fold((1.0,), (1.0,))
    assert scene_fold(25).left[:3] == (0.5, 0.5, 0.0)
    with pytest.raises(ParameterError, match="channels"):
        scene_fold(15)
    with pytest.raises(ParameterError, match="FuMa"):
        scene_fold(25, "omni", FUMA)


def test_a_head_locked_pair_goes_to_its_sides():
    x = np.zeros((18, 8), np.float32)
    x[16], x[17] = 0.25, -0.5
    np.testing.assert_array_equal(scene_fold(18).apply(x), [[0.25] * 8, [-0.5] * 8])


@pytest.mark.parametrize(
    ("channels", "taken"), [(4, False), (9, False), (16, True), (18, True), (24, False), (64, True)]
)
def test_what_is_taken_for_a_scene(channels, taken):
    assert is_scene(channels) is taken


def test_a_lane_takes_the_fold_of_its_channels():
    clip = AudioClip(scene(np.radians(90)), RATE)
    out = settled(Lane("a", clip, gain=0.5, rendering=scene_fold(16))).render(0, 480)
    np.testing.assert_allclose(out, [0.5 * clip.samples[0, :480], np.zeros(480)], atol=1e-6)
    with pytest.raises(ParameterError, match="16 channels"):
        Lane("a", clip, rendering=scene_fold(25))


def test_another_fold_comes_behind_a_fade_and_without_a_click():
    clip = AudioClip(scene(np.radians(90)), RATE)
    mixer = settled(Lane("a", clip, rendering=scene_fold(16)))
    before = mixer.render(0, 1000)
    mixer.set_lanes([Lane("a", clip, rendering=scene_fold(16, "omni"))])
    out = np.concatenate([before, mixer.render(1000, 3000)], axis=1)
    plain = clip.samples[0, :4000]
    np.testing.assert_allclose(out[1, 2 * FADE + 1000 :], plain[2 * FADE + 1000 :], atol=1e-6)
    assert not out[1, : 1000 + FADE].any()
    # A fade of a tone bends it, a cut would break it: the second difference tells them apart.
    assert np.abs(np.diff(out, 2)).max() < 5e-3
    cut = np.where(np.arange(4000) < 1000, 0.0, plain)
    assert np.abs(np.diff(cut, 2)).max() > 2e-2


def test_loudness_is_of_what_is_heard():
    clip = AudioClip(scene(np.radians(-90), 2 * RATE, 997.0), RATE)

    def measured(fold):
        steps = loudness_steps(clip, 0, clip.length, fold)
        while True:
            try:
                next(steps)
            except StopIteration as end:
                return end.value

    # The whole tone from one loudspeaker, or from both.
    assert measured(scene_fold(16, "omni")) - measured(scene_fold(16)) == pytest.approx(3.01, abs=0.01)


def test_channels_are_measured_when_they_are_heard():
    levels = np.linspace(0.05, 0.8, 16)
    quiet = np.zeros((16, RATE), np.float32)
    quiet[:, RATE // 2 :] = levels[:, None]
    mixer = settled(Lane("a", AudioClip(quiet, RATE), gain=0.5, rendering=scene_fold(16)))
    meter = ChannelMeter(RATE)
    sequencer = Sequencer(mixer, RATE, RATE)
    sequencer.jump(0)
    for _ in range(10):
        sequencer.render(RATE // 10)
        meter.extend(mixer.take_pieces())
    assert meter.read(RATE // 2).peak == (0.0,) * 16
    heard = meter.read(RATE - 2400)
    assert heard.peak == pytest.approx(levels * 0.5, rel=1e-5)
    assert heard.rms == pytest.approx(levels * 0.5, rel=1e-3)
    assert meter.read(2 * RATE).rms == pytest.approx(np.zeros(16))


def test_lanes_that_sound_together_are_measured_together():
    one, other = np.full((4, RATE), 0.25, np.float32), np.full((9, RATE), -0.5, np.float32)
    mixer = settled(
        Lane("a", AudioClip(one, RATE)), Lane("b", AudioClip(other, RATE)), Lane("m", AudioClip(one[:2], RATE))
    )
    mixer.render(0, 2000)
    meter = ChannelMeter(RATE)
    meter.extend(mixer.take_pieces())
    assert meter.read(2000).peak == pytest.approx([0.25] * 4 + [0.5] * 5)


def test_stereo_has_no_channels_to_show():
    mixer = settled(Lane("a", AudioClip(np.ones((2, RATE)), RATE)))
    mixer.render(0, 2000)
    meter = ChannelMeter(RATE)
    meter.extend(mixer.take_pieces())
    assert meter.read(2000).peak == ()
