"""The compare bench: what its table says of runs, what is done with them, scores, curves, and blind tests."""

import csv
import dataclasses
import io
import math
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QDialog, QFileDialog, QToolButton

from sepstudio.gui.abx import AbxTest
from sepstudio.gui.blind import BlindTest, Judgement
from sepstudio.gui.controllers.compare import PAGE, CompareController
from sepstudio.gui.panels.compare_blind import result_text
from sepstudio.gui.panels.compare_model import SORT_ROLE, CompareModel, CompareOrder
from sepstudio.gui.panels.compare_rows import NAME, NOTES, PARAM, RATING, Facts, table_of
from sepstudio.gui.scoring import common_stretch, take_tasks, task_of
from sepstudio.io.clip import AudioClip
from sepstudio.metrics.bss_eval import bss_eval
from sepstudio.metrics.comparison import RESIDUAL
from sepstudio.separation.kam import METHOD, KamParams
from sepstudio.session.commands import SetTrueStem
from sepstudio.session.records import LaneState, Run, Source, Stem

RATE = 8000
SECONDS = 4
LENGTH = SECONDS * RATE
NAMES = ("harmonic", "percussive")
SOURCE = Source("source-1", "song.wav", Path("song.wav"), RATE, 2, LENGTH, "FLOAT")


def a_run(number, params=None, start=0, stop=LENGTH, **more):
    run_id = f"run-{number}"
    provenance = {"wall_seconds": 1.5 * number, "device": "cpu"}
    stems = tuple(f"{run_id}/{name}" for name in NAMES)
    return Run(run_id, number, "kam", params or KamParams(), SOURCE.id, start, stop, stems, provenance, **more)


def texts(table, run_id):
    row = next(row for row in table.rows if row.run_id == run_id)
    return {column.id: row.cell(column.id).text for column in table.columns}


# -- the table ---------------------------------------------------------------------------------


def test_only_what_differs_has_a_column_and_what_is_unusual_stands_out():
    runs = [a_run(1), a_run(2, KamParams(harmonic_length=31)), a_run(3), a_run(4, start=RATE, stop=3 * RATE)]
    table = table_of(runs, SOURCE, Facts(presets={"kam": METHOD.presets}))
    ids = [column.id for column in table.columns]
    assert [name for name in ids if name.startswith(PARAM)] == [PARAM + "harmonic_length"]
    assert "stretch" in ids
    assert "device" not in ids
    assert dict(table.same) == {
        "Method": "KAM", "Device": "cpu", "Percussive kernel": "17 bins", "Sources": "default",
        "Iterations": "2", "Spatial model": "yes", "Keep every iteration": "no", "FFT size": "4096 samples",
        "Hop": "1024 samples", "Kernel at the borders": "reflect",
    }  # fmt: skip
    assert [row.run_id for row in table.rows] == ["run-4", "run-3", "run-2", "run-1"]
    lengths = {row.run_id: row.cell(PARAM + "harmonic_length") for row in table.rows}
    assert {run_id for run_id, cell in lengths.items() if cell.strong} == {"run-2"}
    assert lengths["run-2"].text == "31 frames"
    assert texts(table, "run-4")["stretch"] == "0:01–0:03"
    assert texts(table, "run-1")["stretch"] == "whole"
    assert texts(table, "run-1")["preset"] == METHOD.presets[0].title
    assert texts(table, "run-2")["preset"] == "Custom"


def test_runs_of_other_methods_and_of_methods_that_are_not_installed_stand_beside():
    other = dataclasses.replace(a_run(2), method="nmf", params={"rank": 3})
    table = table_of([a_run(1), other], SOURCE, Facts())
    assert texts(table, "run-2")["method"] == "NMF"
    assert not [column for column in table.columns if column.id.startswith(PARAM)]


def test_scores_are_means_or_those_of_a_stem_and_the_best_is_bold():
    scores = {
        "run-1": {("sdr", "harmonic"): 4.0, ("sdr", "percussive"): 2.0, ("sir", "harmonic"): math.inf},
        "run-2": {("sdr", "harmonic"): -1.25, ("sdr", "percussive"): math.nan, ("sir", "harmonic"): 5.0},
    }
    runs = [a_run(1), a_run(2), a_run(3)]
    table = table_of(runs, SOURCE, Facts(scores=scores, has_true_stems=True))
    assert [texts(table, run.id)["sdr"] for run in runs] == ["3.00", "−1.25", ""]
    assert texts(table, "run-1")["sir"] == "∞"
    assert [row.run_id for row in table.rows if row.cell("sdr").strong] == ["run-1"]
    one = table_of(runs, SOURCE, Facts(scores=scores, has_true_stems=True, stem="percussive"))
    assert [texts(one, run.id)["sdr"] for run in runs] == ["2.00", "–", ""]
    bare = table_of(runs, SOURCE, Facts(scores={"run-1": {(RESIDUAL, ""): -61.5}}))
    assert texts(bare, "run-1")[RESIDUAL] == "−61.50"
    assert "sdr" not in texts(bare, "run-1")


def test_a_table_goes_to_other_programs_with_points_and_quotes():
    scores = {"run-1": {("sdr", "harmonic"): -1.25}}
    runs = [a_run(1, label="Long, and 'soft'"), a_run(2, KamParams(harmonic_length=31))]
    table = table_of(runs, SOURCE, Facts(scores=scores, has_true_stems=True))
    rows = list(csv.DictReader(io.StringIO(table.text(","))))
    assert rows[1]["Run"] == "Long, and 'soft'"
    assert rows[1]["SDR, dB"] == "-1.25"
    assert rows[0]["Harmonic kernel, frames"] == "31"
    assert rows[0]["Time"] == "3"


def test_the_model_is_sound_and_what_has_no_value_comes_last(qtmodeltester, qtbot):
    scores = {"run-1": {("sdr", "harmonic"): 4.0}, "run-3": {("sdr", "harmonic"): 10.0}}
    model = CompareModel()
    model.show(table_of([a_run(1), a_run(2), a_run(3)], SOURCE, Facts(scores=scores, has_true_stems=True)))
    qtmodeltester.check(model)
    order = CompareOrder(model)
    column = next(n for n, one in enumerate(model.table.columns) if one.id == "sdr")
    for direction, expected in (
        (Qt.SortOrder.AscendingOrder, [4.0, 10.0, None]),
        (Qt.SortOrder.DescendingOrder, [10.0, 4.0, None]),
    ):
        order.sort(column, direction)
        assert [order.index(row, column).data(SORT_ROLE) for row in range(3)] == expected


def test_what_runs_have_in_common():
    assert common_stretch([]) is None
    both = common_stretch([a_run(1), a_run(2, start=100, stop=500), a_run(3, start=300, stop=900)])
    assert (both.start, both.stop) == (300, 500)
    assert common_stretch([a_run(1, start=0, stop=10), a_run(2, start=20, stop=30)]).length == 0


# -- blind tests -------------------------------------------------------------------------------


def test_aliases_are_shuffled_by_the_seed_and_ratings_stay_on_the_scale():
    runs = [f"run-{n}" for n in range(1, 21)]
    orders = {tuple(BlindTest(runs, seed).aliases) for seed in range(5)}
    assert len(orders) == 5
    test = BlindTest(runs, 7)
    assert test.aliases == BlindTest(runs, 7).aliases
    assert list(test.aliases.values()) == [f"X{n}" for n in range(1, 21)]
    test.rate("run-1", 140)
    test.note("run-1", "bright")
    assert test.judgement("run-1") == Judgement(100, "bright")
    test.rate("run-1", None)
    assert test.judgements == {"run-1": Judgement(None, "bright")}


def test_the_result_of_trials_is_told_with_its_chance():
    test = AbxTest(1)
    for _ in range(5):
        test.answer(test.hidden)
    assert result_text(test) == "5 of 5 right, p = 0.0312 by guessing."


# -- in the window -----------------------------------------------------------------------------


class Bench:
    """The bench of a window with a song of two true parts and some runs of it."""

    def __init__(self, window, qtbot):
        self.window, self.qtbot = window, qtbot
        self.session, self.player = window.session, window.player
        self.controller = next(one for one in window.controllers if isinstance(one, CompareController))
        self.panel, self.table = self.controller.panel, self.controller.panel.table
        rng = np.random.default_rng(3)
        self.true = 0.1 * rng.standard_normal((2, 2, LENGTH)).astype(np.float32)
        self.add_source(SOURCE, self.true.sum(axis=0))
        for number, name in enumerate(NAMES):
            part = dataclasses.replace(SOURCE, id=f"true-{name}", name=f"{name}.wav", path=Path(f"{name}.wav"))
            self.add_source(part, self.true[number], current=False)
        window.actions_by_id["compare"].trigger()

    def add_source(self, source, samples, *, current=True):
        self.session.store_audio(source.id, [AudioClip(samples, RATE)])
        self.session.add_source(source, current=current)

    def add_run(self, number, leak, params=None, start=0, stop=LENGTH, takes=()):
        """Stems that hold ``leak`` of each other; ``takes`` are the leaks of kept iterations."""
        run = a_run(number, params, start, stop)
        stems = []
        for place, name in enumerate(NAMES):
            kept = [self.estimate(place, one, start, stop) for one in (*takes, leak)]
            self.session.store_audio(run.stem_ids[place], kept)
            count = len(kept) if takes else 0
            stems.append(Stem(run.stem_ids[place], run.id, name, count, count))
        self.session.add_run(run, stems)
        return run

    def estimate(self, place, leak, start=0, stop=LENGTH):
        mixed = (1 - leak) * self.true[place] + leak * self.true[1 - place]
        return AudioClip(mixed[:, start:stop], RATE)

    def assign(self):
        for name in NAMES:
            self.session.stack.push(SetTrueStem(self.session, SOURCE.id, name, f"true-{name}"))

    def settle(self):
        quiet = self.controller.scoring, self.controller._timer
        self.qtbot.waitUntil(lambda: not quiet[0].busy and not quiet[1].isActive(), timeout=30_000)
        QApplication.processEvents()

    def measure(self):
        self.settle()
        self.panel.measure.click()
        self.qtbot.waitUntil(lambda: not self.controller.scoring.busy, timeout=60_000)
        self.settle()

    def cell(self, run_id, column):
        return texts(self.table.rows.table, run_id)[column]

    def choose(self, *run_ids):
        self.settle()
        self.table.choose(run_ids)

    def do(self, act):
        action = self.panel.action(act)
        assert action.isEnabled(), act
        action.trigger()
        self.settle()

    def key(self, key, modifier=Qt.KeyboardModifier.NoModifier):
        self.window.activateWindow()
        self.qtbot.waitUntil(self.window.isActiveWindow)
        self.table.setFocus()
        self.qtbot.keyClick(self.table, key, modifier)
        self.settle()


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
