"""Everything that a training reads, made ready before its first step."""

from __future__ import annotations

import shutil
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sepstudio import paths
from sepstudio.errors import DataSetError
from sepstudio.nn.datasets.examples import Examples
from sepstudio.nn.datasets.songs import OpenSong
from sepstudio.nn.statistics import AmplitudeStatistics
from sepstudio.nn.training.corpus import Corpus, find_corpus
from sepstudio.nn.training.excerpts import DrawnExcerpts, ExcerptSet, FixedExcerpts
from sepstudio.nn.training.features import Analysis
from sepstudio.nn.training.measuring import statistics_steps
from sepstudio.nn.training.plan import TrainingPlan, TrainingProgress
from sepstudio.nn.training.ranks import Ranks
from sepstudio.nn.training.recordings import Recordings, digest, song_identity
from sepstudio.nn.training.variants import variant_config

# Of the progress of a training.
_DECODED, _MEASURED, PREPARED = 0.01, 0.02, 0.03
_GIGABYTE = 1e9
# Bytes of the disk that features leave to others.
_LEFT = 1 << 30


@dataclass(frozen=True, eq=False)
class Material:
    """What the trainees of every seed learn from, and are validated with."""

    corpus: Corpus
    analysis: Analysis
    statistics: Mapping[str, AmplitudeStatistics]
    validation: FixedExcerpts
    recordings: Recordings
    kept: FixedExcerpts | None

    def training(self, plan: TrainingPlan, seed: int) -> ExcerptSet:
        """Return the excerpts that are learnt from with a seed."""
        if self.kept is not None:
            return self.kept.shuffled(seed)
        examples = Examples(
            self.corpus.training,
            self.analysis.samples,
            instruments=self.corpus.instruments,
            per_song=plan.per_song,
            augmentation=plan.augmentation,
            seed=seed,
            opening=self.recordings.open,
        )
        return DrawnExcerpts(examples, self.analysis, plan.instruments)

    @property
    def identity(self) -> str:
        """A name for what is learnt from: it is another one where songs or their division differ."""
        parts = (self.corpus.training, self.corpus.validation)
        return digest([[song_identity(song) for song in songs] for songs in parts])


def material_steps(plan: TrainingPlan, device: str, ranks: Ranks) -> Generator[TrainingProgress, None, Material]:
    """Find, decode and measure what a plan trains with; one process does it and the others wait.

    Raises
    ------
    DataSetError, AudioFileError
        If songs cannot be used or read, there is none for validation, or the cache cannot be written.
    """
    corpus = find_corpus(
        plan.data, plan.instruments, validation=plan.validation, hold_out=plan.hold_out, seed=plan.split_seed
    )
    if not corpus.validation:
        why = "leave no song for validation: there is only one title to learn from"
        raise DataSetError("the songs", why, "add songs, or hold out less")
    folder = paths.cache_dir() / "training"
    recordings = Recordings(folder, sample_rate=plan.size.sample_rate, channels=plan.size.channels)
    if not ranks.leads:
        ranks.wait()
    for fraction, name in recordings.decode_steps((*corpus.training, *corpus.validation)):
        yield TrainingProgress(_DECODED * fraction, f"reading {name}")
    songs = tuple(recordings.open(song, corpus.instruments) for song in corpus.training)
    statistics = yield from _statistics_steps(songs, plan, folder)
    configs = [variant_config(one.variant, one.instrument, plan.size) for one in plan.trainees(0)]
    analysis = Analysis.of(plan.frames, configs, every=plan.every)
    others = [recordings.open(song, corpus.instruments) for song in corpus.validation]
    validation = FixedExcerpts(others, analysis, plan.instruments, per_song=plan.validation_per_song)
    kept = None
    if plan.augmentation is None:
        kept = FixedExcerpts(songs, analysis, plan.instruments, per_song=plan.per_song)
    for name, excerpts in (("validation", validation), ("training", kept)):
        # A GPU computes features faster than they are read.
        if excerpts is not None and device == "cpu":
            yield from _keep_steps(excerpts, name, plan, folder)
    if ranks.leads:
        ranks.wait()
    return Material(corpus, analysis, statistics, validation, recordings, kept)


def _statistics_steps(
    songs: tuple[OpenSong, ...], plan: TrainingPlan, folder: Path
) -> Generator[TrainingProgress, None, Mapping[str, AmplitudeStatistics]]:
    steps = statistics_steps(songs, plan.instruments, plan.size, folder)
    while True:
        try:
            fraction = next(steps)
        except StopIteration as stop:
            result: Any = stop.value
            return dict(result)
        yield TrainingProgress(_DECODED + (_MEASURED - _DECODED) * fraction, "measuring the songs")


def _keep_steps(
    excerpts: FixedExcerpts, name: str, plan: TrainingPlan, folder: Path
) -> Generator[TrainingProgress, None, None]:
    size = excerpts.size()
    # Files that are mapped into memory kill whoever writes to them when the disk is full.
    lacks_room = excerpts.missing_size(folder) > max(shutil.disk_usage(folder).free - _LEFT, 0)
    if size > plan.cache_bytes or lacks_room:
        why = "more than is kept" if size > plan.cache_bytes else "and the disk is too full"
        text = f"features for {name} take {size / _GIGABYTE:.1f} GB, {why}: they are computed each time"
        yield TrainingProgress(_MEASURED, text)
        return
    text = f"features for {name} ({size / _GIGABYTE:.1f} GB)"
    for fraction in excerpts.keep_steps(folder):
        yield TrainingProgress(_MEASURED + (PREPARED - _MEASURED) * fraction, text)
