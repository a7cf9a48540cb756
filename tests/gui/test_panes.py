"""What panes paint: colours at known times and frequencies, envelopes, ticks, read-outs and empty states."""

import gc

import numpy as np
import pytest
import soundfile
from gui.gestures import picture_of
from PySide6.QtCore import QPoint, QPointF
from PySide6.QtGui import QColor, QImage

from sepstudio.gui.items.colours import COLOUR_MAPS, gradient, level_table
from sepstudio.gui.panes.axis import LEFT_MARGIN
from sepstudio.gui.panes.base import Sound
from sepstudio.gui.panes.display import DEFAULT_LEVELS
from sepstudio.gui.panes.loader import TileLoader
from sepstudio.gui.panes.spectrogram import SpectrogramPane
from sepstudio.gui.panes.stack import PaneStack
from sepstudio.gui.panes.ticks import frequency_ticks, time_ticks
from sepstudio.gui.panes.waveform import WaveformPane
from sepstudio.gui.texts import MINUS, THIN_SPACE, frequency_text, level_text, note_text, time_text
from sepstudio.gui.theme import DARK
from sepstudio.gui.timeline import Timeline
from sepstudio.io.clip import AudioClip, FileClip
from sepstudio.tiles.composer import TileComposer
from sepstudio.tiles.decibels import db_to_code
from sepstudio.tiles.rows import row_map
from sepstudio.tiles.scales import FrequencyScale, scale_for
from sepstudio.tiles.spectrogram import SpectrogramPyramid

RATE = 44100
WIDTH, HEIGHT = 800, 300


@pytest.fixture(autouse=True)
def collected_here():
    """Collect garbage on this thread only: a worker must not destroy the widgets of the test before."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.fixture
def studio(qtbot):
    """A stack of a given list of pane classes on a timeline, with a loader that is closed afterwards."""
    loader = TileLoader()

    def make(*classes, duration=10.0, size=(WIDTH, HEIGHT)):
        timeline = Timeline()
        timeline.set_duration(duration)
        stack = PaneStack(timeline)
        qtbot.addWidget(stack)
        panes = [cls(timeline, loader) for cls in classes]
        for pane in panes:
            stack.add_pane(pane)
        stack.resize(*size)
        stack.show()
        qtbot.waitExposed(stack)
        return stack, *panes

    yield make
    loader.close()


def tones(seconds=10.0):
    """1 kHz in the first half, 4 kHz in the second, at -20 dBFS."""
    times = np.arange(int(seconds * RATE)) / RATE
    tone = np.sin(2 * np.pi * np.where(times < seconds / 2, 1000.0, 4000.0) * times)
    return AudioClip(0.1 * tone[None].astype(np.float32), RATE)


def wait_complete(qtbot, pane):
    qtbot.waitUntil(lambda: pane.pyramids.complete and pane.header.bar.fraction is None, timeout=20_000)


def picture(pane) -> QImage:
    return picture_of(pane)


def colour_at(pane, image, seconds, hertz, strongest=max):
    start, stop = pane.timeline.visible
    bottom, top = pane.heights
    height = (float(pane.scale.to_unit(hertz)) - bottom) / (top - bottom)
    x = round((seconds - start) / (stop - start) * image.width())
    y = round((1 - height) * image.height() - 0.5)
    # Fonts decide the height of a pane, and with it to which of two rows a bin belongs.
    rows = [QColor(image.pixel(QPoint(x, row))).getRgb()[:3] for row in (y - 1, y, y + 1)]
    return strongest(rows, key=brightness)


def brightness(rgb):
    return sum(rgb)


@pytest.mark.parametrize("kind", ["mel", "log", "linear"])
def test_tones_light_up_where_and_as_they_should(studio, qtbot, kind):
    _stack, pane = studio(SpectrogramPane)
    pane.set_sounds([Sound(tones(), 0.0, "tones", "#0072B2")])
    pane.edit_display(scale=kind)
    wait_complete(qtbot, pane)
    image = picture(pane)
    expected = gradient("magma")[round((-20 - DEFAULT_LEVELS[0]) / (DEFAULT_LEVELS[1] - DEFAULT_LEVELS[0]) * 255)]
    for seconds, hertz, silent in ((2.5, 1000, 4000), (7.5, 4000, 1000)):
        assert np.abs(np.subtract(colour_at(pane, image, seconds, hertz), expected)).max() <= 16
        assert brightness(colour_at(pane, image, seconds, silent)) < 30


def test_a_recording_begins_at_its_offset(studio, qtbot):
    _stack, pane = studio(SpectrogramPane)
    pane.set_sounds([Sound(tones(4.0), 3.0, "excerpt", "#0072B2")])
    wait_complete(qtbot, pane)
    image = picture(pane)
    outside = QColor(DARK.panel).getRgb()[:3]
    assert colour_at(pane, image, 2.9, 1000) == outside
    assert colour_at(pane, image, 7.2, 4000) == outside
    assert brightness(colour_at(pane, image, 4.0, 1000)) > 300
    assert brightness(colour_at(pane, image, 6.0, 4000)) > 300


def test_a_click_is_seen_at_every_zoom(studio, qtbot):
    samples = np.zeros((1, 60 * RATE), np.float32)
    samples[0, 20 * RATE] = 1.0
    _stack, pane = studio(SpectrogramPane, duration=60.0)
    pane.set_sounds([Sound(AudioClip(samples, RATE), 0.0, "click", "#0072B2")])
    wait_complete(qtbot, pane)
    for span in (60, 47.3, 31, 13.7, 5, 1.1, 0.2):
        for shift in (0.0, 0.37):
            pane.timeline.set_visible(20 - span * (0.3 + 0.1 * shift), 20 + span * (0.7 - 0.1 * shift))
            image = picture(pane)
            assert brightness(colour_at(pane, image, 20.0, 5000)) > 60, span


def test_nothing_to_wait_for_before_the_first_picture():
    """The first look covers the whole recording while the build has just begun."""
    pyramid = SpectrogramPyramid(tones(60.0))
    pyramid.overview(budget_s=30)
    composer = TileComposer(pyramid, budget_s=30)
    composer.set_rows(row_map(FrequencyScale(), 0.0, 1.0, 200, bin_hz=pyramid.bin_hz, bins=pyramid.bins))
    composition = composer.compose(0.0, 60.0, 400)
    assert set(composition.missing) == {(1, index) for index in range(pyramid.tiles_at(1))}
    row = round((1 - float(FrequencyScale().to_unit(1000.0))) * 200)
    assert composition.codes[row - 2 : row + 2, 20:180].max(axis=0).min() > db_to_code(-25)


def test_a_picture_out_of_time_is_rough_now_and_right_later():
    pyramid = SpectrogramPyramid(tones(60.0))
    list(pyramid.build())
    rows = row_map(FrequencyScale(), 0.0, 1.0, 100, bin_hz=pyramid.bin_hz, bins=pyramid.bins)
    hurried, patient = TileComposer(pyramid, budget_s=-1.0), TileComposer(pyramid, budget_s=30.0)
    for composer in (hurried, patient):
        composer.set_rows(rows)
    right = patient.compose(0.0, 60.0, 400)
    rough = hurried.compose(0.0, 60.0, 400)
    assert right.settled
    assert not rough.settled
    assert not rough.missing
    assert not np.array_equal(rough.codes, right.codes)


@pytest.mark.parametrize("span", [55.0, 20.0, 6.0])
def test_a_picture_holds_the_maxima_of_its_columns(span):
    clip = AudioClip(np.random.default_rng(1).standard_normal((1, 60 * RATE)).astype(np.float32) * 0.1, RATE)
    pyramid = SpectrogramPyramid(clip)
    list(pyramid.build())
    composer = TileComposer(pyramid, budget_s=30.0)
    rows = row_map(FrequencyScale("linear", 0, 20000), 0.0, 1.0, 300, bin_hz=pyramid.bin_hz, bins=pyramid.bins)
    composer.set_rows(rows)
    start, width = 1.234, 100
    codes = composer.compose(start, start + span, width).codes
    columns = np.concatenate([pyramid.tile(0, i) for i in range(pyramid.tiles_at(0))], axis=1)
    whole = rows.apply(columns)
    level = pyramid.level_for(span / width)
    for x in (0, 13, 57, 99):
        edges = np.array([start + span * x / width, start + span * (x + 1) / width]) / pyramid.column_seconds + 0.5
        group = 4**level
        first, last = int(edges[0] // group * group), int(-(-edges[1] // group) * group)
        assert np.array_equal(codes[:, x], whole[first:last].max(axis=0))


def test_levels_and_colour_maps_change_the_picture(studio, qtbot):
    _stack, pane = studio(SpectrogramPane)
    pane.set_sounds([Sound(tones(), 0.0, "tones", "#0072B2")])
    wait_complete(qtbot, pane)
    before = colour_at(pane, picture(pane), 2.5, 1000)
    pane.edit_display(levels=(-60.0, 0.0), auto=False)
    darker = colour_at(pane, picture(pane), 2.5, 1000)
    assert brightness(darker) < brightness(before)
    for name in COLOUR_MAPS:
        pane.edit_display(colours=name)
        table = level_table(name, -60.0, 0.0)
        code = db_to_code(-20)
        wanted = [(int(table[code]) >> shift) & 255 for shift in (16, 8, 0)]
        # Sound is dark on white paper, and bright everywhere else.
        strongest = min if gradient(name)[0].mean() > gradient(name)[-1].mean() else max
        assert np.abs(np.subtract(colour_at(pane, picture(pane), 2.5, 1000, strongest), wanted)).max() <= 16


def test_all_panes_show_a_time_at_the_same_place(studio, qtbot):
    stack, wave, spectrogram = studio(WaveformPane, SpectrogramPane)
    for pane in (wave, spectrogram):
        pane.set_sounds([Sound(tones(), 0.0, "tones", "#0072B2")])
        wait_complete(qtbot, pane)
    stack.timeline.set_visible(2.0, 8.0)
    places = {pane.view.mapTo(stack, QPoint(0, 0)).x() for pane in (wave, spectrogram)}
    assert places == {LEFT_MARGIN}
    assert wave.view.width() == spectrogram.view.width()
    for seconds in (2.0, 4.4, 8.0):
        on_ruler = stack.ruler.x_of(seconds)
        assert stack.ruler.seconds_at(on_ruler) == pytest.approx(seconds)
        for pane in (wave, spectrogram):
            x = pane.box.mapViewToScene(QPointF(seconds, 0.5)).x()
            assert x + LEFT_MARGIN == pytest.approx(on_ruler, abs=0.5)


def test_the_playhead_leaves_no_trace(studio, qtbot):
    _stack, pane = studio(SpectrogramPane)
    pane.set_sounds([Sound(tones(), 0.0, "tones", "#0072B2")])
    wait_complete(qtbot, pane)
    for seconds in np.linspace(0.5, 6.0, 40):
        pane.timeline.set_playhead(float(seconds))
        qtbot.wait(1)
    image = picture(pane)
    x = round(6.0 / 10 * image.width())
    lit = [i for i in range(image.width()) if QColor(image.pixel(i, 3)).lightness() > 150]
    assert lit
    assert abs(lit[0] - x) <= 2
    assert len(lit) <= 2


def test_the_waveform_is_as_high_as_the_sound(studio, qtbot):
    samples = np.zeros((1, 10 * RATE), np.float32)
    samples[0, : 5 * RATE] = 0.5 * np.sin(2 * np.pi * 50 * np.arange(5 * RATE) / RATE)
    _stack, pane = studio(WaveformPane)
    pane.set_sounds([Sound(AudioClip(samples, RATE), 0.0, "loud then silent", "#56B4E9")])
    wait_complete(qtbot, pane)
    image = picture(pane)
    ground = QColor(DARK.panel)

    def ink(x):
        return sum(QColor(image.pixel(x, y)) != ground for y in range(image.height()))

    quarter = image.width() // 4
    assert ink(quarter) == pytest.approx(0.5 * 0.94 * image.height(), abs=3)
    assert ink(3 * quarter) <= 2
    own, middle = QColor("#56B4E9"), QColor(image.pixel(quarter, image.height() // 2))
    assert max(abs(a - b) for a, b in zip(own.getRgb(), middle.getRgb(), strict=True)) <= 2


def test_clipped_samples_are_marked(studio, qtbot):
    samples = np.zeros((2, 10 * RATE), np.float32)
    samples[0, 5 * RATE] = 1.2
    samples[1, 5 * RATE] = -1.0
    _stack, pane = studio(WaveformPane)
    pane.set_sounds([Sound(AudioClip(samples, RATE), 0.0, "clipped", "#56B4E9")])
    wait_complete(qtbot, pane)
    image = picture(pane)
    red = QColor(DARK.error)
    marked = [(x, y) for x in range(image.width()) for y in range(image.height()) if QColor(image.pixel(x, y)) == red]
    assert marked
    assert max(y for _x, y in marked) < 5
    assert {abs(x - image.width() // 2) <= 1 for x, _y in marked} == {True}


def test_single_samples_are_joined_by_a_line(studio, qtbot):
    samples = np.zeros((1, 10 * RATE), np.float32)
    samples[0, 5 * RATE :] = 0.8
    _stack, pane = studio(WaveformPane)
    pane.set_sounds([Sound(AudioClip(samples, RATE), 0.0, "step", "#56B4E9")])
    wait_complete(qtbot, pane)
    pane.timeline.set_visible(5.0 - 0.001, 5.0 + 0.001)
    picture(pane)
    qtbot.waitUntil(lambda: pane.pyramids.waveform.samples(5 * RATE, 5 * RATE + 10) is not None, timeout=5000)
    image = picture(pane)
    bright = [max(range(image.height()), key=lambda y: QColor(image.pixel(x, y)).lightness()) for x in (100, 700)]
    assert bright[0] == pytest.approx(image.height() / 2, abs=2)
    assert bright[1] == pytest.approx(image.height() / 2 * (1 - 0.94 * 0.8), abs=2)


def test_close_views_of_a_long_file_come_on_demand(studio, qtbot, tmp_path):
    path = tmp_path / "noise.wav"
    soundfile.write(path, np.random.default_rng(2).uniform(-0.5, 0.5, (RATE * 30, 2)), RATE, subtype="FLOAT")
    _stack, wave, spectrogram = studio(WaveformPane, SpectrogramPane, duration=30.0)
    clip = FileClip(path)
    for pane in (wave, spectrogram):
        pane.set_sounds([Sound(clip, 0.0, "noise", "#56B4E9")])
        wait_complete(qtbot, pane)
    assert wave.pyramids is spectrogram.pyramids
    wave.timeline.set_visible(20.0, 20.05)
    qtbot.waitUntil(lambda: wave.pyramids.waveform.has_chunk(20 * RATE >> 16), timeout=5000)
    clip.close()


def test_an_empty_pane_says_what_belongs_there(studio):
    _stack, wave, spectrogram = studio(WaveformPane, SpectrogramPane)
    texts = {label.text() for pane in (wave, spectrogram) for label in [pane._empty]}
    assert all("open a recording" in text for text in texts)
    assert not spectrogram.contrast.isVisible()
    assert wave._empty.isVisible()


def test_a_cleared_pane_lets_go(studio, qtbot):
    _stack, pane = studio(SpectrogramPane)
    pane.set_sounds([Sound(tones(), 0.0, "tones", "#0072B2")])
    wait_complete(qtbot, pane)
    pane.clear("Nothing here: choose a stem.")
    assert pane.pyramids is None
    assert pane._empty.text() == "Nothing here: choose a stem."
    assert pane.header.title.text() == ""
    picture(pane)


def test_a_broken_file_is_named_in_the_pane(studio, qtbot, tmp_path):
    path = tmp_path / "broken.wav"
    samples = np.zeros((RATE * 20, 1), np.float32)
    samples[RATE * 10] = np.nan
    soundfile.write(path, samples, RATE, subtype="FLOAT")
    _stack, pane = studio(SpectrogramPane)
    clip = FileClip(path)
    pane.set_sounds([Sound(clip, 0.0, "broken", "#0072B2")])
    qtbot.waitUntil(lambda: "NaN" in pane._empty.text(), timeout=10_000)
    assert pane._empty.isVisible()
    assert "broken.wav" in pane._empty.text()
    clip.close()


def test_a_recording_of_another_rate_gets_its_own_axis(studio, qtbot):
    _stack, pane = studio(SpectrogramPane)
    pane.set_sounds([Sound(AudioClip(np.zeros((1, 16000), np.float32), 16000), 0.0, "speech", "#0072B2")])
    assert pane.scale == scale_for("mel", 16000)
    assert pane.scale.hi == 8000


def test_times_in_words():
    assert time_text(12.345) == "0:12.345"
    assert time_text(59.9996) == "1:00.000"
    assert time_text(3725.5, 1) == "1:02:05.5"
    assert time_text(65, 0) == "1:05"
    assert time_text(-2.0, 0) == f"{MINUS}0:02"


def test_frequencies_notes_and_levels_in_words():
    assert frequency_text(1342.3) == f"1{THIN_SPACE}342 Hz"
    assert frequency_text(61.74) == "61.7 Hz"
    assert note_text(440.0) == "A4 +0 ct"
    assert note_text(261.6256) == "C4 +0 ct"
    assert note_text(1318.51 * 2 ** (20 / 1200)) == "E6 +20 ct"
    assert note_text(27.5 * 2 ** (-30 / 1200)) == f"A0 {MINUS}30 ct"
    assert note_text(0.0) == ""
    assert level_text(-31.4) == f"{MINUS}31 dB"
    assert level_text(0.2) == "0 dB"


@pytest.mark.parametrize("span", [0.001, 0.02, 0.7, 3, 11, 59, 300, 1800, 7200, 40000])
def test_time_ticks_are_round_and_never_crowded(span):
    start = 12.3
    ticks = time_ticks(start, start + span, 1000)
    labelled = [tick.position for tick in ticks if tick.label]
    assert 2 <= len(labelled) <= 12
    assert np.diff(labelled).min() * 1000 >= 60
    assert len({tick.label for tick in ticks if tick.label}) == len(labelled)
    assert all(-1e-6 <= tick.position <= 1 + 1e-6 for tick in ticks)


def test_time_ticks_say_what_they_are():
    ticks = [tick for tick in time_ticks(0.0, 30.0, 1000) if tick.label]
    assert [tick.label for tick in ticks][:3] == ["0:00", "0:05", "0:10"]
    assert ticks[1].position == pytest.approx(5 / 30)
    assert "0:12.350" in {tick.label for tick in time_ticks(12.345, 12.375, 1000)}


@pytest.mark.parametrize("kind", ["mel", "log", "linear"])
@pytest.mark.parametrize("heights", [(0.0, 1.0), (0.3, 0.6), (0.5, 0.53)])
@pytest.mark.parametrize("pixels", [70, 200, 900])
def test_frequency_ticks_are_round_and_apart(kind, heights, pixels):
    scale = scale_for(kind, 44100)
    ticks = frequency_ticks(scale, *heights, pixels)
    places = [tick.position for tick in ticks]
    assert len(ticks) >= 1 + (pixels >= 200)
    assert len(places) < 2 or np.diff(places).min() * pixels >= 22
    for tick in ticks:
        hertz = float(tick.label.rstrip("k")) * (1000 if tick.label.endswith("k") else 1)
        bottom, top = heights
        assert (float(scale.to_unit(hertz)) - bottom) / (top - bottom) == pytest.approx(tick.position, abs=1e-6)


def test_the_whole_mel_axis_carries_the_usual_numbers():
    labels = {tick.label for tick in frequency_ticks(scale_for("mel", 44100), 0.0, 1.0, 300)}
    assert {"100", "1k", "2k", "5k", "10k"} <= labels


def test_music_fills_the_picture(studio, qtbot, shared_data):
    samples, rate = soundfile.read(
        shared_data / "multitracks" / "rendered_dm14" / "mixture.flac", dtype="float32", always_2d=True
    )
    clip = AudioClip(np.ascontiguousarray(samples.T), rate)
    _stack, pane = studio(SpectrogramPane, duration=clip.duration)
    pane.set_sounds([Sound(clip, 0.0, "music", "#0072B2")])
    wait_complete(qtbot, pane)
    image = picture(pane).scaled(64, 64)
    values = [QColor(image.pixel(x, y)).lightness() for x in range(64) for y in range(64)]
    assert np.mean(values) > 40
    assert np.std(values) > 20
