"""The checksum of files against its published check value, and its mask."""

from hypothesis import given
from hypothesis import strategies as st

from tensormill.formats.checksums import crc32c, mask, masked_crc32c, packed_crc32c, unmask


def test_the_check_value_is_that_of_castagnoli():
    assert crc32c(b"123456789") == 0xE3069283
    assert crc32c(b"") == 0


def test_a_checksum_goes_on_where_another_ended():
    assert crc32c(b"6789", crc32c(b"12345")) == crc32c(b"123456789")


@given(st.integers(0, 2**32 - 1))
def test_a_mask_can_be_taken_off(checksum):
    assert 0 <= mask(checksum) < 2**32
    assert unmask(mask(checksum)) == checksum


def test_a_packed_checksum_is_little_endian():
    assert int.from_bytes(packed_crc32c(b"abc"), "little") == masked_crc32c(b"abc")
