"""Encoding a scene in Ambisonics and decoding it again, as a method: what is left of it is the coding error.

The stem is in the convention of the recording, so that both are heard and compared alike; inside, the codec knows
ACN/SN3D alone. Encoding finds the codes of all codebooks: a later run with fewer of them only decodes.
"""

from __future__ import annotations

import math
import time
from collections.abc import Generator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from sepstudio.codec.library import DEFAULT_CODEC, find_codec
from sepstudio.dsp.ambisonics import channels_of, layout
from sepstudio.errors import ParameterError
from sepstudio.io.clip import AudioClip, FloatArray
from sepstudio.io.hoa import AMBIX, Convention, as_ambix
from sepstudio.io.levels import peak_steps, usual_gain
from sepstudio.separation.base import MethodSpec, Progress, RunContext, Separation
from sepstudio.separation.codec_results import codes_of, matrices_of
from sepstudio.separation.parameters import param, validate

if TYPE_CHECKING:
    from sepstudio.codec.codec import Codec
    from sepstudio.codec.codes import Codes

DEFAULT_MODEL = DEFAULT_CODEC
ORDER = 3
CHANNELS = channels_of(ORDER)
DECODED = "decoded"
# Of the time that a run takes, as measured with the usual model.
_ENCODING = 0.45
# Blocks of the widest layers, beside the result.
_BLOCKS_BYTES = 512 << 20


@dataclass(frozen=True)
class CodecParams:
    """Parameters of a run of the codec."""

    model: str = param(
        DEFAULT_MODEL, label="Model", help="Name of an installed model, or the path of a file; empty means the default."
    )
    codebooks: int = param(
        0, lo=0, hi=256, label="Codebooks", help="How many of the first codebooks are decoded; 0 decodes all."
    )
    left_out: int = param(
        0, lo=0, hi=256, label="Left out", help="Number of a codebook that is left out; 0 leaves out none."
    )
    level: bool = param(
        True,
        label="Usual level",
        help="Encode with the loudest sample at half of full scale, by one gain for all channels that decoding undoes: "
        "models know quiet scenes less well.",
    )
    ordering: Literal["ACN", "FuMa"] = param("ACN", label="Ordering", help="The sequence of the recording's channels.")
    normalisation: Literal["SN3D", "N3D", "FuMa"] = param(
        "SN3D", label="Normalisation", help="How the recording's channels are weighted."
    )

    def __post_init__(self) -> None:
        if self.model == "":
            object.__setattr__(self, "model", DEFAULT_MODEL)
        validate(self)
        if self.codebooks and self.left_out > self.codebooks:
            raise ParameterError("left_out", self.left_out, f"one of the {self.codebooks} codebooks that are used")
        if self.codebooks == 1 and self.left_out:
            raise ParameterError("left_out", self.left_out, "0: the only codebook cannot be left out")

    @property
    def convention(self) -> Convention:
        """The convention of the recording."""
        return Convention(self.ordering, self.normalisation)


def encode_and_decode(
    mixture: AudioClip, params: CodecParams, *, context: RunContext
) -> Generator[Progress, None, Separation]:
    """Encode a scene and decode it again.

    Parameters
    ----------
    mixture : AudioClip
        Ambisonics of the third order or more in the convention of ``params``; of the channels the first 16 are used.
    params : CodecParams
    context : RunContext
        ``warm`` may hold the matrices of a run of the same samples: where the same model made them, it is not encoded
        again. ``models`` keeps the model for the next run.

    Returns
    -------
    Separation
        The stem "decoded" of 16 channels in the convention, rate and length of the mixture, and the matrices of
        ``codec_results.matrices_of``.

    Raises
    ------
    AudioFileError
        If the recording is of a lower order, or no scene.
    CheckpointError
        If there is no such model, or its file cannot be used.
    ParameterError
        For more codebooks than the model has, and a model of another number of channels.
    DeviceError
        If the device is not there, or its memory is too small.
    """
    from sepstudio.nn.devices import enough_memory
    from sepstudio.nn.torch_threads import one_thread_each
    from sepstudio.separation.provenance import run_provenance

    started = time.perf_counter()
    scene = as_ambix(mixture, params.convention, ORDER)
    yield Progress(0.0, "loading the model")
    codec = loaded(params.model, context)
    with one_thread_each(), enough_memory(codec.device):
        codes = codes_of(context.warm, codec.config, codec.sha256, mixture.length, mixture.sample_rate)
        known = codes is not None
        if codes is None:
            gain = (yield from _usual_gain(scene)) if params.level else 1.0
            codes = yield from _encode(codec, scene, gain)
        decoded, rate = yield from decode_steps(codec, codes, params, context, begun=0.0 if known else _ENCODING)
    notes = _notes(codec, codes, params, rate, mixture.channels, known=known)
    provenance = run_provenance(
        METHOD.id, params, context, started, packages=("numpy", "torch"), device=codec.device, notes=notes,
        model_hash=codec.sha256,
    )  # fmt: skip
    return Separation({DECODED: decoded}, provenance, matrices=matrices_of(codes, rate))


def decode_codes(codes: Codes, params: CodecParams, *, context: RunContext) -> Generator[Progress, None, Separation]:
    """Decode codes that are at hand, such as those of a file, as a run would; see ``encode_and_decode``.

    Raises CheckpointError also where the model of ``params`` did not make the codes.
    """
    from sepstudio.nn.devices import enough_memory
    from sepstudio.nn.torch_threads import one_thread_each
    from sepstudio.separation.provenance import run_provenance

    started = time.perf_counter()
    yield Progress(0.0, "loading the model")
    codec = loaded(params.model, context)
    with one_thread_each(), enough_memory(codec.device):
        decoded, rate = yield from decode_steps(codec, codes, params, context)
    notes = _notes(codec, codes, params, rate, CHANNELS, known=False)
    if codes.lost:
        notes = (*notes, f"silent where {sum(stop - start for start, stop in codes.lost)} frames are damaged")
    provenance = run_provenance(
        METHOD.id, params, context, started, packages=("numpy", "torch"), device=codec.device, notes=notes,
        model_hash=codec.sha256,
    )  # fmt: skip
    return Separation({DECODED: decoded}, provenance, matrices=matrices_of(codes, rate))


def loaded(model: str, context: RunContext) -> Codec:
    """Return a model by its name or path, from memory where an earlier run has left it."""
    from sepstudio.codec.models import load
    from sepstudio.nn.devices import resolve_device

    device = resolve_device(context.device, METHOD.devices)
    return context.models.load(find_codec(model), device, load)


def decode_steps(
    codec: Codec, codes: Codes, params: CodecParams, context: RunContext, *, begun: float = 0.0
) -> Generator[Progress, None, tuple[AudioClip, float]]:
    """Decode codes as parameters say; return the clip in their convention and the rate in bits per second.

    ``begun`` is how much of the work was done before.
    """
    from sepstudio.codec.stream import decode_into

    used = params.codebooks or codes.codebooks
    left_out = params.left_out - 1 if params.left_out else None
    writer = context.sink.open(DECODED, codes.channels, codes.length, codes.sample_rate)

    def write(block: FloatArray) -> None:
        writer.write(_in_convention(block, params.convention))

    for fraction in decode_into(write, codec, codes, codebooks=used, left_out=left_out):
        yield Progress(begun + (1.0 - begun) * fraction, "decoding", stage_fraction=fraction)
    # A codebook that is left out need not be sent.
    return writer.finish(), codec.config.bits_per_second(used - bool(params.left_out))


def _usual_gain(scene: AudioClip) -> Generator[Progress, None, float]:

    steps = peak_steps(scene)
    while True:
        try:
            fraction = next(steps)
        except StopIteration as stop:
            return usual_gain(stop.value)
        yield Progress(0.0, "listening for the level", stage_fraction=fraction)


def _encode(codec: Codec, scene: AudioClip, gain: float) -> Generator[Progress, None, Codes]:
    from sepstudio.codec.stream import encode_steps

    steps = encode_steps(codec, scene, gain=gain)
    while True:
        try:
            fraction = next(steps)
        except StopIteration as stop:
            codes: Codes = stop.value
            return codes
        yield Progress(_ENCODING * fraction, "encoding", stage_fraction=fraction)


def _in_convention(block: FloatArray, convention: Convention) -> FloatArray:
    """Return samples in ACN/SN3D [16, n] as the channels of a recording of some convention."""
    if convention == AMBIX:
        return block
    places, weights = layout(convention.ordering, convention.normalisation, ORDER)
    result = np.empty_like(block)
    result[places] = block * weights[:, np.newaxis].astype(np.float32)
    return result


def _notes(
    codec: Codec, codes: Codes, params: CodecParams, rate: float, channels: int, *, known: bool
) -> tuple[str, ...]:
    used = params.codebooks or codes.codebooks
    notes = [f"model {codec.description.name}", f"{used} of {codes.codebooks} codebooks, {rate / 1000:.4g} kbps"]
    if params.left_out:
        notes.append(f"without codebook {params.left_out}")
    if codes.gain != 1.0:
        notes.append(f"encoded {20 * math.log10(codes.gain):+.1f} dB louder, undone after")
    if params.convention != AMBIX:
        notes.append(f"read as {params.convention}, and decoded to the same")
    if channels > CHANNELS:
        notes.append(f"the first {CHANNELS} of {channels} channels: order {ORDER}")
    if known:
        notes.append("tokens of an earlier run")
    return tuple(notes)


def _memory(mixture: AudioClip, params: CodecParams, context: RunContext) -> int:
    del params, context
    return 4 * CHANNELS * mixture.length + _BLOCKS_BYTES


METHOD = MethodSpec(
    id="codec",
    title="HOA codec",
    summary="Encodes a scene in Ambisonics of the third order with a neural codec, and decodes it again.",
    params=CodecParams,
    run=encode_and_decode,
    memory=_memory,
    needs=frozenset({"scene"}),
    devices=("cpu", "cuda"),
    short="Codec",
)
