"""Whether the files of a listening test are there and can be compared."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sepstudio.errors import AudioFileError
from sepstudio.io.audio import open_audio
from sepstudio.io.clip import AudioClip
from sepstudio.io.failures import display_name
from sepstudio.listening_tests.definition import LONGEST_SECONDS, ListeningTest, Trial
from sepstudio.metrics.scenes import orders_of

# In dB, of what is heard: more is audible as such, and louder is liked better.
_LEVEL_DIFFERENCE = 1.0
# In seconds: clips are looked at as a whole, and nobody compares more than this.
_LONGEST_LOOKED_AT = 120.0


@dataclass(frozen=True)
class Finding:
    """Something about a test: it cannot be run with an error, and should not be with a note."""

    is_error: bool
    text: str


def check_steps(test: ListeningTest) -> Generator[float, None, tuple[Finding, ...]]:
    """Look at every file of a test; yields the fraction done.

    Errors are files that are missing or cannot be read, that differ in length, rate or channels within a trial, or in
    rate or channels between trials; silence; and loops beyond the end. Notes are excerpts of more than 12 s, hidden
    references that are not the reference, and systems whose level differs from it by more than 1 dB.
    """
    found: list[Finding] = []
    first: tuple[str, AudioClip] | None = None
    for number, trial in enumerate(test.trials):
        try:
            clips = {path: open_audio(path) for path in _files(trial)}
        except AudioFileError as error:
            found.append(Finding(True, f"{trial.name}: {error}"))
            continue
        found += _check_shapes(trial, clips)
        clip = next(iter(clips.values()))
        if first and (clip.sample_rate, clip.channels) != (first[1].sample_rate, first[1].channels):
            text = f"{_shape(clip)}, but {first[0]} has {_shape(first[1])}"
            found.append(Finding(True, f"{trial.name}: has {text}"))
        first = first or (trial.name, clip)
        yield (number + 0.5) / len(test.trials)
        if clip.duration <= _LONGEST_LOOKED_AT:
            found += _check_sound(test, trial, clips)
        yield (number + 1) / len(test.trials)
    return tuple(found)


def _files(trial: Trial) -> tuple[Path, ...]:
    listed = (trial.reference, *(stimulus.path for stimulus in trial.stimuli))
    return tuple(dict.fromkeys(path for path in listed if path is not None))


def _check_shapes(trial: Trial, clips: dict[Path, AudioClip]) -> list[Finding]:
    (name, clip), *others = clips.items()
    found = [
        Finding(
            True,
            f"{trial.name}: {display_name(path)} has {one.length} samples, {_shape(one)}, but "
            f"{display_name(name)} has {clip.length}, {_shape(clip)}",
        )
        for path, one in others
        if (one.length, one.sample_rate, one.channels) != (clip.length, clip.sample_rate, clip.channels)
    ]
    if trial.loop is not None and trial.loop[1] > clip.duration:
        text = f"the loop ends at {trial.loop[1]:g} s, but the sound at {clip.duration:g} s"
        found.append(Finding(True, f"{trial.name}: {text}"))
    if clip.duration > LONGEST_SECONDS + 1e-3:
        text = f"is {clip.duration:.1f} s long; what is longer than {LONGEST_SECONDS:g} s is not remembered as a whole"
        found.append(Finding(False, f"{trial.name}: {text}"))
    return found


def _check_sound(test: ListeningTest, trial: Trial, clips: dict[Path, AudioClip]) -> list[Finding]:
    levels = {path: _level(clip) for path, clip in clips.items()}
    found = [
        Finding(True, f"{trial.name}: {display_name(path)} is silent")
        for path, level in levels.items()
        if level == -np.inf
    ]
    if trial.reference is None or found:
        return found
    for stimulus in trial.stimuli:
        role, name = test.role_of(stimulus.condition), f"{trial.name}: {stimulus.condition}"
        apart = levels[stimulus.path] - levels[trial.reference]
        if role == "reference" and not _is_same(clips[stimulus.path], clips[trial.reference]):
            found.append(Finding(False, f"{name} is the hidden reference, but sounds other than the reference"))
        elif role == "system" and abs(apart) > _LEVEL_DIFFERENCE:
            found.append(Finding(False, f"{name} is {abs(apart):.1f} dB {'louder' if apart > 0 else 'softer'}"))
    return found


def _level(clip: AudioClip) -> float:
    # Of W, or of all channels of what is no scene.
    heard = clip.read(0, clip.length)[orders_of(clip.channels) == 0]
    energy = float(np.square(heard, dtype=np.float64).mean()) if heard.size else 0.0
    return 10 * float(np.log10(energy)) if energy > 0 else -np.inf


def _is_same(first: AudioClip, second: AudioClip) -> bool:
    return first is second or np.array_equal(first.read(0, first.length), second.read(0, second.length))


def _shape(clip: AudioClip) -> str:
    return f"{clip.channels} channels at {clip.sample_rate} Hz"
