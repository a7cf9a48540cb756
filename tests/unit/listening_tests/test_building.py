"""Listening tests made of excerpts, and checked before they are run."""

import json

import numpy as np
import pytest
from listening_bench import LABELS, RATE, mushra, noise

from sepstudio.cli import main
from sepstudio.errors import ListeningTestError, ParameterError
from sepstudio.io.audio import read_audio, write_audio
from sepstudio.io.clip import AudioClip, MixClip, Part
from sepstudio.io.steps import drain
from sepstudio.listening_tests.alignment import delay_between
from sepstudio.listening_tests.building import Excerpt, Plan, Treatment, build_steps
from sepstudio.listening_tests.definition import ConditionLabel
from sepstudio.listening_tests.definition_files import read_test

REFERENCE = Treatment(ConditionLabel("reference", "Hidden reference", "reference"), lambda clip: iter(()))
SCENE = noise(1, seconds=6)
EXCERPTS = (Excerpt("first", SCENE, 0.0, 1.0), Excerpt("second one", SCENE, 3.0, 4.5, "Second"))


def changed(name, role="system", *, delay=0, gain=1.0, heard=None):
    """Return a condition that comes late and is louder or softer; ``heard`` collects what it was given."""

    def process(clip):
        if heard is not None:
            heard.append(clip.read(0, clip.length))
        yield 0.5
        return MixClip([Part(clip, delay, gain)], clip.length)

    return Treatment(ConditionLabel(name, role=role), process)


def test_files_are_aligned_levelled_and_named_by_a_definition(tmp_path):
    treatments = [REFERENCE, changed("late", delay=37, gain=0.5), changed("low", "low-anchor", gain=0.5)]
    fractions = []
    steps = build_steps(tmp_path / "new", Plan("Tried", seed=5, renderer="binaural"), EXCERPTS, treatments)
    while True:
        try:
            fractions.append(next(steps))
        except StopIteration as stop:
            built = stop.value
            break
    assert fractions == sorted(fractions)
    assert fractions[-1] <= 1.0
    test = read_test(built.path)
    assert (test.name, test.seed, test.renderer, test.trials[1].shown) == ("Tried", 5, "binaural", "Second")
    assert built.delays == {("first", "late"): 37, ("second one", "late"): 37}
    assert test.label("late").gain_db == pytest.approx(6.02, abs=0.01)
    assert test.label("low").gain_db == 0.0
    for excerpt, trial in zip(EXCERPTS, test.trials, strict=True):
        expected = SCENE.read(round(excerpt.start * RATE), round(excerpt.stop * RATE))
        assert trial.path_of("reference") == trial.reference
        assert np.array_equal(read_audio(trial.reference).samples, expected)
        late = read_audio(trial.path_of("late")).samples
        # The gain is that of both excerpts together, each of which may be off by what lies around it.
        assert np.allclose(late, expected, atol=1e-4)
        assert np.array_equal(read_audio(trial.path_of("low")).samples, expected / 2)


def test_conditions_are_given_what_lies_around_the_excerpt(tmp_path):
    heard = []
    drain(build_steps(tmp_path, Plan("n"), EXCERPTS, [REFERENCE, changed("same", heard=heard)]))
    assert np.array_equal(heard[0], SCENE.read(0, 2 * RATE))
    assert np.array_equal(heard[1], SCENE.read(2 * RATE, round(5.5 * RATE)))


def test_one_gain_is_for_all_excerpts_and_measured_on_w(tmp_path):
    def without_first_order(clip):
        yield 0.5
        samples = clip.read(0, clip.length).copy()
        samples[1:] = 0
        return AudioClip(samples, clip.sample_rate)

    treatments = [REFERENCE, Treatment(ConditionLabel("w"), without_first_order)]
    built = drain(build_steps(tmp_path, Plan("n"), EXCERPTS, treatments))
    assert built.test.label("w").gain_db == 0.0


@pytest.mark.parametrize(("start", "stop"), [(-1.0, 2.0), (0.0, 12.5), (1.0, 1.2), (2.0, 1.0)])
def test_excerpts_that_cannot_be_compared_are_refused(tmp_path, start, stop):
    excerpt = Excerpt("e", SCENE, start, stop)
    with pytest.raises(ParameterError, match="excerpt e"):
        drain(build_steps(tmp_path, Plan("n"), [excerpt], [REFERENCE, changed("c")]))
    assert not list(tmp_path.iterdir())


def test_conditions_of_another_length_are_refused(tmp_path):
    def shorter(clip):
        yield 0.5
        return clip.section(0, clip.length - 1)

    with pytest.raises(ParameterError, match="condition short"):
        drain(build_steps(tmp_path, Plan("n"), EXCERPTS, [REFERENCE, Treatment(ConditionLabel("short"), shorter)]))
    assert not (tmp_path / "test.yaml").exists()


def test_a_definition_is_not_written_over(tmp_path):
    mushra(tmp_path)
    before = (tmp_path / "test.yaml").read_bytes()
    with pytest.raises(ListeningTestError, match="exists already"):
        drain(build_steps(tmp_path, Plan("n"), EXCERPTS, [REFERENCE, changed("c")]))
    assert (tmp_path / "test.yaml").read_bytes() == before


def test_delays_are_found_both_ways_and_not_made_up():
    clip = noise(4)
    for delay in (-50, -1, 0, 3, 700):
        assert delay_between(clip, MixClip([Part(clip, delay, 0.3)], clip.length)) == delay
    assert delay_between(clip, noise(5)) == 0
    assert delay_between(clip, AudioClip(np.zeros((4, clip.length)), RATE)) == 0
    tone = AudioClip(np.sin(2 * np.pi * 500 * np.arange(RATE) / RATE)[None], RATE)
    assert delay_between(tone, tone) == 0


def checked(capsys, path):
    status = main(["listening-test", "check", str(path)])
    return status, capsys.readouterr()


def test_a_sound_test_is_ready(tmp_path, capsys):
    mushra(tmp_path, repetitions=2)
    status, told = checked(capsys, tmp_path / "test.yaml")
    assert status == 0
    assert "A small test, mushra, 6 pages" in told.out
    assert "Low-pass 3.5 kHz" in told.out
    assert "ready" in told.out
    assert main(["listening-test", "check", "--json", str(tmp_path / "test.yaml")]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["findings"] == []
    assert list(facts["conditions"]) == [label.name for label in LABELS]


@pytest.mark.parametrize(
    ("clip", "told", "status"),
    [
        (noise(2, seconds=0.9), "0_codec.wav has 7200 samples", 2),
        (noise(2, channels=1), "1 channels at 8000 Hz, but", 2),
        (AudioClip(np.zeros((4, RATE)), RATE), "0_codec.wav is silent", 2),
        (AudioClip(noise(2).samples * 2, RATE), "scene 1: codec is 6.0 dB louder", 0),
    ],
)
def test_files_that_cannot_be_compared_are_found(tmp_path, capsys, clip, told, status):
    mushra(tmp_path)
    write_audio(tmp_path / "audio" / "0_codec.wav", clip)
    found = checked(capsys, tmp_path / "test.yaml")
    assert told in found[1].out
    assert found[0] == status


def test_missing_files_and_a_false_hidden_reference_are_found(tmp_path, capsys):
    test = mushra(tmp_path)
    text = (tmp_path / "test.yaml").read_text()
    (tmp_path / "test.yaml").write_text(
        text.replace("reference: audio/1_reference.wav", "reference: audio/1_mid.wav", 1)
    )
    test.trials[0].path_of("low").unlink()
    status, told = checked(capsys, tmp_path / "test.yaml")
    assert status == 2
    assert "0_low.wav: does not exist" in told.out
    assert "scene 2: reference is the hidden reference, but sounds other than the reference" in told.out
    assert "ready" not in told.out


def test_tests_that_cannot_be_read_do_not_stop_others(tmp_path, capsys):
    mushra(tmp_path)
    (tmp_path / "bad.yaml").write_text("kind: [")
    assert main(["listening-test", "check", str(tmp_path / "bad.yaml"), str(tmp_path / "test.yaml")]) == 1
    told = capsys.readouterr()
    assert "ready" in told.out
    assert "bad.yaml: line 1" in told.err
