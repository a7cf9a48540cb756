"""The live link: after an edit of the score, the run on show has what the edit changes, and goes back with it."""

import dataclasses

import numpy as np
import pytest
import soundfile
from gui.gestures import arrived

from sepstudio.gui.notice import Notice
from sepstudio.io.scores.records import Note, Score, TemplatePatch
from sepstudio.separation.registry import method
from sepstudio.separation.score_params import NaeParams, NmfParams
from sepstudio.session.score_commands import EditScore, SetScore

RATE = 22050
A4, A3, E4 = Note(1, 0.2, 0.8, 69, 80, "right"), Note(2, 2.0, 0.8, 57, 60, "left"), Note(3, 2.4, 0.4, 64, 70, "right")
SCORE = Score("notes", (A4, A3), ("right", "left"))


def tone(pitch, seconds):
    time = np.arange(round(seconds * RATE)) / RATE
    hertz = 440.0 * 2 ** ((pitch - 69) / 12)
    wave = sum(np.sin(2 * np.pi * hertz * m * time) / m for m in range(1, 5))
    return 0.2 * wave * np.exp(-2.0 * time) * np.minimum(1.0, time / 0.005)


@pytest.fixture
def piano(tmp_path):
    """Four seconds with three notes, of which the score lacks one."""
    signal = np.zeros(4 * RATE)
    for note in (A4, A3, E4):
        start, sound = round(note.onset * RATE), tone(note.pitch, note.duration)
        signal[start : start + sound.size] += sound
    path = tmp_path / "piano.wav"
    soundfile.write(path, np.stack([signal, 0.5 * signal], axis=1), RATE, "FLOAT")
    return path


def idle(window, qtbot):
    qtbot.waitUntil(lambda: not window.bridge.busy, timeout=60_000)


def separated(window, qtbot, params=None, name="nmf", span=None):
    qtbot.waitUntil(lambda: window.session.current_source is not None, timeout=20_000)
    source = window.session.current_source
    window.session.stack.push(SetScore(window.session, source.id, SCORE, "Import"))
    params = params or NmfParams(iterations=40, after=0.2)
    window.panel.choose(name)
    window.panel.set_params(params)
    window.workbench.separate(method(name), params, span)
    qtbot.waitUntil(lambda: len(window.session.runs) == 1, timeout=60_000)
    idle(window, qtbot)
    run = next(iter(window.session.runs.values()))
    qtbot.waitUntil(lambda: window.player.heard == run.id, timeout=20_000)
    arrived(window)
    return run


def edit(window, after, text="Edit"):
    source = window.session.current_source
    before = window.session.score(source.id)
    window.session.stack.push(EditScore(window.session, source.id, before, after, text))


def sounds(window, run_id):
    run = window.session.runs[run_id]
    return {window.session.stems[s].name: window.session.clip(s).samples.copy() for s in run.stem_ids}


def level(samples, start, stop):
    return float(np.sqrt(np.mean(samples[:, round(start * RATE) : round(stop * RATE)] ** 2)))


def total(window, run_id):
    return sum(sounds(window, run_id).values()) + window.session.clip(f"{run_id}/residual").samples


def test_a_new_note_is_heard_in_its_stem_and_nothing_else_changes(in_studio, qtbot, piano):
    def scenario(window):
        run = separated(window, qtbot)
        before = sounds(window, run.id)
        window.actions_by_id["score-live"].trigger()
        assert window.panel.score_box.live.isChecked()
        steps = window.session.stack.count()
        edit(window, SCORE.with_notes([E4]))
        idle(window, qtbot)
        after = sounds(window, run.id)
        # E4 was in the left hand, because nothing else was allowed then.
        assert level(before["right"], 2.45, 2.7) < 0.1 * level(before["left"], 2.45, 2.7)
        assert level(after["right"], 2.45, 2.7) > 0.5 * level(after["left"], 2.45, 2.7)
        far = slice(0, round(1.6 * RATE))
        np.testing.assert_array_equal(after["right"][:, far], before["right"][:, far])
        np.testing.assert_array_equal(after["left"][:, far], before["left"][:, far])
        mixture = window.session.clip(run.source_id).samples
        np.testing.assert_allclose(total(window, run.id), mixture, atol=1e-6)
        assert window.session.runs[run.id].score == window.session.score(run.source_id)
        assert not window.panel.is_stale
        # One step of the history, which brings back just what was there.
        assert window.session.stack.count() == steps + 1
        window.session.stack.undo()
        idle(window, qtbot)
        for name, samples in sounds(window, run.id).items():
            np.testing.assert_array_equal(samples, before[name])
        window.session.stack.redo()
        idle(window, qtbot)
        for name, samples in sounds(window, run.id).items():
            np.testing.assert_array_equal(samples, after[name])

    in_studio([piano], scenario)


def test_stems_of_notes_come_go_and_are_named_anew(in_studio, qtbot, piano):
    def scenario(window):
        run = separated(window, qtbot, NmfParams(iterations=40, after=0.2, group="note"))
        assert list(sounds(window, run.id)) == ["A4_000.200s", "A3_002.000s"]
        window.live.set_on(True)
        heard = window.player.heard
        first = sounds(window, run.id)["A4_000.200s"]
        edit(window, SCORE.with_notes([E4]))
        idle(window, qtbot)
        assert list(sounds(window, run.id)) == ["A4_000.200s", "A3_002.000s", "E4_002.400s"]
        assert level(sounds(window, run.id)["E4_002.400s"], 2.45, 2.7) > 0.01
        assert window.tab.run == run.id
        assert window.player.heard == heard
        edit(window, window.session.score(run.source_id).without([2]))
        idle(window, qtbot)
        assert list(sounds(window, run.id)) == ["A4_000.200s", "E4_002.400s"]
        np.testing.assert_array_equal(sounds(window, run.id)["A4_000.200s"], first)
        edit(window, window.session.score(run.source_id).with_notes([dataclasses.replace(E4, onset=2.45)]))
        idle(window, qtbot)
        assert list(sounds(window, run.id)) == ["A4_000.200s", "E4_002.450s"]
        names = window.session.matrices(run.id)["activations"].coordinates[0]
        assert names == ("E4", "A4")
        assert window.session.matrices(run.id)["templates"].values.shape[1] == 2

    in_studio([piano], scenario)


def test_edits_wait_while_live_is_off_and_are_caught_up_with(in_studio, qtbot, piano):
    def scenario(window):
        run = separated(window, qtbot)
        before = sounds(window, run.id)
        edit(window, SCORE.with_notes([E4]))
        idle(window, qtbot)
        np.testing.assert_array_equal(sounds(window, run.id)["right"], before["right"])
        assert window.panel.is_stale
        window.live.set_on(True)
        idle(window, qtbot)
        assert level(sounds(window, run.id)["right"], 2.45, 2.7) > 2 * level(before["right"], 2.45, 2.7)
        assert not window.panel.is_stale

    in_studio([piano], scenario)


def test_the_newest_of_several_quick_edits_is_what_counts(in_studio, qtbot, piano):
    def scenario(window):
        run = separated(window, qtbot)
        window.live.set_on(True)
        for later in (0.02, 0.04, 0.06):
            edit(window, SCORE.with_notes([dataclasses.replace(A4, onset=0.2 + later)]))
        edit(window, SCORE.without([1]))
        idle(window, qtbot)
        assert window.session.runs[run.id].score == SCORE.without([1])
        assert list(sounds(window, run.id)) == ["left"]
        np.testing.assert_allclose(total(window, run.id), window.session.clip(run.source_id).samples, atol=1e-6)

    in_studio([piano], scenario)


def test_a_run_of_a_stretch_follows_and_keeps_its_length(in_studio, qtbot, piano):
    def scenario(window):
        run = separated(
            window, qtbot, NmfParams(iterations=40, after=0.2, group="note"), span=(3 * RATE // 2, 4 * RATE)
        )
        assert list(sounds(window, run.id)) == ["A3_000.500s"]
        window.live.set_on(True)
        edit(window, SCORE.with_notes([E4]))
        idle(window, qtbot)
        found = sounds(window, run.id)
        assert list(found) == ["A3_000.500s", "E4_000.900s"]
        assert {samples.shape for samples in found.values()} == {(2, 5 * RATE // 2)}
        assert level(found["E4_000.900s"], 0.95, 1.2) > 0.01
        mixture = window.session.clip(run.source_id).samples[:, 3 * RATE // 2 :]
        np.testing.assert_allclose(total(window, run.id), mixture, atol=1e-6)

    in_studio([piano], scenario)


def test_painted_templates_and_autoencoders_are_followed_too(in_studio, qtbot, piano):
    def scenario(window):
        params = NaeParams(iterations=30, after=0.2, optimizer="multiplicative")
        run = separated(window, qtbot, params, "nae")
        window.live.set_on(True)
        patch = TemplatePatch(69, 1200.0, 1500.0, allowed=False)
        edit(window, dataclasses.replace(SCORE, template_patches=(patch,)))
        idle(window, qtbot)
        matrices = window.session.matrices(run.id)
        hertz = matrices["templates"].coordinates[0]
        row = list(matrices["templates"].coordinates[1]).index("A4")
        assert not matrices["templates"].values[(hertz > 1250) & (hertz < 1450), row].any()
        assert matrices["templates"].values[:, row].any()
        np.testing.assert_allclose(total(window, run.id), window.session.clip(run.source_id).samples, atol=1e-6)

    in_studio([piano], scenario)


def test_a_run_that_comes_back_follows_the_score_that_there_is_now(in_studio, qtbot, piano):
    def scenario(window):
        run = separated(window, qtbot)
        before = sounds(window, run.id)
        window.live.set_on(True)
        edit(window, SCORE.with_notes([E4]))
        idle(window, qtbot)
        window.live.set_on(False)
        window.session.stack.undo()
        window.session.stack.undo()
        assert run.id not in window.session.runs
        # As it was last, and told to be so.
        window.session.stack.redo()
        idle(window, qtbot)
        assert level(sounds(window, run.id)["right"], 2.45, 2.7) > 2 * level(before["right"], 2.45, 2.7)
        qtbot.waitUntil(lambda: window.panel.is_stale, timeout=5_000)
        window.session.stack.undo()
        window.live.set_on(True)
        window.session.stack.redo()
        idle(window, qtbot)
        for name, samples in sounds(window, run.id).items():
            np.testing.assert_array_equal(samples, before[name])
        assert not window.panel.is_stale

    in_studio([piano], scenario)


def test_without_a_run_live_says_what_it_needs(in_studio, qtbot, piano):
    def scenario(window):
        qtbot.waitUntil(lambda: window.session.current_source is not None, timeout=20_000)
        source = window.session.current_source
        window.session.stack.push(SetScore(window.session, source.id, SCORE, "Import"))
        window.actions_by_id["score-live"].trigger()
        assert any("separate the recording" in n.findChild(object, "notice.text").text()
                   for n in window.findChildren(Notice))  # fmt: skip

    in_studio([piano], scenario)
