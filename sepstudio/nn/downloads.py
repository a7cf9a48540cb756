"""Models from the network: fetched in steps that can be broken off and gone on with, verified, then installed."""

from __future__ import annotations

import contextlib
import shutil
import time
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol
from urllib.parse import unquote, urlsplit

from sepstudio.errors import CheckpointError, DownloadError, ParameterError
from sepstudio.io.failures import write_failure
from sepstudio.io.locks import try_lock
from sepstudio.nn.download_failures import Again, given_up, told
from sepstudio.nn.http_stream import SILENCE_S, Answer, End, HttpStream
from sepstudio.nn.library import SUFFIX, InstalledModel, free_name, is_taken, own_folder, usable_name
from sepstudio.nn.model_files import import_steps, usable_sha256
from sepstudio.nn.partial_files import PartialFile

LARGEST = 4 << 30

_STEP_S = 0.1
_FETCHED = 0.95
_MEGA = 1e6
_MOST_ATTEMPTS = 100


class Install(Protocol):
    """Brings a file into the library; ``import_steps`` is one."""

    def __call__(self, path: Path, *, name: str = "", sha256: str = "") -> Generator[float, None, InstalledModel]:
        """Yield the fraction done and return the model."""


@dataclass(frozen=True)
class DownloadStep:
    """How far a download is: a fraction in [0, 1], 0 while the length is not known, and the same in words."""

    fraction: float
    text: str


@dataclass(frozen=True)
class Patience:
    """How often a download that breaks off is taken up again without success, and the seconds of waiting.

    The wait before the n-th attempt is ``pause_s`` times 2 to the power of n; a server that says nothing for
    ``silence_s`` counts as lost.
    """

    attempts: int = 4
    pause_s: float = 0.5
    silence_s: float = SILENCE_S


def download_steps(
    url: str,
    *,
    sha256: str = "",
    name: str = "",
    largest: int = LARGEST,
    patience: Patience | None = None,
    install: Install = import_steps,
) -> Generator[DownloadStep, None, InstalledModel]:
    """Fetch a model and install it; whoever closes this can go on later where it stopped.

    Parameters
    ----------
    url : str
        http or https.
    sha256 : str
        Of the file, in hexadecimal; without it only the hashes within the file are checked.
    name : str
        What the model will be called; "" for the name in the address, with a number if that is taken.
    largest : int
        Bytes that are taken at most.
    patience : Patience, optional
    install : callable
        Takes what was fetched, as ``import_steps`` does.

    Raises
    ------
    DownloadError
        If the file cannot be fetched; UnreachableError if the server cannot be reached at all.
    CheckpointError
        If what was fetched is not what ``sha256`` says, is no model, or is installed already. Nothing is left of it.
    ParameterError
        If address, hash or name cannot be used.
    """
    check_url(url)
    digest = usable_sha256(sha256)
    if name and is_taken(usable_name(name)):
        raise ParameterError("name", name, "one that no other model has")
    with _held(url) as partial:
        yield from _fetched(partial, largest, patience or Patience())
        yield DownloadStep(_FETCHED, "verifying")
        return (yield from _installed(partial, name or _name_in(url), digest, install))


def unfinished_bytes(url: str) -> int:
    """Return how many bytes of a file have arrived in an earlier download that can be gone on with."""
    return PartialFile(_folder(), url).size


def check_url(url: str) -> None:
    """Raise ParameterError unless files can be fetched from an address."""
    try:
        parts = urlsplit(url)
        fits = parts.scheme.lower() in ("http", "https") and bool(parts.hostname) and parts.username is None
        fits = fits and url.isascii() and url.isprintable() and " " not in url and (parts.port or 1) > 0
    except ValueError:
        fits = False
    if not fits:
        raise ParameterError("url", url, "an address that begins with https:// or http://, without a password")


def offline_instructions(url: str, sha256: str = "") -> tuple[str, ...]:
    """Return what to do, a step a line, where a model cannot be fetched by this machine itself."""
    known = f"Compare its SHA-256 with {sha256}" if sha256 else "Ask whoever offers it for its SHA-256 and compare"
    return (
        f"On a machine with a network, download {url}",
        f"{known} (sha256sum FILE; certutil -hashfile FILE SHA256 on Windows).",
        "Bring the file here, for example on a USB stick.",
        "Import it: Import… in the Models tab, or sepstudio models import FILE.",
    )


def _folder() -> Path:
    return own_folder() / "downloads"


@contextlib.contextmanager
def _held(url: str) -> Iterator[PartialFile]:
    """Give what is there of a file, which nobody else fetches meanwhile."""
    try:
        _folder().mkdir(parents=True, exist_ok=True)
        partial = PartialFile(_folder(), url)
        lock = try_lock(partial.lock_path)
    except OSError as error:
        raise DownloadError(*write_failure(_folder(), error)) from error
    if lock is None:
        raise DownloadError(url, "is being downloaded already", "wait for it, or cancel it there")
    try:
        yield partial
    finally:
        lock.release()


def _fetched(partial: PartialFile, largest: int, patience: Patience) -> Generator[DownloadStep, None, None]:
    """Fetch what is missing, however often the connection breaks, as long as each attempt brings something."""
    failures = 0
    # A server whose file is another each time would keep this going for ever.
    for _ in range(_MOST_ATTEMPTS):
        if partial.complete:
            return
        before = partial.size
        try:
            if (yield from _attempt(partial, largest, patience.silence_s)):
                return
        except Again as again:
            failures = failures + 1 if partial.size <= before else 1
            if failures >= patience.attempts:
                raise given_up(partial, again) from again
            yield from _pause(patience.pause_s * 2 ** (failures - 1), partial)
        except OSError as error:
            raise DownloadError(*write_failure(_folder(), error)) from error
    raise given_up(partial, Again("it broke too often"))


def _attempt(partial: PartialFile, largest: int, silence_s: float) -> Generator[DownloadStep, None, bool]:
    """Ask once; return whether the answer ended as it should."""
    with contextlib.closing(HttpStream(partial.origin.url, partial.fields(), silence_s=silence_s)) as stream:
        answer = yield from _awaited(stream, partial)
        if not isinstance(answer, Answer):
            raise told(partial, answer, reached=False)
        _take_up(partial, answer)
        _check_room(partial, largest)
        with partial.path.open("ab", buffering=0) as file:
            end = yield from _received(stream, partial, file, largest)
    if end.error is not None:
        raise told(partial, end, reached=True)
    if partial.origin.total not in (None, partial.size):
        raise Again("the server ended too early")
    return True


def _awaited(stream: HttpStream, partial: PartialFile) -> Generator[DownloadStep, None, object]:
    while (item := stream.take(_STEP_S)) is None:
        yield _step(partial, "waiting for the server")
    return item


def _take_up(partial: PartialFile, answer: Answer) -> None:
    """Make ready for what an answer brings: the rest, or a file from its beginning."""
    if "html" in answer.fields.get_content_type():
        why = "gives a web page and not a file"
        raise DownloadError(partial.origin.url, why, "look on that page for the address of the file itself")
    if answer.status != 206:
        partial.begin(answer.fields)
    elif not partial.continues(answer.fields):
        partial.clear()
        raise Again("the file on the server has changed")


def _check_room(partial: PartialFile, largest: int) -> None:
    total = partial.origin.total or partial.size
    if total > largest:
        url = partial.origin.url
        partial.clear()
        why = f"is {_size(total)}, and {_size(largest)} are the most that is taken"
        raise DownloadError(url, why, "check the address, or fetch it another way and import the file")
    # Once as it arrives, once where it stays.
    need = 2 * total - partial.size
    if shutil.disk_usage(_folder()).free < need:
        why = f"needs {_size(need)}, and the disk of {_folder()} is too full"
        raise DownloadError(partial.origin.url, why, "free some space; the download goes on where it stopped")


def _received(
    stream: HttpStream, partial: PartialFile, file: BinaryIO, largest: int
) -> Generator[DownloadStep, None, End]:
    started, brought, last = time.monotonic(), 0, 0.0
    while True:
        item = stream.take(_STEP_S)
        if isinstance(item, End):
            return item
        if isinstance(item, bytes):
            file.write(item)
            brought += len(item)
            _check_length(partial, largest)
        now = time.monotonic()
        if now - last >= _STEP_S / 2:
            last = now
            yield _step(partial, f"{_size(brought / max(now - started, 0.1))}/s")


def _check_length(partial: PartialFile, largest: int) -> None:
    most = largest if partial.origin.total is None else partial.origin.total
    if partial.size > most:
        url = partial.origin.url
        partial.clear()
        raise DownloadError(url, f"sends more than {_size(most)}", "check the address")


def _pause(seconds: float, partial: PartialFile) -> Generator[DownloadStep, None, None]:
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        yield _step(partial, "the connection broke; trying again")
        time.sleep(min(left, _STEP_S))


def _installed(
    partial: PartialFile, name: str, sha256: str, install: Install
) -> Generator[DownloadStep, None, InstalledModel]:
    url = partial.origin.url
    steps = install(partial.path, name=name, sha256=sha256)
    try:
        while True:
            yield DownloadStep(_FETCHED + (1 - _FETCHED) * next(steps), "verifying")
    except StopIteration as stop:
        model: InstalledModel = stop.value
    except CheckpointError as error:
        # What cannot be written for want of room can be a little later; what is wrong stays wrong.
        if not isinstance(error.__cause__, OSError):
            partial.clear()
        raise CheckpointError(url, error.why, error.remedy) from error
    partial.clear()
    return model


def _name_in(url: str) -> str:
    last = unquote(urlsplit(url).path).rpartition("/")[2].removesuffix(SUFFIX)
    try:
        return free_name(usable_name(last))
    except ParameterError:
        return free_name("model")


def _step(partial: PartialFile, text: str) -> DownloadStep:
    done, total = partial.size, partial.origin.total
    if not total:
        return DownloadStep(0.0, f"{_size(done)}, {text}" if done else text)
    return DownloadStep(_FETCHED * min(done / total, 1.0), f"{done / _MEGA:.1f} of {_size(total)}, {text}")


def _size(count: float) -> str:
    return f"{count / _MEGA:.1f} MB"
