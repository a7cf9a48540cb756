"""Overlay, difference and mask panes, piano keys, displays and presets: what is painted, read out and edited."""

import dataclasses
import gc

import numpy as np
import pytest
from gui.gestures import picture_of
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QComboBox, QPushButton

from sepstudio.gui.items.colours import difference_table, gradient, pair_table, share_table
from sepstudio.gui.panes.base import Sound
from sepstudio.gui.panes.display import FFT_SIZES, PRESETS, Display, display_from
from sepstudio.gui.panes.loader import TileLoader
from sepstudio.gui.panes.mask import MaskPane
from sepstudio.gui.panes.pair import DifferencePane, OverlayPane, told_apart
from sepstudio.gui.panes.piano import PianoStrip, key_hertz
from sepstudio.gui.panes.spectrogram import SpectrogramPane
from sepstudio.gui.panes.stack import PaneStack
from sepstudio.gui.texts import MINUS
from sepstudio.gui.theme import stem_colour
from sepstudio.gui.timeline import Timeline
from sepstudio.io.clip import AudioClip
from sepstudio.tiles.analysis import FrameAnalysis
from sepstudio.tiles.decibels import db_to_code
from sepstudio.tiles.mixing import EVEN_ENTRY
from sepstudio.tiles.scales import FrequencyScale

RATE = 44100
BLUE, ORANGE = stem_colour("harmonic"), stem_colour("percussive")
# In the middle of bins, where a tone reads its level.
LOW_HZ, HIGH_HZ = 46 * RATE / 2048, 232 * RATE / 2048


@pytest.fixture(autouse=True)
def collected_here():
    """Collect garbage on this thread only: a worker must not destroy the widgets of the test before."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.fixture
def pane_of(qtbot):
    """Return a function that shows a pane of a class on a timeline of ten seconds."""
    loader, stacks = TileLoader(), []

    def make(cls):
        timeline = Timeline()
        timeline.set_duration(10.0)
        stack = PaneStack(timeline)
        qtbot.addWidget(stack)
        stacks.append(stack)
        pane = cls(timeline, loader)
        stack.add_pane(pane)
        stack.resize(800, 400)
        stack.show()
        qtbot.waitExposed(stack)
        return pane

    yield make
    loader.close()


def tone(hertz=LOW_HZ, level_db=-20.0, seconds=10.0):
    samples = 10 ** (level_db / 20) * np.sin(2 * np.pi * hertz * np.arange(round(seconds * RATE)) / RATE)
    return AudioClip(samples[None].astype(np.float32), RATE)


def sounds(*clips, offsets=(0.0, 0.0), names=("harmonic", "percussive")):
    colours = (BLUE, ORANGE)
    return [Sound(*parts) for parts in zip(clips, offsets, names, colours, strict=True)]


def settled(qtbot, pane):
    qtbot.waitUntil(lambda: pane.settled and pane.header.bar.fraction is None, timeout=20_000)


def colours_around(pane, seconds, hertz):
    """The colours of three rows of pixels around a place: fonts decide to which a bin belongs."""
    image = picture_of(pane)
    start, stop = pane.timeline.visible
    x = round((seconds - start) / (stop - start) * image.width())
    y = round((1 - float(pane.scale.to_unit(hertz))) * image.height() - 0.5)
    return [QColor(image.pixel(QPoint(x, row))).getRgb()[:3] for row in (y - 1, y, y + 1)]


def rgb(table, entry):
    return tuple(int(table[entry]) >> shift & 255 for shift in (16, 8, 0))


def near(colours, wanted, tolerance=16):
    return any(np.abs(np.subtract(colour, wanted)).max() <= tolerance for colour in colours)


def words_at(pane, seconds, hertz):
    return pane.readout(seconds, float(pane.scale.to_unit(hertz)))


def test_an_overlay_paints_each_recording_in_its_colour_and_both_in_the_sum(pane_of, qtbot):
    pane = pane_of(OverlayPane)
    both = AudioClip(tone(HIGH_HZ).samples + tone(LOW_HZ).samples, RATE)
    pane.set_sounds(sounds(tone(LOW_HZ), both))
    settled(qtbot, pane)
    table = pair_table(BLUE, ORANGE, *pane.display.levels)
    code = db_to_code(-20)
    assert near(colours_around(pane, 5.0, HIGH_HZ), rgb(table, code))
    assert near(colours_around(pane, 5.0, LOW_HZ), rgb(table, code * 256 + code))
    assert near(colours_around(pane, 5.0, 12_000.0), (0, 0, 0))
    assert [pane.header.title.text(), pane.header.second_title.text()] == ["harmonic", "percussive"]
    assert [pane.header.swatch.colour, pane.header.second_swatch.colour] == [BLUE, ORANGE]
    assert f"harmonic {MINUS}20 dB  percussive {MINUS}20 dB" in words_at(pane, 5.0, LOW_HZ)
    assert "harmonic silent" in words_at(pane, 5.0, HIGH_HZ)


def test_an_overlay_of_like_colours_takes_two_that_are_told_apart(pane_of, qtbot):
    pane = pane_of(OverlayPane)
    pane.set_sounds([Sound(tone(), 0.0, name, "#56B4E9") for name in ("one", "other")])
    assert pane.colours() == (BLUE, ORANGE)
    assert pane.header.swatch.colour == BLUE
    assert told_apart(BLUE, ORANGE)
    assert not told_apart("#56B4E9", BLUE)
    assert not told_apart("#999999", ORANGE)


def test_a_difference_reads_six_decibels_and_paints_them(pane_of, qtbot):
    pane = pane_of(DifferencePane)
    loud, quiet = tone(LOW_HZ, -20.0), tone(LOW_HZ, -26.0)
    pane.set_sounds(sounds(loud, quiet))
    settled(qtbot, pane)
    words = words_at(pane, 5.0, LOW_HZ)
    assert f"A {MINUS}20 dB  B {MINUS}26 dB" in words
    change = float(words.partition(f"A {MINUS} B +")[2].partition(" dB")[0])
    assert change == pytest.approx(6.0, abs=0.5)
    table = difference_table(pane.display.limit_db, on_dark=True)
    assert near(colours_around(pane, 5.0, LOW_HZ), rgb(table, EVEN_ENTRY + round(6.0 / (120 / 255))))
    assert near(colours_around(pane, 5.0, 15_000.0), rgb(table, EVEN_ENTRY), 2)
    assert pane.legend.isVisible()
    assert not pane.contrast.isVisible()
    pane.set_sounds(sounds(quiet, loud))
    settled(qtbot, pane)
    assert near(colours_around(pane, 5.0, LOW_HZ), rgb(table, EVEN_ENTRY - round(6.0 / (120 / 255))))


def test_a_recording_minus_itself_is_one_even_colour(pane_of, qtbot):
    pane = pane_of(DifferencePane)
    clip = AudioClip(0.1 * np.random.default_rng(1).standard_normal((2, 10 * RATE)).astype(np.float32), RATE)
    pane.set_sounds(sounds(clip, clip))
    settled(qtbot, pane)
    image = picture_of(pane)
    places = [(x, y) for x in range(20, image.width(), 37) for y in range(0, image.height(), 11)]
    seen = {QColor(image.pixel(x, y)).getRgb()[:3] for x, y in places}
    assert seen == {rgb(difference_table(24.0, on_dark=True), EVEN_ENTRY)}


def test_the_signal_of_a_difference_is_that_of_the_samples(pane_of, qtbot):
    """The stem begins three seconds into the mixture and is part of it: only the other tone is left."""
    pane = pane_of(DifferencePane)
    mixture = AudioClip(tone(LOW_HZ).samples + tone(HIGH_HZ, -30.0).samples, RATE)
    stem = AudioClip(tone(LOW_HZ).samples[:, 3 * RATE : 7 * RATE], RATE)
    pane.set_sounds(sounds(mixture, stem, offsets=(0.0, 3.0)))
    pane.edit_display(of_signal=True)
    settled(qtbot, pane)
    assert pane.pyramids.clip.length == 4 * RATE
    assert pane.contrast.isVisible()
    assert not pane.legend.isVisible()
    assert f"difference {MINUS}30 dB" in words_at(pane, 5.0, HIGH_HZ)
    code = pane.codes_at(5.0, float(pane.scale.to_unit(LOW_HZ)))[0]
    assert code < db_to_code(-100)
    assert pane.item.boundingRect().left() == pytest.approx(3.0)
    assert pane.item.boundingRect().right() == pytest.approx(7.0)


def test_a_difference_that_cannot_be_is_explained(pane_of, qtbot):
    pane = pane_of(DifferencePane)
    pane.set_sounds(sounds(tone(seconds=2.0), tone(seconds=2.0), offsets=(0.0, 5.0)))
    assert "no time in common" in pane._empty.text()
    assert pane._empty.isVisible()
    other_rate = AudioClip(np.zeros((1, 160_000), np.float32), 16_000)
    pane.set_sounds(sounds(tone(), other_rate))
    assert not pane._empty.isVisible()
    pane.edit_display(of_signal=True)
    assert "sample rate" in pane._empty.text()
    assert pane._empty.isVisible()
    pane.edit_display(of_signal=False)
    assert not pane._empty.isVisible()


def test_a_mask_paints_and_reads_shares(pane_of, qtbot):
    pane = pane_of(MaskPane)
    shared = tone(8000.0, -20.0).samples
    first = AudioClip(tone(LOW_HZ).samples + shared, RATE)
    second = AudioClip(tone(HIGH_HZ).samples + shared, RATE)
    pane.set_share(sounds(first, second), 0)
    settled(qtbot, pane)
    table = share_table("magma", "#000000")
    assert near(colours_around(pane, 5.0, LOW_HZ), rgb(table, 255))
    assert near(colours_around(pane, 5.0, HIGH_HZ), rgb(table, 1))
    assert near(colours_around(pane, 5.0, 8000.0), rgb(table, 128))
    assert "harmonic 100 %" in words_at(pane, 5.0, LOW_HZ)
    assert "harmonic 50 %" in words_at(pane, 5.0, 8000.0)
    assert pane.header.title.text() == "mask of harmonic"
    pane.set_share(sounds(first, second), 1)
    assert "percussive 0 %" in words_at(pane, 5.0, LOW_HZ)
    settled(qtbot, pane)
    assert near(colours_around(pane, 5.0, HIGH_HZ), rgb(table, 255))


def test_another_window_keeps_the_old_picture_until_the_new_one_is_there(pane_of, qtbot):
    pane = pane_of(SpectrogramPane)
    pane.set_sounds([Sound(tone(seconds=60.0), 0.0, "tone", BLUE)])
    settled(qtbot, pane)
    before = pane.pyramids
    held = []
    pane.held.connect(held.append)
    pane.view.grab()
    pane.edit_display(fft_size=8192)
    assert pane.pyramids is before
    assert not pane.settled
    assert near(colours_around(pane, 5.0, LOW_HZ), gradient("magma")[round((-20 + 90) / 80 * 255)], 24)
    settled(qtbot, pane)
    assert pane.pyramids is not before
    assert pane.pyramids.spectrogram.analysis == FrameAnalysis(8192, 2048)
    assert pane.pyramids.waveform is before.waveform
    assert pane.pyramids in held
    assert near(colours_around(pane, 5.0, LOW_HZ), gradient("magma")[round((-20 + 90) / 80 * 255)], 24)
    # Back again before anything was forgotten: at once.
    pane.edit_display(fft_size=2048)
    settled(qtbot, pane)
    assert pane.pyramids is before


def test_a_window_that_is_changed_twice_ends_with_the_last(pane_of, qtbot):
    pane = pane_of(SpectrogramPane)
    pane.set_sounds([Sound(tone(seconds=60.0), 0.0, "tone", BLUE)])
    settled(qtbot, pane)
    pane.view.grab()
    for size in (*FFT_SIZES, 1024):
        pane.edit_display(fft_size=size)
    settled(qtbot, pane)
    assert pane.pyramids.spectrogram.analysis.fft_size == 1024
    assert len(pane._loader._watches) == 1


def test_contrast_follows_the_whole_recording_not_the_part_in_view(pane_of, qtbot):
    pane = pane_of(SpectrogramPane)
    quiet_then_loud = np.concatenate([tone(level_db=-70, seconds=5).samples, tone(level_db=-12, seconds=5).samples], 1)
    pane.set_sounds([Sound(AudioClip(quiet_then_loud, RATE), 0.0, "tones", BLUE)])
    pane.edit_display(auto=True)
    settled(qtbot, pane)
    levels = pane.display.levels
    assert levels == pane.pyramids.spectrogram.levels()
    assert levels == pane.contrast.levels
    pane.timeline.set_visible(1.0, 3.0)
    pane.view.grab()
    assert pane.display.levels == levels
    pane.contrast.set_levels(-70.0, -20.0)
    assert not pane.display.auto
    assert pane.display.levels == (-70.0, -20.0)


def test_gamma_brightens_what_is_quiet(pane_of, qtbot):
    pane = pane_of(SpectrogramPane)
    pane.set_sounds([Sound(tone(level_db=-70.0), 0.0, "quiet", BLUE)])
    settled(qtbot, pane)
    before = max(sum(colour) for colour in colours_around(pane, 5.0, LOW_HZ))
    pane.edit_display(gamma=0.5)
    assert max(sum(colour) for colour in colours_around(pane, 5.0, LOW_HZ)) > 1.5 * before


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.title)
def test_presets_set_transform_and_axis_and_nothing_else(pane_of, preset):
    pane = pane_of(SpectrogramPane)
    pane.set_sounds([Sound(tone(seconds=1.0), 0.0, "tone", BLUE)])
    pane.edit_display(colours="viridis", levels=(-80.0, -20.0))
    pane.display_panel().findChild(QPushButton, f"spectrogram.display-panel.preset-{preset.title.lower()}").click()
    display = pane.display
    assert (display.colours, display.levels) == ("viridis", (-80.0, -20.0))
    wanted = {
        "Overview": (2048, FrequencyScale("mel", 20.0, 20_000.0), False),
        "Score": (8192, FrequencyScale("log", 27.5, 8000.0), True),
        "Transients": (1024, FrequencyScale("linear", 0.0, 20_000.0), False),
    }[preset.title]
    assert (display.fft_size, pane.scale, pane.piano.isVisible()) == wanted
    assert pane.axis.isVisible() != pane.piano.isVisible()


def test_the_panel_shows_and_edits_what_is_in_force(pane_of):
    pane = pane_of(DifferencePane)
    pane.set_sounds(sounds(tone(seconds=1.0), tone(seconds=1.0)))
    panel = pane.display_panel()
    for widget in (*panel.findChildren(QComboBox), *panel.findChildren(QPushButton)):
        assert widget.objectName()
        assert widget.accessibleName()
        assert widget.toolTip()
    pane.edit_display(fft_size=4096, limit_db=12.0)
    assert panel.findChild(QComboBox, "difference.display-panel.size").currentData() == 4096
    panel._limit.slider.stepped.emit(1, False)
    assert pane.display.limit_db == pytest.approx(13.0)
    assert pane.display.fft_size == 4096


def test_keys_lie_at_their_frequencies_and_say_them(pane_of, qtbot):
    pane = pane_of(SpectrogramPane)
    pane.set_sounds([Sound(tone(seconds=1.0), 0.0, "tone", BLUE)])
    pane.set_display(PRESETS[1].on(pane.display))
    strip: PianoStrip = pane.piano
    qtbot.waitUntil(lambda: strip.height() == pane.view.height())
    assert strip.width() == pane.axis.width()
    place = pane.view.mapFromScene(pane.box.mapViewToScene(QPointF(1.0, float(pane.scale.to_unit(440.0)))))
    assert strip.y_of(69) == pytest.approx(place.y(), abs=1.5)
    assert strip.key_at(strip.y_of(69)) == 69
    said = []
    pane.cursorMoved.connect(said.append)
    qtbot.mousePress(strip, Qt.MouseButton.LeftButton, pos=QPoint(40, round(strip.y_of(60))))
    assert said[-1].startswith("262 Hz  C4")
    assert pane.timeline.selection is None
    qtbot.mouseRelease(strip, Qt.MouseButton.LeftButton)
    assert key_hertz(57) == pytest.approx(220.0)
    strip.grab()


def test_a_linear_axis_has_no_keys(pane_of):
    pane = pane_of(SpectrogramPane)
    pane.set_sounds([Sound(tone(seconds=1.0), 0.0, "tone", BLUE)])
    pane.edit_display(keys=True, scale="mel")
    assert pane.piano.isVisible()
    pane.edit_display(scale="linear")
    assert not pane.piano.isVisible()


def test_displays_survive_json_and_nonsense():
    display = Display(8192, 8, 2, "log", 27.5, 8000.0, (-70.0, -12.0), True, 0.5, "viridis", True, 12.0, True)
    assert display_from(display.to_json()) == display
    assert display_from(Display().to_json()) == Display()
    assert Display().to_json() == {}
    nonsense = {"fft_size": "big", "overlap": 5000, "gamma": float("nan"), "levels": [0], "colours": "rainbow",
                "scale": "bark", "auto": 1, "padding": None, "keys": True, "more": []}  # fmt: skip
    assert display_from(nonsense) == dataclasses.replace(Display(), overlap=8, keys=True)
    assert display_from(None) == Display()
    assert Display(fft_size=3000).fft_size == 2048
    assert Display(levels=(-10.0, -10.0)).levels == (-20.0, 0.0)
