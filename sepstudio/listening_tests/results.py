"""Results of listening tests: a row for each rating, as CSV that any program of statistics reads."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

from sepstudio.errors import ListeningTestError
from sepstudio.io.atomic import replacing
from sepstudio.io.failures import display_name, read_failure, write_failure
from sepstudio.listening_tests.answers import SUFFIX, Heading
from sepstudio.listening_tests.definition import KINDS, ROLES, ListeningTest
from sepstudio.listening_tests.progress import PageProgress
from sepstudio.listening_tests.session import answers_to

_MOST_BYTES = 256 << 20


@dataclass(frozen=True)
class Rating:
    """One row of results.

    Attributes
    ----------
    test, kind : str
    session, listener : str
        Random name, and hash.
    trial, condition : str
    role : str
        Of the condition.
    score : float
        MUSHRA: from 0 to 100. AB: 1 for the condition that was preferred, 0 for the other. ABX: 1 if X, which had this
        condition, was told from the other one, else 0.
    versus : str
        The other condition (AB, ABX).
    repetition : int
        From 1 on.
    position : int
        Number of the page in the session, from 1 on.
    label : str
        What the listener knew the condition by.
    seconds : float
        Time spent on the page.
    listened : float
        Time that the condition sounded, in seconds.
    plays : int
        How often it was played.
    started : str
        When the session began, by ISO 8601.
    device : str
    sample_rate : int
        In Hz, 0 if not known.
    renderer, build : str
        What scenes were heard through, and version of the program.
    comment : str
        Of the listener, on the page.
    excluded : str
        Why screening leaves it out; empty where it does not.
    """

    test: str
    kind: str
    session: str
    listener: str
    trial: str
    condition: str
    role: str
    score: float
    versus: str = ""
    repetition: int = 1
    position: int = 0
    label: str = ""
    seconds: float = 0.0
    listened: float = 0.0
    plays: int = 0
    started: str = ""
    device: str = ""
    sample_rate: int = 0
    renderer: str = ""
    build: str = ""
    comment: str = ""
    excluded: str = ""


COLUMNS = tuple(field.name for field in fields(Rating))
_NEEDED = COLUMNS[: COLUMNS.index("versus")]


def ratings_of(test: ListeningTest, path: Path) -> list[Rating]:
    """Return the ratings of a session, of the pages that were completed.

    Raises
    ------
    ListeningTestError
        If the file of answers cannot be read, is damaged, or is another test's.
    """
    answers, pages = answers_to(test, path)
    done = ((position, page) for position, page in enumerate(pages, 1) if page.is_done)
    return [rating for position, page in done for rating in _ratings(test, answers.heading, position, page)]


def collected(test: ListeningTest, folder: Path) -> list[Rating]:
    """Return the ratings of all sessions in a folder; raises as ``ratings_of``."""
    return [rating for path in sorted(folder.glob(f"*{SUFFIX}")) for rating in ratings_of(test, path)]


def _ratings(test: ListeningTest, heading: Heading, position: int, page: PageProgress) -> Iterable[Rating]:
    labels: Sequence[str] = page.page.labels
    if test.kind == "abx":
        labels = ("X",)
    for label in labels:
        condition = page.page.condition(label)
        versus = next((one for one in map(page.page.condition, page.choices) if one != condition), "")
        yield Rating(
            heading.test,
            heading.kind,
            heading.session,
            heading.listener,
            page.page.trial,
            condition,
            test.role_of(condition),
            _score(page, label),
            versus,
            page.page.repetition,
            position,
            label,
            page.seconds,
            round(page.listened.get(label, 0.0), 3),
            page.plays.get(label, 0),
            heading.started,
            page.setup.device,
            page.setup.sample_rate,
            page.setup.renderer,
            page.setup.build,
            page.comment,
        )


def _score(page: PageProgress, label: str) -> float:
    if page.choices:
        return float(page.page.condition(page.choice) == page.page.condition(label))
    return float(page.scores[label])


def excluding(ratings: Iterable[Rating], reasons: dict[str, str]) -> list[Rating]:
    """Return ratings with why their listener is left out, by the listener's hash, and empty for the others."""
    return [replace(rating, excluded=reasons.get(rating.listener, "")) for rating in ratings]


def write_ratings(path: Path, ratings: Iterable[Rating]) -> None:
    """Write ratings as CSV in UTF-8.

    Raises
    ------
    ListeningTestError
        If the file cannot be written.
    """
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: _cell(value) for name, value in asdict(rating).items()} for rating in ratings)
    try:
        with replacing(path) as temp:
            temp.write_text(text.getvalue(), encoding="utf-8", newline="")
    except OSError as error:
        raise ListeningTestError(*write_failure(path, error)) from error


def read_ratings(path: Path) -> list[Rating]:
    """Read ratings from CSV as ``write_ratings`` writes it; columns beyond are passed over, optional ones may miss.

    Raises
    ------
    ListeningTestError
        If it cannot be read or a row is wrong: names the line.
    """
    header, rows = read_rows(path)
    missing = [name for name in _NEEDED if name not in header]
    if missing:
        raise refused(path, f"has no column {', '.join(missing)}", "give results of a listening test")
    found = []
    for number, row in rows:
        try:
            found.append(_rating(dict(zip(header, row, strict=True))))
        except ValueError as error:
            raise refused(path, f"line {number}: {error}", "correct the line") from error
    return found


def read_rows(path: Path) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """Return the header of a CSV file, and its rows with their line numbers; empty ones are passed over.

    Raises
    ------
    ListeningTestError
        If it cannot be read, is no CSV in UTF-8, is empty, or has a row longer or shorter than its header.
    """
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise refused(path, f"has more than {_MOST_BYTES >> 20} MB", "give results of a listening test")
        text = path.read_text(encoding="utf-8-sig")
        reader = csv.reader(io.StringIO(text, newline=""), strict=True)
        rows = [(reader.line_num, row) for row in reader if any(cell.strip() for cell in row)]
    except OSError as error:
        raise ListeningTestError(*read_failure(path, error)) from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise refused(path, f"is no CSV in UTF-8 ({error})", "save it as such") from error
    if not rows:
        raise refused(path, "is empty", "give results of a listening test")
    header = [cell.strip() for cell in rows[0][1]]
    for number, row in rows[1:]:
        if len(row) != len(header):
            raise refused(path, f"line {number} has {len(row)} values for {len(header)} columns", "correct the line")
    return header, rows[1:]


def _rating(row: dict[str, str]) -> Rating:
    converters: dict[str, type] = {"float": float, "int": int, "str": str}
    values: dict[str, Any] = {}
    for field in fields(Rating):
        if row.get(field.name, "") == "" and field.name not in _NEEDED:
            continue
        try:
            values[field.name] = converters[str(field.type)](row[field.name])
        except ValueError as error:
            raise ValueError(f"{field.name} {row[field.name]!r} is no number") from error
    rating = Rating(**values)
    highest = 100 if rating.kind == "mushra" else 1
    if rating.kind not in KINDS or rating.role not in ROLES:
        raise ValueError(f"there is no kind {rating.kind!r} with a role {rating.role!r}")
    if not 0 <= rating.score <= highest:
        raise ValueError(f"score {rating.score:g} is not from 0 to {highest}")
    return rating


def _cell(value: Any) -> Any:
    return repr(value).removesuffix(".0") if isinstance(value, float) else value


def refused(path: Path, why: str, remedy: str) -> ListeningTestError:
    """Return an error about a file."""
    return ListeningTestError(display_name(path), why, remedy)
