"""The files of a project folder: where they lie, and names that follow from their content.

A name that is taken already holds the same content, so saving never writes into a file that an
older session.json refers to: whenever the program is killed, that one still finds what it names.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import mmap
import os
import re
import time
from collections.abc import Generator, Set
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from sepstudio.errors import AudioFileError
from sepstudio.io.atomic import TEMP_SUFFIX, replacing
from sepstudio.io.audio import audio_info, write_audio_steps
from sepstudio.io.clip import AudioClip, FileClip
from sepstudio.io.papers import KINDS, Paper, kind_of
from sepstudio.io.steps import part
from sepstudio.project.encoding import plain

SESSION = "session.json"
AUDIO, ARRAYS = "audio", "arrays"
CONTENT = (AUDIO, ARRAYS, *(kind.many for kind in KINDS))
# Of the audio folder: recordings that were copied into the project.
SOURCES = "sources"
AUTOSAVE, JOURNAL = "autosave", "journal.jsonl"
FOLDERS = frozenset({*CONTENT, AUTOSAVE, "cache"})
# Of longer arrays only those parts are read that somebody looks at.
MAPPED_BYTES = 1 << 20

_OUR_NAME = re.compile(r".+-[0-9a-f]{16}\.(wav|npy|json)")
_NAMED_IN_JSON = re.compile(rf'"((?:{"|".join(CONTENT)})/[^"/\\]+)"')
_HASHED_BYTES = 8 << 20
_HASHED_VALUES = 1 << 20
_ABANDONED_SECONDS = 3600


def file_hash_steps(path: Path) -> Generator[float, None, str]:
    """Yield the fraction done and return the sha256 of a file's bytes; raises OSError."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        while block := file.read(_HASHED_BYTES):
            digest.update(block)
            yield min(file.tell() / size, 1.0) if size else 1.0
    return digest.hexdigest()


def store_clip_steps(folder: Path, label: str, clip: AudioClip) -> Generator[float, None, str]:
    """Make sure that a clip is in the audio folder; yield the fraction done and return its name there.

    Names are relative to the project folder. Raises AudioFileError.
    """
    if _is_stored(folder, clip):
        yield 1.0
        return f"{AUDIO}/{clip.path.name}"  # type: ignore[attr-defined]  # _is_stored: a FileClip
    digest = yield from part(_clip_hash_steps(clip), 0, 2)
    path = folder / AUDIO / f"{slug(label)}-{digest[:16]}.wav"
    if not _holds(path, clip):
        yield from part(write_audio_steps(path, clip), 1, 2)
    return f"{AUDIO}/{path.name}"


def _is_stored(folder: Path, clip: AudioClip) -> bool:
    if not isinstance(clip, FileClip):
        return False
    return _is_ours(folder / AUDIO, clip.path)


def _is_ours(folder: Path, path: Path) -> bool:
    in_folder = path.parent.resolve() == folder.resolve()
    return in_folder and _OUR_NAME.fullmatch(path.name) is not None and path.exists()


def _clip_hash_steps(clip: AudioClip) -> Generator[float, None, str]:
    digest = hashlib.sha256(f"{clip.sample_rate} {clip.channels} {clip.length}".encode())
    step = max(1, _HASHED_VALUES // max(clip.channels, 1))
    for start in range(0, clip.length, step):
        stop = min(start + step, clip.length)
        digest.update(np.ascontiguousarray(clip.read(start, stop).T, "<f4").data)
        yield stop / clip.length
    return digest.hexdigest()


def _holds(path: Path, clip: AudioClip) -> bool:
    try:
        info = audio_info(path)
    except AudioFileError:
        return False
    found = (info.subtype, info.sample_rate, info.channels, info.length)
    return found == ("FLOAT", clip.sample_rate, clip.channels, clip.length)


def store_array(folder: Path, label: str, array: npt.NDArray[Any]) -> str:
    """Make sure that an array is in the arrays folder and return its name; raises OSError."""
    stored = mapped_file(array)
    if stored is not None and _is_ours(folder / ARRAYS, stored):
        return f"{ARRAYS}/{stored.name}"
    digest = hashlib.sha256()
    np.save(_Fed(digest), array, allow_pickle=False)
    path = folder / ARRAYS / f"{slug(label)}-{digest.hexdigest()[:16]}.npy"
    if not path.exists():
        with replacing(path) as temp:
            write_array(temp, array)
    return f"{ARRAYS}/{path.name}"


class _Fed:
    """Lets a hash be written to as if it were a file, so that no copy of what is hashed is made."""

    def __init__(self, digest: hashlib._Hash) -> None:
        self._digest = digest

    def write(self, content: bytes) -> int:
        self._digest.update(content)
        return len(content)


def write_array(path: Path, array: npt.NDArray[Any]) -> None:
    """Write an array into a file; raises OSError."""
    with path.open("wb") as file:
        np.save(file, array, allow_pickle=False)


def mapped_file(array: npt.NDArray[Any]) -> Path | None:
    """Return the file that an array is the content of, as ``load_array`` maps it; None for anything else."""
    # Parts of such an array name the file as well, but their base is the array.
    if isinstance(array, np.memmap) and isinstance(array.base, mmap.mmap) and array.filename is not None:
        return Path(array.filename)
    return None


def store_paper(folder: Path, paper: Paper) -> str:
    """Make sure that a score or strokes are in their folder and return the name there; raises OSError."""
    content, kind = paper_bytes(paper), kind_of(paper)
    path = folder / kind.many / f"{slug(kind.label(paper))}-{hashlib.sha256(content).hexdigest()[:16]}.json"
    if not path.exists():
        with replacing(path) as temp:
            temp.write_bytes(content)
    return f"{kind.many}/{path.name}"


def paper_bytes(paper: Paper) -> bytes:
    """Return the content of the file of a score or of strokes."""
    return json.dumps(kind_of(paper).to_json(paper, None), default=plain, separators=(",", ":")).encode()


def slug(label: str) -> str:
    """Return a label in characters that every file system takes."""
    return re.sub(r"[^a-z0-9]+", "-", label.lower()).strip("-")[:80] or "audio"


def load_array(path: Path) -> npt.NDArray[Any]:
    """Read an array, or map a long one into memory; it is read-only. Raises OSError or ValueError."""
    # Mapped first: a header that claims more than the file holds is refused before anything is allocated.
    array = np.lib.format.open_memmap(path, mode="r")
    if array.nbytes > MAPPED_BYTES:
        return array
    copy = np.array(array)
    copy.flags.writeable = False
    return copy


def files_of_unsaved(folder: Path) -> set[str]:
    """Return the files that the journal of unsaved work names; restoring it needs them."""
    try:
        journal = (folder / AUTOSAVE / JOURNAL).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return set()
    return set(_NAMED_IN_JSON.findall(journal))


def remove_others(folder: Path, wanted: Set[str]) -> None:
    """Delete files of earlier saves that ``wanted`` does not name; files of other origin stay."""
    for subfolder in CONTENT:
        for path in (folder / subfolder).iterdir():
            is_old = _OUR_NAME.fullmatch(path.name) and f"{subfolder}/{path.name}" not in wanted
            # On Windows a file that is still being played cannot be deleted; the next save does it.
            with contextlib.suppress(OSError):
                if is_old or _is_abandoned(path):
                    path.unlink()
    for path in (*folder.iterdir(), *(folder / AUDIO / SOURCES).glob(f"*{TEMP_SUFFIX}")):
        with contextlib.suppress(OSError):
            if _is_abandoned(path):
                path.unlink()


def _is_abandoned(path: Path) -> bool:
    """Whether a temporary file was left behind by a program that was killed."""
    return path.suffix == TEMP_SUFFIX and time.time() - path.stat().st_mtime > _ABANDONED_SECONDS
