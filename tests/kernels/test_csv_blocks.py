"""CSV records decoded together give what they give one by one."""

import random

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tensormill.graph import errors
from tensormill.graph.dtypes import float32, float64, int32, int64, string
from tensormill.kernels.csv_blocks import split_block
from tensormill.kernels.csv_fields import FieldSplitter
from tensormill.kernels.csv_records import CsvDecoder

DTYPES = [float32, float64, int32, int64, string]
ODD_FIELDS = ["", " ", "1e3", "nan", "0x1f", "+5", "1.2.3", "-", ".", "--1", "1_0", "2147483648"]
ODD_FIELDS += ["-2147483649", "9999999999999999", "99999999999999999999", "NA", "7", 'say "x"', "é"]


def a_field(drawn: random.Random, dtype) -> str:
    if drawn.random() < 0.003:
        return drawn.choice(ODD_FIELDS)
    if dtype == string:
        return drawn.choice(["", "a", "two words", "1.5"])
    digits = str(drawn.randrange(10 ** drawn.randint(1, 9)))
    if dtype in (float32, float64):
        digits += drawn.choice(["", ".", ".5", ".250", ".1234567", "." + digits[:6]])
        digits = drawn.choice(["", "0"]) + drawn.choice(
            [digits, digits.lstrip("0123456789") or "1"]
        )
    return (
        drawn.choice(["", "", " ", "  "])
        + drawn.choice(["", "-"])
        + digits
        + (" " if drawn.random() < 0.05 else "")
    )


def one_by_one(decoder: CsvDecoder, lines: list[bytes], defaults: list) -> list:
    rows = []
    for line in lines:
        record = np.empty((), object)
        record[()] = line
        rows.append([np.asarray(value) for value in decoder.decode(record, defaults)])
    return [np.stack(column) for column in zip(*rows, strict=True)]


@given(st.integers(0, 2**32))
@settings(max_examples=60)
def test_a_block_gives_what_its_records_give(seed):
    drawn = random.Random(seed)
    dtypes = [drawn.choice(DTYPES) for _ in range(drawn.randint(1, 4))]
    delimiter = drawn.choice([b",", b",", b"\t", b";", b" "])
    chosen = tuple(sorted(drawn.sample(range(4), len(dtypes)))) if drawn.random() < 0.3 else ()
    of_field = [dtypes[chosen.index(i)] if i in chosen else string for i in range(4)]
    fields = of_field if chosen else dtypes
    count = drawn.choice([8, 9, 60])
    lines = [
        delimiter.join(a_field(drawn, dtype).replace(" ", "").encode() for dtype in fields)
        if delimiter == b" "
        else delimiter.join(a_field(drawn, dtype).encode() for dtype in fields)
        for _ in range(count)
    ]
    if drawn.random() < 0.1:
        lines[drawn.randrange(count)] += drawn.choice([delimiter + b"1", b"\r", b'"', b"\n"])
    splitter = FieldSplitter(delimiter, drawn.random() < 0.8, chosen)
    decoder = CsvDecoder(splitter, tuple(dtypes), drawn.choice([b"", b"", b"NA", b"7"]))
    defaults = [
        np.array([b"d"], object) if dtype == string else np.array([3], dtype.as_numpy_dtype)
        for dtype in dtypes
    ]
    if drawn.random() < 0.3:
        defaults[0] = defaults[0][:0]
    records = np.array([*lines, None], object)[:-1]
    try:
        expected = one_by_one(decoder, lines, defaults)
    except errors.OpError:
        with pytest.raises(errors.OpError):
            decoder.decode(records, defaults)
        return
    for found, wanted in zip(decoder.decode(records, defaults), expected, strict=True):
        found = found.numpy() if isinstance(found, torch.Tensor) else found
        assert found.dtype == wanted.dtype
        if wanted.dtype.kind == "f":
            assert found.tobytes() == wanted.tobytes()
        else:
            assert found.tolist() == wanted.tolist()


def test_plain_numbers_are_read_column_by_column():
    block = split_block([b"1.5, -2,x", b"-.25,3,y", b" 4. ,0,"], b",", True)
    assert block is not None
    floats = block.numbers(0, np.dtype(np.float32))
    integers = block.numbers(1, np.dtype(np.int32))
    assert floats is not None
    assert floats.tolist() == [1.5, -0.25, 4.0]
    assert integers is not None
    assert integers.tolist() == [-2, 3, 0]
    assert block.fields(2) == [b"x", b"y", b""]
    assert block.numbers(2, np.dtype(np.float64)) is None


@pytest.mark.parametrize("odd", [b'"1",2', b"1,2,3", b"1", b"", b"1,2\r", b"1\n2", b"1,\n"])
def test_records_that_are_not_plain_are_no_block(odd):
    assert split_block([b"1,2", odd, b"3,4"], b",", True) is None


def test_a_float_is_rounded_once():
    text = b"1.00000005960464"  # nearer to 1 than to the next float32, by its last digits
    block = split_block([text] * 3, b",", True)
    assert block is not None
    numbers = block.numbers(0, np.dtype(np.float32))
    assert numbers is not None
    assert numbers.tolist() == [float(np.float32(text.decode()))] * 3
