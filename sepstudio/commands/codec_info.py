"""``sepstudio codec info``: what files of codes, and of Opus, say of themselves, and whether they are sound."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sepstudio.codec.bitstream import read_bitstream, read_bitstream_header
from sepstudio.codec.bitstream_header import BitstreamHeader
from sepstudio.codec.library import codec_with
from sepstudio.commands.attempts import attempted, exit_status
from sepstudio.commands.exits import complain
from sepstudio.errors import CheckpointError, UserError
from sepstudio.io.opus.packets import SUFFIX, OpusFile, scan_opus
from sepstudio.nn.card_texts import size_text

_TITLE_WIDTH = 10
_OGG = (SUFFIX, ".ogg", ".oga")


def tell_all(paths: Sequence[Path], *, as_json: bool) -> int:
    """Print what each file holds; return the exit status."""
    failed = 0
    for path in paths:
        facts = attempted(path, lambda: facts_of(path))  # noqa: B023 - called at once
        if isinstance(facts, UserError):
            failed += 1
            complain(facts)
        else:
            lines = _opus_lines(facts) if "opus" in facts else _lines(facts)
            print(json.dumps(facts, indent=2) if as_json else "\n".join(lines), flush=True)  # noqa: T201
    return exit_status(failed, len(paths))


def facts_of(path: Path) -> dict[str, Any]:
    """Return what a file holds as JSON values; rates in Hz and bits per second, times in seconds.

    Raises BitstreamError if nothing of it can be decoded, and AudioFileError if an Opus file is damaged.
    """
    if path.suffix.lower() in _OGG:
        return _opus_facts(scan_opus(path))
    header = read_bitstream_header(path)
    codes = read_bitstream(path, damaged="keep")
    size = path.stat().st_size
    return {
        "file": str(path),
        "size": size,
        "seconds": header.duration,
        "length": header.length,
        "sample_rate": header.sample_rate,
        "channels": header.config.channels,
        "ordering": header.ordering,
        "normalisation": header.normalisation,
        "gain": header.gain,
        "codebooks": header.codebooks,
        "bits_per_second": header.bits_per_second,
        "file_bits_per_second": 8 * size / header.duration,
        "frames": header.frames,
        "blocks": header.blocks,
        "model": {"name": _model_name(header.model_sha256), "sha256": header.model_sha256},
        "network": header.config.to_json(),
        "lost": lost_seconds(header, codes.lost),
    }


def _opus_facts(found: OpusFile) -> dict[str, Any]:
    head, size = found.head, found.path.stat().st_size
    return {
        "file": str(found.path),
        "size": size,
        "seconds": found.seconds,
        "length": found.original_length,
        "sample_rate": found.original_rate,
        "channels": head.channels,
        "ordering": "ACN",
        "normalisation": "SN3D",
        "gain": head.factor,
        "bits_per_second": 8 * found.payload / found.coded_seconds,
        "file_bits_per_second": 8 * size / found.seconds,
        "packets": found.packets,
        "opus": {
            "family": head.family,
            "streams": head.streams,
            "coupled": head.coupled,
            "pre_skip": head.pre_skip,
            "encoder": found.tags["vendor"],
        },
    }


def lost_seconds(header: BitstreamHeader, lost: Sequence[tuple[int, int]]) -> list[list[float]]:
    """Return lost stretches of frames in seconds, beginning and end."""
    rate = header.config.frame_rate
    return [[start / rate, min(stop / rate, header.duration)] for start, stop in lost]


def lost_text(lost: Sequence[Sequence[float]]) -> str:
    """Return lost stretches in words."""
    return ", ".join(f"{start:.2f} to {stop:.2f} s" for start, stop in lost)


def _model_name(sha256: str) -> str:
    """Return the name by which the model of a hash is chosen, "" if none is installed."""
    try:
        return codec_with(sha256).stem
    except CheckpointError:
        return ""


def _lines(facts: dict[str, Any]) -> list[str]:
    network, model = facts["network"], facts["model"]
    convention = "/".join(filter(None, (facts["ordering"], facts["normalisation"])))
    rate, own_rate = facts["bits_per_second"] / 1000, facts["file_bits_per_second"] / 1000
    hop = math.prod(network["encoder_rates"])
    lost = f"damaged: {lost_text(facts['lost'])} cannot be decoded" if facts["lost"] else "sound"
    rows = {
        "Length": _length(facts),
        "Channels": f"{facts['channels']}{', ' if convention else ''}{convention}",
        "Rate": f"{rate:.3f} kbit/s, {rate / facts['channels']:.3f} for each channel",
        "Codes": f"{facts['codebooks']} of {network['codebooks']} codebooks of {network['codebook_size']} entries, "
        f"{_counted(facts['frames'], 'frame')} of {hop} samples at {network['sample_rate']} Hz",
        "Gain": f"{20 * math.log10(facts['gain']):+.2f} dB before encoding",
        "File size": f"{size_text(facts['size'])}, {own_rate:.3f} kbit/s, {_counted(facts['blocks'], 'block')}",
        "Model": f"{model['name'] or 'not installed'}, SHA-256 {model['sha256']}",
        "State": lost,
    }
    return _table(facts, rows)


def _opus_lines(facts: dict[str, Any]) -> list[str]:
    opus, rate = facts["opus"], facts["bits_per_second"] / 1000
    rows = {
        "Length": _length(facts),
        "Channels": f"{facts['channels']}, {facts['ordering']}/{facts['normalisation']}",
        "Rate": f"{rate:.3f} kbit/s, {rate / facts['channels']:.3f} for each channel",
        "Opus": f"family {opus['family']}, {opus['streams']} streams, {opus['coupled']} of them in stereo, "
        f"{facts['packets']} packets, {opus['pre_skip']} samples of delay",
        "Gain": f"{20 * math.log10(facts['gain']):+.2f} dB after decoding",
        "File size": f"{size_text(facts['size'])}, {facts['file_bits_per_second'] / 1000:.3f} kbit/s",
        "Encoder": opus["encoder"],
        "State": "sound",
    }
    return _table(facts, rows)


def _length(facts: dict[str, Any]) -> str:
    return f"{facts['seconds']:.3f} s, {facts['length']} samples at {facts['sample_rate']} Hz"


def _table(facts: dict[str, Any], rows: dict[str, str]) -> list[str]:
    return [facts["file"], *(f"  {title:<{_TITLE_WIDTH}}{text}" for title, text in rows.items())]


def _counted(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
