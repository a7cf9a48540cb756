"""``sepstudio synthesize-scenes``: make Ambisonics scenes of which it is known what is where."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from sepstudio.batch.inputs import collect
from sepstudio.codec.scenes.files import SceneSettings, write_scenes_steps
from sepstudio.codec.scenes.material import Material, read_material
from sepstudio.commands.exits import DONE
from sepstudio.commands.parser import Parser
from sepstudio.commands.progress import ProgressLine, drive
from sepstudio.jobs.interrupts import terminating_cleanly

_DEFAULTS = SceneSettings()
_COUNT = 20


def main(argv: Sequence[str]) -> int:
    """Make scenes and list their files.

    Raises
    ------
    UserError
        As ``sepstudio.codec.scenes.files.write_scenes_steps``, and for folders without recordings.
    """
    arguments = _parser().parse_args(argv)
    settings = SceneSettings(
        seed=arguments.seed,
        seconds=arguments.seconds,
        sample_rate=arguments.sample_rate,
        order=arguments.order,
    )
    material = read_material(_recordings(arguments.dry, arguments.output) if arguments.dry else ())
    count = arguments.scenes
    with terminating_cleanly(), ProgressLine("synthesize-scenes") as line:
        steps = write_scenes_steps(arguments.output, count, material, settings)
        files = drive(steps, lambda fraction: line.show(fraction, f"scene {min(int(fraction * count) + 1, count)}"))
    for file in files:
        print(_told(file) if arguments.json else file)  # noqa: T201
    return DONE


def _recordings(paths: Sequence[Path], output: Path) -> list[Path]:
    found = collect(paths, output)
    for one in found:
        if one.problem is not None:
            raise one.problem
    return [one.path for one in found]


def _told(audio: Path) -> str:
    return json.dumps({"audio": str(audio), "description": str(audio.with_suffix(".json"))})


def _parser() -> Parser:
    parser = Parser(
        prog="sepstudio synthesize-scenes",
        description="Make Ambisonics scenes by chance: point sources that stand and move in rooms, with early "
        "reflections and reverberation, diffuse noise, ambience, and the flaws of microphones. OUT gets 24-bit WAV in "
        "ACN/SN3D, each with a JSON file that says what is where; scenes that are there already are kept.",
        epilog="What is made depends on the seed and the recordings alone. Status: 0 done, 2 nothing could be done, "
        "130 interrupted: the scenes until then stay, and the same command goes on.",
    )
    add = parser.add_argument
    add("-o", "--output", metavar="OUT", type=Path, required=True, help="folder; made if missing")
    add("--scenes", metavar="N", type=int, default=_COUNT, help=f"how many (default: {_COUNT})")
    add("--seconds", metavar="S", type=float, default=_DEFAULTS.seconds, help="length of each (default: 10)")
    add("--seed", metavar="N", type=int, default=_DEFAULTS.seed, help="decides on everything that is drawn")
    add("--order", metavar="N", type=int, default=_DEFAULTS.order, help="0 to 7 (default: 3, which is 16 channels)")
    add("--sample-rate", metavar="HZ", type=int, default=_DEFAULTS.sample_rate, help="(default: 44100)")
    share = f"{Material.share:.0%}".replace("%", "%%")
    made_up = "the others, or all without any, are made up: melodies, percussion, noise, something like speech"
    dry = f"recordings, or folders of them, that {share} of the sources play; {made_up}"
    add("--dry", metavar="DRY", nargs="+", type=Path, help=dry)
    add("--json", action="store_true", help="print one JSON object per scene instead of its file")
    return parser
