"""Keeps the panes on show in accordance with a layout, the session and the run on show."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence

from PySide6.QtCore import QObject, Signal

from sepstudio.gui.painting.board import PaintBoard
from sepstudio.gui.painting.layer import PaintLayer
from sepstudio.gui.painting.sources import colour_of_stem
from sepstudio.gui.panes.activations import ActivationsPane
from sepstudio.gui.panes.base import Pane, Sound
from sepstudio.gui.panes.display import OWN_FIELDS, Display
from sepstudio.gui.panes.layout import (
    DEFAULT_LAYOUT,
    RESIDUAL,
    SOURCE,
    Kind,
    Layout,
    PaneSpec,
    completed,
    followed,
    pinned,
    resolved,
    roll_spec,
    shown_ids,
    unpinned,
)
from sepstudio.gui.panes.loader import TileLoader
from sepstudio.gui.panes.mask import MaskPane
from sepstudio.gui.panes.matrix_pane import MatrixPane
from sepstudio.gui.panes.models import ModelPane, RemainderPane
from sepstudio.gui.panes.pair import DifferencePane, OverlayPane
from sepstudio.gui.panes.phases import FrequencyPhasePane, PhasePane, TimePhasePane
from sepstudio.gui.panes.piano_roll import PianoRollPane
from sepstudio.gui.panes.picture import PicturePane
from sepstudio.gui.panes.run_views import RunViews
from sepstudio.gui.panes.spectrogram import SpectrogramPane
from sepstudio.gui.panes.stack import PaneStack
from sepstudio.gui.panes.templates import TemplatesPane
from sepstudio.gui.panes.waveform import WaveformPane
from sepstudio.gui.scores.board import ScoreBoard
from sepstudio.gui.theme import current_palette, stem_colour
from sepstudio.gui.timeline import Timeline
from sepstudio.gui.turns import Turns
from sepstudio.session.session import Session
from sepstudio.tiles.pyramids import PyramidShelf

_MAKERS: Mapping[Kind, Callable[[Timeline, TileLoader], Pane]] = {
    "waveform": WaveformPane, "spectrogram": SpectrogramPane, "overlay": OverlayPane,
    "difference": DifferencePane, "mask": MaskPane, "templates": TemplatesPane, "activations": ActivationsPane,
    "model": ModelPane, "remainder": RemainderPane,
    "dt": TimePhasePane, "df": FrequencyPhasePane, "phase": PhasePane,
}  # fmt: skip
_EMPTY_WORDS = {
    "waveform": "Open or drop a recording to see its waveform.",
    "spectrogram": "Its spectrogram appears here. Drag in it to select, then preview a method on that.",
    "roll": "Open a recording, then import its score or draw notes over the spectrogram.",
}


class PaneDeck(QObject):
    """Reads the session and never writes it.

    Making a pane takes some 10 ms, and all are painted anew when one joins them. What a run or a recording
    changes comes in the next turns of the event loop: panes are made and filled one a turn, join the others
    together, and are painted one a turn.

    ``layoutChanged`` says that the layout is another one by any hand, ``shownChanged`` that other
    panes are on show, ``menuRequested`` carries the pane whose menu is wanted, ``menuFilling`` a pane
    and its menu, for those who have something to add. ``componentChosen(run_id, component, seconds)`` comes from
    panes of factors: the index of a component that was clicked, and when, or None where there is no time.
    ``hovered`` carries a picture, and the time and the frequency in Hz under the pointer.
    """

    layoutChanged = Signal()
    shownChanged = Signal()
    menuRequested = Signal(object)
    menuFilling = Signal(object, object)
    componentChosen = Signal(str, int, object)
    hovered = Signal(object, float, float)

    def __init__(
        self, session: Session, timeline: Timeline, loader: TileLoader, stack: PaneStack, turns: Turns
    ) -> None:
        super().__init__(stack)
        self._session = session
        self._timeline = timeline
        self._loader = loader
        self._turns = turns
        self.stack = stack
        # The score of the recording on show, for all panes that show notes.
        self.board = ScoreBoard(self)
        # What is painted over it, for all its spectrograms.
        self.painting = PaintBoard(self)
        self._layout = Layout()
        self._panes: list[Pane | None] = []
        # Made and not yet among the others.
        self._spares: list[tuple[Kind, Pane]] = []
        # Among the others and not yet painted.
        self._unseen: list[Pane] = []
        self._share_anew = False
        self._run = ""
        self._accent = current_palette().accent
        # What was looked at is there at once when it is looked at again.
        self._shelf = PyramidShelf()
        self._views = RunViews(session, turns, self)
        self._views.ready.connect(self._refill)
        stack.sharesChanged.connect(self._take_shares)
        stack.paneMoved.connect(self._on_pane_moved)
        stack.paletteChanged.connect(self._on_palette)
        session.stemChanged.connect(self._refill)
        session.runRevised.connect(self._refill)
        session.runRenamed.connect(self._refill)
        session.runAdded.connect(self._refill)
        session.sourceRemoved.connect(self._refill)
        session.viewReplaced.connect(self._refill)
        self.show_layout(DEFAULT_LAYOUT)
        self.catch_up()

    # -- reading -----------------------------------------------------------------------------

    @property
    def layout(self) -> Layout:
        """All panes as records, those that have nothing to show at present among them."""
        return self._layout

    @property
    def run(self) -> str:
        """The id of the run on show, or an empty string."""
        return self._run

    @property
    def shown(self) -> tuple[str, ...]:
        """The audio ids that are seen in some pane, or will be as soon as it is made."""
        return tuple(dict.fromkeys(audio_id for spec in self._layout.panes for audio_id in self._ids(spec)))

    def index_of(self, pane: Pane) -> int:
        """Return the place of a pane in the layout."""
        return self._panes.index(pane)

    def first(self, kind: Kind, target: str = SOURCE) -> Pane | None:
        """Return the first pane of a kind that shows a target, or None."""
        pairs = zip(self._layout.panes, self._panes, strict=True)
        return next((pane for spec, pane in pairs if (spec.kind, spec.targets) == (kind, (target,))), None)

    # -- another layout ----------------------------------------------------------------------

    def show_layout(self, layout: Layout) -> None:
        """Show other panes; those that stay keep what they have."""
        self._take_layout(layout)
        self._fill_all()

    def catch_up(self) -> None:
        """Have every pane now that would come in the next turns: somebody is about to work with them."""
        if self._turns.awaits(self._fill_all):
            self._fill_all()
        if self._turns.awaits(self._make_next):
            self._join(self._missing())
        if self._turns.awaits(self._settle):
            self._settle()

    def _take_layout(self, layout: Layout) -> None:
        before = list(zip(self._layout.panes, self._panes, strict=True))
        same_panes = [spec.share for spec in layout.panes] == [spec.share for spec, _ in before]
        kept = _matched(before, layout.panes)
        for _spec, pane in before:
            if pane is not None and pane not in kept:
                self._discard(pane)
        changed = layout != self._layout
        self._layout, self._panes = layout, kept
        self._share_anew = self._share_anew or not same_panes
        if changed:
            self.layoutChanged.emit()

    def show_run(self, run_id: str) -> None:
        """Let the panes that follow show another run, or none."""
        run = self._session.runs.get(run_id)
        self._run = run.id if run is not None else ""
        self._take_layout(self._layout if run is None else completed(self._layout, self._session, run.id))
        self._turns.ask(self._fill_all)

    def reveal(self, audio_id: str) -> None:
        """See to it that there is a pane that shows an audio id of the run on show."""
        target = followed(audio_id, self._session)
        if audio_id not in self.shown and resolved(target, self._session, self._run) == audio_id:
            spec = PaneSpec("spectrogram", (target,), display=self._layout.common_display)
            self.show_layout(self._layout.with_pane(spec))

    def show_roll(self) -> None:
        """See to it that the notes of the recording on show are seen: below its spectrogram, if there is no roll."""
        kinds = [spec.kind for spec in self._layout.panes]
        if "roll" not in kinds:
            place = kinds.index("spectrogram") + 1 if "spectrogram" in kinds else len(kinds)
            self.show_layout(self._layout.with_pane(roll_spec(self._layout.common_display), place))

    def move(self, pane: Pane, row: int) -> None:
        """Bring a pane to a row, counted among the panes on show."""
        others = [other for other in self.stack.panes if other is not pane]
        index = self.index_of(pane)
        if row >= len(others):
            to = self.index_of(others[-1]) if others else index
            to += index > to
        else:
            to = self.index_of(others[row])
            to -= index < to
        self.show_layout(self._layout.moved(index, to))

    def resize(self, pane: Pane, factor: float) -> None:
        """Give a pane a larger or smaller share of the height."""
        index = self.index_of(pane)
        spec = self._layout.panes[index]
        self.show_layout(self._layout.replaced(index, dataclasses.replace(spec, share=spec.share * factor)))

    def forget(self) -> None:
        """Let go of everything that was looked at: it belongs to another document."""
        self._shelf.clear()
        self._views.forget()

    def pin(self, pane: Pane, *, keep: bool) -> None:
        """Let a pane keep what it shows now, or follow what is on show."""
        index = self.index_of(pane)
        spec = self._layout.panes[index]
        changed = pinned(spec, self._session, self._run) if keep else unpinned(spec, self._session)
        self.show_layout(self._layout.replaced(index, changed))

    # -- filling -----------------------------------------------------------------------------

    def _discard(self, pane: Pane) -> None:
        if pane in self._unseen:
            self._unseen.remove(pane)
        pane.held.disconnect(self._shelf.keep)
        self.stack.remove_pane(pane)

    def _let_go(self, spare: Pane) -> None:
        spare.held.disconnect(self._shelf.keep)
        spare.release()
        spare.deleteLater()

    def _refill(self, *_ids: object) -> None:
        self._turns.ask(self._fill_all)

    def _fill_all(self) -> None:
        self._turns.forget(self._fill_all)
        if self._run not in self._session.runs:
            self._run = ""
        for index, spec in enumerate(self._layout.panes):
            pane = self._panes[index]
            if pane is not None and not self._is_wanted(spec):
                self._discard(pane)
                self._panes[index], self._share_anew = None, True
            elif pane is not None:
                self._fill(pane, spec)
        missing = self._missing()
        if len(self._lacking(missing)) > 1:
            self._turns.ask(self._make_next)
            self._settle()
        else:
            self._join(missing)

    def _settle(self) -> None:
        self._turns.forget(self._settle)
        self._loader.paint_turns.use_up()
        self.stack.set_painting(True)
        self.stack.arrange([pane for pane in self._panes if pane is not None])
        if self._share_anew:
            self._share_anew = False
            pairs = zip(self._layout.panes, self._panes, strict=True)
            self.stack.set_shares({pane: spec.share for spec, pane in pairs if pane is not None})
        self.shownChanged.emit()

    def _missing(self) -> list[int]:
        """Return the places of the layout whose panes are wanted and not there."""
        pairs = enumerate(zip(self._layout.panes, self._panes, strict=True))
        return [index for index, (spec, pane) in pairs if pane is None and self._is_wanted(spec)]

    def _make_next(self) -> None:
        """Make one pane, or have those that are made join the others."""
        missing = self._missing()
        lacking = self._lacking(missing)
        if lacking:
            pane = self._make(lacking[0].kind)
            self._fill(pane, lacking[0])
            self._spares.append((lacking[0].kind, pane))
            self._turns.ask(self._make_next)
        else:
            # Joining and dividing the height anew take some 10 ms each; what is between them is not to be seen.
            self.stack.set_painting(False)
            self._take_in(missing)
            self._turns.ask(self._settle)

    def _lacking(self, places: Sequence[int]) -> list[PaneSpec]:
        """Return what is wanted at places of the layout and not made yet."""
        lacking = [self._layout.panes[index] for index in places]
        for kind, _ in self._spares:
            lacking = _without_first(lacking, kind)
        return lacking

    def _join(self, places: Sequence[int]) -> None:
        """Have the panes of all places that lack theirs join the others, and divide the height among them."""
        self._take_in(places)
        self._settle()

    def _take_in(self, places: Sequence[int]) -> None:
        """Put panes at all places that lack theirs, from the spares as far as they go."""
        self._turns.forget(self._make_next)
        self._add(places)
        # The layout became another one while they were made.
        for _kind, spare in self._spares:
            self._let_go(spare)
        self._spares.clear()

    def _add(self, places: Sequence[int]) -> None:
        for index in places:
            spec = self._layout.panes[index]
            pane = self._take_spare(spec.kind) or self._make(spec.kind)
            pane.setObjectName(f"{spec.kind}.{'.'.join(spec.targets)}")
            self._panes[index] = pane
            pane.setUpdatesEnabled(False)
            self._unseen.append(pane)
            self.stack.add_pane(pane, stretch=spec.share)
            self._fill(pane, spec)
        self._share_anew = self._share_anew or bool(places)
        self._turns.ask(self._uncover)

    def _uncover(self) -> None:
        """Paint one pane more; those that were there are painted by now, in their new places."""
        if self._unseen:
            self._unseen.pop(0).setUpdatesEnabled(True)
            self._turns.ask(self._uncover)

    def _take_spare(self, kind: Kind) -> Pane | None:
        place = next((place for place, spare in enumerate(self._spares) if spare[0] == kind), None)
        return None if place is None else self._spares.pop(place)[1]

    def _is_wanted(self, spec: PaneSpec) -> bool:
        return bool(self._ids(spec)) or (spec.kind in _EMPTY_WORDS and spec.targets == (SOURCE,))

    def _ids(self, spec: PaneSpec) -> Sequence[str]:
        return shown_ids(spec, self._session, self._run)

    def _make(self, kind: Kind) -> Pane:
        if kind == "roll":
            pane: Pane = PianoRollPane(self._timeline, self._loader, self.board)
        else:
            pane = _MAKERS[kind](self._timeline, self._loader)
        self.stack.host(pane)
        pane.held.connect(self._shelf.keep)
        pane.menuRequested.connect(self.menuRequested)
        pane.unpinned.connect(self._on_unpinned)
        if isinstance(pane, PicturePane | MatrixPane):
            pane.displayChanged.connect(self._on_display)
        if isinstance(pane, PicturePane):
            pane.appliedToAll.connect(self._on_applied_to_all)
            pane.hovered.connect(self.hovered)
        if isinstance(pane, MatrixPane):
            pane.componentChosen.connect(self.componentChosen)
        if isinstance(pane, ActivationsPane):
            pane.host_notes(self.board)
        if isinstance(pane, SpectrogramPane):
            PaintLayer(self.painting, pane, self._turns)
        return pane

    def _fill(self, pane: Pane, spec: PaneSpec) -> None:
        if isinstance(pane, PicturePane | MatrixPane) and pane.display != spec.display:
            pane.set_display(spec.display)
        pane.header.pin.setVisible(spec.pinned)
        ids = self._ids(spec)
        if isinstance(pane, SpectrogramPane):
            pane.name_audio(ids[0] if ids else "")
        if not ids:
            pane.clear(_EMPTY_WORDS.get(spec.kind, ""))
        elif isinstance(pane, MatrixPane | ModelPane):
            self._fill_factors(pane, spec, ids)
        elif isinstance(pane, MaskPane):
            run = self._session.run_of(ids[0])
            everything = (*run.stem_ids, *([run.residual_id] if ids[0] == run.residual_id else []))
            pane.set_share([self._sound(audio_id, spec) for audio_id in everything], everything.index(ids[0]))
        else:
            pane.set_sounds([self._sound(audio_id, spec) for audio_id in ids])
            if isinstance(pane, PianoRollPane):
                source, run = self._session.current_source, self._session.run_of(ids[0])
                pane.show_notes(source is not None and source.id == (ids[0] if run is None else run.source_id))

    def _fill_factors(self, pane: MatrixPane | ModelPane, spec: PaneSpec, run_ids: Sequence[str]) -> None:
        run = self._session.runs[run_ids[0]]
        if isinstance(pane, ModelPane):
            where = f"{run.title}: " if spec.pinned else ""
            clip, matrices = self._session.clip(run.source_id), self._session.matrices(run.id)
            pane.show_model(clip, run.start, run.stop, matrices, where)
            return
        source = self._session.current_source
        if isinstance(pane, ActivationsPane):
            pane.show_notes(source is not None and source.id == run.source_id)
        view = self._views.view(pane.matrix_name, run_ids, told=spec.pinned)
        if view is None:
            pane.clear("Subtracting the matrices of two runs…")
        elif view is not pane.matrix:
            pane.show_matrix(view)

    def _sound(self, audio_id: str, spec: PaneSpec) -> Sound:
        clip = self._session.clip(audio_id)
        offset = self._session.offset(audio_id) / clip.sample_rate
        stem = self._session.stems.get(audio_id)
        run = self._session.run_of(audio_id)
        colour = colour_of_stem(run, stem.name) if stem is not None else stem_colour("residual")
        if audio_id in self._session.sources:
            colour = self._accent
        return Sound(clip, offset, self._title(audio_id, spec), colour)

    def _title(self, audio_id: str, spec: PaneSpec) -> str:
        source, stem = self._session.sources.get(audio_id), self._session.stems.get(audio_id)
        if source is not None:
            return "mixture" if spec.kind != "waveform" and SOURCE in spec.targets else source.name
        followed_here = any(target.startswith(("@stem", RESIDUAL)) for target in spec.targets)
        where = "" if followed_here else f"{self._session.run_of(audio_id).title}: "
        if stem is None:
            return f"{where}residual: what the stems leave" if spec.kind == "spectrogram" else f"{where}residual"
        return f"{where}{stem.name}, iteration {stem.take} of {stem.takes}" if stem.takes else f"{where}{stem.name}"

    # -- answers -----------------------------------------------------------------------------

    def _replace(self, index: int, spec: PaneSpec) -> None:
        """Take over what a pane already shows."""
        self._layout = self._layout.replaced(index, spec)
        self.layoutChanged.emit()

    def _on_display(self, pane: PicturePane | MatrixPane) -> None:
        index = self.index_of(pane)
        self._replace(index, dataclasses.replace(self._layout.panes[index], display=pane.display))

    def _on_applied_to_all(self, display: Display) -> None:
        layout = self._layout
        for index, spec in enumerate(layout.panes):
            own = {name: getattr(spec.display, name) for name in OWN_FIELDS}
            layout = layout.replaced(index, dataclasses.replace(spec, display=dataclasses.replace(display, **own)))
        self.show_layout(layout)

    def _take_shares(self) -> None:
        shares, layout = self.stack.shares, self._layout
        for index, pane in enumerate(self._panes):
            if pane is not None:
                layout = layout.replaced(index, dataclasses.replace(layout.panes[index], share=shares[pane]))
        self._layout = layout
        self.layoutChanged.emit()

    def _on_palette(self) -> None:
        accent = current_palette().accent
        if accent != self._accent:
            self._accent = accent
            self._fill_all()

    def _on_unpinned(self, pane: Pane) -> None:
        self.pin(pane, keep=False)

    def _on_pane_moved(self, pane: Pane, row: int) -> None:
        self.move(pane, row)


def _without_first(specs: Sequence[PaneSpec], kind: Kind) -> list[PaneSpec]:
    """Return all but the first spec of a kind."""
    place = next((place for place, spec in enumerate(specs) if spec.kind == kind), len(specs))
    return [*specs[:place], *specs[place + 1 :]]


def _matched(before: Sequence[tuple[PaneSpec, Pane | None]], specs: Sequence[PaneSpec]) -> list[Pane | None]:
    """Return the pane that goes on as each spec: the one of that very spec, else one of its kind at its place."""
    free = list(range(len(before)))
    matches: list[int | None] = [None] * len(specs)
    for place, spec in enumerate(specs):
        same = next((index for index in free if before[index][0] is spec), None)
        if same is not None:
            matches[place] = same
            free.remove(same)
    for place, spec in enumerate(specs):
        if matches[place] is None and place in free and before[place][0].kind == spec.kind:
            matches[place] = place
            free.remove(place)
    return [None if match is None else before[match][1] for match in matches]
