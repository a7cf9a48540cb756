"""Variants, curves and what they are compared by."""

import json

import pytest
from training_songs import SIZE, tiny_plan

from sepstudio.errors import CheckpointError, ParameterError
from sepstudio.nn.training.comparison import Comparison, comparison_lines
from sepstudio.nn.training.curves import Curve, read_curves, write_curves
from sepstudio.nn.training.schedules import is_finished, next_rate
from sepstudio.nn.training.variants import ALL, VARIANTS, find_variants, uncorrected, variant_config


def curve(variant, instrument, losses, seed=0):
    empty = Curve(variant, instrument, seed)
    return empty.with_series([losses, losses, range(len(losses)), [1e-3] * len(losses)])


def test_all_variants_of_the_paper_are_there():
    config = variant_config("a-dt-df", "bass", SIZE)
    assert (config.inputs, config.phase_kinds, config.corrected) == ("late", ("time", "frequency"), True)
    assert variant_config("a", "bass", SIZE).phase_kinds == ()
    assert variant_config("phase-df-uncorrected", "bass", SIZE).corrected is False
    assert variant_config("early", "bass", SIZE).inputs == "early"
    for name in ("phase-dt", "phase-df", "phase-dt-df", "a-dt", "a-df", "a-dt-df"):
        right, wrong = (variant_config(one, "bass", SIZE) for one in (name, uncorrected(name)))
        assert (right.inputs, right.phase_kinds) == (wrong.inputs, wrong.phase_kinds)
        assert (right.corrected, wrong.corrected) == (True, False)
    assert len({(v.inputs, v.phase_kinds, v.corrected) for v in VARIANTS.values()}) == len(VARIANTS) == 16
    assert find_variants(["early", ALL]) == ("early", *(name for name in VARIANTS if name != "early"))
    with pytest.raises(ParameterError, match="variant = 'b'"):
        find_variants(["a", "b"])


def test_curves_are_read_as_they_were_written(tmp_path):
    curves = (curve("a", "bass", [3.0, 0.1 + 0.2]), Curve("a-dt", "vocals", 7))
    write_curves(tmp_path, curves)
    assert read_curves(tmp_path) == read_curves(tmp_path / "curves.json") == curves
    rows = (tmp_path / "curves.csv").read_text().splitlines()
    assert rows[0] == "variant,instrument,seed,epoch,training,validation,seconds,rate"
    assert rows[2] == "a,bass,0,2,0.30000000000000004,0.30000000000000004,1.0,0.001"
    assert (curves[0].best_epoch, curves[0].best, curves[1].best_epoch) == (1, 0.1 + 0.2, None)


def test_files_that_hold_no_curves_are_named(tmp_path):
    with pytest.raises(CheckpointError, match=r"curves\.json"):
        read_curves(tmp_path)
    write_curves(tmp_path, (curve("a", "bass", [1.0]),))
    whole = json.loads((tmp_path / "curves.json").read_text())
    whole["curves"][0]["validation"] = []
    for content in ("", "[]", "{}", "[" * 100_000, json.dumps(whole)):
        (tmp_path / "curves.json").write_text(content)
        with pytest.raises(CheckpointError, match="holds no curves of a training"):
            read_curves(tmp_path)


def test_rates_fall_when_nothing_is_gained(tmp_path):
    plan = tiny_plan(tmp_path, tmp_path, epochs=50, rate=1.0, patience=6)
    rates = [next_rate(plan, curve("a", "bass", [5, 4, 4, 4, 3, 3, 3, 3, 3][:count])) for count in range(10)]
    assert rates == pytest.approx([1, 1, 1, 1, 0.3, 0.3, 0.3, 0.09, 0.09, 0.027])
    assert not is_finished(plan, curve("a", "bass", [3, 4, 4, 4, 4, 4]))
    assert is_finished(plan, curve("a", "bass", [3, 4, 4, 4, 4, 4, 4]))


def test_rates_may_follow_a_cosine(tmp_path):
    plan = tiny_plan(tmp_path, tmp_path, epochs=4, rate=1.0, schedule="cosine")
    rates = [next_rate(plan, curve("a", "bass", [1.0] * count)) for count in range(5)]
    assert rates == pytest.approx([1.0, 0.855, 0.505, 0.155, 0.01], abs=1e-3)
    assert is_finished(plan, curve("a", "bass", [1.0] * 4))


def test_losses_are_compared_with_those_of_the_same_seed_and_instrument():
    comparison = Comparison((
        curve("a", "bass", [4.0, 2.0], 0), curve("a", "vocals", [1.0], 0),
        curve("a-dt-df", "bass", [1.8, 9.0], 0), curve("a-dt-df", "vocals", [0.7], 0),
        curve("a", "bass", [1.0], 1), curve("a", "vocals", [1.0], 1),
        curve("a-dt-df", "bass", [1.0], 1), curve("a-dt-df", "vocals", [0.6], 1),
    ))  # fmt: skip
    assert comparison.ratio("a-dt-df", "bass", "a").mean == pytest.approx(0.95)
    mean = comparison.ratio("a-dt-df", "mean", "a")
    assert (mean.mean, mean.deviation, mean.seeds) == (pytest.approx(0.8), pytest.approx(0.0), 2)
    assert comparison.ratio("a-dt-df", "vocals", "a").deviation == pytest.approx(0.1 / 2**0.5)
    lines = comparison_lines(comparison)
    assert lines[1].split() == ["variant", "bass", "vocals", "mean", "best", "epoch"]
    assert lines[3].split() == ["a-dt-df", "0.950", "±", "0.071", "0.650", "±", "0.071", "0.800", "±", "0.000", "1.0"]
    assert lines[-1].endswith("on average: reached (a-dt-df has 0.800 ± 0.000 of the loss of a)")
    assert "derivatives beat raw phase: open (not compared: train phase-dt-df and phase-raw)" in lines


def test_claims_say_what_was_not_reached():
    found = {"phase-raw": 2.0, "phase-dt": 1.0, "phase-df": 3.0, "phase-dt-df": 2.2, "phase-dt-df-uncorrected": 4.4}
    comparison = Comparison(tuple(curve(name, "bass", [loss]) for name, loss in found.items()))
    assert comparison.reference is None
    derivatives, correction, together = comparison.claims()
    assert derivatives.reached is False
    assert derivatives.found == (
        "phase-dt has 0.500 of the loss of phase-raw, phase-df has 1.500 of the loss of phase-raw, "
        "phase-dt-df has 1.100 of the loss of phase-raw"
    )
    assert correction.reached is True
    assert together.reached is None
    assert comparison_lines(comparison)[0].startswith("Least validation loss over the variance of the target")
    assert json.loads(json.dumps(comparison.to_json()))["variants"]["phase-dt"]["ratios"]["mean"]["mean"] == 1.0
