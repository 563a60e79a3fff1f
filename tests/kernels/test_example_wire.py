"""A batch of Examples parsed side by side gives what parsing message by message gives."""

import random

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tensormill.graph import errors
from tensormill.graph.dtypes import float32, int64, string
from tensormill.kernels.example_columns import Column
from tensormill.kernels.example_layouts import ExampleLayouts
from tensormill.kernels.example_parsing import ExampleParser
from tensormill.kernels.example_wire import scan_examples
from tensormill.proto.example_pb2 import Example

KINDS = {"float_list": float32, "int64_list": int64, "bytes_list": string}
KEYS = ["", "a", "id", "ids", "idz", "name of a feature", "k" * 130]


def some_values(drawn: random.Random, where: str, count: int) -> list:
    if where == "bytes_list":
        return [drawn.randbytes(drawn.choice([0, 1, 5, 200])) for _ in range(count)]
    if where == "float_list":
        return [drawn.choice([0.0, -1.5, 3e38]) for _ in range(count)]
    return [drawn.choice([0, 1, 127, 128, -1, 2**40, 2**63 - 1, -(2**63)]) for _ in range(count)]


def message(drawn: random.Random, kinds: dict[str, str], dense: dict[str, int]) -> bytes:
    keys = list(kinds)
    if drawn.random() < 0.3:
        drawn.shuffle(keys)
    text = b""
    for key in keys:
        if key not in dense and drawn.random() < 0.2:
            continue
        where = kinds[key]
        if drawn.random() < 0.002:
            where = drawn.choice(list(KINDS))
        count = dense.get(key, drawn.choice([0, 1, 2, 3, 40]))
        if drawn.random() < 0.002:
            count += 1
        made = Example()
        getattr(made.features.feature[key], where).value.extend(some_values(drawn, where, count))
        if drawn.random() < 0.002:
            made.features.feature[key].Clear()
        entry = made.features.SerializeToString()
        text += entry if drawn.random() < 0.98 else entry + entry  # the last one counts
    return (
        Example.FromString(b"\n" + _length(len(text)) + text).SerializeToString()
        if (drawn.random() < 0.5)
        else b"\n" + _length(len(text)) + text
    )


def _length(size: int) -> bytes:
    made = bytearray()
    while size >= 128:
        made.append(size & 127 | 128)
        size >>= 7
    made.append(size)
    return bytes(made)


def plain(value) -> list:
    array = np.asarray(value)
    return [array.dtype.kind, array.shape, array.tolist()]


def outcome(parse, *arguments) -> list:
    try:
        return [plain(value) for value in parse(*arguments)]
    except errors.OpError as error:
        return [type(error), error.message]


def a_parser(kinds: dict[str, str], dense: dict[str, int], drawn: random.Random) -> ExampleParser:
    sparse_columns = [Column(key, KINDS[kinds[key]]) for key in kinds if key not in dense]
    dense_columns = []
    for key, size in dense.items():
        dtype = KINDS[kinds[key]]
        filled = b"d" if dtype == string else 7
        if drawn.random() < 0.3:
            dims = (None, size) if drawn.random() < 0.5 else (None,)
            default = np.array(filled, object if dtype == string else dtype.as_numpy_dtype)
        else:
            dims = (size,) if drawn.random() < 0.5 else (1, size)
            default = np.full(dims, filled, object if dtype == string else dtype.as_numpy_dtype)
            if drawn.random() < 0.5:
                default = None
        dense_columns.append(Column(key, dtype, dims, default))
    return ExampleParser(sparse_columns, dense_columns)


@given(st.integers(0, 2**32))
@example(180)  # values of a feature whose rows hold none
@settings(max_examples=40)
def test_side_by_side_gives_what_message_by_message_gives(seed):
    drawn = random.Random(seed)
    keys = drawn.sample(KEYS, drawn.randint(1, len(KEYS)))
    kinds = {key: drawn.choice(list(KINDS)) for key in keys}
    dense = {key: drawn.choice([1, 2, 3, 0]) for key in keys if drawn.random() < 0.5}
    parser = a_parser(kinds, dense, drawn)
    texts = [message(drawn, kinds, dense) for _ in range(drawn.choice([12, 13, 40]))]
    if drawn.random() < 0.1:
        at = drawn.randrange(len(texts))
        texts[at] = texts[at][: drawn.randrange(len(texts[at]) + 1)]
    names = [b"n%d" % index for index in range(len(texts))]
    together = outcome(parser.parse, texts, names)
    assert together == outcome(parser._parse_one_by_one, texts, names)


@given(st.integers(0, 2**32))
@settings(max_examples=30)
def test_examples_of_few_layouts_give_what_message_by_message_gives(seed):
    drawn = random.Random(seed)
    kinds = {key: drawn.choice(list(KINDS)) for key in drawn.sample(KEYS, drawn.randint(1, 4))}
    dense = {key: drawn.choice([1, 2, 3]) for key in kinds if drawn.random() < 0.5}
    parser = a_parser(kinds, dense, drawn)
    layouts = [[key for key in kinds if key in dense or drawn.random() < 0.8] for _ in range(3)]
    for _ in range(3):
        texts = []
        for _ in range(drawn.choice([16, 40, 100])):
            made = Example()
            for key in drawn.choice(layouts[: drawn.randint(1, 3)]):
                where = kinds[key]
                values = some_values(drawn, where, dense.get(key, 2))
                if where != "float_list" and drawn.random() < 0.9:
                    values = [b"%05d" % drawn.randrange(99999)] * len(values)
                    if where == "int64_list":
                        values = [drawn.choice([-5, -(2**63)]) for _ in values]
                getattr(made.features.feature[key], where).value.extend(values)
            texts.append(made.SerializeToString(deterministic=True))
        found = outcome(parser.parse, texts, [])
        assert found == outcome(parser._parse_one_by_one, texts, [])


def numbered_example(number: int) -> bytes:
    made = Example()
    made.features.feature["x"].float_list.value.extend([number, -number])
    made.features.feature["n"].int64_list.value.extend([-number, 1000 + number])
    made.features.feature["s"].bytes_list.value.extend([b"%04d" % number, b""])
    return made.SerializeToString(deterministic=True)


def test_examples_laid_out_alike_are_one_table():
    texts = [numbered_example(number) for number in range(1, 101)]
    batch = ExampleLayouts().batch(texts)
    assert batch is not None
    assert len(batch._groups) == 1
    numbers = np.arange(1, 101)
    floats, integers = batch.values(b"x", "float_list"), batch.values(b"n", "int64_list")
    assert floats.values.reshape(-1, 2).T.tolist() == [numbers.tolist(), (-numbers).tolist()]
    assert integers.values.reshape(-1, 2).T.tolist() == [
        (-numbers).tolist(),
        (1000 + numbers).tolist(),
    ]
    assert batch.values(b"s", "bytes_list").values[::2].tolist() == [b"%04d" % n for n in numbers]
    assert batch.values(b"x", "int64_list") is None


def test_layouts_are_told_apart_and_put_in_order():
    texts = [numbered_example(number) for number in range(1, 41)]
    for index in range(0, 40, 5):
        made = Example()
        made.features.feature["n"].int64_list.value.append(index)
        texts[index] = made.SerializeToString()
    batch = ExampleLayouts().batch(texts)
    assert batch is not None
    found = batch.values(b"n", "int64_list")
    assert found.counts.tolist() == [2 - (index % 5 == 0) for index in range(40)]
    starts = found.counts.cumsum() - found.counts
    expected = [index if index % 5 == 0 else -1 - index for index in range(40)]
    assert found.values[starts].tolist() == expected
    assert batch.values(b"x", "float_list").is_there.tolist() == [i % 5 != 0 for i in range(40)]


def example_of_floats(count: int) -> bytes:
    made = Example()
    made.features.feature["x"].float_list.value.extend([0.5] * count)
    return made.SerializeToString()


def test_too_many_layouts_are_left_to_others():
    assert ExampleLayouts().batch(list(map(example_of_floats, range(40)))) is None


def test_known_layouts_are_forgotten_some_time():
    layouts = ExampleLayouts()
    for count in range(200):
        assert layouts.batch([example_of_floats(count)] * 16) is not None
        assert layouts._count <= 64


@given(st.binary(max_size=40))
@settings(max_examples=80)
def test_no_bytes_are_laid_out_as_something_else(noise):
    text = b"\n" + _length(len(noise)) + noise
    parser = ExampleParser([Column("a", int64)], [])
    found = parser._parse_side_by_side([text] * 20)
    try:
        expected = parser._parse_one_by_one([text] * 20, [])
    except errors.InvalidArgumentError:
        return  # what is wrong with features that nobody wants is not looked at side by side
    assert found is None or list(map(plain, found)) == list(map(plain, expected))


def test_usual_messages_are_parsed_side_by_side():
    drawn = random.Random(3)
    kinds = {"a": "int64_list", "id": "float_list", "ids": "bytes_list"}
    parser = a_parser(kinds, {"a": 2}, drawn)
    texts = []
    for _ in range(50):
        made = Example()
        for key, where in kinds.items():
            values = some_values(drawn, where, 2 if key == "a" else drawn.randint(0, 5))
            getattr(made.features.feature[key], where).value.extend(values)
        texts.append(made.SerializeToString())
    found = parser._parse_side_by_side(texts)
    assert found is not None
    assert list(map(plain, found)) == list(map(plain, parser._parse_one_by_one(texts, [])))


def test_empty_messages_have_no_features():
    parser = ExampleParser([Column("a", int64)], [Column("b", float32, (1,), np.float32([4]))])
    indices, values, shape, dense = parser.parse([b""] * 20, [])
    assert indices.shape == (0, 2)
    assert values.tolist() == []
    assert shape.tolist() == [20, 0]
    assert dense.tolist() == [[4.0]] * 20


@pytest.mark.parametrize(
    "text",
    [
        b"\n\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
        b"\n\x02\n",
        b"\n\x04\n\x02\n\x7f",
        b"\x12\x00",
        b"\n\x00\n\x00",
        b"\xff" * 30,
    ],
)
def test_what_is_written_in_another_way_is_left_to_others(text):
    found = scan_examples([text] * 20)
    assert found is None or not found._by_key


def test_a_list_that_is_not_packed_is_left_to_others():
    text = b"\n\x0c\n\x0a\n\x01a\x12\x05\x1a\x03\x08\x05\x08"  # and cut off
    batch = scan_examples([text] * 20)
    assert batch is not None
    assert batch.values(b"a", "int64_list") is None


@given(st.binary(max_size=40))
@settings(max_examples=80)
def test_any_bytes_give_what_message_by_message_gives(noise):
    sound = Example()
    sound.features.feature["a"].int64_list.value.append(5)
    texts = [sound.SerializeToString()] * 20
    texts[7] = noise
    parser = ExampleParser([Column("a", int64)], [])
    found = parser._parse_side_by_side(texts)
    try:
        expected = parser._parse_one_by_one(texts, [])
    except errors.InvalidArgumentError:
        return  # what is wrong with features that nobody wants is not looked at side by side
    assert found is None or list(map(plain, found)) == list(map(plain, expected))
