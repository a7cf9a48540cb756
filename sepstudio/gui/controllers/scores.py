"""The score of a recording: importing, aligning, moving, exporting and taking it away."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QFileDialog

from sepstudio.gui.controllers.support import SupportController
from sepstudio.gui.desk import Desk, Handlers
from sepstudio.gui.dialogs import ask_for_file_target
from sepstudio.gui.file_writing import writing_steps
from sepstudio.gui.notice import Notice
from sepstudio.gui.scores.importing import ScoreImporter
from sepstudio.gui.scores.move_dialog import MoveDialog
from sepstudio.gui.scores.score_file import SCORE_FILTER, beside_steps
from sepstudio.io.scores.records import Score
from sepstudio.io.scores.writing import write_csv, write_midi
from sepstudio.separation.alignment import align_steps
from sepstudio.session.score_commands import EditScore, SetScore

Writer = Callable[[Score, Path], None]
_OFFER = ("Import score…", "Look at it, and give it to the recording")


class ScoreController(QObject):
    """Gives the current recording a score, and tells the column of methods which one it has."""

    def __init__(self, desk: Desk, support: SupportController) -> None:
        super().__init__(desk.window)
        self._desk = desk
        self._session = desk.session
        self._support = support
        # Looking whether a file is there is no work that anybody asked for.
        self._quiet = desk.bridge.sibling(self)
        self.importer = ScoreImporter(desk.window, desk.bridge, desk.settings)
        self._waiting: list[Path] = []
        self._offered: Notice | None = None
        self._aligning = 0
        self._connect()
        self._show()

    def handlers(self) -> Handlers:
        """Return what answers the actions about scores."""
        return {
            "score-import": self._choose, "score-align": self.align, "score-move": self._move,
            "score-midi": functools.partial(self._export, "MIDI", ".mid", write_midi),
            "score-csv": functools.partial(self._export, "CSV", ".csv", write_csv),
            "score-remove": self._remove,
        }  # fmt: skip

    def import_files(self, paths: Sequence[Path], *, opening: bool) -> None:
        """Import dropped scores; while a recording is ``opening``, or there is none, they wait for the next one."""
        source = self._session.current_source
        if not paths:
            return
        if source is not None and not opening:
            self._begin(paths[0], source.id)
            return
        self._waiting.extend(paths)
        if not opening:
            self._support.show(Notice(f"{paths[0].name} waits for its recording: open that now.", None))

    # -- importing ---------------------------------------------------------------------------

    def _choose(self) -> None:
        source = self._session.current_source
        if source is None:
            return
        folder = str(source.path.parent)
        name, _ = QFileDialog.getOpenFileName(self._desk.window, "Import score", folder, SCORE_FILTER)
        if name:
            self._begin(Path(name), source.id)

    def _begin(self, path: Path, source_id: str) -> None:
        self.importer.start(path, source_id, self._session.sources[source_id].name)

    def _on_opened(self, source_id: str) -> None:
        source = self._session.sources.get(source_id)
        if source is None:
            return
        named = [path for path in self._waiting if path.stem == source.path.stem]
        # With several of them it would be a guess which one is meant.
        chosen = next(iter(named or self._waiting), None) if named or len(self._waiting) == 1 else None
        if chosen is not None:
            self._waiting.remove(chosen)
            self._begin(chosen, source_id)
        else:
            found = functools.partial(self._offer, source_id)
            self._quiet.start("Looking for a score", beside_steps(source.path), found)

    def _offer(self, source_id: str, path: Path | None) -> None:
        """Offer a score that lies beside the recording, in a line that can be passed over."""
        if path is None or source_id not in self._session.sources or self._session.score(source_id) is not None:
            return
        notice = Notice(f"{path.name} lies beside the recording.", None, offer=_OFFER)
        notice.taken.connect(functools.partial(self._begin, path, source_id))
        notice.destroyed.connect(self._on_notice_gone)
        self._support.show(notice)
        self._offered = notice

    def _on_notice_gone(self) -> None:
        self._offered = None

    def _take(self, source_id: str, score: Score, align: bool) -> None:
        if source_id not in self._session.sources:
            # The recording was taken away while the dialog was open.
            return
        attached = dataclasses.replace(score, aligned=not align)
        self._session.stack.push(SetScore(self._session, source_id, attached, f"Import {score.name}"))
        self._desk.tab.deck.show_roll()
        if align:
            self._align(source_id)

    # -- in time -----------------------------------------------------------------------------

    def align(self) -> None:
        """Align the score of the current recording."""
        source = self._session.current_source
        if source is not None and self._session.score(source.id) is not None:
            self._align(source.id)

    def _align(self, source_id: str) -> None:
        score = self._session.score(source_id)
        self._desk.bridge.cancel(self._aligning)
        work = align_steps(self._session.clip(source_id), score)
        done = functools.partial(self._on_aligned, source_id, score)
        self._aligning = self._desk.bridge.start(f"Aligning {score.name}", work, done)

    def _on_aligned(self, source_id: str, before: Score, aligned: Score) -> None:
        if source_id not in self._session.sources:
            return
        if self._session.score(source_id) is not before:
            text = "The score was edited while it was aligned, and stays as it is. Align it again if you like."
            self._support.show(Notice(text, None))
            return
        self._session.stack.push(EditScore(self._session, source_id, before, aligned, "Align the score"))

    def _move(self) -> None:
        source = self._session.current_source
        score = self._session.score(source.id) if source is not None else None
        if score is not None:
            dialog = MoveDialog(self._desk.window, score)
            dialog.applied.connect(functools.partial(self._on_moved, source.id))
            dialog.show()

    def _on_moved(self, source_id: str, offset: float, stretch: float) -> None:
        before = self._session.score(source_id)
        if before is not None and (offset, stretch) != (0.0, 1.0):
            after = before.moved(offset, stretch)
            self._session.stack.push(EditScore(self._session, source_id, before, after, "Move the score"))

    # -- away --------------------------------------------------------------------------------

    def _export(self, kind: str, suffix: str, write: Writer) -> None:
        source = self._session.current_source
        score = self._session.score(source.id) if source is not None else None
        if score is None:
            return
        title, wanted = f"Export the score as {kind}", f"{kind} (*{suffix})"
        path = ask_for_file_target(self._desk.window, title, source.path.with_suffix(suffix), wanted)
        if path is not None:
            work = writing_steps(functools.partial(write, score), path)
            self._desk.bridge.start(f"Exporting {path.name}", work, self._on_written)

    def _on_written(self, path: Path) -> None:
        self._support.show(Notice(f"The score was exported to {path.name}.", path.parent))

    def _remove(self) -> None:
        source = self._session.current_source
        score = self._session.score(source.id) if source is not None else None
        if score is not None:
            self._session.stack.push(SetScore(self._session, source.id, None, f"Remove {score.name}"))

    # -- answers -----------------------------------------------------------------------------

    def _connect(self) -> None:
        session, box = self._session, self._desk.panel.score_box
        self._desk.workbench.sourceOpened.connect(self._on_opened)
        self.importer.imported.connect(self._take)
        box.importRequested.connect(self._choose)
        box.alignRequested.connect(self.align)
        session.scoreChanged.connect(self._show)
        session.currentSourceChanged.connect(self._show)
        self._quiet.failed.connect(self._desk.bridge.failed)

    def _show(self, _source_id: str = "") -> None:
        source = self._session.current_source
        score = self._session.score(source.id) if source is not None else None
        self._desk.panel.set_score(score)
        if score is not None and self._offered is not None:
            # The recording has one now.
            self._offered.closed.emit()
