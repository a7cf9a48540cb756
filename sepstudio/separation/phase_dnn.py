"""Networks of amplitudes and phase features, and a multichannel Wiener filter of what they estimate.

Muth, Uhlich, Perraudin, Kemp, Cardinaux and Mitsufuji, "Improving DNN-based music source separation using phase
features" (2018). Each network of a model estimates the amplitudes ``y_j`` of one instrument; their energies
``v_j = mean over channels of |y_j|^2`` and a spatial covariance ``R_j`` per bin are those of Gaussian sources, whose
images ``v_j R_j (sum_i v_i R_i)^-1 x`` sum to the mixture x (Sivasankaran et al. 2015, Uhlich et al. 2017). Each
iteration learns the covariances from the images s_j so far, ``R_j = I sum_m s_j s_j* / sum_m |s_j|^2`` over all frames
m with I channels; energies stay as the networks gave them. Kernel additive modelling lets all frames weigh the same
instead: with estimates as coarse as those of a small network this gained 0.02 dB where energies gained 0.4 dB.
"""

from __future__ import annotations

import time
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sepstudio.errors import ParameterError
from sepstudio.io.clip import AudioClip
from sepstudio.nn.library import DEFAULT_MODEL
from sepstudio.separation.base import MethodSpec, Preset, Progress, RunContext, Separation
from sepstudio.separation.parameters import param, validate

if TYPE_CHECKING:
    from sepstudio.nn.phase_grid import ModelGrid
    from sepstudio.nn.phase_models import PhaseModel
    from sepstudio.separation.explanation import Explanation, Point, ProbedRun
    from sepstudio.separation.phase_dnn_run import Plan

REST = "rest"
# An instrument of one of these names takes what no other has; without one, what is left is a source of its own.
_REMAINDERS = frozenset({"other", "accompaniment", REST, "residual"})
# Of the usual model: an estimate of memory does not open files.
_SOURCES, _FFT_SIZE = 5, 4096


@dataclass(frozen=True)
class Instruments:
    """Some instruments of a model; none stand for all of them. The text form separates them by commas."""

    names: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if any(not name.strip() or "," in name for name in self.names) or len(set(self.names)) < len(self.names):
            raise ParameterError("instruments", self.names, "names without commas, each once")

    @classmethod
    def from_text(cls, text: str) -> Instruments:
        """Parse the text form; raises ParameterError."""
        return cls(tuple(name.strip() for name in text.split(",")) if text.strip() else ())

    def to_text(self) -> str:
        """Return the text form."""
        return ", ".join(self.names)


@dataclass(frozen=True)
class PhaseDnnParams:
    """Parameters of the separation with networks."""

    model: str = param(
        DEFAULT_MODEL, label="Model", help="Name of an installed model, or the path of a file; empty means the default."
    )
    instruments: Instruments = param(
        Instruments(),
        label="Instruments",
        help="Which of the model's instruments become stems, for example 'bass, drums'; the others are summed "
        "into one stem. Empty means all.",
    )
    iterations: int = param(
        1,
        lo=0,
        hi=10,
        label="Iterations",
        help="How often the filter learns where each source sits between the channels; 0 multiplies each channel "
        "by a ratio of amplitudes.",
    )
    spatial: bool = param(
        True, label="Spatial model", help="Learn where each source sits between the channels of a recording."
    )

    def __post_init__(self) -> None:
        if self.model == "":
            object.__setattr__(self, "model", DEFAULT_MODEL)
        validate(self)


def separate(
    mixture: AudioClip, params: PhaseDnnParams, *, context: RunContext
) -> Generator[Progress, None, Separation]:
    """Separate a mixture with the networks of a model.

    Parameters
    ----------
    mixture : AudioClip
        Any length and sample rate near the model's; ``nn.phase_grid`` says how rates are matched. Channels are
        taken in groups of as many as the model knows, see ``nn.phase_estimates``: mono is
        doubled for a stereo model, 5.1 is three pairs. The filter joins all channels.
    params : PhaseDnnParams
    context : RunContext
        ``models`` keeps the model for the next run. Files beyond the memory budget are estimated once for each
        pass of the filter, with the same result.

    Returns
    -------
    Separation
        A stem for each chosen instrument in the order of the model, and one called "rest" with what is left: the
        other instruments, and, unless the model has an instrument such as "other" that takes it, the energy
        that no network found. Stems sum to the mixture.

    Raises
    ------
    CheckpointError
        If there is no such model, or its file cannot be used.
    ParameterError
        For an instrument that the model does not have, and a sample rate too far from the model's.
    DeviceError
        If the device is not there, or its memory is too small.
    """
    from sepstudio.nn.devices import enough_memory, resolve_device
    from sepstudio.nn.phase_cards import find_phase_model
    from sepstudio.nn.phase_estimates import Estimator
    from sepstudio.separation.phase_dnn_run import PhaseDnnRun
    from sepstudio.separation.provenance import run_provenance

    started = time.perf_counter()
    path = find_phase_model(params.model)
    device = resolve_device(context.device, METHOD.devices)
    yield Progress(0.0, "loading the model")
    with enough_memory(device):
        model = context.models.load(path, device)
        estimator = Estimator(model, mixture.sample_rate, threads=context.threads)
        run = PhaseDnnRun(mixture, estimator, run_plan(tuple(model.networks), params), context)
        stems = yield from run.go()
    notes = (f"model {model.name}", *_matching(model, estimator.grid), *run.notes)
    provenance = run_provenance(
        METHOD.id, params, context, started,
        packages=("numpy", "scipy", "numba", "torch"), device=model.device, notes=notes, model_hash=model.header.sha256,
    )  # fmt: skip
    return Separation(stems, provenance)


def run_plan(instruments: tuple[str, ...], params: PhaseDnnParams) -> Plan:
    """Return what a run does with a model of some instruments; ParameterError for others that are chosen."""
    from sepstudio.separation.phase_dnn_run import Plan

    chosen = params.instruments.names or instruments
    unknown = [name for name in chosen if name not in instruments]
    if unknown:
        raise ParameterError("instruments", unknown[0], "of the model: " + ", ".join(instruments))
    stems: list[tuple[str, tuple[int, ...]]] = [
        (name, (index,)) for index, name in enumerate(instruments) if name in chosen
    ]
    others = tuple(index for index, name in enumerate(instruments) if name not in chosen)
    leftover = leaves_rest(instruments)
    rest = (*others, len(instruments)) if leftover else others
    if rest:
        stems.append((REST if REST not in chosen else "what is left", rest))
    return Plan(tuple(stems), len(instruments), leftover, params.iterations, params.spatial)


def leaves_rest(instruments: tuple[str, ...]) -> bool:
    """Return whether a model of these instruments leaves energy to a source of its own."""
    return len(instruments) == 1 or _REMAINDERS.isdisjoint(instruments)


def _matching(model: PhaseModel, grid: ModelGrid) -> Sequence[str]:
    """Return a note on how a recording of another sample rate is seen."""
    rate = model.configs[0].sample_rate
    if grid.sample_rate == rate:
        return ()
    return (f"frames of {grid.fft_size} samples at {grid.sample_rate} Hz, as long as the model's at {rate} Hz",)


def prepare() -> None:
    """Load torch and the compiled functions of usual runs, by filtering a moment of noise."""
    import numpy as np

    from sepstudio.dsp.phase import phase_features
    from sepstudio.nn import phase_estimates  # noqa: F401 - imported for what it loads
    from sepstudio.separation.spatial import SpatialModel

    sources, frames = _SOURCES - 1, 4
    noise = np.random.default_rng(0).standard_normal((2, 2, 33, frames), dtype=np.float32)
    x = np.asarray(noise[0] + 1j * noise[1], np.complex64)
    phase_features(x, hop_size=16)
    model = SpatialModel(sources=sources, channels=2, peak=1.0, threads=1)
    s, r = np.ones((sources, 33, frames), np.float32), model.identity(33)
    totals = (model.first_floors, np.zeros_like(r), np.zeros((sources, 33)), (0, frames))
    for _ in model.accumulate(x, s, r, *totals, by_energy=True):
        pass
    model.estimates(x, s, r, 0, frames)


def _memory(mixture: AudioClip, params: PhaseDnnParams, context: RunContext) -> int:
    from sepstudio.dsp.stft import frame_count

    stems = len(params.instruments.names) + 1 if params.instruments.names else _SOURCES - 1
    frames = frame_count(mixture.length, fft_size=_FFT_SIZE, hop_size=_FFT_SIZE // 4)
    state = frames * (_FFT_SIZE // 2 + 1) * (8 * mixture.channels + 4 * _SOURCES)
    return min(state, context.memory_budget) + 4 * mixture.length * mixture.channels * stems


def explain(run: ProbedRun, point: Point, params: PhaseDnnParams) -> Generator[float, None, Explanation]:
    """Say how much amplitudes and phases had a part in each estimate at one point of a finished run."""
    from sepstudio.separation.phase_probe import explain_steps

    return explain_steps(run, point, params)


def sizes(params: PhaseDnnParams, sample_rate: int) -> tuple[int, int]:
    """Return FFT size and hop of the model for a sample rate; CheckpointError if there is no such model."""
    from sepstudio.nn.phase_cards import find_phase_model, read_model_card
    from sepstudio.nn.phase_grid import model_grid

    grid = model_grid(read_model_card(find_phase_model(params.model)).configs[0], sample_rate)
    return grid.fft_size, grid.hop_size


METHOD = MethodSpec(
    id="dnn",
    title="Phase-feature networks",
    summary="Separates instruments with networks that look at amplitudes and at how phases move.",
    params=PhaseDnnParams,
    run=separate,
    memory=_memory,
    devices=("cpu", "cuda"),
    prepare=prepare,
    short="Networks",
    explain=explain,
    sizes=sizes,
    presets=(
        Preset("small", "Small, amplitude and phase", PhaseDnnParams()),
        Preset("small-amplitude", "Small, amplitude", PhaseDnnParams(model=f"{DEFAULT_MODEL}-amplitude")),
    ),
)
