"""The file of one listener's answers: a line of JSON for all that happens, never rewritten."""

from __future__ import annotations

import contextlib
import json
import os
import threading
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from io import FileIO
from pathlib import Path
from typing import Any

from sepstudio.errors import ListeningTestError
from sepstudio.io.failures import display_name, read_failure, write_failure
from sepstudio.io.json_values import a_list, an_object, text, whole
from sepstudio.listening_tests.order import Page, Slot

FORMAT = 1
SUFFIX = ".jsonl"
Event = Mapping[str, Any]


@dataclass(frozen=True)
class Setup:
    """What a session is heard with: for the record.

    Attributes
    ----------
    device : str
        Of sound.
    sample_rate : int
        That it plays at, in Hz; 0 if not known.
    renderer : str
        Of scenes.
    build : str
        Version of the program.
    """

    device: str = ""
    sample_rate: int = 0
    renderer: str = ""
    build: str = ""


@dataclass(frozen=True)
class Heading:
    """The first line: who hears what in which order.

    Attributes
    ----------
    session, listener : str
        Random name of the session, and hash of the listener's.
    test, fingerprint : str
        Of the definition.
    kind : str
    started : str
        Date and time by ISO 8601, in UTC.
    setup : Setup
    pages : tuple of Page
        Kept rather than found again, so that what was heard stays known whatever becomes of the definition.
    """

    session: str
    listener: str
    test: str
    fingerprint: str
    kind: str
    started: str
    setup: Setup
    pages: tuple[Page, ...]

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON values."""
        pages = [
            {
                "trial": page.trial,
                "repetition": page.repetition,
                "slots": {one.label: one.condition for one in page.slots},
            }
            for page in self.pages
        ]
        return {"event": "session", "format": FORMAT} | asdict(self) | {"pages": pages}


class AnswerFile:
    """Appends to a file of answers. What a line says survives the end of the program, and ``settle`` a power cut.

    Raises
    ------
    ListeningTestError
        From all methods, where the file cannot be written.
    """

    def __init__(self, path: Path, *, whole_bytes: int = 0) -> None:
        self.path = path
        self._closing = threading.Lock()
        with self._telling():
            self._file = FileIO(path, "r+b" if whole_bytes else "xb")
            # What was being written when the program ended is no line, and must not become the beginning of one.
            self._file.truncate(whole_bytes)
            self._file.seek(whole_bytes)

    def append(self, event: Event) -> None:
        """Write one line."""
        line = json.dumps(event, ensure_ascii=False).encode("utf-8", "backslashreplace") + b"\n"
        with self._telling():
            start = self._file.tell()
            if self._file.write(line) != len(line):
                self._file.truncate(start)
                self._file.seek(start)
                raise OSError(28, os.strerror(28), str(self.path))

    def settle(self) -> None:
        """Wait until all lines survive a power cut: milliseconds, or much longer on a busy disk; on any thread."""
        with self._telling():
            with self._closing:
                if self._file.closed:
                    return
                descriptor = os.dup(self._file.fileno())
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)

    @property
    def is_closed(self) -> bool:
        """Whether nothing can be written any more."""
        return self._file.closed

    def close(self) -> None:
        """Write no more."""
        with self._closing:
            self._file.close()

    @contextlib.contextmanager
    def _telling(self) -> Iterator[None]:
        try:
            yield
        except FileExistsError as error:
            name = display_name(self.path)
            raise ListeningTestError(name, "exists already", "resume that session or choose another name") from error
        except OSError as error:
            raise ListeningTestError(*write_failure(self.path, error)) from error


@dataclass(frozen=True)
class Answers:
    """What a file of answers holds: its heading, the events since, and the bytes of all whole lines."""

    heading: Heading
    events: tuple[Event, ...]
    whole_bytes: int


def read_answers(path: Path) -> Answers:
    """Read a file of answers; a last line that was not written to its end is left out.

    Raises
    ------
    ListeningTestError
        If it cannot be read, or a line before the last is damaged.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ListeningTestError(*read_failure(path, error)) from error
    *lines, _ = content.split(b"\n")
    try:
        events = [_event(line, number) for number, line in enumerate(lines, 1)]
        if not events:
            raise ValueError("holds no whole line")
        return Answers(_heading(events[0]), tuple(events[1:]), sum(len(line) + 1 for line in lines))
    except ValueError as error:
        remedy = "restore the file from a copy, or begin a new session"
        raise ListeningTestError(display_name(path), f"is no sound file of answers ({error})", remedy) from error


def _event(line: bytes, number: int) -> Event:
    try:
        found = an_object(json.loads(line), f"line {number}")
    except (ValueError, RecursionError) as error:
        raise ValueError(f"line {number} is damaged") from error
    text(found.get("event"), f"event in line {number}")
    return found


def _heading(values: Event) -> Heading:
    if values["event"] != "session" or values.get("format") != FORMAT:
        raise ValueError("line 1 does not begin a session")
    session, listener, test, fingerprint, kind, started = (
        text(values.get(name), name) for name in ("session", "listener", "test", "fingerprint", "kind", "started")
    )
    pages = tuple(map(_page, a_list(values.get("pages"), "pages")))
    return Heading(session, listener, test, fingerprint, kind, started, setup_from(values.get("setup")), pages)


def setup_from(values: Any) -> Setup:
    """Return the setup that JSON values hold; ValueError for others."""
    setup = an_object(values, "setup")
    device, renderer, build = (text(setup.get(name, ""), name) for name in ("device", "renderer", "build"))
    return Setup(device, whole(setup.get("sample_rate", 0), "sample_rate"), renderer, build)


def _plain_page(page: Page) -> dict[str, Any]:
    slots = {slot.label: slot.condition for slot in page.slots}
    return {"trial": page.trial, "repetition": page.repetition, "slots": slots}


def _page(values: Any) -> Page:
    found = an_object(values, "a page")
    slots = an_object(found.get("slots"), "slots")
    return Page(
        text(found.get("trial"), "trial"),
        whole(found.get("repetition"), "repetition"),
        tuple(Slot(label, text(name, "a condition")) for label, name in slots.items()),
    )
