"""Tensors that stay in the session between steps."""

import gc

import numpy as np
import pytest

import tensormill as tf
from tests.session.ref_variables import make_variable

DEVICE = "/job:localhost/replica:0/task:0/device:CPU:0"
pytestmark = pytest.mark.usefixtures("no_gpu")


@pytest.fixture
def session():
    with tf.Session() as session:
        yield session


def test_a_handle_names_the_operation_a_number_and_the_device(session):
    handle = session.run(tf.get_session_handle(tf.constant(1.0)))
    assert handle.handle == str(handle) == f"GetSessionHandle;0;{DEVICE}"
    assert session.run(tf.get_session_handle(tf.constant(1.0))).handle.split(";")[1] == "1"


def test_a_kept_tensor_can_be_read_fed_and_used_by_its_handle(session):
    kept = session.run(tf.get_session_handle(tf.constant([1.0, 2.0])))
    assert kept.eval().tolist() == [1.0, 2.0]
    x = tf.placeholder(tf.float32, [2])
    assert session.run(x * 2.0, {x: kept}).tolist() == [2.0, 4.0]
    holder, tensor = tf.get_session_tensor(kept.handle, tf.float32)
    assert (holder.op.type, tensor.op.type, tensor.device) == (
        "Placeholder",
        "GetSessionTensor",
        DEVICE,
    )
    assert session.run(tensor * 3.0, {holder: kept.handle}).tolist() == [3.0, 6.0]


def test_several_handles_come_in_the_structure_of_the_fetches(session):
    x = tf.constant(1.0)
    handles = session.run({"a": [tf.get_session_handle(x)], "b": tf.get_session_handle(x + 1.0)})
    assert handles["a"][0].eval() == 1.0
    assert handles["b"].eval() == 2.0


def test_strings_can_be_kept(session):
    kept = session.run(tf.get_session_handle(tf.constant(["é"])))
    assert kept.eval().tolist() == ["é".encode()]


def test_a_deleted_tensor_is_gone(session):
    kept = session.run(tf.get_session_handle(tf.constant(1.0)))
    kept.delete()
    for use in (kept.eval, kept.delete):
        with pytest.raises(TypeError, match="may have already been deleted"):
            use()
    x = tf.placeholder(tf.float32, [])
    with pytest.raises(tf.errors.InvalidArgumentError, match="is not in the session store"):
        session.run(x + 1.0, {x: kept})


def test_an_operation_deletes_by_handle(session):
    kept = session.run(tf.get_session_handle(tf.constant(1.0)))
    raw = kept.get_raw_handle()
    holder, deleter = tf.delete_session_tensor(raw)
    session.run(deleter, {holder: raw})
    with pytest.raises(tf.errors.InvalidArgumentError, match="is not in the session store"):
        session.run(deleter, {holder: raw})


def test_a_tensor_goes_with_its_handle_unless_the_raw_handle_was_taken(session):
    store = session._master_session.resources.session_tensors(session._master_session.handle)
    kept = session.run(tf.get_session_handle(tf.constant(1.0)))
    raw = session.run(tf.get_session_handle(tf.constant(2.0))).get_raw_handle()
    name = kept.handle
    del kept
    gc.collect()
    assert not store.discard(name)
    holder, tensor = tf.get_session_tensor(raw, tf.float32)
    assert session.run(tensor, {holder: raw}) == 2.0


def test_a_handle_of_another_dtype_is_refused(session):
    kept = session.run(tf.get_session_handle(tf.constant([1, 2])))
    x = tf.placeholder(tf.float32, [2])
    message = r"Expects arg\[0\] to be float but int32 is provided"
    with pytest.raises(tf.errors.InvalidArgumentError, match=message):
        session.run(x + 1.0, {x: kept})


def test_a_kept_variable_is_a_snapshot(session):
    variable = make_variable([1.0])
    session.run(variable.initializer)
    kept = session.run(tf.get_session_handle(variable.value))
    session.run(variable.add_one)
    value = kept.eval()
    assert value.tolist() == [1.0]
    value += np.float32(5.0)
    assert kept.eval().tolist() == [1.0]


def test_only_tensors_can_be_kept():
    with pytest.raises(TypeError, match="must be of type Tensor"):
        tf.get_session_handle([1.0])
