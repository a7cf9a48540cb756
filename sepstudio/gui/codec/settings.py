"""What a scene is encoded with: model, codebooks and convention."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QSizePolicy, QVBoxLayout, QWidget

from sepstudio.gui.codec.convention_box import ConventionBox
from sepstudio.gui.codec.models import CodecModel
from sepstudio.gui.codec.rate_box import RateBox
from sepstudio.gui.theme import CONTROL_HEIGHT, PADDING
from sepstudio.gui.widgets.buttons import push_button
from sepstudio.gui.widgets.check_box import CheckBox
from sepstudio.gui.widgets.key_hint import set_hint, stand_for
from sepstudio.gui.widgets.labels import label
from sepstudio.nn.card_texts import size_text
from sepstudio.separation.codec_method import DEFAULT_MODEL

_LEVEL_TIP = (
    "Bring the loudest sample to half of full scale before encoding, by one gain for all channels that decoding "
    "undoes: models know quiet scenes less well"
)
_NO_MODEL = "No model of the codec is installed. Import one, or train one on scenes of yours."


class CodecSettings(QWidget):
    """``changed`` says that a hand has chosen another model or number of codebooks.

    ``importRequested`` wants a model imported, ``modelWanted`` the name of a model chosen by hand.
    """

    changed = Signal()
    importRequested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("codec.settings")
        self._models: tuple[CodecModel, ...] = ()
        self._wanted = DEFAULT_MODEL
        self._is_read = False
        self.combo = QComboBox()
        self.about = label("", "caption", name="codec.model.about")
        self.problem = label("", "warning", name="codec.model.problem")
        self.get = push_button("codec.model.import", "Import model…", "Choose the file of a codec")
        self.rate = RateBox()
        self.level = CheckBox("Encode at the usual level")
        self.convention = ConventionBox()
        self._describe()
        self._arrange()
        self.combo.activated.connect(self._choose)
        self.rate.codebooksChanged.connect(self._tell)
        self.get.clicked.connect(self.importRequested)
        self.level.clicked.connect(self._tell)
        self._show()

    # -- what the controller tells -----------------------------------------------------------

    def show_models(self, models: Sequence[CodecModel]) -> None:
        """Offer models; the one that was chosen stays so, if it is still there."""
        self._models, self._is_read = tuple(models), True
        self._show()

    def show_choice(self, model: str, codebooks: int) -> None:
        """Show the settings of a run; emits nothing."""
        self._wanted = model
        self._show()
        self.rate.show_codebooks(codebooks)

    # -- what is chosen ----------------------------------------------------------------------

    @property
    def model(self) -> CodecModel | None:
        """The model that is chosen, or None where there is none."""
        found = {model.name: model for model in self._models}
        return found.get(self._wanted) or next(iter(found.values()), None)

    @property
    def codebooks(self) -> int:
        """How many codebooks are decoded: 0 for all."""
        model = self.model
        chosen = self.rate.chosen
        return 0 if model is None or chosen == model.config.codebooks else chosen

    # -- building ----------------------------------------------------------------------------

    def _describe(self) -> None:
        self.combo.setObjectName("codec.model")
        self.combo.setAccessibleName("Model")
        self.combo.setToolTip("The codec that encodes and decodes")
        self.combo.setFixedHeight(CONTROL_HEIGHT)
        self.combo.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.level.setObjectName("codec.level")
        self.level.setChecked(True)
        self.level.setAccessibleName("Encode at the usual level")
        self.level.setToolTip(_LEVEL_TIP)
        for text in (self.about, self.problem):
            text.setWordWrap(True)
        stand_for(self.get, "model-import")
        set_hint(self.get, "Choose the file of a codec")

    def _arrange(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(PADDING)
        title = label("Model")
        title.setBuddy(self.combo)
        model = QVBoxLayout()
        model.setSpacing(4)
        for widget in (title, self.combo, self.about, self.problem, self.get):
            model.addWidget(widget)
        column.addWidget(label("HOA codec", "title"))
        column.addLayout(model)
        column.addWidget(self.rate)
        column.addWidget(self.level)
        column.addWidget(self.convention)

    def _show(self) -> None:
        chosen = self.model
        self.combo.clear()
        for place, model in enumerate(self._models):
            self.combo.addItem(model.name, model.name)
            self.combo.setItemData(place, model.summary, Qt.ItemDataRole.ToolTipRole)
            if model is chosen:
                self.combo.setCurrentIndex(place)
        self.combo.setVisible(chosen is not None)
        self.about.setVisible(chosen is not None)
        if chosen is not None:
            facts = (f"{chosen.card.parameters / 1e6:.1f} M weights", size_text(chosen.card.size))
            self.about.setText(" · ".join(facts))
            self.about.setToolTip(chosen.summary)
        missing = self._is_read and chosen is None
        self.problem.setText(_NO_MODEL)
        self.problem.setVisible(missing)
        self.get.setVisible(missing)
        before = self.rate.codebooks
        self.rate.show_config(chosen.config if chosen is not None else None)
        if self.rate.codebooks is not None and self.rate.codebooks is not before:
            # Made last, it would be the last that Tab comes to.
            QWidget.setTabOrder(self.combo, self.rate.codebooks.slider)
            QWidget.setTabOrder(self.rate.codebooks.slider, self.rate.codebooks.box)

    def _choose(self, _index: int) -> None:
        self._wanted = self.combo.currentData()
        self._show()
        self._tell()

    def _tell(self, _value: object = None) -> None:
        self.changed.emit()
