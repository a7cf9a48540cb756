"""``sepstudio codec``: recordings in Ambisonics to small files and back."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sepstudio.batch.inputs import AUDIO, FileKind, Input
from sepstudio.batch.outputs import DEPTHS, FORMATS, FileFormat
from sepstudio.codec.bitstream import SUFFIX, read_bitstream, read_bitstream_header
from sepstudio.codec.codes import Codes
from sepstudio.codec.library import DEFAULT_CODEC, codec_with, find_codec
from sepstudio.commands.codec_evaluate import tell_scores
from sepstudio.commands.codec_experiment import add_experiment
from sepstudio.commands.codec_info import lost_seconds, lost_text, tell_all
from sepstudio.commands.codec_options import (
    CONVENTIONS,
    add_act,
    add_convention,
    add_device,
    add_files,
    decibels,
    overwriting,
)
from sepstudio.commands.codec_opus import add_opus
from sepstudio.commands.codec_orders import Places, Told, do_all, inputs_of
from sepstudio.commands.exits import DONE
from sepstudio.commands.parser import Parser
from sepstudio.commands.progress import ProgressLine, drive
from sepstudio.errors import BitstreamError, ParameterError
from sepstudio.io.formats import BY_EXTENSION
from sepstudio.io.opus.packets import SUFFIX as OPUS
from sepstudio.jobs.interrupts import terminating_cleanly
from sepstudio.nn.devices import enough_memory, resolve_device
from sepstudio.nn.shelf import ModelShelf

_BITSTREAMS = FileKind(f"{SUFFIX} files", frozenset({SUFFIX}))
_DEVICES = ("cpu", "cuda")


def main(argv: Sequence[str]) -> int:
    """Do what one of the sub-commands says; an input that fails does not stop the others.

    Returns
    -------
    int
        0 when all is done, 1 when some inputs failed, 2 when all did.

    Raises
    ------
    UserError
        Before anything is computed, for models, parameters and places that cannot work.
    """
    arguments = _parser().parse_args(argv)
    with terminating_cleanly():
        return int(arguments.act(arguments))


def _encode(arguments: argparse.Namespace) -> int:
    places = Places(arguments.output, SUFFIX, overwriting(arguments), frozenset({SUFFIX}))
    path = find_codec(arguments.model)
    device = resolve_device(arguments.device, _DEVICES)
    inputs = inputs_of(arguments.inputs, places, AUDIO)
    # Only now: torch takes seconds, and what is wrong with the command is told before.
    from sepstudio.codec.codec import check_codebooks
    from sepstudio.codec.files import encode_file_steps
    from sepstudio.codec.models import load

    codec = load(path, device)
    check_codebooks(arguments.codebooks, codec.config.codebooks)

    def work(source: Input, target: Path, line: ProgressLine) -> Told:
        steps = encode_file_steps(
            codec,
            source.path,
            target,
            convention=CONVENTIONS[arguments.convention],
            codebooks=arguments.codebooks,
            gain=None if arguments.gain is None else 10 ** (arguments.gain / 20),
        )
        with enough_memory(codec.device):
            codes = drive(steps, lambda fraction: line.show(fraction, "encode"))
        facts = {
            "channels": codes.channels,
            "seconds": codes.length / codes.sample_rate,
            "codebooks": codes.codebooks,
            "bits_per_second": codes.bits_per_second,
            "size": target.stat().st_size,
            "model": {"name": codec.description.name, "sha256": codec.sha256},
        }
        return facts, ()

    return do_all(inputs, places, work, as_json=arguments.json)


def _decode(arguments: argparse.Namespace) -> int:
    form = FileFormat.named(arguments.format or _format_of(arguments.output), arguments.subtype)
    places = Places(arguments.output, form.extension, overwriting(arguments), frozenset(BY_EXTENSION))
    if arguments.format and places.is_file and arguments.output.suffix.lower() != form.extension:
        raise ParameterError("--format", arguments.format, f"that of {arguments.output.name}, or be left out")
    named = find_codec(arguments.model) if arguments.model else None
    device = resolve_device(arguments.device, _DEVICES)
    inputs = inputs_of(arguments.inputs, places, _BITSTREAMS)
    from sepstudio.codec.files import decode_file_steps
    from sepstudio.codec.models import load

    shelf = ModelShelf()

    def work(source: Input, target: Path, line: ProgressLine) -> Told:
        codes = _read(source.path, keep_damaged=arguments.keep_damaged)
        codec = shelf.load(named or codec_with(codes.model_sha256), device, load)
        steps = decode_file_steps(
            codec,
            codes,
            target,
            codebooks=arguments.codebooks,
            left_out=_left_out(arguments, codes),
            subtype=form.subtype,
            rf64=form.rf64,
        )
        with enough_memory(codec.device):
            report = drive(steps, lambda fraction: line.show(fraction, "decode"))
        lost = lost_seconds(read_bitstream_header(source.path), codes.lost)
        facts = {
            "channels": codes.channels,
            "length": codes.length,
            "sample_rate": codes.sample_rate,
            "clipped_samples": report.clipped_samples,
            "lost": lost,
        }
        return facts, _notes(source, target, report.clipped_samples, lost)

    return do_all(inputs, places, work, as_json=arguments.json)


def _format_of(output: Path) -> str:
    """Return the format of a file that is named, and WAV for what will be put into a folder."""
    suffix = output.suffix.lower().removeprefix(".")
    return suffix if suffix in FORMATS and not output.is_dir() else "wav"


def _read(path: Path, *, keep_damaged: bool) -> Codes:
    try:
        return read_bitstream(path, damaged="keep" if keep_damaged else "error")
    except BitstreamError as error:
        if keep_damaged:
            raise
        # This fails as it did before where there is nothing left.
        read_bitstream(path, damaged="keep")
        remedy = "get the file again, or decode what is left of it with --keep-damaged"
        raise BitstreamError(error.what, error.why, remedy) from error


def _left_out(arguments: argparse.Namespace, codes: Codes) -> int | None:
    """Return the index of the codebook that is left out; on the command line they are counted from 1."""
    number: int | None = arguments.without
    used = codes.codebooks if arguments.codebooks is None else min(arguments.codebooks, codes.codebooks)
    if number is None:
        return None
    if used > 1 and not 1 <= number <= used:
        raise ParameterError("--without", number, f"one of the {used} codebooks that are decoded, 1 to {used}")
    return number - 1


def _notes(source: Input, target: Path, clipped: int, lost: list[list[float]]) -> list[str]:
    notes = []
    if lost:
        notes.append(f"{source.path}: {lost_text(lost)} were damaged, and are silent or cut off")
    if clipped:
        notes.append(f"{target}: {clipped} samples beyond full scale were clipped; float WAV keeps them")
    return notes


def _info(arguments: argparse.Namespace) -> int:
    return tell_all(arguments.inputs, as_json=arguments.json)


def _evaluate(arguments: argparse.Namespace) -> int:
    device = resolve_device(arguments.device, _DEVICES)
    convention = CONVENTIONS[arguments.convention]
    tell_scores(arguments.reference, arguments.decoded, convention, device=device, as_json=arguments.json)
    return DONE


def _parser() -> Parser:
    parser = Parser(
        prog="sepstudio codec",
        description=f"Encode recordings in higher-order Ambisonics into small files ({SUFFIX}) with a neural codec, "
        "and decode them. Written files are listed on stdout, progress and problems go to stderr.",
        epilog="Status: 0 done, 1 some inputs failed, 2 nothing could be done, 130 interrupted.",
    )
    acts = parser.add_subparsers(metavar="ACT", required=True, parser_class=Parser)
    _add_encode(acts)
    _add_decode(acts)
    info = add_act(acts, "info", _info, f"show what {SUFFIX} and {OPUS} files hold, and whether they are sound")
    info.add_argument("inputs", metavar="FILE", nargs="+", type=Path, help=f"{SUFFIX} files, or Opus of Ambisonics")
    _add_evaluate(acts)
    add_opus(acts)
    add_experiment(acts)
    return parser


def _add_encode(acts: Any) -> None:
    encode = add_act(acts, "encode", _encode, f"encode recordings into {SUFFIX} files")
    add_files(encode, "audio files, or folders to search for them", f"folder for the {SUFFIX} files, or such a file")
    add_device(encode)
    add = encode.add_argument
    add("--model", default="", metavar="NAME", help=f"installed model or file of one (default: {DEFAULT_CODEC})")
    add("--codebooks", type=int, metavar="N", help="use the first N codebooks, for a lower rate (default: all)")
    add_convention(encode, "the recordings")
    text = "of all channels, undone when decoding; auto, the default, brings the loudest sample to half of full scale"
    add("--gain", type=decibels, default=None, metavar="DB", help=text)


def _add_decode(acts: Any) -> None:
    decode = add_act(acts, "decode", _decode, f"decode {SUFFIX} files; Ambisonics come out as ambiX (ACN, SN3D)")
    add_files(decode, f"{SUFFIX} files, or folders to search for them", "folder for the recordings, or an audio file")
    add_device(decode)
    add = decode.add_argument
    add("--model", default="", metavar="NAME", help="model (default: the installed one that made the codes)")
    add("--codebooks", type=int, metavar="N", help="decode the first N codebooks alone (default: all)")
    add("--without", type=int, metavar="N", help="leave out codebook N, counted from 1")
    add("--keep-damaged", action="store_true", help="decode what is sound of damaged files; the rest is silent")
    add("--format", choices=FORMATS, help="file format (default: that of the name of OUT, or wav)")
    add("--subtype", choices=DEPTHS, help="bits per sample (default: 24 for flac, else float)")


def _add_evaluate(acts: Any) -> None:
    evaluate = add_act(acts, "evaluate", _evaluate, "measure a decoded scene against the one that was encoded")
    add = evaluate.add_argument
    add("reference", metavar="REFERENCE", type=Path, help="audio file")
    add("decoded", metavar="DECODED", type=Path, help=f"audio in ambiX, or a {SUFFIX} or {OPUS} file, which is decoded")
    add_convention(evaluate, "the reference")
    add_device(evaluate)
