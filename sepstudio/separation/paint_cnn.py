"""Paint and learn: small convolutional networks that learn sources from brush strokes within seconds.

The layers are those of J. Bouvrie, "Notes on Convolutional Neural Networks" (2006), see ``nn.paint_network``. A stroke
says which source some bins belong to; networks learn it from maps of a coarse grid around the painted cells,
and then say for every cell of the recording how likely each source is. Their probabilities are masks;
where each source sits between the channels refines them (see ``separation.spatial``). What is usual in music helps
with sources that are like bass, drums, voices or the rest (see ``paint_prior``).
"""

from __future__ import annotations

import time
from collections.abc import Generator

from sepstudio.io.clip import AudioClip
from sepstudio.separation.base import MethodSpec, Preset, Progress, RunContext, Separation
from sepstudio.separation.paint_params import PaintParams


def separate(mixture: AudioClip, params: PaintParams, *, context: RunContext) -> Generator[Progress, None, Separation]:
    """Separate a mixture into the sources that were painted.

    Parameters
    ----------
    mixture : AudioClip
        Any number of channels and samples, at any rate. Memory does not grow with its length beyond the budget,
        but by what is said of each band and frame, some 40 kB a second.
    params : PaintParams
    context : RunContext
        Its strokes. ``warm`` matrices of an earlier run of the same sources let networks go on from there: a third
        of what they then see is painted since, the rest what they knew.

    Returns
    -------
    Separation
        A stem for each source that was painted, named after it; they sum to the mixture. Matrices ``mask NAME``,
        ``alpha …``, ``kernels …`` and ``weights …``, which a later run can go on from; curves ``training error``
        and, where strokes were held out, ``held-out error``. Progress carries a ``PaintSnapshot`` now and then.

    Raises
    ------
    MissingInputError
        Without strokes, with strokes of one source alone, or with none within the mixture.
    DeviceError
        If another device than the CPU is asked for.
    """
    from sepstudio.nn.devices import resolve_device
    from sepstudio.separation.paint_run import PaintRun

    started = time.perf_counter()
    resolve_device(context.device, METHOD.devices)
    return (yield from PaintRun(mixture, params, context, started).go())


def _memory(mixture: AudioClip, params: PaintParams, context: RunContext) -> int:
    from sepstudio.dsp.stft import frame_count

    frames = frame_count(mixture.length, fft_size=params.fft_size, hop_size=params.hop_size)
    sources = len(context.strokes.sources) if context.strokes is not None else 2
    state = frames * (8 * (params.fft_size // 2 + 1) * mixture.channels + 4 * 48 * 192)
    said = 2 * frames * 192 * sources
    return min(state, context.memory_budget) + said + 4 * mixture.length * mixture.channels * sources


def sizes(params: PaintParams, _sample_rate: int) -> tuple[int, int]:
    """Return FFT size and hop of a run."""
    return params.fft_size, params.hop_size


def prepare() -> None:
    """Load torch and what learns with it, and learn a little: the first steps of a process take longer."""
    import torch

    from sepstudio.nn.flat_adam import FlatAdam
    from sepstudio.nn.paint_network import BLOCK, MARGIN, PaintNetwork
    from sepstudio.separation import paint_run  # noqa: F401 - for its imports

    network = PaintNetwork(8, 2, hidden=4, generator=torch.Generator().manual_seed(0))
    optimizer = FlatAdam(network)
    height, width = (side + 2 * margin for side, margin in zip(BLOCK, MARGIN, strict=True))
    network(torch.zeros(4, 8, height, width)).sum().backward()
    optimizer.step(0.01)


METHOD = MethodSpec(
    id="paint",
    title="Paint and learn",
    summary="Learns what each source looks like from brush strokes, and finds it everywhere.",
    params=PaintParams,
    run=separate,
    memory=_memory,
    needs=frozenset({"strokes"}),
    short="Paint",
    prepare=prepare,
    presets=(
        Preset("standard", "Standard", PaintParams()),
        Preset("fast", "Fast", PaintParams(steps=100, correction_steps=30, networks=1, refinement=0)),
        Preset("careful", "Careful", PaintParams(steps=240, correction_steps=60, networks=4)),
    ),
)
