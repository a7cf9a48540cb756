"""The one table of settings, and the one way in which a change of them is applied."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QObject, QSettings, Signal

from sepstudio.errors import ParameterError


@dataclass(frozen=True)
class Setting:
    """One setting; its type is that of ``default``, ``choices`` or ``bounds`` limit it where they are given."""

    id: str
    title: str
    default: bool | int | float | str
    page: str = ""
    help: str = ""
    choices: tuple[str, ...] = ()
    bounds: tuple[float, float] | None = None
    unit: str = ""

    def accept(self, value: Any) -> Any:
        """Return a value in the type of the setting.

        Raises
        ------
        ParameterError
            If it is of another type, not among the choices or out of bounds.
        """
        kind = type(self.default)
        if kind is bool and isinstance(value, str):
            value = {"true": True, "false": False}.get(value.lower(), value)
        try:
            accepted = value if isinstance(value, kind) else kind(value)
        except (TypeError, ValueError) as error:
            raise ParameterError(self.id, value, f"a value of type {kind.__name__}") from error
        if kind is bool and not isinstance(value, bool | int):
            raise ParameterError(self.id, value, "true or false")
        if self.choices and accepted not in self.choices:
            raise ParameterError(self.id, value, f"one of {', '.join(self.choices)}")
        if self.bounds is not None and not self.bounds[0] <= float(accepted) <= self.bounds[1]:
            raise ParameterError(self.id, value, f"from {self.bounds[0]:g} to {self.bounds[1]:g}")
        return accepted


SETTINGS: tuple[Setting, ...] = (
    Setting("look/light", "Light theme", False, "Look", "Dark is easier on the eyes beside bright pictures"),
    Setting("view/follow", "Follow the playhead", True, "Look", "The view turns a page when the playhead leaves it"),
    Setting(
        "play/return", "Return to the start on pause", False, "Sound", "Playing begins again where it began before"
    ),
)


class Settings(QObject):
    """Keeps the values of the settings across starts; ``changed`` carries the id of one that is another now.

    A stored value that the table does not accept counts as the default: the program always starts.
    """

    changed = Signal(str)

    def __init__(self, store: QSettings, table: Sequence[Setting] = SETTINGS, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._store = store
        self._table = {setting.id: setting for setting in table}

    @property
    def table(self) -> tuple[Setting, ...]:
        """All settings in the order of the table."""
        return tuple(self._table.values())

    def value(self, setting_id: str) -> Any:
        """Return the value of a setting in its type."""
        setting = self._table[setting_id]
        stored = self._store.value(setting_id)
        try:
            return setting.default if stored is None else setting.accept(stored)
        except ParameterError:
            return setting.default

    def set(self, setting_id: str, value: Any) -> None:
        """Change a setting and tell it.

        Raises
        ------
        ParameterError
            If the table does not accept the value; the setting stays as it is.
        """
        accepted = self._table[setting_id].accept(value)
        if accepted != self.value(setting_id):
            self._store.setValue(setting_id, accepted)
            self.changed.emit(setting_id)

    def reset(self, setting_id: str) -> None:
        """Return a setting to its default."""
        self.set(setting_id, self._table[setting_id].default)
