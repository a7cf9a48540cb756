"""Long recordings to codes and back, block by block: what comes out is what the whole would give.

Every block is computed with as many frames around it as the network looks at (``reach``), and these are dropped.
Memory does not grow with the length of a recording, but for its codes: 11 MB an hour. Between two steps a few
layers are computed, so that whoever closes a generator need not wait for a block.

Importing this module loads torch.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from sepstudio.codec.codec import Codec, model_length
from sepstudio.codec.codes import Codes, frames_of
from sepstudio.codec.config import CodecConfig
from sepstudio.codec.reach import decoder_reach, encoder_reach
from sepstudio.codec.rvqgan import DecoderBlock, EncoderBlock
from sepstudio.dsp.resampling import Resampling, StreamResampler
from sepstudio.errors import ParameterError
from sepstudio.io.clip import AudioClip, FloatArray
from sepstudio.io.resampled import at_rate
from sepstudio.io.scratch import MemorySink, StemSink
from sepstudio.io.steps import scaled

_BLOCK_SECONDS = 2.0
# Of the largest layers, of which a few are there at a time.
_BLOCK_BYTES = 64 << 20


def encode_steps(
    codec: Codec,
    clip: AudioClip,
    *,
    codebooks: int | None = None,
    gain: float = 1.0,
    block_frames: int | None = None,
) -> Generator[float, None, Codes]:
    """Encode a recording; yields the fraction done.

    Parameters
    ----------
    codec : Codec
    clip : AudioClip
        Of as many channels as the codec has, read block by block; Ambisonics in the order ACN, normalised to SN3D.
        At another sample rate than the model's it is resampled on the way.
    codebooks : int or None
        How many of the first codebooks are used; None for all.
    gain : float
        All samples are multiplied with it, and divided by it after decoding.
    block_frames : int or None
        Frames of a block; changes nothing but time and memory.

    Raises
    ------
    ParameterError
        For another number of channels, and values out of range.
    """
    codec.check(clip.channels, codebooks, gain)
    config, reach = codec.config, encoder_reach(codec.config)
    recording = at_rate(clip, config.sample_rate)
    frames = frames_of(clip.length, clip.sample_rate, config)
    codes = np.zeros((codebooks or config.codebooks, frames), np.uint16)
    for start, stop in _blocks(frames, block_frames, config):
        first, last = max(start - reach.before, 0), min(stop + reach.after, frames)
        samples = recording.read(first * config.hop_size, last * config.hop_size) * np.float32(gain)
        x = torch.from_numpy(samples).to(codec.device)[None]
        latent = yield from scaled(_through(codec.network.encoder.block, x), start / frames, stop / frames)
        with torch.inference_mode():
            found = codec.network.quantizer.encode(latent[..., start - first : stop - first], codebooks)
            codes[:, start:stop] = found[0].cpu().numpy()
    return Codes(codes, clip.length, clip.sample_rate, gain, codec.sha256, config)


def decode_steps(
    codec: Codec,
    codes: Codes,
    *,
    codebooks: int | None = None,
    left_out: int | None = None,
    sink: StemSink | None = None,
    block_frames: int | None = None,
) -> Generator[float, None, AudioClip]:
    """Decode a recording; yields the fraction done.

    Parameters
    ----------
    codec : Codec
        The one that made the codes.
    codes : Codes
        Where frames are lost there is silence.
    codebooks : int or None
        How many of the first codebooks are used; None for all that there are codes of.
    left_out : int or None
        The index of a codebook that is left out.
    sink : StemSink or None
        Where the samples go; None for memory.
    block_frames : int or None
        Frames of a block.

    Returns
    -------
    AudioClip
        Of the length and sample rate of the recording that was encoded.

    Raises
    ------
    CheckpointError
        If another model made the codes.
    ParameterError
        If there are no such codebooks.
    AudioFileError
        If the sink cannot write.
    """
    writer = (sink or MemorySink()).open("decoded", codes.channels, codes.length, codes.sample_rate)
    yield from decode_into(
        writer.write, codec, codes, codebooks=codebooks, left_out=left_out, block_frames=block_frames
    )
    return writer.finish()


def decode_into(
    write: Callable[[FloatArray], None],
    codec: Codec,
    codes: Codes,
    *,
    codebooks: int | None = None,
    left_out: int | None = None,
    block_frames: int | None = None,
) -> Generator[float, None, None]:
    """Decode a recording and give what is known of it to ``write``, block by block; see ``decode_steps``.

    The blocks make up float32 [channels, length] at the recording's rate.
    """
    codec.check_codes(codes, codebooks, left_out)
    resampler = None
    if codes.sample_rate != codes.config.sample_rate:
        resampler = StreamResampler(Resampling(codes.config.sample_rate, codes.sample_rate), codes.length)
    used = _filled(codes)[:codebooks]
    for start, stop in _blocks(codes.frames, block_frames, codec.config):
        steps = _decoded(codec, codes, used, left_out, (start, stop))
        block = yield from scaled(steps, start / codes.frames, stop / codes.frames)
        write(block if resampler is None else resampler.push(block))
    if resampler is not None and codes.frames:
        write(resampler.finish())


def _decoded(
    codec: Codec, codes: Codes, used: npt.NDArray[np.uint16], left_out: int | None, span: tuple[int, int]
) -> Generator[float, None, FloatArray]:
    """Return the samples of some frames at the rate of the model, without those beyond the end."""
    reach, hop = decoder_reach(codec.config), codec.config.hop_size
    first, last = max(span[0] - reach.before, 0), min(span[1] + reach.after, codes.frames)
    with torch.inference_mode():
        indices = torch.from_numpy(used[:, first:last].astype(np.int64)).to(codec.device)[None]
        latent = codec.network.latent_of(indices, left_out)
    x = yield from _through(codec.network.decoder.model, latent)
    begin, end = span[0] * hop, min(span[1] * hop, model_length(codes))
    samples = x[0, :, begin - first * hop : end - first * hop].cpu().numpy()
    # Never in place: what is divided is a copy, so that the block with its surroundings does not stay in memory.
    return np.asarray(samples / np.float32(codes.gain) * _gate(codes, begin, end), np.float32)


def _blocks(frames: int, size: int | None, config: CodecConfig) -> Iterator[tuple[int, int]]:
    if size is None:
        size = usual_block_frames(config)
    if size < 1:
        raise ParameterError("block_frames", size, "at least 1")
    for start in range(0, frames, size):
        yield start, min(start + size, frames)


def usual_block_frames(config: CodecConfig) -> int:
    """Return how many frames are computed at a time: two seconds, or as much less as memory asks for."""
    widths = [config.encoder_dim * config.hop_size]
    samples = 1
    for number, stride in enumerate(config.decoder_rates, 1):
        samples *= stride
        widths.append((config.decoder_dim >> number) * samples)
    return max(min(round(_BLOCK_SECONDS * config.frame_rate), _BLOCK_BYTES // (4 * max(widths))), 1)


def _through(layers: nn.Sequential, x: Tensor) -> Generator[float, None, Tensor]:
    """Return what comes out of layers; yields the part of them that is done, blocks of layers taken apart."""
    parts = list(_parts(layers))
    for number, layer in enumerate(parts, 1):
        # Not around the yield: it is a mode of the thread.
        with torch.inference_mode():
            x = layer(x)
        yield number / len(parts)
    return x


def _parts(layers: nn.Sequential) -> Iterator[nn.Module]:
    for layer in layers:
        if isinstance(layer, EncoderBlock | DecoderBlock):
            yield from layer.block
        else:
            yield layer


def _filled(codes: Codes) -> npt.NDArray[np.uint16]:
    """Return codes with those of the nearest sound frame where frames are lost: their neighbours look at them."""
    lost = _lost(codes)
    if not lost:
        return codes.codes
    sound = np.ones(codes.frames, bool)
    for start, stop in lost:
        sound[start:stop] = False
    kept, frames = np.flatnonzero(sound), np.arange(codes.frames)
    if not kept.size:
        return codes.codes
    right = np.searchsorted(kept, frames).clip(0, kept.size - 1)
    left = (right - 1).clip(0)
    nearest = np.where(np.abs(kept[left] - frames) <= np.abs(kept[right] - frames), kept[left], kept[right])
    return codes.codes[:, nearest]


def _gate(codes: Codes, begin: int, end: int) -> FloatArray:
    """Return 1 where samples are sound and 0 where they are lost, float32 [end - begin]; it falls within a frame."""
    hop = codes.config.hop_size
    gate = np.ones(end - begin, np.float32)
    times = np.arange(begin, end)
    for start, stop in _lost(codes):
        fade = min(1.0, (stop - start) / 2)
        edges = np.array([start, start + fade, stop - fade, stop]) * hop
        gate = np.minimum(gate, np.interp(times, edges, [1.0, 0.0, 0.0, 1.0]).astype(np.float32))
    return gate


def _lost(codes: Codes) -> list[tuple[int, int]]:
    return [(start, stop) for start, stop in codes.lost if start < codes.frames]
