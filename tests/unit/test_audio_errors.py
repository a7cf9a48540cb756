"""Audio files that cannot be read: every refusal says what, why and what to do."""

import os
import pickle
import struct
from types import SimpleNamespace

import numpy as np
import pytest
import soundfile

import sepstudio.io.audio as audio
from sepstudio.errors import AudioFileError
from sepstudio.io.audio import audio_info, open_audio
from sepstudio.io.clip import FileClip
from sepstudio.io.failures import display_name

RATE = 44100
NOISE = np.random.default_rng(0).normal(0, 0.1, (RATE, 2)).astype(np.float32)


@pytest.fixture(autouse=True)
def scratch(tmp_path, monkeypatch):
    monkeypatch.setenv("SEPSTUDIO_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path / "cache" / "scratch"


def refusal(path):
    """The error of opening a file, after checking its form."""
    with pytest.raises(AudioFileError) as caught:
        open_audio(path)
    text = str(caught.value)
    assert path.name in text
    assert "\n" not in text
    assert caught.value.remedy
    return text


def wav(channels=1, rate=RATE, bits=16, kind=1, data=b"\0" * 1000, size=None):
    frame = channels * bits // 8
    fmt = struct.pack("<HHIIHH", kind, channels, rate, rate * frame & 0xFFFFFFFF, frame & 0xFFFF, bits)
    size = len(data) if size is None else size
    body = b"WAVEfmt " + struct.pack("<I", 16) + fmt + b"data" + struct.pack("<I", size) + data
    return b"RIFF" + struct.pack("<I", min(36 + size, 0xFFFFFFFF)) + body


def test_missing_file(tmp_path):
    assert "does not exist" in refusal(tmp_path / "nowhere.wav")


def test_missing_file_below_a_file(tmp_path):
    (tmp_path / "x").write_text("a file")
    assert "does not exist" in refusal(tmp_path / "x" / "y.wav")


def test_folder(tmp_path):
    assert "is a folder" in refusal(tmp_path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes on this system")
def test_a_pipe_does_not_hang(tmp_path):
    os.mkfifo(tmp_path / "x.wav")
    assert "no ordinary file" in refusal(tmp_path / "x.wav")


def test_permission(tmp_path, monkeypatch):
    path = tmp_path / "x.wav"
    soundfile.write(path, NOISE, RATE)
    path.chmod(0)
    if os.access(path, os.R_OK):  # root may read everything

        def closed(*args, **kwargs):
            raise PermissionError(13, "Permission denied", str(path))

        monkeypatch.setattr("pathlib.Path.open", closed)
    assert "may not be read" in refusal(path)


def test_empty_file(tmp_path):
    path = tmp_path / "x.wav"
    path.touch()
    assert "0 bytes" in refusal(path)


def test_name_too_long(tmp_path):
    assert "longer than the file system allows" in refusal(tmp_path / f"{'x' * 300}.wav")


# vox, gsm, au, snd and raw are what libsndfile would take by the extension alone.
EXTENSIONS = [".wav", ".flac", ".aiff", ".ogg", ".mp3", ".vox", ".gsm", ".au", ".snd", ".raw", ""]
NO_AUDIO = {
    "text": b"These are words, and no waves at all.\n" * 200,
    "png": b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + np.random.default_rng(1).bytes(5000),
    "zeros": bytes(5000),
    "random": np.random.default_rng(3).bytes(70_000),
}


@pytest.mark.parametrize("content", NO_AUDIO)
@pytest.mark.parametrize("extension", EXTENSIONS)
def test_no_audio_whatever_the_extension(tmp_path, content, extension):
    path = tmp_path / f"x{extension}"
    path.write_bytes(NO_AUDIO[content])
    assert "is no audio file that can be read" in refusal(path)


@pytest.mark.parametrize(
    ("head", "name"),
    [
        (b"\0\0\0\x1cftypM4A \0\0\2\0", "AAC"),
        (b"\xff\xf1\x4c\x80\x1f\x1f\xfc\xde\2\0", "AAC"),
        (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "Windows Media"),
        (b"\x1a\x45\xdf\xa3\1\0\0\0", "Matroska"),
    ],
)
def test_codecs_that_are_not_there_name_the_way_out(tmp_path, head, name):
    path = tmp_path / "x.m4a"
    path.write_bytes(head.ljust(3000, b"\x55"))
    text = refusal(path)
    assert name in text
    assert "ffmpeg" in text


@pytest.mark.parametrize(
    ("form", "subtype", "extension"),
    [
        ("WAV", "FLOAT", ".wav"),
        ("WAV", "PCM_24", ".wav"),
        ("WAVEX", "PCM_16", ".wav"),
        ("RF64", "FLOAT", ".wav"),
        ("W64", "PCM_16", ".w64"),
        ("AIFF", "PCM_16", ".aiff"),
        ("AIFF", "FLOAT", ".aiff"),
        ("AU", "PCM_16", ".au"),
        ("CAF", "PCM_16", ".caf"),
        ("FLAC", "PCM_16", ".flac"),
        ("OGG", "VORBIS", ".ogg"),
        ("MP3", "MPEG_LAYER_III", ".mp3"),
    ],
)
@pytest.mark.parametrize("share", [0.3, 0.6, 0.93])
def test_truncated(tmp_path, form, subtype, extension, share):
    path = tmp_path / f"x{extension}"
    soundfile.write(path, NOISE, RATE, subtype=subtype, format=form)
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    text = refusal(path)
    assert "truncated" in text or "malformed" in text


@pytest.mark.parametrize(
    ("form", "extension"), [("WAV", ".wav"), ("RF64", ".wav"), ("AIFF", ".aiff"), ("W64", ".w64"), ("CAF", ".caf")]
)
def test_a_single_missing_byte_is_noticed(tmp_path, form, extension):
    path = tmp_path / f"x{extension}"
    soundfile.write(path, NOISE, RATE, subtype="PCM_16", format=form)
    assert open_audio(path).length == RATE
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size - 1)
    assert "truncated" in refusal(path)


def test_a_long_truncated_flac_is_noticed_when_it_is_opened(tmp_path, monkeypatch):
    monkeypatch.setattr(audio, "MEMORY_BYTES", 100_000)
    path = tmp_path / "x.flac"
    soundfile.write(path, NOISE, RATE)
    assert isinstance(open_audio(path), FileClip)
    content = path.read_bytes()
    path.write_bytes(content[:-1000])
    assert "truncated" in refusal(path)


def test_a_damaged_flac_is_noticed(tmp_path):
    path = tmp_path / "x.flac"
    soundfile.write(path, NOISE, RATE)
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 2000] = bytes(2000)
    path.write_bytes(content)
    assert "truncated or damaged" in refusal(path)


def test_zero_length_flac(tmp_path):
    path = tmp_path / "x.flac"
    soundfile.write(path, NOISE, RATE)
    header = bytearray(path.read_bytes()[:42])
    header[4] |= 0x80  # no more metadata
    header[21] &= 0xF0
    header[22:26] = bytes(4)
    path.write_bytes(header)
    assert "holds no audio" in refusal(path)


@pytest.mark.parametrize("extension", [".wav", ".aiff"])
def test_zero_length(tmp_path, extension):
    path = tmp_path / f"x{extension}"
    soundfile.write(path, NOISE[:0], RATE, subtype="PCM_16")
    assert "holds no audio" in refusal(path)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("subtype", ["FLOAT", "DOUBLE"])
def test_nan_and_infinity_in_a_short_file(tmp_path, value, subtype):
    path = tmp_path / "x.wav"
    samples = NOISE.copy()
    samples[-1, 1] = value
    soundfile.write(path, samples, RATE, subtype=subtype)
    assert "NaN or infinite" in refusal(path)


def test_doubles_beyond_the_range_of_floats(tmp_path):
    path = tmp_path / "x.wav"
    soundfile.write(path, np.array([0.0, 1e300]), RATE, subtype="DOUBLE")
    assert "infinite" in refusal(path)


def test_nan_in_a_long_file_is_noticed_where_it_is_read(tmp_path, monkeypatch):
    monkeypatch.setattr(audio, "MEMORY_BYTES", 100_000)
    path = tmp_path / "x.wav"
    samples = NOISE.copy()
    samples[30_000, 0] = np.nan
    soundfile.write(path, samples, RATE, subtype="FLOAT")
    clip = open_audio(path)
    assert clip.read(0, 30_000).shape == (2, 30_000)
    with pytest.raises(AudioFileError, match="NaN or infinite values between samples 29999 and 30002"):
        clip.read(29_999, 30_002)


@pytest.mark.parametrize(
    "header",
    [
        wav(size=0xFFFFFFF0),
        wav(channels=65535),
        wav(channels=1024, bits=32, kind=3, size=0x7FFFFFFF),
        wav(channels=0),
        wav(rate=0),
        wav(rate=0xFFFFFFFF),
        wav(rate=0x7FFFFFFF),
        wav(bits=64),
        wav(kind=99),
        wav(data=b"\0"),
        wav()[:30],
        wav()[:44],
        b"RIFF\xff\xff\xff\xffWAVE" + b"junk\0\0\0\0" * 5000,
        b"caff\0\1\0\0free" + b"\xff" * 60,
        b"riff" + b"\x2e" * 36 + b"junk" + b"\xff" * 60,
        b"RF64\xff\xff\xff\xffWAVEds64"
        + struct.pack("<I", 28)
        + b"\xfe" * 28
        + wav()[12:36]
        + b"data\xff\xff\xff\xff\0\0",
    ],
)
def test_absurd_headers_are_refused_without_allocating(tmp_path, header):
    resource = pytest.importorskip("resource")
    path = tmp_path / "x.wav"
    path.write_bytes(header)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    refusal(path)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50_000  # kB


def test_a_flac_that_announces_days_of_audio(tmp_path):
    path = tmp_path / "x.flac"
    soundfile.write(path, NOISE, RATE)
    content = bytearray(path.read_bytes())
    content[21:26] = bytes([content[21] | 0x0F]) + b"\xff\xff\xff\xff"
    path.write_bytes(content)
    assert "truncated" in refusal(path)


def test_a_full_disk_while_decoding_names_the_place(tmp_path, monkeypatch, scratch):
    monkeypatch.setattr(audio, "MEMORY_BYTES", 100_000)
    path = tmp_path / "x.ogg"
    soundfile.write(path, NOISE, RATE)

    def full(*args, **kwargs):
        raise OSError(28, "No space left on device")

    library = SimpleNamespace(SoundFile=full, SoundFileError=soundfile.SoundFileError)
    monkeypatch.setattr("sepstudio.io.scratch.soundfile", library)
    with pytest.raises(AudioFileError, match="disk is full"):
        open_audio(path)
    assert not list(scratch.iterdir())


def test_info_refuses_as_well(tmp_path):
    path = tmp_path / "x.wav"
    path.write_bytes(b"no audio")
    with pytest.raises(AudioFileError):
        audio_info(path)


@pytest.mark.parametrize("name", ["späße 日本 🎵.wav", "a b'c\"d.wav", "x" * 240 + ".wav"])
def test_names_of_all_kinds(tmp_path, name):
    path = tmp_path / name
    soundfile.write(path, NOISE, RATE)
    assert open_audio(path).length == RATE
    assert audio_info(path).path == path


@pytest.mark.skipif(os.name == "nt", reason="names are text on this system")
def test_names_that_are_no_valid_text(tmp_path):
    path = tmp_path / os.fsdecode(b"caf\xe9\n.wav")
    soundfile.write(os.fsencode(path), NOISE, RATE, format="WAV")
    assert open_audio(path).length == RATE
    path.write_bytes(b"no audio at all, but of more than sixteen bytes")
    with pytest.raises(AudioFileError) as caught:
        open_audio(path)
    assert str(caught.value).encode()  # can be printed
    assert "\n" not in str(caught.value)


def test_display_name_keeps_what_can_be_printed(tmp_path):
    assert display_name(tmp_path / "ä b.wav") == str(tmp_path / "ä b.wav")


def test_errors_travel_between_processes(tmp_path):
    with pytest.raises(AudioFileError) as caught:
        open_audio(tmp_path / "none.wav")
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)
