"""Results of listening tests: tables, screening, what they amount to, and plots."""

import csv
import json
import math
import operator
import re
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from listening_bench import OPINION, mushra, take

from sepstudio.cli import main
from sepstudio.errors import ListeningTestError
from sepstudio.listening_tests.analysis import analyse
from sepstudio.listening_tests.foreign import read_webmushra_results, read_webmushra_test, read_wide_table
from sepstudio.listening_tests.plots import plot_svg
from sepstudio.listening_tests.results import COLUMNS, Rating, collected, read_ratings, write_ratings
from sepstudio.listening_tests.screening import screen
from sepstudio.listening_tests.session import sessions_of
from sepstudio.metrics.listening_scores import summaries

FIXTURES = Path(__file__).resolve().parents[4] / "shared" / "data" / "hoa" / "fixtures"
ROLES = {"reference": "reference", "low": "low-anchor", "mid": "mid-anchor", "codec": "system"}


def ratings_by(listener, *pages):
    """Return ratings of one listener: a dict of scores by condition for each item."""
    return [
        Rating("t", "mushra", f"s-{listener}", listener, f"item {number}", name, ROLES[name], float(score))
        for number, page in enumerate(pages)
        for name, score in page.items()
    ]


def test_results_survive_a_table(tmp_path):
    test = mushra(tmp_path)
    take(test, tmp_path / "s", "ann")
    ratings = [replace(one, comment='says "no", = twice\nat least') for one in collected(test, tmp_path / "s")]
    ratings[0] = replace(ratings[0], score=57.123456789, excluded="why not")
    write_ratings(tmp_path / "r.csv", ratings)
    assert read_ratings(tmp_path / "r.csv") == ratings
    with (tmp_path / "r.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert tuple(rows[0]) == COLUMNS
    assert len(rows) == 12
    assert [row["score"] for row in rows if row["condition"] == "codec"] == 3 * ["80"]


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (",80,", ",81x,", "line 5: score '81x' is no number"),
        (",80,", ",101,", "line 5: score 101 is not from 0 to 100"),
        (",80,", ",nan,", "line 5: score nan is not from 0 to 100"),
        (",80,", ",80", "line 5 has 21 values for 22 columns"),
        ("score", "points", "has no column score"),
        ("system", "sistem", "line 5: there is no kind 'mushra' with a role 'sistem'"),
    ],
)
def test_wrong_tables_are_told(tmp_path, old, new, told):
    path = tmp_path / "r.csv"
    write_ratings(path, ratings_by("ann", OPINION))
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    with pytest.raises(ListeningTestError) as caught:
        read_ratings(path)
    assert told in str(caught.value)


def test_listeners_are_left_out_by_the_rule_of_the_recommendation():
    good = {"reference": 100, "low": 10, "mid": 40, "codec": 70}
    deaf = good | {"reference": 89}
    sharp = good | {"mid": 91}
    rows = [
        # 1 of 7 items is 14 %, 2 are 29 %.
        *ratings_by("once", deaf, *6 * [good]),
        *ratings_by("twice", deaf, deaf, *5 * [good]),
        *ratings_by("edge", *7 * [good | {"reference": 90, "mid": 90}]),
        *ratings_by("anchor", sharp, sharp, *5 * [good]),
        *ratings_by("fine", *7 * [good]),
    ]
    found = screen(rows)
    assert set(found.excluded) == {"twice", "anchor"}
    assert found.excluded["twice"] == "hidden reference below 90 on 2 of 7 items"
    assert found.excluded["anchor"] == "mid anchor above 90 on 2 of 7 items"
    assert not found.pardoned
    marked = found.applied(rows)
    assert len(marked) == len(rows)
    assert {one.listener for one in marked if one.excluded} == {"twice", "anchor"}
    assert not screen(rows, "none").excluded


def test_items_whose_mid_anchor_sounds_good_to_many_are_held_against_nobody():
    good, sharp = {"reference": 100, "mid": 40}, {"reference": 100, "mid": 95}
    rows = ratings_by("0", sharp, sharp, good) + ratings_by("1", sharp, good, good)
    rows += [row for number in range(2, 6) for row in ratings_by(str(number), good, good, good)]
    found = screen(rows)
    # The first item by 2 of 6 listeners, the second by 1 of 6, which is less than a quarter.
    assert found.pardoned == ("item 0",)
    assert set(found.excluded) == {"0"}
    assert found.excluded["0"] == "mid anchor above 90 on 1 of 3 items"


def test_the_stricter_rule_wants_every_item_in_order():
    good = {"reference": 95, "low": 10, "mid": 40, "codec": 99}
    rows = [
        *ratings_by("fine", good, good | {"low": 40}),
        *ratings_by("low", good, good | {"low": 41}),
        *ratings_by("hidden", good | {"reference": 89}, good),
        *ratings_by("mid", good, good | {"mid": 96}),
    ]
    assert set(screen(rows, "mpeg").excluded) == {"low", "hidden", "mid"}


def listened(tmp_path, count=6):
    test = mushra(tmp_path)
    for number in range(count):
        take(test, sessions_of(tmp_path / "test.yaml"), f"listener {number}", OPINION | {"codec": 70 + 4 * number})
    take(test, sessions_of(tmp_path / "test.yaml"), "deaf", OPINION | {"reference": 30})
    return test


def test_a_whole_test_gives_the_statistics_that_its_listeners_decided_on(tmp_path, capsys):
    listened(tmp_path)
    path = tmp_path / "test.yaml"
    assert main(["listening-test", "results", str(path), "--json", "-o", str(tmp_path / "out")]) == 0
    found = json.loads(capsys.readouterr().out)
    (reason,) = found["screening"]["excluded"].values()
    assert reason == "hidden reference below 90 on 3 of 3 items"
    assert list(dict.fromkeys(one["item"] for one in found["summaries"])) == ["", "scene 1", "scene 2", "scene 3"]
    codec = {one["item"]: one for one in found["summaries"] if one["condition"] == "codec"}
    assert set(codec) == {"", "scene 1", "scene 2", "scene 3"}
    assert (codec[""]["mean"], codec[""]["median"], codec[""]["count"]) == (80.0, 80.0, 18)
    values = 70 + 4 * np.arange(6)
    half = 2.570581835636314 * values.std(ddof=1) / math.sqrt(6)
    assert codec["scene 1"]["interval"] == pytest.approx([80 - half, 80 + half])
    assert codec["scene 1"]["quartiles"] == [75.0, 85.0]
    # All six agree in all pairs: Friedman's statistic is k (n - 1) = 18 at its largest, Wilcoxon's p 2 / 2 ** 6.
    assert found["ranks"]["statistic"] == pytest.approx(18.0)
    assert {pair["p"] for pair in found["ranks"]["pairs"]} == {2 / 64}
    assert {pair["holm"] for pair in found["ranks"]["pairs"]} == {6 * 2 / 64}
    names = {"ratings.csv", "results.json", "results.txt", "means.svg", "medians.svg"}
    assert {path.name for path in (tmp_path / "out").iterdir()} == names
    rows = read_ratings(tmp_path / "out" / "ratings.csv")
    assert len(rows) == 7 * 12
    assert sum(bool(row.excluded) for row in rows) == 12
    # The table alone says the same.
    assert main(["listening-test", "results", str(tmp_path / "out" / "ratings.csv"), "--json"]) == 0
    again = json.loads(capsys.readouterr().out)
    key = operator.itemgetter("item", "condition")
    assert sorted(again["summaries"], key=key) == sorted(found["summaries"], key=key)


def test_the_report_names_conditions_by_their_titles(tmp_path, capsys):
    listened(tmp_path)
    assert main(["listening-test", "results", str(tmp_path / "test.yaml")]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "listeners: 6 of 7 after screening by bs1534" in lines
    assert re.search(r"^Codec, 16 kbit/s +80\.0 +", "\n".join(lines), re.MULTILINE)
    assert any(line.startswith("Friedman: chi-squared 18.00, p = 0.0004, 6 listeners") for line in lines)


def test_few_listeners_get_no_p_values(tmp_path):
    test = mushra(tmp_path)
    for number in range(4):
        take(test, tmp_path / "s", str(number))
    found = analyse(collected(test, tmp_path / "s"), conditions=["reference", "codec"])
    assert math.isnan(found.ranks.p)
    assert "p-values need 5" in found.ranks.note
    assert all(math.isnan(pair.p) and math.isnan(pair.holm) for pair in found.ranks.pairs)
    assert found.conditions[:2] == ("reference", "codec")
    assert "null" in json.dumps(found.to_json(), allow_nan=False)


def test_nobody_may_be_left(tmp_path):
    found = analyse(ratings_by("deaf", OPINION | {"reference": 0}))
    assert not found.summaries
    assert "nobody is left to speak of" in found.lines()
    with pytest.raises(ListeningTestError, match="hold no ratings"):
        analyse([])
    rows = ratings_by("ann", OPINION)
    rows[0] = replace(rows[0], test="other")
    with pytest.raises(ListeningTestError, match="several tests"):
        analyse(rows)


def test_pairs_are_counted_for_the_first_and_for_being_right():
    base = Rating("t", "ab", "s", "ann", "scene", "new", "system", 1.0, "old")
    ab = [
        one
        for hit in 9 * [1.0] + [0.0]
        for one in (replace(base, score=hit), replace(base, condition="old", versus="new", score=1 - hit))
    ]
    (pooled, item) = analyse(ab, conditions=["new", "old"]).pairs
    assert (pooled.first, pooled.second, pooled.answers.hits, pooled.answers.count) == ("new", "old", 9, 10)
    # 2 (1 + 10) / 2 ** 10
    assert pooled.answers.p == pytest.approx(22 / 1024)
    assert item.item == "scene"
    abx = [replace(base, kind="abx", score=hit) for hit in (1.0, 1.0, 1.0, 0.0)]
    abx += [replace(one, condition="old", versus="new") for one in abx]
    pooled = analyse(abx).pairs[0].answers
    assert (pooled.hits, pooled.count) == (6, 8)
    assert pooled.p == pytest.approx((28 + 8 + 1) / 256)
    assert any("told from" in line for line in analyse(abx).lines())


@pytest.mark.parametrize("style", ["mean", "median"])
def test_plots_show_every_condition_where_it_was_rated(tmp_path, style):
    test = listened(tmp_path)
    found = analyse(collected(test, sessions_of(tmp_path / "test.yaml")))
    titles = {"codec": "Codec <16> & more"}
    root = ElementTree.fromstring(plot_svg(found, style=style, titles=titles))
    space = "{http://www.w3.org/2000/svg}"
    marks = [group for group in root.iter(f"{space}g") if group.get("stroke")]
    assert len(marks) == 4 * 4
    assert any(text.text == "Codec <16> & more" for text in root.iter(f"{space}text"))
    if style == "mean":
        heights = {float(group.find(f"{space}circle").get("cy")) for group in marks}
        # 64 pixels from the top, 3 for each point of 100.
        assert {64.0, 64 + 3 * 20.0, 64 + 3 * 45.0, 64 + 3 * 80.0} == heights
    for group in marks:
        for line in group.iter(f"{space}line"):
            assert 64 <= float(line.get("y1")) <= 364


@pytest.mark.skipif(not FIXTURES.exists(), reason="needs published results")
def test_published_results_have_their_published_means():
    table = read_wide_table(FIXTURES / "MUSHRA_experiment_1.csv", "dit", ("srcdir", "flag"), "enc")
    assert table.scores.shape == (17, 12, 5)
    with (FIXTURES / "MUSHRA_experiment_1.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    found = {(one.item, one.condition): one for one in summaries(table)}
    for row in rows:
        one = found[f"{row['srcdir']} {row['flag']}", row["enc"]]
        assert one.mean == pytest.approx(float(row["mean"]), abs=1e-6)
        # They are printed with intervals of the normal distribution, and t with 16 degrees of freedom is wider.
        half = (one.interval[1] - one.interval[0]) / 2
        assert half == pytest.approx(float(row["ci95"]) * 2.1199053 / 1.96, rel=1e-4, abs=1e-9)
    for flag, means in (("Qual", (99, 69, 40, 69, 22)), ("LocAcc", (99, 79, 52, 59, 31))):
        items = [place for place, item in enumerate(table.items) if item.endswith(flag)]
        assert table.scores[:, items].mean(axis=(0, 1)) == pytest.approx(means, abs=0.6)


@pytest.mark.skipif(not FIXTURES.exists(), reason="needs published results")
def test_published_results_with_gaps_have_their_published_means():
    table = read_wide_table(FIXTURES / "MUSHRA_experiment_2.csv", "rater", "label", "enc")
    found = {one.condition: one for one in summaries(table) if not one.item}
    # Printed in whole points, not all to the nearest.
    first = {"3OA256": 64, "3OA384": 83, "3OA512": 84, "REF": 96}
    expected = first | {"FOA32": 23, "FOA64": 57, "FOA96": 59, "FOA128": 63}
    assert {name: one.mean for name, one in found.items()} == pytest.approx(expected, abs=0.6)
    assert found["3OA512"].count == 4 * 13


def test_tests_and_results_of_webmushra_are_read(tmp_path, capsys):
    (tmp_path / "exp.yml").write_text("""
testname: Their test
pages:
  - {type: generic, id: first, content: hello}
  - - random
    - type: mushra
      id: trial1
      name: First
      reference: a/ref.wav
      createAnchor35: true
      stimuli: {C1: a/one.wav, C2: a/two.wav}
    - {type: mushra, id: trial2, reference: b/ref.wav, stimuli: {C1: b/one.wav, C2: b/two.wav}}
""")
    test = read_webmushra_test(tmp_path / "exp.yml")
    assert [trial.name for trial in test.trials] == ["trial1", "trial2"]
    assert test.trials[0].conditions == ("reference", "C1", "C2")
    assert test.trials[1].path_of("C2") == tmp_path / "b" / "two.wav"
    assert main(["listening-test", "import", str(tmp_path / "exp.yml"), "-o", str(tmp_path / "t.yaml")]) == 0
    assert capsys.readouterr().out.strip() == str(tmp_path / "t.yaml")
    (tmp_path / "mushra.csv").write_text(
        "session_test_id,email,session_uuid,trial_id,rating_stimulus,rating_score,rating_time,rating_comment\n"
        "x,ann@example.org,u1,trial1,reference,100,12000,\n"
        "x,ann@example.org,u1,trial1,anchor35,20,12000,dull\n"
        "x,ann@example.org,u1,trial1,C1,70,12000,\n"
    )
    ratings = read_webmushra_results(tmp_path / "mushra.csv")
    assert [(one.role, one.score, one.seconds) for one in ratings] == [
        ("reference", 100.0, 12.0),
        ("low-anchor", 20.0, 12.0),
        ("system", 70.0, 12.0),
    ]
    (tmp_path / "short.csv").write_text((tmp_path / "mushra.csv").read_text() + "x,ann\n")
    with pytest.raises(ListeningTestError, match="line 5 has 2 values for 8 columns"):
        read_webmushra_results(tmp_path / "short.csv")
    assert main(["listening-test", "results", str(tmp_path / "mushra.csv")]) == 0
    told = capsys.readouterr().out
    assert "ann@" not in told
    assert "x: 3 ratings of 1 sessions" in told
    (tmp_path / "none.yml").write_text("pages: []")
    with pytest.raises(ListeningTestError, match="no page of the type mushra"):
        read_webmushra_test(tmp_path / "none.yml")
