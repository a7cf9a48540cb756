"""Comparisons of codecs: scenes in several conditions, measured, and made into a listening test."""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from sepstudio.codec.conditions import LOW_ANCHOR, MID_ANCHOR, REFERENCE, Condition
from sepstudio.errors import ParameterError
from sepstudio.io.audio import open_audio_steps
from sepstudio.io.clip import AudioClip, MixClip, Part
from sepstudio.io.resampled import at_rate
from sepstudio.io.steps import scaled
from sepstudio.listening_tests.building import Built, Excerpt, Plan, Treatment, build_steps
from sepstudio.listening_tests.definition import ConditionLabel, Role, Trial
from sepstudio.metrics.codec_scores import CodecScores, evaluate_codec_steps
from sepstudio.nn.shelf import ModelShelf

# By the time that they take.
_BUILT = 0.5
_ROLES: dict[str, Role] = {REFERENCE: "reference", LOW_ANCHOR: "low-anchor", MID_ANCHOR: "mid-anchor"}


@dataclass(frozen=True)
class Measured:
    """How far a scene in a condition is from the original; ``scene`` and ``condition`` by the names in the test."""

    scene: str
    condition: str
    scores: CodecScores


@dataclass(frozen=True)
class Experiment:
    """A comparison that was made.

    Attributes
    ----------
    built : Built
        The listening test.
    conditions : tuple of Condition
    measured : tuple of Measured
        Every scene in every condition but the reference, scene by scene.
    """

    built: Built
    conditions: tuple[Condition, ...]
    measured: tuple[Measured, ...]


def experiment_steps(
    folder: Path,
    plan: Plan,
    excerpts: Sequence[Excerpt],
    conditions: Sequence[Condition],
    *,
    device: str = "auto",
) -> Generator[float, None, Experiment]:
    """Make a listening test of scenes in some conditions, and measure what listeners will hear; yields progress.

    Scores are those of the files of the test without the gain that makes conditions equally loud.

    Parameters
    ----------
    folder : Path
        For the test; see ``listening_tests.building.build_steps``.
    plan : Plan
    excerpts : sequence of Excerpt
        Of scenes in ambiX (ACN, SN3D), of one sample rate; see ``at_one_rate``.
    conditions : sequence of Condition
        In the order of tables; a MUSHRA test needs the reference among them.
    device : str
        For the codec.

    Raises
    ------
    ParameterError
        If a condition is there twice, or scenes do not go through one.
    UserError
        As ``build_steps`` and ``Condition.steps``.
    """
    treatments = treatments_of(conditions, device=device)
    built = yield from scaled(build_steps(folder, plan, excerpts, treatments), 0.0, _BUILT)
    trials = built.test.rated_trials
    measured: list[Measured] = []
    for number, trial in enumerate(trials):
        steps = _measured(built, trial)
        span = (1 - _BUILT) / len(trials)
        measured += yield from scaled(steps, _BUILT + number * span, _BUILT + (number + 1) * span)
    return Experiment(built, tuple(conditions), tuple(measured))


def at_one_rate(excerpts: Sequence[Excerpt]) -> list[Excerpt]:
    """Return excerpts at the sample rate that most of their recordings have: those of a test must have the same."""
    (rate, _), *_ = Counter(one.clip.sample_rate for one in excerpts).most_common(1)
    return [replace(one, clip=at_rate(one.clip, rate)) for one in excerpts]


def treatments_of(conditions: Sequence[Condition], *, device: str = "auto") -> list[Treatment]:
    """Return what makes the conditions of a listening test; models are loaded once.

    Raises ParameterError if two of them go by one name.
    """
    names = [condition.name for condition in conditions]
    for name in names:
        if names.count(name) > 1:
            raise ParameterError("conditions", name, "there once")
    shelf = ModelShelf()
    return [Treatment(_label(one), _Process(one, device, shelf)) for one in conditions]


def _label(condition: Condition) -> ConditionLabel:
    role = _ROLES.get(condition.kind, "anchor" if condition.is_anchor else "system")
    return ConditionLabel(condition.name, condition.label, role)


@dataclass(frozen=True)
class _Process:
    condition: Condition
    device: str
    shelf: ModelShelf

    def __call__(self, clip: AudioClip) -> Generator[float, None, AudioClip]:
        return self.condition.steps(clip, device=self.device, shelf=self.shelf)


def _measured(built: Built, trial: Trial) -> Generator[float, None, list[Measured]]:
    test = built.test
    changed = [name for name in trial.conditions if test.role_of(name) != "reference"]
    reference = trial.reference
    assert reference is not None, "tests of scenes have one"
    original = yield from scaled(open_audio_steps(reference), 0.0, 0.0)
    found = []
    for number, name in enumerate(changed):
        clip = yield from scaled(open_audio_steps(trial.path_of(name)), number / len(changed), number / len(changed))
        level = MixClip([Part(clip, gain=10 ** (-test.label(name).gain_db / 20))], clip.length)
        steps = evaluate_codec_steps(original, level)
        scores = yield from scaled(steps, number / len(changed), (number + 1) / len(changed))
        found.append(Measured(trial.name, name, scores))
    return found
