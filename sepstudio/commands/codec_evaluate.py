"""``sepstudio codec evaluate``: how far a decoded scene is from the one that was encoded."""

from __future__ import annotations

import json
from pathlib import Path

from sepstudio.codec.bitstream import SUFFIX, read_bitstream
from sepstudio.codec.library import codec_with
from sepstudio.commands.progress import ProgressLine, drive
from sepstudio.dsp.ambisonics import channels_of
from sepstudio.errors import AudioFileError
from sepstudio.io.audio import open_audio_steps
from sepstudio.io.clip import AudioClip
from sepstudio.io.failures import display_name
from sepstudio.io.hoa import Convention, as_ambix
from sepstudio.io.opus.decoding import decode_opus_steps
from sepstudio.io.opus.packets import SUFFIX as OPUS
from sepstudio.io.scratch import ScratchSink
from sepstudio.metrics.codec_scores import CodecScores, evaluate_codec_steps
from sepstudio.metrics.scenes import orders_of

_READ_END, _DECODE_END = 0.1, 0.5


def tell_scores(reference: Path, decoded: Path, convention: Convention, *, device: str, as_json: bool) -> None:
    """Print the scores of a decoded scene; a bitstream, or Opus, is decoded first, to the rate of the scene.

    Raises UserError if a file cannot be read, or the two are no recordings of one scene.
    """
    with ProgressLine("evaluate") as line:
        scores = _scores(reference, decoded, convention, device, line)
    print(json.dumps(scores.to_json(), indent=2) if as_json else "\n".join(scores.lines()), flush=True)  # noqa: T201


def _scores(reference: Path, decoded: Path, convention: Convention, device: str, line: ProgressLine) -> CodecScores:
    line.part(0.0, _READ_END)
    first = drive(open_audio_steps(reference), lambda done: line.show(done, "read"))
    if decoded.suffix.lower() not in (SUFFIX, OPUS):
        second = drive(open_audio_steps(decoded), lambda done: line.show(done, "read"))
        return _measured(reference, decoded, (first, second), convention, line)
    line.part(_READ_END, _DECODE_END)
    sink = ScratchSink()
    try:
        second = _decoded(decoded, device, sink, line)
        return _measured(reference, decoded, (first, second), convention, line)
    finally:
        sink.close()


def _decoded(path: Path, device: str, sink: ScratchSink, line: ProgressLine) -> AudioClip:
    if path.suffix.lower() == OPUS:
        return drive(decode_opus_steps(path, sink=sink), lambda done: line.show(done, "decode"))
    # Loads torch, which two recordings need not.
    from sepstudio.codec.models import load
    from sepstudio.codec.stream import decode_steps

    codes = read_bitstream(path)
    codec = load(codec_with(codes.model_sha256), device)
    return drive(decode_steps(codec, codes, sink=sink), lambda done: line.show(done, "decode"))


def _measured(
    reference: Path, decoded: Path, clips: tuple[AudioClip, AudioClip], convention: Convention, line: ProgressLine
) -> CodecScores:
    first, second = clips
    orders = orders_of(second.channels)
    if orders.any():
        first = _scene(first, convention, int(orders.max()), reference)
    for name, unit in (("channels", "channels"), ("sample_rate", "Hz"), ("length", "samples")):
        own, expected = getattr(second, name), getattr(first, name)
        if own != expected:
            why = f"has {own} {unit}, and {display_name(reference)} {expected}"
            raise AudioFileError(display_name(decoded), why, "compare a scene with what was decoded of it")
    line.part(_DECODE_END, 1.0)
    return drive(evaluate_codec_steps(first, second), lambda done: line.show(done, "measure"))


def _scene(clip: AudioClip, convention: Convention, order: int, path: Path) -> AudioClip:
    """Return a reference in the convention in which scenes are decoded, without channels beyond."""
    if clip.channels < channels_of(order):
        # Said of the other file, where it is told what the two do not have in common.
        return clip
    try:
        return as_ambix(clip, convention, order)
    except AudioFileError as error:
        raise AudioFileError(display_name(path), f"its {error.what} {error.why}", error.remedy) from error
