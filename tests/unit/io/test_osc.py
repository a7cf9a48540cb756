"""Open Sound Control: what the specification writes, what is broken, and what a tracker means by it."""

import struct

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sepstudio.dsp.ambisonics import axes_rotation
from sepstudio.errors import ParameterError, UserError
from sepstudio.io.osc import MOST_BYTES, Message, read_datagram
from sepstudio.playback.head import Head, Orientation
from sepstudio.playback.head_tracking import Signs, turn_of


def text(value):
    data = value.encode() + b"\0"
    return data + b"\0" * (-len(data) % 4)


def message(address, *numbers):
    return text(address) + text("," + "f" * len(numbers)) + struct.pack(f">{len(numbers)}f", *numbers)


def bundle(*parts):
    return b"#bundle\0" + bytes(7) + b"\1" + b"".join(struct.pack(">i", len(part)) + part for part in parts)


def test_the_examples_of_the_specification():
    data = b"/oscillator/4/frequency\0,f\0\0\x43\xdc\0\0"
    assert read_datagram(data) == (Message("/oscillator/4/frequency", (440.0,)),)
    data = bytes.fromhex("2f666f6f000000002c69697366660000000003e8ffffffff68656c6c6f0000003f9df3b640b5b22d")
    (found,) = read_datagram(data)
    assert found.address == "/foo"
    assert found.arguments[:3] == (1000, -1, "hello")
    assert found.arguments[3:] == pytest.approx((1.234, 5.678))


def test_every_type_of_argument_is_stepped_over():
    data = text("/a") + text(",bTdhNF") + struct.pack(">i", 5) + b"12345\0\0\0" + struct.pack(">dq", -2.5, 7)
    assert read_datagram(data) == (Message("/a", (b"12345", True, -2.5, 7, None, False)),)


def test_bundles_within_bundles_are_read_in_their_order():
    data = bundle(message("/yaw", 1.0), bundle(message("/pitch", 2.0)), message("/roll", 3.0))
    assert [found.address for found in read_datagram(data)] == ["/yaw", "/pitch", "/roll"]
    assert read_datagram(bundle()) == ()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"yaw",
        b"/yaw",
        text("/yaw") + b"f\0\0\0",
        text("/yaw") + text(",f"),
        text("/yaw") + text(",f") + b"\0\0",
        text("/yaw") + text(",q"),
        text("/yaw") + text(",b") + struct.pack(">i", -4),
        text("/yaw") + text(",b") + struct.pack(">i", 2**31 - 1),
        text("/gr\u00fc\u00dfe".encode().decode("latin-1")),
        b"#bundle\0",
        bundle(message("/yaw", 1.0))[:-2],
        b"#bundle\0" + bytes(8) + struct.pack(">i", -1) + bytes(8),
        bytes(MOST_BYTES + 4),
    ],
)
def test_what_is_broken_is_refused_and_said_to_be(data):
    with pytest.raises(UserError, match="OSC"):
        read_datagram(data)


def test_bundles_are_no_pit():
    data = message("/yaw", 1.0)
    for _ in range(100):
        data = bundle(data)
    with pytest.raises(UserError, match="deeply"):
        read_datagram(data)


@settings(deadline=None, max_examples=300)
@given(st.binary(max_size=96), st.integers(0, 60), st.integers(0, 255))
@example(b"#bundle\0" + bytes(8) + struct.pack(">i", 0), 0, 0)
def test_no_bytes_whatever_do_more_than_be_refused(noise, place, value):
    whole = bytearray(bundle(message("/ypr", 1.0, 2.0, 3.0), message("/yaw", 4.0)))
    whole[place] = value
    for data in (noise, bytes(whole), text("/yaw") + noise, b"#bundle\0" + noise):
        try:
            found = read_datagram(data)
        except UserError:
            continue
        told = Orientation()
        for each in found:
            told = turn_of(each, told) or told
        assert np.isfinite(told.degrees).all()


def degrees(told):
    return pytest.approx(told, abs=1e-4)


def test_angles_come_alone_or_together():
    told = Orientation()
    for address, value in (("/yaw", 30.0), ("/SceneRotator/pitch", -20.0), ("/tracker/1/ROLL", 10.0)):
        (found,) = read_datagram(message(address, value))
        told = turn_of(found, told)
    assert told.degrees == degrees((30, -20, 10))
    assert turn_of(Message("/ypr", (190, 5.0, 0.0)), told).degrees == degrees((-170, 5, 0))
    assert Signs(yaw=True, roll=True).applied(told).degrees == degrees((-30, -20, -10))


@pytest.mark.parametrize(
    "said",
    [
        Message("/yaw", ()),
        Message("/yaw", ("left",)),
        Message("/yaw", (True,)),
        Message("/yaw", (float("nan"),)),
        Message("/ypr", (1.0, 2.0)),
        Message("/quaternion", (0.0, 0.0, 0.0, 0.0)),
        Message("/volume", (1.0,)),
    ],
)
def test_what_says_nothing_about_a_head_turns_none(said):
    assert turn_of(said, Orientation()) is None


@pytest.mark.parametrize("angles", [(40, 0, 0), (0, 30, 0), (0, 0, -50), (-120, 25, 70), (10, 89, 0)])
def test_a_quaternion_is_the_turn_of_its_angles(angles):
    axes = axes_rotation(*np.radians(angles))
    w = np.sqrt(1 + np.trace(axes)) / 2
    x, y, z = (axes[2, 1] - axes[1, 2], axes[0, 2] - axes[2, 0], axes[1, 0] - axes[0, 1]) / (4 * w)
    told = turn_of(Message("/quaternion", tuple(3.0 * np.array([w, x, y, z]).astype(float))), Orientation())
    np.testing.assert_allclose(axes_rotation(told.yaw, told.pitch, told.roll), axes, atol=1e-9)


def test_a_head_is_turned_at_once_and_never_to_nowhere():
    head = Head()
    head.turn_to(Orientation(1.0))
    assert head.orientation == Orientation(1.0)
    with pytest.raises(ParameterError, match="pitch"):
        Orientation(0.0, float("nan"))
