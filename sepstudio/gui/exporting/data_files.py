"""The data of a view as NPZ or CSV, written in short steps and never held as a whole."""

from __future__ import annotations

import csv
import json
import zipfile
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt

import sepstudio
from sepstudio.gui.exporting.view_data import Table, ViewData
from sepstudio.io.atomic import replacing
from sepstudio.io.failures import unwritable

# Values of one step: a CSV line takes a microsecond for each.
STEP_VALUES = 1 << 15
DATA_FORMATS = {"NumPy arrays (*.npz)": ".npz", "Comma-separated values (*.csv)": ".csv"}


def write_data_steps(path: Path, data: ViewData | Table) -> Generator[float, None, Path]:
    """Write data in the format of the extension; yields the fraction done.

    The file appears under its name when it is complete; an error, or closing the generator, leaves
    what was there before and nothing else.

    Raises
    ------
    AudioFileError
        If the file cannot be written.
    """
    is_csv = path.suffix.lower() == ".csv"
    try:
        with replacing(path) as temp:
            if isinstance(data, Table):
                yield from (_write_csv_table if is_csv else _write_npz_table)(temp, data)
            else:
                yield from (_write_csv if is_csv else _write_npz)(temp, data)
    except OSError as error:
        raise unwritable(path, error) from error
    return path


def _spans(data: ViewData) -> Iterator[tuple[int, int]]:
    step = max(STEP_VALUES // max(len(data.rows), 1), 1)
    for start in range(0, data.columns, step):
        yield start, min(start + step, data.columns)


# -- NPZ -------------------------------------------------------------------------------------


def _write_npz(path: Path, data: ViewData) -> Generator[float, None, None]:
    """Write the arrays ``values`` [rows, columns], the two axes by their names, and ``metadata`` (JSON)."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED, allowZip64=True) as archive:
        _add(archive, "metadata", np.array(json.dumps(metadata(data), ensure_ascii=False)))
        _add(archive, data.rows.name, np.array(data.rows.values))
        yield from _add_long(archive, data.columns_name, (data.columns,), np.dtype("<f8"), data, _axis_bytes)
        shape = (len(data.rows), data.columns)
        yield from _add_long(archive, "values", shape, np.dtype("<f4"), data, _value_bytes)


def _add(archive: zipfile.ZipFile, name: str, array: npt.NDArray[Any]) -> None:
    with archive.open(zipfile.ZipInfo(f"{name}.npy"), "w") as member:
        np.lib.format.write_array(member, array, allow_pickle=False)


def _add_long(
    archive: zipfile.ZipFile,
    name: str,
    shape: tuple[int, ...],
    dtype: np.dtype[Any],
    data: ViewData,
    bytes_of: Callable[[ViewData, int, int], bytes],
) -> Generator[float, None, None]:
    """Write an array column after column, which is Fortran's order of a matrix."""
    header = {"descr": dtype.str, "fortran_order": True, "shape": shape}
    begun = 0.0 if name != "values" else 0.1
    share = 0.1 if name != "values" else 0.9
    with archive.open(zipfile.ZipInfo(f"{name}.npy"), "w", force_zip64=True) as member:
        np.lib.format.write_array_header_1_0(member, header)
        for start, stop in _spans(data):
            member.write(bytes_of(data, start, stop))
            yield begun + share * stop / data.columns


def _axis_bytes(data: ViewData, start: int, stop: int) -> bytes:
    return data.coordinates(start, stop).astype("<f8").tobytes()


def _value_bytes(data: ViewData, start: int, stop: int) -> bytes:
    return data.values(start, stop).astype("<f4").tobytes(order="F")


def _write_npz_table(path: Path, table: Table) -> Generator[float, None, None]:
    """Write an array for each column by its name, words as text, and ``metadata`` (JSON)."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED, allowZip64=True) as archive:
        _add(archive, "metadata", np.array(json.dumps(metadata(table), ensure_ascii=False)))
        for number, (name, values) in enumerate(table.columns.items(), 1):
            _add(archive, name, np.array(values))
            yield number / len(table.columns)


def metadata(data: ViewData | Table) -> dict[str, Any]:
    """Return what is said about the data, as JSON values."""
    program = f"SepStudio {sepstudio.__version__}"
    if isinstance(data, Table):
        return {"title": data.title, **data.details, "program": program}
    return {
        "title": data.title,
        "quantity": data.quantity,
        "unit": data.unit,
        "rows": f"{data.rows.name} ({data.rows.unit})" if data.rows.unit else data.rows.name,
        "columns": f"{data.columns_name} ({data.columns_unit})",
        **data.details,
        "program": program,
    }


# -- CSV -------------------------------------------------------------------------------------


def _write_csv(path: Path, data: ViewData) -> Generator[float, None, None]:
    """Write a line for each column of the matrix: its place, then its values. Lines of comment come first."""
    precision = "%.4f" if data.unit in ("dBFS", "dB") else "%.9g"
    with path.open("w", encoding="utf-8", newline="\n") as file:
        _write_head(file, data)
        for start, stop in _spans(data):
            table = np.column_stack([data.coordinates(start, stop), data.values(start, stop).T])
            np.savetxt(file, table, fmt=["%.9f", *[precision] * len(data.rows)], delimiter=",")
            yield stop / data.columns


def _write_csv_table(path: Path, table: Table) -> Generator[float, None, None]:
    """Write the names of the columns and a line for each row; words are in quotes."""
    step = max(STEP_VALUES // max(len(table.columns), 1), 1)
    with path.open("w", encoding="utf-8", newline="") as file:
        _write_about(file, table)
        file.write(",".join(table.columns) + "\n")
        writer = csv.writer(file, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\n")
        for start in range(0, len(table), step):
            parts = [np.array(values[start : start + step]).tolist() for values in table.columns.values()]
            writer.writerows(zip(*parts, strict=True))
            yield min(start + step, len(table)) / len(table)


def _write_about(file: IO[str], data: ViewData | Table) -> None:
    for name, value in metadata(data).items():
        # A title may hold what would end the line.
        file.write(f"# {name}: {' '.join(str(value).split())}\n")


def _write_head(file: IO[str], data: ViewData) -> None:
    _write_about(file, data)
    names = [value if isinstance(value, str) else f"{value:.4f}" for value in data.rows.values]
    file.write(f"# first column: {data.columns_name} in {data.columns_unit}; the others: {data.rows.name}\n")
    file.write(",".join([f"{data.columns_name}_{data.columns_unit}", *names]) + "\n")
