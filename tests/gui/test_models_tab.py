"""The Models tab: what is installed and what it says, and all ways in which models come, are used and go."""

import hashlib
import socket
import subprocess
import sys
import threading

import pytest
from file_server import FileServer
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QMessageBox
from tiny_models import tiny_model

from sepstudio.gui.error_dialog import ErrorDialog
from sepstudio.gui.models.download_row import DownloadRow
from sepstudio.gui.models.entries import library_steps, with_memory
from sepstudio.gui.models.library_page import LibraryPage
from sepstudio.io.steps import drain
from sepstudio.nn import downloads, library
from sepstudio.nn.downloads import Patience, offline_instructions, unfinished_bytes
from sepstudio.nn.library import installed, own_folder
from sepstudio.nn.shelf import ModelShelf

pytestmark = pytest.mark.usefixtures("one_thread")

WAIT = 30_000


@pytest.fixture(autouse=True)
def shipped(tmp_path, monkeypatch):
    """A folder that stands for what ships with the program."""
    monkeypatch.setenv("no_proxy", "*")
    folder = tmp_path / "shipped"
    folder.mkdir()
    monkeypatch.setattr(library, "resource", lambda *_: folder)
    tiny_model(folder / "phase-small.safetensors", ("drums", "bass"))
    return folder


@pytest.fixture
def choir(tmp_path):
    return tiny_model(tmp_path / "choir.safetensors", ("vocals",))


def opened(window, qtbot):
    """Show the tab and return its page once the library is read."""
    window.actions_by_id["tab-models"].trigger()
    page = window.models.tab.library
    qtbot.waitUntil(lambda: bool(page.table.rows.entries), timeout=WAIT)
    return page


def names(page):
    return [entry.name for entry in page.table.rows.entries]


def came(page, qtbot, name):
    qtbot.waitUntil(lambda: name in names(page) and page.card.entry.name == name, timeout=WAIT)


def cells(page, row):
    rows = page.table.rows
    return [rows.data(rows.index(row, column)) for column in range(rows.columnCount())]


# -- without a window --------------------------------------------------------------------------


def test_the_list_tells_instruments_size_origin_and_memory(qtbot, shipped):
    page = LibraryPage()
    qtbot.addWidget(page)
    path = shipped / "phase-small.safetensors"
    (shipped / "broken.safetensors").write_text("no model")
    entries = drain(library_steps())
    page.show_entries(entries)
    assert cells(page, 0)[:2] == ["broken", "cannot be read"]
    assert cells(page, 1) == ["phase-small", "drums, bass", f"{path.stat().st_size / 1e3:.1f} kB", "Shipped", "–"]
    shelf = ModelShelf()
    shelf.load(path, "cpu")
    page.show_entries([with_memory(entry, shelf.loaded()) for entry in entries])
    assert cells(page, 1)[4].startswith("cpu: ")


def test_the_card_tells_all_that_the_file_says(qtbot):
    page = LibraryPage()
    qtbot.addWidget(page)
    (entry,) = drain(library_steps())
    page.show_entries([entry])
    rows = page.card.rows()
    assert page.card.title.text() == "phase-small"
    assert page.card.summary.text() == "Random networks."
    assert (rows["Instruments"], rows["Licence"], rows["Trained with"]) == ("drums, bass", "CC0 1.0", "noise (CC0)")
    assert rows["SHA-256"].replace("\u200b", "") == entry.card.sha256
    assert rows["In memory"].startswith("not loaded")
    figures = page.card.findChild(object, "models.card.figures")
    assert [cell.text() for cell in figures.children() if hasattr(cell, "text")] == ["validation loss", "0.125"]
    page.card.findChild(object, "models.card.copy").click()
    assert QGuiApplication.clipboard().text() == entry.card.sha256
    assert page.card.use.isEnabled()
    assert not page.card.delete.isEnabled()
    assert not page.card.unload.isEnabled()


def test_what_cannot_be_read_can_be_seen_to_be_broken_and_not_be_used(qtbot, shipped):
    (shipped / "phase-small.safetensors").write_text("no model")
    page = LibraryPage()
    qtbot.addWidget(page)
    page.show_entries(drain(library_steps()))
    assert "is no checkpoint of this program" in page.card.summary.text()
    assert not page.card.use.isEnabled()


def test_without_models_the_page_says_how_to_get_some(qtbot):
    page = LibraryPage()
    qtbot.addWidget(page)
    page.show()
    page.show_entries(())
    assert page.findChild(object, "models.empty").isVisible()
    assert "Drop a .safetensors file" in page.findChild(object, "models.empty").text()
    assert not page.table.isVisible()
    assert not page.card.verify.isEnabled()


def test_what_to_do_without_a_network_leaves_the_drawer_its_room(qtbot):
    page = LibraryPage()
    qtbot.addWidget(page)
    page.resize(1280, 600)
    page.show()
    page.open_download()
    page.row.show_offline(offline_instructions("https://example.org/a.safetensors"))
    # A window of 800 pixels has a bar, a drawer and several lines of jobs beside the tab.
    qtbot.waitUntil(page.row.offline.isVisible)
    page.layout().activate()
    assert page.minimumSizeHint().height() <= 360


def test_a_download_can_begin_when_its_fields_are_right(qtbot):
    row = DownloadRow()
    qtbot.addWidget(row)
    asked = []
    row.wanted.connect(lambda *given: asked.append(given))
    for url, digest, told in (
        ("", "", ""),
        ("file:///etc/passwd", "", "The address must be an address that begins with https:// or http://"),
        ("https://example.org/a.safetensors", "12", "The SHA-256 must be 64 characters"),
    ):
        row.url.setText(url)
        row.sha256.setText(digest)
        assert not row.start.isEnabled()
        assert told in row.state.text()
    row.sha256.clear()
    QTest.keyClick(row.url, Qt.Key.Key_Return)
    assert asked == [("https://example.org/a.safetensors", "")]


# -- in the window -----------------------------------------------------------------------------


def test_the_tab_is_reached_by_key_and_the_transport_stays(in_studio, qtbot):
    def scenario(window):
        assert window.tabs.tabBar().isVisible()
        assert window.tab.isVisible()
        window.activateWindow()
        qtbot.waitUntil(window.isActiveWindow)
        QTest.keyClick(window, Qt.Key.Key_3, Qt.KeyboardModifier.ControlModifier)
        assert window.models.tab.isVisible()
        assert window.bar.isVisible()
        assert window.activity.isVisible()
        opened(window, qtbot)
        QTest.keyClick(window, Qt.Key.Key_1, Qt.KeyboardModifier.ControlModifier)
        assert window.tab.isVisible()

    in_studio([], scenario)


@pytest.mark.parametrize("action", ["separate", "preview"])
def test_what_is_separated_from_here_comes_into_view(in_studio, qtbot, action):
    def scenario(window):
        opened(window, qtbot)
        window.panel.set_ready(True)
        window.actions_by_id[action].setEnabled(True)
        window.actions_by_id[action].trigger()
        assert window.tab.isVisible()

    in_studio([], scenario)


def test_a_file_that_is_dropped_on_the_window_is_imported(in_studio, qtbot, choir):
    def scenario(window):
        data = QMimeData()
        data.setUrls([QUrl.fromLocalFile(str(choir))])
        place, action = QPoint(300, 300), Qt.DropAction.CopyAction
        buttons, keys = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
        QApplication.sendEvent(window, QDragEnterEvent(place, action, data, buttons, keys))
        QApplication.sendEvent(window, QDropEvent(QPointF(place), action, data, buttons, keys))
        page = window.models.tab.library
        came(page, qtbot, "choir")
        assert window.models.tab.isVisible()
        assert page.note.text() == "choir is installed."
        assert (own_folder() / "choir.safetensors").read_bytes() == choir.read_bytes()
        assert window.session.sources == {}

    in_studio([], scenario)


def test_a_second_model_of_a_name_gets_a_number_and_a_twin_is_refused(in_studio, qtbot, tmp_path, monkeypatch):
    folder = tmp_path / "other"
    folder.mkdir()
    other = tiny_model(folder / "phase-small.safetensors", ("vocals",))
    monkeypatch.setattr(QFileDialog, "getOpenFileNames", lambda *_: ([str(other)], ""))

    def scenario(window):
        page = opened(window, qtbot)
        page.import_button.click()
        came(page, qtbot, "phase-small 2")
        assert page.note.text() == "phase-small 2 is installed: there was another phase-small already."
        window.actions_by_id["model-import"].trigger()
        qtbot.waitUntil(lambda: bool(window.findChildren(ErrorDialog)), timeout=WAIT)
        assert "Is installed already, as phase-small 2" in window.findChildren(ErrorDialog)[0].informativeText()
        assert names(page) == ["phase-small", "phase-small 2"]

    in_studio([], scenario)


def test_verifying_tells_sound_from_damaged(in_studio, qtbot, shipped):
    path = shipped / "phase-small.safetensors"

    def scenario(window):
        card = opened(window, qtbot).card
        card.verify.click()
        qtbot.waitUntil(lambda: card.verdict.text().startswith("Sound"), timeout=WAIT)
        assert hashlib.sha256(path.read_bytes()).hexdigest() in card.verdict.text()
        content = bytearray(path.read_bytes())
        content[-1] ^= 1
        path.write_bytes(content)
        card.verify.click()
        qtbot.waitUntil(lambda: card.verdict.text().startswith("Not sound: it is damaged"), timeout=WAIT)

    in_studio([], scenario)


def test_memory_is_told_and_given_back(in_studio, qtbot, shipped):
    def scenario(window):
        page = opened(window, qtbot)
        model = window.models.shelf.load(shipped / "phase-small.safetensors", "cpu")
        qtbot.waitUntil(page.card.unload.isEnabled, timeout=WAIT)
        assert page.card.rows()["In memory"] == f"cpu: {model.size / 1e3:.1f} kB"
        page.card.unload.click()
        assert window.models.shelf.loaded() == ()
        assert not page.card.unload.isEnabled()
        # What runs keep networks in is what the tab shows.
        assert window.workbench.context.models is window.models.shelf

    in_studio([], scenario)


def test_own_models_are_deleted_after_a_question(in_studio, qtbot, choir, monkeypatch):
    answers = [QMessageBox.StandardButton.No, QMessageBox.StandardButton.Yes]
    monkeypatch.setattr(QMessageBox, "question", lambda *_: answers.pop(0))

    def scenario(window):
        window.models.import_files([choir])
        page = window.models.tab.library
        came(page, qtbot, "choir")
        page.card.delete.click()
        assert (own_folder() / "choir.safetensors").exists()
        page.card.delete.click()
        qtbot.waitUntil(lambda: names(page) == ["phase-small"], timeout=WAIT)
        assert not (own_folder() / "choir.safetensors").exists()

    in_studio([], scenario)


def test_a_model_is_taken_to_the_method_of_networks(in_studio, qtbot, choir):
    def scenario(window):
        window.models.import_files([choir])
        page = window.models.tab.library
        came(page, qtbot, "choir")
        page.card.use.click()
        assert window.tab.isVisible()
        assert window.panel.spec.id == "dnn"
        assert window.panel.params.model == "choir"

    in_studio([], scenario)


def test_a_download_is_stopped_gone_on_with_and_installed(in_studio, qtbot, choir):
    def scenario(window):
        page = opened(window, qtbot)
        page.download_button.click()
        row = page.row
        assert row.isVisible()
        row.url.setText(server.url)
        row.sha256.setText(hashlib.sha256(choir.read_bytes()).hexdigest())
        row.start.click()
        qtbot.waitUntil(lambda: unfinished_bytes(server.url) == server.held_after, timeout=WAIT)
        assert (row.start.text(), row.url.isEnabled()) == ("Cancel", False)
        row.start.click()
        qtbot.waitUntil(lambda: not row.running, timeout=WAIT)
        assert (row.start.text(), row.state.text()) == ("Go on", "Stopped: what has arrived is kept")
        server.hold.set()
        server.hold = None
        row.start.click()
        came(page, qtbot, "choir")
        assert server.answered == [200, 206]
        qtbot.waitUntil(lambda: not row.running, timeout=WAIT)
        assert (row.url.text(), row.start.text()) == ("", "Download")

    with FileServer(choir.read_bytes()).running() as server:
        server.hold, server.held_after = threading.Event(), 5000
        in_studio([], scenario)


def test_without_a_network_the_row_says_how_to_do_without(in_studio, qtbot, monkeypatch):
    monkeypatch.setattr(downloads, "Patience", lambda: Patience(1, 0.0))
    with socket.create_server(("127.0.0.1", 0)) as closed:
        url = f"http://127.0.0.1:{closed.getsockname()[1]}/choir.safetensors"

    def scenario(window):
        page = opened(window, qtbot)
        page.open_download()
        page.row.url.setText(url)
        page.row.start.click()
        qtbot.waitUntil(page.row.copy.isVisible, timeout=WAIT)
        assert url in page.row.offline.text()
        assert "sepstudio models import" in page.row.offline.text()
        assert "cannot be reached" in window.findChildren(ErrorDialog)[0].informativeText()
        page.row.copy.click()
        assert url in QGuiApplication.clipboard().text()

    in_studio([], scenario)


def test_a_path_of_a_model_on_the_command_line_is_imported(in_studio, qtbot, choir):
    def scenario(window):
        came(window.models.tab.library, qtbot, "choir")
        assert [model.name for model in installed()] == ["phase-small", "choir"]

    in_studio([choir], scenario)


def test_neither_the_window_nor_its_list_of_models_loads_torch(own_home, shipped):
    code = (
        "import sys, time\n"
        "from pathlib import Path\n"
        "from PySide6.QtCore import QSettings\n"
        "from sepstudio.nn import library\n"
        f"library.resource = lambda *_: Path({str(shipped)!r})\n"
        "from sepstudio.gui.app import application, studio\n"
        "app = application()\n"
        f"with studio(QSettings({str(own_home / 's.ini')!r}, QSettings.Format.IniFormat)) as window:\n"
        "    window.show()\n"
        # What nobody has looked at yet is not loaded either.
        "    print(*(f'sepstudio.gui.{page}' in sys.modules for page in ('models.training_page', 'inside.page')))\n"
        "    window.actions_by_id['tab-models'].trigger()\n"
        "    while not window.models.tab.library.table.rows.entries:\n"
        "        app.processEvents()\n"
        "        time.sleep(0.005)\n"
        "    print('torch' in sys.modules)\n"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False)
    assert ended.stdout.split() == ["False"] * 3, ended.stderr
