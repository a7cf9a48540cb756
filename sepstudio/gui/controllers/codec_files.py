"""Files of the codec tab: scenes, encoded scenes, and what is decoded of them."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QObject

from sepstudio.codec.bitstream import SUFFIX
from sepstudio.codec.codes import Codes
from sepstudio.errors import UserError
from sepstudio.gui.codec.encoded_files import ENCODED_FILTER, exporting_steps, reading_steps, saving_steps
from sepstudio.gui.codec.reach import METHOD, is_decoded
from sepstudio.gui.controllers.codec import CodecController
from sepstudio.gui.controllers.support import SupportController
from sepstudio.gui.desk import Desk, Handlers
from sepstudio.gui.dialogs import ask_for_file, ask_for_file_target
from sepstudio.gui.error_dialog import error_box
from sepstudio.gui.notice import Notice
from sepstudio.paths import resource
from sepstudio.separation.codec_method import CodecParams, decode_codes
from sepstudio.session.records import Run, Source

DEMO = "scene.ogg"


class CodecFileController(QObject):
    """Opens, saves and decodes encoded scenes."""

    def __init__(self, desk: Desk, codec: CodecController, support: SupportController) -> None:
        super().__init__(desk.window)
        self._desk = desk
        self._session = desk.session
        self._codec = codec
        self._support = support
        codec.completed.connect(self._connect)

    def handlers(self) -> Handlers:
        """Return what answers the actions about files."""
        return {
            "codec-open": self._choose_encoded, "codec-save": self._save_shown, "codec-export": self.export_shown,
            "codec-demo": self.open_demo,
        }  # fmt: skip

    def _connect(self) -> None:
        conditions = self._codec.conditions
        conditions.demoRequested.connect(self.open_demo)
        conditions.acted.connect(self._act)

    def open_demo(self) -> None:
        """Open the scene that ships with the program, and look at it."""
        self._codec.tabWanted.emit("codec")
        self._desk.workbench.open_files([resource("demo", DEMO)])

    # -- saving ------------------------------------------------------------------------------

    def _act(self, act: str, run_id: str, _name: str) -> None:
        if act == "encoded":
            self.save(self._session.runs[run_id])

    def _save_shown(self) -> None:
        run = self._session.runs.get(self._codec.tab.run)
        if is_decoded(run):
            self.save(run)

    def export_shown(self) -> None:
        """Export what the run on show has decoded."""
        run = self._session.runs.get(self._codec.tab.run)
        if is_decoded(run):
            self._desk.tab.stems.exportRequested.emit(run.stem_ids[0])

    def save(self, run: Run) -> None:
        """Ask for a file, and write the tokens of a run to it."""
        source = self._session.sources[run.source_id]
        suggestion = source.path.with_name(f"{source.path.stem}{SUFFIX}")
        path = ask_for_file_target(self._desk.window, "Save encoded file", suggestion, ENCODED_FILTER)
        if path is not None:
            work = saving_steps(path, run, self._session.matrices(run.id), source.sample_rate)
            seconds = (run.stop - run.start) / source.sample_rate
            self._desk.bridge.start(f"Saving {path.name}", work, functools.partial(self._on_saved, seconds))

    def _on_saved(self, seconds: float, path: Path) -> None:
        size = path.stat().st_size
        rate = f"{8 * size / seconds / 1000:.3g} kbps" if seconds else ""
        self._support.show(Notice(f"{path.name} is saved: {size:,} bytes, {rate}.".replace(",", "\u202f"), None))

    # -- opening -----------------------------------------------------------------------------

    def _choose_encoded(self) -> None:
        path = ask_for_file(self._desk.window, "Open encoded file", Path(), ENCODED_FILTER)
        if path is not None:
            self.open_encoded([path])

    def open_encoded(self, paths: Sequence[Path]) -> None:
        """Decode encoded scenes: of the scene on show where they are as long, to be compared with it, else to files."""
        if paths:
            self._codec.tabWanted.emit("codec")
        for path in paths:
            self._desk.bridge.start(f"Reading {path.name}", reading_steps(path), functools.partial(self._on_read, path))

    def _on_read(self, path: Path, read: tuple[Codes, str]) -> None:
        codes, model = read
        if codes.lost:
            self._support.show(Notice(f"{path.name} is damaged: where frames are lost it is silent.", None))
        source = self._session.current_source
        if source is not None and self._is_of(codes, source):
            self._decode_beside(path, codes, model, source)
        else:
            self._decode_to_file(path, codes, model)

    def _is_of(self, codes: Codes, source: Source) -> bool:
        same = (codes.length, codes.sample_rate) == (source.length, source.sample_rate)
        return same and not self._codec.obstacle(source)

    def _decode_beside(self, path: Path, codes: Codes, model: str, source: Source) -> None:
        workbench, convention = self._desk.workbench, self._session.convention(source.id)
        own = (convention.ordering, convention.normalisation)
        params = CodecParams(model=model, level=codes.gain != 1.0, ordering=own[0], normalisation=own[1])
        context = dataclasses.replace(workbench.context, sink=workbench.new_sink())
        draft = Run("", 0, METHOD, params, source.id, 0, source.length, (), label=path.stem)
        work = decode_codes(codes, params, context=context)
        self._desk.bridge.start(f"Decoding {path.name}", work, functools.partial(workbench.keep, draft))

    def _decode_to_file(self, path: Path, codes: Codes, model: str) -> None:
        suggestion = path.with_name(f"{path.stem} decoded.wav")
        target = ask_for_file_target(self._desk.window, "Save the decoded scene as", suggestion, "WAV (*.wav)")
        if target is None:
            return
        if any(source.path == target for source in self._session.sources.values()):
            error = UserError(target.name, "is open", "choose another name for the decoded scene")
            error_box(self._desk.window, "Decoding", error, "").open()
            return
        workbench = self._desk.workbench
        context = dataclasses.replace(workbench.context, sink=workbench.new_sink())
        work = exporting_steps(target, codes, CodecParams(model=model), context)
        self._desk.bridge.start(f"Decoding {path.name}", work, self._on_written)

    def _on_written(self, path: Path) -> None:
        self._desk.workbench.open_files([path])
