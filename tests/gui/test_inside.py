"""Looking into a network that learns, and into that of a finished run, in the real window."""

import csv
import dataclasses
import json
import threading
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest
from gui.gestures import arrived
from gui.test_curve_export import answer, entry, rows_of, written
from networks import INPUTS, told
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QImage

from sepstudio.gui.controllers.inside import PAGE, InsideController
from sepstudio.gui.inside.gradient_view import NOT_CHECKED
from sepstudio.gui.inside.page import HINT, InsidePage
from sepstudio.io.clip import AudioClip
from sepstudio.nn import gradient_check
from sepstudio.nn.gradient_check import GradientReport, GradientRow
from sepstudio.separation.base import Curve, Progress, Provenance, Separation
from sepstudio.separation.registry import method
from sepstudio.session.removal import RemoveRun

CTRL = Qt.KeyboardModifier.ControlModifier


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
        assert "training <b>0.025</b>" in page.learning.errors.readout.text()
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


# -- gradients --------------------------------------------------------------------------------------


def gradients(page):
    show(page, "gradients")
    return page.gradients


def test_gradients_are_checked_and_the_table_says_which_agree(in_studio, qtbot, recording):
    def scenario(window):
        view = gradients(opened(window, qtbot))
        assert not view.table.isVisible()
        view.check.click()
        assert not view.check.isEnabled()
        qtbot.waitUntil(lambda: view.report is not None, timeout=60_000)
        assert view.report.passed
        assert view.verdict.text().startswith(f"All {len(view.report.rows)} gradients agree")
        assert view.texts()[0][0] == view.report.rows[0].layer
        assert {row[-1] for row in view.texts()} == {"yes"}
        assert view.check.isEnabled()
        view.copy.click()
        assert QGuiApplication.clipboard().text() == "\n".join(view.report.lines())

    in_studio([recording], scenario)


def test_gradients_that_do_not_agree_and_a_check_that_is_cancelled_are_told(in_studio, qtbot, monkeypatch):
    rows = (GradientRow("Convolution", "kernels", 50, 2e-10, 1e-15), GradientRow("Loss", "outputs", 4, 0.5, 1e-15))
    begun, go_on = threading.Event(), threading.Event()

    def check():
        begun.set()
        go_on.wait(30.0)
        yield 0.5
        return GradientReport(rows)

    monkeypatch.setattr(gradient_check, "check_steps", check)

    def scenario(window):
        window.actions_by_id["look-inside"].trigger()
        view = gradients(controller(window).page)
        view.check.click()
        assert begun.wait(30.0)
        window.bridge.cancel_all()
        go_on.set()
        qtbot.waitUntil(lambda: view.verdict.text() == NOT_CHECKED, timeout=10_000)
        view.check.click()
        qtbot.waitUntil(lambda: view.report is not None, timeout=10_000)
        assert view.verdict.text().startswith("1 of 2 gradients do not agree")
        assert [row[-1] for row in view.texts()] == ["yes", "NO"]

    in_studio([], scenario)
