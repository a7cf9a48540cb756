"""Templates, activations, models and differences of runs: what is painted, pointed at, painted by hand and exported."""

import dataclasses
import json

import numpy as np
import pytest
import soundfile
from gui.gestures import arrived, picture_of
from gui.test_panes_gestures import ALT, click, drag, hover, pixel, wheel
from gui.test_panes_managed import choose, controller, kinds
from gui.test_view_export import export
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QApplication, QComboBox

from sepstudio.dsp.stft import stft
from sepstudio.gui.items.matrix_art import MatrixLook
from sepstudio.gui.items.matrix_view import component_names
from sepstudio.gui.panes.layout import Layout, PaneSpec, layout_from
from sepstudio.gui.texts import MINUS
from sepstudio.gui.theme import LIGHT, apply_theme
from sepstudio.io.scores.records import Note, Score, TemplatePatch
from sepstudio.separation.base import Matrix
from sepstudio.separation.score_params import NmfParams
from sepstudio.session.commands import AddRun
from sepstudio.session.records import Run, Stem
from sepstudio.session.removal import RemoveRun
from sepstudio.session.score_commands import SetScore

RATE, FFT, HOP, SECONDS = 8000, 512, 256, 8
FRAMES, BINS = 1 + SECONDS * RATE // HOP, FFT // 2 + 1
NAMES = ("B4", "C4", "F#3", "C4 onset")
# As they are drawn, from the lowest up.
DRAWN = ("F♯3", "C4", "C4 onset", "B4")


@pytest.fixture
def tones(tmp_path):
    """A recording of eight seconds, mono."""
    time = np.arange(SECONDS * RATE) / RATE
    samples = 0.2 * np.sin(2 * np.pi * 500 * time) * (time > 2) + 0.1 * np.sin(2 * np.pi * 1000 * time)
    path = tmp_path / "tones.wav"
    soundfile.write(path, samples.astype(np.float32), RATE, "FLOAT")
    return path


def factors(seed=1, names=NAMES, dead=()):
    """Templates, activations and their masks; every other component is allowed in the first half only."""
    rng = np.random.default_rng(seed)
    templates = rng.random((BINS, len(names))).astype(np.float32)
    templates /= templates.sum(axis=0)
    activations = rng.random((len(names), FRAMES)).astype(np.float32)
    mask = np.ones_like(activations)
    mask[::2, FRAMES // 2 :] = 0
    for row in dead:
        activations[row] = 0
    over_frequency = (("frequency", "component"), (np.arange(BINS) * RATE / FFT, names))
    over_time = (("component", "time"), (names, np.arange(FRAMES) * HOP / RATE))
    template_mask = (np.arange(BINS)[:, None] // 32 % 2 == 0).astype(np.float32).repeat(len(names), axis=1)
    return {
        "templates": Matrix(templates, *over_frequency),
        "activations": Matrix(activations * mask, *over_time),
        "template-mask": Matrix(template_mask, *over_frequency),
        "activation-mask": Matrix(mask, *over_time),
    }


def keep(window, matrices, label=""):
    """Give the recording a run with these matrices."""
    session = window.session
    source = session.current_source
    run_id = session.new_id("run")
    session.store_audio(f"{run_id}/rh", [session.clip(source.id)])
    session.store_results(run_id, matrices, {})
    number = 1 + len(session.runs)
    run = Run(run_id, number, "nmf", NmfParams(), source.id, 0, source.length, (f"{run_id}/rh",), label=label)
    session.stack.push(AddRun(session, run, [Stem(f"{run_id}/rh", run_id, "rh")]))
    window.tab.show_run(run_id)
    arrived(window)
    return run_id


@pytest.fixture
def in_factored(in_studio, qtbot, tones):
    """Return a function that opens the recording with a run and lets a scenario act on window and run id."""

    def start(scenario, **kinds_of_factors):
        def act(window):
            qtbot.waitUntil(lambda: window.session.current_source is not None, timeout=10_000)
            run_id = keep(window, factors(**kinds_of_factors))
            qtbot.waitUntil(window.tab.settled, timeout=30_000)
            scenario(window, run_id)

        in_studio([tones], act)

    return start


def first(window, kind):
    deck = window.tab.deck
    return next(pane for pane in deck.stack.panes if deck.layout.panes[deck.index_of(pane)].kind == kind)


def colour_at(pane, across, height):
    image = picture_of(pane)
    return QColor(image.pixel(pixel(pane, across, height))).getRgb()[:3]


def rgb(table, entry):
    return tuple(int(table[round(entry)]) >> shift & 255 for shift in (16, 8, 0))


def near(colour, wanted, tolerance=10):
    return np.abs(np.subtract(colour, wanted)).max() <= tolerance


def height_of(title):
    return (DRAWN.index(title) + 0.5) / len(DRAWN)


def test_names_become_pitches_in_their_order():
    assert tuple(each.title for each in component_names(NAMES)) == DRAWN
    assert [each.index for each in component_names(("C4 onset", "noise", "1", "C4"))] == [3, 0, 1, 2]


def test_a_run_with_factors_brings_their_panes_until_they_are_taken_away(in_factored):
    def scenario(window, run_id):
        usual = ["waveform", "spectrogram", "templates", "activations", "spectrogram"]
        assert kinds(window) == usual
        panes = controller(window)
        choose(panes.menu_of(first(window, "templates")), "Remove")
        keep(window, factors(2))
        assert kinds(window) == [kind for kind in usual if kind != "templates"]
        choose(panes.add_menu(), "Templates of a run", "Run on show")
        assert "templates" in kinds(window)
        plain = keep(window, {})
        assert kinds(window) == ["waveform", "spectrogram", "spectrogram"]
        window.tab.show_run(run_id)
        arrived(window)
        assert sorted(kinds(window)) == sorted(usual)
        assert plain in window.session.runs

    in_factored(scenario)


def test_activations_are_painted_by_their_value_and_read_out(in_factored):
    def scenario(window, run_id):
        pane = first(window, "activations")
        values = window.session.matrices(run_id)["activations"].values
        window.timeline.set_visible(1.0, 1.5)
        table, top = MatrixLook().table(signed=False), values.max()
        for title in ("C4", "B4"):
            index = NAMES.index("C4" if title == "C4" else "B4")
            for frame in (34, 41):
                seconds = frame * HOP / RATE
                value = values[index, frame]
                found = colour_at(pane, seconds, height_of(title))
                assert near(found, rgb(table, 255 * (value / top) ** 0.5)), (title, frame)
        told = []
        pane.cursorMoved.connect(told.append)
        hover(pane.view.viewport(), pixel(pane, 41 * HOP / RATE, height_of("B4")))
        assert told[-1].startswith(f"B4  {values[0, 41]:.3g}  0:01.3")
        assert pane.components.names == (*DRAWN[:2], "C4′", "B4")

    in_factored(scenario)


def test_one_loud_frame_is_seen_from_afar(in_studio, qtbot, tones):
    def act(window):
        qtbot.waitUntil(lambda: window.session.current_source is not None, timeout=10_000)
        names = ("A4", "B4")
        values = np.zeros((2, 400_000), np.float32)
        values[1, 123_456] = 1.0
        step = SECONDS / values.shape[1]
        times = np.arange(values.shape[1]) * step
        matrices = factors(names=names)
        matrices["activations"] = Matrix(values, ("component", "time"), (names, times))
        del matrices["activation-mask"]
        keep(window, matrices)
        pane = first(window, "activations")
        image = picture_of(pane)
        y = pixel(pane, 0.0, 0.75).y()
        lit = [x for x in range(image.width()) if QColor(image.pixel(QPoint(x, y))).lightness() > 200]
        where = pixel(pane, times[123_456], 0.75).x()
        assert any(abs(x - where) <= 1 for x in lit)

    in_studio([tones], act)


def test_constraints_are_outlined_and_dead_components_marked(in_factored):
    def scenario(window, run_id):
        pane = first(window, "activations")
        edge = pane.matrix.places[FRAMES // 2] - HOP / RATE / 2
        window.timeline.set_visible(edge - 1.0, edge + 1.0)
        with_outline = picture_of(pane)
        where = pixel(pane, edge, height_of("B4"))
        blues = [QColor(with_outline.pixel(where + QPoint(shift, 0))).blue() for shift in (-1, 0, 1)]
        beside = QColor(with_outline.pixel(where + QPoint(12, 0)))
        assert max(blues) > beside.blue() + 60
        assert "†C4" in pane.components.names
        told = []
        pane.cursorMoved.connect(told.append)
        hover(pane.view.viewport(), pixel(pane, edge, height_of("C4")))
        assert "C4  contributes nothing" in told[-1]
        assert first(window, "templates").matrix.dead == {NAMES.index("C4")}

    in_factored(scenario, dead=(NAMES.index("C4"),))


def test_a_clicked_component_is_told_with_its_run_and_time(in_factored):
    def scenario(window, run_id):
        told = []
        window.tab.deck.componentChosen.connect(lambda *what: told.append(what))
        activations, templates = first(window, "activations"), first(window, "templates")
        click(activations.view.viewport(), pixel(activations, 3.0, height_of("B4")))
        run, component, seconds = told.pop()
        assert (run, component) == (run_id, 0)
        assert seconds == pytest.approx(3.0, abs=0.05)
        assert activations.marked == 0
        click(templates.view.viewport(), pixel(templates, height_of("F♯3"), 0.5))
        assert told.pop() == (run_id, NAMES.index("F#3"), None)
        strip = activations.components
        click(strip, QPoint(10, round(strip.height() * (1 - height_of("C4")))))
        assert told.pop() == (run_id, NAMES.index("C4"), None)
        assert not told

    in_factored(scenario)


def test_templates_and_the_mixture_show_the_same_frequencies(in_factored):
    def scenario(window, run_id):
        mixture, templates = window.tab.mixture, first(window, "templates")
        assert templates.axis_scale == mixture.scale
        mixture.set_heights(0.25, 0.5)
        assert templates.heights == (0.25, 0.5)
        wheel(templates.view.viewport(), pixel(templates, 0.5, 0.375), 2, ALT)
        assert mixture.heights == templates.heights
        assert mixture.heights[1] - mixture.heights[0] == pytest.approx(0.25 / 1.25**2)
        mixture.edit_display(scale="linear")
        assert templates.axis_scale == mixture.scale
        assert templates.heights == mixture.heights
        before, visible = templates.heights, window.timeline.visible
        wheel(templates.view.viewport(), pixel(templates, 0.25, 0.5), 2)
        assert templates.box.across[1] - templates.box.across[0] == pytest.approx(1 / 1.25**2)
        assert (templates.heights, window.timeline.visible) == (before, visible)
        told = []
        templates.cursorMoved.connect(told.append)
        hover(templates.view.viewport(), pixel(templates, height_of("C4"), 1000 / 4000))
        value = window.session.matrices(run_id)["templates"].values[64, 1]
        assert told[-1].split("  ")[:2] == ["C4", f"{value:.3g}"]

    in_factored(scenario)


def test_the_brush_paints_the_constraint_of_a_template_into_the_score(in_factored):
    def scenario(window, run_id):
        templates, session = first(window, "templates"), window.session
        assert not templates.paint_button.isEnabled()
        source = session.current_source.id
        session.stack.push(SetScore(session, source, Score("s", (Note(1, 1.0, 1.0, 60),)), "Import"))
        window.tab.mixture.edit_display(scale="linear")
        templates.paint_button.click()
        port = templates.view.viewport()
        across = height_of("C4 onset")
        drag(port, pixel(templates, across, 0.25), pixel(templates, across, 0.5))
        (patch,) = session.score(source).template_patches
        assert (patch.pitch, patch.part, patch.allowed) == (60, "onset", True)
        assert (patch.low, patch.high) == pytest.approx((1000, 2000), abs=60)
        assert session.stack.undoText().startswith("Allow C4 from ")
        drag(port, pixel(templates, across, 0.25), pixel(templates, across, 0.5), ALT)
        (taken,) = session.score(source).template_patches
        assert not taken.allowed
        session.stack.undo()
        assert session.score(source).template_patches == (patch,)
        session.stack.undo()
        assert session.score(source).template_patches == ()
        templates.paint_button.click()
        drag(port, pixel(templates, across, 0.25), pixel(templates, across, 0.5))
        assert session.score(source).template_patches == ()

    in_factored(scenario)


def test_what_was_painted_since_the_run_is_marked(in_factored):
    def scenario(window, run_id):
        templates, session = first(window, "templates"), window.session
        window.tab.mixture.edit_display(scale="linear")
        before = colour_at(templates, height_of("B4"), 0.4)
        score = Score("s", (Note(1, 1.0, 1.0, 71),), template_patches=(TemplatePatch(71, 1000.0, 2000.0, True),))
        session.stack.push(SetScore(session, session.current_source.id, score, "Import"))
        marked = colour_at(templates, height_of("B4"), 0.4)
        assert not near(marked, before, 20)
        assert max(marked) == marked[1]
        session.stack.undo()
        assert colour_at(templates, height_of("B4"), 0.4) == before

    in_factored(scenario)


def test_another_run_is_subtracted_by_the_names_of_components(in_factored, qtbot):
    def scenario(window, run_id):
        other = keep(window, factors(5, ("C4", "B4", "D4")), "Other")
        window.tab.show_run(run_id)
        arrived(window)
        values = [window.session.matrices(each)["activations"].values for each in (run_id, other)]
        panes, pane = controller(window), first(window, "activations")
        choose(panes.menu_of(pane), "Subtract", "Other")
        qtbot.waitUntil(lambda: pane.matrix is not None and pane.matrix.signed, timeout=10_000)
        assert pane.header.title.text() == f"activations H: Run 1  NMF {MINUS} Other"
        assert np.array_equal(pane.matrix.values[0], values[0][0] - values[1][1])
        assert np.array_equal(pane.matrix.values[1], values[0][1] - values[1][0])
        assert pane.matrix.unmatched == {NAMES.index("F#3"), NAMES.index("C4 onset")}
        window.timeline.set_visible(1.0, 1.5)
        table, top = pane.look.table(signed=True), pane.look.brightest(pane.matrix).max()
        for frame in (34, 41):
            change = float(pane.matrix.values[1, frame])
            entry = 128 + 127 * np.sign(change) * (abs(change) / top) ** 0.5
            assert near(colour_at(pane, frame * HOP / RATE, height_of("C4")), rgb(table, entry))
        layout = layout_from(json.loads(json.dumps(window.tab.deck.layout.to_json())))
        assert layout == window.tab.deck.layout
        window.session.stack.push(RemoveRun(window.session, other))
        arrived(window)
        assert not pane.matrix.signed
        assert np.array_equal(pane.matrix.values, values[0])
        window.session.stack.undo()
        arrived(window)
        qtbot.waitUntil(lambda: pane.matrix is not None and pane.matrix.signed, timeout=10_000)
        choose(panes.menu_of(pane), "Subtract", "Nothing")
        assert not pane.matrix.signed

    in_factored(scenario)


def test_the_model_and_what_it_leaves_are_spectrograms(in_factored, qtbot, tmp_path, monkeypatch):
    def scenario(window, run_id):
        panes = controller(window)
        choose(panes.add_menu(), "Model of a run", "Run on show")
        choose(panes.add_menu(), "What a model leaves", "Run on show")
        arrived(window)
        qtbot.waitUntil(window.tab.settled, timeout=30_000)
        matrices = window.session.matrices(run_id)
        product = matrices["templates"].values @ matrices["activations"].values
        clip = window.session.clip(window.session.current_source.id)
        found = np.abs(stft(clip.read(0, clip.length), fft_size=FFT, hop_size=HOP))[0]
        told = []
        model, rest = first(window, "model"), first(window, "remainder")
        for pane, expected in ((model, product), (rest, found - product)):
            target = tmp_path / f"{pane.objectName()}.npz"
            export(window, qtbot, monkeypatch, pane, "menu.export-data", "Whole recording…", target)
            with np.load(target) as file:
                assert file["values"] == pytest.approx(expected * 4 / FFT, abs=1e-5)
                assert file["times"] == pytest.approx(np.arange(FRAMES) * HOP / RATE)
            pane.cursorMoved.connect(told.append)
            height = float(pane.scale.to_unit(32 * RATE / FFT))
            hover(pane.view.viewport(), pixel(pane, 3.0, height))
            assert "  V " in told[-1]
            sizes = pane.display_panel().findChild(QComboBox, f"{pane.header.objectName()}.display-panel.size")
            assert sizes.isHidden()
        rest.edit_display(levels=(-60.0, 0.0))
        assert window.tab.deck.layout.panes[window.tab.deck.index_of(rest)].display.levels == (-60.0, 0.0)

    in_factored(scenario)


def test_matrices_are_exported_as_pictures_and_tables(in_factored, qtbot, tmp_path, monkeypatch):
    def scenario(window, run_id):
        matrices = window.session.matrices(run_id)
        order = [2, 1, 3, 0]
        window.timeline.set_visible(1.0, 2.0)
        for kind in ("activations", "templates"):
            pane = first(window, kind)
            for look, name in (("On white…", "a.png"), ("As on screen…", "b.svg"), ("On white, in grey…", "c.png")):
                target = tmp_path / f"{kind} {name}"
                export(window, qtbot, monkeypatch, pane, "menu.export-picture", look, target)
                if target.suffix == ".png":
                    assert QImage(str(target)).width() > pane.view.width()
                else:
                    assert "F♯3" in target.read_text(encoding="utf-8")
            target = tmp_path / f"{kind}.npz"
            export(window, qtbot, monkeypatch, pane, "menu.export-data", "Visible stretch…", target)
            with np.load(target) as file:
                assert file["components"].tolist() == [NAMES[index] for index in order]
                if kind == "templates":
                    assert np.array_equal(file["values"], matrices[kind].values.T[order])
                    assert file["frequencies"] == pytest.approx(np.arange(BINS) * RATE / FFT)
                else:
                    inside = (file["times"] >= 1.0) & (file["times"] < 2.0)
                    assert inside.all()
                    frames = np.rint(file["times"] * RATE / HOP).astype(int)
                    assert np.array_equal(file["values"], matrices[kind].values[order][:, frames])
        target = tmp_path / "w.csv"
        export(window, qtbot, monkeypatch, first(window, "templates"), "menu.export-data", "Whole recording…", target)
        rows = [line for line in target.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
        assert rows[0] == "frequencies_Hz,F#3,C4,C4 onset,B4"
        cells = np.array([row.split(",") for row in rows[1:]], float)
        assert cells[:, 1:] == pytest.approx(matrices["templates"].values[:, order], rel=1e-6)

    in_factored(scenario)


def test_the_display_of_matrices_is_their_own_and_remembered(in_factored, qtbot):
    def scenario(window, run_id):
        deck, pane = window.tab.deck, first(window, "activations")
        dark = colour_at(pane, 3.0, height_of("C4"))
        panel = pane.display_panel()
        panel._gamma.box.valueEdited.emit(0.25)
        assert pane.display.matrix_gamma == 0.25
        assert sum(colour_at(pane, 3.0, height_of("C4"))) >= sum(dark)
        assert deck.layout.panes[deck.index_of(pane)].display.matrix_gamma == 0.25
        window.tab.mixture.appliedToAll.emit(window.tab.mixture.display)
        assert pane.display.matrix_gamma == 0.25
        pane.edit_display(matrix_each=True, matrix_top=0.5)
        assert pane.look.brightest(pane.matrix) == pytest.approx(pane.matrix.tops * 0.5)
        assert pane.display == dataclasses.replace(pane.display, matrix_each=True, matrix_top=0.5)
        app = QApplication.instance()
        apply_theme(app, LIGHT)
        window.grab()
        assert pane.view.backgroundBrush().color().name() == LIGHT.panel.lower()

    in_factored(scenario)


def test_layouts_with_factors_are_read_back_and_nonsense_is_left_out():
    layout = Layout((PaneSpec("templates", ("@run",)), PaneSpec("activations", ("@run", "run-2"))), ("activations",))
    assert layout_from(layout.to_json()) == layout
    for kind, targets in (("model", ["@run", "run-2"]), ("templates", []), ("activations", ["a", "b", "c"])):
        assert layout_from({"panes": [{"kind": kind, "targets": targets}]}).panes == ()


def test_a_middle_drag_moves_along_the_components(in_factored):
    def scenario(window, run_id):
        templates = first(window, "templates")
        templates.box.show_across(0.4, 0.6)
        port = templates.view.viewport()
        drag(port, pixel(templates, 0.55, 0.5), pixel(templates, 0.5, 0.5), button=Qt.MouseButton.MiddleButton)
        assert templates.box.across == pytest.approx((0.45, 0.65), abs=0.01)
        activations = first(window, "activations")
        wheel(activations.view.viewport(), pixel(activations, 3.0, 0.5), 2, ALT)
        bottom, top = activations.heights
        assert top - bottom == pytest.approx(1 / 1.25**2)

    in_factored(scenario)


def test_notes_lie_over_their_rows_and_are_edited_there(in_factored):
    def scenario(window, run_id):
        pane, session = first(window, "activations"), window.session
        source = session.current_source.id
        session.stack.push(SetScore(session, source, Score("s", (Note(1, 2.0, 2.0, 71),)), "Import"))
        plain = colour_at(pane, 2.5, height_of("B4"))
        drag(pane.view.viewport(), pixel(pane, 3.0, height_of("B4")), pixel(pane, 4.0, height_of("B4")))
        assert session.score(source).notes[0].onset == 2.0
        pane.notes_button.click()
        assert not near(colour_at(pane, 2.5, height_of("B4")), plain, 20)
        drag(pane.view.viewport(), pixel(pane, 3.0, height_of("B4")), pixel(pane, 4.0, height_of("B4")), ALT)
        assert session.score(source).notes[0].onset == pytest.approx(3.0, abs=0.05)
        session.stack.undo()
        pane.notes_button.click()
        assert colour_at(pane, 2.5, height_of("B4")) == plain

    in_factored(scenario)
