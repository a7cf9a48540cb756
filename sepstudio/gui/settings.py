"""The one table of settings, and the one way in which a change of them is applied."""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QObject, QSettings, Signal

from sepstudio.errors import ParameterError
from sepstudio.gui.export_formats import EXPORT_FORMATS
from sepstudio.gui.items.colours import COLOUR_MAPS
from sepstudio.playback.folds import HEARING_NAMES
from sepstudio.tiles.scales import SCALE_KINDS

_log = logging.getLogger(__name__)


def usable_cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@dataclass(frozen=True)
class Setting:
    """One setting; its type is that of ``default``, ``choices`` or ``bounds`` limit it where they are given.

    ``titles`` are what the choices are called in front of the user. A setting without a ``page``
    is kept like the others, but is not offered in the preferences.
    """

    id: str
    title: str
    default: bool | int | float | str
    page: str = ""
    help: str = ""
    choices: tuple[str, ...] = ()
    bounds: tuple[float, float] | None = None
    unit: str = ""
    titles: tuple[str, ...] = ()

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
        "view/wheel", "Mouse wheel over a pane", "zoom", "Look",
        "With the other choice the wheel scrolls in time, and zooms while Ctrl is held", choices=("zoom", "scroll"),
        titles=("Zooms; with Ctrl it scrolls", "Scrolls; with Ctrl it zooms"),
    ),
    Setting(
        "spectrogram/colours", "Colour map", "magma", "Spectrogram",
        "The colours of new spectrograms; cividis looks the same with any colour vision", choices=tuple(COLOUR_MAPS),
    ),
    Setting(
        "spectrogram/scale", "Frequency axis", "mel", "Spectrogram",
        "How new spectrograms space frequencies: as the ear does, by octaves, or evenly in Hz",
        choices=tuple(SCALE_KINDS), titles=("Mel, as the ear hears", "Log, by octaves", "Linear, in Hz"),
    ),
    Setting(
        "spectrogram/range", "Range of levels", 80, "Spectrogram",
        "From the brightest to the darkest level of new spectrograms", bounds=(20, 110), unit="dB",
    ),
    # Written by what the user does with panes and scores, not by a form.
    Setting("scores/import", "Import of scores", ""),
    Setting("scores/hear", "Hear notes and components that are clicked", True),
    Setting("panes/layout", "Panes of new documents", ""),
    Setting("sound/device", "Sound device", "", "Sound", "Where the sound goes; a change keeps the position"),
    Setting(
        "sound/fold", "Ambisonics is heard", "binaural", "Sound",
        "Through headphones, by ears that turn with the head; or through loudspeakers, from two virtual cardioid "
        "microphones to the left and to the right, or from the omnidirectional channel alone",
        choices=HEARING_NAMES, titles=("Binaural, for headphones", "Stereo from W and Y", "W only"),
    ),
    # The file is chosen beside the head, on the tab of the codec.
    Setting("sound/ears", "File of measured ears", ""),
    Setting(
        "sound/tracker", "Follow a head tracker", False, "Sound",
        "Takes Open Sound Control over UDP: /yaw, /pitch, /roll and /ypr in degrees, /quaternion as w, x, y, z",
    ),
    Setting(
        "sound/tracker-port", "Port of the head tracker", 9000, "Sound",
        "Where the tracker sends to", bounds=(1024, 65535),
    ),
    Setting(
        "sound/tracker-network", "Allow head trackers on other computers", False, "Sound",
        "Otherwise only programs on this computer may turn the head",
    ),
    *(
        Setting(
            f"sound/tracker-{angle}", f"Reverse the {angle} of the tracker", False, "Sound",
            f"For trackers whose {angle} counts the other way: {positive} is positive here",
        )
        for angle, positive in (("yaw", "left"), ("pitch", "down"), ("roll", "the left ear higher"))
    ),
    Setting(
        "play/return", "Return to the start on pause", False, "Sound", "Playing begins again where it began before"
    ),
    Setting(
        "compute/preview", "Length of a preview", 10, "Computing",
        "How much of the recording a preview takes when nothing is selected", bounds=(1, 120), unit="s",
    ),
    Setting(
        "compute/threads", "Threads", usable_cores(), "Computing",
        "How many cores a method may use at once; fewer leave more to other programs", bounds=(1, usable_cores()),
    ),
    Setting(
        "compute/memory", "Memory for methods", 1024, "Computing",
        "What a method may use beside the recording itself; less is slower, never worse", bounds=(256, 32768),
        unit="MiB",
    ),
    Setting(
        "files/export", "Format of exports", next(iter(EXPORT_FORMATS)), "Files",
        "What exports are offered in first; 32-bit float changes nothing at all", choices=tuple(EXPORT_FORMATS),
    ),
    Setting(
        "files/recent", "Recent projects in the menu", 8, "Files", "How many projects the menu File remembers",
        bounds=(0, 30),
    ),
)  # fmt: skip


class Settings(QObject):
    """Keeps the values of the settings across starts; ``changed`` carries the id of one that is another now.

    A stored value that the table does not accept counts as the default, and the log tells it: the
    program always starts. What equals its default is not stored, so that a better default reaches everybody.
    """

    changed = Signal(str)

    def __init__(self, store: QSettings, table: Sequence[Setting] = SETTINGS, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._store = store
        self._table = {setting.id: setting for setting in table}
        for setting in table:
            self._check(setting)

    @property
    def table(self) -> tuple[Setting, ...]:
        """All settings in the order of the table."""
        return tuple(self._table.values())

    def setting(self, setting_id: str) -> Setting:
        """Return the row of the table."""
        return self._table[setting_id]

    def value(self, setting_id: str) -> Any:
        """Return the value of a setting in its type."""
        setting = self._table[setting_id]
        stored = self._store.value(setting_id)
        try:
            return setting.default if stored is None else setting.accept(stored)
        except ParameterError:
            return setting.default

    def changed_values(self) -> dict[str, Any]:
        """Return the values that are not the default, by id."""
        values = {setting.id: self.value(setting.id) for setting in self.table}
        return {name: value for name, value in values.items() if value != self._table[name].default}

    def set(self, setting_id: str, value: Any) -> None:
        """Change a setting and tell it.

        Raises
        ------
        ParameterError
            If the table does not accept the value; the setting stays as it is.
        """
        setting = self._table[setting_id]
        accepted = setting.accept(value)
        if accepted == self.value(setting_id):
            return
        if accepted == setting.default:
            self._store.remove(setting_id)
        else:
            self._store.setValue(setting_id, accepted)
        self.changed.emit(setting_id)

    def reset(self, setting_id: str) -> None:
        """Return a setting to its default."""
        self.set(setting_id, self._table[setting_id].default)

    def _check(self, setting: Setting) -> None:
        stored = self._store.value(setting.id)
        try:
            if stored is not None:
                setting.accept(stored)
        except ParameterError as error:
            _log.warning("the stored setting counts as its default: %s", error)
