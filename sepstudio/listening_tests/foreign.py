"""Tests and results of webMUSHRA, and published tables with a column for each listener."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from sepstudio.errors import ParameterError
from sepstudio.io.json_values import a_list, an_object, text
from sepstudio.listening_tests.definition import ConditionLabel, ListeningTest, Role, Stimulus, Trial
from sepstudio.listening_tests.definition_files import load_values
from sepstudio.listening_tests.results import Rating, read_rows, refused
from sepstudio.metrics.listening_scores import ScoreTable, score_table

# What webMUSHRA calls the hidden reference and the anchors that it makes itself.
_ROLES: Mapping[str, Role] = {"reference": "reference", "anchor35": "low-anchor", "anchor70": "mid-anchor"}
_WEBMUSHRA = ("session_test_id", "session_uuid", "trial_id", "rating_stimulus", "rating_score")


def read_webmushra_test(path: Path) -> ListeningTest:
    """Read the MUSHRA pages of a webMUSHRA experiment; other pages, and anchors that it would make, are left out.

    Raises
    ------
    ListeningTestError
        If it cannot be read or has no such page.
    """
    values = load_values(path)
    try:
        experiment = an_object(values, "the experiment")
        pages = list(_mushra_pages(a_list(experiment.get("pages"), "pages")))
        if not pages:
            raise ValueError("has no page of the type mushra")
        trials = tuple(_trial(page, number, path.parent) for number, page in enumerate(pages, 1))
        names = dict.fromkeys(name for trial in trials for name in trial.conditions)
        labels = tuple(ConditionLabel(name, "", _ROLES.get(name, "system")) for name in names)
        name = text(experiment.get("testname", path.stem), "testname").strip() or path.stem
        return ListeningTest("mushra", name, labels, trials)
    except ParameterError as error:
        raise refused(path, f"{error.what}, but {error.why}", "correct the experiment") from error
    except ValueError as error:
        raise refused(path, str(error), "give the configuration of a webMUSHRA experiment") from error


def _mushra_pages(values: Sequence[Any]) -> Iterator[Mapping[str, Any]]:
    for value in values:
        # Lists of pages are groups whose order is drawn, and begin with the word "random".
        if isinstance(value, list):
            yield from _mushra_pages([one for one in value if one != "random"])
        elif an_object(value, "a page").get("type") == "mushra":
            yield value


def _trial(page: Mapping[str, Any], number: int, folder: Path) -> Trial:
    name = str(page.get("id") or f"trial{number}").strip()
    reference = _file(page.get("reference"), f"reference of {name}", folder)
    stimuli = an_object(page.get("stimuli"), f"stimuli of {name}")
    found = [Stimulus(str(key), _file(value, f"{key} of {name}", folder)) for key, value in stimuli.items()]
    hidden = Stimulus("reference", reference)
    title = page.get("name")
    return Trial(name, (hidden, *found), reference, title if isinstance(title, str) else "")


def _file(value: Any, place: str, folder: Path) -> Path:
    return Path(os.path.normpath(folder / PurePosixPath(text(value, place))))


def read_webmushra_results(path: Path) -> list[Rating]:
    """Read the CSV of webMUSHRA's MUSHRA pages.

    Raises
    ------
    ListeningTestError
        If it cannot be read or is none.
    """
    header, rows = read_rows(path)
    missing = [name for name in _WEBMUSHRA if name not in header]
    if missing:
        raise refused(path, f"has no column {', '.join(missing)}", "give mushra.csv of webMUSHRA")
    return [_rating(path, number, dict(zip(header, row, strict=True))) for number, row in rows]


def is_webmushra(header: Sequence[str]) -> bool:
    """Whether a CSV file with these columns is webMUSHRA's."""
    return set(_WEBMUSHRA) <= set(header)


def _rating(path: Path, number: int, row: Mapping[str, str]) -> Rating:
    session, condition = row["session_uuid"], row["rating_stimulus"]
    score = _number(path, number, row["rating_score"])
    # Nobody's name is carried over: who took part is known by the session.
    return Rating(
        row["session_test_id"],
        "mushra",
        session,
        session,
        row["trial_id"],
        condition,
        _ROLES.get(condition, "system"),
        score,
        seconds=_number(path, number, row.get("rating_time") or "0", 1e12) / 1000,
        comment=row.get("rating_comment", ""),
    )


def _number(path: Path, line: int, cell: str, highest: float = 100) -> float:
    try:
        value = float(cell)
    except ValueError:
        value = -1.0
    if not 0 <= value <= highest:
        raise refused(path, f"line {line}: {cell!r} is no number from 0 to {highest:g}", "correct the line")
    return value


def read_wide_table(path: Path, listeners: str, item: str | Sequence[str], condition: str) -> ScoreTable:
    """Read ratings from a table with a row for each item and condition, and a column for each listener.

    Parameters
    ----------
    path : Path
        CSV; empty cells and NaN are ratings that are not there.
    listeners : str
        What the names of the listeners' columns begin with.
    item : str or sequence of str
        Columns that name the item together.
    condition : str
        Column that names the condition.

    Raises
    ------
    ListeningTestError
        If it cannot be read, lacks a column, or a rating is none.
    """
    header, rows = read_rows(path)
    items = [item] if isinstance(item, str) else list(item)
    missing = [name for name in (*items, condition) if name not in header]
    columns = [place for place, name in enumerate(header) if name.startswith(listeners)]
    if missing or not columns:
        raise refused(path, f"has no column {', '.join(missing) or listeners}", "name columns that it has")
    found = []
    for number, row in rows:
        cells = dict(zip(header, row, strict=True))
        place = " ".join(cells[name].strip() for name in items)
        for column in columns:
            cell = row[column].strip()
            if cell and cell.lower() != "nan":
                found.append((header[column], place, cells[condition].strip(), _number(path, number, cell)))
    if not found:
        raise refused(path, "holds no rating", "name the columns of the listeners")
    return score_table(found)
