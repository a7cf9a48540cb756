"""Pictures and data of plots of curves, asked for in their menus and read back by other programs."""

import csv
import json
import re
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest
import soundfile
from compare_bench import NAMES, Bench
from gui.gestures import arrived
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor, QContextMenuEvent, QImage
from PySide6.QtWidgets import QApplication, QFileDialog, QMenu

from sepstudio.gui.controllers.error_curves import ErrorCurveController
from sepstudio.gui.exporting.curve_views import LEAST_HEIGHT
from sepstudio.gui.exporting.figure import BOTTOM, LEFT, PICTURE_FORMATS, TOP
from sepstudio.gui.theme import LIGHT
from sepstudio.io.clip import AudioClip
from sepstudio.metrics.bss_fit import MEASURES
from sepstudio.separation.base import Curve
from sepstudio.separation.registry import method
from sepstudio.session.commands import AddRun
from sepstudio.session.records import Run, Stem

RATE = 8000
FIRST, SECOND = 3.0 / np.arange(1, 41), 2.0 / np.arange(1, 21) ** 1.5
AWKWARD = '#1, the "best"'
PNG, TWICE, _, SVG = PICTURE_FORMATS
SPACE = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def noise(tmp_path):
    path = tmp_path / "noise.wav"
    soundfile.write(path, 0.1 * np.random.default_rng(1).standard_normal(RATE), RATE, "FLOAT")
    return path


def keep(window, number, values, label=""):
    """A run with an error curve, as a separation leaves it."""
    session = window.session
    run_id = session.new_id("run")
    session.store_results(run_id, {}, {"error": Curve(values, np.arange(len(values)) * 0.25 + 0.1)})
    source, stem = session.current_source, Stem(f"{run_id}/notes", run_id, "notes")
    session.store_audio(stem.id, [AudioClip(np.zeros((1, source.length), np.float32), RATE)])
    run = Run(run_id, number, "nmf", method("nmf").params(), source.id, 0, source.length, (stem.id,), label=label)
    session.stack.push(AddRun(session, run, [stem]))
    return run_id


def with_errors(window, qtbot):
    """Two runs on the page of error curves; returns its view and the ids of the runs."""
    qtbot.waitUntil(lambda: window.session.current_source is not None, timeout=10_000)
    run_ids = keep(window, 1, FIRST), keep(window, 2, SECOND, AWKWARD)
    arrived(window)
    window.actions_by_id["error-curves"].trigger()
    view = next(one for one in window.controllers if isinstance(one, ErrorCurveController)).panel
    assert len(view.shown) == 2
    return view, run_ids


def answer(monkeypatch, target, chosen=""):
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(target), chosen))


def written(window, qtbot, target):
    qtbot.waitUntil(lambda: target.exists() and not window.bridge.busy, timeout=30_000)
    return target


def entry(menu, text):
    entries = [*menu.actions(), *(one for sub in menu.findChildren(QMenu) for one in sub.actions())]
    return next(action for action in entries if action.text() == text)


def export(window, qtbot, monkeypatch, view, text, target, chosen=""):
    answer(monkeypatch, target, chosen)
    menu = view.plot.menu()
    entry(menu, text).trigger()
    menu.deleteLater()
    return written(window, qtbot, target)


def rows_of(path):
    """The columns of a CSV file by their names, comments left out."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return list(csv.DictReader(line for line in lines if not line.startswith("#")))


def colours_in(picture):
    return {picture.pixelColor(x, y).name() for x in range(picture.width()) for y in range(picture.height())}


def test_the_errors_on_show_are_a_table_of_runs_and_iterations(in_studio, qtbot, noise, tmp_path, monkeypatch):
    def scenario(window):
        view, (first, _) = with_errors(window, qtbot)
        path = export(window, qtbot, monkeypatch, view, "Export data…", tmp_path / "errors.csv")
        rows = rows_of(path)
        assert list(rows[0]) == ["run", "iteration", "seconds", "error"]
        titles = [curve.title for curve in view.curves]
        assert titles[1].startswith(AWKWARD)
        assert [row["run"] for row in rows] == [titles[0]] * 40 + [titles[1]] * 20
        assert [int(row["iteration"]) for row in rows] == [*range(1, 41), *range(1, 21)]
        assert [float(row["error"]) for row in rows] == [*FIRST, *SECOND]
        assert [float(row["seconds"]) for row in rows[:3]] == [0.1, 0.35, 0.6]
        view.set_shown(first, False)
        path = export(window, qtbot, monkeypatch, view, "Export data…", tmp_path / "second.npz")
        with np.load(path, allow_pickle=False) as file:
            assert set(file["run"].tolist()) == {titles[1]}
            assert np.array_equal(file["error"], SECOND)
            assert file["iteration"].tolist() == list(range(1, 21))
            assert json.loads(str(file["metadata"]))["title"] == "Error curves"

    in_studio([noise], scenario)


def test_the_errors_on_show_are_a_picture_with_their_names(in_studio, qtbot, noise, tmp_path, monkeypatch):
    def scenario(window):
        view, (first, _) = with_errors(window, qtbot)
        view.log_y.click()

        def pictured(name, look, chosen):
            """The picture, and the size of the plot on the screen when it was asked for."""
            size = view.plot.drawn_size
            return QImage(str(export(window, qtbot, monkeypatch, view, look, tmp_path / name, chosen))), size

        once, size = pictured("errors.png", "As on screen…", PNG)
        assert once.height() == TOP + max(size.height(), LEAST_HEIGHT) + BOTTOM
        beside = once.width() - size.width()
        assert beside > LEFT
        assert {QColor(curve.colour).name() for curve in view.curves} <= colours_in(once)
        twice, size = pictured("white.png", "On white…", TWICE)
        assert (twice.width() / 2 - size.width(), twice.height() / 2) == (beside, once.height())
        assert twice.pixelColor(1, 1) == QColor(LIGHT.panel)
        grey, size = pictured("grey.png", "On white, in grey…", PNG)
        inside = grey.copy(LEFT + 2, TOP + 2, size.width() - 4, max(size.height(), LEAST_HEIGHT) - 4)
        assert max(QColor(name).hsvSaturation() for name in colours_in(inside)) < 40
        view.set_shown(first, False)
        alone = QImage(str(export(window, qtbot, monkeypatch, view, "As on screen…", tmp_path / "a.png", PNG)))
        assert QColor(view.curves[0].colour).name() not in colours_in(alone)

    in_studio([noise], scenario)


def test_curves_in_an_svg_are_lines_between_axes_with_numbers(in_studio, qtbot, noise, tmp_path, monkeypatch):
    def scenario(window):
        view, _ = with_errors(window, qtbot)
        for box in (view.log_x, view.log_y):
            path = export(window, qtbot, monkeypatch, view, "On white…", tmp_path / f"{box.objectName()}.svg", SVG)
            tree = ElementTree.parse(path)
            words = {"".join(text.itertext()).strip() for text in tree.iter(f"{SPACE}text")}
            assert {"Iterations", "Error", *(curve.title for curve in view.curves)} <= words
            numbers = [word for word in words if re.fullmatch(r"[\d.]+", word)]
            assert len(numbers) >= 5
            assert list(tree.iter(f"{SPACE}image")) == []
            longest = max(tree.iter(f"{SPACE}polyline"), key=lambda line: len(line.get("points").split()))
            points = np.array([pair.split(",") for pair in longest.get("points").split()], float)
            assert len(points) == 40
            # The error falls, and what is down has a larger y.
            assert np.all(np.diff(points[:, 0]) > 0)
            assert np.all(np.diff(points[:, 1]) > 0)
            box.click()

    in_studio([noise], scenario)


def test_scores_over_iterations_are_exported_with_all_measures(in_studio, qtbot, tmp_path, monkeypatch):
    def scenario(window):
        bench = Bench(window, qtbot)
        bench.assign()
        bench.add_run(1, 0.1, takes=(0.5, 0.3))
        bench.settle()
        bench.panel.show_side("curves")
        curves = bench.panel.curves
        assert not curves.plot.more.isEnabled()
        curves.start.click()
        bench.settle()
        assert curves.plot.more.isEnabled()
        path = export(window, qtbot, monkeypatch, curves, "Export data…", tmp_path / "scores.csv")
        rows = rows_of(path)
        assert list(rows[0]) == ["stem", "iteration", *(f"{name}_dB" for name in MEASURES)]
        assert [(row["stem"], row["iteration"]) for row in rows] == [
            (name, str(take)) for name in NAMES for take in (1, 2, 3)
        ]
        told = {stem.name: stem.values for stem in curves.curves.stems}
        for row in rows:
            values = told[row["stem"]]
            assert [float(row[f"{name}_dB"]) for name in MEASURES] == [
                values[name][int(row["iteration"]) - 1] for name in MEASURES
            ]
        assert float(rows[2]["sdr_dB"]) > float(rows[0]["sdr_dB"])
        path = export(window, qtbot, monkeypatch, curves, "As on screen…", tmp_path / "scores.svg", SVG)
        tree = ElementTree.parse(path)
        words = {"".join(text.itertext()).strip() for text in tree.iter(f"{SPACE}text")}
        assert {*NAMES, "SDR (dB)", "Iterations", "1", "2", "3"} <= words

    in_studio([], scenario)


def test_the_menu_of_a_plot_is_reached_by_keyboard(in_studio, qtbot, noise, tmp_path, monkeypatch):
    def scenario(window):
        view, _ = with_errors(window, qtbot)
        window.activateWindow()
        qtbot.waitUntil(window.isActiveWindow)
        button = view.plot.more
        assert button.accessibleName()
        assert button.toolTip()
        view.log_y.setFocus()
        qtbot.keyClick(view.log_y, Qt.Key.Key_Tab)
        assert QApplication.focusWidget() is button
        opened = []
        monkeypatch.setattr(QMenu, "popup", lambda menu, place: opened.append((menu, place)))
        qtbot.keyClick(button, Qt.Key.Key_Space)
        asked = QContextMenuEvent(QContextMenuEvent.Reason.Keyboard, QPoint(5, 5), QPoint(5, 5))
        QApplication.sendEvent(view.plot.viewport(), asked)
        for menu, place in opened:
            assert [action.text() for action in menu.actions()] == ["Export picture", "Export data…"]
            assert view.rect().contains(view.mapFromGlobal(place))
            menu.deleteLater()
        assert len(opened) == 2
        # With the focus in the plot the actions of the window are about it.
        view.plot.setFocus()
        answer(monkeypatch, tmp_path / "focused.csv")
        window.actions_by_id["export-data"].trigger()
        assert "error" in rows_of(written(window, qtbot, tmp_path / "focused.csv"))[0]
        answer(monkeypatch, tmp_path / "focused.svg")
        window.actions_by_id["export-picture"].trigger()
        assert "Iterations" in written(window, qtbot, tmp_path / "focused.svg").read_text(encoding="utf-8")
        view.set_shown(view.curves[0].id, False)
        view.set_shown(view.curves[1].id, False)
        assert not button.isEnabled()

    in_studio([noise], scenario)
