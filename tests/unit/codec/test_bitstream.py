"""Files of codes: what is written is read, damage is found, and nothing is believed that a file claims."""

import dataclasses
import os
import struct
import tracemalloc
import zlib

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sepstudio.codec.bitstream import read_bitstream, read_bitstream_header, read_codes, write_bitstream
from sepstudio.codec.bitstream_header import LONGEST_HEADER, MAGIC, BitstreamHeader, decode_header, encode_header
from sepstudio.codec.codes import Codes, frames_of
from sepstudio.codec.config import CodecConfig
from sepstudio.errors import BitstreamError, ParameterError

FULL = CodecConfig()
SMALL = CodecConfig(
    channels=4,
    sample_rate=8000,
    encoder_dim=4,
    encoder_rates=(2, 4),
    decoder_dim=16,
    decoder_rates=(2, 2, 2),
    latent_dim=6,
    codebooks=3,
    codebook_size=200,
    codebook_dim=3,
    tanh=True,
)
STRIDES = ((2, 4, 8, 8), (8, 8, 4, 2))
MODEL = "0123456789abcdef" * 4
SAME_DISK = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def codes_of(config=FULL, seconds=5.0, sample_rate=None, codebooks=None, **changes):
    sample_rate = config.sample_rate if sample_rate is None else sample_rate
    length = round(seconds * sample_rate)
    shape = (codebooks or config.codebooks, frames_of(length, sample_rate, config))
    values = np.random.default_rng(1).integers(0, config.codebook_size, shape)
    facts = {"length": length, "sample_rate": sample_rate, "gain": 0.1, "model_sha256": MODEL, "config": config}
    return Codes(values, **facts | changes)


def facts(codes):
    return {name: getattr(codes, name) for name in Codes.__dataclass_fields__ if name != "codes"}


@pytest.fixture
def written(tmp_path):
    path = tmp_path / "scene.sepc"
    write_bitstream(path, codes_of())
    return path


@pytest.mark.parametrize(
    "codes",
    [
        codes_of(),
        codes_of(sample_rate=48000),
        codes_of(codebooks=1),
        codes_of(SMALL, 2.0003, sample_rate=44100, gain=3.5),
        codes_of(seconds=1 / 44100),
        codes_of(ordering="FuMa", normalisation="FuMa"),
        codes_of(ordering="", normalisation=""),
    ],
)
def test_every_bit_comes_back(tmp_path, codes):
    write_bitstream(tmp_path / "a.sepc", codes)
    found = read_bitstream(tmp_path / "a.sepc")
    assert np.array_equal(found.codes, codes.codes)
    assert facts(found) == facts(codes)
    write_bitstream(tmp_path / "b.sepc", found)
    assert (tmp_path / "a.sepc").read_bytes() == (tmp_path / "b.sepc").read_bytes()


@pytest.mark.parametrize("seconds", [7.0, 10.0, 30.0, 600.0])
@pytest.mark.parametrize("sample_rate", [44100, 48000])
def test_a_file_is_as_large_as_its_rate_says(tmp_path, seconds, sample_rate):
    codes = codes_of(seconds=seconds, sample_rate=sample_rate)
    write_bitstream(tmp_path / "a.sepc", codes)
    nominal = 18 * 10 * 44100 / 512 * seconds / 8
    assert codes.bits_per_second == pytest.approx(15503.9, abs=0.1)
    assert nominal <= (tmp_path / "a.sepc").stat().st_size <= 1.01 * nominal


def test_the_header_is_read_alone(written):
    header = read_bitstream_header(written)
    assert (header.config, header.length, header.codebooks) == (FULL, 220500, 18)
    assert header.duration == 5.0
    assert len(encode_header(header)) + header.body_bytes == written.stat().st_size


@pytest.mark.parametrize(("start", "stop"), [(0, 1), (171, 173), (172, 344), (200, 431), (0, 431)])
def test_any_frame_is_found_without_reading_what_is_before(written, start, stop):
    content = bytearray(written.read_bytes())
    # A stretch that is not asked for may be damaged.
    header = read_bitstream_header(written)
    for block in set(range(header.blocks)) - set(range(start // header.block_frames, -(-stop // header.block_frames))):
        content[len(content) - header.body_bytes + header.offset(block)] ^= 1
    written.write_bytes(content)
    assert np.array_equal(read_codes(written, start, stop), codes_of().codes[:, start:stop])


@pytest.mark.parametrize(("start", "stop"), [(-1, 5), (5, 5), (0, 432)])
def test_frames_that_are_not_there_are_refused(written, start, stop):
    with pytest.raises(ParameterError, match="from 0 to 431"):
        read_codes(written, start, stop)


def test_a_file_appears_whole_or_not_at_all(tmp_path, monkeypatch):
    target = tmp_path / "scene.sepc"
    target.write_bytes(b"before")
    monkeypatch.setattr("sepstudio.codec.bitstream.pack", lambda *_: (_ for _ in ()).throw(OSError(28, "full")))
    with pytest.raises(BitstreamError, match="disk is full"):
        write_bitstream(target, codes_of())
    assert [path.name for path in tmp_path.iterdir()] == ["scene.sepc"]
    assert target.read_bytes() == b"before"


def test_a_cut_file_is_an_error_or_as_long_as_what_is_left(written):
    written.write_bytes(written.read_bytes()[:-3000])
    with pytest.raises(BitstreamError, match="3000 bytes are missing at its end; get the file again"):
        read_bitstream(written)
    found = read_bitstream(written, damaged="keep")
    assert np.array_equal(found.codes, codes_of().codes[:, :172])
    assert found.lost == ((172, 431),)
    assert found.length == 172 * 512


def test_of_a_file_with_a_wrong_bit_one_block_is_lost(written):
    content = bytearray(written.read_bytes())
    content[5000] ^= 16
    written.write_bytes(content)
    with pytest.raises(BitstreamError, match=r"not that it was written with from 2\.00 to 3\.99 s"):
        read_bitstream(written)
    found, sound = read_bitstream(written, damaged="keep"), codes_of()
    assert found.lost == ((172, 344),)
    assert found.length == sound.length
    for part in (slice(0, 172), slice(344, None)):
        assert np.array_equal(found.codes[:, part], sound.codes[:, part])


def test_blocks_that_changed_places_are_found_out(written):
    content = written.read_bytes()
    header = read_bitstream_header(written)
    head, size = len(content) - header.body_bytes, header.block_bytes(0)
    first, second = (content[head + number * size :][:size] for number in (0, 1))
    written.write_bytes(content[:head] + second + first + content[head + 2 * size :])
    assert read_bitstream(written, damaged="keep").lost == ((0, 172), (172, 344))


def test_what_follows_the_end_is_an_error_or_left_out(written):
    written.write_bytes(written.read_bytes() + b"more")
    with pytest.raises(BitstreamError, match="4 bytes follow its end"):
        read_bitstream(written)
    assert read_bitstream(written, damaged="keep").lost == ()


def test_codes_with_lost_frames_are_not_written(tmp_path):
    with pytest.raises(ParameterError, match="complete"):
        write_bitstream(tmp_path / "a.sepc", codes_of(lost=((0, 3),)))


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda content: b"RIFF" + content[4:], "does not begin as a bitstream"),
        (lambda content: content[:4], "does not begin as a bitstream"),
        (lambda content: content.replace(b"\r\n", b"\n", 1), "does not begin as a bitstream"),
        (lambda content: content[:50], "ends within its header"),
        (lambda content: content[:97], "damaged, or not all there"),
        (lambda content: content[:8] + b"\2" + content[9:], "version 2"),
        (lambda content: content[:40] + b"?" + content[41:], "header is damaged"),
        (lambda content: b"", "does not begin as a bitstream"),
    ],
)
def test_a_file_without_a_sound_header_is_refused_even_where_damage_is_accepted(written, change, why):
    written.write_bytes(change(written.read_bytes()))
    for damaged in ("error", "keep"):
        with pytest.raises(BitstreamError, match=why):
            read_bitstream(written, damaged=damaged)


def test_a_file_that_lost_all_sound_is_refused(written):
    header = read_bitstream_header(written)
    written.write_bytes(written.read_bytes()[: -header.body_bytes + 100])
    with pytest.raises(BitstreamError, match="nothing of its sound is left"):
        read_bitstream(written, damaged="keep")


@pytest.mark.parametrize("make", [lambda path: None, lambda path: path.mkdir(), os.mkfifo])
def test_what_is_no_file_is_refused_at_once(tmp_path, make):
    make(tmp_path / "a.sepc")
    with pytest.raises(BitstreamError, match=r"a\.sepc"):
        read_bitstream(tmp_path / "a.sepc")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("length", 0),
        ("length", 1 << 49),
        ("gain", 0.0),
        ("gain", float("nan")),
        ("model_sha256", "abc"),
        ("codebooks", 19),
        ("block_frames", 0),
        ("block_frames", 65536),
        ("ordering", "random"),
    ],
)
def test_headers_with_impossible_values_are_refused(name, value):
    header = BitstreamHeader(FULL, 44100, 44100, 1.0, MODEL, "ACN", "SN3D", 18, 86)
    with pytest.raises(ParameterError):
        dataclasses.replace(header, **{name: value})


def test_later_writers_may_say_more_in_a_header(written):
    content = written.read_bytes()
    header, head = decode_header(content[:LONGEST_HEADER])
    longer = bytearray(head[:-4] + b"a new fact")
    struct.pack_into("<H", longer, 10, len(longer) + 4)
    found, again = decode_header(bytes(longer) + struct.pack("<I", zlib.crc32(longer)) + content[len(head) :])
    assert found == header
    assert len(again) == len(head) + 10


@SAME_DISK
@given(data=st.data())
def test_whatever_happens_to_a_file_it_is_read_as_written_or_complained_about(written, data):
    before = codes_of()
    write_bitstream(written, before)
    content = bytearray(written.read_bytes())
    for place in data.draw(st.lists(st.integers(0, 8 * len(content) - 1), min_size=1, max_size=5, unique=True)):
        content[place // 8] ^= 1 << place % 8
    del content[data.draw(st.integers(len(content) // 2, len(content))) :]
    written.write_bytes(content)
    with pytest.raises(BitstreamError):
        read_bitstream(written)
    try:
        found = read_bitstream(written, damaged="keep")
    except BitstreamError:
        return
    assert found.lost
    kept = np.ones(found.frames, bool)
    for start, stop in found.lost:
        kept[start:stop] = False
    assert np.array_equal(found.codes[:, kept], before.codes[:, : found.frames][:, kept])


def or_any(usual, bits):
    # Often the usual one, so that a wrong number now and then is the only one.
    return st.just(usual) | st.just(usual) | st.integers(0, 2**bits - 1)


def huge_headers():
    half = [or_any(value, 16) for value in (16, 64, 1536, 128, 18, 1023, 8)]
    gain = st.just(1.0) | st.floats(width=64)
    return st.fixed_dictionaries(
        {
            "first": st.tuples(or_any(1 << 40, 64), or_any(44100, 32), gain),
            "kinds": st.tuples(or_any(1, 2), or_any(1, 2), or_any(18, 16), or_any(86, 16)),
            "model": st.tuples(or_any(44100, 32), *half, or_any(0, 8)),
            "strides": st.tuples(*[st.just(rates) | st.lists(st.integers(0, 80), max_size=9) for rates in STRIDES]),
            "body": st.binary(max_size=200),
        }
    )


@SAME_DISK
@given(values=huge_headers())
def test_a_header_with_a_right_checksum_and_huge_numbers_reserves_no_memory(tmp_path, values):
    encoder, decoder = values["strides"]
    size = 91 + len(encoder) + len(decoder) + 4
    head = struct.pack("<8sHHQId", MAGIC, 1, size, *values["first"]) + bytes(32)
    head += struct.pack("<BBHH", *values["kinds"]) + struct.pack("<I7HB", *values["model"])
    head += bytes((len(encoder), len(decoder), *encoder, *decoder))
    path = tmp_path / "huge.sepc"
    path.write_bytes(head + struct.pack("<I", zlib.crc32(head)) + values["body"])
    refused_within(path, 8 << 20)


@pytest.mark.parametrize("length", [1 << 48, 1 << 40])
def test_a_file_that_announces_centuries_takes_no_more_memory_than_it_has_bytes(tmp_path, length):
    head = encode_header(BitstreamHeader(FULL, length, 44100, 1.0, MODEL, "ACN", "SN3D", 18, 3000))
    (tmp_path / "huge.sepc").write_bytes(head + bytes(1000))
    refused_within(tmp_path / "huge.sepc", 8 << 20)


def refused_within(path, limit):
    tracemalloc.start()
    try:
        for damaged in ("error", "keep"):
            with pytest.raises(BitstreamError):
                read_bitstream(path, damaged=damaged)
        assert tracemalloc.get_traced_memory()[1] < limit
    finally:
        tracemalloc.stop()


@SAME_DISK
@given(content=st.binary(max_size=300))
def test_random_bytes_are_refused(tmp_path, content):
    path = tmp_path / "random.sepc"
    for start in (b"", MAGIC, MAGIC + b"\1\0"):
        path.write_bytes(start + content)
        with pytest.raises(BitstreamError):
            read_bitstream(path, damaged="keep")
