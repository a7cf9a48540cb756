"""A button that shows one of our icons in the colours of the palette."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtWidgets import QToolButton, QWidget

from sepstudio.gui.icons import icon
from sepstudio.gui.theme import CONTROL_HEIGHT, FADED, blend, current_palette
from sepstudio.gui.widgets.key_hint import set_hint, set_keys, stand_for

ICON_PIXELS = 18
_QUIET_SIDE = 22
_QUIET_ICON_PIXELS = 16


class IconButton(QToolButton):
    """A flat square button with an icon, a tooltip and the same text for screen readers.

    Parameters
    ----------
    icon_name : str
        A file of ``resources/icons`` without its suffix.
    text : str
        What the button does, a verb first; becomes tooltip and accessible name.
    shortcut : str
        The key that does the same while the button's surroundings have the focus, for the tooltip only.
    action : str
        The id of the action of the window that does the same; the tooltip names its keys.
    name : str
        The object name.
    checkable : bool
        Whether it stays down.
    quiet : bool
        Whether it stands back behind its neighbours: small and muted.
    """

    def __init__(
        self,
        icon_name: str,
        text: str,
        *,
        shortcut: str = "",
        action: str = "",
        name: str = "",
        checkable: bool = False,
        quiet: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._icon_name = icon_name
        self._quiet = quiet
        self._drawn = ("", "")
        self.setProperty("role", "flat")
        self.setObjectName(name or f"button.{icon_name}")
        self.setCheckable(checkable)
        # A click must not take the focus: Space is to play, not to press the last button again.
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        side, pixels = (_QUIET_SIDE, _QUIET_ICON_PIXELS) if quiet else (CONTROL_HEIGHT, ICON_PIXELS)
        self.setFixedSize(side, side)
        self.setIconSize(QSize(pixels, pixels))
        if action:
            stand_for(self, action)
        self.describe(text, shortcut)
        self.toggled.connect(self._recolour)
        self._recolour()

    def describe(self, text: str, shortcut: str = "") -> None:
        """Say what the button does now."""
        self.setAccessibleName(text)
        set_hint(self, text)
        if shortcut:
            set_keys(self, shortcut)

    def set_icon(self, icon_name: str) -> None:
        """Show another icon."""
        if icon_name != self._icon_name:
            self._icon_name = icon_name
            self._recolour()

    @property
    def icon_name(self) -> str:
        """The icon on show."""
        return self._icon_name

    def changeEvent(self, event: QEvent) -> None:
        """Follow a change of theme, and fade while the button cannot be used."""
        super().changeEvent(event)
        if event.type() in (QEvent.Type.StyleChange, QEvent.Type.EnabledChange):
            self._recolour()

    def _recolour(self) -> None:
        colours = current_palette()
        idle = colours.muted if self._quiet else colours.text
        lit = self.isCheckable() and self.isChecked()
        if not self.isEnabled():
            idle = blend(colours.muted, colours.panel, FADED)
        wanted = (self._icon_name, colours.window if lit else idle)
        # The style changes each time that a parent is set; rendering is for when the look does.
        if wanted != self._drawn:
            self._drawn = wanted
            self.setIcon(icon(*wanted))
