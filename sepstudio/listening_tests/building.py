"""Making a listening test of excerpts and of what changes them: its files, aligned and levelled, and its definition."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from sepstudio.errors import ListeningTestError, ParameterError
from sepstudio.io.audio import read_audio
from sepstudio.io.clip import AudioClip, MixClip, Part, excerpt
from sepstudio.io.failures import display_name, write_failure
from sepstudio.io.steps import scaled
from sepstudio.io.writing import write_audio_steps
from sepstudio.listening_tests.alignment import delay_between
from sepstudio.listening_tests.definition import LONGEST_SECONDS, ConditionLabel, Kind, ListeningTest, Stimulus, Trial
from sepstudio.listening_tests.definition_files import write_test
from sepstudio.metrics.scenes import orders_of

Process = Callable[[AudioClip], Generator[float, None, AudioClip]]

DEFINITION = "test.yaml"
AUDIO_FOLDER = "audio"
SHORTEST_SECONDS = 0.5
# What codecs need to settle, given to them around the excerpt and cut off again.
_CONTEXT_SECONDS = 1.0
_LEAST_GAIN_DB = 0.005
_PROCESSED = 0.9
# In seconds: of differences of times, less than a sample.
_ROUNDING = 1e-6


@dataclass(frozen=True)
class Excerpt:
    """A stretch of a recording that becomes a trial: 0.5 to 12 s, ``start`` and ``stop`` in seconds."""

    name: str
    clip: AudioClip
    start: float
    stop: float
    title: str = ""


@dataclass(frozen=True)
class Treatment:
    """A condition, and what makes it of a recording: as long, at the same rate and with as many channels."""

    label: ConditionLabel
    process: Process


@dataclass(frozen=True)
class Plan:
    """What a test is made of, beside its excerpts and conditions; attributes as of ListeningTest."""

    name: str
    kind: Kind = "mushra"
    question: str = ""
    seed: int = 0
    renderer: str = ""
    repetitions: int = 1


@dataclass(frozen=True)
class Built:
    """A test that was made.

    Attributes
    ----------
    path : Path
        The definition.
    test : ListeningTest
        Its conditions say the gain that they have got.
    delays : dict of (trial, condition) to int
        Samples that conditions came late, which were taken out; only those that did.
    """

    path: Path
    test: ListeningTest
    delays: dict[tuple[str, str], int]


@dataclass
class _Levels:
    """Energy of what is heard of a condition, and of the same excerpts before."""

    reference: float = 0.0
    changed: float = 0.0

    def add(self, reference: AudioClip, changed: AudioClip) -> None:
        self.reference += _energy(reference)
        self.changed += _energy(changed)

    @property
    def gain_db(self) -> float:
        if min(self.reference, self.changed) <= 0:
            return 0.0
        found = 10 * math.log10(self.reference / self.changed)
        return found if abs(found) >= _LEAST_GAIN_DB else 0.0


def build_steps(
    folder: Path, plan: Plan, excerpts: Sequence[Excerpt], treatments: Sequence[Treatment]
) -> Generator[float, None, Built]:
    """Write the files of a test and then its definition; yields the fraction done.

    Every condition is computed of the excerpt with a second around it where there is one, moved to where it belongs if
    it comes late, and cut. Systems under test get one gain each, the same for all excerpts and channels, by which W (or
    all channels, of other recordings) has as much energy as in the references; anchors are what they are by
    definition, and get none. Files are float WAV, so that nothing clips.

    Parameters
    ----------
    folder : Path
        For the definition, ``test.yaml``, and the folder ``audio``; made if missing.
    plan : Plan
    excerpts : sequence of Excerpt
    treatments : sequence of Treatment
        One of the role ``reference`` is not computed, but is the excerpt itself.

    Raises
    ------
    ListeningTestError
        If there is a definition already, or the folder cannot be made.
    ParameterError
        For excerpts that are too short or long, or conditions that make no test.
    AudioFileError
        If a file cannot be read or written.
    """
    path = folder / DEFINITION
    test = _planned(folder, plan, excerpts, treatments)
    if path.exists():
        raise ListeningTestError(display_name(path), "exists already", "choose another folder")
    try:
        (folder / AUDIO_FOLDER).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ListeningTestError(*write_failure(folder, error)) from error
    levels = {treatment.label.name: _Levels() for treatment in treatments}
    delays: dict[tuple[str, str], int] = {}
    for number, (one, trial) in enumerate(zip(excerpts, test.trials, strict=True)):
        steps = _trial_steps(one, trial, treatments, levels, delays)
        yield from scaled(steps, _PROCESSED * number / len(excerpts), _PROCESSED * (number + 1) / len(excerpts))
    test = _with_gains(test, levels)
    yield from scaled(_levelling_steps(test), _PROCESSED, 1.0)
    write_test(path, test)
    return Built(path, test, delays)


def _planned(folder: Path, plan: Plan, excerpts: Sequence[Excerpt], treatments: Sequence[Treatment]) -> ListeningTest:
    trials = []
    for number, one in enumerate(excerpts, 1):
        seconds = one.stop - one.start
        if not (one.start >= 0 and SHORTEST_SECONDS - _ROUNDING <= seconds <= LONGEST_SECONDS + _ROUNDING):
            expected = f"{SHORTEST_SECONDS:g} to {LONGEST_SECONDS:g} s long, and begin in the recording"
            raise ParameterError(f"excerpt {one.name}", (one.start, one.stop), expected)
        stem = f"{number:02d}-{_slug(one.name)}"
        reference = folder / AUDIO_FOLDER / f"{stem}-reference.wav"
        stimuli = tuple(
            Stimulus(
                treatment.label.name,
                reference
                if treatment.label.role == "reference"
                else folder / AUDIO_FOLDER / f"{stem}-{place}-{_slug(treatment.label.name)}.wav",
            )
            for place, treatment in enumerate(treatments, 1)
        )
        trials.append(Trial(one.name, stimuli, reference, one.title))
    labels = tuple(treatment.label for treatment in treatments)
    return ListeningTest(
        plan.kind,
        plan.name,
        labels,
        tuple(trials),
        plan.question,
        plan.seed,
        renderer=plan.renderer,
        repetitions=plan.repetitions,
    )


def _trial_steps(
    one: Excerpt,
    trial: Trial,
    treatments: Sequence[Treatment],
    levels: dict[str, _Levels],
    delays: dict[tuple[str, str], int],
) -> Generator[float, None, None]:
    rate = one.clip.sample_rate
    start, stop = round(one.start * rate), round(one.stop * rate)
    first = max(start - round(_CONTEXT_SECONDS * rate), 0)
    last = max(min(stop + round(_CONTEXT_SECONDS * rate), one.clip.length), stop)
    # In memory: twelve seconds are read by every condition.
    around = AudioClip(one.clip.read(first, last), rate)
    reference = excerpt(around, start - first, stop - first)
    for place, treatment in enumerate(treatments):
        name = treatment.label.name
        if treatment.label.role != "reference":
            begun, processed, ended = ((place + part) / len(treatments) for part in (0.0, _PROCESSED, 1.0))
            changed = yield from scaled(treatment.process(around), begun, processed)
            _check_alike(around, changed, name)
            late = delay_between(around, changed)
            if late:
                delays[trial.name, name] = late
            cut = excerpt(changed, start - first + late, stop - first + late)
            # Once, as codecs may compute whenever they are read.
            cut = AudioClip(cut.read(0, cut.length), rate)
            levels[name].add(reference, cut)
            yield from scaled(write_audio_steps(trial.path_of(name), cut), processed, ended)
    if trial.reference is not None:
        for _ in write_audio_steps(trial.reference, reference):
            yield 1.0


def _with_gains(test: ListeningTest, levels: dict[str, _Levels]) -> ListeningTest:
    labels = tuple(
        replace(label, gain_db=levels[label.name].gain_db if label.role == "system" else 0.0)
        for label in test.conditions
    )
    return replace(test, conditions=labels)


def _levelling_steps(test: ListeningTest) -> Generator[float, None, None]:
    """Write the files again whose condition gets a gain, which was not known before the last of them was there."""
    gains = {label.name: 10 ** (label.gain_db / 20) for label in test.conditions if label.gain_db}
    stimuli = [one for trial in test.trials for one in trial.stimuli if one.condition in gains]
    for number, one in enumerate(stimuli):
        clip = read_audio(one.path)
        for _ in write_audio_steps(one.path, MixClip([Part(clip, gain=gains[one.condition])], clip.length)):
            yield number / len(stimuli)


def _check_alike(before: AudioClip, after: AudioClip, name: str) -> None:
    shapes = [(clip.channels, clip.length, clip.sample_rate) for clip in (before, after)]
    if shapes[0] != shapes[1]:
        expected = "as many channels and samples, at the same rate, as went in: {}, {} at {} Hz".format(*shapes[0])
        raise ParameterError(f"condition {name}", shapes[1], expected)


def _energy(clip: AudioClip) -> float:
    heard = clip.read(0, clip.length)[orders_of(clip.channels) == 0]
    return float(np.square(heard, dtype=np.float64).sum())


def _slug(name: str) -> str:
    return re.sub(r"[^\w.]+", "-", name).strip("-.")[:40] or "x"
