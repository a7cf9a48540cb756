"""Definitions of listening tests: what is heard, and which of it is compared; exchanged as YAML."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Literal, get_args

from sepstudio.errors import ParameterError

Kind = Literal["mushra", "ab", "abx"]
Role = Literal["system", "reference", "low-anchor", "mid-anchor", "anchor"]
KINDS: tuple[Kind, ...] = get_args(Kind)
ROLES: tuple[Role, ...] = get_args(Role)

# ITU-R BS.1534-3: more than these cannot be compared at a time, and longer ones are not remembered.
MOST_STIMULI = 12
LONGEST_SECONDS = 12.0
SHORTEST_LOOP_SECONDS = 0.5
MOST_REPETITIONS = 100
_LONGEST_NAME = 80
_UNIQUE_ROLES: tuple[Role, ...] = ("reference", "low-anchor", "mid-anchor")


@dataclass(frozen=True)
class ConditionLabel:
    """What stands for a condition in all trials.

    Attributes
    ----------
    name : str
        In results; listeners do not see it.
    title : str
        As it stands in plots; the name if empty.
    role : {"system", "reference", "low-anchor", "mid-anchor", "anchor"}
        What the rules of screening make of it: the hidden reference, the anchors of ITU-R BS.1534-3 (low-passed at
        3.5 and 7 kHz), other anchors, which only help listeners to find their way, or what is under test.
    gain_db : float
        The one gain that all files of the condition have had already, in dB; a record, nothing to be applied.
    """

    name: str
    title: str = ""
    role: Role = "system"
    gain_db: float = 0.0

    @property
    def shown(self) -> str:
        """The title, or the name where there is none."""
        return self.title or self.name


@dataclass(frozen=True)
class Stimulus:
    """The recording of a trial under a condition, named as in the definition."""

    condition: str
    path: Path


@dataclass(frozen=True)
class Trial:
    """One recording under several conditions; all files have one length, sample rate and number of channels.

    Attributes
    ----------
    name : str
        In results.
    stimuli : tuple of Stimulus
        What is rated: for MUSHRA the hidden reference among them, for AB and ABX two.
    reference : Path or None
        What listeners know to be the original; MUSHRA needs it.
    title : str
        As it stands in plots; the name if empty.
    loop : tuple of float or None
        Beginning and end of what is repeated at first, in seconds; None for all.
    practice : bool
        For the training page alone, not rated.
    """

    name: str
    stimuli: tuple[Stimulus, ...]
    reference: Path | None = None
    title: str = ""
    loop: tuple[float, float] | None = None
    practice: bool = False

    @property
    def shown(self) -> str:
        """The title, or the name where there is none."""
        return self.title or self.name

    @property
    def conditions(self) -> tuple[str, ...]:
        """Names of the conditions in the order of the definition."""
        return tuple(stimulus.condition for stimulus in self.stimuli)

    def path_of(self, condition: str) -> Path:
        """Return the file of a condition; KeyError for one that the trial has not."""
        return {stimulus.condition: stimulus.path for stimulus in self.stimuli}[condition]


@dataclass(frozen=True)
class ListeningTest:
    """A listening test.

    Attributes
    ----------
    kind : {"mushra", "ab", "abx"}
        Ratings of several conditions from 0 to 100 beside the original (ITU-R BS.1534-3); which of two is preferred;
        which of two a third one is.
    name : str
    conditions : tuple of ConditionLabel
    trials : tuple of Trial
    question : str
        What listeners are asked to judge.
    seed : int
        Decides with the listener on all orders.
    training : bool
        Whether a training page with all that will be heard comes first.
    repetitions : int
        How often each trial is given.
    renderer : str
        What scenes in Ambisonics shall be heard through, such as ``binaural``; free text, empty for as it comes.

    Raises
    ------
    ParameterError
        For what contradicts itself; its ``name`` says where.
    """

    kind: Kind
    name: str
    conditions: tuple[ConditionLabel, ...]
    trials: tuple[Trial, ...]
    question: str = ""
    seed: int = 0
    training: bool = True
    repetitions: int = 1
    renderer: str = ""

    def __post_init__(self) -> None:
        _expect(self.kind in KINDS, "kind", self.kind, "one of " + ", ".join(KINDS))
        _check_name(self.name, "name")
        _expect(
            1 <= self.repetitions <= MOST_REPETITIONS, "repetitions", self.repetitions, f"from 1 to {MOST_REPETITIONS}"
        )
        _check_conditions(self.conditions)
        _check_unique((trial.name for trial in self.trials), "trials")
        _expect(bool(self.rated_trials), "trials", self.trials, "at least one that is not for practice")
        for trial in self.trials:
            self._check_trial(trial, f"trials.{trial.name}")

    def _check_trial(self, trial: Trial, place: str) -> None:
        known = [label.name for label in self.conditions]
        _check_unique(trial.conditions, f"{place}.stimuli")
        for condition in trial.conditions:
            _expect(condition in known, f"{place}.stimuli", condition, f"one of the conditions {', '.join(known)}")
        if trial.loop is not None:
            start, stop = trial.loop
            expected = f"a beginning from 0 on and an end at least {SHORTEST_LOOP_SECONDS} s later"
            _expect(start >= 0 and stop - start >= SHORTEST_LOOP_SECONDS, f"{place}.loop", trial.loop, expected)
        count = len(trial.stimuli)
        if self.kind == "mushra":
            _expect(2 <= count <= MOST_STIMULI, f"{place}.stimuli", count, f"2 to {MOST_STIMULI} conditions")
            _expect(trial.reference is not None, f"{place}.reference", None, "a file, which listeners compare with")
            hidden = [name for name in trial.conditions if self.role_of(name) == "reference"]
            _expect(len(hidden) == 1, f"{place}.stimuli", hidden, "with one condition of the role reference")
        else:
            _expect(count == 2, f"{place}.stimuli", count, "two conditions")

    @property
    def rated_trials(self) -> tuple[Trial, ...]:
        """The trials that are rated, in the order of the definition."""
        return tuple(trial for trial in self.trials if not trial.practice)

    @property
    def training_trials(self) -> tuple[Trial, ...]:
        """What the training page offers: the trials for practice, or all without any; none where it is left out."""
        if not self.training:
            return ()
        return tuple(trial for trial in self.trials if trial.practice) or self.trials

    def trial(self, name: str) -> Trial:
        """Return the trial of a name; KeyError for none."""
        return {trial.name: trial for trial in self.trials}[name]

    def label(self, condition: str) -> ConditionLabel:
        """Return what stands for a condition; KeyError for none."""
        return {label.name: label for label in self.conditions}[condition]

    def role_of(self, condition: str) -> Role:
        """Return the role of a condition; KeyError for none."""
        return self.label(condition).role

    @property
    def fingerprint(self) -> str:
        """A hash of all that answers refer to: changes where files move, or titles, leave it as it is."""
        parts: list[object] = [self.kind, self.name, self.seed, self.repetitions]
        parts += [(label.name, label.role) for label in self.conditions]
        parts += [(trial.name, trial.conditions) for trial in self.rated_trials]
        return sha256(repr(parts).encode()).hexdigest()

    def files(self) -> Iterator[Path]:
        """Yield every file of the test once, in order."""
        found = (path for trial in self.trials for path in (trial.reference, *(one.path for one in trial.stimuli)))
        yield from dict.fromkeys(path for path in found if path is not None)


def _check_conditions(labels: tuple[ConditionLabel, ...]) -> None:
    _check_unique((label.name for label in labels), "conditions")
    for label in labels:
        _expect(label.role in ROLES, f"conditions.{label.name}.role", label.role, "one of " + ", ".join(ROLES))
    for role in _UNIQUE_ROLES:
        named = [label.name for label in labels if label.role == role]
        _expect(len(named) <= 1, "conditions", named, f"one condition of the role {role} at most")


def _check_unique(names: Iterable[str], place: str) -> None:
    seen: set[str] = set()
    for name in names:
        _check_name(name, place)
        _expect(name not in seen, place, name, "there once")
        seen.add(name)


def _check_name(name: str, place: str) -> None:
    fits = name == name.strip() and name.isprintable() and 0 < len(name) <= _LONGEST_NAME
    _expect(fits, place, name, f"a name of 1 to {_LONGEST_NAME} printable characters without spaces around it")


def _expect(is_so: bool, place: str, value: object, expected: str) -> None:
    if not is_so:
        raise ParameterError(place, value, expected)
