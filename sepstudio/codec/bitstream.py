"""Files of codes: read and written without pickle, damage found out. ``bitstream_header`` tells every byte."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Literal

import numpy as np
import numpy.typing as npt

from sepstudio.codec.bitstream_header import (
    CHECKSUM,
    LONGEST_HEADER,
    BitstreamHeader,
    block_checksum,
    decode_header,
    encode_header,
    usual_block_frames,
)
from sepstudio.codec.codes import Codes
from sepstudio.codec.packing import pack, unpack
from sepstudio.errors import BitstreamError, ParameterError
from sepstudio.io.atomic import replacing
from sepstudio.io.failures import display_name, read_failure, write_failure
from sepstudio.io.regular import open_regular

SUFFIX = ".sepc"

CodeArray = npt.NDArray[np.uint16]
# First frame and the one behind the last, and codes [codebooks, frames], None where they are damaged.
_Stretch = tuple[int, int, CodeArray | None]

_AGAIN = "get the file again, or decode what is left of it"
_CHOOSE = f"choose a {SUFFIX} file that this program wrote"


def write_bitstream(path: str | os.PathLike[str], codes: Codes) -> None:
    """Write codes to a file, as a whole or not at all.

    Parameters
    ----------
    path : path
        An existing file is replaced.
    codes : Codes

    Raises
    ------
    BitstreamError
        If the file cannot be written.
    ParameterError
        If there are no codes, or some of them are lost.
    """
    target = Path(path)
    if codes.lost:
        raise ParameterError("codes", "with lost frames", "complete: a file would hide what is missing")
    header = _header_of(codes)
    head = encode_header(header)
    try:
        with replacing(target) as temp, temp.open("wb") as file:
            file.write(head)
            for block in range(header.blocks):
                start, stop = header.span(block)
                packed = pack(codes.codes[:, start:stop].T, header.config.code_bits)
                file.write(CHECKSUM.pack(block_checksum(head, block, packed)) + packed)
    except OSError as error:
        raise BitstreamError(*write_failure(target, error)) from error


def read_bitstream(path: str | os.PathLike[str], *, damaged: Literal["error", "keep"] = "error") -> Codes:
    """Read the codes of a file.

    Parameters
    ----------
    path : path
    damaged : {"error", "keep"}
        What becomes of a file of which a part is missing or not what was written: an error, or all that is
        sound, with ``Codes.lost`` to say what is not. A recording of which the end is missing becomes shorter.

    Returns
    -------
    Codes

    Raises
    ------
    BitstreamError
        If the file cannot be read, is no bitstream, its header is damaged, or it is damaged and that is to be
        an error, or nothing of it is sound.
    """
    file_path = Path(path)
    with _reading(file_path), open_regular(file_path) as file:
        header, head = _read_header(file, file_path)
        wrong = _wrong_size(file, header, head)
        if wrong and damaged == "error":
            raise _damaged(file_path, wrong)
        stretches = list(_stretches(file, header, head, 0, header.blocks))
    lost = tuple((start, stop) for start, stop, codes in stretches if codes is None)
    if lost and damaged == "error":
        raise _damaged(file_path, f"its sound is not that it was written with {_times(lost, header)}")
    return _codes(stretches, lost, header, file_path)


def read_codes(path: str | os.PathLike[str], start: int, stop: int) -> CodeArray:
    """Return the codes of frames ``start`` to ``stop`` alone, uint16 [codebooks, stop - start].

    Only the blocks that hold them are read.

    Raises
    ------
    BitstreamError
        As ``read_bitstream``; damage elsewhere in the file does not matter.
    ParameterError
        If there are no such frames.
    """
    file_path = Path(path)
    with _reading(file_path), open_regular(file_path) as file:
        header, head = _read_header(file, file_path)
        if not 0 <= start < stop <= header.frames:
            raise ParameterError("frames", (start, stop), f"from 0 to {header.frames}, the first before the last")
        first, last = start // header.block_frames, -(-stop // header.block_frames)
        stretches = list(_stretches(file, header, head, first, last))
    parts = [codes for _, _, codes in stretches if codes is not None]
    if len(parts) < last - first:
        lost = [(begin, end) for begin, end, codes in stretches if codes is None]
        what = _times(lost, header) if lost else "before its end"
        raise _damaged(file_path, f"its sound is not that it was written with {what}")
    skipped = first * header.block_frames
    return np.concatenate(parts, axis=1)[:, start - skipped : stop - skipped]


def read_bitstream_header(path: str | os.PathLike[str]) -> BitstreamHeader:
    """Return what a file says of itself; raises BitstreamError if it cannot be read or is no bitstream."""
    file_path = Path(path)
    with _reading(file_path), open_regular(file_path) as file:
        return _read_header(file, file_path)[0]


def _header_of(codes: Codes) -> BitstreamHeader:
    return BitstreamHeader(
        codes.config,
        length=codes.length,
        sample_rate=codes.sample_rate,
        gain=codes.gain,
        model_sha256=codes.model_sha256,
        ordering=codes.ordering,
        normalisation=codes.normalisation,
        codebooks=codes.codebooks,
        block_frames=usual_block_frames(codes.config, codes.codebooks),
    )


@contextlib.contextmanager
def _reading(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise BitstreamError(*read_failure(path, error)) from error


def _read_header(file: BinaryIO, path: Path) -> tuple[BitstreamHeader, bytes]:
    try:
        return decode_header(file.read(LONGEST_HEADER))
    except ValueError as error:
        raise BitstreamError(display_name(path), f"cannot be decoded: {error}", _CHOOSE) from error


def _wrong_size(file: BinaryIO, header: BitstreamHeader, head: bytes) -> str:
    """Say how the length of a file differs from what its header announces, "" if it does not."""
    surplus = os.fstat(file.fileno()).st_size - len(head) - header.body_bytes
    if not surplus:
        return ""
    return f"{surplus} bytes follow its end" if surplus > 0 else f"{-surplus} bytes are missing at its end"


def _stretches(file: BinaryIO, header: BitstreamHeader, head: bytes, first: int, last: int) -> Iterator[_Stretch]:
    """Give the blocks from ``first`` to ``last`` as far as the file goes, which may be shorter than it says."""
    file.seek(len(head) + header.offset(first))
    for block in range(first, last):
        start, stop = header.span(block)
        content = file.read(header.block_bytes(block))
        if len(content) < header.block_bytes(block):
            return
        yield start, stop, _unpacked(content, header, head, block)


def _unpacked(content: bytes, header: BitstreamHeader, head: bytes, block: int) -> CodeArray | None:
    packed = content[CHECKSUM.size :]
    if CHECKSUM.unpack(content[: CHECKSUM.size]) != (block_checksum(head, block, packed),):
        return None
    start, stop = header.span(block)
    codes = unpack(packed, (stop - start) * header.codebooks, header.config.code_bits)
    # A codebook need not have as many entries as its bits can tell.
    if int(codes.max()) >= header.config.codebook_size:
        return None
    return codes.reshape(-1, header.codebooks).T


def _codes(stretches: list[_Stretch], lost: tuple[tuple[int, int], ...], header: BitstreamHeader, path: Path) -> Codes:
    if len(lost) == len(stretches):
        raise BitstreamError(display_name(path), "is damaged: nothing of its sound is left", "get the file again")
    found = stretches[-1][1]
    length = header.length
    if found < header.frames:
        lost = (*lost, (found, header.frames))
        length = min(found * header.config.hop_size * header.sample_rate // header.config.sample_rate, length)
    codes = np.zeros((header.codebooks, found), np.uint16)
    for start, stop, part in stretches:
        if part is not None:
            codes[:, start:stop] = part
    try:
        return Codes(
            codes,
            length=length,
            sample_rate=header.sample_rate,
            gain=header.gain,
            model_sha256=header.model_sha256,
            config=header.config,
            ordering=header.ordering,
            normalisation=header.normalisation,
            lost=lost,
        )
    except ParameterError as error:
        raise BitstreamError(display_name(path), f"does not fit together ({error})", _CHOOSE) from error


def _times(lost: list[tuple[int, int]] | tuple[tuple[int, int], ...], header: BitstreamHeader) -> str:
    start, stop = (frame / header.config.frame_rate for frame in lost[0])
    several = f" and in {len(lost) - 1} other places" if len(lost) > 1 else ""
    return f"from {start:.2f} to {min(stop, header.duration):.2f} s{several}"


def _damaged(path: Path, why: str) -> BitstreamError:
    return BitstreamError(display_name(path), f"is damaged: {why}", _AGAIN)
