"""The few dialogs: errors, and the choice of files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

from PySide6.QtWidgets import QFileDialog, QMessageBox, QWidget

from sepstudio.errors import UserError

AUDIO_FILTER = "Audio (*.wav *.rf64 *.w64 *.flac *.aif *.aiff *.ogg *.oga *.opus *.mp3 *.au *.caf);;All files (*)"
# Name in the list to (extension, subtype).
EXPORT_FORMATS: Mapping[str, tuple[str, str]] = {
    "WAV, 32-bit float (*.wav)": (".wav", "FLOAT"),
    "WAV, 24 bit (*.wav)": (".wav", "PCM_24"),
    "WAV, 16 bit (*.wav)": (".wav", "PCM_16"),
    "FLAC, 24 bit (*.flac)": (".flac", "PCM_24"),
    "FLAC, 16 bit (*.flac)": (".flac", "PCM_16"),
}

PROJECT_SUFFIX = ".sepstudio"


def ask_for_recordings(parent: QWidget) -> list[Path]:
    """Let the user choose audio files to open."""
    names, _ = QFileDialog.getOpenFileNames(parent, "Open recordings", "", AUDIO_FILTER)
    return [Path(name) for name in names]


def ask_for_target(parent: QWidget, suggestion: str) -> tuple[Path, str] | None:
    """Let the user choose a file name and format to export to; the path ends in the format's extension."""
    name, chosen = QFileDialog.getSaveFileName(parent, "Export", suggestion, ";;".join(EXPORT_FORMATS))
    if not name:
        return None
    extension, subtype = EXPORT_FORMATS.get(chosen, (".wav", "FLOAT"))
    path = Path(name)
    return (path if path.suffix.lower() == extension else path.with_name(path.name + extension)), subtype


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


def missing_box(parent: QWidget, name: str, problems: Sequence[str]) -> QMessageBox:
    """Return a dialog that says which recordings of a project could not be brought back."""
    box = QMessageBox(parent)
    box.setObjectName("missing-dialog")
    box.setIcon(QMessageBox.Icon.Warning)
    box.setWindowTitle("Missing recordings")
    box.setText(f"{name} is open, but not all of its recordings were found as they were.")
    box.setInformativeText(
        "\n".join(problems) + "\nTheir stems are there. Put the recordings back and open the project again."
    )
    box.setStandardButtons(QMessageBox.StandardButton.Close)
    return box


def error_box(parent: QWidget | None, title: str, error: BaseException, details: str) -> QMessageBox:
    """Return a dialog that says what happened, why, and what to do; the details are folded."""
    box = QMessageBox(parent)
    box.setObjectName("error-dialog")
    box.setIcon(QMessageBox.Icon.Warning)
    box.setWindowTitle(title)
    if isinstance(error, UserError):
        box.setText(error.what)
        box.setInformativeText(
            f"{error.why[:1].upper()}{error.why[1:]}.\n{error.remedy[:1].upper()}{error.remedy[1:]}."
        )
    else:
        box.setText(f"{title} failed because of a defect in the program.")
        box.setInformativeText(f"{type(error).__name__}: {error}\nYour work is untouched. The details help to find it.")
    if details:
        box.setDetailedText(details)
    box.setStandardButtons(QMessageBox.StandardButton.Close)
    return box
