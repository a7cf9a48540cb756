"""The page of kernel additive modelling, with its kernels."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QGridLayout, QVBoxLayout, QWidget

from sepstudio.gui.panels.kernel_card import KernelCard
from sepstudio.gui.panels.kernel_editor import KernelEditor
from sepstudio.gui.panels.kernel_picture import Resolution
from sepstudio.gui.panels.method_page import MethodPage
from sepstudio.gui.theme import GRID
from sepstudio.gui.turns import Turns
from sepstudio.gui.widgets.fold import Fold
from sepstudio.separation.base import MethodSpec
from sepstudio.separation.kam import KamParams
from sepstudio.separation.kernels import MAX_SOURCES, Kernel, SourceSet

_COLUMNS = 2


class KernelsEditor(QWidget):
    """The kernels in small, and the whole editor under a fold; edits the sources of KamParams."""

    valueChanged = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._sample_rate = Resolution.sample_rate
        self._params = KamParams()
        self.editor = KernelEditor()
        self.fold = Fold("Edit or draw kernels", "kernel.fold", self.editor)
        self.cards = [KernelCard(index) for index in range(MAX_SOURCES)]
        grid = QGridLayout()
        grid.setSpacing(GRID)
        for index, card in enumerate(self.cards):
            grid.addWidget(card, index // _COLUMNS, index % _COLUMNS)
            grid.setColumnStretch(index % _COLUMNS, 1)
            card.chosen.connect(self._open)
            card.kernelEdited.connect(self._resize)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID // 2)
        column.addLayout(grid)
        column.addWidget(self.fold)
        self.editor.sourcesChanged.connect(self._edited)
        self.editor.sourceSelected.connect(self._show_cards)
        self.fold.toggled.connect(self._show_cards)

    def show_params(self, params: KamParams) -> None:
        """Show the sources that the parameters stand for; emits nothing."""
        self._params = params
        if params.source_set != self.editor.sources:
            self.editor.set_sources(params.source_set)
        self._show_resolution()
        self._show_cards()

    def apply_to(self, params: KamParams) -> KamParams:
        """Return the parameters with the sources of the editor."""
        return params.with_sources(self.editor.sources)

    def set_sample_rate(self, sample_rate: int) -> None:
        """Tell the rate in Hz of the recording, for the axes of the grid."""
        self._sample_rate = sample_rate
        self._show_resolution()

    def _show_resolution(self) -> None:
        self.editor.set_resolution(Resolution(self._sample_rate, self._params.fft_size, self._params.hop_size))

    def _show_cards(self) -> None:
        sources = self.editor.sources.sources
        for index, card in enumerate(self.cards):
            card.setVisible(index < len(sources))
            if index < len(sources):
                selected = index == self.editor.selected and self.fold.button.isChecked()
                card.show_source(sources[index], selected=selected)

    def _open(self, index: int) -> None:
        self.editor.select(index)
        self.fold.set_open(True)

    def _resize(self, index: int, kernel: Kernel) -> None:
        self.editor.set_kernel(index, kernel)

    def _edited(self, sources: SourceSet) -> None:
        self._show_cards()
        self.valueChanged.emit(sources)


class KamPage(MethodPage):
    """The page of kernel additive modelling."""

    def __init__(self, spec: MethodSpec, turns: Turns | None = None, parent: QWidget | None = None) -> None:
        # The two lengths are set on the kernels themselves.
        lengths = ("harmonic_length", "percussive_length")
        super().__init__(spec, editors={"sources": KernelsEditor}, hidden=lengths, turns=turns, parent=parent)

    @property
    def kernels(self) -> KernelsEditor:
        """The editor of the kernels."""
        return self.form.editor("sources")

    def set_sample_rate(self, sample_rate: int) -> None:
        """Tell the rate in Hz of the current recording, for the axes of the kernels."""
        self.kernels.set_sample_rate(sample_rate)
