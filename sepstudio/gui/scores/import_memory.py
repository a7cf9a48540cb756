"""What was chosen for scores of a kind the last time, kept across starts."""

from __future__ import annotations

import json
from typing import Any

from sepstudio.gui.scores.score_file import MIDI, columns_key
from sepstudio.gui.settings import Settings
from sepstudio.io.scores.options import CsvColumns, ImportOptions

SETTING = "scores/import"
_MOST_TABLES = 20


class ImportMemory:
    """Remembers options, the columns of tables by their header, and whether to align, by kind of file."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def options(self) -> ImportOptions:
        """Return how a file is read first; the columns of a table are guessed."""
        kept = self._load()
        return ImportOptions(sustain=bool(kept.get("sustain", False)), repeats=bool(kept.get("repeats", True)))

    def columns(self, guessed: CsvColumns) -> CsvColumns:
        """Return what the columns of a table with this header were the last time, else the guess."""
        kept = self._load().get("tables", {}).get(columns_key(guessed)) if guessed.names else None
        try:
            return CsvColumns.from_dict(kept) if isinstance(kept, dict) else guessed
        except (TypeError, ValueError):
            return guessed

    def aligns(self, kind: str, *, usually: bool) -> bool:
        """Return whether scores of a kind were aligned the last time."""
        return bool(self._load().get("align", {}).get(kind, usually))

    def keep(self, kind: str, options: ImportOptions, *, align: bool) -> None:
        """Remember what was chosen."""
        kept = self._load()
        if kind == MIDI:
            kept["sustain"] = options.sustain
        kept["repeats"] = options.repeats
        kept["align"] = {**kept.get("align", {}), kind: align}
        if options.columns is not None and options.columns.names:
            tables = {**kept.get("tables", {}), columns_key(options.columns): options.columns.to_dict()}
            kept["tables"] = dict(list(tables.items())[-_MOST_TABLES:])
        self._settings.set(SETTING, json.dumps(kept, ensure_ascii=False))

    def _load(self) -> dict[str, Any]:
        try:
            kept = json.loads(self._settings.value(SETTING) or "{}")
        except ValueError:
            return {}
        return kept if isinstance(kept, dict) else {}
