"""``sepstudio synthesize``: make multitracks for training from MIDI files, or from music that it makes up."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path

from sepstudio.commands.exits import DONE
from sepstudio.commands.parser import Parser
from sepstudio.commands.progress import ProgressLine, drive
from sepstudio.errors import DataSetError
from sepstudio.io.failures import display_name
from sepstudio.jobs.interrupts import terminating_cleanly
from sepstudio.nn.datasets.songs import Song
from sepstudio.nn.datasets.synthetic import SynthesisSettings, synthesize_steps

_DEFAULTS = SynthesisSettings()
_MADE_UP = 20
_MIDI = frozenset({".mid", ".midi", ".kar", ".smf"})


def main(argv: Sequence[str]) -> int:
    """Make songs with their stems and list their folders.

    Raises
    ------
    UserError
        As ``sepstudio.nn.datasets.synthetic.synthesize_steps``, and for a folder without MIDI files.
    """
    arguments = _parser().parse_args(argv)
    settings = SynthesisSettings(
        seed=arguments.seed,
        duration=arguments.duration,
        sample_rate=arguments.sample_rate,
        sound_font=arguments.sound_font,
        validation=arguments.validation,
        test=arguments.test,
    )
    midi = midi_files(arguments.midi)
    count = arguments.songs if arguments.songs is not None else len(midi) or _MADE_UP
    with terminating_cleanly(), ProgressLine("synthesize") as line:
        steps = synthesize_steps(arguments.output, count, midi, settings)
        songs = drive(steps, lambda fraction: line.show(fraction, f"song {min(int(fraction * count) + 1, count)}"))
    for song in songs:
        print(_told(song) if arguments.json else _folder(song))  # noqa: T201
    return DONE


def midi_files(paths: Iterable[Path]) -> list[Path]:
    """Return the files that are named, and the MIDI files in folders that are named, in order and once.

    Raises
    ------
    DataSetError
        If a folder holds none.
    """
    found: dict[Path, None] = {}
    for path in paths:
        inside = sorted(one for one in path.rglob("*") if one.suffix.lower() in _MIDI) if path.is_dir() else [path]
        if not inside:
            raise DataSetError(display_name(path), "holds no MIDI file", "name another folder, or files")
        found.update(dict.fromkeys(inside))
    return list(found)


def _folder(song: Song) -> str:
    return str(song.stems["bass"][0].path.parent)


def _told(song: Song) -> str:
    stems = {name: str(file.path) for name, (file,) in song.stems.items()}
    return json.dumps({"song": song.name, "split": song.split, "mixture": str(song.mixture), "stems": stems})


def _parser() -> Parser:
    parser = Parser(
        prog="sepstudio synthesize",
        description="Make songs of which every stem is known: arrangements of MIDI files, or of music that is made up, "
        "rendered stem by stem with fluidsynth and a General MIDI SoundFont. OUT gets the layout of MUSDB; "
        "songs that are there already are kept.",
        epilog="What is made depends on the seed and the files alone. Status: 0 done, 2 nothing could be done, "
        "130 interrupted: the songs until then stay, and the same command goes on.",
    )
    add = parser.add_argument
    add("midi", metavar="MIDI", nargs="*", type=Path, help="MIDI files, or folders of them; none: music is made up")
    add("-o", "--output", metavar="OUT", type=Path, required=True, help="folder of the data set; made if missing")
    add("--songs", metavar="N", type=int, help=f"how many (default: one for each file, {_MADE_UP} without files)")
    add("--seed", metavar="N", type=int, default=_DEFAULTS.seed, help="decides on everything that is drawn")
    add("--duration", metavar="S", type=float, default=_DEFAULTS.duration, help="at most, a song (default: 60)")
    add("--sample-rate", metavar="HZ", type=int, default=_DEFAULTS.sample_rate, help="(default: 44100)")
    add("--sound-font", metavar="FILE", type=Path, help="an .sf2 file (default: that of the system)")
    for name in ("validation", "test"):
        share = getattr(_DEFAULTS, name)
        add(f"--{name}", metavar="SHARE", type=float, default=share, help=f"of the songs (default: {share})")
    add("--json", action="store_true", help="print one JSON object per song instead of its folder")
    return parser
