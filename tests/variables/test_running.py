"""Variables while steps run: shared buffers, snapshots, concurrent updates, initialization."""

from __future__ import annotations

import threading
from collections.abc import Callable

import numpy as np
import pytest

import tensormill.api as tf

_UPDATES = 200
_THREADS = 4


def _run_in_threads(update: Callable[[], object]) -> None:
    errors: list[BaseException] = []

    def work() -> None:
        try:
            for _ in range(_UPDATES):
                update()
        except BaseException as error:  # reported below
            errors.append(error)

    threads = [threading.Thread(target=work) for _ in range(_THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors


@pytest.mark.parametrize("use_resource", [False, True])
def test_no_concurrent_update_is_lost(use_resource: bool) -> None:
    v = tf.Variable(np.zeros(1000, np.float32), use_resource=use_resource)
    update = v.assign_add(np.ones(1000, np.float32), use_locking=True, read_value=False)
    with tf.Session() as session:
        session.run(v.initializer)
        _run_in_threads(session.make_callable(update))
        assert np.array_equal(session.run(v), np.full(1000, _UPDATES * _THREADS, np.float32))


@pytest.mark.usefixtures("no_gpu")
def test_concurrent_counting_gives_each_number_once() -> None:
    v = tf.Variable(0, dtype=tf.int64)
    limit = _UPDATES * _THREADS
    seen: list[int] = []
    with tf.Session() as session:
        session.run(v.initializer)
        count = session.make_callable(v.count_up_to(limit))
        _run_in_threads(lambda: seen.append(int(count())))
        assert sorted(seen) == list(range(limit))
        with pytest.raises(tf.errors.OutOfRangeError, match=f"Reached limit of {limit}"):
            count()


@pytest.mark.parametrize("size", [1, 100_000])
def test_what_was_read_of_a_resource_variable_does_not_change(size: int) -> None:
    v = tf.Variable(np.zeros(size, np.float32), use_resource=True)
    before = v.read_value()
    with tf.control_dependencies([before]):
        update = v.scatter_nd_add([[0]], [5.0])
    with tf.control_dependencies([update.op]):
        seen_later = tf.identity(before)
        after = v.read_value()
    with tf.Session() as session:
        session.run(v.initializer)
        for step in range(3):
            first, again, last = session.run([before, seen_later, after])
            assert first[0] == again[0] == 5.0 * step
            assert last[0] == 5.0 * (step + 1)


def test_a_fetched_variable_is_a_copy() -> None:
    v = tf.Variable([1.0, 2.0])
    r = tf.Variable([1.0, 2.0], use_resource=True)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        values = session.run([v, v.value(), r])
        session.run([v.assign_add([1.0, 1.0]), r.assign_add([1.0, 1.0])])
        for value in values:
            assert value.tolist() == [1.0, 2.0]


def test_a_value_that_is_assigned_does_not_change_with_its_source() -> None:
    source = np.array([1.0, 2.0], np.float32)
    fed = tf.placeholder(tf.float32, [2])
    v, r = tf.Variable(fed), tf.Variable(fed, use_resource=True)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer(), {fed: source})
        source[:] = 9.0
        assert session.run(v).tolist() == session.run(r).tolist() == [1.0, 2.0]


def test_assigning_a_view_of_a_variable_to_it_reads_the_old_value() -> None:
    v = tf.Variable(np.arange(9, dtype=np.float32).reshape(3, 3))
    turned = v.assign(tf.transpose(v))
    with tf.Session() as session:
        session.run(v.initializer)
        assert session.run(turned).tolist() == np.arange(9.0).reshape(3, 3).T.tolist()


def test_uninitialized_variables_are_named() -> None:
    a = tf.Variable(1.0, name="a")
    b = tf.Variable(1.0, name="b", use_resource=True)
    report = tf.report_uninitialized_variables()
    checked = tf.assert_variables_initialized([a, b])
    with tf.Session() as session:
        assert session.run(report).tolist() == [b"a", b"b"]
        with pytest.raises(
            tf.errors.FailedPreconditionError, match="Attempting to use uninitialized value a"
        ):
            session.run(a)
        with pytest.raises(tf.errors.FailedPreconditionError, match="Could not find variable b"):
            session.run(b + 1.0)
        with pytest.raises(tf.errors.FailedPreconditionError):
            session.run(checked)
        session.run(a.initializer)
        assert session.run(report).tolist() == [b"b"]
        session.run(b.initializer)
        assert session.run(report).tolist() == []
        session.run(checked)


def test_initial_values_may_come_from_other_variables_in_any_order() -> None:
    a = tf.Variable(tf.random_uniform([100]), name="a")
    b = tf.Variable(a * 2.0, name="b")
    c = tf.Variable(a.initialized_value() + 1.0, name="c")
    with tf.Session() as session:
        session.run(a.initializer)
        session.run([b.initializer, c.initializer])
        first, second, third = session.run([a, b, c])
        assert np.array_equal(second, first * 2.0)
        assert np.array_equal(third, first + 1.0)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        first, second, third = session.run([a, b, c])
        assert np.array_equal(second, first * 2.0)
        assert np.array_equal(third, first + 1.0)


def test_a_resource_variable_holds_its_shape() -> None:
    fed = tf.placeholder(tf.float32)
    r = tf.Variable([1.0, 2.0], use_resource=True)
    update = r.assign(fed)
    with tf.Session() as session:
        session.run(r.initializer)
        with pytest.raises(
            tf.errors.InvalidArgumentError, match=r"wrong shape. Expected \[2\] got \[3\]"
        ):
            session.run(update, {fed: [1.0, 2.0, 3.0]})


def test_a_ref_variable_may_change_its_shape_where_that_is_asked_for() -> None:
    v = tf.Variable([1.0, 2.0], validate_shape=False)
    longer = tf.assign(v, [1.0, 2.0, 3.0], validate_shape=False)
    with tf.Session() as session:
        session.run(v.initializer)
        assert session.run(longer).tolist() == [1.0, 2.0, 3.0]
        assert session.run(v).tolist() == [1.0, 2.0, 3.0]


def test_variables_work_as_keys_of_feeds_and_take_loaded_values() -> None:
    v, r = tf.Variable(1.0), tf.Variable(2.0, use_resource=True)
    total = v.value() + 1.0
    with tf.Session() as session:
        v.load(5.0, session)
        r.load(6.0)
        assert (v.eval(), r.eval(), session.run(total)) == (5.0, 6.0, 6.0)
        assert session.run(total, {v.value(): 10.0}) == 11.0


def test_slices_of_a_partitioned_variable_are_assigned_together() -> None:
    v = tf.get_variable(
        "v", [5, 2], initializer=tf.zeros_initializer(), partitioner=tf.fixed_size_partitioner(2)
    )
    update = v.assign(np.arange(10, dtype=np.float32).reshape(5, 2))
    whole = tf.convert_to_tensor(v)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        session.run(update)
        assert session.run(whole).tolist() == np.arange(10.0).reshape(5, 2).tolist()


@pytest.mark.parametrize("use_resource", [False, True])
def test_batches_are_scattered_each_by_itself(use_resource: bool) -> None:
    v = tf.Variable(np.zeros((2, 3), np.float32), use_resource=use_resource)
    update = tf.batch_scatter_update(v, [[0, 2], [1, 0]], [[1.0, 2.0], [3.0, 4.0]])
    with tf.Session() as session:
        session.run(v.initializer)
        session.run(update)
        assert session.run(v).tolist() == [[1, 0, 2], [4, 3, 0]]


def test_resource_variables_can_be_made_the_default() -> None:
    tf.enable_resource_variables()
    try:
        kinds = [tf.Variable(1.0).op.type, tf.get_variable("v", [1]).op.type]
        with tf.variable_scope("s", use_resource=False):
            kinds.append(tf.get_variable("v", [1]).op.type)
    finally:
        tf.disable_resource_variables()
    assert kinds == ["VarHandleOp", "VarHandleOp", "VariableV2"]
    assert tf.Variable(1.0).op.type == "VariableV2"


def test_a_saved_definition_finds_the_nodes_of_a_variable() -> None:
    v, r = tf.Variable([1.0], name="v"), tf.Variable([2.0], name="r", use_resource=True)
    for variable in (v, r):
        found = tf.Variable.from_proto(variable.to_proto())
        assert isinstance(found, tf.Variable)
        assert found.op is variable.op
        assert found.initializer is variable.initializer
        assert found.value().dtype == variable.value().dtype
        assert found.to_proto() == variable.to_proto()


def test_an_int32_variable_has_no_kernel_on_a_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TENSORMILL_EMULATED_GPUS", "1")
    with tf.device("/gpu:0"):
        tf.Variable(1)
        floating = tf.Variable(1.0)
    with tf.Session() as session, pytest.raises(tf.errors.InvalidArgumentError):
        session.run(floating.initializer)


def test_a_scalar_of_the_other_byte_order_may_be_fed() -> None:
    fed = tf.placeholder(tf.float32, [])
    with tf.Session() as session:
        value = session.run(fed + 1.0, {fed: np.array(2.0, ">f4")})
    assert value.shape == ()
    assert value == 3.0


def test_a_group_waits_for_an_update_and_reads_nothing() -> None:
    variable = tf.Variable(1.0, use_resource=True)
    updated = tf.group(variable.assign_add(1.0))
    assert [op.type for op in updated.control_inputs] == ["AssignAddVariableOp"]
    with tf.control_dependencies([variable]):
        assert [op.type for op in tf.no_op().control_inputs] == ["VarHandleOp"]


def test_the_initial_value_has_the_shape_that_is_said() -> None:
    with pytest.raises(ValueError, match="not compatible with the explicitly supplied"):
        tf.Variable([1.0, 2.0], shape=[3], use_resource=True)
    assert tf.Variable([1.0, 2.0], shape=[None], use_resource=True).shape.as_list() == [None]


def test_rows_by_coordinates_have_slices_as_gradients() -> None:
    variable = tf.Variable(np.float32([[1, 2], [3, 4]]), use_resource=True)
    (slices,) = tf.gradients(tf.gather_nd(variable, [[1], [1]]), variable)
    (whole,) = tf.gradients(tf.gather_nd(variable, [[1, 1]]), variable)
    assert isinstance(slices, tf.IndexedSlices)
    with tf.Session() as session:
        session.run(variable.initializer)
        assert session.run(slices).indices.tolist() == [1, 1]
        assert session.run(whole).tolist() == [[0, 0], [0, 1]]
