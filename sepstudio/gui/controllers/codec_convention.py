"""Conventions of scenes: chosen by hand as an edit, with a hint from what the recording sounds like."""

from __future__ import annotations

import functools

from PySide6.QtCore import QObject

from sepstudio.gui.controllers.codec import CodecController
from sepstudio.gui.desk import Desk, Handlers
from sepstudio.io.clip import AudioClip
from sepstudio.io.hoa import Convention
from sepstudio.io.hoa_hints import ConventionHint, convention_hint_steps
from sepstudio.session.scene_commands import SetConvention


class CodecConventionController(QObject):
    """Joins the box of the convention and the session; listens to each recording once."""

    def __init__(self, desk: Desk, codec: CodecController) -> None:
        super().__init__(desk.window)
        self._session = desk.session
        self._codec = codec
        # A hint is nothing that a user waits for.
        self._quiet = desk.bridge.sibling(self)
        self._hints: dict[int, tuple[AudioClip, ConventionHint | None]] = {}
        codec.completed.connect(self._connect)
        codec.refreshed.connect(self._show)
        desk.session.viewReplaced.connect(self._hints.clear)

    def handlers(self) -> Handlers:
        """Return nothing: a convention is chosen in its box."""
        return {}

    def _connect(self) -> None:
        self._codec.settings.convention.chosen.connect(self._choose)

    def _choose(self, convention: Convention) -> None:
        source = self._session.current_source
        if source is not None and convention != self._session.convention(source.id):
            self._session.stack.push(SetConvention(self._session, source.id, convention))

    def _show(self) -> None:
        source, box = self._session.current_source, self._codec.settings.convention
        if source is None or self._codec.obstacle(source):
            box.show_hint("")
            return
        clip = self._session.clip(source.id)
        known = self._hints.get(id(clip))
        if known is None or known[0] is not clip:
            self._hints[id(clip)] = (clip, None)
            box.show_hint("Listening for the convention…")
            work = convention_hint_steps(clip)
            # On a thread of its own: nobody who encodes is to wait for it.
            self._quiet.start("Convention", work, functools.partial(self._take, clip), device="convention")
        elif known[1] is not None:
            self._tell(known[1], self._session.convention(source.id))

    def _take(self, clip: AudioClip, hint: ConventionHint) -> None:
        self._hints[id(clip)] = (clip, hint)
        self._codec.ask()

    def _tell(self, hint: ConventionHint, chosen: Convention) -> None:
        box, likely = self._codec.settings.convention, hint.likely
        box.hint.setToolTip(hint.text)
        if likely is None:
            box.show_hint("The recording does not tell its convention clearly.")
        elif likely == chosen:
            box.show_hint(f"The recording fits {likely}.")
        else:
            box.show_hint(f"The recording rather looks like {likely}.", warns=True)
