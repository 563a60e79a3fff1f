"""An error in a kernel tells what failed, where and in which step, whatever the kernel raised."""

import pytest
import torch

import tensormill as tf
from tests.gates import Calls, Gate, run_in_thread
from tests.gates import gate_kernels as gate_kernels

CPU = "/job:localhost/replica:0/task:0/device:CPU:0"


def fail_with(error: BaseException, waits: bool) -> BaseException:
    """Return what running a node raises whose kernel raises `error`."""

    def fail(value, step):
        raise error

    source = tf.constant(1.0)
    if waits:
        gate = Gate()
        gate.open()
        source = gate.node(source)
    output = Calls.node(fail, source, name="broken")
    with tf.Session() as session:
        with pytest.raises(tf.errors.OpError) as caught:
            session.run(output)
        assert session.run(source) == 1.0
    return caught.value


@pytest.mark.parametrize("waits", [False, True])
@pytest.mark.parametrize(
    ("error", "error_class"),
    [
        (tf.errors.DataLossError(None, None, "damaged"), tf.errors.DataLossError),
        (ValueError("bad"), tf.errors.InvalidArgumentError),
        (TypeError("bad"), tf.errors.InvalidArgumentError),
        (RuntimeError("bad"), tf.errors.InvalidArgumentError),
        (ZeroDivisionError("bad"), tf.errors.InvalidArgumentError),
        (MemoryError("bad"), tf.errors.ResourceExhaustedError),
        (torch.OutOfMemoryError("bad"), tf.errors.ResourceExhaustedError),
        (NotImplementedError("bad"), tf.errors.UnimplementedError),
        (FileNotFoundError(2, "bad"), tf.errors.NotFoundError),
        (PermissionError(13, "bad"), tf.errors.PermissionDeniedError),
        (OSError(5, "bad"), tf.errors.UnknownError),
        (StopIteration("bad"), tf.errors.OutOfRangeError),
        (RecursionError("bad"), tf.errors.InternalError),
        (KeyError("bad"), tf.errors.InternalError),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseException) else "",
)
def test_what_a_kernel_raises_becomes_the_error_of_its_class(error, error_class, waits):
    raised = fail_with(error, waits)
    assert type(raised) is error_class
    assert raised.__cause__ is error or raised is error
    assert "[[{{node broken}}]]" in raised.message


@pytest.mark.parametrize("waits", [False, True])
def test_the_record_of_an_error_names_operation_device_line_and_step(waits):
    raised = fail_with(ValueError("bad value\nand a second line"), waits)
    record = raised.record
    assert record.op_name == "broken"
    assert record.op_type == "_TestCall"
    assert record.device == CPU
    assert record.step_id >= 1
    assert record.message == "_TestCall: bad value"
    assert "gates.py" in str(record.creation_site)
    assert raised.op.name == "broken"
    assert "operation 'broken'" in str(raised)


def test_memory_that_is_not_there_is_a_resource_that_is_exhausted():
    size = tf.placeholder(tf.int64, [])
    one = tf.constant(1.0)
    with tf.device("/cpu:0"):
        open_size, known_size = tf.fill([size, size, size], one), tf.fill([1 << 20] * 3, one)
    with tf.Session() as session:
        for fetch, what in (
            (open_size, "for Fill"),
            (known_size, "with shape[1048576,1048576,1048576] and type float"),
        ):
            with pytest.raises(tf.errors.ResourceExhaustedError) as caught:
                session.run(fetch, {size: 1 << 20})
            assert f"OOM when allocating tensor {what} on {CPU}" in caught.value.message
            assert "to fix: smaller batches" in str(caught.value)
        assert session.run(open_size, {size: 2}).sum() == 8.0


def test_steps_have_numbers_of_their_own():
    gate = Gate()
    output = gate.node(1.0)
    with tf.Session() as session:
        numbers = []
        for _ in range(3):
            step = run_in_thread(lambda: session.run(output))
            gate.wait_for_waiters()
            gate.fail(ValueError("bad"))
            numbers.append(step().record.step_id)
    assert len(set(numbers)) == 3


def test_a_kernel_that_fails_the_second_time_is_named_by_the_compiled_code():
    calls = []

    def fail_later(value, step):
        calls.append(1)
        if len(calls) > 4:
            raise ValueError("tired")
        return value

    x = tf.placeholder(tf.float32, [])
    before = x + 1.0
    output = Calls.node(fail_later, before, name="tired") * 2.0
    with tf.Session() as session:
        for _ in range(4):
            assert session.run(output, {x: 1.0}) == 4.0
        with pytest.raises(tf.errors.InvalidArgumentError, match="tired") as caught:
            session.run(output, {x: 1.0})
    assert caught.value.record.op_name == "tired"
