"""The few dialogs: questions, and the choice of files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from PySide6.QtWidgets import QFileDialog, QMessageBox, QWidget

from sepstudio.gui.export_formats import formats_for, missing_formats

AUDIO_FILTER = "Audio (*.wav *.rf64 *.w64 *.flac *.aif *.aiff *.ogg *.oga *.opus *.mp3 *.au *.caf);;All files (*)"

PROJECT_SUFFIX = ".sepstudio"


def ask_for_recordings(parent: QWidget) -> list[Path]:
    """Let the user choose audio files to open."""
    names, _ = QFileDialog.getOpenFileNames(parent, "Open recordings", "", AUDIO_FILTER)
    return [Path(name) for name in names]


def ask_for_target(parent: QWidget, suggestion: str, preferred: str = "", channels: int = 1) -> tuple[Path, str] | None:
    """Let the user choose a file name and format to export to; the path ends in the format's extension.

    ``preferred`` is the name of the format that is offered first. Formats that do not hold so many channels are not
    offered, and the title says which.
    """
    formats, missing = formats_for(channels), missing_formats(channels)
    title = f"Export {channels} channels ({missing} at most)" if missing else "Export"
    first = preferred if preferred in formats else ""
    name, chosen = QFileDialog.getSaveFileName(parent, title, suggestion, ";;".join(formats), first)
    if not name:
        return None
    extension, subtype = formats.get(chosen, (".wav", "FLOAT"))
    path = Path(name)
    return (path if path.suffix.lower() == extension else path.with_name(path.name + extension)), subtype


def ask_for_file(parent: QWidget, title: str, folder: Path, wanted: str) -> Path | None:
    """Let the user choose a file of some kind to read."""
    name, _ = QFileDialog.getOpenFileName(parent, title, str(folder), f"{wanted};;All files (*)")
    return Path(name) if name else None


def ask_for_file_target(parent: QWidget, title: str, suggestion: Path, wanted: str) -> Path | None:
    """Let the user choose a file to write; its name ends as the suggestion does."""
    name, _ = QFileDialog.getSaveFileName(parent, title, str(suggestion), wanted)
    path = Path(name)
    if not name or path.suffix.lower() == suggestion.suffix:
        return path if name else None
    # The dialog has asked about the name that was typed, not about this one.
    path = path.with_name(path.name + suggestion.suffix)
    return path if may_replace(parent, [path]) else None


def may_replace(parent: QWidget, paths: list[Path]) -> bool:
    """Ask before files are overwritten."""
    existing = [path.name for path in paths if path.exists()]
    if not existing:
        return True
    question = f"{', '.join(existing)} exist already in {paths[0].parent}. Replace them?"
    answer = QMessageBox.question(parent, "Replace files", question)
    return answer == QMessageBox.StandardButton.Yes


def ask_for_project(parent: QWidget) -> Path | None:
    """Let the user choose a project folder to open."""
    name = QFileDialog.getExistingDirectory(parent, "Open a project folder (name.sepstudio)")
    return Path(name) if name else None


def ask_for_project_target(parent: QWidget, suggestion: str) -> Path | None:
    """Let the user choose a folder to save a project in; its name ends in ``.sepstudio``."""
    name, _ = QFileDialog.getSaveFileName(parent, "Save the project", suggestion, f"Projects (*{PROJECT_SUFFIX})")
    if not name:
        return None
    path = Path(name)
    return path if path.suffix == PROJECT_SUFFIX else path.with_name(path.name + PROJECT_SUFFIX)


def ask_for_folder(parent: QWidget, title: str, start: Path) -> Path | None:
    """Let the user choose a folder."""
    name = QFileDialog.getExistingDirectory(parent, title, str(start))
    return Path(name) if name else None


def ask_about_unsaved(parent: QWidget, name: str) -> Literal["save", "discard", "cancel"]:
    """Ask what becomes of unsaved work; closing the question changes nothing."""
    buttons = QMessageBox.StandardButton
    answer = QMessageBox.question(
        parent,
        "Unsaved work",
        f"{name} has changes that are not saved. Save them?",
        buttons.Save | buttons.Discard | buttons.Cancel,
        buttons.Save,
    )
    if answer == buttons.Save:
        return "save"
    return "discard" if answer == buttons.Discard else "cancel"


def notes_box(parent: QWidget, title: str, text: str, notes: Sequence[str]) -> QMessageBox:
    """Return a dialog that tells something, with a line for each note."""
    box = QMessageBox(parent)
    box.setObjectName("notes-dialog")
    box.setIcon(QMessageBox.Icon.Information)
    box.setWindowTitle(title)
    box.setText(text)
    box.setInformativeText("\n".join(notes))
    box.setStandardButtons(QMessageBox.StandardButton.Close)
    return box
