"""Scores as bars in the compare bench: what they show, what is read and exported, and what is hidden."""

import csv
import json
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest
import soundfile
from compare_bench import NAMES, Bench
from gui.gestures import arrived
from PySide6.QtCore import QPointF
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QFileDialog, QMenu

from sepstudio.gui.exporting.figure import PICTURE_FORMATS
from sepstudio.gui.panels.score_bars import RunScores, ScoreBars, ScoreBarsView, bars_of
from sepstudio.gui.theme import current_palette, stem_colour
from sepstudio.metrics.bss_fit import MEASURES
from sepstudio.session.records import Run
from sepstudio.session.removal import RemoveRun

SPACE = "{http://www.w3.org/2000/svg}"
PNG, *_, SVG = PICTURE_FORMATS


@pytest.fixture
def noise(tmp_path):
    path = tmp_path / "noise.wav"
    soundfile.write(path, 0.1 * np.random.default_rng(1).standard_normal(8000), 8000, "FLOAT")
    return path


def a_bench(window, qtbot, leaks=(0.3, 0.02), measured=True):
    """A song with true stems and measured runs, with the bars beside the table."""
    qtbot.waitUntil(lambda: window.session.current_source is not None, timeout=10_000)
    arrived(window)
    bench = Bench(window, qtbot)
    bench.assign()
    runs = [bench.add_run(number, leak) for number, leak in enumerate(leaks, 1)]
    bench.panel.show_side("bars")
    if measured:
        bench.measure()
    bench.settle()
    return bench, runs


def as_shown(bench, run, stem, measure="sdr"):
    """A score as the table tells it, once the stem is chosen there."""
    combo = bench.panel.stem
    combo.setCurrentIndex(combo.findData(stem))
    combo.activated.emit(combo.currentIndex())
    bench.settle()
    return bench.cell(run.id, measure)


def entry(menu, text):
    entries = [*menu.actions(), *(one for sub in menu.findChildren(QMenu) for one in sub.actions())]
    return next(action for action in entries if action.text() == text)


def export(bench, monkeypatch, text, target, chosen=""):
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(target), chosen))
    menu = bench.panel.bars.plot.menu()
    entry(menu, text).trigger()
    menu.deleteLater()
    bench.qtbot.waitUntil(lambda: target.exists() and not bench.window.bridge.busy, timeout=30_000)
    return target


def colours_in(picture):
    return {picture.pixelColor(x, y).name() for x in range(picture.width()) for y in range(picture.height())}


def standing(qtbot, stems, *scores):
    """A view by itself, large enough to look closely at."""
    view = ScoreBarsView()
    qtbot.addWidget(view)
    view.resize(600, 400)
    runs = tuple(RunScores(number, f"Run {number}  IRM", values) for number, values in enumerate(scores, 1))
    view.show_bars(ScoreBars(stems, runs))
    with qtbot.waitExposed(view):
        view.show()
    return view


def test_a_bar_for_each_run_and_stem_as_the_table_tells_it(in_studio, qtbot, noise):
    def scenario(window):
        bench, runs = a_bench(window, qtbot)
        view = bench.panel.bars
        drawn = view.drawn()
        assert [(bar.label, bar.colour) for bar in drawn] == [
            (label, stem_colour(stem)) for stem in NAMES for label in ("1", "2")
        ]
        assert [bar.text for bar in drawn] == [as_shown(bench, run, stem) for stem in NAMES for run in runs]
        # The groups lie around 1 and 2, the bars of each side by side.
        middles = [bar.middle for bar in drawn]
        assert middles == sorted(middles)
        assert [round(middle) for middle in middles] == [1, 1, 2, 2]
        assert drawn[0].middle + drawn[0].width / 2 == pytest.approx(drawn[1].middle - drawn[1].width / 2)
        assert drawn[0].hatch != drawn[1].hatch
        assert view.legend.text() == "1 KAM · 2 KAM"
        view.measure.setCurrentIndex(MEASURES.index("sir"))
        view.measure.activated.emit(view.measure.currentIndex())
        assert [bar.text for bar in view.drawn()] == [
            as_shown(bench, run, stem, "sir") for stem in NAMES for run in runs
        ]
        assert "SIR" in view.figure_title

    in_studio([noise], scenario)


def test_two_chosen_runs_are_compared_alone_and_those_that_go_take_their_bars(in_studio, qtbot, noise):
    def scenario(window):
        bench, runs = a_bench(window, qtbot, (0.3, 0.1, 0.02))
        view = bench.panel.bars
        bench.choose(runs[0].id, runs[2].id)
        bench.settle()
        assert [bar.label for bar in view.drawn()] == ["1", "3"] * 2
        bench.choose(runs[1].id)
        bench.settle()
        assert [bar.label for bar in view.drawn()] == ["1", "2", "3"] * 2
        window.session.stack.push(RemoveRun(window.session, runs[1].id))
        bench.settle()
        assert [bar.label for bar in view.drawn()] == ["1", "3"] * 2

    in_studio([noise], scenario)


def test_what_is_missing_is_said(in_studio, qtbot, noise):
    def scenario(window):
        bench, _ = a_bench(window, qtbot, measured=False)
        view = bench.panel.bars
        assert view.drawn() == ()
        assert "Measure" in view.hint.text()
        assert not view.plot.more.isEnabled()
        assert view.plot.isHidden()
        bench.measure()
        assert not view.plot.isHidden()
        assert view.plot.more.isEnabled()

    in_studio([noise], scenario)


def test_pointing_at_a_group_reads_it(in_studio, qtbot, noise):
    def scenario(window):
        bench, _ = a_bench(window, qtbot)
        view = bench.panel.bars
        view.plot.pointed.emit(2.2)
        first, second = (bar.text for bar in view.drawn()[2:])
        assert view.readout.text() == f"percussive  SDR  1: {first} dB   2: {second} dB"
        view.plot.pointed.emit(None)
        assert "dB" not in view.readout.text()

    in_studio([noise], scenario)


def test_a_blind_comparison_hides_the_bars_and_all_names(in_studio, qtbot, noise):
    def scenario(window):
        bench, _ = a_bench(window, qtbot)
        view = bench.panel.bars
        bench.controller.blind.set_blind(True)
        bench.settle()
        assert view.drawn() == ()
        assert view.plotted() == ()
        assert "Hidden" in view.hint.text()
        assert not view.plot.more.isEnabled()
        for text in (view.legend.text(), view.readout.text(), view.hint.text()):
            assert "KAM" not in text
            assert "dB" not in text
        bench.controller.blind.set_blind(False)
        bench.settle()
        assert len(view.drawn()) == 4

    in_studio([noise], scenario)


def test_bars_are_exported_as_pictures_and_as_a_table_of_all_measures(in_studio, qtbot, noise, tmp_path, monkeypatch):
    def scenario(window):
        bench, runs = a_bench(window, qtbot)
        view = bench.panel.bars
        path = export(bench, monkeypatch, "Export data…", tmp_path / "bars.csv")
        lines = path.read_text(encoding="utf-8").splitlines()
        rows = list(csv.DictReader(line for line in lines if not line.startswith("#")))
        assert [(row["run"], row["stem"]) for row in rows] == [(run.title, stem) for run in runs for stem in NAMES]
        for row, run in zip(rows, [run for run in view.bars.runs for _ in NAMES], strict=True):
            for measure in MEASURES:
                assert float(row[f"{measure}_dB"]) == run.scores[measure, row["stem"]]
        picture = QImage(str(export(bench, monkeypatch, "On white…", tmp_path / "bars.png", PNG)))
        assert {QColor(stem_colour(stem)).name() for stem in NAMES} <= colours_in(picture)
        grey = QImage(str(export(bench, monkeypatch, "On white, in grey…", tmp_path / "grey.png", PNG)))
        assert not {QColor(stem_colour(stem)).name() for stem in NAMES} & colours_in(grey)
        drawing = ElementTree.parse(export(bench, monkeypatch, "As on screen…", tmp_path / "bars.svg", SVG)).getroot()
        texts = {"".join(text.itertext()).strip() for text in drawing.iter(f"{SPACE}text")}
        assert {*NAMES, "Run 1  KAM", "Run 2  KAM", "SDR (dB)"} <= texts
        data = export(bench, monkeypatch, "Export data…", tmp_path / "bars.npz")
        with np.load(data, allow_pickle=False) as file:
            assert file["sdr_dB"].tolist() == [float(row["sdr_dB"]) for row in rows]
            assert json.loads(str(file["metadata"]))["title"] == "Scores of the stems"

    in_studio([noise], scenario)


def test_stems_without_a_score_have_no_bar_and_keep_their_place():
    runs = [Run(f"r{n}", n, "kam", None, "s", 0, 1, ()) for n in (1, 2)]
    scores = {
        "r1": {("sdr", "drums"): 3.0, ("sdr", "bass"): float("nan")},
        "r2": {("sdr", "drums"): float("inf"), ("sdr", "bass"): -2.0},
    }
    bars = bars_of(runs, scores, ("bass", "drums", "vocals"), ())
    assert bars.stems == ("bass", "drums")
    assert [run.number for run in bars.runs] == [1, 2]
    assert bars_of(runs, {}, ("bass",), ()) == ScoreBars(hint="Press Measure to score the runs.")
    assert "true stems" in bars_of(runs, scores, (), ()).hint


def test_bars_are_painted_as_high_as_their_scores(qtbot):
    view = standing(qtbot, ("drums", "bass"), {("sdr", "drums"): 8.0, ("sdr", "bass"): -4.0})
    picture, box = view.plot.grab().toImage(), view.plot.getPlotItem().vb

    def alike(bar, share, colour):
        # Beside the number that stands above, and with lines of the grid that shine through.
        scene = box.mapViewToScene(QPointF(bar.middle + 0.45 * bar.width, bar.value * share))
        found = picture.pixelColor(scene.toPoint())
        return max(abs(a - b) for a, b in zip(found.getRgb(), QColor(colour).getRgb(), strict=True)) < 30

    for bar in view.drawn():
        assert alike(bar, 0.1, bar.colour)
        assert alike(bar, 0.95, bar.colour)
        assert alike(bar, 1.05, current_palette().panel)
        assert alike(bar, -0.05, current_palette().panel)


def test_further_runs_are_hatched(qtbot):
    view = standing(qtbot, ("drums",), {("sdr", "drums"): 8.0}, {("sdr", "drums"): 8.0}, {("sdr", "drums"): 8.0})
    picture, box = view.plot.grab().toImage(), view.plot.getPlotItem().vb
    patterns = []
    for bar in view.drawn():
        start, stop = (box.mapViewToScene(QPointF(bar.middle, 8.0 * share)).toPoint() for share in (0.9, 0.1))
        patterns.append([picture.pixelColor(start.x(), y).lightness() for y in range(start.y(), stop.y())])
    assert max(patterns[0]) - min(patterns[0]) < 30
    for pattern in patterns[1:]:
        assert max(pattern) - min(pattern) > 30


def test_infinite_and_missing_scores_are_drawn_as_far_as_they_can_be(qtbot):
    scores = {("sdr", "drums"): float("inf"), ("sdr", "bass"): float("nan"), ("sdr", "other"): -3.0}
    view = standing(qtbot, ("bass", "drums", "other"), scores)
    assert [(bar.text, round(bar.middle)) for bar in view.drawn()] == [("∞", 2), ("−3.00", 3)]
    low, high = view.plot.span("left")
    assert low < -3.0 < 0.0 < high < 10.0
    assert QColor(stem_colour("other")).name() in colours_in(view.plot.grab().toImage())
    view.plot.pointed.emit(1.0)
    assert view.readout.text() == "bass  SDR  1: – dB"
