"""Tooltips that name the keys which do the same, whatever keys these are now."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

# Dynamic properties, so that every kind of control can have a hint: the text without keys, the keys as the
# platform writes them, and the id of the action that the control stands for.
_TEXT, _KEYS, ACTION = "hintText", "hintKeys", "hintAction"


def set_hint(widget: QWidget, text: str) -> None:
    """Give a control a tooltip; the keys of its action follow in brackets."""
    widget.setProperty(_TEXT, text)
    keys = widget.property(_KEYS)
    widget.setToolTip(f"{text} ({keys})" if keys else text)


def set_keys(widget: QWidget, keys: str) -> None:
    """Name other keys in the tooltip of a control."""
    widget.setProperty(_KEYS, keys)
    set_hint(widget, widget.property(_TEXT) or widget.toolTip())


def stand_for(widget: QWidget, action_id: str) -> None:
    """Say that a control does the same as an action of the window, whose keys its tooltip is to name."""
    widget.setProperty(ACTION, action_id)
