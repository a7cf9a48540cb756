"""What the mouse, the wheel and the keys do to panes, ruler and contrast."""

import gc
import threading
import weakref

import numpy as np
import pytest
import soundfile
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QApplication, QComboBox, QToolButton

from sepstudio.gui.panes.base import Sound
from sepstudio.gui.panes.display import DEFAULT_LEVELS, LEAST_RANGE_DB
from sepstudio.gui.panes.loader import TileLoader
from sepstudio.gui.panes.spectrogram import SpectrogramPane
from sepstudio.gui.panes.stack import PaneStack
from sepstudio.gui.panes.waveform import WaveformPane
from sepstudio.gui.theme import LIGHT, apply_theme
from sepstudio.gui.timeline import Timeline
from sepstudio.io.clip import AudioClip, FileClip

RATE = 8000
LEFT = Qt.MouseButton.LeftButton
NONE = Qt.KeyboardModifier.NoModifier
ALT, SHIFT, CTRL = (
    Qt.KeyboardModifier.AltModifier,
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.ControlModifier,
)


@pytest.fixture(autouse=True)
def collected_here():
    """Collect garbage on this thread only: a worker must not destroy the widgets of the test before."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.fixture
def loader(qapp):
    tile_loader = TileLoader()
    yield tile_loader
    tile_loader.close()


@pytest.fixture
def studio(qtbot, loader):
    """A waveform above a spectrogram of 100 s of a 1 kHz tone at -31 dBFS."""
    timeline = Timeline()
    stack = PaneStack(timeline)
    qtbot.addWidget(stack)
    wave, spectrogram = WaveformPane(timeline, loader), SpectrogramPane(timeline, loader)
    stack.add_pane(wave)
    stack.add_pane(spectrogram)
    stack.resize(848, 500)
    stack.show()
    qtbot.waitExposed(stack)
    timeline.set_duration(100.0)
    clip = tone()
    for pane in (wave, spectrogram):
        pane.set_sounds([Sound(clip, 0.0, "tone", "#0072B2")])
    qtbot.waitUntil(lambda: wave.pyramids.complete, timeout=20_000)
    timeline.set_visible(20.0, 60.0)
    return stack, wave, spectrogram


def tone(seconds=100):
    samples = 10 ** (-31 / 20) * np.sin(2 * np.pi * 1000 * np.arange(seconds * RATE) / RATE)
    return AudioClip(samples[None].astype(np.float32), RATE)


def pixel(pane, seconds, height=0.5):
    """The place of a time and a height in the viewport of a pane."""
    return pane.view.mapFromScene(pane.box.mapViewToScene(QPointF(seconds, height)))


def send_mouse(widget, kind, point, button=LEFT, buttons=LEFT, modifiers=NONE):
    place = QPointF(point)
    event = QMouseEvent(kind, place, widget.mapToGlobal(place), button, buttons, modifiers)
    QApplication.sendEvent(widget, event)


def hover(widget, point):
    send_mouse(widget, QEvent.Type.MouseMove, point, Qt.MouseButton.NoButton, Qt.MouseButton.NoButton)


def drag(widget, start, stop, modifiers=NONE, button=LEFT, release=True):
    send_mouse(widget, QEvent.Type.MouseMove, start, Qt.MouseButton.NoButton, Qt.MouseButton.NoButton, modifiers)
    send_mouse(widget, QEvent.Type.MouseButtonPress, start, button, button, modifiers)
    for share in (0.25, 0.5, 0.75, 1.0):
        between = QPointF(start) + (QPointF(stop) - QPointF(start)) * share
        send_mouse(widget, QEvent.Type.MouseMove, between, Qt.MouseButton.NoButton, button, modifiers)
    if release:
        send_mouse(widget, QEvent.Type.MouseButtonRelease, stop, button, Qt.MouseButton.NoButton, modifiers)


def click(widget, point):
    send_mouse(widget, QEvent.Type.MouseButtonPress, point)
    send_mouse(widget, QEvent.Type.MouseButtonRelease, point, LEFT, Qt.MouseButton.NoButton)


def wheel(widget, point, notches=1, modifiers=NONE, sideways=False):
    angle = QPoint(120 * notches, 0) if sideways else QPoint(0, 120 * notches)
    place = QPointF(point)
    event = QWheelEvent(
        place,
        widget.mapToGlobal(place),
        QPoint(),
        angle,
        Qt.MouseButton.NoButton,
        modifiers,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(widget, event)


def heard(signal):
    values = []
    signal.connect(values.append)
    return values


@pytest.mark.parametrize("which", [1, 2])
def test_the_wheel_zooms_time_at_the_cursor(studio, which):
    pane = studio[which]
    viewport = pane.view.viewport()
    place = pixel(pane, 30.0)
    wheel(viewport, place)
    start, stop = pane.timeline.visible
    assert stop - start == pytest.approx(40 / 1.25)
    assert pixel(pane, 30.0).x() == pytest.approx(place.x(), abs=1)
    wheel(viewport, place, notches=-1)
    assert pane.timeline.visible == pytest.approx((20, 60), abs=0.05)


def test_ctrl_and_sideways_wheels_scroll(studio):
    _stack, pane, _spectrogram = studio
    viewport = pane.view.viewport()
    wheel(viewport, pixel(pane, 30.0), modifiers=CTRL)
    assert pane.timeline.visible == pytest.approx((16, 56))
    wheel(viewport, pixel(pane, 30.0), notches=-2, sideways=True)
    assert pane.timeline.visible == pytest.approx((24, 64))


@pytest.mark.parametrize("sideways", [False, True])
def test_alt_wheel_zooms_and_shift_wheel_moves_along_frequencies(studio, sideways):
    """Systems turn a wheel sideways while Alt is held: both must do."""
    _stack, _wave, pane = studio
    viewport = pane.view.viewport()
    before = pane.timeline.visible
    wheel(viewport, pixel(pane, 40.0, 0.25), notches=2, modifiers=ALT, sideways=sideways)
    bottom, top = pane.heights
    assert top - bottom == pytest.approx(1 / 1.25**2)
    assert (0.25 - bottom) / (top - bottom) == pytest.approx(0.25, abs=0.01)
    wheel(viewport, pixel(pane, 40.0, 0.3), modifiers=SHIFT)
    assert pane.heights[0] == pytest.approx(bottom + 0.1 * (top - bottom))
    assert pane.heights[1] - pane.heights[0] == pytest.approx(top - bottom)
    for _ in range(30):
        wheel(viewport, pixel(pane, 40.0, 0.3), notches=-1, modifiers=ALT)
    assert pane.heights == (0.0, 1.0)
    assert pane.timeline.visible == before


def test_alt_wheel_makes_waves_taller(studio):
    _stack, pane, _spectrogram = studio
    wheel(pane.view.viewport(), pixel(pane, 40.0), notches=3, modifiers=ALT)
    assert pane.item.gain == pytest.approx(1.25**3)
    wheel(pane.view.viewport(), pixel(pane, 40.0), notches=-9, modifiers=ALT)
    assert pane.item.gain == 1.0


@pytest.mark.parametrize("which", [1, 2])
def test_a_drag_selects_time(studio, which):
    pane = studio[which]
    edited, changed = heard(pane.timeline.selectionEdited), heard(pane.timeline.selectionChanged)
    drag(pane.view.viewport(), pixel(pane, 30.0), pixel(pane, 45.0))
    assert pane.timeline.selection == pytest.approx((30, 45), abs=0.1)
    assert pane.timeline.band is None
    assert len(edited) == 1
    assert edited[0][:2] == pane.timeline.selection
    assert edited[0][2] is None
    assert len(changed) >= 3


def test_nothing_is_handed_over_before_the_release(studio):
    pane = studio[2]
    edited = heard(pane.timeline.selectionEdited)
    drag(pane.view.viewport(), pixel(pane, 45.0), pixel(pane, 30.0), release=False)
    assert pane.timeline.selection == pytest.approx((30, 45), abs=0.1)
    assert edited == []
    send_mouse(pane.view.viewport(), QEvent.Type.MouseButtonRelease, pixel(pane, 30.0), LEFT, Qt.MouseButton.NoButton)
    assert len(edited) == 1


def test_alt_drag_selects_a_band_too(studio):
    _stack, _wave, pane = studio
    edited = heard(pane.timeline.selectionEdited)
    lo, hi = (float(u) for u in pane.scale.to_unit([500.0, 2000.0]))
    drag(pane.view.viewport(), pixel(pane, 30.0, hi), pixel(pane, 40.0, lo), modifiers=ALT)
    start, stop, band = edited[-1]
    assert (start, stop) == pytest.approx((30, 40), abs=0.1)
    assert band == pytest.approx((500, 2000), rel=0.03)
    rect = pane._selection.boundingRect()
    assert (rect.top(), rect.bottom()) == pytest.approx((lo, hi), abs=0.01)
    pane.edit_display(scale="linear")
    rect = pane._selection.boundingRect()
    assert rect.bottom() == pytest.approx(2000 / 4000, abs=0.02)


def test_an_end_of_the_selection_can_be_moved(studio):
    _stack, _wave, pane = studio
    pane.timeline.set_selection((30.0, 40.0), (500.0, 2000.0))
    edited = heard(pane.timeline.selectionEdited)
    drag(pane.view.viewport(), pixel(pane, 40.0) + QPoint(2, 0), pixel(pane, 50.0))
    assert pane.timeline.selection == pytest.approx((30, 50), abs=0.1)
    assert edited[-1][2] == (500.0, 2000.0)


def test_a_click_beside_clears_and_a_click_inside_does_not(studio):
    _stack, pane, _spectrogram = studio
    pane.timeline.set_selection((30.0, 40.0))
    edited, sought = heard(pane.timeline.selectionEdited), heard(pane.timeline.seekRequested)
    click(pane.view.viewport(), pixel(pane, 35.0))
    assert edited == []
    click(pane.view.viewport(), pixel(pane, 50.0))
    assert edited == [None]
    assert pane.timeline.selection is None
    assert sought == []


def test_a_double_click_seeks(studio):
    _stack, _wave, pane = studio
    sought = heard(pane.timeline.seekRequested)
    viewport, place = pane.view.viewport(), pixel(pane, 33.0)
    click(viewport, place)
    send_mouse(viewport, QEvent.Type.MouseButtonDblClick, place)
    send_mouse(viewport, QEvent.Type.MouseButtonRelease, place, LEFT, Qt.MouseButton.NoButton)
    assert sought == [pytest.approx(33.0, abs=0.1)]


def test_the_middle_button_pans(studio):
    _stack, _wave, pane = studio
    pane.set_heights(0.2, 0.6)
    middle = Qt.MouseButton.MiddleButton
    start = pixel(pane, 40.0, 0.4)
    drag(pane.view.viewport(), start, start + QPoint(-80, 0), button=middle)
    assert pane.timeline.visible[0] == pytest.approx(24.0, abs=0.1)
    drag(pane.view.viewport(), start, start + QPoint(0, pane.view.height() // 4), button=middle)
    assert pane.heights[0] == pytest.approx(0.2 + 0.4 / 4, abs=0.02)


def test_the_cursor_reads_frequency_note_level_and_time(studio, qtbot):
    stack, wave, pane = studio
    texts = heard(stack.cursorMoved)
    bin_centre = 128 * pane.pyramids.spectrogram.bin_hz * 2
    height = float(pane.scale.to_unit(bin_centre))
    viewport = pane.view.viewport()
    place = pixel(pane, 40.0, height)
    # Fonts decide the height of a pane, and with it to which of two rows the bin belongs.
    for shift in (-1, 0, 1):
        hover(viewport, place + QPoint(0, shift))
    words = next(text for text in texts[-3:] if "−31 dB" in text).split("  ")
    assert words[0].endswith(" Hz")
    assert float(words[0][:-3].replace("\u202f", "")) == pytest.approx(1000, rel=0.02)
    assert words[1][:2] in {"B5", "C6"}
    assert words[2] == "−31 dB"
    assert words[3].startswith("0:40.")
    QApplication.sendEvent(pane.view, QEvent(QEvent.Type.Leave))
    assert texts[-1] == ""
    hover(wave.view.viewport(), pixel(wave, 30.0))
    assert texts[-1].startswith("peak −31 dB  0:")


def test_a_click_on_the_ruler_seeks_and_a_drag_selects(studio):
    stack, _wave, _spectrogram = studio
    ruler, timeline = stack.ruler, stack.timeline
    sought, edited = heard(timeline.seekRequested), heard(timeline.selectionEdited)
    click(ruler, QPointF(ruler.x_of(44.0), 10))
    assert sought == [pytest.approx(44.0, abs=0.1)]
    drag(ruler, QPointF(ruler.x_of(30.0), 10), QPointF(ruler.x_of(50.0), 12))
    assert edited == [(*timeline.selection, None)]
    assert timeline.selection == pytest.approx((30, 50), abs=0.1)
    assert len(sought) == 1
    wheel(ruler, QPointF(ruler.x_of(40.0), 10))
    assert timeline.visible[1] - timeline.visible[0] == pytest.approx(32)
    wheel(ruler, QPointF(ruler.x_of(40.0), 10), modifiers=CTRL, notches=-1)
    assert timeline.visible[0] == pytest.approx(24 + 3.2)


def test_the_scroll_bar_moves_the_view_and_follows_it(studio):
    stack, _wave, _spectrogram = studio
    bar = stack._bar
    assert (bar.value(), bar.maximum(), bar.pageStep()) == (20_000, 60_000, 40_000)
    bar.setValue(50_000)
    assert stack.timeline.visible == pytest.approx((50, 90))
    stack.timeline.set_visible(10.0, 20.0)
    assert bar.value() == 10_000


def test_contrast_is_dragged_turned_typed_and_reset(studio):
    _stack, _wave, pane = studio
    bar = pane.contrast
    changed = []
    bar.levelsChanged.connect(lambda *levels: changed.append(levels))
    step = 120 / (bar.width() - 2)
    drag(bar, QPointF(bar._x_of(-90), 7), QPointF(bar._x_of(-90) + 20, 7))
    assert bar.levels == pytest.approx((-90 + 20 * step, -10))
    drag(bar, QPointF(bar._x_of(-40), 7), QPointF(bar._x_of(-40) - 10, 7))
    assert bar.levels == pytest.approx((-90 + 10 * step, -10 - 10 * step))
    drag(bar, QPointF(bar._x_of(bar.levels[1]), 7), QPointF(-300, 7))
    assert bar.levels[1] - bar.levels[0] == pytest.approx(LEAST_RANGE_DB)
    send_mouse(bar, QEvent.Type.MouseButtonDblClick, QPointF(5, 5))
    assert bar.levels == DEFAULT_LEVELS
    wheel(bar, QPointF(20, 5), notches=-1)
    assert bar.levels == (DEFAULT_LEVELS[0] - 2, DEFAULT_LEVELS[1])
    assert changed[-1] == bar.levels


def test_contrast_by_keys(studio, qtbot):
    bar = studio[2].contrast
    qtbot.keyClick(bar, Qt.Key.Key_Right)
    assert bar.levels == (-88, -8)
    for _ in range(9):
        qtbot.keyClick(bar, Qt.Key.Key_Right)
    assert bar.levels == (-80, 0)
    qtbot.keyClick(bar, Qt.Key.Key_Down)
    qtbot.keyClick(bar, Qt.Key.Key_Up)
    qtbot.keyClick(bar, Qt.Key.Key_Up)
    assert bar.levels == (-78, 0)


def test_the_menu_and_the_display_panel_choose_axis_and_colours(studio):
    _stack, _wave, pane = studio
    changed = heard(pane.displayChanged)
    next(a for a in pane.axis_choice.menu().actions() if a.text() == "log").trigger()
    assert pane.scale.kind == "log"
    assert pane.axis_choice.text() == "log"
    panel = pane.display_panel()
    colours = panel.findChild(QComboBox, "spectrogram.display-panel.colours")
    colours.setCurrentIndex(colours.findText("viridis"))
    assert pane.display.colours == "viridis"
    assert pane.display.scale == "log"
    assert changed == [pane, pane]


def test_every_control_is_named_and_explained(studio):
    stack, wave, pane = studio
    for widget in (stack.ruler, stack._bar, wave.view, pane.view, pane.contrast, *pane.findChildren(QToolButton)):
        assert widget.objectName()
        assert widget.accessibleName()
        assert widget.toolTip()


def test_another_theme_is_followed_at_once(studio, qapp):
    _stack, wave, _spectrogram = studio
    old_sheet, old_palette = qapp.styleSheet(), qapp.palette()
    try:
        apply_theme(qapp, LIGHT)
        assert wave.view.backgroundBrush().color().name().upper() == LIGHT.panel
    finally:
        qapp.setStyleSheet(old_sheet)
        qapp.setPalette(old_palette)
        qapp.setProperty("sepstudioPalette", None)


def test_news_come_on_the_gui_thread_and_not_too_often(qtbot, loader):
    pyramids = loader.pyramids(tone(600))
    threads, times = [], []

    def listen(news):
        threads.append(threading.current_thread())
        times.append(news.fraction)

    loader.tilesReady.connect(listen)
    loader.attach(loader.new_client(), pyramids)
    with qtbot.waitSignal(loader.tilesReady, timeout=20_000, check_params_cb=lambda news: not news.busy):
        pass
    assert pyramids.complete
    assert set(threads) == {threading.main_thread()}
    assert times == sorted(times)
    assert times[-1] == 1.0
    assert len(times) < 40


def test_pyramids_are_shared_while_they_live(loader):
    clip = tone(1)
    first = loader.pyramids(clip)
    assert loader.pyramids(clip) is first
    gone = weakref.ref(first)
    del first
    gc.collect()
    assert gone() is None


def test_removing_the_last_pane_cancels_and_adding_one_goes_on(qtbot, loader, tmp_path):
    path = tmp_path / "long.wav"
    with soundfile.SoundFile(path, "w", 44100, 2, "PCM_16") as file:
        block = np.random.default_rng(5).uniform(-0.3, 0.3, (44100 * 10, 2))
        for _ in range(60):
            file.write(block)
    clip = FileClip(path)
    timeline = Timeline()
    stack = PaneStack(timeline)
    qtbot.addWidget(stack)
    pane = SpectrogramPane(timeline, loader)
    stack.add_pane(pane)
    pane.set_sounds([Sound(clip, 0.0, "long", "#0072B2")])
    pyramids = pane.pyramids
    qtbot.waitUntil(lambda: pyramids.spectrogram.position > 0, timeout=5000)
    stack.remove_pane(pane)
    assert stack.panes == ()
    qtbot.waitUntil(lambda: not loader._builds.active, timeout=5000)
    stopped = pyramids.spectrogram.position
    assert 0 < stopped < clip.length
    again = SpectrogramPane(timeline, loader)
    stack.add_pane(again)
    again.set_sounds([Sound(clip, 0.0, "long", "#0072B2")])
    qtbot.waitUntil(lambda: pyramids.spectrogram.position > stopped, timeout=5000)
    loader.close()
    clip.close()


def test_closing_leaves_no_threads_behind(qtbot):
    before = set(threading.enumerate())
    loader = TileLoader()
    loader.attach(loader.new_client(), loader.pyramids(tone(60)))
    assert set(threading.enumerate()) > before
    loader.close()
    assert set(threading.enumerate()) == before
    loader.close()


def test_panes_do_not_outlive_their_removal(qtbot, loader):
    timeline = Timeline()
    stack = PaneStack(timeline)
    qtbot.addWidget(stack)
    stack.show()
    clip, gone = tone(1), []
    for cls in (WaveformPane, SpectrogramPane) * 5:
        pane = cls(timeline, loader)
        stack.add_pane(pane, row=0)
        pane.set_sounds([Sound(clip, 0.0, "tone", "#0072B2")])
        gone.append(weakref.ref(pane))
        stack.remove_pane(pane)
        assert pane not in stack.panes
        del pane
    qtbot.wait(50)
    gc.collect()
    timeline.set_playhead(0.5)
    timeline.set_visible(0.0, 0.5)
    assert [ref() for ref in gone] == [None] * len(gone)


def test_what_cannot_be_computed_is_asked_for_once(qtbot, loader):
    class Broken:
        tries = 0

        def compute(self, level, index):
            self.tries += 1
            raise RuntimeError("out of luck")

    broken, pyramids, client = Broken(), loader.pyramids(tone(1)), loader.new_client()
    loader.attach(client, pyramids)
    errors = heard(loader.tilesReady)
    for _ in range(3):
        loader.want(client, pyramids, [(broken, 0, 0)])
        qtbot.waitUntil(lambda: not loader._serving, timeout=5000)
    qtbot.waitUntil(lambda: any("out of luck" in news.error for news in errors), timeout=5000)
    assert broken.tries == 1
