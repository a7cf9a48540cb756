"""``sepstudio render``: scenes in Ambisonics for loudspeakers and for ears."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from sepstudio.batch.inputs import AUDIO, Input
from sepstudio.batch.outputs import DEPTHS, FORMATS, FileFormat
from sepstudio.commands.codec_options import CONVENTIONS, add_convention, add_files, overwriting
from sepstudio.commands.codec_orders import Places, Told, do_all, inputs_of
from sepstudio.commands.parser import Parser
from sepstudio.commands.progress import ProgressLine, drive
from sepstudio.commands.renderers import (
    BINAURAL,
    EarRenderer,
    Head,
    LoudspeakerRenderer,
    Renderer,
    layout_named,
    scene_of,
)
from sepstudio.dsp.loudspeakers import KINDS, LAYOUTS
from sepstudio.errors import ParameterError
from sepstudio.io.audio import open_audio_steps, write_audio_steps
from sepstudio.io.clip import MixClip, Part
from sepstudio.io.formats import BY_EXTENSION
from sepstudio.io.hoa import head_locked_pair
from sepstudio.io.sofa import read_sofa
from sepstudio.jobs.interrupts import terminating_cleanly

_READ_END = 0.1
# Options that have no meaning for the other kind of listening.
_FOR_LOUDSPEAKERS = ("decoder", "max_re", "lfe", "channel_order")
_FOR_EARS = ("sofa",)


def main(argv: Sequence[str]) -> int:
    """Render all inputs; one that fails does not stop the others.

    Returns
    -------
    int
        0 when all is done, 1 when some inputs failed, 2 when all did.

    Raises
    ------
    UserError
        Before anything is computed, for layouts, heads and places that cannot work.
    """
    arguments = _parser().parse_args(argv)
    renderer = _renderer(arguments)
    form = FileFormat.named(arguments.format, arguments.subtype)
    places = Places(arguments.output, form.extension, overwriting(arguments), frozenset(BY_EXTENSION))
    inputs = inputs_of(arguments.inputs, places, AUDIO)

    def work(source: Input, target: Path, line: ProgressLine) -> Told:
        return _render(source.path, target, renderer, form, arguments, line)

    with terminating_cleanly():
        return do_all(inputs, places, work, as_json=arguments.json)


def _render(
    source: Path, target: Path, renderer: Renderer, form: FileFormat, arguments: argparse.Namespace, line: ProgressLine
) -> Told:
    line.part(0.0, _READ_END)
    clip = drive(open_audio_steps(source), lambda done: line.show(done, "read"))
    convention = CONVENTIONS[arguments.convention]
    scene = scene_of(clip, convention, arguments.order, renderer.most_order, source)
    rendering = renderer(scene, head_locked_pair(clip))
    louder = MixClip([Part(rendering.clip, gain=10 ** (arguments.gain / 20))], rendering.clip.length)
    line.part(_READ_END, 1.0)
    steps = write_audio_steps(target, louder, form.subtype, rf64=form.rf64, tags=rendering.tags)
    report = drive(steps, lambda done: line.show(done, "render"))
    facts = rendering.facts | {
        "channels": louder.channels,
        "length": louder.length,
        "sample_rate": louder.sample_rate,
        "clipped_samples": report.clipped_samples,
    }
    clipped = f"{target}: {report.clipped_samples} samples beyond full scale were clipped; lower --gain, or use floats"
    return facts, [clipped] if report.clipped_samples else []


def _renderer(arguments: argparse.Namespace) -> Renderer:
    head = Head(arguments.yaw, arguments.pitch, arguments.roll)
    ears = arguments.to == BINAURAL
    _check_given(arguments, _FOR_LOUDSPEAKERS if ears else _FOR_EARS, f"for {'loudspeakers' if ears else 'ears'} alone")
    if ears:
        return EarRenderer(None if arguments.sofa is None else read_sofa(arguments.sofa), head)
    return LoudspeakerRenderer(
        layout_named(arguments.to),
        arguments.decoder or KINDS[0],
        None if arguments.max_re is None else arguments.max_re == "on",
        arguments.lfe or "off",
        head,
        wave=arguments.channel_order != "layout",
    )


def _check_given(arguments: argparse.Namespace, others: Sequence[str], expected: str) -> None:
    for name in others:
        value = getattr(arguments, name)
        if value is not None:
            raise ParameterError(f"--{name.replace('_', '-')}", str(value), f"{expected}: --to is {arguments.to}")


def _parser() -> Parser:
    parser = Parser(
        prog="sepstudio render",
        description="Play recordings in Ambisonics over loudspeakers, or to the ears of a listener, into files. Files "
        "that were written are listed on stdout, progress and problems go to stderr.",
        epilog="Channels of WAV files follow their mask: of 7.1.4 those behind the listener come before those at the "
        "sides. Status: 0 done, 1 some inputs failed, 2 nothing could be done, 130 interrupted.",
    )
    add_files(parser, "audio files, or folders to search for them", "an audio file, or a folder for several")
    layouts = ", ".join(LAYOUTS)
    text = f"{BINAURAL}, {layouts}, or a JSON file of loudspeakers"
    parser.add_argument("--to", metavar="LAYOUT", required=True, help=text)
    parser.add_argument("--json", action="store_true", help="print one JSON object for each input")
    _add_scene(parser)
    _add_loudspeakers(parser)
    text = "SOFA file of head-related impulse responses (default: a rigid sphere)"
    parser.add_argument_group("ears").add_argument("--sofa", type=Path, metavar="FILE", help=text)
    add = parser.add_argument_group("files").add_argument
    add("--format", choices=FORMATS, default="wav", help="file format (default: %(default)s)")
    add("--subtype", choices=DEPTHS, help="bits per sample (default: 24 for flac, else float)")
    return parser


def _add_scene(parser: Parser) -> None:
    add_convention(parser, "the recordings")
    add = parser.add_argument
    add("--order", type=int, metavar="N", help="use the channels up to order N alone (default: all)")
    add("--yaw", type=_degrees, default=0.0, metavar="DEG", help="turn the listener to the left (default: 0)")
    add("--pitch", type=_degrees, default=0.0, metavar="DEG", help="turn the listener's face down (default: 0)")
    add("--roll", type=_degrees, default=0.0, metavar="DEG", help="raise the listener's left ear (default: 0)")
    add("--gain", type=_decibels, default=0.0, metavar="DB", help="of all channels (default: 0)")


def _add_loudspeakers(parser: Parser) -> None:
    group = parser.add_argument_group("loudspeakers")
    add = group.add_argument
    text = "allrad (default), mode-matching, epad, or for 7.1.4 ebu, which is the renderer of EBU and IAMF"
    add("--decoder", choices=KINDS, help=text)
    add("--max-re", choices=("on", "off"), help="narrow sources by weighting orders (default: on, but off for ebu)")
    text = "what subwoofers get: nothing (default), or W below 120 Hz, 10 dB lower"
    add("--lfe", choices=("off", "w"), help=text)
    text = "sequence of channels: that of WAV files (default), or that of the layout, without a mask"
    add("--channel-order", choices=("wave", "layout"), help=text)


def _degrees(text: str) -> float:
    return _number(text, 360.0, "an angle from -360 to 360 degrees")


def _decibels(text: str) -> float:
    return _number(text, 120.0, "a level from -120 to 120 dB")


def _number(text: str, most: float, expected: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not -most <= value <= most:
        raise argparse.ArgumentTypeError(f"{text!r} is not {expected}")
    return value
