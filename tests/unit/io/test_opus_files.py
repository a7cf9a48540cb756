"""Opus files of Ambisonics: pages, headers and packets, and what is said of files that are damaged."""

import io
import shutil
import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sepstudio.codec.opus import OpusSettings, encode_opus_steps
from sepstudio.errors import AudioFileError, MissingToolError
from sepstudio.io.audio import audio_info, read_audio
from sepstudio.io.clip import AudioClip
from sepstudio.io.opus import library
from sepstudio.io.opus.decoding import decode_opus_steps
from sepstudio.io.opus.header import OpusHead, parse_head, parse_tags, tags_packet
from sepstudio.io.opus.library import opus_library
from sepstudio.io.opus.packets import samples_of, scan_opus, sound_packets
from sepstudio.io.opus.pages import CONTINUED, FIRST, LAST, NO_POSITION, Page, checksum, read_pages
from sepstudio.io.steps import drain


def noise(channels=4, length=6000, seed=0):
    return (0.1 * np.random.default_rng(seed).standard_normal((channels, length))).astype(np.float32)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A first-order scene of an eighth of a second, a page of seven packets."""
    path = tmp_path_factory.mktemp("opus") / "whole.opus"
    drain(encode_opus_steps(AudioClip(noise(), 48000), path, OpusSettings(16_000), gain=1.0))
    return path


def slow_checksum(data):
    register = 0
    for byte in data:
        register ^= byte << 24
        for _ in range(8):
            register = (register << 1 ^ (0x04C11DB7 if register & 1 << 31 else 0)) & 0xFFFFFFFF
    return register


@given(st.binary(max_size=300))
def test_the_checksum_is_that_of_the_standard(data):
    assert checksum(data) == slow_checksum(data)


@given(st.lists(st.binary(max_size=700), max_size=12), st.booleans())
def test_pages_come_back_as_they_were_written(parts, open_end):
    if open_end:
        parts = [*parts, b"x" * 510]
    page = Page(FIRST, 12345, 7, 0, tuple(parts), open_end)
    assert list(read_pages(io.BytesIO(page.to_bytes() * 2))) == [page, page]


def test_a_page_holds_255_segments_at_most():
    with pytest.raises(ValueError, match="256 segments"):
        Page(0, 0, 0, 0, (b"x" * 255 * 255,)).to_bytes()


@pytest.mark.parametrize(
    ("packet", "samples"), [(b"\x00", 480), (b"\x78", 960), (b"\x99", 1920), (b"\xfb\x03", 2880), (b"\x18", 2880)]
)
def test_packets_tell_how_long_they_are(packet, samples):
    assert samples_of(packet) == samples


def test_heads_and_comments_come_back():
    matrix = np.arange(6, dtype="<i2").tobytes()
    for head in (
        OpusHead(4, 2, 312, 44100, 4, 0, -512, mapping=b"\0\1\2\3"),
        OpusHead(3, 3, 312, 0, 1, 1, matrix=matrix),
    ):
        assert parse_head(head.to_bytes()) == head
    assert OpusHead(4, 2, 0, 0, 4, 0, -1542).factor == pytest.approx(0.5, rel=1e-3)
    assert parse_tags(tags_packet("maker", {"Title": "a=b"})) == {"vendor": "maker", "TITLE": "a=b"}


def fixed(family, channels=2, version=1):
    return struct.pack("<8sBBHIhB", b"OpusHead", version, channels, 312, 48000, 0, family)


@pytest.mark.parametrize(
    ("packet", "why"),
    [
        (b"OpusTags....", "header of Opus"),
        (fixed(0), "mono or stereo"),
        (fixed(1) + b"\1\1\0\1", "loudspeakers"),
        (fixed(255), "no scene"),
        (fixed(2, version=16) + b"\2\0\0\1", "version 16"),
        (fixed(2), "cut off"),
        (fixed(2) + b"\0\0\0\1", "0 streams"),
        (fixed(2) + b"\2\3\0\1", "2 streams, 3 of them"),
        (fixed(2) + b"\2\0\0", "1 bytes for the channels in place of 2"),
        (fixed(3) + b"\2\0\0\0", "2 bytes for the channels in place of 8"),
        (fixed(2) + b"\2\0\0\2", "channels that are not encoded"),
    ],
)
def test_heads_that_are_none_are_refused(packet, why):
    with pytest.raises(ValueError, match=why):
        parse_head(packet)


@given(st.binary(max_size=64))
def test_no_header_does_anything_but_raise_value_errors(content):
    for parse, magic in ((parse_head, b"OpusHead"), (parse_tags, b"OpusTags")):
        try:
            parse(magic + content)
        except ValueError:
            assert parse is parse_head


def test_scanning_tells_what_a_file_holds(whole):
    found = scan_opus(whole)
    assert (found.length, found.packets, found.original_rate, found.original_length) == (6000, 7, 48000, 6000)
    assert found.payload == 7 * 40
    assert [len(packet) for packet in sound_packets(whole)] == [40] * 7
    assert found.tags["vendor"] == opus_library().version


def test_no_file_that_is_cut_off_or_damaged_passes(whole, tmp_path):
    content, path = whole.read_bytes(), tmp_path / "damaged.opus"
    for stop in range(1, len(content), 3):
        path.write_bytes(content[:stop])
        with pytest.raises(AudioFileError, match=r"damaged\.opus"):
            scan_opus(path)
    for place in range(0, len(content), 7):
        path.write_bytes(content[:place] + bytes([content[place] ^ 0x20]) + content[place + 1 :])
        with pytest.raises(AudioFileError, match=r"damaged\.opus"):
            scan_opus(path)


def rewritten(whole, path, change):
    """Write a file again with its pages changed; checksums are right."""
    with whole.open("rb") as file:
        pages = list(read_pages(file))
    path.write_bytes(b"".join(page.to_bytes() for page in change(pages)))
    return path


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda head, tags, sound: [head, tags], "its last page is missing"),
        (lambda head, tags, sound: [head, tags, Page(0, 1, head.stream, 3, sound.parts)], "page 2 is missing"),
        (lambda head, tags, sound: [tags, sound], "first page"),
        (lambda head, tags, sound: [head, tags, Page(LAST, 0, head.stream, 2, ())], "no sound"),
        (lambda head, tags, sound: [head, tags, Page(LAST, 960, head.stream, 2, (b"",))], "empty packet"),
        (lambda head, tags, sound: [head, sound, Page(LAST, 9, head.stream, 2, (b"x",))], "page 1 is missing"),
        (lambda head, tags, sound: [head, tags, Page(LAST | CONTINUED, 9, head.stream, 2, sound.parts)], "cut in two"),
        (lambda head, tags, sound: [Page(FIRST, 0, head.stream, 0, (fixed(0),)), tags, sound], "mono or stereo"),
    ],
)
def test_files_whose_pages_make_no_sense_are_refused(whole, tmp_path, change, why):
    path = rewritten(whole, tmp_path / "a.opus", lambda pages: change(*pages))
    with pytest.raises(AudioFileError, match=why):
        scan_opus(path)


def test_packets_may_go_on_over_pages_and_other_streams_lie_between(whole, tmp_path):
    def cut(pages):
        head, tags, sound = pages
        number, stream, first = head.stream + 1, head.stream, sound.parts[0]
        padded = first[:1] + bytes(509)  # of a length that fills its segments
        yield head
        yield Page(FIRST, 0, number, 0, (b"something else",))
        yield tags
        yield Page(0, NO_POSITION, stream, 2, (padded[:255],), open_end=True)
        yield Page(LAST, 0, number, 1, (b"at its end",))
        yield Page(CONTINUED | LAST, 7 * 960, stream, 3, (padded[255:], *sound.parts[1:]))

    path = rewritten(whole, tmp_path / "a.opus", cut)
    assert [len(packet) for packet in sound_packets(path)] == [510, *[40] * 6]
    assert scan_opus(path).length == 7 * 960 - 312


def test_a_file_that_begins_late_and_ends_early_is_as_long_as_it_says(whole, tmp_path):
    def moved(pages):
        head, tags, sound = pages
        yield head
        yield tags
        yield Page(0, 100_000 + 3 * 960, head.stream, 2, sound.parts[:3])
        yield Page(LAST, 100_000 + 7 * 960 - 100, head.stream, 3, sound.parts[3:])

    path = rewritten(whole, tmp_path / "a.opus", moved)
    assert scan_opus(path).length == 7 * 960 - 100 - 312
    assert drain(decode_opus_steps(path)).length == 7 * 960 - 100 - 312


def test_scenes_of_family_3_open_as_recordings(whole, tmp_path):
    clip = read_audio(whole)
    assert (clip.channels, clip.length, clip.sample_rate) == (4, 6000, 48000)
    assert np.array_equal(clip.samples, drain(decode_opus_steps(whole)).samples)
    assert audio_info(whole).duration == 0.125
    (tmp_path / "cut.opus").write_bytes(whole.read_bytes()[:-1])
    with pytest.raises(AudioFileError, match="truncated"):
        read_audio(tmp_path / "cut.opus")


def test_packets_that_libopus_refuses_are_told(whole, tmp_path):
    def emptied(pages):
        head, tags, sound = pages
        broken = sound.parts[1][:1] + b"\xff" * 2
        yield from (head, tags, Page(LAST, sound.position, head.stream, 2, (sound.parts[0], broken, *sound.parts[2:])))

    path = rewritten(whole, tmp_path / "a.opus", emptied)
    with pytest.raises(AudioFileError, match="cannot be decoded"):
        drain(decode_opus_steps(path))


@settings(max_examples=40, deadline=None)
@given(content=st.binary(max_size=60))
def test_decoders_take_whatever_packets_hold(whole, tmp_path_factory, content):
    def noisy(pages):
        head, tags, sound = pages
        packet = bytes([sound.parts[0][0]]) + content
        yield from (head, tags, Page(LAST, sound.position, head.stream, 2, (packet, *sound.parts[1:])))

    path = rewritten(whole, tmp_path_factory.getbasetemp() / "noisy.opus", noisy)
    try:
        channels = drain(decode_opus_steps(path)).channels
    except AudioFileError:
        return
    assert channels == 4


@pytest.mark.parametrize(
    ("paths", "why"),
    [([], "is not installed"), (["libm.so.6"], "know no Ambisonics"), (["/none/libopus.so"], "cannot be loaded")],
)
def test_a_missing_libopus_is_told_with_its_remedy(monkeypatch, whole, paths, why):
    monkeypatch.setattr(library, "_candidates", lambda: iter(paths))
    opus_library.cache_clear()
    try:
        with pytest.raises(MissingToolError, match=rf"libopus: .*{why}.*pip install av"):
            drain(decode_opus_steps(whole))
    finally:
        opus_library.cache_clear()


def test_other_libraries_of_the_name_are_not_taken(tmp_path, monkeypatch):
    package = tmp_path / "av"
    for folder in (package / ".dylibs", tmp_path / "av.libs"):
        folder.mkdir(parents=True)
        for name in ("libopus-12.so.0.11.1", "libopus.0.dylib", "opus-12.dll", "libopusenc-1.so", "opus.pyi"):
            shutil.copy(__file__, folder / name)
    spec = type("Spec", (), {"origin": str(package / "__init__.py")})
    monkeypatch.setattr(library.importlib.util, "find_spec", lambda name: spec)
    monkeypatch.setattr(library.ctypes.util, "find_library", lambda name: "the system's")
    names = [path.rsplit("/", 1)[-1] for path in library._candidates()]
    assert names == [*["libopus-12.so.0.11.1", "libopus.0.dylib", "opus-12.dll"] * 2, "the system's"]
