"""Clips of which stretches were replaced."""

import numpy as np
import pytest

from sepstudio.io.clip import AudioClip, Part
from sepstudio.io.patched import FADE_SECONDS, PatchedClip

RATE = 8000
FADE = round(FADE_SECONDS * RATE)


def constant(value, seconds):
    return AudioClip(np.full((2, round(seconds * RATE)), value, np.float32), RATE)


def test_the_patch_is_heard_inside_and_the_rest_outside():
    clip = PatchedClip(constant(1.0, 1.0), Part(constant(-1.0, 0.5), RATE // 4))
    samples = clip.samples
    assert samples.shape == (2, RATE)
    np.testing.assert_array_equal(samples[:, : RATE // 4], 1.0)
    np.testing.assert_array_equal(samples[:, RATE // 4 + FADE : 3 * RATE // 4 - FADE], -1.0)
    np.testing.assert_array_equal(samples[:, 3 * RATE // 4 :], 1.0)
    # Nothing jumps: that would be a click.
    assert np.abs(np.diff(samples[0])).max() < 2.5 / FADE


def test_any_part_reads_as_the_whole_does():
    clip = PatchedClip(constant(0.5, 1.0), Part(constant(0.25, 0.3), 1000, gain=-2.0))
    whole = clip.samples
    for start, stop in ((0, 10), (990, 1050), (1500, 1600), (3380, 3500), (7990, 8010), (-5, 5)):
        inside = np.pad(whole, ((0, 0), (5, 10)))[:, start + 5 : stop + 5]
        np.testing.assert_allclose(clip.read(start, stop), inside, atol=1e-7)


def test_a_patch_at_the_ends_does_not_fade():
    clip = PatchedClip(constant(1.0, 0.5), Part(constant(0.0, 0.5), 0))
    np.testing.assert_array_equal(clip.samples, 0.0)


def test_patches_upon_patches_do_not_pile_up():
    base, clip = constant(0.0, 1.0), constant(0.0, 1.0)
    clip = base
    for level in range(1, 50):
        clip = PatchedClip(clip, Part(constant(level, 0.25), 2000))
    assert clip.base is base
    assert len(clip.patches) == 1
    assert clip.read(3000, 3001)[0, 0] == pytest.approx(49.0)
    beside = PatchedClip(clip, Part(constant(7.0, 0.25), 3000))
    assert len(beside.patches) == 2
    assert beside.read(2500, 2501)[0, 0] == pytest.approx(49.0)
    assert beside.read(4500, 4501)[0, 0] == pytest.approx(7.0)
