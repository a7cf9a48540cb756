"""What the separators of other packages share: rates, stems at the mixture's own rate, and what is left over."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence

from sepstudio.dsp.resampling import Resampling, StreamResampler
from sepstudio.io.clip import AudioClip, difference
from sepstudio.separation.adapters.overlapping import Grid, Pass, merged_steps
from sepstudio.separation.base import Progress, RunContext

RESIDUAL = "residual"


def stems_of(
    mixture: AudioClip,
    source: AudioClip,
    names: Sequence[str],
    passes: Sequence[Pass],
    grid: Grid,
    context: RunContext,
) -> Generator[Progress, None, Mapping[str, AudioClip]]:
    """Separate a mixture by networks for stretches; the stems have its rate, channels and length, and sum to it.

    Parameters
    ----------
    mixture, source : AudioClip
        The recording, and the same at the rate of the networks.
    names : sequence of str
        Stems that the networks estimate, in their order.
    passes, grid
        What is averaged, and on which stretches.

    Returns
    -------
    mapping of str to AudioClip
        The stems, and ``residual``: what they leave of the mixture.
    """
    rule = Resampling(source.sample_rate, mixture.sample_rate)
    writers = [context.sink.open(name, mixture.channels, mixture.length, mixture.sample_rate) for name in names]
    streams = [StreamResampler(rule, mixture.length) for _ in names]
    for fraction, block in merged_steps(source, passes, grid):
        if block is not None:
            for writer, stream, estimate in zip(writers, streams, block, strict=True):
                writer.write(stream.push(estimate))
        yield Progress(fraction, "separating")
    for writer, stream in zip(writers, streams, strict=True):
        if source.length:
            writer.write(stream.finish())
    stems = {name: writer.finish() for name, writer in zip(names, writers, strict=True)}
    return {**stems, RESIDUAL: difference(mixture, 0, mixture.length, list(stems.values()))}


def levels(source: AudioClip, block_length: int = 1 << 18) -> Generator[Progress, None, tuple[float, float]]:
    """Return the mean and the standard deviation of the mean of all channels; nothing is held but a block."""
    count, total, squares = 0, 0.0, 0.0
    for start in range(0, source.length, block_length):
        block = source.read(start, min(start + block_length, source.length)).mean(axis=0, dtype="float64")
        count += block.size
        total += float(block.sum())
        squares += float((block**2).sum())
        yield Progress(0.0, "measuring the level", stage_fraction=count / source.length)
    if count < 2:
        return 0.0, 0.0
    mean = total / count
    return mean, max((squares - count * mean**2) / (count - 1), 0.0) ** 0.5
