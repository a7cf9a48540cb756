"""Definitions of listening tests: what people write is read, and what is wrong with it is told."""

import contextlib
import textwrap
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from listening_bench import LABELS, mushra, pair

from sepstudio.errors import ListeningTestError, ParameterError
from sepstudio.listening_tests import definition_files
from sepstudio.listening_tests.definition import ConditionLabel, ListeningTest, Stimulus, Trial
from sepstudio.listening_tests.definition_files import read_test, write_test

EXAMPLE = textwrap.dedent(definition_files.__doc__.partition("::\n\n")[2].partition("\nFiles are")[0])


def written(folder, text):
    path = folder / "test.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_documented_example_is_read_as_it_says(tmp_path):
    test = read_test(written(tmp_path, EXAMPLE))
    assert (test.kind, test.name, test.renderer) == ("mushra", "Codec at 16 kbit/s", "binaural")
    (trial,) = test.trials
    assert trial.conditions == ("reference", "low", "codec")
    assert trial.path_of("reference") == trial.reference == tmp_path / "audio" / "rec1_reference.wav"
    assert trial.loop == (0.0, 8.0)
    assert test.role_of("low") == "low-anchor"
    assert test.label("codec").shown == "Codec"


def test_what_is_written_is_read_again_and_moves_with_its_folder(tmp_path):
    test = mushra(tmp_path / "here", seed=7, repetitions=2, question="Wie klingt’s?")
    assert read_test(tmp_path / "here" / "test.yaml") == test
    assert str(tmp_path) not in (tmp_path / "here" / "test.yaml").read_text()
    (tmp_path / "here").rename(tmp_path / "there")
    moved = read_test(tmp_path / "there" / "test.yaml")
    assert all(path.exists() for path in moved.files())
    assert moved.fingerprint == test.fingerprint


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("kind: mushra", "kind: mushre", "kind must be one of mushra, ab, abx"),
        ("format: 1", "format: 2", "format: 2 is not known"),
        ("seed: 0", "seed: x", "seed: 'x' is no whole number"),
        ("seed: 0", "seed: [0", "line 6"),
        ("seed: 0", "name: again", "line 5, column 1: 'name' stands twice"),
        ("trials:", "trialz:", "did you mean 'trials'?"),
        ("name: rec1", "name: 160", "trials[1].name: 160 is no text without quotes"),
        ("low: audio", "lowe: audio", "must be one of the conditions reference, low, codec"),
        ("low: audio/rec1_low.wav", "low: ''", "trials[1].stimuli.low names no file"),
        ("loop: [0.0, 8.0]", "loop: [0.0, 0.1]", "trials.rec1.loop must be a beginning"),
        ("role: low-anchor", "role: reference", "one condition of the role reference at most"),
        ("reference: audio/rec1_reference.wav", "title: twice", "'title' stands twice"),
        ("repetitions: 1", "repetitions: 0", "repetitions must be from 1 to 100"),
        ("practice: false", "practice: true", "at least one that is not for practice"),
        ("name: Codec at 16 kbit/s", "name: ''", "name must be a name of 1 to 80"),
        ("gain_db: 0.0", "gain_db: .inf", "conditions.codec.gain_db: inf is no number"),
    ],
)
def test_mistakes_are_told_with_their_place(tmp_path, old, new, told):
    assert old in EXAMPLE
    path = written(tmp_path, EXAMPLE.replace(old, new, 1))
    with pytest.raises(ListeningTestError) as caught:
        read_test(path)
    assert told in str(caught.value)
    assert str(caught.value).startswith(str(path))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe\x00",
        b"- " * 5000,
        b"a: &a [*a]",
        b"- 1",
        b"!!python/object/apply:os.getcwd []",
        b"a: 2024-99-99",
    ],
)
def test_what_is_no_definition_is_refused(tmp_path, content):
    path = tmp_path / "test.yaml"
    path.write_bytes(content)
    with pytest.raises(ListeningTestError):
        read_test(path)


@given(st.integers(0, len(EXAMPLE) - 1), st.binary(max_size=4))
def test_a_damaged_definition_is_read_or_refused(tmp_path_factory, place, junk):
    path = tmp_path_factory.mktemp("junk") / "test.yaml"
    text = EXAMPLE.encode()
    path.write_bytes(text[:place] + junk + text[place + 2 :])
    # What is left is a test or is refused: nothing else may come of it.
    with contextlib.suppress(ListeningTestError):
        assert read_test(path).rated_trials


def test_contradictions_are_refused_where_tests_are_made():
    stimuli = tuple(Stimulus(label.name, Path("x.wav")) for label in LABELS)
    with pytest.raises(ParameterError, match=r"trials\.one\.reference"):
        ListeningTest("mushra", "n", LABELS, (Trial("one", stimuli),))
    with pytest.raises(ParameterError, match="two conditions"):
        ListeningTest("ab", "n", LABELS, (Trial("one", stimuli, Path("r.wav")),))
    many = (ConditionLabel("reference", role="reference"), *(ConditionLabel(str(n)) for n in range(12)))
    stimuli = tuple(Stimulus(label.name, Path("x.wav")) for label in many)
    with pytest.raises(ParameterError, match="2 to 12 conditions"):
        ListeningTest("mushra", "n", many, (Trial("one", stimuli, Path("r.wav")),))


def test_training_offers_trials_for_practice_or_all(tmp_path):
    test = mushra(tmp_path)
    assert test.training_trials == test.trials
    values = yaml.safe_load((tmp_path / "test.yaml").read_text())
    values["trials"][1]["practice"] = True
    write_test(tmp_path / "u.yaml", definition_files.test_from(values, tmp_path))
    practised = read_test(tmp_path / "u.yaml")
    assert [trial.name for trial in practised.training_trials] == ["scene 2"]
    assert [trial.name for trial in practised.rated_trials] == ["scene 1", "scene 3"]
    values["training"] = False
    assert not definition_files.test_from(values, tmp_path).training_trials


def test_pairs_need_no_reference(tmp_path):
    write_test(tmp_path / "pair.yaml", pair("abx", 4, tmp_path))
    assert read_test(tmp_path / "pair.yaml") == pair("abx", 4, tmp_path)
