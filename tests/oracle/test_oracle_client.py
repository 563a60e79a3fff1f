"""The oracle itself: what goes over there comes back, and failures are told apart."""

import ml_dtypes
import numpy as np
import pytest

from tensormill.testing.oracle import Oracle, OracleError, OracleUnavailableError

pytestmark = pytest.mark.oracle


def test_a_graph_runs_on_inputs(oracle: Oracle) -> None:
    product = oracle.run(
        """
        product = tf.matmul(a, b)
        with tf.Session() as session:
            result = session.run(product)
        """,
        a=np.ones((2, 3), np.float32),
        b=np.ones((3, 4), np.float32),
    )
    np.testing.assert_array_equal(product, np.full((2, 4), 3, np.float32))
    assert product.dtype == np.float32


def test_each_request_has_a_fresh_default_graph(oracle: Oracle) -> None:
    source = "tf.InteractiveSession(); result = tf.constant(1.0).name"
    assert oracle.run(source) == "Const:0"
    assert oracle.run(source) == "Const:0"


def test_variables_are_of_the_ref_kind(oracle: Oracle) -> None:
    assert oracle.run("result = tf.Variable(1.0).op.type") == "VariableV2"


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        2**70,
        -0.0,
        float("inf"),
        1.5 - 2j,
        "Grüße",
        b"\x00\xff",
        [],
        (1, [2.5, {"a": (None,)}]),
        {1: "one", "two": 2},
    ],
    ids=repr,
)
def test_python_values_come_back_equal(oracle: Oracle, value: object) -> None:
    returned = oracle.run("result = value", value=value)
    assert returned == value
    assert type(returned) is type(value)


@pytest.mark.parametrize(
    "dtype",
    [
        "bool", "int8", "uint16", "int64", "float16", "float32", "float64", "complex64",
        "complex128", ml_dtypes.bfloat16, ml_dtypes.float8_e5m2,
    ],
)  # fmt: skip
@pytest.mark.parametrize("shape", [(), (0,), (2, 0, 3), (2, 3)], ids=repr)
def test_arrays_come_back_with_dtype_and_shape(
    oracle: Oracle, dtype: str, shape: tuple[int, ...]
) -> None:
    value = np.ones(shape, dtype)
    returned = oracle.run("result = value", value=value)
    assert isinstance(returned, np.ndarray)
    assert returned.dtype == value.dtype
    assert returned.flags.writeable
    np.testing.assert_array_equal(returned, value)


def test_numpy_scalars_stay_scalars(oracle: Oracle) -> None:
    returned = oracle.run("result = tf.Session().run(tf.constant(2.0))")
    assert isinstance(returned, np.float32)


def test_string_tensors_come_back_as_object_arrays(oracle: Oracle) -> None:
    returned = oracle.run("result = tf.Session().run(tf.constant([['a'], ['bc']]))")
    assert returned.dtype == object
    assert returned.tolist() == [[b"a"], [b"bc"]]


def test_dtypes_and_shapes_come_back_plain(oracle: Oracle) -> None:
    result = oracle.run(
        """
        x = tf.placeholder(tf.float32, [None, 3])
        y = tf.placeholder(tf.bfloat16)
        result = x.dtype, x.shape, y.dtype, y.shape
        """
    )
    assert result == ("float32", [None, 3], "bfloat16", None)


def test_an_error_of_a_step_has_its_class_and_message(oracle: Oracle) -> None:
    with pytest.raises(OracleError, match="float") as caught:
        oracle.run("x = tf.placeholder(tf.float32); tf.Session().run(x)")
    assert caught.value.error_class == "InvalidArgumentError"
    assert "OpError" in caught.value.bases
    assert "must feed a value" in caught.value.message


def test_an_error_while_building_has_its_class(oracle: Oracle) -> None:
    with pytest.raises(OracleError) as caught:
        oracle.run("tf.reshape(tf.zeros([3]), [2])")
    assert caught.value.error_class == "ValueError"


def test_a_result_that_cannot_be_sent_is_a_type_error(oracle: Oracle) -> None:
    with pytest.raises(OracleError, match="cannot cross"):
        oracle.run("result = tf.constant(1)")
    with pytest.raises(TypeError, match="cannot cross"):
        oracle.run("pass", value=object())


def test_what_a_source_prints_does_not_disturb_the_answer(oracle: Oracle) -> None:
    source = "import os; print('x' * 100_000); os.write(1, b'y'); result = 7"
    assert oracle.run(source) == 7


def test_op_def_is_plain_data(oracle: Oracle) -> None:
    cumsum = oracle.op_def("Cumsum")
    assert [argument["name"] for argument in cumsum["inputs"]] == ["x", "axis"]
    attrs = {attr["name"]: attr for attr in cumsum["attrs"]}
    assert attrs["exclusive"]["default"] is False
    assert attrs["Tidx"]["allowed"] == ["DT_INT32", "DT_INT64"]
    assert attrs["Tidx"]["default"] == "DT_INT32"
    assert not attrs["T"]["has_default"]
    assert oracle.op_def("Assign")["allows_uninitialized_input"]
    assert oracle.op_def("Assign")["inputs"][0]["is_ref"]
    assert oracle.op_def("AddN")["is_commutative"]
    assert {attr["name"]: attr for attr in oracle.op_def("AddN")["attrs"]}["N"]["minimum"] == 1
    assert oracle.op_def("VariableV2")["is_stateful"]


def test_op_types_are_those_of_tensorflow(oracle: Oracle) -> None:
    op_types = oracle.op_types()
    assert op_types == sorted(op_types)
    assert {"MatMul", "FIFOQueueV2", "VariableV2"} <= set(op_types)


def test_a_request_that_takes_too_long_ends_and_the_next_one_works() -> None:
    with Oracle() as oracle:
        with pytest.raises(OracleUnavailableError, match=r"no answer in 0\.2 s"):
            oracle.run("tf.Session().run(tf.FIFOQueue(1, tf.float32).dequeue())", timeout_s=0.2)
        assert oracle.run("result = 1") == 1


def test_a_process_that_dies_is_named_with_what_it_wrote() -> None:
    with Oracle() as oracle:
        with pytest.raises(OracleUnavailableError, match=r"died[^§]*last words"):
            oracle.run("import os; os.write(2, b'last words'); os._exit(3)")
        assert oracle.run("result = 1") == 1
