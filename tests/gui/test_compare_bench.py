"""The compare bench in the window: hearing, choosing, measuring, curves, and blind tests."""

import numpy as np
import pytest
from compare_bench import LENGTH, NAMES, RATE, Bench
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QDialog, QFileDialog, QToolButton

from sepstudio.gui.controllers.compare_bench import PAGE
from sepstudio.gui.panels.compare_rows import NAME, NOTES, RATING
from sepstudio.gui.scoring import take_tasks, task_of
from sepstudio.io.clip import AudioClip
from sepstudio.metrics.bss_eval import bss_eval
from sepstudio.metrics.comparison import RESIDUAL
from sepstudio.separation.kam import KamParams
from sepstudio.session.records import LaneState


@pytest.fixture
def on_bench(in_studio, qtbot):
    def start(scenario):
        in_studio([], lambda window: scenario(Bench(window, qtbot)))

    return start


def test_runs_are_heard_by_number_return_and_double_click_whatever_is_soloed(on_bench, qtbot):
    def scenario(bench):
        first, second, third = (bench.add_run(n, 0.1 * n) for n in (1, 2, 3))
        bench.settle()
        assert bench.table.run_ids == (third.id, second.id, first.id)
        bench.session.set_lane(third.stem_ids[0], LaneState(solo=True))
        bench.key(Qt.Key.Key_3)
        assert bench.player.heard == first.id
        assert set(bench.player.audible()) == set(first.stem_ids)
        assert "▶" in bench.cell(first.id, "side")
        bench.key(Qt.Key.Key_Up)
        bench.key(Qt.Key.Key_Return)
        assert bench.player.heard == second.id
        index = bench.table.order.index(0, 1)
        bench.table.doubleClicked.emit(index)
        assert bench.player.heard == third.id

    on_bench(scenario)


def test_two_runs_become_a_and_b(on_bench):
    def scenario(bench):
        runs = [bench.add_run(n, 0.1) for n in (1, 2, 3)]
        bench.choose(runs[0].id)
        assert not bench.panel.action("pair").isEnabled()
        bench.choose(runs[0].id, runs[2].id)
        bench.do("pair")
        assert bench.player.pair == (runs[2].id, runs[0].id)
        assert bench.cell(runs[2].id, "side").startswith("A")
        assert bench.cell(runs[0].id, "side").startswith("B")

    on_bench(scenario)


def test_settings_go_into_the_panel_and_a_selection_is_run_as_a_whole(on_bench, qtbot):
    def scenario(bench):
        params = KamParams(harmonic_length=5, percussive_length=5, iterations=1, fft_size=512, hop_size=128)
        run = bench.add_run(1, 0.1, params, 0, 2 * RATE)
        bench.choose(run.id)
        bench.do("use")
        assert bench.window.panel.params == params
        bench.do("rerun")
        qtbot.waitUntil(lambda: len(bench.session.runs) == 2, timeout=60_000)
        newest = list(bench.session.runs.values())[-1]
        assert (newest.params, newest.start, newest.stop) == (params, 0, LENGTH)
        bench.choose(newest.id)
        bench.do("rerun")
        assert "whole recording already" in bench.window.findChild(QDialog, "error-dialog").text()

    on_bench(scenario)


def test_runs_are_named_in_place_and_removed_as_one_step(on_bench):
    def scenario(bench):
        runs = [bench.add_run(n, 0.1) for n in (1, 2, 3)]
        bench.settle()
        index = bench.table.order.index(2, bench.table.column_index(NAME))
        bench.table.order.setData(index, "  Soft voice ")
        bench.settle()
        assert bench.session.runs[runs[0].id].label == "Soft voice"
        assert bench.cell(runs[0].id, NAME) == "Soft voice"
        bench.choose(runs[0].id, runs[1].id)
        bench.key(Qt.Key.Key_Delete)
        assert bench.table.run_ids == (runs[2].id,)
        bench.session.stack.undo()
        bench.settle()
        assert bench.table.run_ids == (runs[2].id, runs[1].id, runs[0].id)
        bench.session.stack.undo()
        assert bench.session.runs[runs[0].id].label == ""

    on_bench(scenario)


def test_scores_are_those_of_bss_eval_kept_by_take_and_follow_a_change_of_it(on_bench):
    def scenario(bench):
        run = bench.add_run(1, 0.1, takes=(0.3,))
        bench.assign()
        bench.measure()
        judged = np.stack([bench.estimate(place, 0.1).samples for place in (0, 1)])
        expected = bss_eval(bench.true, judged, sample_rate=RATE).summary()
        assert float(bench.cell(run.id, "sdr")) == pytest.approx(expected["sdr"].mean(), abs=0.006)
        bench.panel.stem.setCurrentIndex(bench.panel.stem.findData("percussive"))
        bench.panel.optionsChanged.emit()
        bench.settle()
        assert float(bench.cell(run.id, "sir")) == pytest.approx(expected["sir"][1], abs=0.006)
        before = bench.cell(run.id, "sdr")
        bench.session.set_take(run.stem_ids[1], 1)
        bench.settle()
        assert bench.cell(run.id, "sdr") == ""
        assert bench.panel.measure.isEnabled()
        bench.measure()
        assert float(bench.cell(run.id, "sdr")) < float(before)
        bench.session.set_take(run.stem_ids[1], 2)
        bench.settle()
        # Known from before.
        assert bench.cell(run.id, "sdr") == before

    on_bench(scenario)


def test_without_true_stems_the_residual_is_measured(on_bench):
    def scenario(bench):
        exact = bench.add_run(1, 0.0)
        lossy = bench.add_run(2, 0.0)
        for stem_id in lossy.stem_ids:
            bench.session.store_audio(stem_id, [AudioClip(0.9 * bench.session.clip(stem_id).samples, RATE)])
        bench.measure()
        assert float(bench.cell(lossy.id, RESIDUAL).replace("−", "-")) == pytest.approx(-20.0, abs=0.02)
        rest = bench.controller.scoring.scores(task_of(bench.session, exact, "v4"))
        assert rest[RESIDUAL, ""] < -120

    on_bench(scenario)


def test_a_run_that_comes_as_the_window_goes_is_not_measured_any_more(on_bench):
    benches = []

    def scenario(bench):
        bench.settle()
        bench.add_run(1, 0.1)
        benches.append(bench)

    # The page is filled a turn later; an error there would fail the test.
    on_bench(scenario)
    assert not benches[0].controller.scoring._scores


def test_runs_of_different_stretches_are_measured_over_what_they_share(on_bench):
    def scenario(bench):
        whole, part = bench.add_run(1, 0.2), bench.add_run(2, 0.2, start=RATE, stop=3 * RATE)
        bench.assign()
        bench.settle()
        bench.panel.common.click()
        bench.measure()
        assert bench.cell(whole.id, "sdr") == bench.cell(part.id, "sdr")
        bench.add_run(3, 0.2, start=3 * RATE, stop=LENGTH)
        bench.settle()
        assert "no stretch in common" in bench.panel.same.text()
        assert not bench.panel.measure.isEnabled()
        bench.panel.common.click()
        bench.measure()
        assert bench.cell("run-3", "sdr")

    on_bench(scenario)


def test_measuring_can_be_stopped_and_goes_on_later(on_bench, qtbot):
    def scenario(bench):
        runs = [bench.add_run(n, 0.01 * n) for n in range(1, 7)]
        bench.assign()
        bench.settle()
        bench.panel.measure.click()
        assert bench.controller.scoring.busy
        bench.controller.scoring.cancel()
        qtbot.waitUntil(lambda: not bench.controller.scoring.busy, timeout=60_000)
        bench.measure()
        assert all(bench.cell(run.id, "sdr") for run in runs)

    on_bench(scenario)


def test_iterations_are_drawn_and_a_click_takes_the_stem_from_there(on_bench):
    def scenario(bench):
        bench.add_run(1, 0.2)
        run = bench.add_run(2, 0.05, takes=(0.4, 0.2))
        bench.settle()
        assert "true stems" in bench.panel.curves.hint.text()
        bench.assign()
        bench.settle()
        curves = bench.panel.curves
        assert curves.start.isEnabled()
        curves.start.click()
        bench.settle()
        values = curves.values()
        assert list(values) == list(NAMES)
        assert all(one == tuple(sorted(one)) for one in values.values())
        measured = bench.controller.scoring.scores(take_tasks(bench.session, run, "v4")[1])
        assert values["harmonic"][1] == measured["sdr", "harmonic"]
        item = next(item for item, stem in curves._items.items() if stem.name == "percussive")
        item.sigPointsClicked.emit(item, item.scatter.points()[:1], None)
        assert bench.session.stems[run.stem_ids[1]].take == 1
        bench.session.stack.undo()
        assert bench.session.stems[run.stem_ids[1]].take == 3
        bench.settle()
        curves._read(2)
        assert curves.readout.text().startswith("2: ")

    on_bench(scenario)


def test_the_table_is_copied_and_exported(on_bench, tmp_path, monkeypatch):
    def scenario(bench):
        bench.add_run(1, 0.1)
        bench.settle()
        bench.key(Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
        assert QApplication.clipboard().text().startswith("A/B\tRun\t")
        monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "table"), ""))
        bench.do("export")
        assert (tmp_path / "table.csv").read_text().count("\n") == 2
        monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "no" / "table"), ""))
        bench.do("export")
        assert "No such file" in bench.window.findChild(QDialog, "error-dialog").informativeText()

    on_bench(scenario)


def test_in_a_blind_comparison_nothing_tells_a_run_until_it_is_revealed(on_bench):
    def scenario(bench):
        runs = [bench.add_run(n, 0.1 * n, KamParams(iterations=n), stop=LENGTH - n) for n in (1, 2, 3)]
        bench.settle()
        view, stems = bench.panel.blind, bench.window.tab.stems
        view.toggle.click()
        bench.settle()
        order = list(bench.controller.blind.aliases())
        assert sorted(order) == [run.id for run in runs]
        assert bench.table.run_ids == tuple(order)
        assert [column.id for column in bench.table.rows.table.columns] == ["side", NAME, RATING, NOTES]
        assert bench.window.tab.run == ""
        assert bench.player.level_matched
        assert not bench.window.history.view.isVisible()
        assert bench.player.pair == tuple(order[:2])
        listed = [audio_id.partition("/")[0] for audio_id in stems.audio_ids if "/" in audio_id]
        assert list(dict.fromkeys(listed)) == order
        bench.key(Qt.Key.Key_2)
        assert bench.player.heard == order[1]
        assert bench.window.tab.run == ""
        sides = [button.toolTip() for button in bench.window.bar.findChildren(QToolButton)]
        assert any("X2" in tip for tip in sides)
        assert not any("Run" in tip for tip in sides)
        for act in ("use", "remove", "rename"):
            assert not bench.panel.action(act).isEnabled()
        for row, rating in enumerate(("80", "no number", "30")):
            index = bench.table.order.index(row, bench.table.column_index(RATING))
            bench.table.order.setData(index, rating)
        bench.settle()
        assert "2 of 3" in view.about.text()
        view.toggle.click()
        bench.settle()
        assert [bench.cell(run_id, RATING) for run_id in order] == ["80", "", "30"]
        assert bench.cell(runs[0].id, NAME) == "Run 1"
        assert bench.window.history.view.isVisible()
        assert bench.window.tab.run == order[1]

    on_bench(scenario)


def test_trials_count_answers_and_do_not_show_what_x_is(on_bench):
    def scenario(bench):
        runs = [bench.add_run(n, 0.1 * n) for n in (1, 2)]
        bench.choose(*(run.id for run in runs))
        bench.do("pair")
        view = bench.panel.blind
        view.trial.click()
        bench.settle()
        assert bench.player.letter == "X"
        assert not any("▶" in bench.cell(run.id, "side") for run in runs)
        for _ in range(4):
            view.answers["AB".index(bench.player.abx.hidden)].click()
        assert "4 of 4 right, p = 0.0625" in view.result.text()
        assert view.result.text().startswith("Right.")
        view.letters[1].click()
        assert bench.player.heard == bench.player.pair[1]
        view.trial.click()
        assert bench.player.abx is None
        assert not view.answers[0].isEnabled()

    on_bench(scenario)


def test_another_recording_ends_the_test_and_the_page_can_be_closed(on_bench):
    def scenario(bench):
        bench.add_run(1, 0.1)
        bench.add_run(2, 0.2)
        bench.settle()
        bench.panel.blind.toggle.click()
        bench.session.set_current_source("true-harmonic")
        bench.settle()
        assert bench.controller.blind.test is None
        assert bench.table.run_ids == ()
        assert bench.window.drawer.page == PAGE
        bench.window.actions_by_id["compare"].trigger()
        assert bench.window.drawer.page == ""

    on_bench(scenario)
