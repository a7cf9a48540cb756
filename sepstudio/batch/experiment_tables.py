"""What was measured in a comparison of codecs, as text, CSV and JSON."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sepstudio.batch.experiments import Experiment
from sepstudio.io.atomic import replacing
from sepstudio.io.failures import unwritable
from sepstudio.metrics.codec_scores import CodecScores

SCORES_CSV, SCORES_JSON = "scores.csv", "scores.json"

Values = Mapping[str, float]


@dataclass(frozen=True)
class _Column:
    """A measure: its key in files, its title in tables, and decimals there."""

    key: str
    title: str
    digits: int
    of: Callable[[CodecScores], float]


# Of them, the first stands for how spectra are kept and the others for waveforms and space; none for what is heard.
_COLUMNS = (
    _Column("mel_distance", "mel", 2, lambda scores: scores.mel_distance),
    _Column("si_sdr_db", "SI-SDR dB", 1, lambda scores: scores.si_sdr),
    _Column("si_sdr_w_db", "of W", 1, lambda scores: scores.si_sdrs[0]),
    _Column("covariance", "covariance", 2, lambda scores: scores.covariance.broadband),
    _Column("direction_degrees", "direction°", 1, lambda scores: scores.intensity.direction),
    _Column("intensity_db", "energy dB", 1, lambda scores: scores.intensity.energy),
    _Column("diffuseness", "diffuse", 3, lambda scores: scores.intensity.diffuseness),
)


def values_of(scores: CodecScores) -> Values:
    """Return what stands in tables of the scores of a scene, levels by order among it."""
    levels = {f"level_{order}_db": level for order, level in enumerate(scores.levels)}
    return {column.key: column.of(scores) for column in _COLUMNS} | levels


def mean_values(rows: list[Values]) -> Values:
    """Return the mean of each value over scenes, without those that are not known or, where some are, not finite."""
    found = {}
    for key in rows[0]:
        known = [row[key] for row in rows if not math.isnan(row[key])]
        known = [value for value in known if math.isfinite(value)] or known
        found[key] = sum(known) / len(known) if known else math.nan
    return found


def table_lines(experiment: Experiment) -> list[str]:
    """Return the means over scenes as text, and what was measured of each scene below."""
    tables = [_table(experiment, title, rows) for title, rows in _tables(experiment).items()]
    return [line for lines in tables for line in ("", *lines)][1:]


def experiment_json(experiment: Experiment) -> dict[str, Any]:
    """Return all that was measured as JSON values: what is not known is null, infinity a word."""
    built = experiment.built
    return {
        "test": str(built.path),
        "conditions": [
            {
                "name": one.name,
                "title": one.label,
                "text": one.text,
                "bits_per_second": one.bits_per_second(),
                "gain_db": built.test.label(one.name).gain_db,
            }
            for one in experiment.conditions
        ],
        "means": {name: _plain(row) for name, row in _tables(experiment)[_mean_title(experiment)].items()},
        "scenes": [
            {
                "scene": one.scene,
                "condition": one.condition,
                "delay": built.delays.get((one.scene, one.condition), 0),
                "scores": one.scores.to_json(),
            }
            for one in experiment.measured
        ],
    }


def write_scores(folder: Path, experiment: Experiment) -> None:
    """Write ``scores.csv``, a row for each scene in each condition, and ``scores.json``.

    Raises
    ------
    AudioFileError
        If a file cannot be written.
    """
    rows = [(one.scene, one.condition, values_of(one.scores)) for one in experiment.measured]
    rates = {one.name: one.bits_per_second() for one in experiment.conditions}
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["scene", "condition", "bits_per_second", *rows[0][2]])
    for scene, condition, values in rows:
        cells = ["" if math.isnan(value) else f"{value:.6g}" for value in values.values()]
        writer.writerow([scene, condition, rates[condition] or "", *cells])
    _write(folder / SCORES_CSV, text.getvalue())
    _write(folder / SCORES_JSON, json.dumps(experiment_json(experiment), indent=2) + "\n")


def _write(path: Path, text: str) -> None:
    try:
        with replacing(path) as temp:
            temp.write_text(text, encoding="utf-8")
    except OSError as error:
        raise unwritable(path, error) from error


def _mean_title(experiment: Experiment) -> str:
    count = len(experiment.built.test.rated_trials)
    return f"mean of {count} scenes" if count > 1 else "mean"


def _tables(experiment: Experiment) -> dict[str, dict[str, Values]]:
    """Return values by condition of the mean and, of several scenes, of each."""
    scenes: dict[str, dict[str, Values]] = {}
    by_condition: dict[str, list[Values]] = {}
    for one in experiment.measured:
        values = values_of(one.scores)
        scenes.setdefault(one.scene, {})[one.condition] = values
        by_condition.setdefault(one.condition, []).append(values)
    means = {name: mean_values(rows) for name, rows in by_condition.items()}
    return {_mean_title(experiment): means} | (scenes if len(scenes) > 1 else {})


def _table(experiment: Experiment, title: str, rows: Mapping[str, Values]) -> list[str]:
    labels = {one.name: one.label for one in experiment.conditions}
    rates = {one.name: one.bits_per_second() for one in experiment.conditions}
    width = max(len(labels[name]) for name in rows) + 2
    heads = "".join(f"{column.title:>{_width(column)}}" for column in _COLUMNS)
    lines = [f"{title:<{width}}{'kbit/s':>8}{heads}  level dB by order"]
    for name, values in rows.items():
        rate = rates[name]
        cells = "".join(f"{_text(values[column.key], column.digits):>{_width(column)}}" for column in _COLUMNS)
        levels = "/".join(_text(value, 1) for key, value in values.items() if key.startswith("level_"))
        lines.append(f"{labels[name]:<{width}}{'-' if rate is None else f'{rate / 1000:.1f}':>8}{cells}  {levels}")
    return lines


def _width(column: _Column) -> int:
    return max(len(column.title), 6) + 2


def _text(value: float, digits: int) -> str:
    # No minus before what rounds to nothing.
    return "-" if math.isnan(value) else f"{round(value, digits) + 0.0:.{digits}f}"


def _plain(values: Values) -> dict[str, float | None]:
    return {key: value if math.isfinite(value) else None for key, value in values.items()}
