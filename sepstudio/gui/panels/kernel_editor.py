"""The editor of kernels: which neighbours of a point tell the energy of a source."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from sepstudio.errors import ParameterError
from sepstudio.gui.panels.kernel_grid import KernelGrid
from sepstudio.gui.panels.kernel_picture import (
    CANVASES,
    Cells,
    Resolution,
    canvas_side,
    cells_of,
    extent_text,
    on_canvas,
    trimmed,
)
from sepstudio.gui.panels.kernel_shape_bar import KernelShapeBar
from sepstudio.gui.panels.kernel_sources import SourceList
from sepstudio.gui.theme import GRID
from sepstudio.gui.widgets.icon_button import IconButton
from sepstudio.gui.widgets.labels import label
from sepstudio.gui.widgets.scale import Scale
from sepstudio.gui.widgets.value_slider import NumberBox
from sepstudio.separation.kernels import MAX_DRAWN, KamSource, Kernel, SourceSet

_MAX_ITERATION = 50
_NEW_KERNEL = Kernel("cross", width=9, height=9)


class KernelEditor(QWidget):
    """Edits the sources of kernel additive modelling: names, shapes, sizes, cells and iterations.

    ``sourcesChanged`` carries a new SourceSet after every change by hand, ``sourceSelected``
    the index of the source whose kernel is on the grid.
    """

    sourcesChanged = Signal(object)
    sourceSelected = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("kernel.editor")
        self._sources = SourceSet((KamSource("source 1", _NEW_KERNEL),))
        self._selected = 0
        self._resolution = Resolution()
        self._canvas = CANVASES[1]
        self.list = SourceList()
        self.shapes = KernelShapeBar()
        self.grid = KernelGrid()
        self.iteration = NumberBox(Scale(0, _MAX_ITERATION, 1, True))
        self._smaller = IconButton("zoom-in", "Zoom in", name="kernel.zoom_in", quiet=True)
        self._larger = IconButton("zoom-out", "Zoom out", name="kernel.zoom_out", quiet=True)
        self._extent = label("", "muted-number", name="kernel.extent")
        self._error = label("", "error", name="kernel.error")
        self._arrange()
        self._connect()
        self._show()

    @property
    def sources(self) -> SourceSet:
        """The sources on show."""
        return self._sources

    @property
    def selected(self) -> int:
        """The index of the source whose kernel is on the grid."""
        return self._selected

    @property
    def error(self) -> str:
        """Why the last edit was refused; empty when it was not."""
        return self._error.text()

    def set_sources(self, sources: SourceSet) -> None:
        """Show other sources (at least one); emits nothing."""
        self._sources = sources
        self._selected = min(self._selected, len(sources.sources) - 1)
        self._show()

    def set_resolution(self, resolution: Resolution) -> None:
        """Tell how long a frame and how wide a bin is, for the axes."""
        if resolution != self._resolution:
            self._resolution = resolution
            self._show()

    def select(self, index: int) -> None:
        """Put the kernel of a source on the grid."""
        if index != self._selected:
            self._selected = index
            self._show()
            self.sourceSelected.emit(index)

    def set_kernel(self, index: int, kernel: Kernel) -> None:
        """Give a source another kernel, as an edit by hand."""
        self._edit(index, kernel=kernel)

    # -- edits -------------------------------------------------------------------------------

    def _edit(self, index: int, **changes: object) -> None:
        try:
            edited = self._sources.replaced(index, **changes)
        except ParameterError as error:
            self._refuse(error)
            return
        self._take(edited)

    def _take(self, sources: SourceSet) -> None:
        self._refuse(None)
        changed = sources != self._sources
        self._sources = sources
        self._show()
        if changed:
            self.sourcesChanged.emit(sources)

    def _refuse(self, error: ParameterError | None) -> None:
        self._error.setText(
            "" if error is None else f"{error.name[:1].upper()}{error.name[1:]} must be {error.expected}"
        )
        self._error.setVisible(error is not None)
        if error is not None:
            self._show()

    def _rename(self, index: int, name: str) -> None:
        self._edit(index, name=name)

    def _reshape(self, kernel: Kernel) -> None:
        self._edit(self._selected, kernel=kernel)

    def _draw(self, canvas: Cells) -> None:
        self._canvas = canvas.shape[1]
        self._edit(self._selected, kernel=Kernel.from_footprint(trimmed(canvas)))

    def _set_iteration(self, iteration: int) -> None:
        self._edit(self._selected, iteration=iteration)

    def _add(self) -> None:
        taken = {source.name for source in self._sources.sources}
        name = next(f"source {n}" for n in range(len(taken) + 1, 2 * len(taken) + 3) if f"source {n}" not in taken)
        self._selected = len(self._sources.sources)
        self._take(SourceSet((*self._sources.sources, KamSource(name, _NEW_KERNEL))))
        self.sourceSelected.emit(self._selected)

    def _remove(self, index: int) -> None:
        kept = tuple(source for i, source in enumerate(self._sources.sources) if i != index)
        self._selected = min(self._selected - (index < self._selected), len(kept) - 1)
        self._take(SourceSet(kept))
        self.sourceSelected.emit(self._selected)

    def _zoom_in(self) -> None:
        self._zoom(-1)

    def _zoom_out(self) -> None:
        self._zoom(1)

    def _zoom(self, steps: int) -> None:
        now = CANVASES.index(canvas_side(self._canvas))
        self._canvas = CANVASES[min(max(now + steps, 0), len(CANVASES) - 1)]
        self._show()

    # -- showing -----------------------------------------------------------------------------

    def _show(self) -> None:
        source = self._sources.sources[self._selected]
        self.list.show_sources(self._sources, self._selected)
        self.shapes.show_kernel(source.kernel)
        self.iteration.set_number(source.iteration)
        cells = cells_of(source.kernel)
        height, width = (canvas_side(length, self._canvas) for length in cells.shape)
        self.grid.show_cells(on_canvas(cells, width, height), source.name, self._resolution)
        self._smaller.setEnabled(max(width, height) > canvas_side(max(cells.shape)))
        self._larger.setEnabled(max(width, height) < MAX_DRAWN)
        hint = "" if self.grid.drawable else ", too large to draw on"
        self._extent.setText(extent_text(source.kernel, self._resolution) + hint)

    def _arrange(self) -> None:
        self.iteration.setSpecialValueText("last")
        self.iteration.setObjectName("kernel.iteration")
        self.iteration.setAccessibleName("Iteration that the source is taken from")
        self.iteration.setToolTip("After how many iterations the source is taken; the last one when not said")
        self._error.setWordWrap(True)
        self._error.hide()
        taken = QHBoxLayout()
        taken.addWidget(label("Taken from iteration"))
        taken.addStretch(1)
        taken.addWidget(self.iteration)
        below = QHBoxLayout()
        below.addWidget(self._extent)
        below.addStretch(1)
        below.addWidget(self._smaller)
        below.addWidget(self._larger)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID)
        column.addWidget(self.list)
        column.addWidget(self._error)
        column.addWidget(self.shapes)
        column.addWidget(self.grid)
        column.addLayout(below)
        column.addLayout(taken)

    def _connect(self) -> None:
        self.list.chosen.connect(self.select)
        self.list.renamed.connect(self._rename)
        self.list.removed.connect(self._remove)
        self.list.added.connect(self._add)
        self.shapes.kernelEdited.connect(self._reshape)
        self.grid.drawn.connect(self._draw)
        self.iteration.valueEdited.connect(self._set_iteration)
        self._smaller.clicked.connect(self._zoom_in)
        self._larger.clicked.connect(self._zoom_out)
