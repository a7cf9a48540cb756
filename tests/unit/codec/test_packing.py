"""Codes packed to the bit."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sepstudio.codec.packing import pack, packed_bytes, unpack
from sepstudio.errors import ParameterError


def test_the_highest_bit_comes_first_and_nothing_lies_between_codes():
    assert pack(np.array([0b1000000001, 0b0111111110], np.uint16), 10) == bytes([0b10000000, 0b01011111, 0b11100000])


@given(st.integers(1, 16).flatmap(lambda bits: st.tuples(st.just(bits), st.lists(st.integers(0, 2**bits - 1)))))
def test_what_was_packed_comes_back(case):
    bits, values = case
    data = pack(np.array(values, np.uint16), bits)
    assert len(data) == packed_bytes(len(values), bits)
    assert unpack(data, len(values), bits).tolist() == values


def test_a_code_too_large_for_its_bits_is_refused():
    with pytest.raises(ParameterError, match="below 1024"):
        pack(np.array([3, 1024], np.uint16), 10)


def test_more_codes_than_the_bytes_hold_are_refused():
    with pytest.raises(ParameterError, match="at most 3"):
        unpack(bytes(4), 4, 10)
