"""The dialog that tells of an error: what happened, why, and what to do; the rest is folded."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, QUrl
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLabel, QPlainTextEdit, QVBoxLayout, QWidget

from sepstudio.gui.advice import advise
from sepstudio.gui.icons import icon
from sepstudio.gui.report import report_text
from sepstudio.gui.settings import Settings
from sepstudio.gui.theme import GRID, PADDING, current_palette, number_font
from sepstudio.gui.widgets.buttons import push_button
from sepstudio.gui.widgets.fold import Fold
from sepstudio.gui.widgets.labels import label
from sepstudio.paths import log_dir

WORDS_WIDTH, DETAILS_HEIGHT, SIGN_PIXELS = 460, 200, 32


class ErrorDialog(QDialog):
    """Tells of one error and stays until it is closed; jobs and sound go on behind it."""

    def __init__(self, parent: QWidget | None, title: str, error: BaseException, details: str) -> None:
        super().__init__(parent)
        self.setObjectName("error-dialog")
        self.setWindowTitle(title)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        what, self._explanation = _told(title, error)
        self._details = details or f"{type(error).__name__}: {error}"
        self._what = label(what, "title", name="error.what")
        self._why = label(self._explanation, name="error.why")
        self._copy = push_button("error.copy", "Copy report", "Copy versions, settings, the log and details, to send")
        self._show_log = push_button("error.log", "Show log", "Open the folder in which the log lies")
        self._close = push_button("error.close", "Close", "Close this message")
        self._text = QPlainTextEdit(self._details)
        self._arrange()
        self._copy.clicked.connect(self._copy_report)
        self._show_log.clicked.connect(show_log_folder)
        self._close.clicked.connect(self.accept)
        self._close.setDefault(True)
        self._close.setFocus()

    def text(self) -> str:
        """Return what happened."""
        return self._what.text()

    def informativeText(self) -> str:
        """Return why it happened and what to do."""
        return self._explanation

    def detailedText(self) -> str:
        """Return what is folded."""
        return self._details

    def report(self) -> str:
        """Return what "Copy report" copies."""
        window = self.parentWidget()
        settings = window.findChild(Settings) if window is not None else None
        return report_text(settings, f"{self.windowTitle()}: {self.text()}\n{self._explanation}\n{self._details}")

    def _copy_report(self) -> None:
        QGuiApplication.clipboard().setText(self.report())
        self._copy.setText("Copied")

    def _arrange(self) -> None:
        sign = QLabel()
        size = QSize(SIGN_PIXELS, SIGN_PIXELS)
        sign.setPixmap(icon("warning", current_palette().warning).pixmap(size, self.devicePixelRatio()))
        words = QVBoxLayout()
        words.setSpacing(GRID)
        for line in (self._what, self._why):
            line.setWordWrap(True)
            line.setFixedWidth(WORDS_WIDTH)
            line.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            words.addWidget(line)
        top = QHBoxLayout()
        top.setSpacing(PADDING)
        top.addWidget(sign, 0, Qt.AlignmentFlag.AlignTop)
        top.addLayout(words, 1)
        buttons = QHBoxLayout()
        buttons.setSpacing(GRID)
        buttons.addWidget(self._copy)
        buttons.addWidget(self._show_log)
        buttons.addStretch(1)
        buttons.addWidget(self._close)
        column = QVBoxLayout(self)
        column.setSizeConstraint(QVBoxLayout.SizeConstraint.SetFixedSize)
        column.setContentsMargins(2 * GRID, 2 * GRID, 2 * GRID, 2 * GRID)
        column.setSpacing(PADDING)
        column.addLayout(top)
        column.addWidget(self._folded())
        column.addLayout(buttons)

    def _folded(self) -> Fold:
        self._text.setObjectName("error.details")
        self._text.setAccessibleName("Details")
        self._text.setToolTip("What helps to find the reason")
        self._text.setReadOnly(True)
        self._text.setTabChangesFocus(True)
        self._text.setFont(number_font())
        self._text.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self._text.setFixedHeight(DETAILS_HEIGHT)
        return Fold("Details", "error.fold", self._text)


def error_box(parent: QWidget | None, title: str, error: BaseException, details: str) -> ErrorDialog:
    """Return a dialog that says what happened, why, and what to do; the details are folded."""
    return ErrorDialog(parent, title, error, details)


def show_log_folder() -> None:
    """Open the folder of the log in the file manager."""
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(log_dir())))


def _told(title: str, error: BaseException) -> tuple[str, str]:
    told = advise(title, error)
    if told is None:
        return (
            f"{title} failed because of a defect in the program.",
            f"{type(error).__name__}: {error}\nYour work is untouched. The report helps to find the reason.",
        )
    return told.what, f"{_sentence(told.why)}\n{_sentence(told.remedy)}"


def _sentence(words: str) -> str:
    return f"{words[:1].upper()}{words[1:]}."
