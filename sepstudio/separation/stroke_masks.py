"""The method ``reweight``: strokes of a brush move what a finished run has found from stem to stem."""

from __future__ import annotations

import time
from collections.abc import Generator
from dataclasses import dataclass

from sepstudio.errors import MissingInputError
from sepstudio.io.clip import AudioClip, difference
from sepstudio.io.steps import scaled
from sepstudio.io.strokes.records import Strokes
from sepstudio.separation.base import MethodSpec, Progress, RunContext, Separation, staged
from sepstudio.separation.parameters import check_overlap, param, validate
from sepstudio.separation.references import RESIDUAL, check_alike
from sepstudio.separation.stroke_naming import assigned, described, named, proposed
from sepstudio.separation.stroke_run import StrokeRun, most_memory, parts_sum_steps

TITLE = "Strokes on a run"
# Where comparing the stems with the mixture ends on the progress bar.
_COMPARED = 0.1


@dataclass(frozen=True)
class ReweightParams:
    """Parameters of strokes that change a finished run."""

    sources: str = param(
        "",
        label="Sources",
        help="Stems of painted sources that are called otherwise, such as singer=vocals, hiss=residual; a source with "
        "nothing behind its = is left out.",
    )
    run: str = param("", label="Run", help="Which run the stems are of; kept with the result.", advanced=True)
    feather: int = param(
        3,
        lo=0,
        hi=64,
        unit="bins",
        label="Feather",
        help="How far strokes fade above and below their edges; 0 cuts sharply.",
    )
    fft_size: int = param(4096, lo=64, hi=65536, step=2, unit="samples", label="FFT size", advanced=True)
    hop_size: int = param(1024, lo=16, hi=32768, unit="samples", label="Hop", advanced=True)

    def __post_init__(self) -> None:
        validate(self)
        check_overlap(self.fft_size, self.hop_size)


def separate(
    mixture: AudioClip, params: ReweightParams, *, context: RunContext
) -> Generator[Progress, None, Separation]:
    """Let the stems of a finished run obey strokes.

    What lies under a stroke for a stem moves to it from all others, as far as the stroke is opaque; what lies under
    one against a stem moves from it to the others, in proportion to their masks (see ``stroke_shares.changes``).
    Only the changes are transformed back and added, so that elsewhere stems stay as they are, sample by sample.

    Parameters
    ----------
    mixture : AudioClip
        Any number of channels and samples, at any rate.
    params : ReweightParams
    context : RunContext
        Its ``stems``, of the mixture's sample rate and channels, are those of the run, at any number; what they leave
        of the mixture, or are called ``residual``, is the residual. Its ``strokes`` go by the names of the stems, where
        case does not count. A source that no stem is called by becomes a stem of its own, which holds what is moved
        to it; with strokes against it alone it is left out.

    Returns
    -------
    Separation
        The stems of the run, those that are new, and the residual where there is one. They sum to the mixture.

    Raises
    ------
    MissingInputError
        Without stems or strokes, or if no stroke falls into the mixture.
    ParameterError
        If a stem does not fit the mixture.
    DeviceError
        If another device than the CPU is asked for.
    """
    from sepstudio.nn.devices import resolve_device
    from sepstudio.separation.provenance import run_provenance

    started = time.perf_counter()
    resolve_device(context.device, METHOD.devices)
    stems, strokes = _stems(mixture, context), _strokes(context)
    choice = proposed(strokes, [*stems, RESIDUAL]) | named(params.sources, strokes)
    strokes = assigned(strokes, choice)
    # A residual that was given is said to be one; of others it shows only in the samples.
    compared = 0.0 if RESIDUAL in (context.stems or {}) else _COMPARED
    whole = True
    if compared:
        whole = yield from staged(scaled(parts_sum_steps(mixture, stems), 0.0, compared), "stems")
    run = StrokeRun(mixture, stems, strokes, params, context)
    found = yield from staged(scaled(run.stems_steps(), compared, 1.0), "strokes")
    if not whole or not compared or run.fills_residual:
        found[RESIDUAL] = difference(mixture, 0, mixture.length, list(found.values()))
    notes = described(strokes)
    return Separation(
        found, run_provenance("reweight", params, context, started, packages=("numpy", "scipy"), notes=notes)
    )


def _stems(mixture: AudioClip, context: RunContext) -> dict[str, AudioClip]:
    stems = {name: clip for name, clip in (context.stems or {}).items() if name != RESIDUAL}
    if not stems:
        why = "it needs the stems of a finished run"
        raise MissingInputError(f"{TITLE} cannot begin", why, "separate the recording first by another method")
    for name, clip in stems.items():
        check_alike(f"stem {name}", clip, mixture)
    return stems


def _strokes(context: RunContext) -> Strokes:
    strokes = context.strokes
    if strokes is None or all(stroke.tool == "eraser" for stroke in strokes.strokes):
        why = "nothing is painted"
        raise MissingInputError(f"{TITLE} cannot begin", why, "paint on the spectrogram of the recording or a stem")
    return strokes  # type: ignore[no-any-return]


def _memory(mixture: AudioClip, params: ReweightParams, context: RunContext) -> int:
    return most_memory(mixture, len(context.stems or {}), params.fft_size)


METHOD = MethodSpec(
    id="reweight",
    title=TITLE,
    summary="Move what a finished run has found from stem to stem, where strokes say so.",
    params=ReweightParams,
    run=separate,
    memory=_memory,
    needs=frozenset({"stems", "strokes"}),
    short="Strokes",
)
