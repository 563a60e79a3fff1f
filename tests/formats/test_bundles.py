"""Checkpoint bundles: what is written is read, damage is noticed, memory stays bounded."""

import itertools
import os
import tracemalloc

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tensormill.formats.bundle_reader import BundleReader
from tensormill.formats.bundle_writer import BundleWriter, DuplicateKeyError, merge_bundles
from tensormill.formats.damage import DamagedFileError, TruncatedFileError
from tensormill.formats.slice_keys import slice_key
from tensormill.formats.slices import MissingSliceError

FLOAT, STRING = 1, 7


def write(prefix, **tensors):
    with BundleWriter(str(prefix)) as writer:
        for name, value in tensors.items():
            if isinstance(value, list):
                writer.add(name, STRING, [len(value)], value)
            else:
                writer.add(name, FLOAT, value.shape, value)


def read(prefix, name, shape, extents=None):
    target = np.empty(shape, np.float32)
    with BundleReader(str(prefix)) as reader:
        reader.read_into(name, target, extents)
    return target


def test_the_folder_may_appear_while_the_writer_makes_it(tmp_path, monkeypatch):
    """Every ps of a job writes its part into one temporary folder, all at the same moment."""
    make = os.mkdir

    def made_by_another_task_first(path):
        make(path)
        make(path)

    monkeypatch.setattr(os, "mkdir", made_by_another_task_first)
    a = np.ones(3, np.float32)
    write(tmp_path / "parts" / "m", a=a)
    merge_bundles([str(tmp_path / "parts" / "m")], str(tmp_path / "whole" / "m"))
    assert np.array_equal(read(tmp_path / "whole" / "m", "a", [3]), a)


def test_numbers_and_strings_come_back(tmp_path):
    a = np.arange(6, dtype=np.float32).reshape(2, 3)
    write(tmp_path / "m", b=np.float32(3), a=a, none=np.zeros([0, 2], np.float32), s=[b"", b"xy"])
    assert np.array_equal(read(tmp_path / "m", "a", [2, 3]), a)
    assert read(tmp_path / "m", "b", []) == 3
    with BundleReader(str(tmp_path / "m")) as reader:
        assert reader.names() == ["a", "b", "none", "s"]
        assert reader.read_strings("s") == [b"", b"xy"]
        assert reader.entry("no") is None
    assert sorted(os.listdir(tmp_path)) == ["m.data-00000-of-00001", "m.index"]


def test_thousands_of_names_are_found(tmp_path):
    names = [f"layer_{i}/weights" for i in range(20_000)]
    with BundleWriter(str(tmp_path / "m")) as writer:
        for i, name in enumerate(names):
            writer.add(name, FLOAT, [], np.float32(i))
    with BundleReader(str(tmp_path / "m")) as reader:
        assert reader.names() == sorted(names)
    assert read(tmp_path / "m", "layer_12345/weights", []) == 12345


@st.composite
def cuts(draw):
    size = draw(st.integers(1, 12))
    borders = sorted({0, size, *draw(st.sets(st.integers(0, size)))})
    start = draw(st.integers(0, size - 1))
    return size, borders, start, draw(st.integers(1, size - start))


@settings(max_examples=50)
@given(cuts())
def test_any_slice_of_any_partition_comes_back(tmp_path_factory, cut):
    size, borders, start, length = cut
    whole = np.arange(size * 2, dtype=np.float32).reshape(size, 2)
    prefix = tmp_path_factory.mktemp("bundle") / "m"
    with BundleWriter(str(prefix)) as writer:
        for low, high in itertools.pairwise(borders):
            writer.add_slice(
                "p", whole.shape, [(low, high - low), (0, 2)], FLOAT, [high - low, 2],
                whole[low:high],
            )  # fmt: skip
    assert np.array_equal(read(prefix, "p", whole.shape), whole)
    part = read(prefix, "p", [length, 1], [(start, length), (1, 1)])
    assert np.array_equal(part, whole[start : start + length, 1:])


def test_names_in_the_keys_of_slices_are_escaped_byte_by_byte():
    """TensorFlow's ordered code: 00 is written as 00 ff, and 00 01 ends the name."""
    assert slice_key("a\x00\x01", []).hex() == "00" + "6100ff01" + "0001" + "00"


def test_a_missing_slice_is_named(tmp_path):
    with BundleWriter(str(tmp_path / "m")) as writer:
        writer.add_slice("p", [4], [(0, 2)], FLOAT, [2], np.zeros(2, np.float32))
    with pytest.raises(MissingSliceError, match=r"partitioned tensor p .* slice_spec: -"):
        read(tmp_path / "m", "p", [4])


def test_two_tensors_of_one_name_are_refused_and_leave_no_file(tmp_path):
    def write_twice():
        with BundleWriter(str(tmp_path / "m")) as writer:
            writer.add("a", FLOAT, [], np.float32(1))
            writer.add("a", FLOAT, [], np.float32(2))

    with pytest.raises(DuplicateKeyError):
        write_twice()
    assert not os.listdir(tmp_path)


def test_bundles_are_merged(tmp_path):
    whole = np.arange(4, dtype=np.float32)
    for part, low in (("p0", 0), ("p1", 2)):
        with BundleWriter(str(tmp_path / part)) as writer:
            writer.add_slice("p", [4], [(low, 2)], FLOAT, [2], whole[low : low + 2])
            writer.add(part, FLOAT, [], np.float32(low))
    merge_bundles([str(tmp_path / "p0"), str(tmp_path / "p1")], str(tmp_path / "m"))
    assert np.array_equal(read(tmp_path / "m", "p", [4]), whole)
    assert read(tmp_path / "m", "p1", []) == 2
    assert sorted(os.listdir(tmp_path)) == [
        "m.data-00000-of-00002", "m.data-00001-of-00002", "m.index",
    ]  # fmt: skip


def test_a_changed_byte_is_noticed(tmp_path):
    write(tmp_path / "m", a=np.ones(8, np.float32), s=[b"text"])
    data = tmp_path / "m.data-00000-of-00001"
    content = bytearray(data.read_bytes())
    content[3] ^= 1
    content[-1] ^= 1
    data.write_bytes(content)
    with pytest.raises(DamagedFileError, match="Checksum does not match: stored"):
        read(tmp_path / "m", "a", [8])
    with BundleReader(str(tmp_path / "m")) as reader, pytest.raises(DamagedFileError):
        reader.read_strings("s")


@pytest.mark.parametrize("kept", [0, 20, 60])
def test_a_cut_off_file_is_noticed(tmp_path, kept):
    write(tmp_path / "m", a=np.ones(8, np.float32))
    index = tmp_path / "m.index"
    whole = index.read_bytes()
    index.write_bytes(whole[:kept])
    with pytest.raises(DamagedFileError):
        BundleReader(str(tmp_path / "m"))
    index.write_bytes(whole)
    os.truncate(tmp_path / "m.data-00000-of-00001", 10)
    with pytest.raises(TruncatedFileError, match="Read less bytes than requested"):
        read(tmp_path / "m", "a", [8])


@settings(max_examples=60)
@given(st.binary(min_size=1, max_size=300), st.integers(0, 1 << 30))
@example(b"\x00\x80\x80\x80\x80\x80\x80\x04", 237)  # a block far behind the end of the file
@example(b"\x00\x00\x80\x80\x80\x80_", 237)  # a block larger than any memory
def test_a_random_index_never_breaks_the_reader(tmp_path_factory, noise, position):
    prefix = tmp_path_factory.mktemp("bundle") / "m"
    write(prefix, a=np.ones(8, np.float32), b=np.ones(2, np.float32))
    index = prefix.with_suffix(".index")
    content = bytearray(index.read_bytes())
    at = position % len(content)
    content[at : at + len(noise)] = noise
    index.write_bytes(content)
    try:
        read(prefix, "a", [8])
    except DamagedFileError:
        pass


def test_saving_and_restoring_copies_nothing(tmp_path):
    value = np.ones(16 << 20, np.float32)
    target = np.empty_like(value)
    tracemalloc.start()
    try:
        write(tmp_path / "m", a=value)
        with BundleReader(str(tmp_path / "m")) as reader:
            reader.read_into("a", target)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert np.array_equal(value, target)
    assert peak < value.nbytes // 8
