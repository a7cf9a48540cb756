"""The ears by which scenes are heard: those of a sphere, or of a SOFA file."""

from __future__ import annotations

import functools
from collections.abc import Generator
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from sepstudio.dsp.binaural import BinauralDecoder
from sepstudio.gui.bridge import JobBridge
from sepstudio.jobs.runner import JobState

# Of what a decoder is made for: the file (None for the sphere), the sample rate and the order of the scene.
Key = tuple[Path | None, int, int]


class Ears(QObject):
    """Makes decoders in jobs, and keeps them; ``changed`` says that ``decoder`` may answer otherwise.

    ``refused`` carries the path of a file of which no decoder could be made.
    """

    changed = Signal()
    refused = Signal(object)

    def __init__(self, bridge: JobBridge, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._bridge = bridge
        # A sphere's is made in a moment: nobody needs to be told.
        self._quiet = bridge.sibling(self)
        self._path: Path | None = None
        self._made: dict[Key, BinauralDecoder] = {}
        self._jobs: dict[int, Key] = {}
        for each in (bridge, self._quiet):
            each.ended.connect(self._on_ended)

    @property
    def path(self) -> Path | None:
        """The file of the ears in use, or None for the sphere."""
        return self._path

    def choose(self, path: Path | None) -> None:
        """Hear by other ears from now on: at once, or as soon as they are read."""
        if path != self._path:
            self._path = path
            self.changed.emit()

    def decoder(self, sample_rate: int, order: int) -> BinauralDecoder | None:
        """Return the decoder for scenes of a rate and an order.

        While that of a file is being made, that of the sphere stands in; None where not even that is there yet.
        """
        for path in dict.fromkeys((self._path, None)):
            key = path, sample_rate, order
            if key in self._made:
                return self._made[key]
            self._ask(key)
        return None

    def _ask(self, key: Key) -> None:
        if key in self._jobs.values():
            return
        path, rate, order = key
        done = functools.partial(self._take, key)
        if path is None:
            job = self._quiet.start("Making ears", _sphere(rate, order), done)
        else:
            job = self._bridge.start(f"Reading {path.name}", _ears_of(path, rate, order), done)
        self._jobs[job] = key

    def _take(self, key: Key, decoder: BinauralDecoder) -> None:
        self._made[key] = decoder
        self.changed.emit()

    def _on_ended(self, job_id: int, state: str, _message: str) -> None:
        key = self._jobs.pop(job_id, None)
        if key is not None and state != JobState.DONE.value:
            self.refused.emit(key[0])


def _sphere(sample_rate: int, order: int) -> Generator[float, None, BinauralDecoder]:
    from sepstudio.dsp.binaural import sphere_decoder

    yield 0.0
    return sphere_decoder(sample_rate, order)


def _ears_of(path: Path, sample_rate: int, order: int) -> Generator[float, None, BinauralDecoder]:
    from sepstudio.dsp.binaural import decoder_of
    from sepstudio.io.sofa import read_sofa

    yield 0.0
    hrirs = read_sofa(path)
    yield 0.5
    return decoder_of(hrirs, order, sample_rate)
