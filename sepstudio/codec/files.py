"""Files of sound to files of codes and back, block by block.

Importing this module loads torch.
"""

from __future__ import annotations

import math
from collections.abc import Generator
from pathlib import Path

from sepstudio.codec.bitstream import write_bitstream
from sepstudio.codec.codec import Codec
from sepstudio.codec.codes import Codes
from sepstudio.codec.config import CodecConfig
from sepstudio.codec.stream import decode_into, encode_steps
from sepstudio.dsp.ambisonics import HIGHEST_ORDER
from sepstudio.errors import AudioFileError
from sepstudio.io.audio import open_audio_steps
from sepstudio.io.clip import AudioClip
from sepstudio.io.failures import display_name
from sepstudio.io.hoa import AMBIX, Convention, as_ambix
from sepstudio.io.levels import peak_steps, usual_gain
from sepstudio.io.steps import scaled
from sepstudio.io.writing import WriteReport, writing_audio

# Parts of the progress; how long each takes differs.
_READ, _LISTENED = 0.1, 0.2


def encode_file_steps(
    codec: Codec,
    source: Path,
    target: Path,
    *,
    convention: Convention = AMBIX,
    codebooks: int | None = None,
    gain: float | None = 1.0,
) -> Generator[float, None, Codes]:
    """Encode a file of sound into a bitstream, whole or not at all; yields the fraction done.

    Parameters
    ----------
    codec : Codec
    source, target : Path
        An existing target is replaced.
    convention : Convention
        Of the source, if the codec is one for Ambisonics; channels of higher orders are left out.
    codebooks
        As for ``stream.encode_steps``.
    gain : float or None
        What all samples are multiplied with, undone when decoding; None for what brings the loudest one to half of
        full scale, which takes another reading.

    Raises
    ------
    AudioFileError
        If the source cannot be read, or has not the channels that the codec needs.
    BitstreamError
        If the target cannot be written.
    ParameterError
        For values out of range.
    """
    clip = yield from scaled(open_audio_steps(source), 0.0, _READ)
    scene = fitting_scene(clip, codec.config, convention, source)
    begun = _READ
    if gain is None:
        peak = yield from scaled(peak_steps(scene), _READ, _LISTENED)
        begun, gain = _LISTENED, usual_gain(peak)
    codes = yield from scaled(encode_steps(codec, scene, codebooks=codebooks, gain=gain), begun, 1.0)
    write_bitstream(target, codes)
    return codes


def fitting_scene(clip: AudioClip, config: CodecConfig, convention: Convention, source: Path) -> AudioClip:
    """Return the channels of a recording that a codec takes, in ACN/SN3D where these are Ambisonics.

    Raises AudioFileError naming the file where they are not there.
    """
    order = ambisonic_order(config.channels)
    try:
        scene = clip if order is None else as_ambix(clip, convention, order)
    except AudioFileError as error:
        raise AudioFileError(display_name(source), f"its {error.what} {error.why}", error.remedy) from error
    if scene.channels != config.channels:
        why = f"has {scene.channels} channels, and this codec takes {config.channels}"
        raise AudioFileError(display_name(source), why, "choose another model or another recording")
    return scene


def ambisonic_order(channels: int) -> int | None:
    """Return the order of Ambisonics that a codec of so many channels is for, None where it is for something else."""
    order = math.isqrt(channels) - 1
    return order if 1 <= order <= HIGHEST_ORDER and (order + 1) ** 2 == channels else None


def decode_file_steps(
    codec: Codec,
    codes: Codes,
    target: Path,
    *,
    codebooks: int | None = None,
    left_out: int | None = None,
    subtype: str = "FLOAT",
    rf64: bool = False,
) -> Generator[float, None, WriteReport]:
    """Decode into a file of sound, whole or not at all; yields the fraction done.

    Parameters
    ----------
    codec, codes, codebooks, left_out
        As for ``stream.decode_steps``.
    target : Path
        An existing file is replaced.
    subtype, rf64
        As for ``write_audio_steps``.

    Raises
    ------
    AudioFileError
        If the file cannot be written, or cannot hold so many channels.
    CheckpointError
        If another model made the codes.
    ParameterError
        If there are no such codebooks.
    """
    with writing_audio(target, codes.channels, codes.length, codes.sample_rate, subtype, rf64=rf64) as writer:
        yield from decode_into(writer.write, codec, codes, codebooks=codebooks, left_out=left_out)
    return WriteReport(target, writer.clipped_samples)
