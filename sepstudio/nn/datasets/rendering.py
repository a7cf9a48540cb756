"""Tunes as sound, by the program fluidsynth and a SoundFont of General MIDI instruments."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Generator
from pathlib import Path

from sepstudio.errors import DataSetError, MissingToolError
from sepstudio.io.audio import open_audio_steps
from sepstudio.io.clip import AudioClip
from sepstudio.io.failures import display_name
from sepstudio.io.steps import scaled
from sepstudio.nn.datasets.tunes import Tune, midi_bytes

# Where Linux distributions and Homebrew put them.
_SOUND_FONTS = (
    "/usr/share/sounds/sf2/FluidR3_GM.sf2",
    "/usr/share/soundfonts/FluidR3_GM.sf2",
    "/usr/share/sounds/sf2/default-GM.sf2",
    "/usr/share/soundfonts/default.sf2",
    "/opt/homebrew/share/soundfonts/default.sf2",
)
# How long the last notes may die away, in seconds.
TAIL = 2.0
# Reverb and chorus would be common to all instruments: the stems would not sum to the whole. The gain leaves room,
# and so many voices that none is cut off because of those of another instrument.
_OPTIONS = ("-q", "-n", "-i", "-g", "0.3", "-R", "0", "-C", "0", "-o", "synth.polyphony=1024")
_ONLY_WHAT_IS_USED = ("-o", "synth.dynamic-sample-loading=1")
_WAIT = 0.05
_FRAME_BYTES = 8


def find_fluidsynth() -> Path:
    """Return the program fluidsynth.

    Raises
    ------
    MissingToolError
        If it is not installed.
    """
    found = shutil.which("fluidsynth")
    if found is None:
        remedy = "install it (Debian: apt install fluidsynth fluid-soundfont-gm; macOS: brew install fluid-synth)"
        raise MissingToolError("fluidsynth", "the program that renders MIDI files is not installed", remedy)
    return Path(found)


def find_sound_font(path: Path | None = None) -> Path:
    """Return the SoundFont to render with: the one given, or else that of the system.

    Raises
    ------
    MissingToolError
        If it does not exist or is no SoundFont, or none is given and the system has none.
    """
    if path is None:
        installed = [Path(name) for name in _SOUND_FONTS if Path(name).is_file()]
        if not installed:
            remedy = "install one (Debian: apt install fluid-soundfont-gm) or name a .sf2 file"
            raise MissingToolError("SoundFont", "no General MIDI SoundFont is installed", remedy)
        return installed[0]
    try:
        with path.open("rb") as file:
            head = file.read(12)
    except OSError as error:
        why = f"cannot be read ({error.strerror})"
        raise MissingToolError(display_name(path), why, "name an existing .sf2 file") from error
    if head[:4] != b"RIFF" or head[8:] != b"sfbk":
        raise MissingToolError(display_name(path), "is no SoundFont", "name a .sf2 file")
    return path


def render_steps(tune: Tune, folder: Path, sound_font: Path, sample_rate: int) -> Generator[float, None, AudioClip]:
    """Render a tune and TAIL; yields the fraction done and returns float32 stereo, dry and not normalised.

    Closing the generator stops the program. What it writes into ``folder`` is left to the caller, who deletes it
    when the clip is not needed any more.

    Raises
    ------
    MissingToolError
        If fluidsynth is not installed.
    DataSetError
        If it fails.
    """
    midi, sound, said = folder / "tune.mid", folder / "tune.wav", folder / "fluidsynth.txt"
    midi.write_bytes(midi_bytes(tune.messages, tune.length + TAIL))
    command = [
        str(find_fluidsynth()),
        *_OPTIONS,
        *_ONLY_WHAT_IS_USED,
        "-r",
        str(sample_rate),
        "-O",
        "float",
        "-T",
        "wav",
    ]
    expected = (tune.length + TAIL) * sample_rate * _FRAME_BYTES
    with said.open("wb") as log:
        process = subprocess.Popen(
            [*command, "-F", str(sound), str(sound_font), str(midi)], stdin=subprocess.DEVNULL, stdout=log, stderr=log
        )
        try:
            while _is_running(process):
                yield 0.8 * min(_size(sound) / expected, 1.0)
        finally:
            process.kill()
            process.wait()
    complaint = said.read_text(errors="replace").strip()
    # It ends well even where it could not load the SoundFont.
    if process.returncode != 0 or not _size(sound) or "error" in complaint.lower():
        last = " ".join(complaint.splitlines()[-1:]) or f"exit status {process.returncode}"
        raise DataSetError(f"tune {tune.name!r}", f"fluidsynth could not render it ({last})", "try another SoundFont")
    return (yield from scaled(open_audio_steps(sound), 0.8, 1.0))


def _is_running(process: subprocess.Popen[bytes]) -> bool:
    try:
        process.wait(_WAIT)
    except subprocess.TimeoutExpired:
        return True
    return False


def _size(path: Path) -> int:
    try:
        return os.stat(path).st_size  # noqa: PTH116  # asked often
    except FileNotFoundError:
        return 0
