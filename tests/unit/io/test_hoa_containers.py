"""Containers of scenes that need more than libsndfile: extended ambiX in CAF, and BW64."""

import struct

import numpy as np
import pytest
import soundfile

from sepstudio.errors import AudioFileError
from sepstudio.io.audio import audio_info, open_audio, open_audio_steps
from sepstudio.io.excerpts import excerpt_source
from sepstudio.io.steps import drain

RATE = 48_000
UUID = bytes.fromhex("1ad318c300e55576be2d0dca2460bc89")
CODED = np.random.default_rng(0).uniform(-0.2, 0.2, (10, 5000)).astype(np.float32)
MATRIX = np.random.default_rng(1).uniform(-1, 1, (16, 8)).astype(np.float32)


def chunk_of(matrix, identity=UUID, rows=None, columns=None):
    rows, columns = rows or matrix.shape[0], columns or matrix.shape[1]
    return identity + struct.pack(">II", rows, columns) + matrix.astype(">f4").tobytes()


def caf_with(path, content, *, behind=False, coded=CODED):
    soundfile.write(path, coded.T, RATE, "FLOAT", format="CAF")
    plain = path.read_bytes()
    chunk = struct.pack(">4sq", b"uuid", len(content)) + content
    place = len(plain) if behind else plain.index(b"data", 8)
    path.write_bytes(plain[:place] + chunk + plain[place:])
    return path


@pytest.mark.parametrize("identity", [UUID, b"IEM.AT/AMBIX/XML"])
@pytest.mark.parametrize("behind", [False, True])
def test_extended_ambix_files_open_as_their_scenes(tmp_path, identity, behind):
    path = caf_with(tmp_path / "scene.caf", chunk_of(MATRIX, identity), behind=behind)
    # What comes behind the eight coded channels is no part of the scene.
    expected = MATRIX @ CODED[:8]
    assert (audio_info(path).channels, audio_info(path).length) == (16, 5000)
    np.testing.assert_allclose(open_audio(path).samples, expected, atol=1e-6)
    long = drain(open_audio_steps(path, memory_bytes=1000))
    np.testing.assert_allclose(long.read(1000, 1100), expected[:, 1000:1100], atol=1e-6)
    np.testing.assert_allclose(excerpt_source(path).read(4000, 4100), expected[:, 4000:4100], atol=1e-6)


def test_other_chunks_and_plain_files_are_let_alone(tmp_path):
    path = caf_with(tmp_path / "scene.caf", b"\0" * 16 + b"something else")
    np.testing.assert_array_equal(open_audio(path).samples, CODED)
    soundfile.write(tmp_path / "plain.caf", CODED.T, RATE, "FLOAT")
    np.testing.assert_array_equal(open_audio(tmp_path / "plain.caf").samples, CODED)


@pytest.mark.parametrize(
    "content",
    [
        UUID,
        chunk_of(MATRIX[:15]),
        chunk_of(MATRIX)[:-4],
        chunk_of(MATRIX, rows=2**32 - 1),
        chunk_of(np.ones((16, 11), np.float32)),
        chunk_of(np.full((16, 8), np.nan, np.float32)),
    ],
)
def test_damaged_matrices_are_named(tmp_path, content):
    path = caf_with(tmp_path / "scene.caf", content)
    with pytest.raises(AudioFileError, match="damaged ambiX matrix"):
        open_audio(path)


def bw64(path, samples, *, behind=b"", announced=True):
    """Write a BW64 file with an ADM chunk before, and bytes behind, the audio."""
    data = (samples.T * 2**23).astype("<i4").tobytes()
    data = b"".join(data[i : i + 3] for i in range(0, len(data), 4))
    channels = samples.shape[0]
    fmt = struct.pack("<HHIIHH", 1, channels, RATE, RATE * channels * 3, channels * 3, 24)
    body = b"fmt " + struct.pack("<I", 16) + fmt + b"chna" + struct.pack("<I", 4) + struct.pack("<HH", 0, 0)
    size = len(data) if announced else 0xFFFFFFFFFFFFFFFF
    ds64 = struct.pack("<QQQI", 0, size, samples.shape[1], 0)
    head = b"BW64\xff\xff\xff\xffWAVEds64" + struct.pack("<I", len(ds64)) + ds64
    path.write_bytes(head + body + b"data\xff\xff\xff\xff" + data + behind)
    return path


@pytest.mark.parametrize("announced", [True, False])
def test_bw64_files_are_read(tmp_path, announced):
    behind = b"axml" + struct.pack("<I", 4) + b"<a/>" if announced else b""
    path = bw64(tmp_path / "master.wav", CODED, behind=behind, announced=announced)
    assert (audio_info(path).channels, audio_info(path).length) == (10, 5000)
    np.testing.assert_allclose(open_audio(path).samples, CODED, atol=2**-23)
    long = drain(open_audio_steps(path, memory_bytes=1000))
    np.testing.assert_allclose(long.read(4990, 5000), CODED[:, 4990:], atol=2**-23)


def test_truncated_bw64_files_are_refused(tmp_path):
    path = bw64(tmp_path / "master.wav", CODED)
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(AudioFileError, match="100 of 150000 announced bytes of audio are missing"):
        open_audio(path)
