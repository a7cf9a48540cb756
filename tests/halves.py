"""Which half of the suite a test file belongs to: the one without Qt, or the one with it."""

import re

NAMES_QT = re.compile(r"\b(PySide6|pyqtgraph|qtbot|qapp)\b|\bsepstudio(\.| import )(gui|session)\b")
