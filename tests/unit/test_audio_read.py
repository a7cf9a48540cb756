"""Reading audio: every format, depth and length; exact samples."""

import gc
import struct

import numpy as np
import pytest
import soundfile

import sepstudio.io.audio as audio
from sepstudio.io.audio import audio_info, open_audio, open_audio_steps, read_audio
from sepstudio.io.clip import FileClip
from sepstudio.io.scratch import TemporaryClip

RATE = 44100


@pytest.fixture(autouse=True)
def scratch(tmp_path, monkeypatch):
    monkeypatch.setenv("SEPSTUDIO_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path / "cache" / "scratch"


@pytest.fixture
def short_memory(monkeypatch):
    """Everything beyond 100 kB counts as long."""
    monkeypatch.setattr(audio, "MEMORY_BYTES", 100_000)


def tone(length=RATE, channels=2, level=0.5):
    time = np.arange(length) / RATE
    return np.stack([level * np.sin(2 * np.pi * 220 * (k + 1) * time) for k in range(channels)], axis=1)


@pytest.mark.parametrize("channels", [1, 2, 8, 16])
@pytest.mark.parametrize(
    ("extension", "form", "subtype", "bits"),
    [
        (".wav", "WAV", "PCM_16", 16),
        (".wav", "WAV", "PCM_24", 24),
        (".wav", "WAVEX", "PCM_24", 24),
        (".wav", "RF64", "PCM_24", 24),
        (".w64", "W64", "PCM_16", 16),
        (".aiff", "AIFF", "PCM_24", 24),
        (".flac", "FLAC", "PCM_24", 24),
        (".au", "AU", "PCM_16", 16),
        (".caf", "CAF", "PCM_16", 16),
    ],
)
def test_integers_are_divided_by_full_scale(tmp_path, extension, form, subtype, bits, channels):
    channels = min(channels, 8) if form == "FLAC" else channels
    rng = np.random.default_rng(bits + channels)
    steps = rng.integers(-(2 ** (bits - 1)), 2 ** (bits - 1), (999, channels))
    steps[:2] = [[-(2 ** (bits - 1))], [2 ** (bits - 1) - 1]]
    path = tmp_path / f"x{extension}"
    soundfile.write(path, (steps << (32 - bits)).astype(np.int32), 48000, subtype=subtype, format=form)
    clip = read_audio(path)
    np.testing.assert_array_equal(clip.samples.T, steps / 2.0 ** (bits - 1))
    info = audio_info(path)
    assert (info.format, info.subtype) == (form, subtype)
    assert (clip.sample_rate, clip.channels, clip.length) == (48000, channels, 999)
    assert (info.sample_rate, info.channels, info.length) == (48000, channels, 999)


@pytest.mark.parametrize("rate", [8000, 44100, 192000, 768000])
def test_any_rate_and_64_bit_floats(tmp_path, rate):
    path = tmp_path / "x.wav"
    wanted = np.array([[0.1, -2.5], [1e-30, 7.0]])
    soundfile.write(path, wanted, rate, subtype="DOUBLE")
    clip = read_audio(str(path))
    assert clip.sample_rate == rate
    assert clip.samples.dtype == np.float32
    np.testing.assert_array_equal(clip.samples, wanted.T.astype(np.float32))


@pytest.mark.parametrize(("extension", "subtype"), [(".ogg", "VORBIS"), (".ogg", "OPUS"), (".mp3", "MPEG_LAYER_III")])
def test_lossy_formats_keep_time_and_level(tmp_path, extension, subtype):
    path = tmp_path / f"x{extension}"
    rate = 48000
    wanted = tone(rate)
    soundfile.write(path, wanted, rate, subtype=subtype)
    clip = read_audio(path)
    assert (clip.sample_rate, clip.channels, clip.length) == (rate, 2, rate)
    assert audio_info(path).length == clip.length
    error = clip.samples.T[2000:-2000] - wanted[2000:-2000]
    # 20 dB below the tones: a lost channel, a shift by some samples or a wrong level would exceed it.
    assert np.mean(error**2) < 0.01 * np.mean(wanted**2)


def test_short_files_are_read_into_memory_and_long_ones_stay(tmp_path, short_memory):
    short, long = tmp_path / "short.wav", tmp_path / "long.wav"
    soundfile.write(short, tone(1000), RATE, subtype="FLOAT")
    soundfile.write(long, tone(), RATE, subtype="FLOAT")
    assert not isinstance(open_audio(short), FileClip)
    assert isinstance(open_audio(long), FileClip)
    assert open_audio(long).path == long


@pytest.mark.parametrize("extension", [".flac", ".aiff"])
def test_long_files_give_the_same_samples_from_any_position(tmp_path, short_memory, extension):
    path = tmp_path / f"x{extension}"
    soundfile.write(path, tone(3 * RATE), RATE, subtype="PCM_24")
    whole, _ = soundfile.read(path, dtype="float32")
    clip = open_audio(path)
    assert isinstance(clip, FileClip)
    for start in np.random.default_rng(1).integers(0, 3 * RATE - 500, 40):
        np.testing.assert_array_equal(clip.read(start, start + 500), whole[start : start + 500].T)
    np.testing.assert_array_equal(clip.read(3 * RATE - 3, 3 * RATE + 2), np.pad(whole[-3:].T, ((0, 0), (0, 2))))


@pytest.mark.parametrize("extension", [".ogg", ".mp3"])
def test_long_lossy_files_are_decoded_once_into_a_temporary_file(tmp_path, monkeypatch, scratch, extension):
    path = tmp_path / f"x{extension}"
    soundfile.write(path, tone(3 * RATE), RATE)
    in_memory = open_audio(path)
    monkeypatch.setattr(audio, "MEMORY_BYTES", 100_000)
    monkeypatch.setattr("sepstudio.io.decode.BLOCK_VALUES", 10_000)
    clip = open_audio(path)
    assert isinstance(clip, TemporaryClip)
    np.testing.assert_array_equal(clip.samples, in_memory.samples)
    np.testing.assert_array_equal(clip.read(70_000, 70_100), in_memory.read(70_000, 70_100))
    assert len(list(scratch.iterdir())) == 1
    del clip
    gc.collect()
    assert not list(scratch.iterdir())


def test_closing_a_temporary_clip_deletes_its_file(tmp_path, short_memory, scratch):
    path = tmp_path / "x.ogg"
    soundfile.write(path, tone(), RATE)
    clip = open_audio(path)
    clip.close()
    assert not list(scratch.iterdir())
    clip.close()


def test_opening_in_steps_reports_growing_fractions_and_can_be_abandoned(tmp_path, monkeypatch, scratch):
    monkeypatch.setattr(audio, "MEMORY_BYTES", 100_000)
    monkeypatch.setattr("sepstudio.io.decode.BLOCK_VALUES", 20_000)
    path = tmp_path / "x.ogg"
    soundfile.write(path, tone(), RATE)
    fractions = list(open_audio_steps(path))
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0
    assert len(fractions) > 3
    gc.collect()
    steps = open_audio_steps(path)
    for _ in range(3):
        next(steps)
    assert len(list(scratch.iterdir())) == 1
    steps.close()
    assert not list(scratch.iterdir())


# -- headers that do not know the length ------------------------------------------------------------


def streamed_wav(path, riff_size, data_size, samples):
    soundfile.write(path, samples, RATE, subtype="PCM_16", format="WAV")
    content = bytearray(path.read_bytes())
    content[4:8] = struct.pack("<I", riff_size)
    content[40:44] = struct.pack("<I", data_size)
    path.write_bytes(content)


@pytest.mark.parametrize(
    ("riff_size", "data_size"),
    [(0xFFFFFFFF, 0xFFFFFFFF), (0, 0), (36, 0), (0x7FFFF024, 0x7FFFF000), (0x7FFFF020, 0x7FFFEFFC)],
)
def test_a_streamed_wav_is_read_to_its_end(tmp_path, riff_size, data_size):
    path = tmp_path / "x.wav"
    streamed_wav(path, riff_size, data_size, tone())
    clip = read_audio(path)
    assert clip.length == RATE
    assert audio_info(path).length == RATE
    assert np.abs(clip.samples.T - tone()).max() <= 1 / 32768


def test_a_streamed_wav_of_more_than_4_gb_is_not_cut(tmp_path):
    path = tmp_path / "x.wav"
    streamed_wav(path, 0xFFFFFFFF, 0xFFFFFFFF, tone(4))
    size = 5 << 30
    with path.open("r+b") as file:  # sparse: takes no space on the disk
        file.truncate(size)
    if path.stat().st_blocks * 512 > 1 << 20:
        pytest.skip("the file system stores holes")
    assert audio_info(path).length == (size - 44) // 4


@pytest.mark.parametrize("data_size", [0, 0xFFFFFFFFFFFFFFFF])
def test_an_unfinished_rf64_is_read_to_its_end(tmp_path, data_size):
    path = tmp_path / "x.wav"
    soundfile.write(path, tone(), RATE, subtype="FLOAT", format="RF64")
    content = bytearray(path.read_bytes())
    assert content[12:16] == b"ds64"
    content[20:44] = struct.pack("<QQQ", 0, data_size, 0)
    path.write_bytes(content)
    np.testing.assert_array_equal(read_audio(path).samples.T, tone().astype(np.float32))


def test_an_unfinished_aiff_is_read_to_its_end(tmp_path):
    path = tmp_path / "x.aiff"
    soundfile.write(path, tone(), RATE, subtype="PCM_16")
    content = bytearray(path.read_bytes())
    content[4:8] = bytes(4)
    at = content.find(b"SSND")
    content[at + 4 : at + 8] = bytes(4)
    path.write_bytes(content)
    assert read_audio(path).length == RATE


def test_a_streamed_flac_is_read_to_its_end(tmp_path):
    path = tmp_path / "x.flac"
    soundfile.write(path, tone(), RATE, subtype="PCM_24")
    wanted = read_audio(path)
    content = bytearray(path.read_bytes())
    content[21] &= 0xF0  # the 36 bits of the number of samples in STREAMINFO
    content[22:26] = bytes(4)
    path.write_bytes(content)
    np.testing.assert_array_equal(read_audio(path).samples, wanted.samples)
    assert audio_info(path).length == wanted.length


def test_an_mp3_of_variable_rate_without_a_tag_is_read_to_its_end(tmp_path):
    # Quiet first, loud noise later: a guess from the rate of the first frame is far off.
    samples = np.concatenate([tone(RATE, level=0.001), np.random.default_rng(0).normal(0, 0.2, (4 * RATE, 2))])
    path = tmp_path / "x.mp3"
    soundfile.write(path, samples, RATE, bitrate_mode="VARIABLE", compression_level=0.3)
    content = path.read_bytes()
    tag = max(content.find(b"Xing", 0, 400), content.find(b"Info", 0, 400))
    assert tag > 0
    path.write_bytes(content[content.find(content[:2], tag) :])
    assert soundfile.info(path).frames < 0.9 * len(samples)  # what libsndfile alone makes of it
    clip = read_audio(path)
    assert audio_info(path).length == clip.length
    assert abs(clip.length - len(samples)) < 4 * 1152
    assert np.std(clip.samples[:, -RATE:-3000]) == pytest.approx(0.2, rel=0.1)


def test_an_mp3_may_begin_with_an_id3_tag(tmp_path):
    path = tmp_path / "x.mp3"
    soundfile.write(path, tone(), RATE)
    wanted = read_audio(path).samples
    picture = bytes([0xFF, 0xFB, 0x90, 0x64] * 300)  # looks like frames
    size = len(picture)
    id3 = b"ID3\x04\0\0" + bytes([size >> 21 & 127, size >> 14 & 127, size >> 7 & 127, size & 127])
    path.write_bytes(id3 + picture + path.read_bytes())
    np.testing.assert_array_equal(read_audio(path).samples, wanted)


def test_all_recordings_open(shared_data):
    endings = {".wav", ".flac", ".ogg", ".mp3", ".aiff"}
    paths = [path for path in sorted(shared_data.rglob("*")) if path.suffix.lower() in endings]
    assert paths
    for path in paths:
        found = audio.probe(path)
        if found.info.decoded_bytes > 20 << 20:
            continue
        clip = open_audio(path)
        assert (clip.channels, clip.sample_rate) == (found.info.channels, found.info.sample_rate)
        assert clip.length > 0
