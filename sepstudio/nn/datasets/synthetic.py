"""Synthetic multitracks: arrangements of MIDI files, or of music made up, rendered stem by stem."""

from __future__ import annotations

import json
import secrets
import shutil
import tempfile
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from sepstudio.errors import DataSetError, ParameterError
from sepstudio.io.atomic import TEMP_SUFFIX
from sepstudio.io.audio import write_audio_steps
from sepstudio.io.clip import AudioClip, ComputedClip, FloatArray, MixClip, Part
from sepstudio.io.decode import BLOCK_VALUES
from sepstudio.io.failures import display_name, write_failure
from sepstudio.io.scratch import scratch_folder
from sepstudio.io.steps import part as step_part
from sepstudio.io.steps import scaled
from sepstudio.nn.datasets.arranging import Arrangement, arrange
from sepstudio.nn.datasets.composing import compose
from sepstudio.nn.datasets.rendering import TAIL, find_fluidsynth, find_sound_font, render_steps
from sepstudio.nn.datasets.songs import INSTRUMENTS, Song, Split, StemFile
from sepstudio.nn.datasets.splits import drawn_split
from sepstudio.nn.datasets.tunes import Tune, part, read_tune

# Folders of the layout of MUSDB.
_FOLDERS: dict[Split, str] = {"train": "train", "validation": "valid", "test": "test"}
_RECORD = "song.json"
# Of the loudest sample of a mixture: 1 dB below full scale.
_PEAK = 10 ** (-1 / 20)
_CHANNELS = 2
_FADE = 0.5


@dataclass(frozen=True)
class SynthesisSettings:
    """How songs are made.

    Parameters
    ----------
    seed : int, 0 or more
    duration : float
        Seconds of music at most; 2 seconds in which it dies away follow.
    sample_rate : int
        In Hz, from 8000 to 96 000, which is what fluidsynth renders.
    sound_font : Path or None
        None for that of the system.
    validation, test : float
        Shares of songs that are not for training.
    """

    seed: int = 0
    duration: float = 60.0
    sample_rate: int = 44_100
    sound_font: Path | None = None
    validation: float = 0.1
    test: float = 0.1

    def __post_init__(self) -> None:
        if self.seed < 0:
            raise ParameterError("seed", self.seed, "0 or more")
        if not 1.0 <= self.duration <= 3600.0:
            raise ParameterError("duration", self.duration, "from 1 to 3600 s")
        if not 8000 <= self.sample_rate <= 96_000:
            raise ParameterError("sample_rate", self.sample_rate, "from 8000 to 96000 Hz")
        drawn_split("", self.seed, self.validation, self.test)


_DEFAULTS = SynthesisSettings()


def synthesize_steps(
    target: Path, count: int, midi: Sequence[Path] = (), settings: SynthesisSettings = _DEFAULTS
) -> Generator[float, None, list[Song]]:
    """Make songs in the layout of MUSDB-HQ; yields the fraction done and returns the songs.

    Song number n depends on the seed, on n and on the MIDI files alone, and on the versions of fluidsynth and
    SoundFont. Stems are 32-bit float WAV, rendered dry with one gain for all, which puts the peak of the mixture at
    -1 dBFS; ``mixture.wav`` is their sum. (Rendered at once it would not be exactly that: a few attacks come out
    otherwise in company, some 50 dB below the whole.) A stem that nothing plays is silent. All songs from one MIDI
    file are in the same split. ``song.json`` says how a song was made.

    A song appears when it is complete; closing the generator leaves those that are. Songs that are there already, made
    in the same way, are kept, so that a cancelled run goes on where it ended.

    Parameters
    ----------
    target : Path
        Created where it does not exist.
    count : int
        Number of songs.
    midi : sequence of Path
        Each song is an arrangement of one of them (``arranging.arrange``); without any, of music made up
        (``composing.compose``). Channel 10 becomes drums, basses (programs 33 to 40 as musicians count) bass, voices
        and leads (``tunes.VOICES``) vocals, all else other.
    settings : SynthesisSettings

    Raises
    ------
    MissingToolError
        If fluidsynth or the SoundFont is missing.
    ScoreFileError
        If a MIDI file cannot be read.
    DataSetError
        If the folder cannot be written, holds a song of that name made otherwise, or rendering fails.
    ParameterError
        If a number is out of range.
    """
    if count < 1:
        raise ParameterError("count", count, "1 or more")
    find_fluidsynth()
    settings = replace(settings, sound_font=find_sound_font(settings.sound_font))
    tunes = []
    for path in midi:
        tunes.append(read_tune(path))
        yield 0.0
    songs = []
    try:
        for index in range(count):
            songs.append((yield from step_part(_song_steps(target, index, tunes, settings), index, count)))
    except OSError as error:
        raise DataSetError(*write_failure(target, error)) from error
    return songs


def _song_steps(
    target: Path, index: int, tunes: Sequence[Tune], settings: SynthesisSettings
) -> Generator[float, None, Song]:
    rng = np.random.default_rng([settings.seed, index])
    tune = tunes[int(rng.integers(len(tunes)))] if tunes else compose(rng, settings.duration, "composed")
    name = f"{index:04d} {tune.name}"
    source = tune.name if tunes else name
    split = drawn_split(source.casefold(), settings.seed, settings.validation, settings.test)
    folder = target / _FOLDERS[split] / name
    record = _record(tune, index, settings)
    if not _is_made(folder, record):
        yield from _make_steps(folder, arrange(tune, rng, settings.duration), record, settings)
    stems = {instrument: (StemFile(folder / f"{instrument}.wav"),) for instrument in INSTRUMENTS}
    return Song(name, split, StemFile(folder / "mixture.wav"), stems)


def _record(tune: Tune, index: int, settings: SynthesisSettings) -> dict[str, Any]:
    font = settings.sound_font
    return {
        "made by": "sepstudio",
        "tune": tune.name,
        "messages": len(tune.messages),
        "number": index,
        "seed": settings.seed,
        "duration": settings.duration,
        "sample rate": settings.sample_rate,
        "SoundFont": font.name if font else "",
    }


def _is_made(folder: Path, record: Mapping[str, Any]) -> bool:
    if not folder.exists():
        return False
    try:
        known = json.loads((folder / _RECORD).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        known = None
    if known != record:
        remedy = "choose an empty folder, or the settings of the songs that are there"
        raise DataSetError(display_name(folder), "exists and was made in another way", remedy)
    return True


def _make_steps(
    folder: Path, arrangement: Arrangement, record: Mapping[str, Any], settings: SynthesisSettings
) -> Generator[float, None, None]:
    """Write a song into a hidden folder beside its place and move it there when it is complete."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    half = folder.with_name(f".{secrets.token_hex(8)}{TEMP_SUFFIX}")
    half.mkdir()
    try:
        with tempfile.TemporaryDirectory(prefix="render-", dir=scratch_folder()) as scratch:
            stems = yield from scaled(_rendered_steps(arrangement, Path(scratch), settings), 0.0, 0.8)
            yield from scaled(_written_steps(half, stems), 0.8, 1.0)
            # The files may not be deleted while clips hold them open.
            del stems
        (half / _RECORD).write_text(json.dumps(record, indent=1), encoding="utf-8")
        half.rename(folder)
    finally:
        shutil.rmtree(half, ignore_errors=True)


def _rendered_steps(
    arrangement: Arrangement, scratch: Path, settings: SynthesisSettings
) -> Generator[float, None, dict[str, AudioClip]]:
    """Return the stems, all of one length, with the common gain."""
    length = round((arrangement.tune.length + TAIL) * settings.sample_rate)
    clips: dict[str, AudioClip] = {}
    for index, name in enumerate(INSTRUMENTS):
        clip = AudioClip(np.zeros((_CHANNELS, 1), np.float32), settings.sample_rate)
        if name in arrangement.playing.values():
            place = scratch / name
            place.mkdir()
            tune = part(arrangement.tune, arrangement.playing, name)
            steps = render_steps(tune, place, find_sound_font(settings.sound_font), settings.sample_rate)
            clip = yield from step_part(steps, index, len(INSTRUMENTS))
        clips[name] = clip
    peak = 0.0
    for block in _blocks(MixClip([Part(clip) for clip in clips.values()], length)):
        peak = max(peak, float(np.abs(block).max()))
        yield 1.0
    gain = _PEAK / peak if peak > 0.0 else 1.0
    return {name: _Ending(MixClip([Part(clip, gain=gain)], length)) for name, clip in clips.items()}


class _Ending(ComputedClip):
    """A clip that fades out in its last half second: pads and cymbals outlast the time in which most notes die."""

    def __init__(self, clip: AudioClip) -> None:
        super().__init__(clip.channels, clip.length, clip.sample_rate)
        self._clip = clip

    def _read_inside(self, start: int, stop: int) -> FloatArray:
        left = self.length - np.arange(start, stop, dtype=np.float32)
        fade: FloatArray = np.minimum(left / np.float32(_FADE * self.sample_rate), np.float32(1.0))
        return self._clip.read(start, stop) * fade


def _blocks(clip: AudioClip) -> Generator[FloatArray, None, None]:
    step = BLOCK_VALUES // clip.channels
    for start in range(0, clip.length, step):
        yield clip.read(start, min(start + step, clip.length))


def _written_steps(folder: Path, stems: Mapping[str, AudioClip]) -> Generator[float, None, None]:
    length = next(iter(stems.values())).length
    everything = {**stems, "mixture": MixClip([Part(clip) for clip in stems.values()], length)}
    for index, (name, clip) in enumerate(everything.items()):
        yield from step_part(write_audio_steps(folder / f"{name}.wav", clip), index, len(everything))
