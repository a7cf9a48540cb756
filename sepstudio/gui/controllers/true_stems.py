"""True stems of the current recording: assigned from open recordings, files, sums of files, and folders."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QFileDialog

from sepstudio.batch.references import stem_files
from sepstudio.batch.stems import expected_stems
from sepstudio.errors import AudioFileError
from sepstudio.gui.codec.reach import separated_runs
from sepstudio.gui.desk import Desk
from sepstudio.gui.dialogs import AUDIO_FILTER
from sepstudio.gui.error_dialog import error_box
from sepstudio.gui.panels.true_stems import Candidate, TrueStemsView
from sepstudio.gui.true_stem_files import Shape, match_files, reading_steps
from sepstudio.gui.workbench import Opened
from sepstudio.io.failures import unreadable
from sepstudio.nn.datasets.songs import INSTRUMENTS
from sepstudio.paths import resource
from sepstudio.session.commands import AddSource, SetTrueStem
from sepstudio.session.records import Source


class TrueStemController(QObject):
    """Turns what the view of true stems asks for into jobs and edits."""

    def __init__(self, desk: Desk, view: TrueStemsView) -> None:
        super().__init__(desk.window)
        self._desk = desk
        self._session = desk.session
        self._view = view
        view.assigned.connect(self._on_assigned)
        view.filesWanted.connect(self._ask_for_files)
        view.folderWanted.connect(self._ask_for_folder)
        desk.panel.references_box.folderRequested.connect(self._ask_for_folder)
        session = desk.session
        for signal in (
            session.sourceAdded, session.sourceRemoved, session.sourceChanged, session.currentSourceChanged,
            session.runAdded, session.runRemoved, session.trueStemsChanged, desk.panel.methodChanged,
        ):  # fmt: skip
            signal.connect(self._refresh_soon)
        self.refresh()

    def _refresh_soon(self, *_: object) -> None:
        self._desk.tab.turns.ask(self.refresh)

    def refresh(self) -> None:
        """Show what can be chosen and what is chosen."""
        self._desk.tab.turns.forget(self.refresh)
        source = self._session.current_source
        true = self._session.true_stems(source.id) if source is not None else {}
        self._desk.panel.set_references([name for name, one in true.items() if one in self._session.sources])
        if source is None:
            self._view.show_stems((), (), {})
            return
        others = [other for other in self._session.sources.values() if other.id != source.id]
        candidates = [Candidate(other.id, other.name, _shape(source).problem(_shape(other))) for other in others]
        self._view.show_stems(self._stems(source), candidates, true)

    def assign(self, stem: str, true_id: str) -> None:
        """Say which open recording is the true stem of a name; empty for none."""
        source, true = self._session.current_source, self._session.sources.get(true_id)
        if source is None or (true_id and true is None):
            return
        problem = _shape(source).problem(_shape(true)) if true is not None else ""
        if problem:
            error = AudioFileError(true.name, problem, "choose a part of the same recording")
            error_box(self._desk.window, f"True {stem}", error, "").open()
            return
        self._session.stack.push(SetTrueStem(self._session, source.id, stem, true_id))

    def open_files(self, stem: str, paths: Sequence[Path], target: Path | None = None) -> None:
        """Read a file, or the sum of several that is written to ``target``, and make it the true stem of a name."""
        source = self._session.current_source
        if source is None:
            return
        known = self._open_already(paths[0]) if len(paths) == 1 else ""
        if known:
            self.assign(stem, known)
            return
        work = reading_steps(paths, _shape(source), target)
        self._desk.bridge.start(f"Reading the true {stem}", work, partial(self._adopt, source.id, stem))

    def open_folder(self, folder: Path, place_of_sum: Callable[[str], Path | None]) -> dict[str, tuple[Path, ...]]:
        """Take the files of a folder whose names fit; ``place_of_sum(stem)`` says where a sum is kept, if at all.

        A method that knows the true stems gets all parts of the folder.

        Raises
        ------
        AudioFileError
            If the folder cannot be read.
        """
        source = self._session.current_source
        if source is None:
            return {}
        try:
            if self._all_parts:
                found = {name: (path,) for name, path in stem_files(folder).items()}
            else:
                found = match_files(self._stems(source), list(folder.iterdir()))
        except OSError as error:
            raise unreadable(folder, error) from error
        for stem, paths in found.items():
            self._open_or_add_up(stem, paths, place_of_sum)
        return found

    # -- asking ------------------------------------------------------------------------------

    def _ask_for_files(self, stem: str) -> None:
        title = f"True {stem}: several files count as their sum"
        names, _ = QFileDialog.getOpenFileNames(self._desk.window, title, self._start_folder(), AUDIO_FILTER)
        if names:
            self._open_or_add_up(stem, [Path(name) for name in names], self._ask_for_place)

    def _ask_for_folder(self) -> None:
        name = QFileDialog.getExistingDirectory(self._desk.window, "Folder with true stems", self._start_folder())
        try:
            if name and not self.open_folder(Path(name), self._ask_for_place):
                raise self._nothing_in(name)
        except AudioFileError as error:
            error_box(self._desk.window, "True stems", error, "").open()

    def _nothing_in(self, folder: str) -> AudioFileError:
        source = self._session.current_source
        names = ", ".join(self._stems(source)) if source is not None else ""
        return AudioFileError(folder, f"no file in it is called as one of the stems: {names}", "choose single files")

    def _ask_for_place(self, stem: str) -> Path | None:
        source = self._session.current_source
        if source is None:
            return None
        # What ships with the program is not a place to keep things.
        folder = Path.home() if source.path.is_relative_to(resource("demo")) else source.path.parent
        suggestion = str(folder / f"{source.path.stem} true {stem}.wav")
        title = f"Keep the sum for {stem} as"
        name, _ = QFileDialog.getSaveFileName(self._desk.window, title, suggestion, "WAV, 32-bit float (*.wav)")
        if not name:
            return None
        return Path(name) if name.lower().endswith(".wav") else Path(f"{name}.wav")

    def _open_or_add_up(self, stem: str, paths: Sequence[Path], place_of_sum: Callable[[str], Path | None]) -> None:
        if len(paths) == 1:
            self.open_files(stem, paths)
            return
        target = place_of_sum(stem)
        if target is not None and (target in paths or self._open_already(target)):
            error = AudioFileError(str(target), "this recording is in use", "keep the sum under another name")
            error_box(self._desk.window, f"True {stem}", error, "").open()
        elif target is not None:
            self.open_files(stem, paths, target)

    def _start_folder(self) -> str:
        source = self._session.current_source
        return str(source.path.parent) if source is not None else ""

    # -- answers -----------------------------------------------------------------------------

    def _on_assigned(self, stem: str, true_id: str) -> None:
        # Until the lists are made anew, they may be for another recording.
        if not self._desk.tab.turns.awaits(self.refresh):
            self.assign(stem, true_id)

    def _adopt(self, source_id: str, stem: str, opened: Opened) -> None:
        session = self._session
        if source_id not in session.sources:
            # It was removed while the file was read.
            return
        true = self._desk.workbench.store(opened)
        session.stack.beginMacro(f"True {stem}: {true.name}")
        session.stack.push(AddSource(session, true, current=False))
        session.stack.push(SetTrueStem(session, source_id, stem, true.id))
        session.stack.endMacro()

    def _open_already(self, path: Path) -> str:
        sources = self._session.sources.values()
        return next((source.id for source in sources if source.path.resolve() == path.resolve()), "")

    def _stems(self, source: Source) -> tuple[str, ...]:
        session = self._session
        made = [session.stems[stem_id].name for run in separated_runs(session, source.id) for stem_id in run.stem_ids]
        foretold = () if made else expected_stems(self._desk.panel.params)
        usual = INSTRUMENTS if self._all_parts else ()
        return tuple(dict.fromkeys([*made, *foretold, *usual, *session.true_stems(source.id)]))

    @property
    def _all_parts(self) -> bool:
        return "references" in self._desk.panel.spec.needs


def _shape(source: Source) -> Shape:
    return Shape(source.sample_rate, source.channels, source.length)
