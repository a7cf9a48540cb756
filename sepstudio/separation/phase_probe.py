"""Why the networks of a model gave a point to their instruments: what amplitudes and phases had a part in it."""

from __future__ import annotations

from collections.abc import Generator

import numpy as np

from sepstudio.errors import CheckpointError, ParameterError
from sepstudio.io.steps import part
from sepstudio.nn.phase_cards import find_phase_model
from sepstudio.nn.phase_models import PhaseModel
from sepstudio.separation.explanation import Attribution, Explanation, InputMap, Point, ProbedRun
from sepstudio.separation.phase_dnn import PhaseDnnParams
from sepstudio.separation.phase_saliency import Saliency, saliency_steps

_NAMES = {"phase": "φ", "time": "Δt", "frequency": "Δf"}
_MEANING = "Integrated gradients of the estimates, before the filter shares the mixture among them."


def explain_steps(run: ProbedRun, point: Point, params: PhaseDnnParams) -> Generator[float, None, Explanation]:
    """Return what each network of a run looked at; yields the fraction done.

    Where the model is not there any more, or does not know the frequency, a note says so instead.
    """
    yield 0.0
    try:
        model = _load(run, params)
        names = params.instruments.names or tuple(model.networks)
        found = []
        for number, name in enumerate(names):
            steps = saliency_steps(
                model, run.stretch, name,
                seconds=point.frame * run.hop_size / run.mixture.sample_rate, hertz=run.hertz_of(point.bin),
            )  # fmt: skip
            found.append((yield from part(steps, number, len(names))))
    except (CheckpointError, ParameterError) as error:
        return Explanation("", (), (str(error),))
    attributions = tuple(_attribution(run, saliency) for saliency in found)
    replaced = run.model_hash not in ("", model.header.sha256)
    notes = (_MEANING, "The model of this run was replaced by another since.") if replaced else (_MEANING,)
    return Explanation(_sentence(attributions), (), notes, attributions)


def _load(run: ProbedRun, params: PhaseDnnParams) -> PhaseModel:
    """Return the model where it is in memory already, or on the processor."""
    path = find_phase_model(params.model)
    known = [loaded.device for loaded in run.models.loaded() if loaded.path == path.resolve()]
    return run.models.load(path, known[0] if known else "cpu")


def _attribution(run: ProbedRun, saliency: Saliency) -> Attribution:
    hears_phases, hears_amplitudes = bool(saliency.phases), saliency.amplitude_share > 0 or not saliency.phases
    maps = [InputMap("amplitude", saliency.amplitude, "|X|")] if hears_amplitudes else []
    maps += [InputMap(_NAMES[kind], values, _NAMES[kind]) for kind, values in saliency.phases.items()]
    shares = [("amplitude", saliency.amplitude_share)] if hears_amplitudes else []
    shares += [("phase", saliency.phase_share)] if hears_phases else []
    return Attribution(
        stem=saliency.instrument,
        shares=tuple(shares),
        maps=tuple(maps),
        seconds=np.asarray(saliency.seconds + run.start / run.mixture.sample_rate),
        hertz=saliency.hertz,
        frame=len(saliency.seconds) // 2,
        bin=saliency.bin,
    )


def _sentence(attributions: tuple[Attribution, ...]) -> str:
    told = [
        f"{one.stem} {share:.0%}".replace("%", " %")
        for one in attributions
        for name, share in one.shares
        if name == "phase"
    ]
    if not told:
        return "The networks heard amplitudes alone."
    return "Phases had this part in the estimates: " + ", ".join(told) + "; amplitudes had the rest."
