"""Recordings that are missing, changed, or to be copied into the project."""

from __future__ import annotations

import dataclasses
from collections.abc import Generator, Sequence
from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QFileDialog, QMessageBox

from sepstudio.gui.card_dialog import Card, CardDialog
from sepstudio.gui.conversion import Loaded, MissingClip
from sepstudio.gui.desk import Desk, Handlers
from sepstudio.gui.dialogs import AUDIO_FILTER, notes_box
from sepstudio.gui.documents import Documents
from sepstudio.io.audio import open_audio_steps
from sepstudio.io.clip import AudioClip
from sepstudio.io.steps import part
from sepstudio.project import SourceData, SourceState
from sepstudio.project.consolidate import consolidate_steps, is_inside
from sepstudio.project.relink import Located, locate_steps, search_steps
from sepstudio.session.relinking import RelinkSource

TEXT = "These recordings are not where the project left them. Their runs and stems are there, and can be heard."
LOCATE = ("locate", "Locate…", "Choose the file that this recording is now")
USE = ("use", "Use it anyway", "Take the file as it is now for the recording; the stems were made from the old one")
SEARCH = ("search", "Look in a folder…", "Search a folder, and all folders in it, for all of these recordings")
GO_ON = ("close", "Go on without", "Leave them as they are; File, Locate recordings brings this list back")


class SourceController(QObject):
    """Offers to locate recordings, and makes what was located an edit."""

    def __init__(self, desk: Desk, documents: Documents) -> None:
        super().__init__(desk.window)
        self._window = desk.window
        self._session = desk.session
        self._bridge = desk.bridge
        self._documents = documents
        self._stems = desk.tab.stems
        self._dialog: CardDialog | None = None
        documents.replaced.connect(self._on_replaced)
        desk.session.sourceChanged.connect(self._on_source)
        desk.session.sourceRemoved.connect(self._on_source)

    def handlers(self) -> Handlers:
        """Return what answers the actions about recordings."""
        return {"relink": self.show_missing, "consolidate": self.consolidate}

    def missing(self) -> dict[str, SourceData]:
        """Return the recordings that could not be opened, by the id of the source."""
        clips = {source_id: self._session.clip(source_id) for source_id in self._session.sources}
        return {source_id: clip.source for source_id, clip in clips.items() if isinstance(clip, MissingClip)}

    # -- locating ----------------------------------------------------------------------------

    def show_missing(self) -> None:
        """List the recordings that are missing; the window can be used meanwhile."""
        missing = self.missing()
        if not missing:
            notes_box(
                self._window, "Locate recordings", "All recordings are where the project expects them.", ()
            ).open()
            return
        if self._dialog is None:
            self._dialog = CardDialog(self._window, "missing-dialog", "Locate recordings", TEXT, [SEARCH, GO_ON])
            self._dialog.answered.connect(self._on_answer)
            self._dialog.destroyed.connect(self._on_gone)
        for source_id, source in missing.items():
            if source_id not in self._dialog.shown():
                self._dialog.add(_card(source))
        self._dialog.show()

    def _on_gone(self) -> None:
        self._dialog = None

    def _on_replaced(self, loaded: Loaded) -> None:
        if self._dialog is not None:
            self._dialog.close()
            self._dialog = None
        self._stems.set_missing(self.missing())
        if loaded.problems:
            self.show_missing()

    def _on_source(self, source_id: str) -> None:
        self._stems.set_missing(self.missing())
        if self._dialog is not None and source_id not in self.missing():
            self._dialog.take(source_id)

    def _on_answer(self, source_id: str, answer: str) -> None:
        missing = self.missing()
        if answer == "search":
            folder = QFileDialog.getExistingDirectory(self._window, "Look for recordings in")
            if folder:
                self.search(Path(folder))
        elif answer == "locate" and source_id in missing:
            source = missing[source_id]
            name, _ = QFileDialog.getOpenFileName(self._window, f"Locate {source.name}", "", AUDIO_FILTER)
            if name:
                self._bridge.start(f"Reading {Path(name).name}", locate_steps(source, Path(name)), self._on_located)
        elif answer == "use" and source_id in missing:
            source = missing[source_id]
            self._bridge.start(f"Reading {source.name}", locate_steps(source, source.path), self._relink)

    def search(self, folder: Path) -> None:
        """Look for all missing recordings in a folder."""
        work = search_steps(tuple(self.missing().values()), folder)
        self._bridge.start(f"Looking in {folder.name}", work, self._on_searched)

    def _on_located(self, located: Located) -> None:
        if located.same or self._may_use(located):
            self._relink(located)

    def _may_use(self, located: Located) -> bool:
        question = (
            f"{located.path.name} is not the recording that was saved, though as long. "
            f"Use it for {located.source.name} anyway? The stems were made from the other one."
        )
        buttons = QMessageBox.StandardButton
        return QMessageBox.question(self._window, "Another recording", question) == buttons.Yes

    def _on_searched(self, found: Sequence[Located]) -> None:
        self._relink_all("Locate recordings", found)
        left = self.missing()
        if left:
            names = [source.name for source in left.values()]
            notes_box(self._window, "Locate recordings", "These recordings are not in that folder:", names).open()

    def _relink_all(self, text: str, found: Sequence[Located]) -> None:
        if found:
            self._session.stack.beginMacro(text)
            for located in found:
                self._relink(located)
            self._session.stack.endMacro()

    def _relink(self, located: Located) -> None:
        # It may have been taken away meanwhile.
        source = self._session.sources.get(located.source.id)
        if source is not None:
            new = dataclasses.replace(source, path=located.path, subtype=located.subtype)
            self._session.stack.push(RelinkSource(self._session, new, located.clip))

    # -- copying into the project ------------------------------------------------------------

    def consolidate(self) -> None:
        """Copy all recordings that lie outside into the project, which is saved first if it never was."""
        folder = self._documents.folder
        if folder is None:
            self._documents.save_first(self.consolidate)
            return
        missing = self.missing()
        outside = [
            source
            for source in self._session.sources.values()
            if source.id not in missing and not is_inside(folder, source.path)
        ]
        if not outside:
            notes_box(self._window, "Copy recordings", "All recordings are in the project already.", ()).open()
            return
        title = f"Copying {len(outside)} recording{'s' if len(outside) > 1 else ''} into {folder.name}"
        sources = [
            SourceData(**{field.name: getattr(s, field.name) for field in dataclasses.fields(s)}) for s in outside
        ]
        self._bridge.start(title, _consolidate(folder, sources), self._on_consolidated)

    def _on_consolidated(self, copies: Sequence[Located]) -> None:
        self._relink_all("Copy recordings into the project", copies)


def _consolidate(folder: Path, sources: Sequence[SourceData]) -> Generator[float, None, tuple[Located, ...]]:
    paths = tuple(dict.fromkeys(source.path for source in sources))
    copies = yield from part(consolidate_steps(folder, paths), 0, 2)
    clips: dict[Path, AudioClip] = {}
    for index, path in enumerate(paths):
        clips[path] = yield from part(part(open_audio_steps(copies[path]), index, len(paths)), 1, 2)
    return tuple(
        Located(source, copies[source.path], clips[source.path], source.subtype, same=True) for source in sources
    )


def _card(source: SourceData) -> Card:
    changed = source.state is SourceState.CHANGED and source.path.exists()
    state = "is another file now" if changed else "is not there"
    lines = [(str(source.path.parent), "caption"), (f"The file {state}.", "warning")]
    return Card(source.id, source.name, lines, [LOCATE, USE] if changed else [LOCATE])
