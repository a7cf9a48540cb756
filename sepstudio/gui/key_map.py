"""Which keys call which action: the table of actions, and what the user has put in its place."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence

from PySide6.QtCore import QObject, QSettings, Signal
from PySide6.QtGui import QAction, QKeySequence

from sepstudio.gui.actions import ACTIONS, ActionSpec, Scope

GROUP = "keys"

_log = logging.getLogger(__name__)


def native(keys: Sequence[str]) -> str:
    """Return keys as the platform writes them, for example ``Ctrl+Z, Ctrl+Y``."""
    return ", ".join(QKeySequence(key).toString(QKeySequence.SequenceFormat.NativeText) for key in keys)


def canonical(key: str) -> str:
    """Return a key as it is stored and compared; an empty string where it is none."""
    return QKeySequence(key).toString(QKeySequence.SequenceFormat.PortableText)


class KeyMap(QObject):
    """The keys of each action; ``changed`` carries the id of an action that has others now.

    Only what differs from the table of actions is stored. A key that the user gave to one action
    is taken from the action of its scope that had it by default, also when that action is new.
    """

    changed = Signal(str)

    def __init__(self, store: QSettings, specs: Sequence[ActionSpec] = ACTIONS, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._store = store
        self._specs = {spec.id: spec for spec in specs}
        self._own = {action_id: keys for action_id in self._specs if (keys := self._stored(action_id)) is not None}
        self._keys = self._effective()

    @property
    def specs(self) -> tuple[ActionSpec, ...]:
        """All actions in the order of the table."""
        return tuple(self._specs.values())

    def keys(self, action_id: str) -> tuple[str, ...]:
        """Return the keys that call an action now."""
        return self._keys[action_id]

    def defaults(self, action_id: str) -> tuple[str, ...]:
        """Return the keys that the table of actions gives to an action."""
        return tuple(canonical(key) for key in self._specs[action_id].shortcuts)

    def is_default(self, action_id: str) -> bool:
        """Whether an action has the keys of the table."""
        return self.keys(action_id) == self.defaults(action_id)

    def owner(self, key: str, scope: Scope = "") -> str:
        """Return the id of the action that a key calls in a scope, or an empty string."""
        wanted = canonical(key)
        found = (action_id for action_id, keys in self._keys.items() if wanted in keys)
        return next((action_id for action_id in found if self._specs[action_id].scope == scope), "")

    def assign(self, action_id: str, keys: Sequence[str]) -> None:
        """Give an action these keys and no others; other actions lose them."""
        wanted = tuple(dict.fromkeys(found for key in keys if (found := canonical(key))))
        scope = self._specs[action_id].scope
        for other in {self.owner(key, scope) for key in wanted} - {"", action_id}:
            self._own[other] = tuple(key for key in self.keys(other) if key not in wanted)
        self._own[action_id] = wanted
        self._settle()

    def reset(self, action_id: str) -> None:
        """Give an action the keys of the table back; other actions lose them."""
        self.assign(action_id, self.defaults(action_id))

    def reset_all(self) -> None:
        """Give every action the keys of the table back."""
        self._own.clear()
        self._settle()

    def bind(self, actions: Mapping[str, QAction]) -> None:
        """Put the keys into actions."""
        for action_id, action in actions.items():
            action.setShortcuts([QKeySequence(key) for key in self.keys(action_id)])

    def _settle(self) -> None:
        before, self._keys = self._keys, self._effective()
        self._own = {name: keys for name, keys in self._own.items() if keys != self.defaults(name)}
        self._store.remove(GROUP)
        for action_id, keys in self._own.items():
            self._store.setValue(f"{GROUP}/{action_id}", json.dumps(keys))
        for action_id, keys in self._keys.items():
            if keys != before[action_id]:
                self.changed.emit(action_id)

    def _effective(self) -> dict[str, tuple[str, ...]]:
        taken = {(self._specs[action_id].scope, key) for action_id, keys in self._own.items() for key in keys}
        found = {}
        for action_id, spec in self._specs.items():
            free = tuple(key for key in self.defaults(action_id) if (spec.scope, key) not in taken)
            found[action_id] = self._own.get(action_id, free)
        return found

    def _stored(self, action_id: str) -> tuple[str, ...] | None:
        stored = self._store.value(f"{GROUP}/{action_id}")
        if stored is None:
            return None
        try:
            keys = json.loads(str(stored))
        except ValueError:
            keys = None
        if isinstance(keys, list) and all(isinstance(key, str) and canonical(key) for key in keys):
            return tuple(canonical(key) for key in keys)
        _log.warning("the stored keys of %s count as the default: %r", action_id, stored)
        return None
