"""Help for those who help: the folder of the log, and a report to send."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtGui import QGuiApplication

from sepstudio.gui.desk import Desk, Handlers
from sepstudio.gui.error_dialog import show_log_folder
from sepstudio.gui.notice import Notice
from sepstudio.gui.report import report_text


class SupportController(QObject):
    """Answers the actions about support, and tells of crashes."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk.window)
        self._desk = desk

    def handlers(self) -> Handlers:
        """Return what answers the actions."""
        return {"log-folder": show_log_folder, "report": self._copy_report}

    def tell_crash(self, crash: Path) -> None:
        """Say quietly that the program ended badly the last time, and where more is known."""
        text = "The program ended unexpectedly the last time."
        self.show(Notice(text, crash, self._desk.window))

    def _copy_report(self) -> None:
        QGuiApplication.clipboard().setText(report_text(self._desk.settings))
        self.show(Notice("The report is on the clipboard: versions, settings and the end of the log.", None))

    def show(self, notice: Notice) -> None:
        """Tell something in one line below the panes, in the place of what was told before."""
        # The bar takes no room while there is nothing to tell.
        bar = self._desk.window.statusBar()
        bar.setSizeGripEnabled(False)
        for earlier in bar.findChildren(Notice):
            bar.removeWidget(earlier)
            earlier.deleteLater()
        bar.addWidget(notice, 1)
        notice.closed.connect(bar.hide)
        notice.show()
        bar.show()
