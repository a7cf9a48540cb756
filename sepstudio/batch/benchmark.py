"""Methods compared on the songs of a data set: each separates every song, and its stems are scored."""

from __future__ import annotations

import contextlib
import dataclasses
import time
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from typing import Any

from sepstudio.batch.song_clips import SongClips
from sepstudio.errors import MissingInputError
from sepstudio.io.clip import AudioClip, MixClip, Part
from sepstudio.io.scratch import ScratchSink
from sepstudio.io.steps import scaled
from sepstudio.metrics.song_scores import Scores, SongScores, song_scores_steps
from sepstudio.separation.base import MethodSpec, Progress, RunContext, needed, staged

DRUMS = "drums"
# The song without its drums: what methods leave that take only drums, or percussion, out of it.
ACCOMPANIMENT = "w/o drums"
# What stems of methods are called that know strokes and tones instead of instruments.
_STRUCK, _STEADY = "percussive", "harmonic"
# Where separating ends on the progress bar.
_SEPARATED = 0.5

Clips = Mapping[str, AudioClip]


@dataclass(frozen=True)
class Contender:
    """A method with its settings; without a ``spec`` the mixture itself stands for every stem.

    ``label`` is what it is called in tables.
    """

    label: str
    spec: MethodSpec | None = None
    params: Any = None

    def check(self) -> None:
        """Raise MissingInputError where the method needs more than a song and its true stems."""
        if self.spec is None:
            return
        missing = needed(self.spec, self.params) - {"references"}
        if missing:
            what = " and ".join(sorted(missing))
            raise MissingInputError(self.label, f"it needs a {what} of every song", "choose another method")


@dataclass(frozen=True)
class SongResult:
    """What a contender did with a song: scores by measure and stem, seconds of separating, notes."""

    scores: Scores
    seconds: float
    notes: tuple[str, ...] = ()


def contest_steps(
    contender: Contender, song: SongClips, version: str, context: RunContext, *, accompaniment: bool
) -> Generator[Progress, None, SongResult]:
    """Separate a song and score the stems against the true ones, in steps.

    Stems are compared with the true ones of their names. Of a method with a percussive stem, that is compared with
    the drums, and the harmonic one with the sum of all others: it promises no more. With ``accompaniment`` the sum of
    all stems but the drums is scored for every method.

    Raises
    ------
    UserError
        If the method cannot do it.
    """
    with contextlib.closing(ScratchSink()) as sink:
        started = time.perf_counter()
        stems = yield from _stems(contender, song, dataclasses.replace(context, sink=sink))
        seconds = time.perf_counter() - started
        groups = _groups(stems, song.stems, accompaniment=accompaniment)
        scores: dict[tuple[str, str], float] = {}
        notes: list[str] = []
        for number, (true, judged) in enumerate(groups):
            low, high = (_SEPARATED + (1 - _SEPARATED) * step / len(groups) for step in (number, number + 1))
            found: SongScores = yield from staged(
                scaled(song_scores_steps(true, judged, version), low, high), f"BSS Eval {version}"
            )
            # The drums of the first group are measured against each instrument for itself.
            scores = {**found.scores, **scores}
            notes += [note for note in found.notes if note not in notes]
    return SongResult(scores, seconds, tuple(notes))


def knows_strokes(contender: Contender) -> bool:
    """Return whether a method takes strokes and tones apart instead of instruments, as its settings tell."""
    from sepstudio.batch.stems import expected_stems

    return contender.spec is not None and _STRUCK in expected_stems(contender.params)


def _stems(contender: Contender, song: SongClips, context: RunContext) -> Generator[Progress, None, Clips]:
    if contender.spec is None:
        yield Progress(_SEPARATED, "mixture")
        return dict.fromkeys([*song.stems, ACCOMPANIMENT], song.mixture)
    context = dataclasses.replace(context, references=song.stems)
    work = contender.spec.run(song.mixture, contender.params, context=context)
    with contextlib.closing(work):
        while True:
            try:
                step = next(work)
            except StopIteration as stop:
                stems: Clips = stop.value.stems
                return stems
            yield Progress(_SEPARATED * step.fraction, step.stage)


def _groups(stems: Clips, true: Clips, *, accompaniment: bool) -> list[tuple[Clips, Clips]]:
    """Return what is measured together: true stems, and those to judge among them."""
    two = _halves(true)
    if _STRUCK in stems and not set(stems) & set(true):
        judged = {DRUMS: stems[_STRUCK]} | ({ACCOMPANIMENT: stems[_STEADY]} if _STEADY in stems else {})
        return [(two, judged)] if two else []
    groups: list[tuple[Clips, Clips]] = [(true, {name: stems[name] for name in true if name in stems})]
    if accompaniment and two and set(true) <= set(stems):
        judged = _halves({name: stems[name] for name in true})
        groups.append((two, {name: stems.get(name, clip) for name, clip in judged.items()}))
    return groups


def _halves(stems: Clips) -> dict[str, AudioClip]:
    """Return the drums and the sum of all other stems; nothing where there are no two such halves."""
    others = [clip for name, clip in stems.items() if name != DRUMS]
    if DRUMS not in stems or not others:
        return {}
    return {DRUMS: stems[DRUMS], ACCOMPANIMENT: MixClip([Part(clip) for clip in others], others[0].length)}
