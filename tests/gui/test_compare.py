"""What the compare bench says of runs: columns, cells, order, and the logic of blind tests."""

import csv
import dataclasses
import io
import math

from compare_bench import RATE, SOURCE, a_run, texts
from PySide6.QtCore import Qt

from sepstudio.gui.listening.abx import AbxTest
from sepstudio.gui.listening.blind import BlindTest, Judgement
from sepstudio.gui.panels.compare_blind import result_text
from sepstudio.gui.panels.compare_model import SORT_ROLE, CompareModel, CompareOrder
from sepstudio.gui.panels.compare_panel import ComparePanel
from sepstudio.gui.panels.compare_rows import PARAM, Facts, table_of
from sepstudio.gui.scoring import common_stretch
from sepstudio.metrics.comparison import RESIDUAL
from sepstudio.separation.irm import IrmParams
from sepstudio.separation.kam import METHOD, KamParams

# -- the panel ---------------------------------------------------------------------------------


def test_all_buttons_are_in_view_in_a_window_of_1280_pixels(qtbot):
    panel = ComparePanel()
    qtbot.addWidget(panel)
    # Beside the scroll bar of the drawer.
    assert panel.minimumSizeHint().width() <= 1264


def test_settings_of_one_method_are_not_told_of_all(qtbot):
    panel = ComparePanel()
    qtbot.addWidget(panel)
    runs = [a_run(1), dataclasses.replace(a_run(2, IrmParams()), method="irm")]
    panel.show_table(table_of(runs, SOURCE, Facts()), ())
    assert panel.same.text().startswith("Same in all runs that have it: ")
    panel.show_table(table_of(runs[:1], SOURCE, Facts()), ())
    assert panel.same.text().startswith("Same in all runs: ")


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
