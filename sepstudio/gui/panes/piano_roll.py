"""The notes of a score over the spectrogram of its recording."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from sepstudio.gui.items.notes import OvertoneLadder
from sepstudio.gui.panes.display import Display
from sepstudio.gui.panes.loader import TileLoader
from sepstudio.gui.panes.piano import key_of
from sepstudio.gui.panes.picture import PicturePane
from sepstudio.gui.scores.board import ScoreBoard
from sepstudio.gui.scores.layer import ScoreLayer
from sepstudio.gui.scores.rows import FrequencyRows
from sepstudio.gui.scores.tools import ScoreTools
from sepstudio.gui.texts import level_text
from sepstudio.gui.timeline import Timeline
from sepstudio.tiles.decibels import code_to_db

NAME = "roll"
TIP = "Double-click adds or deletes a note, drag moves it, its ends resize it; wheel zooms, Ctrl+wheel scrolls"
_NO_SCORE = "no score yet: import one, or double-click to add a note"
_NOT_ALIGNED = "the score is not aligned to the recording"
LEAST_ROLL_HEIGHT = 200


class PianoRollPane(PicturePane):
    """A spectrogram with piano keys, and each note at its fundamental; the hovered note shows its partials."""

    def __init__(
        self, timeline: Timeline, loader: TileLoader, board: ScoreBoard, parent: QWidget | None = None
    ) -> None:
        self._board = board
        super().__init__(timeline, loader, NAME, parent)
        self.setAccessibleName("Piano roll")
        # Notes must be tall enough to be grabbed; a stack that gets too high scrolls.
        self.setMinimumHeight(LEAST_ROLL_HEIGHT)
        self.view.setToolTip(TIP)
        self.notes = ScoreLayer(board, self.view, FrequencyRows(self.scale))
        self.ladder = OvertoneLadder(board)
        self.ladder.set_scale(self.scale)
        self.box.addItem(self.ladder, ignoreBounds=True)
        self.tools = ScoreTools(board, NAME)
        self.header.add_control(self.tools)
        self.piano.setToolTip("Click a key to hear its pitch")
        self.piano.keyReleased.connect(board.pitchReleased)
        self.axisChanged.connect(self._follow_axis)
        board.changed.connect(self._say_state)
        self.clear("The piano roll: open a recording, then import its score or draw notes over the spectrogram.")
        self.apply_colours()

    @property
    def board(self) -> ScoreBoard:
        """Whose notes are shown."""
        return self._board

    def show_notes(self, shown: bool) -> None:
        """Show the notes, or only the picture: another recording has other notes."""
        self.notes.set_enabled(shown)
        self.ladder.setVisible(shown)
        self._say_state()

    def set_display(self, display: Display) -> None:
        """Draw otherwise; what takes time to compute comes on show when it is there."""
        super().set_display(display)
        self._follow_axis()

    def entries(self) -> list[tuple[str, str]]:
        """Return the title, and what is missing or wrong."""
        return [(self._title(sound.title), sound.colour) for sound in self.sounds]

    def words(self, codes: tuple[int | None, ...]) -> str:
        """Return the level of a point."""
        return "" if not codes or codes[0] is None else level_text(float(code_to_db(codes[0])))

    def _title(self, title: str) -> str:
        if not self.notes.hand.enabled:
            return title
        if self._board.score is None:
            return f"{title}: {_NO_SCORE}"
        return f"score over {title}" if self._board.aligned else f"{title}: {_NOT_ALIGNED}"

    def _say_state(self) -> None:
        if self.sounds:
            self.header.set_entries(self.entries())

    def _follow_axis(self) -> None:
        rows = FrequencyRows(self.scale)
        if rows != self.notes.item.rows:
            self.notes.item.set_rows(rows)
            self.ladder.set_scale(self.scale)

    def _on_key(self, hertz: float) -> None:
        super()._on_key(hertz)
        self._board.pitchPressed.emit(key_of(hertz))
