"""``sepstudio codec opus``: scenes in Opus, to compare with."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from sepstudio.batch.inputs import AUDIO, FileKind, Input
from sepstudio.batch.outputs import DEPTHS, FORMATS, FileFormat
from sepstudio.codec.opus import OpusSettings, encode_opus_steps
from sepstudio.commands.codec_options import CONVENTIONS, add_act, add_convention, add_files, decibels, overwriting
from sepstudio.commands.codec_orders import Places, Told, do_all, inputs_of
from sepstudio.commands.parser import Parser
from sepstudio.commands.progress import ProgressLine, drive
from sepstudio.io.audio import open_audio_steps
from sepstudio.io.clip import AudioClip
from sepstudio.io.formats import BY_EXTENSION
from sepstudio.io.hoa import Convention, as_ambix, order_of
from sepstudio.io.opus.decoding import opus_blocks
from sepstudio.io.opus.header import FAMILIES, RATE
from sepstudio.io.opus.library import opus_library
from sepstudio.io.opus.packets import SUFFIX, scan_opus
from sepstudio.io.writing import writing_audio

_OPUS = FileKind("Opus files", frozenset({SUFFIX}))
_READ_END = 0.1


def add_opus(acts: Any) -> None:
    """Add the sub-command and its own two."""
    text = "encode scenes in Opus (RFC 8486), and decode them"
    opus = acts.add_parser("opus", help=text, description=f"{text[:1].upper()}{text[1:]}.")
    inner = opus.add_subparsers(metavar="ACT", required=True, parser_class=Parser)
    encode = add_act(inner, "encode", _encode, "encode scenes in Opus")
    add_files(encode, "audio files, or folders to search for them", f"folder for the {SUFFIX} files, or such a file")
    add = encode.add_argument
    add("--bitrate", type=float, default=160.0, metavar="KBIT", help="kbit/s of all channels (default: %(default)g)")
    text = "channel mapping: 2 encodes each harmonic, 3 pairs of beams (default: %(default)s)"
    add("--family", type=int, choices=FAMILIES, default=3, help=text)
    add("--vbr", action="store_true", help="let the rate vary around the given one; it is constant otherwise")
    add("--order", type=int, default=3, metavar="N", help="leave out what is of a higher order (default: %(default)s)")
    add_convention(encode, "the recordings")
    text = "of all channels, undone when decoding; auto, the default, brings the loudest sample to half of full scale"
    add("--gain", type=decibels, default=None, metavar="DB", help=text)
    decode = add_act(inner, "decode", _decode, "decode scenes in Opus; they come out as ambiX (ACN, SN3D)")
    add_files(decode, f"{SUFFIX} files, or folders to search for them", "folder for the recordings, or an audio file")
    add = decode.add_argument
    add("--keep-48k", action="store_true", help="leave the rate at the 48 kHz of Opus, not that of what was encoded")
    add("--format", choices=FORMATS, default="wav", help="file format (default: %(default)s)")
    add("--subtype", choices=DEPTHS, help="bits per sample (default: 24 for flac, else float)")


def _encode(arguments: argparse.Namespace) -> int:
    settings = OpusSettings(round(1000 * arguments.bitrate), arguments.family, constant=not arguments.vbr)
    places = Places(arguments.output, SUFFIX, overwriting(arguments), frozenset({SUFFIX}))
    library = opus_library()
    convention = CONVENTIONS[arguments.convention]
    gain = None if arguments.gain is None else 10 ** (arguments.gain / 20)

    def work(source: Input, target: Path, line: ProgressLine) -> Told:
        line.part(0.0, _READ_END)
        clip = drive(open_audio_steps(source.path), lambda done: line.show(done, "read"))
        line.part(_READ_END, 1.0)
        steps = encode_opus_steps(_scene(clip, convention, arguments.order), target, settings, gain=gain)
        report = drive(steps, lambda done: line.show(done, "encode"))
        facts = {
            "channels": clip.channels,
            "seconds": report.seconds,
            "family": settings.family,
            "bits_per_second": report.bits_per_second,
            "size": target.stat().st_size,
            "library": library.version,
        }
        return facts, ()

    return do_all(inputs_of(arguments.inputs, places, AUDIO), places, work, as_json=arguments.json)


def _scene(clip: AudioClip, convention: Convention, order: int) -> AudioClip:
    return as_ambix(clip, convention, min(order_of(clip.channels), order))


def _decode(arguments: argparse.Namespace) -> int:
    form = FileFormat.named(arguments.format, arguments.subtype)
    places = Places(arguments.output, form.extension, overwriting(arguments), frozenset(BY_EXTENSION))
    opus_library()
    own = not arguments.keep_48k

    def work(source: Input, target: Path, line: ProgressLine) -> Told:
        found = scan_opus(source.path)
        rate, length = (found.original_rate, found.original_length) if own else (RATE, found.length)
        done = 0
        with writing_audio(target, found.head.channels, length, rate, form.subtype, rf64=form.rf64) as writer:
            for block in opus_blocks(found, original_rate=own):
                writer.write(block)
                done += block.shape[1]
                line.show(done / length, "decode")
        facts = {"channels": found.head.channels, "length": length, "sample_rate": rate}
        clipped = writer.clipped_samples
        notes = [f"{target}: {clipped} samples beyond full scale were clipped; float WAV keeps them"] if clipped else ()
        return facts | {"clipped_samples": clipped}, notes

    return do_all(inputs_of(arguments.inputs, places, _OPUS), places, work, as_json=arguments.json)
