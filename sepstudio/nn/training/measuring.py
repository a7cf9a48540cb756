"""The statistics of a training set that bias and scale layers start from, in one pass over its songs."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from sepstudio.dsp.stft import frame_span, transform_frames
from sepstudio.errors import DataSetError, ParameterError
from sepstudio.io.atomic import replacing
from sepstudio.io.failures import write_failure
from sepstudio.nn.datasets.songs import OpenSong
from sepstudio.nn.statistics import AmplitudeStatistics, BinStatistics
from sepstudio.nn.training.excerpts import read_song
from sepstudio.nn.training.recordings import digest, song_identity
from sepstudio.nn.training.variants import NetworkSize

MIXTURE = "mixture"
# Frames at a time: some 17 MB of spectra for two channels.
_BLOCK = 256


def statistics_steps(
    songs: Sequence[OpenSong], instruments: Sequence[str], size: NetworkSize, folder: Path
) -> Generator[float, None, dict[str, AmplitudeStatistics]]:
    """Return the statistics of the songs for each instrument; yields the fraction done.

    They are kept in a folder: a second training of the same songs finds them there.

    Raises
    ------
    DataSetError
        If an instrument is silent in all songs, or the file cannot be written.
    """
    names = (MIXTURE, *instruments)
    identity = [[song_identity(song.song) for song in songs], size.sample_rate, size.channels]
    path = folder / f"statistics-{digest([identity, size.fft_size, size.hop_size, names])}.npz"
    found = _kept(path, names)
    if found is None:
        found = yield from _measured_steps(songs, names, size)
        _keep(path, found)
    for name in instruments:
        if not found[name].squares.any():
            raise DataSetError(
                "the training songs", f"are silent in {name!r}", "leave this instrument out, or add songs"
            )
    return {name: AmplitudeStatistics(found[MIXTURE], found[name]) for name in instruments}


def _measured_steps(
    songs: Sequence[OpenSong], names: Sequence[str], size: NetworkSize
) -> Generator[float, None, dict[str, BinStatistics]]:
    totals: dict[str, BinStatistics] = {}
    sizes: dict[str, Any] = {"fft_size": size.fft_size, "hop_size": size.hop_size}
    for number, song in enumerate(songs):
        frames = 1 + song.length // size.hop_size
        for first in range(0, frames, _BLOCK):
            span = frame_span(first, min(first + _BLOCK, frames), **sizes)
            mixture, stems = read_song(song, *span, names[1:])
            for name, samples in {MIXTURE: mixture, **stems}.items():
                part = BinStatistics.of(np.abs(transform_frames(samples, **sizes)))
                totals[name] = totals[name].merged(part) if name in totals else part
            yield (number + first / frames) / len(songs)
    return totals


def _kept(path: Path, names: Sequence[str]) -> dict[str, BinStatistics] | None:
    try:
        with np.load(path, allow_pickle=False) as file:
            return {
                name: BinStatistics(int(file[f"{name}.count"]), file[f"{name}.mean"], file[f"{name}.squares"])
                for name in names
            }
    except (OSError, ValueError, KeyError, ParameterError):
        return None


def _keep(path: Path, found: Mapping[str, BinStatistics]) -> None:
    arrays: dict[str, Any] = {}
    for name, of in found.items():
        arrays |= {f"{name}.count": np.int64(of.count), f"{name}.mean": of.mean, f"{name}.squares": of.squares}
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as temp, temp.open("wb") as out:
            np.savez(out, **arrays)
    except OSError as error:
        raise DataSetError(*write_failure(path, error)) from error
