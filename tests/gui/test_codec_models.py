"""Codecs on the Models tab: their cards beside those of other models, import, and use on their own tab."""

import pytest
from tiny_codecs import TINY, tiny_codec_file
from tiny_models import tiny_model

from sepstudio.gui.models.entries import library_steps
from sepstudio.gui.models.library_page import LibraryPage
from sepstudio.io.steps import drain
from sepstudio.nn import library
from sepstudio.nn.library import own_folder

pytestmark = pytest.mark.usefixtures("one_thread")

WAIT = 30_000


@pytest.fixture(autouse=True)
def shipped(tmp_path, monkeypatch):
    """A folder that stands for what ships with the program."""
    folder = tmp_path / "shipped"
    folder.mkdir()
    monkeypatch.setattr(library, "resource", lambda *_: folder)
    tiny_model(folder / "phase-small.safetensors", ("drums", "bass"))
    return folder


def test_the_card_of_a_codec_tells_channels_and_rate_and_where_it_is_used(qtbot, shipped):
    path = tiny_codec_file(shipped / "hoa-small.safetensors")
    page = LibraryPage()
    qtbot.addWidget(page)
    page.show_entries(drain(library_steps()))
    rows = page.table.rows
    cells = [rows.data(rows.index(0, column)) for column in range(4)]
    assert cells == ["hoa-small", "codec, 16 channels, 15 kbit/s", f"{path.stat().st_size / 1e3:.1f} kB", "Shipped"]
    told = {title: text.replace("\u200b", "") for title, text in page.card.rows().items()}
    assert (told["Recordings"], told["Licence"]) == ("8000 Hz, 16 channels", "CC0")
    assert told["Rate"] == "15 kbit/s, 0.9375 kbit/s for each channel"
    assert told["In memory"] == "not loaded: the first encoding does that"
    # There is no method of this page that separates: a codec needs none.
    page.card.set_usable(False)
    assert (page.card.use.text(), page.card.use.isEnabled()) == ("Use in HOA codec", True)
    page.table.selectRow(1)
    assert (page.card.use.text(), page.card.use.isEnabled()) == ("Use in Separation", False)


def test_a_codec_is_imported_by_a_drop_and_used_on_its_tab(in_studio, qtbot, tmp_path):
    path = tiny_codec_file(tmp_path / "hall.safetensors", seed=3)

    def act(window):
        window.open_paths([path])
        page = window.models.tab.library
        qtbot.waitUntil(lambda: page.card.entry is not None and page.card.entry.name == "hall", timeout=WAIT)
        assert (own_folder() / "hall.safetensors").exists()
        page.card.use.click()
        assert window.tabs.currentWidget() is window.codec.tab
        settings = window.codec.settings
        qtbot.waitUntil(lambda: settings.model is not None and settings.model.name == "hall", timeout=WAIT)
        assert settings.model.config == TINY
        assert settings.codebooks == 0

    in_studio([], act)
