"""Looking into a network that learns, and into that of a finished run, in the real window."""

import csv
import dataclasses
import gc
import json
import threading
import weakref
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest
from gui.gestures import arrived
from gui.test_accessibility import controls, tabbed, unnamed
from gui.test_accessibility import told as told_of
from gui.test_curve_export import answer, entry, rows_of, written
from gui.test_probe import click
from networks import INPUTS, told
from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtGui import QImage

from sepstudio.gui.controllers.inside import PAGE, InsideController
from sepstudio.gui.inside.page import HINT, InsidePage
from sepstudio.gui.inside.picture import Picture
from sepstudio.gui.inside.point_asker import maps_at_point
from sepstudio.gui.inside.point_view import HINT as POINT_HINT
from sepstudio.gui.items.probe_marks import ProbeMarks
from sepstudio.gui.panes.picture import PicturePane
from sepstudio.io.clip import AudioClip
from sepstudio.io.strokes.records import PaintedSource, Stroke
from sepstudio.nn.gradient_check import GradientReport, GradientRow
from sepstudio.separation.base import Curve, Matrix, Progress, Provenance, Separation
from sepstudio.separation.registry import method
from sepstudio.session.removal import RemoveRun
from sepstudio.session.stroke_commands import AddPaintedSource, AddStroke

pytestmark = pytest.mark.usefixtures("one_thread")

CTRL = Qt.KeyboardModifier.ControlModifier
TONE_HZ = 1000.0
TONE, CLICKS = PaintedSource("a", "tone", "#0072B2"), PaintedSource("b", "clicks", "#E69F00")
STROKES = (
    Stroke("box", "a", ((0.3, 900.0), (0.7, 1100.0))),
    Stroke("box", "a", ((1.8, 900.0), (2.2, 1100.0))),
    Stroke("box", "b", ((0.245, 2000.0), (0.27, 12000.0))),
    Stroke("box", "b", ((0.745, 2000.0), (0.77, 12000.0))),
)
QUICK = {"steps": 24, "networks": 1, "hidden": 8, "refinement": 0, "fft_size": 2048, "hop_size": 512}


def kept(moment):
    """What a run keeps of a network."""
    alphas = {f"alpha {name}": matrix for name, matrix in moment.alphas.items()}
    return alphas | {f"kernels {name}": matrix for name, matrix in moment.kernels.items()}


class Learner:
    """A method that tells of its network when it is allowed to, and leaves it with the run."""

    def __init__(self, *moments):
        self.moments = moments
        self._allowed = [threading.Event() for _ in range(len(moments) + 1)]
        self.spec = dataclasses.replace(method("kam"), run=self.run)

    def run(self, mixture, params, *, context):
        yield Progress(0.0, "begins")
        for number, moment in enumerate(self.moments):
            self._allowed[number].wait(30.0)
            yield Progress(0.5, f"step {moment.step}", partial=moment)
        self._allowed[-1].wait(30.0)
        last = self.moments[-1]
        steps = np.arange(last.step, dtype=np.float64)
        curves = {
            "training error": Curve(last.training_error.astype(np.float64), steps),
            "held-out error": Curve(last.held_out_error.astype(np.float64), steps[9::10]),
        }
        samples = np.zeros((mixture.channels, mixture.length), np.float32)
        stems = {"drums": mixture, "rest": AudioClip(samples, mixture.sample_rate)}
        made = Provenance("kam", {}, 0, {}, "cpu", 0.1, 0)
        return Separation(stems, made, matrices=kept(last), curves=curves)

    def allow(self, number):
        self._allowed[number].set()

    def start(self, window):
        return window.workbench.separate(self.spec, self.spec.params())


def controller(window):
    return next(one for one in window.controllers if isinstance(one, InsideController))


def opened(window, qtbot):
    qtbot.waitUntil(lambda: window.session.current_source is not None, timeout=20_000)
    arrived(window)
    window.actions_by_id["look-inside"].trigger()
    assert window.drawer.page == PAGE
    return controller(window).page


def drawn(page, qtbot):
    qtbot.waitUntil(lambda: page.turns.idle, timeout=10_000)


def learned(window, qtbot, moment=None):
    """A finished run with a network, looked into."""
    learner = Learner(moment or told())
    learner.allow(0)
    learner.allow(1)
    page = opened(window, qtbot)
    learner.start(window)
    qtbot.waitUntil(lambda: bool(window.session.runs) and not window.bridge.busy, timeout=30_000)
    arrived(window)
    qtbot.waitUntil(lambda: page.shown is not None and not page.shown.live, timeout=10_000)
    drawn(page, qtbot)
    return page


def pictures(page, view="learning"):
    return {picture.objectName(): picture for picture in getattr(page, view).row.pictures}


def kernels_of(page, qtbot):
    """The kernels of the first layer, in their view."""
    show(page, "first")
    drawn(page, qtbot)
    return pictures(page, "first")["inside.kernels"]


def show(page, view):
    page._buttons[view].click()


def test_the_page_is_made_when_it_is_shown_first_and_says_what_belongs_there(in_studio, qtbot, recording):
    def scenario(window):
        qtbot.waitUntil(lambda: window.session.current_source is not None, timeout=20_000)
        assert window.findChild(InsidePage) is None
        page = opened(window, qtbot)
        qtbot.waitUntil(page.hint.isVisible, timeout=5_000)
        assert page.hint.text() == HINT
        assert not page.more.isEnabled()
        window.actions_by_id["look-inside"].trigger()
        assert window.drawer.page == ""

    in_studio([recording], scenario)


def test_a_network_is_seen_while_it_learns_and_after(in_studio, qtbot, recording):
    def scenario(window):
        page = opened(window, qtbot)
        first, second = told(20, seed=1), told(40, seed=5)
        learner = Learner(first, second)
        learner.start(window)
        learner.allow(0)
        qtbot.waitUntil(lambda: page.shown is not None, timeout=10_000)
        drawn(page, qtbot)
        assert page.title.text() == "KAM, learning: step 20"
        assert list(pictures(page)) == ["inside.alpha layer 1", "inside.alpha layer 2"]
        weights = pictures(page)["inside.alpha layer 1"]
        assert np.array_equal(weights.alphas, first.alphas["layer 1"].values)
        steps, errors = page.learning.errors.plotted()[1].across, page.learning.errors.plotted()[1].up
        assert steps.tolist() == [10.0, 20.0]
        assert errors == pytest.approx([0.2, 0.1])
        learner.allow(1)
        qtbot.waitUntil(lambda: page.shown.step == 40, timeout=10_000)
        drawn(page, qtbot)
        # The same pictures go on: nothing flickers.
        assert pictures(page)["inside.alpha layer 1"] is weights
        assert np.array_equal(weights.alphas, second.alphas["layer 1"].values)
        errors_shown = page.learning.errors
        window.activateWindow()
        qtbot.waitUntil(window.isActiveWindow)
        errors_shown.setFocus()
        qtbot.keyClick(errors_shown, Qt.Key.Key_Left)
        assert errors_shown.accessibleDescription() == "step 40: training 0.025, held out 0.05"
        qtbot.keyClick(errors_shown, Qt.Key.Key_Left)
        assert page.readout.text() == "step 39: training 0.0256, held out 0.0667"
        learner.allow(2)
        qtbot.waitUntil(lambda: not page.shown.live, timeout=30_000)
        drawn(page, qtbot)
        # A view that was out of sight catches up.
        assert np.array_equal(kernels_of(page, qtbot).sheet.cells, second.kernels["layer 1"].values)
        assert len(kernels_of(page, qtbot).placing.labels) == 4
        show(page, "learning")
        run = next(iter(window.session.runs.values()))
        assert page.title.text() == f"{run.title}, step 40"
        assert np.array_equal(weights.alphas, second.alphas["layer 1"].values)
        assert len(page.learning.errors.plotted()) == 2
        window.session.stack.undo()
        qtbot.waitUntil(lambda: page.shown is None, timeout=10_000)
        assert page.hint.isVisible()

    in_studio([recording], scenario)


def test_what_comes_faster_than_the_eye_is_drawn_eight_times_a_second(in_studio, qtbot, recording):
    def scenario(window):
        page = opened(window, qtbot)
        many = [told(step) for step in range(10, 70)]
        learner = Learner(*many)
        shown = []
        page.learning.errors.show_learning(None)
        original = page.show_learning
        page.show_learning = lambda learning: (shown.append(learning), original(learning))
        for number in range(len(many) + 1):
            learner.allow(number)
        learner.start(window)
        qtbot.waitUntil(lambda: bool(window.session.runs) and not window.bridge.busy, timeout=30_000)
        arrived(window)
        drawn(page, qtbot)
        live = [one.step for one in shown if one is not None and one.live]
        assert len(live) < len(many) / 4
        assert live == sorted(live)
        assert not page.shown.live

    in_studio([recording], scenario)


def test_the_run_on_show_is_looked_into_and_one_of_another_shape_changes_the_pictures(in_studio, qtbot, recording):
    def scenario(window):
        page = learned(window, qtbot, told(outputs=3))
        first = next(iter(window.session.runs))
        one = told(outputs=2)
        learner = Learner(dataclasses.replace(one, alphas={"layer 1": one.alphas["layer 1"]}))
        learner.allow(0)
        learner.allow(1)
        learner.start(window)
        qtbot.waitUntil(lambda: len(window.session.runs) == 2 and not window.bridge.busy, timeout=30_000)
        arrived(window)
        qtbot.waitUntil(lambda: page.title.text().startswith("Run 2"), timeout=10_000)
        drawn(page, qtbot)
        assert list(pictures(page)) == ["inside.alpha layer 1"]
        window.tab.show_run(first)
        arrived(window)
        qtbot.waitUntil(lambda: page.title.text().startswith("Run 1"), timeout=10_000)
        drawn(page, qtbot)
        assert len(pictures(page)) == 2
        window.session.stack.push(RemoveRun(window.session, first))
        qtbot.waitUntil(lambda: page.title.text().startswith("Run 2"), timeout=10_000)

    in_studio([recording], scenario)


def test_pictures_fit_into_a_narrow_window_and_a_wide_one(in_studio, qtbot, recording):
    def scenario(window):
        page = learned(window, qtbot)
        for width, height in ((1280, 800), (1920, 1080), (1280, 800)):
            window.resize(width, height)
            qtbot.waitUntil(lambda width=width: page.turns.idle and abs(page.width() - width) < 8, timeout=10_000)
            for view, count in (("first", 1), ("learning", 2)):
                show(page, view)
                drawn(page, qtbot)
                row = getattr(page, view).row
                assert [row.rect().contains(one.geometry()) for one in row.pictures] == [True] * count
            assert page.mapTo(window, page.rect().bottomRight()).x() <= width

    in_studio([recording], scenario)


def test_pictures_are_exported_as_figures_and_tables(in_studio, qtbot, recording, tmp_path, monkeypatch):
    def scenario(window):
        page = learned(window, qtbot)
        menu = page.menu()
        titles = [action.text() for action in menu.actions()]
        run = next(iter(window.session.runs.values()))
        assert titles == [f"Errors of {run.title}", "Weights α, layer 1", "Weights α, layer 2"]
        menu.deleteLater()
        weights, kernels = pictures(page)["inside.alpha layer 1"], kernels_of(page, qtbot)
        assert [view.figure_title for view in page.exportable] == ["Kernels, layer 1"]
        show(page, "learning")

        def export(picture, text, name):
            answer(monkeypatch, tmp_path / name)
            one = picture.menu()
            entry(one, text).trigger()
            one.deleteLater()
            return written(window, qtbot, tmp_path / name)

        rows = rows_of(export(page.learning.errors, "Export data…", "errors.csv"))
        assert [row["curve"] for row in rows] == ["training"] * 40 + ["held out"] * 4
        assert float(rows[-1]["error"]) == pytest.approx(0.05)
        drawing = export(page.learning.errors, "On white…", "errors.svg").read_text(encoding="utf-8")
        assert all(word in drawing for word in ("Steps", "training", "held out", ">20<"))
        rows = rows_of(export(weights, "Export data…", "alpha.csv"))
        assert [row["output"] for row in rows] == ["map 1", "map 2", "map 3"]
        assert float(rows[1]["1_level"]) == pytest.approx(weights.alphas[1, 0])
        with np.load(export(kernels, "Export data…", "kernels.npz"), allow_pickle=False) as file:
            assert np.allclose(file["value"].reshape(4, 5, 5), kernels.sheet.cells)
            assert json.loads(str(file["metadata"]))["title"] == "Kernels, layer 1"
        picture = QImage(str(export(weights, "On white…", "alpha.png")))
        assert picture.width() > 4 * 18
        drawing = ElementTree.parse(export(weights, "As on screen…", "alpha.svg")).getroot()
        words = {text.strip() for text in drawing.itertext()}
        assert {"Weights α, layer 1", *INPUTS} <= words
        assert "Kernels, layer 1" in export(kernels, "On white…", "kernels.svg").read_text(encoding="utf-8")
        weights.setFocus()
        answer(monkeypatch, tmp_path / "focused.csv")
        window.actions_by_id["export-data"].trigger()
        lines = written(window, qtbot, tmp_path / "focused.csv").read_text(encoding="utf-8").splitlines()
        assert len(list(csv.reader(line for line in lines if not line.startswith("#")))) == 4

    in_studio([recording], scenario)


# -- at a point, with real networks -----------------------------------------------------------------


def painted(window, qtbot, **params):
    """A run that learned from a few strokes on the recording of a tone and clicks, looked into."""
    page = opened(window, qtbot)
    session, source = window.session, window.session.current_source.id
    for painted_source in (TONE, CLICKS):
        session.stack.push(AddPaintedSource(session, source, painted_source))
    for stroke in STROKES:
        session.stack.push(AddStroke(session, source, stroke))
    spec = method("paint")
    window.workbench.separate(spec, spec.params(**(QUICK | params)))
    qtbot.waitUntil(lambda: bool(session.runs) and not window.bridge.busy, timeout=120_000)
    arrived(window)
    qtbot.waitUntil(lambda: page.shown is not None and not page.shown.live, timeout=10_000)
    drawn(page, qtbot)
    return page


def pictured(window):
    return [pane for pane in window.tab.stack.panes if isinstance(pane, PicturePane)]


def rings(window):
    """How many panes have a ring round the point."""
    items = (item for pane in pictured(window) for item in pane.box.childGroup.childItems())
    return sum(isinstance(item, ProbeMarks) and not item.boundingRect().isNull() for item in items)


def looked(page, qtbot, before=None):
    qtbot.waitUntil(lambda: page.point.shown not in (None, before), timeout=60_000)
    drawn(page, qtbot)
    return page.point.shown


def test_a_click_shows_what_the_network_makes_of_the_point(in_studio, qtbot, recording):
    def scenario(window):
        page = painted(window, qtbot)
        # In the other views clicks are what they always are.
        assert not window.timeline.pointing
        show(page, "point")
        assert window.timeline.pointing
        click(window, qtbot, 1.0, TONE_HZ)
        found = looked(page, qtbot)
        labels = dict(found.labels)
        assert labels["tone"] > 0.6
        assert page.point.bars.accessibleDescription().startswith("tone ")
        names = [picture.sheet.title for picture in page.point.row.pictures]
        assert names[0] == "what it sees"
        assert names[-1] == "sources"
        run = next(iter(window.session.runs.values()))
        mask = window.session.matrices(run.id)["mask tone"]
        row, column = (np.abs(mask.coordinates[axis] - place).argmin() for axis, place in enumerate((TONE_HZ, 1.0)))
        assert labels["tone"] == pytest.approx(mask.values[row, column], abs=0.02)
        first = page.point.row.pictures[0]
        assert "level" in first.text_of((0, *first.sheet.marked))
        assert rings(window) == len(pictured(window))
        click(window, qtbot, 1.25, 5000.0)
        found = looked(page, qtbot, found)
        assert dict(found.labels)["clicks"] > 0.6
        # From there on the arrows go to the neighbours.
        page.point.bars.setFocus()
        for key, later, higher in ((Qt.Key.Key_Right, 1, 0), (Qt.Key.Key_Up, 0, 1), (Qt.Key.Key_Left, -1, 0)):
            before = page.point.shown
            qtbot.keyClick(page.point.bars, key)
            found = looked(page, qtbot, before)
            assert np.sign(round(found.seconds - before.seconds, 6)) == later
            assert np.sign(round(found.hertz - before.hertz, 6)) == higher
        show(page, "learning")
        assert not window.timeline.pointing
        assert rings(window) == 0

    in_studio([recording], scenario)


def test_the_loudest_point_at_the_playhead_and_ctrl_click_are_looked_at(in_studio, qtbot, recording):
    def scenario(window):
        page = painted(window, qtbot)
        click(window, qtbot, 2.0, 3000.0, CTRL)
        assert page.view == "point"
        assert looked(page, qtbot).hertz == pytest.approx(3000.0, rel=0.2)
        window.player.seek(1.0)
        page.point.playhead.click()
        found = looked(page, qtbot, page.point.shown)
        assert found.seconds == pytest.approx(1.0, abs=0.05)
        assert found.hertz == pytest.approx(TONE_HZ, abs=30.0)
        # The other page answers again once it is in view.
        window.actions_by_id["probe"].trigger()
        assert window.timeline.pointing
        click(window, qtbot, 1.0, TONE_HZ)
        assert window.drawer.page == "probe"
        assert page.point.shown is found

    in_studio([recording], scenario)


def test_a_point_outside_of_the_run_and_one_without_a_network_are_told(in_studio, qtbot, recording):
    def scenario(window):
        page = opened(window, qtbot)
        show(page, "point")
        click(window, qtbot, 1.0, TONE_HZ, CTRL)
        qtbot.waitUntil(page.hint.isVisible, timeout=5_000)
        learner = Learner(told())
        learner.allow(0)
        learner.allow(1)
        learner.spec = dataclasses.replace(learner.spec, id="kam")
        window.workbench.separate(learner.spec, learner.spec.params(), (0, 2 * 44100))
        qtbot.waitUntil(lambda: page.shown is not None and not page.shown.live, timeout=30_000)
        arrived(window)
        page.point.say("")
        window.timeline.pointed.emit(3.0, TONE_HZ)
        assert "0:00–0:02 only" in page.point.place.text()
        failures = []
        window.bridge.failed.disconnect(window._show_failure)
        window.bridge.failed.connect(lambda _title, event: failures.append(str(event.error)))
        window.timeline.pointed.emit(1.0, TONE_HZ)
        qtbot.waitUntil(lambda: bool(failures), timeout=60_000)
        assert "kept no network" in failures[0]
        assert page.point.place.text() == POINT_HINT

    in_studio([recording], scenario)


# -- for everybody ----------------------------------------------------------------------------------


def test_every_view_is_named_reached_by_tab_and_shows_its_focus(in_studio, qtbot, recording):
    def scenario(window):
        page = learned(window, qtbot)
        window.activateWindow()
        qtbot.waitUntil(window.isActiveWindow)
        places = (np.arange(4) * 100.0, np.arange(4) * 0.1)
        maps = Matrix(np.ones((2, 4, 4), np.float32), ("map", "frequency", "time"), (("level", "rise"), *places))
        found = {"inputs": maps, "probabilities": Matrix(np.ones(1), ("sources",), (("tone",),))}
        show(page, "point")
        page.point.show_maps(maps_at_point(found, 0.2, 200.0))
        assert page.point.shown.marked == {"inputs": (2, 2)}
        page.show_view("gradients")
        page.gradients.show_report(GradientReport((GradientRow("Convolution", "kernels", 50, 2e-10, 1e-15),)))
        for view in ("learning", "first", "point", "gradients"):
            show(page, view)
            drawn(page, qtbot)
            qtbot.wait(1)
            assert unnamed(page) == []
            own = {told_of(widget) for widget in controls(page)}
            assert own <= {told_of(widget) for widget in tabbed(page._buttons["learning"])}
            for picture in page.findChildren(Picture):
                if picture.isVisible():
                    picture.setFocus()
                    focused = picture.grab().toImage()
                    page._buttons["learning"].setFocus()
                    assert picture.grab().toImage() != focused

    in_studio([recording], scenario)


def test_nothing_of_the_page_outlives_the_window(in_studio, qtbot, recording):
    gone = []

    def scenario(window):
        page = learned(window, qtbot)
        kernels_of(page, qtbot)
        show(page, "point")
        show(page, "gradients")
        views = [getattr(page, name) for name in ("learning", "first", "point", "gradients")]
        gone.extend(weakref.ref(one) for one in (page, controller(window), *views, *page.findChildren(Picture)))

    in_studio([recording], scenario)
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    gc.collect()
    assert len(gone) == 10
    assert [reference() for reference in gone] == [None] * len(gone)
