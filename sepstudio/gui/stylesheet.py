"""The stylesheet of the window, written in the names of the palette."""

from __future__ import annotations

from collections.abc import Mapping
from string import Template

# Widgets choose their part through the dynamic property ``role``; sizes follow the 8 px grid.
_TEMPLATE = Template("""
QToolTip { background: $raised; color: $text; border: 1px solid $line; padding: 4px 6px; }
QMainWindow::separator { background: $line; width: 1px; height: 1px; }
QSplitter::handle { background: $line; }
QSplitter::handle:horizontal { width: 1px; }
QSplitter::handle:vertical { height: 1px; }

QWidget[role="panel"], QScrollArea[role="panel"], QWidget[role="panel-content"] { background: $panel; border: none; }
QFrame[role="strip"] { background: $panel; border: none; }
QFrame[role="card"] { background: $raised; border: 1px solid $line; border-radius: 4px; }
QFrame[role="rule"] { background: $line; border: none; max-height: 1px; min-height: 1px; }
QFrame[role="vertical-rule"] { background: $line; border: none; max-width: 1px; min-width: 1px; }

QFrame[role="card"]:hover { border-color: $muted; }
QFrame[role="card"][shown="true"] { border-color: $accent; }
QFrame[role="card"]:focus { border-color: $text; }
QFrame[role="lane"] { background: transparent; border: 1px solid transparent; border-radius: 4px; }
QFrame[role="lane"]:hover { border-color: $line; }
QFrame[role="lane"]:focus { border-color: $accent; }
QFrame[role="lane"][shown="true"] { background: $raised; }

QLabel { background: transparent; }
QLabel[role="title"] { font-size: 15px; font-weight: 500; }
QLabel[role="caption"] { color: $muted; font-size: 13px; }
QLabel[current="true"] { font-weight: bold; }
QLabel[role="number"] { font-family: "$mono"; }
QLabel[role="muted-number"] { font-family: "$mono"; color: $muted; }
QLabel[role="badge"] {
  color: $window; background: $accent; border-radius: 3px; padding: 0 4px; font-size: 11px; font-weight: 500;
}
QLabel[role="error"] { color: $error; }
QLabel[role="warning"] { color: $warning; }
QLabel[role="stale"] { color: $warning; }
QLabel[role="ok"] { color: $ok; }

QPushButton, QToolButton {
  background: $raised; color: $text; border: 1px solid $line; border-radius: 4px;
  min-height: 26px; padding: 0 10px;
}
QPushButton:hover, QToolButton:hover { border-color: $muted; }
QPushButton:focus, QToolButton:focus { border-color: $accent; }
QPushButton:pressed, QToolButton:pressed { background: $line; }
QPushButton:disabled, QToolButton:disabled { color: $faded; border-color: $raised; }
QPushButton:checked, QToolButton:checked { background: $accent; color: $window; border-color: $accent; }
QPushButton:checked:focus, QToolButton:checked:focus { border-color: $text; }
QPushButton[role="primary"] { background: $accent; color: $window; border-color: $accent; font-weight: 500; }
QPushButton[role="primary"]:hover { background: $accent_hover; border-color: $accent_hover; }
QPushButton[role="primary"]:focus { border-color: $text; }
QPushButton[role="primary"]:disabled { background: $raised; color: $faded; border-color: $raised; }
QPushButton[role="link"] {
  background: transparent; border: none; border-bottom: 1px solid transparent; color: $accent; padding: 0 2px;
  min-height: 20px;
}
QPushButton[role="link"]:focus { border-bottom-color: $accent; }
QPushButton[role="link"]:hover { color: $text; }
QPushButton[role="fold"], QToolButton[role="fold"] {
  background: transparent; border: none; border-bottom: 1px solid transparent; text-align: left; padding: 0;
  color: $muted;
}
QPushButton[role="fold"]:hover, QToolButton[role="fold"]:hover,
QPushButton[role="fold"]:focus, QToolButton[role="fold"]:focus { color: $text; }
QPushButton[role="fold"]:checked, QToolButton[role="fold"]:checked { background: transparent; color: $text; }
QPushButton[role="fold"]:focus, QToolButton[role="fold"]:focus {
  border-color: transparent; border-bottom-color: $accent;
}
QToolButton[role="flat"] { background: transparent; border: 1px solid transparent; padding: 0; min-height: 0; }
IconButton::menu-indicator { image: none; }
QToolButton[role="flat"]:hover { background: $raised; }
QToolButton[role="flat"]:focus { border-color: $accent; }
QToolButton[role="flat"]:pressed { background: $line; }
QToolButton[role="flat"]:checked { background: $accent; }
QToolButton[role="flat"]:checked:focus { border-color: $text; }
QToolButton[role="solo"], QToolButton[role="mute"], QToolButton[role="side"] {
  min-height: 18px; max-height: 18px; min-width: 20px; max-width: 20px; padding: 0;
  border-radius: 3px; color: $muted; font-weight: 500;
}
QToolButton[role="solo"]:checked { background: $warning; border-color: $warning; color: $window; }
QToolButton[role="mute"]:checked { background: $error; border-color: $error; color: $window; }
QToolButton[role="side"] { min-height: 24px; max-height: 24px; min-width: 24px; max-width: 24px; color: $text; }
QToolButton[role="side"]:checked { background: $accent; border-color: $accent; color: $window; }
QToolButton[role="side"]:checked:focus { border-color: $text; }
QToolButton[role="side"]:disabled { color: $faded; }
QToolButton[role="solo"]:checked:focus, QToolButton[role="mute"]:checked:focus { border-color: $text; }

QLineEdit, QAbstractSpinBox, QComboBox, QPlainTextEdit, QTextEdit {
  background: $raised; color: $text; border: 1px solid $line; border-radius: 4px; min-height: 26px; padding: 0 6px;
  selection-background-color: $accent; selection-color: $window;
}
QLineEdit:hover, QAbstractSpinBox:hover, QComboBox:hover { border-color: $muted; }
QLineEdit:focus, QAbstractSpinBox:focus, QComboBox:focus { border-color: $accent; }
QLineEdit:disabled, QAbstractSpinBox:disabled, QComboBox:disabled { color: $faded; }
QAbstractSpinBox { font-family: "$mono"; padding: 0 4px; }
QAbstractSpinBox::up-button, QAbstractSpinBox::down-button {
  subcontrol-origin: border; width: 0; height: 0; border: none;
}
QAbstractSpinBox QLineEdit { background: transparent; border: none; min-height: 0; padding: 0 2px 0 6px; }
QLineEdit[role="flat"], QAbstractSpinBox[role="flat"] {
  background: transparent; border-color: transparent; min-height: 20px;
}
QLineEdit[role="flat"]:hover, QAbstractSpinBox[role="flat"]:hover { border-color: $line; }
QLineEdit[role="flat"]:focus, QAbstractSpinBox[role="flat"]:focus { border-color: $accent; background: $raised; }
QComboBox::drop-down { border: none; width: 20px; subcontrol-position: center right; }
QComboBox::down-arrow {
  width: 0; height: 0; border-left: 4px solid $raised; border-right: 4px solid $raised; border-top: 5px solid $muted;
}
QComboBox QAbstractItemView {
  background: $raised; color: $text; border: 1px solid $line; outline: none; padding: 2px;
  selection-background-color: $accent; selection-color: $window;
}

QCheckBox { spacing: 8px; min-height: 26px; background: transparent; }
QCheckBox:focus { color: $accent; }
QCheckBox::indicator { width: 14px; height: 14px; border: 1px solid $muted; border-radius: 3px; background: $raised; }
QCheckBox::indicator:checked { background: $accent; border-color: $accent; }
QCheckBox::indicator:disabled { border-color: $line; }
QCheckBox::indicator:checked:disabled { background: $faded; }

QSlider { background: transparent; min-height: 20px; }
QSlider::groove:horizontal { height: 4px; border-radius: 2px; background: $line; }
QSlider::sub-page:horizontal { height: 4px; border-radius: 2px; background: $accent; }
QSlider::handle:horizontal {
  width: 12px; height: 12px; margin: -4px 0; border-radius: 6px; background: $text; border: none;
}
QSlider::handle:horizontal:hover, QSlider::handle:horizontal:focus { background: $accent; }
QSlider[role="pan"]::sub-page:horizontal { background: $line; }
QSlider::sub-page:horizontal:disabled { background: $faded; }
QSlider::handle:horizontal:disabled { background: $faded; }

QScrollArea { background: transparent; border: none; }
QScrollBar:vertical { background: transparent; width: 10px; margin: 0; }
QScrollBar:horizontal { background: transparent; height: 10px; margin: 0; }
QScrollBar::handle { background: $line; border-radius: 3px; margin: 2px; }
QScrollBar::handle:vertical { min-height: 24px; }
QScrollBar::handle:horizontal { min-width: 24px; }
QScrollBar::handle:hover { background: $muted; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }

QDialogButtonBox { dialogbuttonbox-buttons-have-icons: 0; }
QTabWidget::pane { border: none; border-top: 1px solid $line; }
QTabBar { background: $window; }
QTabBar::tab {
  background: transparent; color: $muted; padding: 0 14px; min-height: 30px; border: none;
  border-bottom: 2px solid transparent;
}
QTabBar::tab:hover { color: $text; }
QTabBar::tab:selected { color: $text; border-bottom-color: $accent; }
QTabBar[role="views"] { background: $panel; }
QTabBar[role="views"]::tab { padding: 0 10px; min-height: 24px; }
QTabBar[role="views"]::tab:selected:focus { background: $raised; color: $accent; }

QMenuBar { background: $window; color: $text; }
QMenuBar::item { padding: 4px 8px; background: transparent; }
QMenuBar::item:selected { background: $raised; }
QMenu { background: $raised; color: $text; border: 1px solid $line; padding: 4px; }
QMenu::item { padding: 4px 24px 4px 12px; border-radius: 3px; }
QMenu::item:selected { background: $accent; color: $window; }
QMenu::item:disabled { color: $faded; background: transparent; }
QMenu::separator { height: 1px; background: $line; margin: 4px 8px; }

QAbstractItemView {
  background: $panel; alternate-background-color: $raised; border: 1px solid transparent; outline: none;
}
QAbstractItemView:focus { border-color: $accent; }
QListView::item, QTreeView::item, QTableView::item { min-height: 24px; padding: 0 6px; }
QAbstractItemView::item:selected { background: $raised; color: $text; }
QAbstractItemView::item:hover { background: $raised; }
QHeaderView::section {
  background: $panel; color: $muted; border: none; border-bottom: 1px solid $line; padding: 4px 9px;
}
QStatusBar { background: $panel; color: $muted; }
QProgressBar { background: $line; border: none; border-radius: 2px; text-align: center; }
QProgressBar::chunk { background: $accent; border-radius: 2px; }
""")


def stylesheet(colours: Mapping[str, str], monospace: str) -> str:
    """Return the stylesheet for palette colours by name and the family of the number font."""
    return _TEMPLATE.substitute(colours, mono=monospace)
