"""Encoded files: what is read of them, written to them, and decoded from them, as jobs."""

from __future__ import annotations

import dataclasses
from collections.abc import Generator, Mapping
from pathlib import Path

from sepstudio.codec.bitstream import SUFFIX, read_bitstream, write_bitstream
from sepstudio.codec.cards import read_codec_card
from sepstudio.codec.codes import Codes
from sepstudio.codec.config import CodecConfig
from sepstudio.errors import CheckpointError, UserError
from sepstudio.io.audio import write_audio_steps
from sepstudio.io.steps import part
from sepstudio.nn.library import installed
from sepstudio.separation.base import Matrix, Progress, RunContext, staged
from sepstudio.separation.codec_method import DECODED, CodecParams, decode_codes
from sepstudio.separation.codec_results import codes_of, model_of
from sepstudio.session.records import Run

ENCODED_FILTER = f"Encoded scenes (*{SUFFIX})"
_IMPORT = "install the model that made it: File > Import model"


def is_encoded(path: Path) -> bool:
    """Return whether a file is called as encoded scenes are."""
    return path.suffix.lower() == SUFFIX


def saving_steps(
    path: Path, run: Run, matrices: Mapping[str, Matrix], sample_rate: int
) -> Generator[float, None, Path]:
    """Write the tokens of a run that were decoded, those of its first codebooks, to a file; return its path.

    Raises
    ------
    UserError
        If the run has no tokens, or its model is not installed any more, which says what its network is made of.
    BitstreamError
        If the file cannot be written.
    """
    yield 0.0
    sha256 = model_of(matrices)
    if not sha256:
        raise UserError(run.title, "has no tokens to save", "encode the scene again")
    _, config = model_with(sha256)
    codes = codes_of(matrices, config, sha256, run.stop - run.start, sample_rate)
    if codes is None:
        raise UserError(run.title, "has tokens that do not fit to its length", "encode the scene again")
    used = run.params.codebooks if isinstance(run.params, CodecParams) else 0
    write_bitstream(path, dataclasses.replace(codes, codes=codes.codes[: used or None]))
    yield 1.0
    return path


def reading_steps(path: Path) -> Generator[float, None, tuple[Codes, str]]:
    """Read a file and find the name of the model that made it; what is damaged is told by ``Codes.lost``."""
    yield 0.0
    codes = read_bitstream(path, damaged="keep")
    yield 0.5
    return codes, model_with(codes.model_sha256)[0]


def exporting_steps(
    path: Path, codes: Codes, params: CodecParams, context: RunContext
) -> Generator[Progress, None, Path]:
    """Decode codes to a file of 32-bit floats in ACN/SN3D; return its path."""
    separation = yield from _scaled(decode_codes(codes, params, context=context), 0.9)
    steps = part(write_audio_steps(path, separation.stems[DECODED], "FLOAT"), 9, 10)
    yield from staged(steps, "writing")
    return path


def model_with(sha256: str) -> tuple[str, CodecConfig]:
    """Return name and configuration of the installed model with these weights; raises UserError if there is none."""
    for model in installed():
        try:
            card = read_codec_card(model.path)
        except CheckpointError:
            continue
        if card.sha256 == sha256:
            return model.name, card.description.config
    raise UserError("The scene cannot be decoded", f"no installed model has the weights {sha256[:12]}…", _IMPORT)


def _scaled(steps: Generator[Progress, None, object], share: float) -> Generator[Progress, None, object]:
    while True:
        try:
            step = next(steps)
        except StopIteration as stop:
            return stop.value
        yield dataclasses.replace(step, fraction=share * step.fraction)
