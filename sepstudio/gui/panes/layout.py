"""Which panes there are, what they show and how: records that are remembered, and edits of them.

A target names what a pane shows: the id of something that can be heard, which stays whatever is on
show, or ``@source``, ``@stem:0``, ``@stem:1``... and ``@residual``, which follow the recording and the
run on show. Panes of the factors of a run have its id, or ``@run`` for that on show.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from sepstudio.gui.items.matrix_view import has_matrices
from sepstudio.gui.panes.display import SCORE_PRESET, Display, display_from
from sepstudio.session.session import Session

Kind = Literal[
    "waveform",
    "spectrogram",
    "overlay",
    "difference",
    "mask",
    "templates",
    "activations",
    "model",
    "remainder",
    "roll",
    "dt",
    "df",
    "phase",
]
KINDS: tuple[Kind, ...] = get_args(Kind)
SOURCE, RESIDUAL, STEM, RUN = "@source", "@residual", "@stem:", "@run"
TARGETS_OF = {
    "waveform": 1, "spectrogram": 1, "overlay": 2, "difference": 2, "mask": 1,
    "templates": 1, "activations": 1, "model": 1, "remainder": 1, "roll": 1, "dt": 1, "df": 1, "phase": 1,
}  # fmt: skip
# Panes of the factors of a run. The target of the first two may be followed by a run to subtract.
COMPARABLE_KINDS: frozenset[Kind] = frozenset({"templates", "activations"})
RUN_KINDS: frozenset[Kind] = COMPARABLE_KINDS | {"model", "remainder"}
# Shares of the height: the mixture is seen as large as two waveforms.
WAVEFORM_SHARE, MIXTURE_SHARE, STEM_SHARE = 2.0, 5.0, 4.0
MOST_PANES = 64
MOST_STEM_PANES = 8


@dataclass(frozen=True)
class PaneSpec:
    """A pane of one kind; ``share`` is its part of the height in comparison with the others."""

    kind: Kind
    targets: tuple[str, ...]
    share: float = STEM_SHARE
    display: Display = field(default_factory=Display)

    @property
    def pinned(self) -> bool:
        """Whether it shows the same whatever is on show elsewhere."""
        return all(not target.startswith("@") for target in self.targets)


@dataclass(frozen=True)
class Layout:
    """All panes from top to bottom, those that have nothing to show at present among them.

    ``closed`` are targets of stems whose own spectrogram the user took away, and kinds of panes of factors: they do
    not come by themselves.
    """

    panes: tuple[PaneSpec, ...] = ()
    closed: tuple[str, ...] = ()

    def replaced(self, index: int, spec: PaneSpec) -> Layout:
        """Return a layout with another pane at a place."""
        panes = list(self.panes)
        panes[index] = spec
        return dataclasses.replace(self, panes=tuple(panes))

    def with_pane(self, spec: PaneSpec, index: int | None = None) -> Layout:
        """Return a layout with one more pane, at the bottom or at a place."""
        panes = list(self.panes)
        panes.insert(len(panes) if index is None else index, spec)
        own = (*spec.targets, spec.kind)
        return Layout(tuple(panes), tuple(target for target in self.closed if target not in own))

    def without(self, index: int) -> Layout:
        """Return a layout with one pane less."""
        spec = self.panes[index]
        own = spec.targets if spec.kind == "spectrogram" and spec.targets[0].startswith(STEM) else ()
        own = (spec.kind,) if spec.kind in COMPARABLE_KINDS else own
        panes = self.panes[:index] + self.panes[index + 1 :]
        return Layout(panes, tuple(dict.fromkeys((*self.closed, *own))))

    def moved(self, index: int, to: int) -> Layout:
        """Return a layout in which a pane has gone to another place."""
        panes = list(self.panes)
        panes.insert(to, panes.pop(index))
        return dataclasses.replace(self, panes=tuple(panes))

    def with_stems(self, count: int) -> Layout:
        """Return a layout that has a spectrogram for each of so many stems, but for those that were closed.

        A run with a stem for every note brings none: nobody could look at hundreds.
        """
        layout = self
        for index in range(count if count <= MOST_STEM_PANES else 0):
            target = f"{STEM}{index}"
            known = any(spec.kind == "spectrogram" and spec.targets == (target,) for spec in layout.panes)
            if not known and target not in self.closed:
                layout = layout.with_pane(PaneSpec("spectrogram", (target,), display=self.common_display))
        return layout

    def with_factors(self) -> Layout:
        """Return a layout that has templates and activations below the mixture, but for those that were closed."""
        layout = self
        for kind in ("activations", "templates"):
            if kind not in self.closed and all(spec.kind != kind for spec in layout.panes):
                mixtures = [n for n, spec in enumerate(layout.panes) if spec.targets == (SOURCE,)]
                place = mixtures[-1] + 1 if mixtures else len(layout.panes)
                layout = layout.with_pane(PaneSpec(kind, (RUN,)), place)
        return layout

    @property
    def common_display(self) -> Display:
        """How the first spectrogram draws, which new ones take over."""
        return next((spec.display for spec in self.panes if spec.kind not in ("waveform", "roll")), Display())

    def with_display(self, **values: Any) -> Layout:
        """Return a layout whose panes all draw with some values of the display."""
        panes = (dataclasses.replace(spec, display=dataclasses.replace(spec.display, **values)) for spec in self.panes)
        return dataclasses.replace(self, panes=tuple(panes))

    def with_usual(self, field: str, before: Any, value: Any) -> Layout:
        """Return a layout whose panes draw with a new usual value of the display, but for those that had another."""
        panes = (
            dataclasses.replace(spec, display=dataclasses.replace(spec.display, **{field: value}))
            if getattr(spec.display, field) == before
            else spec
            for spec in self.panes
        )
        return dataclasses.replace(self, panes=tuple(panes))

    def following(self) -> Layout:
        """Return what of it makes sense in another document: the panes that are tied to nothing of this one."""
        free = tuple(spec for spec in self.panes if all(target.startswith("@") for target in spec.targets))
        return dataclasses.replace(self, panes=free)

    def to_json(self) -> dict[str, Any]:
        """Return the layout as JSON values."""
        panes = [
            {"kind": spec.kind, "targets": list(spec.targets), "share": round(spec.share, 3),
             "display": spec.display.to_json()}
            for spec in self.panes
        ]  # fmt: skip
        return {"panes": panes, "closed": list(self.closed)}


def roll_spec(display: Display, targets: tuple[str, ...] = (SOURCE,)) -> PaneSpec:
    """Return a piano roll in the colours and with the contrast of another picture."""
    return PaneSpec("roll", targets, MIXTURE_SHARE, SCORE_PRESET.on(display))


DEFAULT_LAYOUT = Layout(
    (PaneSpec("waveform", (SOURCE,), WAVEFORM_SHARE), PaneSpec("spectrogram", (SOURCE,), MIXTURE_SHARE))
)


def layout_from(values: object) -> Layout | None:
    """Return the layout that JSON values describe, without the panes that make no sense; None if nothing does."""
    if not isinstance(values, Mapping) or not isinstance(values.get("panes"), list):
        return None
    specs = [_spec_from(value) for value in values["panes"][:MOST_PANES]]
    closed = values.get("closed")
    names = tuple(name for name in closed if isinstance(name, str)) if isinstance(closed, list) else ()
    return Layout(tuple(spec for spec in specs if spec is not None), names)


def _spec_from(values: object) -> PaneSpec | None:
    if not isinstance(values, Mapping) or values.get("kind") not in KINDS:
        return None
    targets, share = values.get("targets"), values.get("share")
    if not isinstance(targets, list) or not all(isinstance(target, str) and target for target in targets):
        return None
    least = TARGETS_OF[values["kind"]]
    if not least <= len(targets) <= (2 if values["kind"] in COMPARABLE_KINDS else least):
        return None
    share = min(max(float(share), 0.01), 1e4) if isinstance(share, int | float) and share == share else STEM_SHARE
    return PaneSpec(values["kind"], tuple(targets), share, display_from(values.get("display")))


# -- targets and what they stand for -----------------------------------------------------------


def resolved(target: str, session: Session, run_id: str) -> str:
    """Return the id that a target stands for while a run is on show, or "" if there is none."""
    if not target.startswith("@"):
        known = target in session.sources or session.run_of(target) is not None
        # What a run that was removed has left stays for when it comes back.
        factored = target in session.runs and has_matrices(session.matrices(target))
        return target if known or factored else ""
    if target == SOURCE:
        return session.current_source.id if session.current_source is not None else ""
    run = session.runs.get(run_id)
    if run is None:
        return ""
    if target == RESIDUAL:
        return run.residual_id
    if target == RUN:
        return run.id if has_matrices(session.matrices(run.id)) else ""
    number = target.removeprefix(STEM)
    return run.stem_ids[int(number)] if number.isdecimal() and int(number) < len(run.stem_ids) else ""


def completed(layout: Layout, session: Session, run_id: str) -> Layout:
    """Return a layout with all that comes by itself for a run: its stems, and its factors if it has any."""
    run = session.runs[run_id]
    layout = layout.with_stems(len(run.stem_ids))
    return layout.with_factors() if has_matrices(session.matrices(run.id)) else layout


def followed(audio_id: str, session: Session) -> str:
    """Return the target that follows what is on show and stands for an audio id when its run is."""
    if audio_id in session.sources:
        return SOURCE
    if audio_id in session.runs:
        return RUN
    stem = session.stems.get(audio_id)
    return RESIDUAL if stem is None else f"{STEM}{session.runs[stem.run_id].stem_ids.index(audio_id)}"


def pinned(spec: PaneSpec, session: Session, run_id: str) -> PaneSpec:
    """Return a pane that keeps showing what it shows now."""
    targets = tuple(resolved(target, session, run_id) or target for target in spec.targets)
    return dataclasses.replace(spec, targets=targets)


def unpinned(spec: PaneSpec, session: Session) -> PaneSpec:
    """Return a pane that follows what is on show."""
    targets = tuple(target if target.startswith("@") else followed(target, session) for target in spec.targets)
    return dataclasses.replace(spec, targets=targets)


def shown_ids(spec: PaneSpec, session: Session, run_id: str) -> Sequence[str]:
    """Return the ids of what a pane shows, or nothing if one of them is not there; a run to subtract may lack."""
    ids = [resolved(target, session, run_id) for target in spec.targets]
    if spec.kind in COMPARABLE_KINDS and ids[0]:
        return [found for found in ids if found]
    return ids if all(ids) else ()
