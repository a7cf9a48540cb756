"""Writing audio: exact values, whole files or none."""

import os
import stat
import threading

import numpy as np
import pytest
import soundfile

from sepstudio.errors import AudioFileError, ParameterError
from sepstudio.io import formats
from sepstudio.io.atomic import replacing
from sepstudio.io.audio import audio_info, open_audio, read_audio, write_audio, write_audio_steps
from sepstudio.io.clip import AudioClip

RATE = 48000


class Endless(AudioClip):
    """A clip of any length that costs nothing; remembers the largest block that was asked for."""

    def __init__(self, channels, length, fail_at=None):
        self.sample_rate = RATE
        self._channels = channels
        self._length = length
        self._fail_at = fail_at
        self.largest = 0

    channels = property(lambda self: self._channels)
    length = property(lambda self: self._length)

    def _read_inside(self, start, stop):
        if self._fail_at is not None and stop > self._fail_at:
            raise AudioFileError("source.wav", "has gone", "bring it back")
        self.largest = max(self.largest, stop - start)
        return np.full((self._channels, stop - start), 0.25, np.float32)


def noise(channels=2, length=5000, level=0.3):
    rng = np.random.default_rng(7)
    return AudioClip(rng.normal(0, level, (channels, length)).astype(np.float32), RATE)


def parts(folder):
    return [path.name for path in folder.iterdir() if path.suffix == ".part"]


@pytest.mark.parametrize("extension", [".wav", ".WAV", ".aiff", ".aif", ".caf"])
@pytest.mark.parametrize("channels", [1, 2, 16])
def test_floats_are_bit_exact(tmp_path, extension, channels):
    values = noise(channels).samples.copy()
    values[0, :6] = [1e-42, -1e-45, 3.5, -1000.0, 1.0, -0.0]
    report = write_audio(tmp_path / f"x{extension}", AudioClip(values, RATE))
    clip = read_audio(tmp_path / f"x{extension}")
    np.testing.assert_array_equal(clip.samples.view(np.uint32), values.view(np.uint32))
    assert clip.sample_rate == RATE
    assert report.path == tmp_path / f"x{extension}"
    assert report.clipped_samples == 0


@pytest.mark.parametrize(("subtype", "bits"), [("PCM_16", 16), ("PCM_24", 24)])
@pytest.mark.parametrize("extension", [".wav", ".flac", ".aiff", ".caf"])
def test_pcm_read_and_written_is_bit_identical(tmp_path, subtype, bits, extension):
    steps = np.random.default_rng(bits).integers(-(2 ** (bits - 1)), 2 ** (bits - 1), (60_000, 2))
    steps[:2] = [[-(2 ** (bits - 1))], [2 ** (bits - 1) - 1]]
    source, copy = tmp_path / f"source{extension}", tmp_path / f"copy{extension}"
    soundfile.write(source, (steps << (32 - bits)).astype(np.int32), RATE, subtype=subtype)
    report = write_audio(copy, open_audio(source), subtype)
    written, _ = soundfile.read(copy, dtype="int32")
    np.testing.assert_array_equal(written >> (32 - bits), steps)
    assert audio_info(copy).subtype == subtype
    assert report.clipped_samples == 0


@pytest.mark.parametrize(("subtype", "bits"), [("PCM_16", 16), ("PCM_24", 24)])
def test_pcm_is_rounded_to_the_nearest_step(tmp_path, subtype, bits):
    ramp = np.linspace(-0.99, 0.99, 20_001, dtype=np.float32)[np.newaxis]
    write_audio(tmp_path / "x.wav", AudioClip(ramp, RATE), subtype)
    error = (read_audio(tmp_path / "x.wav").samples.astype(np.float64) - ramp) * 2 ** (bits - 1)
    assert np.abs(error).max() <= 0.5
    # Cutting off the fraction would leave an offset of half a step.
    assert abs(error.mean()) < 0.02


@pytest.mark.parametrize("extension", [".wav", ".flac"])
def test_what_pcm_cannot_hold_is_clipped_and_counted(tmp_path, extension):
    values = np.array([[0.5, 1.0, 1.5, -1.0, -1.01, 3e38, 0.0]], np.float32)
    report = write_audio(tmp_path / f"x{extension}", AudioClip(values, RATE), "PCM_16")
    assert report.clipped_samples == 3
    written, _ = soundfile.read(tmp_path / f"x{extension}", dtype="int16")
    assert written.tolist() == [16384, 32767, 32767, -32768, -32768, 32767, 0]


def test_the_whole_clip_is_never_in_memory(tmp_path):
    clip = Endless(2, 3_000_000)
    write_audio(tmp_path / "x.wav", clip)
    assert audio_info(tmp_path / "x.wav").length == 3_000_000
    assert clip.largest * 2 * 4 <= 1 << 20
    clip = Endless(600, 3000)
    write_audio(tmp_path / "x.wav", clip)
    assert clip.largest * 600 * 4 <= 1 << 20


def test_blocks_join_without_a_seam(tmp_path, monkeypatch):
    monkeypatch.setattr("sepstudio.io.writing.BLOCK_VALUES", 1000)
    clip = noise(3, 4999)
    write_audio(tmp_path / "x.wav", clip)
    np.testing.assert_array_equal(read_audio(tmp_path / "x.wav").samples, clip.samples)


def test_rf64_is_written_when_asked_and_when_needed(tmp_path, monkeypatch):
    write_audio(tmp_path / "x.wav", noise(), rf64=True)
    assert (tmp_path / "x.wav").read_bytes()[:4] == b"RF64"
    write_audio(tmp_path / "x.wav", noise())
    assert (tmp_path / "x.wav").read_bytes()[:4] == b"RIFF"
    monkeypatch.setattr(formats, "WAV_SIZE_LIMIT", 30_000)
    write_audio(tmp_path / "x.wav", noise())  # 40 kB
    assert audio_info(tmp_path / "x.wav").format == "RF64"
    np.testing.assert_array_equal(read_audio(tmp_path / "x.wav").samples, noise().samples)
    with pytest.raises(AudioFileError, match="4 GB"):
        write_audio(tmp_path / "x.aiff", noise())


def test_the_limit_of_wav_leaves_room_for_the_header():
    assert formats.audio_bytes("FLOAT", 2, 536_870_912 // 2) == 1 << 31
    assert (1 << 32) - formats.WAV_SIZE_LIMIT >= 4096


@pytest.mark.parametrize(
    ("name", "subtype", "channels", "words"),
    [
        ("x.flac", "FLOAT", 2, "FLAC cannot hold FLOAT"),
        ("x.flac", "PCM_24", 9, "at most 8 channels"),
        ("x.wav", "FLOAT", 1025, "at most 1024 channels"),
        ("x.ogg", "FLOAT", 2, "no extension that can be written"),
        ("x", "FLOAT", 2, "no extension that can be written"),
    ],
)
def test_what_a_format_cannot_hold(tmp_path, name, subtype, channels, words):
    with pytest.raises(AudioFileError, match=words) as caught:
        write_audio(tmp_path / name, noise(channels, 10), subtype)
    assert name in str(caught.value)
    assert not list(tmp_path.iterdir())


def test_unknown_subtype_and_no_audio(tmp_path):
    with pytest.raises(ParameterError, match="PCM_20"):
        write_audio(tmp_path / "x.wav", noise(), "PCM_20")
    with pytest.raises(AudioFileError, match="no audio to write"):
        write_audio(tmp_path / "x.wav", AudioClip(np.zeros((2, 0)), RATE))


def test_progress_rises_to_one_and_returns_the_report(tmp_path, monkeypatch):
    monkeypatch.setattr("sepstudio.io.writing.BLOCK_VALUES", 1000)
    steps = write_audio_steps(tmp_path / "x.wav", noise())
    fractions = []
    while True:
        try:
            fractions.append(next(steps))
        except StopIteration as stop:
            report = stop.value
            break
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0
    assert len(fractions) == 10
    assert report.path == tmp_path / "x.wav"


@pytest.mark.parametrize("existing", [None, b"the old content"])
def test_cancelling_leaves_what_was_there(tmp_path, monkeypatch, existing):
    monkeypatch.setattr("sepstudio.io.writing.BLOCK_VALUES", 1000)
    path = tmp_path / "x.wav"
    if existing:
        path.write_bytes(existing)
    steps = write_audio_steps(path, noise())
    next(steps)
    next(steps)
    assert parts(tmp_path)
    steps.close()
    assert not parts(tmp_path)
    assert path.read_bytes() == existing if existing else not path.exists()


def test_a_failing_source_leaves_what_was_there_and_is_named(tmp_path):
    path = tmp_path / "x.wav"
    path.write_bytes(b"old")
    with pytest.raises(AudioFileError, match=r"source\.wav"):
        write_audio(path, Endless(2, 1_000_000, fail_at=500_000))
    assert path.read_bytes() == b"old"
    assert not parts(tmp_path)


def test_a_file_can_be_replaced_by_what_is_read_from_it(tmp_path, monkeypatch):
    monkeypatch.setattr("sepstudio.io.audio.MEMORY_BYTES", 1000)
    path = tmp_path / "x.wav"
    write_audio(path, noise(level=0.1))
    write_audio(path, open_audio(path), "PCM_24")
    assert np.abs(read_audio(path).samples - noise(level=0.1).samples).max() <= 2**-24


def test_missing_folder_folder_and_long_name(tmp_path):
    with pytest.raises(AudioFileError, match="folder does not exist"):
        write_audio(tmp_path / "no" / "x.wav", noise())
    (tmp_path / "d.wav").mkdir()
    with pytest.raises(AudioFileError, match="is a folder"):
        write_audio(tmp_path / "d.wav", noise())
    with pytest.raises(AudioFileError, match="longer than the file system allows"):
        write_audio(tmp_path / f"{'x' * 300}.wav", noise())
    assert [path.name for path in tmp_path.iterdir()] == ["d.wav"]


@pytest.mark.parametrize("name", ["späße 日本 🎵.wav", "x" * 251 + ".wav"])
def test_names_of_all_kinds(tmp_path, name):
    write_audio(tmp_path / name, noise())
    assert read_audio(tmp_path / name).length == 5000
    assert len(list(tmp_path.iterdir())) == 1


def test_a_protected_file_is_not_replaced(tmp_path, monkeypatch):
    path = tmp_path / "x.wav"
    path.write_bytes(b"old")
    path.chmod(0o444)
    monkeypatch.setattr(os, "access", lambda target, mode: False)  # root may write everything
    with pytest.raises(AudioFileError, match="may not be written"):
        write_audio(path, noise())
    assert path.read_bytes() == b"old"


@pytest.mark.skipif(os.name == "nt", reason="permissions of POSIX")
def test_permissions_are_those_of_the_folder_or_of_the_old_file(tmp_path):
    plain, path = tmp_path / "plain", tmp_path / "x.wav"
    plain.touch()
    write_audio(path, noise())
    assert stat.S_IMODE(path.stat().st_mode) == stat.S_IMODE(plain.stat().st_mode)
    path.chmod(0o640)
    write_audio(path, noise())
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


@pytest.mark.skipif(os.name == "nt", reason="links need rights on this system")
def test_a_link_stays_a_link(tmp_path):
    write_audio(tmp_path / "target.wav", noise(1))
    (tmp_path / "link.wav").symlink_to("target.wav")
    write_audio(tmp_path / "link.wav", noise(2))
    assert (tmp_path / "link.wav").is_symlink()
    assert audio_info(tmp_path / "target.wav").channels == 2


@pytest.mark.parametrize("extension", [".wav", ".flac", ".aiff"])
def test_a_full_disk_is_named(tmp_path, monkeypatch, extension):
    resource = pytest.importorskip("resource")
    signal = pytest.importorskip("signal")
    # A limit on the size of files makes writes fail as a full disk does.
    if threading.current_thread() is not threading.main_thread():
        pytest.skip("signals belong to the main thread")
    old_handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    old_limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    path = tmp_path / f"x{extension}"
    # Space is short only as long as the unfinished file is there.
    monkeypatch.setattr("sepstudio.io.failures._free_space", lambda path: 0 if parts(tmp_path) else 1 << 40)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, old_limit[1]))
        with pytest.raises(AudioFileError, match="disk is full") as caught:
            write_audio(path, noise(2, 200_000), "PCM_24")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, old_limit)
        signal.signal(signal.SIGXFSZ, old_handler)
    assert path.name in str(caught.value)
    assert not list(tmp_path.iterdir())


def test_replacing_removes_its_file_after_any_exception(tmp_path):
    def interrupted():
        with replacing(tmp_path / "x") as temp:
            temp.write_bytes(b"half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert not list(tmp_path.iterdir())
    with replacing(tmp_path / "x") as temp:
        temp.write_bytes(b"whole")
        assert not (tmp_path / "x").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["x"]
