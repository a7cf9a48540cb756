"""The choice of a model, and of the instruments in it that become stems."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QComboBox, QFileDialog, QGridLayout, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from sepstudio.errors import CheckpointError
from sepstudio.gui.theme import CONTROL_HEIGHT, GRID
from sepstudio.gui.widgets.check_box import CheckBox
from sepstudio.gui.widgets.labels import label
from sepstudio.gui.widgets.swatch import Swatch
from sepstudio.nn.card_texts import card_rows, channels_text, hearing_text
from sepstudio.nn.library import DEFAULT_MODEL, SUFFIX, InstalledModel
from sepstudio.nn.phase_cards import ModelCard, find_phase_model, installed_phase_models, read_model_card
from sepstudio.separation.phase_dnn import REST, Instruments, PhaseDnnParams, leaves_rest

OTHER = "Other file…"
_FILTER = f"Models (*{SUFFIX});;All files (*)"
_COLUMNS = 2


class ModelEditor(QWidget):
    """Edits model and instruments of PhaseDnnParams; the list of models is read anew whenever it comes into view."""

    valueChanged = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._params = PhaseDnnParams()
        self._listed: tuple[InstalledModel, ...] = ()
        self._card: ModelCard | None = None
        self.combo = QComboBox()
        self.about = label("", "caption", name="networks.about")
        self.problem = label("", "error", name="networks.problem")
        self.boxes = InstrumentBoxes()
        self.rest = label("", "caption", name="networks.rest")
        self._describe()
        self._arrange()
        self.combo.activated.connect(self._choose)
        self.boxes.changed.connect(self._tick)
        self._list()

    # -- as an editor of a form --------------------------------------------------------------

    def show_params(self, params: PhaseDnnParams) -> None:
        """Show the model and the instruments; emits nothing."""
        is_new = params.model != self._params.model
        self._params = params
        if is_new:
            self._list()
        else:
            self._show_instruments()

    def apply_to(self, params: PhaseDnnParams) -> PhaseDnnParams:
        """Return the parameters with what is chosen here."""
        return dataclasses.replace(params, model=self._params.model, instruments=self._params.instruments)

    @property
    def card(self) -> ModelCard | None:
        """What the chosen model says of itself, or None where it cannot be read."""
        return self._card

    def showEvent(self, event: QShowEvent) -> None:
        """Look for models that were installed or deleted meanwhile."""
        super().showEvent(event)
        self._list()

    # -- building ----------------------------------------------------------------------------

    def _describe(self) -> None:
        self.combo.setObjectName("networks.model")
        self.combo.setAccessibleName("Model")
        self.combo.setFixedHeight(CONTROL_HEIGHT)
        self.combo.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        for text in (self.about, self.problem, self.rest):
            text.setWordWrap(True)

    def _arrange(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID // 2)
        title = label("Model")
        title.setBuddy(self.combo)
        for widget in (title, self.combo, self.about, self.problem, self.boxes, self.rest):
            column.addWidget(widget)

    # -- the list ----------------------------------------------------------------------------

    def _list(self) -> None:
        """Show the models at hand, and which of them is chosen."""
        self._listed = installed_phase_models()
        self.combo.clear()
        for model in self._listed:
            self._add(model.name, model.path, f"{model.name} (default)" if model.name == DEFAULT_MODEL else model.name)
        chosen = self._find(self._params.model)
        if chosen < 0:
            self._add(self._params.model, None, _file_text(self._params.model))
            chosen = self.combo.count() - 1
        self.combo.insertSeparator(self.combo.count())
        self.combo.addItem(OTHER)
        self.combo.setItemData(self.combo.count() - 1, "Choose the file of a model", Qt.ItemDataRole.ToolTipRole)
        self.combo.setCurrentIndex(chosen)
        self._read()

    def _add(self, name: str, path: Path | None, text: str) -> None:
        self.combo.addItem(text, name)
        tip = _tip(_card(path)) if path is not None else name
        self.combo.setItemData(self.combo.count() - 1, tip, Qt.ItemDataRole.ToolTipRole)

    def _find(self, name: str) -> int:
        places = [place for place in range(self.combo.count()) if self.combo.itemData(place) == name]
        return places[0] if places else -1

    def _read(self) -> None:
        """Read the card of the model that is chosen."""
        try:
            self._card, problem = read_model_card(find_phase_model(self._params.model)), ""
        except CheckpointError as error:
            self._card, problem = None, f"{error.what} {error.why}; {error.remedy}."
        self.problem.setText(problem)
        self.problem.setVisible(bool(problem))
        self.about.setText(_about(self._card) if self._card is not None else "")
        self.about.setVisible(self._card is not None)
        self.combo.setToolTip(_tip(self._card) or problem)
        self._show_instruments()

    def _show_instruments(self) -> None:
        instruments = self._card.instruments if self._card is not None else ()
        chosen = [name for name in self._params.instruments.names if name in instruments] or instruments
        self.boxes.show_instruments(instruments, chosen)
        left = bool(instruments) and (len(chosen) < len(instruments) or leaves_rest(instruments))
        self.rest.setText(f"Everything else becomes the stem “{REST}”.")
        self.rest.setVisible(left)

    # -- edits -------------------------------------------------------------------------------

    def _choose(self, index: int) -> None:
        name = self.combo.itemData(index)
        if name is None:
            path, _ = QFileDialog.getOpenFileName(self, "Choose a model", "", _FILTER)
            name = path or self._params.model
        self._edit(dataclasses.replace(self._params, model=name, instruments=Instruments()))
        self._list()

    def _tick(self) -> None:
        chosen, instruments = self.boxes.chosen, self.boxes.instruments
        names = () if len(chosen) == len(instruments) else chosen
        self._edit(dataclasses.replace(self._params, instruments=Instruments(names)))
        self._show_instruments()

    def _edit(self, params: PhaseDnnParams) -> None:
        if params != self._params:
            self._params = params
            self.valueChanged.emit(params)


class InstrumentBoxes(QWidget):
    """A tick and the colour of its stem for each instrument; one at least stays ticked."""

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("networks.instruments")
        self.setAccessibleName("Instruments")
        self._boxes: dict[str, CheckBox] = {}
        self._rows: list[QWidget] = []
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(GRID // 2)
        for column in range(_COLUMNS):
            self._grid.setColumnStretch(column, 1)

    @property
    def instruments(self) -> tuple[str, ...]:
        """All instruments on show."""
        return tuple(self._boxes)

    @property
    def chosen(self) -> tuple[str, ...]:
        """Those that are ticked, in order."""
        return tuple(name for name, box in self._boxes.items() if box.isChecked())

    def box(self, instrument: str) -> CheckBox:
        """Return the box of an instrument."""
        return self._boxes[instrument]

    def show_instruments(self, instruments: Sequence[str], chosen: Sequence[str]) -> None:
        """Show instruments and which are ticked; emits nothing."""
        if tuple(instruments) != self.instruments:
            self._make(instruments)
        for name, box in self._boxes.items():
            box.setChecked(name in chosen)
            is_last = box.isChecked() and len(chosen) == 1
            box.setEnabled(not is_last or len(self._boxes) == 1)
            box.setToolTip("One instrument at least becomes a stem" if is_last else f"Make a stem of {name}")

    def _make(self, instruments: Sequence[str]) -> None:
        for row in self._rows:
            row.hide()
            row.deleteLater()
        self._boxes, self._rows = {}, []
        for place, name in enumerate(instruments):
            box = CheckBox(name.replace("&", "&&"))
            box.setObjectName(f"networks.instrument.{name}")
            box.setAccessibleName(f"Stem of {name}")
            box.clicked.connect(self._on_clicked)
            row = QWidget()
            line = QHBoxLayout(row)
            line.setContentsMargins(0, 0, 0, 0)
            line.setSpacing(GRID)
            line.addWidget(Swatch(name))
            line.addWidget(box, 1)
            self._boxes[name] = box
            self._rows.append(row)
            self._grid.addWidget(row, place // _COLUMNS, place % _COLUMNS)

    def _on_clicked(self) -> None:
        if not self.chosen:
            self.sender().setChecked(True)
        else:
            self.changed.emit()


def _card(path: Path) -> ModelCard | None:
    try:
        return read_model_card(path)
    except CheckpointError:
        return None


def _about(card: ModelCard) -> str:
    rate = f"{card.sample_rate / 1000:g} kHz {channels_text(card.channels)}"
    summary = card.summary.strip()
    summary = f"{summary[:1].upper()}{summary[1:]}"
    ended = f"{summary}." if summary and summary[-1] not in ".!?" else summary
    return f"{ended} Hears {hearing_text(card)}; {rate}.".strip()


def _tip(card: ModelCard | None) -> str:
    if card is None:
        return ""
    rows = [f"{title}: {text}" for title, text in card_rows(card)]
    return "\n".join([card.name, card.summary, "", *rows])


def _file_text(name: str) -> str:
    return Path(name).name or name
