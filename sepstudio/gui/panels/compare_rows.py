"""What the compare bench shows of runs: columns for what differs, cells with text and sorting value."""

from __future__ import annotations

import csv
import dataclasses
import io
import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sepstudio.gui.listening.blind import Judgement
from sepstudio.gui.texts import MINUS, band_text, stretch_text
from sepstudio.metrics.bss_fit import MEASURES
from sepstudio.metrics.comparison import RESIDUAL, Scores, mean_score
from sepstudio.separation.base import Preset
from sepstudio.separation.parameters import ParamSpec, TextValue, param_specs
from sepstudio.session.records import Run, Source, method_text

SIDE, NAME, RATING, NOTES = "side", "name", "rating", "notes"
PARAM = "param "
NOTHING = "–"
METHOD_TITLE = "Method"
EVERYTHING = "all"
_TIPS = {
    "sdr": "Signal to distortion ratio: everything that is not the true stem counts. Higher is better",
    "isr": "Image to spatial distortion ratio: wrong places and colours count. Higher is better",
    "sir": "Signal to interference ratio: what is heard of the other stems counts. Higher is better",
    "sar": "Signal to artefacts ratio: what is in no true stem counts, such as musical noise. Higher is better",
    RESIDUAL: "Energy of what the stems leave, against the mixture. Assign true stems to see how good the stems are",
}


@dataclass(frozen=True)
class Column:
    """A column of the bench."""

    id: str
    title: str
    tip: str = ""
    numeric: bool = False
    editable: bool = False
    unit: str = ""


_FIRST = (
    Column(SIDE, "A/B", "A and B of the comparison, and what is heard"),
    Column(NAME, "Run", editable=True),
    Column("preset", "Preset", "The preset that has the settings of the run"),
)
_TIME = Column("seconds", "Time", "How long the separation took, in seconds", numeric=True)
_TRAITS = (
    Column("method", METHOD_TITLE),
    Column("stretch", "Stretch", "The stretch of the recording that was separated"),
    Column("band", "Band", "The frequencies to which the stems were restricted"),
    Column("device", "Device", "What computed it"),
)


@dataclass(frozen=True)
class Cell:
    """What stands in a cell, and by what it is sorted (None comes last); ``strong`` sets it off from its column."""

    text: str = ""
    value: float | str | None = None
    tip: str = ""
    strong: bool = False


@dataclass(frozen=True)
class Row:
    """A run of the bench."""

    run_id: str
    cells: Mapping[str, Cell]

    def cell(self, column_id: str) -> Cell:
        """Return a cell; an empty one where there is nothing to say."""
        return self.cells.get(column_id, Cell())


@dataclass(frozen=True)
class Table:
    """Everything that the bench shows; ``same`` are the parameters in which no runs differ, as (title, text)."""

    columns: tuple[Column, ...] = ()
    rows: tuple[Row, ...] = ()
    same: tuple[tuple[str, str], ...] = ()

    def text(self, separator: str) -> str:
        """Return the table as lines of values, numbers with a point, for other programs."""
        file = io.StringIO()
        writer = csv.writer(file, delimiter=separator, lineterminator="\n")
        writer.writerow([f"{one.title}, {one.unit}" if one.unit else one.title for one in self.columns])
        for row in self.rows:
            writer.writerow([_exported(column, row.cell(column.id)) for column in self.columns])
        return file.getvalue()


@dataclass(frozen=True)
class Facts:
    """What a table is made of beside the runs.

    ``presets`` are those of each method, ``scores`` what was measured of each run so far, ``stem`` the one whose
    scores are wanted (empty: the mean of all), ``sides`` what is A, B and heard, ``judgements`` what was said in a
    blind test that is over.
    """

    presets: Mapping[str, Sequence[Preset]] = field(default_factory=dict)
    scores: Mapping[str, Scores] = field(default_factory=dict)
    has_true_stems: bool = False
    stem: str = ""
    sides: Mapping[str, str] = field(default_factory=dict)
    judgements: Mapping[str, Judgement] = field(default_factory=dict)


def table_of(runs: Sequence[Run], source: Source, facts: Facts) -> Table:
    """Return the table of some runs of a source, newest first; what is the same in all of them gets no column."""
    newest = tuple(reversed(runs))
    parameters = _Parameters(newest)
    cells = {run.id: {**_plain(run, source, facts), **parameters.cells(run)} for run in newest}
    measures = MEASURES if facts.has_true_stems else (RESIDUAL,)
    for measure in measures:
        _add_scores(cells, measure, facts)
    scores = [Column(measure, _title(measure), _TIPS[measure], numeric=True) for measure in measures]
    traits, same = _split(list(cells.values()))
    said = [Column(RATING, "Rating", "Given in the blind test", numeric=True), Column(NOTES, "Notes")]
    columns = (*_FIRST, *scores, *(said if facts.judgements else ()), *traits, *parameters.columns, _TIME)
    rows = tuple(Row(run_id, row) for run_id, row in cells.items())
    return Table(columns, rows, (*same, *parameters.same) if rows else ())


def _split(rows: Sequence[Mapping[str, Cell]]) -> tuple[list[Column], list[tuple[str, str]]]:
    """Return the traits in which rows differ, and those in which they are all the same."""
    texts = {column: {row[column.id].text for row in rows} for column in _TRAITS}
    differing = [column for column, found in texts.items() if len(found) > 1]
    same = [(column.title, *found) for column, found in texts.items() if len(found) == 1 and found != {EVERYTHING}]
    return differing, same


def blind_table(
    aliases: Mapping[str, str], judgement_of: Callable[[str], Judgement], sides: Mapping[str, str]
) -> Table:
    """Return a table that tells runs apart by their aliases only, and has room for what is said of them."""
    columns = (
        Column(SIDE, "A/B", "A and B of the comparison, and what is heard"),
        Column(NAME, "Run"),
        Column(RATING, "Rating", "From 0 (bad) to 100 (perfect)", numeric=True, editable=True),
        Column(NOTES, "Notes", "What you heard", editable=True),
    )
    rows = []
    for number, (run_id, alias) in enumerate(aliases.items()):
        rows.append(
            Row(
                run_id,
                {SIDE: Cell(sides.get(run_id, "")), NAME: Cell(alias, float(number)), **_judged(judgement_of(run_id))},
            )
        )
    return Table(columns, tuple(rows))


def score_text(value: float) -> str:
    """Return a ratio in dB with two decimals, without the unit."""
    if math.isnan(value):
        return NOTHING
    if math.isinf(value):
        return "∞" if value > 0 else f"{MINUS}∞"
    return f"{value:.2f}".replace("-", MINUS)


def _plain(run: Run, source: Source, facts: Facts) -> dict[str, Cell]:
    seconds = run.provenance.get("wall_seconds")
    device = str(run.provenance.get("device") or NOTHING)
    preset = next((one.title for one in facts.presets.get(run.method, ()) if one.params == run.params), "Custom")
    side = facts.sides.get(run.id, "")
    is_whole = run.start <= 0 and run.stop >= source.length
    stretch = "whole" if is_whole else stretch_text(run.start, run.stop, source.sample_rate)
    cells = {
        SIDE: Cell(side, side or None),
        NAME: Cell(run.label or f"Run {run.number}", run.number, run.title),
        "method": Cell(method_text(run.method), run.method),
        "preset": Cell(preset, preset),
        "seconds": Cell(NOTHING) if seconds is None else Cell(f"{seconds:.2f} s", float(seconds)),
        "device": Cell(device, device),
        "stretch": Cell(stretch, float(run.start)),
        "band": Cell(EVERYTHING if run.band is None else band_text(run.band)),
    }
    return {**cells, **(_judged(facts.judgements[run.id]) if run.id in facts.judgements else {})}


def _judged(judgement: Judgement) -> dict[str, Cell]:
    rating = judgement.rating
    return {
        RATING: Cell() if rating is None else Cell(str(rating), float(rating)),
        NOTES: Cell(judgement.notes, judgement.notes or None, judgement.notes),
    }


def _add_scores(cells: Mapping[str, dict[str, Cell]], measure: str, facts: Facts) -> None:
    values = {run_id: _score(scores, measure, facts.stem) for run_id, scores in facts.scores.items()}
    known = {run_id: value for run_id, value in values.items() if value is not None and not math.isnan(value)}
    best = max(known.values(), default=None)
    for run_id, row in cells.items():
        value = values.get(run_id)
        if value is None:
            row[measure] = Cell("", None, "Not measured yet")
        else:
            strong = len(known) > 1 and measure != RESIDUAL and value == best
            sorted_by = None if math.isnan(value) else value
            row[measure] = Cell(score_text(value), sorted_by, _per_stem(facts.scores[run_id], measure), strong)


def _score(scores: Scores, measure: str, stem: str) -> float | None:
    if measure == RESIDUAL:
        return scores.get((RESIDUAL, ""))
    if all(name != measure for name, _ in scores):
        return None
    return scores.get((measure, stem), math.nan) if stem else mean_score(scores, measure)


def _per_stem(scores: Scores, measure: str) -> str:
    if measure == RESIDUAL:
        return _TIPS[RESIDUAL]
    return "\n".join(f"{stem}: {score_text(value)} dB" for (name, stem), value in scores.items() if name == measure)


def _title(measure: str) -> str:
    return "Residual, dB" if measure == RESIDUAL else f"{measure.upper()}, dB"


def _exported(column: Column, cell: Cell) -> str:
    return f"{cell.value:.10g}" if column.numeric and isinstance(cell.value, float) else cell.text


class _Parameters:
    """The parameters of some runs: which differ, and from what most runs have."""

    def __init__(self, runs: Sequence[Run]) -> None:
        specs = {
            kind: param_specs(kind) for kind in {type(run.params) for run in runs} if dataclasses.is_dataclass(kind)
        }
        # Parameters of a method that is not installed are but a mapping, of which nothing is known.
        self._values = {run.id: _values(specs.get(type(run.params), ()), run.params) for run in runs}
        self._specs = {name: spec for values in self._values.values() for name, (spec, _) in values.items()}
        self._usual = {name: self._most_common(name) for name in self._specs}
        self._differing = [name for name in self._specs if len(set(self._texts(name))) > 1]
        self.columns = tuple(
            Column(PARAM + name, spec.label, spec.help, spec.type in (int, float), unit=spec.unit)
            for name, spec in self._specs.items()
            if name in self._differing
        )
        self.same = tuple(
            (spec.label, self._usual[name]) for name, spec in self._specs.items() if name not in self._differing
        )

    def cells(self, run: Run) -> dict[str, Cell]:
        """Return the cells of a run in the columns."""
        found = {}
        for name in self._differing:
            if name not in self._values[run.id]:
                found[PARAM + name] = Cell(NOTHING)
                continue
            spec, value = self._values[run.id][name]
            text = _value_text(spec, value)
            usual = self._usual[name]
            tip = text if text == usual else f"{text}; most runs have {usual}"
            found[PARAM + name] = Cell(text, _sorted_by(value, text), tip, strong=text != usual)
        return found

    def _texts(self, name: str) -> list[str]:
        return [_value_text(*values[name]) for values in self._values.values() if name in values]

    def _most_common(self, name: str) -> str:
        # Among equals that of the oldest run: the newer ones were made to be different.
        return Counter(reversed(self._texts(name))).most_common(1)[0][0]


def _values(specs: Sequence[ParamSpec], params: Any) -> dict[str, tuple[ParamSpec, Any]]:
    return {spec.name: (spec, getattr(params, spec.name)) for spec in specs}


def _value_text(spec: ParamSpec, value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return f"{value:g} {spec.unit}".rstrip()
    if isinstance(value, str):
        return value.replace("_", " ") or "default"
    return (value.to_text() or "default") if isinstance(value, TextValue) else str(value)


def _sorted_by(value: Any, text: str) -> float | str:
    return float(value) if isinstance(value, int | float) else text
