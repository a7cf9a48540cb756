"""The page of painting: its sources, its tools, and what it says while something is missing."""

import pytest
from gui.gestures import click
from gui.painters import DRUMS, VOCALS, painting
from gui.test_accessibility import controls
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel

from sepstudio.dsp.stft import frame_count
from sepstudio.gui.notice import Notice
from sepstudio.gui.panels.paint_source_row import ColourButton, share_text
from sepstudio.gui.theme import DARK, LIGHT, PAINT_COLOURS, apply_theme
from sepstudio.io.strokes.records import Stroke, Strokes
from sepstudio.separation.stroke_bins import painted_bins
from sepstudio.session.commands import SetSelection
from sepstudio.session.records import Selection
from sepstudio.session.stroke_commands import AddStroke

Key = Qt.Key
BOX = Stroke("box", VOCALS.id, ((0.5, 500.0), (1.5, 4000.0)))
OTHER = Stroke("box", DRUMS.id, ((2.0, 500.0), (3.0, 4000.0)))


@pytest.fixture
def paints(in_studio, qtbot, recording):
    return painting(in_studio, qtbot, recording)


def page_of(painter):
    painter.window.panel.choose("paint")
    painter.settle()
    return painter.window.panel.page


def add(painter, stroke):
    painter.session.stack.push(AddStroke(painter.session, painter.source, stroke))
    painter.settle()


def the_page_says_what_is_missing(painter):
    page, panel = page_of(painter), painter.window.panel
    state = page.box.state
    assert "what belongs to vocals" in state.text()
    assert not panel.separate.isEnabled()
    assert state.text() in panel.separate.toolTip()
    add(painter, BOX)
    assert "drums too" in state.text()
    assert not panel.separate.isEnabled()
    add(painter, OTHER)
    assert state.isHidden()
    assert panel.separate.isEnabled()
    assert panel.separate.toolTip().startswith("Separate the whole recording")
    panel.choose("kam")
    assert panel.separate.isEnabled()


def a_stretch_without_enough_strokes_is_refused_before_anything_begins(painter):
    page_of(painter)
    panel, session = painter.window.panel, painter.session
    add(painter, BOX)
    add(painter, OTHER)
    begun = []
    painter.window.workbench.runBegun.connect(lambda *_: begun.append(True))
    rate = session.sources[painter.source].sample_rate
    for start, words in ((0, "only vocals is painted"), (2, "only drums is painted"), (3, "nothing is painted")):
        stretch = Selection(round((start + 0.1) * rate), round((start + 0.9) * rate))
        session.stack.push(SetSelection(session, stretch))
        for button in (panel.preview, panel.separate):
            click(button)
            notice = painter.window.statusBar().findChildren(Notice)[-1]
            assert words in notice.findChild(QLabel, "notice.text").text()
    assert not begun
    assert not painter.window.bridge.busy


def of_two_sources_one_is_what_the_other_is_not(painter):
    page = page_of(painter)
    add(painter, BOX)
    add(painter, Stroke("box", VOCALS.id, OTHER.points, against=True))
    assert page.box.state.isHidden()
    assert painter.window.panel.separate.isEnabled()


def names_are_edited_in_place(painter):
    row = page_of(painter).box.rows[1]
    QTest.mouseClick(row.edit, Qt.MouseButton.LeftButton)
    assert painter.board.source == DRUMS
    row.edit.selectAll()
    QTest.keyClicks(row.edit, "Beat box")
    QTest.keyClick(row.edit, Key.Key_Return)
    assert painter.one_step_of_sources("Rename drums to Beat box")[1].name == "Beat box"
    # Then the keys are for the panes again.
    assert painter.pane.view.hasFocus()
    row.edit.setFocus()
    row.edit.setText("  ")
    painter.pane.view.setFocus()
    assert row.edit.text() == "Beat box"
    assert painter.steps == painter.start


def colours_come_from_the_palette(painter, opened):
    row = page_of(painter).box.rows[0]
    opened.clear()
    click(row.colour)
    (menu,) = opened
    entries = {entry.text(): entry for entry in menu.actions()}
    assert list(entries) == list(PAINT_COLOURS)
    assert [name for name, entry in entries.items() if entry.isChecked()] == ["Sky blue"]
    entries["Vermilion"].trigger()
    menu.close()
    assert painter.one_step_of_sources("Colour of vocals")[0].colour == PAINT_COLOURS["Vermilion"]
    assert row.colour.colour == PAINT_COLOURS["Vermilion"]


def sources_come_and_go(painter):
    page = page_of(painter)
    add(painter, BOX)
    painter.start = painter.steps
    click(page.box.add)
    assert page.box.rows[2].edit.hasFocus()
    assert page.box.rows[2].edit.selectedText() == "bass"
    sources = painter.one_step_of_sources("Add source bass")
    assert (len(sources), painter.board.source, painter.board.tool) == (3, sources[2], "brush")
    assert len({source.colour for source in sources}) == 3
    click(page.box.rows[0].remove)
    assert [source.name for source in painter.one_step_of_sources("Remove source vocals")] == ["drums", "bass"]
    assert painter.strokes == ()
    assert [row.isVisible() for row in page.box.rows] == [True, True, False]
    painter.session.stack.undo()
    assert painter.strokes == (BOX,)


def shares_are_counted(painter):
    page = page_of(painter)
    add(painter, BOX)
    painter.qtbot.waitUntil(lambda: page.box.rows[0].share.text() not in ("", "0 %"), timeout=10_000)
    sizes = {"fft_size": 2048, "hop_size": 1024}
    frames = frame_count(4 * 44100, **sizes)
    found = painted_bins(Strokes((VOCALS,), (BOX,)), sample_rate=44100, frames=frames, **sizes)
    wanted = len(found.bins) / (1025 * frames)
    assert page.box.rows[0].share.text() == f"{100 * wanted:.2f} %"
    assert page.box.rows[1].share.text() == "0 %"
    assert [share_text(share) for share in (0.0, 0.00001, 0.25)] == ["0 %", "<0.01 %", "25 %"]


def tools_show_how_the_board_is_painted_on(painter):
    tools = page_of(painter).box.tools
    click(tools.buttons["harmonic"])
    assert painter.board.tool == "harmonic"
    assert tools.partials.isVisible()
    painter.key(Key.Key_R)
    assert [tool for tool, button in tools.buttons.items() if button.isChecked()] == ["box"]
    assert (tools.partials.isVisible(), tools.size.isEnabled()) == (False, False)
    click(tools.buttons["box"])
    assert painter.board.tool is None
    painter.key(Key.Key_BracketRight)
    assert tools.size.value == 25
    tools.opacity._edit(50)
    assert painter.board.opacity == 0.5
    click(tools.shown)
    assert (painter.board.shown, tools.shown.icon_name) == (False, "hide")
    assert "(B)" in tools.buttons["brush"].toolTip()
    # Elsewhere the mouse is free again.
    click(tools.buttons["brush"])
    painter.window.panel.choose("kam")
    assert painter.board.tool is None


def everything_is_named(painter):
    page = page_of(painter)
    painter.board.set_tool("harmonic")
    painter.settle()
    parts = [part for part in controls(painter.window.panel) if page.isAncestorOf(part)]
    assert len(parts) > 20
    assert [part.objectName() for part in parts if not (part.accessibleName() and part.toolTip())] == []
    assert all(part.objectName() for part in page.box.findChildren(QAbstractButton))


def nothing_is_cut_off(painter):
    page = page_of(painter)
    painter.board.set_tool("harmonic")
    for palette in (LIGHT, DARK):
        apply_theme(QApplication.instance(), palette)
        painter.settle()
        scroll = painter.window.panel.findChild(object, "method.scroll")
        assert scroll.horizontalScrollBar().maximum() == 0
        for widget in page.findChildren(ColourButton) + list(page.box.tools.buttons.values()):
            if widget.isVisible():
                assert page.rect().contains(widget.mapTo(page, widget.rect().bottomRight()))


def test_the_page(paints, monkeypatch):
    opened = []
    # Where there is no screen nothing can pop up.
    monkeypatch.setattr("PySide6.QtWidgets.QMenu.popup", lambda menu, _position: opened.append(menu))
    paints(
        the_page_says_what_is_missing,
        a_stretch_without_enough_strokes_is_refused_before_anything_begins,
        of_two_sources_one_is_what_the_other_is_not,
        names_are_edited_in_place,
        lambda painter: colours_come_from_the_palette(painter, opened),
        sources_come_and_go,
        shares_are_counted,
        tools_show_how_the_board_is_painted_on,
        everything_is_named,
        nothing_is_cut_off,
    )


def two_clicks_and_two_strokes_are_enough_to_separate(painter):
    """The first time: nothing is known of sources, tools or keys."""
    page, panel = page_of(painter), painter.window.panel
    assert "Add a source" in page.box.state.text()
    panel.set_params(type(panel.params)(steps=20, networks=1, refinement=0))
    click(page.box.add)
    painter.drag((0.5, 700.0), (3.5, 1400.0))
    painter.key(Key.Key_A, Qt.KeyboardModifier.AltModifier)
    painter.drag((0.5, 6000.0), (3.5, 7000.0))
    click(panel.separate)
    painter.qtbot.waitUntil(lambda: len(painter.session.runs) == 1, timeout=60_000)
    painter.settle()
    (run,) = painter.session.runs.values()
    assert [painter.session.stems[stem].name for stem in run.stem_ids] == ["vocals", "drums"]
    assert run.strokes == painter.session.strokes(painter.source)
    assert not panel.is_stale
    assert page.goes_on.isVisible()
    assert page.goes_on_from == run.id
    # Painted on what is wrong: it is to be learned on from that run.
    pane = painter.window.tab.deck.first("spectrogram", "@stem:1")
    painter.board.set_tool("box")
    painter.drag((1.0, 900.0), (2.0, 1100.0), pane=pane)
    assert painter.session.stack.undoText() == "Paint against drums"
    assert panel.is_stale
    assert "What is painted differs" in panel.foot.note.text()
    page.goes_on.click()
    assert page.goes_on_from == ""


def test_the_first_time(paints):
    paints(two_clicks_and_two_strokes_are_enough_to_separate, strokes=Strokes())
