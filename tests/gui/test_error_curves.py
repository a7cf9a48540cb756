"""Error curves of several runs in one plot, and of one that is under way."""

import numpy as np
import pytest
import soundfile
from gui.gestures import arrived
from gui.test_panes_gestures import hover
from PySide6.QtCore import QPointF
from PySide6.QtGui import QColor

from sepstudio.gui.controllers.error_curves import ErrorCurveController
from sepstudio.gui.panels.error_curves import ErrorCurve, ErrorCurvesView
from sepstudio.gui.theme import DARK, LIGHT, apply_theme
from sepstudio.io.scores.records import Note, Score
from sepstudio.separation.base import Curve
from sepstudio.separation.registry import method
from sepstudio.session.commands import AddRun, RenameRun
from sepstudio.session.records import Run
from sepstudio.session.removal import RemoveRun
from sepstudio.session.score_commands import SetScore

RATE, SECONDS = 8000, 4


def curve(name, count=100, place=0, scale=1.0, live=False):
    iterations = np.arange(1, count + 1)
    return ErrorCurve(name, f"Run {name}", scale / iterations, iterations * 0.25, place, live)


@pytest.fixture
def view(qtbot):
    made = ErrorCurvesView()
    qtbot.addWidget(made)
    made.resize(900, 240)
    made.show()
    qtbot.waitExposed(made)
    return made


@pytest.fixture
def tones(tmp_path):
    time = np.arange(SECONDS * RATE) / RATE
    samples = 0.2 * np.sin(2 * np.pi * 261.6 * time) * (time > 1) + 0.1 * np.sin(2 * np.pi * 493.9 * time)
    path = tmp_path / "tones.wav"
    soundfile.write(path, samples.astype(np.float32), RATE, "FLOAT")
    return path


def bench(window):
    return next(one for one in window.controllers if isinstance(one, ErrorCurveController))


def lines(view):
    return [item for item in view.plot.getPlotItem().listDataItems() if item.isVisible()]


def test_an_empty_page_says_what_belongs_there(view):
    assert view.hint.isVisible()
    assert not view.plot.isVisible()
    view.show_curves([curve("1")])
    assert not view.hint.isVisible()
    assert view.plot.isVisible()


def test_curves_are_drawn_over_iterations_and_seconds_on_both_kinds_of_axes(view):
    view.show_curves([curve("1"), curve("2", 40, 1, 5.0)])
    first = view.drawn()["1"]
    assert first[0].tolist() == list(range(1, 101))
    assert np.array_equal(first[1], 1 / np.arange(1, 101))
    box = view.plot.getPlotItem().vb
    (left, right), (bottom, top) = box.viewRange()
    assert left < 1 < 100 < right
    assert bottom < 0.01 < 5.0 < top
    view.axis.setCurrentIndex(1)
    view.axis.activated.emit(1)
    assert view.drawn()["2"][0].tolist() == (np.arange(1, 41) * 0.25).tolist()
    assert box.viewRange()[0][1] == pytest.approx(25.0, abs=1.0)
    view.log_x.click()
    view.log_y.click()
    (left, right), (bottom, top) = box.viewRange()
    assert left == pytest.approx(np.log10(0.25), abs=0.1)
    assert right == pytest.approx(np.log10(25.0), abs=0.1)
    assert bottom == pytest.approx(-2.0, abs=0.3)
    assert top == pytest.approx(np.log10(5.0), abs=0.3)


def test_ticks_hide_curves_and_hidden_ones_stay_hidden_while_others_grow(view):
    view.show_curves([curve("1"), curve("2", place=1)])
    view.set_shown("1", False)
    assert set(view.drawn()) == {"2"}
    assert len(lines(view)) == 1
    view.show_curves([curve("1", 200), curve("2", 150, 1)])
    assert set(view.drawn()) == {"2"}
    assert len(view.drawn()["2"][0]) == 150
    view.show_curves([curve("1", 200), curve("2", 150, 1), curve("3", 5, 2, live=True)])
    assert set(view.drawn()) == {"2", "3"}
    view.set_shown("1", True)
    assert set(view.drawn()) == {"1", "2", "3"}
    assert "Run 1" in view.readout.text()
    colours = {item.opts["pen"].color().name() for item in lines(view)}
    assert len(colours) == 3


def test_pointing_reads_all_curves_at_one_place(view):
    view.show_curves([curve("1"), curve("2", 40, 1, 5.0)])
    box = view.plot.getPlotItem().vb
    place = view.plot.mapFromScene(box.mapViewToScene(QPointF(20.5, 1.0)))
    hover(view.plot.viewport(), place)
    assert "<b>0.05</b> (20 it, 5.0 s)" in view.readout.text()
    assert "<b>0.25</b> (20 it, 5.0 s)" in view.readout.text()
    hover(view.plot.viewport(), view.plot.mapFromScene(box.mapViewToScene(QPointF(80.5, 1.0))))
    # The second had ended by then.
    assert "<b>0.0125</b> (80 it, 20.0 s)" in view.readout.text()
    assert "<b>0.125</b> (40 it, 10.0 s)" in view.readout.text()


def test_an_error_of_zero_is_no_obstacle_to_a_logarithmic_axis(view):
    flat = ErrorCurve("1", "Run 1", np.array([1.0, 0.1, 0.0]), np.array([0.0, 1.0, 2.0]))
    view.log_x.setChecked(True)
    view.log_y.setChecked(True)
    view.show_curves([flat, ErrorCurve("2", "Run 2", np.zeros(0), np.zeros(0), 1)])
    assert set(view.drawn()) == {"1"}
    bottom, top = view.plot.getPlotItem().vb.viewRange()[1]
    assert bottom < -0.9 < 0.0 < top
    assert not view.grab().isNull()


def test_the_plot_follows_the_theme(view, qapp):
    view.show_curves([curve("1")])
    for palette in (LIGHT, DARK):
        apply_theme(qapp, palette)
        assert view.plot.backgroundBrush().color() == QColor(palette.panel)


def keep(window, number, values):
    session = window.session
    run_id = session.new_id("run")
    session.store_results(run_id, {}, {"error": Curve(np.array(values), np.arange(len(values)) + 0.5)})
    source = session.current_source
    run = Run(run_id, number, "nmf", method("nmf").params(), source.id, 0, source.length, ())
    session.stack.push(AddRun(session, run, []))
    arrived(window)
    return run_id


def test_the_page_follows_runs_that_come_go_and_change_their_names(in_studio, qtbot, tones):
    def scenario(window):
        qtbot.waitUntil(lambda: window.session.current_source is not None, timeout=10_000)
        view, session = bench(window).panel, window.session
        keep(window, 1, [3.0, 2.0, 1.0])
        assert view.curves == ()
        window.actions_by_id["error-curves"].trigger()
        assert window.drawer.page == "errors"
        assert [one.title for one in view.curves] == ["Run 1  NMF (euclidean)"]
        second = keep(window, 2, [4.0, 2.5])
        session.stack.push(RenameRun(session, second, "Best"))
        assert [one.title for one in view.curves] == ["Run 1  NMF (euclidean)", "Best (euclidean)"]
        places = [one.place for one in view.curves]
        session.stack.push(RemoveRun(session, view.curves[0].id))
        assert [one.place for one in view.curves] == places[1:]
        session.stack.undo()
        assert [one.place for one in view.curves] == places
        assert view.drawn()[second][1].tolist() == [4.0, 2.5]
        window.actions_by_id["error-curves"].trigger()
        assert not window.drawer.page

    in_studio([tones], scenario)


def test_a_run_under_way_is_drawn_as_it_goes_and_keeps_its_colour(in_studio, qtbot, tones):
    def scenario(window):
        qtbot.waitUntil(lambda: window.session.current_source is not None, timeout=10_000)
        session, view = window.session, bench(window).panel
        notes = (Note(1, 1.0, 2.5, 60), Note(2, 0.0, 4.0, 71))
        session.stack.push(SetScore(session, session.current_source.id, Score("s", notes), "Import"))
        window.drawer.show_page("errors")
        spec = method("nmf")
        job = window.workbench.separate(spec, spec.params(iterations=100_000))
        qtbot.waitUntil(lambda: len(view.curves) == 1 and len(view.curves[0].values) > 0, timeout=30_000)
        live = view.curves[0]
        assert (live.id, live.live, live.title) == (f"job-{job}", True, "NMF (euclidean), running")
        seen = len(live.values)
        qtbot.waitUntil(lambda: bool(view.curves) and len(view.curves[0].values) > seen, timeout=30_000)
        # The engine's own tests hold every step to it; of tones that are met exactly the last digits waver.
        assert view.curves[0].values[-1] < view.curves[0].values[0]
        window.bridge.cancel(job)
        qtbot.waitUntil(lambda: view.curves == (), timeout=30_000)
        window.workbench.separate(spec, spec.params(iterations=3))
        qtbot.waitUntil(lambda: len(session.runs) == 1, timeout=30_000)
        arrived(window)
        (done,) = view.curves
        assert (done.id, done.live, len(done.values)) == (next(iter(session.runs)), False, 3)

    in_studio([tones], scenario)
