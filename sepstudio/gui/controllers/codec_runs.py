"""Encoding and decoding on the codec tab, and what is done with the conditions there."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from PySide6.QtCore import QObject

from sepstudio.gui.codec.foot import NOTHING_OPEN
from sepstudio.gui.codec.reach import METHOD, decoded_runs, is_decoded
from sepstudio.gui.controllers.codec import CodecController
from sepstudio.gui.desk import Desk, Handlers
from sepstudio.separation.base import Matrix
from sepstudio.separation.codec_method import CodecParams
from sepstudio.separation.codec_results import model_of
from sepstudio.separation.registry import method
from sepstudio.session.commands import RenameRun
from sepstudio.session.records import Run, Source
from sepstudio.session.removal import RemoveRun

_NO_MODEL = "No model of the codec is installed"


class CodecRunController(QObject):
    """Starts runs of the codec, goes on from tokens that are there already, and answers the list of conditions."""

    def __init__(self, desk: Desk, codec: CodecController) -> None:
        super().__init__(desk.window)
        self._desk = desk
        self._session = desk.session
        self._codec = codec
        self._tab = codec.tab
        codec.completed.connect(self._connect)
        codec.refreshed.connect(self._show_foot)
        self._tab.decodeRequested.connect(self.decode)

    def handlers(self) -> Handlers:
        """Return what answers the actions about decoded scenes."""
        return {"codec-error": self._hear_error}

    def _connect(self) -> None:
        foot, conditions = self._codec.foot, self._codec.conditions
        foot.encodeRequested.connect(self.encode)
        foot.previewRequested.connect(self.preview)
        conditions.heardRequested.connect(self._desk.player.compare)
        conditions.sideChosen.connect(self._choose_side)
        conditions.acted.connect(self._act)

    # -- running -----------------------------------------------------------------------------

    @property
    def params(self) -> CodecParams | None:
        """What the next run of the current source would be made with, or None where there is no model."""
        settings, source = self._codec.settings, self._session.current_source
        if settings is None or settings.model is None or source is None:
            return None
        convention = self._session.convention(source.id)
        return CodecParams(
            model=settings.model.name, codebooks=settings.codebooks, level=settings.level.isChecked(),
            ordering=convention.ordering, normalisation=convention.normalisation,
        )  # fmt: skip

    def obstacle(self) -> str:
        """Return why nothing can be encoded now, or an empty text."""
        source = self._session.current_source
        if source is None:
            return NOTHING_OPEN
        return self._codec.obstacle(source) or ("" if self.params is not None else _NO_MODEL)

    def encode(self) -> None:
        """Encode the selection, or the whole scene, and decode it again."""
        source, selection = self._session.current_source, self._session.selection
        if not self.obstacle():
            span = (selection.start, selection.stop) if selection is not None else (0, source.length)
            self._start(source, span, self.params)

    def preview(self) -> None:
        """Encode and decode the selection, or some seconds from the playhead on."""
        span = self._desk.workbench.preview_span(self._desk.player.position)
        if not self.obstacle() and span[1] > span[0]:
            self._desk.workbench.previewing = self._start(self._session.current_source, span, self.params)

    def decode(self, codebooks: int, left_out: int) -> None:
        """Decode the tokens of the run on show with other codebooks."""
        run = self._session.runs.get(self._tab.run)
        if run is None or not isinstance(run.params, CodecParams):
            return
        source = self._session.sources[run.source_id]
        self._session.set_current_source(source.id)
        params = dataclasses.replace(run.params, codebooks=codebooks, left_out=left_out)
        self._start(source, (run.start, run.stop), params)

    def _start(self, source: Source, span: tuple[int, int], params: CodecParams) -> int:
        warm = self._tokens(source, span, params)
        whole = None if span == (0, source.length) else span
        return self._desk.workbench.separate(method(METHOD), params, whole, warm=warm)

    def _tokens(self, source: Source, span: tuple[int, int], params: CodecParams) -> Mapping[str, Matrix] | None:
        """Return the tokens of an earlier run that encoded the same with the same model, if there is one."""
        for run in reversed(decoded_runs(self._session, source.id)):
            if isinstance(run.params, CodecParams) and (run.start, run.stop) == span:
                known, matrices = run.params, self._session.matrices(run.id)
                same = (known.model, known.convention, known.level) == (params.model, params.convention, params.level)
                sha256 = model_of(matrices)
                if same and sha256 and self._weights(params.model) in ("", sha256):
                    return matrices
        return None

    def _weights(self, name: str) -> str:
        """Return the SHA-256 of a model, empty if it is not known; another one may have taken a name since."""
        chosen = self._codec.settings.model if self._codec.settings is not None else None
        return chosen.card.sha256 if chosen is not None and chosen.name == name else ""

    # -- the foot ----------------------------------------------------------------------------

    def _show_foot(self) -> None:
        source, selection, params = self._session.current_source, self._session.selection, self.params
        known = False
        if source is not None and params is not None:
            span = (selection.start, selection.stop) if selection is not None else (0, source.length)
            known = self._tokens(source, span, params) is not None
        run = self._session.runs.get(self._tab.run)
        self._codec.foot.show_state(
            obstacle=self.obstacle(), selected=selection is not None, known=known,
            seconds=self._desk.workbench.preview_seconds, stale=_difference(run, params),
        )  # fmt: skip

    # -- conditions --------------------------------------------------------------------------

    def _choose_side(self, group: str, letter: str) -> None:
        player = self._desk.player
        a, b = player.pair
        player.set_pair(*((group, b) if letter == "A" else (a, group)))
        player.hear_letter(letter)

    def _hear_error(self) -> None:
        """Hear what the run on show lost, or the run again."""
        run = self._session.runs.get(self._tab.run)
        if is_decoded(run):
            heard = self._desk.player.heard == run.residual_id
            self._desk.player.compare(run.id if heard else run.residual_id)

    def _act(self, act: str, run_id: str, name: str) -> None:
        stack = self._session.stack
        if act == "remove":
            stack.push(RemoveRun(self._session, run_id))
        elif act == "rename":
            stack.push(RenameRun(self._session, run_id, name))
        elif act == "export":
            self._desk.tab.stems.exportRequested.emit(self._session.runs[run_id].stem_ids[0])


def _difference(run: Run | None, params: CodecParams | None) -> str:
    """Return in what the run on show differs from the settings, or an empty text."""
    if run is None or params is None or run.params == params:
        return ""
    title = run.label or f"Decoded {run.number}"
    if isinstance(run.params, CodecParams) and run.params.convention != params.convention:
        return f"{title} was read in another convention"
    if isinstance(run.params, CodecParams) and run.params.level != params.level:
        return f"{title} was encoded at another level"
    if isinstance(run.params, CodecParams) and run.params.model != params.model:
        return f"{title} was made by another model"
    return f"{title} has other codebooks"
