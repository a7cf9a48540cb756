"""libopus with its interface for Ambisonics: the one that the library av brings, or else the system's.

``opus_projection_*`` is in libopus since 1.3, and few systems and programs have been built with it.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import functools
import importlib.util
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from sepstudio.errors import MissingToolError, ParameterError
from sepstudio.io.clip import FloatArray
from sepstudio.io.opus.header import PROJECTION, RATE, OpusHead

# 20 ms, at 48 kHz.
FRAME = 960
_LONGEST_FRAME = 5760
_LONGEST_PACKET = 1 << 17
_APPLICATION_AUDIO = 2049
_SET_BITRATE, _SET_VBR, _GET_LOOKAHEAD = 4002, 4006, 4027
_MATRIX_GAIN, _MATRIX_SIZE, _MATRIX = 6001, 6003, 6005

_Int, _Pointer = ctypes.c_int, ctypes.c_void_p
_IntOut, _Floats = ctypes.POINTER(ctypes.c_int), ctypes.POINTER(ctypes.c_float)
_CREATE_DECODER = [ctypes.c_int32, _Int, _Int, _Int, ctypes.c_char_p]
# What each function returns and takes; of those that take any number of values, what comes first.
_SIGNATURES: dict[str, tuple[Any, list[Any]]] = {
    "opus_get_version_string": (ctypes.c_char_p, []),
    "opus_strerror": (ctypes.c_char_p, [_Int]),
    "opus_multistream_surround_encoder_create": (
        _Pointer,
        [ctypes.c_int32, _Int, _Int, _IntOut, _IntOut, ctypes.c_char_p, _Int, _IntOut],
    ),
    "opus_projection_ambisonics_encoder_create": (
        _Pointer,
        [ctypes.c_int32, _Int, _Int, _IntOut, _IntOut, _Int, _IntOut],
    ),
    "opus_multistream_decoder_create": (_Pointer, [*_CREATE_DECODER, _IntOut]),
    "opus_projection_decoder_create": (_Pointer, [*_CREATE_DECODER, ctypes.c_int32, _IntOut]),
}
for _kind in ("multistream", "projection"):
    _SIGNATURES |= {
        f"opus_{_kind}_encode_float": (_Int, [_Pointer, _Floats, _Int, ctypes.c_char_p, ctypes.c_int32]),
        f"opus_{_kind}_decode_float": (_Int, [_Pointer, ctypes.c_char_p, ctypes.c_int32, _Floats, _Int, _Int]),
        f"opus_{_kind}_encoder_ctl": (_Int, [_Pointer, _Int]),
        f"opus_{_kind}_encoder_destroy": (None, [_Pointer]),
        f"opus_{_kind}_decoder_destroy": (None, [_Pointer]),
    }


class OpusError(ValueError):
    """What libopus refused; the message is its own."""


class OpusLibrary:
    """The functions of a libopus.

    Raises
    ------
    OSError
        If it cannot be loaded.
    AttributeError
        If it was built without Ambisonics.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        loaded = ctypes.CDLL(path)
        self._functions: dict[str, Any] = {}
        for name, (result, arguments) in _SIGNATURES.items():
            function = getattr(loaded, name)
            function.restype, function.argtypes = result, arguments
            self._functions[name] = function

    @property
    def version(self) -> str:
        """As in ``libopus 1.6.1``."""
        return str(self._functions["opus_get_version_string"]().decode())

    def function(self, kind: str, name: str) -> Any:
        """Return a function of the multistream or the projection interface."""
        return self._functions[f"opus_{kind}_{name}"]

    def check(self, code: int) -> int:
        """Return a result that is no error; raises OpusError for one."""
        if code < 0:
            raise OpusError(self._functions["opus_strerror"](code).decode())
        return code


@functools.cache
def opus_library() -> OpusLibrary:
    """Return the libopus of this machine that knows Ambisonics.

    Raises
    ------
    MissingToolError
        If there is none.
    """
    tried = []
    for path in _candidates():
        try:
            return OpusLibrary(path)
        except (OSError, AttributeError):
            tried.append(path)
    why = f"{' and '.join(tried)} cannot be loaded or know no Ambisonics" if tried else "is not installed"
    raise MissingToolError("libopus", why, "install it with: pip install av")


def _candidates() -> Iterator[str]:
    found = importlib.util.find_spec("av")
    if found is not None and found.origin:
        package = Path(found.origin).parent
        # Where the tools that repair wheels put libraries: beside the package on Linux and Windows, in it on macOS.
        for folder in (package.parent / "av.libs", package / ".dylibs", package):
            yield from (str(path) for path in sorted(folder.glob("*opus*")) if _is_library(path))
    system = ctypes.util.find_library("opus")
    if system:
        yield system


def _is_library(path: Path) -> bool:
    # Not libopusenc and the like, and no Python module.
    name = path.name.removeprefix("lib")
    return name[:5] in {"opus.", "opus-"} and bool({".so", ".dll", ".dylib"} & set(path.suffixes))


class OpusEncoder:
    """Encodes a scene at 48 kHz, 20 ms at a time.

    Parameters
    ----------
    channels : int
        A full set of ambiX channels (ACN, SN3D), with or without a head-locked pair behind.
    family : {2, 3}
    bitrate : int
        Bits per second of all channels together.
    constant : bool
        Whether all packets are of one size.

    Attributes
    ----------
    head : OpusHead
        What a decoder needs to know; its sample rate is 48 kHz.

    Raises
    ------
    MissingToolError
        If there is no libopus that knows Ambisonics.
    ParameterError
        If it cannot encode so many channels.
    """

    def __init__(self, channels: int, family: int, bitrate: int, *, constant: bool = True) -> None:
        self._library = opus_library()
        self._kind = "projection" if family == PROJECTION else "multistream"
        streams, coupled, mapping = self._create(channels, family)
        self._control(_SET_BITRATE, _Int(bitrate))
        self._control(_SET_VBR, _Int(0 if constant else 1))
        matrix, gain = self._matrix() if family == PROJECTION else (b"", 0)
        self.head = OpusHead(
            channels, family, self._asked(_GET_LOOKAHEAD), RATE, streams, coupled, gain, mapping=mapping, matrix=matrix
        )
        self._buffer = ctypes.create_string_buffer(_LONGEST_PACKET)

    def _create(self, channels: int, family: int) -> tuple[int, int, bytes]:
        streams, coupled, error = _Int(), _Int(), _Int()
        mapping = ctypes.create_string_buffer(256)
        counts = (ctypes.byref(streams), ctypes.byref(coupled))
        if family == PROJECTION:
            create = self._library.function(self._kind, "ambisonics_encoder_create")
            state = create(RATE, channels, family, *counts, _APPLICATION_AUDIO, ctypes.byref(error))
            used = b""
        else:
            create = self._library.function(self._kind, "surround_encoder_create")
            state = create(RATE, channels, family, *counts, mapping, _APPLICATION_AUDIO, ctypes.byref(error))
            used = mapping.raw[:channels]
        if not state:
            expected = f"a number of channels that {self._library.version} encodes in family {family}"
            raise ParameterError("channels", channels, expected)
        self._state = _Pointer(state)
        weakref.finalize(self, self._library.function(self._kind, "encoder_destroy"), self._state)
        return streams.value, coupled.value, used

    def _matrix(self) -> tuple[bytes, int]:
        """Return what makes the channels of what was encoded, and its gain in 1/256 dB."""
        size = self._asked(_MATRIX_SIZE)
        matrix = ctypes.create_string_buffer(size)
        self._control(_MATRIX, matrix, ctypes.c_int32(size))
        return matrix.raw, self._asked(_MATRIX_GAIN)

    def _control(self, request: int, *values: Any) -> None:
        self._library.check(self._library.function(self._kind, "encoder_ctl")(self._state, request, *values))

    def _asked(self, request: int) -> int:
        value = ctypes.c_int32()
        self._control(request, ctypes.byref(value))
        return value.value

    def encode(self, frame: FloatArray) -> bytes:
        """Return a packet of float32 [channels, FRAME]."""
        samples = np.ascontiguousarray(frame.T, np.float32)
        encode = self._library.function(self._kind, "encode_float")
        size = encode(self._state, samples.ctypes.data_as(_Floats), FRAME, self._buffer, _LONGEST_PACKET)
        return ctypes.string_at(self._buffer, self._library.check(size))


class OpusDecoder:
    """Decodes packets to a scene at 48 kHz; the gain of the head is applied.

    Raises
    ------
    MissingToolError
        If there is no libopus that knows Ambisonics.
    OpusError
        If it cannot decode what the head tells of.
    """

    def __init__(self, head: OpusHead) -> None:
        self._library = opus_library()
        self._kind = "projection" if head.family == PROJECTION else "multistream"
        error = _Int()
        tail = (head.matrix, len(head.matrix)) if head.family == PROJECTION else (head.mapping,)
        create = self._library.function(self._kind, "decoder_create")
        state = create(RATE, head.channels, head.streams, head.coupled, *tail, ctypes.byref(error))
        if not state:
            self._library.check(error.value)
        self._state = _Pointer(state)
        weakref.finalize(self, self._library.function(self._kind, "decoder_destroy"), self._state)
        self._factor = np.float32(head.factor)
        self._buffer = np.empty((_LONGEST_FRAME, head.channels), np.float32)

    def decode(self, packet: bytes) -> FloatArray:
        """Return what a packet holds, float32 [channels, samples]; raises OpusError if it is damaged."""
        decode = self._library.function(self._kind, "decode_float")
        target = self._buffer.ctypes.data_as(_Floats)
        count = self._library.check(decode(self._state, packet, len(packet), target, _LONGEST_FRAME, 0))
        return np.ascontiguousarray(self._buffer[:count].T) * self._factor
