"""Panes that come, go, move, follow and stay, by menu, hand and key, and what of it is remembered."""

import gc
import json
import weakref

import pytest
from gui.gestures import arrived
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication

from sepstudio.gui.controllers.panes import PaneController
from sepstudio.gui.panes.display import Display
from sepstudio.gui.panes.layout import DEFAULT_LAYOUT, Layout, PaneSpec, layout_from
from sepstudio.gui.panes.targets import TargetMenu
from sepstudio.gui.theme import DARK, LIGHT
from sepstudio.session.commands import SetTake

ALT = Qt.KeyboardModifier.AltModifier
CTRL_SHIFT = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier


def opened(window, qtbot):
    qtbot.waitUntil(lambda: window.session.current_source is not None, timeout=10_000)


def separated(window, qtbot, runs=1):
    window.panel.separate.click()
    qtbot.waitUntil(lambda: len(window.session.runs) == runs and not window.bridge.busy, timeout=60_000)
    run = list(window.session.runs.values())[-1]
    qtbot.waitUntil(lambda: window.player.heard == run.id)
    arrived(window)
    return run


def controller(window):
    return next(one for one in window.controllers if isinstance(one, PaneController))


def kinds(window):
    deck = window.tab.deck
    return [deck.layout.panes[deck.index_of(pane)].kind for pane in window.tab.stack.panes]


def titles(window):
    return [pane.header.title.text() for pane in window.tab.stack.panes]


def choose(menu, *words):
    """Go through menus by the beginnings of their entries and trigger the last."""
    for word in words[:-1]:
        menu = next(a for a in menu.actions() if a.text().startswith(word)).menu()
        if isinstance(menu, TargetMenu):
            menu.fill()
    next(a for a in menu.actions() if a.text().startswith(words[-1])).trigger()


def key(window, qtbot, key, modifier=Qt.KeyboardModifier.NoModifier):
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    qtbot.keyClick(window.focusWidget() or window, key, modifier)


def test_panes_of_every_kind_are_added_from_the_menu(in_studio, qtbot, recording):
    def scenario(window):
        opened(window, qtbot)
        separated(window, qtbot)
        panes = controller(window)
        for words in (
            ("Waveform", "Harmonic"), ("Spectrogram", "Residual"), ("Overlay", "Harmonic", "Percussive"),
            ("Difference", "Recording on show", "Percussive"), ("Mask", "Percussive"),
        ):  # fmt: skip
            choose(panes.add_menu(), *words)
        assert kinds(window)[4:] == ["waveform", "spectrogram", "overlay", "difference", "mask"]
        assert titles(window)[4:] == [
            "harmonic", "residual: what the stems leave", "harmonic", "mixture − percussive", "mask of percussive",
        ]  # fmt: skip
        qtbot.waitUntil(window.tab.settled, timeout=30_000)
        assert all(pane.height() >= pane.minimumHeight() for pane in window.tab.stack.panes)
        window.grab()
        choose(panes.add_menu(), "Reset panes")
        arrived(window)
        assert kinds(window) == ["waveform", "spectrogram", "spectrogram", "spectrogram"]

    in_studio([recording], scenario)


def test_the_menu_of_a_pane_changes_moves_and_removes_it(in_studio, qtbot, recording):
    def scenario(window):
        opened(window, qtbot)
        separated(window, qtbot)
        panes, stack = controller(window), window.tab.stack
        mixture = stack.panes[1]
        choose(panes.menu_of(mixture), "Move up")
        assert stack.panes[0] is mixture
        assert [stack._splitter.indexOf(pane) for pane in stack.panes] == [0, 1, 2, 3]
        assert not next(a for a in panes.menu_of(mixture).actions() if a.text() == "Move up").isEnabled()
        choose(panes.menu_of(mixture), "Move down")
        assert stack.panes[1] is mixture
        harmonic = stack.panes[2]
        choose(panes.menu_of(harmonic), "Show", "Percussive")
        assert stack.panes[2] is harmonic
        assert titles(window)[2:] == ["percussive", "percussive"]
        choose(panes.menu_of(harmonic), "Remove")
        assert harmonic not in stack.panes
        assert titles(window) == [recording.name, "mixture", "percussive"]

    in_studio([recording], scenario)


def test_keys_do_what_menus_do(in_studio, qtbot, recording):
    def scenario(window):
        opened(window, qtbot)
        separated(window, qtbot)
        stack = window.tab.stack
        pane = stack.panes[3]
        window.activateWindow()
        qtbot.waitUntil(window.isActiveWindow)
        pane.view.setFocus()
        assert stack.current is pane
        key(window, qtbot, Qt.Key.Key_Up, ALT)
        assert stack.panes[2] is pane
        key(window, qtbot, Qt.Key.Key_Down, ALT)
        key(window, qtbot, Qt.Key.Key_Down, ALT)
        assert stack.panes[3] is pane
        height = pane.height()
        key(window, qtbot, Qt.Key.Key_Up, ALT | Qt.KeyboardModifier.ShiftModifier)
        taller = pane.height()
        assert taller > height + 10
        key(window, qtbot, Qt.Key.Key_Down, ALT | Qt.KeyboardModifier.ShiftModifier)
        assert height - 2 <= pane.height() < taller
        key(window, qtbot, Qt.Key.Key_C)
        assert pane.display.auto
        key(window, qtbot, Qt.Key.Key_W, CTRL_SHIFT)
        assert pane not in stack.panes
        assert len(stack.panes) == 3
        # The keys go on with the pane that took its place.
        assert stack.current is stack.panes[2]
        for _ in range(5):
            key(window, qtbot, Qt.Key.Key_W, CTRL_SHIFT)
        assert stack.panes == ()
        assert stack._nothing.isVisible()
        window.grab()
        window.actions_by_id["panes-reset"].trigger()
        arrived(window)
        assert len(stack.panes) == 4

    in_studio([recording], scenario)


def test_a_header_that_is_pulled_takes_its_pane_along(in_studio, qtbot, recording):
    def scenario(window):
        opened(window, qtbot)
        separated(window, qtbot)
        stack = window.tab.stack
        first, last = stack.panes[0], stack.panes[3]
        drag_header(last, first.header.mapToGlobal(QPoint(40, 2)), stack)
        assert stack.panes[0] is last
        assert not stack._mark.isVisible()
        drag_header(last, stack.mapToGlobal(QPoint(40, stack.height() - 5)), stack)
        assert stack.panes[3] is last
        assert stack.panes[0] is first

    in_studio([recording], scenario)


def drag_header(pane, place, stack):
    header = pane.header
    start = header.mapToGlobal(QPoint(30, 10))
    left, none = Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton
    for kind, where, button, buttons in (
        (QEvent.Type.MouseButtonPress, start, left, left),
        (QEvent.Type.MouseMove, start + QPoint(0, 20), none, left),
        (QEvent.Type.MouseMove, place, none, left),
        (QEvent.Type.MouseButtonRelease, place, left, none),
    ):
        if kind == QEvent.Type.MouseButtonRelease:
            assert stack._mark.isVisible()
        local = QPointF(header.mapFromGlobal(where))
        event = QMouseEvent(kind, local, QPointF(where), button, buttons, Qt.KeyboardModifier.NoModifier)
        QApplication.sendEvent(header, event)


def test_following_panes_change_with_the_run_and_pinned_ones_stay(in_studio, qtbot, recording):
    def scenario(window):
        opened(window, qtbot)
        one = separated(window, qtbot)
        panes, stack, deck = controller(window), window.tab.stack, window.tab.deck
        choose(panes.add_menu(), "Mask", "Harmonic")
        mask, pinned = stack.panes[4], stack.panes[2]
        choose(panes.menu_of(pinned), "Keep showing")
        assert deck.layout.panes[deck.index_of(pinned)].targets == (one.stem_ids[0],)
        assert pinned.header.pin.isVisible()
        assert pinned.header.title.text() == f"{one.title}: harmonic"
        two = separated(window, qtbot, runs=2)
        window.tab.show_run(two.id)
        arrived(window)
        clip = window.session.clip
        assert mask.sounds[0].clip is clip(two.stem_ids[0])
        assert pinned.sounds[0].clip is clip(one.stem_ids[0])
        assert set(deck.shown) >= {one.stem_ids[0], two.stem_ids[1]}
        pinned.header.pin.click()
        assert pinned.sounds[0].clip is clip(two.stem_ids[0])
        assert not pinned.header.pin.isVisible()

    in_studio([recording], scenario)


def test_removing_what_panes_show_closes_them_and_undo_brings_them_back(in_studio, qtbot, recording):
    def scenario(window):
        opened(window, qtbot)
        run = separated(window, qtbot)
        panes, stack = controller(window), window.tab.stack
        choose(panes.add_menu(), "Difference", "Harmonic", "Percussive")
        choose(panes.add_menu(), "Overlay", recording.name, f"{run.title}: harmonic")
        choose(panes.add_menu(), "Mask", f"{run.title}: residual")
        shown = kinds(window)
        assert len(shown) == 7
        window.session.stack.undo()
        arrived(window)
        assert kinds(window) == ["waveform", "spectrogram"]
        window.session.stack.redo()
        qtbot.waitUntil(lambda: kinds(window) == shown)
        assert titles(window)[5] == recording.name
        window.session.stack.undo()
        window.session.stack.undo()
        assert not window.session.sources
        arrived(window)
        assert kinds(window) == ["waveform", "spectrogram"]
        assert all(pane.pyramids is None for pane in stack.panes)
        window.session.stack.redo()
        window.session.stack.redo()
        qtbot.waitUntil(lambda: kinds(window) == shown)

    in_studio([recording], scenario)


def test_another_take_is_seen_in_every_pane_that_shows_the_stem(in_studio, qtbot, recording):
    def scenario(window):
        opened(window, qtbot)
        window.panel.set_params(type(window.panel.params)(iterations=2, keep_iterations=True))
        run = separated(window, qtbot)
        panes, session = controller(window), window.session
        choose(panes.add_menu(), "Overlay", "Harmonic", "Percussive")
        choose(panes.add_menu(), "Mask", "Percussive")
        session.stack.push(SetTake(session, run.stem_ids[0], 1))
        arrived(window)
        clip = session.clip(run.stem_ids[0])
        for pane in window.tab.stack.panes[2], *window.tab.stack.panes[4:]:
            assert pane.sounds[0].clip is clip
        assert window.tab.stack.panes[4].header.title.text() == "harmonic, iteration 1 of 2"

    in_studio([recording], scenario)


def test_heights_that_are_dragged_stay_when_other_panes_come(in_studio, qtbot, recording):
    def scenario(window):
        opened(window, qtbot)
        separated(window, qtbot)
        stack, deck = window.tab.stack, window.tab.deck
        before = stack.panes[1].height()
        stack._splitter.moveSplitter(stack._splitter.handle(2).pos().y() + 60, 2)
        higher = stack.panes[1].height()
        assert higher > before + 40
        shares = [spec.share for spec in deck.layout.panes]
        assert shares[1] / sum(shares) == pytest.approx(higher / sum(p.height() for p in stack.panes), abs=0.01)
        choose(controller(window).menu_of(stack.panes[3]), "Remove")
        assert stack.panes[1].height() / stack.panes[0].height() == pytest.approx(shares[1] / shares[0], rel=0.15)

    in_studio([recording], scenario)


def test_one_display_can_be_applied_to_all(in_studio, qtbot, recording):
    def scenario(window):
        opened(window, qtbot)
        separated(window, qtbot)
        stack = window.tab.stack
        choose(controller(window).add_menu(), "Difference", "Harmonic", "Percussive")
        stack.panes[4].edit_display(limit_db=12.0)
        stack.panes[2].edit_display(fft_size=1024, scale="linear", colours="viridis")
        stack.panes[2].display_panel().appliedToAll.emit()
        displays = [pane.display for pane in stack.panes[1:]]
        assert {(d.fft_size, d.scale, d.colours) for d in displays} == {(1024, "linear", "viridis")}
        assert displays[3].limit_db == 12.0
        assert displays[0].limit_db == Display().limit_db

    in_studio([recording], scenario)


def test_panes_are_kept_in_the_document_and_for_new_ones(in_studio, qtbot, recording):
    kept = {}

    def arrange(window):
        opened(window, qtbot)
        run = separated(window, qtbot)
        panes, stack = controller(window), window.tab.stack
        choose(panes.menu_of(stack.panes[0]), "Remove")
        choose(panes.add_menu(), "Difference", "Harmonic", "Percussive")
        choose(panes.add_menu(), "Spectrogram", f"{run.title}: harmonic")
        stack.panes[0].edit_display(fft_size=8192, colours="viridis")
        assert not stack.panes[0].isHidden()
        kept["view"] = json.loads(json.dumps(dict(window.session.view)))
        kept["layout"] = window.tab.deck.layout
        panes.store()
        # The same document again, from what was saved of it.
        content = window.session.content()
        window.actions_by_id["panes-reset"].trigger()
        assert window.tab.deck.layout != kept["layout"]
        window.session.replace_all(content)
        assert window.tab.deck.layout == kept["layout"]
        arrived(window)
        assert kinds(window) == ["spectrogram"] * 3 + ["difference", "spectrogram"]

    def begin_again(window):
        opened(window, qtbot)
        separated(window, qtbot)
        # What is tied to the old document is not there.
        assert kinds(window) == ["spectrogram"] * 3 + ["difference"]
        assert window.tab.stack.panes[0].display == kept["layout"].panes[0].display

    in_studio([recording], arrange)
    assert layout_from(kept["view"]["panes"]) == kept["layout"]
    in_studio([recording], begin_again)


def test_nothing_of_a_closed_document_is_kept(in_studio, qtbot, recording):
    def scenario(window):
        opened(window, qtbot)
        separated(window, qtbot)
        qtbot.waitUntil(window.tab.settled, timeout=30_000)
        gone = [weakref.ref(p) for pane in window.tab.stack.panes for p in pane.all_pyramids]
        assert len(gone) == 4
        window.session.stack.setClean()
        window.documents.new()
        qtbot.waitUntil(lambda: not window.session.sources, timeout=10_000)
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)

        def all_gone():
            gc.collect()
            return all(ref() is None for ref in gone)

        qtbot.waitUntil(all_gone, timeout=5000)

    in_studio([recording], scenario)


def test_recordings_take_the_accent_of_another_theme(in_studio, qtbot, recording):
    def scenario(window):
        opened(window, qtbot)
        header = window.tab.waveform.header
        for light, palette in ((True, LIGHT), (False, DARK)):
            window.settings.set("look/light", light)
            assert header.swatch.colour == palette.accent

    in_studio([recording], scenario)


def test_layouts_are_read_leniently():
    layout = Layout((*DEFAULT_LAYOUT.panes, PaneSpec("overlay", ("@stem:0", "run-1/harmonic"), 2.5)), ("@stem:1",))
    assert layout_from(json.loads(json.dumps(layout.to_json()))) == layout
    assert layout_from(None) is None
    assert layout_from({"panes": "many"}) is None
    damaged = {"panes": [{"kind": "sphere"}, None, {"kind": "mask", "targets": []}, {"kind": "mask", "targets": [3]},
                         {"kind": "mask", "targets": ["@stem:0"], "share": "wide", "display": 5}]}  # fmt: skip
    assert layout_from(damaged) == Layout((PaneSpec("mask", ("@stem:0",)),))


def test_stems_get_panes_unless_the_user_closed_them():
    layout = DEFAULT_LAYOUT.with_stems(2)
    assert [spec.targets[0] for spec in layout.panes[2:]] == ["@stem:0", "@stem:1"]
    assert layout.with_stems(2) == layout
    assert layout.with_stems(88) == layout
    closed = layout.without(3)
    assert closed.with_stems(2) == closed
    assert [spec.targets for spec in closed.with_stems(3).panes[2:]] == [("@stem:0",), ("@stem:2",)]
    assert closed.with_pane(PaneSpec("spectrogram", ("@stem:1",))).closed == ()


@pytest.mark.parametrize(("index", "to", "order"), [(0, 2, "bca"), (2, 0, "cab"), (1, 1, "abc")])
def test_panes_move_in_a_layout(index, to, order):
    layout = Layout(tuple(PaneSpec("spectrogram", (name,)) for name in "abc"))
    assert "".join(spec.targets[0] for spec in layout.moved(index, to).panes) == order


def test_more_panes_than_fit_are_scrolled_and_stay_below_the_ruler(in_studio, qtbot, recording):
    def scenario(window):
        opened(window, qtbot)
        panes, stack = controller(window), window.tab.stack
        for _ in range(10):
            choose(panes.add_menu(), "Waveform", "Recording on show")
        assert len(stack.panes) == 12
        qtbot.waitUntil(lambda: stack._scroll.verticalScrollBar().isVisible(), timeout=5000)
        assert window.height() <= 800
        assert all(pane.height() >= pane.minimumHeight() for pane in stack.panes)
        view = stack.panes[0].view

        def right_end(widget):
            return widget.mapTo(stack, QPoint(widget.width(), 0)).x()

        qtbot.waitUntil(lambda: right_end(view) == right_end(stack.ruler), timeout=5000)
        window.activateWindow()
        qtbot.waitUntil(window.isActiveWindow)
        stack.panes[11].view.setFocus()
        assert stack.panes[11].visibleRegion().boundingRect().height() > 40
        panes.reset()
        qtbot.waitUntil(lambda: right_end(stack.panes[0].view) == right_end(stack.ruler) == stack.width(), timeout=5000)

    in_studio([recording], scenario)
