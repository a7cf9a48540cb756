"""Scores moved to where their notes sound in a recording."""

import dataclasses
import itertools

import numpy as np
import pytest
import soundfile

from sepstudio.errors import MissingInputError
from sepstudio.io.clip import AudioClip
from sepstudio.io.scores.reading import read_score
from sepstudio.io.scores.records import Note, Score
from sepstudio.io.steps import drain
from sepstudio.separation.alignment import align_steps
from sepstudio.separation.alignment_path import cheapest_path

RATE = 16000


def piece(rng, count=40, step=0.3):
    """A melody in two hands whose pitches come at random."""
    notes = []
    for k in range(count):
        notes.append(Note(2 * k + 1, k * step, step * 0.9, int(rng.integers(60, 84)), 90, "right"))
        if k % 2 == 0:
            notes.append(Note(2 * k + 2, k * step, step * 1.8, int(rng.integers(40, 60)), 80, "left"))
    return Score("piece", (), ("right", "left")).with_notes(notes)


def played(score, seconds, rate=RATE):
    """Tones with six partials that fade as those of a string."""
    out = np.zeros((1, round(seconds * rate)), np.float32)
    for note in score.notes:
        first = max(round(note.onset * rate), 0)
        last = max(min(round(note.offset * rate), out.shape[1]), first)
        time = np.arange(max(last - first, 0)) / rate
        pitch = 440.0 * 2.0 ** ((note.pitch - 69) / 12.0)
        tone = sum(0.6**k * np.sin(2.0 * np.pi * k * pitch * time) for k in range(1, 7) if k * pitch < rate / 2)
        out[0, first:last] += 0.05 * note.velocity / 127.0 * np.exp(-2.0 * time) * tone
    return AudioClip(out, rate)


def warped(score, rng, amount=0.2, offset=0.7):
    """The score in a tempo that drifts by up to ``amount``."""
    time = np.linspace(0.0, score.end, 1000)
    knots = np.linspace(0.0, score.end, max(int(score.end / 4.0), 3))
    pace = 1.0 + np.interp(time, knots, rng.uniform(-amount, amount, len(knots)))
    moved = offset + np.concatenate([[0.0], np.cumsum(pace[1:] * np.diff(time))])
    notes = []
    for note in score.notes:
        onset, offset = np.interp([note.onset, note.offset], time, moved)
        notes.append(dataclasses.replace(note, onset=float(onset), duration=float(offset - onset)))
    return dataclasses.replace(score, aligned=False, notes=tuple(notes))


def errors(found, truth):
    by_id = {note.id: note.onset for note in found.notes}
    return np.array([abs(by_id[note.id] - note.onset) for note in truth.notes if note.id in by_id])


def test_a_score_of_another_tempo_comes_to_its_recording(rng):
    truth = piece(rng).moved(1.5)
    found = drain(align_steps(played(truth, truth.end + 1.0), warped(truth, rng)))
    assert found.aligned
    assert found.tracks == truth.tracks
    assert [(note.id, note.pitch, note.velocity) for note in sorted(found.notes, key=lambda note: note.id)] == [
        (note.id, note.pitch, note.velocity) for note in sorted(truth.notes, key=lambda note: note.id)
    ]
    assert np.median(errors(found, truth)) < 0.03
    assert np.percentile(errors(found, truth), 95) < 0.1
    offsets = {note.id: note.offset for note in found.notes}
    assert np.median([abs(offsets[note.id] - note.offset) for note in truth.notes]) < 0.05


@pytest.mark.parametrize("stretch", [0.45, 1.0, 2.2])
def test_tempo_and_place_of_the_score_as_a_whole_do_not_matter(rng, stretch):
    truth = piece(rng).moved(2.0)
    found = drain(align_steps(played(truth, truth.end + 2.0), truth.moved(11.0, stretch)))
    assert np.percentile(errors(found, truth), 95) < 0.1


def test_a_recording_of_a_stretch_leaves_out_the_notes_that_it_lacks(rng):
    whole = piece(rng, count=80)
    first, last = 8.0, 17.0
    truth = whole.moved(-first)
    found = drain(align_steps(played(truth, last - first), whole))
    heard = {note.id for note in truth.notes if note.offset > 0.2 and note.onset < last - first - 0.2}
    unheard = {note.id for note in truth.notes if note.offset < -0.5 or note.onset > last - first + 0.5}
    ids = {note.id for note in found.notes}
    assert heard <= ids
    assert not ids & unheard
    assert np.percentile(errors(found, truth), 90) < 0.1


def test_a_pause_that_the_score_does_not_know(rng):
    score = piece(rng)
    truth = dataclasses.replace(
        score,
        notes=tuple(
            dataclasses.replace(note, onset=note.onset + (1.5 if note.onset > 5.9 else 0.0)) for note in score.notes
        ),
    )
    found = drain(align_steps(played(truth, truth.end + 0.5), score))
    assert np.median(errors(found, truth)) < 0.03
    assert np.percentile(errors(found, truth), 85) < 0.15


def test_it_can_be_stopped_often_and_says_how_far_it_is(rng):
    truth = piece(rng)
    said = list(align_steps(played(truth, truth.end), truth))
    fractions = [progress.fraction for progress in said]
    assert all(early <= late for early, late in itertools.pairwise(fractions))
    assert fractions[0] >= 0.0
    assert fractions[-1] <= 1.0
    assert len(said) > 10
    assert {progress.stage for progress in said} == {"Listen to the recording", "Place the score", "Align the notes"}


def test_nothing_to_align_is_said():
    clip = AudioClip(np.zeros((1, RATE)), RATE)
    with pytest.raises(MissingInputError, match="holds no notes"):
        drain(align_steps(clip, Score("empty", ())))
    with pytest.raises(MissingInputError, match="recording is empty"):
        drain(align_steps(AudioClip(np.zeros((1, 0)), RATE), Score("one", (Note(1, 0.0, 1.0, 60),))))


@pytest.mark.parametrize("channels", [1, 2])
def test_silence_and_single_notes_are_no_failure(channels):
    clip = AudioClip(np.zeros((channels, RATE)), RATE)
    found = drain(align_steps(clip, Score("one", (Note(1, 0.0, 1.0, 60),), aligned=False)))
    assert found.aligned
    assert all(note.duration > 0 for note in found.notes)


def test_the_path_is_the_cheapest_of_all():
    rng = np.random.default_rng(5)
    recording, score = (rng.standard_normal((n, 3)).astype(np.float32) for n in (5, 5 + 4))
    shifts, cost = drain(cheapest_path(recording, score, -2, 2, (0, 5), stiffness=0.1))
    costs = {
        path: path_cost(recording, score, path)
        for path in itertools.product(range(-2, 3), repeat=5)
        if all(late - early in (-1, 0, 1, 2) for early, late in itertools.pairwise(path))
    }
    best = min(costs, key=costs.get)
    assert tuple(shifts) == best
    assert cost == pytest.approx(costs[best] / 5, rel=1e-5)


def path_cost(recording, score, path):
    match = sum(0.5 * np.sum((recording[i] - score[i + d + 2]) ** 2) for i, d in enumerate(path))
    bends = 0.1 * sum(abs(late - early) for early, late in itertools.pairwise(path))
    return match + bends + 0.02 * max(path[0], 0) + 0.02 * max(-path[-1], 0)


@pytest.fixture
def mozart(shared_data):
    samples, rate = soundfile.read(shared_data / "piano" / "mozart_k265_var1.mp3", dtype="float32", always_2d=True)
    truth = read_score(shared_data / "piano" / "mozart_k265_var1.mid")
    return AudioClip(samples.T, rate), truth


def test_a_real_recording_and_its_performance(mozart, rng):
    clip, truth = mozart
    found = drain(align_steps(clip, warped(truth, rng)))
    assert np.median(errors(found, truth)) < 0.03
    assert np.percentile(errors(found, truth), 95) < 0.1


def test_a_real_recording_and_the_engraved_score(mozart, shared_data):
    clip, truth = mozart
    found = drain(align_steps(clip, read_score(shared_data / "piano" / "mozart_k265_var1.musicxml")))
    differences = []
    for pitch in truth.pitches:
        heard = [note.onset for note in truth.notes if note.pitch == pitch]
        placed = [note.onset for note in found.notes if note.pitch == pitch]
        # The player adds and leaves out an ornament here and there: those pitches cannot be paired by their order.
        if len(heard) == len(placed):
            differences += [abs(a - b) for a, b in zip(heard, placed, strict=True)]
    assert len(differences) > 100
    assert np.median(differences) < 0.03
    assert np.percentile(differences, 90) < 0.1
