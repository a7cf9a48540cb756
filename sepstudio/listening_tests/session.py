"""A session of a listening test: what a listener hears and answers, kept from the first moment on.

Whoever leads through it knows labels alone and is told what is missing; the file of answers knows the rest.
"""

from __future__ import annotations

import copy
import secrets
import time
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sepstudio.errors import ListeningTestError
from sepstudio.io.failures import display_name, write_failure
from sepstudio.io.locks import FileLock, try_lock
from sepstudio.listening_tests.answers import SUFFIX, AnswerFile, Answers, Heading, Setup, read_answers
from sepstudio.listening_tests.definition import ListeningTest
from sepstudio.listening_tests.order import Page, listener_hash, pages_for
from sepstudio.listening_tests.progress import PageProgress, progress_of

Clock = Callable[[], float]


class ListeningSession:
    """Takes a listener through the pages of a test; made by ``begin`` and ``resume``.

    Every method that takes something in writes it down before it returns, so that killing the program loses nothing.
    ``settle`` makes it survive a power cut as well; answers do so at once unless ``is_patient``.

    Parameters
    ----------
    file : AnswerFile
    lock : FileLock
        Held until ``close``.
    heading : Heading
    pages : tuple of PageProgress
        As far as they have got.
    is_patient : bool
        Leave ``settle``, which may wait for the disk, to the caller: for one that must not be held up.
    clock : callable
        Time in seconds.
    """

    def __init__(
        self,
        file: AnswerFile,
        lock: FileLock,
        heading: Heading,
        pages: tuple[PageProgress, ...],
        *,
        is_patient: bool = False,
        clock: Clock = time.monotonic,
    ) -> None:
        self.heading = heading
        self.pages = list(pages)
        self._file = file
        self._lock = lock
        self._is_patient = is_patient
        self._clock = clock
        self._playing = ""
        self._playing_since = 0.0
        self._index = sum(page.is_done for page in pages)
        self._page_since = self._begun_at()

    @property
    def path(self) -> Path:
        """The file of answers."""
        return self._file.path

    @property
    def index(self) -> int:
        """Number of the page that is open, from 0 on; that of all pages at the end."""
        return self._index

    @property
    def is_finished(self) -> bool:
        """Whether all pages are done."""
        return self._index == len(self.pages)

    @property
    def progress(self) -> PageProgress:
        """What was done on the open page.

        Raises
        ------
        ListeningTestError
            When all pages are done.
        """
        if self.is_finished:
            raise ListeningTestError("the session", "is finished", "look at the results or begin another")
        return self.pages[self._index]

    @property
    def page(self) -> Page:
        """The open page; raises as ``progress``."""
        return self.progress.page

    def play(self, label: str) -> None:
        """Note that what is behind a label, or the open reference, begins to sound in place of what did.

        Raises
        ------
        ListeningTestError
            If there is no such label, or the file cannot be written; as from all that follow.
        """
        self.pause()
        self._note("played", label=label)
        self._playing, self._playing_since = label, self._clock()

    def pause(self) -> None:
        """Note that nothing sounds any more; nothing happens the second time."""
        if self._playing:
            label, self._playing = self._playing, ""
            self._note("stopped", label=label, seconds=round(self._clock() - self._playing_since, 3))

    def rate(self, label: str, score: int) -> None:
        """Rate what is behind a label from 0 to 100; the last time counts."""
        self._note("rated", label=label, score=score)
        self._settle()

    def choose(self, label: str) -> None:
        """Prefer A or B, or say which of them X is; the last time counts."""
        self._note("chosen", label=label)
        self._settle()

    def comment(self, text: str) -> None:
        """Write down a remark on the page; the last one counts."""
        self._note("commented", text=text)

    def missing(self) -> tuple[str, ...]:
        """Return in words what must be done before the page can be left."""
        page = self.progress
        unheard = [f"listen to {label}" for label in page.unheard]
        unrated = [f"rate {label}" for label in page.unrated]
        return (*unheard, *unrated, *(["choose A or B"] if page.choices and not page.choice else []))

    def turn(self) -> None:
        """Leave the page for good and open the next.

        Raises
        ------
        ListeningTestError
            If something on the page was not heard, rated or chosen.
        """
        missing = self.missing()
        if missing:
            raise ListeningTestError(f"page {self._index + 1}", "is not complete", ", ".join(missing))
        self.pause()
        self._note("turned")
        self._index += 1
        self._page_since = self._begun_at()
        self._settle()

    def settle(self) -> None:
        """Wait until all answers survive a power cut; may be called on any thread."""
        self._file.settle()

    def close(self) -> None:
        """Leave the session, which may be resumed; nothing happens the second time."""
        if self._file.is_closed:
            return
        try:
            self.pause()
        finally:
            self._file.close()
            self._lock.release()

    def _settle(self) -> None:
        if not self._is_patient:
            self.settle()

    def _begun_at(self) -> float:
        """Return when the open page would have been opened without interruptions."""
        return self._clock() - (0.0 if self.is_finished else self.pages[self._index].seconds)

    def _note(self, name: str, **values: Any) -> None:
        # Of what cannot be written down, nothing is taken in.
        page = copy.deepcopy(self.progress)
        event = {"event": name, "page": self._index} | values
        if "label" in values and values["label"] in page.page.labels:
            event["condition"] = page.page.condition(values["label"])
        event["at"] = round(self._clock() - self._page_since, 3)
        try:
            page.take(event)
        except ValueError as error:
            raise ListeningTestError(f"page {self._index + 1}", str(error), "use what the page offers") from error
        self._file.append(event)
        self.pages[self._index] = page


def begin(
    test: ListeningTest,
    folder: Path,
    listener: str,
    setup: Setup | None = None,
    *,
    is_patient: bool = False,
    clock: Clock = time.monotonic,
) -> ListeningSession:
    """Begin a session in a file of its own.

    Parameters
    ----------
    test : ListeningTest
    folder : Path
        For files of answers; made if missing.
    listener : str
        A name or any word that the listener keeps to; only its hash is written down.
    setup : Setup
        What is listened with.
    is_patient, clock
        As of ``ListeningSession``.

    Raises
    ------
    ListeningTestError
        If nothing can be written there.
    """
    hashed = listener_hash(test, listener)
    started = datetime.now(UTC)
    heading = Heading(
        secrets.token_hex(8),
        hashed,
        test.name,
        test.fingerprint,
        test.kind,
        started.isoformat(timespec="seconds"),
        setup or Setup(),
        pages_for(test, hashed),
    )
    path = folder / f"{started:%Y%m%d-%H%M%S}-{heading.session}{SUFFIX}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ListeningTestError(*write_failure(folder, error)) from error
    lock = _locked(path)
    try:
        file = AnswerFile(path)
        file.append(heading.to_json())
        file.settle()
    except BaseException:
        lock.release()
        raise
    pages = tuple(map(PageProgress, heading.pages))
    return ListeningSession(file, lock, heading, pages, is_patient=is_patient, clock=clock)


def resume(
    path: Path,
    test: ListeningTest,
    setup: Setup | None = None,
    *,
    is_patient: bool = False,
    clock: Clock = time.monotonic,
) -> ListeningSession:
    """Go on with a session where it was left or killed; arguments as of ``begin``.

    Raises
    ------
    ListeningTestError
        If it is another test's, is open elsewhere, or its file cannot be read or written.
    """
    lock = _locked(path)
    try:
        answers, pages = answers_to(test, path)
        file = AnswerFile(path, whole_bytes=answers.whole_bytes)
        now = datetime.now(UTC).isoformat(timespec="seconds")
        file.append({"event": "resumed", "time": now, "setup": asdict(setup or Setup())})
    except BaseException:
        lock.release()
        raise
    return ListeningSession(file, lock, answers.heading, pages, is_patient=is_patient, clock=clock)


def answers_to(test: ListeningTest, path: Path) -> tuple[Answers, tuple[PageProgress, ...]]:
    """Return what a file of answers to a test holds, and how far its pages have got.

    Raises
    ------
    ListeningTestError
        If it cannot be read, is another test's, or contradicts itself.
    """
    answers = read_answers(path)
    if answers.heading.fingerprint != test.fingerprint:
        why = "belongs to another test, or its trials or conditions were changed since"
        raise ListeningTestError(display_name(path), why, "take the definition it was begun with, or begin anew")
    try:
        for page in answers.heading.pages:
            _check_page(test, page)
        return answers, progress_of(answers)
    except ValueError as error:
        remedy = "restore the file from a copy, or begin a new session"
        raise ListeningTestError(display_name(path), f"contradicts itself ({error})", remedy) from error


def _check_page(test: ListeningTest, page: Page) -> None:
    known = next((one for one in test.rated_trials if one.name == page.trial), None)
    if known is None:
        raise ValueError(f"the test has no trial {page.trial!r}")
    labels = tuple(map(str, range(1, len(known.stimuli) + 1))) if test.kind == "mushra" else tuple(test.kind.upper())
    given = [slot.condition for slot in page.slots[: len(known.stimuli)]]
    if page.labels != labels or sorted(given) != sorted(known.conditions) or page.slots[-1].condition not in given:
        raise ValueError(f"a page of {page.trial!r} does not have its conditions")


def sessions_of(test_path: Path) -> Path:
    """Return the folder where sessions of a definition are kept: beside it and named like it."""
    return test_path.with_name(f"{test_path.stem}.sessions")


def unfinished(test: ListeningTest, folder: Path, listener: str) -> Path | None:
    """Return the file of the last session that a listener has not finished; None for none.

    Files of other tests, and those that cannot be read, are no sessions to go on with.
    """
    hashed = listener_hash(test, listener)
    for path in sorted(folder.glob(f"*{SUFFIX}"), reverse=True):
        try:
            answers, pages = answers_to(test, path)
        except ListeningTestError:
            continue
        if answers.heading.listener == hashed and not all(page.is_done for page in pages):
            return path
    return None


def _locked(path: Path) -> FileLock:
    try:
        lock = try_lock(path.with_name(f".{path.name}.lock"))
    except OSError as error:
        raise ListeningTestError(*write_failure(path, error)) from error
    if lock is None:
        raise ListeningTestError(display_name(path), "is open in another window", "go on there or close it")
    return lock
