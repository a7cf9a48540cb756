"""The tempi of a MusicXML file, which may stand in any part and must survive repeats."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from sepstudio.io.scores.tempo import TempoMap

_DEFAULT_SECONDS = 0.5
_DEFAULT_BPM = 60.0 / _DEFAULT_SECONDS
# Quarter notes of a unit of the metronome.
_UNITS = {
    "long": 16.0, "breve": 8.0, "whole": 4.0, "half": 2.0, "quarter": 1.0, "eighth": 0.5, "16th": 0.25, "32nd": 0.125,
}  # fmt: skip


def name_tempi(root: Any) -> bool:
    """Give every metronome mark of a document the <sound tempo> that players follow; say if there is any tempo.

    Programs may write a mark without saying how it sounds.
    """
    from lxml import etree

    for direction in root.iter("direction"):
        tempo = _marked_tempo(direction)
        sound = direction.find("sound")
        if tempo is None or (sound is not None and "tempo" in sound.attrib):
            continue
        sound = etree.SubElement(direction, "sound") if sound is None else sound
        sound.set("tempo", f"{tempo:g}")
    return any(sound.get("tempo") for sound in root.iter("sound"))


def _marked_tempo(direction: Any) -> float | None:
    """Return the quarter notes a minute of a metronome mark; None where there is none with a number."""
    metronome = direction.find("direction-type/metronome")
    if metronome is None:
        return None
    units, rate = metronome.findall("beat-unit"), metronome.findtext("per-minute") or ""
    # Beside the number there may be words, such as "ca. 40".
    found = re.search(r"\d+(\.\d+)?", rate)
    value = float(found[0]) if found else 0.0
    if len(units) != 1 or value <= 0.0:
        return None
    dots = len(metronome.findall("beat-unit-dot"))
    return value * _UNITS.get(units[0].text or "", 1.0) * (2.0 - 0.5**dots)


def quarters(part: Any, positions: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Return positions of a part, in its own divisions, as quarter notes from its beginning; float64."""
    table = np.asarray(part.quarter_durations(), dtype=np.float64)
    starts, divisions = table[:, 0], table[:, 1]
    sums = np.concatenate([[0.0], np.cumsum(np.diff(starts) / divisions[:-1])])
    wanted = np.asarray(positions, dtype=np.float64)
    index = np.clip(np.searchsorted(starts, wanted, side="right") - 1, 0, None)
    result: npt.NDArray[np.float64] = sums[index] + (wanted - starts[index]) / divisions[index]
    return result


def spread_tempi(parts: Sequence[Any]) -> None:
    """Say in every measure of every part which tempo holds there, whichever part it was written in.

    Then a repeat, which copies measures, brings back the tempo of its beginning.
    """
    from partitura.score import Measure, Tempo

    changes = sorted(_changes(parts))
    for part in parts:
        own = {tempo.start.t for tempo in part.iter_all(Tempo)}
        starts = [measure.start.t for measure in part.iter_all(Measure) if measure.start.t not in own]
        for start, position in zip(starts, quarters(part, starts), strict=True):
            held = [bpm for place, bpm in changes if place <= position + 1e-6]
            part.add(Tempo(held[-1] if held else _DEFAULT_BPM), start)


def _changes(parts: Sequence[Any]) -> list[tuple[float, float]]:
    """Return the tempi of all parts: positions in quarter notes, and quarter notes a minute."""
    from partitura.score import Tempo

    found: list[tuple[float, float]] = []
    for part in parts:
        tempi = [tempo for tempo in part.iter_all(Tempo) if tempo.bpm > 0]
        places = quarters(part, [tempo.start.t for tempo in tempi])
        rates = [6e7 / tempo.microseconds_per_quarter for tempo in tempi]
        found += [(float(place), rate) for place, rate in zip(places, rates, strict=True)]
    return found


def tempo_map(parts: Sequence[Any]) -> TempoMap:
    """Return the seconds of positions in quarter notes, over the tempi of all parts."""
    return TempoMap(((place, 60.0 / rate) for place, rate in _changes(parts)), _DEFAULT_SECONDS)
