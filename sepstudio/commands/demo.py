"""``sepstudio demo``: kernel additive modelling on the song that ships with the program."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from sepstudio.batch.outputs import FileFormat, prepare_folder
from sepstudio.batch.publishing import staging_folder, write_together
from sepstudio.batch.stems import results
from sepstudio.commands.exits import DONE, SOME_FAILED, complain
from sepstudio.commands.parser import Parser
from sepstudio.commands.progress import ProgressLine, drive
from sepstudio.commands.studio import has_screen
from sepstudio.io.atomic import replacing
from sepstudio.io.audio import open_audio
from sepstudio.io.clip import AudioClip, FloatArray
from sepstudio.io.failures import unwritable
from sepstudio.jobs.interrupts import terminating_cleanly
from sepstudio.metrics import sdr
from sepstudio.paths import resource
from sepstudio.separation.base import RunContext, Separation, preset
from sepstudio.separation.registry import method

DEFAULT_FOLDER = Path("demo-output")
# Keeps what every iteration gives, which the table and the sliders of the window show.
PRESET = "own-iterations"
PITCHED = ("bass", "other", "vocals")
_INVISIBLE = ("offscreen", "minimal")


def main(argv: Sequence[str]) -> int:
    """Show the demo in the window, or do the same work without one.

    Returns
    -------
    int
        0, or 1 when everything but the picture of the window was made.
    """
    arguments = _parser().parse_args(argv)
    visible = has_screen() and os.environ.get("QT_QPA_PLATFORM") not in _INVISIBLE
    if visible and arguments.output is None:
        from sepstudio.gui.app import run_demo

        return run_demo()
    with terminating_cleanly():
        return _without_window(arguments.output or DEFAULT_FOLDER)


def _parser() -> Parser:
    parser = Parser(
        prog="sepstudio demo",
        description="Separate a song into harmonic and percussive sounds. On a screen the window opens and shows it; "
        "without one, or with -o, the stems, a table of their quality and a picture of the window are written.",
    )
    parser.add_argument(
        "-o", "--output", metavar="DIR", type=Path, help=f"folder to write to (without a screen: {DEFAULT_FOLDER})"
    )
    return parser


def _without_window(folder: Path) -> int:
    prepare_folder(folder)
    mixture = open_audio(resource("demo", "mixture.flac"))
    with ProgressLine("demo") as progress, staging_folder(folder) as staging:
        progress.part(0.0, 0.9)
        separation = _separate(mixture, progress)
        progress.part(0.9, 1.0)
        places = [(name, folder / f"{name}.wav", clip) for name, clip in results(separation).items()]
        writing = write_together(places, staging, FileFormat.named("wav", None))
        written = drive(writing, lambda fraction: progress.show(fraction, "write"))
    table = sdr_table(mixture, separation)
    _write_text(folder / "sdr.txt", table)
    print(table)  # noqa: T201
    for path in [*(stem.path for stem in written), folder / "sdr.txt"]:
        print(path)  # noqa: T201
    return _take_picture(folder / "window.png", separation)


def _separate(mixture: AudioClip, progress: ProgressLine) -> Separation:
    spec = method("kam")
    run = spec.run(mixture, preset(spec, PRESET).params, context=RunContext())
    return drive(run, lambda step: progress.show(step.fraction, step.stage))


def sdr_table(mixture: AudioClip, separation: Separation) -> str:
    """Return a table of the signal-to-distortion ratio, in dB, of every iteration against the true stems.

    Harmonic is compared with everything pitched (bass, other, vocals), percussive with the drums.
    """
    pitched = _sum([_true_stem(name) for name in PITCHED])
    drums = _true_stem("drums")
    rows = [("mixture", mixture, mixture)]
    takes = zip(separation.takes["harmonic"], separation.takes["percussive"], strict=True)
    rows += [(f"iteration {number}", *pair) for number, pair in enumerate(takes, 1)]
    lines = ["SDR in dB      harmonic  percussive"]
    lines += [
        f"{name:<14} {sdr(pitched, harmonic.samples):8.2f}  {sdr(drums, percussive.samples):10.2f}"
        for name, harmonic, percussive in rows
    ]
    return "\n".join(lines) + "\n"


def _true_stem(name: str) -> FloatArray:
    return open_audio(resource("demo", f"{name}.flac")).samples


def _sum(stems: Sequence[FloatArray]) -> FloatArray:
    total = stems[0].copy()
    for stem in stems[1:]:
        total += stem
    return total


def _write_text(path: Path, text: str) -> None:
    try:
        with replacing(path) as temp:
            temp.write_text(text, encoding="utf-8")
    except OSError as error:
        raise unwritable(path, error) from error


def _take_picture(path: Path, separation: Separation) -> int:
    # Before Qt is imported: it chooses its platform once.
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    try:
        from sepstudio.gui.app import screenshot_demo
    except ImportError as error:
        complain(f"no picture of the window: Qt cannot be loaded ({error}); start with packaging/run.sh")
        return SOME_FAILED
    screenshot_demo(path, separation)
    print(path)  # noqa: T201
    return DONE
