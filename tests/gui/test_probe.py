"""Why is this here? Clicks, keys, marks and the sound of a neighbourhood, in the real window."""

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtWidgets import QPushButton

from sepstudio.gui.items.probe_marks import ProbeMarks
from sepstudio.gui.panels.probe_panel import HINT, ProbePanel
from sepstudio.gui.panes.layout import PaneSpec
from sepstudio.separation.explanation import DECIDING
from sepstudio.separation.kam import KamParams

RATE = 44100
TONE_HZ = 1000.0
CTRL = Qt.KeyboardModifier.ControlModifier
LEFT = Qt.MouseButton.LeftButton


def separated(window, qtbot, span=None, **params):
    qtbot.waitUntil(lambda: window.session.current_source is not None, timeout=10_000)
    runs = len(window.session.runs)
    window.workbench.separate(window.panel.spec, KamParams(**params), span)
    qtbot.waitUntil(lambda: len(window.session.runs) == runs + 1, timeout=120_000)
    qtbot.waitUntil(window.tab.settled, timeout=60_000)


def click(window, qtbot, seconds, hertz, modifier=Qt.KeyboardModifier.NoModifier, pane=None):
    pane = pane or window.tab.mixture
    scene = pane.box.mapViewToScene(QPointF(seconds, float(pane.scale.to_unit(hertz))))
    qtbot.mouseClick(pane.view.viewport(), LEFT, modifier, pane.view.mapFromScene(scene))


def read(window, qtbot):
    panel = window.findChild(ProbePanel)
    qtbot.waitUntil(lambda: panel.reading is not None, timeout=60_000)
    return panel, panel.reading


def shares(reading):
    return {share.name: share.energy for share in reading.shares}


def marks(window):
    found = {
        pane: [i for i in pane.box.childGroup.childItems() if isinstance(i, ProbeMarks)]
        for pane in window.tab.stack.panes
    }
    assert max(map(len, found.values())) <= 1
    return {pane: items[0] for pane, items in found.items() if items}


def key(window, qtbot, code, modifier=Qt.KeyboardModifier.NoModifier):
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    window.setFocus()
    qtbot.keyClick(window, code, modifier)


def test_ctrl_click_shows_shares_neighbours_and_marks(in_studio, qtbot, recording):
    def scenario(window):
        separated(window, qtbot)
        window.timeline.set_visible(1.0, 1.2)
        click(window, qtbot, 1.1, TONE_HZ, CTRL)
        panel, reading = read(window, qtbot)
        assert panel.isVisible()
        assert reading.hertz == pytest.approx(TONE_HZ, abs=60)
        assert reading.seconds == pytest.approx(1.1, abs=0.02)
        assert shares(reading)["harmonic"] > 0.9
        assert panel.bars.accessibleDescription().startswith("harmonic ")
        assert [card.evidence.stem for card in panel.cards] == ["harmonic", "percussive"]
        assert "17 frames at this frequency" in panel.sentence.text()
        found = marks(window)
        assert len(found) == 3
        names = {tuple(len(cells.seconds) for cells in item.cells) for item in found.values()}
        assert names == {(17, 17), (17,)}
        key(window, qtbot, Qt.Key.Key_W)
        assert not panel.isVisible()
        assert all(item.boundingRect().isNull() for item in marks(window).values())

    in_studio([recording], scenario)


def test_while_the_page_is_open_every_click_asks(in_studio, qtbot, recording):
    def scenario(window):
        separated(window, qtbot)
        window.timeline.set_visible(0.6, 0.9)
        key(window, qtbot, Qt.Key.Key_W)
        panel = window.findChild(ProbePanel)
        assert panel.isVisible()
        assert panel.place.text() == HINT
        click(window, qtbot, 0.752, 8000.0)
        _, reading = read(window, qtbot)
        assert shares(reading)["percussive"] > 0.9
        # The same point is asked again for another iteration, another run, or none.
        separated(window, qtbot, (0, RATE * 3), iterations=1, spatial=False)
        qtbot.waitUntil(lambda: "run 2" in panel.place.toolTip().lower(), timeout=30_000)
        window.timeline.set_visible(3.0, 4.0)
        click(window, qtbot, 3.5, 1000.0)
        assert "0:00–0:03 only" in panel.place.text()
        assert not panel.cards
        key(window, qtbot, Qt.Key.Key_W)
        click(window, qtbot, 3.2, 1000.0)
        assert "only" in panel.place.text()

    in_studio([recording], scenario)


def test_the_keyboard_asks_about_the_loudest_point_at_the_playhead(in_studio, qtbot, recording):
    def scenario(window):
        separated(window, qtbot)
        window.player.seek(1.0)
        key(window, qtbot, Qt.Key.Key_W, Qt.KeyboardModifier.ShiftModifier)
        _, reading = read(window, qtbot)
        assert reading.hertz == pytest.approx(TONE_HZ, abs=11)
        assert reading.seconds == pytest.approx(1.0, abs=0.02)

        # From there on, the arrows go to the neighbours.
        panel = window.findChild(ProbePanel)
        panel.setFocus()
        begun = reading.point
        for code, frames, bins in ((Qt.Key.Key_Right, 1, 0), (Qt.Key.Key_Up, 1, 1), (Qt.Key.Key_Left, 0, 1)):
            before = panel.reading
            qtbot.keyClick(panel, code)
            qtbot.waitUntil(lambda before=before: panel.reading not in (None, before), timeout=30_000)
            assert (panel.reading.point.frame, panel.reading.point.bin) == (begun.frame + frames, begun.bin + bins)
        assert window.player.position == RATE

    in_studio([recording], scenario)


def test_a_new_pane_has_the_marks_too(in_studio, qtbot, recording):
    def scenario(window):
        separated(window, qtbot)
        window.timeline.pointed.emit(1.0, TONE_HZ)
        read(window, qtbot)
        deck = window.tab.deck
        deck.show_layout(deck.layout.with_pane(PaneSpec("difference", ("@stem:0", "@stem:1"))))
        assert len(marks(window)) == 4
        deck.show_layout(deck.layout.without(1))
        assert len(marks(window)) == 3

    in_studio([recording], scenario)


def test_without_a_run_the_page_says_what_to_do(in_studio, qtbot, recording):
    def scenario(window):
        qtbot.waitUntil(lambda: window.session.current_source is not None, timeout=10_000)
        qtbot.waitUntil(window.tab.settled, timeout=60_000)
        click(window, qtbot, 1.0, 1000.0, CTRL)
        panel = window.findChild(ProbePanel)
        assert panel.isVisible()
        assert panel.place.text().startswith("Separate the recording first")

    in_studio([recording], scenario)


def test_a_neighbourhood_is_heard_while_its_button_is_held(in_studio, qtbot, recording):
    def scenario(window):
        separated(window, qtbot)
        window.player.seek(3.0)
        window.timeline.pointed.emit(1.0, TONE_HZ)
        panel, _ = read(window, qtbot)
        lanes = []
        set_lanes = window.player._transport.set_lanes
        window.player._transport.set_lanes = lambda wanted: (
            lanes.append([lane.key for lane in wanted]),
            set_lanes(wanted),
        )
        button = panel.findChild(QPushButton, "probe.play.harmonic")
        qtbot.mousePress(button, LEFT)
        qtbot.waitUntil(lambda: window.player.playing, timeout=30_000)
        assert lanes[-1] == ["audition"]
        # It is longer than the clip: the sound goes round while the button is down.
        qtbot.wait(1500)
        assert window.player.playing
        assert 0.6 < window.player.position / RATE < 1.6
        qtbot.mouseRelease(button, LEFT)
        qtbot.waitUntil(lambda: not window.player.playing, timeout=10_000)
        assert window.player.position == 3 * RATE
        assert lanes[-1] == list(window.player.audible())

    in_studio([recording], scenario)


def test_playback_goes_on_after_a_neighbourhood_was_heard(in_studio, qtbot, recording):
    def scenario(window):
        separated(window, qtbot)
        window.player.set_looping(True)
        window.player.seek(2.0)
        window.player.toggle()
        window.timeline.pointed.emit(1.0, TONE_HZ)
        panel, _ = read(window, qtbot)
        panel.of_stem.setChecked(True)
        before = window.player.position
        qtbot.mouseClick(panel.findChild(QPushButton, "probe.play.percussive"), LEFT)
        qtbot.waitUntil(lambda: window.player.position < before, timeout=30_000)
        qtbot.waitUntil(lambda: window.player.position >= before, timeout=30_000)
        assert window.player.playing

    in_studio([recording], scenario)


def test_a_cell_tells_its_level(in_studio, qtbot, recording):
    def scenario(window):
        separated(window, qtbot, iterations=1, spatial=False)
        window.timeline.pointed.emit(1.0, TONE_HZ)
        panel, _ = read(window, qtbot)
        card = panel.cards[0]
        evidence = card.evidence
        centre = int(np.flatnonzero((evidence.frame_offsets == 0) & (evidence.bin_offsets == 0))[0])
        assert card.picture.text_at(card.picture.cell_centre(centre)).startswith("The point itself: ")
        decisive = int(np.flatnonzero(evidence.standing == DECIDING)[0])
        assert card.picture.text_at(card.picture.cell_centre(decisive)).endswith("decides")
        assert card.picture.text_at(QPointF(0, 0)) == ""
        picture = card.picture.grab().toImage()
        assert picture.pixelColor(QPoint(2, 2)) != picture.pixelColor(card.picture.cell_centre(0).toPoint())

    in_studio([recording], scenario)
