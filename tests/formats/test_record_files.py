"""Record files: what is read is what was written, and what is wrong with a file is said."""

import gc
import io
import os
import zlib
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tensormill.formats.damage import DamagedFileError, TruncatedFileError
from tensormill.formats.record_files import RecordReader, RecordWriter, packed_record

RECORDS = [b"hello", b"", b"0123456789" * 2]


def write(path, records, compression=""):
    bits = {"GZIP": 31, "ZLIB": 15}
    deflater = zlib.compressobj(wbits=bits[compression]) if compression else None
    writer = RecordWriter(open(path, "wb"), deflater)  # noqa: SIM115
    for record in records:
        writer.write(record)
    writer.close()
    return path.read_bytes()


def read(path, compression=""):
    """Return the records before the first error, and the error."""
    found = []
    with RecordReader(str(path), compression) as reader:
        try:
            found.extend(reader)
        except DamagedFileError as error:
            return found, error
    return found, None


def test_a_record_has_the_bytes_of_the_format():
    # The length 1, its masked checksum, the byte, its masked checksum: as TensorFlow wrote them.
    assert packed_record(b"x").hex() == "01000000000000000175de4178503daa61"


@pytest.mark.parametrize("compression", ["", "GZIP", "ZLIB"])
@given(records=st.lists(st.binary(max_size=200), max_size=8))
def test_records_come_back(tmp_path_factory, compression, records):
    path = tmp_path_factory.mktemp("records") / "r"
    write(path, records, compression)
    assert read(path, compression) == (records, None)


def test_many_records_are_packed_as_single_ones(tmp_path):
    records = [b"x" * (i % 300) + bytes([i % 256]) for i in range(5000)]
    assert write(tmp_path / "r", records) == b"".join(map(packed_record, records))


def test_threads_that_write_at_once_lose_no_record(tmp_path):
    writer = RecordWriter(open(tmp_path / "r", "wb"))  # noqa: SIM115

    def write_some(thread):
        for number in range(5000):
            writer.write(b"%d %d" % (thread, number))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write_some, range(4)))
    writer.close()
    found, error = read(tmp_path / "r")
    assert error is None
    written = [tuple(map(int, record.split())) for record in found]
    for thread in range(4):
        assert [n for owner, n in written if owner == thread] == list(range(5000))


def test_a_writer_that_nobody_closes_writes_the_rest_when_it_goes(tmp_path):
    writer = RecordWriter(open(tmp_path / "r", "wb"))  # noqa: SIM115
    writer.write(b"one")
    del writer
    gc.collect()
    assert read(tmp_path / "r") == ([b"one"], None)


def test_what_is_no_bytes_is_refused_at_once(tmp_path):
    writer = RecordWriter(open(tmp_path / "r", "wb"))  # noqa: SIM115
    changing = bytearray(b"one")
    writer.write(changing)
    changing[:] = b"two"
    for wrong in (1, "text", None, [1]):
        with pytest.raises(TypeError):
            writer.write(wrong)
    writer.close()
    assert read(tmp_path / "r") == ([b"one"], None)


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no file that is always full")
@pytest.mark.parametrize("compression", ["", "GZIP"])
def test_a_full_disk_is_told_once_the_bytes_go_there(compression):
    deflater = zlib.compressobj(wbits=31) if compression else None
    writer = RecordWriter(open("/dev/full", "wb"), deflater)  # noqa: SIM115
    writer.write(b"one")
    with pytest.raises(OSError, match="No space left"):
        writer.flush()
    with pytest.raises(OSError, match="No space left"):
        writer.close()


def test_positions_are_those_in_the_file(tmp_path):
    write(tmp_path / "r", RECORDS)
    with RecordReader(str(tmp_path / "r")) as reader:
        positions = []
        for record in reader:
            positions.append(reader.position - len(record) - 16)
    assert positions == [0, 21, 37]


def test_reading_can_begin_at_a_record(tmp_path):
    write(tmp_path / "r", RECORDS)
    with RecordReader(str(tmp_path / "r"), offset=21) as reader:
        assert list(reader) == RECORDS[1:]


def test_every_cut_is_told_or_is_an_end(tmp_path):
    data = write(tmp_path / "r", RECORDS)
    starts = [0, 21, 37, 73]
    for size in range(len(data) + 1):
        (tmp_path / "cut").write_bytes(data[:size])
        found, error = read(tmp_path / "cut")
        whole = sum(start <= size for start in starts[1:])
        assert found == RECORDS[:whole]
        if size - starts[whole] < 12:  # not even a length: an end, as in TensorFlow
            assert error is None
        else:
            assert isinstance(error, TruncatedFileError)
            assert str(error).startswith(f"truncated record at {starts[whole]}'")


def test_every_changed_byte_is_found(tmp_path):
    data = write(tmp_path / "r", RECORDS)
    starts = [0, 21, 37]
    for position in range(len(data)):
        changed = bytearray(data)
        changed[position] ^= 1
        (tmp_path / "bad").write_bytes(changed)
        found, error = read(tmp_path / "bad")
        index = sum(start <= position for start in starts) - 1
        assert found == RECORDS[:index]
        is_header = position - starts[index] < 12
        assert f"corrupted record at {starts[index] + (0 if is_header else 12)}" in str(error)


def test_a_length_that_lies_costs_no_memory(tmp_path):
    header = (1 << 60).to_bytes(8, "little")
    lie = bytearray(packed_record(b""))
    lie[:12] = header + packed_record(header)[20:24]
    (tmp_path / "r").write_bytes(bytes(lie))
    _, error = read(tmp_path / "r")
    assert isinstance(error, TruncatedFileError)


def test_records_larger_than_a_buffer_come_back(tmp_path):
    records = [bytes([i]) * (1 << 19) for i in range(3)]
    for compression in ("", "GZIP"):
        write(tmp_path / "r", records, compression)
        assert read(tmp_path / "r", compression) == (records, None)


def test_members_of_gzip_follow_one_another(tmp_path):
    data = write(tmp_path / "r", RECORDS, "GZIP")
    (tmp_path / "twice").write_bytes(data + data)
    assert read(tmp_path / "twice", "GZIP") == (RECORDS * 2, None)


def test_what_is_not_compressed_is_told(tmp_path):
    write(tmp_path / "r", RECORDS)
    _, error = read(tmp_path / "r", "ZLIB")
    assert str(error) == "inflate() failed with error -3: incorrect header check"


def test_flushed_records_can_be_read_while_more_are_written(tmp_path):
    file = io.BytesIO()
    writer = RecordWriter(file, zlib.compressobj(wbits=31))
    writer.write(b"one")
    writer.flush()
    (tmp_path / "r").write_bytes(file.getvalue())
    assert read(tmp_path / "r", "GZIP") == ([b"one"], None)
    writer.close()
