"""Any tensor can be fed, with whatever NumPy makes an array of the right shape of."""

import contextlib

import numpy as np
import pytest

import tensormill as tf


@pytest.fixture
def session():
    with tf.Session() as session:
        yield session


def test_constants_and_intermediate_tensors_can_be_fed(session):
    constant = tf.constant(3.0)
    double = constant + constant
    after = double * 10.0
    assert session.run([double, after]) == [6.0, 60.0]
    assert session.run([double, after], {constant: 1.0}) == [2.0, 20.0]
    assert session.run(after, {double: 5.0}) == 50.0
    assert session.run([double, after]) == [6.0, 60.0]


def test_names_of_tensors_can_be_keys(session):
    x = tf.placeholder(tf.float32, [], name="x")
    y = x + 1.0
    assert session.run(y, {"x:0": 1.0}) == 2.0
    assert session.run(y, {x: 7.0, "x:0": 1.0}) == 2.0


def test_a_tuple_of_keys_takes_a_tuple_of_values(session):
    x, y = tf.placeholder(tf.float32, []), tf.placeholder(tf.float32, [])
    total = x * 10.0 + y
    for _ in range(2):
        assert session.run(total, {(x, y): (1.0, 2.0)}) == 12.0
    with pytest.raises(ValueError, match="Could not flatten dictionary"):
        session.run(total, {(x, y): (1.0, 2.0, 3.0)})


def test_the_order_of_keys_does_not_matter(session):
    x, y = tf.placeholder(tf.float32, []), tf.placeholder(tf.float32, [])
    difference = x - y
    assert session.run(difference, {x: 5.0, y: 3.0}) == 2.0
    assert session.run(difference, {y: 3.0, x: 5.0}) == 2.0
    assert len(session._steps) == 1


@pytest.mark.parametrize(
    "value",
    [
        [[1, 2], [3, 4]],
        np.array([[1, 2], [3, 4]], np.float64),
        np.array([[1, 2], [3, 4]], np.float32),
        np.array([[1, 3], [2, 4]], np.float32).T,
        np.array([[4, 3], [2, 1]], np.float32)[::-1, ::-1],
        np.array([[1, 2], [3, 4]], ">f4"),
        ((1.0, 2.0), np.array([3, 4])),
        memoryview(np.array([[1, 2], [3, 4]], np.float32)),
    ],
    ids=["list", "float64", "float32", "transposed", "reversed", "big_endian", "mixed", "buffer"],
)
def test_values_of_every_kind_arrive_the_same(session, value):
    for shape in ([2, 2], [None, 2], [None, None], None):
        x = tf.placeholder(tf.float32, shape)
        for _ in range(2):
            assert session.run(x * 2.0, {x: value}).tolist() == [[2.0, 4.0], [6.0, 8.0]]


def test_read_only_arrays_can_be_fed_and_stay_as_they_are(session):
    x = tf.placeholder(tf.float32, [2])
    value = np.array([1.0, 2.0], np.float32)
    value.flags.writeable = False
    result = session.run(tf.identity(x), {x: value})
    result += 1.0
    assert value.tolist() == [1.0, 2.0]


def test_what_is_fetched_never_shares_memory_with_a_feed(session):
    x = tf.placeholder(tf.float32, [2])
    same = tf.identity(x)
    value = np.array([1.0, 2.0], np.float32)
    for _ in range(3):
        assert not np.shares_memory(session.run(same, {x: value}), value)


@pytest.mark.parametrize(
    ("dtype", "value", "result"),
    [
        (tf.int32, 3.7, 3),
        (tf.int32, np.int64(5), 5),
        (tf.int32, True, 1),
        (tf.float32, 2, 2.0),
        (tf.float32, np.float64(0.5), 0.5),
        (tf.float64, 0.1, 0.1),
        (tf.bool, 1, True),
        (tf.int64, 2**40, 2**40),
        (tf.string, "é", "é".encode()),
        (tf.string, b"\x00\xff", b"\x00\xff"),
    ],
)
def test_scalars_are_cast_to_the_dtype_of_the_tensor(session, dtype, value, result):
    x = tf.placeholder(dtype, [])
    for _ in range(2):
        assert session.run(tf.identity(x), {x: value}) == result


def test_strings_are_encoded(session):
    x = tf.placeholder(tf.string)
    for value in (["é", b"b"], np.array(["é", "b"]), np.array([["é"], ["b"]])):
        result = session.run(tf.identity(x), {x: value})
        assert result.ravel().tolist() == ["é".encode(), b"b"]
        assert result.shape == np.shape(value)


def test_a_value_of_the_wrong_shape_is_refused_each_time(session):
    x = tf.placeholder(tf.float32, [None, 2])
    y = x + 1.0
    for wrong in (np.zeros(2, np.float32), np.zeros((1, 3), np.float32), np.float32(1)):
        for _ in range(2):
            with pytest.raises(ValueError, match="Cannot feed value of shape"):
                session.run(y, {x: wrong})
        assert session.run(y, {x: np.zeros((0, 2), np.float32)}).shape == (0, 2)


@pytest.mark.parametrize("dims", [[2], [None], None])
@pytest.mark.parametrize("over_wire", [None, False, True])
@pytest.mark.parametrize("dtype", [tf.qint8, tf.quint8, tf.qint16, tf.quint16, tf.qint32])
def test_quantized_numbers_are_fed_as_integers_or_in_a_structure(dtype, over_wire, dims):
    x = tf.placeholder(dtype, dims)
    y = tf.identity(x)
    integers = np.dtype(dtype.as_numpy_dtype)[0]
    fed = [[1, 2], np.array([1, 2], integers), np.array([(1,), (2,)], dtype.as_numpy_dtype)]
    with contextlib.ExitStack() as stack:
        config, target = tf.ConfigProto(), ""
        if over_wire is not None:
            server = tf.train.Server.create_local_server()
            stack.callback(server.stop)
            config.rpc_options.use_rpc_for_inprocess_master = over_wire
            target = server.target
        session = stack.enter_context(tf.Session(target, config=config))
        for value in fed:
            result = session.run(y, {x: value})
            assert result.dtype == integers
            assert result.tolist() == [1, 2]


@pytest.mark.parametrize("value", ["word", [[1.0], [1.0, 2.0]], {}])
def test_what_is_no_array_names_the_tensor_that_it_was_fed_for(session, value):
    x = tf.placeholder(tf.float32, [None], name="x")
    with pytest.raises((TypeError, ValueError)) as caught:
        session.run(x + 1.0, {x: value})
    assert caught.value.__notes__ == ["  fed for Tensor x:0, of dtype float32 and shape (?,)"]
