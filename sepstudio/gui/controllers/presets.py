"""Presets of the user's: what the menu beside the list of presets asks for."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QFileDialog, QInputDialog, QMessageBox

from sepstudio.errors import UserError
from sepstudio.gui.desk import Desk, Handlers
from sepstudio.gui.error_dialog import error_box
from sepstudio.separation.base import Preset
from sepstudio.separation.presets import PresetStore, usable_name, user_presets

_FILTER = "Presets (*.json)"


class PresetController(QObject):
    """Keeps the presets of the method panel in the folder of the user's settings."""

    def __init__(self, desk: Desk, store: PresetStore | None = None) -> None:
        super().__init__(desk.window)
        self._desk = desk
        self._panel = desk.panel
        self._store = store or user_presets()
        self._acts = {
            "save": self._save_as, "overwrite": self._overwrite, "rename": self._rename, "delete": self._delete,
            "reset": self._reset, "import": self._import, "export": self._export,
        }  # fmt: skip
        self._panel.presetWanted.connect(self._act)
        self._panel.methodChanged.connect(self._list)
        self._list()

    def handlers(self) -> Handlers:
        """Return nothing: presets are at hand beside their list."""
        return {}

    def _act(self, act: str) -> None:
        try:
            self._acts[act]()
        except UserError as error:
            error_box(self._desk.window, "Presets", error, "").open()
        self._list()

    def _list(self, _method: str = "") -> None:
        # Read anew each time: another window may have written since.
        self._panel.set_own_presets(self._store.presets(self._panel.spec))

    def _save_as(self) -> None:
        name = self._ask_name("Save as preset", self._panel.preset_bar.own)
        if name and self._may_replace(name):
            self._keep(name)

    def _overwrite(self) -> None:
        self._keep(self._panel.preset_bar.own)

    def _keep(self, name: str) -> None:
        self._panel.preset_bar.remember(self._store.save(self._panel.spec, name, self._panel.params))

    def _rename(self) -> None:
        spec, bar = self._panel.spec, self._panel.preset_bar
        old = bar.own
        name = self._ask_name("Rename preset", old)
        if name and name != old:
            self._store.rename(spec, old, name)
            bar.remember(next(one for one in self._store.presets(spec) if one.name == name))

    def _delete(self) -> None:
        name = self._panel.preset_bar.own
        question = f"Delete the preset {name}? Its settings cannot be brought back."
        if QMessageBox.question(self._desk.window, "Delete preset", question) == QMessageBox.StandardButton.Yes:
            self._store.remove(self._panel.spec, name)
            self._panel.preset_bar.remember(None)

    def _reset(self) -> None:
        self._panel.preset_bar.remember(None)
        self._panel.load(self._panel.spec.params())

    def _import(self) -> None:
        name, _ = QFileDialog.getOpenFileName(self._desk.window, "Import presets", "", _FILTER)
        if name:
            self._load(self._store.import_file(self._panel.spec, Path(name))[0])

    def _load(self, preset: Preset) -> None:
        self._panel.preset_bar.remember(preset)
        self._panel.load(preset.params)

    def _export(self) -> None:
        suggestion = self._panel.presets.currentText()
        name, _ = QFileDialog.getSaveFileName(self._desk.window, "Export settings", f"{suggestion}.json", _FILTER)
        if name:
            path = Path(name) if name.endswith(".json") else Path(f"{name}.json")
            self._store.export_file(self._panel.spec, path.stem, self._panel.params, path)

    def _ask_name(self, title: str, suggestion: str) -> str:
        text, agreed = QInputDialog.getText(self._desk.window, title, "Name of the preset", text=suggestion)
        return usable_name(self._panel.spec, text) if agreed else ""

    def _may_replace(self, name: str) -> bool:
        taken = {one.name.casefold() for one in self._store.presets(self._panel.spec)}
        if name.casefold() not in taken:
            return True
        question = f"There is a preset {name}. Replace it?"
        return QMessageBox.question(self._desk.window, "Replace preset", question) == QMessageBox.StandardButton.Yes
