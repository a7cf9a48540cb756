"""Definitions of listening tests as YAML that people write by hand.

All of it, with what is left out taken as shown::

    format: 1
    kind: mushra                # or ab, abx
    name: Codec at 16 kbit/s
    question: Basic audio quality
    seed: 0
    training: true
    repetitions: 1
    renderer: binaural          # what scenes are to be heard through; empty for as it comes
    conditions:                 # in the order of tables and plots
      reference: {title: Hidden reference, role: reference}
      low: {title: Low-pass 3.5 kHz, role: low-anchor}
      codec: {title: Codec, role: system, gain_db: 0.0}
    trials:
      - name: rec1
        title: In the yard
        reference: audio/rec1_reference.wav
        loop: [0.0, 8.0]
        practice: false
        stimuli:                # the hidden reference is the reference unless it is listed
          low: audio/rec1_low.wav
          codec: audio/rec1_codec.wav

Files are named relative to the folder of the definition, with ``/`` on every system.
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath
from typing import Any, cast

import yaml

from sepstudio.errors import ListeningTestError, ParameterError
from sepstudio.io.atomic import replacing
from sepstudio.io.failures import display_name, read_failure, unwritable
from sepstudio.io.json_values import a_list, an_object, flag, number, whole
from sepstudio.listening_tests.definition import ConditionLabel, Kind, ListeningTest, Role, Stimulus, Trial

FORMAT = 1
SUFFIXES = (".yaml", ".yml")
_MOST_BYTES = 4 << 20
_SHOWN = 60
_TEST_KEYS = (
    *("format", "kind", "name", "question", "seed", "training", "repetitions", "renderer", "conditions", "trials"),
)
_CONDITION_KEYS = ("title", "role", "gain_db")
_TRIAL_KEYS = ("name", "title", "reference", "loop", "practice", "stimuli")


def read_test(path: Path) -> ListeningTest:
    """Read a definition; files that it names need not be there (see ``checking.check_files``).

    Raises
    ------
    ListeningTestError
        If it cannot be read, is no YAML, or defines no test: names the place and what is expected there.
    """
    values = load_values(path)
    try:
        return test_from(values, path.parent)
    except ParameterError as error:
        raise _refused(path, f"{error.what}, but {error.why}", "correct the definition") from error
    except ValueError as error:
        raise _refused(path, str(error), "correct the definition") from error


def write_test(path: Path, test: ListeningTest) -> None:
    """Write a definition; what it names is named relative to its folder.

    Raises
    ------
    AudioFileError
        If the file cannot be written.
    """
    content = yaml.safe_dump(plain_test(test, path.parent), sort_keys=False, allow_unicode=True, width=120)
    try:
        with replacing(path) as temp:
            temp.write_text(content, encoding="utf-8")
    except OSError as error:
        raise unwritable(path, error) from error


def test_from(values: Any, folder: Path) -> ListeningTest:
    """Return the test that plain values define, with files relative to a folder.

    Raises
    ------
    ValueError
        For a value that is missing, unknown or wrong; ParameterError for what contradicts itself.
    """
    given = _known(an_object(values, "the definition"), _TEST_KEYS, "the definition")
    if whole(_needed(given, "format", "the definition"), "format") != FORMAT:
        raise ValueError(f"format: {given['format']} is not known, but {FORMAT} is")
    labels = tuple(_label(name, one) for name, one in an_object(given.get("conditions") or {}, "conditions").items())
    hidden = next((label.name for label in labels if label.role == "reference"), "")
    trials = a_list(_needed(given, "trials", "the definition"), "trials")
    return ListeningTest(
        cast(Kind, _text(_needed(given, "kind", "the definition"), "kind")),
        _text(_needed(given, "name", "the definition"), "name"),
        labels,
        tuple(_trial(one, f"trials[{index}]", folder, hidden) for index, one in enumerate(trials, 1)),
        _text(given.get("question", ""), "question"),
        whole(given.get("seed", 0), "seed"),
        flag(given.get("training", True), "training"),
        whole(given.get("repetitions", 1), "repetitions"),
        _text(given.get("renderer", ""), "renderer"),
    )


def plain_test(test: ListeningTest, folder: Path) -> dict[str, Any]:
    """Return a test as plain values for YAML or JSON; the inverse of ``test_from``."""
    return {
        "format": FORMAT,
        "kind": test.kind,
        "name": test.name,
        "question": test.question,
        "seed": test.seed,
        "training": test.training,
        "repetitions": test.repetitions,
        "renderer": test.renderer,
        "conditions": {
            label.name: {"title": label.title, "role": label.role, "gain_db": round(label.gain_db, 3)}
            for label in test.conditions
        },
        "trials": [_plain_trial(trial, folder) for trial in test.trials],
    }


def _plain_trial(trial: Trial, folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = {"name": trial.name, "title": trial.title}
    if trial.reference is not None:
        found["reference"] = _relative(trial.reference, folder)
    if trial.loop is not None:
        found["loop"] = list(trial.loop)
    stimuli = {stimulus.condition: _relative(stimulus.path, folder) for stimulus in trial.stimuli}
    return found | {"practice": trial.practice, "stimuli": stimuli}


def _label(name: Any, values: Any) -> ConditionLabel:
    place = f"conditions.{_text(name, 'conditions')}"
    given = _known(an_object({} if values is None else values, place), _CONDITION_KEYS, place)
    return ConditionLabel(
        name,
        _text(given.get("title", ""), f"{place}.title"),
        cast(Role, _text(given.get("role", "system"), f"{place}.role")),
        number(given.get("gain_db", 0.0), f"{place}.gain_db"),
    )


def _trial(values: Any, place: str, folder: Path, hidden: str) -> Trial:
    given = _known(an_object(values, place), _TRIAL_KEYS, place)
    stimuli = an_object(_needed(given, "stimuli", place), f"{place}.stimuli")
    reference = given.get("reference")
    heard = None if reference is None else _file(reference, f"{place}.reference", folder)
    found = [
        Stimulus(_text(name, f"{place}.stimuli"), _file(one, f"{place}.stimuli.{name}", folder))
        for name, one in stimuli.items()
    ]
    if hidden and heard is not None and hidden not in stimuli:
        found.insert(0, Stimulus(hidden, heard))
    return Trial(
        _text(_needed(given, "name", place), f"{place}.name"),
        tuple(found),
        heard,
        _text(given.get("title", ""), f"{place}.title"),
        _loop(given.get("loop"), f"{place}.loop"),
        flag(given.get("practice", False), f"{place}.practice"),
    )


def _loop(value: Any, place: str) -> tuple[float, float] | None:
    if value is None:
        return None
    if len(a_list(value, place)) != 2:
        raise ValueError(f"{place} is not a beginning and an end in seconds")
    return number(value[0], place), number(value[1], place)


def _file(value: Any, place: str, folder: Path) -> Path:
    name = _text(value, place)
    if not name or "\0" in name:
        raise ValueError(f"{place} names no file")
    # Not resolved: a link in the way is the business of who laid it.
    return Path(os.path.normpath(folder / PurePosixPath(name)))


def _relative(path: Path, folder: Path) -> str:
    try:
        return Path(os.path.relpath(path, folder)).as_posix()
    except ValueError:  # on Windows, where it lies on another drive
        return path.as_posix()


def _text(value: Any, place: str) -> str:
    # YAML reads 160, yes and 2024-01-01 as something else than what was meant by a name.
    if isinstance(value, str):
        return value
    raise ValueError(f"{place}: {str(value)[:_SHOWN]} is no text without quotes around it")


def _needed(values: Mapping[str, Any], key: str, place: str) -> Any:
    if key not in values:
        raise ValueError(f"{place} has no {key!r}")
    return values[key]


def _known(values: Mapping[str, Any], keys: Iterable[str], place: str) -> Mapping[str, Any]:
    names = list(keys)
    for key in values:
        if key not in names:
            near = difflib.get_close_matches(str(key), names, 1)
            hint = f"did you mean {near[0]!r}?" if near else f"known are {', '.join(names)}"
            raise ValueError(f"{place} has an unknown key {str(key)[:_SHOWN]!r}: {hint}")
    return values


def load_values(path: Path) -> Any:
    """Return the plain values that a YAML file holds; ListeningTestError if it cannot be read or is none."""
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise _refused(path, f"has more than {_MOST_BYTES >> 20} MB", "name a definition of a listening test")
        content = path.read_bytes()
    except OSError as error:
        raise ListeningTestError(*read_failure(path, error)) from error
    return _loaded(path, content)


def _loaded(path: Path, content: bytes) -> Any:
    try:
        # Never reads more than plain values.
        loader = yaml.SafeLoader(content)
        node = loader.get_single_node()
        _refuse_twins(node)
        return None if node is None else loader.construct_document(node)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        raise _refused(path, f"{where}{error.problem or error.context}", "correct the YAML") from error
    except (yaml.YAMLError, ValueError, OverflowError) as error:
        raise _refused(path, f"is no YAML ({str(error).splitlines()[0]})", "save it as text in UTF-8") from error
    except RecursionError as error:
        raise _refused(path, "is nested too deeply", "name a definition of a listening test") from error


def _refuse_twins(root: yaml.Node | None) -> None:
    """Refuse keys that stand twice: the first would be lost without a word."""
    waiting, known = [root], set[int]()
    while waiting:
        node = waiting.pop()
        if not isinstance(node, yaml.CollectionNode) or id(node) in known:
            continue
        known.add(id(node))
        pairs = node.value if isinstance(node, yaml.MappingNode) else ()
        seen: set[str] = set()
        for key, value in pairs:
            name = key.value if isinstance(key, yaml.ScalarNode) else ""
            if name in seen:
                raise yaml.MarkedYAMLError(problem=f"{name!r} stands twice", problem_mark=key.start_mark)
            seen.add(name)
            waiting.append(value)
        waiting += node.value if isinstance(node, yaml.SequenceNode) else ()


def _refused(path: Path, why: str, remedy: str) -> ListeningTestError:
    return ListeningTestError(display_name(path), why, remedy)
